//! The line above the page: what it is, how full its context is, what can be done with it.

mod bot;
mod budget;
mod meter;
mod room;
mod server;

use egui::{
    Align2, Key, Label, Layout, Modifiers, Popup, Rect, RichText, Sense, Stroke, Ui, UiBuilder,
    pos2, vec2,
};

use self::meter::{Meter, chip_width};
use self::room::RoundView;
use self::server::ServerChip;
use super::composer::focus;
use super::editor;
use super::gallery;
use super::icon::Icon;
use super::sidebar::menu::{self, Asked, MenuItem};
use super::sidebar::rename::{Rename, Renamed};
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::ChatSummary;
use crate::state::{AppState, Overlay, Page, UiCommand};

/// Height of the header, its line included.
pub const HEIGHT: f32 = 48.0;
const PADDING: f32 = 20.0;
const GAP: f32 = 10.0;

/// Whether the sidebar stands beside the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sidebar {
    /// It does.
    Shown,
    /// It does not: a button shows it.
    Hidden,
}

/// What the header remembers.
#[derive(Debug, Default)]
pub struct HeaderView {
    renaming: Option<Rename>,
    round: RoundView,
}

impl HeaderView {
    /// Draws it into the whole of `ui`, which is [`HEIGHT`] high.
    pub fn header_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        sidebar: Sidebar,
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let rect = ui.available_rect_before_wrap();
        let line = Stroke::new(1.0, palette.line);
        ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
        let inner =
            Rect::from_min_max(rect.min + vec2(PADDING, 0.0), rect.max - vec2(PADDING, 1.0));
        let layout = Layout::left_to_right(egui::Align::Center);
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout));
        row.spacing_mut().item_spacing.x = GAP;
        if sidebar == Sidebar::Hidden
            && widgets::icon_button(&mut row, Icon::PanelLeft, "Show the sidebar").clicked()
        {
            out.push(UiCommand::ToggleSidebar);
        }
        if state.unsaved && sidebar == Sidebar::Hidden {
            // The sidebar's status line says it otherwise.
            let warn = Palette::of(&row).warn;
            widgets::small_label(&mut row, "Not saved", warn);
        }
        // The test beside the form of a bot has a line of its own.
        let chat = state.open_chat().filter(|_| state.page != Page::Editor);
        match chat.and_then(|chat| state.summary(chat)) {
            Some(chat) => self.chat_ui(&mut row, state, chat, out),
            None => {
                self.renaming = None;
                match state.page {
                    Page::Gallery => gallery::head_ui(&mut row, state, out),
                    Page::Editor => editor::head_ui(&mut row, state, out),
                    Page::Welcome | Page::Chat(_) | Page::Settings(_) | Page::Help(_) => {
                        title_ui(&mut row, title(state), inner.right());
                    }
                }
            }
        }
        ui.advance_cursor_after_rect(rect);
    }

    fn chat_ui(
        &mut self,
        row: &mut Ui,
        state: &AppState,
        chat: &ChatSummary,
        out: &mut Vec<UiCommand>,
    ) {
        let meter = Meter::of(state).map(|meter| (meter.galley(row), meter));
        let right = row.max_rect().right() - theme::ICON_BUTTON.x;
        let chip_width = meter.as_ref().map_or(0.0, |(galley, _)| chip_width(galley) + GAP);
        let mut right_of_title = right - GAP - chip_width;
        let taken = budget::chip_ui(row, state, right_of_title, out);
        if taken > 0.0 {
            right_of_title -= taken + GAP;
        }
        // Where a chat lives is said before which bot it has.
        let server = ServerChip::of(state, chat.server.as_ref(), row);
        let server = server.filter(|_| self.renaming.is_none());
        right_of_title -= server.as_ref().map_or(0.0, |server| server.width + GAP);
        let bot = bot::BotChip::of(state, chat, row, right_of_title);
        let bot = bot.filter(|_| self.renaming.is_none());
        right_of_title -= bot.as_ref().map_or(0.0, |bot| bot.width + GAP);
        let left = right_of_title - row.cursor().left();
        let room = self.round.line(row, state, left).filter(|_| self.renaming.is_none());
        right_of_title -= room.as_ref().map_or(0.0, |room| room.width);
        if self.renaming.as_ref().is_some_and(|rename| rename.chat != chat.id) {
            self.renaming = None;
        }
        if self.renaming.is_none() && asks_to_rename(row, state) {
            self.renaming = Some(Rename::new(chat.id, &chat.title));
        }
        match &mut self.renaming {
            Some(rename) => {
                let left = row.cursor().left() - 8.0;
                let width = (right_of_title - left).clamp(0.0, 360.0);
                let y = row.max_rect().center().y;
                let rect = Rect::from_min_size(pos2(left, y - 16.0), vec2(width, 32.0));
                let renamed = rename.rename_ui(row, rect, "header");
                self.renamed(&renamed, chat, out);
            }
            None => {
                if title_ui(row, &chat.title, right_of_title).double_clicked() {
                    self.renaming = Some(Rename::new(chat.id, &chat.title));
                }
            }
        }
        if let Some(bot) = bot {
            bot.chip_ui(row, out);
        }
        if let Some(server) = server {
            server.chip_ui(row, out);
        }
        if let Some(room) = room {
            room.room_ui(row);
        }
        if let Some((galley, meter)) = meter {
            meter.meter_ui(row, galley, right - GAP, state, out);
        }
        self.menu_ui(row, state, chat, out);
    }

    fn renamed(&mut self, renamed: &Renamed, chat: &ChatSummary, out: &mut Vec<UiCommand>) {
        if *renamed == Renamed::Editing {
            return;
        }
        out.extend(renamed.command(chat));
        self.renaming = None;
        if !matches!(renamed, Renamed::Left(_)) {
            out.push(UiCommand::FocusComposer);
        }
    }

    fn menu_ui(
        &mut self,
        row: &mut Ui,
        state: &AppState,
        chat: &ChatSummary,
        out: &mut Vec<UiCommand>,
    ) {
        let place = Align2::RIGHT_CENTER.align_size_within_rect(theme::ICON_BUTTON, row.max_rect());
        let mut child = row.new_child(UiBuilder::new().max_rect(place));
        let more = widgets::icon_button(&mut child, Icon::Ellipsis, "More");
        Popup::menu(&more).show(|ui| {
            if menu::name_and_pin_ui(ui, chat, "F2", out) == Asked::Rename {
                self.renaming = Some(Rename::new(chat.id, &chat.title));
            }
            if state.conversation().is_some_and(|chat| chat.last_answer().is_some()) {
                for (icon, command) in [
                    (Icon::Copy, UiCommand::CopyLastAnswer),
                    (Icon::RotateCw, UiCommand::Regenerate { answer: None, model: None }),
                ] {
                    let keys = command.shortcut().map(|keys| keys.to_string()).unwrap_or_default();
                    if MenuItem::new(icon, command.label(), &keys).item_ui(ui) {
                        out.push(command);
                    }
                }
            }
            menu::delete_ui(ui, chat, "", out);
        });
    }
}

