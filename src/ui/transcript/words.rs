//! Words of failures: those of the state's one table.

use crate::protocol::{ErrorInfo, ErrorKind};
use crate::state::AppState;
use crate::state::words::{self, Words};

/// What happened and what to do, also where a server gave the answer.
pub(super) fn here(error: &ErrorInfo, state: &AppState) -> Words {
    match state.server_id_here() {
        Some(server) => words::for_error_on(error, state.server_name(server)),
        None => words::for_error(error),
    }
}

/// What happened.
pub(super) fn title(error: &ErrorInfo) -> String {
    words::for_error(error).title
}

/// What happened, in a word.
pub(super) fn kind(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::RateLimited => "Rate-limited.",
        ErrorKind::Overloaded => "Overloaded.",
        ErrorKind::Network => "No connection.",
        ErrorKind::Timeout => "No answer yet.",
        ErrorKind::Auth
        | ErrorKind::ContextTooLong
        | ErrorKind::BadRequest
        | ErrorKind::NotFound
        | ErrorKind::Protocol
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => "Failed.",
    }
}
