//! Which chats the sidebar lists, in which groups: computed once, kept until something changes.

use std::ops::Range;

use jiff::{Span, Timestamp as Instant, civil::Date, tz::TimeZone};

use crate::protocol::{ChatId, ChatSummary, Timestamp};

/// Height of a chat's row.
pub(super) const ROW: f32 = 32.0;
/// Height of a group's heading.
pub(super) const HEADING: f32 = 34.0;

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Where it begins, from the top of the list.
    pub(super) top: f32,
    pub(super) what: What,
}

/// What a line shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Heading(String),
    Chat(Entry),
}

/// A chat as it was when the groups were computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Entry {
    /// Its place in the state's list.
    pub(super) index: usize,
    pub(super) id: ChatId,
    pinned: bool,
    updated: Timestamp,
}

/// The list of the sidebar. Per frame it costs the visible rows only, however many chats there
/// are: that nothing has changed is seen at the ends of the list, at the open chat and at the rows
/// that are drawn.
#[derive(Debug, Default)]
pub(super) struct Groups {
    lines: Vec<Line>,
    key: Option<Key>,
}

/// What the lines were computed from.
#[derive(Debug)]
struct Key {
    len: usize,
    ends: Option<(ChatId, Timestamp, ChatId)>,
    open: Option<Open>,
    filter: String,
    day: Range<i64>,
}

/// The chat on screen: the one that can change without being visible in the list.
#[derive(Debug)]
struct Open {
    id: ChatId,
    index: Option<usize>,
    pinned: bool,
    title: String,
}

/// What the groups are computed from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) chats: &'a [ChatSummary],
    pub(super) open: Option<ChatId>,
    pub(super) filter: &'a str,
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
}

impl Groups {
    /// All lines.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Height of all lines.
    pub(super) fn height(&self) -> f32 {
        self.lines.last().map_or(0.0, |line| line.top + line.what.height())
    }

    /// The lines within a stretch of the list.
    pub(super) fn visible(&self, from: f32, to: f32) -> Range<usize> {
        let start = self.lines.partition_point(|line| line.top + line.what.height() <= from);
        let end = self.lines.partition_point(|line| line.top < to);
        start..end.max(start)
    }

    /// The line of a chat.
    pub(super) fn line_of(&self, chat: ChatId) -> Option<usize> {
        self.lines.iter().position(|line| line.what.chat().is_some_and(|entry| entry.id == chat))
    }

    /// The first chat.
    pub(super) fn first(&self) -> Option<ChatId> {
        self.lines.iter().find_map(|line| line.what.chat()).map(|entry| entry.id)
    }

    /// The nearest chat after (or before) a line.
    pub(super) fn neighbour(&self, line: usize, step: Step) -> Option<(usize, ChatId)> {
        let chat = |at: usize| {
            self.lines.get(at).and_then(|line| line.what.chat()).map(|entry| (at, entry.id))
        };
        match step {
            Step::Down => (line + 1..self.lines.len()).find_map(chat),
            Step::Up => (0..line).rev().find_map(chat),
            Step::First => (0..self.lines.len()).find_map(chat),
            Step::Last => (0..self.lines.len()).rev().find_map(chat),
        }
    }

    /// Computes the lines again where they no longer hold; true where it had to.
    pub(super) fn refresh(&mut self, source: Source<'_>) -> bool {
        if self.key.as_ref().is_some_and(|key| key.holds(source)) {
            return false;
        }
        self.rebuild(source);
        true
    }

    /// Computes the lines again where the drawn ones no longer hold; true where it had to.
    pub(super) fn refresh_visible(&mut self, drawn: Range<usize>, source: Source<'_>) -> bool {
        let words = words(source.filter);
        let lines = self.lines.get(drawn).unwrap_or_default();
        let holds = lines.iter().filter_map(|line| line.what.chat()).all(|entry| {
            source.chats.get(entry.index).is_some_and(|chat| {
                chat.id == entry.id
                    && chat.pinned == entry.pinned
                    && chat.updated == entry.updated
                    && matches(&chat.title, &words)
            })
        });
        if !holds {
            self.rebuild(source);
        }
        !holds
    }

    fn rebuild(&mut self, source: Source<'_>) {
        let calendar = Calendar::new(source.now, source.zone);
        let words = words(source.filter);
        let mut builder = Builder::default();
        let hits =
            || source.chats.iter().enumerate().filter(|(_, chat)| matches(&chat.title, &words));
        for (index, chat) in hits().filter(|(_, chat)| chat.pinned) {
            if builder.lines.is_empty() {
                builder.line(What::Heading("Pinned".to_owned()));
            }
            builder.chat(index, chat);
        }
        let mut span: Option<Range<i64>> = None;
        for (index, chat) in hits().filter(|(_, chat)| !chat.pinned) {
            if span.as_ref().is_none_or(|span| !span.contains(&chat.updated.0)) {
                let (times, label) = calendar.group(chat.updated);
                builder.line(What::Heading(label));
                span = Some(times);
            }
            builder.chat(index, chat);
        }
        self.lines = builder.lines;
        self.key = Some(Key::new(source, calendar.day()));
    }
}

