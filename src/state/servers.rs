//! Remote servers: how their links stand, and what they offer.

mod waiting;

use std::collections::{HashMap, HashSet};

pub(super) use self::waiting::{note_queue, note_unready};

use super::apply::load_end;
use super::model::Effect;
use super::{AppState, Page};
use crate::protocol::{
    BackendCommand, ChatId, KeyChange, LinkState, ModelId, ModelInfo, ProviderError, QueryId,
    RemoteCommand, RemoteEvent, ServerConfig, ServerFound, ServerId, ServerState, Timestamp,
};

/// How long an agent may take to get ready before the chat says so, in milliseconds.
const LOADING_IS_LONG_MS: u64 = 20_000;

/// What the window knows of remote servers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Servers {
    /// All that are configured, in the order of the configuration.
    pub all: Vec<ServerState>,
    /// Chats that wait for their agent.
    pub loading: Vec<LoadingAgent>,
    /// Chats whose agent was told to be ready, with or without instructions.
    ready: HashSet<ChatId>,
    /// How many messages wait in chats of servers, as it was told last.
    waiting: HashMap<ChatId, usize>,
    /// The names of servers that were removed.
    names: HashMap<ServerId, String>,
    /// Which form the servers page of the settings shows.
    pub form: ServerForm,
    /// The last try of a server that is not kept, and what came of it.
    pub tried: Option<(QueryId, Option<Result<ServerFound, ProviderError>>)>,
    /// The last pairing, and what came of it.
    pub paired: Option<(QueryId, Option<Result<ServerId, ProviderError>>)>,
    /// What was paired last, to be kept where the server agrees.
    pub(super) pairing: Option<ServerConfig>,
    /// The server that the chat to come lives on; this computer without.
    pub new_chat: Option<ServerId>,
}

/// Which form the servers page of the settings shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerForm {
    /// None.
    #[default]
    Closed,
    /// That of a server to come.
    New,
    /// That of a server.
    Server(ServerId),
}

/// A chat that waits for its agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoadingAgent {
    /// Which chat.
    pub chat: ChatId,
    /// Since when.
    pub since: Timestamp,
}

impl LoadingAgent {
    /// Whether it takes longer than it should.
    pub fn is_long(&self, now: Timestamp) -> bool {
        now.ms_since(self.since) >= LOADING_IS_LONG_MS
    }
}

impl Servers {
    /// A server by its id.
    pub fn get(&self, id: &ServerId) -> Option<&ServerState> {
        self.all.iter().find(|server| server.config.id == *id)
    }

    /// Whether a chat waits for its agent, and since when.
    pub fn loading(&self, chat: ChatId) -> Option<LoadingAgent> {
        self.loading.iter().find(|waiting| waiting.chat == chat).copied()
    }
}

impl AppState {
    /// The server that the chat on screen lives on, or the chat to come.
    pub fn server_id_here(&self) -> Option<&ServerId> {
        match self.open_chat() {
            Some(chat) => self.summary(chat)?.server.as_ref(),
            None if self.page == Page::Welcome => self.servers.new_chat.as_ref(),
            None => None,
        }
    }

    /// The same, with all that is known of it.
    pub fn server_here(&self) -> Option<&ServerState> {
        self.servers.get(self.server_id_here()?)
    }

    /// A server's name for people, also of one that was removed.
    pub fn server_name<'a>(&'a self, id: &'a ServerId) -> &'a str {
        let live = self.servers.get(id).map(|server| &server.config);
        let saved = || self.settings.servers.iter().find(|config| config.id == *id);
        let removed = || self.servers.names.get(id).map_or(id.as_str(), String::as_str);
        live.or_else(saved).map_or_else(removed, |config| config.name.as_str())
    }

    /// Whether a server is neither there nor about to be told.
    pub fn is_server_gone(&self, id: &ServerId) -> bool {
        self.servers.get(id).is_none()
            && !self.settings.servers.iter().any(|config| config.id == *id)
    }

    /// The server here, where this stands for its own choice.
    pub(super) fn decides(&self, id: &ModelId) -> Option<&ServerId> {
        self.server_id_here().filter(|server| *id == server_decides(server))
    }

    /// Whether the server here decides who answers, where this is the model of the next message.
    pub fn server_decides(&self, model: &ModelId) -> bool {
        self.decides(model).is_some()
    }

    /// What a server's list says of a model.
    pub(super) fn model_here(&self, id: &ModelId) -> Option<&ModelInfo> {
        self.server_here()?.models.iter().find(|model| model.id == *id)
    }

    /// Whether what is sent now goes out now. It waits where the chat's server is not linked.
    pub fn is_linked(&self) -> bool {
        match self.server_id_here() {
            None => true,
            Some(_) => self.server_here().is_some_and(|server| is_ready(&server.link)),
        }
    }

    /// The same of any chat.
    pub fn is_linked_to(&self, chat: ChatId) -> bool {
        match self.summary(chat).and_then(|summary| summary.server.as_ref()) {
            None => true,
            Some(id) => self.servers.get(id).is_some_and(|server| is_ready(&server.link)),
        }
    }
}

