//! All that a bot is told and may do, and what can be done with it.

mod about;
mod menu;
mod parts;
mod room;

use egui::{Layout, Rect, RichText, ScrollArea, Ui, UiBuilder, vec2};

use super::{PADDING, panel, words};
use crate::protocol::{BotEntry, BotId};
use crate::state::{AppState, BotCommand, UiCommand};
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// Height of the buttons with the room around them.
pub(super) const FOOT: f32 = 20.0 + theme::CONTROL_HEIGHT + 12.0;
/// Lines longer than this are hard to read.
const COLUMN: f32 = 640.0;

/// What the details remember.
#[derive(Debug, Default)]
pub(super) struct DetailView {
    /// The bot that was shown last: another one begins at its top.
    shown: Option<BotId>,
    focus_start: bool,
    exporting: bool,
}

/// The place of the details where no bot is chosen.
pub(super) fn blank_ui(ui: &mut Ui, rect: Rect, is_loaded: bool) {
    panel(ui, rect);
    if is_loaded {
        let place = rect.shrink2(vec2(PADDING, 0.0)).with_min_y(rect.top() + 20.0);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("no details"));
        let color = Palette::of(&child).faint;
        widgets::small_label(&mut child, "Details of a bot stand here", color);
    }
}

impl DetailView {
    /// *Start chat* gets the keyboard.
    pub(super) fn focus_start(&mut self) {
        self.focus_start = true;
    }

    /// Draws them beside the cards.
    pub(super) fn beside_ui(
        &mut self,
        ui: &mut Ui,
        (state, entry): (&AppState, &BotEntry),
        rect: Rect,
        out: &mut Vec<UiCommand>,
    ) {
        panel(ui, rect);
        let column = rect.shrink2(vec2(PADDING, 0.0)).with_min_x(rect.left() + PADDING + 1.0);
        self.column_ui(ui, (state, entry), column, out);
    }

    /// Draws them in the place of the cards; true where they are to be left.
    pub(super) fn over_ui(
        &mut self,
        ui: &mut Ui,
        (state, entry): (&AppState, &BotEntry),
        rect: Rect,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        panel(ui, rect);
        let (top, rest) = rect.split_top_bottom_at_y(rect.top() + 48.0);
        let layout = Layout::left_to_right(egui::Align::Center);
        let place = top.shrink2(vec2(PADDING - 8.0, 0.0));
        let mut row = ui.new_child(UiBuilder::new().max_rect(place).layout(layout).id_salt("back"));
        let back = Button::new("Back").ghost().small().icon(Icon::ArrowLeft).ui(&mut row);
        let width = (rest.width() - 2.0 * PADDING).min(COLUMN);
        let column =
            Rect::from_min_size(rest.min + vec2(PADDING, -12.0), vec2(width, rest.height() + 12.0));
        self.column_ui(ui, (state, entry), column, out);
        back.on_hover_text("Back to the bots (Esc)").clicked()
    }

    fn column_ui(
        &mut self,
        ui: &mut Ui,
        (state, entry): (&AppState, &BotEntry),
        column: Rect,
        out: &mut Vec<UiCommand>,
    ) {
        let is_other = self.shown.as_ref() != Some(&entry.bot.id);
        if is_other {
            self.shown = Some(entry.bot.id.clone());
            self.exporting = false;
        }
        let (text, foot) = column.split_top_bottom_at_y(column.bottom() - FOOT);
        // The bar stands in the margin.
        let place = text.with_max_x(text.right() + PADDING - 2.0);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("detail"));
        let mut area = ScrollArea::vertical().id_salt("detail").auto_shrink([false, false]);
        if is_other {
            area = area.vertical_scroll_offset(0.0);
        }
        area.show(&mut child, |ui| {
            ui.set_max_width(text.width());
            ui.set_min_width(text.width());
            ui.spacing_mut().item_spacing.y = 0.0;
            ui.add_space(20.0);
            self.top_ui(ui, state, entry, out);
            match state.bots.home(&entry.bot.id) {
                Some(home) => {
                    about::tags_ui(ui, &entry.bot);
                    remote_ui(ui, state.server_name(&home.server));
                }
                None => about::about_ui(ui, (state, entry), is_other, out),
            }
            ui.add_space(20.0);
        });
        let foot = Rect::from_min_max(foot.min + vec2(0.0, 12.0), foot.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(foot).id_salt("detail_foot"));
        let is_remote = state.bots.home(&entry.bot.id).is_some();
        foot_ui(&mut child, (entry, is_remote), &mut self.focus_start, out);
    }

    /// Tile, name, where it comes from, and the menu.
    fn top_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entry: &BotEntry,
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let home = state.bots.home(&entry.bot.id);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            BotTile::from(&entry.bot).tile_ui(ui, TileSize::Large);
            let width = ui.available_width() - theme::ICON_BUTTON.x - 12.0;
            ui.allocate_ui(vec2(width, 40.0), |ui| {
                ui.set_min_width(width);
                ui.vertical(|ui| {
                    ui.add_space(3.0);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let name = &entry.bot.name;
                    widgets::truncated_label(ui, name, theme::semibold(16.0), palette.text);
                    let about = match home {
                        Some(home) => words::about_far(entry, home, state),
                        None => words::about(entry),
                    };
                    widgets::truncated_label(ui, &about, theme::small(), palette.faint);
                });
            });
            if home.is_none() {
                self.menu_ui(ui, state, entry, out);
            }
        });
        ui.add_space(12.0);
        let text = RichText::new(&entry.bot.description).line_height(Some(20.0));
        ui.add(egui::Label::new(text.color(palette.dim)).wrap());
    }
}

/// What can be told of a bot that lives on a server.
fn remote_ui(ui: &mut Ui, server: &str) {
    ui.add_space(16.0);
    let text = format!(
        "It runs on {server}, with the models and tools that are set there, and goes on while this \
         computer sleeps. What it is told is shown in the chat."
    );
    let text = RichText::new(text).line_height(Some(20.0)).color(Palette::of(ui).dim);
    ui.add(egui::Label::new(text).wrap());
}

fn foot_ui(
    ui: &mut Ui,
    (entry, is_remote): (&BotEntry, bool),
    focus_start: &mut bool,
    out: &mut Vec<UiCommand>,
) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        let bot = &entry.bot.id;
        if !is_remote {
            let width = ((ui.available_width() - 8.0) / 2.0).floor().min(220.0);
            let customise = Button::new("Customise").width(width).ui(ui);
            if customise.on_hover_text(parts::customise(entry.origin)).clicked() {
                out.push(UiCommand::Bots(BotCommand::Customise(bot.clone())));
            }
        }
        let width = ui.available_width().min(220.0);
        let start = Button::new("Start chat").primary().width(width).ui(ui);
        if std::mem::take(focus_start) {
            start.request_focus();
        }
        if start.clicked() {
            out.push(UiCommand::Bots(BotCommand::Start(bot.clone())));
        }
    });
}
