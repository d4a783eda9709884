//! Events of a message to neutral events.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::blocks::Blocks;
use super::stop;
use super::wire::{
    Typed, WireBlockKind, WireDelta, WireDeltaKind, WireEvent, WireEventKind, WireMessage,
    WireMessageDelta, WireStop, WireTextBlock, WireUsage, text_of,
};
use crate::net::chunk::Outbox;
use crate::net::dialect::Dialect;
use crate::net::failure::{Said, cut};
use crate::net::http::Credentials;
use crate::net::sse::{Flow, Mapper};
use crate::net::template::{Target, Template};
use crate::net::{ChatRequest, Chunk, FinishReason};
use crate::protocol::{ErrorKind, ProviderError, StreamEvent, Usage};

/// The state of one answer.
#[derive(Debug)]
pub(super) struct MessageMapper {
    credentials: Arc<Credentials>,
    template: Template,
    blocks: Blocks,
    usage: WireUsage,
    told: WireUsage,
    finish: Option<FinishReason>,
}

impl MessageMapper {
    pub(super) fn new(request: &ChatRequest, credentials: Arc<Credentials>) -> Self {
        Self {
            credentials,
            template: Template::empty(),
            blocks: Blocks::new(request),
            usage: WireUsage::default(),
            told: WireUsage::default(),
            finish: None,
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&self, data: &'a str) -> Result<T, ProviderError> {
        serde_json::from_str(data).map_err(|reason| {
            let message = format!("The provider sent data that cannot be read: {reason}");
            ProviderError::new(ErrorKind::Protocol, self.credentials.scrub(&cut(&message)))
        })
    }

    /// As [`Self::parse`]; what is missing is as good as empty.
    fn inner<'a, T>(&self, data: Option<&'a RawValue>) -> Result<T, ProviderError>
    where
        T: Deserialize<'a> + Default,
    {
        data.map_or_else(|| Ok(T::default()), |data| self.parse(data.get()))
    }

    fn kind_of<T>(&self, data: Option<&RawValue>) -> Result<T, ProviderError>
    where
        T: for<'a> Deserialize<'a> + Default,
    {
        let Some(data) = data else { return Ok(T::default()) };
        self.parse::<Typed<T>>(data.get()).map(|typed| typed.kind)
    }

    fn start_block(&mut self, data: &RawValue, out: &mut Outbox) -> Result<(), ProviderError> {
        self.end_block(out);
        self.blocks.tell_held(out);
        match self.kind_of::<WireBlockKind>(Some(data))? {
            WireBlockKind::Text => {
                let block: WireTextBlock<'_> = self.parse(data.get())?;
                self.blocks.open_text();
                self.blocks.say(text_of(block.text), out);
            }
            WireBlockKind::Thinking => {
                let block: WireTextBlock<'_> = self.parse(data.get())?;
                self.blocks.open_thinking(block.signature.unwrap_or_default());
                self.blocks.think(text_of(block.thinking), out);
            }
            WireBlockKind::RedactedThinking => {
                let block: WireTextBlock<'_> = self.parse(data.get())?;
                self.blocks.open_redacted(block.data, out);
            }
            WireBlockKind::ToolUse => {
                let call = self.parse(data.get())?;
                self.blocks.open_call(call);
            }
            WireBlockKind::Other => self.blocks.open_ignored(),
        }
        Ok(())
    }

