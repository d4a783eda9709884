//! The parts of an answer as they grow: where each delta stands.

use std::borrow::Cow;

use serde_json::Value;

use super::Chunk;
use super::chunk::Outbox;
use crate::protocol::{MessageId, StreamEvent};

/// Gives deltas their offsets. A part ends where the kind of content changes.
#[derive(Debug)]
pub(crate) struct Parts {
    answer: MessageId,
    open: OpenPart,
}

/// The part that deltas go to, with its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenPart {
    None,
    Thinking(u64),
    Text(u64),
}

impl Parts {
    /// No part is open.
    pub(crate) fn new(answer: MessageId) -> Self {
        Self { answer, open: OpenPart::None }
    }

    /// Whether text would go on in the part that is open.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.open, OpenPart::Text(_))
    }

    /// Whether thinking would go on in the part that is open.
    pub(crate) fn is_thinking(&self) -> bool {
        matches!(self.open, OpenPart::Thinking(_))
    }

    /// How long the open part is, where it is one of thinking.
    pub(crate) fn thinking_length(&self) -> u64 {
        match self.open {
            OpenPart::Thinking(length) => length,
            OpenPart::None | OpenPart::Text(_) => 0,
        }
    }

    /// Adds a piece of text.
    pub(crate) fn text(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        if content.is_empty() {
            return;
        }
        let offset = match self.open {
            OpenPart::Text(length) => length,
            OpenPart::None | OpenPart::Thinking(_) => 0,
        };
        self.open = OpenPart::Text(offset + content.len() as u64);
        out.text(content, self.answer, offset);
    }

    /// Adds a piece of thinking.
    pub(crate) fn thinking(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        if content.is_empty() {
            return;
        }
        let offset = self.thinking_length();
        self.open = OpenPart::Thinking(offset + content.len() as u64);
        out.thinking(content, offset);
    }

    /// Hands on what the model needs back. Behind text it is a part of its own, without text.
    pub(crate) fn opaque(&mut self, opaque: Value, out: &mut Outbox) {
        let offset = self.thinking_length();
        self.open = OpenPart::Thinking(offset);
        out.push(Chunk::Event(StreamEvent::Thinking {
            content: String::new(),
            offset,
            opaque: Some(opaque),
        }));
    }

    /// Adds what is neither text nor thinking; the part that was open is over.
    pub(crate) fn other(&mut self, event: StreamEvent, out: &mut Outbox) {
        self.open = OpenPart::None;
        out.push(Chunk::Event(event));
    }
}
