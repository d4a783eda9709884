//! The default model and who stands in for it, favourites, parameters, and all models.

mod all;
pub(in crate::ui) mod choice;
mod edit;
mod fallback;
mod params;

use egui::Ui;

use self::all::AllView;
use self::choice::Choice;
use self::fallback::FallbackView;
use self::params::ParamsView;
use super::parts::{self, Stepper};
use super::status;
use crate::protocol::{ModelId, Timestamp};
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette, model_color, provider_color};
use crate::ui::widgets;

const ROW: f32 = 32.0;

/// What the page remembers.
#[derive(Debug, Default)]
pub(super) struct ModelsView {
    /// The list to choose the default model from, while it is open.
    default: Option<Choice>,
    /// The list to choose the model for titles from, while it is open.
    title: Option<Choice>,
    fallback: FallbackView,
    params: ParamsView,
    all: AllView,
}

impl ModelsView {
    pub(super) fn models_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        parts::heading_ui(ui, "Models");
        parts::section_ui(ui, "Default model");
        parts::card_ui(ui, |ui| self.default_ui(ui, state, out));
        parts::section_ui(ui, "Favourites");
        parts::card_ui(ui, |ui| favourites_ui(ui, state, out));
        parts::section_ui(ui, "Titles of chats");
        parts::card_ui(ui, |ui| self.title_ui(ui, state, out));
        parts::section_ui(ui, "When a model cannot answer");
        parts::card_ui(ui, |ui| self.fallback.fallback_ui(ui, state, out));
        parts::section_ui(ui, "Parameters");
        parts::card_ui(ui, |ui| self.params.params_ui(ui, state, out));
        parts::section_ui(ui, "All models");
        parts::card_ui(ui, |ui| self.all.all_ui(ui, state, out));
        parts::section_ui(ui, "Lists of the providers");
        parts::card_ui(ui, |ui| lists_ui(ui, state, now, out));
        parts::section_ui(ui, "Runs");
        parts::card_ui(ui, |ui| turns_ui(ui, state, out));
    }

    fn default_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let guide = ModelId::new("guide", "guide");
        let default = state.settings.default_model.as_ref().unwrap_or(&guide);
        let label = if self.default.is_some() { "Close" } else { "Change…" };
        let clicked = parts::row_ui(
            ui,
            ROW,
            |ui| model_ui(ui, state, default),
            |ui| widgets::small_button(ui, label).clicked(),
        );
        if clicked {
            let open = self.default.is_none();
            self.default = open.then(|| Choice::new("default"));
        }
        let Some(choice) = &mut self.default else {
            parts::note_ui(ui, "Answers in chats for which no other model was chosen");
            return;
        };
        if let Some(model) = choice.choice_ui(ui, state, Some(default), out) {
            out.push(UiCommand::SetDefaultModel(model));
            self.default = None;
        }
    }

    fn title_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let model = state.settings.chat.title_model.as_ref();
        let label = if self.title.is_some() { "Close" } else { "Choose…" };
        let left = |ui: &mut Ui| match model {
            Some(model) => model_ui(ui, state, model),
            None => parts::text_ui(ui, "The first words of the chat"),
        };
        let clicked = parts::row_ui(ui, ROW, left, |ui| {
            let clicked = widgets::small_button(ui, label).clicked();
            if model.is_some() && widgets::link_button(ui, "Use the first words").clicked() {
                out.push(UiCommand::SetTitleModel(None));
            }
            clicked
        });
        if clicked {
            let open = self.title.is_none();
            self.title = open.then(|| Choice::new("title"));
        }
        let Some(choice) = &mut self.title else {
            parts::note_ui(
                ui,
                "A model is asked once, after the first answer. A cheap one will do; what it costs counts in the usage.",
            );
            return;
        };
        if let Some(model) = choice.choice_ui(ui, state, model, out) {
            out.push(UiCommand::SetTitleModel(Some(model)));
            self.title = None;
        }
    }
}

pub(in crate::ui) fn model_ui(ui: &mut Ui, state: &AppState, model: &ModelId) {
    let palette = Palette::of(ui);
    widgets::dot(ui, model_color(palette, model));
    let name = state.model_name(model);
    let provider = state
        .provider(&model.provider)
        .map_or(model.provider.as_str(), |provider| provider.config.name.as_str());
    let room = ui.available_width() - 100.0;
    if room < 180.0 {
        let name = state.full_model_name(model);
        widgets::truncated_label(ui, &name, theme::body(), palette.text);
        return;
    }
    ui.scope(|ui| {
        ui.set_max_width(room);
        widgets::truncated_label(ui, name, theme::body(), palette.text);
    });
    widgets::truncated_label(ui, provider, theme::small(), palette.faint);
}

fn favourites_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    if state.settings.favourites.is_empty() {
        parts::note_ui(ui, "None yet. The star beside a model in the picker makes it one.");
    }
    for model in &state.settings.favourites {
        let remove = |ui: &mut Ui| {
            let name = format!("Remove {} from favourites", state.model_name(model));
            if widgets::icon_button(ui, Icon::X, &name).clicked() {
                out.push(UiCommand::ToggleFavourite(model.clone()));
            }
            if state.settings.default_model.as_ref() != Some(model) && ui.available_width() > 220.0
            {
                let make = widgets::link_button(ui, "Make default");
                if make.clicked() {
                    out.push(UiCommand::SetDefaultModel(model.clone()));
                }
            }
        };
        parts::row_ui(ui, ROW, |ui| model_ui(ui, state, model), remove);
    }
}

fn lists_ui(ui: &mut Ui, state: &AppState, now: Timestamp, out: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui);
    for provider in &state.providers {
        let id = &provider.config.id;
        let right = |ui: &mut Ui| {
            if id.as_str() != "guide" {
                let refresh = widgets::icon_button(
                    ui,
                    Icon::RefreshCw,
                    &format!("Refresh the models of {}", provider.config.name),
                );
                if refresh.clicked() {
                    out.push(UiCommand::RefreshModels(Some(id.clone())));
                }
            } else {
                ui.allocate_exact_size(theme::ICON_BUTTON, egui::Sense::hover());
            }
            let (words, tone) = status::short(&provider.status);
            if tone == status::Tone::Good {
                widgets::small_label(ui, &status::models(provider.models.len()), palette.dim);
            } else {
                widgets::small_label(ui, words, tone.color(palette))
                    .on_hover_text(status::sentence(provider));
            }
            if let Some(stale) = status::stale(provider, now) {
                widgets::small_label(ui, &stale, palette.dim);
            }
        };
        let left = |ui: &mut Ui| {
            widgets::dot(ui, provider_color(palette, id));
            parts::text_ui(ui, &state.provider_label(provider));
        };
        parts::row_ui(ui, ROW, left, right);
    }
    ui.horizontal(|ui| {
        if widgets::small_button(ui, "Refresh all").clicked() {
            out.push(UiCommand::RefreshModels(None));
        }
    });
}

fn turns_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let stepper = Stepper {
        name: "Turn limit",
        less: "Lower turn limit",
        more: "Higher turn limit",
        value: state.settings.chat.max_turns,
        bounds: (1, 500),
        step: 5,
        suffix: "",
    };
    let changed = parts::row_ui(
        ui,
        ROW,
        |ui| parts::text_ui(ui, "Turn limit"),
        |ui| parts::stepper_ui(ui, &stepper),
    );
    if let Some(turns) = changed {
        out.push(UiCommand::SetMaxTurns(turns));
    }
    let note = "How often one run may ask its model. At the limit it ends with what it has, and \
                offers to continue.";
    parts::note_ui(ui, note);
}
