//! The end of a gateway.

use serde_json::json;
use tokio::net::TcpStream;

use super::gate::{Gate, OWNER, ack, soon};

#[tokio::test]
async fn clients_are_told_that_the_gateway_stops() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    let http = reqwest::Client::new();
    let stream = http.get(gate.http("/events?clientId=s")).bearer_auth(OWNER).send().await.unwrap();
    let _streamed = gate.opened().await;
    seen.outbox.push(ack("before")).unwrap();
    assert_eq!(client.frame().await["payload"]["id"], "before");
    gate.stop.cancel();
    let said = client.frame().await;
    assert_eq!(
        (&said["type"], &said["payload"]["code"]),
        (&json!("notification"), &json!("server_stopping"))
    );
    assert_eq!(client.close_code().await, 1001);
    let text = soon(stream.text()).await.unwrap();
    assert!(text.contains("server_stopping"), "{text}");
    drop(client);
    soon(gate.gateway.take().unwrap().ended()).await;
    assert!(TcpStream::connect(gate.address).await.is_err(), "nobody comes in any more");
    gate.until_closed(seen.session).await;
}

#[tokio::test]
async fn a_client_that_does_not_say_goodbye_holds_nothing_up() {
    let mut gate = Gate::open().await;
    let (client, _) = gate.join("deaf").await;
    gate.stop.cancel();
    soon(gate.gateway.take().unwrap().ended()).await;
    drop(client);
}

#[tokio::test]
async fn a_gateway_whose_host_is_gone_lets_its_clients_go() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    let (_host, other) = tokio::sync::mpsc::channel(1);
    gate.inputs = other;
    drop(seen);
    assert_eq!(client.frame().await["payload"]["code"], "server_stopping");
    assert_eq!(client.close_code().await, 1001);
}
