//! Words for remote servers: how a link stands, and why a server cannot be had.

use super::{Words, for_error};
use crate::protocol::{
    Carrier, ErrorInfo, ErrorKind, LinkState, ProviderError, ServerFound, Timestamp,
};

/// How a link stands, in a few words: `reconnecting in 4 s · try 3`.
pub fn link(link: &LinkState, now: Timestamp) -> String {
    match link {
        LinkState::Offline => "offline".to_owned(),
        LinkState::Connecting { attempt: 0 | 1 } => "connecting…".to_owned(),
        LinkState::Connecting { attempt } => format!("connecting… · try {attempt}"),
        LinkState::Authenticating => "signing in…".to_owned(),
        LinkState::Ready { .. } => "ready".to_owned(),
        LinkState::Waiting { until, attempt, .. } => {
            format!("reconnecting in {} s · try {attempt}", seconds_left(*until, now))
        }
        LinkState::Denied { .. } => "not let in".to_owned(),
    }
}

/// The same where there is little room.
pub fn link_short(state: &LinkState, now: Timestamp) -> String {
    match state {
        LinkState::Waiting { until, attempt, .. } => {
            format!("in {} s · try {attempt}", seconds_left(*until, now))
        }
        LinkState::Offline
        | LinkState::Connecting { .. }
        | LinkState::Authenticating
        | LinkState::Ready { .. }
        | LinkState::Denied { .. } => link(state, now),
    }
}

/// What is the case and what to do, in a sentence or two.
pub fn link_sentence(link: &LinkState) -> String {
    match link {
        LinkState::Offline => "Not connected. Connect now, or send a message.".to_owned(),
        LinkState::Connecting { .. } => "The connection is being made".to_owned(),
        LinkState::Authenticating => "Connected; the server has not yet said who it is".to_owned(),
        LinkState::Ready { plain: true, .. } => {
            "Ready. It is a plain server: an answer that breaks off with the connection is not \
             resumed."
                .to_owned()
        }
        LinkState::Ready { carrier: Carrier::Socket, .. } => "Ready, over one socket".to_owned(),
        LinkState::Ready { carrier: Carrier::Pair, .. } => "Ready, over two sockets".to_owned(),
        LinkState::Ready { carrier: Carrier::Http, .. } => {
            "Ready, over plain HTTP: the network lets no WebSocket through".to_owned()
        }
        LinkState::Waiting { cause, .. } if cause.trim().is_empty() => {
            "The connection was lost. It is tried again by itself.".to_owned()
        }
        LinkState::Waiting { cause, .. } => {
            format!("{}. It is tried again by itself.", sentence(cause))
        }
        LinkState::Denied { message } => {
            let said = sentence(message);
            let said = if said.is_empty() { "The server does not let us in" } else { &said };
            format!("{said}. Paste a new token, or pair again.")
        }
    }
}

