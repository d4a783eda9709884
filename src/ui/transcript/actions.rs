//! What can be done with an answer: the row of icons below it.

use egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, emath::GuiRounding as _, vec2};

use super::Draw;
use crate::protocol::{Message, Siblings};
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::markdown::{mark_copied, was_copied};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Copy, regenerate, and the way between versions.
pub(super) fn footer_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let row = ui.cursor().min;
        let has_text = message.parts.iter().any(|part| super::parts::text_len(part) > 0);
        let id = ui.scope_id().with("copied");
        let copied = was_copied(ui, id);
        let (icon, name) =
            if copied { (Icon::Check, "Copied answer") } else { (Icon::Copy, "Copy answer") };
        if has_text && widgets::icon_button(ui, icon, name).clicked() {
            mark_copied(ui, id);
            draw.out.push(UiCommand::CopyText(message.text()));
        }
        if copied {
            widgets::small_label(ui, "Copied", Palette::of(ui).dim);
        }
        if message.answer.is_none() {
            // What a chat opened with is no model's answer.
            return;
        }
        if widgets::icon_button(ui, Icon::RotateCw, "Regenerate answer").clicked() {
            draw.out.push(UiCommand::Regenerate { answer: Some(message.id), model: None });
        }
        if message.siblings.count > 1 {
            let (rect, _) = ui.allocate_exact_size(theme::ICON_BUTTON, Sense::hover());
            widgets::paint_icon(ui, Icon::GitBranch, rect, Palette::of(ui).dim);
            siblings_ui(ui, message, draw.out);
        }
        let row = Rect::from_min_size(row, vec2(ui.available_width() + 200.0, 26.0));
        shown_when_near(ui, row, |ui| {
            let other = widgets::icon_button(ui, Icon::Cpu, "Regenerate with another model");
            if other.clicked() {
                draw.out.push(UiCommand::RegenerateWith { answer: message.id });
            }
            other.has_focus()
        });
    });
}

/// Controls that show under the pointer and with the keyboard, and can always be reached. `add`
/// says whether one of them has the keyboard.
pub(super) fn shown_when_near(ui: &mut Ui, near: Rect, add: impl FnOnce(&mut Ui) -> bool) {
    let memory = ui.scope_id().with("focus");
    let focused = ui.data(|data| data.get_temp::<bool>(memory)).unwrap_or(false);
    let shown = focused || ui.rect_contains_pointer(near);
    ui.scope(|ui| {
        if !shown {
            ui.set_opacity(0.0);
        }
        let focus = add(ui);
        if focus != focused {
            ui.data_mut(|data| data.insert_temp(memory, focus));
            ui.ctx().request_repaint();
        }
    });
}

/// `‹ 2 / 2 ›`. Reads the same in both directions of layout.
pub(super) fn siblings_ui(ui: &mut Ui, message: &Message, out: &mut Vec<UiCommand>) {
    let siblings = message.siblings;
    if siblings.count < 2 {
        return;
    }
    let mut step = 0;
    let forward = ui.layout().prefer_right_to_left();
    let mut arrow = |ui: &mut Ui, right: bool| {
        let (sign, name, enabled, by) = if right {
            ("›", "Next version", siblings.index + 1 < siblings.count, 1)
        } else {
            ("‹", "Previous version", siblings.index > 0, -1)
        };
        if arrow_ui(ui, sign, name, enabled) {
            step = by;
        }
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        arrow(ui, forward);
        place_ui(ui, siblings);
        arrow(ui, !forward);
    });
    if step != 0 {
        out.push(UiCommand::SelectBranch { message: message.id, step });
    }
}

/// `2 / 12`, as wide as the widest of them: the arrows stay where they are.
fn place_ui(ui: &mut Ui, Siblings { index, count }: Siblings) {
    let color = Palette::of(ui).faint;
    let lay = |text: String| ui.painter().layout_no_wrap(text, theme::small(), color);
    let widest = "0".repeat(count.to_string().len());
    let width = lay(format!("{widest} / {widest}")).size().x.ceil();
    let text = format!("{} / {count}", index + 1);
    let galley = lay(text.clone());
    let (rect, response) = ui.allocate_exact_size(vec2(width, galley.size().y), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.painter().galley((rect.center() - galley.size() / 2.0).round_ui(), galley, color);
}

fn arrow_ui(ui: &mut Ui, sign: &str, name: &str, enabled: bool) -> bool {
    let palette = Palette::of(ui);
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 26.0), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    if !enabled {
        // There is nothing that way: room for the arrow, no arrow.
        return false;
    }
    let color = if response.hovered() { palette.text } else { palette.faint };
    let galley = ui.painter().layout_no_wrap(sign.to_owned(), theme::small(), color);
    ui.painter().galley((rect.center() - galley.size() / 2.0).round_ui(), galley, color);
    widgets::focus_ring(ui, &response, 4);
    let clicked = response.clicked();
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name);
    clicked
}
