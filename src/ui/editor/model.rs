//! Which models suit the bot, and how it answers.

use std::collections::HashMap;

use egui::{Id, Ui};

use super::parts::{self as form_parts, Asked, Form, Line, Number, Typed};
use crate::protocol::{Ability, BotParameters, Effort, ModelId, ModelPreference, PriceClass};
use crate::state::{Bound, UiCommand, opening};
use crate::ui::settings::models::choice::Choice;
use crate::ui::settings::models::model_ui;
use crate::ui::settings::parts;
use crate::ui::stop_words;
use crate::ui::theme;
use crate::ui::widgets::{self, Chosen};

/// How a preference is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    Needs,
    List,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Any, Self::Needs, Self::List];

    fn label(self) -> &'static str {
        match self {
            Self::Any => "Any model",
            Self::Needs => "What it can and costs",
            Self::List => "These models",
        }
    }

    fn of(preference: &ModelPreference) -> Self {
        if preference.is_any() {
            Self::Any
        } else if preference.ids.is_empty() {
            Self::Needs
        } else {
            Self::List
        }
    }
}

/// What the sections about models remember, of the bot and of each member.
#[derive(Debug, Default)]
pub(super) struct ModelView {
    /// What was chosen where nothing says it yet.
    kinds: HashMap<Id, Kind>,
    /// The list to choose a model from, and for whom it is open.
    choice: Option<(Id, Choice)>,
}

