//! What the user wrote: a bubble at the right, and the editor that it turns into.

mod editor;

pub(super) use self::editor::editor_ui;

use egui::{
    Align, CornerRadius, Layout, Rect, Response, TextFormat, Ui, UiBuilder, pos2, text::LayoutJob,
    text_selection::LabelSelectionState, vec2,
};

use super::Draw;
use super::actions::{shown_when_near, siblings_ui};
use super::chat::{Fold, Folds};
use crate::protocol::Message;
use crate::state::UiCommand;
use crate::ui::icon::Icon;
use crate::ui::markdown::CodeBlock;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Lines of a long text that are shown at first.
const SHOWN_LINES: usize = 20;
/// Lines that are drawn together.
const CHUNK: usize = 40;
const MAX_WIDTH: f32 = 560.0;
const LINE: f32 = 20.0;
const PADDING: egui::Vec2 = vec2(14.0, 10.0);

/// The lines of a message of the user.
#[derive(Debug, Default)]
pub(super) struct UserView {
    lines: CodeBlock,
    bytes: Option<usize>,
    shown: usize,
}

impl UserView {
    /// Takes over the text; gives the number of chunks.
    pub(super) fn update(&mut self, message: &Message, all: bool) -> usize {
        let bytes: usize = message.parts.iter().map(super::parts::text_len).sum();
        if self.bytes != Some(bytes) {
            self.bytes = Some(bytes);
            self.lines = CodeBlock::of("", &message.text());
        }
        let lines = self.lines.lines();
        self.shown = if all || lines <= SHOWN_LINES + 2 { lines } else { SHOWN_LINES };
        self.shown.div_ceil(CHUNK).max(1)
    }

    pub(super) fn estimate(&self, item: usize) -> f32 {
        self.shown.saturating_sub(item * CHUNK).min(CHUNK) as f32 * LINE + 2.0 * PADDING.y
    }

    /// Draws a chunk of the bubble; the last has the buttons.
    pub(super) fn bubble_ui(
        &mut self,
        ui: &mut Ui,
        message: &Message,
        item: usize,
        folds: &mut Folds,
        draw: &mut Draw<'_>,
    ) {
        let palette = Palette::of(ui);
        let full = ui.available_rect_before_wrap();
        let room = MAX_WIDTH.min(full.width() - 100.0).max(120.0);
        let first = item == 0;
        let end = ((item + 1) * CHUNK).min(self.shown);
        let last = end >= self.shown;
        let folded = last && self.shown < self.lines.lines();
        let unfolded = last && self.lines.lines() > SHOWN_LINES + 2 && !folded;
        let galley = {
            let job = self.job(ui, item * CHUNK..end, room - 2.0 * PADDING.x);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let one = self.shown <= CHUNK;
        let width = if one { galley.size().x + 2.0 * PADDING.x } else { room }.ceil();
        let above = if first { PADDING.y } else { 0.0 };
        let below = if last { PADDING.y } else { 0.0 };
        let more = if folded || unfolded { 28.0 } else { 0.0 };
        let width = if more > 0.0 { width.max(120.0) } else { width };
        let height = above + galley.size().y + more + below;
        let rect = Rect::from_min_size(pos2(full.right() - width, full.top()), vec2(width, height));
        ui.painter().rect_filled(rect, corners(first, last), palette.user);
        let mut sense = egui::Sense::click_and_drag();
        sense -= egui::Sense::FOCUSABLE;
        let response = ui.allocate_rect(rect, sense);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, galley.text()));
        let pos = rect.min + vec2(PADDING.x, above);
        let text_bottom = pos.y + galley.size().y;
        let stroke = egui::Stroke::NONE;
        LabelSelectionState::label_text_selection(ui, &response, pos, galley, palette.text, stroke);
        if more > 0.0 {
            let corner =
                Rect::from_min_size(pos2(rect.left() + 10.0, text_bottom + 4.0), vec2(200.0, 24.0));
            let mut fold = ui.new_child(UiBuilder::new().max_rect(corner).id_salt("fold"));
            let label = if folded { "Show all" } else { "Show less" };
            if widgets::link_button(&mut fold, label).clicked() {
                folds.toggle(message.id, Fold::All(0));
            }
        }
        if last {
            let strip = Rect::from_min_max(
                pos2(full.left(), full.top()),
                pos2(rect.left() - 8.0, rect.bottom()),
            );
            tools_ui(ui, message, (&response, strip), folds, draw);
        }
    }

    fn job(&self, ui: &Ui, lines: std::ops::Range<usize>, width: f32) -> LayoutJob {
        let format = TextFormat {
            line_height: Some(LINE),
            ..TextFormat::simple(theme::body(), Palette::of(ui).text)
        };
        let mut text = String::new();
        for index in lines.clone() {
            if index > lines.start {
                text.push('\n');
            }
            text.push_str(self.lines.line(index));
        }
        let mut job = LayoutJob::single_section(text, format);
        job.wrap.max_width = width;
        job
    }
}

fn corners(first: bool, last: bool) -> CornerRadius {
    let (top, bottom) = (if first { 14 } else { 0 }, if last { 14 } else { 0 });
    CornerRadius { nw: top, ne: top, sw: bottom, se: if last { 4 } else { 0 } }
}

/// The way between versions, at the right above the bubble: there it stays under the pointer when
/// the version that is chosen is longer or shorter.
pub(super) fn versions_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    let row = vec2(ui.available_width(), 26.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        siblings_ui(ui, message, draw.out);
    });
}

/// Edit and copy, at the left of the bubble. They show under the pointer and with the keyboard;
/// they can always be reached.
fn tools_ui(
    ui: &mut Ui,
    message: &Message,
    (bubble, strip): (&Response, Rect),
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let row = Rect::from_min_max(
        pos2(strip.left(), strip.bottom() - 33.0),
        pos2(strip.right(), strip.bottom() - 7.0),
    );
    let near = bubble.rect.expand2(vec2(160.0, 12.0));
    let builder = UiBuilder::new().max_rect(row).layout(Layout::right_to_left(Align::Center));
    let mut tools = ui.new_child(builder.id_salt("tools"));
    tools.spacing_mut().item_spacing.x = 4.0;
    shown_when_near(&mut tools, near, |ui| {
        let copy = widgets::icon_button(ui, Icon::Copy, "Copy message");
        let edit = widgets::icon_button(ui, Icon::Pencil, "Edit message");
        if copy.clicked() {
            draw.out.push(UiCommand::CopyText(message.text()));
        }
        if edit.clicked() {
            folds.editing = Some((message.id, message.text()));
        }
        copy.has_focus() || edit.has_focus()
    });
}
