//! The search field, the order, and the shelves to choose from.

use egui::{Color32, CursorIcon, Popup, Ui, vec2};

use super::{GAP, search_id};
use crate::state::{AppState, BotCommand, Found, GalleryFilter, GallerySort, Shelf, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::settings::field::Field;
use crate::ui::sidebar::menu::MenuItem;
use crate::ui::theme;
use crate::ui::widgets::{self, Button, Chosen};

const CHIP_GAP: f32 = 6.0;
/// So many rows of chips are shown before all were asked for.
const ROWS: usize = 2;

/// What the shelves remember.
#[derive(Debug, Default)]
pub(super) struct ShelvesView {
    /// All shelves are shown.
    open: bool,
}

impl ShelvesView {
    /// Draws them below each other.
    pub(super) fn shelves_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 8.0;
            let sort = Button::new(state.gallery.sort.label()).icon(Icon::SlidersHorizontal);
            let room = ui.available_width() - sort.wanted_width(ui) - 8.0;
            ui.allocate_ui(vec2(room, theme::CONTROL_HEIGHT), |ui| search_ui(ui, state, out));
            sort_ui(ui, sort, state, out);
        });
        ui.add_space(GAP);
        self.chips_ui(ui, state, out);
    }

    fn chips_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let chosen = state.gallery.filter;
        let shelves = state.gallery.counts().shelves(chosen);
        let text = |shelf: Shelf| (shelf, chip_text(state, shelf, shelf.count));
        let chips: Vec<(Shelf, String)> = shelves.into_iter().map(text).collect();
        let widths: Vec<f32> = chips.iter().map(|(_, text)| chip_width(ui, text)).collect();
        let more = chip_width(ui, "More");
        let room = ui.available_width();
        let all_fit = rows(&widths, room) <= ROWS;
        let shown = if all_fit || self.open { chips.len() } else { fitting(&widths, more, room) };
        // The one in force is never among those that are folded.
        let hidden = chips.iter().skip(shown).find(|(shelf, _)| shelf.filter == chosen);
        let mut visible: Vec<&(Shelf, String)> = chips.iter().take(shown).collect();
        if let (Some(hidden), Some(last)) = (hidden, visible.last_mut()) {
            *last = hidden;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(CHIP_GAP, CHIP_GAP);
            for (shelf, _) in visible {
                // What stands where is decided by all bots: a search moves little.
                let count = state.gallery.fitting().count(shelf.filter);
                let chosen = Chosen::from(shelf.filter == chosen);
                // Not in a scope: that would not be wrapped.
                let opacity = ui.opacity();
                if count == 0 && chosen == Chosen::No {
                    ui.multiply_opacity(0.6);
                }
                let chip = widgets::chip(ui, &chip_text(state, *shelf, count), chosen);
                ui.set_opacity(opacity);
                if chip.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                    out.push(UiCommand::Bots(BotCommand::Show(shelf.filter)));
                }
            }
            if !all_fit {
                let (text, name) = if self.open {
                    ("Less", "Fewer categories")
                } else {
                    ("More", "More categories")
                };
                let chip = widgets::chip(ui, text, Chosen::No);
                let label = || egui::WidgetInfo::labeled(egui::Role::Button, true, name);
                chip.widget_info(label);
                if chip.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                    self.open = !self.open;
                    ui.ctx().request_repaint();
                }
            }
        });
    }
}

/// A shelf's name; a server's is the one that the user gave it.
fn label(state: &AppState, filter: GalleryFilter) -> &str {
    match filter {
        GalleryFilter::Server(place) => {
            let server = state.servers.all.get(place);
            server.map_or("Server", |server| server.config.name.as_str())
        }
        GalleryFilter::All
        | GalleryFilter::Favourites
        | GalleryFilter::Recent
        | GalleryFilter::Own
        | GalleryFilter::Archived
        | GalleryFilter::Category(_) => filter.label(),
    }
}

/// `Coding 9`
fn chip_text(state: &AppState, shelf: Shelf, count: usize) -> String {
    format!("{} {count}", label(state, shelf.filter))
}

fn search_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let gallery = &state.gallery;
    let is_searched = !gallery.query.trim().is_empty();
    let count = match gallery.found() {
        Found::Fitting => gallery.shown().len(),
        Found::Near | Found::Usual => 0,
    };
    let note = if is_searched { hits(count) } else { String::new() };
    let field =
        Field { note: &note, ..Field::search(search_id(), "Search by name, tag or what it does") };
    let mut query = gallery.query.clone();
    field.field_ui(ui, &mut query);
    if query != gallery.query {
        out.push(UiCommand::Bots(BotCommand::Search(query)));
    }
}

fn hits(count: usize) -> String {
    match count {
        0 => "no bot".to_owned(),
        1 => "1 bot".to_owned(),
        more => format!("{more} bots"),
    }
}

fn sort_ui(ui: &mut Ui, button: Button<'_>, state: &AppState, out: &mut Vec<UiCommand>) {
    let sort = state.gallery.sort;
    let button = button.ui(ui);
    let name = format!("Order: {}", sort.label());
    button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name.clone()));
    Popup::menu(&button).show(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for choice in GallerySort::ALL {
            let icon = if choice == sort { Icon::Check } else { Icon::Minus };
            if MenuItem::new(icon, choice.label(), "").item_ui(ui) {
                out.push(UiCommand::Bots(BotCommand::Sort(choice)));
            }
        }
    });
}

fn chip_width(ui: &Ui, text: &str) -> f32 {
    let color = Color32::PLACEHOLDER;
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), color);
    (22.0 + galley.size().x).round()
}

/// In how many rows chips of these widths stand.
fn rows(widths: &[f32], room: f32) -> usize {
    let mut rows = 1;
    let mut x = 0.0;
    for width in widths {
        if x > 0.0 && x + width > room {
            rows += 1;
            x = 0.0;
        }
        x += width + CHIP_GAP;
    }
    rows
}

/// How many chips stand in the rows that are shown at first, with room for one more behind them.
fn fitting(widths: &[f32], more: f32, room: f32) -> usize {
    let fits = |count: &usize| {
        let mut first: Vec<f32> = widths.iter().copied().take(*count).collect();
        first.push(more);
        rows(&first, room) <= ROWS
    };
    (1..=widths.len()).rev().find(fits).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_fold_where_they_do_not_fit_two_rows() {
        let widths = [50.0; 10];
        assert_eq!(rows(&widths, 1_000.0), 1);
        assert_eq!(rows(&widths, 280.0), 2);
        assert_eq!(rows(&widths, 200.0), 4);
        // Three in a row, and the last place of the second row is for More.
        assert_eq!(fitting(&widths, 40.0, 170.0), 5);
        assert_eq!(fitting(&widths, 40.0, 10.0), 1);
    }
}
