//! Bots, pages and lists of servers.

use serde_json::json;
use std::collections::BTreeMap;
use switchboard::protocol::{
    BackendCommand, BackendEvent, ClientCommand, Message, MessagePage, Part, QueryId,
    RemoteCommand, RemoteEvent,
};

use super::wire::{Gateway, Run};
use super::{home, linked, until_ready};
use crate::support::{Desk, now};

async fn page_of(desk: &mut Desk, query: u64) -> MessagePage {
    desk.until(|event| match event {
        BackendEvent::Messages { query: asked, page, .. } if asked == QueryId(query) => Some(page),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_chat_with_a_bot_opens_when_its_agent_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let (chat, bot) = (Desk::new_chat(), switchboard::protocol::BotId("butler".to_owned()));
    let open = BackendCommand::Remote(RemoteCommand::OpenChat {
        chat,
        server: home(),
        bot: bot.clone(),
        answers: BTreeMap::new(),
        created: now(),
    });
    desk.ask(open).await;
    let (id, asked) = peer.command().await;
    let follow = ClientCommand::Subscribe {
        chat_id: chat,
        after_seq: None,
        bot_id: Some(bot),
        variables: BTreeMap::new(),
    };
    assert_eq!(asked, follow);
    peer.say(json!({"type": "ack", "v": 1, "payload": {"id": id, "chatId": chat}})).await;
    // Typed early: it waits for the agent.
    super::send(&mut desk, chat, "hello").await;
    peer.say(json!({"type": "agent_ready", "v": 1, "payload": {
        "sessionId": "butler_1", "chatId": chat, "botId": "butler", "system": "You serve",
        "seeds": [{"role": "assistant", "content": "Good evening"}]
    }}))
    .await;
    let (id, asked) = peer.command().await;
    assert!(matches!(asked, ClientCommand::LoadMessages { .. }), "{asked:?}");
    peer.refuse(&id, "not_found").await;
    desk.until(|event| match event {
        BackendEvent::Remote(RemoteEvent::AgentReady { chat: ready }) if ready == chat => Some(()),
        _ => None,
    })
    .await;
    let texts: Vec<String> = desk.messages(chat).await.iter().map(Message::text).collect();
    assert_eq!(texts, ["Good evening"]);
    let cast = desk.store.cast(chat).await.unwrap().unwrap();
    assert_eq!((cast.name.as_str(), cast.instructions.as_str()), ("Butler", "You serve"));
    let (_, sent) = peer.chat().await;
    assert_eq!(sent.message, "hello");
    desk.close().await;
}

#[tokio::test]
async fn pages_of_a_server_are_kept_and_read_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Gateway::start().await;
    let mut desk = linked(folder.path(), &gateway);
    let mut peer = gateway.welcome("e").await;
    until_ready(&mut desk).await;
    let chat = Desk::new_chat();
    let mut path: Vec<Message> = Vec::new();
    for number in 0..6 {
        let parts = vec![Part::Text { text: format!("number {number}") }];
        let parent = path.last().map(|message| message.id);
        let id = switchboard::protocol::IdSource.message(now());
        let role = switchboard::protocol::Role::User;
        path.push(Message { parent, ..Message::new(id, chat, role, now(), parts) });
    }
    let summary = json!([{"id": chat, "title": "Numbers", "pinned": false, "unread": false,
        "model": null, "lastModel": null, "created": 5, "updated": 6, "messages": 6}]);
    peer.say(json!({"type": "chats", "v": 1, "payload": {"chats": summary}})).await;
    let listed = desk
        .until(|event| match event {
            BackendEvent::ChatChanged(summary) if summary.id == chat => Some(summary),
            _ => None,
        })
        .await;
    assert_eq!((listed.title.as_str(), listed.server), ("Numbers", Some(home())));
    let load = |query, before, limit| BackendCommand::LoadMessages {
        query: QueryId(query),
        chat,
        before,
        limit,
    };
    desk.ask(load(1, None, 2)).await;
    let (id, asked) = peer.command().await;
    let (before, limit) = (None, Some(2));
    assert_eq!(asked, ClientCommand::LoadMessages { chat_id: chat, before, limit });
    peer.page(&id, chat, &path[4..], true).await;
    let page = page_of(&mut desk, 1).await;
    assert_eq!(page.messages.len(), 2);
    assert!(page.has_older);
    let (_, asked) = peer.command().await;
    assert!(matches!(asked, ClientCommand::Subscribe { .. }), "{asked:?}");
    desk.ask(load(2, Some(path[4].id), 4)).await;
    let (id, asked) = peer.command().await;
    let (before, limit) = (Some(path[4].id), Some(4));
    assert_eq!(asked, ClientCommand::LoadMessages { chat_id: chat, before, limit });
    peer.page(&id, chat, &path[..4], false).await;
    let page = page_of(&mut desk, 2).await;
    assert_eq!((page.messages.len(), page.has_older), (4, false));
    // Another client asks something in the middle of nothing that is known here.
    let question = Message { parent: Some(path[5].id), ..Run::to(path[0].clone()).question };
    let id = switchboard::protocol::IdSource.message(now());
    let run = Run::to(Message { id, ..question });
    peer.say(run.started()).await;
    peer.say(run.word(1)).await;
    peer.say(run.done(2)).await;
    desk.finish(run.run).await;
    desk.close().await;
    peer.cut();
    drop(gateway);

    let mut desk =
        Desk::linked(folder.path(), vec![super::wire::config("127.0.0.1:9".parse().unwrap())]);
    desk.ask(load(3, None, 100)).await;
    let texts: Vec<String> =
        page_of(&mut desk, 3).await.messages.iter().map(Message::text).collect();
    let expected = [
        "number 0", "number 1", "number 2", "number 3", "number 4", "number 5", "number 0", "one ",
    ];
    assert_eq!(texts, expected);
    assert_eq!(desk.store.search("number 3", 10).await.unwrap().len(), 1);
    desk.close().await;
}
