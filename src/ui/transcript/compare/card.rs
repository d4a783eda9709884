//! The first and the last line of a card.

use egui::{Align, Layout, Role, Sense, Ui, WidgetInfo, vec2};

use super::super::{Draw, format, parts};
use crate::protocol::{AgentState, Answer, AnswerStatus, Message, Part, Timestamp};
use crate::state::{LiveRun, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::markdown::{mark_copied, was_copied};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

/// Bytes of text that a token stands for, about.
const BYTES_PER_TOKEN: usize = 4;

/// Dot, name, and how it went or goes; all else on hover.
pub(in crate::ui::transcript) fn head_ui(ui: &mut Ui, message: &Message, draw: &Draw<'_>) {
    let palette = Palette::of(ui);
    let Some(answer) = &message.answer else { return };
    let name: &str = &draw.state.full_model_name(&answer.model);
    let status = status(message, answer, draw);
    let small = |text: &str, font| ui.painter().layout_no_wrap(text.to_owned(), font, palette.dim);
    let name_width = small(name, theme::semibold(12.0)).size().x;
    let status_width = small(&status, theme::small()).size().x;
    let wide = 16.0 + name_width + 8.0 + status_width;
    let one_row = wide <= ui.available_width();
    let row = ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 20.0),
        Layout::left_to_right(Align::Center),
        |ui| {
            ui.set_min_height(20.0);
            widgets::dot(ui, theme::model_color(palette, &answer.model));
            widgets::truncated_label(ui, name, theme::semibold(12.0), palette.text);
            if one_row {
                widgets::small_label(ui, &status, palette.dim);
            }
        },
    );
    let mut rect = row.response.rect;
    if !one_row {
        let row = vec2(ui.available_width(), 18.0);
        ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(row.y);
            // Below the name, not below the dot.
            ui.add_space(16.0);
            // The cost is what the cards are compared by: rather no time than half of it.
            let short = (status_width > ui.available_width()).then(|| short_status(answer));
            let short = short.flatten();
            let status = short.as_ref().unwrap_or(&status);
            let line = widgets::truncated_label(ui, status, theme::small(), palette.dim);
            rect = rect.union(line.rect);
        });
    }
    let hover = ui.interact(rect, ui.scope_id().with("head"), Sense::hover());
    hover.on_hover_ui(|ui| {
        ui.label(format::answer_details(message, answer, draw.zone));
    });
    ui.add_space(6.0);
}

/// Dot, name, and how it went or goes, in one line.
pub(super) fn line_ui(ui: &mut Ui, message: &Message, draw: &Draw<'_>) {
    let palette = Palette::of(ui);
    let Some(answer) = &message.answer else { return };
    let row = vec2(ui.available_width(), 20.0);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_height(row.y);
        widgets::dot(ui, theme::model_color(palette, &answer.model));
        let name: &str = &draw.state.full_model_name(&answer.model);
        widgets::truncated_label(ui, name, theme::semibold(12.0), palette.text);
        let status = status(message, answer, draw);
        widgets::truncated_label(ui, &status, theme::small(), palette.dim);
    });
}

/// `2.1 s · 188 tok · $0.003`, or what goes on.
fn status(message: &Message, answer: &Answer, draw: &Draw<'_>) -> String {
    match answer.status {
        AnswerStatus::Open => match draw.conversation.run_of(message.id) {
            Some(run) => progress(message, answer, run, draw.now),
            None => "on its way".to_owned(),
        },
        AnswerStatus::Complete => format::card_line(answer),
        AnswerStatus::Stopped => format!("stopped · {}", format::card_line(answer)),
        AnswerStatus::Interrupted => format!("interrupted · {}", format::card_line(answer)),
        AnswerStatus::Failed => "failed".to_owned(),
    }
}

/// The same without the time, where an answer has ended.
fn short_status(answer: &Answer) -> Option<String> {
    match answer.status {
        AnswerStatus::Open | AnswerStatus::Failed => None,
        AnswerStatus::Complete => Some(format::short_card_line(answer)),
        AnswerStatus::Stopped => Some(format!("stopped · {}", format::short_card_line(answer))),
        AnswerStatus::Interrupted => {
            Some(format!("interrupted · {}", format::short_card_line(answer)))
        }
    }
}

fn progress(message: &Message, answer: &Answer, run: &LiveRun, now: Timestamp) -> String {
    let text = match run.state {
        _ if run.stop.is_some() => "stopping",
        _ if run.retry.is_some() => "waits to try again",
        AgentState::Idle => "waiting",
        AgentState::Thinking => "thinking",
        AgentState::AwaitingApproval => "waits for approval",
        AgentState::RunningTool => "runs a tool",
        AgentState::Retrying => "tries again",
        AgentState::Stopping => "stopping",
        AgentState::Failed => "failing",
        AgentState::Streaming => match speed(message, answer, now) {
            Some(speed) => return format!("streaming · {speed} tok/s"),
            None => "streaming",
        },
    };
    text.to_owned()
}

/// Tokens a second since the first of them, by the length of the text: the provider counts them
/// only at the end.
fn speed(message: &Message, answer: &Answer, now: Timestamp) -> Option<u64> {
    let begun = message.created.plus_ms(answer.first_token_ms?);
    let elapsed = now.ms_since(begun);
    let bytes: usize = message.parts.iter().map(written).sum();
    let tokens = (bytes / BYTES_PER_TOKEN) as u64;
    (elapsed >= 500).then(|| (tokens * 1_000 + elapsed / 2) / elapsed)
}

fn written(part: &Part) -> usize {
    match part {
        Part::Text { text } | Part::Thinking { text, .. } => text.len(),
        Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => 0,
    }
}

/// Copy, regenerate, keep.
pub(in crate::ui::transcript) fn foot_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    let Some(answer) = &message.answer else { return };
    let name: &str = &draw.state.full_model_name(&answer.model);
    let row = vec2(ui.available_width(), theme::ICON_BUTTON.y);
    ui.allocate_ui_with_layout(row, Layout::left_to_right(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let has_text = message.parts.iter().any(|part| parts::text_len(part) > 0);
        let id = ui.scope_id().with("copied");
        let icon = if was_copied(ui, id) { Icon::Check } else { Icon::Copy };
        let copies = |ui: &mut Ui| {
            widgets::icon_button(ui, icon, &format!("Copy the answer of {name}")).clicked()
        };
        if has_text && copies(ui) {
            mark_copied(ui, id);
            draw.out.push(UiCommand::CopyText(message.text()));
        }
        let again = format!("Regenerate the answer of {name}");
        if widgets::icon_button(ui, Icon::RotateCw, &again).clicked() {
            draw.out.push(UiCommand::Regenerate { answer: Some(message.id), model: None });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| keep_ui(ui, message, name, draw));
    });
}

fn keep_ui(ui: &mut Ui, message: &Message, name: &str, draw: &mut Draw<'_>) {
    let last = draw.conversation.messages.back();
    let kept = last.is_some_and(|last| last.id == message.id);
    let (text, icon) = if kept { ("Kept", Some(Icon::Check)) } else { ("Keep this one", None) };
    let chip = Chip { text, dot: None, icon, trailing: None, chosen: Chosen::from(kept) };
    let response = widgets::chip_with(ui, chip);
    let label = format!("Keep the answer of {name}");
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, kept, &label));
    let hint =
        if kept { "The chat goes on from this answer" } else { "Let the chat go on from this one" };
    if response.on_hover_text(hint).clicked() && !kept {
        draw.out.push(UiCommand::KeepAnswer(message.id));
    }
}
