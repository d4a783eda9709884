//! What the user asks for about the message to come: whom it goes to, how it is answered, what
//! goes with it.

use std::path::PathBuf;

use super::super::{Key, Shortcut};
use crate::protocol::{ChatId, Fallback, ModelId, Params, Part};

/// For which messages parameters are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ParamsScope {
    /// The next message only.
    Message,
    /// The chat from now on.
    #[default]
    Chat,
}

/// Why a file does not go with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAttached {
    /// The file's name.
    pub name: String,
    /// A sentence.
    pub reason: String,
}

/// Files or a picture that are being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReadId {
    /// Files; numbered by the state.
    Files(u64),
    /// A pasted picture; numbered by the composer.
    Pasted(u64),
}

/// A command about the message to come.
#[derive(Clone, Debug)]
pub enum DraftCommand {
    /// The next favourite answers the next message.
    NextFavourite,
    /// The favourite before answers the next message.
    PreviousFavourite,
    /// Choose models that shall answer side by side.
    OpenCompare,
    /// A model answers too, or no longer.
    ToggleCompared(ModelId),
    /// One model answers again.
    EndComparison,
    /// Show the parameters.
    OpenParams,
    /// Set the parameters.
    SetParams {
        /// For which messages.
        scope: ParamsScope,
        /// All of them: what is not set is inherited.
        params: Params,
    },
    /// Set who answers when the model of the chat cannot; as in the settings without.
    SetFallback(Option<Fallback>),
    /// Choose files in a dialog.
    PickFiles,
    /// Read these files: they shall go with the message.
    AttachFiles {
        /// The chat whose message they go with; the new one without.
        chat: Option<ChatId>,
        /// Where they are.
        paths: Vec<PathBuf>,
    },
    /// A pasted picture is being read: the message waits for it.
    ReadBegan {
        /// Which.
        id: ReadId,
        /// The chat whose message it goes with; the new one without.
        chat: Option<ChatId>,
    },
    /// What was read.
    Attach {
        /// Which was asked for.
        id: ReadId,
        /// Images and files, or why not.
        read: Vec<Result<Part, NotAttached>>,
    },
    /// The message no longer waits for what is being read, and goes without it.
    StopReading,
    /// Take an attachment away, by its place.
    RemoveAttachment(usize),
    /// The dialog for files could not be shown.
    NoFileDialog,
}

impl DraftCommand {
    /// Those that make sense from the palette.
    pub fn palette() -> Vec<Self> {
        vec![
            Self::NextFavourite,
            Self::PreviousFavourite,
            Self::OpenCompare,
            Self::OpenParams,
            Self::PickFiles,
        ]
    }

    /// What it is called in menus and in the palette.
    pub fn label(&self) -> &'static str {
        match self {
            Self::NextFavourite => "Next favourite model",
            Self::PreviousFavourite => "Previous favourite model",
            Self::OpenCompare => "Compare models…",
            Self::ToggleCompared(_) => "Compare",
            Self::EndComparison => "End the comparison",
            Self::OpenParams => "Parameters…",
            Self::SetParams { .. } => "Set parameters",
            Self::SetFallback(_) => "Set fallback",
            Self::PickFiles => "Attach files…",
            Self::AttachFiles { .. } | Self::ReadBegan { .. } | Self::Attach { .. } => "Attach",
            Self::StopReading => "Stop reading",
            Self::RemoveAttachment(_) => "Remove attachment",
            Self::NoFileDialog => "No file dialog",
        }
    }

    /// The shortcut, where there is one.
    pub fn shortcut(&self) -> Option<Shortcut> {
        match self {
            Self::NextFavourite => Some(Shortcut::command_shift(Key::ArrowDown)),
            Self::PreviousFavourite => Some(Shortcut::command_shift(Key::ArrowUp)),
            Self::OpenCompare => Some(Shortcut::command_shift(Key::Char('M'))),
            Self::OpenParams => Some(Shortcut::command_shift(Key::Char('P'))),
            Self::ToggleCompared(_)
            | Self::EndComparison
            | Self::SetParams { .. }
            | Self::SetFallback(_)
            | Self::PickFiles
            | Self::AttachFiles { .. }
            | Self::ReadBegan { .. }
            | Self::Attach { .. }
            | Self::StopReading
            | Self::RemoveAttachment(_)
            | Self::NoFileDialog => None,
        }
    }
}
