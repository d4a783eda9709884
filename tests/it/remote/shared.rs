//! The built program as a gateway, and several of its clients.

use std::path::Path;

use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatId, ModelId, RemoteCommand, RemoteEvent, RunId, ServerConfig,
    StopMode,
};
use switchboard::store::secrets::{KeychainUse, Secrets};

use super::real::{config, err, in_halves, out, prepared, run, run_with_input};
use super::{keep_token, last_text, request, until_ready};
use crate::support::serve::Serve;
use crate::support::{Desk, Server, Signal};

async fn say(desk: &mut Desk, chat: ChatId, text: &str) -> RunId {
    let mut hi = request(chat, text);
    hi.model = ModelId::new("mock", "alpha");
    hi.one_off = true;
    desk.ask(BackendCommand::Send(Box::new(hi))).await;
    until_started(desk, chat).await
}

async fn until_started(desk: &mut Desk, wanted: ChatId) -> RunId {
    desk.until(|event| match event {
        BackendEvent::RunStarted { run, answer, .. } if answer.chat == wanted => Some(run),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn a_chat_of_one_window_is_in_the_other_at_once() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let other = tempfile::tempdir().unwrap();
    let server = Server::start();
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    keep_token(near.path(), &token);
    keep_token(other.path(), &token);
    let mut one = Desk::linked(near.path(), vec![config(&gateway)]);
    let mut two = Desk::linked(other.path(), vec![config(&gateway)]);
    until_ready(&mut one).await;
    // Its list of chats was read by then: what it hears later, it hears by itself.
    two.until(|event| match event {
        BackendEvent::Remote(RemoteEvent::Changed(state)) if !state.bots.is_empty() => Some(()),
        _ => None,
    })
    .await;
    let chat = Desk::new_chat();
    let run = say(&mut one, chat, "Buy milk").await;
    one.finish(run).await;
    let listed = two
        .until(|event| match event {
            BackendEvent::ChatChanged(summary) if summary.id == chat => Some(summary),
            _ => None,
        })
        .await;
    assert_eq!(listed.title, "Buy milk");
    one.close().await;
    two.close().await;
}

#[tokio::test]
async fn a_chat_that_is_deleted_while_it_is_answered_does_not_come_back_with_the_end() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, go) = (Server::start(), Signal::new());
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    keep_token(near.path(), &token);
    let mut desk = Desk::linked(near.path(), vec![config(&gateway)]);
    until_ready(&mut desk).await;
    server.push(in_halves("half of it", "never", &go));
    let (gone, other) = (Desk::new_chat(), Desk::new_chat());
    let run = say(&mut desk, gone, "Hi").await;
    desk.until_text(run, "half of it").await;
    desk.ask(BackendCommand::Stop { chat: gone, mode: StopMode::Now }).await;
    desk.ask(BackendCommand::DeleteChat { chat: gone }).await;
    desk.finish(run).await;
    // What the gateway tells of the first chat stands before this.
    let run = say(&mut desk, other, "Ho").await;
    desk.finish(run).await;
    assert_eq!(desk.store.chat(gone).await.unwrap(), None);
    assert!(desk.store.chat(other).await.unwrap().is_some());
    go.fire();
    desk.close().await;
}

fn named(gateway: &Serve, id: &str) -> ServerConfig {
    ServerConfig { id: id.into(), name: id.to_owned(), ..config(gateway) }
}

fn keep_as(folder: &Path, id: &str, token: &str) {
    let secrets = Secrets::new(&folder.join("keys.json"), KeychainUse::Never);
    let name = format!("server:{id}");
    secrets.set(&name.as_str().into(), &token.to_owned().into()).unwrap();
}

