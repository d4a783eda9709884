//! Messages and their parts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BotId, ChatId, ErrorInfo, MessageId, ModelId, RunId, Timestamp, ToolCallId};

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions for the model.
    System,
    /// The person.
    User,
    /// A model or an agent.
    Assistant,
}

/// A message: a node in the tree of its chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its identity.
    pub id: MessageId,
    /// The chat it belongs to.
    pub chat: ChatId,
    /// The message it follows; none for the first.
    pub parent: Option<MessageId>,
    /// Who speaks.
    pub role: Role,
    /// When it was written or began.
    pub created: Timestamp,
    /// What it says, in order.
    pub parts: Vec<Part>,
    /// Who answered and how; for assistants only.
    pub answer: Option<Answer>,
    /// Its place among the alternatives.
    pub siblings: Siblings,
    /// The bot that speaks, for assistants: in a room, the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot: Option<BotId>,
}

impl Message {
    /// A message that follows none, has no alternatives, and is no model's answer.
    pub fn new(
        id: MessageId,
        chat: ChatId,
        role: Role,
        created: Timestamp,
        parts: Vec<Part>,
    ) -> Self {
        let siblings = Siblings::default();
        Self { id, chat, parent: None, role, created, parts, answer: None, siblings, bot: None }
    }

    /// All text parts, joined by blank lines: what *Copy* copies.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text { text } => Some(text.as_str()),
                Part::Thinking { .. }
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Image { .. }
                | Part::File { .. }
                | Part::Notice { .. } => None,
            })
            .collect();
        texts.join("\n\n")
    }

    /// Whether events may still arrive for it.
    pub fn is_open(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.status == AnswerStatus::Open)
    }
}

/// Place of a message among the children of its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Siblings {
    /// From 0, by creation.
    pub index: u32,
    /// At least 1.
    pub count: u32,
}

impl Default for Siblings {
    fn default() -> Self {
        Self { index: 0, count: 1 }
    }
}

/// A part of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Part {
    /// Markdown.
    Text {
        /// The text.
        text: String,
    },
    /// What the model thought.
    Thinking {
        /// The text; may be empty where only opaque data came.
        text: String,
        /// When the first of it came.
        started: Timestamp,
        /// When the model went on to something else.
        ended: Option<Timestamp>,
        /// Signatures and the like: goes back only to the model that made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Value>,
    },
    /// The model asks for a tool.
    ToolCall {
        /// Joins it to its result.
        id: ToolCallId,
        /// The tool's name.
        tool: String,
        /// Arguments as the model gave them.
        args: Value,
    },
    /// What the tool said.
    ToolResult {
        /// The call it answers.
        id: ToolCallId,
        /// Output for the model.
        result: String,
        /// False when the tool failed or was denied.
        success: bool,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// A picture, by address; loaded only after a click.
    Image {
        /// Where it is, or a `data:` address.
        url: String,
        /// What it shows.
        alt: String,
    },
    /// An attached file.
    File {
        /// Its name.
        name: String,
        /// Its text.
        text: String,
    },
    /// A visible remark of the app about the answer.
    Notice {
        /// How serious.
        level: super::NotificationLevel,
        /// What callers match on.
        code: String,
        /// For people.
        message: String,
        /// What of the chat it keeps from the model, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        covers: Option<Covers>,
    },
}

/// The start of a chat that is kept from the model, to make room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Covers {
    /// The last message that is kept from the model.
    pub through: MessageId,
    /// What stands in its place; without it, nothing does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The user took it back: the model sees all again.
    #[serde(default)]
    pub undone: bool,
}

/// Who answered, how it went and what it took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The model that answered.
    pub model: ModelId,
    /// The run that made it.
    pub run: RunId,
    /// How it ended, or that it has not.
    pub status: AnswerStatus,
    /// Chosen for this message only: differs from the chat's model at the time.
    pub one_off: bool,
    /// Parameters sent with the request.
    pub params: Params,
    /// What it took, as far as known.
    pub usage: Usage,
    /// From the request to the first content.
    pub first_token_ms: Option<u64>,
    /// From the request to the end.
    pub duration_ms: Option<u64>,
    /// What went wrong, for `Failed` and `Interrupted`.
    pub error: Option<ErrorInfo>,
    /// How full the model's context was with the last model call.
    pub context: Option<ContextUse>,
    /// Its column, where one question went to several models at once: from 0.
    pub column: Option<u8>,
}

impl Answer {
    /// An answer of which nothing has come yet.
    pub fn open(model: ModelId, run: RunId) -> Self {
        Self {
            model,
            run,
            status: AnswerStatus::Open,
            one_off: false,
            params: Params::default(),
            usage: Usage::default(),
            first_token_ms: None,
            duration_ms: None,
            error: None,
            context: None,
            column: None,
        }
    }
}

/// How full a model's context is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContextUse {
    /// Tokens used, the answer included.
    pub used: u64,
    /// Tokens there are, where known.
    pub limit: Option<u64>,
    /// Counted here and not by the provider.
    pub estimated: bool,
}

impl ContextUse {
    /// Share of the limit, where it is known: 1 is full.
    pub fn share(&self) -> Option<f64> {
        let limit = self.limit.filter(|limit| *limit > 0)?;
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
        let share = self.used as f64 / limit as f64;
        Some(share)
    }
}

