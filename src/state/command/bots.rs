//! What the user asks for about bots.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::{GalleryFilter, GallerySort, KeepBot, Key, Shortcut};
use crate::protocol::{BotEntry, BotFormat, BotId};

/// A command about bots.
#[derive(Clone, Debug)]
pub enum BotCommand {
    /// Show the gallery.
    OpenGallery,
    /// Search the gallery.
    Search(String),
    /// Show some of the bots.
    Show(GalleryFilter),
    /// Show them in another order.
    Sort(GallerySort),
    /// Show the details of a bot; of none without.
    Select(Option<BotId>),
    /// Begin a chat with a bot; asks first what it wants to know.
    Start(BotId),
    /// Begin a chat with a bot, with these answers to what it wants to know.
    StartWith {
        /// Which.
        bot: BotId,
        /// Names and values of its variables.
        values: Vec<(String, String)>,
    },
    /// Begin a chat with a bot and put one of its starters into the composer.
    StartWithStarter {
        /// Which.
        bot: BotId,
        /// The place of the text in its list.
        starter: usize,
    },
    /// Let the chat on screen go on with the newest version of its bot.
    TakeNewer,
    /// No longer offer the newest version to the chat on screen.
    KeepOlder,
    /// Make a bot a favourite, or no longer.
    ToggleFavourite(BotId),
    /// Edit a bot of one's own, or make one of a bot that ships with the app.
    Customise(BotId),
    /// Make another bot of one.
    Duplicate(BotId),
    /// Make a bot of nothing.
    New,
    /// Put a bot away, or back.
    Archive {
        /// Which.
        bot: BotId,
        /// Whether.
        archived: bool,
    },
    /// Forget a bot; a toast offers to undo it.
    Delete(BotId),
    /// Bring back a bot that was forgotten.
    Restore(Arc<BotEntry>),
    /// Show the folder in which `personas.yaml` lies.
    OpenPersonas,
    /// Show how a bot differs from the one that the user made of it.
    CompareWithMine(BotId),
    /// Choose files to import bots from.
    PickImport,
    /// The system shows no file dialog to export a bot.
    NoFileDialog,
    /// The system shows no file dialog to import bots.
    NoImportDialog,
    /// Show where a bot can be pasted as text.
    PasteImport,
    /// Read these files for import.
    ImportFiles(Vec<PathBuf>),
    /// Read a text for import.
    ImportText(String),
    /// Keep bots that were read, each with the tools that the user confirmed.
    KeepImported(Vec<KeepBot>),
    /// Write a bot to a file that the user chooses, or to the clipboard.
    Export {
        /// Which.
        bot: BotId,
        /// As what.
        format: BotFormat,
    },
}

impl BotCommand {
    /// Those that make sense from the palette.
    pub fn palette() -> Vec<Self> {
        vec![Self::OpenGallery, Self::New, Self::PickImport, Self::PasteImport]
    }

    /// What it is called in menus and in the palette.
    pub fn label(&self) -> &'static str {
        match self {
            Self::OpenGallery => "Gallery",
            Self::Search(_) => "Search bots",
            Self::Show(_) => "Show bots",
            Self::Sort(_) => "Sort bots",
            Self::Select(_) => "Show details",
            Self::Start(_) | Self::StartWith { .. } | Self::StartWithStarter { .. } => "Start chat",
            Self::TakeNewer => "Use the newer version",
            Self::KeepOlder => "Keep this version",
            Self::ToggleFavourite(_) => "Favourite",
            Self::Customise(_) => "Customise",
            Self::Duplicate(_) => "Duplicate",
            Self::New => "New bot",
            Self::Archive { archived: true, .. } => "Archive",
            Self::Archive { archived: false, .. } => "Take out of the archive",
            Self::Delete(_) => "Delete",
            Self::Restore(_) => "Undo",
            Self::OpenPersonas => "Open folder",
            Self::CompareWithMine(_) => "Compare with mine",
            Self::PickImport | Self::ImportFiles(_) => "Import bots…",
            Self::NoFileDialog | Self::NoImportDialog => "No file dialog",
            Self::PasteImport | Self::ImportText(_) => "Import a bot from text…",
            Self::KeepImported(_) => "Import",
            Self::Export { .. } => "Export…",
        }
    }

    /// The shortcut, where there is one.
    pub fn shortcut(&self) -> Option<Shortcut> {
        match self {
            Self::OpenGallery => Some(Shortcut::command(Key::Char('G'))),
            Self::Search(_)
            | Self::Show(_)
            | Self::Sort(_)
            | Self::Select(_)
            | Self::Start(_)
            | Self::StartWith { .. }
            | Self::StartWithStarter { .. }
            | Self::TakeNewer
            | Self::KeepOlder
            | Self::ToggleFavourite(_)
            | Self::Customise(_)
            | Self::Duplicate(_)
            | Self::New
            | Self::Archive { .. }
            | Self::Delete(_)
            | Self::Restore(_)
            | Self::OpenPersonas
            | Self::CompareWithMine(_)
            | Self::PickImport
            | Self::NoFileDialog
            | Self::NoImportDialog
            | Self::PasteImport
            | Self::ImportFiles(_)
            | Self::ImportText(_)
            | Self::KeepImported(_)
            | Self::Export { .. } => None,
        }
    }
}
