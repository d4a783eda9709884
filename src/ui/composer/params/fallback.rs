//! Who answers when the model of the chat cannot: a chain of models, in order.

use egui::{Align, Id, Layout, Rect, Ui, vec2};

use super::label_ui;
use crate::protocol::{Fallback, ModelId};
use crate::state::{AppState, DraftCommand, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::picker::{List, ROW_HEIGHT, Row, RowUi};
use crate::ui::settings::field::Field;
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets::{self, Chosen};

/// How many models are offered while one is searched.
const OFFERED: usize = 4;

/// What is typed to add a model.
#[derive(Debug, Default)]
pub(super) struct FallbackView {
    query: String,
    list: List,
}

impl FallbackView {
    pub(super) fn fallback_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let own = state.chat_options().fallback.as_ref();
        label_ui(ui, "When the model is overloaded, rate-limited or gone");
        ui.horizontal_wrapped(|ui| {
            if widgets::chip(ui, "As in the settings", Chosen::from(own.is_none())).clicked() {
                out.push(UiCommand::Draft(DraftCommand::SetFallback(None)));
            }
            let chip = widgets::chip(ui, "Other models answer", Chosen::from(own.is_some()));
            if chip.clicked() && own.is_none() {
                let chain = state.settings.fallback.clone();
                out.push(UiCommand::Draft(DraftCommand::SetFallback(Some(chain))));
            }
        });
        let Some(own) = own else {
            inherited_ui(ui, state);
            return;
        };
        let mut chain = own.clone();
        chain_ui(ui, state, &mut chain);
        self.add_ui(ui, state, &mut chain);
        let allow = "Also a dearer model, or one whose price is not known";
        ui.checkbox(&mut chain.allow_dearer, allow);
        if chain != *own {
            out.push(UiCommand::Draft(DraftCommand::SetFallback(Some(chain))));
        }
    }

    /// A field, and the models that fit what is typed in it.
    fn add_ui(&mut self, ui: &mut Ui, state: &AppState, chain: &mut Fallback) {
        let field = Field::search(Id::unique("fallback_search"), "Add a model");
        let response = field.field_ui(ui, &mut self.query);
        if self.query.trim().is_empty() {
            return;
        }
        let entered =
            response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        self.list.update(state, &self.query);
        let mut chosen: Option<ModelId> = None;
        let mut rows = Vec::new();
        for row in &self.list.rows {
            let Row::Model(row) = row else { continue };
            let (Some(info), Some(provider)) = (row.info(state), state.providers.get(row.provider))
            else {
                continue;
            };
            if !chain.models.contains(&info.id) {
                rows.push((row, info, provider));
            }
        }
        if rows.is_empty() {
            let palette = Palette::of(ui);
            widgets::small_label(ui, "No model fits", palette.dim);
        }
        for (place, (row, info, provider)) in rows.into_iter().take(OFFERED).enumerate() {
            let size = vec2(ui.available_width(), ROW_HEIGHT);
            let rect = Rect::from_min_size(ui.cursor().min, size);
            let provider = &state.provider_label(provider);
            let row = RowUi {
                is_on_server: false,
                info,
                row,
                provider,
                tells_provider: true,
                selected: place == 0,
                chat_default: false,
            };
            let drawn = row.row_ui(ui, rect, Id::unique(("fallback_row", &info.id)));
            ui.advance_cursor_after_rect(rect);
            if drawn.row.clicked() || entered && place == 0 {
                chosen = Some(info.id.clone());
            }
        }
        if let Some(model) = chosen {
            chain.models.push(model);
            self.query.clear();
            response.request_focus();
        }
    }
}

/// What applies where the chat has no chain of its own.
fn inherited_ui(ui: &mut Ui, state: &AppState) {
    let palette = Palette::of(ui);
    let models = state.settings.fallback.models.iter();
    let names: Vec<_> = models.map(|model| state.full_model_name(model)).collect();
    let text = if names.is_empty() {
        "No other model answers".to_owned()
    } else {
        format!("{} answers", names.join(", then "))
    };
    widgets::truncated_label(ui, &text, theme::small(), palette.faint);
}

/// The models in order, each with buttons to move and to remove it.
fn chain_ui(ui: &mut Ui, state: &AppState, chain: &mut Fallback) {
    let palette = Palette::of(ui);
    let mut change: Option<Change> = None;
    for (place, model) in chain.models.iter().enumerate() {
        let name: &str = &state.full_model_name(model);
        let size = vec2(ui.available_width(), 28.0);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_height(28.0);
            widgets::small_label(ui, &format!("{}.", place + 1), palette.faint);
            let missing = state.missing(model);
            let dot = if missing.is_some() { palette.warn } else { model_color(palette, model) };
            widgets::dot(ui, dot);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = 2.0;
                if widgets::icon_button(ui, Icon::X, &format!("Remove {name}")).clicked() {
                    change = Some(Change::Remove(place));
                }
                if place > 0 {
                    let label = format!("Move {name} up");
                    if widgets::icon_button(ui, Icon::ArrowUp, &label).clicked() {
                        change = Some(Change::Up(place));
                    }
                }
                let text = match missing {
                    Some(_) => format!("{name} (missing)"),
                    None => name.to_owned(),
                };
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    widgets::truncated_label(ui, &text, theme::body(), palette.text);
                });
            });
        });
    }
    match change {
        Some(Change::Remove(place)) => {
            chain.models.remove(place);
        }
        Some(Change::Up(place)) => chain.models.swap(place, place - 1),
        None => {}
    }
}

enum Change {
    Remove(usize),
    Up(usize),
}
