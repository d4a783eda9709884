//! A list to choose one model from, found by typing.

use egui::{Id, Rect, ScrollArea, Ui, pos2, vec2};

use crate::protocol::ModelId;
use crate::state::{AppState, UiCommand};
use crate::ui::picker::{List, ROW_HEIGHT, Row, RowUi};
use crate::ui::settings::field::Field;
use crate::ui::settings::parts;
use crate::ui::theme::{self, Palette};

/// Height of the list.
const HEIGHT: f32 = 320.0;

/// The list while it is open. `name` tells the lists of a page apart.
#[derive(Debug)]
pub(in crate::ui) struct Choice {
    name: &'static str,
    query: String,
    list: List,
    focused: bool,
}

impl Choice {
    pub(in crate::ui) fn new(name: &'static str) -> Self {
        Self { name, query: String::new(), list: List::default(), focused: false }
    }

    /// Draws it; gives the model that was chosen. Stars are set at once.
    pub(in crate::ui) fn choice_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        chosen: Option<&ModelId>,
        out: &mut Vec<UiCommand>,
    ) -> Option<ModelId> {
        let id = Id::unique(("model_choice", self.name));
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
        if entered && best.is_some() {
            return best;
        }
        if self.list.is_empty() {
            parts::note_ui(ui, "No model fits");
        }
        ScrollArea::vertical()
            .id_salt(id)
            .max_height(HEIGHT)
            .min_scrolled_height(HEIGHT)
            .auto_shrink([false, true])
            .show_viewport(ui, |ui, viewport| self.rows_ui(ui, viewport, (state, chosen), out))
            .inner
    }

    fn rows_ui(
        &self,
        ui: &mut Ui,
        viewport: Rect,
        (state, chosen): (&AppState, Option<&ModelId>),
        out: &mut Vec<UiCommand>,
    ) -> Option<ModelId> {
        let (origin, width) = (ui.min_rect().min, ui.available_width());
        let mut clicked = None;
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
                is_on_server: false,
                info,
                row,
                provider: &state.provider_label(provider),
                tells_provider: true,
                selected: Some(&info.id) == chosen,
                chat_default: false,
            }
            .row_ui(ui, rect, Id::unique(("model_choice_row", self.name, &info.id)));
            if drawn.star.clicked() {
                out.push(UiCommand::ToggleFavourite(info.id.clone()));
            } else if drawn.row.clicked() {
                clicked = Some(info.id.clone());
            }
        }
        ui.set_min_size(vec2(width, y));
        clicked
    }
}
