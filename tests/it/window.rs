//! The whole window as a person uses it: by names, keys and clicks.

mod asking;
mod attachments;
mod bot_editor;
mod branches;
mod chats;
mod choosing;
mod comparing;
mod editing;
mod going_on;
mod offline;
mod pages;
mod personas;
mod pictures;
mod remote;
mod settings;
mod streaming;
mod trouble;

use crate::support::{Script, Signal, delta, sse_without_done};

/// An answer that gives its first words, then waits.
fn half(text: &str, go: &Signal) -> Script {
    Script::stream().bytes(sse_without_done(&[delta(text)])).wait(go)
}
