//! The request that is sent: projected turns and parameters in the words of chat completions.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use super::parameters::Parameters;
use crate::net::known::Wire;
use crate::net::projection::{Block, Piece, Projection, Rules, Turn, joined, project};
use crate::net::{ChatRequest, ToolSpec};
use crate::protocol::{ErrorKind, ProviderError};

/// The request's body.
pub(super) fn body(request: &ChatRequest, wire: &Wire) -> Result<Vec<u8>, ProviderError> {
    let rules = Rules {
        images: may_send_image,
        answer_after_results: wire.answer_after_results,
        thinking_last: true,
    };
    let projection = project(request, rules);
    let body = Body {
        model: &request.model.id.model,
        messages: messages(&projection),
        tools: projection.tools.iter().map(WireTool::from).collect(),
        tool_choice: Some("none").filter(|_| !projection.may_call && !projection.tools.is_empty()),
        stream: true,
        parameters: Parameters::of(request, wire),
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    stream: bool,
    #[serde(flatten)]
    parameters: Parameters<'a>,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireToolFunction<'a>,
}

#[derive(Debug, Serialize)]
struct WireToolFunction<'a> {
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
}

impl<'a> From<&'a ToolSpec> for WireTool<'a> {
    fn from(tool: &'a ToolSpec) -> Self {
        let ToolSpec { name, description, schema } = tool;
        let function = WireToolFunction { name, description, parameters: schema };
        Self { kind: "function", function }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum WireMessage<'a> {
    System {
        content: &'a str,
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
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Blocks(Vec<WireBlock<'a>>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireBlock<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl<'a> },
}

#[derive(Debug, Serialize)]
struct ImageUrl<'a> {
    url: &'a str,
}

#[derive(Debug, Serialize)]
struct WireCall<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: WireFunction<'a>,
}

#[derive(Debug, Serialize)]
struct WireFunction<'a> {
    name: &'a str,
    arguments: String,
}

fn messages<'a>(projection: &'a Projection<'_>) -> Vec<WireMessage<'a>> {
    let mut messages = Vec::with_capacity(projection.turns.len() + 1);
    if let Some(system) = &projection.system {
        messages.push(WireMessage::System { content: system });
    }
    for turn in &projection.turns {
        match turn {
            Turn::User { results, blocks } => {
                messages.extend(results.iter().map(|result| WireMessage::Tool {
                    tool_call_id: &result.id,
                    content: result.content,
                }));
                if !blocks.is_empty() {
                    messages.push(WireMessage::User { content: content(blocks) });
                }
            }
            Turn::Assistant { pieces } => messages.push(said(pieces)),
        }
    }
    messages
}

/// Text alone is a string, which servers take that know no blocks.
fn content<'a>(blocks: &'a [Block<'_>]) -> Content<'a> {
    let texts = || {
        blocks.iter().filter_map(|block| match block {
            Block::Text(text) => Some(Cow::from(text.as_ref())),
            Block::Image { .. } => None,
        })
    };
    let images = blocks.iter().filter_map(|block| match block {
        Block::Image { url } => Some(WireBlock::ImageUrl { image_url: ImageUrl { url } }),
        Block::Text(_) => None,
    });
    let images: Vec<WireBlock<'a>> = images.collect();
    let text = joined(texts());
    if images.is_empty() {
        return Content::Text(text.unwrap_or_default());
    }
    let text = text.map(|text| WireBlock::Text { text });
    Content::Blocks(text.into_iter().chain(images).collect())
}

/// One answer: its text, its calls, and the reasoning that the model wants back.
fn said<'a>(pieces: &'a [Piece<'_>]) -> WireMessage<'a> {
    let mut texts = Vec::new();
    let mut tool_calls = Vec::new();
    let mut reasoning_details = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => texts.push(Cow::from(text.as_ref())),
            Piece::Thinking { opaque, .. } => {
                reasoning_details.extend(opaque.as_array().into_iter().flatten());
            }
            Piece::Call(call) => tool_calls.push(WireCall {
                id: &call.id,
                kind: "function",
                function: WireFunction { name: &call.name, arguments: call.arguments.to_string() },
            }),
        }
    }
    WireMessage::Assistant { content: joined(texts.into_iter()), tool_calls, reasoning_details }
}

/// Images in the request itself, or on a server that everyone can reach.
fn may_send_image(url: &str) -> bool {
    url.starts_with("data:") || url.starts_with("https://")
}

#[cfg(test)]
mod tests;
