//! The form of a provider.

mod advanced;

use egui::{Align, Id, Key, RichText, Ui, text_edit::TextEditState};
use secrecy::SecretString;

use super::field::{Field, FieldStyle};
use super::parts;
use super::provider_text::{FieldName, KeyText, Problem, ProviderText, to_config};
use super::status::{self, Tone};
use crate::protocol::{KeptIn, KeyChange, KeySource, ProviderId, ProviderKind};
use crate::state::{AppState, ProviderForm, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// The APIs to choose from.
const KINDS: [(ProviderKind, &str, &str); 3] = [
    (ProviderKind::Openai, "Chat completions", "OpenAI-compatible: what most servers speak"),
    (ProviderKind::Responses, "Responses", "OpenAI's newer API"),
    (ProviderKind::Anthropic, "Anthropic", "Anthropic's messages API"),
];

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
    /// What most need not set is shown.
    unfolded: bool,
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
        self.unfolded = self.text.more.is_used();
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
            ProviderForm::Provider(id) => match state.provider(id) {
                Some(provider) => format!("Edit {}", state.provider_label(provider)),
                None => format!("Add {}", name_of(state, id)),
            },
        };
        parts::section_ui(ui, &title);
        let card = ui.scope(|ui| {
            parts::card_ui(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 10.0;
                let entered = self.fields_ui(ui, state);
                parts::labelled_ui(ui, "", |ui| {
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
        let note = match (&place, &state.keys_kept) {
            (Some((_, words)), _) => words.as_str(),
            (None, Some(KeptIn::Keychain)) => "goes to the system keychain",
            (None, Some(KeptIn::File(_))) => "goes to a file only you can read",
            (None, None) => "",
        };
        for (name, label, style) in [
            (FieldName::Name, "Name", FieldStyle::Text),
            (FieldName::Address, "Address", FieldStyle::Mono),
            (FieldName::Key, "API key", FieldStyle::Secret),
        ] {
            let mut field = Field { style, ..Field::new(field_id(name), label) };
            if name == FieldName::Address {
                field.hint = "https://api.example.com/v1";
            }
            if name == FieldName::Key {
                self.kind_ui(ui);
                (field.hint, field.note) = (&hint, note);
            }
            entered |= parts::labelled_ui(ui, label, |ui| self.field_ui(ui, name, field));
        }
        entered |= self.advanced_ui(ui);
        entered
    }

    /// Which API it speaks.
    fn kind_ui(&mut self, ui: &mut Ui) {
        parts::labelled_ui(ui, "API", |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.set_min_height(theme::CONTROL_HEIGHT);
                for (kind, label, what) in KINDS {
                    let chosen = Chosen::from(self.text.kind == kind);
                    if widgets::chip(ui, label, chosen).on_hover_text(what).clicked() {
                        self.text.kind = kind;
                    }
                }
            });
        });
    }

    /// A field with what is wrong with it; true where Enter was pressed in it.
    fn field_ui(&mut self, ui: &mut Ui, name: FieldName, field: Field<'_>) -> bool {
        let entered = self.bare_field_ui(ui, name, field);
        self.problem_ui(ui, name);
        entered
    }

    fn bare_field_ui(&mut self, ui: &mut Ui, name: FieldName, field: Field<'_>) -> bool {
        let Some(text) = self.text_of(name) else { return false };
        let response = field.field_ui(ui, text);
        if self.focus == Some(name) {
            self.focus = None;
            response.request_focus();
        }
        if response.changed() {
            self.problem = None;
        }
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }

    fn text_of(&mut self, name: FieldName) -> Option<&mut String> {
        let more = &mut self.text.more;
        Some(match name {
            FieldName::Name => &mut self.text.name,
            FieldName::Address => &mut self.text.url,
            FieldName::Key => &mut self.text.key.0,
            FieldName::HeaderName(place) => &mut more.headers.get_mut(place)?.name,
            FieldName::HeaderValue(place) => &mut more.headers.get_mut(place)?.value,
            FieldName::CaFile => &mut more.ca_file,
            FieldName::ConnectTimeout => &mut more.connect_timeout_s,
            FieldName::IdleTimeout => &mut more.idle_timeout_s,
            FieldName::ApiVersion => &mut more.api_version,
        })
    }

    fn problem_ui(&self, ui: &mut Ui, field: FieldName) {
        if let Some(problem) = self.problem.as_ref().filter(|problem| problem.field == field) {
            parts::problem_ui(ui, &problem.text);
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
                self.unfolded |= problem.field.is_advanced();
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
