//! Bars, one for each day; for each month where there are many days.

use egui::{Align2, CornerRadius, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use jiff::ToSpan;
use jiff::civil::Date;

use super::rows::sum_words;
use crate::protocol::{UsageSum, dollars, tokens};
use crate::ui::theme::{self, Palette};

const BARS: f32 = 72.0;
const AXIS: f32 = 20.0;
const GAP: f32 = 2.0;
const WIDEST: f32 = 40.0;
/// From here on bars are months.
const MOST_DAYS: usize = 62;
/// Older months than this are not drawn.
const MOST_MONTHS: usize = 60;

/// A bar.
struct Bar {
    name: String,
    sum: UsageSum,
}

/// Draws the days with those between them on which nothing was used.
pub(super) fn chart_ui(ui: &mut Ui, days: &[(String, UsageSum)]) {
    let bars = bars(days);
    let by_cost = bars.iter().any(|bar| bar.sum.usage.cost_usd.is_some_and(|cost| cost > 0.0));
    let height = |bar: &Bar| {
        if by_cost {
            bar.sum.usage.cost_usd.unwrap_or(0.0)
        } else {
            bar.sum.usage.total_tokens().unwrap_or(0) as f64
        }
    };
    let most = bars.iter().map(height).fold(0.0, f64::max);
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), AXIS + BARS + AXIS);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let top = if by_cost { dollars(most) } else { format!("{} tokens", tokens(most as u64)) };
    let painter = ui.painter();
    let small = theme::small();
    painter.text(
        rect.left_top(),
        Align2::LEFT_TOP,
        format!("Most: {top}"),
        small.clone(),
        palette.dim,
    );
    let base = rect.bottom() - AXIS;
    painter.hline(rect.x_range(), base + 0.5, (1.0, palette.line));
    let step = (rect.width() / bars.len().max(1) as f32).min(WIDEST + GAP);
    for (place, bar) in bars.iter().enumerate() {
        let share = if most > 0.0 { (height(bar) / most) as f32 } else { 0.0 };
        let left = rect.left() + place as f32 * step;
        let column = Rect::from_min_max(pos2(left, base - BARS), pos2(left + step, base));
        bar_ui(ui, column, share, bar);
    }
    let used = rect.left() + bars.len() as f32 * step;
    let (first, last) = (bars.first(), bars.last());
    if let (Some(first), Some(last)) = (first, last) {
        let y = rect.bottom();
        let painter = ui.painter();
        painter.text(
            pos2(rect.left(), y),
            Align2::LEFT_BOTTOM,
            &first.name,
            small.clone(),
            palette.dim,
        );
        if used - rect.left() > 150.0 {
            painter.text(pos2(used, y), Align2::RIGHT_BOTTOM, &last.name, small, palette.dim);
        }
    }
}

fn bar_ui(ui: &mut Ui, column: Rect, share: f32, bar: &Bar) {
    let palette = Palette::of(ui);
    let id = ui.scope_id().with(("bar", &bar.name));
    let response = ui.interact(column, id, Sense::hover());
    let words = || format!("{}: {}", bar.name, sum_words(&bar.sum));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words()));
    if bar.sum.answers == 0 {
        return;
    }
    let height = (column.height() * share).max(2.0).round();
    let drawn = Rect::from_min_max(
        pos2(column.left(), column.bottom() - height),
        pos2((column.right() - GAP).max(column.left() + 1.0), column.bottom()),
    );
    let color = if response.hovered() { palette.text } else { palette.accent };
    let round = CornerRadius { nw: 2, ne: 2, sw: 0, se: 0 };
    ui.painter().rect_filled(drawn, round, color);
    response.on_hover_text(words());
}

/// One bar for each day, from the first to the last; for each month where these are too many.
fn bars(days: &[(String, UsageSum)]) -> Vec<Bar> {
    let known: Vec<(Date, UsageSum)> =
        days.iter().filter_map(|(day, sum)| Some((day.parse().ok()?, *sum))).collect();
    let (Some((first, _)), Some((last, _))) = (known.first(), known.last()) else {
        return Vec::new();
    };
    let (first, last) = (*first, *last);
    let by_month = days_between(first, last) >= MOST_DAYS;
    let step = if by_month { 1.month() } else { 1.day() };
    let start = if by_month { first.first_of_month() } else { first };
    let pattern = if by_month { "%B %Y" } else { "%-d %b" };
    let mut bars: Vec<Bar> = Vec::new();
    let mut rest = known.as_slice();
    let mut begin = start;
    while begin <= last {
        let end = begin.saturating_add(step);
        let count = rest.iter().take_while(|(day, _)| *day < end).count();
        let (now, later) = rest.split_at(count);
        rest = later;
        let mut sum = UsageSum::default();
        for (_, part) in now {
            sum.answers += part.answers;
            sum.unpriced += part.unpriced;
            sum.usage.add(&part.usage);
        }
        bars.push(Bar { name: begin.strftime(pattern).to_string(), sum });
        if end <= begin {
            break;
        }
        begin = end;
    }
    let surplus = bars.len().saturating_sub(MOST_MONTHS.max(MOST_DAYS));
    bars.drain(..surplus);
    bars
}

fn days_between(first: Date, last: Date) -> usize {
    let days = first.until(last).map_or(i32::MAX, |span| span.get_days());
    usize::try_from(days).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: &str, answers: u64) -> (String, UsageSum) {
        (day.to_owned(), UsageSum { answers, ..UsageSum::default() })
    }

    fn drawn(days: &[(String, UsageSum)]) -> Vec<(String, u64)> {
        bars(days).into_iter().map(|bar| (bar.name, bar.sum.answers)).collect()
    }

    fn expected(bars: &[(&str, u64)]) -> Vec<(String, u64)> {
        bars.iter().map(|(name, answers)| ((*name).to_owned(), *answers)).collect()
    }

    #[test]
    fn days_without_answers_have_their_place() {
        let days = [day("2026-02-27", 1), day("2026-03-01", 2)];
        assert_eq!(drawn(&days), expected(&[("27 Feb", 1), ("28 Feb", 0), ("1 Mar", 2)]));
        assert_eq!(drawn(&days[..1]), expected(&[("27 Feb", 1)]));
        assert_eq!(drawn(&[]), []);
        assert_eq!(drawn(&[day("nonsense", 1)]), []);
    }

    #[test]
    fn many_days_are_months() {
        let days = [
            day("2025-11-30", 1),
            day("2025-12-01", 2),
            day("2025-12-31", 3),
            day("2026-02-01", 4),
        ];
        let months =
            [("November 2025", 1), ("December 2025", 5), ("January 2026", 0), ("February 2026", 4)];
        assert_eq!(drawn(&days), expected(&months));
    }

    #[test]
    fn a_wrong_clock_does_not_draw_centuries() {
        let days = [day("1970-01-01", 1), day("2026-11-21", 2), day("9999-12-30", 3)];
        assert!(drawn(&days).len() <= MOST_DAYS);
        assert_eq!(drawn(&days).last().unwrap().1, 3);
    }
}
