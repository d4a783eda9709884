//! Sideways scrolling of what is wider than the column, shared by all parts of a block.

use egui::{CornerRadius, Id, Rect, Sense, Ui, emath::GuiRounding as _, pos2};

use crate::ui::theme::Palette;

/// Moves `offset` by the wheel while the pointer is over `rect`, and keeps it within bounds.
pub(super) fn scroll_x(ui: &Ui, rect: Rect, content_width: f32, offset: &mut f32) {
    let most = (content_width - rect.width()).max(0.0);
    if most > 0.0 && ui.rect_contains_pointer(rect) {
        ui.input_mut(|input| {
            *offset -= input.smooth_scroll_delta.x;
            input.smooth_scroll_delta.x = 0.0;
        });
    }
    *offset = offset.clamp(0.0, most).round_ui();
}

/// Draws a bar along the bottom of `rect` where the content is wider.
pub(super) fn bar_ui(ui: &Ui, id: Id, rect: Rect, content_width: f32, offset: &mut f32) {
    let most = content_width - rect.width();
    if most <= 0.0 {
        return;
    }
    let palette = Palette::of(ui);
    let track = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 8.0), rect.max);
    let handle_width = (track.width() * rect.width() / content_width).max(24.0);
    let room = (track.width() - handle_width).max(1.0);
    let mut sense = Sense::drag();
    sense -= Sense::FOCUSABLE;
    let response = ui.interact(track, id, sense);
    if response.dragged() {
        *offset = (*offset + response.drag_delta().x * most / room).clamp(0.0, most);
    }
    let left = track.left() + room * (*offset / most);
    let handle = Rect::from_min_max(
        pos2(left, track.top() + 2.0),
        pos2(left + handle_width, track.bottom() - 2.0),
    );
    let color = if response.hovered() || response.dragged() { palette.faint } else { palette.line };
    ui.painter().rect_filled(handle, CornerRadius::same(2), color);
}
