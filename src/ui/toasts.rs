//! What is told once, at the lower right of the page, above what one types or presses there. Blocks
//! nothing but what lies right below it.

use std::collections::HashSet;

use egui::{
    Align2, Area, Context, CornerRadius, Frame, Id, Label, Layout, Margin, Order, Rect, RichText,
    ScrollArea, Stroke, Ui, Vec2, accesskit, pos2, vec2,
};

use super::icon::Icon;
use super::theme::{self, Palette};
use super::widgets::{self, Button};
use crate::state::{AppState, Overlay, Toast, ToastLevel, UiCommand};

const WIDTH: f32 = 360.0;
const EDGE: f32 = 3.0;
const GAP: f32 = 8.0;
/// From the edges of the place where they stand.
const OFFSET: Vec2 = vec2(20.0, 16.0);
/// How many are shown; the rest is counted.
const SHOWN: usize = 4;

/// What the toasts remember.
#[derive(Debug, Default)]
pub struct ToastsView {
    /// Those whose details are unfolded.
    unfolded: HashSet<u64>,
}

impl ToastsView {
    /// Draws them, newest on top, each in an area of its own.
    pub fn toasts_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        self.unfolded.retain(|id| state.toasts.iter().any(|toast| toast.id == *id));
        let left_by_page = ctx.data_mut(|data| {
            let place = data.get_temp::<Rect>(place_id());
            data.remove::<Rect>(place_id());
            place
        });
        let window = ctx.content_rect();
        let place = left_by_page.unwrap_or(window);
        let right = window.right() - place.right() + OFFSET.x;
        let shown = state.toasts.iter().rev().take(SHOWN);
        let more = state.toasts.len().saturating_sub(SHOWN);
        if state.overlay == Overlay::Nothing {
            let from_bottom = |bottom: f32| (Align2::RIGHT_BOTTOM, vec2(-right, -bottom));
            let mut bottom = window.bottom() - place.bottom() + OFFSET.y;
            if more > 0 {
                bottom += more_toasts(ctx, from_bottom(bottom), more);
            }
            // The newest goes on top: the others stay where they are.
            for toast in shown.rev() {
                bottom += self.area_ui(ctx, from_bottom(bottom), toast, out);
            }
        } else {
            // The buttons of dialogs are below.
            let from_top = |top| (Align2::RIGHT_TOP, vec2(-OFFSET.x, top));
            let mut top = OFFSET.y;
            for toast in shown {
                top += self.area_ui(ctx, from_top(top), toast, out);
            }
            if more > 0 {
                more_toasts(ctx, from_top(top), more);
            }
        }
    }

    /// Draws one, and says how much room it takes.
    fn area_ui(
        &mut self,
        ctx: &Context,
        anchor: (Align2, Vec2),
        toast: &Toast,
        out: &mut Vec<UiCommand>,
    ) -> f32 {
        let role = match toast.level {
            ToastLevel::Info => accesskit::Role::Status,
            ToastLevel::Warning | ToastLevel::Error => accesskit::Role::Alert,
        };
        let area = area(Id::unique(("toast", toast.id)), anchor)
            .accessible_name(toast.title.clone())
            .role(role);
        area.show(ctx, |ui| self.toast_ui(ui, toast, out)).response.rect.height() + GAP
    }

    fn toast_ui(&mut self, ui: &mut Ui, toast: &Toast, out: &mut Vec<UiCommand>) {
        let palette = Palette::of(ui);
        let frame = Frame::new()
            .fill(palette.raised)
            .stroke(Stroke::new(1.0, palette.line))
            .corner_radius(CornerRadius::same(theme::CARD_ROUNDING))
            .shadow(ui.visuals().popup_shadow)
            .inner_margin(Margin { left: 16, right: 8, top: 9, bottom: 11 });
        let drawn = frame.show(ui, |ui| {
            // Margins and borders take 26.
            ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 2.0 * OFFSET.x) - 26.0);
            ui.spacing_mut().item_spacing.y = 0.0;
            head_ui(ui, toast, out);
            if !toast.body.is_empty() {
                ui.add_space(2.0);
                ui.label(RichText::new(&toast.body).color(palette.dim).line_height(Some(20.0)));
            }
            self.buttons_ui(ui, toast, out);
            if self.unfolded.contains(&toast.id) {
                detail_ui(ui, toast);
            }
        });
        let rect = drawn.response.rect;
        let edge = Rect::from_min_max(rect.min, pos2(rect.left() + EDGE, rect.bottom()));
        let color = level_color(palette, toast.level);
        ui.painter_at(edge).rect_filled(rect, CornerRadius::same(theme::CARD_ROUNDING), color);
    }

    fn buttons_ui(&mut self, ui: &mut Ui, toast: &Toast, out: &mut Vec<UiCommand>) {
        if toast.actions.is_empty() && toast.detail.is_empty() {
            return;
        }
        ui.add_space(10.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            for action in &toast.actions {
                if Button::new(action.label).narrow().ui(ui).clicked() {
                    out.push(action.command.clone());
                    // An error stays until it was read.
                    if toast.level != ToastLevel::Error {
                        out.push(UiCommand::DismissToast(toast.id));
                    }
                }
            }
            if toast.detail.is_empty() {
                return;
            }
            let unfolded = self.unfolded.contains(&toast.id);
            let button = Button::new("Details").narrow().ghost().ui(ui);
            ui.ctx().accesskit_node_builder(button.id, |node| node.set_expanded(unfolded));
            if button.clicked() && !self.unfolded.remove(&toast.id) {
                self.unfolded.insert(toast.id);
            }
        });
    }
}

