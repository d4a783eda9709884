//! What was used and spent, and the bounds the user sets.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
