//! Servers that know only `type` and `payload`.

use serde_json::json;
use switchboard::protocol::{AnswerStatus, BackendEvent, LinkState, RunStatus};

use super::wire::Gateway;
use super::{linked, send, until_link};
use crate::support::Desk;

#[tokio::test]
async fn a_plain_server_answers_and_a_cut_answer_is_never_asked_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.accept_plain().await;
    // It says something of its own kind, and never welcome.
    peer.say(json!({"type": "notification", "payload": {"message": "hi"}})).await;
    until_link(&mut desk, |link| matches!(link, LinkState::Ready { plain: true, .. })).await;
    let chat = Desk::new_chat();
    send(&mut desk, chat, "hello").await;
    let started = |event| match event {
        BackendEvent::RunStarted { run, .. } => Some(run),
        _ => None,
    };
    let run = desk.until(started).await;
    peer.raw("chat").await;
    for word in ["lo", " wor", "ld"] {
        peer.say(json!({"type": "token", "payload": {"content": word}})).await;
    }
    peer.say(json!({"type": "done", "payload": {}})).await;
    let told = desk.finish(run).await;
    assert_eq!((told.text().as_str(), told.status), ("lo world", RunStatus::Complete));
    send(&mut desk, chat, "again").await;
    let run = desk.until(started).await;
    peer.raw("chat").await;
    peer.say(json!({"type": "message", "payload": {"content": "half"}})).await;
    desk.until_text(run, "half").await;
    peer.cut();
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Interrupted);
    let last = desk.messages(chat).await.pop().unwrap();
    assert_eq!(last.text(), "half");
    assert_eq!(last.answer.unwrap().status, AnswerStatus::Interrupted);
    // It comes back, and hears nothing of it: the next message is the next message.
    let mut peer = gateway.accept_plain().await;
    peer.say(json!({"type": "notification", "payload": {"message": "hi"}})).await;
    until_link(&mut desk, |link| matches!(link, LinkState::Ready { .. })).await;
    send(&mut desk, chat, "third").await;
    let text = peer.raw("chat").await;
    assert!(text.contains("third"), "{text}");
    desk.close().await;
}
