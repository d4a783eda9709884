//! Tables: columns as wide as their text where there is room, scrolled sideways where not.

use egui::{Align, Rect, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use super::scroll_x::{bar_ui, scroll_x};
use super::text::Look;
use super::{Alignment, Cell, Table};
use crate::ui::theme::{self, Palette};

const PADDING: f32 = 10.0;
const NARROWEST: f32 = 64.0;

/// Draws a part of a table; the first has the head.
pub(super) fn table_ui(
    ui: &mut Ui,
    table: &Table,
    part: usize,
    scroll: &mut f32,
    cell_ui: &mut dyn FnMut(&mut Ui, &Cell, &Look),
) {
    let columns = column_widths(&table.widths, ui.available_width());
    let width: f32 = columns.iter().sum();
    let origin = ui.available_rect_before_wrap().min;
    let visible = ui.available_width();
    let mut top = origin.y;
    let mut inner = ui.new_child(UiBuilder::new().id_salt("table"));
    let clip = Rect::from_x_y_ranges(origin.x..=origin.x + visible, ui.clip_rect().y_range());
    inner.shrink_clip_rect(clip);
    let place =
        Place { left: origin.x - *scroll, columns: &columns, alignments: &table.alignments };
    if part == 0 {
        top = place.row_ui(&mut inner, top, &table.head, true, cell_ui);
    }
    for (index, row) in table.rows.iter().enumerate().skip(part * Table::CHUNK).take(Table::CHUNK) {
        inner.push_id(index, |ui| top = place.row_ui(ui, top, row, false, cell_ui));
    }
    let last = (part + 1) * Table::CHUNK >= table.rows.len();
    let bar = if last && width > visible { 10.0 } else { 0.0 };
    let rect = Rect::from_min_size(origin, vec2(visible, top - origin.y + bar));
    ui.allocate_rect(rect, Sense::hover());
    scroll_x(ui, rect, width, scroll);
    if last {
        bar_ui(ui, ui.scope_id().with("scroll"), rect, width, scroll);
    }
}

struct Place<'a> {
    left: f32,
    columns: &'a [f32],
    alignments: &'a [Alignment],
}

impl Place<'_> {
    fn row_ui(
        &self,
        ui: &mut Ui,
        top: f32,
        row: &[Cell],
        head: bool,
        cell_ui: &mut dyn FnMut(&mut Ui, &Cell, &Look),
    ) -> f32 {
        let mut left = self.left;
        let mut bottom = top + 32.0;
        for (column, width) in self.columns.iter().enumerate() {
            let align = match self.alignments.get(column) {
                Some(Alignment::Center) => Align::Center,
                Some(Alignment::Right) => Align::Max,
                Some(Alignment::Left) | None => Align::Min,
            };
            let look = Look { strong: head, dim: head, ..Look::cell(align) };
            let min = pos2(left + PADDING, top + 6.0);
            let max = pos2(left + width - PADDING, top + 6.0 + theme::MESSAGE_LINE_HEIGHT);
            let builder = UiBuilder::new().max_rect(Rect::from_min_max(min, max));
            let mut cell = ui.new_child(builder.id_salt((head, column)));
            if let Some(content) = row.get(column) {
                cell_ui(&mut cell, content, &look);
            }
            bottom = bottom.max(cell.min_rect().bottom() + 6.0);
            left += width;
        }
        let line = Stroke::new(1.0, Palette::of(ui).line);
        ui.painter().hline(self.left..=left, bottom, line);
        bottom + 1.0
    }
}

/// Widths out of the characters of the widest cells, shrunk to the room there is.
fn column_widths(chars: &[usize], room: f32) -> Vec<f32> {
    let mut widths: Vec<f32> = chars
        .iter()
        .map(|chars| (*chars as f32 * 7.2 + 2.0 * PADDING).max(NARROWEST).round())
        .collect();
    let mut excess = widths.iter().sum::<f32>() - room;
    // Take from the widest until it fits, or until all are as narrow as they may be.
    for _ in 0..widths.len() {
        if excess <= 0.5 {
            break;
        }
        let floor = 140.0_f32;
        let wide: f32 = widths.iter().map(|width| (width - floor).max(0.0)).sum();
        if wide <= 0.5 {
            break;
        }
        let share = (excess / wide).min(1.0);
        for width in &mut widths {
            *width = (*width - (*width - floor).max(0.0) * share).floor();
        }
        excess = widths.iter().sum::<f32>() - room;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fit_the_room_or_stay_readable() {
        assert_eq!(column_widths(&[1, 10], 760.0), [64.0, 92.0]);
        let shrunk = column_widths(&[10, 300], 760.0);
        assert!(shrunk.iter().sum::<f32>() <= 760.0 && shrunk[0] == 92.0, "{shrunk:?}");
        let many = column_widths(&[40; 12], 760.0);
        assert!(many.iter().all(|width| (*width - 140.0).abs() < 1.0), "{many:?}");
    }
}
