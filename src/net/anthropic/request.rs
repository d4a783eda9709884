//! The request that is sent: projected turns and parameters in the words of the messages API.

mod content;

use serde::Serialize;
use serde_json::Value;

use super::Version;
use super::family::{Off, Thinks, Traits};
use super::thinking;
use crate::net::projection::{Block, Piece, Projection, Rules, Turn, project};
use crate::net::{ChatRequest, ToolSpec};
use crate::protocol::{Effort, ErrorKind, ProviderError};
use content::{CacheControl, Said, WireMessage};

/// The least that thinking may be given, in tokens.
const LEAST_BUDGET: u64 = 1_024;
/// What is left to the answer where it and the chat do not fit the model together.
const LEAST_ANSWER: u64 = 4_096;

/// A request, ready to be sent.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) body: Vec<u8>,
    /// Asks the API to drop thinking that no longer fits the chat, instead of refusing it.
    pub(super) drops_unbound: bool,
    /// Roughly how many tokens the chat takes; images not counted.
    pub(super) tokens: u64,
}

/// Writes the request.
pub(super) fn write(request: &ChatRequest, version: &Version) -> Result<Written, ProviderError> {
    let traits = Traits::of(&request.model.id.model);
    let rules = Rules {
        images: content::may_send_image,
        answer_after_results: false,
        thinking_last: false,
    };
    let projection = project(request, rules);
    let tokens = estimate(&projection);
    let max_tokens = max_tokens(request, &traits, tokens);
    let (thinking, effort) = think(request, &traits, &projection, max_tokens);
    let drops_unbound = traits.bound && sends_thinking(request, &projection, thinking);
    let thinker = thinking.is_on().then_some(request.model.id.model.as_str());
    let body = Body {
        model: &request.model.id.model,
        max_tokens,
        system: projection.system.as_deref().map(|text| Said::instructions(text, version)),
        messages: content::messages(&projection, thinker, version),
        tools: projection.tools.iter().map(WireTool::from).collect(),
        tool_choice: (!projection.may_call && !projection.tools.is_empty()).then_some(NO_TOOL),
        sampling: Sampling::of(request, &traits, version, thinking),
        thinking: WireThinking::of(thinking, drops_unbound),
        output_config: effort.map(|effort| OutputConfig { effort: effort.as_str() }),
        stop_sequences: stop_words(request),
        cache_control: version.is_current().then_some(CacheControl::EPHEMERAL),
        stream: true,
    };
    let body = serde_json::to_vec(&body).map_err(|reason| {
        let message = format!("The request could not be written: {reason}");
        ProviderError::new(ErrorKind::BadRequest, message)
    })?;
    Ok(Written { body, drops_unbound, tokens })
}

#[derive(Debug, Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<Said<'a>>,
    messages: Vec<WireMessage<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WireTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
    #[serde(flatten)]
    sampling: Sampling,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<WireThinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stop_sequences: Vec<&'a str>,
    /// Puts a mark on the last block that can be cached.
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
    stream: bool,
}

#[derive(Debug, Serialize)]
struct WireTool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a Value,
}

impl<'a> From<&'a ToolSpec> for WireTool<'a> {
    fn from(tool: &'a ToolSpec) -> Self {
        let ToolSpec { name, description, schema: input_schema } = tool;
        Self { name, description, input_schema }
    }
}

const NO_TOOL: ToolChoice = ToolChoice { kind: "none" };

#[derive(Debug, Serialize)]
struct ToolChoice {
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct OutputConfig {
    effort: &'static str,
}

/// The current version refuses these even at their defaults, and so does every version together
/// with thinking.
#[derive(Debug, Default, Serialize)]
struct Sampling {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f32>,
}

impl Sampling {
    fn of(request: &ChatRequest, traits: &Traits, version: &Version, thinking: Thinking) -> Self {
        if version.is_current() || !traits.samples || thinking.is_on() {
            return Self::default();
        }
        // Newer models refuse both at once; the range ends at 1, unlike that of most others.
        let temperature = request.params.temperature.map(|temperature| temperature.min(1.0));
        Self { temperature, top_p: request.params.top_p.filter(|_| temperature.is_none()) }
    }
}

/// Whether and how the model shall think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thinking {
    /// Nothing is said about it, and then the model does not.
    Unasked,
    Disabled,
    BetweenTools,
    Budget(u64),
    Adaptive,
}

