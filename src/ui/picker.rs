//! The model picker: a list above the model chip, filtered by typing.

mod age;
mod keys;
mod list;
mod open;
mod parts;
mod row;
mod source;
#[cfg(test)]
mod tests;

use egui::{Area, Context, Id, Order, Pos2, Rect, Role, ScrollArea, Ui, pos2, vec2};

pub(in crate::ui) use self::list::{List, Row, Wanted};
pub(in crate::ui) use self::row::{HEIGHT as ROW_HEIGHT, RowUi};

use self::open::Open;
use self::parts::{empty_ui, footer_ui, group_ui, mention_ui, more_ui};
use self::source::{For, Pick};
use super::settings::field::Field;
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::Timestamp;
use crate::state::{AppState, Overlay, PickerPurpose, UiCommand};

const WIDTH: f32 = 520.0;
const GROUP_HEIGHT: f32 = 34.0;
const EMPTY_HEIGHT: f32 = 96.0;
const FOOTER_HEIGHT: f32 = 41.0;
const MAX_LIST: f32 = 420.0;
/// Frame, search field and footer.
const AROUND_LIST: f32 = 18.0 + theme::CONTROL_HEIGHT + 4.0 + FOOTER_HEIGHT;
/// Distance to the edges of the window and to the chip.
const MARGIN: f32 = 8.0;

/// The picker, as long as it is open.
#[derive(Debug, Default)]
pub struct PickerView {
    open: Option<Open>,
    list: List,
    mention_end: Option<MentionEnd>,
}

/// Where and when the picker is drawn.
#[derive(Clone, Copy, Debug)]
pub struct PickerPlace<'a> {
    /// The model chip: the picker opens above it.
    pub anchor: Rect,
    /// The time.
    pub now: Timestamp,
    /// What stands behind `@` in the composer, where the picker is asked for there.
    pub mention: Option<&'a str>,
}

/// How a picker that was opened by `@` has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MentionEnd {
    /// A model was chosen: what was typed for it goes.
    Chosen,
    /// It was dismissed: the text stays as it was typed.
    Dismissed,
}

impl PickerView {
    /// Draws the picker where the state, or an `@` in the composer, says that it is open.
    ///
    /// Costs one pass over the models in the frame in which the query or the lists change; in
    /// other frames a few comparisons and the rows in view.
    pub fn picker_ui(
        &mut self,
        ctx: &Context,
        state: &AppState,
        place: PickerPlace<'_>,
        out: &mut Vec<UiCommand>,
    ) {
        let Some(mut open) = self.opened(state, place.mention) else { return };
        self.follow_lists(state, place.now, &mut open);
        if open.by_mention && self.list.is_empty() {
            // Nothing fits: what stands behind the `@` is meant as text.
            self.open = Some(open);
            return;
        }
        if !open.by_mention {
            self.keys(ctx, state, &mut open, out);
        }
        let screen = ctx.content_rect();
        let width = WIDTH.min(screen.width() - 2.0 * MARGIN);
        let list_height = self.list_height(state, screen, place.anchor);
        let size = vec2(width, list_height + AROUND_LIST);
        let area = Area::new(Id::unique("model_picker"))
            .order(Order::Foreground)
            .role(Role::Dialog)
            .accessible_name("Choose a model")
            .fixed_pos(above(screen, place.anchor, size))
            .show(ctx, |ui| {
                widgets::popup_frame(ui).show(ui, |ui| {
                    ui.set_width(width - 18.0);
                    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                    if open.by_mention {
                        mention_ui(ui, &open.query);
                    } else {
                        self.search_ui(ui, (state, place.now), &mut open);
                    }
                    ui.add_space(4.0);
                    self.list_ui(ui, state, (&mut open, list_height), out);
                    footer_ui(ui, &mut open, out);
                });
            });
        let on_chip = ctx.pointer_interact_pos().is_some_and(|pos| place.anchor.contains(pos));
        if area.response.clicked_elsewhere() && !on_chip {
            if open.by_mention {
                self.mention_end = Some(MentionEnd::Dismissed);
            } else if !on_compare_button(ctx, state) {
                out.push(UiCommand::CloseOverlay);
            }
        }
        self.open = Some(open);
    }

    /// How a picker opened by `@` has ended since this was asked last.
    pub fn take_mention_end(&mut self) -> Option<MentionEnd> {
        self.mention_end.take()
    }

    /// What the picker is open for in this frame, if it is.
    fn opened(&mut self, state: &AppState, mention: Option<&str>) -> Option<Open> {
        let (purpose, by_mention) = match (&state.overlay, mention) {
            (Overlay::Picker(purpose), _) => (*purpose, false),
            (Overlay::Nothing, Some(_)) => (PickerPurpose::Message, true),
            (
                Overlay::Nothing
                | Overlay::Palette
                | Overlay::Params
                | Overlay::Link(_)
                | Overlay::StartBot(_)
                | Overlay::Import
                | Overlay::CompareBots(_)
                | Overlay::BotVersions
                | Overlay::DeleteEdited(_)
                | Overlay::DiscardBot,
                _,
            ) => {
                self.open = None;
                return None;
            }
        };
        let open = self.open.take();
        let mut open = open
            .filter(|open| open.purpose == purpose && open.by_mention == by_mention)
            .unwrap_or_else(|| {
                self.list.regroup();
                Open::new(state, purpose, by_mention)
            });
        open.follow(state, mention);
        Some(open)
    }