/// The page says where toasts may stand in this frame: at the lower right of this.
pub(super) fn stand_in(ctx: &Context, place: Rect) {
    ctx.data_mut(|data| data.insert_temp(place_id(), place));
}

fn place_id() -> Id {
    Id::unique("place of toasts")
}

fn more_toasts(ctx: &Context, anchor: (Align2, Vec2), more: usize) -> f32 {
    let shown = area(Id::unique("more toasts"), anchor).show(ctx, |ui| more_ui(ui, more));
    shown.response.rect.height() + GAP
}

fn area(id: Id, (align, offset): (Align2, Vec2)) -> Area {
    Area::new(id).order(Order::Foreground).anchor(align, offset).default_width(WIDTH).fade_in(false)
}

fn level_color(palette: &Palette, level: ToastLevel) -> egui::Color32 {
    match level {
        ToastLevel::Info => palette.accent,
        ToastLevel::Warning => palette.warn,
        ToastLevel::Error => palette.err,
    }
}

fn head_ui(ui: &mut Ui, toast: &Toast, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let width = ui.available_width() - theme::ICON_BUTTON.x;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.vertical(|ui| {
            ui.set_width(width);
            let title = RichText::new(&toast.title).font(theme::semibold(14.0));
            ui.add_space(3.0);
            ui.add(Label::new(title.color(palette.text)).wrap());
        });
        ui.with_layout(Layout::right_to_left(egui::Align::Min), |ui| {
            let name = format!("Dismiss: {}", toast.title);
            if widgets::icon_button(ui, Icon::X, &name).clicked() {
                out.push(UiCommand::DismissToast(toast.id));
            }
        });
    });
}

fn detail_ui(ui: &mut Ui, toast: &Toast) {
    let palette = Palette::of(ui);
    ui.add_space(10.0);
    Frame::new()
        .fill(palette.code)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::ROUNDING))
        .inner_margin(Margin::same(8))
        .show(ui, |ui| {
            ScrollArea::vertical().max_height(160.0).show(ui, |ui| {
                ui.set_width(ui.available_width());
                let text = RichText::new(&toast.detail).font(theme::mono()).color(palette.text);
                ui.add(Label::new(text).wrap().selectable(true));
            });
        });
}

fn more_ui(ui: &mut Ui, more: usize) {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.raised)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(theme::CARD_ROUNDING))
        .inner_margin(Margin::symmetric(12, 4))
        .show(ui, |ui| widgets::small_label(ui, &format!("{more} more"), palette.dim));
}

#[cfg(test)]
mod tests;
