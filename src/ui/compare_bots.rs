//! Shows how a bot differs from the one that the user made of it.

use egui::{Context, Id, Modal, RichText, ScrollArea, Ui};

use super::bot_diff::{Breaks, DiffView};
use super::bot_tile::{BotTile, TileSize};
use super::shell;
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::BotEntry;
use crate::state::{AppState, BotCommand, Overlay, UiCommand};

const WIDTH: f32 = 640.0;

/// What the dialog remembers.
#[derive(Debug)]
pub(super) struct CompareView {
    diff: DiffView,
}

impl Default for CompareView {
    fn default() -> Self {
        // One of the two may ship with the app, whose files are wrapped.
        Self { diff: DiffView::with(Breaks::Ignore) }
    }
}

impl CompareView {
    /// Draws the dialog where it is asked for.
    pub(super) fn compare_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        let Overlay::CompareBots(id) = &state.overlay else { return };
        let Some((theirs, mine)) = state.bot_and_mine(id) else {
            out.push(UiCommand::CloseOverlay);
            return;
        };
        let dialog = Modal::default_area(Id::unique("compare bots"))
            .accessible_name("Compare with mine")
            .default_width(WIDTH)
            .fade_in(false);
        let width = WIDTH.min(ctx.content_rect().width() - 80.0);
        let response = shell::modal(ctx, dialog, 20).show(ctx, |ui| {
            ui.set_width(width);
            self.dialog_ui(ui, state, (theirs, mine), out);
        });
        if response.should_close() {
            out.push(UiCommand::CloseOverlay);
        }
    }

    fn dialog_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        (theirs, mine): (&BotEntry, &BotEntry),
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let title = RichText::new("Compare with mine").font(theme::semibold(16.0));
        ui.label(title.color(palette.text));
        named_ui(ui, theirs, &format!("version {}", theirs.bot.version));
        named_ui(ui, mine, &format!("yours, version {}", mine.bot.version));
        if let Some((_, made_of)) = mine.base.as_ref().filter(|base| base.1 < theirs.bot.version) {
            let words = format!(
                "Yours was made of version {made_of}; it has changed since. What you want of it \
                 you can take over by hand"
            );
            ui.label(RichText::new(words).color(palette.dim));
        }
        let legend = "− stands only in the first, + only in yours";
        ui.label(RichText::new(legend).font(theme::small()).color(palette.faint));
        let most = (ui.ctx().content_rect().height() - 300.0).max(120.0);
        ScrollArea::vertical()
            .id_salt("compare bots")
            .max_height(most)
            .min_scrolled_height(most)
            .show(ui, |ui| {
                self.diff.diff_ui(ui, &theirs.bot, &mine.bot);
            });
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            let id = mine.bot.id.clone();
            let start = widgets::primary_button(ui, "Start chat with mine");
            super::dialog::first_focus(ui, &start);
            if start.clicked() {
                out.push(UiCommand::CloseOverlay);
                out.push(UiCommand::Bots(BotCommand::Start(id.clone())));
            }
            let is_edited = state.page == crate::state::Page::Editor
                && state.editor.as_ref().is_some_and(|editor| editor.bot.id == id);
            if !is_edited && widgets::button(ui, "Edit mine").clicked() {
                out.push(UiCommand::CloseOverlay);
                out.push(UiCommand::Bots(BotCommand::Customise(id)));
            }
            if widgets::ghost_button(ui, "Close").clicked() {
                out.push(UiCommand::CloseOverlay);
            }
        });
    }
}

fn named_ui(ui: &mut Ui, entry: &BotEntry, words: &str) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        BotTile::from(&entry.bot).tile_ui(ui, TileSize::Small);
        ui.scope(|ui| {
            ui.set_max_width((ui.available_width() - 180.0).max(80.0));
            widgets::truncated_label(ui, &entry.bot.name, theme::medium(14.0), palette.text);
        });
        widgets::truncated_label(ui, words, theme::small(), palette.dim);
    });
}

#[cfg(test)]
mod tests;
