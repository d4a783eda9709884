//! What the user attached to a message: small, at the right like its bubble. A click shows all.

use egui::{
    Align, CornerRadius, CursorIcon, Layout, Rect, Role, Sense, Stroke, StrokeKind, TextFormat, Ui,
    WidgetInfo,
    emath::GuiRounding as _,
    pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use super::chat::{Fold, Folds};
use super::{Draw, format};
use crate::protocol::{Message, Part};
use crate::ui::icon::Icon;
use crate::ui::markdown::Image;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// How large a picture is until it is clicked, and from then on.
const SMALL: egui::Vec2 = vec2(240.0, 160.0);
const LARGE: egui::Vec2 = vec2(760.0, 480.0);
const NAME_WIDTH: f32 = 360.0;
const HEIGHT: f32 = 36.0;
const ICON: f32 = 16.0;
const GAP: f32 = 8.0;
const PADDING: f32 = 10.0;

/// Draws an attachment of the user; false where the part is none.
pub(super) fn attached_ui(
    ui: &mut Ui,
    message: &Message,
    part: usize,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) -> bool {
    let fold = Fold::Part(part);
    let open = folds.is_open(message.id, fold);
    let clicked = match message.parts.get(part) {
        Some(Part::Image { url, alt }) if url.starts_with("data:") => {
            let most = if open { LARGE } else { SMALL };
            let most = most.min(vec2(ui.available_width(), f32::INFINITY));
            ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
                let image = Image { url, alt };
                let response = draw.shared.images.preview_ui(ui, image, most);
                widgets::focus_ring(ui, &response, 8);
                response.on_hover_text(alt).clicked()
            })
            .inner
        }
        Some(Part::File { name, text }) => file_ui(ui, (name, open), text.len()),
        Some(
            Part::Image { .. }
            | Part::Text { .. }
            | Part::Thinking { .. }
            | Part::ToolCall { .. }
            | Part::ToolResult { .. }
            | Part::Notice { .. },
        )
        | None => return false,
    };
    if clicked {
        folds.toggle(message.id, fold);
    }
    ui.add_space(6.0);
    true
}

/// Chevron, icon, name and size; true where it was clicked.
fn file_ui(ui: &mut Ui, (name, open): (&str, bool), bytes: usize) -> bool {
    let palette = Palette::of(ui);
    let full = ui.available_rect_before_wrap();
    let around = 2.0 * (PADDING + ICON + GAP);
    let mut job = LayoutJob::default();
    job.append(name, 0.0, TextFormat::simple(theme::body(), palette.text));
    let size = format::bytes(bytes);
    job.append(&size, GAP, TextFormat::simple(theme::small(), palette.faint));
    job.wrap = TextWrapping::truncate_at_width(NAME_WIDTH.min(full.width() - around).max(40.0));
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let width = (galley.size().x + around).ceil();
    let rect = Rect::from_min_size(pos2(full.right() - width, full.top()), vec2(width, HEIGHT));
    let rect = rect.round_ui();
    let response = ui.allocate_rect(rect, Sense::click()).on_hover_text(name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, name));
    let fill = if response.hovered() { palette.hover } else { palette.panel };
    let line = Stroke::new(1.0, palette.line);
    let corners = CornerRadius::same(theme::CARD_ROUNDING);
    ui.painter().rect(rect, corners, fill, line, StrokeKind::Inside);
    let chevron = if open { Icon::ChevronDown } else { Icon::ChevronRight };
    let mut left = rect.left() + PADDING;
    for icon in [chevron, Icon::FileText] {
        let place = Rect::from_min_size(pos2(left, rect.center().y - 8.0), vec2(ICON, ICON));
        widgets::paint_icon(ui, icon, place, palette.dim);
        left += ICON + GAP;
    }
    let pos = pos2(left, rect.center().y - galley.size().y / 2.0).round_ui();
    ui.painter().galley(pos, galley, palette.text);
    widgets::focus_ring(ui, &response, theme::CARD_ROUNDING);
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
