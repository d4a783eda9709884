//! Long paragraphs. They are parsed in pieces; each is drawn up to the end of a row, and what is
//! left of its text is drawn with the piece below, so that nobody sees where they meet.

use std::borrow::Cow;
use std::collections::HashMap;

use egui::Ui;

use super::text::{Look, last_row};
use super::{Inline, LeafKind, MarkdownDoc};

/// Where the pieces of a document end at a width.
#[derive(Debug, Default)]
pub(super) struct Flow {
    width: i32,
    /// Of a leaf: how many bytes it had, and how many of these it draws itself.
    ends: HashMap<usize, (usize, usize)>,
}

impl Flow {
    /// Pieces above that are laid out to find where a piece begins. Where that is not enough, a
    /// row ends early.
    const BACK: usize = 16;

    /// The text that a leaf draws.
    pub(super) fn text<'a>(
        &mut self,
        ui: &Ui,
        doc: &'a MarkdownDoc,
        (leaf, inline): (usize, &'a Inline),
        width: f32,
    ) -> Cow<'a, Inline> {
        if !continues(doc, leaf) && !continues(doc, leaf + 1) {
            return Cow::Borrowed(inline);
        }
        if self.width != width.round() as i32 {
            self.width = width.round() as i32;
            self.ends.clear();
        }
        let mut first = leaf;
        while continues(doc, first) && leaf - first < Self::BACK && !self.knows(doc, first - 1) {
            first -= 1;
        }
        for at in first..=leaf {
            self.find_end(ui, doc, at, width);
        }
        let end = self.ends.get(&leaf).map_or(inline.text.len(), |(_, end)| *end);
        let mut text = self.rest_above(doc, leaf);
        text.append(&inline.part(0..end));
        Cow::Owned(text)
    }

    fn knows(&self, doc: &MarkdownDoc, leaf: usize) -> bool {
        let len = text_of(doc, leaf).map(|inline| inline.text.len());
        len.is_some() && self.ends.get(&leaf).map(|(len, _)| *len) == len
    }

    fn find_end(&mut self, ui: &Ui, doc: &MarkdownDoc, leaf: usize, width: f32) {
        let Some(inline) = text_of(doc, leaf) else { return };
        if self.knows(doc, leaf) {
            return;
        }
        let len = inline.text.len();
        if !continues(doc, leaf + 1) {
            self.ends.remove(&leaf);
            return;
        }
        let mut text = self.rest_above(doc, leaf);
        text.append(inline);
        let rest = last_row(ui, &text, &Look::message(), doc, width).unwrap_or(0);
        self.ends.insert(leaf, (len, inline.text.floor_char_boundary(len.saturating_sub(rest))));
    }

    /// What the piece above leaves to be drawn. Once asked for, that does not change.
    fn rest_above(&mut self, doc: &MarkdownDoc, leaf: usize) -> Inline {
        let above = leaf.checked_sub(1).filter(|_| continues(doc, leaf));
        let Some((above, inline)) = above.and_then(|at| Some((at, text_of(doc, at)?))) else {
            return Inline::default();
        };
        let len = inline.text.len();
        let (_, end) = *self.ends.entry(above).or_insert((len, len));
        inline.part(end..len)
    }
}

/// Whether a leaf goes on from the text above it.
pub(super) fn continues(doc: &MarkdownDoc, leaf: usize) -> bool {
    doc.leaves().get(leaf).is_some_and(|leaf| leaf.continues)
        && leaf.checked_sub(1).is_some_and(|above| text_of(doc, above).is_some())
        && text_of(doc, leaf).is_some()
}

fn text_of(doc: &MarkdownDoc, leaf: usize) -> Option<&Inline> {
    match &doc.leaves().get(leaf)?.kind {
        LeafKind::Text(inline) => Some(inline),
        LeafKind::Heading(..)
        | LeafKind::Code(_)
        | LeafKind::Table(_)
        | LeafKind::Rule
        | LeafKind::Html(_)
        | LeafKind::Image { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_meet_at_the_end_of_a_row() {
        let text: String =
            (0..2_800).map(|word| format!("w{word} **b** `c` [l](http://x) ")).collect();
        let doc = MarkdownDoc::of(&text);
        let leaves: Vec<(usize, &Inline)> =
            (0..doc.leaves().len()).filter_map(|at| Some((at, text_of(&doc, at)?))).collect();
        assert!(leaves.len() > 18);
        let whole: String = leaves.iter().map(|(_, inline)| inline.text.as_str()).collect();
        let ctx = egui::Context::default();
        crate::ui::theme::install(&ctx);
        let mut done = false;
        for from in [0, 18] {
            let mut flow = Flow::default();
            let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
                for leaf in leaves.iter().skip(from) {
                    flow.text(ui, &doc, *leaf, 700.0);
                }
                let drawn: Vec<Inline> = leaves
                    .iter()
                    .map(|leaf| flow.text(ui, &doc, *leaf, 700.0).into_owned())
                    .collect();
                let joined: String = drawn.iter().map(|inline| inline.text.as_str()).collect();
                assert_eq!(joined, whole, "from {from}");
                let rows = |inline: &Inline| {
                    super::super::text::height(ui, inline, &Look::message(), &doc, 700.0) / 22.0
                };
                let mut all = Inline::default();
                drawn.iter().for_each(|inline| all.append(inline));
                let apart: f32 = drawn.iter().map(rows).sum();
                let early = if from == 0 { 0.5 } else { 1.5 };
                assert!((apart - rows(&all)).abs() < early, "{apart} {}", rows(&all));
                done = true;
            });
            output.textures_delta.clear();
        }
        assert!(done);
    }
}
