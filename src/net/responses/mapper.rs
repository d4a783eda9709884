//! Events of a response to neutral events.

mod items;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::kept::Next;
use super::point::{self, Point};
use super::request::Keeping;
use super::wire::{WireEvent, WireKind, WireResponse, WireStatus, WireText};
use crate::net::chunk::Outbox;
use crate::net::dialect::Dialect;
use crate::net::failure::{Said, cut};
use crate::net::http::Credentials;
use crate::net::sse::{Flow, Mapper};
use crate::net::{ChatRequest, Chunk, FinishReason, ResumeRequest};
use crate::protocol::{ErrorKind, Message, MessageId, Part, ProviderError, StreamEvent, Usage};

/// Blocks of one part are told apart by a blank line.
const GAP: &str = "\n\n";

/// The state of one answer.
#[derive(Debug)]
pub(super) struct ResponseMapper {
    answer: MessageId,
    credentials: Arc<Credentials>,
    place: Place,
    open: OpenPart,
    /// A new block has begun: a blank line comes before its first words.
    gap: bool,
    /// The open item or block was seen to begin and has said nothing yet: some servers send no
    /// deltas, and then what it says at its end counts.
    silent_item: bool,
    silent_block: bool,
    /// Whether any item came, so that those of the whole response would repeat them.
    has_items: bool,
    /// What the open item tells of its thinking: the text itself or a summary, never both.
    source: Option<Source>,
    /// Reasoning items that wait for what they led to.
    held: Vec<Value>,
    /// Reasoning items that the open part has handed over.
    kept: Vec<Value>,
    /// Ids of calls, which must not come again.
    calls: Vec<String>,
    has_called: bool,
    has_refused: bool,
    /// The event at hand led to something.
    has_spoken: bool,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
}

/// Where the stream stands, for answers that can be resumed.
#[derive(Debug)]
enum Place {
    /// This one cannot be.
    Nowhere,
    /// It will be known with the first event.
    Unknown,
    /// In the response of this id; events up to `after` were handed over before.
    In { response: String, after: Option<u64> },
}

/// The part that deltas go to, with its length in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenPart {
    None,
    Thinking(u64),
    Text(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Raw,
    Summary,
}

impl ResponseMapper {
    /// For a new response.
    pub(super) fn new(
        request: &ChatRequest,
        keeping: Keeping,
        credentials: Arc<Credentials>,
    ) -> Self {
        let place = match keeping {
            Keeping::Nowhere => Place::Nowhere,
            Keeping::AtProvider => Place::Unknown,
        };
        Self {
            answer: request.answer,
            credentials,
            place,
            open: OpenPart::None,
            gap: false,
            silent_item: false,
            silent_block: false,
            has_items: false,
            source: None,
            held: Vec::new(),
            kept: Vec::new(),
            calls: request.messages.last().map(calls_in).unwrap_or_default(),
            has_called: false,
            has_refused: false,
            has_spoken: false,
            usage: None,
            finish: None,
        }
    }

    /// For a response that goes on behind a place. What it has said so far is taken from the
    /// answer as it stands.
    pub(super) fn resumed(
        request: &ResumeRequest,
        point: Point,
        credentials: Arc<Credentials>,
    ) -> Self {
        let answer = &request.answer;
        let (open, kept) = match answer.parts.last() {
            Some(Part::Text { text }) => (OpenPart::Text(text.len() as u64), Vec::new()),
            Some(Part::Thinking { text, opaque, .. }) => {
                (OpenPart::Thinking(text.len() as u64), items::kept_in(opaque.as_ref()))
            }
            Some(
                Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Notice { .. },
            )
            | None => (OpenPart::None, Vec::new()),
        };
        Self {
            answer: answer.id,
            credentials,
            place: Place::In { response: point.response, after: Some(point.after) },
            open,
            gap: false,
            silent_item: false,
            silent_block: false,
            has_items: true,
            source: None,
            held: point.held,
            kept,
            calls: calls_in(answer),
            has_called: false,
            has_refused: false,
            has_spoken: false,
            usage: None,
            finish: None,
        }
    }

