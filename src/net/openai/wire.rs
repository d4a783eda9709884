//! What arrives: chunks of a streamed completion, and whole ones, which have the same shape.
//!
//! Every field is optional, null or missing alike; fields that are not read are skipped without
//! being built.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};
use serde_json::Value;

use crate::net::template::Target;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireChunk<'a> {
    /// The first choice; more than one is never asked for.
    #[serde(borrow, deserialize_with = "first")]
    pub(super) choices: Option<WireChoice<'a>>,
    pub(super) usage: Option<Value>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireChoice<'a> {
    #[serde(borrow)]
    pub(super) delta: Option<WireDelta<'a>>,
    /// In place of `delta` in a whole completion.
    pub(super) message: Option<WireDelta<'a>>,
    pub(super) finish_reason: Option<WireFinish>,
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireDelta<'a> {
    #[serde(borrow)]
    pub(super) content: Option<WireContent<'a>>,
    pub(super) refusal: Option<String>,
    /// OpenRouter, Groq, Ollama, vLLM.
    pub(super) reasoning: Option<WireText<'a>>,
    /// DeepSeek, llama.cpp, LM Studio, older vLLM.
    pub(super) reasoning_content: Option<WireText<'a>>,
    /// OpenRouter.
    pub(super) reasoning_details: Option<Vec<WireDetail>>,
    pub(super) tool_calls: Option<Vec<WireToolCall>>,
}

/// Text that is borrowed where it holds no escapes.
#[derive(Debug, PartialEq)]
pub(super) struct WireText<'a>(pub(super) Cow<'a, str>);

/// Text, or with Mistral's thinking models a list of blocks.
#[derive(Debug, PartialEq)]
pub(super) enum WireContent<'a> {
    Text(Cow<'a, str>),
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

fn first<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<WireChoice<'a>>, D::Error> {
    struct First<'a>(PhantomData<&'a ()>);

    impl<'de: 'a, 'a> Visitor<'de> for First<'a> {
        type Value = Option<WireChoice<'a>>;

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

    deserializer.deserialize_any(First(PhantomData))
}

impl<'de: 'a, 'a> Deserialize<'de> for WireText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match WireContent::deserialize(deserializer)? {
            WireContent::Text(text) => Ok(Self(text)),
            WireContent::Blocks { text, .. } => Ok(Self(text.into())),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for WireContent<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Content<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for Content<'a> {
            type Value = WireContent<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text or a list of blocks")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(WireContent::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(WireContent::Text(Cow::Owned(text.to_owned())))
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
                Ok(WireContent::Text(Cow::Borrowed("")))
            }
        }

        deserializer.deserialize_any(Content(PhantomData))
    }
}

fn collect(value: &Value, into: &mut String) {
    match value {
        Value::String(text) => into.push_str(text),
        Value::Array(blocks) => blocks.iter().for_each(|block| collect(&block["text"], into)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

impl<'a> WireChunk<'a> {
    /// The text, where a chunk holds nothing else that matters and the text has no escapes.
    pub(super) fn only_text(&self) -> Option<(Target, &'a str)> {
        let Self { choices: Some(choice), usage: None, error: None } = self else { return None };
        let WireChoice { delta: Some(delta), message: None, finish_reason: None, error: None } =
            choice
        else {
            return None;
        };
        let text = match &delta.content {
            None => "",
            Some(WireContent::Text(Cow::Borrowed(text))) => text,
            Some(WireContent::Text(Cow::Owned(_)) | WireContent::Blocks { .. }) => return None,
        };
        let thinking = match (&delta.reasoning, &delta.reasoning_content) {
            (None, None) => "",
            (Some(WireText(Cow::Borrowed(text))), None)
            | (None, Some(WireText(Cow::Borrowed(text)))) => text,
            (Some(_), Some(_) | None) | (None, Some(_)) => return None,
        };
        let has_more = delta.refusal.is_some()
            || delta.reasoning_details.is_some()
            || delta.tool_calls.is_some();
        match (text.is_empty(), thinking.is_empty()) {
            (false, true) if !has_more => Some((Target::Text, text)),
            (true, false) if !has_more => Some((Target::Thinking, thinking)),
            (true | false, true | false) => None,
        }
    }
}
