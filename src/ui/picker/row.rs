//! One row of the picker.

use egui::{
    Color32, CornerRadius, CursorIcon, FontId, Id, Rect, Response, Role, Sense, TextFormat, Ui,
    WidgetInfo,
    emath::GuiRounding as _,
    pos2,
    text::{LayoutJob, TextWrapping},
    vec2,
};

use super::source::ModelRow;
use crate::protocol::ModelInfo;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets;

pub(in crate::ui) const HEIGHT: f32 = 32.0;
const PAD: f32 = 8.0;
const ICON: f32 = 16.0;
/// Below this width, figures and icons give way to the name.
const NARROW: f32 = 380.0;
/// So much of a name is left beside what is said of it.
const NAME_LEFT: f32 = 72.0;

/// What a row is drawn from.
pub(in crate::ui) struct RowUi<'a> {
    pub(in crate::ui) info: &'a ModelInfo,
    pub(in crate::ui) row: &'a ModelRow,
    pub(in crate::ui) provider: &'a str,
    /// Whether the row says whose model it is: nothing above it does.
    pub(in crate::ui) tells_provider: bool,
    /// It is a model of a server.
    pub(in crate::ui) is_on_server: bool,
    pub(in crate::ui) selected: bool,
    pub(in crate::ui) chat_default: bool,
}

/// What was done with a row.
pub(in crate::ui) struct RowResponse {
    pub(in crate::ui) row: Response,
    pub(in crate::ui) star: Response,
}

