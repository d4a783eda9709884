//! The model picker: a list above the model chip, filtered by typing.

mod list;
mod parts;
mod row;
#[cfg(test)]
mod tests;

use egui::{
    Area, Context, Id, Key, Modifiers, Order, Pos2, Rect, Role, ScrollArea, Ui, pos2, vec2,
};

pub(in crate::ui) use self::list::{List, Row};
pub(in crate::ui) use self::row::{HEIGHT as ROW_HEIGHT, RowUi};

use self::parts::{empty_ui, footer_ui, group_ui, more_ui};
use super::settings::field::Field;
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::ModelId;
use crate::state::{AppState, ModelScope, Overlay, PickerPurpose, UiCommand};

const WIDTH: f32 = 520.0;
const GROUP_HEIGHT: f32 = 34.0;
const EMPTY_HEIGHT: f32 = 96.0;
const FOOTER_HEIGHT: f32 = 41.0;
const MAX_LIST: f32 = 420.0;
/// Frame, search field and footer.
const AROUND_LIST: f32 = 18.0 + theme::CONTROL_HEIGHT + 4.0 + FOOTER_HEIGHT;
/// Distance to the edges of the window and to the chip.
const MARGIN: f32 = 8.0;
const PAGE: isize = 8;

/// The picker, as long as it is open.
#[derive(Debug, Default)]
pub struct PickerView {
    open: Option<Open>,
    list: List,
}

#[derive(Debug)]
struct Open {
    purpose: PickerPurpose,
    query: String,
    selected: Option<ModelId>,
    scope: ModelScope,
    focused: bool,
    /// The selected row was changed by a key and has to be in view.
    reveal: bool,
}

impl Open {
    fn new(state: &AppState, purpose: PickerPurpose) -> Self {
        let scope = match state.open_chat() {
            Some(_) => ModelScope::NextMessage,
            None => ModelScope::ThisChat,
        };
        Self {
            purpose,
            query: String::new(),
            selected: Some(state.next_model().0),
            scope,
            focused: false,
            reveal: true,
        }
    }

    fn choose(&self, out: &mut Vec<UiCommand>) {
        if let Some(model) = self.selected.clone() {
            out.push(UiCommand::ChooseModel { model, scope: self.scope });
        }
    }

    fn other_scope(&mut self) {
        self.scope = match self.scope {
            ModelScope::NextMessage => ModelScope::ThisChat,
            ModelScope::ThisChat => ModelScope::NextMessage,
        };
    }
}

impl PickerView {
    /// Draws the picker above `anchor`, the model chip, where the state says that it is open.
    pub fn picker_ui(
        &mut self,
        ctx: &Context,
        state: &AppState,
        anchor: Rect,
        out: &mut Vec<UiCommand>,
    ) {
        let Overlay::Picker(purpose) = state.overlay else {
            self.open = None;
            return;
        };
        if self.open.as_ref().is_none_or(|open| open.purpose != purpose) {
            self.open = Some(Open::new(state, purpose));
        }
        let Some(mut open) = self.open.take() else { return };
        self.follow_lists(state, &mut open);
        self.keys(ctx, state, &mut open, out);
        let screen = ctx.content_rect();
        let width = WIDTH.min(screen.width() - 2.0 * MARGIN);
        let list_height = self.list_height(state, screen, anchor);
        let size = vec2(width, list_height + AROUND_LIST);
        let area = Area::new(Id::unique("model_picker"))
            .order(Order::Foreground)
            .role(Role::Dialog)
            .accessible_name("Choose a model")
            .fixed_pos(place(screen, anchor, size))
            .show(ctx, |ui| {
                widgets::popup_frame(ui).show(ui, |ui| {
                    ui.set_width(width - 18.0);
                    ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                    self.search_ui(ui, state, &mut open);
                    ui.add_space(4.0);
                    self.list_ui(ui, state, (&mut open, list_height), out);
                    footer_ui(ui, &mut open);
                });
            });
        let on_chip = ctx.pointer_interact_pos().is_some_and(|pos| anchor.contains(pos));
        if area.response.clicked_elsewhere() && !on_chip {
            out.push(UiCommand::CloseOverlay);
        }
        self.open = Some(open);
    }

    /// Keeps the selection on its model while lists change, and on the best one while typing.
    fn follow_lists(&mut self, state: &AppState, open: &mut Open) {
        if !self.list.update(state, &open.query) {
            return;
        }
        let here = open.selected.as_ref().and_then(|model| self.list.place(state, model));
        if here.is_none() {
            open.selected = self.list.best.and_then(|best| self.model_at(state, best));
            open.reveal = true;
        }
    }

    fn model_at(&self, state: &AppState, place: usize) -> Option<ModelId> {
        match self.list.rows.get(place)? {
            Row::Group { .. } => None,
            Row::Model(row) => row.info(state).map(|info| info.id.clone()),
        }
    }

