//! One message as a list of sections, each with its items: what can be drawn by itself.

mod sizes;

use std::collections::HashMap;
use std::sync::Arc;

use egui::Ui;

use super::Draw;
use super::approval::ApprovalView;
use super::chat::{Fold, Folds};
use super::end::Next;
use super::heights::Heights;
use super::opening;
use super::parts::{ToolView, text_len};
use super::user::UserView;
use crate::protocol::{AnswerStatus, Cast, Message, Part, Role, ToolCallId};
use crate::ui::markdown::DocView;

/// A section of a message. The number is the index of the part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// Bubble of the user, in chunks where it is long.
    User,
    /// Files and pictures of the user.
    Attachment(usize),
    /// Editor in place of the bubble.
    Editor,
    /// The way between versions of a bubble.
    Versions,
    /// Answers side by side, in rows.
    Compare,
    /// What keeping one of them means.
    CompareHint,
    /// The instructions of the chat's bot, above its first message.
    Cast,
    Who,
    Thinking(usize),
    ThinkingText(usize),
    Text(usize),
    Tool(usize),
    ToolText(usize),
    Notice(usize),
    /// What is kept from the model to make room.
    Covers(usize),
    Image(usize),
    File(usize),
    FileText(usize),
    /// A tool call that asks for consent, by its place in the conversation.
    Approval(usize),
    /// What goes on right now.
    Live,
    /// How it ended, where that needs saying.
    End,
    Footer,
    /// Room below the message.
    Space,
}

/// Room between two messages.
const SPACE: f32 = 20.0;
const THINKING_INDENT: f32 = 24.0;
/// So many items at the end of a text may still change when it grows.
const UNSETTLED: usize = 64;
/// Heights are guessed for this width until they are known.
const GUESSED_WIDTH: f32 = 760.0;

/// In the place of a part: the text of the instructions.
const CAST: usize = usize::MAX;

/// How a message is laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shape {
    /// Over the column of the transcript.
    #[default]
    Whole,
    /// As a card beside others.
    Card,
}

/// A message's parsed text and heights.
#[derive(Debug, Default)]
pub(super) struct MessageView {
    shape: Shape,
    sections: Vec<(Key, Heights)>,
    pub(super) docs: HashMap<usize, DocView>,
    pub(super) tools: HashMap<usize, ToolView>,
    pub(super) user: UserView,
    approvals: HashMap<usize, ApprovalView>,
    results: HashMap<ToolCallId, usize>,
    results_seen: usize,
    next: Next,
    /// Who takes part in the chat, for the first message.
    cast: Option<Arc<Cast>>,
    /// Items whose height is known, with the amount of text they had then.
    drawn: HashMap<(Key, usize), usize>,
    /// The same for what was only measured, and how many items of a section were looked at.
    measured: HashMap<(Key, usize), usize>,
    looked_at: HashMap<Key, usize>,
    pub(super) last_frame: u64,
}

