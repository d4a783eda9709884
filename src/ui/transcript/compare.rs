//! Answers side by side: cards in rows, each with a view of its own.
//!
//! A row is one block of the transcript. The heights of all text in it are known before it is
//! drawn, and what of it is out of sight is not drawn, so that a row may be of any height.

mod card;

use std::collections::HashMap;

use egui::{CornerRadius, Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2};

use super::Draw;
use super::chat::Folds;
use super::end::Next;
use super::message::{Key, MessageView, Shape};
use crate::protocol::{Message, MessageId};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Room between two cards.
pub(super) const GAP: f32 = 12.0;
/// Border and padding of a card.
const PADDING: f32 = 13.0;
/// Narrower cards are put into more rows.
const LEAST_WIDTH: f32 = 280.0;
/// Room above the hint.
const HINT_GAP: f32 = 20.0;

const HINT: &str =
    "The answer that you keep continues the chat. The others stay beside it as branches.";

/// How many cards stand in a row, and how wide they are, not rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Grid {
    per_row: usize,
    width: f32,
}

impl Grid {
    /// As many in a row as have enough room, and the rows as even as can be.
    fn of(cards: usize, width: f32) -> Self {
        let fit = ((width + GAP) / (LEAST_WIDTH + GAP)).floor().max(1.0) as usize;
        let rows = cards.div_ceil(fit.min(cards).max(1)).max(1);
        let per_row = cards.div_ceil(rows).max(1);
        let gaps = (per_row - 1) as f32 * GAP;
        Self { per_row, width: (width - gaps) / per_row as f32 }
    }

    /// Where a card begins and ends.
    fn edges(&self, place: usize) -> (f32, f32) {
        let left = place as f32 * (self.width + GAP);
        (left.round(), (left + self.width).round())
    }

    /// The width of what is in a card, the same for all of them.
    fn inner(&self) -> f32 {
        self.width.floor() - 2.0 * PADDING
    }
}

/// What is remembered of the answers that stand side by side.
#[derive(Debug, Default)]
pub(super) struct CompareView {
    cards: Vec<(MessageId, MessageView)>,
    grid: Grid,
    /// How far what has the keyboard is out of sight, downwards.
    reveal: Option<f32>,
    /// Items drawn in this frame.
    pub(super) drawn: usize,
}

impl CompareView {
    /// Takes over the answers as they stand; `width` is that of all cards together.
    pub(super) fn sync(&mut self, ui: &Ui, width: f32, folds: &Folds, draw: &Draw<'_>) {
        let columns = draw.conversation.columns();
        let grid = Grid::of(columns.len(), width);
        let mut known: HashMap<MessageId, MessageView> = self.cards.drain(..).collect();
        for message in columns {
            let fresh = || MessageView::new(Shape::Card);
            let mut view = known.remove(&message.id).unwrap_or_else(fresh);
            if grid != self.grid {
                view.forget_heights();
            }
            view.sync(message, Next::Nothing, folds, draw);
            view.measure_all(ui, grid.inner());
            self.cards.push((message.id, view));
        }
        self.grid = grid;
        self.drawn = 0;
    }

    /// The heights of the rows, the room between them included.
    pub(super) fn rows(&self) -> Vec<f32> {
        let rows = self.cards.chunks(self.grid.per_row.max(1));
        rows.enumerate().map(|(row, cards)| gap_above(row) + height(cards)).collect()
    }

    /// What the keyboard moved to and cannot be seen: so far down it is.
    pub(super) fn take_reveal(&mut self) -> Option<f32> {
        self.reveal.take()
    }