/// Who answers where nobody was chosen in a chat on a server: the server decides, by the chat's bot
/// or by its own default. Such a message names no model on the wire.
pub(super) fn server_decides(server: &ServerId) -> ModelId {
    ModelId::new(server.as_str(), "default")
}

/// Whether frames go both ways.
pub(super) fn is_ready(link: &LinkState) -> bool {
    match link {
        LinkState::Ready { .. } => true,
        LinkState::Offline
        | LinkState::Connecting { .. }
        | LinkState::Authenticating
        | LinkState::Waiting { .. }
        | LinkState::Denied { .. } => false,
    }
}

/// Applies what is told of remote servers.
pub(super) fn apply(state: &mut AppState, event: RemoteEvent) -> Vec<Effect> {
    match event {
        RemoteEvent::Changed(server) => changed(state, *server),
        RemoteEvent::Removed(id) => removed(state, &id),
        RemoteEvent::LinkChanged { server, link } => link_changed(state, &server, link),
        RemoteEvent::Tested { query, result } => tested(state, query, result),
        RemoteEvent::Paired { query, result } => {
            return paired(state, query, result);
        }
        RemoteEvent::AgentReady { chat } => {
            return agent_ready(state, chat);
        }
        RemoteEvent::PathChanged { chat } => {
            if state.conversations.contains_key(&chat) {
                return vec![load_end(state, chat)];
            }
        }
    }
    Vec::new()
}

fn changed(state: &mut AppState, server: ServerState) {
    let all = &mut state.servers.all;
    match all.iter_mut().find(|known| known.config.id == server.config.id) {
        Some(known) => *known = server,
        None => {
            all.push(server);
            let configured = &state.settings.servers;
            all.sort_by_key(|known| {
                let place = configured.iter().position(|config| config.id == known.config.id);
                place.unwrap_or(usize::MAX)
            });
        }
    }
    waiting::plain_is_ready(state);
    refresh_bots(state);
}

fn removed(state: &mut AppState, id: &ServerId) {
    let name = state.server_name(id).to_owned();
    state.servers.names.insert(id.clone(), name);
    state.servers.all.retain(|server| server.config.id != *id);
    if state.servers.new_chat.as_ref() == Some(id) {
        state.servers.new_chat = None;
        state.new_chat_model = None;
    }
    refresh_bots(state);
}

/// The gallery shows the bots of servers, too.
fn refresh_bots(state: &mut AppState) {
    if state.bots.replace_remote(&state.servers.all) {
        state.refresh_gallery();
    }
}

pub(super) fn link_changed(state: &mut AppState, id: &ServerId, link: LinkState) {
    let known = state.servers.all.iter_mut().find(|server| server.config.id == *id);
    if let Some(server) = known {
        server.link = link;
    }
    waiting::plain_is_ready(state);
}

pub(super) fn tested(
    state: &mut AppState,
    query: QueryId,
    result: Result<ServerFound, ProviderError>,
) {
    if let Some(tried) = state.servers.tried.as_mut().filter(|tried| tried.0 == query) {
        tried.1 = Some(result);
    }
}

/// A server that gave a token is one of the settings from now on.
pub(super) fn paired(
    state: &mut AppState,
    query: QueryId,
    result: Result<ServerId, ProviderError>,
) -> Vec<Effect> {
    let Some(paired) = state.servers.paired.as_mut().filter(|paired| paired.0 == query) else {
        return Vec::new();
    };
    let is_kept = result.is_ok();
    paired.1 = Some(result);
    match state.servers.pairing.take().filter(|_| is_kept) {
        Some(config) => {
            state.servers.form = ServerForm::Server(config.id.clone());
            keep(state, config.clone());
            // The token is kept already: now it is linked to.
            let save =
                BackendCommand::Remote(RemoteCommand::Save { config, token: KeyChange::Keep });
            vec![Effect::SaveSettings, Effect::Backend(save)]
        }
        None => Vec::new(),
    }
}

/// Puts a server into the settings.
pub(super) fn keep(state: &mut AppState, config: ServerConfig) {
    let servers = &mut state.settings.servers;
    match servers.iter_mut().find(|known| known.id == config.id) {
        Some(known) => *known = config,
        None => servers.push(config),
    }
}

/// Nothing waits for an answer that does not come.
pub(super) fn query_failed(state: &mut AppState, query: QueryId) {
    let servers = &mut state.servers;
    servers.tried.take_if(|(asked, result)| *asked == query && result.is_none());
    servers.paired.take_if(|(asked, result)| *asked == query && result.is_none());
}

/// A chat can be written to: what its bot is told, and what it opens with, is in the store now.
pub(super) fn agent_ready(state: &mut AppState, chat: ChatId) -> Vec<Effect> {
    state.servers.loading.retain(|waiting| waiting.chat != chat);
    state.servers.ready.insert(chat);
    match state.conversations.contains_key(&chat) {
        true => vec![load_end(state, chat)],
        false => Vec::new(),
    }
}
