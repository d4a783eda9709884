//! What is kept of a model's thinking so that it can go back to it.

use serde_json::{Value, json};

/// The reasoning items that led to one message or call.
#[derive(Debug, PartialEq)]
pub(super) struct Kept<'a> {
    /// Exactly as they came.
    pub(super) items: Vec<&'a Value>,
    /// The id of the item that follows them.
    pub(super) next: Option<&'a str>,
}

impl<'a> Kept<'a> {
    /// Reads what [`write`] wrote; nothing where it is something else, as of another API.
    pub(super) fn read(opaque: &'a Value) -> Option<Self> {
        let items = opaque["items"].as_array()?.iter().filter(|item| is_whole(item));
        let items: Vec<&Value> = items.collect();
        Some(Self { items, next: opaque["next"].as_str() }).filter(|kept| !kept.items.is_empty())
    }
}

/// The opaque data of a thinking part.
pub(super) fn write(items: &[Value], next: Option<&str>) -> Value {
    match next {
        Some(next) => json!({ "items": items, "next": next }),
        None => json!({ "items": items }),
    }
}

/// Whether a reasoning item can go back: without its encrypted content it is only a name for
/// something that the provider has not kept.
pub(super) fn is_whole(item: &Value) -> bool {
    item["type"] == "reasoning"
        && item["encrypted_content"].as_str().is_some_and(|content| !content.is_empty())
}
