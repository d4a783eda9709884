//! The end of an answer: what goes on, or how it ended.

use egui::{Align, Layout, Ui, vec2};

use super::chat::{Fold, Folds};
use super::{Draw, format};
use crate::protocol::{AgentState, Answer, AnswerStatus, Message, Part, Role, StopMode};
use crate::state::{LiveRun, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// What the run does right now.
pub(super) fn live_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    let run = draw.conversation.run.as_ref().filter(|run| run.answer == message.id);
    let Some(run) = run else {
        status_ui(ui, "Waiting…");
        return;
    };
    let thinks = matches!(message.parts.last(), Some(Part::Thinking { ended: None, .. }));
    if run.retry.is_some() {
        retry_ui(ui, run, draw);
        return;
    }
    match run.state {
        _ if run.stop.is_some() => status_ui(ui, "Stopping…"),
        AgentState::Stopping => status_ui(ui, "Stopping…"),
        AgentState::Thinking | AgentState::Retrying if !thinks => status_ui(ui, "Thinking…"),
        AgentState::AwaitingApproval => status_ui(ui, "Waiting for your approval"),
        AgentState::RunningTool => status_ui(ui, "Running a tool…"),
        AgentState::Streaming if message.parts.is_empty() => status_ui(ui, "Thinking…"),
        AgentState::Idle
        | AgentState::Thinking
        | AgentState::Streaming
        | AgentState::Retrying
        | AgentState::Failed => {}
    }
}

fn status_ui(ui: &mut Ui, text: &str) {
    let color = Palette::of(ui).dim;
    ui.horizontal(|ui| {
        spinner_ui(ui);
        let text = egui::RichText::new(text).size(12.5).color(color);
        ui.add(egui::Label::new(text).selectable(false));
    });
}

/// Eight spokes, of which one is bright: the next frame in 100 ms.
fn spinner_ui(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 20.0), egui::Sense::hover());
    let palette = Palette::of(ui);
    let step = (ui.input(|input| input.time) * 10.0) as usize;
    for spoke in 0..8_usize {
        let angle = spoke as f32 * std::f32::consts::TAU / 8.0;
        let direction = egui::Vec2::angled(angle);
        let age = (step + 8 - spoke) % 8;
        let color = palette.accent.gamma_multiply(1.0 - 0.11 * age as f32);
        let line = [rect.center() + direction * 3.5, rect.center() + direction * 7.0];
        ui.painter().line_segment(line, egui::Stroke::new(1.6, color));
    }
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
}

/// `Overloaded. Trying again in 4 s · try 2`.
fn retry_ui(ui: &mut Ui, run: &LiveRun, draw: &mut Draw<'_>) {
    let Some(retry) = &run.retry else { return };
    let left = retry.due.ms_since(draw.now);
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(left.clamp(100, 1_000)));
    let what = super::words::kind(retry.kind);
    let when = format!("Trying again in {} s · try {}", left.div_ceil(1_000), retry.attempt + 1);
    let message = &retry.message;
    card_ui(ui, (Icon::Clock, Palette::of(ui).warn), (what, &when), |ui| {
        if widgets::small_button(ui, "Stop").clicked() {
            draw.out.push(UiCommand::Stop(StopMode::Now));
        }
        if widgets::small_button(ui, "Now").clicked() {
            draw.out.push(UiCommand::RetryNow);
        }
    })
    .on_hover_text(message);
}

/// What stands below an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it is the last.
    #[default]
    Nothing,
    /// An answer that goes on from it.
    GoesOn,
    /// Anything else.
    Other,
}

impl Next {
    pub(super) fn of(message: &Message, next: Option<&Message>) -> Self {
        match next {
            None => Self::Nothing,
            Some(next) if next.role == Role::Assistant && next.parent == Some(message.id) => {
                Self::GoesOn
            }
            Some(_) => Self::Other,
        }
    }
}

/// Whether anything of the answer arrived.
fn arrived(message: &Message) -> bool {
    message.parts.iter().any(|part| match part {
        Part::Text { text } | Part::Thinking { text, .. } => !text.trim().is_empty(),
        Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. } => true,
        Part::Notice { .. } => false,
    })
}

/// How it ended.
pub(super) fn end_ui(
    ui: &mut Ui,
    message: &Message,
    next: Next,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let Some(answer) = &message.answer else { return };
    match answer.status {
        AnswerStatus::Interrupted if next == Next::GoesOn => {
            line_ui(ui, Icon::WifiOff, "Interrupted, continued below");
        }
        AnswerStatus::Stopped if next == Next::GoesOn => {
            line_ui(ui, Icon::CircleStop, "Stopped, continued below");
        }
        AnswerStatus::Stopped if next == Next::Other => line_ui(ui, Icon::CircleStop, "Stopped"),
        AnswerStatus::Interrupted => interrupted_ui(ui, message, answer, folds, draw),
        AnswerStatus::Failed => failed_ui(ui, message, answer, folds, draw),
        AnswerStatus::Stopped => stopped_ui(ui, message, answer, draw),
        AnswerStatus::Complete if ended_at_limit(message) => limit_ui(ui, message, draw),
        AnswerStatus::Open | AnswerStatus::Complete => {}
    }
}

/// Whether the last thing said of a complete answer is that it reached a limit.
pub(super) fn ended_at_limit(message: &Message) -> bool {
    let last = message.parts.last();
    last.is_some_and(|part| {
        matches!(part, Part::Notice { code, .. } if code == "turn_limit" || code == "length")
    })
}

fn limit_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    let warn = Palette::of(ui).warn;
    let words = ("Not finished.", "A limit ended the answer.");
    card_ui(ui, (Icon::CircleAlert, warn), words, |ui| {
        continue_button(ui, message, draw.out);
    });
}

