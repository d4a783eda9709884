//! What was used and spent, and the bounds the user sets.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{ChatId, Fallback, ModelEdit, ModelId, Timestamp, Usage};

/// How runs are carried out: the part of the settings that the engine obeys.
#[derive(Clone, Debug, PartialEq)]
pub struct EngineSettings {
    /// The most model calls a run may make.
    pub max_turns: u32,
    /// Seconds of silence after which an answer counts as broken.
    pub idle_timeout_s: u32,
    /// Who answers when a model cannot, in chats that name no chain of their own.
    pub fallback: Fallback,
    /// What may be spent.
    pub budget: Budget,
    /// The model that names chats; without one they are named by their first words.
    pub title_model: Option<ModelId>,
    /// What the user knows better about models.
    pub edits: BTreeMap<ModelId, ModelEdit>,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            max_turns: 25,
            idle_timeout_s: 120,
            fallback: Fallback::default(),
            budget: Budget::default(),
            title_model: None,
            edits: BTreeMap::new(),
        }
    }
}

/// What may be spent, in US dollars; none is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Budget {
    /// On one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_usd: Option<f64>,
    /// In one month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub month_usd: Option<f64>,
}

/// What was spent, in US dollars, in the local calendar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// Today.
    pub day_usd: f64,
    /// This month.
    pub month_usd: f64,
    /// When the day ends and these are no longer the figures of today.
    pub until: Option<Timestamp>,
}

/// A stretch of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsageRange {
    /// Today.
    Today,
    /// The last 7 days, today included.
    Week,
    /// The last 30 days, today included.
    Month,
    /// Since the first answer.
    All,
}

/// What was used in a stretch of days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UsageReport {
    /// All together.
    pub total: UsageSum,
    /// By day (`2026-11-21`), oldest first; days without answers are left out.
    pub days: Vec<(String, UsageSum)>,
    /// By model, dearest first.
    pub models: Vec<(ModelId, UsageSum)>,
    /// By chat with its title, dearest first; without an id where the chat is gone for good.
    pub chats: Vec<(Option<ChatId>, String, UsageSum)>,
}

/// Sums over answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageSum {
    /// How many answers.
    pub answers: u64,
    /// How many of them have no price.
    pub unpriced: u64,
    /// Tokens and cost.
    pub usage: Usage,
}

/// What a run has come to besides its sums, as far as known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RunTotals {
    /// Tokens of requests and answers together.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub total_tokens: Option<u64>,
    /// Model calls.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub iterations: Option<u32>,
    /// Milliseconds since the run began.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub elapsed_ms: Option<u64>,
    /// Tokens of the answer in a second, since its first.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
    pub tokens_per_second: Option<f64>,
    /// What each model took, by its id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "lenient")]
    pub per_model: BTreeMap<String, ModelTotals>,
}

/// What one model took in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ModelTotals {
    /// Tokens of the requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completion_tokens: Option<u64>,
    /// Both together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// US dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_cost: Option<f64>,
}

impl From<&Usage> for ModelTotals {
    fn from(usage: &Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.total_tokens(),
            total_cost: usage.cost_usd,
        }
    }
}

/// Other servers write these in other ways: what cannot be read is not known, and the tokens beside
/// it still are.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}
