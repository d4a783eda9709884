//! The window: views that read the state and push commands. The only home of egui.

pub mod boundary;
pub mod header;
pub mod icon;
pub mod link_dialog;
pub mod markdown;
pub mod palette_view;
mod root;
pub mod shell;
pub mod shortcuts;
pub mod sidebar;
pub mod theme;
pub mod toasts;
pub mod transcript;
pub mod widgets;

pub use root::Root;
