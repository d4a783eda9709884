//! One socket for both directions.

use serde_json::json;

use switchboard::protocol::{Access, ClientCommand};

use super::gate::{Client, Gate, OWNER, ack, handshake};

#[tokio::test]
async fn a_client_says_hello_asks_and_is_answered() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    assert_eq!((seen.visitor.access, seen.hello.client_id.as_str()), (Access::Owner, "laptop"));
    client.say(&json!({ "type": "list_bots", "id": "1" })).await;
    let (session, frame) = gate.command().await;
    assert_eq!((session, frame.command), (seen.session, ClientCommand::ListBots {}));
    seen.outbox.push(ack("1")).unwrap();
    let said = client.frame().await;
    assert_eq!(
        (&said["type"], &said["payload"]["id"], &said["v"]),
        (&json!("ack"), &json!("1"), &json!(1))
    );
    drop(client);
    assert_eq!(gate.closed().await, seen.session);
}

#[tokio::test]
async fn frames_come_in_the_order_they_were_put_in() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    for at in 0..1_000 {
        seen.outbox.push(ack(&at.to_string())).unwrap();
    }
    for at in 0..1_000 {
        assert_eq!(client.frame().await["payload"]["id"], at.to_string());
    }
}

#[tokio::test]
async fn a_client_that_knows_only_type_and_payload_needs_no_hello() {
    let mut gate = Gate::open().await;
    let mut client = Client::join(gate.address, "/ws", OWNER).await;
    client.say(&json!({ "type": "chat", "payload": { "message": "hi" } })).await;
    let seen = gate.opened().await;
    assert_eq!((seen.hello.protocol, seen.hello.client.as_str()), (0, "plain"));
    let (session, frame) = gate.command().await;
    assert_eq!(session, seen.session);
    assert!(matches!(frame.command, ClientCommand::Chat(chat) if chat.message == "hi"));
    let mut other = Client::join(gate.address, "/ws", OWNER).await;
    other.say(&json!({ "type": "list_models" })).await;
    assert_ne!(gate.opened().await.hello.client_id, seen.hello.client_id, "they are not one");
}

#[tokio::test]
async fn a_second_hello_is_a_new_session_of_the_same_socket() {
    let mut gate = Gate::open().await;
    let (mut client, first) = gate.join("laptop").await;
    client.hello("laptop").await;
    assert_eq!(gate.closed().await, first.session);
    let second = gate.opened().await;
    assert!(first.outbox.push("{}".into()).is_err(), "the first is over");
    client.is_served(&mut gate, second.session).await;
}

#[tokio::test]
async fn a_session_that_the_host_lets_go_is_closed_after_its_last_frame() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("laptop").await;
    seen.outbox.push(ack("last")).unwrap();
    drop(seen.outbox);
    assert_eq!(client.frame().await["payload"]["id"], "last");
    assert_eq!(client.close_code().await, 4000);
}

#[tokio::test]
async fn the_subprotocol_is_repeated_where_it_is_offered_and_the_token_never() {
    let gate = Gate::open().await;
    let offered = format!("switchboard.v1, bearer.{OWNER}");
    let headers = [("sec-websocket-protocol", offered.as_str())];
    let (_socket, answer) = handshake(gate.address, "/ws", &headers).await.unwrap();
    let protocols: Vec<_> =
        answer.iter().filter(|(name, _)| name == "sec-websocket-protocol").collect();
    assert_eq!(protocols, [&("sec-websocket-protocol".to_owned(), "switchboard.v1".to_owned())]);
    assert!(!format!("{answer:?}").contains(OWNER));
}

#[tokio::test]
async fn a_version_that_never_was_is_refused_and_a_newer_one_is_let_in() {
    let mut gate = Gate::open().await;
    let mut client = Client::join(gate.address, "/ws", OWNER).await;
    let hello = |protocol: u32| {
        let payload = json!({ "protocol": protocol, "client": "test", "clientId": "laptop" });
        json!({ "type": "hello", "id": "h", "payload": payload })
    };
    client.say(&hello(0)).await;
    let said = client.frame().await;
    assert_eq!(
        (&said["payload"]["code"], &said["payload"]["id"]),
        (&json!("bad_request"), &json!("h"))
    );
    client.say(&hello(99)).await;
    assert_eq!(gate.opened().await.hello.protocol, 99);
}
