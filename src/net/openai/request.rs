//! Neutral messages to the request that is sent.
//!
//! The result is valid for any model, whoever wrote the answers in the chat: every tool call has
//! its result, ids of other models' calls are replaced, and what only one model understands goes
//! back to that model alone.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::Dialect;
use crate::net::ChatRequest;
use crate::protocol::{ErrorKind, Message, ModelId, Part, ProviderError, Role};

const NOT_RUN: &str = "This tool call was not run.";
const GO_ON: &str = "Your answer was cut off. Go on exactly where it stopped: do not repeat \
                     anything and do not add an introduction.";

/// The request's body.
pub(super) fn body(request: &ChatRequest, dialect: Dialect) -> Result<Vec<u8>, ProviderError> {
    let (max_tokens, max_completion_tokens) = match dialect {
        Dialect::OpenAi => (None, request.params.max_tokens),
        Dialect::Common | Dialect::OpenRouter | Dialect::Mistral => {
            (request.params.max_tokens, None)
        }
    };
    let body = Body {
        model: &request.model.id.model,
        messages: messages(request),
        stream: true,
        stream_options: match dialect {
            Dialect::Mistral => None,
            Dialect::Common | Dialect::OpenAi | Dialect::OpenRouter => {
                Some(StreamOptions { include_usage: true })
            }
        },
        usage: match dialect {
            Dialect::OpenRouter => Some(AskForCost { include: true }),
            Dialect::Common | Dialect::OpenAi | Dialect::Mistral => None,
        },
        temperature: request.params.temperature,
        top_p: request.params.top_p,
        max_tokens,
        max_completion_tokens,
    };
    serde_json::to_vec(&body).map_err(|reason| {
        let message = format!("The request could not be written: {reason}");
        ProviderError::new(ErrorKind::BadRequest, message)
    })
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<WireMessage<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<AskForCost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Debug, Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Debug, Serialize)]
struct AskForCost {
    include: bool,
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum WireMessage<'a> {
    System {
        content: Cow<'a, str>,
    },
    User {
        content: Content<'a>,
    },
    Assistant {
        content: Option<Cow<'a, str>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<WireCall<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        reasoning_details: Vec<&'a Value>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Blocks(Vec<Block<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
}

#[derive(Debug, Serialize)]
struct ImageUrl<'a> {
    url: &'a str,
}

#[derive(Debug, Serialize)]
struct WireCall<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(Debug, Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    arguments: String,
}

fn messages(request: &ChatRequest) -> Vec<WireMessage<'_>> {
    let mut projection = Projection { model: &request.model.id, calls: 0, messages: Vec::new() };
    if let Some(system) = request.params.system.as_deref().filter(|text| !text.trim().is_empty()) {
        projection.messages.push(WireMessage::System { content: system.into() });
    }
    for message in &request.messages {
        match message.role {
            Role::System => projection.system(message),
            Role::User => projection.user(message),
            Role::Assistant => projection.assistant(message),
        }
    }
    let ends_with_answer =
        matches!(projection.messages.last(), Some(WireMessage::Assistant { .. }));
    if request.continues && ends_with_answer {
        projection.messages.push(WireMessage::User { content: Content::Text(GO_ON.into()) });
    }
    projection.messages
}

struct Projection<'a> {
    model: &'a ModelId,
    /// Tool calls so far, for ids of our own.
    calls: usize,
    messages: Vec<WireMessage<'a>>,
}

/// One model call's share of an answer: what it said, then the tools it called.
#[derive(Default)]
struct Turn<'a> {
    text: Option<Cow<'a, str>>,
    calls: Vec<WireCall<'a>>,
    /// The calls' results, in the same order.
    results: Vec<&'a str>,
    details: Vec<&'a Value>,
    has_results: bool,
}

impl<'a> Projection<'a> {
    fn system(&mut self, message: &'a Message) {
        if let Some(content) = joined(texts(message)) {
            self.messages.push(WireMessage::System { content });
        }
    }

