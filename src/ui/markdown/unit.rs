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

/// What a parse found.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) units: Vec<Unit>,
    /// Definitions of links: label, address, where.
    pub(super) definitions: Vec<(String, String, Range<usize>)>,
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
