//! Providers and models, as settings, lists and the picker see them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Effort, ModelId, ProviderError, ProviderId, Timestamp, Usage};

/// Which API a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Built in: answers about this app, offline.
    Guide,
    /// Chat completions, as OpenAI and many others serve them.
    Openai,
    /// OpenAI's Responses API.
    Responses,
    /// Anthropic's messages API.
    Anthropic,
}

impl ProviderKind {
    /// As `config.toml` and the command line spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guide => "guide",
            Self::Openai => "openai",
            Self::Responses => "responses",
            Self::Anthropic => "anthropic",
        }
    }
}

/// A configured provider: what `config.toml` keeps. The key is never part of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderConfig {
    /// First part of its models' ids.
    pub id: ProviderId,
    /// For people.
    pub name: String,
    /// Which API.
    pub kind: ProviderKind,
    /// Base address, up to and including `/v1`.
    pub url: String,
    /// Environment variable that holds the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_env: Option<String>,
    /// What most need not set.
    #[serde(default, skip_serializing_if = "ProviderOptions::is_default")]
    pub options: ProviderOptions,
}

impl ProviderConfig {
    /// A provider of which no more is set than must be.
    pub fn new(
        id: impl Into<ProviderId>,
        name: impl Into<String>,
        kind: ProviderKind,
        url: impl Into<String>,
    ) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            kind,
            url: url.into(),
            key_env: None,
            options: ProviderOptions::default(),
        }
    }
}

/// What most providers need not set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderOptions {
    /// Sent with every request, by name. Never the key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A file with certificates (PEM) that are trusted besides the system's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Seconds a connection may take to be made; 10 without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout_s: Option<u32>,
    /// Seconds of silence after which an answer counts as broken; the app's own setting without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout_s: Option<u32>,
    /// Version of the API, for servers that know only an older one (Anthropic).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Answers run on at the provider when the connection is gone, and are kept there for a
    /// while (Responses).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub background: bool,
}

impl ProviderOptions {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a provider's key comes from. Shown; the key itself never is, but for its last four characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// None is there.
    Missing,
    /// None is needed: built in, or a local server.
    NotNeeded,
    /// An environment variable.
    Environment {
        /// Its name.
        variable: String,
        /// Last four characters.
        tail: String,
    },
    /// The system keychain.
    Keychain {
        /// Last four characters.
        tail: String,
    },
    /// A file only the user can read.
    File {
        /// Last four characters.
        tail: String,
    },
}

/// Where new keys go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptIn {
    /// The system's keychain.
    Keychain,
    /// A file only the user can read.
    File(PathBuf),
}

/// How a provider stands.
#[derive(Clone, Debug, PartialEq)]
pub enum ProviderStatus {
    /// Not asked yet.
    Unknown,
    /// Being asked.
    Checking,
    /// It answered; its models are known.
    Ready,
    /// It cannot be used until a key is given.
    NeedsKey,
    /// It answered with an error, or not at all.
    Failed(ProviderError),
}

/// A provider with all that the window shows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderState {
    /// Its configuration.
    pub config: ProviderConfig,
    /// Where the key comes from.
    pub key: KeySource,
    /// How it stands.
    pub status: ProviderStatus,
    /// Its models; the last known ones when it cannot be reached.
    pub models: Vec<ModelInfo>,
    /// When they were asked for last; none where they never were.
    pub listed: Option<Timestamp>,
    /// Found by itself (a local server, a key in the environment), not configured.
    pub discovered: bool,
}

