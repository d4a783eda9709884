//! The editor of bots.

use egui::Ui;

use crate::state::{AppState, Editor, UiCommand};

/// What the editor keeps for itself.
#[derive(Debug, Default)]
pub struct EditorView {}

impl EditorView {
    /// Draws the form of the bot; the chat to try it in stands beside it.
    pub fn editor_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        editor: &Editor,
        out: &mut Vec<UiCommand>,
    ) {
        let _ = (ui, state, editor, out);
    }
}