impl RowUi<'_> {
    pub(in crate::ui) fn row_ui(&self, ui: &mut Ui, rect: Rect, id: Id) -> RowResponse {
        let palette = Palette::of(ui);
        let is_free = self.row.barred.is_none();
        let sense = if is_free { Sense::click() } else { Sense::hover() };
        let row = ui.interact(rect, id, sense);
        let row = if is_free { row.on_hover_cursor(CursorIcon::PointingHand) } else { row };
        let name = self.accessible_name();
        row.widget_info(|| {
            WidgetInfo::selected(Role::ListBoxOption, is_free, self.selected, name.clone())
        });
        // The pointer moves the selection: a fill of its own would make two rows look selected.
        if self.selected {
            ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
        }
        widgets::focus_ring(ui, &row, theme::ROUNDING);
        let row = match self.about() {
            Some(about) => row.on_hover_text(about),
            None => row,
        };
        let star = match self.row.compared {
            Some(compared) if self.row.marks_compared => self.check_ui(ui, rect, (id, compared)),
            // Favourites are this computer's models.
            Some(_) | None if self.is_on_server || !is_free => {
                ui.interact(Rect::NOTHING, id.with("star"), Sense::hover())
            }
            Some(_) | None => self.star_ui(ui, rect, id),
        };
        let center = rect.center().y;
        let dot = pos2(rect.left() + PAD + ICON + 8.0 + 4.0, center);
        ui.painter().circle_filled(dot, 4.0, model_color(palette, &self.info.id));
        let left = dot.x + 4.0 + 8.0;
        let right =
            if rect.width() < NARROW { rect.right() - PAD } else { self.facts_ui(ui, rect, id) };
        self.name_ui(ui, Rect::from_x_y_ranges(left..=right - 8.0, rect.y_range()));
        RowResponse { row, star }
    }

    fn accessible_name(&self) -> String {
        let mut name = format!("{}, {}", self.info.name, self.provider);
        for more in [&self.row.barred, &self.row.lacks, &self.row.retires].into_iter().flatten() {
            name.push_str(", ");
            name.push_str(more);
        }
        name
    }

    /// What hovering tells.
    fn about(&self) -> Option<String> {
        if let Some(barred) = &self.row.barred {
            return Some(format!("{}\nIt cannot be chosen here: {barred}", self.info.id));
        }
        let lacks = self.row.lacks.as_ref().map(|lacks| {
            format!("It {lacks}. It can be chosen all the same; the answer may fail.")
        });
        let retires = self.row.retires.as_ref().map(|retires| format!("The model {retires}"));
        let lines: Vec<String> = [lacks, retires].into_iter().flatten().collect();
        (!lines.is_empty()).then(|| format!("{}\n{}", self.info.id, lines.join("\n")))
    }

    /// The mark of a model that is compared.
    fn check_ui(&self, ui: &Ui, rect: Rect, (id, compared): (Id, bool)) -> Response {
        let palette = Palette::of(ui);
        let place = Rect::from_center_size(
            pos2(rect.left() + PAD + ICON / 2.0, rect.center().y),
            vec2(ICON, ICON),
        );
        let check = ui.interact(place.expand(4.0), id.with("check"), Sense::click());
        let name = format!("Compare: {}", self.info.name);
        check.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, compared, name.clone()));
        let (shape, color) = match (compared, check.hovered()) {
            (true, _) => (Icon::CircleCheck, palette.accent),
            (false, true) => (Icon::Circle, palette.text),
            (false, false) => (Icon::Circle, palette.faint),
        };
        widgets::paint_icon(ui, shape, place, color);
        widgets::focus_ring(ui, &check, 6);
        check.on_hover_cursor(CursorIcon::PointingHand)
    }

    fn star_ui(&self, ui: &Ui, rect: Rect, id: Id) -> Response {
        let palette = Palette::of(ui);
        let left = rect.left() + PAD;
        let icon =
            Rect::from_center_size(pos2(left + ICON / 2.0, rect.center().y), vec2(ICON, ICON));
        let star = ui.interact(icon.expand(4.0), id.with("star"), Sense::click());
        let name = format!("Favourite: {}", self.info.name);
        let favourite = self.row.favourite;
        star.widget_info(|| WidgetInfo::selected(Role::Button, true, favourite, name.clone()));
        let (shape, color) = match (favourite, star.hovered()) {
            (true, _) => (Icon::StarFilled, palette.star),
            (false, true) => (Icon::Star, palette.text),
            (false, false) => (Icon::Star, palette.faint),
        };
        widgets::paint_icon(ui, shape, icon, color);
        widgets::focus_ring(ui, &star, 6);
        let tooltip = if favourite { "No longer a favourite" } else { "Make a favourite" };
        star.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{tooltip} (Ctrl D)"))
    }

    /// Context, price and abilities; returns where they begin. Where a model lacks something, that
    /// stands in the place of the context.
    fn facts_ui(&self, ui: &Ui, rect: Rect, id: Id) -> f32 {
        let palette = Palette::of(ui);
        let center = rect.center().y;
        let abilities = [
            (self.info.abilities.vision, Icon::Eye, "Takes images"),
            (self.info.abilities.tools, Icon::Wrench, "Uses tools"),
            (self.info.abilities.thinking, Icon::Brain, "Thinks before it answers"),
        ];
        let mut x = rect.right() - PAD - 3.0 * ICON - 2.0 * 4.0;
        for (has, icon, tooltip) in abilities {
            if has == Some(true) {
                let place = Rect::from_center_size(pos2(x + ICON / 2.0, center), vec2(ICON, ICON));
                widgets::paint_icon(ui, icon, place, palette.faint);
                ui.interact(place, id.with(tooltip), Sense::hover()).on_hover_text(tooltip);
            }
            x += ICON + 4.0;
        }
        let price_right = rect.right() - PAD - 64.0 - 8.0;
        let unknown = || "–".to_owned();
        let price = price(self.info.price_in, self.info.price_out).unwrap_or_else(unknown);
        right_text(ui, &price, pos2(price_right, center), palette.faint);
        let context_right = price_right - 92.0 - 8.0;
        if self.row.lacks.is_some() || self.row.barred.is_some() {
            return context_right;
        }
        let context = self.info.context.map_or_else(unknown, tokens);
        right_text(ui, &context, pos2(context_right, center), palette.faint);
        context_right - 52.0
    }

    fn name_ui(&self, ui: &Ui, rect: Rect) {
        let palette = Palette::of(ui);
        let lacks = self.row.lacks.as_deref().filter(|_| self.row.barred.is_none());
        let barred = self.row.barred.as_deref();
        let color = if lacks.is_some() || barred.is_some() { palette.faint } else { palette.text };
        let compared = self.row.compared == Some(true) && !self.row.marks_compared;
        let notes = [
            (self.tells_provider.then_some(self.provider), palette.faint),
            (barred, palette.faint),
            (lacks, palette.warn),
            (self.row.retires.as_deref(), palette.warn),
            (self.chat_default.then_some("chat default"), palette.faint),
            (compared.then_some("compared"), palette.faint),
        ];
        let mut said = LayoutJob::default();
        for (note, color) in notes {
            if let Some(note) = note {
                let format = TextFormat::simple(theme::small(), color);
                said.append(&format!(" · {note}"), 0.0, format);
            }
        }
        said.wrap = TextWrapping::truncate_at_width((rect.width() - NAME_LEFT).max(20.0));
        let said = ui.fonts_mut(|fonts| fonts.layout_job(said));
        // Where both do not fit, the name is cut: what is said of it is news.
        let mut name = name_job(&self.info.name, &self.row.matched, color);
        let room = (rect.width() - said.size().x).max(20.0);
        name.wrap = TextWrapping::truncate_at_width(room);
        let name = ui.fonts_mut(|fonts| fonts.layout_job(name));
        let center = rect.center().y;
        let pos = pos2(rect.left(), center - name.size().y / 2.0).round_ui();
        // On one line, as in one text: both end at the bottom of the row.
        let said_pos = pos + vec2(name.size().x, name.size().y - said.size().y);
        ui.painter().galley(pos, name, palette.text);
        ui.painter().galley(said_pos.round_ui(), said, palette.text);
    }
}

