//! One chat: which block stands at the top of the screen, and drawing from there.
//!
//! The place is kept as a block and a distance, never as a distance from the beginning. So
//! whatever becomes known of the heights above, or is put in front, what is on screen stays.

mod place;

use std::collections::HashMap;

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use self::place::{Columns, Drawn};
use super::Draw;
use super::compare::CompareView;
pub(super) use super::folds::{Fold, Folds};
use super::index::{Change, Index};
use super::loading;
use super::message::{Key, MessageView};
use super::opening::OpeningView;
use crate::protocol::{Message, MessageId, Role};
use crate::state::{Loading, UiCommand};

/// Room above the first message.
pub(super) const EDGE: f32 = 24.0;
/// Room below the last message, which has some of its own.
pub(super) const FOOT: f32 = 4.0;
/// Width of the column.
pub(super) const COLUMN: f32 = 760.0;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) message: usize,
    pub(super) key: Key,
    pub(super) item: usize,
}

/// The view of one chat.
#[derive(Debug)]
pub(super) struct ChatView {
    pub(super) index: Index,
    views: HashMap<MessageId, MessageView>,
    compare: CompareView,
    opening: OpeningView,
    pub(super) folds: Folds,
    /// The block at the top, and how much of it is above the edge.
    pub(super) anchor: Option<(At, f32)>,
    anchor_id: Option<MessageId>,
    /// Whether the end is kept in sight.
    pub(super) follow: bool,
    asked_older: Option<MessageId>,
    /// What a version was chosen below, and how far below the edge the message began.
    switched: Option<(Option<MessageId>, f32)>,
    /// The reader went elsewhere, and it was not laid out twice for that yet.
    pub(super) moved: bool,
    /// A block that shall stand at this height, whatever is found out about those above.
    reference: Option<(At, f32)>,
    pub(super) drawn: usize,
    pub(super) last_frame: u64,
}

impl Default for ChatView {
    fn default() -> Self {
        Self {
            index: Index::default(),
            views: HashMap::new(),
            compare: CompareView::default(),
            opening: OpeningView::default(),
            folds: Folds::default(),
            anchor: None,
            anchor_id: None,
            follow: true,
            asked_older: None,
            switched: None,
            moved: true,
            reference: None,
            drawn: 0,
            last_frame: 0,
        }
    }
}

impl ChatView {
    /// Views that are kept while they are off screen.
    const VIEWS: usize = 200;

    pub(super) fn show(&mut self, ui: &mut Ui, draw: &mut Draw<'_>, frame: u64) {
        self.last_frame = frame;
        let rect = ui.available_rect_before_wrap();
        ui.allocate_rect(rect, egui::Sense::hover());
        self.sync(draw);
        if draw.conversation.messages.is_empty() {
            self.drawn = 0;
            if let Some(waiting) = draw.state.servers.loading(draw.conversation.chat) {
                loading::loading_ui(ui, rect, waiting, draw);
                return;
            }
            self.opening.opening_ui(ui, rect, draw);
            return;
        }
        let columns = Columns::of(rect, draw);
        match columns.wide {
            Some((_, wide)) => self.compare.sync(ui, wide.width(), &self.folds, draw),
            None => self.compare = CompareView::default(),
        }
        let first_pass = ui.ctx().current_pass_index() == 0;
        let moved = if first_pass { self.take_input(ui, rect, draw) } else { 0.0 };
        self.place(ui, &columns, moved, draw);
        let mut content =
            ui.new_child(UiBuilder::new().max_rect(rect).id_salt(draw.conversation.chat));
        content.shrink_clip_rect(rect);
        let drawn = self.draw_from_anchor(&mut content, &columns, draw, frame);
        self.drawn += self.compare.drawn;
        self.settle(ui, &columns, &drawn);
        self.follow_keyboard(ui);
        self.bar_ui(&content, rect);
        self.jump_ui(&mut content, rect);
        self.ask_for_older(draw, moved);
        self.forget_far(frame);
    }

