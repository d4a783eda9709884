//! Chats on servers that wait: for their agent, or with messages for their server.

use super::super::conversation::Loading;
use super::LoadingAgent;
use crate::protocol::{ChatId, ChatSummary, LinkState, ServerId, Timestamp};
use crate::state::AppState;

impl AppState {
    /// How many messages of a chat wait for its server.
    pub fn waiting_for_server(&self, chat: &ChatSummary) -> usize {
        if chat.server.is_none() || self.is_linked_to(chat.id) && self.running.contains(&chat.id) {
            // They wait for the end of an answer.
            return 0;
        }
        let told = self.servers.waiting.get(&chat.id).copied().unwrap_or(0);
        let shown = self.conversations.get(&chat.id).map_or(0, |open| open.queue.len());
        told.max(shown)
    }

    /// The servers that are not linked while an answer of theirs is on its way, one for each chat.
    pub fn servers_awaited(&self) -> Vec<&ServerId> {
        let away = self.running.iter().filter(|chat| !self.is_linked_to(**chat));
        away.filter_map(|chat| self.summary(*chat)?.server.as_ref()).collect()
    }
}

/// Takes note of what waits in a chat.
pub(in crate::state) fn note_queue(state: &mut AppState, chat: ChatId, count: usize) {
    match count {
        0 => state.servers.waiting.remove(&chat),
        count => state.servers.waiting.insert(chat, count),
    };
}

/// A chat that was begun with a bot of a server, and holds nothing yet, waits for its agent: also
/// after a restart of the app. The server is asked for it whenever it is linked.
pub(in crate::state) fn note_unready(state: &mut AppState, chat: ChatId, now: Timestamp) {
    let Some(conversation) = state.conversations.get(&chat) else { return };
    let is_blank = conversation.loading == Loading::Nothing
        && conversation.messages.is_empty()
        && conversation.cast.is_none()
        && !conversation.has_older;
    let Some(summary) = state.summary(chat).filter(|_| is_blank) else { return };
    let Some(server) = &summary.server else { return };
    let is_begun = summary.bot.is_some() && summary.messages == 0;
    let known = &state.servers;
    let is_over = known.ready.contains(&chat) || known.loading(chat).is_some();
    if is_begun && !is_over && !state.is_server_gone(server) && !is_plain(state, server) {
        state.servers.loading.push(LoadingAgent { chat, since: now });
    }
}

/// A server that numbers nothing tells of no bot that is ready.
pub(super) fn plain_is_ready(state: &mut AppState) {
    let is_ready = |chat: ChatId| {
        let server = state.summary(chat).and_then(|summary| summary.server.as_ref());
        server.is_some_and(|server| is_plain(state, server))
    };
    let ready: Vec<ChatId> = state
        .servers
        .loading
        .iter()
        .map(|waiting| waiting.chat)
        .filter(|chat| is_ready(*chat))
        .collect();
    state.servers.loading.retain(|waiting| !ready.contains(&waiting.chat));
}

fn is_plain(state: &AppState, server: &ServerId) -> bool {
    let link = state.servers.get(server).map(|server| &server.link);
    matches!(link, Some(LinkState::Ready { plain: true, .. }))
}
