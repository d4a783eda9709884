//! Chunks of a completion to neutral events.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::reasoning::Details;
use super::tools::ToolCalls;
use super::wire::{WireChoice, WireChunk, WireContent, WireDelta, WireFinish};
use crate::net::chunk::Outbox;
use crate::net::dialect::Dialect;
use crate::net::failure::{Said, cut};
use crate::net::http::Credentials;
use crate::net::parts::Parts;
use crate::net::sse::{Flow, Mapper};
use crate::net::template::{Target, Template};
use crate::net::{ChatRequest, Chunk, FinishReason};
use crate::protocol::{ErrorKind, ProviderError, StreamEvent, Usage};

/// The state of one answer.
#[derive(Debug)]
pub(super) struct CompletionMapper {
    credentials: Arc<Credentials>,
    parts: Parts,
    template: Template,
    details: Details,
    tools: ToolCalls,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
}

impl CompletionMapper {
    pub(super) fn new(request: &ChatRequest, credentials: Arc<Credentials>) -> Self {
        Self {
            credentials,
            parts: Parts::new(request.answer),
            template: Template::empty(),
            details: Details::default(),
            tools: ToolCalls::after(&request.messages),
            usage: None,
            finish: None,
        }
    }

    fn parse<'a>(&self, data: &'a str) -> Result<WireChunk<'a>, ProviderError> {
        serde_json::from_str(data).map_err(|reason| {
            if let Ok(value @ (Value::Array(_) | Value::String(_))) = serde_json::from_str(data) {
                return self.said(&value);
            }
            let message = format!("The provider sent data that cannot be read: {reason}");
            ProviderError::new(ErrorKind::Protocol, self.credentials.scrub(&cut(&message)))
        })
    }

    fn chunk(&mut self, chunk: WireChunk<'_>, out: &mut Outbox) -> Result<(), ProviderError> {
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
        choice: WireChoice<'_>,
        out: &mut Outbox,
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

    fn delta(&mut self, delta: WireDelta<'_>, out: &mut Outbox) {
        let detailed = delta.reasoning_details.map(|details| self.details.take(details).into());
        // Servers that send details repeat their text in `reasoning`.
        let plain = [delta.reasoning, delta.reasoning_content].map(|text| Some(text?.0));
        let mut thinking = plain.into_iter().chain([detailed]).flatten();
        if let Some(thinking) = thinking.find(|text| !text.is_empty()) {
            self.think(thinking, out);
        }
        match delta.content {
            Some(WireContent::Text(text)) => self.say(text, out),
            Some(WireContent::Blocks { thinking, text }) => {
                self.think(thinking.into(), out);
                self.say(text.into(), out);
            }
            None => {}
        }
        self.say(delta.refusal.unwrap_or_default().into(), out);
        for (position, call) in delta.tool_calls.unwrap_or_default().into_iter().enumerate() {
            self.tools.take(call, position);
        }
    }

    fn think(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        self.parts.thinking(content, out);
    }

    fn say(&mut self, content: Cow<'_, str>, out: &mut Outbox) {
        if !content.is_empty() && !self.parts.is_text() {
            self.close_thinking(out);
        }
        self.parts.text(content, out);
    }

    /// Hands on what the model needs back. It may come after the text.
    fn close_thinking(&mut self, out: &mut Outbox) {
        if let Some(opaque) = self.details.close() {
            self.parts.opaque(opaque, out);
        }
    }

    fn said(&self, value: &Value) -> ProviderError {
        let mut error = Said::read(value).into_error(None);
        error.message = self.credentials.scrub(&error.message);
        error
    }
}

impl Mapper for CompletionMapper {
    fn dialect(&self) -> Option<Dialect> {
        Some(Dialect::Completions)
    }

    fn event(&mut self, data: &str, out: &mut Outbox) -> Result<Flow, ProviderError> {
        if self.finish.is_none()
            && let Some((target, content)) = self.template.read(data)
        {
            match target {
                Target::Thinking => self.think(content, out),
                Target::Text => self.say(content, out),
            }
            return Ok(Flow::More);
        }
        if data.trim_ascii() == "[DONE]" {
            // Not every server gives a reason before it.
            self.end_with(FinishReason::Stop);
            return Ok(Flow::Done);
        }
        let chunk = self.parse(data)?;
        if let Some((target, content)) = chunk.only_text() {
            self.template.learn(data, content, target);
        }
        self.chunk(chunk, out)?;
        Ok(Flow::More)
    }

    /// A missing finish reason is no fault here.
    fn whole(&mut self, data: &str, out: &mut Outbox) -> Result<(), ProviderError> {
        let chunk = self.parse(data)?;
        let has_answer = chunk.choices.is_some();
        self.chunk(chunk, out)?;
        if !has_answer {
            let message = "The provider answered with JSON that holds no answer";
            return Err(ProviderError::new(ErrorKind::Protocol, message));
        }
        self.end_with(FinishReason::Stop);
        self.finish(out);
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn finish(&mut self, out: &mut Outbox) {
        self.close_thinking(out);
        let mut reason = self.finish.unwrap_or(FinishReason::Stop);
        let calls = self.tools.close();
        // Calls of an answer that was cut off may be cut off too. And some servers say `stop`
        // where they call tools.
        if reason == FinishReason::Stop && !calls.is_empty() {
            reason = FinishReason::ToolCalls;
            calls.into_iter().for_each(|call| out.push(Chunk::Event(call)));
        }
        if let Some(usage) = self.usage.take() {
            out.push(Chunk::Event(StreamEvent::usage(usage)));
        }
        out.push(Chunk::Finish(reason));
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
        // DeepSeek names them otherwise.
        cached_tokens: value["prompt_tokens_details"]["cached_tokens"]
            .as_u64()
            .or_else(|| value["prompt_cache_hit_tokens"].as_u64()),
        cache_write_tokens: value["prompt_tokens_details"]["cache_write_tokens"].as_u64(),
        cost_usd: value["cost"].as_f64(),
    };
    Some(usage).filter(|usage| *usage != Usage::default())
}

#[cfg(test)]
mod tests;
