//! The default model, favourites, lists of models, and the turn limit.

use egui::{Id, Rect, ScrollArea, Ui, pos2, vec2};

use super::field::Field;
use super::parts::{self, Stepper};
use super::status;
use crate::protocol::ModelId;
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::picker::{List, ROW_HEIGHT, Row, RowUi};
use crate::ui::theme::{self, Palette, model_color, provider_color};
use crate::ui::widgets;

/// Height of the list of models.
const LIST: f32 = 320.0;
const ROW: f32 = 32.0;

/// What the page remembers.
#[derive(Debug, Default)]
pub(super) struct ModelsView {
    /// The list to choose the default model from, while it is open.
    choice: Option<Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    query: String,
    list: List,
    focused: bool,
}

impl ModelsView {
    pub(super) fn models_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        parts::heading_ui(ui, "Models");
        parts::section_ui(ui, "Default model");
        parts::card_ui(ui, |ui| self.default_ui(ui, state, out));
        parts::section_ui(ui, "Favourites");
        parts::card_ui(ui, |ui| favourites_ui(ui, state, out));
        parts::section_ui(ui, "Lists of the providers");
        parts::card_ui(ui, |ui| lists_ui(ui, state, out));
        parts::section_ui(ui, "Runs");
        parts::card_ui(ui, |ui| turns_ui(ui, state, out));
    }

    fn default_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let guide = ModelId::new("guide", "guide");
        let default = state.settings.default_model.as_ref().unwrap_or(&guide);
        let label = if self.choice.is_some() { "Close list" } else { "Change…" };
        let clicked = parts::row_ui(
            ui,
            ROW,
            |ui| model_ui(ui, state, default),
            |ui| widgets::small_button(ui, label).clicked(),
        );
        if clicked {
            self.choice = if self.choice.is_some() { None } else { Some(Choice::default()) };
        }
        let Some(choice) = &mut self.choice else {
            parts::note_ui(ui, "Answers in chats for which no other model was chosen");
            return;
        };
        if choice.choice_ui(ui, state, default, out) {
            self.choice = None;
        }
    }
}

impl Choice {
    /// True where a model was chosen.
    fn choice_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        default: &ModelId,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let id = Id::unique("default_model_search");
        let search = Field::search(id, "Search models").field_ui(ui, &mut self.query);
        if !self.focused {
            self.focused = true;
            search.request_focus();
        }
        self.list.update(state, &self.query);
        let entered = search.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let best = self.list.best.and_then(|best| match self.list.rows.get(best) {
            Some(Row::Model(row)) => row.info(state).map(|info| info.id.clone()),
            Some(Row::Group { .. }) | None => None,
        });
        if let Some(model) = best.filter(|_| entered) {
            out.push(UiCommand::SetDefaultModel(model));
            return true;
        }
        if self.list.is_empty() {
            parts::note_ui(ui, "No model fits");
        }
        let mut chosen = false;
        ScrollArea::vertical()
            .id_salt("default_model")
            .max_height(LIST)
            .auto_shrink([false, true])
            .show_viewport(ui, |ui, viewport| {
                chosen = self.rows_ui(ui, viewport, (state, default), out);
            });
        chosen
    }

    fn rows_ui(
        &self,
        ui: &mut Ui,
        viewport: Rect,
        (state, default): (&AppState, &ModelId),
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let (origin, width) = (ui.min_rect().min, ui.available_width());
        let mut chosen = false;
        let mut y = 0.0;
        for row in &self.list.rows {
            let Row::Model(row) = row else { continue };
            let top = y;
            y += ROW_HEIGHT;
            if y < viewport.min.y || top > viewport.max.y {
                continue;
            }
            let (Some(info), Some(provider)) = (row.info(state), state.providers.get(row.provider))
            else {
                continue;
            };
            let rect = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, ROW_HEIGHT));
            if ui.rect_contains_pointer(rect) {
                ui.painter().rect_filled(rect, theme::ROUNDING, Palette::of(ui).hover);
            }
            let drawn = RowUi {
                info,
                row,
                provider: &provider.config.name,
                selected: info.id == *default,
                chat_default: false,
            }
            .row_ui(ui, rect, Id::unique(("default_model_row", &info.id)));
            if drawn.star.clicked() {
                out.push(UiCommand::ToggleFavourite(info.id.clone()));
            } else if drawn.row.clicked() {
                out.push(UiCommand::SetDefaultModel(info.id.clone()));
                chosen = true;
            }
        }
        ui.set_min_size(vec2(width, y));
        chosen
    }
}

fn model_ui(ui: &mut Ui, state: &AppState, model: &ModelId) {
    let palette = Palette::of(ui);
    widgets::dot(ui, model_color(palette, model));
    let name = state.model_name(model);
    let provider = state
        .provider(&model.provider)
        .map_or(model.provider.as_str(), |provider| provider.config.name.as_str());
    let room = ui.available_width() - 100.0;
    if room < 180.0 {
        widgets::truncated_label(ui, name, theme::body(), palette.text);
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

fn lists_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
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
        };
        let left = |ui: &mut Ui| {
            widgets::dot(ui, provider_color(palette, id));
            parts::text_ui(ui, &provider.config.name);
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
