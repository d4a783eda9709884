//! One question that several models answer side by side.
//!
//! One of the answers is on the visible path like any other. The rest stand here, in columns,
//! until another message follows: then they are the versions of the one that was kept.

use super::{AppState, Conversation, LiveRun};
use crate::protocol::{Message, MessageId, MessagePage, Siblings};

/// The answers beside the one on the visible path.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What all of them answer.
    pub question: MessageId,
    /// The other columns, from left to right.
    pub others: Vec<Column>,
}

/// An answer beside the one on the visible path.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The answer.
    pub message: Message,
    /// Its run, while it is in progress.
    pub run: Option<LiveRun>,
}

/// The place of an answer among several that were asked for at once.
pub(super) fn column_of(message: &Message) -> Option<u8> {
    message.answer.as_ref()?.column
}

impl AppState {
    /// How many answers are on their way, in all chats. One of a server that is not linked is not:
    /// see [`Self::servers_awaited`].
    pub fn running_answers(&self) -> usize {
        let of = |chat| self.conversations.get(chat).map_or(0, |open| open.runs().count());
        // Of a chat that is not loaded only that something runs is known.
        let linked = self.running.iter().filter(|chat| self.is_linked_to(**chat));
        linked.map(|chat| of(chat).max(1)).sum()
    }
}

impl Conversation {
    /// The comparison on screen: the path ends with one of its answers.
    pub fn compared(&self) -> Option<&Comparison> {
        let last = self.messages.back()?;
        let here = |comparison: &&Comparison| {
            !comparison.others.is_empty()
                && last.parent == Some(comparison.question)
                && column_of(last).is_some()
        };
        self.compare.as_ref().filter(here)
    }

    /// The answers of the comparison on screen, from left to right.
    pub fn columns(&self) -> Vec<&Message> {
        let Some(comparison) = self.compared() else { return Vec::new() };
        let others = comparison.others.iter().map(|column| &column.message);
        let mut columns: Vec<&Message> = self.messages.back().into_iter().chain(others).collect();
        columns.sort_by_key(|message| column_of(message));
        columns
    }

    /// All runs in progress: that of the visible path first.
    pub fn runs(&self) -> impl Iterator<Item = &LiveRun> {
        let others = self.compare.iter().flat_map(|comparison| &comparison.others);
        self.run.iter().chain(others.filter_map(|column| column.run.as_ref()))
    }

    /// The same, to be changed.
    pub fn runs_mut(&mut self) -> impl Iterator<Item = &mut LiveRun> {
        let others = self.compare.iter_mut().flat_map(|comparison| &mut comparison.others);
        self.run.iter_mut().chain(others.filter_map(|column| column.run.as_mut()))
    }

    /// The run that writes an answer.
    pub fn run_of(&self, answer: MessageId) -> Option<&LiveRun> {
        self.runs().find(|run| run.answer == answer)
    }

    /// Whether this is one of the answers of the comparison on screen, and its run has ended.
    pub(super) fn has_ended_beside(&self, answer: MessageId) -> bool {
        self.columns().iter().any(|message| message.id == answer) && self.run_of(answer).is_none()
    }

    /// An answer in a column that is not on the visible path.
    pub(super) fn other_column(&mut self, answer: MessageId) -> Option<&mut Column> {
        let comparison = self.compare.as_mut()?;
        comparison.others.iter_mut().find(|column| column.message.id == answer)
    }

    /// Whether an answer that begins stands beside the one on the visible path.
    pub(super) fn begins_beside(&self, question: &Message, answer: &Message) -> bool {
        let Some(last) = self.messages.back() else { return false };
        match (column_of(last), column_of(answer)) {
            (Some(shown), Some(begun)) => last.parent == Some(question.id) && shown != begun,
            (None, _) | (Some(_), None) => false,
        }
    }

    /// Puts an answer into its column, instead of what stood there.
    pub(super) fn put_beside(&mut self, question: MessageId, column: Column) {
        let known = self.compare.take().filter(|comparison| comparison.question == question);
        let mut comparison = known.unwrap_or(Comparison { question, others: Vec::new() });
        let place = column_of(&column.message);
        comparison.others.retain(|other| column_of(&other.message) != place);
        comparison.others.push(column);
        comparison.others.sort_by_key(|other| column_of(&other.message));
        self.compare = Some(comparison);
    }

    /// Answers in progress stand on the path or beside it as a loaded page has them. After a
    /// restart the first that is resumed is taken for the path, until the store tells which one is.
    pub(super) fn stand_as_in(&mut self, page: &MessagePage) {
        let is_in = |messages: &[Message], id| messages.iter().any(|known| known.id == id);
        if let Some(run) = self.run.take_if(|run| is_in(&page.compared, run.answer))
            && let Some(at) = self.messages.iter().position(|known| known.id == run.answer)
            && let Some(message) = self.messages.remove(at)
            && let Some(question) = message.parent
        {
            self.messages.truncate(at);
            self.put_beside(question, Column { message, run: Some(run) });
        }
        let Some(comparison) = self.compare.as_mut().filter(|_| self.run.is_none()) else { return };
        let is_on_path =
            |column: &Column| column.run.is_some() && is_in(&page.messages, column.message.id);
        if let Some(at) = comparison.others.iter().position(is_on_path) {
            let column = comparison.others.remove(at);
            self.run = column.run;
            self.messages.push_back(column.message);
        }
    }

    /// Takes over the columns that were loaded with the end of the path. What a run appends to in
    /// memory is newer than the store's copy.
    pub(super) fn take_columns(&mut self, loaded: Vec<Message>) {
        let old = self.compare.take();
        let Some(last) = self.messages.back() else { return };
        let (Some(question), Some(shown)) = (last.parent, column_of(last)) else {
            // The page was read before the runs began, or the path ends elsewhere now.
            self.compare = old.filter(|old| last.id == old.question && self.run.is_some());
            return;
        };
        let known = old.filter(|old| old.question == question);
        let known = known.into_iter().flat_map(|known| known.others);
        let known = known.filter(|column| column_of(&column.message) != Some(shown));
        let (live, ended): (Vec<_>, Vec<_>) = known.partition(|column| column.run.is_some());
        let loaded = loaded.into_iter().map(|message| Column { message, run: None });
        for column in ended.into_iter().chain(loaded).chain(live) {
            self.put_beside(question, column);
        }
    }

    /// The path goes on from another answer of the comparison; false where there is none such.
    pub(super) fn keep(&mut self, answer: MessageId) -> bool {
        if self.compared().is_none() {
            return false;
        }
        let Some(comparison) = self.compare.as_mut() else { return false };
        let others = &mut comparison.others;
        let Some(at) = others.iter().position(|column| column.message.id == answer) else {
            return false;
        };
        let Some(shown) = self.messages.pop_back() else { return false };
        let kept = others.remove(at);
        let question = comparison.question;
        let run = std::mem::replace(&mut self.run, kept.run);
        self.messages.push_back(kept.message);
        self.put_beside(question, Column { message: shown, run });
        true
    }

    /// A new answer tells how many there are by now: its siblings learn of it.
    pub(super) fn note_siblings(&mut self, parent: Option<MessageId>, count: u32) {
        let path = self.messages.iter_mut().rev().take(4);
        let others = self.compare.iter_mut().flat_map(|comparison| &mut comparison.others);
        for message in path.chain(others.map(|column| &mut column.message)) {
            if message.parent == parent && message.answer.is_some() {
                let Siblings { index, count: known } = message.siblings;
                message.siblings = Siblings { index, count: known.max(count) };
            }
        }
    }
}
