//! What arrives: the events of a response, and whole responses.
//!
//! A field of another shape than expected counts as missing, so that one odd field costs no
//! answer. Fields that are not read are skipped without being built: pictures come as megabytes.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// One event, whatever its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireEvent<'a> {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<WireKind>,
    #[serde(deserialize_with = "lenient")]
    pub(super) sequence_number: Option<u64>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub(super) delta: Option<WireText<'a>>,
    /// All that the deltas of a block said.
    #[serde(borrow, deserialize_with = "lenient")]
    pub(super) text: Option<WireText<'a>>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub(super) refusal: Option<WireText<'a>>,
    #[serde(borrow)]
    pub(super) item: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) response: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) error: Option<&'a RawValue>,
}

/// Text that is borrowed where it holds no escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(super) struct WireText<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The kinds that say something here. All others tell how tools of the provider get on, repeat
/// what was said, or are newer than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum WireKind {
    #[serde(rename = "response.created", alias = "response.queued", alias = "response.in_progress")]
    Begun,
    #[serde(rename = "response.output_item.added")]
    ItemAdded,
    #[serde(rename = "response.output_item.done")]
    ItemDone,
    #[serde(
        rename = "response.content_part.added",
        alias = "response.reasoning_summary_part.added"
    )]
    BlockAdded,
    #[serde(rename = "response.output_text.delta")]
    TextDelta,
    #[serde(rename = "response.output_text.done")]
    TextDone,
    #[serde(rename = "response.refusal.delta")]
    RefusalDelta,
    #[serde(rename = "response.refusal.done")]
    RefusalDone,
    #[serde(rename = "response.reasoning_text.delta")]
    ReasoningDelta,
    #[serde(rename = "response.reasoning_text.done")]
    ReasoningDone,
    #[serde(rename = "response.reasoning_summary_text.delta")]
    SummaryDelta,
    #[serde(rename = "response.reasoning_summary_text.done")]
    SummaryDone,
    #[serde(rename = "response.completed")]
    Completed,
    #[serde(rename = "response.incomplete")]
    Incomplete,
    #[serde(rename = "response.failed")]
    Failed,
    /// Not in the reference, but sent for a background answer that was cancelled elsewhere.
    #[serde(rename = "response.cancelled")]
    Cancelled,
    #[serde(rename = "error")]
    Error,
    #[serde(other)]
    Other,
}

/// A response, as events carry it and as it comes whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireResponse<'a> {
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) status: Option<WireStatus>,
    #[serde(deserialize_with = "lenient")]
    pub(super) background: Option<bool>,
    #[serde(borrow, deserialize_with = "lenient")]
    pub(super) output: Option<Vec<&'a RawValue>>,
    pub(super) usage: Value,
    pub(super) error: Value,
    pub(super) incomplete_details: Value,
}

/// How a response stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireStatus {
    Failed,
    Incomplete,
    Cancelled,
    Queued,
    InProgress,
    /// `completed`, and whatever else servers call it.
    #[serde(other)]
    Completed,
}

/// What of an item decides whether the rest of it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WireItemHead {
    #[serde(rename = "type", deserialize_with = "lenient")]
    pub(super) kind: Option<WireItemKind>,
    #[serde(deserialize_with = "lenient")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub(super) phase: Option<String>,
}

/// The kinds of items that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum WireItemKind {
    Message,
    Reasoning,
    FunctionCall,
    /// The provider's own tools, and what is newer than this.
    #[serde(other)]
    Other,
}

/// A value, or nothing where there is none of this type.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}
