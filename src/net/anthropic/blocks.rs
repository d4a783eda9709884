//! The blocks of a message as they open, grow and end.

use std::borrow::Cow;

use serde_json::Value;

use super::thinking::Kept;
use super::wire::WireToolUse;
use crate::net::ChatRequest;
use crate::net::calls::{CallIds, arguments};
use crate::net::chunk::Outbox;
use crate::net::parts::Parts;
use crate::protocol::StreamEvent;

/// Between two blocks of thinking that are one part.
const BLANK_LINE: &str = "\n\n";

/// What has come of an answer. One block is open at a time.
#[derive(Debug)]
pub(super) struct Blocks {
    parts: Parts,
    open: OpenBlock,
    kept: Kept,
    /// The last call that is whole. An answer that was cut off may have cut it off too, so it
    /// is told only when something follows it.
    held: Option<Call>,
    ids: CallIds,
    has_calls: bool,
    has_content: bool,
}

/// The block that deltas belong to.
#[derive(Debug)]
enum OpenBlock {
    None,
    Text,
    /// `start` is where its text begins in the part, once it has some.
    Thinking {
        start: Option<u64>,
        signature: String,
    },
    Call(Call),
    /// Of a type that says nothing to the user: tools that run at the provider, and unknown ones.
    Ignored,
}

#[derive(Debug)]
struct Call {
    id: String,
    name: String,
    /// What came with the start of its block, for servers that send no deltas.
    input: Option<Value>,
    json: String,
}

impl Blocks {
    pub(super) fn new(request: &ChatRequest) -> Self {
        Self {
            parts: Parts::new(request.answer),
            open: OpenBlock::None,
            kept: Kept::of(&request.model.id.model),
            held: None,
            ids: CallIds::after(&request.messages),
            has_calls: false,
            has_content: false,
        }
    }

    /// Whether deltas mean nothing here.
    pub(super) fn is_ignored(&self) -> bool {
        matches!(self.open, OpenBlock::Ignored)
    }

    /// Whether calls were told.
    pub(super) fn has_calls(&self) -> bool {
        self.has_calls
    }

    /// Whether anything was told.
    pub(super) fn has_content(&self) -> bool {
        self.has_content
    }

    pub(super) fn open_text(&mut self) {
        self.open = OpenBlock::Text;
    }

    pub(super) fn open_thinking(&mut self, signature: String) {
        self.open = OpenBlock::Thinking { start: None, signature };
    }

    /// A block that is whole at once.
    pub(super) fn open_redacted(&mut self, data: Option<String>, out: &mut Outbox) {
        self.begin_thinking();
        let opaque = data.and_then(|data| self.kept.redacted(data));
        self.keep(opaque, out);
        self.open = OpenBlock::Ignored;
    }

    pub(super) fn open_call(&mut self, WireToolUse { id, name, input }: WireToolUse) {
        let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
        self.open = OpenBlock::Call(Call { id, name, input, json: String::new() });
    }

    pub(super) fn open_ignored(&mut self) {
        self.open = OpenBlock::Ignored;
    }

    pub(super) fn say(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        self.has_content |= !content.is_empty();
        self.parts.text(content, out);
    }

    pub(super) fn think(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        if content.is_empty() {
            return;
        }
        self.has_content = true;
        if !matches!(self.open, OpenBlock::Thinking { start: Some(_), .. }) {
            self.begin_thinking();
            if let OpenBlock::Thinking { start, .. } = &mut self.open {
                if self.parts.thinking_length() > 0 {
                    self.parts.thinking(BLANK_LINE.into(), out);
                }
                *start = Some(self.parts.thinking_length());
            }
        }
        self.parts.thinking(content, out);
    }

    pub(super) fn sign(&mut self, signed: String) {
        if let OpenBlock::Thinking { signature, .. } = &mut self.open {
            *signature = signed;
        }
    }

    pub(super) fn input(&mut self, json: &str) {
        if let OpenBlock::Call(call) = &mut self.open {
            call.json.push_str(json);
        }
    }

    /// The open block is whole.
    pub(super) fn end(&mut self, out: &mut Outbox) {
        match std::mem::replace(&mut self.open, OpenBlock::None) {
            OpenBlock::Thinking { start, signature } => {
                if start.is_none() && signature.is_empty() {
                    return;
                }
                self.begin_thinking();
                let end = self.parts.thinking_length();
                let opaque = self.kept.thinking(start.unwrap_or(end), end, signature);
                self.keep(opaque, out);
            }
            OpenBlock::Call(call) => self.held = Some(call),
            OpenBlock::None | OpenBlock::Text | OpenBlock::Ignored => {}
        }
    }

    /// Something followed the call that was held back: it was not cut off.
    pub(super) fn tell_held(&mut self, out: &mut Outbox) {
        let Some(call) = self.held.take().filter(|call| !call.name.is_empty()) else { return };
        let args = match call.input {
            Some(input @ Value::Object(_)) if call.json.trim().is_empty() => input,
            Some(_) | None => arguments(call.json),
        };
        (self.has_calls, self.has_content) = (true, true);
        let event = StreamEvent::ToolStart { id: self.ids.take(call.id), tool: call.name, args };
        self.parts.other(event, out);
    }

    /// What was kept belongs to the part before, if thinking does not go on in it.
    fn begin_thinking(&mut self) {
        if !self.parts.is_thinking() {
            self.kept.clear();
        }
    }

    fn keep(&mut self, opaque: Option<Value>, out: &mut Outbox) {
        self.has_content = true;
        if let Some(opaque) = opaque {
            self.parts.opaque(opaque, out);
        }
    }
}
