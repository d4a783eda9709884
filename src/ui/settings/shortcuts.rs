//! All shortcuts: those of the commands, and those of the places where one types.

use egui::Ui;

use super::parts;
use crate::state::UiCommand;
use crate::ui::widgets;

const ROW: f32 = 26.0;

/// What text fields and lists do by themselves.
const TYPING: [(&str, &str); 7] = [
    ("Send the message", "Enter"),
    ("New line", "Shift Enter"),
    ("Stop the answer now", "Esc Esc"),
    ("Choose a model", "@"),
    ("Picker: next message, this chat or default", "Tab"),
    ("Picker: favourite", "Ctrl D"),
    ("Picker: compare", "Ctrl Enter"),
];

pub(super) fn shortcuts_ui(ui: &mut Ui) {
    parts::heading_ui(ui, "Shortcuts");
    parts::note_ui(ui, "The command palette lists every command, also those without a shortcut.");
    parts::section_ui(ui, "Everywhere");
    parts::card_ui(ui, |ui| {
        for command in UiCommand::palette() {
            if let Some(shortcut) = command.shortcut() {
                shortcut_ui(ui, command.label(), &shortcut.to_string());
            }
        }
    });
    parts::section_ui(ui, "While typing");
    parts::card_ui(ui, |ui| {
        for (label, keys) in TYPING {
            let keys = if cfg!(target_os = "macos") {
                keys.replace("Ctrl", "⌘")
            } else {
                keys.to_owned()
            };
            shortcut_ui(ui, label, &keys);
        }
    });
}

fn shortcut_ui(ui: &mut Ui, label: &str, keys: &str) {
    parts::row_ui(ui, ROW, |ui| parts::text_ui(ui, label), |ui| widgets::kbd(ui, keys));
}
