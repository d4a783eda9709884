//! Chats that begin with a bot.

use super::super::model::{Effect, HandleContext};
use super::super::{AppState, BotCommand};

/// Begins a chat, or lets it go on with a newer version of its bot.
pub(super) fn handle(
    _state: &mut AppState,
    _command: BotCommand,
    _context: HandleContext,
) -> Vec<Effect> {
    Vec::new()
}
