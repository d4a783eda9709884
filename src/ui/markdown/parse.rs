//! One parse of a stretch of Markdown, flattened into leaves.

use std::ops::Range;

use pulldown_cmark::{
    BrokenLink, CodeBlockKind, CowStr, Event, LinkType, Options, Parser, Tag, TagEnd,
};

use super::unit::{MAX_TEXT, Parsed, Unit, UnitKind};
use super::{
    Alignment, CodeBlock, Container, Inline, Leaf, LeafKind, LinkTarget, Marker, Style, Table,
};

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
}

/// Parses `text`. The first list, where it begins at 0 and is numbered, counts from `number`.
pub(super) fn parse(text: &str, number: Option<u64>) -> Parsed {
    let unknown =
        |link: BrokenLink<'_>| Some((CowStr::from(link.reference.into_string()), "".into()));
    let parser = Parser::new_with_broken_link_callback(text, options(), Some(unknown));
    let mut definitions: Vec<_> = parser
        .reference_definitions()
        .iter()
        .map(|(label, link)| (normal_label(label), link.dest.to_string(), link.span.clone()))
        .collect();
    definitions.sort_by_key(|(.., span)| span.start);
    let mut walker = Walker { first_number: number, ..Walker::default() };
    for (event, range) in parser.into_offset_iter() {
        walker.event(event, range);
    }
    Parsed { units: walker.units, definitions }
}