impl ModelView {
    /// Draws a preference. `field` is its path in the file.
    pub(super) fn model_ui(
        &mut self,
        ui: &mut Ui,
        (form, field): (&Form<'_>, &str),
        preference: &mut ModelPreference,
        out: &mut Vec<UiCommand>,
    ) {
        let id = form.id(field);
        let said = Kind::of(preference);
        let mut kind = if said == Kind::Any {
            self.kinds.get(&id).copied().unwrap_or(Kind::Any)
        } else {
            said
        };
        form_parts::chips_ui(ui, |ui| {
            for other in Kind::ALL {
                if widgets::chip(ui, other.label(), Chosen::from(kind == other)).clicked() {
                    kind = other;
                    self.kinds.insert(id, kind);
                    match kind {
                        Kind::Any => *preference = ModelPreference::default(),
                        Kind::Needs => preference.ids.clear(),
                        Kind::List => (preference.abilities, preference.price) = (Vec::new(), None),
                    }
                }
            }
        });
        match kind {
            Kind::Any => {}
            Kind::Needs => needs_ui(ui, preference),
            Kind::List => self.list_ui(ui, (form, id), preference, out),
        }
        form.problem_ui(ui, field);
        taken_ui(ui, form, preference);
    }

    /// The models in the order of liking.
    fn list_ui(
        &mut self,
        ui: &mut Ui,
        (form, id): (&Form<'_>, Id),
        preference: &mut ModelPreference,
        out: &mut Vec<UiCommand>,
    ) {
        let count = preference.ids.len();
        let mut asked = None;
        for (place, model) in preference.ids.iter().enumerate() {
            ui.push_id(place, |ui| {
                let name = form.state.model_name(model);
                let what = parts::row_ui(
                    ui,
                    theme::CONTROL_HEIGHT,
                    |ui| model_ui(ui, form.state, model),
                    |ui| form_parts::item_buttons_ui(ui, name, (place, count)),
                );
                if what != Asked::Nothing {
                    asked = Some((what, place));
                }
            });
        }
        if let Some((asked, place)) = asked {
            asked.apply(&mut preference.ids, place);
        }
        let is_open = self.choice.as_ref().is_some_and(|(of, _)| *of == id);
        let words = if is_open { "Close" } else { "Add a model…" };
        if widgets::small_button(ui, words).clicked() {
            self.choice = (!is_open).then(|| (id, Choice::new("bot")));
        }
        let Some((_, choice)) = self.choice.as_mut().filter(|(of, _)| *of == id) else { return };
        if let Some(model) = choice.choice_ui(ui, form.state, None, out) {
            if !preference.ids.contains(&model) {
                preference.ids.push(model);
            }
            self.choice = None;
        }
    }
}

fn needs_ui(ui: &mut Ui, preference: &mut ModelPreference) {
    parts::labelled_ui(ui, "It must", |ui| {
        form_parts::chips_ui(ui, |ui| {
            for (ability, label) in [
                (Ability::Vision, "See images"),
                (Ability::Tools, "Call tools"),
                (Ability::Thinking, "Think first"),
                (Ability::Json, "Answer in JSON"),
            ] {
                let has = preference.abilities.contains(&ability);
                if widgets::chip(ui, label, Chosen::from(has)).clicked() {
                    if has {
                        preference.abilities.retain(|known| *known != ability);
                    } else {
                        preference.abilities.push(ability);
                    }
                }
            }
        });
    });
    parts::labelled_ui(ui, "It may cost", |ui| {
        form_parts::chips_ui(ui, |ui| {
            for (price, label) in [
                (None, "Not said"),
                (Some(PriceClass::Low), "Up to $2"),
                (Some(PriceClass::Medium), "Up to $10"),
                (Some(PriceClass::High), "Anything"),
            ] {
                let chosen = Chosen::from(preference.price == price);
                if widgets::chip(ui, label, chosen).clicked() {
                    preference.price = price;
                }
            }
        });
        parts::note_ui(ui, "Per million tokens that it writes");
    });
}

/// Which model would answer now.
fn taken_ui(ui: &mut Ui, form: &Form<'_>, preference: &ModelPreference) {
    let taken = opening::suited(preference, form.state);
    let model: ModelId = match taken.model {
        Some(model) => model,
        None => opening::KnownModels::usual(form.state),
    };
    let name = form.state.full_model_name(&model);
    parts::note_ui(ui, &format!("Now it would be answered by {name}"));
}

/// The fields of the section about answers.
#[derive(Debug, Default)]
pub(super) struct AnswersView {
    temperature: Typed<Option<f64>>,
    top_p: Typed<Option<f64>>,
    max_tokens: Typed<Option<f64>>,
    stop: Typed<Vec<String>>,
}

impl AnswersView {
    pub(super) fn answers_ui(&mut self, ui: &mut Ui, form: &Form<'_>, set: &mut BotParameters) {
        const UNSET: &str = "As the chat says";
        let line = |field, label| Line { field, label, hint: UNSET };
        let number = Number {
            line: line("parameters.temperature", "Temperature"),
            bound: Bound::Temperature,
        };
        small_number_ui(ui, form, number, &mut self.temperature, &mut set.temperature);
        let number = Number { line: line("parameters.top_p", "Top-p"), bound: Bound::TopP };
        small_number_ui(ui, form, number, &mut self.top_p, &mut set.top_p);
        let number = Number {
            line: line("parameters.max_tokens", "Output cap"),
            bound: Bound::MaxTokens(None),
        };
        let mut cap = set.max_tokens.map(f64::from);
        number.number_ui(ui, form, &mut self.max_tokens, &mut cap);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the bound lets whole numbers of u32 through only"
        )]
        let cap = cap.map(|cap| cap as u32);
        set.max_tokens = cap;
        effort_ui(ui, set);
        parts::labelled_ui(ui, "Stop words", |ui| {
            let text = self.stop.text(&set.stop, |words| stop_words::shown(words));
            let area = form_parts::Area {
                field: "parameters.stop",
                name: "Stop words",
                hint: "One a line; the answer ends where the model writes one",
                rows: 1,
            };
            if form.area_ui(ui, &area, text).changed() {
                set.stop = stop_words::read(text);
                self.stop.stands_for(set.stop.clone());
            }
        });
    }
}

fn small_number_ui(
    ui: &mut Ui,
    form: &Form<'_>,
    number: Number<'_>,
    typed: &mut Typed<Option<f64>>,
    value: &mut Option<f32>,
) {
    let before = value.map(f64::from);
    let mut number_now = before;
    number.number_ui(ui, form, typed, &mut number_now);
    if number_now != before {
        #[expect(clippy::cast_possible_truncation, reason = "a number from 0 to 2")]
        let now = number_now.map(|number| number as f32);
        *value = now;
        // A f32 has fewer digits: the text stands for what was kept of it.
        typed.stands_for(now.map(f64::from));
    }
}

fn effort_ui(ui: &mut Ui, set: &mut BotParameters) {
    parts::labelled_ui(ui, "Effort", |ui| {
        form_parts::chips_ui(ui, |ui| {
            if widgets::chip(ui, "As the chat says", Chosen::from(set.effort.is_none())).clicked() {
                set.effort = None;
            }
            for effort in Effort::ALL {
                let chosen = Chosen::from(set.effort == Some(effort));
                if widgets::chip(ui, effort.label(), chosen).clicked() {
                    set.effort = Some(effort);
                }
            }
        });
    });
}
