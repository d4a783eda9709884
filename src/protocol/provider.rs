//! Providers and models, as settings, lists and the picker see them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ModelId, ProviderError, ProviderId};

/// Which API a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderKind {
    /// Built in: answers about this app, offline.
    Guide,
    /// Chat completions, as OpenAI and many others serve them.
    Openai,
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
    pub context: Option<u64>,
    /// US dollars per million prompt tokens.
    pub price_in: Option<f64>,
    /// US dollars per million completion tokens.
    pub price_out: Option<f64>,
    /// Takes images.
    pub vision: bool,
    /// Calls tools.
    pub tools: bool,
    /// Thinks before it answers.
    pub thinking: bool,
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
            id: self.id.into(),
            name: self.name.to_owned(),
            kind: self.kind,
            url: self.url.to_owned(),
            key_env: Some(self.key_env.to_owned()),
        }
    }
}
