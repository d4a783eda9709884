//! Making and changing bots.

use super::super::model::{Effect, HandleContext};
use super::super::{AppState, BotCommand, EditorCommand};

/// Applies a command of the gallery that makes, changes, imports or exports bots.
pub(super) fn handle_bots(
    _state: &mut AppState,
    _command: BotCommand,
    _context: HandleContext,
) -> Vec<Effect> {
    Vec::new()
}

/// Applies a command of the editor.
pub(super) fn handle(
    _state: &mut AppState,
    _command: EditorCommand,
    _context: HandleContext,
) -> Vec<Effect> {
    Vec::new()
}
