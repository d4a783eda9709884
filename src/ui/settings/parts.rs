//! What the pages of the settings have in common.

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align, Color32, DragValue, FontId, Layout, Rect, RichText, Sense, Ui, WidgetInfo, pos2, vec2,
};

use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// Heading of a page.
pub(in crate::ui) fn heading_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let text = RichText::new(text).font(theme::semibold(16.0)).color(palette.text);
    let size = vec2(ui.available_width(), theme::CONTROL_HEIGHT);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(theme::CONTROL_HEIGHT);
        ui.label(text);
    });
}

/// Heading of a part of a page.
pub(in crate::ui) fn section_ui(ui: &mut Ui, text: &str) {
    ui.add_space(8.0);
    widgets::group_label(ui, text);
    ui.add_space(-6.0);
}

/// A paragraph of second rank.
pub(in crate::ui) fn note_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let mut job = coded(text, theme::body(), palette.dim);
    for section in &mut job.sections {
        section.format.line_height = Some(20.0);
    }
    ui.label(job);
}

/// A text in which what stands between backticks looks like code.
pub(in crate::ui) fn coded(text: &str, font: FontId, color: Color32) -> LayoutJob {
    let code = FontId::new(font.size, theme::mono().family);
    let mut job = LayoutJob::default();
    for (part, font) in text.split('`').zip([font, code].iter().cycle()) {
        job.append(part, 0.0, TextFormat::simple(font.clone(), color));
    }
    job
}

/// A card over the whole width.
pub(in crate::ui) fn card_ui<R>(ui: &mut Ui, content: impl FnOnce(&mut Ui) -> R) -> R {
    widgets::card_frame(ui)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 8.0;
            content(ui)
        })
        .inner
}

/// A row with something at the left and controls at the right.
pub(in crate::ui) fn row_ui<R>(
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

/// Width of labels beside their fields.
const LABELS: f32 = 120.0;
/// Below this width labels stand above their fields.
const NARROW: f32 = 420.0;

/// A label with what belongs to it beside it, or below it where there is little room.
pub(in crate::ui) fn labelled_ui<R>(
    ui: &mut Ui,
    label: &str,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let palette = Palette::of(ui);
    let text = RichText::new(label).color(palette.dim);
    if ui.available_width() < NARROW {
        return ui
            .vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 4.0;
                if !label.is_empty() {
                    ui.label(text);
                }
                content(ui)
            })
            .inner;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let size = vec2(LABELS, theme::CONTROL_HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.set_max_width(LABELS);
            ui.add(egui::Label::new(text).wrap());
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            content(ui)
        })
        .inner
    })
    .inner
}

/// A box to be checked, with its words; true where it was clicked.
pub(in crate::ui) fn check_ui(ui: &mut Ui, text: &str, checked: Chosen) -> bool {
    const BOX: f32 = 16.0;
    let palette = Palette::of(ui);
    let is_checked = checked == Chosen::Yes;
    let room = (ui.available_width() - BOX - 10.0).max(80.0);
    let galley = ui.painter().layout(text.to_owned(), theme::body(), palette.text, room);
    let height = theme::CONTROL_HEIGHT.max(galley.size().y + 8.0);
    let size = vec2(BOX + 10.0 + galley.size().x, height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        WidgetInfo::selected(egui::Role::CheckBox, ui.is_enabled(), is_checked, text)
    });
    let top = rect.top() + ((theme::CONTROL_HEIGHT - BOX) / 2.0).round();
    let mark = Rect::from_min_size(pos2(rect.left(), top), vec2(BOX, BOX));
    let (fill, line) = match (is_checked, response.hovered()) {
        (true, _) => (palette.accent, palette.accent),
        (false, true) => (palette.hover, palette.faint),
        (false, false) => (palette.raised, palette.faint),
    };
    let stroke = egui::Stroke::new(1.0, line);
    ui.painter().rect(mark, 4.0, fill, stroke, egui::StrokeKind::Inside);
    if is_checked {
        widgets::paint_icon(ui, Icon::Check, mark, palette.on_accent);
    }
    let y = if height > theme::CONTROL_HEIGHT {
        rect.top() + 4.0
    } else {
        rect.center().y - galley.size().y / 2.0
    };
    ui.painter().galley(pos2(mark.right() + 10.0, y.round()), galley, palette.text);
    widgets::focus_ring(ui, &response, 6);
    response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked()
}

/// What is wrong with a field, below it.
pub(in crate::ui) fn problem_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.label(coded(text, theme::small(), palette.err));
}

/// A label of one line.
pub(in crate::ui) fn text_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    widgets::truncated_label(ui, text, theme::body(), palette.text);
}

/// A number with buttons for one step less and one more; the new number where it changed.
pub(in crate::ui) fn stepper_ui(ui: &mut Ui, stepper: &Stepper<'_>) -> Option<u32> {
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
pub(in crate::ui) struct Stepper<'a> {
    pub(in crate::ui) name: &'a str,
    pub(in crate::ui) less: &'a str,
    pub(in crate::ui) more: &'a str,
    pub(in crate::ui) value: u32,
    pub(in crate::ui) bounds: (u32, u32),
    pub(in crate::ui) step: u32,
    pub(in crate::ui) suffix: &'a str,
}
