//! What happens by itself: drafts are saved, toasts go, the list of chats is asked for.

use super::super::apply::load_end;
use super::super::model::Effect;
use super::super::{AppState, Loading};
use crate::protocol::{BackendCommand, ChatId, Draft, Timestamp};

/// How often an answer that another process writes is read again, in milliseconds.
const REFRESH_MS: u64 = 2_000;

/// How long typing may rest before the draft is handed to the store, in milliseconds.
const DRAFT_REST_MS: u64 = 300;

/// What the passing of time asks for, and when to ask again.
pub fn tick(state: &mut AppState, now: Timestamp) -> (Vec<Effect>, Option<Timestamp>) {
    let mut effects = Vec::new();
    let mut next: Option<Timestamp> = None;
    let mut wake_at = |due: Timestamp| next = Some(next.map_or(due, |known| known.min(due)));
    if let Some(due) = save_due(&mut state.new_draft_dirty, now) {
        match due {
            Due::Now => effects.push(save_draft(None, &state.new_draft)),
            Due::At(at) => wake_at(at),
        }
    }
    for (chat, conversation) in &mut state.conversations {
        match save_due(&mut conversation.draft_dirty, now) {
            Some(Due::Now) => effects.push(save_draft(Some(*chat), &conversation.draft)),
            Some(Due::At(at)) => wake_at(at),
            None => {}
        }
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

/// What the window asks for when it opens.
pub fn start(state: &mut AppState) -> Vec<Effect> {
    let query = state.next_query();
    state.chats_query = query;
    vec![Effect::Backend(BackendCommand::ListChats { query })]
}

enum Due {
    Now,
    At(Timestamp),
}

/// The open chat, if another process writes its last answer, and when to look again.
fn refresh_due(state: &AppState) -> Option<(ChatId, Timestamp)> {
    let conversation = state.conversation()?;
    let waits = conversation.loading == Loading::Nothing && conversation.runs_elsewhere();
    waits.then(|| (conversation.chat, conversation.loaded_at.plus_ms(REFRESH_MS)))
}

fn save_due(dirty: &mut Option<Timestamp>, now: Timestamp) -> Option<Due> {
    let due = dirty.as_ref()?.plus_ms(DRAFT_REST_MS);
    if due > now {
        return Some(Due::At(due));
    }
    *dirty = None;
    Some(Due::Now)
}

fn save_draft(chat: Option<ChatId>, draft: &Draft) -> Effect {
    Effect::Backend(BackendCommand::SaveDraft { chat, draft: draft.clone() })
}
