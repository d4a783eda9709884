//! Markdown that grows: parsed as it arrives, never twice.
//!
//! [`MarkdownDoc`] is fed with the whole text so far. What can no longer change is kept as
//! [`Leaf`]s; only the last, unfinished block is parsed again. Lists are kept by item, tables
//! by row, code by line, so that the unfinished part stays small however long the answer is.

mod block;
mod doc;
mod fence;
mod inline;
mod parse;

pub use block::{Alignment, Cell, CodeBlock, Container, Leaf, LeafKind, Marker, Table};
pub use doc::{Item, MarkdownDoc};
pub use inline::{Inline, LinkTarget, Span, Style};

#[cfg(test)]
mod tests;