/// How an answer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerStatus {
    /// Still arriving.
    Open,
    /// Ended by the model.
    Complete,
    /// Ended by the user.
    Stopped,
    /// Broke off after content had arrived; what arrived is kept.
    Interrupted,
    /// Failed before any content.
    Failed,
}

/// Request parameters; `None` leaves the provider's default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Params {
    /// Sampling temperature.
    pub temperature: Option<f32>,
    /// Nucleus sampling.
    #[serde(alias = "top_p")]
    pub top_p: Option<f32>,
    /// Cap on the answer, in tokens.
    #[serde(alias = "max_tokens")]
    pub max_tokens: Option<u32>,
    /// How long the model thinks.
    pub effort: Option<Effort>,
    /// Words at which the answer ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// Instructions that stand before all messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

impl Params {
    /// These, with what is set in `over` in their place.
    #[must_use]
    pub fn with(&self, over: &Self) -> Self {
        Self {
            temperature: over.temperature.or(self.temperature),
            top_p: over.top_p.or(self.top_p),
            max_tokens: over.max_tokens.or(self.max_tokens),
            effort: over.effort.or(self.effort),
            stop: if over.stop.is_empty() { self.stop.clone() } else { over.stop.clone() },
            system: over.system.clone().or_else(|| self.system.clone()),
        }
    }

    /// Of these, what `base` does not say already.
    #[must_use]
    pub fn beyond(self, base: &Self) -> Self {
        Self {
            temperature: self.temperature.filter(|_| self.temperature != base.temperature),
            top_p: self.top_p.filter(|_| self.top_p != base.top_p),
            max_tokens: self.max_tokens.filter(|_| self.max_tokens != base.max_tokens),
            effort: self.effort.filter(|_| self.effort != base.effort),
            stop: if self.stop == base.stop { Vec::new() } else { self.stop },
            system: self.system.filter(|system| base.system.as_ref() != Some(system)),
        }
    }
}

/// How long a model thinks before it answers, from not at all to as long as it can.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// A little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As long as it can.
    Max,
}

impl Effort {
    /// All, from the least.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// The effort to ask a model for that knows these: the wanted one, else the next below, else
    /// the next above. Who wants any thinking is never given none; nothing where that is all the
    /// model knows. So a chat keeps its effort when its model changes.
    pub fn nearest(known: &[Self], wanted: Self) -> Option<Self> {
        if known.contains(&wanted) {
            return Some(wanted);
        }
        let thinking = || known.iter().copied().filter(|effort| *effort != Self::None);
        thinking().filter(|effort| *effort < wanted).max().or_else(|| thinking().min())
    }

    /// As the providers' APIs spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::None => "No thinking",
            Self::Minimal => "Minimal",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Xhigh => "Very high",
            Self::Max => "Maximum",
        }
    }
}

/// Tokens and money, as far as known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub prompt_tokens: Option<u64>,
    /// Tokens of the answer, thinking included.
    pub completion_tokens: Option<u64>,
    /// Those of the request that the provider had in its cache.
    pub cached_tokens: Option<u64>,
    /// Those of the request that the provider put into its cache.
    pub cache_write_tokens: Option<u64>,
    /// US dollars.
    pub cost_usd: Option<f64>,
}

impl Usage {
    /// Prompt and completion together, where either is known.
    pub fn total_tokens(&self) -> Option<u64> {
        match (self.prompt_tokens, self.completion_tokens) {
            (None, None) => None,
            (prompt, completion) => {
                Some(prompt.unwrap_or(0).saturating_add(completion.unwrap_or(0)))
            }
        }
    }

    /// Adds the usage of another turn of the same run.
    pub fn add(&mut self, other: &Self) {
        fn sum<T>(a: Option<T>, b: Option<T>, add: impl FnOnce(T, T) -> T) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(add(a, b)),
                (a, b) => a.or(b),
            }
        }
        // Counts are what servers claim.
        let tokens = |a, b| sum(a, b, u64::saturating_add);
        self.prompt_tokens = tokens(self.prompt_tokens, other.prompt_tokens);
        self.completion_tokens = tokens(self.completion_tokens, other.completion_tokens);
        self.cached_tokens = tokens(self.cached_tokens, other.cached_tokens);
        self.cache_write_tokens = tokens(self.cache_write_tokens, other.cache_write_tokens);
        self.cost_usd = sum(self.cost_usd, other.cost_usd, |a, b| a + b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_that_a_model_does_not_know_is_the_next_lower_that_thinks() {
        use Effort::{High, Low, Max, Medium, Minimal, None, Xhigh};
        let table: [(&[Effort], Effort, Option<Effort>); 12] = [
            (&[None, Low, Medium, High, Max], Medium, Some(Medium)),
            (&[None, Low, Medium, High, Max], Xhigh, Some(High)),
            (&[None, Low, Medium, High, Max], Minimal, Some(Low)),
            (&[None, Low, Medium, High, Max], None, Some(None)),
            (&[Low, Medium, High], None, Some(Low)),
            (&[Low, Medium, High], Max, Some(High)),
            (&[Max, Low], High, Some(Low)),
            (&[None, High], Low, Some(High)),
            (&[None], Low, Option::None),
            (&[None], None, Some(None)),
            (&[], High, Option::None),
            (&[], None, Option::None),
        ];
        for (known, wanted, expected) in table {
            assert_eq!(Effort::nearest(known, wanted), expected, "{wanted:?} of {known:?}");
        }
    }
}
