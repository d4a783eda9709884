//! The window: views that read the state and push commands. The only home of egui.

mod bot_diff;
pub mod bot_tile;
pub mod boundary;
mod compare_bots;
pub mod composer;
mod dialog;
pub mod editor;
pub mod gallery;
pub mod header;
pub mod help_view;
pub mod icon;
mod import_dialog;
pub mod link_dialog;
pub mod markdown;
pub mod palette_view;
pub mod picker;
mod root;
#[cfg(test)]
mod samples;
pub mod settings;
pub mod shell;
pub mod shortcuts;
pub mod sidebar;
pub mod start_dialog;
mod stop_words;
pub mod theme;
pub mod toasts;
pub mod transcript;
pub mod welcome;
pub mod widgets;

pub use root::Root;
