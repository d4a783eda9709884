//! The window: views that read the state and push commands. The only home of egui.

pub mod boundary;
pub mod header;
pub mod icon;
pub mod link_dialog;
pub mod palette_view;
pub mod shell;
pub mod shortcuts;
pub mod sidebar;
pub mod theme;
pub mod toasts;
pub mod widgets;
