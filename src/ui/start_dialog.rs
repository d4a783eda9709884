//! Asks what a bot wants to know before a chat begins with it.

use egui::{
    Context, Id, Key, Modal, Modifiers, Response, RichText, ScrollArea, TextEdit, Ui,
    text::CCursorRange, vec2,
};

use super::bot_tile::{BotTile, TileSize};
use super::settings::field::Field;
use super::shell;
use super::theme::{self, Palette};
use super::widgets::{self, Chosen};
use crate::protocol::{Bot, BotId, Variable, VariableKind};
use crate::state::{AppState, BotCommand, Overlay, UiCommand};

const WIDTH: f32 = 480.0;

/// The answers as they are typed.
#[derive(Debug, Default)]
pub struct StartDialog {
    asked: Option<Asked>,
}

#[derive(Debug)]
struct Asked {
    bot: BotId,
    answers: Vec<String>,
    /// What they were at first.
    given: Vec<String>,
    /// The first field has had the keyboard.
    focused: bool,
    /// The field that has the keyboard.
    writing: Option<usize>,
    /// The keyboard is on a choice: a blank chooses it there, and Enter starts.
    on_choice: bool,
}

impl Asked {
    fn new(bot: &Bot, state: &AppState) -> Self {
        let answer = |variable: &Variable| {
            let known = state.starting.known.get(&variable.name).cloned();
            known.or_else(|| variable.default.clone()).unwrap_or_default()
        };
        let answers: Vec<String> = bot.variables.iter().map(answer).collect();
        let given = answers.clone();
        let bot = bot.id.clone();
        Self { bot, answers, given, focused: false, writing: None, on_choice: false }
    }
}

impl StartDialog {
    /// Draws the dialog where a bot asks something.
    pub fn dialog_ui(&mut self, ctx: &Context, state: &AppState, out: &mut Vec<UiCommand>) {
        let Overlay::StartBot(id) = &state.overlay else {
            self.asked = None;
            return;
        };
        let Some(entry) = state.bots.get(id) else {
            // It was deleted meanwhile.
            out.push(UiCommand::CloseOverlay);
            return;
        };
        let bot = &entry.bot;
        let same =
            |asked: &Asked| asked.bot == bot.id && asked.answers.len() == bot.variables.len();
        if !self.asked.as_ref().is_some_and(same) {
            self.asked = Some(Asked::new(bot, state));
        }
        let Some(asked) = &mut self.asked else { return };
        let title = format!("Start a chat with {}", bot.name);
        let dialog = Modal::default_area(Id::unique("start dialog"))
            .accessible_name(&title)
            .default_width(WIDTH)
            .fade_in(false);
        let screen = ctx.content_rect();
        let width = WIDTH.min(screen.width() - 80.0);
        let response = shell::modal(ctx, dialog, 20).show(ctx, |ui| {
            ui.set_width(width);
            asked.contents_ui(ui, state, bot, out);
        });
        // A click beside it throws nothing away that was typed; Escape may.
        let beside = response.backdrop_response.clicked();
        if response.should_close() && !(beside && asked.answers != asked.given) {
            out.push(UiCommand::CloseOverlay);
        }
    }
}

impl Asked {
    fn contents_ui(&mut self, ui: &mut Ui, state: &AppState, bot: &Bot, out: &mut Vec<UiCommand>) {
        let starts = takes_enter(ui, bot, std::mem::take(&mut self.on_choice));
        let palette = Palette::of(ui);
        let renews = state.starting.renews.is_some();
        ui.horizontal(|ui| {
            BotTile::from(bot).tile_ui(ui, TileSize::Normal);
            let title = match renews {
                true => format!("Use version {} of {}", bot.version, bot.name),
                false => format!("Start a chat with {}", bot.name),
            };
            let title = RichText::new(title).font(theme::semibold(16.0)).color(palette.text);
            ui.add(egui::Label::new(title).wrap().selectable(false));
        });
        ui.add_space(4.0);
        let most = (ui.ctx().content_rect().height() - 260.0).max(120.0);
        ScrollArea::vertical().id_salt("start").max_height(most).show(ui, |ui| {
            for (at, variable) in bot.variables.iter().enumerate() {
                let problem = state.starting.problems.get(&variable.name);
                self.variable_ui(ui, (at, variable), problem.map(String::as_str));
            }
        });
        ui.add_space(8.0);
        ui.horizontal_wrapped(|ui| {
            let words = if renews { "Use it" } else { "Start chat" };
            if widgets::primary_button(ui, words).clicked() || starts {
                let names = bot.variables.iter().map(|variable| variable.name.clone());
                let values = names.zip(self.answers.iter().cloned()).collect();
                let start = BotCommand::StartWith { bot: bot.id.clone(), values };
                out.push(UiCommand::Bots(start));
            }
            if widgets::ghost_button(ui, "Cancel").clicked() {
                out.push(UiCommand::CloseOverlay);
            }
            if bot.variables.iter().any(|variable| variable.kind == VariableKind::LongText) {
                let keys = if cfg!(target_os = "macos") { "⌘ Enter" } else { "Ctrl Enter" };
                ui.add_space(4.0);
                widgets::kbd(ui, keys);
                let does = if renews { "uses it" } else { "starts the chat" };
                widgets::small_label(ui, does, palette.faint);
            }
        });
    }

