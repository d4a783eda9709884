//! All models, found by typing, and what the user knows better about them.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use egui::{
    CornerRadius, CursorIcon, Id, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use super::edit::EditView;
use crate::protocol::{ModelId, ModelInfo, dollars, tokens};
use crate::state::{AppState, UiCommand};
use crate::ui::settings::field::Field;
use crate::ui::settings::{parts, status};
use crate::ui::theme::{self, Palette, model_color};
use crate::ui::widgets;

const HEIGHT: f32 = 320.0;
const ROW: f32 = 32.0;
/// Below this width figures give way to the name.
const NARROW: f32 = 460.0;

/// What this part of the page remembers.
#[derive(Debug, Default)]
pub(super) struct AllView {
    query: String,
    /// Places in the state: provider and model.
    found: Vec<(usize, usize)>,
    made_of: Option<(String, u64)>,
    edit: Option<EditView>,
}

impl AllView {
    pub(super) fn all_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let id = Id::unique("all_models_search");
        Field::search(id, "Search all models").field_ui(ui, &mut self.query);
        self.update(state);
        parts::note_ui(ui, &self.summary(state));
        let clicked = ScrollArea::vertical()
            .id_salt("all_models")
            .max_height(HEIGHT)
            .min_scrolled_height(HEIGHT)
            .auto_shrink([false, true])
            .show_viewport(ui, |ui, viewport| self.rows_ui(ui, viewport, state))
            .inner;
        if let Some(model) = clicked {
            let is_open = self.edit.as_ref().is_some_and(|edit| edit.model == model);
            self.edit = if is_open { None } else { Some(EditView::of(state, model)) };
        }
        if let Some(edit) = &mut self.edit
            && edit.edit_ui(ui, state, out)
        {
            self.edit = None;
        }
    }

    fn summary(&self, state: &AppState) -> String {
        let edited = state.settings.models.len();
        let found = status::models(self.found.len());
        match edited {
            0 => format!("{found}. Choose one to give it another name, hide it or correct it."),
            1 => format!("{found}, one changed by you"),
            edited => format!("{found}, {edited} changed by you"),
        }
    }

    fn update(&mut self, state: &AppState) {
        let mut hasher = DefaultHasher::new();
        for provider in &state.providers {
            provider.config.id.hash(&mut hasher);
            provider.models.as_ptr().hash(&mut hasher);
            provider.models.len().hash(&mut hasher);
        }
        let key = (self.query.trim().to_lowercase(), hasher.finish());
        if self.made_of.as_ref() == Some(&key) {
            return;
        }
        let words: Vec<&str> = key.0.split_whitespace().collect();
        self.found.clear();
        for (place, provider) in state.providers.iter().enumerate() {
            for (model, info) in provider.models.iter().enumerate() {
                if fits(&words, &provider.config.name, info) {
                    self.found.push((place, model));
                }
            }
        }
        self.made_of = Some(key);
    }

    /// The model that was clicked. Only rows in view are drawn.
    fn rows_ui(&self, ui: &mut Ui, viewport: Rect, state: &AppState) -> Option<ModelId> {
        let (origin, width) = (ui.min_rect().min, ui.available_width());
        let mut clicked = None;
        let mut y = 0.0;
        for (provider, model) in &self.found {
            let top = y;
            y += ROW;
            if y < viewport.min.y || top > viewport.max.y {
                continue;
            }
            let Some(of) = state.providers.get(*provider) else { continue };
            let Some(info) = of.models.get(*model) else { continue };
            let rect = Rect::from_min_size(pos2(origin.x, origin.y + top), vec2(width, ROW));
            let is_open = self.edit.as_ref().is_some_and(|edit| edit.model == info.id);
            if row_ui(ui, rect, (state, info), &state.provider_label(of), is_open) {
                clicked = Some(info.id.clone());
            }
        }
        ui.set_min_size(vec2(width, y));
        clicked
    }
}

/// Whether all words stand somewhere in the names.
fn fits(words: &[&str], provider: &str, info: &ModelInfo) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = format!("{provider} {} {}", info.name, info.id).to_lowercase();
    words.iter().all(|word| text.contains(word))
}

fn row_ui(
    ui: &mut Ui,
    rect: Rect,
    (state, info): (&AppState, &ModelInfo),
    provider: &str,
    is_open: bool,
) -> bool {
    let palette = Palette::of(ui);
    let id = Id::unique(("all_models_row", &info.id));
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    let name = format!("Edit {}, {provider}", info.name);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_open, name.clone()));
    if is_open || response.hovered() {
        ui.painter().rect_filled(rect, CornerRadius::same(theme::ROUNDING), palette.hover);
    }
    let inner = UiBuilder::new()
        .max_rect(rect.shrink2(vec2(8.0, 0.0)))
        .layout(egui::Layout::right_to_left(egui::Align::Center));
    ui.scope_builder(inner, |ui| {
        if rect.width() >= NARROW {
            widgets::inner_text(ui, &facts(info), theme::small(), palette.faint);
        }
        let mark = match (info.hidden, state.settings.models.contains_key(&info.id)) {
            (true, _) => "hidden",
            (false, true) => "changed",
            (false, false) => "",
        };
        if !mark.is_empty() {
            widgets::inner_text(ui, mark, theme::small(), palette.warn);
        }
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            widgets::dot(ui, model_color(palette, &info.id));
            let color = if info.hidden { palette.faint } else { palette.text };
            let room = ui.available_width();
            ui.scope(|ui| {
                ui.set_max_width((room * 0.7).max(room - 120.0));
                widgets::inner_text(ui, &info.name, theme::body(), color);
            });
            widgets::inner_text(ui, provider, theme::small(), palette.faint);
        });
    });
    widgets::focus_ring(ui, &response, theme::ROUNDING);
    response.clicked()
}

/// Context and prices, as far as they are known.
pub(super) fn facts(info: &ModelInfo) -> String {
    let context = info.context.map(tokens);
    let price = match (info.price_in, info.price_out) {
        (Some(input), Some(output)) => Some(format!("{} / {}", dollars(input), dollars(output))),
        (_, _) => None,
    };
    [context, price].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