/// Which way the keyboard goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Up,
    Down,
    First,
    Last,
}

impl What {
    fn height(&self) -> f32 {
        match self {
            Self::Heading(_) => HEADING,
            Self::Chat(_) => ROW,
        }
    }

    pub(super) fn chat(&self) -> Option<&Entry> {
        match self {
            Self::Heading(_) => None,
            Self::Chat(entry) => Some(entry),
        }
    }
}

impl Key {
    fn new(source: Source<'_>, day: Range<i64>) -> Self {
        let open = source.open.map(|id| {
            let index = source.chats.iter().position(|chat| chat.id == id);
            let chat = index.and_then(|index| source.chats.get(index));
            Open {
                id,
                index,
                pinned: chat.is_some_and(|chat| chat.pinned),
                title: chat.map_or_else(String::new, |chat| chat.title.clone()),
            }
        });
        Self {
            len: source.chats.len(),
            ends: ends(source.chats),
            open,
            filter: source.filter.to_owned(),
            day,
        }
    }

    fn holds(&self, source: Source<'_>) -> bool {
        self.len == source.chats.len()
            && self.ends == ends(source.chats)
            && self.filter == source.filter
            && self.day.contains(&source.now.0)
            && self.open.as_ref().map(|open| open.id) == source.open
            && self.open.as_ref().is_none_or(|open| open.holds(source.chats))
    }
}

impl Open {
    fn holds(&self, chats: &[ChatSummary]) -> bool {
        match self.index.and_then(|index| chats.get(index)) {
            Some(chat) => {
                chat.id == self.id && chat.pinned == self.pinned && chat.title == self.title
            }
            None => self.index.is_none(),
        }
    }
}

fn ends(chats: &[ChatSummary]) -> Option<(ChatId, Timestamp, ChatId)> {
    let (first, last) = (chats.first()?, chats.last()?);
    Some((first.id, first.updated, last.id))
}

#[derive(Default)]
struct Builder {
    lines: Vec<Line>,
    top: f32,
}

impl Builder {
    fn chat(&mut self, index: usize, chat: &ChatSummary) {
        let ChatSummary { id, pinned, updated, .. } = *chat;
        self.line(What::Chat(Entry { index, id, pinned, updated }));
    }

    fn line(&mut self, what: What) {
        let top = self.top;
        self.top += what.height();
        self.lines.push(Line { top, what });
    }
}

/// The words of a filter, lower case.
fn words(filter: &str) -> Vec<String> {
    filter.split_whitespace().map(str::to_lowercase).collect()
}

fn matches(title: &str, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let title = title.to_lowercase();
    words.iter().all(|word| title.contains(word.as_str()))
}

/// Groups of time, in local days.
struct Calendar<'a> {
    zone: &'a TimeZone,
    today: Date,
    /// Group and the time it begins, newest first; the first has no end.
    recent: [(&'static str, i64); 4],
    tomorrow: i64,
}

impl<'a> Calendar<'a> {
    fn new(now: Timestamp, zone: &'a TimeZone) -> Self {
        let today = date(now, zone);
        let begins = |days: i64| start(today.saturating_sub(Span::new().days(days)), zone);
        Self {
            zone,
            today,
            recent: [
                ("Today", begins(0)),
                ("Yesterday", begins(1)),
                ("Last 7 days", begins(7)),
                ("Last 30 days", begins(30)),
            ],
            tomorrow: start(today.saturating_add(Span::new().days(1)), zone),
        }
    }

    fn day(&self) -> Range<i64> {
        let (_, today) = self.recent[0];
        today..self.tomorrow.max(today.saturating_add(1))
    }

    fn group(&self, updated: Timestamp) -> (Range<i64>, String) {
        let mut end = i64::MAX;
        for (label, begin) in self.recent {
            if updated.0 >= begin {
                return (begin..end, label.to_owned());
            }
            end = begin;
        }
        let date = date(updated, self.zone);
        let begin = start(date.first_of_month(), self.zone);
        let next = start(date.last_of_month().saturating_add(Span::new().days(1)), self.zone);
        let format = if date.year() == self.today.year() { "%B" } else { "%B %Y" };
        (begin..next.min(end), date.strftime(format).to_string())
    }
}

fn date(at: Timestamp, zone: &TimeZone) -> Date {
    let instant = Instant::from_millisecond(at.0).unwrap_or(Instant::UNIX_EPOCH);
    zone.to_datetime(instant).date()
}

fn start(date: Date, zone: &TimeZone) -> i64 {
    zone.to_timestamp(date.at(0, 0, 0, 0)).map_or(0, Instant::as_millisecond)
}

#[cfg(test)]
mod tests;
