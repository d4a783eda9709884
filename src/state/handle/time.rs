//! What happens by itself: drafts are saved, toasts go, the list of chats is asked for.

use super::super::apply::load_end;
use super::super::model::Effect;
use super::super::{AppState, Loading};
use super::{editor, usage};
use crate::protocol::{BackendCommand, ChatId, Draft, Timestamp};

/// How often an answer that another process writes is read again, in milliseconds.
const REFRESH_MS: u64 = 2_000;

/// How long typing may rest before the draft is handed to the store, in milliseconds.
const DRAFT_REST_MS: u64 = 300;

/// The same for drafts with attachments: all of a draft is written anew.
const LARGE_DRAFT_REST_MS: u64 = 2_000;

/// The same for the bot in the editor.
const EDIT_REST_MS: u64 = 500;

/// What the passing of time asks for, and when to ask again.
pub fn tick(state: &mut AppState, now: Timestamp) -> (Vec<Effect>, Option<Timestamp>) {
    let mut effects = Vec::new();
    let mut next: Option<Timestamp> = None;
    let mut wake_at = |due: Timestamp| next = Some(next.map_or(due, |known| known.min(due)));
    if let Some(due) = save_due(&mut state.new_draft_dirty, rest(&state.new_draft), now) {
        match due {
            Due::Now => effects.push(save_draft(None, &state.new_draft)),
            Due::At(at) => wake_at(at),
        }
    }
    for (chat, conversation) in &mut state.conversations {
        if let Loading::OlderFailed(due) = conversation.loading {
            if due <= now {
                conversation.loading = Loading::Nothing;
            } else {
                wake_at(due);
            }
        }
        match save_due(&mut conversation.draft_dirty, rest(&conversation.draft), now) {
            Some(Due::Now) => effects.push(save_draft(Some(*chat), &conversation.draft)),
            Some(Due::At(at)) => wake_at(at),
            None => {}
        }
    }
    let changed: Vec<ChatId> = state.options_dirty.keys().copied().collect();
    for chat in changed {
        let mut dirty = state.options_dirty.remove(&chat);
        match save_due(&mut dirty, DRAFT_REST_MS, now) {
            Some(Due::Now) => effects.extend(save_options(state, chat)),
            Some(Due::At(at)) => wake_at(at),
            None => {}
        }
        state.options_dirty.extend(dirty.map(|since| (chat, since)));
    }
    match save_due(&mut state.edit_kept.dirty, EDIT_REST_MS, now) {
        Some(Due::Now) => effects.extend(editor::keep_edit(state)),
        Some(Due::At(at)) => wake_at(at),
        None => {}
    }
    match state.spent.until {
        // The day has changed, and with it what was spent on it.
        Some(until) if until <= now => {
            state.spent.until = None;
            let range = state.usage_range;
            effects.extend(usage::load(state, range));
        }
        Some(until) => wake_at(until),
        None => {}
    }
    match refresh_due(state) {
        Some((chat, due)) if due <= now => effects.push(load_end(state, chat)),
        Some((_, due)) => wake_at(due),
        None => {}
    }
    state.toasts.retain(|toast| toast.until.is_none_or(|until| until > now));
    state.toasts.iter().filter_map(|toast| toast.until).for_each(&mut wake_at);
    (effects, next)
}

/// Everything typed and not yet saved, for the moment before the window closes.
pub fn save_all_drafts(state: &mut AppState) -> Vec<Effect> {
    tick(state, Timestamp(i64::MAX)).0
}

/// What the window asks for when it opens, and when it is looked at again.
pub fn start(state: &mut AppState) -> Vec<Effect> {
    vec![list_chats(state), Effect::Backend(BackendCommand::LoadBots)]
}

/// Asks for all chats.
pub(in crate::state) fn list_chats(state: &mut AppState) -> Effect {
    let query = state.next_query();
    state.chats_query = query;
    Effect::Backend(BackendCommand::ListChats { query })
}

enum Due {
    Now,
    At(Timestamp),
}

/// The open chat, if its end could not be read or another process writes its last answer, and
/// when to look again.
fn refresh_due(state: &AppState) -> Option<(ChatId, Timestamp)> {
    let conversation = state.conversation()?;
    let due = match conversation.loading {
        Loading::EndFailed(due) => Some(due),
        Loading::Nothing if conversation.runs_elsewhere() => {
            Some(conversation.loaded_at.plus_ms(REFRESH_MS))
        }
        Loading::Nothing | Loading::End(_) | Loading::Older(_) | Loading::OlderFailed(_) => None,
    };
    due.map(|due| (conversation.chat, due))
}

fn rest(draft: &Draft) -> u64 {
    if draft.attachments.is_empty() { DRAFT_REST_MS } else { LARGE_DRAFT_REST_MS }
}

fn save_due(dirty: &mut Option<Timestamp>, rest_ms: u64, now: Timestamp) -> Option<Due> {
    let due = dirty.as_ref()?.plus_ms(rest_ms);
    if due > now {
        return Some(Due::At(due));
    }
    *dirty = None;
    Some(Due::Now)
}

fn save_draft(chat: Option<ChatId>, draft: &Draft) -> Effect {
    Effect::Backend(BackendCommand::SaveDraft { chat, draft: draft.clone() })
}

fn save_options(state: &AppState, chat: ChatId) -> Option<Effect> {
    let options = state.summary(chat)?.options.clone();
    Some(Effect::Backend(BackendCommand::SetChatOptions { chat, options }))
}
