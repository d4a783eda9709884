//! Text inside a block, with its styles and links.

use std::ops::{BitOr, Range};

/// Text with styles. Spans cover it without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inline {
    /// The text.
    pub text: String,
    /// The styles, in order.
    pub spans: Vec<Span>,
    /// Where links lead.
    pub links: Vec<LinkTarget>,
}

/// A stretch of text with one style. It begins where the one before ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where it ends, in bytes.
    pub end: usize,
    /// How it looks.
    pub style: Style,
    /// Index of its link.
    pub link: Option<usize>,
}

/// How a stretch of text looks: a set of marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style(u8);

impl Style {
    /// Strong.
    pub const STRONG: Self = Self(1);
    /// Emphasis.
    pub const EMPHASIS: Self = Self(2);
    /// Struck through.
    pub const STRIKE: Self = Self(4);
    /// Code.
    pub const CODE: Self = Self(8);
    /// The brackets of a reference: shown only where it leads nowhere.
    pub const BRACKET: Self = Self(16);

    /// Whether it holds all marks of another.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Style {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// An address.
    Url(String),
    /// A definition that may stand anywhere in the document.
    Reference(String),
    /// A footnote.
    Footnote(String),
}

impl Inline {
    /// Appends text.
    pub(super) fn push(&mut self, text: &str, style: Style, link: Option<usize>) {
        if text.is_empty() {
            return;
        }
        self.text.push_str(text);
        let end = self.text.len();
        match self.spans.last_mut() {
            Some(last) if last.style == style && last.link == link => last.end = end,
            Some(_) | None => self.spans.push(Span { end, style, link }),
        }
    }

    /// Plain text.
    pub fn plain(text: &str) -> Self {
        let mut inline = Self::default();
        inline.push(text, Style::default(), None);
        inline
    }

    /// The spans with their text.
    pub fn runs(&self) -> impl Iterator<Item = (&str, Style, Option<usize>)> {
        let mut start = 0;
        self.spans.iter().map(move |span| {
            let text = self.text.get(start..span.end).unwrap_or_default();
            start = span.end;
            (text, span.style, span.link)
        })
    }

    /// Marks references to footnotes. The parser knows only those whose definition it has seen,
    /// and a definition may be far below.
    pub(super) fn with_footnotes(self) -> Self {
        if !self.text.contains("[^") {
            return self;
        }
        let mut marked = Self { links: self.links.clone(), ..Self::default() };
        for (text, style, link) in self.runs() {
            let mut rest = text;
            while let Some((before, label, after)) = next_footnote(rest) {
                if link.is_some() || style.has(Style::CODE) {
                    break;
                }
                marked.push(before, style, None);
                marked.links.push(LinkTarget::Footnote(label.to_owned()));
                let note = Some(marked.links.len() - 1);
                marked.push("[", style, note);
                marked.push("^", style | Style::BRACKET, note);
                marked.push(&format!("{label}]"), style, note);
                rest = after;
            }
            marked.push(rest, style, link);
        }
        marked
    }

    /// A stretch of it.
    pub(super) fn part(&self, range: Range<usize>) -> Self {
        let mut part = Self { links: self.links.clone(), ..Self::default() };
        let mut start = 0;
        for (text, style, link) in self.runs() {
            let from = range.start.saturating_sub(start).min(text.len());
            let until = range.end.saturating_sub(start).min(text.len());
            part.push(text.get(from..until).unwrap_or_default(), style, link);
            start += text.len();
        }
        part
    }

    /// Appends another.
    pub(super) fn append(&mut self, other: &Self) {
        let known = self.links.len();
        self.links.extend(other.links.iter().cloned());
        for (text, style, link) in other.runs() {
            self.push(text, style, link.map(|link| link + known));
        }
    }

    /// Splits off what exceeds `limit` bytes, at a space where there is one.
    pub(super) fn split_off(&mut self, limit: usize) -> Option<Self> {
        if self.text.len() <= limit {
            return None;
        }
        let cut = cut_position(&self.text, limit);
        let mut rest = Self { links: self.links.clone(), ..Self::default() };
        rest.text = self.text.split_off(cut);
        let mut start = 0;
        for span in &self.spans {
            if span.end > cut && start < cut + rest.text.len() {
                rest.spans.push(Span { end: span.end - cut, ..*span });
            }
            start = span.end;
        }
        self.spans.retain_mut(|span| {
            let begins_before = span.end <= cut;
            if !begins_before {
                span.end = cut;
            }
            begins_before
        });
        if self.spans.last().map_or(0, |span| span.end) < cut
            && let Some(first) = rest.spans.first()
        {
            self.spans.push(Span { end: cut, ..*first });
        }
        Some(rest)
    }
}

/// Where to cut a text that is too long: behind the last space, else before any character.
pub(super) fn cut_position(text: &str, limit: usize) -> usize {
    let cut = text.floor_char_boundary(limit);
    let head = text.get(..cut).unwrap_or_default();
    match head.rfind([' ', '\n']) {
        Some(space) if space > 0 => space + 1,
        Some(_) | None => cut,
    }
}

/// Splits a text at its first reference to a footnote.
fn next_footnote(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find("[^")?;
        let rest = text.get(at + 2..)?;
        let end = rest.find(|sign: char| sign == ']' || sign == '[' || sign.is_whitespace());
        match end {
            Some(end) if end > 0 && rest.get(end..)?.starts_with(']') => {
                return Some((text.get(..at)?, rest.get(..end)?, rest.get(end + 1..)?));
            }
            Some(_) | None => from = at + 2,
        }
    }
}
