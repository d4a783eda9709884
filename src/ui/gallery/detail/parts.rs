//! What the parts of the details have in common.

use egui::{
    CornerRadius, CursorIcon, Margin, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    emath::GuiRounding as _, vec2,
};

use crate::protocol::BotOrigin;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Heading of a part, with the room around it.
pub(super) fn heading_ui(ui: &mut Ui, text: &str) {
    ui.add_space(16.0);
    widgets::group_label(ui, text);
    ui.add_space(4.0);
}

/// A small text of second rank, as long as it is. It can be selected.
pub(super) fn note_ui(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    let text = RichText::new(text).font(theme::small()).line_height(Some(16.0));
    ui.add(egui::Label::new(text.color(palette.dim)).wrap());
}

/// A small text in a card, as long as it is. It can be selected.
pub(super) fn text_card_ui(ui: &mut Ui, text: &str) {
    widgets::card_frame(ui).inner_margin(Margin::symmetric(12, 10)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        note_ui(ui, text);
    });
}

/// A card with a small text that can be clicked.
pub(super) fn text_button(ui: &mut Ui, text: &str) -> egui::Response {
    let palette = Palette::of(ui);
    let width = ui.available_width();
    let galley = ui.painter().layout(text.to_owned(), theme::small(), palette.text, width - 26.0);
    let size = vec2(width, galley.size().y + 22.0).round_ui();
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    let fill = if response.hovered() { palette.hover } else { palette.panel };
    let line = Stroke::new(1.0, palette.line);
    let radius = CornerRadius::same(theme::CARD_ROUNDING);
    ui.painter().rect(rect, radius, fill, line, StrokeKind::Inside);
    ui.painter().galley(rect.min + vec2(13.0, 11.0), galley, palette.text);
    widgets::focus_ring(ui, &response, theme::CARD_ROUNDING);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// A chip that only says something.
pub(super) fn fact_ui(ui: &mut Ui, text: &str, dot: Option<egui::Color32>) {
    let palette = Palette::of(ui);
    let lead = dot.map_or(0.0, |_| 14.0);
    let most = (ui.available_width() - 22.0 - lead).max(40.0);
    let mut job =
        egui::text::LayoutJob::simple_singleline(text.to_owned(), theme::small(), palette.dim);
    job.wrap = egui::text::TextWrapping::truncate_at_width(most);
    let galley = ui.painter().layout_job(job);
    let size = vec2(22.0 + lead + galley.size().x, 24.0).round_ui();
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    let line = Stroke::new(1.0, palette.line);
    let painter = ui.painter();
    painter.rect(rect, CornerRadius::same(12), palette.raised, line, StrokeKind::Inside);
    if let Some(dot) = dot {
        painter.circle_filled(egui::pos2(rect.left() + 15.0, rect.center().y), 4.0, dot);
    }
    let pos = egui::pos2(rect.left() + 11.0 + lead, rect.center().y - galley.size().y / 2.0);
    painter.galley(pos.round_ui(), galley, palette.dim);
}

/// What *Customise* does with a bot.
pub(super) fn customise(origin: BotOrigin) -> &'static str {
    match origin {
        BotOrigin::BuiltIn => "Makes a bot of your own of it",
        BotOrigin::Own => "Changes the bot. Chats keep the version they began with.",
        BotOrigin::Personas => "This bot stands in personas.yaml and is changed there",
    }
}
