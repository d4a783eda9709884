//! Servers that are configured: their tokens, and the links to them.

use std::collections::HashSet;
use std::sync::Arc;

use secrecy::SecretString;

use super::line::{Identity, Line, Told};
use super::manager::Manager;
use super::server::Server;
use crate::net;
use crate::net::link::LinkInput;
use crate::protocol::{
    BackendEvent, ChatId, KeyChange, LinkState, NoticeCode, ProviderId, RemoteEvent, ServerConfig,
    ServerId,
};
use crate::store::secrets::{SecretError, Secrets};
use crate::store::{OpenRemoteRun, ReadState};

/// Under which name the token of a server is kept.
pub(crate) fn token_name(server: &ServerId) -> ProviderId {
    ProviderId(format!("server:{server}"))
}

impl Manager {
    /// Links to all servers, and takes up the runs that a process left open when it ended. The
    /// command line links to one server, and takes up the runs of that one.
    pub(super) async fn start(&mut self) {
        let parts = Arc::clone(&self.parts);
        let mut left = Vec::new();
        if self.read_state() == ReadState::Unread {
            left = self.shared.store.take_remote_runs(None).await.unwrap_or_default();
        }
        for config in &parts.servers {
            if self.read_state() == ReadState::Seen {
                let of = Some(&config.id);
                left.extend(self.shared.store.take_remote_runs(of).await.unwrap_or_default());
            }
            self.enter(config.clone()).await;
            self.held
                .extend(self.shared.store.standing_chats(&config.id).await.unwrap_or_default());
        }
        for open in left {
            self.take_up(open).await;
        }
        if self.read_state() == ReadState::Unread {
            self.tell_what_waits().await;
        }
        for config in &parts.servers {
            self.link(&config.id).await;
        }
    }

    /// The list of chats marks those in which messages wait.
    async fn tell_what_waits(&mut self) {
        let parts = Arc::clone(&self.parts);
        for config in &parts.servers {
            let waiting = self.shared.store.outbox(&config.id).await.unwrap_or_default();
            let chats: HashSet<ChatId> = waiting.iter().map(|waiting| waiting.item.chat).collect();
            for chat in chats {
                self.tell_queue(chat).await;
            }
        }
    }

    async fn take_up(&mut self, open: OpenRemoteRun) {
        if self.servers.contains_key(&open.server) {
            return self.go_on(open).await;
        }
        // Nobody will ever tell how it goes on.
        let settled = self.shared.store.settle_remote(open.run, None, self.read_state()).await;
        if let Err(error) = settled {
            self.failed(error).await;
        }
    }

    /// Knows a server from here on.
    async fn enter(&mut self, config: ServerConfig) {
        let id = config.id.clone();
        let known = match self.shared.store.known_server(&id).await {
            Ok(known) => known,
            Err(error) => return self.failed(error).await,
        };
        // The command line is another client than the window, which may be open beside it.
        let client_id = match self.read_state() {
            ReadState::Unread => known.client_id,
            ReadState::Seen => self.shared.ids.run(self.now()).to_string(),
        };
        let mut server = Server::new(config, client_id);
        (server.models, server.bots) = (known.models, known.bots);
        self.servers.insert(id, server);
    }

    /// Links to a server, in the place of an earlier link.
    async fn link(&mut self, id: &ServerId) {
        let token = match self.token(id).await {
            Ok(token) => token,
            Err(error) => {
                self.shared.notice(NoticeCode::ServerRefused, error).await;
                None
            }
        };
        let (clock, telling) = (self.shared.clock, self.telling.clone());
        let Some(server) = self.servers.get_mut(id) else { return };
        server.has_token = token.is_some();
        server.line = None;
        server.generation += 1;
        let problem = net::server_problem(&server.config.url);
        match problem {
            Some(message) => server.link = LinkState::Denied { message },
            None => {
                let who = Identity {
                    client_id: server.client_id.clone(),
                    places: server.places.clone(),
                    generation: server.generation,
                    pace: self.parts.pace,
                };
                server.line = Some(Line::start(&server.config, token, who, clock, telling));
            }
        }
        let state = Box::new(server.state());
        self.shared.tell(BackendEvent::Remote(RemoteEvent::Changed(state))).await;
    }

