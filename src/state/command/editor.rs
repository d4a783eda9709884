//! What the user asks for in the editor of bots.

use crate::protocol::{Bot, BotVersionInfo};

/// A command about the bot in the editor.
#[derive(Clone, Debug)]
pub enum EditorCommand {
    /// The bot was changed.
    Change(Box<Bot>),
    /// The tools that the user confirmed.
    Grant(Vec<String>),
    /// Keep it.
    Save,
    /// Leave without keeping it.
    Discard,
    /// Begin the chat beside it anew with the bot as it stands.
    RestartTest,
    /// Load the versions that were saved.
    LoadVersions,
    /// Put a version that was saved back into the editor.
    Restore(Box<BotVersionInfo>),
}

impl EditorCommand {
    /// What it is called.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Change(_) => "Edit the bot",
            Self::Grant(_) => "Confirm tools",
            Self::Save => "Save",
            Self::Discard => "Discard",
            Self::RestartTest => "Restart the test",
            Self::LoadVersions => "Versions",
            Self::Restore(_) => "Restore this version",
        }
    }
}
