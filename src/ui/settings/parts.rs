//! What the pages of the settings have in common.

use egui::{Align, DragValue, Layout, RichText, Ui, vec2};

use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Heading of a page.
pub(super) fn heading_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let text = RichText::new(text).font(theme::semibold(16.0)).color(palette.text);
    let size = vec2(ui.available_width(), theme::CONTROL_HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(theme::CONTROL_HEIGHT);
        ui.label(text);
    });
}

/// Heading of a part of a page.
pub(super) fn section_ui(ui: &mut Ui, text: &str) {
    ui.add_space(8.0);
    widgets::group_label(ui, text);
    ui.add_space(-6.0);
}

/// A paragraph of second rank.
pub(super) fn note_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.label(RichText::new(text).line_height(Some(20.0)).color(palette.dim));
}

/// A card over the whole width.
pub(super) fn card_ui<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    widgets::card_frame(ui)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 8.0;
            content(ui)
        })
        .inner
}

/// A row with something at the left and controls at the right.
pub(super) fn row_ui<R>(
    ui: &mut Ui,
    height: f32,
    left: impl FnOnce(&mut Ui),
    right: impl FnOnce(&mut Ui) -> R,
) -> R {
    let size = vec2(ui.available_width(), height);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(height);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let result = right(ui);
            ui.with_layout(Layout::left_to_right(Align::Center), left);
            result
        })
        .inner
    })
    .inner
}

/// A label of one line.
pub(super) fn text_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    widgets::truncated_label(ui, text, theme::body(), palette.text);
}

/// A number with buttons for one step less and one more; the new number where it changed.
pub(super) fn stepper_ui(ui: &mut Ui, stepper: &Stepper<'_>) -> Option<u32> {
    let (least, most) = stepper.bounds;
    let mut value = stepper.value;
    let size = vec2(2.0 * theme::ICON_BUTTON.x + 64.0 + 8.0, theme::CONTROL_HEIGHT);
    // From left to right, whatever the layout around it says.
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        ui.add_enabled_ui(value > least, |ui| {
            if widgets::icon_button(ui, Icon::Minus, stepper.less).clicked() {
                value = value.saturating_sub(stepper.step);
            }
        });
        let drag = DragValue::new(&mut value)
            .range(least..=most)
            .speed(f64::from(stepper.step) / 10.0)
            .update_while_editing(false)
            .suffix(stepper.suffix);
        let response = ui.add_sized(vec2(64.0, 28.0), drag);
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(stepper.name));
        ui.add_enabled_ui(value < most, |ui| {
            if widgets::icon_button(ui, Icon::Plus, stepper.more).clicked() {
                value = value.saturating_add(stepper.step);
            }
        });
    });
    let value = value.clamp(least, most);
    (value != stepper.value).then_some(value)
}

/// What a stepper changes.
pub(super) struct Stepper<'a> {
    pub(super) name: &'a str,
    pub(super) less: &'a str,
    pub(super) more: &'a str,
    pub(super) value: u32,
    pub(super) bounds: (u32, u32),
    pub(super) step: u32,
    pub(super) suffix: &'a str,
}