    fn user(&mut self, message: &'a Message) {
        let images: Vec<Block<'a>> = message.parts.iter().filter_map(image).collect();
        let text = joined(texts(message));
        let content = if images.is_empty() {
            text.map(Content::Text)
        } else {
            let text = text.map(|text| Block::Text { text });
            Some(Content::Blocks(text.into_iter().chain(images).collect()))
        };
        if let Some(content) = content {
            self.messages.push(WireMessage::User { content });
        }
    }

    fn assistant(&mut self, message: &'a Message) {
        let is_own = message.answer.as_ref().is_some_and(|answer| answer.model == *self.model);
        let results = results(message);
        let mut turn = Turn::default();
        for part in &message.parts {
            if turn.has_results && !matches!(part, Part::ToolResult { .. }) {
                self.close(std::mem::take(&mut turn));
            }
            match part {
                Part::Text { text } => turn.text = append(turn.text.take(), text),
                Part::Thinking { opaque: Some(opaque), .. } if is_own => {
                    turn.details.extend(opaque.as_array().into_iter().flatten());
                }
                Part::ToolCall { id, tool, args } => {
                    self.calls += 1;
                    let id =
                        if is_own { Cow::from(id.as_str()) } else { own_id(self.calls).into() };
                    turn.results.push(results.get(part_id(part)).copied().unwrap_or(NOT_RUN));
                    let function = WireFunction { name: tool, arguments: arguments(args) };
                    turn.calls.push(WireCall { id, kind: "function", function });
                }
                Part::ToolResult { .. } => turn.has_results = true,
                Part::Thinking { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Notice { .. } => {}
            }
        }
        self.close(turn);
    }

    fn close(&mut self, turn: Turn<'a>) {
        if turn.text.is_none() && turn.calls.is_empty() {
            return;
        }
        let ids: Vec<Cow<'a, str>> = turn.calls.iter().map(|call| call.id.clone()).collect();
        self.messages.push(WireMessage::Assistant {
            content: turn.text,
            tool_calls: turn.calls,
            reasoning_details: turn.details,
        });
        let results = ids.into_iter().zip(turn.results);
        self.messages.extend(
            results.map(|(tool_call_id, content)| WireMessage::Tool { tool_call_id, content }),
        );
    }
}

/// Nine letters and digits, which is what every provider takes: Mistral takes nothing else.
fn own_id(number: usize) -> String {
    format!("call{number:05}")
}

fn part_id(part: &Part) -> &str {
    match part {
        Part::ToolCall { id, .. } | Part::ToolResult { id, .. } => id.as_str(),
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => "",
    }
}

fn results(message: &Message) -> HashMap<&str, &str> {
    let results = message.parts.iter().filter_map(|part| match part {
        Part::ToolResult { id, result, .. } => Some((id.as_str(), result.as_str())),
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    });
    results.collect()
}

/// Arguments are always an object: models of other makers refuse the rest.
fn arguments(args: &Value) -> String {
    match args {
        Value::Object(_) => args.to_string(),
        Value::Null => "{}".to_owned(),
        Value::String(text) => serde_json::json!({ "raw": text }).to_string(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            serde_json::json!({ "value": args }).to_string()
        }
    }
}

fn texts(message: &Message) -> impl Iterator<Item = Cow<'_, str>> {
    message.parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(Cow::from(text.as_str())),
        Part::File { name, text } => Some(file(name, text).into()),
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::Notice { .. } => None,
    })
}

fn file(name: &str, text: &str) -> String {
    let name = name.replace(['"', '\n'], " ");
    format!("<file name=\"{name}\">\n{text}\n</file>")
}

fn image(part: &Part) -> Option<Block<'_>> {
    match part {
        Part::Image { url, .. } if url.starts_with("data:") || url.starts_with("https://") => {
            Some(Block::ImageUrl { image_url: ImageUrl { url } })
        }
        Part::Image { .. }
        | Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    }
}

fn joined<'a>(texts: impl Iterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    texts.filter(|text| !text.trim().is_empty()).reduce(|all, text| (all + "\n\n") + text)
}

fn append<'a>(all: Option<Cow<'a, str>>, text: &'a str) -> Option<Cow<'a, str>> {
    joined(all.into_iter().chain([Cow::from(text)]))
}

#[cfg(test)]
mod tests;
