//! Says for a moment that something was copied.

use std::time::Duration;

use egui::{Id, Ui};

/// How long it is said, in seconds.
const SHOWN: f64 = 1.5;

/// Remembers that the button `id` copied something just now.
pub fn mark_copied(ui: &Ui, id: Id) {
    let now = ui.input(|input| input.time);
    ui.data_mut(|data| data.insert_temp(id, now));
    ui.ctx().request_repaint();
}

/// Whether the button `id` copied something a moment ago. Asks for the frame in which it did not.
pub fn was_copied(ui: &Ui, id: Id) -> bool {
    let Some(at) = ui.data(|data| data.get_temp::<f64>(id)) else { return false };
    let left = SHOWN - (ui.input(|input| input.time) - at);
    if left > 0.0 {
        ui.ctx().request_repaint_after(Duration::from_secs_f64(left));
    } else {
        ui.data_mut(|data| data.remove::<f64>(id));
    }
    left > 0.0
}
