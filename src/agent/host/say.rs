//! Frames as text, each spelled once.

use std::sync::Arc;

use serde::Serialize;

use crate::protocol::{Frame, PROTOCOL_VERSION, RunEvent, ServerMessage};

#[derive(Serialize)]
struct Versioned<'a, T> {
    #[serde(flatten)]
    said: &'a T,
    v: u32,
}

/// A message as it stands on the wire.
pub(super) fn spell(message: &ServerMessage) -> Arc<str> {
    versioned(message)
}

/// Something without a place in a run, with the version of the wire.
pub(super) fn versioned<T: Serialize>(said: &T) -> Arc<str> {
    text(&Versioned { said, v: PROTOCOL_VERSION })
}

/// An event of a run as it stands on the wire.
pub(super) fn frame(event: RunEvent) -> Arc<str> {
    text(&Frame::from(event))
}

fn text<T: Serialize>(said: &T) -> Arc<str> {
    serde_json::to_string(said)
        .unwrap_or_else(|error| {
            // Only maps with keys that are no text cannot be spelled, and there are none.
            tracing::error!(%error, "a frame could not be spelled");
            r#"{"type":"nothing"}"#.to_owned()
        })
        .into()
}