fn kept(answer: &Answer) -> String {
    match answer.usage.completion_tokens {
        Some(tokens) => format!("What arrived is kept ({} tokens).", format::count(tokens)),
        None => "What arrived is kept.".to_owned(),
    }
}

fn interrupted_ui(
    ui: &mut Ui,
    message: &Message,
    answer: &Answer,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let open = folds.is_open(message.id, Fold::Details);
    let warn = Palette::of(ui).warn;
    let title = match &answer.error {
        Some(error) => format!("Interrupted. {}.", super::words::title(error)),
        None => "Interrupted.".to_owned(),
    };
    let mut toggle = false;
    card_ui(ui, (Icon::WifiOff, warn), (&title, &kept(answer)), |ui| {
        retry_button(ui, message, draw.out);
        continue_button(ui, message, draw.out);
        other_model_button(ui, message, draw.out);
        if answer.error.is_some() {
            toggle = widgets::Button::new("Details").small().ghost().ui(ui).clicked();
        }
    });
    details_ui(ui, answer, open);
    if toggle {
        folds.toggle(message.id, Fold::Details);
    }
}

fn stopped_ui(ui: &mut Ui, message: &Message, answer: &Answer, draw: &mut Draw<'_>) {
    let icon = (Icon::CircleStop, Palette::of(ui).dim);
    if arrived(message) {
        card_ui(ui, icon, ("Stopped.", &kept(answer)), |ui| {
            continue_button(ui, message, draw.out);
        });
    } else {
        card_ui(ui, icon, ("Stopped", "before anything arrived."), |ui| {
            retry_button(ui, message, draw.out);
        });
    }
}

/// How an answer ended that is not the last: nothing to do about it, but good to know.
fn line_ui(ui: &mut Ui, icon: Icon, text: &str) {
    let color = Palette::of(ui).dim;
    ui.horizontal(|ui| {
        widgets::icon(ui, icon, color);
        widgets::small_label(ui, text, color);
    });
}

fn failed_ui(
    ui: &mut Ui,
    message: &Message,
    answer: &Answer,
    folds: &mut Folds,
    draw: &mut Draw<'_>,
) {
    let palette = Palette::of(ui);
    let open = folds.is_open(message.id, Fold::Details);
    let (title, body) = match &answer.error {
        Some(error) => (super::words::title(error), super::words::body(error)),
        None => ("The answer failed".to_owned(), "Your message is saved.".to_owned()),
    };
    let mut toggle = false;
    widgets::card_frame(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        ui.horizontal(|ui| {
            widgets::icon(ui, Icon::CircleAlert, palette.err);
            let title = egui::RichText::new(title).font(theme::semibold(14.0));
            ui.add(egui::Label::new(title).wrap());
        });
        let body = egui::RichText::new(body).color(palette.dim);
        ui.add(egui::Label::new(body).wrap());
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            retry_button(ui, message, draw.out);
            other_model_button(ui, message, draw.out);
            if answer.error.is_some() {
                toggle = widgets::Button::new("Details").small().ghost().ui(ui).clicked();
            }
        });
    });
    details_ui(ui, answer, open);
    if toggle {
        folds.toggle(message.id, Fold::Details);
    }
}

fn retry_button(ui: &mut Ui, message: &Message, out: &mut Vec<UiCommand>) {
    if widgets::small_button(ui, "Retry").clicked() {
        out.push(UiCommand::Regenerate { answer: Some(message.id), model: None });
    }
}

fn continue_button(ui: &mut Ui, message: &Message, out: &mut Vec<UiCommand>) {
    if widgets::small_button(ui, "Continue").clicked() {
        out.push(UiCommand::Continue { answer: message.id });
    }
}

fn other_model_button(ui: &mut Ui, message: &Message, out: &mut Vec<UiCommand>) {
    if widgets::small_button(ui, "Use another model").clicked() {
        out.push(UiCommand::RegenerateWith { answer: message.id });
    }
}

/// Raw detail of a failure.
fn details_ui(ui: &mut Ui, answer: &Answer, open: bool) {
    let Some(error) = answer.error.as_ref().filter(|_| open) else { return };
    let mut lines = vec![answer.model.to_string()];
    lines.extend(error.status.map(|status| format!("status {status}")));
    lines.extend(error.code.as_ref().map(|code| format!("code {code}")));
    lines.push(error.message.chars().take(4_000).collect());
    ui.add_space(8.0);
    widgets::card_frame(ui).fill(Palette::of(ui).code).show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = egui::RichText::new(lines.join("\n")).font(theme::mono());
        ui.add(egui::Label::new(text).wrap());
    });
}

/// A card of one line: icon, title, body, buttons from the right.
fn card_ui(
    ui: &mut Ui,
    (icon, color): (Icon, egui::Color32),
    (title, body): (&str, &str),
    buttons: impl FnOnce(&mut Ui),
) -> egui::Response {
    let palette = Palette::of(ui);
    widgets::card_frame(ui)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.set_min_height(theme::SMALL_CONTROL_HEIGHT);
                ui.spacing_mut().item_spacing.x = 10.0;
                widgets::icon(ui, icon, color);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    buttons(ui);
                    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                        let mut job = egui::text::LayoutJob::default();
                        let plain = |color| egui::TextFormat::simple(theme::body(), color);
                        job.append(title, 0.0, plain(palette.text));
                        job.append(" ", 0.0, plain(palette.dim));
                        job.append(body, 0.0, plain(palette.dim));
                        ui.add(egui::Label::new(job).wrap());
                    });
                });
            });
        })
        .response
}