impl MessageView {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, ..Self::default() }
    }

    /// Takes over the rows of a comparison that ends with this message.
    pub(super) fn sync_rows(&mut self, rows: &[f32]) {
        self.update_sections(&[(Key::Compare, rows.len()), (Key::CompareHint, 1), (Key::Space, 1)]);
        for (row, height) in rows.iter().enumerate() {
            self.set_height(Key::Compare, row, *height);
        }
    }

    /// Takes over the instructions to be shown above the message.
    pub(super) fn sync_cast(&mut self, cast: Option<&Arc<Cast>>) {
        let same = match (&self.cast, cast) {
            (Some(known), Some(cast)) => Arc::ptr_eq(known, cast),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if !same {
            self.cast = cast.cloned();
            self.docs.remove(&CAST);
        }
    }

    fn cast_keys(&mut self, message: &Message, folds: &Folds, keys: &mut Vec<(Key, usize)>) {
        let Some(cast) = &self.cast else { return };
        keys.push((Key::Cast, 1));
        if folds.is_open(message.id, Fold::Cast) {
            let text = self.docs.entry(CAST).or_insert_with(|| {
                let mut text = DocView::default();
                text.update(&opening::text(cast), true);
                text
            });
            keys.push((Key::ThinkingText(CAST), text.len()));
        }
    }

    /// Takes over the message as it stands.
    pub(super) fn sync(&mut self, message: &Message, next: Next, folds: &Folds, draw: &Draw<'_>) {
        self.next = next;
        for (index, part) in message.parts.iter().enumerate().skip(self.results_seen) {
            if let Part::ToolResult { id, .. } = part {
                self.results.insert(id.clone(), index);
            }
        }
        self.results_seen = message.parts.len();
        let mut keys = Vec::with_capacity(message.parts.len() + 4);
        self.cast_keys(message, folds, &mut keys);
        let above = keys.len();
        match message.role {
            Role::User | Role::System => self.user_keys(message, folds, &mut keys, above),
            Role::Assistant => self.answer_keys(message, folds, draw, &mut keys),
        }
        if self.shape == Shape::Whole {
            keys.push((Key::Space, 1));
        }
        self.update_sections(&keys);
    }

    fn user_keys(
        &mut self,
        message: &Message,
        folds: &Folds,
        keys: &mut Vec<(Key, usize)>,
        above: usize,
    ) {
        if folds.editing.as_ref().is_some_and(|(id, _)| *id == message.id) {
            keys.push((Key::Editor, 1));
            return;
        }
        for (index, part) in message.parts.iter().enumerate() {
            if matches!(part, Part::Image { .. } | Part::File { .. }) {
                keys.push((Key::Attachment(index), 1));
            }
            if let Part::File { text, .. } = part
                && folds.is_open(message.id, Fold::Part(index))
            {
                let file = self.tools.entry(index).or_default();
                keys.push((Key::FileText(index), file.update_file(text)));
            }
        }
        let says_nothing =
            keys.len() > above && message.parts.iter().all(|part| text_len(part) == 0);
        if message.siblings.count > 1 {
            // Above the bubble: its width and height differ from version to version.
            keys.insert(above, (Key::Versions, 1));
        }
        if says_nothing {
            // A picture or a file stands for itself: there is no bubble without words.
            return;
        }
        let open = folds.is_open(message.id, Fold::All(0));
        keys.push((Key::User, self.user.update(message, open)));
    }

    fn answer_keys(
        &mut self,
        message: &Message,
        folds: &Folds,
        draw: &Draw<'_>,
        keys: &mut Vec<(Key, usize)>,
    ) {
        keys.push((Key::Who, 1));
        let open = message.is_open();
        let end = message.parts.len();
        for (index, part) in message.parts.iter().enumerate() {
            let unfolded = folds.is_open(message.id, Fold::Part(index));
            let finished = !open || index + 1 < end;
            match part {
                Part::Text { text } => {
                    let doc = self.docs.entry(index).or_default();
                    doc.update(text, finished);
                    keys.push((Key::Text(index), doc.len()));
                }
                Part::Thinking { text, .. } => {
                    keys.push((Key::Thinking(index), 1));
                    if unfolded {
                        let doc = self.docs.entry(index).or_default();
                        doc.update(text, finished);
                        keys.push((Key::ThinkingText(index), doc.len()));
                    }
                }
                Part::ToolCall { id, args, .. } => {
                    keys.push((Key::Tool(index), 1));
                    if unfolded {
                        let all = folds.is_open(message.id, Fold::All(index));
                        let result = self.results.get(id).and_then(|at| message.parts.get(*at));
                        let tool = self.tools.entry(index).or_default();
                        keys.push((Key::ToolText(index), tool.update(args, result, all)));
                    }
                }
                Part::ToolResult { .. } => {}
                Part::Image { .. } => keys.push((Key::Image(index), 1)),
                Part::File { text, .. } => {
                    keys.push((Key::File(index), 1));
                    if unfolded {
                        let tool = self.tools.entry(index).or_default();
                        keys.push((Key::FileText(index), tool.update_file(text)));
                    }
                }
                Part::Notice { covers: None, .. } => keys.push((Key::Notice(index), 1)),
                Part::Notice { covers: Some(covers), .. } => {
                    keys.push((Key::Covers(index), 1));
                    if let (true, Some(summary)) = (unfolded, &covers.summary) {
                        let doc = self.docs.entry(index).or_default();
                        doc.update(summary, true);
                        keys.push((Key::ThinkingText(index), doc.len()));
                    }
                }
            }
        }
        for (place, approval) in draw.conversation.approvals.iter().enumerate() {
            if approval.answer == message.id {
                keys.push((Key::Approval(place), 1));
            }
        }
        let run = draw.conversation.run_of(message.id);
        let live = run.is_some();
        let status = message.answer.as_ref().map(|answer| answer.status);
        match status {
            Some(AnswerStatus::Stopped | AnswerStatus::Interrupted | AnswerStatus::Failed) => {
                keys.push((Key::End, 1));
            }
            Some(AnswerStatus::Complete) if super::end::ended_at_limit(message) => {
                keys.push((Key::End, 1));
            }
            Some(AnswerStatus::Open | AnswerStatus::Complete) | None => {}
        }
        let goes_on = live || open;
        match self.shape {
            Shape::Whole if goes_on => keys.push((Key::Live, 1)),
            Shape::Whole => keys.push((Key::Footer, 1)),
            Shape::Card => {
                if goes_on && super::end::says_what_goes_on(message, run) {
                    keys.push((Key::Live, 1));
                }
                keys.push((Key::Footer, 1));
            }
        }
    }

    /// Keeps the heights of sections that stay.
    fn update_sections(&mut self, keys: &[(Key, usize)]) {
        let same = self.sections.len() == keys.len()
            && self.sections.iter().zip(keys).all(|((old, _), (new, _))| old == new);
        if !same {
            let mut old: HashMap<Key, Heights> = self.sections.drain(..).collect();
            self.sections
                .extend(keys.iter().map(|(key, _)| (*key, old.remove(key).unwrap_or_default())));
        }
        for (index, (key, items)) in keys.iter().enumerate() {
            let known = self.sections.get(index).map_or(0, |(_, heights)| heights.len());
            let guesses: Vec<f32> =
                (known..*items).map(|item| self.estimate(*key, item, GUESSED_WIDTH)).collect();
            if let Some((_, heights)) = self.sections.get_mut(index) {
                heights.truncate(*items);
                guesses.into_iter().for_each(|height| heights.push_back(height));
            }
        }
    }
}

