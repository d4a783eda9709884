//! Text with styles and links: one galley, selectable, its links clickable.

use std::ops::Range;
use std::sync::Arc;

use egui::{
    CornerRadius, CursorIcon, FontFamily, FontId, Galley, Rect, Response, Role, Sense, Stroke,
    TextFormat, Ui, WidgetInfo, pos2,
    text::{CCursor, LayoutJob},
    text_selection::LabelSelectionState,
    vec2,
};

use super::dashes::{apart, without_ligatures};
use super::{Inline, LinkTarget, MarkdownDoc, Style};
use crate::state::UiCommand;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Size and weight of a text.
#[derive(Clone, Debug)]
pub struct Look {
    /// Font of what has no style.
    pub font: FontId,
    /// Whether it is strong throughout.
    pub strong: bool,
    /// Second rank.
    pub dim: bool,
    /// Height of a line.
    pub line_height: f32,
    /// Where the text stands in its width.
    pub align: egui::Align,
}

impl Look {
    /// The text of messages.
    pub fn message() -> Self {
        Self {
            font: theme::body(),
            strong: false,
            dim: false,
            line_height: theme::MESSAGE_LINE_HEIGHT,
            align: egui::Align::LEFT,
        }
    }

    /// A heading.
    pub fn heading(level: u8) -> Self {
        let font = theme::heading(level);
        let line_height = (font.size * 1.4).round();
        Self { font, strong: true, line_height, ..Self::message() }
    }

    /// HTML as it is written.
    pub fn html() -> Self {
        Self { font: theme::mono(), dim: true, line_height: 18.0, ..Self::message() }
    }

    /// A cell of a table.
    pub fn cell(align: egui::Align) -> Self {
        let font = FontId::proportional(12.5);
        Self { font, line_height: 20.0, align, ..Self::message() }
    }
}

/// A link in a laid out text: its characters and its address.
struct Link {
    chars: Range<usize>,
    url: String,
}

/// What a layout knows besides its galley, by characters.
#[derive(Default)]
struct Marks {
    links: Vec<Link>,
    codes: Vec<Range<usize>>,
}

/// Room between inline code and the edge of its ground.
const CODE_ROOM: f32 = 2.0;

/// Draws text over the available width.
pub fn inline_ui(
    ui: &mut Ui,
    inline: &Inline,
    look: &Look,
    doc: &MarkdownDoc,
    out: &mut Vec<UiCommand>,
) {
    let width = ui.available_width();
    let align = look.align;
    let (galley, Marks { links, codes }) = galley(ui, inline, look, doc, width);
    let height = galley.size().y.max(look.line_height);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), selectable());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
    let pos = match align {
        egui::Align::Min => rect.left_top(),
        egui::Align::Center => rect.center_top(),
        egui::Align::Max => rect.right_top(),
    };
    for chars in &codes {
        for ground in code_rects(&galley, chars, pos) {
            ui.painter().rect_filled(ground, CornerRadius::same(3), Palette::of(ui).hover);
        }
    }
    let color = ui.visuals().text_color();
    let links: Vec<_> =
        links.into_iter().map(|link| (link_rects(&galley, &link.chars, pos), link.url)).collect();
    LabelSelectionState::label_text_selection(ui, &response, pos, galley, color, Stroke::NONE);
    for (index, (rects, url)) in links.into_iter().enumerate() {
        link_ui(ui, response.id.with(index), &rects, &url, out);
    }
}

/// The height of a text at a width.
pub(super) fn height(ui: &Ui, inline: &Inline, look: &Look, doc: &MarkdownDoc, width: f32) -> f32 {
    galley(ui, inline, look, doc, width).0.size().y.max(look.line_height)
}

/// Bytes of a text that stand in its last row, where it has more than one.
pub(super) fn last_row(
    ui: &Ui,
    inline: &Inline,
    look: &Look,
    doc: &MarkdownDoc,
    width: f32,
) -> Option<usize> {
    let (galley, _) = galley(ui, inline, look, doc, width);
    let (last, _) = galley.rows.split_last().filter(|(_, above)| !above.is_empty())?;
    let mut left = last.glyphs.len();
    let mut bytes = 0;
    let runs: Vec<_> = inline.runs().collect();
    for (text, style, link) in runs.into_iter().rev() {
        let target = link.and_then(|link| inline.links.get(link));
        if target.is_some_and(|target| hidden(target, style, doc)) {
            bytes += text.len();
            continue;
        }
        for sign in text.chars().rev() {
            if left == 0 {
                return Some(bytes);
            }
            left -= 1;
            bytes += sign.len_utf8();
        }
    }
    Some(bytes)
}

