//! The form of a server.

use egui::{Align, Id, Key, Response, RichText, Role, Ui, WidgetInfo, text_edit::TextEditState};
use secrecy::SecretString;

use super::super::field::{Field, FieldStyle};
use super::super::parts;
use super::super::provider_text::KeyText;
use super::super::status::Tone;
use super::push;
use super::text::{By, Checked, FieldName, Problem, ServerText, assumed, is_open};
use crate::protocol::{ErrorKind, KeptIn, KeyChange, QueryId};
use crate::state::{AppState, ServerCommand, ServerForm, UiCommand, words};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chosen};

/// The form that is open. Which one that is, the state says.
#[derive(Debug, Default)]
pub(super) struct FormView {
    form: ServerForm,
    text: ServerText,
    problem: Option<Problem>,
    /// It was just opened or refused: this field gets the keyboard.
    focus: Option<FieldName>,
    /// It was just opened: it has to be in view.
    reveal: bool,
    /// The try or the pairing whose result was seen, and whether it went well.
    told: Option<(QueryId, Option<bool>)>,
    /// A result is new: it has to be in view.
    reveal_result: bool,
}

impl FormView {
    /// Begins anew where the state shows another form.
    pub(super) fn follow_state(&mut self, ui: &Ui, state: &AppState) {
        if self.form == state.servers.form || ui.ctx().current_pass_index() > 0 {
            return;
        }
        self.form = state.servers.form.clone();
        self.forget_secret(ui);
        self.text = ServerText::begin(state, &self.form);
        self.problem = None;
        self.reveal = true;
        self.focus = match &self.form {
            ServerForm::Closed => None,
            ServerForm::New => Some(FieldName::Name),
            ServerForm::Server(_) => Some(FieldName::Secret),
        };
    }

    /// A result that is new has to be seen. A code that was refused can be mended at once, and one
    /// that was taken is worth nothing any more.
    fn follow_result(&mut self, ui: &Ui, state: &AppState) {
        let servers = &state.servers;
        let told = match (&servers.paired, &servers.tried) {
            (Some((query, result)), _) => Some((*query, result.as_ref().map(Result::is_ok))),
            (None, Some((query, result))) => Some((*query, result.as_ref().map(Result::is_ok))),
            (None, None) => None,
        };
        if self.told == told || ui.ctx().current_pass_index() > 0 {
            return;
        }
        self.told = told;
        self.reveal_result = told.is_some();
        match &servers.paired {
            Some((_, Some(Ok(_)))) => {
                self.text.by = By::Token;
                self.forget_secret(ui);
            }
            Some((_, Some(Err(error)))) if error.kind == ErrorKind::Auth => {
                self.focus = Some(FieldName::Secret);
            }
            Some((_, Some(Err(_)) | None)) | None => {}
        }
    }

    /// A new server is asked for: a form that is open already is shown again, as it is.
    pub(super) fn show_again(&mut self) {
        if self.form == ServerForm::New {
            self.reveal = true;
            self.focus = Some(FieldName::Name);
        }
    }

