//! Every event of a run is applied once, whatever happens in between.

use serde_json::json;
use switchboard::protocol::{
    AnswerStatus, BackendCommand, BackendEvent, ClientCommand, NoticeCode, RemoteEvent, RunStatus,
    Seq, StopMode,
};

use super::wire::{Gateway, Run};
use super::{last_text, linked, send, until_ready};
use crate::support::Desk;

#[tokio::test]
async fn each_event_counts_once_through_repeats_gaps_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    let chat = Desk::new_chat();
    send(&mut desk, chat, "count").await;
    let run = peer.begin().await;
    for seq in [1, 2, 2, 1] {
        peer.say(run.word(seq)).await;
    }
    peer.say(json!({"type": "weather", "v": 1, "payload": {}})).await;
    // Three is missing: it is asked for, and four does not count before it.
    peer.say(run.word(4)).await;
    let (_, asked) = peer.command().await;
    let after_seq = Some(Seq(2));
    assert_eq!(asked, ClientCommand::Subscribe { chat_id: chat, after_seq, bot_id: None });
    peer.say(run.word(3)).await;
    peer.say(run.word(4)).await;
    desk.until_text(run.run, "four ").await;
    desk.close().await;
    peer.cut();

    // The run belongs to the server: it is not over because the app is.
    let mut desk = linked(folder.path(), &gateway);
    assert!(desk.notices.is_empty(), "{:?}", desk.notices);
    let mut peer = gateway.accept().await;
    let hello = peer.hello().await;
    assert_eq!(hello.resume.len(), 1);
    assert_eq!((hello.resume[0].run_id, hello.resume[0].after_seq), (run.run, Seq(4)));
    assert_eq!(last_text(&desk, chat).await, "one two three four ");
    peer.welcome("e", &[run.run], &[]).await;
    for seq in [3, 4, 5] {
        peer.say(run.word(seq)).await;
    }
    peer.cut();
    let mut peer = gateway.accept().await;
    let hello = peer.hello().await;
    assert_eq!(hello.resume[0].after_seq, Seq(5));
    peer.welcome("e", &[run.run], &[]).await;
    peer.say(run.word(6)).await;
    peer.say(run.done(7)).await;
    peer.say(run.done(7)).await;
    let told = desk.finish(run.run).await;
    assert_eq!((told.text().as_str(), told.status), ("five six ", RunStatus::Complete));
    assert_eq!(last_text(&desk, chat).await, "one two three four five six ");
    let hits = desk.store.search("five", 10).await.unwrap();
    assert_eq!(hits.len(), 1);
    desk.close().await;
}

/// A run that has `one two ` here, and a server that comes back in a certain way.
async fn come_back(
    epoch: &str,
    is_gone: bool,
    there: impl FnOnce(&Run) -> String,
) -> (String, AnswerStatus) {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("first").await;
    let chat = Desk::new_chat();
    send(&mut desk, chat, "count").await;
    let run = peer.begin().await;
    peer.say(run.word(1)).await;
    peer.say(run.word(2)).await;
    desk.until_text(run.run, "two ").await;
    peer.cut();
    let mut peer = gateway.accept().await;
    assert_eq!(peer.hello().await.resume[0].run_id, run.run);
    let gone = [run.run];
    peer.welcome(epoch, &[], if is_gone { &gone } else { &[] }).await;
    let id = loop {
        let (id, command) = peer.command().await;
        if matches!(command, ClientCommand::LoadMessages { .. }) {
            break id;
        }
    };
    let page = [run.question.clone(), run.ended(&there(&run))];
    peer.page(&id, chat, &page, false).await;
    desk.finish(run.run).await;
    let last = desk.messages(chat).await.pop().unwrap();
    desk.close().await;
    (last.text(), last.answer.unwrap().status)
}

#[tokio::test]
async fn a_run_that_the_server_no_longer_has_ends_with_what_its_chat_holds() {
    let whole = |_: &Run| "one two three ".to_owned();
    let (text, status) = come_back("first", true, whole).await;
    assert_eq!((text.as_str(), status), ("one two three ", AnswerStatus::Complete));
}

#[tokio::test]
async fn a_server_with_another_journal_takes_nothing_away() {
    let (text, status) = come_back("second", false, |_| "one ".to_owned()).await;
    assert_eq!((text.as_str(), status), ("one two ", AnswerStatus::Interrupted));
}

#[tokio::test]
async fn a_wish_to_stop_waits_for_the_link() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    let chat = Desk::new_chat();
    send(&mut desk, chat, "count").await;
    let run = peer.begin().await;
    peer.say(run.word(1)).await;
    desk.until_text(run.run, "one ").await;
    peer.cut();
    desk.until(|event| match event {
        switchboard::protocol::BackendEvent::Remote(RemoteEvent::LinkChanged { link, .. }) => {
            (!matches!(link, switchboard::protocol::LinkState::Ready { .. })).then_some(())
        }
        _ => None,
    })
    .await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Graceful }).await;
    let mut peer = gateway.accept().await;
    peer.hello().await;
    peer.welcome("e", &[run.run], &[]).await;
    let (_, command) = peer.command().await;
    let (run_id, chat_id) = (Some(run.run), Some(chat));
    assert_eq!(command, ClientCommand::Cancel { run_id, chat_id, mode: StopMode::Graceful });
    desk.close().await;
}

#[tokio::test]
async fn a_server_cannot_touch_what_is_not_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let provider = crate::support::Server::start();
    let mut desk = Desk::open(folder.path(), &provider);
    let local = Desk::new_chat();
    let run = desk.send(local, "mine", crate::support::model("alpha")).await;
    desk.finish(run).await;
    let before = desk.messages(local).await;
    desk.close().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    // A run in a chat of this computer, and one with a message of it in a chat of the server.
    let text = vec![switchboard::protocol::Part::Text { text: "theirs".to_owned() }];
    let question = switchboard::protocol::Message { parts: text, ..before[0].clone() };
    let foreign = Run::to(question.clone());
    peer.say(foreign.started()).await;
    peer.say(foreign.word(1)).await;
    let chat = Desk::new_chat();
    peer.say(Run::to(switchboard::protocol::Message { chat, ..question }).started()).await;
    let chats = json!([{"id": local, "title": "Stolen", "pinned": true, "unread": true,
        "model": null, "lastModel": null, "created": 1, "updated": i64::MAX / 2, "messages": 9}]);
    peer.say(json!({"type": "chats", "v": 1, "payload": {"chats": chats}})).await;
    // What comes behind is taken, so that all before was.
    send(&mut desk, Desk::new_chat(), "ping").await;
    let run = peer.begin().await;
    peer.say(run.done(1)).await;
    desk.finish(run.run).await;
    assert_eq!(desk.messages(local).await, before);
    let summary = desk.store.chat(local).await.unwrap().unwrap();
    assert_eq!((summary.title.as_str(), summary.server), ("mine", None));
    desk.close().await;
}

#[tokio::test]
async fn a_server_that_was_restored_from_a_copy_is_told_of() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    for epoch in ["first", "first", "second"] {
        let peer = gateway.welcome(epoch).await;
        until_ready(&mut desk).await;
        if epoch == "first" {
            peer.cut();
            continue;
        }
        let notice = desk
            .until(|event| match event {
                BackendEvent::Notice(notice) => Some(notice),
                _ => None,
            })
            .await;
        assert_eq!((notice.code, notice.detail.as_str()), (NoticeCode::ServerRestored, "Home"));
    }
    desk.close().await;
}
