//! What stands in the place of cards.

use egui::{CursorIcon, RichText, Ui, vec2};

use crate::state::{AppState, BotCommand, Found, GalleryFilter, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// Says why there are no cards, and what leads to some.
pub(super) fn empty_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let gallery = &state.gallery;
    ui.add_space(32.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
    if !state.bots.is_loaded() {
        ui.label(RichText::new("Reading the bots…").color(palette.dim));
        return;
    }
    let query = gallery.query.trim();
    let heading = if query.is_empty() {
        format!("Nothing under “{}” yet", gallery.filter.label())
    } else {
        format!("No bot fits “{}”", shortened(query))
    };
    ui.label(RichText::new(heading).font(theme::semibold(16.0)).color(palette.text));
    if query.is_empty() {
        ui.label(RichText::new(hint(gallery.filter)).color(palette.dim));
        if gallery.filter != GalleryFilter::All && widgets::button(ui, "Show all bots").clicked() {
            out.push(UiCommand::Bots(BotCommand::Show(GalleryFilter::All)));
        }
        return;
    }
    if gallery.elsewhere() > 0 {
        let there = match gallery.elsewhere() {
            1 => "One fits elsewhere".to_owned(),
            more => format!("{more} fit elsewhere"),
        };
        ui.label(RichText::new(there).color(palette.dim));
        if widgets::button(ui, "Search all categories").clicked() {
            out.push(UiCommand::Bots(BotCommand::Show(GalleryFilter::All)));
        }
        return;
    }
    if widgets::button(ui, "Clear the search").clicked() {
        out.push(UiCommand::Bots(BotCommand::Search(String::new())));
    }
}

/// Above cards that do not fit the search: what they are, and what else leads on.
pub(super) fn others_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let gallery = &state.gallery;
    let words = match gallery.found() {
        Found::Fitting => return,
        Found::Near => "Near to it",
        Found::Usual => "Look into a category, or begin with one of these",
    };
    let palette = Palette::of(ui);
    ui.add_space(8.0);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 6.0);
        let heading = format!("No bot fits “{}”", shortened(gallery.query.trim()));
        let heading = RichText::new(heading).font(theme::semibold(16.0)).color(palette.text);
        ui.add(egui::Label::new(heading).truncate());
        ui.horizontal(|ui| {
            ui.label(RichText::new(words).color(palette.dim));
            if widgets::small_button(ui, "Clear the search").clicked() {
                out.push(UiCommand::Bots(BotCommand::Search(String::new())));
            }
        });
        if gallery.found() == Found::Usual {
            categories_ui(ui, state, out);
        }
    });
    ui.add_space(12.0);
}

/// Leads from the search into a category.
fn categories_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for shelf in state.gallery.counts().shelves(GalleryFilter::All) {
            let GalleryFilter::Category(category) = shelf.filter else { continue };
            let chip = widgets::chip(ui, category.label(), Chosen::No);
            if chip.on_hover_cursor(CursorIcon::PointingHand).clicked() {
                out.push(UiCommand::Bots(BotCommand::Search(String::new())));
                out.push(UiCommand::Bots(BotCommand::Show(shelf.filter)));
            }
        }
    });
}

fn hint(filter: GalleryFilter) -> &'static str {
    match filter {
        GalleryFilter::All => "Make one with “Blank bot”, or import one",
        GalleryFilter::Favourites => "The star on a card makes a bot a favourite",
        GalleryFilter::Recent => "Bots stand here once a chat was begun with them",
        GalleryFilter::Own => "Customise a bot, make a blank one, or import one",
        GalleryFilter::Archived => "Bots that you archive are kept here",
        GalleryFilter::Server(_) => "Its bots are listed as soon as the server is linked",
        GalleryFilter::Category(_) => "No bot stands on this shelf",
    }
}

fn shortened(query: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = query.chars().take(MOST).collect();
    if query.chars().count() > MOST {
        short.push('…');
    }
    short
}