fn right_text(ui: &Ui, text: &str, right_center: egui::Pos2, color: Color32) {
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), color);
    let pos = right_center - vec2(galley.size().x, galley.size().y / 2.0);
    ui.painter().galley(pos.round_ui(), galley, color);
}

fn name_job(name: &str, matched: &[u32], color: Color32) -> LayoutJob {
    let mut job = LayoutJob::default();
    let mut run = String::new();
    let mut bold = false;
    let flush = |job: &mut LayoutJob, run: &mut String, bold: bool| {
        let font: FontId = if bold { theme::semibold(14.0) } else { theme::body() };
        job.append(run, 0.0, TextFormat::simple(font, color));
        run.clear();
    };
    for (index, char) in (0_u32..).zip(name.chars()) {
        let hit = matched.binary_search(&index).is_ok();
        if hit != bold && !run.is_empty() {
            flush(&mut job, &mut run, bold);
        }
        bold = hit;
        run.push(char);
    }
    flush(&mut job, &mut run, bold);
    job
}

/// `128k`, `1M`.
fn tokens(count: u64) -> String {
    let binary = count.is_multiple_of(1024) && !count.is_multiple_of(1000);
    let rest = if binary { 1024 } else { 1000 };
    let thousands = count / rest;
    if count < 1000 {
        return count.to_string();
    }
    if thousands < 1000 {
        return format!("{thousands}k");
    }
    let tenths = (thousands * 10 + rest / 2) / rest;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole}M"),
        (whole, tenth) => format!("{whole}.{tenth}M"),
    }
}

/// `$2 / $10` per million tokens, `free`, or nothing where it is not known.
fn price(input: Option<f64>, output: Option<f64>) -> Option<String> {
    let (input, output) = (input?, output?);
    if input <= 0.0 && output <= 0.0 {
        return Some("free".to_owned());
    }
    Some(format!("{} / {}", dollars(input), dollars(output)))
}

fn dollars(amount: f64) -> String {
    let text = if amount < 0.1 { format!("{amount:.3}") } else { format!("{amount:.2}") };
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("${}", if short.is_empty() { "0" } else { short })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        let table = [
            (512, "512"),
            (32_768, "32k"),
            (128_000, "128k"),
            (131_072, "128k"),
            (200_000, "200k"),
            (1_000_000, "1M"),
            (1_048_576, "1M"),
            (1_050_000, "1.1M"),
            (2_000_000, "2M"),
        ];
        for (count, text) in table {
            assert_eq!(tokens(count), text, "{count}");
        }
        let prices = [
            (Some(2.0), Some(10.0), Some("$2 / $10")),
            (Some(0.15), Some(0.6), Some("$0.15 / $0.6")),
            (Some(0.037), Some(2.5), Some("$0.037 / $2.5")),
            (Some(0.0), Some(0.0), Some("free")),
            (Some(0.0), Some(1.0), Some("$0 / $1")),
            (None, Some(1.0), None),
        ];
        for (input, output, text) in prices {
            assert_eq!(price(input, output).as_deref(), text);
        }
    }
}
