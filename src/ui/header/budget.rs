//! A chip that says that a budget is nearly used up, and leads to the usage page.

use egui::{CornerRadius, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use egui::{emath::GuiRounding as _, pos2, vec2};

use crate::state::{AppState, Period, SettingsTab, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Below this width of the header the chip says the figure alone.
const NARROW: f32 = 440.0;

/// Draws the chip at the left of `right`, where four fifths of a budget are spent. Gives how much
/// room it takes.
pub(super) fn chip_ui(row: &mut Ui, state: &AppState, right: f32, out: &mut Vec<UiCommand>) -> f32 {
    let Some(near) = state.budget_near() else { return 0.0 };
    let palette = Palette::of(row);
    let percent = near.percent();
    let whose = match near.period {
        Period::Day => "today's",
        Period::Month => "this month's",
    };
    let words = format!("{percent} % of {whose} budget");
    let color = if percent >= 100 { palette.err } else { palette.warn };
    let short = row.max_rect().width() < NARROW;
    let text = if short { format!("{percent} %") } else { words.clone() };
    let galley = row.painter().layout_no_wrap(text, theme::small(), color);
    let size = vec2((galley.size().x + 22.0).ceil(), 24.0);
    let min = pos2(right - size.x, row.max_rect().center().y - 12.0).round_ui();
    let rect = Rect::from_min_size(min, size);
    let response = row.interact(rect, row.scope_id().with("budget"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, row.is_enabled(), &words));
    let fill = if response.hovered() { palette.hover } else { palette.raised };
    let round = CornerRadius::same(12);
    row.painter().rect(rect, round, fill, Stroke::new(1.0, color), StrokeKind::Inside);
    let place = pos2(rect.left() + 11.0, rect.center().y - galley.size().y / 2.0).round_ui();
    row.painter().galley(place, galley, color);
    widgets::focus_ring(row, &response, 12);
    let response = response.on_hover_cursor(CursorIcon::PointingHand);
    if response.on_hover_text(format!("{words}. Show usage")).clicked() {
        out.push(UiCommand::OpenSettings(SettingsTab::Usage));
    }
    size.x
}
