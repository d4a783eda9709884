//! Newtypes for everything that has an identity, and the source they come from.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// A chat. UUIDv7, so that ids sort by creation time.
    ChatId
);
uuid_id!(
    /// A message of a chat. Made by whoever writes it, so that sending twice is one message.
    MessageId
);
uuid_id!(
    /// One request of the user with all that follows from it.
    RunId
);

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// A configured provider: lower case letters, digits and dashes.
    ProviderId
);
text_id!(
    /// A bot, by the id of its template.
    BotId
);
text_id!(
    /// An agent's session, `<bot>_<number>`.
    SessionId
);
text_id!(
    /// A tool call. Made by the model, so any text.
    ToolCallId
);

/// Names the question that an asynchronous answer belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QueryId(pub u64);

/// Position of an event in its run: 1, 2, 3 … without gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The position after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// Unix time in milliseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Milliseconds from `earlier` to this time; 0 when the clock went backwards.
    pub fn ms_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0)
    }

    /// This time moved into the future.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(i64::try_from(ms).unwrap_or(i64::MAX)))
    }
}

/// A model of a provider, written `provider/model`. The model part may contain slashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId {
    /// Who serves it.
    pub provider: ProviderId,
    /// The provider's own name for it.
    pub model: String,
}

impl ModelId {
    /// Joins a provider and its own name for a model.
    pub fn new(provider: impl Into<ProviderId>, model: impl Into<String>) -> Self {
        Self { provider: provider.into(), model: model.into() }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.provider, self.model)
    }
}

/// The text is not `provider/model`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a model id; write provider/model, for example guide/guide")]
pub struct ParseModelIdError(String);

impl FromStr for ModelId {
    type Err = ParseModelIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().split_once('/') {
            Some((provider, model)) if !provider.is_empty() && !model.is_empty() => {
                Ok(Self::new(provider, model))
            }
            Some(_) | None => Err(ParseModelIdError(text.to_owned())),
        }
    }
}

impl Serialize for ModelId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ModelId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Where new ids come from: UUIDv7 over the caller's clock, passed in so that tests can fix both.
#[derive(Clone, Copy, Debug, Default)]
pub struct IdSource;

impl IdSource {
    fn uuid(self, now: Timestamp) -> Uuid {
        let ms = u64::try_from(now.0).unwrap_or(0);
        let seconds = ms / 1_000;
        let nanos = u32::try_from(ms % 1_000).unwrap_or(0).saturating_mul(1_000_000);
        Uuid::new_v7(uuid::Timestamp::from_unix(uuid::ContextV7::new(), seconds, nanos))
    }

    /// A new chat id.
    pub fn chat(self, now: Timestamp) -> ChatId {
        ChatId(self.uuid(now))
    }

    /// A new message id.
    pub fn message(self, now: Timestamp) -> MessageId {
        MessageId(self.uuid(now))
    }

    /// A new run id.
    pub fn run(self, now: Timestamp) -> RunId {
        RunId(self.uuid(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_id_keeps_slashes_of_the_model() {
        let id: ModelId = "openrouter/anthropic/claude-sonnet-5.5".parse().unwrap();
        assert_eq!(id, ModelId::new("openrouter", "anthropic/claude-sonnet-5.5"));
        assert_eq!(id.to_string(), "openrouter/anthropic/claude-sonnet-5.5");
    }

    #[test]
    fn model_id_without_a_part_is_refused() {
        for text in ["", "guide", "/x", "x/", "  "] {
            assert!(text.parse::<ModelId>().is_err(), "{text:?}");
        }
    }
}
