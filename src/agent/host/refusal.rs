//! Why a command was not carried out.

use crate::protocol::{ErrorKind, ServerMessage};
use crate::store::StoreError;

/// Why, for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    code: &'static str,
    kind: ErrorKind,
    message: String,
    retryable: bool,
}

impl Refusal {
    fn new(code: &'static str, kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { code, kind, message: message.into(), retryable: false }
    }

    pub(super) fn forbidden(message: &str) -> Self {
        Self::new("forbidden", ErrorKind::Auth, message)
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new("not_found", ErrorKind::NotFound, message)
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new("bad_request", ErrorKind::BadRequest, message)
    }

    /// The engine could not take it.
    pub(super) fn busy() -> Self {
        let message = "The gateway could not take the message";
        Self { retryable: true, ..Self::new("busy", ErrorKind::Overloaded, message) }
    }

    pub(super) fn stopping() -> Self {
        let message = "The gateway is about to stop";
        Self { retryable: true, ..Self::new("stopping", ErrorKind::Overloaded, message) }
    }

    /// As it is said to the command of this name.
    pub(super) fn said(self, id: Option<String>) -> ServerMessage {
        let Self { code, kind, message, retryable } = self;
        ServerMessage::Error { id, message, code: code.to_owned(), kind, retryable }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error == StoreError::NotFound {
            return Self::not_found("There is no such thing");
        }
        // The detail may name files.
        tracing::warn!(%error, "a command of a client failed");
        let refusal = Self::new("store", ErrorKind::Overloaded, "The gateway's database failed");
        Self { retryable: error.may_pass(), ..refusal }
    }
}
