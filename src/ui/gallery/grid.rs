//! The cards. Only those in sight are drawn.

use egui::{Rect, ScrollArea, Ui, pos2, vec2};

use super::card::{self, Card, card_id};
use super::{GAP, PADDING};
use crate::state::{AppState, BotCommand, GalleryFilter, GallerySort, UiCommand};

/// No card is narrower, where there is room for one.
const NARROWEST: f32 = 180.0;
const ROW: f32 = card::HEIGHT + GAP;
/// Above the first row, for the ring around a card that has the keyboard.
pub(super) const MARGIN: f32 = 4.0;

/// What the cards remember.
#[derive(Debug, Default)]
pub(super) struct Grid {
    columns: usize,
    rows_in_view: isize,
    /// The selected card has to be in view.
    reveal: bool,
    /// What the cards are an answer to: another one begins at its top.
    answers: (String, GalleryFilter, GallerySort),
}

impl Grid {
    /// Scrolls to the selected card with the next frame.
    pub(super) fn reveal(&mut self) {
        self.reveal = true;
    }

    /// How many cards stand side by side.
    pub(super) fn columns(&self) -> usize {
        self.columns.max(1)
    }

    /// How many rows are in view, at least one.
    pub(super) fn rows_in_view(&self) -> isize {
        self.rows_in_view.max(1)
    }

    /// Draws the cards into the rest of `ui`. Says whether one was clicked.
    pub(super) fn grid_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        width: f32,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let gallery = &state.gallery;
        let count = gallery.shown().len();
        self.columns = (((width + GAP) / (NARROWEST + GAP)).floor() as usize).max(1);
        let rows = count.div_ceil(self.columns);
        self.rows_in_view = (ui.available_height() / ROW).floor() as isize;
        let mut area =
            ScrollArea::vertical().id_salt("bots").auto_shrink([false, false]).animated(false);
        let (query, filter, sort) = &self.answers;
        if (query, *filter, *sort) != (&gallery.query, gallery.filter, gallery.sort) {
            self.answers = (gallery.query.clone(), gallery.filter, gallery.sort);
            // Not to the selection, which the first of the new cards may have lost.
            self.reveal = false;
            area = area.vertical_scroll_offset(0.0);
        }
        // The bar stands in the margin.
        let room = ui.available_size();
        ui.set_max_width(width + PADDING - 2.0);
        ui.allocate_ui(vec2(width + PADDING - 2.0, room.y), |ui| {
            area.show_viewport(ui, |ui, viewport| {
                ui.set_height(MARGIN + rows as f32 * ROW - GAP + PADDING);
                ui.shrink_clip_rect(ui.clip_rect().expand2(vec2(4.0, 0.0)));
                self.cards_ui(ui, state, (width, viewport), out)
            })
            .inner
        })
        .inner
    }

    fn cards_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        (width, viewport): (f32, Rect),
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let columns = self.columns as f32;
        let card_width = (width - GAP * (columns - 1.0)) / columns;
        let origin = ui.min_rect().min + vec2(0.0, MARGIN);
        let place = |at: usize| {
            let (row, column) = ((at / self.columns) as f32, (at % self.columns) as f32);
            let left = (column * (card_width + GAP)).round();
            let right = (column * (card_width + GAP) + card_width).round();
            Rect::from_x_y_ranges(
                origin.x + left..=origin.x + right,
                origin.y + row * ROW..=origin.y + row * ROW + card::HEIGHT,
            )
        };
        let shown = state.gallery.shown();
        let entry_at = |at: usize| state.bots.all().get(*shown.get(at)?);
        let selected = state.gallery.selected.as_ref();
        let is_selected =
            |at: &usize| entry_at(*at).map(|entry| &entry.bot.id) == selected && selected.is_some();
        let first = ((viewport.min.y / ROW).floor().max(0.0) as usize) * self.columns;
        let end = ((viewport.max.y / ROW).ceil().max(0.0) as usize) * self.columns;
        let in_view = first.min(shown.len())..end.min(shown.len());
        // Where it is out of sight and has the keyboard it is drawn nevertheless, to keep it.
        let has_keyboard =
            selected.is_some_and(|bot| ui.memory(|memory| memory.has_focus(card_id(bot))));
        let also =
            (self.reveal || has_keyboard).then(|| (0..shown.len()).find(is_selected)).flatten();
        if let Some(at) = also.filter(|_| self.reveal) {
            let rect = place(at);
            // With the room around it.
            ui.scroll_to_rect(
                Rect::from_min_max(
                    rect.min - vec2(0.0, 2.0),
                    pos2(rect.right(), rect.bottom() + GAP),
                ),
                None,
            );
        }
        self.reveal &= ui.is_sizing_pass();
        let mut clicked = false;
        for at in in_view.clone().chain(also.filter(|at| !in_view.contains(at))) {
            let Some(entry) = entry_at(at) else { continue };
            let home = state.bots.home(&entry.bot.id);
            let server = home.map(|home| (state.server_name(&home.server), home.has_looks));
            let card = Card { entry, server, selected: Some(&entry.bot.id) == selected };
            let response = card.card_ui(ui, place(at));
            if response.starred {
                let bot = entry.bot.id.clone();
                out.push(UiCommand::Bots(BotCommand::ToggleFavourite(bot)));
            } else if response.card.double_clicked() {
                out.push(UiCommand::Bots(BotCommand::Start(entry.bot.id.clone())));
            } else if response.card.clicked() {
                let bot = entry.bot.id.clone();
                ui.memory_mut(|memory| memory.request_focus(card_id(&bot)));
                out.push(UiCommand::Bots(BotCommand::Select(Some(bot))));
                clicked = true;
            }
        }
        clicked
    }
}
