//! The window: views that read the state and push commands. The only home of egui.

pub mod icon;
pub mod markdown;
pub mod theme;
pub mod transcript;
pub mod widgets;
