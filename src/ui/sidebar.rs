//! The sidebar: all chats, and the way to everything else.

mod foot;
mod groups;
mod list;
pub(crate) mod menu;
pub(crate) mod rename;
mod row;
mod status;

use std::time::Duration;

use egui::{
    Align2, CornerRadius, EventFilter, Frame, Id, Key, Layout, Modifiers, Rect, RichText, Sense,
    TextEdit, Ui, UiBuilder, pos2, vec2,
};

use jiff::tz::TimeZone;

use self::foot::Foot;
use self::groups::Groups;
use self::rename::Rename;
use super::icon::Icon;
use super::theme::{self, Palette};
use super::widgets::{self, Button};
use crate::protocol::{ChatId, Timestamp};
use crate::state::{AppState, FocusTarget, UiCommand};

/// Width of the sidebar.
pub const WIDTH: f32 = 264.0;
/// Width of what stands in it.
const WIDTH_OF_ROWS: f32 = 239.0;
const PADDING: f32 = 12.0;
/// How often the mark of a running answer moves.
const SPIN: Duration = Duration::from_millis(100);

/// What the sidebar remembers.
#[derive(Debug)]
pub struct SidebarView {
    /// What is typed into the search field.
    filter: String,
    renaming: Option<Rename>,
    groups: Groups,
    /// The last request for the keyboard that was looked at.
    seen_focus: u64,
    /// The search field is to get the keyboard.
    wants_focus: bool,
    /// The open chat that was last scrolled to.
    revealed: Option<ChatId>,
    /// Looked up once: it lies in a file.
    zone: TimeZone,
}

impl Default for SidebarView {
    fn default() -> Self {
        Self {
            filter: String::new(),
            renaming: None,
            groups: Groups::default(),
            seen_focus: 0,
            wants_focus: false,
            revealed: None,
            zone: TimeZone::system(),
        }
    }
}

impl SidebarView {
    /// A view with a time zone of the caller's choice.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone, ..Self::default() }
    }

    /// Draws it into the whole of `ui`, which is [`WIDTH`] wide.
    pub fn sidebar_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        let palette = Palette::of(ui);
        let rect = ui.available_rect_before_wrap();
        ui.painter().rect_filled(rect, CornerRadius::ZERO, palette.panel);
        let line = egui::Stroke::new(1.0, palette.line);
        ui.painter().vline(rect.right() - 0.5, rect.y_range(), line);
        self.follow_focus(state);
        let column = Rect::from_min_max(
            rect.min + vec2(PADDING, PADDING),
            pos2(rect.left() + PADDING + WIDTH_OF_ROWS, rect.bottom() - PADDING),
        );
        let mut top = ui.new_child(UiBuilder::new().max_rect(column).id_salt("top"));
        top.spacing_mut().item_spacing.y = 8.0;
        brand_ui(&mut top, out);
        let new_chat = Button::new("New chat").primary().icon(Icon::Plus).width(WIDTH_OF_ROWS);
        if new_chat.ui(&mut top).on_hover_text(UiCommand::NewChat.tooltip()).clicked() {
            out.push(UiCommand::NewChat);
        }
        self.search_ui(&mut top, out);
        let room = column.bottom() - top.min_rect().bottom();
        let foot = Foot::fitting(state, room);
        let footer = foot.height();
        let list = Rect::from_min_max(
            pos2(column.left(), top.min_rect().bottom()),
            pos2(rect.right() - 2.0, column.bottom() - footer),
        );
        if list.is_positive() {
            let mut child = ui.new_child(UiBuilder::new().max_rect(list).id_salt("chats"));
            child.shrink_clip_rect(list.expand2(vec2(PADDING, 0.0)));
            self.list_ui(&mut child, state, now, out);
        }
        let bottom =
            Rect::from_min_max(pos2(column.left(), column.bottom() - footer + 8.0), column.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(bottom).id_salt("bottom"));
        foot.foot_ui(&mut child, (state, now), out);
        ui.advance_cursor_after_rect(rect);
    }

    /// Takes note of a request for the keyboard.
    fn follow_focus(&mut self, state: &AppState) {
        let (target, counter) = state.focus;
        if counter != self.seen_focus {
            self.seen_focus = counter;
            self.wants_focus = target == FocusTarget::ChatSearch;
        }
    }

    fn search_ui(&mut self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let id = Id::unique("chat search");
        if ui.memory(|memory| memory.has_focus(id)) {
            self.search_keys(ui, out);
        }
        let palette = Palette::of(ui);
        let size = vec2(WIDTH_OF_ROWS, theme::CONTROL_HEIGHT);
        let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
        field_ground(ui, rect, palette);
        let icon = Align2::LEFT_CENTER.align_size_within_rect(vec2(16.0, 16.0), rect.shrink(11.0));
        widgets::paint_icon(ui, Icon::Search, icon, palette.faint);
        let field = field_place(ui, rect, 30.0);
        let mut child = ui.new_child(UiBuilder::new().max_rect(field));
        let filter = EventFilter {
            escape: true,
            horizontal_arrows: true,
            vertical_arrows: true,
            tab: false,
        };
        let edit = TextEdit::singleline(&mut self.filter)
            .id(id)
            .frame(Frame::NONE)
            .hint_text(RichText::new("Search chats").color(palette.faint))
            .desired_width(f32::INFINITY)
            .event_filter(filter);
        let response = child.add(edit).accessible_name("Search chats");
        if self.wants_focus {
            response.request_focus();
            self.wants_focus = false;
        }
        widgets::focus_ring(ui, &response.clone().with_new_rect(rect), theme::ROUNDING);
        if !self.filter.is_empty() {
            let place =
                Align2::RIGHT_CENTER.align_size_within_rect(theme::ICON_BUTTON, rect.shrink(3.0));
            let mut child = ui.new_child(UiBuilder::new().max_rect(place));
            if widgets::icon_button(&mut child, Icon::X, "Clear the search").clicked() {
                self.filter.clear();
                response.request_focus();
            }
        }
    }

    /// The keys of the search field, taken before it is drawn.
    fn search_keys(&mut self, ui: &Ui, out: &mut Vec<UiCommand>) {
        let take = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if take(Key::Escape) {
            if self.filter.is_empty() {
                out.push(UiCommand::FocusComposer);
            } else {
                self.filter.clear();
            }
        }
        let first = self.groups.first();
        if take(Key::Enter)
            && let Some(chat) = first
        {
            out.push(UiCommand::OpenChat(chat));
        }
        if take(Key::ArrowDown)
            && let Some(chat) = first
        {
            ui.memory_mut(|memory| memory.request_focus(row::id_of(chat)));
        }
    }
}

