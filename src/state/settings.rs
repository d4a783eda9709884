//! What is saved in `config.toml`. Live state is in [`super::AppState`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::protocol::{
    Budget, EngineSettings, Fallback, ModelEdit, ModelId, Params, ProviderConfig, ServerConfig,
};

/// The whole of `config.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// For chats that name no model.
    pub default_model: Option<ModelId>,
    /// Shown first in the picker.
    pub favourites: Vec<ModelId>,
    /// How the window looks.
    pub appearance: Appearance,
    /// How chats run.
    pub chat: ChatSettings,
    /// Who answers when a model cannot.
    pub fallback: Fallback,
    /// What may be spent.
    pub budget: Budget,
    /// What the user knows better about models, by their ids.
    pub models: BTreeMap<ModelId, ModelEdit>,
    /// Where answers come from.
    pub providers: Vec<ProviderConfig>,
    /// Remote servers.
    pub servers: Vec<ServerConfig>,
}

impl Settings {
    /// The part that the engine obeys.
    pub fn engine(&self) -> EngineSettings {
        EngineSettings {
            max_turns: self.chat.max_turns,
            idle_timeout_s: self.chat.idle_timeout_s,
            fallback: self.fallback.clone(),
            budget: self.budget,
            title_model: self.chat.title_model.clone(),
            edits: self.models.clone(),
        }
    }
}

/// How the window looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Appearance {
    /// Dark, light or the system's choice.
    pub theme: Theme,
    /// Percent, 80 to 200.
    pub text_size: u16,
    /// Whether the sidebar is shown.
    pub sidebar: bool,
}

impl Appearance {
    /// Least text size, in percent.
    pub const MIN_TEXT_SIZE: u16 = 80;
    /// Greatest text size, in percent.
    pub const MAX_TEXT_SIZE: u16 = 200;

    /// The text size within its bounds, whatever the file says.
    pub fn text_size_clamped(&self) -> u16 {
        self.text_size.clamp(Self::MIN_TEXT_SIZE, Self::MAX_TEXT_SIZE)
    }
}

impl Default for Appearance {
    fn default() -> Self {
        Self { theme: Theme::System, text_size: 100, sidebar: true }
    }
}

/// Dark, light or the system's choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// How chats run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChatSettings {
    /// The most model calls a run may make.
    pub max_turns: u32,
    /// Seconds of silence after which an answer counts as broken.
    pub idle_timeout_s: u32,
    /// The model that names chats; without one they are named by their first words.
    pub title_model: Option<ModelId>,
    /// Request parameters of chats that set none.
    pub params: Params,
}

impl Default for ChatSettings {
    fn default() -> Self {
        Self { max_turns: 25, idle_timeout_s: 120, title_model: None, params: Params::default() }
    }
}
