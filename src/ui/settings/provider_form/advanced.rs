//! What most providers need not set: headers, certificates, timeouts and what one API has.

use egui::{Ui, vec2};

use super::{FormView, field_id};
use crate::protocol::ProviderKind;
use crate::ui::icon::Icon;
use crate::ui::settings::field::{Field, FieldStyle};
use crate::ui::settings::parts;
use crate::ui::settings::provider_text::{FieldName, HeaderText};
use crate::ui::theme;
use crate::ui::widgets::{self, Button, Chosen};

impl FormView {
    /// The fold with its fields; true where Enter was pressed in one of them.
    pub(super) fn advanced_ui(&mut self, ui: &mut Ui) -> bool {
        let icon = if self.unfolded { Icon::ChevronDown } else { Icon::ChevronRight };
        let fold = Button::new("Advanced").ghost().icon(icon).ui(ui);
        let unfolded = self.unfolded;
        fold.widget_info(|| {
            egui::WidgetInfo::selected(egui::Role::Button, true, unfolded, "Advanced")
        });
        if fold.clicked() {
            self.unfolded = !self.unfolded;
        }
        if !self.unfolded {
            return false;
        }
        let mut entered = self.headers_ui(ui);
        for (name, label, hint) in [
            (FieldName::CaFile, "Certificate file", "PEM, trusted besides the system's"),
            (FieldName::ConnectTimeout, "Connect within", "10"),
            (FieldName::IdleTimeout, "Silence at most", "As for all providers"),
        ] {
            entered |= self.option_ui(ui, name, label, hint);
        }
        match self.text.kind {
            ProviderKind::Anthropic => {
                entered |= self.option_ui(ui, FieldName::ApiVersion, "API version", "The newest");
            }
            ProviderKind::Responses => self.background_ui(ui),
            ProviderKind::Guide | ProviderKind::Openai => {}
        }
        entered
    }

    fn option_ui(&mut self, ui: &mut Ui, name: FieldName, label: &str, hint: &str) -> bool {
        parts::labelled_ui(ui, label, |ui| {
            let style = match name {
                FieldName::CaFile => FieldStyle::Mono,
                FieldName::Name
                | FieldName::Address
                | FieldName::Key
                | FieldName::HeaderName(_)
                | FieldName::HeaderValue(_)
                | FieldName::ConnectTimeout
                | FieldName::IdleTimeout
                | FieldName::ApiVersion => FieldStyle::Text,
            };
            let note = match name {
                FieldName::ConnectTimeout | FieldName::IdleTimeout => "s",
                FieldName::Name
                | FieldName::Address
                | FieldName::Key
                | FieldName::HeaderName(_)
                | FieldName::HeaderValue(_)
                | FieldName::CaFile
                | FieldName::ApiVersion => "",
            };
            let field = Field { hint, style, note, ..Field::new(field_id(name), label) };
            self.field_ui(ui, name, field)
        })
    }

    fn headers_ui(&mut self, ui: &mut Ui) -> bool {
        parts::labelled_ui(ui, "Headers", |ui| {
            let mut entered = false;
            let mut removed = None;
            for place in 0..self.text.more.headers.len() {
                let number = place + 1;
                ui.horizontal(|ui| {
                    let room = ui.available_width() - theme::ICON_BUTTON.x - 16.0;
                    let height = theme::CONTROL_HEIGHT;
                    for (name, label, share) in [
                        (FieldName::HeaderName(place), format!("Name of header {number}"), 0.4),
                        (FieldName::HeaderValue(place), format!("Value of header {number}"), 0.6),
                    ] {
                        ui.allocate_ui(vec2((room * share).floor(), height), |ui| {
                            let hint = if share < 0.5 { "X-Name" } else { "Value" };
                            let style = FieldStyle::Mono;
                            let field = Field { hint, style, ..Field::new(field_id(name), &label) };
                            entered |= self.bare_field_ui(ui, name, field);
                        });
                    }
                    let remove = format!("Remove header {number}");
                    if widgets::icon_button(ui, Icon::X, &remove).clicked() {
                        removed = Some(place);
                    }
                });
                self.problem_ui(ui, FieldName::HeaderName(place));
            }
            if let Some(place) = removed {
                self.text.more.headers.remove(place);
                self.problem = None;
            }
            if Button::new("Add header").small().icon(Icon::Plus).ui(ui).clicked() {
                self.focus = Some(FieldName::HeaderName(self.text.more.headers.len()));
                self.text.more.headers.push(HeaderText::default());
            }
            entered
        })
    }

    fn background_ui(&mut self, ui: &mut Ui) {
        parts::labelled_ui(ui, "Background", |ui| {
            let checked = Chosen::from(self.text.more.background);
            if parts::check_ui(ui, "Answers run on when the connection is gone", checked) {
                self.text.more.background = !self.text.more.background;
            }
            parts::note_ui(
                ui,
                "The provider keeps them for a while, and the app fetches the rest.",
            );
        });
    }
}
