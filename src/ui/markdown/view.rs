//! A document with what its view remembers, drawn item by item.

use std::collections::{HashMap, HashSet};

use egui::{CornerRadius, Rect, Ui, UiBuilder, pos2, vec2};

use super::code::CodeView;
use super::flow::{Flow, continues};
use super::highlight::Highlighter;
use super::image::Images;
use super::text::{Look, inline_ui};
use super::{Container, Leaf, LeafKind, MarkdownDoc, Marker};
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// What all documents share.
#[derive(Debug, Default)]
pub struct Shared {
    /// Colours of code.
    pub highlighter: Highlighter,
    /// Pictures.
    pub images: Images,
}

/// A document and its view.
#[derive(Debug, Default)]
pub struct DocView {
    doc: MarkdownDoc,
    finished: bool,
    flow: Flow,
    codes: HashMap<usize, CodeView>,
    tables: HashMap<usize, f32>,
    images: HashSet<usize>,
}

const QUOTE_INDENT: f32 = 14.0;
const ITEM_INDENT: f32 = 24.0;
const RULE: f32 = 17.0;

impl DocView {
    /// Takes the text as it stands now; `finished` says that no more will come.
    pub fn update(&mut self, text: &str, finished: bool) -> bool {
        self.finished = finished;
        self.doc.update(text)
    }

    /// The document.
    pub fn doc(&self) -> &MarkdownDoc {
        &self.doc
    }