    /// Draws a question with its field.
    fn variable_ui(
        &mut self,
        ui: &mut Ui,
        (at, variable): (usize, &Variable),
        problem: Option<&str>,
    ) {
        let palette = Palette::of(ui);
        let Some(answer) = self.answers.get_mut(at) else { return };
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            let label = RichText::new(&variable.label).font(theme::medium(14.0));
            ui.add(egui::Label::new(label.color(palette.text)).wrap().selectable(false));
            let id = field_id(&self.bot, at);
            let field = Field::new(id, &variable.label);
            let response = match variable.kind {
                VariableKind::Text | VariableKind::Number => field.field_ui(ui, answer),
                VariableKind::LongText => field.lines_ui(ui, answer),
                VariableKind::Choice => choices_ui(ui, variable, answer, &mut self.on_choice),
            };
            if !self.focused && at == 0 && !ui.is_sizing_pass() {
                self.focused = true;
                response.request_focus();
            }
            if response.has_focus() && self.writing != Some(at) {
                self.writing = Some(at);
                if self.given.get(at) == Some(&*answer) {
                    select_all(ui, id, answer);
                }
            } else if !response.has_focus() && self.writing == Some(at) {
                self.writing = None;
            }
            if let Some(problem) = problem {
                widgets::small_label(ui, problem, palette.err);
            }
            ui.add_space(8.0);
        });
    }
}

/// A field has its bot in its id: where the caret stands is kept under that.
fn field_id(bot: &BotId, at: usize) -> Id {
    Id::unique("start dialog").with((bot, at))
}

/// What was suggested is selected, so that typing replaces it.
fn select_all(ui: &Ui, id: Id, text: &str) {
    let Some(mut edit) = TextEdit::load_state(ui.ctx(), id) else { return };
    edit.cursor.set_char_range(Some(CCursorRange::select_all_str(text)));
    edit.store(ui.ctx(), id);
    ui.ctx().request_repaint();
}

/// Takes Enter before a field sees it, where it starts the chat: not in a text of several lines, and
/// not on a button, which it presses.
fn takes_enter(ui: &Ui, bot: &Bot, on_choice: bool) -> bool {
    let focused = ui.memory(|memory| memory.focused());
    let is_here = |at: usize| focused == Some(field_id(&bot.id, at));
    let in_line = bot.variables.iter().enumerate().any(|(at, variable)| match variable.kind {
        VariableKind::Text | VariableKind::Number => is_here(at),
        VariableKind::LongText | VariableKind::Choice => false,
    });
    ui.input_mut(|input| {
        input.consume_key(Modifiers::COMMAND, Key::Enter)
            || (in_line || on_choice || focused.is_none())
                && input.consume_key(Modifiers::NONE, Key::Enter)
    })
}

/// One of several, as chips. Gives the chosen one, or the first.
fn choices_ui(
    ui: &mut Ui,
    variable: &Variable,
    answer: &mut String,
    has_keyboard: &mut bool,
) -> Response {
    let mut first = None;
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        for choice in &variable.choices {
            let is_chosen = choice == answer;
            let chip = widgets::chip(ui, choice, Chosen::from(is_chosen));
            if chip.clicked() {
                choice.clone_into(answer);
            }
            *has_keyboard |= chip.has_focus();
            if is_chosen {
                chosen = Some(chip.clone());
            }
            first.get_or_insert(chip);
        }
        let nothing =
            || widgets::small_label(ui, "There is nothing to choose from", Palette::of(ui).dim);
        chosen.or(first).unwrap_or_else(nothing)
    })
    .inner
}

#[cfg(test)]
mod tests;
