//! What is kept of a model's thinking so that it can go back to it.

use serde_json::{Value, json};

/// The reasoning items that led to one message or call.
#[derive(Debug, PartialEq)]
pub(super) struct Kept<'a> {
    /// Exactly as they came.
    pub(super) items: Vec<&'a Value>,
    /// What follows them.
    pub(super) next: Next<'a>,
}

/// What must be said again of the item that reasoning led to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Next<'a> {
    /// Its id.
    pub(super) id: Option<&'a str>,
    /// Of a message: whether it was a remark on the way or the answer. Models answer worse where
    /// it is not sent back.
    pub(super) phase: Option<&'a str>,
}

impl<'a> Kept<'a> {
    /// Reads what [`write`] wrote; nothing where it is something else, as of another API.
    pub(super) fn read(opaque: &'a Value) -> Option<Self> {
        let items = opaque["items"].as_array()?.iter().filter(|item| is_whole(item));
        let items: Vec<&Value> = items.collect();
        let next = Next { id: opaque["next"].as_str(), phase: opaque["phase"].as_str() };
        Some(Self { items, next }).filter(|kept| !kept.items.is_empty())
    }
}

/// The opaque data of a thinking part.
pub(super) fn write(items: &[Value], next: Next<'_>) -> Value {
    let mut kept = json!({ "items": items });
    for (name, value) in [("next", next.id), ("phase", next.phase)] {
        if let Some(value) = value {
            kept[name] = value.into();
        }
    }
    kept
}

/// Whether a reasoning item can go back: without its encrypted content it is only a name for
/// something that the provider has not kept.
pub(super) fn is_whole(item: &Value) -> bool {
    item["type"] == "reasoning"
        && item["encrypted_content"].as_str().is_some_and(|content| !content.is_empty())
}