    /// Adds or changes a server.
    pub(super) async fn save(&mut self, config: ServerConfig, token: KeyChange) {
        let id = config.id.clone();
        let token_is_new = !matches!(token, KeyChange::Keep);
        if let Err(error) = change_token(self.parts.secrets.clone(), id.clone(), token).await {
            self.shared.notice(NoticeCode::KeyNotSaved, error).await;
        }
        let is_same = self.servers.get(&id).is_some_and(|known| {
            let ServerConfig { id: _, name: _, url, token_query, dual, ca_file } = &config;
            let old = &known.config;
            old.url == *url
                && old.token_query == *token_query
                && old.dual == *dual
                && old.ca_file == *ca_file
        });
        let token = self.token(&id).await.unwrap_or_default();
        if token.is_some() && net::is_in_the_clear(&config.url) {
            self.shared.notice(NoticeCode::TokenInTheClear, &config.url).await;
        }
        if !is_same {
            self.let_go(&id, "The server's address was changed").await;
            self.enter(config).await;
            return self.link(&id).await;
        }
        let Some(server) = self.servers.get_mut(&id) else { return };
        server.config = config;
        server.has_token = token.is_some();
        let takes_it = server
            .line
            .as_ref()
            .is_some_and(|line| !token_is_new || line.ask(LinkInput::Token(token)));
        let state = Box::new(server.state());
        if takes_it {
            self.shared.tell(BackendEvent::Remote(RemoteEvent::Changed(state))).await;
        } else {
            self.link(&id).await;
        }
    }

    /// Forgets a server and its token. Its chats stay as they are.
    pub(super) async fn remove(&mut self, id: &ServerId) {
        self.let_go(id, "The server was removed").await;
        let change = KeyChange::Remove;
        if let Err(error) = change_token(self.parts.secrets.clone(), id.clone(), change).await {
            self.shared.notice(NoticeCode::KeyNotSaved, error).await;
        }
        if let Err(error) = self.shared.store.forget_server(id).await {
            self.failed(error).await;
        }
        self.shared.tell(BackendEvent::Remote(RemoteEvent::Removed(id.clone()))).await;
    }

    async fn let_go(&mut self, id: &ServerId, why: &str) {
        self.break_off(id, why).await;
        if let Some(server) = self.servers.remove(id) {
            for asked in server.asked.into_values() {
                if let super::server::Asked::Page { chat, before, wanted: Some(wanted) } = asked {
                    self.answer_page((chat, before), wanted).await;
                }
            }
            for chat in server.unready.into_keys() {
                self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await;
            }
        }
    }

    async fn token(&self, id: &ServerId) -> Result<Option<SecretString>, SecretError> {
        kept_token(self.parts.secrets.clone(), id.clone()).await
    }

    /// What a link that is gone had to tell is not told any more.
    pub(super) fn is_of_now(&self, told: &Told) -> bool {
        self.servers.get(&told.server).is_some_and(|server| server.generation == told.generation)
    }
}

/// The token of a server. The keychain may take its time, so another thread asks it.
pub(super) async fn kept_token(
    secrets: Arc<Secrets>,
    id: ServerId,
) -> Result<Option<SecretString>, SecretError> {
    let found = tokio::task::spawn_blocking(move || secrets.get(&token_name(&id))).await;
    found.unwrap_or_else(|error| {
        tracing::error!(%error, "a token was not looked up");
        Ok(None)
    })
}

/// Keeps or forgets the token of a server.
pub(super) async fn change_token(
    secrets: Arc<Secrets>,
    id: ServerId,
    change: KeyChange,
) -> Result<(), SecretError> {
    let changed = tokio::task::spawn_blocking(move || match change {
        KeyChange::Keep => Ok(()),
        KeyChange::Set(token) => secrets.set(&token_name(&id), &token),
        KeyChange::Remove => secrets.remove(&token_name(&id)),
    });
    changed.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a token was not kept");
        Ok(())
    })
}
