//! What a chat opens with, what it can begin with, and what is asked before.

use egui::Ui;

use super::parts::{self as form_parts, Area, Asked, Form, Line, Typed};
use crate::protocol::check;
use crate::protocol::{Bot, Role, Seed, Variable, VariableKind};
use crate::state::{EditorCommand, UiCommand};
use crate::ui::settings::field::{Field, FieldStyle};
use crate::ui::settings::parts;
use crate::ui::theme;
use crate::ui::widgets::{self, Chosen};

/// What the sections remember.
#[derive(Debug, Default)]
pub(super) struct TalkView {
    choices: Vec<Typed<Vec<String>>>,
    names: Vec<Name>,
}

/// The name of a question while it is typed.
#[derive(Debug, Default)]
struct Name {
    /// As it was drawn last.
    drawn: String,
    /// As the texts have it: the last one that was a name, and no other question's.
    in_texts: String,
}

/// The kinds of answers.
const KINDS: [(VariableKind, &str); 4] = [
    (VariableKind::Text, "A line"),
    (VariableKind::LongText, "Several lines"),
    (VariableKind::Number, "A number"),
    (VariableKind::Choice, "A choice"),
];

pub(super) fn seeds_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
    form.list_problem_ui(ui, "seeds");
    let count = bot.seeds.len();
    let members: Vec<_> = bot.room.iter().flat_map(|room| &room.members).cloned().collect();
    let mut asked = None;
    for (place, seed) in bot.seeds.iter_mut().enumerate() {
        let name = format!("opening message {}", place + 1);
        let what = ui.push_id(place, |ui| {
            let speaker = |ui: &mut Ui| {
                for (role, label) in [(Role::Assistant, "The bot says"), (Role::User, "You say")] {
                    if widgets::chip(ui, label, Chosen::from(seed.role == role)).clicked() {
                        seed.role = role;
                        if role == Role::User {
                            seed.member = None;
                        }
                    }
                }
            };
            let what = parts::row_ui(ui, theme::CONTROL_HEIGHT, speaker, |ui| {
                form_parts::item_buttons_ui(ui, &name, (place, count))
            });
            if seed.role == Role::Assistant && !members.is_empty() {
                form_parts::chips_ui(ui, |ui| {
                    for member in &members {
                        let chosen = Chosen::from(seed.member.as_ref() == Some(&member.id));
                        if widgets::chip(ui, &member.name, chosen).clicked() {
                            seed.member = Some(member.id.clone());
                        }
                    }
                });
            }
            let field = format!("seeds[{place}].content");
            let name = format!("Text of {name}");
            let area = Area { field: &field, name: &name, hint: "", rows: 2 };
            form.area_ui(ui, &area, &mut seed.content);
            for part in ["role", "member"] {
                form.problem_ui(ui, &format!("seeds[{place}].{part}"));
            }
            what
        });
        if what.inner != Asked::Nothing {
            asked = Some((what.inner, place));
        }
    }
    if let Some((asked, place)) = asked {
        asked.apply(&mut bot.seeds, place);
    }
    if widgets::small_button(ui, "Add an opening message").clicked() {
        bot.seeds.push(Seed { role: Role::Assistant, content: String::new(), member: None });
    }
}

pub(super) fn starters_ui(ui: &mut Ui, form: &Form<'_>, bot: &mut Bot) {
    form.list_problem_ui(ui, "starters");
    let count = bot.starters.len();
    let mut asked = None;
    for (place, starter) in bot.starters.iter_mut().enumerate() {
        let name = format!("Starter {}", place + 1);
        let field = format!("starters[{place}]");
        let what = ui.push_id(place, |ui| {
            let what = parts::row_ui(
                ui,
                theme::CONTROL_HEIGHT,
                |ui| {
                    let response = Field::new(form.id(&field), &name).field_ui(ui, starter);
                    form.note(&response, &field);
                },
                |ui| form_parts::item_buttons_ui(ui, &name, (place, count)),
            );
            form.problem_ui(ui, &field);
            what
        });
        if what.inner != Asked::Nothing {
            asked = Some((what.inner, place));
        }
    }
    if let Some((asked, place)) = asked {
        asked.apply(&mut bot.starters, place);
    }
    if widgets::small_button(ui, "Add a starter").clicked() {
        bot.starters.push(String::new());
    }
}

impl TalkView {
    pub(super) fn questions_ui(
        &mut self,
        ui: &mut Ui,
        form: &Form<'_>,
        bot: &mut Bot,
        out: &mut Vec<UiCommand>,
    ) {
        form.list_problem_ui(ui, "variables");
        let count = bot.variables.len();
        self.choices.resize_with(count, Typed::default);
        self.names.resize_with(count, Name::default);
        for (name, variable) in self.names.iter_mut().zip(&bot.variables) {
            if name.drawn != variable.name {
                // It was changed by something else than its field.
                name.drawn.clone_from(&variable.name);
                name.in_texts.clone_from(&variable.name);
            }
        }
        let mut asked = None;
        for (place, variable) in bot.variables.iter_mut().enumerate() {
            let Some(choices) = self.choices.get_mut(place) else { continue };
            let what = ui.push_id(place, |ui| {
                parts::card_ui(ui, |ui| question_ui(ui, (form, place, count), variable, choices))
            });
            if what.inner != Asked::Nothing {
                asked = Some((what.inner, place));
            }
        }
        if let Some((asked, place)) = asked {
            asked.apply(&mut bot.variables, place);
            self.choices.clear();
            self.names.clear();
        }
        self.follow_names(form, bot, out);
        if widgets::small_button(ui, "Add a question").clicked() {
            let name = format!("answer_{}", bot.variables.len() + 1);
            bot.variables.push(question(name));
        }
    }

