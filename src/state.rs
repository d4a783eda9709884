//! What the window knows, and the pure functions that change it.
//!
//! `handle` takes what the user asked for, `apply` what the backend told, `tick` the time
//! that passed. None of them waits or does I/O: what is to be done comes back as [`Effect`]s.

mod command;
mod conversation;
mod model;
mod settings;
mod shortcut;

pub use command::{ModelScope, UiCommand};
pub use conversation::{Conversation, LiveRun, Loading, RetryWait};
pub use model::{
    AppState, Effect, FocusTarget, HandleContext, Overlay, Page, SettingsTab, Toast, ToastAction,
    ToastLevel,
};
pub use settings::{Appearance, ChatSettings, Settings, Theme};
pub use shortcut::{Key, Shortcut};