    /// Number of drawable items.
    pub fn len(&self) -> usize {
        self.doc.items().len()
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how high an item is, before it was drawn.
    pub fn estimate(&self, item: usize, width: f32) -> f32 {
        let Some(item) = self.doc.items().get(item) else { return 0.0 };
        let Some(leaf) = self.doc.leaves().get(item.leaf) else { return 0.0 };
        match &leaf.kind {
            LeafKind::Text(_) | LeafKind::Heading(..) | LeafKind::Html(_) => {
                let rows = (leaf.len() as f32 * 7.0 / width.max(80.0)).ceil().max(1.0);
                rows * theme::MESSAGE_LINE_HEIGHT + 8.0
            }
            LeafKind::Code(code) => {
                let lines = code.lines().saturating_sub(item.part * super::CodeBlock::CHUNK);
                let ends = if item.part == 0 { 65.0 } else { 0.0 };
                lines.min(super::CodeBlock::CHUNK) as f32 * theme::CODE_LINE_HEIGHT + ends
            }
            LeafKind::Table(table) => table.rows.len().min(super::Table::CHUNK) as f32 * 33.0,
            LeafKind::Rule => RULE,
            LeafKind::Image { .. } => 56.0,
        }
    }

    /// Bytes of the text that an item is of. Differs where the item may look different.
    pub fn bytes(&self, item: usize) -> usize {
        let Some(item) = self.doc.items().get(item) else { return 0 };
        let len = self.doc.leaves().get(item.leaf).map_or(0, Leaf::len);
        len + usize::from(continues(&self.doc, item.leaf + 1))
    }

    /// The height of an item, where it can be told without drawing it.
    pub fn measure(&mut self, ui: &Ui, index: usize, width: f32) -> Option<f32> {
        let item = self.doc.items().get(index)?;
        let leaf = self.doc.leaves().get(item.leaf)?;
        let before = item.leaf.checked_sub(1).and_then(|before| self.doc.leaves().get(before));
        let gap = if item.part == 0 { gap(before, leaf) } else { 0.0 };
        let width = width - leaf.containers.iter().map(indent_of).sum::<f32>();
        let text = |inline: &super::Inline, look: &Look| {
            super::text::height(ui, inline, look, &self.doc, width)
        };
        let height = match &leaf.kind {
            LeafKind::Text(inline) => {
                let inline = self.flow.text(ui, &self.doc, (item.leaf, inline), width);
                text(&inline, &Look::message())
            }
            LeafKind::Heading(level, inline) => text(inline, &Look::heading(*level)),
            LeafKind::Html(html) => text(&super::Inline::plain(html), &Look::html()),
            LeafKind::Code(code) => CodeView::height(code, item.part),
            LeafKind::Rule => RULE,
            LeafKind::Table(_) | LeafKind::Image { .. } => return None,
        };
        Some(gap + height)
    }

    /// Draws an item at the full width of the `Ui`.
    pub fn item_ui(
        &mut self,
        ui: &mut Ui,
        index: usize,
        shared: &mut Shared,
        out: &mut Vec<UiCommand>,
    ) {
        let Self { doc, finished, flow, codes, tables, images } = self;
        let Some(item) = doc.items().get(index).copied() else { return };
        let Some(leaf) = doc.leaves().get(item.leaf) else { return };
        let before = item.leaf.checked_sub(1).and_then(|before| doc.leaves().get(before));
        let gap = if item.part == 0 { gap(before, leaf) } else { 0.0 };
        let full = ui.available_rect_before_wrap();
        let indent: f32 = leaf.containers.iter().map(indent_of).sum();
        let min = pos2(full.left() + indent, full.top() + gap);
        let rect = Rect::from_min_max(min, pos2(full.right(), full.bottom().max(min.y + 1.0)));
        let mut content = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("content"));
        let open = !*finished && item.leaf + 1 == doc.leaves().len();
        match &leaf.kind {
            LeafKind::Text(inline) => {
                let width = content.available_width();
                let inline = flow.text(ui, doc, (item.leaf, inline), width);
                inline_ui(&mut content, &inline, &Look::message(), doc, out);
            }
            LeafKind::Heading(level, inline) => {
                inline_ui(&mut content, inline, &Look::heading(*level), doc, out);
            }
            LeafKind::Code(code) => {
                let view = codes.entry(item.leaf).or_default();
                view.chunk_ui(&mut content, code, (item.part, open), &mut shared.highlighter, out);
            }
            LeafKind::Table(table) => {
                let scroll = tables.entry(item.leaf).or_default();
                super::table::table_ui(
                    &mut content,
                    table,
                    item.part,
                    scroll,
                    &mut |ui, cell, look| {
                        inline_ui(ui, cell, look, doc, out);
                    },
                );
            }
            LeafKind::Rule => rule_ui(&mut content),
            LeafKind::Html(html) => {
                let inline = super::Inline::plain(html);
                inline_ui(&mut content, &inline, &Look::html(), doc, out);
            }
            LeafKind::Image { url, alt } => {
                let image = super::image::Image { url, alt };
                let mut shown = images.contains(&item.leaf);
                shared.images.image_ui(&mut content, image, &mut shown, out);
                if shown {
                    images.insert(item.leaf);
                }
            }
        }
        let bottom = content.min_rect().bottom();
        paint_containers(
            ui,
            leaf,
            before,
            Rect::from_min_max(full.min, pos2(full.right(), bottom)),
            gap,
        );
        ui.allocate_rect(
            Rect::from_min_max(full.min, pos2(full.right(), bottom)),
            egui::Sense::hover(),
        );
    }
}

fn indent_of(container: &Container) -> f32 {
    match container {
        Container::Quote => QUOTE_INDENT,
        Container::Item { .. } | Container::Footnote { .. } => ITEM_INDENT,
    }
}

/// Room above a leaf.
fn gap(before: Option<&Leaf>, leaf: &Leaf) -> f32 {
    let Some(before) = before else { return 0.0 };
    if leaf.continues {
        return 0.0;
    }
    let in_list = |leaf: &Leaf| {
        matches!(leaf.containers.last(), Some(Container::Item { .. }))
            && matches!(leaf.kind, LeafKind::Text(_))
    };
    match leaf.kind {
        LeafKind::Heading(1 | 2, _) => 18.0,
        LeafKind::Heading(..) => 14.0,
        LeafKind::Text(_) if in_list(before) && in_list(leaf) && same_lists(before, leaf) => 4.0,
        LeafKind::Text(_)
        | LeafKind::Code(_)
        | LeafKind::Table(_)
        | LeafKind::Rule
        | LeafKind::Html(_)
        | LeafKind::Image { .. } => 8.0,
    }
}

