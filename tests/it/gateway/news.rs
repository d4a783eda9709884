//! What clients are told of chats that others make, of bots that ask, and of who speaks.

use std::collections::BTreeMap;

use switchboard::agent::host::HostRules;
use switchboard::protocol::{
    BotId, ChatCommand, ChatId, ChatSummary, ClientCommand, FromServer, ModelId, RunStatus,
    ServerMessage,
};

use super::{folder, new_chat};
use crate::support::Server;
use crate::support::gate::{Client, Gate, guest, message};

fn rules() -> HostRules {
    HostRules { guest_models: vec![ModelId::new("mock", "beta")], ..HostRules::default() }
}

/// The next chats that nobody asked for.
fn news(frame: FromServer) -> Option<Vec<ChatSummary>> {
    let FromServer::Said(said) = frame else { return None };
    match *said {
        ServerMessage::Chats { id: None, chats, .. } => Some(chats),
        _ => None,
    }
}

async fn until_told(client: &mut Client, chat: ChatId) -> ChatSummary {
    client.until(|frame| news(frame)?.into_iter().find(|told| told.id == chat)).await
}

/// Whether a client was told of a chat by now: the answer to a question comes behind it.
async fn was_told(client: &mut Client, chat: ChatId) -> bool {
    client.send("sync", ClientCommand::ListBots {}).await;
    let mut told = false;
    loop {
        match client.next().await {
            FromServer::Said(said) if matches!(*said, ServerMessage::Bots { .. }) => return told,
            frame => {
                let chats = news(frame).unwrap_or_default();
                told |= chats.iter().any(|known| known.id == chat);
            }
        }
    }
}

fn answers(given: &[(&str, &str)]) -> BTreeMap<String, String> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn a_new_chat_is_told_to_all_who_may_see_it() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::with(folder.path(), &server, rules()).await;
    let (mut one, mut two) = (gate.client("one").await, gate.client("two").await);
    let mut visitor = gate.hello(guest("visitor"), "v", &[]).await;
    let mut again = gate.hello(guest("visitor"), "w", &[]).await;
    let mut stranger = gate.hello(guest("stranger"), "s", &[]).await;

    let owners = new_chat();
    let (run, _) = one.say(message(owners, "Buy milk")).await;
    let told = until_told(&mut two, owners).await;
    assert_eq!(told.title, "Buy milk");
    assert_eq!(one.hear(run, 1_000).await.status, Some(RunStatus::Complete));
    let theirs = new_chat();
    let (run, _) = visitor.say(message(theirs, "Is there tea?")).await;
    visitor.hear(run, 1_000).await;
    until_told(&mut again, theirs).await;
    until_told(&mut two, theirs).await;
    assert!(!was_told(&mut stranger, theirs).await);
    assert!(!was_told(&mut visitor, owners).await);

    let opened = new_chat();
    let open = ClientCommand::Subscribe {
        chat_id: opened,
        after_seq: None,
        bot_id: Some(BotId::from("code-reviewer")),
        variables: BTreeMap::new(),
    };
    one.ask(open).await.unwrap();
    assert_eq!(until_told(&mut two, opened).await.bot.unwrap().id.as_str(), "code-reviewer");
}

#[tokio::test]
async fn a_message_at_the_beginning_stands_beside_the_first_question() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    for reply_to_id in [None, None, Some(None)] {
        let ask = ChatCommand { reply_to_id, ..message(chat, "Hi") };
        let (run, _) = client.say(ask).await;
        client.hear(run, 1_000).await;
    }
    let load = ClientCommand::LoadMessages { chat_id: chat, before: None, limit: None };
    let Ok(ServerMessage::Messages { messages, .. }) = client.ask(load).await else { panic!() };
    assert_eq!((messages.len(), messages[0].siblings.count), (2, 2));
}

#[tokio::test]
async fn a_bot_that_asks_something_is_begun_with_the_answers() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::with(folder.path(), &server, rules()).await;
    let mut visitor = gate.hello(guest("visitor"), "v", &[]).await;
    let Ok(ServerMessage::Bots { bots, .. }) = visitor.ask(ClientCommand::ListBots {}).await else {
        panic!()
    };
    let bot = bots.iter().find(|bot| bot.id.as_str() == "tax-organiser").unwrap();
    let names: Vec<&str> = bot.variables.iter().map(|asked| asked.name.as_str()).collect();
    assert_eq!((names, &bot.template), (vec!["country", "tax_year"], &None));
    let open = |variables| ClientCommand::Subscribe {
        chat_id: new_chat(),
        after_seq: None,
        bot_id: Some(bot.id.clone()),
        variables,
    };
    for (given, about) in [
        (answers(&[]), "country: "),
        (answers(&[("country", "Norway")]), "tax_year: "),
        (answers(&[("country", "Norway"), ("tax_year", "soon")]), "tax_year: "),
        (answers(&[("country", "Norway"), ("tax_year", "2025"), ("age", "7")]), "age"),
    ] {
        visitor.send("wrong", open(given)).await;
        let refused = |frame| match frame {
            FromServer::Said(said) => match *said {
                ServerMessage::Error { code, message, .. } => Some((code, message)),
                _ => None,
            },
            _ => None,
        };
        let (code, said) = visitor.until(refused).await;
        assert!(code == "bad_request" && said.contains(about), "{code}: {said}");
    }
    let right = answers(&[("country", "Norway"), ("tax_year", "2025")]);
    visitor.send("right", open(right.clone())).await;
    let ready = |frame| match frame {
        FromServer::Said(said) => match *said {
            ServerMessage::AgentReady { system, .. } => Some(system),
            _ => None,
        },
        _ => None,
    };
    let system = visitor.until(ready).await;
    assert!(system.contains("Norway") && system.contains("2025"), "{system}");

    // The same in one command.
    let chat = new_chat();
    let ask = ChatCommand { bot_id: Some(bot.id.clone()), ..message(chat, "Where to begin?") };
    let missing = visitor.ask(ClientCommand::Chat(Box::new(ask.clone()))).await;
    assert_eq!(missing.unwrap_err().0, "bad_request");
    let (run, _) = visitor.say(ChatCommand { variables: right, ..ask }).await;
    visitor.hear(run, 1_000).await;
    let sent = server.posts()[0].json();
    assert!(sent["messages"][0]["content"].as_str().unwrap().contains("Norway"), "{sent}");
}

#[tokio::test]
async fn who_takes_part_in_a_room_is_told_without_what_they_are_told() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let open = ClientCommand::Subscribe {
        chat_id: chat,
        after_seq: None,
        bot_id: Some(BotId::from("philosophers-table")),
        variables: BTreeMap::new(),
    };
    client.send("open", open).await;
    let text = loop {
        let text = client.text().await.unwrap();
        if text.contains("agent_ready") {
            break text;
        }
    };
    let told: serde_json::Value = serde_json::from_str(&text).unwrap();
    let first = &told["payload"]["room"]["members"][0];
    assert_eq!((&first["id"], &first["name"]), (&"socrates".into(), &"Socrates".into()));
    assert_eq!(first["color"], "amber");
    assert!(first.get("instructions").is_none(), "{first}");
}
