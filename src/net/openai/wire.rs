//! What arrives: chunks of a streamed completion, and whole ones, which have the same shape.
//!
//! Every field is optional, null or missing alike; fields that are not read are skipped without
//! being built.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireChunk {
    /// The first choice; more than one is never asked for.
    #[serde(deserialize_with = "first")]
    pub(super) choices: Option<WireChoice>,
    pub(super) usage: Option<Value>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireChoice {
    pub(super) delta: Option<WireDelta>,
    /// In place of `delta` in a whole completion.
    pub(super) message: Option<WireDelta>,
    pub(super) finish_reason: Option<WireFinish>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireDelta {
    pub(super) content: Option<WireContent>,
    pub(super) refusal: Option<String>,
    /// OpenRouter, Groq, Ollama, vLLM.
    pub(super) reasoning: Option<String>,
    /// DeepSeek, llama.cpp, LM Studio, older vLLM.
    pub(super) reasoning_content: Option<String>,
    /// OpenRouter.
    pub(super) reasoning_details: Option<Vec<WireDetail>>,
    pub(super) tool_calls: Option<Vec<WireToolCall>>,
}

/// Text, or with Mistral's thinking models a list of blocks.
#[derive(Debug, PartialEq)]
pub(super) enum WireContent {
    Text(String),
    Blocks { thinking: String, text: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireDetail {
    #[serde(rename = "type")]
    pub(super) kind: WireDetailKind,
    pub(super) text: Option<String>,
    pub(super) summary: Option<String>,
    pub(super) data: Option<String>,
    pub(super) signature: Option<String>,
    pub(super) id: Option<String>,
    pub(super) format: Option<String>,
    pub(super) index: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum WireDetailKind {
    #[serde(rename = "reasoning.text")]
    Text,
    #[serde(rename = "reasoning.summary")]
    Summary,
    #[serde(rename = "reasoning.encrypted")]
    Encrypted,
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireToolCall {
    pub(super) index: Option<u64>,
    pub(super) id: Option<String>,
    pub(super) function: Option<WireFunction>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireFunction {
    pub(super) name: Option<String>,
    /// A string that grows; some servers send the object itself.
    pub(super) arguments: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireFinish {
    #[serde(alias = "max_tokens", alias = "MAX_TOKENS")]
    Length,
    #[serde(alias = "function_call", alias = "tool_use")]
    ToolCalls,
    #[serde(alias = "SAFETY", alias = "safety", alias = "refusal")]
    ContentFilter,
    Error,
    /// Sent in place of null.
    #[serde(rename = "")]
    Empty,
    /// `stop`, and whatever else servers call it.
    #[serde(other)]
    Stop,
}

fn first<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WireChoice>, D::Error> {
    struct First;

    impl<'de> Visitor<'de> for First {
        type Value = Option<WireChoice>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of choices")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let first = list.next_element()?;
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(first)
        }
    }

    deserializer.deserialize_any(First)
}

impl<'de> Deserialize<'de> for WireContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Content;

        impl<'de> Visitor<'de> for Content {
            type Value = WireContent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of blocks")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(WireContent::Text(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(WireContent::Text(text))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let (mut thinking, mut text) = (String::new(), String::new());
                while let Some(block) = list.next_element::<Value>()? {
                    collect(&block["text"], &mut text);
                    collect(&block["thinking"], &mut thinking);
                }
                Ok(WireContent::Blocks { thinking, text })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(WireContent::Text(String::new()))
            }
        }

        deserializer.deserialize_any(Content)
    }
}

fn collect(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(blocks) => blocks.iter().for_each(|block| collect(&block["text"], into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}
