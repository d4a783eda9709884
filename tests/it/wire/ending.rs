//! The end of a gateway.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::gate::{Client, Gate, OWNER, ack, soon};

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

#[tokio::test]
async fn nobody_comes_in_once_the_door_is_shut_and_who_is_in_stays() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    let mut late = Client::join(gate.address, "/ws", OWNER).await;
    let mut kept = TcpStream::connect(gate.address).await.unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4_096];
    let read = soon(kept.read(&mut answer)).await.unwrap();
    assert!(answer[..read].starts_with(b"HTTP/1.1 200"));
    let gateway = gate.gateway.take().unwrap();
    gateway.shut();
    soon(async { while TcpStream::connect(gate.address).await.is_ok() {} }).await;
    for path in ["/ws", "/events", "/v1/models", "/pair"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {OWNER}\r\n\r\n");
        kept.write_all(request.as_bytes()).await.unwrap();
        let read = soon(kept.read(&mut answer)).await.unwrap();
        let said = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(said.starts_with("HTTP/1.1 503") && said.contains("The gateway stops"), "{said}");
    }
    client.is_served(&mut gate, seen.session).await;
    seen.outbox.push(ack("after")).unwrap();
    assert_eq!(client.frame().await["payload"]["id"], "after");
    // One that is let go from now on is so for the end, and not for another that came.
    late.hello("late").await;
    drop(gate.opened().await);
    assert_eq!(late.close_code().await, 1001);
    gate.stop.cancel();
    assert_eq!(client.close_code().await, 1001);
    soon(gateway.ended()).await;
}
