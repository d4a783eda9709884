//! Chats with bots: being begun, and behind the newest version of their bot.

use std::sync::Arc;

use super::AppState;
use super::opening::Values;
use crate::protocol::{BotEntry, Cast, ChatId};

/// What the dialog shows that asks for a bot's variables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Starting {
    /// What is wrong with the answers, by variable.
    pub problems: Values,
    /// What was answered before.
    pub known: Values,
    /// The chat that goes on with a newer version; a new one begins without.
    pub renews: Option<ChatId>,
}

/// A chat that was begun with a bot and may be left again without a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) chat: ChatId,
    /// How many messages it opened with.
    pub(super) seeds: usize,
    /// Whether the store has told of it: only then it can be removed.
    pub(super) is_stored: bool,
}

impl AppState {
    /// Who takes part in the chat on screen, where it began with a bot.
    pub fn cast(&self) -> Option<&Arc<Cast>> {
        self.conversation()?.cast.as_ref()
    }

    /// Whether several bots take part in the chat on screen.
    pub fn is_room(&self) -> bool {
        self.cast().is_some_and(|cast| cast.room.is_some())
    }

    /// The newest version of the bot of the chat on screen, where the chat keeps an older one and
    /// the user has not said that it stays.
    pub fn newer_bot(&self) -> Option<&Arc<BotEntry>> {
        let summary = self.summary(self.open_chat()?)?;
        // The bots of servers are kept there.
        let is_here = !summary.test && summary.server.is_none();
        let kept = summary.bot.as_ref().filter(|_| is_here)?;
        let newest = self.bots.get(&kept.id)?;
        let is_newer = newest.bot.version > kept.version && !newest.archived;
        let is_declined = self.declined.get(&summary.id) == Some(&newest.bot.version);
        Some(newest).filter(|_| is_newer && !is_declined)
    }
}
