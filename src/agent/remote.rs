//! Chats that live on remote servers: one task for all of them, with a link for each server.
//!
//! What a server tells is applied exactly once: an event is taken when it is the next of its run
//! and never otherwise, and its place is journalled in the row of its content. What is sent waits
//! in the outbox, which is the queue of its chat, until the server has it.

mod line;
mod lists;
mod manager;
mod outbox;
mod pages;
mod plain;
mod runs;
mod server;
mod servers;
mod trial;

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tokio::sync::mpsc;

use super::actor::Shared;
use crate::net::HttpClient;
use crate::net::link::Pace;
use crate::protocol::{BackendCommand, ChatId, RemoteCommand, ServerConfig, ServerId};
use crate::store::StoreHandle;
use crate::store::secrets::Secrets;

use manager::Manager;
pub(crate) use servers::token_name;
pub use trial::{client_name, may_get_through, try_server};

/// Events of links that wait.
const EVENTS: usize = 256;

/// What the links are made of.
#[derive(Debug)]
pub(super) struct RemoteParts {
    /// From `config.toml`.
    pub(super) servers: Vec<ServerConfig>,
    /// For tokens.
    pub(super) secrets: Arc<Secrets>,
    /// For pairing.
    pub(super) http: HttpClient,
    /// How long links wait for what.
    pub(super) pace: Pace,
}

/// Which chats live on which server: the dispatcher asks it for every command of a chat.
#[derive(Debug, Default)]
pub(super) struct RemoteChats(RwLock<HashMap<ChatId, ServerId>>);

impl RemoteChats {
    /// Reads them, so that no command of a remote chat makes an agent of this computer.
    pub(super) async fn read(&self, store: &StoreHandle) {
        match store.remote_chats().await {
            Ok(chats) => self.0.write().extend(chats),
            Err(error) => tracing::warn!(%error, "remote chats are not known"),
        }
    }

    /// The server of a chat; none for one of this computer.
    pub(super) fn server(&self, chat: ChatId) -> Option<ServerId> {
        self.0.read().get(&chat).cloned()
    }

    /// Notes where a chat lives.
    pub(super) fn add(&self, chat: ChatId, server: &ServerId) {
        self.0.write().entry(chat).or_insert_with(|| server.clone());
    }

    /// Notes that a chat lives on another server than before.
    pub(super) fn moved(&self, chat: ChatId, server: &ServerId) {
        self.0.write().insert(chat, server.clone());
    }

    /// Whether a command is for the links. A chat that it makes on a server is noted.
    pub(super) fn takes(&self, command: &BackendCommand) -> bool {
        match command {
            BackendCommand::Send(request) => match &request.server {
                Some(server) => {
                    self.add(request.chat, server);
                    true
                }
                None => self.has(request.chat),
            },
            BackendCommand::Remote(RemoteCommand::OpenChat { chat, server, .. }) => {
                self.add(*chat, server);
                true
            }
            BackendCommand::Regenerate(request) => self.has(request.chat),
            BackendCommand::Stop { chat, .. }
            | BackendCommand::RetryNow { chat }
            | BackendCommand::EditQueued { chat, .. }
            | BackendCommand::RemoveQueued { chat, .. }
            | BackendCommand::SendQueuedNow { chat, .. }
            | BackendCommand::LoadMessages { chat, .. }
            | BackendCommand::SelectBranch { chat, .. }
            | BackendCommand::KeepAnswer { chat, .. }
            | BackendCommand::SetCast { chat, .. }
            | BackendCommand::SetCovered { chat, .. } => self.has(*chat),
            BackendCommand::Remote(_) => true,
            // Names, pins and marks are the user's own, wherever the chat lives.
            BackendCommand::ListChats { .. }
            | BackendCommand::RenameChat { .. }
            | BackendCommand::PinChat { .. }
            | BackendCommand::DeleteChat { .. }
            | BackendCommand::RestoreChat { .. }
            | BackendCommand::SetChatModel { .. }
            | BackendCommand::SetChatOptions { .. }
            | BackendCommand::MarkRead { .. }
            | BackendCommand::SaveDraft { .. }
            | BackendCommand::LoadUsage { .. }
            | BackendCommand::StartChat(_)
            | BackendCommand::EndTest { .. }
            | BackendCommand::SaveProvider { .. }
            | BackendCommand::RemoveProvider { .. }
            | BackendCommand::RefreshModels { .. }
            | BackendCommand::Configure(_)
            | BackendCommand::LoadImage { .. }
            | BackendCommand::LoadBots
            | BackendCommand::SaveBot(_)
            | BackendCommand::RestoreBot(_)
            | BackendCommand::KeepEdit(_)
            | BackendCommand::MarkBot { .. }
            | BackendCommand::ArchiveBot { .. }
            | BackendCommand::DeleteBot { .. }
            | BackendCommand::LoadBotVersions { .. }
            | BackendCommand::ReadBots { .. }
            | BackendCommand::ExportBot { .. }
            | BackendCommand::Shutdown => false,
        }
    }

    fn has(&self, chat: ChatId) -> bool {
        self.0.read().contains_key(&chat)
    }
}

/// Works until the dispatcher is gone.
pub(super) async fn work(
    shared: Arc<Shared>,
    parts: RemoteParts,
    mut commands: mpsc::Receiver<BackendCommand>,
) {
    let (telling, mut told) = mpsc::channel(EVENTS);
    let (pairings, mut paired) = mpsc::channel(EVENTS);
    let mut manager = Manager::new(shared, parts, telling, pairings);
    manager.start().await;
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => manager.handle(command).await,
                None => break,
            },
            // The manager holds a sender, so that there always may come more.
            Some(event) = told.recv() => manager.came(event).await,
            Some(pairing) = paired.recv() => manager.paired(pairing).await,
            () = manager.page_is_late() => manager.answer_late_pages().await,
        }
        manager.flush_due().await;
    }
    manager.end().await;
}
