//! The whole window, readable in one place.

use crate::protocol::Timestamp;
use crate::state::{AppState, UiCommand};

/// All views, with what each keeps for itself.
#[derive(Debug, Default)]
pub struct Root {}

impl Root {
    /// Draws the window and collects what the user asks for.
    pub fn root_ui(
        &mut self,
        ui: &mut egui::Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let _ = (ui, state, now, out);
    }
}