    /// Draws a row of cards from the top of `ui`.
    pub(super) fn row_ui(
        &mut self,
        ui: &mut Ui,
        row: usize,
        folds: &mut Folds,
        draw: &mut Draw<'_>,
    ) {
        ui.add_space(gap_above(row));
        let min = ui.cursor().min;
        let grid = self.grid;
        let per_row = grid.per_row;
        let conversation = draw.conversation;
        let columns = conversation.columns();
        let in_row = self.cards.chunks(per_row).nth(row).unwrap_or_default();
        let full = height(in_row);
        let cards = self.cards.iter_mut().zip(columns).skip(row * per_row).take(per_row);
        let mut drawn = Vec::with_capacity(per_row);
        let mut bottom = min.y;
        for (place, ((_, view), message)) in cards.enumerate() {
            let (left, right) = grid.edges(place);
            let own = view.total() + 2.0 * PADDING;
            let top = min.y + slid(min.y, own, full, ui.clip_rect());
            let inner = pos2(min.x + left + PADDING, top + PADDING);
            let room = Rect::from_min_size(inner, vec2(grid.inner(), f32::INFINITY));
            let (reveal, items) = card_ui(ui, (view, message), room, folds, draw);
            self.reveal = reveal.or(self.reveal);
            self.drawn += items;
            let own = view.total() + 2.0 * PADDING;
            bottom = bottom.max(min.y + own);
            let (left, right) = (min.x + left, min.x + right);
            let shown = Rect::from_min_max(pos2(left, top), pos2(right, top + own));
            pinned_head_ui(ui, shown, message, draw);
            drawn.push((left, right));
        }
        let line = Stroke::new(1.0, Palette::of(ui).line);
        let rounding = CornerRadius::same(theme::CARD_ROUNDING);
        for (left, right) in drawn {
            let card = Rect::from_min_max(pos2(left, min.y), pos2(right, bottom.round()));
            ui.painter().rect_stroke(card, rounding, line, StrokeKind::Inside);
        }
        let all = Rect::from_min_max(min, pos2(ui.max_rect().right(), bottom.round()));
        ui.allocate_rect(all, egui::Sense::hover());
    }
}

/// What keeping means.
pub(super) fn hint_ui(ui: &mut Ui) {
    ui.add_space(HINT_GAP);
    let color = Palette::of(ui).faint;
    let text = egui::RichText::new(HINT).font(theme::small()).color(color);
    ui.add(egui::Label::new(text).wrap().selectable(false));
}

fn gap_above(row: usize) -> f32 {
    if row == 0 { 0.0 } else { GAP }
}

fn height(cards: &[(MessageId, MessageView)]) -> f32 {
    let highest = cards.iter().map(|(_, view)| view.total()).fold(0.0, f32::max);
    highest + 2.0 * PADDING
}

/// How far down in its card a short answer stands, so that it is in sight as long as the card is:
/// what fits the screen stays at its top, what does not ends at its bottom.
fn slid(top: f32, own: f32, full: f32, clip: Rect) -> f32 {
    let above = if own <= clip.height() { clip.top() } else { clip.bottom() - own };
    (above - top).clamp(0.0, (full - own).max(0.0)).round()
}

/// Draws what of a card can be seen, and its buttons in any case: the keyboard reaches them.
/// Says how far the one that has it is out of sight, and how many items were drawn.
fn card_ui(
    ui: &mut Ui,
    (view, message): (&mut MessageView, &Message),
    room: Rect,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) -> (Option<f32>, usize) {
    let clip = ui.clip_rect();
    let (mut footer_drawn, mut drawn) = (false, 0);
    let mut reveal = None;
    let from = view.find(clip.top() - room.top());
    let mut y = room.top() + from.map_or(0.0, |(_, _, top)| top);
    let mut next = from.map(|(key, item, _)| (key, item)).filter(|_| y <= clip.bottom());
    while let Some((key, item)) = next {
        let (height, moved) = item_ui(ui, (view, message, (key, item)), (room, y), folds, draw);
        reveal = moved.or(reveal);
        footer_drawn |= key == Key::Footer;
        y += height;
        drawn += 1;
        next = view.after(key, item).filter(|_| y <= clip.bottom());
    }
    if !footer_drawn && let Some((key, item)) = view.last() {
        let y = room.top() + view.total() - view.height(key, item);
        reveal = item_ui(ui, (view, message, (key, item)), (room, y), folds, draw).1;
        drawn += 1;
    }
    (reveal, drawn)
}