    pub(super) fn form_ui(&mut self, ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
        let title = match &self.form {
            ServerForm::Closed => return,
            ServerForm::New => "Add a server".to_owned(),
            ServerForm::Server(id) => format!("Edit {}", state.server_name(id)),
        };
        self.follow_result(ui, state);
        parts::section_ui(ui, &title);
        let card = ui.scope(|ui| {
            parts::card_ui(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 10.0;
                let entered = self.fields_ui(ui, state);
                parts::labelled_ui(ui, "", |ui| {
                    self.buttons_ui(ui, state, entered, out);
                    let result = result_ui(ui, state);
                    if std::mem::take(&mut self.reveal_result)
                        && let Some(result) = result
                    {
                        result.scroll_to_me(None);
                    }
                });
            });
        });
        if std::mem::take(&mut self.reveal) {
            // Where not all of it has room, it begins with its first field.
            let fits = card.response.rect.height() <= ui.clip_rect().height();
            card.response.scroll_to_me(Some(if fits { Align::BOTTOM } else { Align::TOP }));
        }
    }

    /// True where Enter was pressed in a field.
    fn fields_ui(&mut self, ui: &mut Ui, state: &AppState) -> bool {
        let name = Field::new(field_id(FieldName::Name), "Name");
        let mut entered = parts::labelled_ui(ui, "Name", |ui| {
            self.field_ui(ui, FieldName::Name, Field { hint: "Home", ..name })
        });
        entered |= parts::labelled_ui(ui, "Address", |ui| {
            let field = Field {
                style: FieldStyle::Mono,
                hint: "wss://home.example:8899",
                ..Field::new(field_id(FieldName::Address), "Address")
            };
            let entered = self.field_ui(ui, FieldName::Address, field);
            if let Some(url) = assumed(&self.text.url) {
                widgets::small_label(ui, &format!("Taken as {url}"), Palette::of(ui).dim);
            }
            if is_open(&self.text.url) {
                let text = "Without TLS the token can be read on the way. Use wss:// where the \
                            server offers it.";
                let color = Palette::of(ui).warn;
                ui.label(RichText::new(text).font(theme::small()).color(color));
            }
            entered
        });
        parts::labelled_ui(ui, "Let in by", |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.set_min_height(theme::CONTROL_HEIGHT);
                for (by, label) in [(By::Token, "Token"), (By::Code, "Pairing code")] {
                    let is_chosen = self.text.by == by;
                    let chip = widgets::chip(ui, label, Chosen::from(is_chosen));
                    let name = format!("Let in by: {label}");
                    chip.widget_info(|| {
                        WidgetInfo::selected(Role::Button, true, is_chosen, name.clone())
                    });
                    if chip.clicked() && !is_chosen {
                        self.text.by = by;
                        self.problem = None;
                        self.forget_secret(ui);
                        self.focus = Some(FieldName::Secret);
                    }
                }
            });
        });
        entered |= self.secret_ui(ui, state);
        parts::labelled_ui(ui, "Options", |ui| {
            let query = Chosen::from(self.text.token_query);
            if parts::check_ui(ui, "Token in the address (old servers)", query) {
                self.text.token_query = !self.text.token_query;
            }
            if parts::check_ui(ui, "Two sockets", Chosen::from(self.text.dual)) {
                self.text.dual = !self.text.dual;
            }
        });
        entered |= parts::labelled_ui(ui, "Certificate file", |ui| {
            let field = Field {
                style: FieldStyle::Mono,
                hint: "PEM, trusted besides the system's",
                ..Field::new(field_id(FieldName::CaFile), "Certificate file")
            };
            self.field_ui(ui, FieldName::CaFile, field)
        });
        entered
    }

    fn secret_ui(&mut self, ui: &mut Ui, state: &AppState) -> bool {
        let has_token = match &self.form {
            ServerForm::Server(id) => state.servers.get(id).is_some_and(|server| server.has_token),
            ServerForm::Closed | ServerForm::New => false,
        };
        let (label, style, hint, note) = match (self.text.by, has_token, &state.keys_kept) {
            (By::Code, ..) => ("Code", FieldStyle::Mono, "As the server shows it", ""),
            (By::Token, true, _) => ("Token", FieldStyle::Secret, "••••••••••••", "is kept"),
            (By::Token, false, Some(KeptIn::Keychain)) => {
                ("Token", FieldStyle::Secret, "Paste a token", "goes to the system keychain")
            }
            (By::Token, false, Some(KeptIn::File(_))) => {
                ("Token", FieldStyle::Secret, "Paste a token", "goes to a file only you can read")
            }
            (By::Token, false, None) => ("Token", FieldStyle::Secret, "Paste a token", ""),
        };
        let field = Field { style, hint, note, ..Field::new(field_id(FieldName::Secret), label) };
        parts::labelled_ui(ui, label, |ui| self.field_ui(ui, FieldName::Secret, field))
    }

    /// A field with what is wrong with it; true where Enter was pressed in it.
    fn field_ui(&mut self, ui: &mut Ui, name: FieldName, field: Field<'_>) -> bool {
        let text = match name {
            FieldName::Name => &mut self.text.name,
            FieldName::Address => &mut self.text.url,
            FieldName::Secret => &mut self.text.secret.0,
            FieldName::CaFile => &mut self.text.ca_file,
        };
        let response = field.field_ui(ui, text);
        if self.focus == Some(name) {
            self.focus = None;
            response.request_focus();
        }
        if response.gained_focus() {
            response.scroll_to_me(None);
        }
        if response.changed() {
            self.problem = None;
        }
        if let Some(problem) = self.problem.as_ref().filter(|problem| problem.field == name) {
            parts::problem_ui(ui, &problem.text);
        }
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }

    fn buttons_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        entered: bool,
        out: &mut Vec<UiCommand>,
    ) {
        ui.horizontal_wrapped(|ui| {
            let action = match self.text.by {
                By::Token => "Save",
                By::Code => "Pair",
            };
            let acts = widgets::primary_button(ui, action).clicked() || entered;
            let tests = self.text.by == By::Token && widgets::button(ui, "Test").clicked();
            if widgets::ghost_button(ui, "Cancel").clicked() {
                self.forget_secret(ui);
                push(out, ServerCommand::Edit(ServerForm::Closed));
                return;
            }
            if (acts || tests)
                && let Some(checked) = self.checked(state)
            {
                if tests {
                    let token = token(checked.secret);
                    push(out, ServerCommand::Test { config: checked.config, token });
                } else {
                    self.act(ui, checked, out);
                }
            }
        });
    }

    fn checked(&mut self, state: &AppState) -> Option<Checked> {
        match self.text.check(state, &self.form) {
            Ok(checked) => Some(checked),
            Err(problem) => {
                self.focus = Some(problem.field);
                self.problem = Some(problem);
                None
            }
        }
    }

    fn act(&mut self, ui: &Ui, checked: Checked, out: &mut Vec<UiCommand>) {
        let Checked { config, secret } = checked;
        match (self.text.by, secret) {
            (By::Code, Some(code)) => {
                // It stays to be mended, should it be refused.
                self.focus = Some(FieldName::Secret);
                push(out, ServerCommand::Pair { config, code: SecretString::from(code) });
            }
            (By::Token | By::Code, secret) => {
                self.forget_secret(ui);
                push(out, ServerCommand::Save { config, token: token(secret) });
                push(out, ServerCommand::Edit(ServerForm::Closed));
            }
        }
    }

    /// The secret leaves the window's memory: the text, and what undo would bring back.
    fn forget_secret(&mut self, ui: &Ui) {
        self.text.secret = KeyText::default();
        TextEditState::default().store(ui.ctx(), field_id(FieldName::Secret));
    }
}

