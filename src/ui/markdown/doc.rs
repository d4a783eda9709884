//! The document: what is finished, and the part that is not.

use std::collections::{HashMap, HashSet};

use super::fence::{Fed, OpenFence};
use super::parse::{normal_label, parse};
use super::unit::{Definition, Parsed, Unit, UnitKind, begun, cut, unit_start};
use super::{CodeBlock, Container, Leaf, LeafKind, Table};

/// Most text that is parsed at once.
const WINDOW: usize = 64 * 1_024;
/// A drawable part of a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    /// Index of the leaf.
    pub leaf: usize,
    /// Which part of it: chunks of code, of rows.
    pub part: usize,
}

/// A Markdown text, parsed as it grows.
#[derive(Debug, Default)]
pub struct MarkdownDoc {
    leaves: Vec<Leaf>,
    items: Vec<Item>,
    first_items: Vec<usize>,
    /// Leaves that cannot change any more.
    stable: usize,
    /// Where the unfinished part begins.
    tail: usize,
    state: Tail,
    seen: usize,
    definitions: HashMap<String, String>,
    tail_definitions: Vec<(String, String)>,
    footnotes: HashSet<String>,
    /// The leaf that goes on from the one before, where a paragraph was cut.
    joined: Option<usize>,
    work: u64,
}

/// What the unfinished part is.
#[derive(Debug, Default)]
enum Tail {
    /// Blocks, or items of a list that go on with this number.
    #[default]
    Blocks,
    Items(u64),
    /// An open code block; its leaf is the last stable one.
    Fence(OpenFence),
    /// A table; its leaf is the last stable one, with this many finished rows.
    Table {
        head: String,
        rows: usize,
    },
}

/// What to do after a window was parsed.
enum Next {
    Again,
    Done,
}

impl MarkdownDoc {
    /// A finished text.
    pub fn of(text: &str) -> Self {
        let mut doc = Self::default();
        doc.update(text);
        doc
    }

    /// Takes the text as it stands now: the text of the last call with more behind it. Any other
    /// text begins anew. Says whether anything changed.
    pub fn update(&mut self, text: &str) -> bool {
        if text.len() == self.seen {
            return false;
        }
        if text.len() < self.seen || !text.is_char_boundary(self.seen) {
            *self = Self { work: self.work, ..Self::default() };
        }
        let unchanged = self.stable.saturating_sub(1);
        self.seen = text.len();
        self.leaves.truncate(self.stable);
        let mut before = None;
        while matches!(self.step(text), Next::Again) {
            let here = (self.tail, self.stable, std::mem::discriminant(&self.state));
            if before == Some(here) {
                self.show_rest(text);
                break;
            }
            before = Some(here);
        }
        self.index_items(unchanged);
        true
    }

    /// What it consists of.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// The drawable parts, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Bytes that were parsed or looked through so far: the cost, counted.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Where a reference link leads.
    pub fn definition(&self, label: &str) -> Option<&str> {
        let found = self.definitions.get(label);
        let in_tail = || self.tail_definitions.iter().find(|(known, _)| known == label);
        found.map(String::as_str).or_else(|| in_tail().map(|(_, url)| url.as_str()))
    }

    /// Whether a footnote of this label is defined.
    pub fn has_footnote(&self, label: &str) -> bool {
        self.footnotes.contains(label)
    }

    fn step(&mut self, text: &str) -> Next {
        match std::mem::take(&mut self.state) {
            Tail::Fence(fence) => self.step_fence(text, fence),
            Tail::Blocks => self.step_blocks(text, None),
            Tail::Items(number) => self.step_blocks(text, Some(number)),
            Tail::Table { head, rows } => self.step_table(text, head, rows),
        }
    }

    fn step_fence(&mut self, text: &str, mut fence: OpenFence) -> Next {
        let Some(Leaf { kind: LeafKind::Code(code), .. }) = self.leaves.last_mut() else {
            return Next::Again;
        };
        let (fed, looked_at) = fence.feed(text, code);
        self.work += looked_at as u64;
        match fed {
            Fed::Open => {
                self.state = Tail::Fence(fence);
                Next::Done
            }
            Fed::Closed(at) => {
                self.tail = at;
                Next::Again
            }
        }
    }

    fn step_blocks(&mut self, text: &str, number: Option<u64>) -> Next {
        let mut window = WINDOW;
        loop {
            let end = text.floor_char_boundary((self.tail + window).min(text.len()));
            let slice = text.get(self.tail..end).unwrap_or_default();
            self.work += slice.len() as u64;
            let parsed = parse(slice, number);
            let last = end == text.len();
            if let Some(next) = self.take(text, slice, parsed, last, number) {
                return next;
            }
            window *= 2;
        }
    }

