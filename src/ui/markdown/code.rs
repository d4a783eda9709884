//! Code blocks: one frame, drawn in chunks, coloured when the colours are known.

use egui::{
    Align, Color32, CornerRadius, FontId, Layout, Rect, Sense, Stroke, StrokeKind, TextFormat, Ui,
    UiBuilder, pos2, text::LayoutJob, vec2,
};

use super::CodeBlock;
use super::copied::{mark_copied, was_copied};
use super::dashes::{apart, without_ligatures};
use super::highlight::{Highlighter, LineColors, Token};
use super::scroll_x::{bar_ui, scroll_x};
use super::text::{galley_ui, selectable};
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const BAR: f32 = 32.0;
const PADDING: f32 = 12.0;

/// What the view of a code block remembers.
#[derive(Debug, Default)]
pub struct CodeView {
    scroll: f32,
    block: Option<(u64, String)>,
    asked: usize,
    colors: Vec<LineColors>,
}

impl CodeView {
    /// Draws a chunk; the first has the bar. `open`: the last line may still grow.
    pub fn chunk_ui(
        &mut self,
        ui: &mut Ui,
        code: &CodeBlock,
        (chunk, open): (usize, bool),
        highlighter: &mut Highlighter,
        out: &mut Vec<UiCommand>,
    ) {
        let first = chunk == 0;
        let last = chunk + 1 >= code.chunks();
        let lines = chunk * CodeBlock::CHUNK..((chunk + 1) * CodeBlock::CHUNK).min(code.lines());
        let growing = usize::from(open && last);
        let until = lines.end.min(code.lines().saturating_sub(growing));
        self.color(ui, code, until, highlighter);
        let head = if first { BAR + 1.0 + PADDING } else { 0.0 };
        let size = vec2(ui.available_width(), Self::height(code, chunk));
        let (rect, response) = ui.allocate_exact_size(size, selectable());
        paint_frame(ui, rect, first, last);
        if first {
            bar(ui, Rect::from_min_size(rect.min, vec2(size.x, BAR)), code, out);
        }
        let body = Rect::from_min_max(
            pos2(rect.left() + 1.0, rect.top() + head),
            pos2(rect.right() - 1.0, rect.bottom()),
        );
        let advance = ui.fonts_mut(|fonts| fonts.glyph_width(&theme::mono(), 'm'));
        let width = code.columns as f32 * advance + 2.0 * PADDING;
        scroll_x(ui, body, width, &mut self.scroll);
        let galley = {
            let job = self.layout(ui, code, lines);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let pos = pos2(body.left() + PADDING - self.scroll, body.top());
        let mut text = ui.new_child(UiBuilder::new().max_rect(body).id_salt("code"));
        text.shrink_clip_rect(body);
        galley_ui(&text, &response, pos, galley);
        if last {
            bar_ui(ui, ui.scope_id().with("scroll"), body, width, &mut self.scroll);
        }
    }

    /// The height of a chunk.
    pub fn height(code: &CodeBlock, chunk: usize) -> f32 {
        let (first, last) = (chunk == 0, chunk + 1 >= code.chunks());
        let lines = code.lines().saturating_sub(chunk * CodeBlock::CHUNK).min(CodeBlock::CHUNK);
        let head = if first { BAR + 1.0 + PADDING } else { 0.0 };
        let foot = if last { PADDING + 1.0 } else { 0.0 };
        head + lines.max(usize::from(first && last)) as f32 * theme::CODE_LINE_HEIGHT + foot
    }

    /// Fetches colours that are ready, and asks for those up to the line `until`.
    fn color(&mut self, ui: &Ui, code: &CodeBlock, until: usize, highlighter: &mut Highlighter) {
        if code.language.is_empty() {
            return;
        }
        if self.block.as_ref().is_none_or(|(_, language)| *language != code.language) {
            let block = highlighter.new_block();
            *self = Self {
                scroll: self.scroll,
                block: Some((block, code.language.clone())),
                ..Self::default()
            };
        }
        let Some((block, language)) = &self.block else { return };
        self.colors.extend(highlighter.take(*block));
        while self.asked < until {
            let lines = (self.asked..until).map(|line| code.line(line));
            match highlighter.ask(ui.ctx(), *block, language, lines) {
                0 => return,
                taken => self.asked += taken,
            }
        }
    }

    fn layout(&self, ui: &Ui, code: &CodeBlock, lines: std::ops::Range<usize>) -> LayoutJob {
        let palette = Palette::of(ui);
        let mut job = LayoutJob::default();
        let last = lines.end;
        for index in lines {
            let line = code.line(index);
            let colors = self.colors.get(index).map(Vec::as_slice).unwrap_or_default();
            // Colours of a line that has changed since are not used.
            let colors =
                if colors.last().is_some_and(|(end, _)| *end == line.len()) { colors } else { &[] };
            let mut start = 0;
            for (end, token) in colors {
                append(&mut job, line.get(start..*end).unwrap_or_default(), palette, *token);
                start = *end;
            }
            append(&mut job, line.get(start..).unwrap_or_default(), palette, Token::Plain);
            if index + 1 < last {
                job.append("\n", 0.0, format(palette, Token::Plain));
            }
        }
        if job.text.is_empty() {
            job.append("", 0.0, format(palette, Token::Plain));
        }
        job
    }
}

fn append(job: &mut LayoutJob, text: &str, palette: &Palette, token: Token) {
    for (index, piece) in without_ligatures(text).enumerate() {
        job.append(piece, 0.0, apart(format(palette, token), index));
    }
}

fn format(palette: &Palette, token: Token) -> TextFormat {
    let color = match token {
        Token::Plain => palette.text,
        Token::Keyword => palette.syntax_keyword,
        Token::Function => palette.syntax_function,
        Token::String => palette.syntax_string,
        Token::Comment => palette.syntax_comment,
    };
    TextFormat {
        line_height: Some(theme::CODE_LINE_HEIGHT),
        ..TextFormat::simple(FontId::monospace(12.5), color)
    }
}

/// A stretch of a frame that goes on in the chunks above and below.
fn paint_frame(ui: &Ui, rect: Rect, first: bool, last: bool) {
    let palette = Palette::of(ui);
    let mut whole = rect;
    if !first {
        whole.min.y -= 40.0;
    }
    if !last {
        whole.max.y += 40.0;
    }
    ui.painter().with_clip_rect(rect.intersect(ui.clip_rect())).rect(
        whole,
        CornerRadius::same(theme::CARD_ROUNDING),
        palette.code,
        Stroke::new(1.0, palette.line),
        StrokeKind::Inside,
    );
}

fn bar(ui: &mut Ui, rect: Rect, code: &CodeBlock, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    let line = Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() + 0.5, line);
    let inner = Rect::from_min_max(
        pos2(rect.left() + 13.0, rect.top() + 1.0),
        pos2(rect.right() - 5.0, rect.bottom()),
    );
    let builder = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center));
    let mut bar = ui.new_child(builder.id_salt("bar"));
    let language = if code.language.is_empty() { "text" } else { &code.language };
    widgets::small_label(&mut bar, language, palette.dim);
    bar.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let id = ui.scope_id().with("copied");
        if copy_button(ui, was_copied(ui, id)).clicked() {
            mark_copied(ui, id);
            out.push(UiCommand::CopyText(code.text.clone()));
        }
    });
}

fn copy_button(ui: &mut Ui, copied: bool) -> egui::Response {
    let palette = Palette::of(ui);
    let (text, name, icon) = if copied {
        ("Copied", "Code copied", Icon::Check)
    } else {
        ("Copy", "Copy code", Icon::Copy)
    };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::small(), Color32::PLACEHOLDER);
    let (rect, response) =
        ui.allocate_exact_size(vec2(galley.size().x.ceil() + 38.0, 26.0), Sense::click());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    let color = if response.hovered() { palette.text } else { palette.dim };
    if response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(6), palette.hover);
    }
    let square = Rect::from_min_size(pos2(rect.left() + 8.0, rect.top() + 5.0), vec2(16.0, 16.0));
    widgets::paint_icon(ui, icon, square, if copied { palette.ok } else { color });
    let pos = pos2(square.right() + 6.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley_with_override_text_color(pos, galley, color);
    widgets::focus_ring(ui, &response, 6);
    response.on_hover_cursor(egui::CursorIcon::PointingHand)
}
