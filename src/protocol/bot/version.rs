//! A bot's version: two numbers.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A version, `major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BotVersion {
    /// Grows when the bot is another one.
    pub major: u32,
    /// Grows with each change.
    pub minor: u32,
}

impl BotVersion {
    /// That of a new bot.
    pub const FIRST: Self = Self { major: 1, minor: 0 };

    /// The version after a change.
    #[must_use]
    pub fn next(self) -> Self {
        Self { minor: self.minor.saturating_add(1), ..self }
    }
}

impl fmt::Display for BotVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text is no version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a version; write two numbers in quotes, for example \"1.0\"")]
pub struct ParseBotVersionError(String);

impl FromStr for BotVersion {
    type Err = ParseBotVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            let leads = digits.len() > 1 && digits.starts_with('0');
            if plain && !leads { digits.parse().ok() } else { None }
        };
        text.split_once('.')
            .and_then(|(major, minor)| Some(Self { major: number(major)?, minor: number(minor)? }))
            .ok_or_else(|| ParseBotVersionError(text.to_owned()))
    }
}

impl Serialize for BotVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BotVersion {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for BotVersion {
    fn schema_name() -> Cow<'static, str> {
        "BotVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Two numbers, in quotes: \"1.0\".",
            "type": "string",
            "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_two_numbers_and_sort_as_numbers() {
        let version = |text: &str| text.parse::<BotVersion>();
        assert!(version("1.10").unwrap() > version("1.9").unwrap());
        assert_eq!(version("2.0").unwrap().next().to_string(), "2.1");
        for wrong in ["", "1", "1.", ".1", "1.2.3", "1.x", "-1.0", "01.0", "1.+2", "99999999999.0"]
        {
            assert!(version(wrong).is_err(), "{wrong:?}");
        }
    }
}
