//! The gallery of bots.

use egui::Ui;

use crate::state::{AppState, UiCommand};

/// What the gallery keeps for itself.
#[derive(Debug, Default)]
pub struct GalleryView {}

impl GalleryView {
    /// Draws the gallery.
    pub fn gallery_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let _ = (ui, state, out);
    }
}
