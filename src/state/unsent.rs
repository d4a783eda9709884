//! A message that could not be kept returns to the composer.

use super::{AppState, Page};
use crate::protocol::{ChatId, Draft, MessageId, Timestamp};

/// Puts all of a message back in front of what was typed since, and lets it be saved. Where the
/// message would have begun a chat, there is none: it returns to the chat to come.
pub(super) fn not_sent(
    state: &mut AppState,
    (chat, message): (ChatId, MessageId),
    mut back: Draft,
    now: Timestamp,
) {
    let is_stored = state.summary(chat).is_some() || state.chats.is_none();
    let Some(conversation) = state.conversations.get_mut(&chat) else { return };
    conversation.messages.retain(|known| known.id != message);
    conversation.queue.retain(|known| known.id != message);
    conversation.generation += 1;
    let is_empty = conversation.messages.is_empty() && conversation.queue.is_empty();
    let is_unborn = !is_stored && is_empty && !conversation.is_running();
    let place = if is_unborn { None } else { Some(chat) };
    if is_unborn {
        let typed = std::mem::take(&mut conversation.draft);
        state.conversations.remove(&chat);
        put_before(&mut state.new_draft, typed);
        if state.open_chat() == Some(chat) {
            state.page = Page::Welcome;
        }
    }
    // What the chat sets anyway is not the message's own.
    back.model = back.model.filter(|model| *model != state.model_of(place));
    back.params = back.params.beyond(&state.params_of(place));
    let (draft, dirty) = match place.and_then(|chat| state.conversations.get_mut(&chat)) {
        Some(conversation) => (&mut conversation.draft, &mut conversation.draft_dirty),
        None => (&mut state.new_draft, &mut state.new_draft_dirty),
    };
    put_before(draft, back);
    dirty.get_or_insert(now);
}

/// What was chosen since counts; text and attachments are kept of both.
fn put_before(draft: &mut Draft, back: Draft) {
    draft.attachments.splice(0..0, back.attachments);
    let typed = std::mem::take(&mut draft.text);
    draft.text = match (back.text.is_empty(), typed.is_empty()) {
        (_, true) => back.text,
        (true, false) => typed,
        (false, false) => format!("{}\n\n{typed}", back.text),
    };
    draft.model = draft.model.take().or(back.model);
    draft.params = back.params.with(&draft.params);
    if draft.compare.is_empty() {
        draft.compare = back.compare;
    }
}
