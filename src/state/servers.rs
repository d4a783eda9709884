//! Remote servers: how their links stand, and what they offer.

use super::AppState;
use crate::protocol::{
    ChatId, LinkState, ProviderError, QueryId, ServerFound, ServerId, ServerState,
};

/// What the window knows of remote servers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Servers {
    /// All that are configured, in the order of the configuration.
    pub all: Vec<ServerState>,
    /// Chats that wait for their agent.
    pub loading: Vec<ChatId>,
    /// The last try of a server that is not kept, and what came of it.
    pub tried: Option<(QueryId, Option<Result<ServerFound, ProviderError>>)>,
    /// The last pairing, and what came of it.
    pub paired: Option<(QueryId, Option<Result<ServerId, ProviderError>>)>,
}

impl Servers {
    /// A server by its id.
    pub fn get(&self, id: &ServerId) -> Option<&ServerState> {
        self.all.iter().find(|server| server.config.id == *id)
    }
}

pub(super) fn changed(state: &mut AppState, server: ServerState) {
    let all = &mut state.servers.all;
    match all.iter_mut().find(|known| known.config.id == server.config.id) {
        Some(known) => *known = server,
        None => all.push(server),
    }
}

pub(super) fn removed(state: &mut AppState, id: &ServerId) {
    state.servers.all.retain(|server| server.config.id != *id);
}

pub(super) fn link_changed(state: &mut AppState, id: &ServerId, link: LinkState) {
    let known = state.servers.all.iter_mut().find(|server| server.config.id == *id);
    if let Some(server) = known {
        server.link = link;
    }
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

pub(super) fn paired(
    state: &mut AppState,
    query: QueryId,
    result: Result<ServerId, ProviderError>,
) {
    if let Some(paired) = state.servers.paired.as_mut().filter(|paired| paired.0 == query) {
        paired.1 = Some(result);
    }
}

pub(super) fn agent_ready(state: &mut AppState, chat: ChatId) {
    state.servers.loading.retain(|waiting| *waiting != chat);
}