impl Thinking {
    fn is_on(self) -> bool {
        match self {
            Self::Budget(_) | Self::Adaptive => true,
            Self::Unasked | Self::Disabled | Self::BetweenTools => false,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WireThinking {
    Disabled,
    BetweenTools,
    Enabled {
        budget_tokens: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        block_binding: Option<BlockBinding>,
    },
    Adaptive {
        /// Newer models keep their thinking to themselves otherwise.
        display: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        block_binding: Option<BlockBinding>,
    },
}

#[derive(Debug, Serialize)]
struct BlockBinding {
    prefix_mismatch_behavior: &'static str,
}

impl WireThinking {
    fn of(thinking: Thinking, drops_unbound: bool) -> Option<Self> {
        let block_binding =
            drops_unbound.then_some(BlockBinding { prefix_mismatch_behavior: "drop_block" });
        match thinking {
            Thinking::Unasked => None,
            Thinking::Disabled => Some(Self::Disabled),
            Thinking::BetweenTools => Some(Self::BetweenTools),
            Thinking::Budget(budget_tokens) => Some(Self::Enabled { budget_tokens, block_binding }),
            Thinking::Adaptive => Some(Self::Adaptive { display: "summarized", block_binding }),
        }
    }
}

/// How the model shall think, and with which effort.
fn think(
    request: &ChatRequest,
    traits: &Traits,
    projection: &Projection<'_>,
    max_tokens: u64,
) -> (Thinking, Option<Effort>) {
    let efforts = match request.model.takes.efforts.as_slice() {
        [] => traits.efforts(&request.model),
        known => known.to_vec(),
    };
    let wanted = request.params.effort.and_then(|wanted| Effort::nearest(&efforts, wanted));
    let thinking = match (traits.thinks, wanted) {
        (Thinks::Never, _) | (Thinks::Budget | Thinks::WhenAsked, None) => Thinking::Unasked,
        (_, Some(Effort::None)) => match traits.off {
            Off::Unasked => Thinking::Unasked,
            Off::Disabled => Thinking::Disabled,
            Off::BetweenTools => Thinking::BetweenTools,
            Off::Impossible => Thinking::Adaptive,
        },
        (Thinks::Budget, Some(effort)) => {
            budget(effort, max_tokens).filter(|_| may_begin(request, projection)).map_or(
                // What is not said is not thought, with these.
                Thinking::Unasked,
                Thinking::Budget,
            )
        }
        (Thinks::WhenAsked | Thinks::Unasked, _) => Thinking::Adaptive,
    };
    let effort = match thinking {
        Thinking::Adaptive => wanted.filter(|effort| *effort != Effort::None),
        Thinking::Unasked | Thinking::Disabled | Thinking::BetweenTools | Thinking::Budget(_) => {
            None
        }
    };
    (thinking, effort)
}

/// How many tokens an effort stands for: less than the whole answer, and none where that leaves
/// too few.
fn budget(effort: Effort, max_tokens: u64) -> Option<u64> {
    let tokens = match effort {
        Effort::None => return None,
        Effort::Minimal => LEAST_BUDGET,
        Effort::Low => 4_096,
        Effort::Medium => 12_288,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => 32_768,
    };
    Some(tokens.min(max_tokens / 2)).filter(|tokens| *tokens >= LEAST_BUDGET)
}

/// Models that are given a budget must have thought before they called tools: a turn that another
/// model began cannot go on with thinking.
fn may_begin(request: &ChatRequest, projection: &Projection<'_>) -> bool {
    let goes_on = matches!(
        projection.turns.last(),
        Some(Turn::User { results, .. }) if !results.is_empty()
    );
    let last = projection.turns.iter().rev().find_map(|turn| match turn {
        Turn::Assistant { pieces } => pieces.first(),
        Turn::User { .. } => None,
    });
    !goes_on || last.is_some_and(|piece| is_own_thinking(request, piece))
}

fn is_own_thinking(request: &ChatRequest, piece: &Piece<'_>) -> bool {
    match piece {
        Piece::Thinking { text, opaque } => {
            !thinking::blocks(text, opaque, &request.model.id.model).is_empty()
        }
        Piece::Text(_) | Piece::Call(_) => false,
    }
}

fn sends_thinking(request: &ChatRequest, projection: &Projection<'_>, thinking: Thinking) -> bool {
    let mut pieces = projection.turns.iter().flat_map(|turn| match turn {
        Turn::Assistant { pieces } => pieces.as_slice(),
        Turn::User { .. } => &[],
    });
    thinking.is_on() && pieces.any(|piece| is_own_thinking(request, piece))
}

/// The API wants a limit: the user's, else all that the model writes at once and the chat leaves
/// room for. More than the model writes is refused.
fn max_tokens(request: &ChatRequest, traits: &Traits, chat: u64) -> u64 {
    let most = request.model.output.filter(|output| *output > 0).unwrap_or(traits.output);
    match request.params.max_tokens {
        Some(wanted) => u64::from(wanted).clamp(1, most),
        None => {
            let room = request.model.context.map(|context| context.saturating_sub(chat));
            room.map_or(most, |room| most.min(room.max(LEAST_ANSWER)))
        }
    }
}

/// Blank ones are refused.
fn stop_words(request: &ChatRequest) -> Vec<&str> {
    let words = request.params.stop.iter().map(String::as_str);
    words.filter(|word| !word.trim().is_empty()).collect()
}

/// Rather too many than too few: prose takes a token per four bytes, code one per three.
fn estimate(projection: &Projection<'_>) -> u64 {
    let turns = projection.turns.iter().map(|turn| match turn {
        Turn::User { results, blocks } => {
            let results = results.iter().map(|result| result.content.len());
            let blocks = blocks.iter().map(|block| match block {
                Block::Text(text) => text.len(),
                Block::Image { .. } => 0,
            });
            results.chain(blocks).sum::<usize>()
        }
        Turn::Assistant { pieces } => pieces
            .iter()
            .map(|piece| match piece {
                Piece::Thinking { text, .. } => text.len(),
                Piece::Text(text) => text.len(),
                Piece::Call(call) => call.arguments.to_string().len(),
            })
            .sum(),
    });
    let instructions = projection.system.as_ref().map_or(0, |system| system.len());
    (turns.sum::<usize>() + instructions) as u64 / 3
}

#[cfg(test)]
mod tests;
