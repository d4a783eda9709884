//! Messages, followers, queues and stops.

use std::collections::BTreeMap;
use switchboard::protocol::{
    BackendCommand, ChatCommand, ClientCommand, ErrorKind, FromServer, ModelId, ModelInfo,
    RunStatus, ServerMessage, StopMode, StreamEvent,
};

use super::{folder, in_halves, new_chat};
use crate::support::gate::{Gate, guest, message, owner};
use crate::support::{Script, Server, Signal, delta, finish, usage};

#[tokio::test]
async fn two_clients_that_follow_a_chat_hear_the_same() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("Hello ", "you.", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let (mut one, mut two) = (gate.client("one").await, gate.client("two").await);
    let chat = new_chat();
    let (run, _) = one.say(message(chat, "Hi")).await;
    let first = one.hear_text(run, "Hello").await;
    // It comes in the middle.
    let subscribed = ClientCommand::follow(chat, None);
    two.send("follow", subscribed).await;
    let (question, answer) = two.run_started().await;
    assert_eq!(question.text(), "Hi");
    go.fire();
    let mut all = first;
    let rest = one.hear(run, 1_000).await;
    (all.status, all.frames) = (rest.status, [all.frames, rest.frames].concat());
    let other = two.hear(run, 1_000).await;
    assert_eq!(all.text(&answer), "Hello you.");
    assert_eq!(other.text(&answer), "Hello you.");
    assert_eq!(all.frames, other.frames);
    assert_eq!(all.seqs(), (1..=all.frames.len() as u64).collect::<Vec<_>>());
    assert_eq!(other.status, Some(RunStatus::Complete));

    let gone = ClientCommand::Unsubscribe { chat_id: chat };
    two.ask(gone).await.unwrap();
    let (run, _) = one.say(message(chat, "Again")).await;
    one.hear(run, 1_000).await;
    two.send("list", ClientCommand::ListChats { before: None, limit: None }).await;
    let FromServer::Said(next) = two.next().await else { panic!("it follows no more") };
    let ServerMessage::Chats { chats, has_older, .. } = *next else { panic!("{next:?}") };
    assert_eq!((chats.len(), has_older, chats[0].title.as_str()), (1, false, "Hi"));
}

#[tokio::test]
async fn the_same_message_starts_one_run_however_often_it_comes() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("one", " two", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let (mut one, mut two) = (gate.client("one").await, gate.client("two").await);
    let chat = new_chat();
    let hi = message(chat, "Hi");
    one.chat("a", hi.clone()).await;
    one.chat("b", hi.clone()).await;
    two.chat("c", hi.clone()).await;
    let place = |ack| match ack {
        Ok(ServerMessage::Ack { run_id, message_id, chat_id, .. }) => {
            (run_id.unwrap(), message_id.unwrap(), chat_id.unwrap())
        }
        other => panic!("{other:?}"),
    };
    let first = place(one.answer("a").await);
    assert_eq!(place(one.answer("b").await), first);
    assert_eq!(place(two.answer("c").await), first);
    assert_eq!(first.2, chat);
    go.fire();
    assert_eq!(two.hear(first.0, 1_000).await.status, Some(RunStatus::Complete));
    one.chat("d", hi.clone()).await;
    assert_eq!(place(one.answer("d").await), first);
    gate.close().await;

    let gate = Gate::open(folder.path(), &server).await;
    let mut three = gate.client("one").await;
    three.chat("e", hi).await;
    assert_eq!(place(three.answer("e").await), first, "also after a restart");
    assert_eq!(server.posts().len(), 1);
}

#[tokio::test]
async fn what_is_sent_while_an_answer_streams_waits_its_turn_also_after_a_stop() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("first ", "rest", &go));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let (run, _) = client.say(message(chat, "Hi")).await;
    client.hear_text(run, "first").await;
    let second = message(chat, "Then this");
    let sent = second.client_message_id;
    let ack = client.ask(ClientCommand::Chat(Box::new(second.clone()))).await.unwrap();
    assert!(matches!(ack, ServerMessage::Ack { run_id: None, chat_id: Some(_), .. }), "{ack:?}");
    let ack = client.ask(ClientCommand::Chat(Box::new(second))).await.unwrap();
    assert!(matches!(ack, ServerMessage::Ack { run_id: None, .. }), "{ack:?}");
    let stop = ClientCommand::Cancel { run_id: Some(run), chat_id: None, mode: StopMode::Now };
    client.send("stop", stop).await;
    assert_eq!(client.hear(run, 1_000).await.status, Some(RunStatus::Stopped));
    let (question, answer) = client.run_started().await;
    assert_eq!((Some(question.id), question.text().as_str()), (sent, "Then this"));
    let run = answer.answer.as_ref().unwrap().run;
    assert_eq!(client.hear(run, 1_000).await.text(&answer), "alpha: Then this");
    let again = ClientCommand::Cancel { run_id: Some(run), chat_id: None, mode: StopMode::Now };
    client.ask(again).await.unwrap();
}

