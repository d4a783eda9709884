//! What guests may do, and what not.

use switchboard::agent::host::HostRules;
use switchboard::net::gateway::host::Visitor;
use switchboard::protocol::{
    ChatCommand, ClientCommand, ModelId, RunStatus, ServerMessage, StopMode,
};

use super::{folder, in_halves, new_chat};
use crate::support::gate::{Client, Gate, guest, message};
use crate::support::{Server, Signal};

fn rules() -> HostRules {
    HostRules {
        guest_models: vec![ModelId::new("mock", "beta")],
        anonymous: Some(ModelId::new("mock", "gamma")),
        heartbeat_ms: 30_000,
        ..HostRules::default()
    }
}

async fn chats(client: &mut Client) -> usize {
    let list = ClientCommand::ListChats { before: None, limit: None };
    match client.ask(list).await {
        Ok(ServerMessage::Chats { chats, .. }) => chats.len(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_guest_sees_chats_of_its_own_and_uses_the_models_that_are_listed() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(in_halves("secret ", "end", &go));
    let gate = Gate::with(folder.path(), &server, rules()).await;
    let mut owner = gate.client("one").await;
    let theirs = new_chat();
    let (run, _) = owner.say(message(theirs, "Mine")).await;
    owner.hear_text(run, "secret").await;
    let mut visitor = gate.hello(guest("guest"), "one", &[]).await;
    let refused = [
        ClientCommand::follow(theirs, None),
        ClientCommand::LoadMessages { chat_id: theirs, before: None, limit: None },
        ClientCommand::Cancel { run_id: Some(run), chat_id: None, mode: StopMode::Now },
        ClientCommand::Cancel { run_id: None, chat_id: Some(theirs), mode: StopMode::Now },
        ClientCommand::Chat(Box::new(message(theirs, "Hi"))),
        ClientCommand::Chat(Box::new(ChatCommand {
            model: Some("mock/alpha".to_owned()),
            ..message(new_chat(), "Hi")
        })),
    ];
    for command in refused {
        let (code, _) = visitor.ask(command.clone()).await.unwrap_err();
        assert_eq!(code, "forbidden", "{command:?}");
    }
    assert_eq!(chats(&mut visitor).await, 0);
    go.fire();
    assert_eq!(owner.hear(run, 1_000).await.status, Some(RunStatus::Complete));

    // The usual model is alpha; this guest is answered by the one it may use.
    let own = new_chat();
    let (run, _) = visitor.say(message(own, "Hello")).await;
    assert_eq!(visitor.hear(run, 1_000).await.status, Some(RunStatus::Complete));
    assert_eq!(server.posts().last().unwrap().model(), "beta");
    assert_eq!((chats(&mut visitor).await, chats(&mut owner).await), (1, 2));
    let mut other = gate.hello(guest("other"), "one", &[]).await;
    assert_eq!(chats(&mut other).await, 0);
    let Ok(ServerMessage::Models { models, .. }) = visitor.ask(ClientCommand::ListModels {}).await
    else {
        panic!()
    };
    assert_eq!(models.iter().map(|model| model.id.to_string()).collect::<Vec<_>>(), ["mock/beta"]);
    let Ok(ServerMessage::Bots { bots, .. }) = visitor.ask(ClientCommand::ListBots {}).await else {
        panic!()
    };
    assert!(!bots.is_empty() && bots.iter().all(|bot| bot.template.is_none()));
}

#[tokio::test]
async fn a_guests_bot_keeps_to_its_models_and_has_no_tools() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::with(folder.path(), &server, rules()).await;
    let mut owner = gate.client("one").await;
    let Ok(ServerMessage::Bots { bots, .. }) = owner.ask(ClientCommand::ListBots {}).await else {
        panic!()
    };
    let template = |bot: &switchboard::protocol::RemoteBot| bot.template.clone().unwrap();
    let bot = bots.iter().find(|bot| template(bot).contains("\ntools:")).unwrap();
    let mut visitor = gate.hello(guest("guest"), "one", &[]).await;
    let chat = new_chat();
    let ask = ChatCommand { bot_id: Some(bot.id.clone()), ..message(chat, "Hello") };
    let (run, _) = visitor.say(ask).await;
    visitor.hear(run, 1_000).await;
    assert_eq!(server.posts().last().unwrap().model(), "beta");
    let cast = gate.store.cast(chat).await.unwrap().unwrap();
    assert!(cast.tools.is_empty());
    let held = gate.store.held_chat(chat).await.unwrap().unwrap();
    assert_eq!(held.owner.as_deref(), Some("guest"));
}

#[tokio::test]
async fn who_comes_without_a_token_is_held_to_one_model_and_apart_from_others() {
    let (folder, server) = (folder(), Server::start());
    let gate = Gate::with(folder.path(), &server, rules()).await;
    let anybody = || guest("anonymous");
    let mut one = gate.hello(anybody(), "one", &[]).await;
    let mut two = gate.hello(anybody(), "two", &[]).await;
    let chat = new_chat();
    let (run, _) = one.say(message(chat, "Hello")).await;
    one.hear(run, 1_000).await;
    assert_eq!(server.posts().last().unwrap().model(), "gamma");
    assert_eq!((chats(&mut one).await, chats(&mut two).await), (1, 0));
    let load = ClientCommand::LoadMessages { chat_id: chat, before: None, limit: None };
    assert_eq!(two.ask(load).await.unwrap_err().0, "forbidden");
    let back: Visitor = anybody();
    let mut back = gate.hello(back, "one", &[]).await;
    assert_eq!(chats(&mut back).await, 1);
    gate.close().await;

    let gate = Gate::open(folder.path(), &server).await;
    let mut nobody = gate.hello(guest("guest"), "three", &[]).await;
    let refused = nobody.ask(ClientCommand::Chat(Box::new(message(new_chat(), "Hi")))).await;
    assert_eq!(refused.unwrap_err().0, "forbidden", "no model is listed for guests");
}
