//! The list of chats: only the visible rows are drawn.

use egui::{Key, Modifiers, Popup, Rect, RichText, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::groups::{HEADING, ROW, Source, Step, What};
use super::rename::{Rename, Renamed};
use super::row::{self, Mark, Row};
use super::{SidebarView, WIDTH_OF_ROWS};
use crate::protocol::{ChatId, ChatSummary, ServerState};
use crate::state::{AppState, ServerCommand, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::Palette;
use crate::ui::widgets::{self, Button};

impl SidebarView {
    pub(super) fn list_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: crate::protocol::Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(chats) = &state.chats else {
            note_ui(ui, "Loading chats");
            return;
        };
        let (zone, filter) = (self.zone.clone(), self.filter.clone());
        let source = Source { chats, open: state.open_chat(), filter: &filter, now, zone: &zone };
        self.groups.refresh(source);
        if self.groups.lines().is_empty() {
            note_ui(ui, if chats.is_empty() { "No chats yet" } else { "No chat matches" });
            if filter.is_empty() {
                older_ui(ui, state, out);
            }
            return;
        }
        let older = if filter.is_empty() { older(state).count() } else { 0 };
        let reveal = self.newly_open(state.open_chat());
        ScrollArea::vertical().auto_shrink(false).animated(false).show_viewport(
            ui,
            |ui, viewport| {
                let top = ui.max_rect().top();
                let mut drawn = self.groups.visible(viewport.top(), viewport.bottom());
                if self.groups.refresh_visible(drawn.clone(), source) {
                    drawn = self.groups.visible(viewport.top(), viewport.bottom());
                }
                let chats_height = self.groups.height();
                ui.set_height(chats_height + older as f32 * ROW);
                ui.set_width(WIDTH_OF_ROWS);
                if let Some(line) = reveal.and_then(|chat| self.groups.line_of(chat)) {
                    self.scroll_to(ui, top, line);
                }
                let lines: Vec<_> = drawn
                    .filter_map(|at| self.groups.lines().get(at).map(|line| (at, line.clone())))
                    .collect();
                for (at, line) in lines {
                    let min = pos2(ui.max_rect().left(), top + line.top);
                    match line.what {
                        What::Heading(text) => heading_ui(ui, min, &text),
                        What::Chat(entry) => {
                            let Some(chat) = chats.get(entry.index) else { continue };
                            let rect = Rect::from_min_size(min, vec2(WIDTH_OF_ROWS, ROW));
                            self.line_ui(ui, (at, rect), (state, chat, now), out);
                        }
                    }
                }
                if older > 0 && viewport.bottom() > chats_height {
                    let min = pos2(ui.max_rect().left(), top + chats_height);
                    let size = vec2(WIDTH_OF_ROWS, older as f32 * ROW);
                    let place = Rect::from_min_size(min, size);
                    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("older"));
                    older_ui(&mut child, state, out);
                }
            },
        );
    }

    /// The open chat, where it was not open before and has to be scrolled to.
    fn newly_open(&mut self, open: Option<ChatId>) -> Option<ChatId> {
        if self.revealed == open {
            return None;
        }
        self.revealed = open;
        open
    }

    fn scroll_to(&self, ui: &Ui, top: f32, line: usize) {
        let Some(line) = self.groups.lines().get(line) else { return };
        let min = pos2(ui.max_rect().left(), top + line.top);
        ui.scroll_to_rect(Rect::from_min_size(min, vec2(WIDTH_OF_ROWS, ROW)), None);
    }

    fn line_ui(
        &mut self,
        ui: &mut Ui,
        (at, rect): (usize, Rect),
        (state, chat, now): (&AppState, &ChatSummary, crate::protocol::Timestamp),
        out: &mut Vec<UiCommand>,
    ) {
        if self.rename_ui(ui, rect, chat, out) {
            return;
        }
        let mark = mark(state, chat, now);
        if matches!(mark, Mark::Running(_)) {
            ui.ctx().request_repaint_after(super::SPIN);
        }
        let row = Row {
            chat,
            server: chat.server.as_ref().map(|server| state.server_name(server)),
            selected: state.open_chat() == Some(chat.id),
            mark,
        };
        let output = row.row_ui(ui, rect, out);
        if output.rename {
            self.renaming = Some(Rename::new(chat.id, &chat.title));
        }
        // While a menu is open the keys belong to it.
        if output.response.has_focus() && !Popup::is_any_open(ui.ctx()) {
            self.keys_ui(ui, at, chat, out);
        }
    }

    /// The field in the row's place; false where it is not being renamed.
    fn rename_ui(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        chat: &ChatSummary,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let Some(rename) = self.renaming.as_mut().filter(|rename| rename.chat == chat.id) else {
            return false;
        };
        let renamed = rename.rename_ui(ui, rect, "sidebar");
        if renamed == Renamed::Editing {
            return true;
        }
        out.extend(renamed.command(chat));
        self.renaming = None;
        if !matches!(renamed, Renamed::Left(_)) {
            ui.memory_mut(|memory| memory.request_focus(row::id_of(chat.id)));
        }
        ui.ctx().request_repaint();
        true
    }

    /// The keys of the row that has the keyboard.
    fn keys_ui(&mut self, ui: &Ui, at: usize, chat: &ChatSummary, out: &mut Vec<UiCommand>) {
        let take = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let steps = [
            (Key::ArrowDown, Step::Down),
            (Key::ArrowUp, Step::Up),
            (Key::Home, Step::First),
            (Key::End, Step::Last),
        ];
        for (key, step) in steps {
            if take(key) {
                self.go(ui, at, step);
            }
        }
        if take(Key::F2) {
            self.renaming = Some(Rename::new(chat.id, &chat.title));
            ui.ctx().request_repaint();
        }
        if take(Key::Delete) {
            out.push(UiCommand::DeleteChat(chat.id));
            let next = self.groups.neighbour(at, Step::Down);
            if let Some((_, next)) = next.or_else(|| self.groups.neighbour(at, Step::Up)) {
                ui.memory_mut(|memory| memory.request_focus(row::id_of(next)));
            }
        }
    }

    fn go(&self, ui: &Ui, at: usize, step: Step) {
        let Some((line, chat)) = self.groups.neighbour(at, step) else { return };
        ui.memory_mut(|memory| memory.request_focus(row::id_of(chat)));
        self.scroll_to(ui, ui.max_rect().top(), line);
        ui.ctx().request_repaint();
    }
}