impl MessageView {
    pub(super) fn item_ui(
        &mut self,
        ui: &mut Ui,
        message: &Message,
        (key, item): (Key, usize),
        folds: &mut Folds,
        draw: &mut Draw<'_>,
    ) {
        if item == 0 {
            ui.add_space(self.gap_above(key));
        }
        match key {
            Key::User => self.user.bubble_ui(ui, message, item, folds, draw),
            Key::Attachment(part) | Key::Image(part) | Key::File(part) => {
                let is_own = matches!(key, Key::Attachment(_));
                if !is_own || !super::attached::attached_ui(ui, message, part, folds, draw) {
                    self.attachment_ui(ui, message, part, folds, draw);
                }
            }
            Key::Editor => super::user::editor_ui(ui, message, folds, draw),
            Key::Versions => super::user::versions_ui(ui, message, draw),
            // The rows are drawn by the view of the chat, which has the other answers, too.
            Key::Compare => {}
            Key::CompareHint => super::compare::hint_ui(ui),
            Key::Cast => {
                if let Some(cast) = &self.cast
                    && opening::row_ui(
                        ui,
                        (draw.state, cast),
                        folds.is_open(message.id, Fold::Cast),
                    )
                {
                    folds.toggle(message.id, Fold::Cast);
                }
            }
            Key::Who => match self.shape {
                Shape::Whole => super::parts::who_ui(ui, message, draw),
                Shape::Card => super::compare::head_ui(ui, message, draw),
            },
            Key::Thinking(part) => super::parts::thinking_ui(ui, message, part, folds, draw),
            Key::ThinkingText(part) => self.thinking_text_ui(ui, part, item, draw),
            Key::Text(part) => {
                if let Some(doc) = self.docs.get_mut(&part) {
                    doc.item_ui(ui, item, draw.shared, draw.out);
                }
            }
            Key::Tool(part) => {
                let result = self.result_of(message, part);
                super::parts::tool_ui(ui, message, (part, result), folds);
            }
            Key::ToolText(part) | Key::FileText(part) => {
                if let Some(tool) = self.tools.get_mut(&part) {
                    let more = tool.item_ui(ui, item, draw.shared, draw.out);
                    if more {
                        folds.toggle(message.id, Fold::All(part));
                    }
                }
            }
            Key::Notice(part) => super::notice::notice_ui(ui, message, part, draw),
            Key::Covers(part) => super::notice::covers_ui(ui, message, part, folds, draw),
            Key::Approval(place) => {
                if let Some(approval) = draw.conversation.approvals.get(place) {
                    self.approvals.entry(place).or_default().approval_ui(ui, approval, draw);
                }
            }
            Key::Live => super::end::live_ui(ui, message, draw),
            Key::End => super::end::end_ui(ui, message, self.next, folds, draw),
            Key::Footer => match self.shape {
                Shape::Whole => super::actions::footer_ui(ui, message, draw),
                Shape::Card => super::compare::foot_ui(ui, message, draw),
            },
            Key::Space => ui.add_space(SPACE),
        }
    }

    fn result_of<'a>(&self, message: &'a Message, part: usize) -> Option<&'a Part> {
        match message.parts.get(part)? {
            Part::ToolCall { id, .. } => self.results.get(id).and_then(|at| message.parts.get(*at)),
            Part::Text { .. }
            | Part::Thinking { .. }
            | Part::ToolResult { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Notice { .. } => None,
        }
    }

    fn thinking_text_ui(&mut self, ui: &mut Ui, part: usize, item: usize, draw: &mut Draw<'_>) {
        let Some(doc) = self.docs.get_mut(&part) else { return };
        super::parts::indented(ui, THINKING_INDENT, |ui| {
            doc.item_ui(ui, item, draw.shared, draw.out)
        });
    }

    /// Room above a section.
    fn gap_above(&self, key: Key) -> f32 {
        let at = self.sections.iter().position(|(known, _)| *known == key).unwrap_or(0);
        let before = at.checked_sub(1).and_then(|before| self.sections.get(before));
        match (before.map(|(before, _)| *before), key) {
            (None | Some(Key::Who | Key::Versions), _) | (_, Key::Space | Key::CompareHint) => 0.0,
            (Some(Key::Cast | Key::ThinkingText(CAST)), Key::Who | Key::User | Key::Versions) => {
                SPACE
            }
            (Some(_), _) => 8.0,
        }
    }
}
