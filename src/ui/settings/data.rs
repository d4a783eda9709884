//! Where everything is kept.

use egui::{Label, RichText, Ui};

use super::parts;
use crate::protocol::KeptIn;
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::Button;

const FILES: [(&str, &str); 2] = [
    ("switchboard.db", "chats, messages and drafts, in one SQLite file"),
    (
        "config.toml",
        "settings and providers, without keys; can be edited by hand. It is in the system's \
         folder for settings, or here when the app was started with --data-dir.",
    ),
];

pub(super) fn data_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    parts::heading_ui(ui, "Data");
    parts::note_ui(ui, "Everything is on this computer.");
    parts::section_ui(ui, "Folder");
    parts::card_ui(ui, |ui| {
        let path = state.data_dir.display().to_string();
        let text = RichText::new(path).font(theme::mono()).color(palette.text);
        ui.add(Label::new(text).wrap().selectable(true));
        ui.horizontal_wrapped(|ui| {
            if Button::new("Open folder").small().icon(Icon::FolderOpen).ui(ui).clicked() {
                out.push(UiCommand::OpenDataFolder);
            }
            if Button::new("Copy path").small().icon(Icon::Copy).ui(ui).clicked() {
                out.push(UiCommand::CopyText(state.data_dir.display().to_string()));
            }
        });
        for (name, what) in FILES {
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(name).font(theme::mono()).color(palette.text));
                ui.label(RichText::new(what).color(palette.dim));
            });
        }
    });
    parts::section_ui(ui, "Keys");
    parts::card_ui(ui, |ui| {
        let place = match &state.keys_kept {
            Some(KeptIn::Keychain) => "New keys go to the system keychain.".to_owned(),
            Some(KeptIn::File(file)) => {
                format!("New keys go to {}, which only you can read.", file.display())
            }
            None => "Looking for the system keychain".to_owned(),
        };
        parts::note_ui(ui, &place);
        parts::note_ui(
            ui,
            "Keys found in the environment or in a .env file are used and not stored. No key is \
             ever written to the database, to an export or to a log.",
        );
    });
    parts::section_ui(ui, "Move or back up");
    parts::card_ui(ui, |ui| {
        parts::note_ui(
            ui,
            "Quit Switchboard, then copy switchboard.db and config.toml. To restore them, or to move \
             to another computer, put them in the same places there and enter the keys again. To \
             keep everything in one folder of your own, start with --data-dir or set \
             SWITCHBOARD_DATA_DIR.",
        );
    });
}