/// The eighth of a turn that the mark of a running answer stands at.
fn phase(now: Timestamp) -> u8 {
    u8::try_from((now.0 / 100).rem_euclid(8)).unwrap_or(0)
}

/// The ground of a field whose parts are placed by hand.
pub(super) fn field_ground(ui: &Ui, rect: Rect, palette: &Palette) {
    let line = egui::Stroke::new(1.0, palette.line);
    let radius = CornerRadius::same(theme::ROUNDING);
    ui.painter().rect(rect, radius, palette.raised, line, egui::StrokeKind::Inside);
}

/// Where the text of such a field stands, behind its icon and in the middle.
pub(super) fn field_place(ui: &Ui, rect: Rect, right: f32) -> Rect {
    let height = ui.text_style_height(&egui::TextStyle::Body);
    let top = (rect.center().y - height / 2.0).floor();
    Rect::from_min_max(pos2(rect.left() + 35.0, top), pos2(rect.right() - right, top + height))
}

fn brand_ui(ui: &mut Ui, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(WIDTH_OF_ROWS, 28.0), Sense::hover());
    let logo = Rect::from_min_size(rect.min + vec2(6.0, 4.0), vec2(20.0, 20.0));
    let painter = ui.painter();
    painter.rect_filled(logo, CornerRadius::same(6), palette.accent);
    let center = logo.center();
    painter.text(center, Align2::CENTER_CENTER, "S", theme::semibold(12.0), palette.on_accent);
    let row = Rect::from_min_max(
        rect.min + vec2(34.0, 0.0),
        pos2(rect.right() - 6.0, logo.bottom() + 4.0),
    );
    let mut child = ui.new_child(
        UiBuilder::new().max_rect(row).layout(Layout::left_to_right(egui::Align::Center)),
    );
    let name = RichText::new("Switchboard").font(theme::semibold(14.0)).color(palette.text);
    child.add(egui::Label::new(name).selectable(false));
    child.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
        let keys = UiCommand::OpenPalette.shortcut().map(|keys| keys.to_string());
        // One widget from the start: one that is made clickable later loses the keyboard again.
        let keys = keys.unwrap_or_default();
        if widgets::kbd_button(ui, &keys, "Command palette").clicked() {
            out.push(UiCommand::OpenPalette);
        }
    });
}

#[cfg(test)]
mod tests;
