//! The form of a provider.

use egui::{Align, Id, Key, Layout, RichText, Ui, text_edit::TextEditState, vec2};
use secrecy::SecretString;

use super::field::{Field, FieldStyle};
use super::parts;
use super::provider_text::{FieldName, KeyText, Problem, ProviderText, to_config};
use super::status::{self, Tone};
use crate::protocol::{KeyChange, KeySource, ProviderId};
use crate::state::{AppState, ProviderForm, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

const LABELS: f32 = 120.0;
/// Below this width labels stand above their fields.
const NARROW: f32 = 420.0;

/// The form that is open. Which one that is, the state says.
#[derive(Debug, Default)]
pub(super) struct FormView {
    form: ProviderForm,
    text: ProviderText,
    problem: Option<Problem>,
    /// It was just opened or refused: this field gets the keyboard.
    focus: Option<FieldName>,
    /// It was just opened: it has to be in view.
    reveal: bool,
    saved: bool,
}

impl FormView {
    /// Begins anew where the state shows another form.
    pub(super) fn follow_state(&mut self, ui: &Ui, state: &AppState) {
        if self.form == state.provider_form || ui.ctx().current_pass_index() > 0 {
            return;
        }
        self.form = state.provider_form.clone();
        self.text = ProviderText::begin(state, &self.form);
        self.problem = None;
        self.saved = false;
        self.reveal = true;
        self.focus = match &self.form {
            ProviderForm::Closed | ProviderForm::Choose => None,
            ProviderForm::OtherServer => Some(FieldName::Name),
            ProviderForm::Provider(_) => Some(FieldName::Key),
        };
    }

    pub(super) fn form_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let title = match &self.form {
            ProviderForm::Closed | ProviderForm::Choose => return,
            ProviderForm::OtherServer => "Add a server".to_owned(),
            ProviderForm::Provider(id) if state.provider(id).is_some() => {
                format!("Edit {}", name_of(state, id))
            }
            ProviderForm::Provider(id) => format!("Add {}", name_of(state, id)),
        };
        parts::section_ui(ui, &title);
        let card = ui.scope(|ui| {
            parts::card_ui(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 10.0;
                let entered = self.fields_ui(ui, state);
                labelled(ui, "", |ui| {
                    self.buttons_ui(ui, state, entered, out);
                    self.result_ui(ui, state);
                });
            });
        });
        if std::mem::take(&mut self.reveal) {
            card.response.scroll_to_me(Some(Align::BOTTOM));
        }
    }

    /// True where Enter was pressed in a field.
    fn fields_ui(&mut self, ui: &mut Ui, state: &AppState) -> bool {
        let mut entered = false;
        let place = self.provider(state).and_then(|provider| status::key_place(&provider.key));
        let hint = match &place {
            Some((tail, _)) => format!("••••••••••••{tail}"),
            None if status::is_local(&self.text.url) => {
                "Not needed by most local servers".to_owned()
            }
            None => "Paste a key".to_owned(),
        };
        let note = place.as_ref().map_or("", |(_, words)| words.as_str());
        for name in [FieldName::Name, FieldName::Address, FieldName::Key] {
            let (label, style) = match name {
                FieldName::Name => ("Name", FieldStyle::Text),
                FieldName::Address => ("Address", FieldStyle::Mono),
                FieldName::Key => ("API key", FieldStyle::Secret),
            };
            labelled(ui, label, |ui| {
                let mut field = Field { style, ..Field::new(field_id(name), label) };
                let text = match name {
                    FieldName::Name => &mut self.text.name,
                    FieldName::Address => {
                        field.hint = "https://api.example.com/v1";
                        &mut self.text.url
                    }
                    FieldName::Key => {
                        field.hint = &hint;
                        field.note = note;
                        &mut self.text.key.0
                    }
                };
                let response = field.field_ui(ui, text);
                if self.focus == Some(name) {
                    self.focus = None;
                    response.request_focus();
                }
                let enter = ui.input(|input| input.key_pressed(Key::Enter));
                entered |= response.lost_focus() && enter;
                if response.changed() {
                    self.problem = None;
                }
                self.problem_ui(ui, name);
            });
        }
        entered
    }

    fn problem_ui(&self, ui: &mut Ui, field: FieldName) {
        let palette = Palette::of(ui);
        if let Some(problem) = self.problem.as_ref().filter(|problem| problem.field == field) {
            ui.label(RichText::new(problem.text).font(theme::small()).color(palette.err));
        }
    }

    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entered: bool,
        out: &mut Vec<UiCommand>,
    ) {
        ui.horizontal_wrapped(|ui| {
            if widgets::primary_button(ui, "Save & test").clicked() || entered {
                self.save(ui, state, out);
            }
            if widgets::ghost_button(ui, "Cancel").clicked() {
                self.forget_key(ui);
                out.push(UiCommand::EditProvider(ProviderForm::Closed));
            }
            if let Some(page) = self.key_page(state)
                && widgets::link_button(ui, "Get a key…").on_hover_text(page).clicked()
            {
                out.push(UiCommand::AskLink(page.to_owned()));
            }
            let Some(provider) = self.provider(state) else { return };
            let kept = matches!(provider.key, KeySource::Keychain { .. } | KeySource::File { .. });
            if kept && widgets::link_button(ui, "Remove key").clicked() {
                let config = provider.config.clone();
                out.push(UiCommand::SaveProvider { config, key: KeyChange::Remove });
            }
        });
    }

    fn result_ui(&self, ui: &mut Ui, state: &AppState) {
        let palette = Palette::of(ui);
        let (text, tone) = match self.provider(state) {
            Some(provider) => (status::sentence(provider), status::short(&provider.status).1),
            None if self.saved => ("Asking for its models…".to_owned(), Tone::Neutral),
            None => return,
        };
        ui.label(RichText::new(text).font(theme::small()).color(tone.color(palette)));
    }

    fn save(&mut self, ui: &Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let checked = match self.text.check() {
            Ok(checked) => checked,
            Err(problem) => {
                self.focus = Some(problem.field);
                self.problem = Some(problem);
                return;
            }
        };
        let config = to_config(state, &self.form, &checked);
        let key = match checked.key {
            Some(key) => KeyChange::Set(SecretString::from(key)),
            None => KeyChange::Keep,
        };
        self.forget_key(ui);
        self.saved = true;
        self.text.name = checked.name;
        self.text.url = checked.url;
        self.form = ProviderForm::Provider(config.id.clone());
        out.push(UiCommand::SaveProvider { config, key });
        if state.provider_form != self.form {
            out.push(UiCommand::EditProvider(self.form.clone()));
        }
    }

    /// The key leaves the window's memory: the text, and what undo would bring back.
    fn forget_key(&mut self, ui: &Ui) {
        self.text.key = KeyText::default();
        TextEditState::default().store(ui.ctx(), field_id(FieldName::Key));
    }

    fn provider<'a>(&self, state: &'a AppState) -> Option<&'a crate::protocol::ProviderState> {
        match &self.form {
            ProviderForm::Provider(id) => state.provider(id),
            ProviderForm::Closed | ProviderForm::Choose | ProviderForm::OtherServer => None,
        }
    }

    fn key_page(&self, state: &AppState) -> Option<&'static str> {
        let ProviderForm::Provider(id) = &self.form else { return None };
        state.known.iter().find(|known| known.id == id.as_str()).map(|known| known.key_page)
    }
}

fn name_of(state: &AppState, id: &ProviderId) -> String {
    super::provider_text::config(state, id).map_or_else(|| id.0.clone(), |config| config.name)
}

fn field_id(name: FieldName) -> Id {
    Id::unique(("provider_form", name))
}

/// A label of 120 with what belongs to it beside it, or below it where there is little room.
fn labelled(ui: &mut Ui, label: &str, content: impl FnOnce(&mut Ui)) {
    let palette = Palette::of(ui);
    let text = RichText::new(label).color(palette.dim);
    if ui.available_width() < NARROW {
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            if !label.is_empty() {
                ui.label(text);
            }
            content(ui);
        });
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        let size = vec2(LABELS, theme::CONTROL_HEIGHT);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.label(text);
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 4.0);
            content(ui);
        });
    });
}
