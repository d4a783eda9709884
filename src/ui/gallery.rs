//! The gallery of bots: search and shelves, cards, and what a bot is told and may do.

mod card;
mod detail;
mod empty;
mod grid;
mod head;
mod keys;
mod problems;
#[cfg(test)]
pub(in crate::ui) mod sample;
mod shelves;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use egui::{Id, Popup, Rect, Ui, UiBuilder, vec2};

pub(in crate::ui) use self::head::head_ui;

use self::detail::DetailView;
use self::grid::Grid;
use self::problems::ProblemsView;
use self::shelves::ShelvesView;
use super::theme::Palette;
use super::toasts;
use crate::protocol::{BotEntry, BotId};
use crate::state::{AppState, Overlay, UiCommand};

const PADDING: f32 = 20.0;
const GAP: f32 = 12.0;
/// Below this width the details lie over the cards.
const NARROW: f32 = 1_000.0;

/// What the gallery keeps for itself.
#[derive(Debug, Default)]
pub struct GalleryView {
    shelves: ShelvesView,
    grid: Grid,
    detail: DetailView,
    problems: ProblemsView,
    /// In a narrow page: the details lie over the cards.
    details_open: bool,
    /// The frame in which it was drawn last.
    drawn: Option<u64>,
    /// Calls for the gallery that were answered.
    calls: u64,
    /// The bot whose details were drawn last, and what was searched for then.
    detailed: Option<BotId>,
    query: String,
}

impl GalleryView {
    /// Draws the gallery.
    pub fn gallery_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let space = ui.available_rect_before_wrap();
        let narrow = space.width() < NARROW;
        let frame = ui.ctx().cumulative_frame_nr();
        let is_new = self.drawn.is_none_or(|drawn| drawn + 1 < frame);
        self.drawn = Some(frame);
        if is_new {
            self.details_open = false;
            self.grid.reveal();
        }
        self.details_open &= narrow && state.gallery.selected.is_some();
        if self.calls != state.gallery.calls() {
            self.calls = state.gallery.calls();
            if !is_new {
                self.close_details(ui);
            }
        }
        if has_keyboard(ui, state) {
            if is_new && !self.details_open {
                ui.memory_mut(|memory| memory.request_focus(search_id()));
            }
            self.keys_ui(ui, state, narrow, out);
        }
        let selected = state.gallery.selected.as_ref().and_then(|id| state.bots.get(id));
        match selected {
            Some(entry) if self.details_open => {
                toasts::stand_in(ui.ctx(), space.with_max_y(space.bottom() - detail::FOOT));
                if self.detail.over_ui(ui, (state, entry), space, out) {
                    self.close_details(ui);
                }
            }
            Some(_) | None if narrow => self.left_ui(ui, (space, narrow), state, out),
            Some(_) | None => {
                let width = (space.width() * 0.34).clamp(300.0, 344.0).floor();
                let (left, right) = space.split_left_right_at_x(space.right() - width);
                self.left_ui(ui, (left, narrow), state, out);
                match self.detailed(ui, state).or(selected) {
                    Some(entry) => self.detail.beside_ui(ui, (state, entry), right, out),
                    // The place stays: a search without a result moves nothing.
                    None => detail::blank_ui(ui, right, state.bots.is_loaded()),
                }
            }
        }
        ui.advance_cursor_after_rect(space);
    }

    /// The bot beside the cards. While somebody types, its place follows one frame behind: finding
    /// the cards and laying out another bot's words are not the work of one frame.
    fn detailed<'a>(&mut self, ui: &Ui, state: &'a AppState) -> Option<&'a Arc<BotEntry>> {
        let wanted = state.gallery.selected.as_ref();
        let is_typed = self.query != state.gallery.query;
        self.query.clone_from(&state.gallery.query);
        if is_typed && wanted.is_some() && self.detailed.as_ref() != wanted {
            ui.ctx().request_repaint();
            return self.detailed.as_ref().and_then(|id| state.bots.get(id));
        }
        self.detailed = wanted.cloned();
        wanted.and_then(|id| state.bots.get(id))
    }

    /// Search, shelves and cards.
    fn left_ui(
        &mut self,
        ui: &mut Ui,
        (rect, narrow): (Rect, bool),
        state: &AppState,
        out: &mut Vec<UiCommand>,
    ) {
        toasts::stand_in(ui.ctx(), rect);
        let inner = Rect::from_min_max(rect.min + vec2(PADDING, 16.0), rect.max);
        let width = (rect.width() - 2.0 * PADDING).max(120.0);
        let mut ui = ui.new_child(UiBuilder::new().max_rect(inner).id_salt("gallery"));
        ui.shrink_clip_rect(rect);
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.set_max_width(width);
        self.problems.problems_ui(&mut ui, state, out);
        self.shelves.shelves_ui(&mut ui, state, out);
        ui.add_space(GAP - grid::MARGIN);
        if state.gallery.shown().is_empty() {
            empty::empty_ui(&mut ui, state, out);
            return;
        }
        empty::others_ui(&mut ui, state, out);
        if self.grid.grid_ui(&mut ui, state, width, out) {
            self.details_open = narrow;
            if narrow {
                self.detail.focus_start();
            }
        }
    }

    fn close_details(&mut self, ui: &Ui) {
        self.details_open = false;
        self.grid.reveal();
        ui.memory_mut(|memory| memory.request_focus(search_id()));
        ui.ctx().request_repaint();
    }
}

/// The search field.
fn search_id() -> Id {
    Id::unique("gallery_search")
}

/// Whether nothing lies on top that has the keyboard.
fn has_keyboard(ui: &Ui, state: &AppState) -> bool {
    state.overlay == Overlay::Nothing
        && ui.memory(|memory| memory.allows_interaction(ui.layer_id()))
        && !Popup::is_any_open(ui.ctx())
}

/// The ground of the details and the line beside it.
fn panel(ui: &Ui, rect: Rect) {
    let palette = Palette::of(ui);
    ui.painter().rect_filled(rect, egui::CornerRadius::ZERO, palette.panel);
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().vline(rect.left() + 0.5, rect.y_range(), line);
}