    fn sync(&mut self, draw: &Draw<'_>) {
        let messages = &draw.conversation.messages;
        match self.index.sync(draw.conversation) {
            Change::Nothing => {}
            Change::Grown { front, back } => {
                if let Some((at, _)) = &mut self.anchor {
                    at.message += front;
                }
                let sent = |message: &Message| message.role == Role::User;
                if messages.iter().rev().take(back).any(sent) {
                    self.follow = true;
                    self.moved = true;
                }
            }
            Change::Replaced => {
                self.moved = true;
                let switched = self.switched.take().and_then(|(parent, top)| {
                    let place = messages.iter().position(|message| message.parent == parent)?;
                    Some((place, top))
                });
                if let Some((message, top)) = switched {
                    self.jump(message, -top);
                    return;
                }
                let beside =
                    draw.conversation.columns().iter().any(|m| Some(m.id) == self.anchor_id);
                let last = messages.back().filter(|_| beside).map(|message| message.id);
                let same = |message: &Message| {
                    Some(message.id) == self.anchor_id || Some(message.id) == last
                };
                match (messages.iter().position(same), &mut self.anchor) {
                    (Some(found), Some((at, _))) if !self.follow => at.message = found,
                    (Some(_) | None, _) => {
                        self.anchor = None;
                        self.follow = true;
                    }
                }
            }
        }
    }

    fn draw_from_anchor(
        &mut self,
        ui: &mut Ui,
        columns: &Columns,
        draw: &mut Draw<'_>,
        frame: u64,
    ) -> Drawn {
        let Some((start, offset)) = self.anchor else { return Drawn { end: None, slip: 0.0 } };
        let mut at = start;
        let mut y = columns.top() - offset;
        let mut slip = 0.0;
        self.drawn = 0;
        loop {
            if let Some((_, goal)) = self.reference.filter(|(reference, _)| *reference == at) {
                slip = y - goal;
            }
            let height = self.block_ui(ui, at, (columns.at(at.message), y), draw, frame);
            self.drawn += 1;
            y += height;
            let Some(after) = self.after(at, draw) else {
                return Drawn { end: Some(y), slip };
            };
            if y > columns.bottom() {
                return Drawn { end: None, slip };
            }
            at = after;
        }
    }

    /// Draws a block with its top at `y` and remembers its height.
    fn block_ui(
        &mut self,
        ui: &mut Ui,
        at: At,
        (column, y): (Rect, f32),
        draw: &mut Draw<'_>,
        frame: u64,
    ) -> f32 {
        let Some(message) = draw.conversation.messages.get(at.message) else { return 0.0 };
        let Some(view) = self.views.get_mut(&message.id) else { return 0.0 };
        view.last_frame = frame;
        let rect = Rect::from_min_max(
            pos2(column.left(), y.round()),
            pos2(column.right(), y.round() + column.height()),
        );
        let salt = (message.id, at.key, at.item);
        let mut block = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(salt));
        block.spacing_mut().item_spacing = vec2(8.0, 0.0);
        let before = draw.out.len();
        if at.key == Key::Compare {
            self.compare.row_ui(&mut block, at.item, &mut self.folds, draw);
        } else {
            view.item_ui(&mut block, message, (at.key, at.item), &mut self.folds, draw);
        }
        if matches!(draw.out.get(before..), Some([UiCommand::SelectBranch { .. }, ..])) {
            let top = rect.top() - view.height_above(at.key, at.item) - column.top();
            self.switched = Some((message.parent, top));
        }
        let height = block.min_rect().bottom() - rect.top();
        view.set_drawn(at.key, at.item, height);
        let total = view.total();
        self.index.heights.set(at.message, total);
        height
    }

    /// Brings what the keyboard moved to into view.
    fn follow_keyboard(&mut self, ui: &Ui) {
        if let (Some(down), Some((_, offset))) = (self.compare.take_reveal(), &mut self.anchor) {
            *offset += down;
            self.follow = false;
            self.moved = true;
            ui.ctx().request_repaint();
        }
    }

    fn ask_for_older(&mut self, draw: &mut Draw<'_>, moved: f32) {
        let conversation = draw.conversation;
        let near = self.anchor.is_some_and(|(at, _)| at.message < 6);
        let first = conversation.messages.front().map(|message| message.id);
        if !near || moved < 0.0 {
            self.asked_older = None;
        }
        if near
            && conversation.has_older
            && conversation.loading == Loading::Nothing
            && self.asked_older != first
        {
            self.asked_older = first;
            draw.out.push(UiCommand::LoadOlder);
        }
    }

    fn forget_far(&mut self, frame: u64) {
        if self.views.len() > Self::VIEWS {
            self.views.retain(|_, view| view.last_frame + 2 > frame);
        }
    }
}
