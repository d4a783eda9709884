//! The parts of an answer besides its text: who gave it, thinking, tools, remarks, files.

use egui::{
    Align, CursorIcon, FontId, Layout, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::chat::{Fold, Folds};
use super::message::MessageView;
use super::{Draw, format};
use crate::protocol::{Message, Part};
use crate::ui::icon::Icon;
use crate::ui::markdown::{CodeBlock, CodeView, Image, Shared};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Lines of a tool's result that are shown at first.
const RESULT_LINES: usize = 200;

/// Bytes of text in a part.
pub(super) fn text_len(part: &Part) -> usize {
    match part {
        Part::Text { text } => text.len(),
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => 0,
    }
}

/// Draws further to the right.
pub(super) fn indented(ui: &mut Ui, by: f32, add: impl FnOnce(&mut Ui)) {
    let full = ui.available_rect_before_wrap();
    let rect = Rect::from_min_max(pos2(full.left() + by, full.top()), full.max);
    ui.scope_builder(UiBuilder::new().max_rect(rect), add);
}

/// Dot, name, time, tokens and cost; all else on hover.
pub(super) fn who_ui(ui: &mut Ui, message: &Message, draw: &Draw<'_>) {
    let palette = Palette::of(ui);
    let speaker = super::opening::speaker(draw, message);
    let Some(answer) = &message.answer else { return said_by_ui(ui, message, draw) };
    let row = ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 20.0),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_height(20.0);
            let model: &str = &draw.state.full_model_name(&answer.model);
            let line = format::answer_line(message, answer, draw.zone);
            match speaker {
                Some((name, color)) => {
                    name_ui(ui, name, palette.tile(color).ink);
                    widgets::small_label(ui, &format!("{model} · {line}"), palette.dim);
                }
                None => {
                    name_ui(ui, model, theme::model_color(palette, &answer.model));
                    widgets::small_label(ui, &line, palette.dim);
                }
            }
        },
    );
    let hover = ui.interact(row.response.rect, ui.scope_id().with("who"), Sense::hover());
    hover.on_hover_ui(|ui| {
        ui.label(format::answer_details(message, answer, draw.zone));
    });
    ui.add_space(6.0);
}

/// Dot and name.
fn name_ui(ui: &mut Ui, name: &str, color: egui::Color32) {
    widgets::dot(ui, color);
    let text = egui::RichText::new(name).font(theme::semibold(12.0)).color(Palette::of(ui).text);
    ui.add(egui::Label::new(text).selectable(false));
}

/// Who says what no model has said: a message that the chat opened with.
fn said_by_ui(ui: &mut Ui, message: &Message, draw: &Draw<'_>) {
    let Some((name, color)) = super::opening::speaker(draw, message) else { return };
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), 20.0);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(20.0);
        name_ui(ui, name, palette.tile(color).ink);
        widgets::small_label(ui, &format::time(message.created, draw.zone), palette.dim);
    });
    ui.add_space(6.0);
}

/// A row that folds something: chevron, icon, and what `add` draws.
pub(super) fn fold_row_ui(
    ui: &mut Ui,
    (name, open): (&str, bool),
    icon: Icon,
    add: impl FnOnce(&mut Ui),
) -> Response {
    let palette = Palette::of(ui);
    let size = vec2(ui.available_width(), 20.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, open, name));
    let color = if response.hovered() { palette.text } else { palette.dim };
    let builder = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    let mut row = ui.new_child(builder.id_salt("row"));
    widgets::icon(&mut row, if open { Icon::ChevronDown } else { Icon::ChevronRight }, color);
    widgets::icon(&mut row, icon, color);
    add(&mut row);
    widgets::focus_ring(ui, &response, 4);
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// `Thought for 4 s`.
pub(super) fn thinking_ui(
    ui: &mut Ui,
    message: &Message,
    part: usize,
    folds: &mut Folds,
    draw: &Draw<'_>,
) {
    let Some(Part::Thinking { started, ended, .. }) = message.parts.get(part) else { return };
    let label = match ended {
        Some(ended) => format!("Thought for {}", format::thought(ended.ms_since(*started))),
        None if message.is_open() => {
            let ms = draw.now.ms_since(*started);
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(1_000 - ms % 1_000));
            format!("Thinking… {} s", ms / 1_000)
        }
        None => "Thought".to_owned(),
    };
    let open = folds.is_open(message.id, Fold::Part(part));
    let color = Palette::of(ui).dim;
    let row = fold_row_ui(ui, (&label, open), Icon::Brain, |ui| {
        widgets::inner_text(ui, &label, FontId::proportional(12.5), color);
    });
    if row.clicked() {
        folds.toggle(message.id, Fold::Part(part));
    }
}

/// The card of a tool call.
pub(super) fn tool_ui(
    ui: &mut Ui,
    message: &Message,
    (part, result): (usize, Option<&Part>),
    folds: &mut Folds,
) {
    let Some(Part::ToolCall { tool, args, .. }) = message.parts.get(part) else { return };
    let open = folds.is_open(message.id, Fold::Part(part));
    let running = message.is_open();
    let summary = summary(args);
    let name = format!("{tool} {summary}");
    let clicked = card(ui, |ui| {
        fold_row_ui(ui, (&name, open), Icon::Wrench, |ui| {
            let palette = Palette::of(ui);
            widgets::inner_text(ui, tool, theme::mono(), palette.dim);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                outcome_ui(ui, result, running);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    widgets::inner_text(ui, &summary, theme::mono(), palette.faint);
                });
            });
        })
        .clicked()
    });
    if clicked {
        folds.toggle(message.id, Fold::Part(part));
    }
}

