//! The line above the gallery.

use egui::{RichText, Ui};

use crate::state::{AppState, BotCommand, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

const NOTE: &str = "Bots that ship with the app. Everything here works offline.";
const REMOTE_NOTE: &str = "Bots of this computer work offline, those of servers run there";
/// Below this width there is no room for the note.
const NARROW: f32 = 660.0;

/// Draws what the page is, and the two ways to more bots, into the row of the header.
pub(in crate::ui) fn head_ui(row: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(row);
    let narrow = row.available_width() < NARROW;
    let text = RichText::new("Gallery").font(theme::semibold(14.0)).color(palette.text);
    row.add(egui::Label::new(text).selectable(false));
    if !narrow {
        let is_local = state.servers.all.iter().all(|server| server.bots.is_empty());
        let note = if is_local { NOTE } else { REMOTE_NOTE };
        widgets::small_label(row, note, palette.dim);
    }
    let import = Button::new("Import…");
    let blank = Button::new("Blank bot").primary().icon(Icon::Plus);
    // At the right, but drawn from the left: Tab goes that way.
    let width = import.wanted_width(row) + row.spacing().item_spacing.x + blank.wanted_width(row);
    row.add_space((row.available_width() - width).max(0.0));
    if import.ui(row).on_hover_text("Bots from files, or dropped on the window").clicked() {
        out.push(UiCommand::Bots(BotCommand::PickImport));
    }
    if blank.ui(row).clicked() {
        out.push(UiCommand::Bots(BotCommand::New));
    }
}
