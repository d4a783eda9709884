//! Bots: what they are told, how they answer and what they may use. A template file holds one.

mod cast;
pub mod check;
mod edited;
mod entry;
mod import;
mod look;
mod rename;
mod room;
mod told;
mod turns;
mod unwrap;
mod version;

pub use cast::{Cast, CastMember, CastRoom, ChatBot, StartChat};
pub use edited::EditedBot;
pub use entry::{
    BotEntry, BotFormat, BotOrigin, BotProblem, BotRead, BotVersionInfo, Haystack, Library,
};
pub use import::Conflict;
pub use look::{BotColor, BotIcon, Category};
pub use room::{Room, RoomMember, SpeakingOrder};
pub use turns::{NextSpeaker, Round};
pub use unwrap::unwrapped;
pub use version::{BotVersion, ParseBotVersionError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BotId, Effort, ModelId, Params, Role};

/// A bot, or a room of several, as its file holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// Lower case letters, digits and dashes; unique in the gallery.
    pub id: BotId,
    /// Grows with each change.
    pub version: BotVersion,
    /// For people.
    pub name: String,
    /// One sentence: what it does.
    pub description: String,
    /// Where it stands in the gallery.
    pub category: Category,
    /// Words to find it by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// What stands in its tile.
    #[serde(default)]
    pub icon: BotIcon,
    /// The colour of its tile.
    #[serde(default)]
    pub color: BotColor,
    /// What the model is told. In a room, what all its members are told.
    pub instructions: String,
    /// Which models suit it.
    #[serde(default, skip_serializing_if = "ModelPreference::is_any")]
    pub model: ModelPreference,
    /// How it answers.
    #[serde(default, skip_serializing_if = "BotParameters::is_default")]
    pub parameters: BotParameters,
    /// What it may use: the least that it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolNeed>,
    /// Messages that a chat opens with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seeds: Vec<Seed>,
    /// Messages to begin with, for the user to pick from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starters: Vec<String>,
    /// What is asked before a chat begins. `{{name}}` in the texts stands for the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<Variable>,
    /// Who takes part, where several bots do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Room>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub author: String,
    /// How it may be used, as an SPDX identifier.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub license: String,
    /// What a character card held that has no field here, kept for its way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Value>,
}

/// Which models suit a bot. Either abilities and a price class, or a list in order of liking.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ModelPreference {
    /// What the model must be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub abilities: Vec<Ability>,
    /// What it may cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<PriceClass>,
    /// The first of these that can be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<String>")]
    pub ids: Vec<ModelId>,
}

impl ModelPreference {
    /// Whether any model will do.
    pub fn is_any(&self) -> bool {
        *self == Self::default()
    }
}

/// What a model can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Ability {
    /// Sees images.
    Vision,
    /// Calls tools.
    Tools,
    /// Thinks before it answers.
    Thinking,
    /// Answers in JSON by a schema.
    Json,
}

/// What a model costs, in US dollars per million tokens written.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PriceClass {
    /// Up to 2 dollars.
    Low,
    /// Up to 10 dollars.
    Medium,
    /// Whatever it costs.
    High,
}

/// How a bot answers; what is not set is left to the chat.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct BotParameters {
    /// Sampling temperature, 0 to 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 2.0))]
    pub temperature: Option<f32>,
    /// Nucleus sampling, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub top_p: Option<f32>,
    /// Cap on an answer, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_tokens: Option<u32>,
    /// How long the model thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effort: Option<Effort>,
    /// Words at which an answer ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
}

impl BotParameters {
    /// Whether nothing is set.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&BotParameters> for Params {
    fn from(set: &BotParameters) -> Self {
        let BotParameters { temperature, top_p, max_tokens, effort, stop } = set.clone();
        Self { temperature, top_p, max_tokens, effort, stop, system: None }
    }
}

/// A tool that a bot asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolNeed {
    /// Its name, one of [`super::TOOLS`].
    pub name: String,
    /// What for, in a sentence for people.
    pub reason: String,
}

/// A message that a chat opens with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// `assistant` or `user`.
    pub role: Role,
    /// Markdown.
    pub content: String,
    /// Who says it, by id: in a room, for the assistant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<BotId>,
}

/// Something that is asked before a chat begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Letters, digits and `_`; `{{name}}` in the texts.
    pub name: String,
    /// The question, for people.
    pub label: String,
    /// What kind of answer.
    #[serde(default)]
    pub kind: VariableKind,
    /// What stands there at first. A variable without a default must be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What may be chosen, for `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
}

/// What kind of answer a variable wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    /// A line.
    #[default]
    Text,
    /// Several lines.
    LongText,
    /// A number.
    Number,
    /// One of several.
    Choice,
}

impl Bot {
    /// A bot with nothing but a name.
    pub fn blank(id: BotId, name: impl Into<String>) -> Self {
        Self {
            id,
            version: BotVersion::FIRST,
            name: name.into(),
            description: String::new(),
            category: Category::Productivity,
            tags: Vec::new(),
            icon: BotIcon::default(),
            color: BotColor::default(),
            instructions: String::new(),
            model: ModelPreference::default(),
            parameters: BotParameters::default(),
            tools: Vec::new(),
            seeds: Vec::new(),
            starters: Vec::new(),
            variables: Vec::new(),
            room: None,
            author: String::new(),
            license: String::new(),
            card: None,
        }
    }
}
