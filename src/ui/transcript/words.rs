//! Words of failures: those of the state's one table.

use crate::protocol::{ErrorInfo, ErrorKind};
use crate::state::words;

/// What happened.
pub(super) fn title(error: &ErrorInfo) -> String {
    words::for_error(error).title
}

/// What was kept and what to do.
pub(super) fn body(error: &ErrorInfo) -> String {
    words::for_error(error).body
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
