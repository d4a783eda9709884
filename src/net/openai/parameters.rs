//! Parameters in the words of chat completions: what the model takes, as its server spells it.

use serde::Serialize;

use crate::net::ChatRequest;
use crate::net::known::{Cap, CostOption, EffortOption, UsageOption, Wire};
use crate::protocol::{Effort, ModelInfo, Takes};

/// What a model takes: what its list says, cut to what its server is known to refuse.
pub(super) fn takes(model: &ModelInfo, wire: &Wire) -> Takes {
    let mut takes = model.takes.clone();
    match wire.rule(&model.id.model) {
        Some(rule) => {
            takes.efforts = rule.efforts.to_vec();
            takes.temperature &= rule.sampling;
            takes.top_p &= rule.sampling;
            takes.stop &= rule.stop;
        }
        None if model.abilities.thinking != Some(true) => takes.efforts.clear(),
        None if takes.efforts.is_empty() => takes.efforts = wire.efforts.to_vec(),
        None => {}
    }
    takes
}

/// The part of the body that is not messages and tools.
#[derive(Debug, Default, Serialize)]
pub(super) struct Parameters<'a> {
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
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Thinking>,
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
struct Reasoning {
    effort: &'static str,
}

#[derive(Debug, Serialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: &'static str,
}

impl<'a> Parameters<'a> {
    /// What was chosen, without what the model does not take.
    pub(super) fn of(request: &'a ChatRequest, wire: &Wire) -> Self {
        let (params, takes) = (&request.params, &request.model.takes);
        let cap = request.cap().filter(|_| takes.max_tokens);
        let (max_tokens, max_completion_tokens) = match wire.cap {
            Cap::MaxTokens => (cap, None),
            Cap::MaxCompletionTokens => (None, cap),
        };
        let stop = if takes.stop { params.stop.as_slice() } else { &[] };
        let parameters = Self {
            stream_options: match wire.usage {
                UsageOption::StreamOptions => Some(StreamOptions { include_usage: true }),
                UsageOption::Untold => None,
            },
            usage: match wire.cost {
                CostOption::Asked => Some(AskForCost { include: true }),
                CostOption::Unknown => None,
            },
            temperature: params.temperature.filter(|_| takes.temperature),
            top_p: params.top_p.filter(|_| takes.top_p),
            max_tokens,
            max_completion_tokens,
            stop: stop.get(..wire.stop_words).unwrap_or(stop),
            ..Self::default()
        };
        match params.effort.and_then(|effort| Effort::nearest(&takes.efforts, effort)) {
            Some(effort) => parameters.with_effort(effort, wire.effort),
            None => parameters,
        }
    }

    fn with_effort(self, effort: Effort, option: EffortOption) -> Self {
        let word = effort.as_str();
        match option {
            EffortOption::ReasoningEffort => Self { reasoning_effort: Some(word), ..self },
            EffortOption::Reasoning => Self { reasoning: Some(Reasoning { effort: word }), ..self },
            EffortOption::ThinkingSwitch if effort == Effort::None => {
                Self { thinking: Some(Thinking { kind: "disabled" }), ..self }
            }
            EffortOption::ThinkingSwitch => Self {
                thinking: Some(Thinking { kind: "enabled" }),
                reasoning_effort: Some(word),
                ..self
            },
        }
    }
}

#[cfg(test)]
mod tests;
