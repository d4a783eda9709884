//! Frames that the gateway writes.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::protocol::{
    BadFrame, ErrorKind, FromServer, NotificationLevel, PROTOCOL_VERSION, RunId, Seq,
    ServerMessage, StreamEvent, Welcome, read_from_server,
};

/// What a frame is about, in brief.
const LONGEST_REASON: usize = 200;

/// What of a client's own words is repeated, in letters.
const LONGEST_WORD: usize = 64;

#[derive(Serialize)]
struct Versioned<'a, T> {
    #[serde(flatten)]
    message: &'a T,
    v: u32,
}

/// A message as it stands on the wire, with the version.
pub fn spell(message: &ServerMessage) -> Arc<str> {
    versioned(message)
}

/// A remark that belongs to no run.
pub fn notification(level: NotificationLevel, code: &str, message: &str) -> Arc<str> {
    versioned(&StreamEvent::notification(level, code, message))
}

/// A client's own words, as they may stand in a log or an answer: short, and on one line.
pub fn brief(text: &str) -> String {
    let mut said: String = text.chars().take(LONGEST_WORD).flat_map(char::escape_debug).collect();
    if text.chars().nth(LONGEST_WORD).is_some() {
        said.push('…');
    }
    said
}

/// The gateway stops.
pub(super) fn stopping() -> Arc<str> {
    let message = "The gateway stops. What runs is kept";
    notification(NotificationLevel::Warning, "server_stopping", message)
}

fn versioned<T: Serialize>(message: &T) -> Arc<str> {
    match serde_json::to_string(&Versioned { message, v: PROTOCOL_VERSION }) {
        Ok(text) => text.into(),
        // Only maps with keys that are no text cannot be written, and there are none.
        Err(error) => {
            tracing::error!(%error, "a frame cannot be written");
            r#"{"type":"notification","payload":{"level":"error","code":"internal","message":"A frame could not be written"},"v":1}"#.into()
        }
    }
}

/// Answers a frame that cannot be read, by its name where it has one.
pub(super) fn bad_frame(text: Option<&str>, bad: &BadFrame) -> Arc<str> {
    refusal(text.and_then(name_of), bad)
}

/// Answers a frame of this name that has no place.
pub(super) fn refusal(id: Option<String>, bad: &BadFrame) -> Arc<str> {
    let message: String = bad.0.chars().take(LONGEST_REASON).collect();
    spell(&ServerMessage::Error {
        id,
        message: format!("The frame cannot be read: {message}"),
        code: "bad_frame".to_owned(),
        kind: ErrorKind::BadRequest,
        retryable: false,
    })
}

/// The welcome in a frame.
pub(super) fn welcome(text: &str) -> Option<Box<Welcome>> {
    let FromServer::Said(said) = read_from_server(text).ok()? else { return None };
    if let ServerMessage::Welcome(welcome) = *said { Some(Box::new(welcome)) } else { None }
}

/// What decides about the way of a frame. The rest of it is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    run_id: Option<RunId>,
    #[serde(default)]
    seq: Option<Seq>,
    #[serde(default)]
    payload: Named,
}

/// Who is answered.
#[derive(Debug, Default, Deserialize)]
struct Named {
    #[serde(default)]
    id: Option<String>,
}

impl<'a> Head<'a> {
    /// Of a frame of the host.
    pub(super) fn of(frame: &'a str) -> Self {
        serde_json::from_str(frame).unwrap_or_default()
    }

    pub(super) fn is_welcome(&self) -> bool {
        self.kind == "welcome"
    }

    /// Its place in a run.
    pub(super) fn event(&self) -> Option<(RunId, Seq)> {
        self.run_id.zip(self.seq)
    }

    /// Whether it says what became of a command.
    pub(super) fn is_answer(&self) -> bool {
        self.event().is_none() && matches!(&*self.kind, "ack" | "error")
    }

    /// The command that it answers, lists included.
    pub(super) fn answers(&self) -> Option<&str> {
        if self.event().is_some() {
            return None;
        }
        self.payload.id.as_deref()
    }
}

fn name_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: String,
    }
    serde_json::from_str::<Named>(text).ok().map(|named| named.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{FromServer, read_from_server};

    #[test]
    fn what_a_client_says_is_repeated_in_brief_and_on_one_line() {
        assert_eq!(brief("dance"), "dance");
        assert_eq!(brief("a\nb\u{1b}"), r"a\nb\u{1b}");
        assert_eq!(brief(&"x".repeat(1 << 20)).chars().count(), LONGEST_WORD + 1);
    }

    #[test]
    fn a_bad_frame_is_answered_by_its_name_and_bears_the_version() {
        let said = bad_frame(Some(r#"{"type":1,"id":"seven"}"#), &BadFrame("x".repeat(10_000)));
        let value: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(value["v"], 1);
        assert!(said.len() < 500);
        let FromServer::Said(said) = read_from_server(&said).unwrap() else { panic!() };
        let ServerMessage::Error { id, code, .. } = *said else { panic!() };
        assert_eq!((id.as_deref(), code.as_str()), (Some("seven"), "bad_frame"));
    }
}
