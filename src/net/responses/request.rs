//! The request that is sent: projected turns and parameters in the words of the Responses API.
//!
//! Source: <https://developers.openai.com/api/reference/resources/responses/methods/create>.

use serde::Serialize;
use serde_json::Value;

use super::efforts::traits;
use super::kept::{Kept, Next};
use crate::net::projection::{Block, Piece, Projection, Rules, Turn, project};
use crate::net::{ChatRequest, ToolSpec};
use crate::protocol::{Effort, ErrorKind, ProviderError};

/// What must be asked for so that reasoning can go back to its model.
pub(super) const ENCRYPTED: &str = "reasoning.encrypted_content";

/// The API refuses a smaller cap.
const LEAST_OUTPUT_TOKENS: u32 = 16;

/// Where an answer lives while it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keeping {
    /// On the connection alone.
    Nowhere,
    /// At the provider, which goes on with it when the connection is gone.
    AtProvider,
}

/// Whether summaries of the reasoning are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Summaries {
    /// They are.
    Asked,
    /// The provider gives none to this key.
    Unasked,
}

/// The request's body.
pub(super) fn body(
    request: &ChatRequest,
    keeping: Keeping,
    summaries: Summaries,
) -> Result<Vec<u8>, ProviderError> {
    let traits = traits(&request.model);
    let projection = project(request, RULES);
    let params = &request.params;
    let effort = params.effort.and_then(|asked| Effort::nearest(traits.efforts, asked));
    let thinks = traits.reasons && effort != Some(Effort::None);
    let samples = traits.samples || effort == Some(Effort::None);
    let reasoning = Reasoning {
        effort,
        summary: Some("auto").filter(|_| thinks && summaries == Summaries::Asked),
    };
    let body = Body {
        model: &request.model.id.model,
        input: items(&projection),
        instructions: projection.system.as_deref(),
        stream: true,
        store: keeping == Keeping::AtProvider,
        background: Some(true).filter(|_| keeping == Keeping::AtProvider),
        include: if traits.reasons { &[ENCRYPTED] } else { &[] },
        reasoning: Some(reasoning).filter(|_| traits.reasons),
        max_output_tokens: request.cap().map(|most| most.max(LEAST_OUTPUT_TOKENS)),
        temperature: params.temperature.filter(|_| samples),
        top_p: params.top_p.filter(|_| samples),
        tools: projection.tools.iter().map(Tool::from).collect(),
        tool_choice: Some("none").filter(|_| !projection.may_call && !projection.tools.is_empty()),
    };
    serde_json::to_vec(&body).map_err(|reason| {
        let message = format!("The request could not be written: {reason}");
        ProviderError::new(ErrorKind::BadRequest, message)
    })
}

/// Thinking must lead to something, or the API misses what follows it.
const RULES: Rules =
    Rules { images: may_send_image, answer_after_results: false, thinking_last: false };

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a str>,
    stream: bool,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    background: Option<bool>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    include: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Reasoning {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    description: &'a str,
    parameters: &'a Value,
    /// Without this word the API takes schemas for strict ones, which forbid optional fields.
    strict: bool,
}

impl<'a> From<&'a ToolSpec> for Tool<'a> {
    fn from(tool: &'a ToolSpec) -> Self {
        let ToolSpec { name, description, schema } = tool;
        Self { kind: "function", name, description, parameters: schema, strict: false }
    }
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Item<'a> {
    /// Exactly as it came.
    Reasoning(&'a Value),
    Own(OwnItem<'a>),
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OwnItem<'a> {
    Message {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        role: &'static str,
        content: Vec<Content<'a>>,
        /// Wanted where there is an id.
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phase: Option<&'a str>,
    },
    FunctionCall {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        call_id: &'a str,
        name: &'a str,
        arguments: String,
    },
    FunctionCallOutput {
        call_id: &'a str,
        output: &'a str,
    },
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content<'a> {
    InputText { text: &'a str },
    InputImage { image_url: &'a str, detail: &'static str },
    OutputText { text: &'a str, annotations: [(); 0] },
}

fn items<'a>(projection: &'a Projection<'_>) -> Vec<Item<'a>> {
    let mut items = Vec::new();
    for turn in &projection.turns {
        match turn {
            Turn::User { results, blocks } => {
                items.extend(results.iter().map(|result| {
                    let (call_id, output) = (result.id.as_ref(), result.content);
                    Item::Own(OwnItem::FunctionCallOutput { call_id, output })
                }));
                if !blocks.is_empty() {
                    let content = blocks.iter().map(content).collect();
                    items.push(message("user", content, Next::default()));
                }
            }
            Turn::Assistant { pieces } => said(pieces, &mut items),
        }
    }
    items
}

fn content<'a>(block: &'a Block<'_>) -> Content<'a> {
    match block {
        Block::Text(text) => Content::InputText { text },
        Block::Image { url } => Content::InputImage { image_url: url, detail: "auto" },
    }
}

fn message<'a>(role: &'static str, content: Vec<Content<'a>>, as_it_was: Next<'a>) -> Item<'a> {
    let Next { id, phase } = as_it_was;
    let id = id.filter(|id| id.starts_with("msg"));
    let status = id.map(|_| "completed");
    Item::Own(OwnItem::Message { id, role, content, status, phase })
}

/// One answer. What follows reasoning keeps the id that the reasoning was followed by: the API
/// knows the pair by their ids.
fn said<'a>(pieces: &'a [Piece<'_>], items: &mut Vec<Item<'a>>) {
    let mut next = Next::default();
    for piece in pieces {
        match piece {
            Piece::Thinking { opaque, .. } => {
                if let Some(kept) = Kept::read(opaque) {
                    items.extend(kept.items.into_iter().map(Item::Reasoning));
                    next = kept.next;
                }
            }
            Piece::Text(text) => {
                let content = vec![Content::OutputText { text, annotations: [] }];
                items.push(message("assistant", content, std::mem::take(&mut next)));
            }
            Piece::Call(call) => items.push(Item::Own(OwnItem::FunctionCall {
                id: std::mem::take(&mut next).id.filter(|id| id.starts_with("fc")),
                call_id: &call.id,
                name: &call.name,
                arguments: call.arguments.to_string(),
            })),
        }
    }
}

/// Images in the request itself, or on a server that everyone can reach.
fn may_send_image(url: &str) -> bool {
    url.starts_with("data:") || url.starts_with("https://")
}

#[cfg(test)]
mod tests;
