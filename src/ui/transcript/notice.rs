//! Remarks of the app in an answer, and what it keeps from the model to make room.

use egui::{Align, FontId, Layout, Ui, vec2};

use super::Draw;
use super::chat::{Fold, Folds};
use super::parts::{card, fold_row_ui};
use crate::protocol::{Covers, Message, ModelId, NotificationLevel, Part};
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// A remark of the app.
pub(super) fn notice_ui(ui: &mut Ui, message: &Message, part: usize, draw: &Draw<'_>) {
    let Some(Part::Notice { level, message: text, code, .. }) = message.parts.get(part) else {
        return;
    };
    let palette = Palette::of(ui);
    let (icon, color) = match level {
        NotificationLevel::Info if code == "model_fallback" => (Icon::CornerDownLeft, palette.warn),
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
        ui.spacing_mut().item_spacing.y = 6.0;
        head_ui(ui, &text, covers);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
            let (label, covered) = way_back(covers);
            if widgets::small_button(ui, label).clicked() {
                draw.out.push(UiCommand::SetCovered { message: message.id, covered });
            }
        });
        if covers.summary.is_some() {
            toggled = summary_row_ui(ui, open);
        }
    });
    if toggled {
        folds.toggle(message.id, Fold::Part(part));
    }
}

fn head_ui(ui: &mut Ui, text: &str, covers: &Covers) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let row = vec2(16.0, 20.0);
        ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
            widgets::icon(ui, Icon::Archive, palette.dim);
        });
        let mut job = egui::text::LayoutJob::default();
        let (said, more) = if covers.undone {
            (palette.dim, " Taken back: the model sees all of it again.")
        } else {
            (palette.text, "")
        };
        let end = if text.ends_with(['.', ':', '…']) { "" } else { "." };
        job.append(&format!("{text}{end}"), 0.0, egui::TextFormat::simple(theme::body(), said));
        job.append(more, 0.0, egui::TextFormat::simple(theme::body(), palette.dim));
        ui.add(egui::Label::new(job).wrap());
    });
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
