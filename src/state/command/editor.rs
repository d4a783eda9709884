//! What the user asks for in the editor of bots.

use crate::protocol::{Bot, BotVersionInfo};

/// A command about the bot in the editor.
#[derive(Clone, Debug)]
pub enum EditorCommand {
    /// Show the editor again with what is in it.
    Show,
    /// The bot was changed.
    Change(Box<Bot>),
    /// The tools that the user confirmed.
    Grant(Vec<String>),
    /// Answer one of the bot's questions, for the preview and the test.
    SetValue {
        /// The variable.
        name: String,
        /// The answer.
        value: String,
    },
    /// Keep it.
    Save,
    /// Leave without keeping it; asks first where something would be lost.
    Discard,
    /// Leave without keeping it, whatever is lost.
    DiscardNow,
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
            Self::Show => "Keep editing",
            Self::Change(_) => "Edit the bot",
            Self::Grant(_) => "Confirm tools",
            Self::SetValue { .. } => "Answer a question",
            Self::Save => "Save",
            Self::Discard | Self::DiscardNow => "Discard",
            Self::RestartTest => "Restart the test",
            Self::LoadVersions => "Versions",
            Self::Restore(_) => "Restore this version",
        }
    }
}
