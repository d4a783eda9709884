//! What this is, and whose work it stands on.

use egui::{RichText, Ui};

use super::parts;
use crate::state::UiCommand;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const LICENCES: [(&str, &str); 4] = [
    ("Switchboard", "MIT or Apache 2.0, as you like"),
    ("Inter, the font of the text", "SIL Open Font License 1.1"),
    ("JetBrains Mono, the font of code", "SIL Open Font License 1.1"),
    ("Lucide, the icons", "ISC License"),
];

pub(super) fn about_ui(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    parts::heading_ui(ui, "About");
    parts::card_ui(ui, |ui| {
        let name = format!("Switchboard {}", env!("CARGO_PKG_VERSION"));
        ui.label(RichText::new(name).font(theme::semibold(14.0)).color(palette.text));
        parts::note_ui(ui, "A desktop chat in which every message can go to another model");
        if widgets::small_button(ui, "Open the help").clicked() {
            out.push(UiCommand::OpenHelp(None));
        }
    });
    parts::section_ui(ui, "Privacy");
    parts::card_ui(ui, |ui| {
        parts::note_ui(
            ui,
            "No telemetry, no account, no update check. The app talks to the providers that you \
             set up and to servers on this computer, and to nobody else. What you write goes to \
             the provider of the model that you choose for it.",
        );
    });
    parts::section_ui(ui, "Licences");
    parts::card_ui(ui, |ui| {
        for (what, licence) in LICENCES {
            parts::row_ui(
                ui,
                26.0,
                |ui| parts::text_ui(ui, what),
                |ui| widgets::small_label(ui, licence, palette.dim),
            );
        }
        parts::note_ui(ui, "The licence texts come with the program, in assets/fonts.");
    });
}