    /// What is typed as the name of a question stands in the texts too, and keeps its answer.
    fn follow_names(&mut self, form: &Form<'_>, bot: &mut Bot, out: &mut Vec<UiCommand>) {
        let typed: Vec<String> =
            bot.variables.iter().map(|variable| variable.name.clone()).collect();
        for (name, now) in self.names.iter_mut().zip(&typed) {
            if name.drawn == *now {
                continue;
            }
            name.drawn.clone_from(now);
            // While it is no name, or another's, the texts keep the last one.
            let is_alone = typed.iter().filter(|other| *other == now).count() == 1;
            if !is_alone || check::places(&format!("{{{{{now}}}}}")).next() != Some(now.as_str()) {
                continue;
            }
            bot.rename_places(&name.in_texts, now);
            if let Some(value) = form.editor.values.get(&name.in_texts).cloned() {
                let name = now.clone();
                out.push(UiCommand::Editor(EditorCommand::SetValue { name, value }));
            }
            name.in_texts.clone_from(now);
        }
    }
}

fn question(name: String) -> Variable {
    Variable {
        name,
        label: String::new(),
        kind: VariableKind::Text,
        default: None,
        choices: Vec::new(),
    }
}

/// Offers to ask for what the instructions name and nobody asks for.
pub(super) fn unknown_ui(ui: &mut Ui, bot: &mut Bot) {
    // A card of another program may hold words in braces that mean something there.
    if bot.card.is_some() {
        return;
    }
    let unknown: Vec<String> = bot.unknown_places().into_iter().map(str::to_owned).collect();
    if unknown.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for name in unknown {
            if widgets::small_button(ui, &format!("Ask for {{{{{name}}}}} at start")).clicked() {
                bot.variables.push(Variable { label: asked_for(&name), ..question(name) });
            }
        }
    });
}

/// The question for a name, as people write it: `user_name` becomes `User name`.
fn asked_for(name: &str) -> String {
    form_parts::sentence(name.replace('_', " ").trim())
}

fn question_ui(
    ui: &mut Ui,
    (form, place, count): (&Form<'_>, usize, usize),
    variable: &mut Variable,
    choices: &mut Typed<Vec<String>>,
) -> Asked {
    let path = |field: &str| format!("variables[{place}].{field}");
    let what = parts::row_ui(
        ui,
        theme::CONTROL_HEIGHT,
        |ui| parts::text_ui(ui, &format!("{{{{{}}}}}", variable.name)),
        |ui| form_parts::item_buttons_ui(ui, &format!("question {}", place + 1), (place, count)),
    );
    let field = path("label");
    let hint = "What is asked, for people";
    form.line_ui(ui, Line { field: &field, label: "Question", hint }, &mut variable.label);
    parts::labelled_ui(ui, "Name", |ui| {
        let field = path("name");
        let drawn = Field {
            style: FieldStyle::Mono,
            note: "in the texts, in {{ }}",
            ..Field::new(form.id(&field), "Name in the texts")
        };
        let response = drawn.field_ui(ui, &mut variable.name);
        form.note(&response, &field);
        form.problem_ui(ui, &field);
    });
    parts::labelled_ui(ui, "Answer", |ui| {
        form_parts::chips_ui(ui, |ui| {
            for (kind, label) in KINDS {
                if widgets::chip(ui, label, Chosen::from(variable.kind == kind)).clicked() {
                    variable.kind = kind;
                }
            }
        });
        form.problem_ui(ui, &path("kind"));
    });
    if variable.kind == VariableKind::Choice || !variable.choices.is_empty() {
        parts::labelled_ui(ui, "Choices", |ui| {
            let field = path("choices");
            let text = choices.text(&variable.choices, |choices| choices.join("\n"));
            let area = Area { field: &field, name: "Choices", hint: "One a line", rows: 2 };
            if form.area_ui(ui, &area, text).changed() {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                variable.choices = lines.map(str::to_owned).collect();
                choices.stands_for(variable.choices.clone());
            }
        });
    }
    let mut default = variable.default.clone().unwrap_or_default();
    let field = path("default");
    let hint = "None: it must be answered";
    let line = Line { field: &field, label: "Default", hint };
    let changed = match variable.kind {
        VariableKind::LongText => {
            let area = Area { field: &field, name: "Default", hint, rows: 2 };
            parts::labelled_ui(ui, "Default", |ui| form.area_ui(ui, &area, &mut default)).changed()
        }
        VariableKind::Text | VariableKind::Number | VariableKind::Choice => {
            form.line_ui(ui, line, &mut default).changed()
        }
    };
    if changed {
        variable.default = (!default.is_empty()).then_some(default);
    }
    what
}
