//! Wheel, keys, scroll bar and the way back to the end.

use egui::{CornerRadius, Key, Modifiers, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Draw;
use super::chat::{ChatView, EDGE, FOOT};
use super::message::Key as Section;
use crate::state::Overlay;
use crate::ui::icon::Icon;
use crate::ui::theme::Palette;
use crate::ui::widgets;

/// Points of a notch of the arrow keys.
const STEP: f32 = 48.0;

impl ChatView {
    /// What wheel and keys ask for, in points downwards.
    pub(super) fn take_input(&mut self, ui: &Ui, rect: Rect, draw: &Draw<'_>) -> f32 {
        let mut moved = 0.0;
        if ui.rect_contains_pointer(rect) {
            moved -= ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
            moved += drag_at_edge(ui, rect);
        }
        if !ui.ctx().text_edit_focused() && draw.state.overlay == Overlay::Nothing {
            moved += self.take_keys(ui, rect);
        }
        if moved < 0.0 {
            self.follow = false;
        }
        self.moved |= moved != 0.0;
        moved
    }

    fn take_keys(&mut self, ui: &Ui, rect: Rect) -> f32 {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let page = (rect.height() - 2.0 * EDGE).max(STEP);
        if pressed(Key::End) {
            self.follow_end();
        }
        if pressed(Key::Home) {
            self.jump(0, -EDGE);
            return 0.0;
        }
        let mut moved = 0.0;
        if pressed(Key::PageUp) {
            moved -= page;
        }
        if pressed(Key::PageDown) {
            moved += page;
        }
        if ui.ctx().memory(|memory| memory.focused().is_none()) {
            if pressed(Key::ArrowUp) {
                moved -= STEP;
            }
            if pressed(Key::ArrowDown) {
                moved += STEP;
            }
        }
        moved
    }

    fn follow_end(&mut self) {
        self.follow = true;
        self.moved = true;
    }

    /// Puts a message at the top.
    pub(super) fn jump(&mut self, message: usize, offset: f32) {
        self.follow = false;
        self.moved = true;
        let at = super::chat::At { message, key: Section::Who, item: 0 };
        self.anchor = Some((at, offset));
    }

    /// The scroll bar. Its handle goes by guessed heights where none are known.
    pub(super) fn bar_ui(&mut self, ui: &Ui, rect: Rect) {
        let total = self.index.heights.total() + f64::from(EDGE + FOOT);
        let Some((at, offset)) = self.anchor else { return };
        if total <= f64::from(rect.height()) {
            return;
        }
        let palette = Palette::of(ui);
        let track = Rect::from_min_max(pos2(rect.right() - 12.0, rect.top()), rect.max);
        let length = ((f64::from(rect.height()) / total) as f32 * track.height()).max(32.0);
        let most = total - f64::from(rect.height());
        let above = self.index.heights.before(at.message) + f64::from(offset.max(-EDGE) + EDGE);
        let above = above + f64::from(self.height_above(at));
        let part = if self.follow { 1.0 } else { (above / most).clamp(0.0, 1.0) as f32 };
        let room = track.height() - length;
        let mut sense = Sense::click_and_drag();
        sense -= Sense::FOCUSABLE;
        let response = ui.interact(track, ui.scope_id().with("bar"), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Scroll the chat"));
        let top = track.top() + part * room;
        let pressed = response.is_pointer_button_down_on() || response.dragged();
        let wide = response.hovered() || pressed;
        let handle = Rect::from_min_size(
            pos2(track.right() - if wide { 10.0 } else { 6.0 }, top),
            vec2(if wide { 8.0 } else { 4.0 }, length),
        );
        let color = if wide { palette.faint } else { palette.line };
        ui.painter().rect_filled(handle.shrink2(vec2(0.0, 2.0)), CornerRadius::same(4), color);
        if pressed && let Some(pointer) = response.interact_pointer_pos() {
            let part = ((pointer.y - track.top() - length / 2.0) / room.max(1.0)).clamp(0.0, 1.0);
            if part >= 1.0 {
                self.follow_end();
            } else {
                let (message, offset) = self.index.heights.find(f64::from(part) * most);
                self.jump(message, if message == 0 && part <= 0.0 { -EDGE } else { offset });
            }
            ui.ctx().request_repaint();
        }
    }

    /// The round button that leads back to the end.
    pub(super) fn jump_ui(&mut self, ui: &mut Ui, rect: Rect) {
        if self.follow {
            return;
        }
        let palette = Palette::of(ui);
        let center = pos2(rect.center().x.round(), rect.bottom() - 24.0);
        let button = Rect::from_center_size(center, vec2(32.0, 32.0));
        let response = ui.interact(button, ui.scope_id().with("jump"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Jump to latest"));
        let fill = if response.hovered() { palette.hover } else { palette.raised };
        let stroke = egui::Stroke::new(1.0, palette.line);
        let shadow = ui.visuals().popup_shadow;
        ui.painter().add(shadow.as_shape(button, CornerRadius::same(16)));
        ui.painter().circle(center, 16.0, fill.to_opaque(), stroke);
        widgets::paint_icon(ui, Icon::ArrowDown, button, palette.text);
        widgets::focus_ring(ui, &response, 16);
        if response.clicked() {
            self.follow_end();
            ui.ctx().request_repaint();
        }
        response.on_hover_text("Jump to latest");
    }
}

/// Scrolls on while a selection is dragged beyond the edge.
fn drag_at_edge(ui: &Ui, rect: Rect) -> f32 {
    let (pos, selecting) =
        ui.input(|input| (input.pointer.latest_pos(), input.pointer.is_decidedly_dragging()));
    let Some(pos) = pos.filter(|_| selecting && ui.ctx().dragged_id().is_some()) else {
        return 0.0;
    };
    let margin = 16.0;
    let beyond = if pos.y < rect.top() + margin {
        pos.y - rect.top() - margin
    } else if pos.y > rect.bottom() - margin {
        pos.y - rect.bottom() + margin
    } else {
        return 0.0;
    };
    if pos.x > rect.right() - 16.0 {
        return 0.0;
    }
    ui.ctx().request_repaint();
    beyond.clamp(-12.0, 12.0)
}
