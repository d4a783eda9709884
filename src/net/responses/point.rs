//! Places in the stream of a background response.

use serde_json::{Value, json};

use crate::protocol::{ErrorKind, ProviderError, ResumePoint};

/// A place in a stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Point {
    /// The response's id.
    pub(super) response: String,
    /// The last event that was taken.
    pub(super) after: u64,
    /// Reasoning items that had led to nothing yet.
    pub(super) held: Vec<Value>,
}

/// The place behind an event.
pub(super) fn write(response: &str, after: u64, held: &[Value]) -> ResumePoint {
    let mut point = json!({ "id": response, "after": after });
    if !held.is_empty() {
        point["held"] = held.into();
    }
    ResumePoint(point)
}

/// Reads what [`write`] wrote.
///
/// # Errors
///
/// `BadRequest` for a place of another API.
pub(super) fn read(point: &ResumePoint) -> Result<Point, ProviderError> {
    let id = point.0["id"].as_str().filter(|id| !id.is_empty());
    match (id, point.0["after"].as_u64()) {
        (Some(id), Some(after)) => {
            let held = point.0["held"].as_array().cloned().unwrap_or_default();
            Ok(Point { response: id.to_owned(), after, held })
        }
        (_, _) => {
            let message = "The place at which the answer broke off cannot be read";
            Err(ProviderError::new(ErrorKind::BadRequest, message))
        }
    }
}
