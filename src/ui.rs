//! The window: views that read the state and push commands. The only home of egui.

pub mod composer;
pub mod help_view;
pub mod icon;
pub mod picker;
#[cfg(test)]
mod samples;
pub mod settings;
pub mod theme;
pub mod welcome;
pub mod widgets;
