//! The end of an answer: what goes on, or how it ended.

mod card;

use egui::{Ui, vec2};

pub(super) use self::card::{Action, Said, said_ui};
use self::card::{Shown, line_card_ui, tall_card_ui};
use super::chat::{Fold, Folds};
use super::{Draw, format};
use crate::protocol::{
    AgentState, Answer, AnswerStatus, ErrorKind, Message, ModelId, Part, Role, StopMode,
};
use crate::state::{AppState, LiveRun, Missing, PickerPurpose, UiCommand, nearest};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// What the run does right now.
pub(super) fn live_ui(ui: &mut Ui, message: &Message, draw: &mut Draw<'_>) {
    let conversation = draw.conversation;
    match conversation.run_of(message.id) {
        Some(run) if run.retry.is_some() => retry_ui(ui, run, draw),
        run => {
            if let Some(words) = words_for(message, run) {
                status_ui(ui, words);
            }
        }
    }
}

/// Whether anything is said of it besides what streams in.
pub(super) fn says_what_goes_on(message: &Message, run: Option<&LiveRun>) -> bool {
    run.is_some_and(|run| run.retry.is_some()) || words_for(message, run).is_some()
}

fn words_for(message: &Message, run: Option<&LiveRun>) -> Option<&'static str> {
    let Some(run) = run else { return Some("Waiting…") };
    let thinks = matches!(message.parts.last(), Some(Part::Thinking { ended: None, .. }));
    match run.state {
        _ if run.stop.is_some() => Some("Stopping…"),
        AgentState::Stopping => Some("Stopping…"),
        AgentState::Thinking | AgentState::Retrying if !thinks => Some("Thinking…"),
        AgentState::AwaitingApproval => Some("Waiting for your approval"),
        AgentState::RunningTool => Some("Running a tool…"),
        AgentState::Streaming if message.parts.is_empty() => Some("Thinking…"),
        AgentState::Idle
        | AgentState::Thinking
        | AgentState::Streaming
        | AgentState::Retrying
        | AgentState::Failed => None,
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
pub(super) fn spinner_ui(ui: &mut Ui) {
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
    let title = super::words::kind(retry.kind);
    let body = format!("Trying again in {} s · try {}", left.div_ceil(1_000), retry.attempt + 1);
    let color = Palette::of(ui).warn;
    let said = Said { icon: Icon::Clock, color, title, body: &body };
    let actions = [
        Action::new("Now", UiCommand::RetryNow),
        Action::new("Stop", UiCommand::Stop(StopMode::Now)),
    ];
    line_card_ui(ui, said, &actions, draw.out).response.on_hover_text(&retry.message);
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
    let (icon, color) = (Icon::CircleAlert, Palette::of(ui).warn);
    let said = Said { icon, color, title: "Not finished.", body: "A limit ended the answer." };
    line_card_ui(ui, said, &possible(vec![go_on(message)], draw), draw.out);
}

/// What can be done in this chat: a server takes messages, and nothing that changes an answer.
fn possible(mut actions: Vec<Action>, draw: &Draw<'_>) -> Vec<Action> {
    if draw.state.server_id_here().is_some() {
        actions.retain(Action::is_for_servers);
    }
    actions
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
    let title = match &answer.error {
        Some(error) => format!("Interrupted. {}.", super::words::title(error)),
        None => "Interrupted.".to_owned(),
    };
    let (icon, color) = (Icon::WifiOff, Palette::of(ui).warn);
    let said = Said { icon, color, title: &title, body: &kept(answer) };
    let kind = answer.error.as_ref().map(|error| error.kind);
    let mut actions = match kind {
        // Going on would end in the same way.
        Some(ErrorKind::ContextTooLong | ErrorKind::OverBudget) => ways_out(message, kind),
        Some(
            ErrorKind::Auth
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::NotFound
            | ErrorKind::BadRequest
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Cancelled,
        )
        | None => vec![go_on(message), retry(message), other_model(message)],
    };
    if answer.error.is_some() {
        actions.push(Action::details());
    }
    let shown = line_card_ui(ui, said, &possible(actions, draw), draw.out);
    details_ui(ui, (message, answer), &shown, folds);
}

fn stopped_ui(ui: &mut Ui, message: &Message, answer: &Answer, draw: &mut Draw<'_>) {
    let (icon, color) = (Icon::CircleStop, Palette::of(ui).dim);
    if arrived(message) {
        let said = Said { icon, color, title: "Stopped.", body: &kept(answer) };
        line_card_ui(ui, said, &possible(vec![go_on(message)], draw), draw.out);
    } else {
        let said = Said { icon, color, title: "Stopped", body: "before anything arrived." };
        line_card_ui(ui, said, &[retry(message)], draw.out);
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
    let (title, body) = match &answer.error {
        Some(error) => {
            let words = super::words::here(error, draw.state);
            (words.title, words.body)
        }
        None => ("The answer failed".to_owned(), "Your message is saved.".to_owned()),
    };
    let (icon, color) = (Icon::CircleAlert, Palette::of(ui).err);
    let said = Said { icon, color, title: &title, body: &body };
    let kind = answer.error.as_ref().map(|error| error.kind);
    let mut actions = ways_out(message, kind);
    if kind == Some(ErrorKind::NotFound) {
        not_found(ui, (message, answer), draw, &mut actions);
    }
    if answer.error.is_some() {
        actions.push(Action::details());
    }
    let shown = tall_card_ui(ui, said, &possible(actions, draw), draw.out);
    details_ui(ui, (message, answer), &shown, folds);
}

/// What may help, the likeliest first.
fn ways_out(message: &Message, kind: Option<ErrorKind>) -> Vec<Action> {
    let answer = message.id;
    match kind {
        Some(ErrorKind::ContextTooLong) => vec![
            Action::of(UiCommand::MakeRoom { answer }),
            Action::of(UiCommand::Pick(PickerPurpose::Summary(answer))),
            Action::of(UiCommand::Pick(PickerPurpose::MoreRoom(answer))),
            retry(message),
        ],
        Some(ErrorKind::OverBudget) => vec![
            Action::of(UiCommand::AnswerAnyway { answer }),
            Action::of(UiCommand::ChangeBudget),
            other_model(message),
        ],
        Some(ErrorKind::NotFound) => vec![other_model(message)],
        Some(
            ErrorKind::Auth
            | ErrorKind::RateLimited
            | ErrorKind::Overloaded
            | ErrorKind::BadRequest
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Cancelled,
        )
        | None => vec![retry(message), other_model(message)],
    }
}

/// Offers the model that is nearest to the one that was not found, first; and another try, unless
/// there is nobody who could find it.
fn not_found(
    ui: &Ui,
    (message, answer): (&Message, &Answer),
    draw: &Draw<'_>,
    actions: &mut Vec<Action>,
) {
    let state = draw.state;
    if let Some(model) = nearest_model(ui, answer, state) {
        let label = format!("Use {}", state.full_model_name(&model));
        let command = UiCommand::Regenerate { answer: Some(message.id), model: Some(model) };
        actions.insert(0, Action::new(label, command));
    }
    if state.missing(&answer.model) != Some(Missing::ProviderGone) {
        actions.push(retry(message));
    }
}

/// Kept as long as the lists are: to find it, all names are compared.
fn nearest_model(ui: &Ui, answer: &Answer, state: &AppState) -> Option<ModelId> {
    let lists: Vec<_> =
        state.providers.iter().map(|p| (p.models.as_ptr(), p.models.len())).collect();
    let key = egui::Id::unique(("nearest", &answer.model, lists));
    let known = ui.data(|data| data.get_temp::<Option<ModelId>>(key));
    known.unwrap_or_else(|| {
        let models = state.providers.iter().flat_map(|provider| &provider.models);
        let found = nearest(models, &answer.model, 1).first().map(|info| info.id.clone());
        ui.data_mut(|data| data.insert_temp(key, found.clone()));
        found
    })
}

fn retry(message: &Message) -> Action {
    let answer = Some(message.id);
    Action::new("Retry", UiCommand::Regenerate { answer, model: None })
}

fn go_on(message: &Message) -> Action {
    Action::of(UiCommand::Continue { answer: message.id })
}

fn other_model(message: &Message) -> Action {
    Action::of(UiCommand::RegenerateWith { answer: message.id })
}

/// Raw detail of a failure.
fn details_ui(
    ui: &mut Ui,
    (message, answer): (&Message, &Answer),
    shown: &Shown,
    folds: &mut Folds,
) {
    let open = folds.is_open(message.id, Fold::Details);
    if shown.details {
        folds.toggle(message.id, Fold::Details);
        ui.ctx().request_repaint();
    }
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