    fn parse<'a>(&self, data: &'a str) -> Result<WireEvent<'a>, ProviderError> {
        match serde_json::from_str(data) {
            // A list would do for the fields in their order.
            Ok(event) if data.trim_ascii_start().starts_with('{') => Ok(event),
            Ok(_) => Err(self.said_in(data)),
            Err(reason) => Err(match serde_json::from_str(data) {
                Ok(value @ (Value::Array(_) | Value::String(_))) => self.said(&value),
                Ok(_) | Err(_) => self.unreadable(&reason),
            }),
        }
    }

    fn take(
        &mut self,
        event: WireEvent<'_>,
        data: &str,
        out: &mut Outbox,
    ) -> Result<Flow, ProviderError> {
        let delta = event.delta.map(|text| text.0);
        match event.kind {
            Some(WireKind::Begun) => self.begun(&self.response(event.response)?),
            Some(WireKind::ItemAdded) => self.item_added(event.item, out),
            Some(WireKind::ItemDone) => self.item_done(event.item, out)?,
            Some(WireKind::BlockAdded) => (self.gap, self.silent_block) = (true, true),
            Some(WireKind::TextDelta) => self.say(delta, out),
            Some(WireKind::TextDone) => self.rest(event.text, Self::say, out),
            Some(WireKind::RefusalDelta) => self.refuse(delta, out),
            Some(WireKind::RefusalDone) => self.rest(event.refusal, Self::refuse, out),
            Some(WireKind::ReasoningDelta) => self.think_from(Source::Raw, delta, out),
            Some(WireKind::SummaryDelta) => self.think_from(Source::Summary, delta, out),
            Some(WireKind::ReasoningDone) => self.rest(event.text, Self::think_raw, out),
            Some(WireKind::SummaryDone) => self.rest(event.text, Self::think_summary, out),
            Some(WireKind::Completed) => {
                self.end(event.response, WireStatus::Completed, out)?;
                return Ok(Flow::Done);
            }
            Some(WireKind::Incomplete) => {
                self.end(event.response, WireStatus::Incomplete, out)?;
                return Ok(Flow::Done);
            }
            Some(WireKind::Failed) => self.end(event.response, WireStatus::Failed, out)?,
            Some(WireKind::Cancelled) => self.end(event.response, WireStatus::Cancelled, out)?,
            Some(WireKind::Error) => return Err(self.said_in(data)),
            None if event.error.is_some_and(is_failure) => return Err(self.said_in(data)),
            Some(WireKind::Other) | None => {}
        }
        Ok(Flow::More)
    }

    fn begun(&mut self, response: &WireResponse<'_>) {
        if let (Place::Unknown, Some(id)) = (&self.place, &response.id) {
            self.place = if response.background == Some(false) {
                // A server that does not know the word.
                Place::Nowhere
            } else {
                self.has_spoken = true;
                Place::In { response: id.clone(), after: None }
            };
        }
    }

    /// Tells the place behind an event that has led to something, so that nothing that was
    /// handed over lies behind the last place told.
    fn mark(&self, sequence_number: Option<u64>, out: &mut Outbox) {
        if let (Place::In { response, .. }, Some(after)) = (&self.place, sequence_number)
            && self.has_spoken
        {
            out.push(Chunk::Mark(point::write(response, after, &self.held)));
        }
    }

    /// Whether an event comes again.
    fn is_known(&self, sequence_number: Option<u64>) -> bool {
        match (&self.place, sequence_number) {
            (Place::In { after: Some(after), .. }, Some(number)) => number <= *after,
            (Place::In { .. } | Place::Nowhere | Place::Unknown, _) => false,
        }
    }

    /// A response that ended, or came whole.
    fn end(
        &mut self,
        response: Option<&RawValue>,
        kind: WireStatus,
        out: &mut Outbox,
    ) -> Result<(), ProviderError> {
        let response = self.response(response)?;
        if !self.has_items {
            for item in response.output.iter().flatten() {
                self.silent_item = true;
                self.item_done(Some(item), out)?;
            }
        }
        self.has_refused |= response.output.iter().flatten().any(|item| items::refuses(item));
        self.usage = read_usage(&response.usage);
        let outcome = self.outcome(kind, &response);
        match outcome {
            Ok(reason) => self.finish = Some(reason),
            Err(error) => {
                self.push_usage(out);
                return Err(error);
            }
        }
        Ok(())
    }

    fn outcome(
        &self,
        kind: WireStatus,
        response: &WireResponse<'_>,
    ) -> Result<FinishReason, ProviderError> {
        match kind {
            WireStatus::Failed => Err(self.said(&response.error)),
            WireStatus::Cancelled => {
                let message = "The answer was cancelled at the provider";
                Err(ProviderError::new(ErrorKind::Cancelled, message))
            }
            WireStatus::Queued | WireStatus::InProgress => {
                let message = "The provider did not stream the answer";
                Err(ProviderError::new(ErrorKind::Protocol, message))
            }
            WireStatus::Incomplete => Ok(match response.incomplete_details["reason"].as_str() {
                Some("content_filter") => FinishReason::ContentFilter,
                Some(_) | None => FinishReason::Length,
            }),
            WireStatus::Completed if self.has_refused => {
                let message = "The model declined to answer";
                Err(ProviderError::new(ErrorKind::Refused, message))
            }
            WireStatus::Completed if self.has_called => Ok(FinishReason::ToolCalls),
            WireStatus::Completed => Ok(FinishReason::Stop),
        }
    }

    fn push_usage(&mut self, out: &mut Outbox) {
        if let Some(usage) = self.usage.take() {
            out.push(Chunk::Event(StreamEvent::usage(usage)));
        }
    }

    /// The text of a block that ended, where its deltas never came.
    fn rest(
        &mut self,
        text: Option<WireText<'_>>,
        say: fn(&mut Self, Option<Cow<'_, str>>, &mut Outbox),
        out: &mut Outbox,
    ) {
        if std::mem::take(&mut self.silent_block) {
            say(self, text.map(|text| text.0), out);
        }
    }

    fn refuse(&mut self, content: Option<Cow<'_, str>>, out: &mut Outbox) {
        self.has_refused = true;
        self.say(content, out);
    }

    fn think_raw(&mut self, content: Option<Cow<'_, str>>, out: &mut Outbox) {
        self.think_from(Source::Raw, content, out);
    }

    fn think_summary(&mut self, content: Option<Cow<'_, str>>, out: &mut Outbox) {
        self.think_from(Source::Summary, content, out);
    }

    fn think_from(&mut self, source: Source, content: Option<Cow<'_, str>>, out: &mut Outbox) {
        let content = content.unwrap_or_default();
        if content.is_empty() || *self.source.get_or_insert(source) != source {
            return;
        }
        let offset = match self.open {
            OpenPart::Thinking(length) => length,
            OpenPart::None | OpenPart::Text(_) => {
                self.kept.clear();
                0
            }
        };
        let content = self.spoken(content, offset);
        self.open = OpenPart::Thinking(offset + content.len() as u64);
        out.thinking(content, offset);
    }

    fn say(&mut self, content: Option<Cow<'_, str>>, out: &mut Outbox) {
        let content = content.unwrap_or_default();
        if content.is_empty() {
            return;
        }
        self.hand_over(Next::default(), out);
        let offset = match self.open {
            OpenPart::Text(length) => length,
            OpenPart::None | OpenPart::Thinking(_) => 0,
        };
        let content = self.spoken(content, offset);
        self.open = OpenPart::Text(offset + content.len() as u64);
        out.text(content, self.answer, offset);
    }

    /// Content that goes out, behind a blank line where a new block goes on in an old part.
    fn spoken<'a>(&mut self, content: Cow<'a, str>, offset: u64) -> Cow<'a, str> {
        (self.silent_item, self.silent_block) = (false, false);
        (self.has_items, self.has_spoken) = (true, true);
        if std::mem::take(&mut self.gap) && offset > 0 {
            Cow::Owned([GAP, content.as_ref()].concat())
        } else {
            content
        }
    }

    fn response<'a>(&self, raw: Option<&'a RawValue>) -> Result<WireResponse<'a>, ProviderError> {
        let Some(raw) = raw else { return Ok(WireResponse::default()) };
        serde_json::from_str(raw.get()).map_err(|reason| self.unreadable(&reason))
    }

    fn unreadable(&self, reason: &serde_json::Error) -> ProviderError {
        let message = format!("The provider sent data that cannot be read: {reason}");
        ProviderError::new(ErrorKind::Protocol, self.credentials.scrub(&cut(&message)))
    }

    fn said_in(&self, data: &str) -> ProviderError {
        self.said(&serde_json::from_str(data).unwrap_or_default())
    }

    fn said(&self, value: &Value) -> ProviderError {
        let mut error = Said::read(value).into_error(None);
        error.message = self.credentials.scrub(&error.message);
        error
    }
}