/// What a machine said, as the beginning of a sentence.
fn sentence(said: &str) -> String {
    let mut chars = said.trim().trim_end_matches('.').chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// Whole seconds until a time, never less than one while it is to come.
pub fn seconds_left(until: Timestamp, now: Timestamp) -> u64 {
    until.ms_since(now).div_ceil(1_000)
}

/// Why a server could not be tried or paired with, and what to do.
pub fn server_error(error: &ProviderError) -> String {
    let (what, advice) = row(error.kind);
    let said = error.message.trim().trim_end_matches('.');
    if error.is_about_certificates() {
        return format!("{said}.");
    }
    match said.is_empty() || what.to_lowercase().starts_with(&said.to_lowercase()) {
        true => format!("{what}. {advice}"),
        false => format!("{what}. {advice} ({said})"),
    }
}

fn row(kind: ErrorKind) -> (&'static str, &'static str) {
    match kind {
        ErrorKind::Auth => (
            "The server did not accept the token or the code",
            "Paste a new token, or let the server show a new code with `switchboard serve --pair`.",
        ),
        ErrorKind::Network => (
            "The server could not be reached",
            "Check the address, the network, and that `switchboard serve` runs there.",
        ),
        ErrorKind::Timeout => (
            "The server did not answer in time",
            "Check the address and the network, then try again.",
        ),
        ErrorKind::Protocol => (
            "Something answers at this address, but no agent server",
            "Check the address: it begins with ws:// or wss:// and has no path of its own.",
        ),
        ErrorKind::NotFound => (
            "There is no agent server at this address",
            "Check the port, and leave out what follows it.",
        ),
        ErrorKind::RateLimited | ErrorKind::Overloaded => {
            ("The server has too much to do", "Try again in a moment.")
        }
        ErrorKind::BadRequest => {
            ("The server did not accept what was asked", "Check the address and the options.")
        }
        ErrorKind::ContextTooLong
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => ("The server refused", "Try again, or ask who runs it."),
    }
}

/// The words for a failed or broken answer of a server: keys, addresses and budgets that decided
/// on it are set there, not here.
pub fn for_error_on(error: &ErrorInfo, server: &str) -> Words {
    let words = for_error(error);
    let body = if error.is_missing_key() {
        format!("Your message is saved. The key is set on {server}: enter it there, then retry.")
    } else if error.is_certificate_file() {
        format!("Your message is saved. The certificate file is set on {server}.")
    } else {
        match error.kind {
            ErrorKind::Auth => format!(
                "Your message is saved. The key is set on {server}: check it and its credit there, \
                 then retry."
            ),
            ErrorKind::NotFound => format!(
                "Your message is saved. {server} may have lost the model, or its provider renamed \
                 it; choose another model of {server}."
            ),
            ErrorKind::Network => format!(
                "What arrived is kept. {server} did not reach its provider; check the network and \
                 the provider's address there, then retry."
            ),
            ErrorKind::Timeout => format!(
                "What arrived is kept. Retry, or raise idle_timeout_s on {server} for slow models."
            ),
            ErrorKind::Protocol => format!(
                "What arrived is kept. Check the provider's address on {server}, and that it \
                 speaks the API that is set for it."
            ),
            ErrorKind::OverBudget => format!(
                "Your message is saved and nothing was sent. The budget is set on {server}: raise \
                 it there, then retry."
            ),
            ErrorKind::ContextTooLong => format!(
                "Everything is kept. Use a model of {server} with more room, or begin a new chat."
            ),
            ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::BadRequest
            | ErrorKind::Refused
            | ErrorKind::Cancelled => words.body,
        }
    };
    Words { body, ..words }
}

/// What a try found: `24 ms there and back · 12 models · 1 bot`.
pub fn found(found: &ServerFound) -> String {
    let counted = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let mut text = format!(
        "It works: {} ms there and back · {} · {}",
        found.round_trip_ms,
        counted(found.models, "model"),
        counted(found.bots, "bot"),
    );
    if found.plain {
        text.push_str(" · a plain server: what breaks off is not resumed");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_told_with_its_next_try() {
        let now = Timestamp(1_790_000_000_000);
        let waiting = |ms| LinkState::Waiting {
            until: now.plus_ms(ms),
            attempt: 3,
            cause: "connection refused".to_owned(),
            blocked: false,
        };
        assert_eq!(link(&waiting(3_001), now), "reconnecting in 4 s · try 3");
        assert_eq!(link(&waiting(0), now), "reconnecting in 0 s · try 3");
        assert_eq!(link_short(&waiting(1_000), now), "in 1 s · try 3");
        assert_eq!(
            link_sentence(&waiting(1_000)),
            "Connection refused. It is tried again by itself."
        );
        let denied = LinkState::Denied { message: String::new() };
        assert_eq!(
            link_sentence(&denied),
            "The server does not let us in. Paste a new token, or pair again."
        );
    }

    #[test]
    fn a_failed_try_says_what_to_do() {
        let error = ProviderError::new(ErrorKind::Network, "connection refused");
        assert_eq!(
            server_error(&error),
            "The server could not be reached. Check the address, the network, and that `switchboard serve` runs there. (connection refused)"
        );
        let one = ServerFound { plain: false, round_trip_ms: 24, models: 12, bots: 1 };
        assert_eq!(found(&one), "It works: 24 ms there and back · 12 models · 1 bot");
    }
}
