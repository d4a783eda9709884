//! A line of a list: who, and what was used.

use egui::{
    Align2, Color32, CursorIcon, FontId, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2,
    vec2,
};

use crate::protocol::{UsageSum, dollars, tokens};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const HEIGHT: f32 = 32.0;
/// Room for `$0.000084` and what keeps it apart.
const COST: f32 = 96.0;
const TOKENS: f32 = 136.0;
const ANSWERS: f32 = 92.0;
/// The name keeps at least this much room; columns that do not fit beside it are left out.
const NAME: f32 = 150.0;

/// A line.
pub(super) struct Line<'a> {
    pub(super) dot: Option<Color32>,
    pub(super) name: &'a str,
    /// More, on hovering; empty for nothing.
    pub(super) hint: &'a str,
    pub(super) sum: &'a UsageSum,
    /// Whether a click does something.
    pub(super) opens: bool,
}

impl Line<'_> {
    pub(super) fn line_ui(&self, ui: &mut Ui) -> Response {
        let palette = Palette::of(ui);
        let sense = if self.opens { Sense::click() } else { Sense::hover() };
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), sense);
        let role = if self.opens { Role::Button } else { Role::Label };
        let name = || format!("{}: {}", self.name, sum_words(self.sum));
        response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), name()));
        if self.opens && response.hovered() {
            ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), theme::ROUNDING, palette.hover);
        }
        let left = self.figures_ui(ui, rect, palette);
        let mut x = rect.left();
        if let Some(dot) = self.dot {
            ui.painter().circle_filled(pos2(x + 4.0, rect.center().y), 4.0, dot);
            x += 16.0;
        }
        let elided = self.name_ui(ui, pos2(x, rect.center().y), left, palette.text);
        widgets::focus_ring(ui, &response, theme::ROUNDING);
        let response = match (elided, self.hint.is_empty()) {
            (true, true) => response.on_hover_text(self.name),
            (_, false) => response.on_hover_text(self.hint),
            (false, true) => response,
        };
        if self.opens { response.on_hover_cursor(CursorIcon::PointingHand) } else { response }
    }

    /// Draws the columns at the right. Gives where they begin.
    fn figures_ui(&self, ui: &Ui, rect: Rect, palette: &Palette) -> f32 {
        let usage = &self.sum.usage;
        let cost = usage.cost_usd.map_or_else(|| "–".to_owned(), dollars);
        let count = |tokens_of: Option<u64>| tokens_of.map_or_else(|| "–".to_owned(), tokens);
        let flow =
            format!("{} in · {} out", count(usage.prompt_tokens), count(usage.completion_tokens));
        let columns = [
            (COST, cost, theme::medium(14.0), palette.text),
            (TOKENS, flow, theme::small(), palette.dim),
            (ANSWERS, answers(self.sum), theme::small(), palette.dim),
        ];
        let mut right = rect.right();
        for (width, text, font, color) in columns {
            if right - width < rect.left() + NAME && width != COST {
                break;
            }
            let at = pos2(right, rect.center().y);
            ui.painter().text(at, Align2::RIGHT_CENTER, text, font, color);
            right -= width;
        }
        right
    }

    /// Draws the name, cut where it does not fit. Gives whether it was.
    fn name_ui(&self, ui: &Ui, at: Pos2, right: f32, color: Color32) -> bool {
        let font: FontId = theme::body();
        let mut job = egui::text::LayoutJob::simple_singleline(self.name.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width((right - at.x - 8.0).max(0.0));
        let galley = ui.painter().layout_job(job);
        let elided = galley.elided;
        let place = pos2(at.x, (at.y - galley.size().y / 2.0).round());
        ui.painter().galley(place, galley, color);
        elided
    }
}

/// `1 answer`, `12 answers`; what was used without an answer made titles.
fn answers(sum: &UsageSum) -> String {
    match sum.answers {
        0 if sum.usage.total_tokens().is_some() => "titles".to_owned(),
        1 => "1 answer".to_owned(),
        count => format!("{count} answers"),
    }
}

/// A sum in words, for those who do not see columns.
pub(super) fn sum_words(sum: &UsageSum) -> String {
    let mut words = vec![sum.usage.cost_usd.map_or_else(|| "no price".to_owned(), dollars)];
    words.push(answers(sum));
    if let Some(count) = sum.usage.prompt_tokens {
        words.push(format!("{} tokens in", tokens(count)));
    }
    if let Some(count) = sum.usage.completion_tokens {
        words.push(format!("{} tokens out", tokens(count)));
    }
    words.join(", ")
}
