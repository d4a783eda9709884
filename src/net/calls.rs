//! What the tool calls of every provider have in common.

use serde_json::Value;

use crate::protocol::{Message, Part, ToolCallId};

/// The ids of the tool calls of one answer, which may take several model calls. None comes twice.
#[derive(Debug, Default)]
pub(crate) struct CallIds {
    taken: Vec<String>,
}

impl CallIds {
    /// Knows the calls of the answer so far, which is the last message of a request.
    pub(crate) fn after(messages: &[Message]) -> Self {
        let parts = messages.last().map(|message| message.parts.as_slice()).unwrap_or_default();
        let taken = parts.iter().filter_map(|part| match part {
            Part::ToolCall { id, .. } => Some(id.0.clone()),
            Part::Text { .. }
            | Part::Thinking { .. }
            | Part::ToolResult { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Notice { .. } => None,
        });
        Self { taken: taken.collect() }
    }

    /// The id under which a call is told: the provider's own where there is one and it is new.
    pub(crate) fn take(&mut self, mut id: String) -> ToolCallId {
        if id.is_empty() || self.taken.contains(&id) {
            id = format!("call_{}", self.taken.len() + 1);
        }
        self.taken.push(id.clone());
        ToolCallId(id)
    }
}

/// Arguments from their JSON. What is no JSON stays text, so that the model can be told.
pub(crate) fn arguments(json: String) -> Value {
    if json.trim().is_empty() {
        return Value::Object(serde_json::Map::new());
    }
    serde_json::from_str(&json).unwrap_or(Value::String(json))
}