    fn keys(&self, ctx: &Context, state: &AppState, open: &mut Open, out: &mut Vec<UiCommand>) {
        let key = |modifiers, key| ctx.input_mut(|input| input.consume_key(modifiers, key));
        if key(Modifiers::NONE, Key::Escape) {
            out.push(UiCommand::CloseOverlay);
        }
        if ctx.memory(|memory| memory.focused() != Some(search_id())) {
            return;
        }
        let chips = open.purpose == PickerPurpose::Message;
        let switches = key(Modifiers::ALT, Key::ArrowLeft) || key(Modifiers::ALT, Key::ArrowRight);
        if chips && (switches || (!self.list.is_empty() && key(Modifiers::NONE, Key::Tab))) {
            open.other_scope();
        }
        let steps = [
            (Key::ArrowDown, 1),
            (Key::ArrowUp, -1),
            (Key::PageDown, PAGE),
            (Key::PageUp, -PAGE),
            (Key::Home, isize::MIN),
            (Key::End, isize::MAX),
        ];
        for (name, step) in steps {
            if key(Modifiers::NONE, name) {
                let here = open.selected.as_ref().and_then(|model| self.list.place(state, model));
                let next = self.list.step(here, step);
                open.selected = next.and_then(|next| self.model_at(state, next));
                open.reveal = true;
            }
        }
        if key(Modifiers::COMMAND, Key::D)
            && let Some(model) = open.selected.clone()
        {
            out.push(UiCommand::ToggleFavourite(model));
        }
        if key(Modifiers::NONE, Key::Enter) {
            open.choose(out);
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

    fn search_ui(&mut self, ui: &mut Ui, state: &AppState, open: &mut Open) {
        let field = Field {
            keys: &["↑↓", "Enter"],
            keeps_tab: open.purpose == PickerPurpose::Message && !self.list.is_empty(),
            ..Field::search(search_id(), "Search models")
        };
        let before = open.query.trim().to_owned();
        let response = field.field_ui(ui, &mut open.query);
        if !open.focused || ui.memory(|memory| memory.focused().is_none()) {
            open.focused = true;
            response.request_focus();
        }
        if open.query.trim() != before {
            self.list.update(state, &open.query);
            open.selected = if open.query.trim().is_empty() {
                Some(state.next_model().0)
            } else {
                self.list.best.and_then(|best| self.model_at(state, best))
            };
            open.reveal = true;
            ui.ctx().request_repaint();
        }
    }

    fn list_ui(
        &self,
        ui: &mut Ui,
        state: &AppState,
        (open, list_height): (&mut Open, f32),
        out: &mut Vec<UiCommand>,
    ) {
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
                    self.row_ui(ui, state, (open, row), (rect, place, in_view), out);
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
    }

    fn row_ui(
        &self,
        ui: &mut Ui,
        state: &AppState,
        (open, row): (&mut Open, &Row),
        (rect, place, in_view): (Rect, usize, bool),
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let row = match row {
            Row::Group { title, note } => {
                if in_view {
                    group_ui(ui, rect, title, note.map(|(text, tone)| (text, tone.color(palette))));
                }
                return;
            }
            Row::Model(row) => row,
        };
        let (Some(info), Some(provider)) = (row.info(state), state.providers.get(row.provider))
        else {
            return;
        };
        let selected = open.selected.as_ref() == Some(&info.id);
        if selected && open.reveal {
            // The heading of the first group belongs to its first row.
            let above = if place <= 1 { GROUP_HEIGHT } else { 0.0 };
            let with_heading = rect.with_min_y(rect.min.y - above);
            ui.scroll_to_rect(with_heading, None);
        }
        if !in_view {
            return;
        }
        let chat_default = open.purpose == PickerPurpose::Message && state.chat_model() == info.id;
        let provider = provider.config.name.as_str();
        let id = Id::unique(("model_row", &info.id));
        let drawn = RowUi { info, row, provider, selected, chat_default }.row_ui(ui, rect, id);
        let over = drawn.row.contains_pointer() || drawn.star.contains_pointer();
        if over && !selected && widgets::pointer_moved(ui) {
            open.selected = Some(info.id.clone());
            ui.ctx().request_repaint();
        }
        if selected {
            ui.ctx().accesskit_node_builder(search_id(), |node| {
                node.set_active_descendant(id.accesskit_id());
            });
        }
        if drawn.star.clicked() {
            out.push(UiCommand::ToggleFavourite(info.id.clone()));
        } else if drawn.row.clicked() {
            open.selected = Some(info.id.clone());
            open.choose(out);
        }
    }
}

fn height(row: &Row) -> f32 {
    match row {
        Row::Group { .. } => GROUP_HEIGHT,
        Row::Model(_) => row::HEIGHT,
    }
}

/// Above the chip, but always on the screen; in the middle where there is no chip.
fn place(screen: Rect, anchor: Rect, size: egui::Vec2) -> Pos2 {
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

fn only_guide(state: &AppState) -> bool {
    state.providers.iter().all(|provider| provider.config.id.as_str() == "guide")
}
