//! Who answers when a model cannot: an ordered list.

use egui::Ui;

use super::choice::Choice;
use super::{ROW, model_ui};
use crate::protocol::Fallback;
use crate::state::{AppState, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::settings::parts;
use crate::ui::theme;
use crate::ui::widgets::{self, Button, Chosen};

/// More links than these would only delay the error.
const MOST: usize = 5;

/// What this part of the page remembers.
#[derive(Debug, Default)]
pub(super) struct FallbackView {
    /// The list to choose the next model from, while it is open.
    choice: Option<Choice>,
}

impl FallbackView {
    pub(super) fn fallback_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let fallback = &state.settings.fallback;
        parts::note_ui(
            ui,
            "When a model is overloaded, rate-limited or gone before it wrote anything, the next of \
             these answers, and a note in the answer says so. Chats can have a chain of their own.",
        );
        if let Some(changed) = chain_ui(ui, state, fallback) {
            out.push(UiCommand::SetFallback(changed));
        }
        if let Some(choice) = &mut self.choice {
            if let Some(model) = choice.choice_ui(ui, state, None, out) {
                self.choice = None;
                if !fallback.models.contains(&model) {
                    let mut changed = fallback.clone();
                    changed.models.push(model);
                    out.push(UiCommand::SetFallback(changed));
                }
            }
            if widgets::small_button(ui, "Close").clicked() {
                self.choice = None;
            }
        } else if fallback.models.len() < MOST
            && Button::new("Add a model").small().icon(Icon::Plus).ui(ui).clicked()
        {
            self.choice = Some(Choice::new("fallback"));
        }
        let dearer = "A dearer model may answer too, or one whose price is not known";
        if parts::check_ui(ui, dearer, Chosen::from(fallback.allow_dearer)) {
            let allow_dearer = !fallback.allow_dearer;
            out.push(UiCommand::SetFallback(Fallback { allow_dearer, ..fallback.clone() }));
        }
    }
}

/// The models in order; the chain as it shall be, where something was pressed.
fn chain_ui(ui: &mut Ui, state: &AppState, fallback: &Fallback) -> Option<Fallback> {
    let mut changed = None;
    let last = fallback.models.len().saturating_sub(1);
    for (place, model) in fallback.models.iter().enumerate() {
        let name = state.model_name(model);
        let buttons = |ui: &mut Ui| {
            let mut models = fallback.models.clone();
            if widgets::icon_button(ui, Icon::X, &format!("Remove {name} from the chain")).clicked()
            {
                models.remove(place);
                return Some(models);
            }
            let down = button_ui(ui, Icon::ArrowDown, &format!("Later: {name}"), place < last);
            let up = button_ui(ui, Icon::ArrowUp, &format!("Earlier: {name}"), place > 0);
            if down {
                models.swap(place, place + 1);
            } else if up {
                models.swap(place, place - 1);
            }
            (up || down).then_some(models)
        };
        let left = |ui: &mut Ui| {
            parts::text_ui(ui, &format!("{}.", place + 1));
            model_ui(ui, state, model);
        };
        if let Some(models) = parts::row_ui(ui, ROW, left, buttons) {
            changed = Some(Fallback { models, ..fallback.clone() });
        }
    }
    changed
}

fn button_ui(ui: &mut Ui, icon: Icon, name: &str, is_possible: bool) -> bool {
    if !is_possible {
        ui.allocate_exact_size(theme::ICON_BUTTON, egui::Sense::hover());
        return false;
    }
    widgets::icon_button(ui, icon, name).clicked()
}
