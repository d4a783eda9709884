//! The store: one SQLite file, one thread that writes it, two that read it.
//!
//! [`open()`] never fails: a file that cannot be used is left untouched, and a database in
//! memory takes its place. [`StoreHandle`] is the near end; no method of it blocks.
//!
//! Appended events wait in memory for at most 250 ms and are shown to readers from there, so
//! that a reader always sees everything appended before it asked.

pub mod bot_file;
mod bots;
mod branch;
mod casts;
mod chats;
mod columns;
mod covers;
mod edits;
mod epoch;
mod error;
mod gateway;
mod handle;
pub mod help;
mod journal;
mod kept;
mod lock;
mod message_rows;
mod open;
mod paths;
mod pending;
mod queue;
mod reader;
mod recover;
mod remote;
mod remote_open;
mod remote_rows;
mod remote_wait;
mod replay;
mod resumable;
mod runs;
mod schema;
mod search;
pub mod secrets;
mod servers;
mod stats;
pub mod templates;
#[cfg(test)]
mod tests;
mod tokens;
mod usage;
mod writer;

pub use bots::{BotMark, KeptBots, MOST_VERSIONS, OwnBot, OwnContent};
pub use edits::KeptEdit;
pub use epoch::Identity;
pub use error::StoreError;
pub use gateway::{Asked, HeldChat, NewChat, RunPlace};
pub use handle::StoreHandle;
pub use kept::KeptModels;
pub use open::{Clock, Journals, Opened, open, open_with};
pub use paths::{Paths, PathsError};
pub use remote::{BegunRemote, OpenRemoteRun, Outgoing, RemotePage, RemoteRun, UnreadyChat};
pub use resumable::Resumable;
pub use runs::{Began, BeginRun, Question, ReadState};
pub use search::SearchHit;
pub use servers::KnownServer;
pub use stats::StoreStats;
pub use tokens::{Token, is_unseen, token_hash};
pub use usage::local_day;
