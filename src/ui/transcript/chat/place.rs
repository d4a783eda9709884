//! Where the blocks of a chat stand: what is at the top of the screen, and how far it goes from
//! there in either direction.

use egui::{Rect, Ui, pos2, vec2};

use super::super::Draw;
use super::super::end::Next;
use super::super::message::{Key, MessageView};
use super::{At, COLUMN, ChatView, EDGE, FOOT};
use crate::protocol::{Message, MessageId};

/// Where messages are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    pub(super) column: Rect,
    /// The first message of those that take all of the width, and where they are drawn.
    pub(super) wide: Option<(usize, Rect)>,
}

impl Columns {
    pub(super) fn of(rect: Rect, draw: &Draw<'_>) -> Self {
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

    pub(super) fn at(&self, message: usize) -> Rect {
        match self.wide {
            Some((first, rect)) if message >= first => rect,
            Some(_) | None => self.column,
        }
    }

    pub(super) fn top(&self) -> f32 {
        self.column.top()
    }

    pub(super) fn bottom(&self) -> f32 {
        self.column.bottom()
    }
}

/// Where things came to stand in a frame.
pub(super) struct Drawn {
    /// Bottom of the last block, where the end was reached.
    pub(super) end: Option<f32>,
    /// How far the block that should stay in place is off.
    pub(super) slip: f32,
}

impl ChatView {
    /// Decides what stands at the top: `moved` points were scrolled, down is positive.
    pub(super) fn place(&mut self, ui: &Ui, columns: &Columns, moved: f32, draw: &Draw<'_>) {
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

    /// After drawing: keeps the end in sight, and corrects what estimates got wrong.
    pub(super) fn settle(&mut self, ui: &Ui, columns: &Columns, drawn: &Drawn) {
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

    // -- walking -----------------------------------------------------------------------------

    pub(super) fn id(&self, message: usize, draw: &Draw<'_>) -> MessageId {
        let id = |message: &Message| message.id;
        let messages = &draw.conversation.messages;
        messages.get(message).or(messages.back()).map_or(MessageId(uuid::Uuid::nil()), id)
    }

    /// Brings the view of a message up to date.
    pub(super) fn prepare(&mut self, message: usize, draw: &Draw<'_>) {
        let Some(content) = draw.conversation.messages.get(message) else { return };
        let next = Next::of(content, draw.conversation.messages.get(message + 1));
        let view = self.views.entry(content.id).or_default();
        let last = message + 1 == draw.conversation.messages.len();
        if last && draw.conversation.compared().is_some() {
            view.sync_rows(&self.compare.rows());
        } else {
            let opens = message == 0 && !draw.conversation.has_older;
            let cast = draw.conversation.cast.as_ref().filter(|_| opens);
            view.sync_cast(cast);
            view.sync(content, next, &self.folds, draw);
        }
        view.last_frame = self.last_frame;
    }

    pub(super) fn first_of(&mut self, message: usize, draw: &Draw<'_>) -> At {
        self.prepare(message, draw);
        let view = self.views.get(&self.id(message, draw));
        let key = view.and_then(MessageView::first).unwrap_or(Key::Space);
        At { message, key, item: 0 }
    }

    pub(super) fn last_of(&mut self, message: usize, draw: &Draw<'_>) -> At {
        self.prepare(message, draw);
        let view = self.views.get(&self.id(message, draw));
        let (key, item) = view.and_then(MessageView::last).unwrap_or((Key::Space, 0));
        At { message, key, item }
    }

    pub(super) fn after(&mut self, at: At, draw: &Draw<'_>) -> Option<At> {
        let view = self.views.get(&self.id(at.message, draw))?;
        if let Some((key, item)) = view.after(at.key, at.item) {
            return Some(At { key, item, ..at });
        }
        (at.message + 1 < draw.conversation.messages.len())
            .then(|| self.first_of(at.message + 1, draw))
    }

    pub(super) fn before(&mut self, at: At, draw: &Draw<'_>) -> Option<At> {
        let view = self.views.get(&self.id(at.message, draw))?;
        if let Some((key, item)) = view.before(at.key, at.item) {
            return Some(At { key, item, ..at });
        }
        at.message.checked_sub(1).map(|message| self.last_of(message, draw))
    }

    /// Height of the blocks of a message above one of its blocks.
    pub(in crate::ui::transcript) fn height_above(&self, at: At) -> f32 {
        let view = self.anchor_id.and_then(|id| self.views.get(&id));
        view.map_or(0.0, |view| view.height_above(at.key, at.item))
    }

    /// The height of a block, found out where it was only guessed.
    pub(super) fn measured(&mut self, ui: &Ui, at: At, columns: &Columns, draw: &Draw<'_>) -> f32 {
        if let Some(view) = self.views.get_mut(&self.id(at.message, draw)) {
            view.measure(ui, (at.key, at.item), columns.at(at.message).width());
        }
        self.height(at, draw)
    }

    pub(super) fn height(&self, at: At, draw: &Draw<'_>) -> f32 {
        let view = self.views.get(&self.id(at.message, draw));
        view.map_or(0.0, |view| view.height(at.key, at.item))
    }
}