    /// Keeps the selection on its model while lists change, and on the best one while typing.
    fn follow_lists(&mut self, state: &AppState, now: Timestamp, open: &mut Open) {
        let next = state.next_model().0;
        let gone = (open.asks_for_scope() && state.missing(&next).is_some()).then_some(&next);
        let compares = open.purpose == PickerPurpose::Compare;
        let chat = match (state.server_id_here(), state.open_chat(), open.purpose) {
            (Some(server), Some(_), _) => For::ChatOn(server),
            (_, None, PickerPurpose::Message) => For::NewChat,
            (_, Some(_), PickerPurpose::Message) => For::ChatHere,
            (
                _,
                _,
                PickerPurpose::Compare
                | PickerPurpose::Answer(_)
                | PickerPurpose::MoreRoom(_)
                | PickerPurpose::Summary(_),
            ) => For::Local,
        };
        let wanted = Wanted {
            query: &open.query,
            chat,
            needs: open.needs,
            gone,
            compared: Some(open.compared.as_slice()),
            compares,
            now: Some(now),
        };
        let changed = self.list.update_for(state, &wanted);
        let here = open.selected.as_ref().and_then(|pick| self.list.place(state, pick));
        if here.is_none() && (changed || open.selected.is_none()) {
            open.selected = self.first_choice(state, open);
            open.reveal = true;
        }
    }

    /// What is selected before anything was done: the model in force, or what takes its place.
    fn first_choice(&self, state: &AppState, open: &Open) -> Option<Pick> {
        let best = || self.list.best.and_then(|best| self.model_at(state, best));
        if !open.query.trim().is_empty() {
            return best();
        }
        let Some(answer) = open.purpose.answer() else {
            let server = state.server_id_here().cloned();
            let next = Pick { server, model: state.next_model().0 };
            return self.list.place(state, &next).map(|_| next).or_else(best);
        };
        // An answer is made again by another model because of the one that gave it.
        let gave = state.conversation().and_then(|shown| shown.message(answer));
        let gave = gave.and_then(|message| Some(&message.answer.as_ref()?.model));
        let other = |fit: bool| {
            self.list.rows.iter().find_map(|row| match row {
                Row::Group { .. } => None,
                Row::Model(row) => row
                    .info(state)
                    .filter(|info| Some(&info.id) != gave && (!fit || row.lacks.is_none()))
                    .filter(|_| row.barred.is_none())
                    .and_then(|_| row.pick(state)),
            })
        };
        other(true).or_else(|| other(false))
    }

    fn model_at(&self, state: &AppState, place: usize) -> Option<Pick> {
        match self.list.rows.get(place)? {
            Row::Group { .. } => None,
            Row::Model(row) => row.pick(state),
        }
    }

    fn list_height(&self, state: &AppState, screen: Rect, anchor: Rect) -> f32 {
        let above = if anchor.is_finite() { anchor.top() - screen.top() } else { screen.height() };
        let room = (above - 2.0 * MARGIN - AROUND_LIST).max(140.0);
        let room = room.min(screen.height() - 2.0 * MARGIN - AROUND_LIST).max(60.0);
        let rows: f32 = self.list.rows.iter().map(height).sum();
        let wanted = if self.list.is_empty() { EMPTY_HEIGHT } else { rows };
        let hint = if only_guide(state) { row::HEIGHT } else { 0.0 };
        (wanted + hint).min(room).min(MAX_LIST).floor()
    }

    fn search_ui(&mut self, ui: &mut Ui, (state, now): (&AppState, Timestamp), open: &mut Open) {
        let field = Field {
            keys: &["↑↓", "Enter"],
            keeps_tab: open.asks_for_scope() && !self.list.is_empty(),
            ..Field::search(search_id(), "Search models")
        };
        let before = open.query.trim().to_owned();
        let response = field.field_ui(ui, &mut open.query);
        if !open.focused || ui.memory(|memory| memory.focused().is_none()) {
            open.focused = true;
            response.request_focus();
        }
        if open.query.trim() != before {
            open.selected = None;
            self.follow_lists(state, now, open);
            ui.ctx().request_repaint();
        }
    }