/// Whether a tool worked, and how long it took.
fn outcome_ui(ui: &mut Ui, result: Option<&Part>, running: bool) {
    let palette = Palette::of(ui);
    let (icon, text, color) = match result {
        Some(Part::ToolResult { success: true, elapsed_ms, .. }) => {
            (Icon::Check, format::duration(*elapsed_ms), palette.ok)
        }
        Some(Part::ToolResult { elapsed_ms, .. }) => {
            (Icon::X, format!("failed · {}", format::duration(*elapsed_ms)), palette.err)
        }
        Some(_) | None if running => (Icon::Loader, "running".to_owned(), palette.dim),
        Some(_) | None => (Icon::Ban, "no result".to_owned(), palette.faint),
    };
    ui.spacing_mut().item_spacing.x = 4.0;
    let label = egui::RichText::new(text).size(12.5).color(color);
    ui.add(egui::Label::new(label).selectable(false).extend());
    widgets::icon(ui, icon, color);
    ui.add_space(8.0);
}

/// One line for the arguments of a tool.
fn summary(args: &serde_json::Value) -> String {
    let text = match args {
        serde_json::Value::Object(fields) if fields.len() == 1 => match fields.values().next() {
            Some(serde_json::Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        },
        serde_json::Value::Object(fields) if fields.is_empty() => String::new(),
        serde_json::Value::Null => String::new(),
        serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => args.to_string(),
    };
    text.chars().take(200).map(|sign| if sign == '\n' { ' ' } else { sign }).collect()
}

pub(super) fn card<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = widgets::card_frame(ui);
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}

impl MessageView {
    /// A picture or a file.
    pub(super) fn attachment_ui(
        &mut self,
        ui: &mut Ui,
        message: &Message,
        part: usize,
        folds: &mut Folds,
        draw: &mut Draw<'_>,
    ) {
        let open = folds.is_open(message.id, Fold::Part(part));
        match message.parts.get(part) {
            Some(Part::Image { url, alt }) => {
                let mut shown = open;
                let image = Image { url, alt };
                draw.shared.images.image_ui(ui, image, &mut shown, draw.out);
                if shown != open {
                    folds.toggle(message.id, Fold::Part(part));
                }
            }
            Some(Part::File { name, text }) => {
                let clicked = card(ui, |ui| file_row_ui(ui, name, text, open));
                if clicked {
                    folds.toggle(message.id, Fold::Part(part));
                }
            }
            Some(
                Part::Text { .. }
                | Part::Thinking { .. }
                | Part::ToolCall { .. }
                | Part::ToolResult { .. }
                | Part::Notice { .. },
            )
            | None => {}
        }
    }
}

fn file_row_ui(ui: &mut Ui, name: &str, text: &str, open: bool) -> bool {
    fold_row_ui(ui, (name, open), Icon::FileText, |ui| {
        let palette = Palette::of(ui);
        widgets::inner_text(ui, name, theme::body(), palette.text);
        widgets::inner_text(ui, &format::bytes(text.len()), theme::small(), palette.faint);
    })
    .clicked()
}

/// The unfolded contents of a tool call or a file.
#[derive(Debug, Default)]
pub(super) struct ToolView {
    blocks: Vec<(CodeBlock, CodeView)>,
    seen: Option<(usize, bool)>,
    hidden: usize,
}

impl ToolView {
    /// Takes over arguments and result; gives the number of items.
    pub(super) fn update(
        &mut self,
        args: &serde_json::Value,
        result: Option<&Part>,
        all: bool,
    ) -> usize {
        let result = match result {
            Some(Part::ToolResult { result, .. }) => Some(result.as_str()),
            Some(_) | None => None,
        };
        let seen = Some((result.map_or(0, |result| result.len() + 1), all));
        if self.seen != seen {
            self.seen = seen;
            self.hidden = 0;
            let args = serde_json::to_string_pretty(args).unwrap_or_default();
            self.blocks = vec![(CodeBlock::of("json", &args), CodeView::default())];
            if let Some(result) = result {
                let lines = result.lines().count();
                let shown = if all || lines <= RESULT_LINES {
                    CodeBlock::of("", result)
                } else {
                    self.hidden = lines;
                    let head: Vec<&str> = result.lines().take(RESULT_LINES).collect();
                    CodeBlock::of("", &head.join("\n"))
                };
                self.blocks.push((shown, CodeView::default()));
            }
        }
        self.items()
    }

    /// Takes over the text of a file; gives the number of items.
    pub(super) fn update_file(&mut self, text: &str) -> usize {
        let seen = Some((text.len(), true));
        if self.seen != seen {
            self.seen = seen;
            self.blocks = vec![(CodeBlock::of("", text), CodeView::default())];
        }
        self.items()
    }

    fn items(&self) -> usize {
        let chunks: usize = self.blocks.iter().map(|(block, _)| block.chunks()).sum();
        chunks + usize::from(self.hidden > 0)
    }

    /// Draws an item. Says whether the rest was asked for.
    pub(super) fn item_ui(
        &mut self,
        ui: &mut Ui,
        item: usize,
        shared: &mut Shared,
        out: &mut Vec<crate::state::UiCommand>,
    ) -> bool {
        let mut chunk = item;
        for (index, (block, view)) in self.blocks.iter_mut().enumerate() {
            if chunk < block.chunks() {
                if chunk == 0 && index > 0 {
                    ui.add_space(8.0);
                }
                view.chunk_ui(ui, block, (chunk, false), &mut shared.highlighter, out);
                return false;
            }
            chunk -= block.chunks();
        }
        widgets::link_button(ui, &format!("Show all {} lines", self.hidden)).clicked()
    }
}