/// What is known of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelInfo {
    /// `provider/model`.
    pub id: ModelId,
    /// For people.
    pub name: String,
    /// Context window, in tokens.
    #[serde(default)]
    pub context: Option<u64>,
    /// The most it writes at once, in tokens.
    #[serde(default)]
    pub output: Option<u64>,
    /// US dollars per million prompt tokens.
    #[serde(default)]
    pub price_in: Option<f64>,
    /// US dollars per million completion tokens.
    #[serde(default)]
    pub price_out: Option<f64>,
    /// US dollars per million prompt tokens that the provider has in its cache.
    #[serde(default)]
    pub price_cached: Option<f64>,
    /// What it can do.
    #[serde(default)]
    pub abilities: Abilities,
    /// The parameters it takes.
    #[serde(default)]
    pub takes: Takes,
    /// The day after which it is gone, as `2026-07-23`.
    #[serde(default)]
    pub retires: Option<String>,
    /// The user does not want to see it in lists.
    #[serde(default)]
    pub hidden: bool,
}

impl ModelInfo {
    /// A model of which nothing is known.
    pub fn unknown(id: ModelId) -> Self {
        Self {
            name: id.model.clone(),
            id,
            context: None,
            output: None,
            price_in: None,
            price_out: None,
            price_cached: None,
            abilities: Abilities::default(),
            takes: Takes::default(),
            retires: None,
            hidden: false,
        }
    }
}

impl ModelInfo {
    /// What tokens cost, where the prices are known. US dollars. Writing to the cache is counted
    /// at a quarter more than reading anew, as the providers that charge for it do.
    pub fn cost(&self, usage: &Usage) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^53")]
        let dollars = |tokens: u64, per_million: f64| tokens as f64 * per_million / 1e6;
        let (price_in, price_out) = (self.price_in?, self.price_out?);
        let prompt = usage.prompt_tokens?;
        let cached = usage.cached_tokens.unwrap_or(0).min(prompt);
        let written = usage.cache_write_tokens.unwrap_or(0).min(prompt - cached);
        let fresh = prompt - cached - written;
        Some(
            dollars(fresh, price_in)
                + dollars(cached, self.price_cached.unwrap_or(price_in))
                + dollars(written, price_in * 1.25)
                + dollars(usage.completion_tokens?, price_out),
        )
    }
}

/// What a model can do; `None` where nobody says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Abilities {
    /// Takes images.
    pub vision: Option<bool>,
    /// Calls tools.
    pub tools: Option<bool>,
    /// Thinks before it answers.
    pub thinking: Option<bool>,
    /// Answers in JSON by a schema.
    pub json: Option<bool>,
}

/// The parameters that a model takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Takes {
    /// The efforts it knows, from the least; empty where it takes none.
    pub efforts: Vec<Effort>,
    /// Sampling temperature.
    pub temperature: bool,
    /// Nucleus sampling.
    pub top_p: bool,
    /// Cap on the answer.
    pub max_tokens: bool,
    /// Words at which the answer ends.
    pub stop: bool,
    /// Instructions before all messages.
    pub system: bool,
}

impl Default for Takes {
    /// What nearly every model takes.
    fn default() -> Self {
        Self {
            efforts: Vec::new(),
            temperature: true,
            top_p: true,
            max_tokens: true,
            stop: true,
            system: true,
        }
    }
}

/// What the user knows better about a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelEdit {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Not shown in lists.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Context window, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    /// US dollars per million prompt tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_in: Option<f64>,
    /// US dollars per million completion tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price_out: Option<f64>,
}

/// A provider that is offered by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownProvider {
    /// First part of its models' ids.
    pub id: &'static str,
    /// For people.
    pub name: &'static str,
    /// Which API.
    pub kind: ProviderKind,
    /// Base address.
    pub url: &'static str,
    /// Environment variable that usually holds its key.
    pub key_env: &'static str,
    /// Where a key can be had.
    pub key_page: &'static str,
    /// One line for people.
    pub blurb: &'static str,
}

impl KnownProvider {
    /// Its configuration.
    pub fn config(&self) -> ProviderConfig {
        ProviderConfig {
            key_env: Some(self.key_env.to_owned()),
            ..ProviderConfig::new(self.id, self.name, self.kind, self.url)
        }
    }
}
