//! What a server tells by itself: chats that others make, and what becomes of those that the user
//! removed here.

use serde_json::{Value, json};
use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatId, ChatSummary, ClientCommand, NoticeCode, QueryId,
    RegenerateRequest, RemoteEvent, SendRequest,
};

use super::wire::{Gateway, Peer, Run};
use super::{home, linked, request, send, until_ready};
use crate::support::Desk;

fn summary(chat: ChatId, title: &str, updated: i64) -> Value {
    json!({"id": chat, "title": title, "pinned": false, "unread": false, "model": null,
        "lastModel": "far/model", "created": 5, "updated": updated, "messages": 2})
}

async fn tell(peer: &mut Peer, chats: &[Value]) {
    peer.say(json!({"type": "chats", "v": 1, "payload": {"chats": chats, "hasOlder": true}})).await;
}

/// Waits until a chat is listed; none of the others may be.
async fn until_listed(desk: &mut Desk, chat: ChatId, never: Option<ChatId>) -> ChatSummary {
    desk.until(|event| match event {
        BackendEvent::ChatChanged(told) => {
            assert_ne!(Some(told.id), never, "it is back");
            (told.id == chat).then_some(told)
        }
        BackendEvent::Remote(RemoteEvent::Changed(state)) => {
            assert!(!state.has_older, "what nobody asked for is no page of the list");
            None
        }
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_chat_that_another_client_makes_is_listed_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let chat = Desk::new_chat();
    tell(&mut peer, &[summary(chat, "Milk", 6)]).await;
    let listed = until_listed(&mut desk, chat, None).await;
    assert_eq!((listed.title.as_str(), listed.server), ("Milk", Some(home())));
    tell(&mut peer, &[summary(chat, "Milk and bread", 6)]).await;
    let listed = until_listed(&mut desk, chat, None).await;
    assert_eq!(listed.title, "Milk and bread");
    desk.close().await;
}

#[tokio::test]
async fn a_chat_that_was_removed_here_stays_away_until_something_new_happens_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let (gone, other) = (Desk::new_chat(), Desk::new_chat());
    tell(&mut peer, &[summary(gone, "Gone", 6)]).await;
    until_listed(&mut desk, gone, None).await;
    let load =
        BackendCommand::LoadMessages { query: QueryId(1), chat: gone, before: None, limit: 10 };
    desk.ask(load).await;
    let (id, _) = peer.command().await;
    peer.page(&id, gone, &[], false).await;
    desk.until(|event| match event {
        BackendEvent::Messages { query: QueryId(1), .. } => Some(()),
        _ => None,
    })
    .await;
    desk.ask(BackendCommand::DeleteChat { chat: gone }).await;
    let mut query = 2;
    loop {
        desk.ask(BackendCommand::ListChats { query: QueryId(query) }).await;
        let chats = desk
            .until(|event| match event {
                BackendEvent::Chats { query: asked, chats } if asked == QueryId(query) => {
                    Some(chats)
                }
                _ => None,
            })
            .await;
        if chats.is_empty() {
            break;
        }
        query += 1;
    }
    tell(&mut peer, &[summary(gone, "Gone", 6), summary(other, "Other", 6)]).await;
    until_listed(&mut desk, other, Some(gone)).await;

    // What was looked at is read again after a return: of this one nobody wants to know.
    peer.cut();
    let mut peer = gateway.welcome("e").await;
    loop {
        let (id, command) = peer.command().await;
        if matches!(command, ClientCommand::LoadMessages { chat_id, .. } if chat_id == gone) {
            peer.page(&id, gone, &[Run::to(question(gone)).question], false).await;
            break;
        }
    }
    tell(&mut peer, &[summary(other, "Other again", 7)]).await;
    until_listed(&mut desk, other, Some(gone)).await;
    let warned = desk.notices.iter().any(|notice| notice.code == NoticeCode::ChatMissing);
    assert!(!warned, "{:?}", desk.notices);
    tell(&mut peer, &[summary(gone, "Gone, and back", 7)]).await;
    assert_eq!(until_listed(&mut desk, gone, None).await.title, "Gone, and back");
    desk.close().await;
}

fn question(chat: ChatId) -> switchboard::protocol::Message {
    use switchboard::protocol::{IdSource, Message, Part, Role};
    let parts = vec![Part::Text { text: "Still there?".to_owned() }];
    let now = crate::support::now();
    Message::new(IdSource.message(now), chat, Role::User, now, parts)
}

#[tokio::test]
async fn the_first_question_asked_again_or_edited_is_a_branch_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let chat = Desk::new_chat();
    let first: SendRequest = send(&mut desk, chat, "Hi").await;
    let run = peer.begin().await;
    assert_eq!(run.question.parent, None);
    peer.say(run.word(1)).await;
    peer.say(run.done(2)).await;
    desk.finish(run.run).await;

    let again = Desk::again(chat, first.message, "alpha");
    desk.ask(BackendCommand::Regenerate(Box::new(RegenerateRequest { ..again }))).await;
    let (id, sent) = peer.chat().await;
    assert_eq!((sent.message.as_str(), sent.reply_to_id), ("Hi", Some(None)));
    let run = Run::of(&sent, Some(run.answer.id));
    peer.ack(&id, &run).await;
    peer.say(run.started()).await;
    peer.say(run.done(1)).await;
    desk.finish(run.run).await;

    let mut edited = request(chat, "Hi there");
    edited.place = switchboard::protocol::Place::Under(None);
    desk.ask(BackendCommand::Send(Box::new(edited))).await;
    let (id, sent) = peer.chat().await;
    assert_eq!((sent.message.as_str(), sent.reply_to_id), ("Hi there", Some(None)));
    let run = Run::of(&sent, None);
    peer.ack(&id, &run).await;
    peer.say(run.started()).await;
    peer.say(run.done(1)).await;
    desk.finish(run.run).await;
    let path = desk.messages(chat).await;
    assert_eq!((path.len(), path[0].text().as_str()), (2, "Hi there"));
    assert_eq!((path[0].siblings.index, path[0].siblings.count), (2, 3));
    desk.close().await;
}
