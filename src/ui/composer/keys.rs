//! Enter in a field of several lines that it sends.

use egui::{Event, ImeEvent, Key, Ui};

/// Whether an input method has text that is not committed yet: Enter belongs to it.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::ui) struct Ime {
    composing: bool,
}

impl Ime {
    /// Follows this frame's input; true where Enter is not ours in it. Call once a frame.
    pub(in crate::ui) fn composes(&mut self, ui: &Ui) -> bool {
        let mut composes = self.composing;
        ui.input(|input| {
            for event in &input.events {
                if let Event::Ime(ImeEvent::Preedit { text, .. } | ImeEvent::Commit(text)) = event {
                    composes |= !text.is_empty();
                    self.composing =
                        matches!(event, Event::Ime(ImeEvent::Preedit { .. })) && !text.is_empty();
                }
            }
        });
        composes
    }
}

/// Takes Enter, with or without Ctrl, out of the input. With Shift or Alt it stays.
pub(in crate::ui) fn take_enter(ui: &Ui) -> bool {
    let mut pressed = false;
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key: Key::Enter, pressed: true, modifiers, .. } = event else {
                return true;
            };
            let sends = !modifiers.shift && !modifiers.alt;
            pressed |= sends;
            !sends
        });
    });
    pressed
}
