//! The parameters of chats that set none.

use egui::{Id, Ui};

use crate::protocol::{Effort, Params};
use crate::state::{AppState, UiCommand};
use crate::ui::settings::field::Field;
use crate::ui::settings::parts;
use crate::ui::settings::typed::{self, Typed};
use crate::ui::stop_words;
use crate::ui::theme;
use crate::ui::widgets::{self, Chosen};

/// What this part of the page remembers.
#[derive(Debug, Default)]
pub(super) struct ParamsView {
    temperature: Typed,
    top_p: Typed,
    max_tokens: Typed,
    stop: Typed,
    system: Typed,
}

impl ParamsView {
    pub(super) fn params_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let params = &state.settings.chat.params;
        parts::note_ui(ui, "For chats that set none. Each model gets those that it takes.");
        let mut changed = effort_ui(ui, params);
        changed = self.sampling_ui(ui, params).or(changed);
        changed = self.words_ui(ui, params).or(changed);
        if *params != Params::default() && widgets::small_button(ui, "Back to none").clicked() {
            *self = Self::default();
            changed = Some(Params::default());
        }
        if let Some(params) = changed.filter(|changed| changed != params) {
            out.push(UiCommand::SetDefaultParams(params));
        }
    }

    fn sampling_ui(&mut self, ui: &mut Ui, params: &Params) -> Option<Params> {
        let shown = |number: Option<f32>| number.map_or_else(String::new, |n| n.to_string());
        let (temperature, top_p) = (shown(params.temperature), shown(params.top_p));
        let heat = parts::labelled_ui(ui, "Temperature", |ui| {
            let field = field("Default temperature");
            let read = |text: &str| typed::number(text, (0.0, 2.0), "Enter a number from 0 to 2");
            self.temperature.typed_ui(ui, field, &temperature, read)
        });
        let share = parts::labelled_ui(ui, "Top-p", |ui| {
            let read = |text: &str| typed::number(text, (0.0, 1.0), "Enter a number from 0 to 1");
            self.top_p.typed_ui(ui, field("Default top-p"), &top_p, read)
        });
        let cap = params.max_tokens.map_or_else(String::new, |cap| cap.to_string());
        let cap = parts::labelled_ui(ui, "Output cap", |ui| {
            let field = Field { note: "tokens", ..field("Default output cap") };
            self.max_tokens.typed_ui(ui, field, &cap, typed::tokens)
        });
        let mut changed = params.clone();
        #[expect(clippy::cast_possible_truncation, reason = "it is at most 2")]
        let small = |number: Option<f64>| number.map(|number| number as f32);
        if let Some(heat) = heat {
            changed.temperature = small(heat);
        }
        if let Some(share) = share {
            changed.top_p = small(share);
        }
        if let Some(cap) = cap {
            changed.max_tokens = cap.map(|cap| u32::try_from(cap).unwrap_or(u32::MAX));
        }
        (changed != *params).then_some(changed)
    }

    fn words_ui(&mut self, ui: &mut Ui, params: &Params) -> Option<Params> {
        let stop = stop_words::shown(&params.stop);
        let stop = parts::labelled_ui(ui, "Stop words", |ui| {
            let field = Field { hint: "None; one a line", ..field("Default stop words") };
            self.stop.lines_ui(ui, &field, &stop, |text| Ok(stop_words::read(text)))
        });
        let system = params.system.clone().unwrap_or_default();
        let system = parts::labelled_ui(ui, "System prompt", |ui| {
            let field = Field {
                hint: "None; they stand before every chat",
                ..field("Default system prompt")
            };
            let read =
                |text: &str| Ok(Some(text.to_owned()).filter(|text| !text.trim().is_empty()));
            self.system.lines_ui(ui, &field, &system, read)
        });
        let mut changed = params.clone();
        if let Some(stop) = stop {
            changed.stop = stop;
        }
        if let Some(system) = system {
            changed.system = system;
        }
        (changed != *params).then_some(changed)
    }
}

fn field<'a>(name: &'a str) -> Field<'a> {
    Field { hint: "Default", ..Field::new(Id::unique(("params", name)), name) }
}

fn effort_ui(ui: &mut Ui, params: &Params) -> Option<Params> {
    parts::labelled_ui(ui, "Reasoning effort", |ui| {
        let mut changed = None;
        ui.horizontal_wrapped(|ui| {
            ui.set_min_height(theme::CONTROL_HEIGHT);
            let efforts = Effort::ALL.map(Some);
            for effort in std::iter::once(None).chain(efforts) {
                let label = effort.map_or("Default", Effort::label);
                let chosen = Chosen::from(params.effort == effort);
                if widgets::chip(ui, label, chosen).clicked() {
                    changed = Some(Params { effort, ..params.clone() });
                }
            }
        });
        changed
    })
}
