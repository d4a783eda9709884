//! What the reader unfolded or is changing.

use std::collections::HashSet;

use crate::protocol::MessageId;

/// What can be unfolded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fold {
    /// A part of a message: thinking, a tool, a file.
    Part(usize),
    /// The whole result of a tool, the whole text of a message.
    All(usize),
    /// Raw detail of a failure.
    Details,
    /// The instructions of the chat's bot, above its first message.
    Cast,
}

/// What the reader opened or is changing. Outlives the parsed text.
#[derive(Debug, Default)]
pub(super) struct Folds {
    pub(super) open: HashSet<(MessageId, Fold)>,
    pub(super) editing: Option<(MessageId, String)>,
}

impl Folds {
    pub(super) fn is_open(&self, message: MessageId, fold: Fold) -> bool {
        self.open.contains(&(message, fold))
    }

    pub(super) fn toggle(&mut self, message: MessageId, fold: Fold) {
        if !self.open.remove(&(message, fold)) {
            self.open.insert((message, fold));
        }
    }
}
