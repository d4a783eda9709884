//! Remarks of the app in an answer, and what it keeps from the model to make room.

use egui::{FontId, Ui};

use super::Draw;
use super::chat::{Fold, Folds};
use super::end::{Action, Said, said_ui};
use super::parts::{card, fold_row_ui};
use crate::protocol::{Covers, Message, ModelId, NotificationLevel, Part};
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::Palette;
use crate::ui::widgets;

/// A remark of the app.
pub(super) fn notice_ui(ui: &mut Ui, message: &Message, part: usize, draw: &Draw<'_>) {
    let Some(Part::Notice { level, message: text, code, .. }) = message.parts.get(part) else {
        return;
    };
    let palette = Palette::of(ui);
    let (icon, color) = match level {
        NotificationLevel::Info if code == "model_fallback" => (Icon::Info, palette.warn),
        NotificationLevel::Info => (Icon::Info, palette.dim),
        NotificationLevel::Warning => (Icon::TriangleAlert, palette.warn),
        NotificationLevel::Error => (Icon::CircleAlert, palette.err),
    };
    ui.horizontal_top(|ui| {
        widgets::icon(ui, icon, color);
        let text = with_names(text, draw.state);
        let text = egui::RichText::new(text).size(12.5).color(palette.dim);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// The models' names instead of their ids, where they are known.
fn with_names(text: &str, state: &AppState) -> String {
    let named = |word: &str| {
        let id = word.trim_end_matches([':', ',', '.']);
        let model = id.parse::<ModelId>().ok().filter(|model| state.model(model).is_some())?;
        Some(word.replacen(id, state.model_name(&model), 1))
    };
    let words = text.split(' ').map(|word| named(word).unwrap_or_else(|| word.to_owned()));
    words.collect::<Vec<_>>().join(" ")
}

/// The card of what is kept from the model: what it is, its summary, and the way back.
pub(super) fn covers_ui(
    ui: &mut Ui,
    message: &Message,
    part: usize,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let Some(Part::Notice { message: text, covers: Some(covers), .. }) = message.parts.get(part)
    else {
        return;
    };
    let open = folds.is_open(message.id, Fold::Part(part));
    let text = with_names(text, draw.state);
    let mut toggled = false;
    card(ui, |ui| {
        let (color, end) = (Palette::of(ui).dim, if text.ends_with('.') { "" } else { "." });
        let (title, body) = (format!("{text}{end}"), after(covers));
        let (label, covered) = way_back(covers);
        let action = Action::new(label, UiCommand::SetCovered { message: message.id, covered });
        // As long as the answer arrives, its notice is not a part of it that can be changed.
        let actions = if message.is_open() { Vec::new() } else { vec![action] };
        let said = Said { icon: Icon::Archive, color, title: &title, body };
        said_ui(ui, said, &actions, draw.out);
        if covers.summary.is_some() {
            ui.add_space(4.0);
            toggled = summary_row_ui(ui, open);
        }
    });
    if toggled {
        folds.toggle(message.id, Fold::Part(part));
    }
}

fn after(covers: &Covers) -> &'static str {
    if covers.undone { "Taken back: the model sees all of it again." } else { "" }
}

/// What the button says, and whether the notice counts then.
fn way_back(covers: &Covers) -> (&'static str, bool) {
    match (covers.undone, &covers.summary) {
        (false, _) => ("Undo", false),
        (true, None) => ("Leave out again", true),
        (true, Some(_)) => ("Use the summary again", true),
    }
}

fn summary_row_ui(ui: &mut Ui, open: bool) -> bool {
    let color = Palette::of(ui).dim;
    fold_row_ui(ui, ("Summary", open), Icon::FileText, |ui| {
        widgets::inner_text(ui, "Summary", FontId::proportional(12.5), color);
    })
    .clicked()
}
