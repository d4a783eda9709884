//! What can go wrong with the database, by kind.

use rusqlite::ErrorCode;

/// A failure of the store. Callers match on the kind, never on text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file, its folder or its disk cannot be written.
    #[error("the database cannot be written")]
    ReadOnly,
    /// Another process held the database for longer than 5 s.
    #[error("another process keeps the database busy")]
    Busy,
    /// The file is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// There is no such chat, message or run.
    #[error("not found")]
    NotFound,
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
    /// Anything else, in the words of SQLite.
    #[error("{0}")]
    Other(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if error == rusqlite::Error::QueryReturnedNoRows {
            return Self::NotFound;
        }
        let Some(code) = error.sqlite_error_code() else {
            return Self::Other(error.to_string());
        };
        let is = |codes: &[ErrorCode]| codes.contains(&code);
        if is(&[ErrorCode::DiskFull]) {
            Self::Full
        } else if is(&[ErrorCode::ReadOnly, ErrorCode::PermissionDenied]) {
            Self::ReadOnly
        } else if is(&[ErrorCode::DatabaseBusy, ErrorCode::DatabaseLocked]) {
            Self::Busy
        } else if is(&[ErrorCode::DatabaseCorrupt, ErrorCode::NotADatabase]) {
            Self::Damaged(error.to_string())
        } else {
            Self::Other(error.to_string())
        }
    }
}

/// The store's thread is gone before it was asked.
impl<T> From<flume::SendError<T>> for StoreError {
    fn from(_: flume::SendError<T>) -> Self {
        Self::Closed
    }
}

/// The store's thread is gone before it answered.
impl From<tokio::sync::oneshot::error::RecvError> for StoreError {
    fn from(_: tokio::sync::oneshot::error::RecvError) -> Self {
        Self::Closed
    }
}

impl StoreError {
    /// Whether the same write may work later: room was made, the lock was let go.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full | Self::ReadOnly | Self::Busy | Self::Other(_) => true,
            Self::Damaged(_) | Self::NotFound | Self::Closed => false,
        }
    }
}

/// What the store's own functions return.
pub(super) type Result<T> = std::result::Result<T, StoreError>;
