//! Where messages are written: the box at the bottom, with what waits above it.

mod attachments;
pub(super) mod focus;
pub(super) mod keys;
mod lines;
mod members;
mod mention;
mod params;
mod queue;
mod remote;
#[cfg(test)]
mod tests;
mod tools;
mod typed;

use egui::{
    Event, EventFilter, Frame, Key, KeyboardShortcut, Margin, Modifiers, Rect, RichText,
    ScrollArea, Stroke, TextEdit, Ui, UiBuilder, pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};

use self::attachments::AttachmentsView;
use self::focus::text_id;
use self::keys::Ime;
use self::lines::LinesView;
use self::members::{MembersView, Picked};
use self::mention::Mention;
use self::params::ParamsView;
use self::queue::QueueView;
use self::typed::{FOLD_CHARS, Typed};
use super::icon::Icon;
use super::picker::MentionEnd;
use super::theme::{self, Palette};
use super::widgets;
use crate::protocol::{CastMember, ChatId, Timestamp};
use crate::state::{AppState, FocusTarget, Overlay, UiCommand};

const WIDTH: f32 = 784.0;
const LINE: f32 = 20.0;
const MAX_LINES: f32 = 10.0;

/// The composer. The text itself lives in the state; the view holds what the text field needs.
#[derive(Debug)]
pub struct ComposerView {
    typed: Typed,
    chat: Option<ChatId>,
    focus_seen: u64,
    ime: Ime,
    queue: QueueView,
    lines: LinesView,
    members: MembersView,
    attachments: AttachmentsView,
    params: ParamsView,
    mention: Option<Mention>,
    /// Place of an `@` that is meant as text.
    dismissed: Option<usize>,
    reveal_cursor: bool,
    chip: Rect,
    height: f32,
}

impl Default for ComposerView {
    fn default() -> Self {
        Self {
            typed: Typed::default(),
            chat: None,
            focus_seen: 0,
            ime: Ime::default(),
            queue: QueueView::default(),
            lines: LinesView::default(),
            members: MembersView::default(),
            attachments: AttachmentsView::default(),
            params: ParamsView::default(),
            mention: None,
            dismissed: None,
            reveal_cursor: false,
            chip: Rect::NOTHING,
            height: 0.0,
        }
    }
}

impl ComposerView {
    /// Where the model chip was drawn last: the picker opens above it.
    pub fn model_chip_rect(&self) -> Rect {
        self.chip
    }

    /// What stands behind an `@` at the cursor: it asks for a model, where no member of a room fits.
    pub fn mention(&self, state: &AppState) -> Option<&str> {
        if !self.members(state).is_empty() {
            return None;
        }
        let open = self.mention.as_ref().filter(|open| self.dismissed != Some(open.start))?;
        Some(&open.query)
    }

    /// The picker that an `@` had opened has ended.
    pub fn end_mention(&mut self, ctx: &egui::Context, end: MentionEnd, out: &mut Vec<UiCommand>) {
        let Some(mention) = self.mention.take() else { return };
        match end {
            MentionEnd::Dismissed => {
                self.dismissed = Some(mention.start);
                self.mention = Some(mention);
            }
            MentionEnd::Chosen => {
                self.typed.tail = mention.removed_from(&self.typed.tail);
                self.typed.tail_changed();
                let mut field = TextEditState::load(ctx, text_id()).unwrap_or_default();
                let cursor = CCursorRange::one(CCursor::new(mention.start));
                field.cursor.set_char_range(Some(cursor));
                field.store(ctx, text_id());
                out.push(UiCommand::DraftChanged(self.typed.full()));
            }
        }
    }

