//! Markdown that grows: parsed as it arrives, never twice.
//!
//! [`MarkdownDoc`] is fed with the whole text so far. What can no longer change is kept as
//! [`Leaf`]s; only the last, unfinished block is parsed again. Lists are kept by item, tables
//! by row, code by line, so that the unfinished part stays small however long the answer is.

mod block;
mod code;
mod copied;
mod dashes;
mod doc;
mod fence;
mod flow;
mod highlight;
mod image;
mod inline;
mod parse;
mod scroll_x;
mod table;
mod text;
mod unit;
mod view;

pub use block::{Alignment, Cell, CodeBlock, Container, Leaf, LeafKind, Marker, Table};
pub use code::CodeView;
pub use copied::{mark_copied, was_copied};
pub use doc::{Item, MarkdownDoc};
pub use highlight::{Highlighter, LineColors, Token};
pub use image::{Image, Images};
pub use inline::{Inline, LinkTarget, Span, Style};
pub use text::{Look, inline_ui, open, openable};
pub use view::{DocView, Shared};

#[cfg(test)]
mod tests;
