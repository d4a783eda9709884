//! Answers side by side, and what is kept from the model to make room.

use super::super::AppState;
use super::super::apply::PAGE;
use super::super::model::Effect;
use super::begin_end_query;
use crate::protocol::{BackendCommand, Covers, Message, MessageId, Part};

/// Goes on from another answer of a comparison; its run goes on, too.
pub(super) fn keep(state: &mut AppState, message: MessageId) -> Vec<Effect> {
    let Some(chat) = state.open_chat() else { return Vec::new() };
    let kept = state.conversations.get_mut(&chat).is_some_and(|open| open.keep(message));
    if !kept {
        return Vec::new();
    }
    let query = begin_end_query(state, chat);
    vec![Effect::Backend(BackendCommand::KeepAnswer { query, chat, message, limit: PAGE })]
}

/// Lets the model see again what a notice keeps from it, or not.
pub(super) fn cover(state: &mut AppState, message: MessageId, covered: bool) -> Vec<Effect> {
    let Some(chat) = state.open_chat() else { return Vec::new() };
    let Some(conversation) = state.conversations.get_mut(&chat) else { return Vec::new() };
    // As many as are loaded: the notice may stand far above the end.
    let limit = conversation.messages.len().max(PAGE);
    let Some(notice) = conversation.message_mut(message).and_then(covers_mut) else {
        return Vec::new();
    };
    notice.undone = !covered;
    let query = begin_end_query(state, chat);
    let command = BackendCommand::SetCovered { query, chat, message, covered, limit };
    vec![Effect::Backend(command)]
}

fn covers_mut(message: &mut Message) -> Option<&mut Covers> {
    message.parts.iter_mut().find_map(|part| match part {
        Part::Notice { covers, .. } => covers.as_mut(),
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. } => None,
    })
}