impl Mapper for ResponseMapper {
    fn dialect(&self) -> Option<Dialect> {
        match &self.place {
            // It was heard before the connection broke, and may have nothing more to say.
            Place::In { .. } => None,
            Place::Nowhere | Place::Unknown => Some(Dialect::Responses),
        }
    }

    fn event(&mut self, data: &str, out: &mut Outbox) -> Result<Flow, ProviderError> {
        if data.trim_ascii() == "[DONE]" {
            return Ok(Flow::Done);
        }
        let event = self.parse(data)?;
        if self.is_known(event.sequence_number) {
            return Ok(Flow::More);
        }
        let number = event.sequence_number;
        self.has_spoken = false;
        let flow = self.take(event, data, out)?;
        if flow == Flow::More {
            self.mark(number, out);
        }
        Ok(flow)
    }

    fn whole(&mut self, data: &str, out: &mut Outbox) -> Result<(), ProviderError> {
        let raw: &RawValue =
            serde_json::from_str(data).map_err(|reason| self.unreadable(&reason))?;
        let response = self.response(Some(raw)).unwrap_or_default();
        let is_resumed = matches!(self.place, Place::In { .. });
        let status = match response.status {
            Some(status) => status,
            None if !response.error.is_null() || response.output.is_none() => {
                let said = Said::read(&serde_json::from_str(data).unwrap_or_default());
                if said.message.is_some() || said.code.is_some() {
                    let error = said.into_error(None);
                    let message = self.credentials.scrub(&error.message);
                    return Err(ProviderError { message, ..error });
                }
                let message = "The provider answered with JSON that holds no answer";
                return Err(ProviderError::new(ErrorKind::Protocol, message));
            }
            None => WireStatus::Completed,
        };
        // Where an answer goes on, a whole one would repeat its start.
        let status = if is_resumed { WireStatus::InProgress } else { status };
        self.end(Some(raw), status, out)?;
        self.finish(out);
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn finish(&mut self, out: &mut Outbox) {
        self.push_usage(out);
        out.push(Chunk::Finish(self.finish.unwrap_or(FinishReason::Stop)));
    }
}

/// The ids of the calls that an answer holds.
fn calls_in(message: &Message) -> Vec<String> {
    let ids = message.parts.iter().filter_map(|part| match part {
        Part::ToolCall { id, .. } => Some(id.0.clone()),
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    });
    ids.collect()
}

fn is_failure(value: &RawValue) -> bool {
    !matches!(value.get(), "null" | "\"\"" | "false")
}

fn read_usage(value: &Value) -> Option<Usage> {
    let details = &value["input_tokens_details"];
    let usage = Usage {
        prompt_tokens: value["input_tokens"].as_u64(),
        completion_tokens: value["output_tokens"].as_u64(),
        cached_tokens: details["cached_tokens"].as_u64(),
        cache_write_tokens: details["cache_write_tokens"].as_u64(),
        // OpenRouter.
        cost_usd: value["cost"].as_f64(),
    };
    Some(usage).filter(|usage| *usage != Usage::default())
}

#[cfg(test)]
mod tests;
