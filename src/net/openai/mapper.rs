//! Chunks of a completion to neutral events.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;

use super::reasoning::Details;
use super::tools::ToolCalls;
use super::wire::{WireChoice, WireChunk, WireContent, WireDelta, WireFinish};
use crate::net::failure::{Said, cut};
use crate::net::http::Credentials;
use crate::net::sse::{Flow, Mapper};
use crate::net::{ChatRequest, Chunk, FinishReason};
use crate::protocol::{ErrorKind, MessageId, ProviderError, Role, StreamEvent, Usage};

/// The state of one answer.
#[derive(Debug)]
pub(super) struct CompletionMapper {
    answer: MessageId,
    credentials: Arc<Credentials>,
    open: OpenPart,
    details: Details,
    tools: ToolCalls,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
}

/// The part that deltas go to, with its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenPart {
    None,
    Thinking(u64),
    Text(u64),
}

impl CompletionMapper {
    pub(super) fn new(request: &ChatRequest, credentials: Arc<Credentials>) -> Self {
        Self {
            answer: request.answer,
            credentials,
            open: OpenPart::None,
            details: Details::default(),
            tools: ToolCalls::after(request.messages.last()),
            usage: None,
            finish: None,
        }
    }

    /// Takes a whole completion, for which a missing finish reason is no fault.
    pub(super) fn whole(
        &mut self,
        data: &str,
        out: &mut VecDeque<Chunk>,
    ) -> Result<(), ProviderError> {
        let chunk = self.parse(data)?;
        let has_answer = chunk.choices.is_some();
        self.chunk(chunk, out)?;
        if !has_answer {
            let message = "The provider answered with JSON that holds no answer";
            return Err(ProviderError::new(ErrorKind::Protocol, message));
        }
        self.finish.get_or_insert(FinishReason::Stop);
        Mapper::finish(self, out);
        Ok(())
    }

    fn parse(&self, data: &str) -> Result<WireChunk, ProviderError> {
        serde_json::from_str(data).map_err(|reason| {
            if let Ok(value @ (Value::Array(_) | Value::String(_))) = serde_json::from_str(data) {
                return self.said(&value);
            }
            let message = format!("The provider sent data that cannot be read: {reason}");
            ProviderError::new(ErrorKind::Protocol, self.credentials.scrub(&cut(&message)))
        })
    }

    fn chunk(&mut self, chunk: WireChunk, out: &mut VecDeque<Chunk>) -> Result<(), ProviderError> {
        if let Some(usage) = chunk.usage.as_ref().and_then(read_usage) {
            self.usage = Some(usage);
        }
        let mut failure = chunk.error.filter(is_failure);
        if let Some(choice) = chunk.choices {
            failure = failure.or(self.choice(choice, out)?);
        }
        match failure {
            Some(failure) => Err(self.said(&failure)),
            None => Ok(()),
        }
    }

    /// Takes a choice; yields the failure it reports.
    fn choice(
        &mut self,
        choice: WireChoice,
        out: &mut VecDeque<Chunk>,
    ) -> Result<Option<Value>, ProviderError> {
        if self.finish.is_none()
            && let Some(delta) = choice.delta.or(choice.message)
        {
            self.delta(delta, out);
        }
        let failure = choice.error.filter(is_failure);
        match choice.finish_reason {
            Some(WireFinish::Error) => {
                return Ok(Some(failure.unwrap_or_else(|| {
                    serde_json::json!({
                        "code": "server_error",
                        "message": "The provider ended the answer with an error and gave no reason",
                    })
                })));
            }
            Some(WireFinish::Length) => self.end_with(FinishReason::Length),
            Some(WireFinish::ContentFilter) => self.end_with(FinishReason::ContentFilter),
            Some(WireFinish::Stop | WireFinish::ToolCalls) => self.end_with(FinishReason::Stop),
            Some(WireFinish::Empty) | None => {}
        }
        Ok(failure)
    }

    fn end_with(&mut self, reason: FinishReason) {
        self.finish.get_or_insert(reason);
    }