/// Whether two leaves may stand in the same lists, as far as markers tell.
fn same_lists(before: &Leaf, leaf: &Leaf) -> bool {
    before.containers.iter().zip(&leaf.containers).all(|pair| match pair {
        (Container::Item { marker: one, .. }, Container::Item { marker: other, first }) => {
            match (one, other) {
                (Marker::Number(one), Marker::Number(other)) => one < other || !first,
                (Marker::Number(_), _) | (_, Marker::Number(_)) => false,
                (Marker::Bullet | Marker::Task(_), Marker::Bullet | Marker::Task(_)) => true,
            }
        }
        _ => true,
    })
}

fn rule_ui(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), RULE), egui::Sense::hover());
    let stroke = egui::Stroke::new(1.0, Palette::of(ui).line);
    ui.painter().hline(rect.x_range(), rect.center().y, stroke);
}

/// Bars of quotes, markers of items.
fn paint_containers(ui: &Ui, leaf: &Leaf, before: Option<&Leaf>, rect: Rect, gap: f32) {
    let palette = Palette::of(ui);
    let mut x = rect.left();
    for (depth, container) in leaf.containers.iter().enumerate() {
        let goes_on = before.and_then(|leaf| leaf.containers.get(depth)) == Some(&Container::Quote);
        let line = Rect::from_min_size(
            pos2(x, rect.top() + gap),
            vec2(indent_of(container), theme::MESSAGE_LINE_HEIGHT),
        );
        match container {
            Container::Quote => {
                let top = if goes_on { rect.top() } else { rect.top() + gap };
                let bar = Rect::from_min_max(pos2(x, top), pos2(x + 3.0, rect.bottom()));
                ui.painter().rect_filled(bar, CornerRadius::same(1), palette.line);
            }
            Container::Item { marker, first: true } => paint_marker(ui, *marker, line),
            Container::Footnote { label, first: true } => {
                paint_label(ui, &format!("[{label}]"), line, theme::small());
            }
            Container::Item { first: false, .. } | Container::Footnote { first: false, .. } => {}
        }
        x += indent_of(container);
    }
}

fn paint_marker(ui: &Ui, marker: Marker, rect: Rect) {
    let palette = Palette::of(ui);
    match marker {
        Marker::Bullet => {
            let center = pos2(rect.left() + 10.0, rect.center().y);
            ui.painter().circle_filled(center, 2.5, palette.dim);
        }
        Marker::Number(number) => paint_label(ui, &format!("{number}."), rect, theme::body()),
        Marker::Task(done) => {
            let icon = Rect::from_min_size(pos2(rect.left(), rect.top() + 3.0), vec2(16.0, 16.0));
            let line = egui::Stroke::new(1.0, palette.faint);
            let square = icon.shrink(1.0);
            ui.painter().rect_stroke(square, CornerRadius::same(3), line, egui::StrokeKind::Inside);
            if done {
                widgets::paint_icon(ui, Icon::Check, icon, palette.ok);
            }
        }
    }
}

fn paint_label(ui: &Ui, text: &str, rect: Rect, font: egui::FontId) {
    let color = Palette::of(ui).dim;
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
    let x = (rect.right() - 6.0 - galley.size().x).min(rect.left() + 6.0);
    let pos = pos2(x, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(pos, galley, color);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_lists_stand_apart() {
        let gaps = |text: &str| -> Vec<f32> {
            let doc = MarkdownDoc::of(text);
            let leaves = doc.leaves();
            leaves
                .iter()
                .skip(1)
                .zip(leaves)
                .map(|(leaf, before)| gap(Some(before), leaf))
                .collect()
        };
        assert_eq!(gaps("1. a\n2. b\n\n- [ ] c\n- d\n"), [4.0, 8.0, 4.0]);
        assert_eq!(gaps("1. a\n   - b\n   - c\n2. d\n"), [4.0, 4.0, 4.0]);
    }
}