    fn list_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        (open, list_height): (&mut Open, f32),
        out: &mut Vec<UiCommand>,
    ) {
        let mut ended = None;
        ScrollArea::vertical()
            .id_salt("models")
            .max_height(list_height)
            .min_scrolled_height(list_height)
            .auto_shrink([false, false])
            .show_viewport(ui, |ui, viewport| {
                let width = ui.available_width();
                let origin = ui.min_rect().min;
                let mut y = 0.0;
                for (place, row) in self.list.rows.iter().enumerate() {
                    let rect =
                        Rect::from_min_size(pos2(origin.x, origin.y + y), vec2(width, height(row)));
                    let in_view = y + height(row) > viewport.min.y && y < viewport.max.y;
                    y += height(row);
                    let clicked = row_ui(ui, state, (open, row), (rect, place, in_view), out);
                    if let Some(model) = clicked {
                        ended = open.choose(&model, out);
                    }
                }
                if self.list.is_empty() {
                    let size = vec2(width, EMPTY_HEIGHT);
                    empty_ui(ui, Rect::from_min_size(origin, size), state, out);
                    y += EMPTY_HEIGHT;
                }
                if only_guide(state) {
                    let size = vec2(width, row::HEIGHT);
                    let min = pos2(origin.x, origin.y + y);
                    more_ui(ui, Rect::from_min_size(min, size), out);
                    y += row::HEIGHT;
                }
                ui.set_min_size(vec2(width, y));
            });
        open.reveal &= ui.is_sizing_pass();
        self.mention_end = self.mention_end.or(ended);
    }
}

/// Draws a row of the list, where it is in view; gives the model that was clicked.
fn row_ui(
    ui: &mut Ui,
    state: &AppState,
    (open, row): (&mut Open, &Row),
    (rect, place, in_view): (Rect, usize, bool),
    out: &mut Vec<UiCommand>,
) -> Option<Pick> {
    let palette = Palette::of(ui);
    let row = match row {
        Row::Group { title, note } => {
            if in_view {
                let note = note.as_ref().map(|(text, tone)| (text.as_str(), tone.color(palette)));
                group_ui(ui, rect, title, note);
            }
            return None;
        }
        Row::Model(row) => row,
    };
    let info = row.info(state)?;
    let pick = row.pick(state)?;
    let selected = open.selected.as_ref() == Some(&pick);
    if selected && open.reveal {
        // The heading of the first group belongs to its first row.
        let above = if place <= 1 { GROUP_HEIGHT } else { 0.0 };
        let with_heading = rect.with_min_y(rect.min.y - above);
        ui.scroll_to_rect(with_heading, None);
    }
    if !in_view {
        return None;
    }
    let is_here = pick.server.as_ref() == state.server_id_here();
    let chat_default = open.asks_for_scope() && is_here && state.chat_model() == info.id;
    let provider = &row.offered_by(state)?;
    let tells_provider = row.is_apart;
    let id = Id::unique(("model_row", &pick));
    let is_on_server = pick.server.is_some();
    let drawn = RowUi { info, row, provider, tells_provider, is_on_server, selected, chat_default };
    let drawn = drawn.row_ui(ui, rect, id);
    let over = drawn.row.contains_pointer() || drawn.star.contains_pointer();
    if row.barred.is_some() {
        return None;
    }
    if over && !selected && widgets::pointer_moved(ui) {
        open.selected = Some(pick.clone());
        ui.ctx().request_repaint();
    }
    if selected && !open.by_mention {
        ui.ctx().accesskit_node_builder(search_id(), |node| {
            node.set_active_descendant(id.accesskit_id());
        });
    }
    if drawn.star.clicked() && pick.server.is_none() && open.purpose != PickerPurpose::Compare {
        out.push(UiCommand::ToggleFavourite(info.id.clone()));
        return None;
    }
    let clicked = drawn.row.clicked() || drawn.star.clicked();
    clicked.then(|| {
        open.selected = Some(pick.clone());
        pick
    })
}

fn height(row: &Row) -> f32 {
    match row {
        Row::Group { .. } => GROUP_HEIGHT,
        Row::Model(_) => row::HEIGHT,
    }
}

/// Above the chip, but always on the screen; in the middle where there is no chip.
pub(in crate::ui) fn above(screen: Rect, anchor: Rect, size: egui::Vec2) -> Pos2 {
    if !anchor.is_finite() || !screen.intersects(anchor) {
        return (screen.center() - size / 2.0).floor();
    }
    let room = screen.shrink(MARGIN);
    let left = anchor.left().min(room.right() - size.x).max(room.left());
    let top = (anchor.top() - MARGIN - size.y).min(room.bottom() - size.y).max(room.top());
    pos2(left, top).floor()
}

fn search_id() -> Id {
    Id::unique("model_picker_search")
}

/// The button that opens the picker to compare, where it was drawn last: it closes it too.
pub(in crate::ui) fn compare_button_id() -> Id {
    Id::unique("compare_button")
}

fn on_compare_button(ctx: &Context, state: &AppState) -> bool {
    let is_open = state.overlay == Overlay::Picker(PickerPurpose::Compare);
    let button: Option<Rect> = ctx.data(|data| data.get_temp(compare_button_id()));
    let pos = ctx.pointer_interact_pos();
    is_open && button.zip(pos).is_some_and(|(button, pos)| button.contains(pos))
}

fn only_guide(state: &AppState) -> bool {
    state.providers.iter().all(|provider| provider.config.id.as_str() == "guide")
}