/// Labels match regardless of case and of the amount of space.
pub(super) fn normal_label(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[derive(Default)]
struct Walker {
    units: Vec<Unit>,
    depth: usize,
    containers: Vec<Container>,
    lists: Vec<Option<u64>>,
    first_number: Option<u64>,
    inline: Inline,
    styles: Vec<Style>,
    link: Option<(usize, String)>,
    code: Option<(String, String)>,
    html: Option<String>,
    image: Option<(String, String)>,
    table: Option<Table>,
    row: Vec<Inline>,
}

impl Walker {
    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        if self.depth == 0 {
            self.open_unit(&event, &range);
        }
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag, range);
            }
            Event::End(tag) => {
                self.end(tag);
                self.depth = self.depth.saturating_sub(1);
            }
            Event::Text(text) => self.text(&text, Style::default()),
            Event::Code(text) => self.text(&text, Style::CODE),
            Event::Html(html) => match &mut self.html {
                Some(block) => block.push_str(&html),
                None => self.text(&html, Style::default()),
            },
            Event::InlineHtml(html) if html.starts_with("<br") => self.text("\n", Style::default()),
            Event::InlineHtml(html) => self.text(&html, Style::default()),
            Event::InlineMath(text) | Event::DisplayMath(text) => self.text(&text, Style::CODE),
            Event::FootnoteReference(label) => {
                self.text(&format!("[^{label}]"), Style::default());
            }
            Event::SoftBreak => self.text(" ", Style::default()),
            Event::HardBreak => self.text("\n", Style::default()),
            Event::Rule => {
                self.flush();
                self.leaf(LeafKind::Rule);
            }
            Event::TaskListMarker(done) => {
                if let Some(Container::Item { marker, .. }) = self.containers.last_mut() {
                    *marker = Marker::Task(done);
                }
            }
        }
    }

    fn open_unit(&mut self, event: &Event<'_>, range: &Range<usize>) {
        let kind = match event {
            Event::Start(Tag::List(_)) => return,
            Event::Start(Tag::Paragraph | Tag::Heading { .. }) => UnitKind::Text,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Indented) | Tag::HtmlBlock) => {
                UnitKind::Lines
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => UnitKind::Fence,
            Event::Start(Tag::Table(_)) => UnitKind::Table(Vec::new()),
            Event::Start(_) | Event::Rule => UnitKind::Whole,
            Event::End(_) => return,
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::TaskListMarker(_) => UnitKind::Text,
        };
        self.units.push(Unit { range: range.clone(), kind, leaves: Vec::new() });
    }

    fn start(&mut self, tag: Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::BlockQuote(_) => {
                self.flush();
                self.containers.push(Container::Quote);
            }
            Tag::CodeBlock(kind) => {
                self.flush();
                let language = match kind {
                    CodeBlockKind::Indented => String::new(),
                    CodeBlockKind::Fenced(language) => language.to_string(),
                };
                self.code = Some((language, String::new()));
            }
            Tag::HtmlBlock => {
                self.flush();
                self.html = Some(String::new());
            }
            Tag::List(first) => {
                self.flush();
                let continues = self.depth == 1 && range.start <= 3 && first.is_some();
                let number = if continues { self.first_number.take() } else { None };
                self.lists.push(number.or(first));
            }
            Tag::Item => self.start_item(range),
            Tag::FootnoteDefinition(label) => {
                self.flush();
                self.containers.push(Container::Footnote { label: label.to_string(), first: true });
            }
            Tag::Table(alignments) => {
                self.flush();
                let alignments = alignments.into_iter().map(alignment).collect();
                self.table = Some(Table { alignments, ..Table::default() });
            }
            Tag::TableHead | Tag::TableRow => self.start_row(range.start),
            Tag::Emphasis => self.styles.push(Style::EMPHASIS),
            Tag::Strong => self.styles.push(Style::STRONG),
            Tag::Strikethrough => self.styles.push(Style::STRIKE),
            Tag::Link { link_type, dest_url, id, .. } => self.start_link(link_type, &dest_url, &id),
            Tag::Image { dest_url, .. } => {
                self.image = Some((dest_url.to_string(), String::new()));
            }
            Tag::Paragraph | Tag::Heading { .. } => self.flush(),
            Tag::TableCell
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph => self.flush(),
            TagEnd::Heading(level) => {
                let inline = std::mem::take(&mut self.inline).with_footnotes();
                self.leaf(LeafKind::Heading(level as u8, inline));
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.containers.pop();
            }
            TagEnd::CodeBlock => {
                if let Some((language, text)) = self.code.take() {
                    self.leaf(LeafKind::Code(CodeBlock::of(&language, &text)));
                }
            }
            TagEnd::HtmlBlock => {
                if let Some(html) = self.html.take() {
                    self.leaf(LeafKind::Html(html.trim_end().to_owned()));
                }
            }
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::Item | TagEnd::FootnoteDefinition => self.end_labelled(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.leaf(LeafKind::Table(table));
                }
            }
            TagEnd::TableHead => {
                let cells = std::mem::take(&mut self.row);
                if let Some(table) = &mut self.table {
                    table.set_head(cells);
                }
            }
            TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.row);
                if let Some(table) = &mut self.table {
                    table.push_row(cells);
                }
            }
            TagEnd::TableCell => self.row.push(std::mem::take(&mut self.inline).with_footnotes()),
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
            }
            TagEnd::Link => {
                if let Some((link, closing)) = self.link.take() {
                    self.inline.push(&closing, self.style() | Style::BRACKET, Some(link));
                }
            }
            TagEnd::Image => self.end_image(),
            TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    fn start_item(&mut self, range: Range<usize>) {
        self.flush();
        let number = match self.lists.last_mut() {
            Some(Some(number)) => {
                let this = *number;
                *number += 1;
                Some(this)
            }
            Some(None) | None => None,
        };
        if self.depth == 2 {
            self.units.push(Unit { range, kind: UnitKind::Item(number), leaves: Vec::new() });
        }
        let marker = number.map_or(Marker::Bullet, Marker::Number);
        self.containers.push(Container::Item { marker, first: true });
    }

    /// Ends an item or a footnote. An empty one still shows its marker.
    fn end_labelled(&mut self) {
        self.flush();
        if matches!(
            self.containers.last(),
            Some(Container::Item { first: true, .. } | Container::Footnote { first: true, .. })
        ) {
            self.leaf(LeafKind::Text(Inline::default()));
        }
        self.containers.pop();
    }

    fn start_row(&mut self, at: usize) {
        self.row.clear();
        if self.depth == 2
            && let Some(Unit { kind: UnitKind::Table(rows), .. }) = self.units.last_mut()
        {
            rows.push(at);
        }
    }

    fn start_link(&mut self, link_type: LinkType, url: &str, id: &str) {
        let closing = match link_type {
            LinkType::Reference | LinkType::ReferenceUnknown => format!("][{id}]"),
            LinkType::Collapsed | LinkType::CollapsedUnknown => "][]".to_owned(),
            LinkType::Shortcut | LinkType::ShortcutUnknown => "]".to_owned(),
            LinkType::Email => {
                let link = self.add_link(LinkTarget::Url(format!("mailto:{url}")));
                self.link = Some((link, String::new()));
                return;
            }
            LinkType::Inline | LinkType::Autolink | LinkType::WikiLink { .. } => {
                let link = self.add_link(LinkTarget::Url(url.to_owned()));
                self.link = Some((link, String::new()));
                return;
            }
        };
        let link = self.add_link(LinkTarget::Reference(normal_label(id)));
        self.inline.push("[", self.style() | Style::BRACKET, Some(link));
        self.link = Some((link, closing));
    }

    fn add_link(&mut self, target: LinkTarget) -> usize {
        self.inline.links.push(target);
        self.inline.links.len() - 1
    }

    /// A picture becomes a leaf of its own, except in a table.
    fn end_image(&mut self) {
        let Some((url, alt)) = self.image.take() else { return };
        if self.table.is_some() {
            let link = self.add_link(LinkTarget::Url(url));
            self.inline.push(&alt, self.style(), Some(link));
            return;
        }
        self.flush();
        self.leaf(LeafKind::Image { url, alt });
    }

    fn style(&self) -> Style {
        self.styles.iter().fold(Style::default(), |all, style| all | *style)
    }

    fn text(&mut self, text: &str, extra: Style) {
        if let Some((_, code)) = &mut self.code {
            code.push_str(text);
        } else if let Some((_, alt)) = &mut self.image {
            alt.push_str(text);
        } else if let Some(html) = &mut self.html {
            html.push_str(text);
        } else {
            let link = self.link.as_ref().map(|(link, _)| *link);
            self.inline.push(text, self.style() | extra, link);
        }
    }

    fn flush(&mut self) {
        if self.inline.text.trim().is_empty() {
            self.inline = Inline::default();
            return;
        }
        let inline = std::mem::take(&mut self.inline);
        if let Some((link, _)) = &mut self.link
            && let Some(target) = inline.links.get(*link)
        {
            // A picture inside a link: the rest of the link's text needs its target again.
            self.inline.links.push(target.clone());
            *link = 0;
        }
        self.leaf(LeafKind::Text(inline.with_footnotes()));
    }

    fn leaf(&mut self, kind: LeafKind) {
        let mut kinds = vec![kind];
        if let Some(LeafKind::Text(inline)) = kinds.first_mut() {
            let mut rests = Vec::new();
            let mut rest = inline.split_off(MAX_TEXT);
            while let Some(mut inline) = rest.take() {
                rest = inline.split_off(MAX_TEXT);
                rests.push(LeafKind::Text(inline));
            }
            kinds.extend(rests);
        }
        for (index, kind) in kinds.into_iter().enumerate() {
            let leaf = Leaf { containers: self.containers.clone(), kind, continues: index > 0 };
            if let Some(unit) = self.units.last_mut() {
                unit.leaves.push(leaf);
            }
            for container in &mut self.containers {
                if let Container::Item { first, .. } | Container::Footnote { first, .. } = container
                {
                    *first = false;
                }
            }
        }
    }
}

fn alignment(alignment: pulldown_cmark::Alignment) -> Alignment {
    match alignment {
        pulldown_cmark::Alignment::None | pulldown_cmark::Alignment::Left => Alignment::Left,
        pulldown_cmark::Alignment::Center => Alignment::Center,
        pulldown_cmark::Alignment::Right => Alignment::Right,
    }
}