    /// Keeps what is finished of a parsed window. `None`: the window was too small.
    fn take(
        &mut self,
        text: &str,
        slice: &str,
        parsed: Parsed,
        last: bool,
        number: Option<u64>,
    ) -> Option<Next> {
        let Parsed { mut units, definitions } = parsed;
        let complete = slice.rfind('\n').map_or(0, |at| at + 1);
        let open = units.iter().rposition(|unit| begun(unit, slice, complete)).unwrap_or(0);
        let long = units.iter().position(|unit| cut(unit, slice).is_some());
        if let Some(index) = long
            && let Some(at) = units.get(index).and_then(|unit| cut(unit, slice))
        {
            let start = units.get(index).map_or(0, |unit| unit.range.start);
            self.finish(units.drain(..index));
            let piece = slice.get(start..at).unwrap_or_default();
            self.work += piece.len() as u64;
            self.finish(parse(piece, None).units.into_iter());
            if piece.ends_with(char::is_whitespace) {
                self.keep_space();
            }
            self.joined = Some(self.leaves.len());
            self.keep_definitions(definitions, at);
            self.tail += at;
            return Some(Next::Again);
        }
        if !last
            && open == 0
            && !matches!(
                units.first(),
                Some(Unit { kind: UnitKind::Fence | UnitKind::Table(_), .. })
            )
        {
            return None;
        }
        let rest = units.split_off(open.min(units.len()));
        let floor = units.last().map_or(0, |unit| unit.range.end);
        self.finish(units.into_iter());
        let Some(first) = rest.first() else {
            self.tail_definitions = labels(definitions);
            self.state = number.map_or(Tail::Blocks, Tail::Items);
            return Some(Next::Done);
        };
        let at = unit_start(slice, first, floor);
        let finished = begun(first, slice, complete);
        self.keep_definitions(definitions, at);
        self.tail += at;
        Some(self.enter(text, rest, finished, last, number.filter(|_| at == 0)))
    }

    /// Goes on with the unfinished units, the first of which begins at the tail.
    fn enter(
        &mut self,
        text: &str,
        rest: Vec<Unit>,
        finished: bool,
        last: bool,
        number: Option<u64>,
    ) -> Next {
        let first = rest.first().map(|unit| unit.kind.clone());
        match first {
            Some(UnitKind::Fence) if finished => {
                if let Some((fence, code)) = OpenFence::open(text, self.tail) {
                    self.push_stable(Leaf {
                        containers: Vec::new(),
                        kind: LeafKind::Code(code),
                        continues: false,
                    });
                    self.state = Tail::Fence(fence);
                    return Next::Again;
                }
            }
            Some(UnitKind::Table(rows)) if finished && rows.len() > 2 => {
                if let Some(head) = table_head(text, self.tail) {
                    let Some(unit) = rest.into_iter().next() else { return Next::Again };
                    for leaf in unit.leaves {
                        self.push_stable(leaf);
                    }
                    if let Some(table) = self.open_table() {
                        table.rows.clear();
                    }
                    self.tail += head.len();
                    self.state = Tail::Table { head, rows: 0 };
                    return Next::Again;
                }
            }
            Some(UnitKind::Item(number)) => {
                self.state = number.map_or(Tail::Blocks, Tail::Items);
            }
            Some(_) | None => self.state = number.map_or(Tail::Blocks, Tail::Items),
        }
        if last {
            self.show_unfinished(rest.into_iter());
            return Next::Done;
        }
        Next::Again
    }

    /// Appends rows to an open table. The head is parsed along with them.
    fn step_table(&mut self, text: &str, head: String, rows: usize) -> Next {
        let end = text.floor_char_boundary((self.tail + WINDOW).min(text.len()));
        let slice = text.get(self.tail..end).unwrap_or_default();
        let source = format!("{head}{slice}");
        self.work += source.len() as u64;
        let parsed = parse(&source, None);
        let complete = source.rfind('\n').map_or(0, |at| at + 1);
        let over = parsed.units.get(1).is_some_and(|unit| unit.range.start < complete)
            || slice.get(..complete.saturating_sub(head.len())).is_some_and(ends_table);
        let mut units = parsed.units.into_iter();
        let Some(Unit { kind: UnitKind::Table(starts), leaves, range }) = units.next() else {
            return Next::Again;
        };
        let mut fresh = match leaves.into_iter().next() {
            Some(Leaf { kind: LeafKind::Table(table), .. }) => table.rows,
            Some(_) | None => Vec::new(),
        };
        // The first start is that of the head.
        let starts = starts.get(1..).unwrap_or_default();
        let done = starts.iter().rposition(|start| *start < complete).unwrap_or(0);
        let Some(table) = self.open_table() else { return Next::Again };
        table.rows.truncate(rows);
        if over {
            fresh.drain(..).for_each(|row| table.push_row(row));
            self.tail += range.end.saturating_sub(head.len()).max(1);
            return Next::Again;
        }
        let at = starts.get(done).map_or(0, |start| start.saturating_sub(head.len()));
        let whole = end == text.len();
        if !whole {
            fresh.truncate(done);
        }
        fresh.drain(..).for_each(|row| table.push_row(row));
        self.tail += at;
        self.state = Tail::Table { head, rows: rows + done };
        if whole {
            self.show_unfinished(units);
        }
        if whole { Next::Done } else { Next::Again }
    }