#[tokio::test]
async fn a_chat_with_a_bot_tells_what_it_opens_with_and_is_told_it_again() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let Ok(ServerMessage::Bots { bots, .. }) = client.ask(ClientCommand::ListBots {}).await else {
        panic!()
    };
    let bot = bots.iter().find(|bot| bot.template.as_ref().unwrap().contains("seeds:")).unwrap();
    let chat = new_chat();
    let open = |bot_id| ClientCommand::Subscribe {
        chat_id: chat,
        after_seq: None,
        bot_id,
        variables: BTreeMap::new(),
    };
    let ready = |frame| match frame {
        FromServer::Said(said) => match *said {
            ServerMessage::AgentReady { session_id, chat_id, bot_id, system, seeds, .. } => {
                Some((session_id, chat_id.unwrap(), bot_id, system, seeds))
            }
            _ => None,
        },
        _ => None,
    };
    client.send("open", open(Some(bot.id.clone()))).await;
    let (session, of, told, system, seeds) = client.until(ready).await;
    assert_eq!((of, &told), (chat, &bot.id));
    assert!(session.as_str().starts_with(bot.id.as_str()), "{session}");
    assert!(!system.is_empty() && !seeds.is_empty());
    client.send("again", open(None)).await;
    let again = client.until(ready).await;
    assert_eq!((again.1, again.2, &again.3, &again.4), (chat, told, &system, &seeds));

    let ask = ChatCommand { model: Some("mock/beta".to_owned()), ..message(chat, "Go") };
    let (run, _) = client.say(ask).await;
    assert_eq!(client.hear(run, 1_000).await.status, Some(RunStatus::Complete));
    let sent = server.posts()[0].json();
    assert_eq!(sent["model"], "beta");
    assert!(sent["messages"][0]["content"].as_str().unwrap().contains(system.trim()), "{sent}");
    let missing = client.ask(open_unknown()).await;
    assert_eq!(missing, Err(("not_found".to_owned(), ErrorKind::NotFound)));
}

fn open_unknown() -> ClientCommand {
    let bot_id = Some("no-such-bot".into());
    ClientCommand::Subscribe {
        chat_id: new_chat(),
        after_seq: None,
        bot_id,
        variables: BTreeMap::new(),
    }
}

#[tokio::test]
async fn commands_that_cannot_be_carried_out_say_why() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let chat = new_chat();
    let (run, answer) = client.say(message(chat, "Hi")).await;
    client.hear(run, 1_000).await;
    let with = |change: &dyn Fn(&mut ChatCommand)| {
        let mut command = message(chat, "x");
        change(&mut command);
        ClientCommand::Chat(Box::new(command))
    };
    let approval = serde_json::json!({"id": "call", "approved": true, "argsHash": ""});
    let table = [
        (with(&|chat| chat.message.clear()), "bad_request"),
        (with(&|chat| chat.model = Some("nonsense".to_owned())), "bad_request"),
        (with(&|chat| chat.model = Some("nobody/x".to_owned())), "not_found"),
        (with(&|chat| chat.reply_to_id = Some(chat.client_message_id)), "not_found"),
        (ClientCommand::Cancel { run_id: None, chat_id: None, mode: StopMode::Now }, "bad_request"),
        (
            ClientCommand::Cancel { run_id: None, chat_id: Some(new_chat()), mode: StopMode::Now },
            "not_found",
        ),
        (
            ClientCommand::LoadMessages { chat_id: new_chat(), before: None, limit: None },
            "not_found",
        ),
        (ClientCommand::follow(new_chat(), None), "not_found"),
        (ClientCommand::Approval(serde_json::from_value(approval).unwrap()), "not_found"),
    ];
    for (command, wanted) in table {
        let (code, _) = client.ask(command.clone()).await.unwrap_err();
        assert_eq!(code, wanted, "{command:?}");
    }
    let page = ClientCommand::LoadMessages { chat_id: chat, before: Some(answer), limit: Some(5) };
    let Ok(ServerMessage::Messages { messages, has_older, .. }) = client.ask(page).await else {
        panic!()
    };
    assert_eq!((messages.len(), has_older, messages[0].text().as_str()), (1, false, "Hi"));
    let Ok(ServerMessage::Models { models, .. }) = client.ask(ClientCommand::ListModels {}).await
    else {
        panic!()
    };
    assert!(models.iter().any(|model| model.id == ModelId::new("guide", "guide")));
}

