//! What the user knows better about one model.

use egui::{Id, Key, Ui};

use super::all::facts;
use crate::protocol::{ModelEdit, ModelId, ModelInfo};
use crate::state::{AppState, UiCommand};
use crate::ui::settings::field::Field;
use crate::ui::settings::{parts, typed};
use crate::ui::widgets::{self, Chosen};

/// Above this a price is a slip of the hand, in dollars per million tokens.
const HIGHEST_PRICE: f64 = 10_000.0;

/// The form, while it is open.
#[derive(Debug)]
pub(super) struct EditView {
    pub(super) model: ModelId,
    alias: String,
    context: String,
    price_in: String,
    price_out: String,
    hidden: bool,
    problem: Option<(Row, &'static str)>,
    focus: Option<Row>,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Row {
    Alias,
    Context,
    PriceIn,
    PriceOut,
}

impl EditView {
    /// The form with what was set before.
    pub(super) fn of(state: &AppState, model: ModelId) -> Self {
        let edit = state.settings.models.get(&model).cloned().unwrap_or_default();
        let number = |number: Option<f64>| number.map_or_else(String::new, |n| n.to_string());
        Self {
            model,
            alias: edit.alias.unwrap_or_default(),
            context: edit.context.map_or_else(String::new, |tokens| tokens.to_string()),
            price_in: number(edit.price_in),
            price_out: number(edit.price_out),
            hidden: edit.hidden,
            problem: None,
            focus: Some(Row::Alias),
        }
    }

    /// True where it shall be closed.
    pub(super) fn edit_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        widgets::group_label(ui, &format!("Edit {}", state.model_name(&self.model)));
        let about = about(&self.model, state.model(&self.model));
        parts::note_ui(ui, &about);
        let mut entered = false;
        for (row, label, hint, note) in [
            (Row::Alias, "Name", "As the provider says", ""),
            (Row::Context, "Context", "As the provider says", "tokens"),
            (Row::PriceIn, "Price in", "As the provider says", "$ per million"),
            (Row::PriceOut, "Price out", "As the provider says", "$ per million"),
        ] {
            entered |= parts::labelled_ui(ui, label, |ui| {
                let name = format!("{label} of the model");
                let id = Id::unique(("edit_model", row));
                let response =
                    Field { hint, note, ..Field::new(id, &name) }.field_ui(ui, self.text(row));
                if self.focus == Some(row) {
                    self.focus = None;
                    response.request_focus();
                }
                if response.changed() {
                    self.problem = None;
                }
                if let Some((_, problem)) = self.problem.filter(|(wrong, _)| *wrong == row) {
                    parts::problem_ui(ui, problem);
                }
                response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
            });
        }
        parts::labelled_ui(ui, "", |ui| {
            if parts::check_ui(ui, "Hidden in lists", Chosen::from(self.hidden)) {
                self.hidden = !self.hidden;
            }
            self.buttons_ui(ui, state, entered, out)
        })
    }

    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entered: bool,
        out: &mut Vec<UiCommand>,
    ) -> bool {
        let mut done = false;
        ui.horizontal_wrapped(|ui| {
            if widgets::primary_button(ui, "Save").clicked() || entered {
                match self.edit() {
                    Ok(edit) => {
                        out.push(UiCommand::EditModel { model: self.model.clone(), edit });
                        done = true;
                    }
                    Err((row, problem)) => {
                        self.problem = Some((row, problem));
                        self.focus = Some(row);
                    }
                }
            }
            if widgets::ghost_button(ui, "Cancel").clicked() {
                done = true;
            }
            let is_edited = state.settings.models.contains_key(&self.model);
            if is_edited && widgets::link_button(ui, "Back to what the provider says").clicked() {
                let edit = ModelEdit::default();
                out.push(UiCommand::EditModel { model: self.model.clone(), edit });
                done = true;
            }
        });
        done
    }

    fn text(&mut self, row: Row) -> &mut String {
        match row {
            Row::Alias => &mut self.alias,
            Row::Context => &mut self.context,
            Row::PriceIn => &mut self.price_in,
            Row::PriceOut => &mut self.price_out,
        }
    }

    fn edit(&self) -> Result<ModelEdit, (Row, &'static str)> {
        let price = |text: &str, row| {
            let wrong = "Enter dollars per million tokens, for example 2.5";
            typed::number(text.trim(), (0.0, HIGHEST_PRICE), wrong).map_err(|wrong| (row, wrong))
        };
        let alias = self.alias.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(ModelEdit {
            alias: Some(alias).filter(|alias| !alias.is_empty()),
            hidden: self.hidden,
            context: typed::tokens(&self.context).map_err(|wrong| (Row::Context, wrong))?,
            price_in: price(&self.price_in, Row::PriceIn)?,
            price_out: price(&self.price_out, Row::PriceOut)?,
        })
    }
}

/// The model's id and what is known of it.
fn about(id: &ModelId, info: Option<&ModelInfo>) -> String {
    let Some(info) = info else { return format!("{id}, which its provider no longer lists") };
    let can = [
        (info.abilities.vision, "takes images"),
        (info.abilities.tools, "uses tools"),
        (info.abilities.thinking, "thinks"),
        (info.abilities.json, "answers in JSON"),
    ];
    let can =
        can.into_iter().filter(|(has, _)| *has == Some(true)).map(|(_, what)| what.to_owned());
    let mut words: Vec<String> = vec![id.to_string(), facts(info)];
    words.extend(can);
    words.extend(info.retires.iter().map(|day| format!("gone after {day}")));
    words.retain(|word| !word.is_empty());
    words.join(" · ")
}