    /// The way out for a block that fits no window, as a row of 100 KB: all at once.
    fn show_rest(&mut self, text: &str) {
        self.leaves.truncate(self.stable);
        let rest = text.get(self.tail..).unwrap_or_default();
        self.work += rest.len() as u64;
        self.show_unfinished(parse(rest, None).units.into_iter());
    }

    fn open_table(&mut self) -> Option<&mut Table> {
        match self.leaves.last_mut() {
            Some(Leaf { kind: LeafKind::Table(table), .. }) => Some(table),
            Some(_) | None => None,
        }
    }

    fn finish(&mut self, units: impl Iterator<Item = Unit>) {
        for unit in units {
            for leaf in unit.leaves {
                self.push_stable(leaf);
            }
        }
    }

    /// A parser drops the space at the end of a paragraph, but where one was cut in two it is
    /// part of the text.
    fn keep_space(&mut self) {
        if let Some(Leaf { kind: LeafKind::Text(inline), .. }) = self.leaves.last_mut()
            && !inline.text.ends_with(char::is_whitespace)
        {
            inline.push(" ", super::inline::Style::default(), None);
        }
    }

    fn push_stable(&mut self, leaf: Leaf) {
        self.push(leaf);
        self.stable = self.leaves.len();
    }

    fn push(&mut self, mut leaf: Leaf) {
        let joined = self.joined == Some(self.leaves.len());
        leaf.continues |= joined && matches!(leaf.kind, LeafKind::Text(_));
        for container in &leaf.containers {
            if let Container::Footnote { label, first: true } = container {
                self.footnotes.insert(label.clone());
            }
        }
        self.leaves.push(leaf);
    }

    fn show_unfinished(&mut self, units: impl Iterator<Item = Unit>) {
        for leaf in units.flat_map(|unit| unit.leaves) {
            self.push(leaf);
        }
    }

    /// Definitions before `at` are kept for good, those behind it until the next update.
    fn keep_definitions(&mut self, definitions: Vec<Definition>, at: usize) {
        let (kept, open): (Vec<_>, Vec<_>) =
            definitions.into_iter().partition(|(.., span)| span.start < at);
        for (label, url, _) in kept {
            self.definitions.entry(label).or_insert(url);
        }
        self.tail_definitions = labels(open);
    }

    fn index_items(&mut self, from: usize) {
        let from = from.min(self.first_items.len());
        self.items.truncate(self.first_items.get(from).copied().unwrap_or(self.items.len()));
        self.first_items.truncate(from);
        for (leaf, content) in self.leaves.iter().enumerate().skip(from) {
            self.first_items.push(self.items.len());
            self.items.extend((0..content.parts()).map(|part| Item { leaf, part }));
        }
    }

    /// The code block of a leaf.
    pub fn code(&self, leaf: usize) -> Option<&CodeBlock> {
        match &self.leaves.get(leaf)?.kind {
            LeafKind::Code(code) => Some(code),
            LeafKind::Text(_)
            | LeafKind::Heading(..)
            | LeafKind::Table(_)
            | LeafKind::Rule
            | LeafKind::Html(_)
            | LeafKind::Image { .. } => None,
        }
    }
}

fn labels(definitions: Vec<Definition>) -> Vec<(String, String)> {
    definitions.into_iter().map(|(label, url, _)| (normal_label(&label), url)).collect()
}

/// The first two lines of a table, with their line breaks.
fn table_head(text: &str, at: usize) -> Option<String> {
    let rest = text.get(at..)?;
    let first = rest.find('\n')? + 1;
    let second = first + rest.get(first..)?.find('\n')? + 1;
    rest.get(..second).map(str::to_owned)
}

/// Whether a blank line stands among complete lines.
fn ends_table(lines: &str) -> bool {
    lines.lines().any(|line| line.trim().is_empty())
}
