//! What the window knows, and the pure functions that change it.
//!
//! [`handle`] takes what the user asked for, [`apply`] what the backend told, [`tick`] the time
//! that passed. None of them waits or does I/O: what is to be done comes back as [`Effect`]s.

mod apply;
mod approvals;
mod bots;
mod budget;
mod chosen;
mod command;
mod compare;
mod conversation;
mod editor;
mod gallery;
mod handle;
mod import;
mod missing;
mod model;
mod names;
mod nearest;
mod needs;
pub mod opening;
mod params;
mod places;
mod servers;
mod settings;
mod shortcut;
mod starting;
#[cfg(test)]
mod tests;
mod unsent;
pub mod words;

pub use apply::apply;
pub use approvals::{Approval, Consent, Outcome};
pub use bots::{Bots, Home};
pub use budget::{BudgetShare, Period};
pub use command::{
    BotCommand, DraftCommand, EditorCommand, ModelScope, NotAttached, ParamsScope, ReadId,
    ServerCommand, UiCommand,
};
pub use compare::{Column, Comparison};
pub use conversation::{Conversation, LiveRun, Loading, RetryWait};
pub use editor::Editor;
pub use gallery::{Found, Gallery, GalleryCounts, GalleryFilter, GallerySort, Shelf};
pub use handle::{handle, save_all_drafts, start, tick};
pub use import::{Conflict, FileDialog, Import, KeepAs, KeepBot, Read};
pub use missing::Missing;
pub use model::{
    AppState, Effect, FocusTarget, HandleContext, ImageState, Overlay, Page, PickerPurpose,
    ProviderForm, SettingsTab, Toast, ToastAction, ToastLevel,
};
pub use nearest::nearest;
pub use needs::{Needs, tokens_of};
pub use params::{Bound, effective_options, parse_number};
pub use servers::{LoadingAgent, ServerForm, Servers};
pub use settings::{Appearance, ChatSettings, Settings, Theme};
pub use shortcut::{Key, Shortcut};
use starting::Begun;
pub use starting::Starting;
