//! Our types in SQLite's columns, and back.

use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::error::{Result, StoreError};
use crate::protocol::{AnswerStatus, ModelId, Role, Timestamp};

/// An id of 16 bytes.
pub(super) fn uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Uuid> {
    Ok(Uuid::from_bytes(row.get(index)?))
}

/// An id of 16 bytes, where there is one.
pub(super) fn optional_uuid(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<Uuid>> {
    Ok(row.get::<_, Option<[u8; 16]>>(index)?.map(Uuid::from_bytes))
}

/// A time in milliseconds.
pub(super) fn time(row: &Row<'_>, index: usize) -> rusqlite::Result<Timestamp> {
    row.get(index).map(Timestamp)
}

/// A count as SQLite keeps it.
pub(super) fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A count as SQLite kept it.
pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A limit of rows.
pub(super) fn limit(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A model's id. What cannot be read as one is shown rather than hiding the message it stands by.
pub(super) fn model(text: &str) -> ModelId {
    text.parse().unwrap_or_else(|_| ModelId::new("unknown", text))
}

/// A value as JSON.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(error.to_string()))
}

/// A value from JSON.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// A role's name.
pub(super) fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// The role of a name.
pub(super) fn role(name: &str) -> Result<Role> {
    match name {
        "system" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        other => Err(StoreError::Damaged(format!("a message of role {other:?}"))),
    }
}

/// A status's name.
pub(super) fn status_name(status: AnswerStatus) -> &'static str {
    match status {
        AnswerStatus::Open => "open",
        AnswerStatus::Complete => "complete",
        AnswerStatus::Stopped => "stopped",
        AnswerStatus::Interrupted => "interrupted",
        AnswerStatus::Failed => "failed",
    }
}

/// The status of a name.
pub(super) fn status(name: &str) -> Result<AnswerStatus> {
    match name {
        "open" => Ok(AnswerStatus::Open),
        "complete" => Ok(AnswerStatus::Complete),
        "stopped" => Ok(AnswerStatus::Stopped),
        "interrupted" => Ok(AnswerStatus::Interrupted),
        "failed" => Ok(AnswerStatus::Failed),
        other => Err(StoreError::Damaged(format!("an answer of status {other:?}"))),
    }
}
