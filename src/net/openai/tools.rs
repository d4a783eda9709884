//! Tool calls, collected from their deltas.

use serde_json::Value;

use super::wire::WireToolCall;
use crate::net::calls::{CallIds, arguments};
use crate::protocol::{Message, StreamEvent};

/// The tool calls of one answer.
#[derive(Debug, Default)]
pub(super) struct ToolCalls {
    calls: Vec<Call>,
    ids: CallIds,
}

#[derive(Debug)]
struct Call {
    index: u64,
    id: String,
    name: String,
    arguments: String,
}

impl ToolCalls {
    /// An empty collection that knows the calls of the answer so far.
    pub(super) fn after(messages: &[Message]) -> Self {
        Self { calls: Vec::new(), ids: CallIds::after(messages) }
    }

    /// Takes one delta. `position` is its place in the list, for servers that send no index.
    pub(super) fn take(&mut self, delta: WireToolCall, position: usize) {
        let id = delta.id.filter(|id| !id.is_empty());
        let index = delta.index.unwrap_or(position as u64);
        let function = delta.function.unwrap_or_default();
        let place = self.calls.iter().rposition(|call| call.index == index);
        // Some servers send several whole calls under one index: another id is another call.
        let place = place.filter(|&place| {
            let known = self.calls.get(place).map(|call| call.id.as_str()).unwrap_or_default();
            known.is_empty() || id.as_deref().is_none_or(|id| id == known)
        });
        let place = place.unwrap_or_else(|| {
            let (id, name, arguments) = Default::default();
            self.calls.push(Call { index, id, name, arguments });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(place) else { return };
        if call.id.is_empty() {
            call.id = id.unwrap_or_default();
        }
        if call.name.is_empty() {
            call.name = function.name.unwrap_or_default();
        }
        match function.arguments {
            Some(Value::String(more)) => call.arguments.push_str(&more),
            Some(Value::Null) | None => {}
            Some(whole) => call.arguments = whole.to_string(),
        }
    }

    /// Ends the answer: the calls as events, in their order.
    pub(super) fn close(&mut self) -> Vec<StreamEvent> {
        let calls = std::mem::take(&mut self.calls);
        let calls = calls.into_iter().filter(|call| !call.name.is_empty());
        calls.map(|call| self.event(call)).collect()
    }

    fn event(&mut self, call: Call) -> StreamEvent {
        let (id, args) = (self.ids.take(call.id), arguments(call.arguments));
        StreamEvent::ToolStart { id, tool: call.name, args }
    }
}