fn token(secret: Option<String>) -> KeyChange {
    match secret {
        Some(secret) => KeyChange::Set(SecretString::from(secret)),
        None => KeyChange::Keep,
    }
}

/// What came of the last try or pairing.
fn result_ui(ui: &mut Ui, state: &AppState) -> Option<Response> {
    let servers = &state.servers;
    let (text, tone) = match (&servers.paired, &servers.tried) {
        (Some((_, None)), _) => ("Pairing…".to_owned(), Tone::Neutral),
        (Some((_, Some(Err(error)))), _) | (None, Some((_, Some(Err(error))))) => {
            (words::server_error(error), Tone::Bad)
        }
        (Some((_, Some(Ok(id)))), _) => {
            let name = state.server_name(id);
            (format!("Paired: {name} gave a token of its own, which is kept"), Tone::Good)
        }
        (None, Some((_, None))) => ("Trying…".to_owned(), Tone::Neutral),
        (None, Some((_, Some(Ok(found))))) => (words::found(found), Tone::Good),
        (None, None) => return None,
    };
    let text = parts::coded(&text, theme::small(), tone.color(Palette::of(ui)));
    Some(ui.add(egui::Label::new(text).wrap()))
}

fn field_id(name: FieldName) -> Id {
    Id::unique(("server_form", name))
}