    /// Draws the queue and the box, with 16 below, as wide as there is room.
    pub fn composer_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        _now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        self.follow_state(ui, state);
        self.attachments.take(ui, state, out);
        let space = ui.available_rect_before_wrap();
        let width = WIDTH.min(space.width() - 32.0).max(160.0).floor();
        let left = (space.center().x - width / 2.0).max(space.left()).floor();
        let rect = Rect::from_min_size(pos2(left, space.top()), vec2(width, space.height()));
        let drawn = ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let blank = self.is_blank(state);
            remote::remote_ui(ui, state, out);
            self.lines.lines_ui(ui, state, blank, out);
            self.queue.queue_ui(ui, state, out);
            let params = self.box_ui(ui, state, out);
            ui.add_space(16.0);
            params
        });
        attachments::drop_hint_ui(
            ui,
            drawn.response.rect.with_max_y(drawn.response.rect.bottom() - 16.0),
        );
        self.params.params_ui(ui.ctx(), state, drawn.inner, out);
        focus::keep(ui, drawn.response.rect);
        let height = drawn.response.rect.height();
        if self.height != height {
            // The panel around it takes the new height in the next frame.
            self.height = height;
            ui.ctx().request_repaint();
        }
    }

    /// The state's text counts: after a switch of chats, a restored draft, a message not sent.
    fn follow_state(&mut self, ui: &Ui, state: &AppState) {
        // In a second pass of the same frame the state has not seen this frame's edits yet.
        if ui.ctx().current_pass_index() > 0 {
            return;
        }
        let chat = state.open_chat();
        let text = &state.draft().text;
        if chat != self.chat || !self.typed.is(text) {
            self.chat = chat;
            self.mention = None;
            self.dismissed = None;
            self.typed.set(text);
            self.reveal_cursor = true;
            // The cursor goes to the end, and undo does not lead into another chat's text.
            let mut field = TextEditState::load(ui.ctx(), text_id()).unwrap_or_default();
            let end = CCursor::new(self.typed.tail.chars().count());
            field.cursor.set_char_range(Some(CCursorRange::one(end)));
            field.clear_undoer();
            field.store(ui.ctx(), text_id());
        }
    }

    /// Gives the place of the button of the parameters.
    fn box_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) -> Rect {
        let palette = Palette::of(ui);
        let focused = ui.memory(|memory| memory.has_focus(text_id()));
        let line = if focused { palette.accent.gamma_multiply(0.6) } else { palette.line };
        let frame = Frame::new()
            .fill(palette.raised)
            .stroke(Stroke::new(1.0, line))
            .corner_radius(14)
            .inner_margin(Margin::same(12));
        let anchor = ui.available_rect_before_wrap();
        self.members_ui(ui, state, anchor, out);
        let drawn = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            self.long_text_ui(ui, out);
            self.attachments.chips_ui(ui, state, out);
            attachments::blind_ui(ui, state);
            self.text_ui(ui, state, out);
            ui.add_space(8.0);
            let block = remote::block(state);
            let row =
                tools::ToolsRow { state, blank: self.is_blank(state), block: block.as_deref() };
            let asked = row.tools_ui(ui, out);
            self.chip = asked.chip;
            if asked.send {
                self.send(state, out);
            }
            asked.params
        });
        drawn.inner
    }

    /// Whether there is nothing to send.
    fn is_blank(&self, state: &AppState) -> bool {
        self.typed.is_blank() && state.draft().attachments.is_empty() && !state.is_reading()
    }

    /// Follows an `@` that is being typed; the cursor that leaves it ends it. A click into the
    /// picker takes the cursor away, and does not.
    fn follow_mention(&mut self, state: &AppState, cursor: Option<usize>, changed: bool) {
        if state.overlay != Overlay::Nothing {
            self.mention = None;
        }
        let Some(cursor) = cursor.filter(|_| state.overlay == Overlay::Nothing) else { return };
        let here = Mention::at(&self.typed.tail, cursor);
        let goes_on = |known: &Mention| here.as_ref().is_some_and(|here| here.start == known.start);
        if here.is_none() {
            self.dismissed = None;
        }
        self.mention = match &self.mention {
            Some(known) if goes_on(known) => here,
            Some(_) | None if changed => here,
            Some(_) | None => None,
        };
    }

    fn text_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        self.take_focus(ui, state);
        self.take_member_keys(ui, state, out);
        // Enter is taken out before the field sees it, and acts after the field has taken what
        // was typed in the same frame: fast hands lose nothing.
        let sends = self.take_keys(ui);
        let pasted = self.take_long_paste(ui);
        let hint = hint(state);
        let palette = Palette::of(ui);
        let folded = self.typed.is_folded();
        let was_empty = self.typed.tail.is_empty();
        let reveal = std::mem::take(&mut self.reveal_cursor);
        let (changed, cursor) = ScrollArea::vertical()
            .id_salt("composer_scroll")
            .max_height(LINE * MAX_LINES)
            .auto_shrink([false, true])
            .show(ui, |ui| {
                let row_height = ui.fonts_mut(|fonts| fonts.row_height(&theme::body()));
                ui.spacing_mut().extra_text_line_spacing = LINE - row_height;
                let edit = TextEdit::multiline(&mut self.typed.tail)
                    .id(text_id())
                    .frame(Frame::NONE)
                    .margin(Margin::ZERO)
                    .font(theme::body())
                    .hint_text(RichText::new(&hint).color(palette.faint))
                    .desired_width(f32::INFINITY)
                    .desired_rows(if folded { 1 } else { 2 })
                    .event_filter(EventFilter {
                        horizontal_arrows: true,
                        vertical_arrows: true,
                        // Escape stops the answer; the cursor stays.
                        escape: true,
                        tab: false,
                    })
                    .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
                let drawn = edit.show(ui);
                if let Some(cursor) = drawn.cursor_range.filter(|_| reveal) {
                    let rect = drawn.galley.pos_from_cursor(cursor.primary);
                    ui.scroll_to_rect(rect.translate(drawn.galley_pos.to_vec2()), None);
                }
                let cursor = drawn.cursor_range.and_then(|range| range.single());
                let cursor = cursor.filter(|_| drawn.response.has_focus());
                (drawn.response.changed(), cursor.map(|cursor| cursor.index.0))
            })
            .inner;
        ui.ctx().accesskit_node_builder(text_id(), |node| node.set_label("Message"));
        if changed || pasted {
            // egui lays the first text after the hint out a frame late, and scrolls to nowhere.
            self.reveal_cursor = was_empty;
            self.typed.tail_changed();
        }
        self.follow_mention(state, cursor, changed);
        if sends && !self.is_blank(state) && remote::block(state).is_none() {
            self.send(state, out);
        } else if changed || pasted {
            out.push(UiCommand::DraftChanged(self.typed.full()));
        }
    }

    /// Takes the keyboard where the state asks for it, and for text that would be lost.
    fn take_focus(&mut self, ui: &Ui, state: &AppState) {
        let is_free = ui.memory(|memory| memory.allows_interaction(ui.layer_id()));
        let (target, count) = state.focus;
        let asked = count != self.focus_seen
            && target == FocusTarget::Composer
            && state.overlay == Overlay::Nothing;
        if asked && !is_free {
            // A dialog that closed keeps the keyboard from the rest for one more frame.
            ui.ctx().request_repaint();
            return;
        }
        self.focus_seen = count;
        let typed = is_free && state.overlay == Overlay::Nothing && focus::typed_nowhere(ui);
        if asked || typed {
            focus::request(ui.ctx());
        }
    }

    /// Who takes part and fits what is typed behind an `@`.
    fn members<'a>(&self, state: &'a AppState) -> Vec<&'a CastMember> {
        match self.mention.as_ref().filter(|open| self.dismissed != Some(open.start)) {
            Some(mention) => members::fitting(state, mention),
            None => Vec::new(),
        }
    }

    fn take_member_keys(&mut self, ui: &Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let members = self.members(state);
        let Some(mention) = self.mention.clone().filter(|_| !members.is_empty()) else { return };
        if focus::is_here(ui.ctx()) {
            let picked = self.members.take_keys(ui.ctx(), &members, &mention.query);
            self.take_member(ui.ctx(), &mention, picked, out);
        }
    }

    fn members_ui(&mut self, ui: &Ui, state: &AppState, anchor: Rect, out: &mut Vec<UiCommand>) {
        let members = self.members(state);
        let Some(mention) = self.mention.clone().filter(|_| !members.is_empty()) else { return };
        let picked = self.members.list_ui(ui.ctx(), &members, anchor);
        self.take_member(ui.ctx(), &mention, picked, out);
    }

    /// Puts a name in the place of what was typed behind the `@`.
    fn take_member(
        &mut self,
        ctx: &egui::Context,
        mention: &Mention,
        picked: Picked,
        out: &mut Vec<UiCommand>,
    ) {
        match picked {
            Picked::Nothing => {}
            Picked::Dismissed => self.dismissed = Some(mention.start),
            Picked::Member(name) => {
                let call = format!("@{name} ");
                self.typed.tail = mention.replaced_in(&self.typed.tail, &call);
                self.typed.tail_changed();
                self.mention = None;
                let mut field = TextEditState::load(ctx, text_id()).unwrap_or_default();
                let cursor = CCursor::new(mention.start + call.chars().count());
                field.cursor.set_char_range(Some(CCursorRange::one(cursor)));
                field.store(ctx, text_id());
                focus::request(ctx);
                out.push(UiCommand::DraftChanged(self.typed.full()));
            }
        }
    }

    /// Takes Enter out of the input; true where it sends.
    fn take_keys(&mut self, ui: &Ui) -> bool {
        let composes = self.ime.composes(ui);
        !composes && focus::is_here(ui.ctx()) && keys::take_enter(ui)
    }

    /// Folds a very long paste before the text field sees it. True where there was one.
    fn take_long_paste(&mut self, ui: &Ui) -> bool {
        if !ui.memory(|memory| memory.has_focus(text_id())) {
            return false;
        }
        let mut long = None;
        ui.input_mut(|input| {
            input.events.retain_mut(|event| {
                let Event::Paste(text) = event else { return true };
                let is_long = text.chars().nth(FOLD_CHARS).is_some();
                if is_long {
                    long = Some(std::mem::take(text));
                }
                !is_long
            });
        });
        let Some(text) = long else { return false };
        let end = self.typed.tail.chars().count();
        let mut field = TextEditState::load(ui.ctx(), text_id()).unwrap_or_default();
        let chars = field.cursor.char_range().map_or(end..end, |range| {
            let range = range.as_sorted_char_range();
            range.start.0..range.end.0
        });
        self.typed.paste_long(chars, &text);
        field.cursor.set_char_range(Some(CCursorRange::default()));
        field.store(ui.ctx(), text_id());
        true
    }

    fn send(&mut self, state: &AppState, out: &mut Vec<UiCommand>) {
        if !self.is_blank(state) {
            self.mention = None;
            out.push(UiCommand::Send { text: self.typed.full() });
        }
    }

    /// How long the text is, and what is folded away.
    fn long_text_ui(&mut self, ui: &mut Ui, out: &mut Vec<UiCommand>) {
        let Some(size) = self.typed.size_words() else { return };
        let palette = Palette::of(ui);
        let mut change: Option<fn(&mut Typed)> = None;
        ui.horizontal_wrapped(|ui| {
            widgets::icon(ui, Icon::FileText, palette.dim);
            widgets::small_label(ui, &size, palette.dim);
            if self.typed.is_folded() {
                let open = ui
                    .add_enabled_ui(self.typed.can_open(), |ui| widgets::link_button(ui, "Edit"))
                    .inner
                    .on_disabled_hover_text("Too long to be edited here; it is sent as it is");
                if open.clicked() {
                    change = Some(Typed::open);
                }
                if widgets::link_button(ui, "Remove").clicked() {
                    change = Some(Typed::clear);
                }
            } else {
                if widgets::link_button(ui, "Fold").clicked() {
                    change = Some(Typed::fold);
                }
                if widgets::link_button(ui, "Clear").clicked() {
                    change = Some(Typed::clear);
                }
            }
        });
        if self.typed.is_folded() {
            Frame::new().fill(palette.code).corner_radius(theme::ROUNDING).inner_margin(8).show(
                ui,
                |ui| {
                    ui.set_width(ui.available_width());
                    let text = RichText::new(self.typed.preview()).font(theme::small());
                    ui.add(egui::Label::new(text.color(palette.dim)).selectable(false));
                },
            );
        }
        ui.add_space(8.0);
        if let Some(change) = change {
            change(&mut self.typed);
            out.push(UiCommand::DraftChanged(self.typed.full()));
        }
    }
}

fn hint(state: &AppState) -> String {
    match state.open_chat() {
        Some(_) if state.server_id_here().is_some() => remote::hint(state),
        Some(_) => match state.cast() {
            Some(cast) => format!("Message {}", cast.name),
            None => format!("Message {}", state.model_name(&state.next_model().0)),
        },
        None => match state.server_id_here() {
            Some(server) => format!("Ask anything on {}", state.server_name(server)),
            None => "Ask anything".to_owned(),
        },
    }
}
