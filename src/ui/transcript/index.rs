//! Which messages there are, and how the list changed since the last frame.

use std::collections::VecDeque;

use super::heights::Heights;
use crate::protocol::{Message, MessageId, Part};
use crate::state::Conversation;

/// The messages of a chat as the view knows them.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub(super) heights: Heights,
    ends: Option<(MessageId, MessageId)>,
    generation: u64,
}

/// What happened to the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// So many were added in front and behind.
    Grown {
        front: usize,
        back: usize,
    },
    /// It is another list.
    Replaced,
}

impl Index {
    /// Takes over the list as it stands. Looks at no more messages than were added, unless the
    /// list is another one.
    pub(super) fn sync(&mut self, conversation: &Conversation) -> Change {
        let messages = &conversation.messages;
        let same = self.generation == conversation.generation;
        self.generation = conversation.generation;
        let known = self.heights.len();
        let ends = messages.front().zip(messages.back()).map(|(first, last)| (first.id, last.id));
        if same && ends == self.ends && known == messages.len() {
            return Change::Nothing;
        }
        let grown = if same { self.grown(messages) } else { None };
        self.ends = ends;
        match grown {
            Some((front, back)) => {
                for message in messages.iter().take(front).rev() {
                    self.heights.push_front(estimate(message));
                }
                for message in messages.iter().skip(front + known) {
                    self.heights.push_back(estimate(message));
                }
                Change::Grown { front, back }
            }
            None => {
                self.heights = Heights::default();
                for message in messages {
                    self.heights.push_back(estimate(message));
                }
                Change::Replaced
            }
        }
    }

    fn grown(&self, messages: &VecDeque<Message>) -> Option<(usize, usize)> {
        let (first, last) = self.ends?;
        let known = self.heights.len();
        let added = messages.len().checked_sub(known)?;
        let front = messages.iter().take(added + 1).position(|message| message.id == first)?;
        let at_end = messages.get(front + known - 1)?;
        (at_end.id == last).then_some((front, added - front))
    }
}

/// About how high a message is, before it was drawn.
fn estimate(message: &Message) -> f32 {
    let text = |part: &Part| match part {
        Part::Text { text } => (text.len() / 100 + 1) as f32 * 22.0,
        Part::Thinking { .. } => 28.0,
        Part::ToolCall { .. } => 50.0,
        Part::ToolResult { .. } => 0.0,
        Part::Image { .. } | Part::File { .. } => 56.0,
        Part::Notice { .. } => 28.0,
    };
    let parts: f32 = message.parts.iter().map(text).sum();
    parts + if message.answer.is_some() { 80.0 } else { 40.0 }
}