/// What of a chat is told first: that something happens, then that something does not.
fn mark(state: &AppState, chat: &ChatSummary, now: crate::protocol::Timestamp) -> Mark {
    let waiting = state.waiting_for_server(chat);
    match (state.running.contains(&chat.id), state.is_linked_to(chat.id)) {
        (true, true) => Mark::Running(super::phase(now)),
        (_, _) if waiting > 0 => Mark::Waits(waiting),
        (true, false) => Mark::Awaited,
        (false, _) if chat.unread => Mark::Unread,
        (false, _) => Mark::Nothing,
    }
}

/// The servers that have chats older than those that are known.
fn older(state: &AppState) -> impl Iterator<Item = &ServerState> {
    state.servers.all.iter().filter(|server| server.has_older)
}

/// The way to older chats, where a server has them.
fn older_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    ui.spacing_mut().item_spacing.y = 0.0;
    for server in older(state) {
        let text = format!("Load older chats of {}", server.config.name);
        let button = Button::new(&text).ghost().icon(Icon::History).width(WIDTH_OF_ROWS);
        if button.ui(ui).clicked() {
            let id = server.config.id.clone();
            out.push(UiCommand::Servers(ServerCommand::LoadChats(id)));
        }
    }
}

fn heading_ui(ui: &mut Ui, min: egui::Pos2, text: &str) {
    let rect = Rect::from_min_size(min, vec2(WIDTH_OF_ROWS, HEADING));
    let place = Rect::from_min_max(min + vec2(8.0, 14.0), rect.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(place));
    widgets::group_label(&mut child, text);
}

fn note_ui(ui: &mut Ui, text: &str) {
    ui.add_space(14.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        ui.label(RichText::new(text).color(Palette::of(ui).faint));
    });
}
