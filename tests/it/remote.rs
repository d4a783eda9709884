//! Chats on servers: the engine over a real database, with a real link to a server that speaks
//! the wire as each test says.

mod asking;
mod certificates;
mod news;
mod outbox;
mod pages;
mod plain;
mod real;
mod resume;
mod shared;
pub(crate) mod wire;

use std::path::Path;

use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatId, LinkState, Message, ModelId, RemoteEvent, SendRequest,
    ServerId,
};
use switchboard::store::secrets::{KeychainUse, Secrets};

use crate::support::Desk;
use wire::Gateway;

/// The server of these tests.
fn home() -> ServerId {
    "home".into()
}

/// A message to the server.
fn request(chat: ChatId, text: &str) -> SendRequest {
    SendRequest { server: Some(home()), ..Desk::request(chat, text, ModelId::new("far", "model")) }
}

async fn send(desk: &mut Desk, chat: ChatId, text: &str) -> SendRequest {
    let request = request(chat, text);
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    request
}

/// Opens a desk that links to a server.
fn linked(folder: &Path, gateway: &Gateway) -> Desk {
    Desk::linked(folder, vec![gateway.config()])
}

/// Waits until the link stands so.
async fn until_link(desk: &mut Desk, fits: impl Fn(&LinkState) -> bool) -> LinkState {
    desk.until(|event| match event {
        BackendEvent::Remote(RemoteEvent::LinkChanged { link, .. }) => fits(&link).then_some(link),
        _ => None,
    })
    .await
}

async fn until_ready(desk: &mut Desk) {
    until_link(desk, |link| matches!(link, LinkState::Ready { .. })).await;
}

/// The text of the last answer, as stored.
async fn last_text(desk: &Desk, chat: ChatId) -> String {
    desk.messages(chat).await.last().map(Message::text).unwrap_or_default()
}

fn keep_token(folder: &Path, token: &str) {
    let secrets = Secrets::new(&folder.join("keys.json"), KeychainUse::Never);
    secrets.set(&"server:home".into(), &token.to_owned().into()).unwrap();
}
