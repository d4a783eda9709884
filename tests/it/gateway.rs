//! The gateway: host and engine at the boundary to the network, and the whole over real sockets.

mod clients;
mod completions;
mod door;
mod guests;
mod news;
mod resuming;
mod serving;

use switchboard::protocol::{ChatId, IdSource};

use crate::support::{Script, Signal, delta, finish, now, sse, sse_without_done};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn new_chat() -> ChatId {
    IdSource.chat(now())
}

/// An answer of two halves with a wait between them.
fn in_halves(first: &str, second: &str, go: &Signal) -> Script {
    Script::stream()
        .bytes(sse_without_done(&[delta(first)]))
        .wait(go)
        .bytes(sse(&[delta(second), finish("stop")]))
}