    fn delta(
        &mut self,
        event: &str,
        data: Option<&RawValue>,
        out: &mut Outbox,
    ) -> Result<(), ProviderError> {
        if self.blocks.is_ignored() {
            return Ok(());
        }
        let kind = self.kind_of::<WireDeltaKind>(data)?;
        let delta: WireDelta<'_> = match kind {
            WireDeltaKind::Text
            | WireDeltaKind::Thinking
            | WireDeltaKind::Signature
            | WireDeltaKind::InputJson => self.inner(data)?,
            WireDeltaKind::Other => return Ok(()),
        };
        match kind {
            WireDeltaKind::Text => {
                let text = text_of(delta.text);
                self.template.learn(event, &text, Target::Text);
                self.blocks.say(text, out);
            }
            WireDeltaKind::Thinking => {
                let thinking = text_of(delta.thinking);
                self.template.learn(event, &thinking, Target::Thinking);
                self.blocks.think(thinking, out);
            }
            WireDeltaKind::Signature => self.blocks.sign(delta.signature.unwrap_or_default()),
            WireDeltaKind::InputJson => self.blocks.input(&text_of(delta.partial_json)),
            WireDeltaKind::Other => {}
        }
        Ok(())
    }

    fn end_block(&mut self, out: &mut Outbox) {
        // Another block may look the same but mean something else.
        self.template = Template::empty();
        self.blocks.end(out);
    }

    fn stop(
        &mut self,
        reason: WireStop,
        details: Option<&Value>,
        out: &mut Outbox,
    ) -> Result<(), ProviderError> {
        match stop::meaning(reason, details, self.blocks.has_content()) {
            Ok(reason) => {
                self.finish.get_or_insert(reason);
                Ok(())
            }
            Err(mut error) => {
                self.tell_usage(out);
                error.message = self.credentials.scrub(&cut(&error.message));
                Err(error)
            }
        }
    }

    fn count(&mut self, data: Option<&RawValue>) {
        // Numbers of another shape are no reason to lose an answer.
        let told = data.and_then(|data| serde_json::from_str(data.get()).ok());
        self.usage.update(told.unwrap_or_default());
    }

    fn tell_usage(&mut self, out: &mut Outbox) {
        if self.usage != self.told {
            self.told = self.usage;
            out.push(Chunk::Event(StreamEvent::usage(usage(self.usage))));
        }
    }

    fn said(&self, value: &Value) -> ProviderError {
        let mut error = Said::read(value).into_error(None);
        error.message = self.credentials.scrub(&error.message);
        error
    }

    fn failed(&mut self, value: &Value, out: &mut Outbox) -> ProviderError {
        self.tell_usage(out);
        self.said(value)
    }

    fn wire_event(
        &mut self,
        data: &str,
        event: &WireEvent<'_>,
        out: &mut Outbox,
    ) -> Result<Flow, ProviderError> {
        match event.kind {
            WireEventKind::MessageStart => {
                let message: WireMessage<'_> = self.inner(event.message)?;
                self.count(message.usage);
                self.tell_usage(out);
            }
            WireEventKind::ContentBlockStart => {
                if let Some(block) = event.content_block {
                    self.start_block(block, out)?;
                }
            }
            WireEventKind::ContentBlockDelta => self.delta(data, event.delta, out)?,
            WireEventKind::ContentBlockStop => self.end_block(out),
            WireEventKind::MessageDelta => {
                self.count(event.usage);
                let delta: WireMessageDelta = self.inner(event.delta)?;
                if let Some(reason) = delta.stop_reason {
                    self.stop(reason, delta.stop_details.as_ref(), out)?;
                }
            }
            WireEventKind::MessageStop => {
                self.finish.get_or_insert(FinishReason::Stop);
                return Ok(Flow::Done);
            }
            WireEventKind::Error => {
                let error: Value = self.inner(event.error)?;
                return Err(self.failed(&error, out));
            }
            WireEventKind::Other => {
                // Servers that imitate the API send errors as they are used to.
                let error: Value = self.inner(event.error)?;
                if !error.is_null() {
                    return Err(self.failed(&error, out));
                }
            }
        }
        Ok(Flow::More)
    }
}

impl Mapper for MessageMapper {
    fn dialect(&self) -> Option<Dialect> {
        Some(Dialect::Messages)
    }

    fn event(&mut self, data: &str, out: &mut Outbox) -> Result<Flow, ProviderError> {
        if self.finish.is_none()
            && let Some((target, content)) = self.template.read(data)
        {
            match target {
                Target::Thinking => self.blocks.think(content, out),
                Target::Text => self.blocks.say(content, out),
            }
            return Ok(Flow::More);
        }
        // Not of this API, but servers that imitate it may send it.
        if data.trim_ascii() == "[DONE]" {
            return Ok(Flow::Done);
        }
        let event: WireEvent<'_> = self.parse(data)?;
        let is_over = self.finish.is_some();
        match event.kind {
            WireEventKind::ContentBlockStart | WireEventKind::ContentBlockDelta if is_over => {
                Ok(Flow::More)
            }
            // The answer is whole: what fails now is not its failure.
            WireEventKind::Error if is_over => Ok(Flow::Done),
            WireEventKind::MessageStart
            | WireEventKind::ContentBlockStart
            | WireEventKind::ContentBlockDelta
            | WireEventKind::ContentBlockStop
            | WireEventKind::MessageDelta
            | WireEventKind::MessageStop
            | WireEventKind::Error
            | WireEventKind::Other => self.wire_event(data, &event, out),
        }
    }

    fn whole(&mut self, data: &str, out: &mut Outbox) -> Result<(), ProviderError> {
        let message: WireMessage<'_> = self.parse(data)?;
        if let Some(error) = message.error.filter(|error| !error.is_null()) {
            return Err(self.said(&error));
        }
        let Some(content) = message.content else {
            let message = "The provider answered with JSON that holds no answer";
            return Err(ProviderError::new(ErrorKind::Protocol, message));
        };
        self.count(message.usage);
        for block in content {
            self.start_block(block, out)?;
        }
        self.end_block(out);
        if let Some(reason) = message.stop_reason {
            self.stop(reason, message.stop_details.as_ref(), out)?;
        }
        self.finish.get_or_insert(FinishReason::Stop);
        self.finish(out);
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn finish(&mut self, out: &mut Outbox) {
        self.end_block(out);
        let mut reason = self.finish.unwrap_or(FinishReason::Stop);
        match reason {
            FinishReason::Stop | FinishReason::ToolCalls => {
                self.blocks.tell_held(out);
                reason = if self.blocks.has_calls() {
                    FinishReason::ToolCalls
                } else {
                    FinishReason::Stop
                };
            }
            FinishReason::Length | FinishReason::ContentFilter => {}
        }
        self.tell_usage(out);
        out.push(Chunk::Finish(reason));
    }
}

fn usage(told: WireUsage) -> Usage {
    let prompt =
        [told.input_tokens, told.cache_read_input_tokens, told.cache_creation_input_tokens];
    let known = prompt.iter().any(Option::is_some);
    Usage {
        prompt_tokens: Some(prompt.into_iter().flatten().fold(0, u64::saturating_add))
            .filter(|_| known),
        completion_tokens: told.output_tokens,
        cached_tokens: told.cache_read_input_tokens,
        cache_write_tokens: told.cache_creation_input_tokens,
        cost_usd: None,
    }
}

#[cfg(test)]
mod tests;
