//! The editor that stands in place of a bubble.

use egui::{
    Align, EventFilter, Frame, Id, Key, KeyboardShortcut, Layout, Modifiers, Role, ScrollArea,
    Stroke, TextEdit, Ui, WidgetInfo, text_edit::TextEditState, vec2,
};

use super::{Draw, Folds};
use crate::protocol::{Message, MessageId};
use crate::state::UiCommand;
use crate::ui::composer::focus;
use crate::ui::composer::keys::{self, Ime};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// What the user decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Editing,
    Send,
    Cancel,
}

/// Draws the editor of the message that is being changed.
pub(in crate::ui::transcript) fn editor_ui(
    ui: &mut Ui,
    message: &Message,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let Some((_, text)) = &mut folds.editing else { return };
    let id = Id::unique(("edited message", message.id));
    let palette = Palette::of(ui);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let line = if has_focus { palette.accent.gamma_multiply(0.6) } else { palette.line };
    let frame = widgets::field_frame(ui).inner_margin(12).corner_radius(14);
    let mut outcome = Outcome::Editing;
    frame.stroke(Stroke::new(1.0, line)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 8.0;
        outcome = take_keys(ui, id);
        ScrollArea::vertical().max_height(320.0).id_salt("editor").show(ui, |ui| {
            text_ui(ui, id, text);
        });
        let clicked = row_ui(ui, &words(draw, message.id));
        if clicked != Outcome::Editing {
            outcome = clicked;
        }
    });
    if outcome == Outcome::Send && text.trim().is_empty() {
        outcome = Outcome::Editing;
    }
    match outcome {
        Outcome::Editing => return,
        Outcome::Send => {
            draw.out.push(UiCommand::EditMessage { message: message.id, text: text.clone() });
        }
        Outcome::Cancel => {}
    }
    folds.editing = None;
    ui.data_mut(|data| data.remove::<Opened>(id));
    focus::request(ui.ctx());
    ui.ctx().request_repaint();
}

/// The editor has been drawn, and what its input method does.
#[derive(Clone, Copy, Debug, Default)]
struct Opened {
    ime: Ime,
}

fn text_ui(ui: &mut Ui, id: Id, text: &mut String) {
    if ui.data(|data| data.get_temp::<Opened>(id)).is_none() {
        ui.data_mut(|data| data.insert_temp(id, Opened::default()));
        // Neither the cursor nor undo of an earlier time.
        TextEditState::default().store(ui.ctx(), id);
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    let editor = TextEdit::multiline(text)
        .id(id)
        .frame(Frame::NONE)
        .font(theme::body())
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .event_filter(EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
            tab: false,
        })
        .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
    let response = ui.add(editor);
    response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Edited message"));
}

/// Enter and Escape, before the field sees them.
fn take_keys(ui: &Ui, id: Id) -> Outcome {
    let Some(mut opened) = ui.data(|data| data.get_temp::<Opened>(id)) else {
        return Outcome::Editing;
    };
    let composes = opened.ime.composes(ui);
    ui.data_mut(|data| data.insert_temp(id, opened));
    if composes || !ui.memory(|memory| memory.has_focus(id)) {
        Outcome::Editing
    } else if keys::take_enter(ui) {
        Outcome::Send
    } else if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        Outcome::Cancel
    } else {
        Outcome::Editing
    }
}

fn row_ui(ui: &mut Ui, words: &str) -> Outcome {
    let palette = Palette::of(ui);
    let mut outcome = Outcome::Editing;
    let row = vec2(ui.available_width(), theme::SMALL_CONTROL_HEIGHT);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        if Button::new("Save & send").small().primary().ui(ui).clicked() {
            outcome = Outcome::Send;
        }
        if Button::new("Cancel").small().ghost().ui(ui).clicked() {
            outcome = Outcome::Cancel;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            widgets::truncated_label(ui, words, theme::small(), palette.dim);
        });
    });
    outcome
}

/// Who will answer, and the keys.
fn words(draw: &Draw<'_>, message: MessageId) -> String {
    let model = draw.state.edit_model(draw.conversation, message);
    let name = draw.state.model_name(&model);
    format!("{name} will answer · Enter sends, Shift Enter makes a line, Esc cancels")
}

#[cfg(test)]
mod tests;
