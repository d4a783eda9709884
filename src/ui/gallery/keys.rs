//! What the keyboard does in the gallery.

use egui::{Event, Key, Modifiers, Ui};

use super::card::card_id;
use super::{GalleryView, search_id};
use crate::state::{AppState, BotCommand, UiCommand};

/// Where the keyboard is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Search,
    Card,
    Elsewhere,
}

impl GalleryView {
    /// Takes the keys that steer the gallery, before anything of it is drawn.
    pub(super) fn keys_ui(
        &mut self,
        ui: &Ui,
        state: &AppState,
        narrow: bool,
        out: &mut Vec<UiCommand>,
    ) {
        self.escape(ui, state, out);
        if self.details_open {
            return;
        }
        let selected = state.gallery.selected.as_ref();
        let focused = ui.memory(|memory| memory.focused());
        let place = match focused {
            Some(id) if id == search_id() => Place::Search,
            Some(id) if selected.is_some_and(|bot| card_id(bot) == id) => Place::Card,
            Some(_) => Place::Elsewhere,
            // What is typed, a blank too, is for the search wherever nothing else has the keyboard.
            None => {
                ui.memory_mut(|memory| memory.request_focus(search_id()));
                Place::Search
            }
        };
        if place == Place::Elsewhere {
            return;
        }
        if place == Place::Card && typed(ui, state.gallery.query.is_empty()) {
            ui.memory_mut(|memory| memory.request_focus(search_id()));
        }
        self.move_keys(ui, state, place, out);
        let Some(bot) = selected else { return };
        if take(ui, Modifiers::COMMAND, Key::D) {
            out.push(UiCommand::Bots(BotCommand::ToggleFavourite(bot.clone())));
        }
        if take(ui, Modifiers::NONE, Key::Enter) {
            if narrow {
                self.details_open = true;
                self.detail.focus_start();
                ui.ctx().request_repaint();
            } else {
                out.push(UiCommand::Bots(BotCommand::Start(bot.clone())));
            }
        }
    }

    /// Escape closes the details that lie over the cards, then clears the search. What is left is
    /// for the window, which leaves the page.
    fn escape(&mut self, ui: &Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        if self.details_open {
            if take(ui, Modifiers::NONE, Key::Escape) {
                self.close_details(ui);
            }
        } else if !state.gallery.query.is_empty() && take(ui, Modifiers::NONE, Key::Escape) {
            out.push(UiCommand::Bots(BotCommand::Search(String::new())));
            ui.memory_mut(|memory| memory.request_focus(search_id()));
        }
    }

    fn move_keys(&mut self, ui: &Ui, state: &AppState, place: Place, out: &mut Vec<UiCommand>) {
        let columns = self.grid.columns();
        let row = isize::try_from(columns).unwrap_or(1);
        let page = row * self.grid.rows_in_view();
        let of_text = place == Place::Search && !state.gallery.query.is_empty();
        let steps = [
            (Key::ArrowDown, row, false),
            (Key::ArrowUp, -row, false),
            (Key::PageDown, page, false),
            (Key::PageUp, -page, false),
            (Key::ArrowRight, 1, true),
            (Key::ArrowLeft, -1, true),
            (Key::Home, isize::MIN, true),
            (Key::End, isize::MAX, true),
        ];
        let shown = state.gallery.shown();
        let id_at = |at: usize| {
            let place = shown.get(at)?;
            Some(&state.bots.all().get(*place)?.bot.id)
        };
        for (key, step, is_of_text) in steps {
            // In the search field some keys belong to the text, where there is one.
            if of_text && is_of_text || !take(ui, Modifiers::NONE, key) {
                continue;
            }
            let selected = state.gallery.selected.as_ref();
            let here = (0..shown.len()).find(|at| id_at(*at) == selected).unwrap_or(0);
            // From the first row up is back to the search.
            if place == Place::Card && key == Key::ArrowUp && here < columns {
                ui.memory_mut(|memory| memory.request_focus(search_id()));
                continue;
            }
            // The first step goes to the card that is selected, which shows where that is.
            let enters = place == Place::Search && step > 0 && step != isize::MAX;
            let to = if enters { here } else { stepped(here, step, columns, shown.len()) };
            if let Some(bot) = id_at(to) {
                ui.memory_mut(|memory| memory.request_focus(card_id(bot)));
                self.grid.reveal();
                if Some(bot) != selected {
                    out.push(UiCommand::Bots(BotCommand::Select(Some(bot.clone()))));
                }
                ui.ctx().request_repaint();
            }
        }
    }
}

/// The place some steps away, at most the first or the last. A step of whole rows stays in its
/// column as long as there is a row.
fn stepped(here: usize, step: isize, columns: usize, count: usize) -> usize {
    let last = count.saturating_sub(1);
    let to = here.saturating_add_signed(step);
    if step.unsigned_abs() < columns || step == isize::MIN || step == isize::MAX {
        return to.min(last);
    }
    let column = here.checked_rem(columns).unwrap_or(0);
    if step < 0 {
        let is_above = here.checked_add_signed(step).is_some();
        return if is_above { to } else { column.min(last) };
    }
    let last_row = last - last.checked_rem(columns).unwrap_or(0);
    if to <= last { to } else { (last_row + column).min(last).max(here) }
}

/// Whether text was typed on a card that is meant for the search. A blank presses the card, unless
/// it stands between words.
fn typed(ui: &Ui, is_first: bool) -> bool {
    ui.input(|input| {
        input.events.iter().any(|event| {
            if let Event::Key { key: Key::Backspace, pressed: true, modifiers, .. } = event {
                return !modifiers.any();
            }
            let (Event::Text(text) | Event::Paste(text)) = event else { return false };
            !is_first || !text.trim().is_empty()
        })
    })
}

fn take(ui: &Ui, modifiers: Modifiers, key: Key) -> bool {
    ui.input_mut(|input| input.consume_key(modifiers, key))
}

#[cfg(test)]
mod tests {
    use super::stepped;

    #[test]
    fn steps_stay_in_the_grid_and_in_their_column() {
        // 3 columns, 8 cards: 0 1 2 / 3 4 5 / 6 7
        let table = [
            (0, 3, 3),
            (2, 3, 5),
            (5, 3, 7),
            (4, 3, 7),
            (6, 3, 6),
            (7, 3, 7),
            (7, -3, 4),
            (1, -3, 1),
            (0, -1, 0),
            (2, 1, 3),
            (7, 1, 7),
            (1, 9, 7),
            (0, 9, 6),
            (7, -9, 1),
            (4, isize::MIN, 0),
            (4, isize::MAX, 7),
        ];
        for (here, step, to) in table {
            assert_eq!(stepped(here, step, 3, 8), to, "{here} {step}");
        }
        assert_eq!(stepped(0, 1, 1, 1), 0);
        assert_eq!(stepped(0, 1, 1, 3), 1);
    }
}
