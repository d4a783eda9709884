//! One chat: which block stands at the top of the screen, and drawing from there.
//!
//! The place is kept as a block and a distance, never as a distance from the beginning. So
//! whatever becomes known of the heights above, or is put in front, what is on screen stays.

use std::collections::HashMap;

use egui::{Rect, Ui, UiBuilder, pos2, vec2};

use super::Draw;
use super::compare::CompareView;
use super::end::Next;
pub(super) use super::folds::{Fold, Folds};
use super::index::{Change, Index};
use super::message::{Key, MessageView};
use crate::protocol::{Message, MessageId, Role};
use crate::state::{Loading, UiCommand};

/// Room above the first message.
pub(super) const EDGE: f32 = 24.0;
/// Room below the last message, which has some of its own.
pub(super) const FOOT: f32 = 4.0;
/// Width of the column.
const COLUMN: f32 = 760.0;

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

/// Where messages are drawn.
#[derive(Clone, Copy, Debug)]
struct Columns {
    column: Rect,
    /// The first message of those that take all of the width, and where they are drawn.
    wide: Option<(usize, Rect)>,
}

impl Columns {
    fn of(rect: Rect, draw: &Draw<'_>) -> Self {
        let all = (rect.width() - 48.0).max(120.0).round();
        let centered = |width: f32| {
            let left = (rect.center().x - width / 2.0).round();
            Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()))
        };
        let conversation = draw.conversation;
        let wide = conversation.compared().map(|_| {
            // The question, and the answers that stand side by side.
            (conversation.messages.len().saturating_sub(2), centered(all))
        });
        Self { column: centered(COLUMN.min(all)), wide }
    }

    fn at(&self, message: usize) -> Rect {
        match self.wide {
            Some((first, rect)) if message >= first => rect,
            Some(_) | None => self.column,
        }
    }

    fn top(&self) -> f32 {
        self.column.top()
    }

    fn bottom(&self) -> f32 {
        self.column.bottom()
    }
}

/// Where things came to stand in a frame.
struct Drawn {
    /// Bottom of the last block, where the end was reached.
    end: Option<f32>,
    /// How far the block that should stay in place is off.
    slip: f32,
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