#[tokio::test]
async fn a_client_has_one_session_and_another_token_is_another_client() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut older = gate.client("one").await;
    let mut other = gate.hello(guest("other"), "one", &[]).await;
    let mut newer = gate.hello(owner(), "one", &[]).await;
    assert!(older.is_let_go().await);
    newer.ask(ClientCommand::ListBots {}).await.unwrap();
    other.ask(ClientCommand::ListBots {}).await.unwrap();
    // A late end of the older socket ends nothing of the newer.
    older.leave().await;
    newer.ask(ClientCommand::ListBots {}).await.unwrap();
    assert_eq!(newer.welcome.epoch, gate.identity.epoch);
    assert_ne!(newer.welcome.session_id, other.welcome.session_id);
}

#[tokio::test]
async fn at_the_end_clients_are_told_and_nothing_new_begins() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::answer("x"));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    gate.stop.cancel();
    let told = client.until(|frame| match frame {
        FromServer::Plain(plain) => Some(plain.event),
        _ => None,
    });
    assert!(format!("{:?}", told.await).contains("stopping"));
    let refused = client.ask(ClientCommand::Chat(Box::new(message(new_chat(), "Hi")))).await;
    assert_eq!(refused, Err(("stopping".to_owned(), ErrorKind::Overloaded)));
    assert!(server.posts().is_empty());
    gate.close().await;
    assert!(client.is_let_go().await);
}

#[tokio::test]
async fn the_models_of_a_provider_that_comes_up_later_are_told() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    server.push_get(Script::status(503));
    let ask_it = BackendCommand::RefreshModels { provider: Some("mock".into()) };
    gate.commands.send(ask_it).await.unwrap();
    let has_alpha =
        |models: &[ModelInfo]| models.iter().any(|model| model.id == ModelId::new("mock", "alpha"));
    let (mut was_without, mut is_told, mut count) = (false, false, 0);
    while !is_told {
        // Nobody asks the provider but for a client that wants to know.
        count += 1;
        client.send(&count.to_string(), ClientCommand::ListModels {}).await;
        let answer = count.to_string();
        let was_told = client
            .until(|said| match said {
                FromServer::Said(said) => match *said {
                    ServerMessage::Models { id: None, models } => Some(has_alpha(&models)),
                    ServerMessage::Models { id, models } if id.as_ref() == Some(&answer) => {
                        was_without |= !has_alpha(&models);
                        Some(false)
                    }
                    _ => None,
                },
                _ => None,
            })
            .await;
        is_told = was_told;
        assert!(count < 100_000, "it is not asked again");
    }
    assert!(was_without);
    gate.close().await;
}

#[tokio::test]
async fn what_a_run_took_is_told_with_calls_time_and_each_model() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::events(&[delta("Hello"), finish("stop"), usage(11, 3)]));
    let gate = Gate::open(folder.path(), &server).await;
    let mut client = gate.client("one").await;
    let (run, _) = client.say(message(new_chat(), "Hi")).await;
    let heard = client.hear(run, 1_000).await;
    let used = heard.frames.iter().find(|frame| matches!(frame.event, StreamEvent::Usage { .. }));
    let used = serde_json::to_value(used.unwrap()).unwrap();
    let payload = &used["payload"];
    assert_eq!(
        (&payload["totalTokens"], &payload["iterations"]),
        (&14.into(), &1.into()),
        "{used}"
    );
    assert!(payload["elapsedMs"].is_u64(), "{used}");
    assert_eq!(payload["perModel"]["mock/alpha"]["completionTokens"], 3, "{used}");
    gate.close().await;
}
