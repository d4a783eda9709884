//! What a parse yields: units that are finished one by one, and where those are cut that grow
//! too long.

use std::ops::Range;

use super::Leaf;
use super::inline::cut_position;

/// Longest text that is drawn as one piece, in bytes.
pub(super) const MAX_TEXT: usize = 4_096;
/// Lines of indented code or HTML are cut into pieces of this size.
const MAX_LINES: usize = 16 * 1_024;

/// A top-level block, or an item of a top-level list.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) range: Range<usize>,
    pub(super) kind: UnitKind,
    pub(super) leaves: Vec<Leaf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnitKind {
    /// A paragraph, a heading or the like: may be cut when it is too long.
    Text,
    /// Lines that may be cut between any two.
    Lines,
    /// A fenced code block.
    Fence,
    /// A table, with the beginning of each row.
    Table(Vec<usize>),
    /// An item, with its number.
    Item(Option<u64>),
    /// Anything that cannot be cut.
    Whole,
}

/// Definition of a link: label, address, where.
pub(super) type Definition = (String, String, Range<usize>);

/// What a parse found.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) units: Vec<Unit>,
    pub(super) definitions: Vec<Definition>,
}

/// Where a unit that is too long is cut.
pub(super) fn cut(unit: &Unit, text: &str) -> Option<usize> {
    let start = unit.range.start;
    let source = text.get(unit.range.clone())?;
    match unit.kind {
        UnitKind::Text if source.len() > MAX_TEXT => Some(start + cut_position(source, MAX_TEXT)),
        UnitKind::Lines if source.len() > MAX_LINES => {
            let head = source.get(..source.floor_char_boundary(MAX_LINES))?;
            let at = head.rfind('\n').map_or(head.len(), |at| at + 1);
            Some(start + at)
        }
        UnitKind::Text
        | UnitKind::Lines
        | UnitKind::Fence
        | UnitKind::Table(_)
        | UnitKind::Item(_)
        | UnitKind::Whole => None,
    }
}

/// Where to go on parsing with a unit: at its line. Definitions right above a paragraph were read
/// as one with it, so they stay together; nothing above `floor` is among them.
pub(super) fn unit_start(text: &str, unit: &Unit, floor: usize) -> usize {
    let mut at = line_start(text, unit.range.start);
    while unit.kind == UnitKind::Text && at > floor {
        let above = line_start(text, at.saturating_sub(1));
        let blank = text.get(above..at).is_none_or(|line| line.trim().is_empty());
        if blank || above < floor {
            break;
        }
        at = above;
    }
    at
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1)
}

/// Whether a unit is known to begin where it does: its first line is complete, of a table the
/// second, too, which makes it one.
pub(super) fn begun(unit: &Unit, text: &str, complete: usize) -> bool {
    let lines = text.get(unit.range.start..complete).unwrap_or_default();
    match unit.kind {
        UnitKind::Table(_) => lines.matches('\n').take(2).count() == 2,
        UnitKind::Text
        | UnitKind::Lines
        | UnitKind::Fence
        | UnitKind::Item(_)
        | UnitKind::Whole => !lines.is_empty(),
    }
}
