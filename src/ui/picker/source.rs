//! Whose models are listed: those of providers, and behind them those of remote servers.

use std::borrow::Cow;

use crate::protocol::{LinkState, ModelId, ModelInfo, ServerId, ServerState};
use crate::state::AppState;

/// A model, by its place in the state.
#[derive(Debug, PartialEq)]
pub(in crate::ui) struct ModelRow {
    /// Behind all providers stand the servers.
    pub(in crate::ui) provider: usize,
    pub(in crate::ui) model: usize,
    pub(in crate::ui) favourite: bool,
    /// Why it cannot be chosen here.
    pub(in crate::ui) barred: Option<String>,
    /// Characters of the name that match, ascending.
    pub(in crate::ui) matched: Vec<u32>,
    /// Why it cannot answer the message.
    pub(in crate::ui) lacks: Option<String>,
    /// When it goes away, where that is soon.
    pub(in crate::ui) retires: Option<String>,
    /// Whether it is one of several that answer side by side; `None` where that is not asked.
    pub(in crate::ui) compared: Option<bool>,
    /// Whether the mark in front says so, in place of the star.
    pub(in crate::ui) marks_compared: bool,
    /// No heading names its provider.
    pub(in crate::ui) is_apart: bool,
}

impl ModelRow {
    pub(in crate::ui) fn info<'a>(&self, state: &'a AppState) -> Option<&'a ModelInfo> {
        models_of(state, self.provider)?.get(self.model)
    }

    /// The server whose model it is; this computer without.
    pub(in crate::ui) fn server<'a>(&self, state: &'a AppState) -> Option<&'a ServerState> {
        server(state, self.provider)
    }

    /// Which model it is, and whose.
    pub(in crate::ui) fn pick(&self, state: &AppState) -> Option<Pick> {
        let server = self.server(state).map(|server| server.config.id.clone());
        Some(Pick { server, model: self.info(state)?.id.clone() })
    }

    /// The name of who offers it.
    pub(in crate::ui) fn offered_by<'a>(&self, state: &'a AppState) -> Option<Cow<'a, str>> {
        match self.server(state) {
            Some(server) => Some(Cow::Borrowed(server.config.name.as_str())),
            None => Some(state.provider_label(state.providers.get(self.provider)?)),
        }
    }
}

/// A model of this computer or of a server: both may list it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::ui) struct Pick {
    pub(in crate::ui) server: Option<ServerId>,
    pub(in crate::ui) model: ModelId,
}

/// For which chat a model is chosen: that decides on whose models are listed and can be had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::ui) enum For<'a> {
    /// No chat: those of this computer.
    #[default]
    Local,
    /// The chat to come: any.
    NewChat,
    /// A chat on this computer.
    ChatHere,
    /// A chat on a server.
    ChatOn(&'a ServerId),
}

pub(super) fn server(state: &AppState, source: usize) -> Option<&ServerState> {
    state.servers.all.get(source.checked_sub(state.providers.len())?)
}

pub(super) fn models_of(state: &AppState, source: usize) -> Option<&[ModelInfo]> {
    let provider = || state.providers.get(source).map(|provider| provider.models.as_slice());
    provider().or_else(|| server(state, source).map(|server| server.models.as_slice()))
}

/// Whether what a server offers can be had now.
pub(super) fn is_linked(server: &ServerState) -> bool {
    matches!(server.link, LinkState::Ready { .. })
}