#[tokio::test]
async fn the_same_gateway_under_another_name_keeps_its_chats_and_what_waits() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start();
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    keep_token(near.path(), &token);
    let mut desk = Desk::linked(near.path(), vec![config(&gateway)]);
    until_ready(&mut desk).await;
    let chat = Desk::new_chat();
    let run = say(&mut desk, chat, "Hi").await;
    desk.finish(run).await;
    desk.close().await;

    // It is away, a message waits, and it is removed.
    let away = super::wire::config("127.0.0.1:9".parse().unwrap());
    let mut desk = Desk::linked(near.path(), vec![away]);
    // Nobody was chosen: the message bears the server's own name.
    let mut waits = request(chat, "Are you there?");
    waits.model = ModelId::new("home", "default");
    desk.ask(BackendCommand::Send(Box::new(waits))).await;
    desk.until_queue(|items| items.len() == 1).await;
    desk.ask(BackendCommand::Remote(RemoteCommand::Remove { server: "home".into() })).await;
    desk.until(|event| match event {
        BackendEvent::Remote(RemoteEvent::Removed(_)) => Some(()),
        _ => None,
    })
    .await;
    desk.close().await;

    keep_as(near.path(), "cellar", &token);
    let mut desk = Desk::linked(near.path(), vec![named(&gateway, "cellar")]);
    let moved = desk
        .until(|event| match event {
            BackendEvent::ChatChanged(summary) if summary.id == chat => Some(summary),
            _ => None,
        })
        .await;
    assert_eq!(moved.server, Some("cellar".into()));
    let run = until_started(&mut desk, chat).await;
    desk.finish(run).await;
    assert_eq!(last_text(&desk, chat).await, "alpha: Are you there?");
    desk.close().await;
}

#[tokio::test]
async fn the_same_gateway_twice_at_once_leaves_chats_where_they_are() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start();
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    keep_token(near.path(), &token);
    keep_as(near.path(), "cellar", &token);
    let mut desk = Desk::linked(near.path(), vec![config(&gateway)]);
    until_ready(&mut desk).await;
    let chat = Desk::new_chat();
    let run = say(&mut desk, chat, "Hi").await;
    desk.finish(run).await;
    desk.close().await;
    let both = vec![config(&gateway), named(&gateway, "cellar")];
    let mut desk = Desk::linked(near.path(), both);
    let mut listed = Vec::new();
    // Bots are asked for after the chats were taken over, or not.
    while listed.len() < 2 {
        let id = desk
            .until(|event| match event {
                BackendEvent::Remote(RemoteEvent::Changed(state)) if !state.models.is_empty() => {
                    Some(state.config.id)
                }
                _ => None,
            })
            .await;
        if !listed.contains(&id) {
            listed.push(id);
        }
    }
    assert_eq!(desk.store.chat(chat).await.unwrap().unwrap().server, Some("home".into()));
    desk.close().await;
}

#[test]
fn the_command_line_answers_what_a_bot_asks_and_names_who_speaks() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start();
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    let url = format!("ws://{}", gateway.address);
    let near = near.path();
    out(&run_with_input(
        near,
        &["servers", "add", "home", "--url", &url, "--token-stdin"],
        &format!("{token}\n"),
    ));
    let ask = ["ask", "--server", "home", "--model", "mock/alpha", "--bot"];
    let bot = |more: &[&str]| run(near, &[&ask[..], more].concat());
    let asked = bot(&["tax-organiser", "--var", "country=Norway", "Where to begin?"]);
    assert_eq!(asked.status.code(), Some(1), "{}", err(&asked));
    assert!(err(&asked).contains("tax_year"), "{}", err(&asked));
    assert_eq!(server.posts().len(), 0);
    let malformed = bot(&["tax-organiser", "--var", "country", "Where to begin?"]);
    assert_eq!(malformed.status.code(), Some(2), "{}", err(&malformed));
    let given = ["--var", "country=Norway", "--var", "tax_year=2025", "Where to begin?"];
    let asked = bot(&[&["tax-organiser"][..], &given].concat());
    assert_eq!(out(&asked), "alpha: Where to begin?");
    let sent = server.posts()[0].json();
    assert!(sent["messages"][0]["content"].as_str().unwrap().contains("Norway"), "{sent}");

    let asked = out(&bot(&["philosophers-table", "What is courage?"]));
    assert!(asked.starts_with("Socrates:\nalpha: "), "{asked}");
}
