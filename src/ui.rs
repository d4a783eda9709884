//! The window: views that read the state and push commands. The only home of egui.

pub mod icon;
mod root;
pub mod markdown;
pub mod theme;
pub mod transcript;
pub mod widgets;

pub use root::Root;