/// F2, where no other text is being changed. A row of the sidebar has taken its own before.
fn asks_to_rename(ui: &Ui, state: &AppState) -> bool {
    let ctx = ui.ctx();
    state.overlay == Overlay::Nothing
        && matches!(state.page, Page::Chat(_))
        && ui.memory(|memory| memory.allows_interaction(ui.layer_id()))
        && !Popup::is_any_open(ctx)
        && (!ctx.text_edit_focused() || focus::is_here(ctx))
        && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F2))
}

fn title(state: &AppState) -> &str {
    match &state.page {
        Page::Welcome | Page::Chat(_) => "New chat",
        Page::Gallery => "Gallery",
        Page::Editor => "Edit bot",
        Page::Settings(_) => "Settings",
        Page::Help(id) => {
            state.help.iter().find(|page| page.id == id).map_or("Help", |page| page.title)
        }
    }
}

fn title_ui(row: &mut Ui, text: &str, right: f32) -> egui::Response {
    let palette = Palette::of(row);
    let width = (right - row.cursor().left()).max(0.0);
    let text = RichText::new(text).font(theme::semibold(14.0)).color(palette.text);
    let label = Label::new(text).truncate().selectable(false).sense(Sense::CLICK);
    row.scope(|ui| {
        ui.set_max_width(width);
        ui.add(label)
    })
    .inner
}

#[cfg(test)]
mod tests;
