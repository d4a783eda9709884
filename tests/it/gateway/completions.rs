//! The OpenAI-compatible API, at its boundary to the network.

use std::time::Duration;

use switchboard::agent::host::HostRules;
use switchboard::net::gateway::host::{Completion, HostInput, SessionKey, Visitor};
use switchboard::net::gateway::outbox::{OutboxReader, outbox};
use switchboard::protocol::{
    ClientCommand, FromServer, ModelId, Params, Role, RunStatus, ServerMessage, StreamEvent,
    WireSeed, read_from_server,
};

use super::{folder, in_halves};
use crate::support::gate::{Gate, guest, owner};
use crate::support::{Server, Signal};

fn request(model: &str) -> Completion {
    let seed = |role, content: &str| WireSeed { role, content: content.to_owned() };
    Completion {
        model: model.to_owned(),
        system: Some("Be brief.".to_owned()),
        before: vec![seed(Role::User, "Earlier"), seed(Role::Assistant, "Yes?")],
        message: "And now".to_owned(),
        params: Params { temperature: Some(0.5), ..Params::default() },
    }
}

async fn complete(gate: &Gate, visitor: Visitor, request: Completion) -> OutboxReader {
    let (near, reader) = outbox();
    let session = SessionKey(1_000_000);
    let request = Box::new(request);
    let asked = HostInput::Completion { session, visitor, request, outbox: near };
    gate.inputs.send(asked).await.unwrap();
    reader
}

async fn next(reader: &mut OutboxReader) -> Option<FromServer> {
    let next = tokio::time::timeout(Duration::from_secs(20), reader.next()).await.unwrap();
    next.map(|text| read_from_server(&text).unwrap())
}

#[tokio::test]
async fn a_request_is_answered_and_leaves_no_chat() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut reader = complete(&gate, owner(), request("mock/beta")).await;
    let (mut text, mut status) = (String::new(), None);
    while let Some(frame) = next(&mut reader).await {
        match frame {
            FromServer::Event(frame) => match frame.event {
                StreamEvent::Message { content, .. } => text.push_str(&content),
                StreamEvent::Done { status: ended, .. } => status = Some(ended),
                _ => {}
            },
            FromServer::Said(said) => {
                assert!(matches!(*said, ServerMessage::RunStarted { .. }), "{said:?}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((text.as_str(), status), ("beta: And now", Some(RunStatus::Complete)));
    let sent = server.posts()[0].json();
    let messages: Vec<_> = sent["messages"].as_array().unwrap().iter().collect();
    assert_eq!(messages.len(), 4, "{sent}");
    assert_eq!(messages[0]["content"], "Be brief.");
    assert_eq!(messages[2]["content"], "Yes?");
    assert_eq!(sent["temperature"], 0.5);
    let mut client = gate.client("one").await;
    let list = ClientCommand::ListChats { before: None, limit: None };
    let Ok(ServerMessage::Chats { chats, .. }) = client.ask(list).await else { panic!() };
    assert!(chats.is_empty());
}

#[tokio::test]
async fn a_bot_can_be_asked_as_a_model_and_what_is_not_allowed_is_refused() {
    let (folder, server) = (folder(), Server::start());
    let rules =
        HostRules { guest_models: vec![ModelId::new("mock", "beta")], ..HostRules::default() };
    let gate = Gate::with(folder.path(), &server, rules).await;
    let (to, names) = tokio::sync::oneshot::channel();
    gate.inputs.send(HostInput::Names { visitor: guest("g"), to }).await.unwrap();
    let names = names.await.unwrap();
    assert!(names.contains(&"mock/beta".to_owned()), "{names:?}");
    assert!(!names.contains(&"guide/guide".to_owned()), "{names:?}");
    // It must be told something first, for which a request has no place.
    assert!(!names.contains(&"bot:tax-organiser".to_owned()), "{names:?}");
    assert!(names.contains(&"bot:language-tutor".to_owned()), "it has answers of its own");
    let bot = names.iter().find(|name| name.starts_with("bot:")).unwrap();
    let mut reader = complete(&gate, guest("g"), request(bot)).await;
    while next(&mut reader).await.is_some() {}
    let sent = server.posts()[0].json();
    assert_eq!(sent["model"], "beta");
    let system = sent["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("Be brief.") && system.len() > 50, "{system}");
    for (model, wanted) in [
        ("mock/alpha", "forbidden"),
        ("bot:nobody", "not_found"),
        ("bot:tax-organiser", "bad_request"),
        ("x", "not_found"),
    ] {
        let mut reader = complete(&gate, guest("g"), request(model)).await;
        let Some(FromServer::Said(said)) = next(&mut reader).await else { panic!() };
        let ServerMessage::Error { code, .. } = *said else { panic!("{said:?}") };
        assert_eq!(code, wanted, "{model}");
        assert!(next(&mut reader).await.is_none());
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_any_more_is_stopped() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("one ", "two", &go).hang());
    let gate = Gate::open(folder.path(), &server).await;
    let mut reader = complete(&gate, owner(), request("mock/beta")).await;
    while !matches!(next(&mut reader).await, Some(FromServer::Event(frame))
        if matches!(frame.event, StreamEvent::Message { .. }))
    {}
    gate.inputs.send(HostInput::Closed(SessionKey(1_000_000))).await.unwrap();
    server.wait_for_disconnects(1).await;
    go.fire();
}