    fn delta(&mut self, delta: WireDelta, out: &mut VecDeque<Chunk>) {
        let detailed = delta.reasoning_details.map(|details| self.details.take(details));
        // Servers that send details repeat their text in `reasoning`.
        let thinking = [delta.reasoning, delta.reasoning_content, detailed];
        if let Some(thinking) = thinking.into_iter().flatten().find(|text| !text.is_empty()) {
            self.think(thinking, out);
        }
        match delta.content {
            Some(WireContent::Text(text)) => self.say(text, out),
            Some(WireContent::Blocks { thinking, text }) => {
                self.think(thinking, out);
                self.say(text, out);
            }
            None => {}
        }
        self.say(delta.refusal.unwrap_or_default(), out);
        for (position, call) in delta.tool_calls.unwrap_or_default().into_iter().enumerate() {
            self.tools.take(call, position);
        }
    }

    fn think(&mut self, content: String, out: &mut VecDeque<Chunk>) {
        if content.is_empty() {
            return;
        }
        let offset = match self.open {
            OpenPart::Thinking(length) => length,
            OpenPart::None | OpenPart::Text(_) => 0,
        };
        self.open = OpenPart::Thinking(offset + content.len() as u64);
        out.push_back(Chunk::Event(StreamEvent::Thinking { content, offset, opaque: None }));
    }

    fn say(&mut self, content: String, out: &mut VecDeque<Chunk>) {
        if content.is_empty() {
            return;
        }
        let offset = match self.open {
            OpenPart::Text(length) => length,
            OpenPart::None | OpenPart::Thinking(_) => {
                self.close_thinking(out);
                0
            }
        };
        self.open = OpenPart::Text(offset + content.len() as u64);
        let (role, message_id) = (Role::Assistant, self.answer);
        out.push_back(Chunk::Event(StreamEvent::Message { role, content, message_id, offset }));
    }

    /// Hands on what the model needs back. It may come after the text: then it is a part of its
    /// own, without text.
    fn close_thinking(&mut self, out: &mut VecDeque<Chunk>) {
        let Some(opaque) = self.details.close() else { return };
        let offset = match self.open {
            OpenPart::Thinking(length) => length,
            OpenPart::None | OpenPart::Text(_) => 0,
        };
        self.open = OpenPart::Thinking(offset);
        out.push_back(Chunk::Event(StreamEvent::Thinking {
            content: String::new(),
            offset,
            opaque: Some(opaque),
        }));
    }

    fn said(&self, value: &Value) -> ProviderError {
        let mut error = Said::read(value).into_error(None);
        error.message = self.credentials.scrub(&error.message);
        error
    }
}

impl Mapper for CompletionMapper {
    fn event(&mut self, data: &str, out: &mut VecDeque<Chunk>) -> Result<Flow, ProviderError> {
        if data.trim_ascii() == "[DONE]" {
            // Not every server gives a reason before it.
            self.end_with(FinishReason::Stop);
            return Ok(Flow::Done);
        }
        let chunk = self.parse(data)?;
        self.chunk(chunk, out)?;
        Ok(Flow::More)
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn finish(&mut self, out: &mut VecDeque<Chunk>) {
        self.close_thinking(out);
        let mut reason = self.finish.unwrap_or(FinishReason::Stop);
        let calls = self.tools.close();
        // Calls of an answer that was cut off may be cut off too. And some servers say `stop`
        // where they call tools.
        if reason == FinishReason::Stop && !calls.is_empty() {
            reason = FinishReason::ToolCalls;
            out.extend(calls.into_iter().map(Chunk::Event));
        }
        if let Some(usage) = self.usage.take() {
            out.push_back(Chunk::Event(StreamEvent::Usage {
                prompt_tokens: usage.prompt_tokens,
                completion_tokens: usage.completion_tokens,
                total_cost: usage.cost_usd,
            }));
        }
        out.push_back(Chunk::Finish(reason));
    }
}

/// `error: null` and `error: ""` mean none.
fn is_failure(value: &Value) -> bool {
    !value.is_null() && value.as_str() != Some("") && value.as_bool() != Some(false)
}

fn read_usage(value: &Value) -> Option<Usage> {
    let usage = Usage {
        prompt_tokens: value["prompt_tokens"].as_u64(),
        completion_tokens: value["completion_tokens"].as_u64(),
        cost_usd: value["cost"].as_f64(),
    };
    Some(usage).filter(|usage| *usage != Usage::default())
}

#[cfg(test)]
mod tests;