/// Whether these are the brackets of a reference that leads somewhere.
fn hidden(target: &LinkTarget, style: Style, doc: &MarkdownDoc) -> bool {
    let leads = || match target {
        LinkTarget::Footnote(label) => doc.has_footnote(label),
        LinkTarget::Url(_) | LinkTarget::Reference(_) => url(target, doc).is_some(),
    };
    style.has(Style::BRACKET) && leads()
}

fn galley(
    ui: &Ui,
    inline: &Inline,
    look: &Look,
    doc: &MarkdownDoc,
    width: f32,
) -> (Arc<Galley>, Marks) {
    let (mut job, marks) = layout(ui, inline, look, doc);
    job.wrap.max_width = width;
    job.halign = look.align;
    (ui.fonts_mut(|fonts| fonts.layout_job(job)), marks)
}

/// Draws code or other plain text that was laid out already.
pub(super) fn galley_ui(ui: &Ui, response: &Response, pos: egui::Pos2, galley: Arc<Galley>) {
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, galley.text()));
    let color = ui.visuals().text_color();
    LabelSelectionState::label_text_selection(ui, response, pos, galley, color, Stroke::NONE);
}

/// Can be selected with the pointer, is no stop for Tab.
pub(super) fn selectable() -> Sense {
    let mut sense = Sense::click_and_drag();
    sense -= Sense::FOCUSABLE;
    sense
}

fn layout(ui: &Ui, inline: &Inline, look: &Look, doc: &MarkdownDoc) -> (LayoutJob, Marks) {
    let palette = Palette::of(ui);
    let mut job = LayoutJob::default();
    let mut marks = Marks::default();
    let mut after_code = false;
    let mut chars = 0;
    for (text, style, link) in inline.runs() {
        let url = link.and_then(|link| inline.links.get(link)).and_then(|target| url(target, doc));
        let note = link.and_then(|link| inline.links.get(link)).is_some_and(
            |target| matches!(target, LinkTarget::Footnote(label) if doc.has_footnote(label)),
        );
        if style.has(Style::BRACKET) && (url.is_some() || note) {
            continue;
        }
        let mut format = format(palette, look, style);
        let count = text.chars().count();
        if note {
            format.font_id.size *= 0.8;
            format.valign = egui::Align::TOP;
            format.color = palette.accent;
        }
        if let Some(url) = url {
            format.color = palette.accent;
            if openable(&url) {
                format.underline = Stroke::new(1.0, palette.accent.gamma_multiply(0.5));
                // egui draws the line below the line height, not below the letters.
                format.line_height = None;
            }
            match marks.links.last_mut() {
                Some(last) if last.url == url && last.chars.end == chars => last.chars.end += count,
                Some(_) | None => marks.links.push(Link { chars: chars..chars + count, url }),
            }
        }
        let code = style.has(Style::CODE);
        let room = if code != after_code { CODE_ROOM } else { 0.0 };
        if !code {
            job.append(text, room, format);
        } else {
            for (index, piece) in without_ligatures(text).enumerate() {
                let room = if index == 0 { room } else { 0.0 };
                job.append(piece, room, apart(format.clone(), index));
            }
            match marks.codes.last_mut() {
                Some(last) if after_code => last.end += count,
                Some(_) | None => marks.codes.push(chars..chars + count),
            }
        }
        after_code = code;
        chars += count;
    }
    if job.text.is_empty() {
        job.append("", 0.0, format(palette, look, Style::default()));
    }
    (job, marks)
}

fn url(target: &LinkTarget, doc: &MarkdownDoc) -> Option<String> {
    match target {
        LinkTarget::Url(url) => Some(url.clone()),
        LinkTarget::Reference(label) => doc.definition(label).map(str::to_owned),
        LinkTarget::Footnote(_) => None,
    }
}

fn format(palette: &Palette, look: &Look, style: Style) -> TextFormat {
    let size = look.font.size;
    let strong = style.has(Style::STRONG) || look.strong;
    let emphasis = style.has(Style::EMPHASIS);
    let (family, code) = match (style.has(Style::CODE), strong, emphasis) {
        (true, false, _) => (FontFamily::Monospace, true),
        (true, true, _) => (theme::mono_bold_family(), true),
        (false, true, _) => (theme::semibold_family(), false),
        (false, false, true) => (theme::italic_family(), false),
        (false, false, false) => (look.font.family.clone(), false),
    };
    let size = if code { size - 1.5 } else { size };
    let line = Stroke::new(1.0, palette.dim);
    TextFormat {
        font_id: FontId::new(size, family),
        color: if look.dim { palette.dim } else { palette.text },
        // Code has the height of its font; the row is as high as its other text.
        line_height: (!code).then_some(look.line_height),
        italics: emphasis && (strong || code),
        strikethrough: if style.has(Style::STRIKE) { line } else { Stroke::NONE },
        valign: egui::Align::Center,
        ..TextFormat::default()
    }
}

