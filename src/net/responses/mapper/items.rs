//! Items of a response: messages, reasoning, calls.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{OpenPart, ResponseMapper, Source};
use crate::net::Chunk;
use crate::net::chunk::Outbox;
use crate::net::responses::kept::{self, Next};
use crate::net::responses::wire::{WireItemHead, WireItemKind};
use crate::protocol::{ProviderError, StreamEvent, ToolCallId};

impl ResponseMapper {
    pub(super) fn item_added(&mut self, item: Option<&RawValue>, out: &mut Outbox) {
        self.has_items = true;
        self.source = None;
        (self.gap, self.silent_item, self.silent_block) = (true, true, false);
        let head = item.map(head).unwrap_or_default();
        match head.kind {
            Some(WireItemKind::Message | WireItemKind::FunctionCall) => {
                let (id, phase) = (head.id.as_deref(), head.phase.as_deref());
                self.hand_over(Next { id, phase }, out);
            }
            Some(WireItemKind::Reasoning) | None => {}
            // What only this item needs cannot go back, for the item does not.
            Some(WireItemKind::Other) => self.held.clear(),
        }
    }

    pub(super) fn item_done(
        &mut self,
        item: Option<&RawValue>,
        out: &mut Outbox,
    ) -> Result<(), ProviderError> {
        let Some(item) = item else { return Ok(()) };
        self.has_items = true;
        let is_silent = std::mem::take(&mut self.silent_item);
        match head(item).kind {
            Some(WireItemKind::Message) => {
                if is_silent {
                    self.message(&self.value(item)?, out);
                }
            }
            Some(WireItemKind::Reasoning) => {
                let item = self.value(item)?;
                if is_silent {
                    self.reasoning(&item, out);
                }
                if kept::is_whole(&item) {
                    self.held.push(item);
                }
            }
            Some(WireItemKind::FunctionCall) => self.call(&self.value(item)?, out),
            Some(WireItemKind::Other) | None => {}
        }
        Ok(())
    }

    /// A message that came without deltas.
    fn message(&mut self, item: &Value, out: &mut Outbox) {
        let (id, phase) = (item["id"].as_str(), item["phase"].as_str());
        self.hand_over(Next { id, phase }, out);
        for block in item["content"].as_array().into_iter().flatten() {
            self.gap = true;
            let text = |name: &str| block[name].as_str().map(Into::into);
            match block["type"].as_str() {
                Some("refusal") => self.refuse(text("refusal"), out),
                Some(_) | None => self.say(text("text"), out),
            }
        }
    }

    /// Reasoning that came without deltas.
    fn reasoning(&mut self, item: &Value, out: &mut Outbox) {
        self.source = None;
        for (name, source) in [("summary", Source::Summary), ("content", Source::Raw)] {
            for block in item[name].as_array().into_iter().flatten() {
                self.gap = true;
                self.think_from(source, block["text"].as_str().map(Into::into), out);
            }
        }
    }

    /// A call, whole: its deltas said nothing that can be used before.
    fn call(&mut self, item: &Value, out: &mut Outbox) {
        let Some(name) = item["name"].as_str().filter(|name| !name.is_empty()) else { return };
        if item["status"] == "incomplete" {
            return;
        }
        self.hand_over(Next { id: item["id"].as_str(), phase: None }, out);
        let id = item["call_id"].as_str().or(item["id"].as_str()).unwrap_or_default();
        let id = if id.is_empty() || self.calls.iter().any(|known| known == id) {
            format!("call_{}", self.calls.len() + 1)
        } else {
            id.to_owned()
        };
        self.calls.push(id.clone());
        let args = arguments(&item["arguments"]);
        (self.has_called, self.has_spoken) = (true, true);
        self.open = OpenPart::None;
        let (id, tool) = (ToolCallId(id), name.to_owned());
        out.push(Chunk::Event(StreamEvent::ToolStart { id, tool, args }));
    }

    /// Hands on the reasoning that led to the next item. Where text stands between it and
    /// what was thought before, it is a part of its own.
    pub(super) fn hand_over(&mut self, next: Next<'_>, out: &mut Outbox) {
        if self.held.is_empty() {
            return;
        }
        let offset = match self.open {
            OpenPart::Thinking(length) => length,
            OpenPart::None | OpenPart::Text(_) => {
                self.kept.clear();
                0
            }
        };
        self.kept.append(&mut self.held);
        self.open = OpenPart::Thinking(offset);
        self.has_spoken = true;
        out.push(Chunk::Event(StreamEvent::Thinking {
            content: String::new(),
            offset,
            opaque: Some(kept::write(&self.kept, next)),
        }));
    }

    fn value(&self, item: &RawValue) -> Result<Value, ProviderError> {
        serde_json::from_str(item.get()).map_err(|reason| self.unreadable(&reason))
    }
}

/// The reasoning items in the opaque data of a part.
pub(super) fn kept_in(opaque: Option<&Value>) -> Vec<Value> {
    let kept = opaque.and_then(kept::Kept::read);
    kept.map(|kept| kept.items.into_iter().cloned().collect()).unwrap_or_default()
}

/// Whether an item holds a refusal.
pub(super) fn refuses(item: &RawValue) -> bool {
    if head(item).kind != Some(WireItemKind::Message) {
        return false;
    }
    let item: Value = serde_json::from_str(item.get()).unwrap_or_default();
    let mut blocks = item["content"].as_array().into_iter().flatten();
    blocks.any(|block| block["type"] == "refusal")
}

fn head(item: &RawValue) -> WireItemHead {
    serde_json::from_str(item.get()).unwrap_or_default()
}

/// Arguments as the model gave them: a string that holds an object, if all is well.
fn arguments(value: &Value) -> Value {
    let empty = || Value::Object(serde_json::Map::new());
    match value {
        Value::String(text) if text.trim().is_empty() => empty(),
        Value::String(text) => {
            serde_json::from_str(text).unwrap_or_else(|_not_json| Value::String(text.clone()))
        }
        Value::Null => empty(),
        Value::Object(_) | Value::Array(_) | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}
