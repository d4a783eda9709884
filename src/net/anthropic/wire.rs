//! What arrives: the events of a streamed message, and whole messages.
//!
//! Only what an event of a known type holds is read, so that new types and new fields of any
//! shape do no harm.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Debug, Deserialize)]
pub(super) struct WireEvent<'a> {
    #[serde(rename = "type", default)]
    pub(super) kind: WireEventKind,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) content_block: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delta: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireEventKind {
    MessageStart,
    ContentBlockStart,
    ContentBlockDelta,
    ContentBlockStop,
    MessageDelta,
    MessageStop,
    Error,
    /// `ping`, and whatever else there will be.
    #[default]
    #[serde(other)]
    Other,
}

/// A whole message, and the one that opens a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireMessage<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Vec<&'a RawValue>>,
    pub(super) stop_reason: Option<WireStop>,
    pub(super) stop_details: Option<Value>,
    #[serde(borrow)]
    pub(super) usage: Option<&'a RawValue>,
    pub(super) error: Option<Value>,
}

/// A part of something that says what it is: the rest is read when that is known.
#[derive(Debug, Deserialize)]
pub(super) struct Typed<T: Default> {
    #[serde(rename = "type", default)]
    pub(super) kind: T,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireBlockKind {
    Text,
    Thinking,
    RedactedThinking,
    ToolUse,
    /// Tools of the provider and what they say, and whatever else there will be.
    #[default]
    #[serde(other)]
    Other,
}

/// A block of text or thinking.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireTextBlock<'a> {
    #[serde(borrow)]
    pub(super) text: Option<WireText<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<WireText<'a>>,
    pub(super) signature: Option<String>,
    /// Of thinking that is hidden.
    pub(super) data: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireToolUse {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
    /// Empty in a stream; deltas follow.
    pub(super) input: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) enum WireDeltaKind {
    #[serde(rename = "text_delta")]
    Text,
    #[serde(rename = "thinking_delta")]
    Thinking,
    #[serde(rename = "signature_delta")]
    Signature,
    #[serde(rename = "input_json_delta")]
    InputJson,
    /// Citations, and whatever else there will be.
    #[default]
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireDelta<'a> {
    #[serde(borrow)]
    pub(super) text: Option<WireText<'a>>,
    #[serde(borrow)]
    pub(super) thinking: Option<WireText<'a>>,
    pub(super) signature: Option<String>,
    #[serde(borrow)]
    pub(super) partial_json: Option<WireText<'a>>,
}

/// What ends a message.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireMessageDelta {
    pub(super) stop_reason: Option<WireStop>,
    pub(super) stop_details: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireStop {
    ToolUse,
    MaxTokens,
    PauseTurn,
    Refusal,
    ModelContextWindowExceeded,
    /// `end_turn`, `stop_sequence`, and whatever else there will be.
    #[serde(other)]
    End,
}

/// Sums of the whole message so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct WireUsage {
    /// Without those of the cache.
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) cache_creation_input_tokens: Option<u64>,
}

/// Text that is borrowed where it holds no escapes.
#[derive(Debug, PartialEq)]
pub(super) struct WireText<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for WireText<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }

        deserializer.deserialize_str(Text).map(Self)
    }
}

/// The text, or nothing.
pub(super) fn text_of(text: Option<WireText<'_>>) -> Cow<'_, str> {
    text.map_or(Cow::Borrowed(""), |text| text.0)
}

impl WireUsage {
    /// Takes what is told anew; what is not told stays.
    pub(super) fn update(&mut self, told: Self) {
        self.input_tokens = told.input_tokens.or(self.input_tokens);
        self.output_tokens = told.output_tokens.or(self.output_tokens);
        self.cache_read_input_tokens =
            told.cache_read_input_tokens.or(self.cache_read_input_tokens);
        self.cache_creation_input_tokens =
            told.cache_creation_input_tokens.or(self.cache_creation_input_tokens);
    }
}