/// The grounds of a stretch of inline code, one per row, as high as its letters.
fn code_rects(galley: &Galley, chars: &Range<usize>, pos: egui::Pos2) -> Vec<Rect> {
    let mut rects = Vec::new();
    let mut start = 0;
    for row in &galley.rows {
        let end = start + row.glyphs.len();
        let from = chars.start.clamp(start, end) - start;
        let until = chars.end.clamp(start, end) - start;
        let glyphs = row.glyphs.get(from..until).unwrap_or_default();
        if let (Some(first), Some(last)) = (glyphs.first(), glyphs.last()) {
            let top = first.pos.y - first.font_ascent;
            let rect = Rect::from_min_max(
                pos2(first.pos.x - CODE_ROOM, top),
                pos2(last.max_x() + CODE_ROOM, top + first.font_height),
            );
            rects.push(rect.translate(row.pos.to_vec2() + pos.to_vec2()));
        }
        start = end + usize::from(row.ends_with_newline);
    }
    rects
}

/// The rectangles of a stretch of characters, one per row.
fn link_rects(galley: &Galley, chars: &Range<usize>, pos: egui::Pos2) -> Vec<Rect> {
    let mut rects = Vec::new();
    let mut start = 0;
    for row in &galley.rows {
        let count = row.char_count_excluding_newline().0;
        let end = start + count;
        let (from, to) = (chars.start.max(start), chars.end.min(end));
        if from < to {
            let left = row.pos.x + row.x_offset((from - start).into());
            let right = row.pos.x + row.x_offset((to - start).into());
            let rect = Rect::from_min_max(pos2(left, row.min_y()), pos2(right, row.max_y()));
            rects.push(rect.translate(pos.to_vec2()));
        }
        start = end + usize::from(row.ends_with_newline);
    }
    if rects.is_empty() {
        rects.push(galley.pos_from_cursor(CCursor::new(chars.start)).translate(pos.to_vec2()));
    }
    rects
}

/// What may be opened with a click. Other addresses are only shown.
pub fn openable(url: &str) -> bool {
    ["http://", "https://", "mailto:", "help:"].iter().any(|scheme| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// The command that opens an address.
pub fn open(url: &str) -> Option<UiCommand> {
    if !openable(url) {
        return None;
    }
    Some(match url.strip_prefix("help:") {
        Some(page) => UiCommand::OpenHelp(Some(page.to_owned())),
        None => UiCommand::AskLink(url.to_owned()),
    })
}

fn link_ui(ui: &Ui, id: egui::Id, rects: &[Rect], url: &str, out: &mut Vec<UiCommand>) {
    for (row, rect) in rects.iter().enumerate() {
        let mut sense = if openable(url) { Sense::click() } else { Sense::hover() };
        if row > 0 {
            sense -= Sense::FOCUSABLE;
        }
        let response = ui.interact(*rect, id.with(row), sense);
        if row == 0 && openable(url) {
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, url));
            widgets::focus_ring(ui, &response, 3);
        }
        if response.clicked() {
            out.extend(open(url));
        }
        let cursor = if openable(url) { CursorIcon::PointingHand } else { CursorIcon::Default };
        response.on_hover_cursor(cursor).on_hover_text(url);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_schemes_open() {
        let asked = |url: &str| match open(url) {
            Some(UiCommand::AskLink(url)) => url,
            Some(UiCommand::OpenHelp(Some(page))) => format!("page {page}"),
            other => format!("{other:?}"),
        };
        assert_eq!(asked("https://x.org"), "https://x.org");
        assert_eq!(asked("HTTP://x.org"), "HTTP://x.org");
        assert_eq!(asked("mailto:a@b.c"), "mailto:a@b.c");
        assert_eq!(asked("help:keys"), "page keys");
        for url in ["javascript:alert(1)", "file:///etc/passwd", "x", "data:text/html,x", ""] {
            assert!(open(url).is_none(), "{url}");
        }
    }
}
