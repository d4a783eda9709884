//! Bots that were read, before the user decides about them.

use super::AppState;
pub use crate::protocol::Conflict;
use crate::protocol::{Bot, BotProblem, BotRead, QueryId};

/// Bots that are to be imported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// The question for them.
    pub(super) query: QueryId,
    /// What was read, in the order of the source.
    pub read: Read,
    /// Whether files can be chosen.
    pub dialog: FileDialog,
}

/// Whether the system shows a dialog to choose files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileDialog {
    /// As far as is known.
    #[default]
    Offered,
    /// It was tried, and none came.
    Missing,
}

/// What became of reading them.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Read {
    /// Nothing is read: the user may paste a text, or choose files.
    #[default]
    Nothing,
    /// They are being read.
    Reading,
    /// They were read, or could not be.
    Done(Vec<Result<BotRead, BotProblem>>),
}

/// As what a bot is kept that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeepAs {
    /// As a bot of its own, under another id where its own is taken.
    Another,
    /// As the next version of the user's bot of that id.
    NextVersion,
}

/// A bot that was read and shall be kept.
#[derive(Clone, Debug)]
pub struct KeepBot {
    /// The bot.
    pub bot: Bot,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
    /// As what.
    pub keep: KeepAs,
}

impl AppState {
    /// What stands in the way of a bot that was read.
    pub fn import_conflict(&self, bot: &Bot) -> Conflict {
        Conflict::of(bot, |id| self.bots.get(id).map(AsRef::as_ref))
    }
}
