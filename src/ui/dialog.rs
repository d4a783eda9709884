//! What dialogs have in common.

use egui::{Response, Ui};

/// Gives a control the keyboard where nothing in the dialog has it yet.
pub(super) fn first_focus(ui: &Ui, response: &Response) {
    let nothing_focused = ui.memory(|memory| memory.focused().is_none());
    if nothing_focused && !ui.is_sizing_pass() {
        response.request_focus();
    }
}