/// Draws an item with its top at `y`. Gives its height, and how far it is out of sight where the
/// keyboard moved into it.
fn item_ui(
    ui: &mut Ui,
    (view, message, (key, item)): (&mut MessageView, &Message, (Key, usize)),
    (room, y): (Rect, f32),
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) -> (f32, Option<f32>) {
    let top = y.round();
    let rect = Rect::from_min_max(pos2(room.left(), top), pos2(room.right(), top + 10_000.0));
    let salt = (message.id, key, item);
    let mut block = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(salt));
    block.spacing_mut().item_spacing = vec2(8.0, 0.0);
    view.item_ui(&mut block, message, (key, item), folds, draw);
    let height = block.min_rect().bottom() - top;
    if (height - view.height(key, item)).abs() > 0.5 {
        ui.ctx().request_repaint();
    }
    view.set_drawn(key, item, height);
    let moved = key == Key::Footer && widgets::focus_moved_into(&block);
    (height, if moved { out_of_sight(block.min_rect(), ui.clip_rect()) } else { None })
}

/// The head of a card that is out of sight, at the edge: whose words these are stays in sight.
fn pinned_head_ui(ui: &mut Ui, card: Rect, message: &Message, draw: &Draw<'_>) {
    const HEIGHT: f32 = 36.0;
    let edge = ui.clip_rect().top();
    if card.top() + PADDING + 16.0 > edge || card.bottom() < edge + 3.0 * HEIGHT {
        return;
    }
    let palette = Palette::of(ui);
    let strip = Rect::from_min_size(pos2(card.left(), edge), vec2(card.width(), HEIGHT));
    ui.painter().rect_filled(strip, 0.0, palette.bg);
    let line = Stroke::new(1.0, palette.line);
    ui.painter().hline(strip.x_range(), strip.bottom() - 0.5, line);
    let inner = Rect::from_min_max(
        pos2(strip.left() + PADDING, strip.top() + 8.0),
        pos2(strip.right() - PADDING, strip.bottom()),
    );
    let salt = (message.id, "pinned");
    let mut head = ui.new_child(UiBuilder::new().max_rect(inner).id_salt(salt));
    head.spacing_mut().item_spacing = vec2(8.0, 0.0);
    head.shrink_clip_rect(strip);
    card::line_ui(&mut head, message, draw);
}

/// How far below the clip a rectangle ends, or above it begins.
fn out_of_sight(rect: Rect, clip: Rect) -> Option<f32> {
    const MARGIN: f32 = 16.0;
    if rect.top() < clip.top() {
        Some(rect.top() - clip.top() - MARGIN)
    } else if rect.bottom() > clip.bottom() {
        Some(rect.bottom() - clip.bottom() + MARGIN)
    } else {
        None
    }
}

pub(super) use self::card::{foot_ui, head_ui};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_answer_stays_in_sight_beside_a_long_one() {
        let clip = Rect::from_min_max(pos2(0.0, 100.0), pos2(500.0, 700.0));
        let table = [
            // Top of the card, height of the answer, and how far down it stands.
            (200.0, 300.0, 0.0),
            (100.0, 300.0, 0.0),
            (-400.0, 300.0, 500.0),
            // Not beyond the end of the card.
            (-1_900.0, 300.0, 1_700.0),
            // Higher than the screen: it is read to its end before it moves.
            (-100.0, 900.0, 0.0),
            (-400.0, 900.0, 200.0),
            // The longest one never moves.
            (-400.0, 2_000.0, 0.0),
        ];
        for (top, own, down) in table {
            assert_eq!(slid(top, own, 2_000.0, clip), down, "{own} high at {top}");
        }
    }

    #[test]
    fn cards_stand_in_even_rows_of_enough_room() {
        let table = [
            (3, 968.0, 3, 288.0),
            (4, 968.0, 2, 452.0),
            (4, 1_608.0, 4, 367.0),
            (3, 588.0, 2, 262.0),
            (2, 588.0, 2, 262.0),
            (2, 552.0, 1, 526.0),
            (4, 200.0, 1, 174.0),
        ];
        for (cards, width, per_row, inner) in table {
            let grid = Grid::of(cards, width);
            assert_eq!((grid.per_row, grid.inner()), (per_row, inner), "{cards} in {width}");
            assert_eq!(grid.edges(per_row - 1).1, width, "the last card ends where all end");
        }
    }
}