    /// Decides what stands at the top: `moved` points were scrolled, down is positive.
    fn place(&mut self, ui: &Ui, columns: &Columns, moved: f32, draw: &Draw<'_>) {
        let start = match self.anchor {
            Some((at, offset)) if !self.follow => {
                self.prepare(at.message, draw);
                let known = self.views.get(&self.id(at.message, draw));
                let at = if known.is_some_and(|view| view.position(at.key).is_some()) {
                    at
                } else {
                    self.first_of(at.message, draw)
                };
                Some((at, offset + moved))
            }
            Some(_) | None => None,
        };
        let (mut at, mut offset) = match start {
            Some(start) => start,
            None => {
                // From the end: the last block, all of the screen above its bottom.
                let last = self.last_of(draw.conversation.messages.len() - 1, draw);
                let height = self.measured(ui, last, columns, draw);
                (last, height - (columns.column.height() - FOOT))
            }
        };
        self.reference = (!self.follow && offset < 0.0).then_some((at, columns.top() - offset));
        while offset < 0.0 {
            let Some(before) = self.before(at, draw) else { break };
            offset += self.measured(ui, before, columns, draw);
            at = before;
        }
        loop {
            let height = self.height(at, draw);
            if offset < height {
                break;
            }
            let Some(after) = self.after(at, draw) else { break };
            offset -= height;
            at = after;
        }
        if offset < -EDGE || (self.follow && offset < 0.0) {
            offset = -EDGE;
        }
        self.anchor = Some((at, offset));
        self.anchor_id = draw.conversation.messages.get(at.message).map(|message| message.id);
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

    /// After drawing: keeps the end in sight, and corrects what estimates got wrong.
    fn settle(&mut self, ui: &Ui, columns: &Columns, drawn: &Drawn) {
        let Some((at, offset)) = &mut self.anchor else { return };
        let goal = columns.bottom() - FOOT;
        let mut slip = drawn.slip;
        if let Some(end) = drawn.end {
            let all_fits = at.message == 0 && *offset <= -EDGE + 0.5;
            let below = end - goal;
            if self.follow && below.abs() > 0.5 && !(all_fits && below < 0.0) {
                slip = below;
            } else if !self.follow && below <= 1.0 {
                self.follow = true;
                slip = if all_fits { 0.0 } else { below };
            }
        } else if self.follow {
            // The estimates were too small: the end is further down.
            slip = 1.0;
        }
        if slip.abs() > 0.5 {
            *offset += slip;
            let large = slip.abs() > 30.0 || drawn.end.is_none();
            // Once for a move of the reader. What merely grows may be off for a frame.
            if large && std::mem::take(&mut self.moved) {
                ui.ctx().request_discard("heights became known");
            }
            ui.ctx().request_repaint();
        }
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

    // -- walking -----------------------------------------------------------------------------

    fn id(&self, message: usize, draw: &Draw<'_>) -> MessageId {
        let id = |message: &Message| message.id;
        let messages = &draw.conversation.messages;
        messages.get(message).or(messages.back()).map_or(MessageId(uuid::Uuid::nil()), id)
    }

    /// Brings the view of a message up to date.
    fn prepare(&mut self, message: usize, draw: &Draw<'_>) {
        let Some(content) = draw.conversation.messages.get(message) else { return };
        let next = Next::of(content, draw.conversation.messages.get(message + 1));
        let view = self.views.entry(content.id).or_default();
        let last = message + 1 == draw.conversation.messages.len();
        if last && draw.conversation.compared().is_some() {
            view.sync_rows(&self.compare.rows());
        } else {
            view.sync(content, next, &self.folds, draw);
        }
        view.last_frame = self.last_frame;
    }

    fn first_of(&mut self, message: usize, draw: &Draw<'_>) -> At {
        self.prepare(message, draw);
        let view = self.views.get(&self.id(message, draw));
        let key = view.and_then(MessageView::first).unwrap_or(Key::Space);
        At { message, key, item: 0 }
    }

    fn last_of(&mut self, message: usize, draw: &Draw<'_>) -> At {
        self.prepare(message, draw);
        let view = self.views.get(&self.id(message, draw));
        let (key, item) = view.and_then(MessageView::last).unwrap_or((Key::Space, 0));
        At { message, key, item }
    }

    fn after(&mut self, at: At, draw: &Draw<'_>) -> Option<At> {
        let view = self.views.get(&self.id(at.message, draw))?;
        if let Some((key, item)) = view.after(at.key, at.item) {
            return Some(At { key, item, ..at });
        }
        (at.message + 1 < draw.conversation.messages.len())
            .then(|| self.first_of(at.message + 1, draw))
    }

    fn before(&mut self, at: At, draw: &Draw<'_>) -> Option<At> {
        let view = self.views.get(&self.id(at.message, draw))?;
        if let Some((key, item)) = view.before(at.key, at.item) {
            return Some(At { key, item, ..at });
        }
        at.message.checked_sub(1).map(|message| self.last_of(message, draw))
    }

    /// Height of the blocks of a message above one of its blocks.
    pub(super) fn height_above(&self, at: At) -> f32 {
        let view = self.anchor_id.and_then(|id| self.views.get(&id));
        view.map_or(0.0, |view| view.height_above(at.key, at.item))
    }

    /// The height of a block, found out where it was only guessed.
    fn measured(&mut self, ui: &Ui, at: At, columns: &Columns, draw: &Draw<'_>) -> f32 {
        if let Some(view) = self.views.get_mut(&self.id(at.message, draw)) {
            view.measure(ui, (at.key, at.item), columns.at(at.message).width());
        }
        self.height(at, draw)
    }

    fn height(&self, at: At, draw: &Draw<'_>) -> f32 {
        let view = self.views.get(&self.id(at.message, draw));
        view.map_or(0.0, |view| view.height(at.key, at.item))
    }
}
