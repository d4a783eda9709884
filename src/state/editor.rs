//! The editor of bots: a bot that is being changed, and a chat to try it in.

use crate::protocol::{Bot, BotId, BotVersion, ChatId};

/// A bot that is being changed.
#[derive(Clone, Debug)]
pub struct Editor {
    /// The bot as it stands now, saved or not.
    pub bot: Bot,
    /// The bot as it was saved last; none where it is new.
    pub saved: Option<Bot>,
    /// The bot that it is made of, where it is new.
    pub base: Option<(BotId, BotVersion)>,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
    /// The chat beside it.
    pub test: Option<ChatId>,
}
