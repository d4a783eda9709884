//! Where answers come from.

use egui::{Align, Label, Layout, Popup, PopupCloseBehavior, Response, RichText, Sense, Ui};

use super::parts;
use super::provider_form::FormView;
use super::status::{self, Check};
use crate::protocol::{KeySource, ProviderId, ProviderState, Timestamp};
use crate::state::{AppState, ProviderForm, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette, provider_color};
use crate::ui::widgets::{self, Button};

/// Width of a menu's rows.
const MENU: f32 = 168.0;

/// What the page remembers.
#[derive(Debug, Default)]
pub(super) struct ProvidersView {
    form: FormView,
    /// The provider whose menu asks whether it shall be removed.
    confirming: Option<ProviderId>,
    /// The choice of a provider was in view already.
    choice_shown: bool,
}

impl ProvidersView {
    pub(super) fn providers_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        self.form.follow_state(ui, state);
        parts::row_ui(
            ui,
            theme::CONTROL_HEIGHT,
            |ui| parts::heading_ui(ui, "Providers"),
            |ui| {
                if Button::new("Add provider").icon(Icon::Plus).ui(ui).clicked() {
                    out.push(UiCommand::EditProvider(ProviderForm::Choose));
                }
            },
        );
        for provider in &state.providers {
            ui.push_id(&provider.config.id, |ui| self.card_ui(ui, (state, now), provider, out));
        }
        let chooses = state.provider_form == ProviderForm::Choose;
        if chooses {
            let card = choose_ui(ui, state, out);
            if !self.choice_shown {
                card.scroll_to_me(Some(Align::BOTTOM));
            }
        }
        self.choice_shown = chooses;
        self.form.form_ui(ui, state, out);
    }

    fn card_ui(
        &mut self,
        ui: &mut Ui,
        (state, now): (&AppState, Timestamp),
        provider: &ProviderState,
        out: &mut Vec<UiCommand>,
    ) {
        let label = state.provider_label(provider);
        parts::card_ui(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            parts::row_ui(
                ui,
                38.0,
                |ui| name_ui(ui, provider, &label),
                |ui| {
                    if provider.config.id.as_str() == "guide" {
                        ui.allocate_exact_size(theme::ICON_BUTTON, Sense::hover());
                    } else {
                        self.menu_ui(ui, provider, &label, out);
                    }
                    status::chip_ui(ui, &provider.status, Check::Hidden)
                        .on_hover_text(status::sentence(provider));
                    if ui.available_width() > 200.0 {
                        count_ui(ui, provider, now);
                    }
                },
            );
        });
    }

    fn menu_ui(
        &mut self,
        ui: &mut Ui,
        provider: &ProviderState,
        label: &str,
        out: &mut Vec<UiCommand>,
    ) {
        let name = format!("More for {label}");
        let button = widgets::icon_button(ui, Icon::Ellipsis, &name);
        if button.clicked() {
            self.confirming = None;
        }
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            ui.set_width(MENU);
            ui.spacing_mut().item_spacing.y = 0.0;
            if self.confirming.as_ref() == Some(&provider.config.id) {
                let layout = Layout::top_down(Align::Min);
                ui.with_layout(layout, |ui| self.confirm_ui(ui, provider, out));
            } else {
                self.items_ui(ui, provider, out);
            }
        });
    }

    fn items_ui(&mut self, ui: &mut Ui, provider: &ProviderState, out: &mut Vec<UiCommand>) {
        let id = &provider.config.id;
        if item_ui(ui, "Edit…", Icon::Pencil) {
            out.push(UiCommand::EditProvider(ProviderForm::Provider(id.clone())));
            ui.close();
        }
        if item_ui(ui, "Test", Icon::RefreshCw) {
            out.push(UiCommand::RefreshModels(Some(id.clone())));
            ui.close();
        }
        // What was found by itself would be found again.
        if !provider.discovered && item_ui(ui, "Remove…", Icon::Trash2) {
            self.confirming = Some(id.clone());
        }
    }

    fn confirm_ui(&mut self, ui: &mut Ui, provider: &ProviderState, out: &mut Vec<UiCommand>) {
        let palette = Palette::of(ui);
        let kept = matches!(provider.key, KeySource::Keychain { .. } | KeySource::File { .. });
        let question = if kept {
            format!("Remove {} and its key? Chats are kept.", provider.config.name)
        } else {
            format!("Remove {}? Chats are kept.", provider.config.name)
        };
        ui.label(RichText::new(question).color(palette.text));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if Button::new("Remove").danger().small().ui(ui).clicked() {
                out.push(UiCommand::RemoveProvider(provider.config.id.clone()));
                self.confirming = None;
                ui.close();
            }
            if Button::new("Keep").small().ui(ui).clicked() {
                self.confirming = None;
                ui.close();
            }
        });
    }
}

fn item_ui(ui: &mut Ui, text: &str, icon: Icon) -> bool {
    Button::new(text).ghost().icon(icon).width(MENU).ui(ui).clicked()
}

/// How many models there are, and how old the list is where that matters.
fn count_ui(ui: &mut Ui, provider: &ProviderState, now: Timestamp) {
    let palette = Palette::of(ui);
    let count = match provider.models.len() {
        0 => "—".to_owned(),
        count => status::models(count),
    };
    match status::stale(provider, now) {
        Some(stale) if ui.available_width() > 380.0 => {
            widgets::small_label(ui, &format!("{count} · {stale}"), palette.dim);
        }
        Some(stale) => {
            widgets::small_label(ui, &count, palette.dim).on_hover_text(stale);
        }
        None => {
            widgets::small_label(ui, &count, palette.dim);
        }
    }
}

fn name_ui(ui: &mut Ui, provider: &ProviderState, label: &str) {
    let palette = Palette::of(ui);
    widgets::dot(ui, provider_color(palette, &provider.config.id));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let name = RichText::new(label).font(theme::semibold(14.0));
        line_ui(ui, name.line_height(Some(20.0)).color(palette.text));
        let address = if provider.config.id.as_str() == "guide" {
            "built in"
        } else {
            provider.config.url.as_str()
        };
        let text = match origin(provider) {
            Some(origin) => format!("{address} · {origin}"),
            None => address.to_owned(),
        };
        let text = RichText::new(text).font(theme::mono());
        line_ui(ui, text.line_height(Some(18.0)).color(palette.faint));
    });
}

fn line_ui(ui: &mut Ui, text: RichText) {
    ui.add(Label::new(text).truncate().selectable(false));
}

fn origin(provider: &ProviderState) -> Option<String> {
    let from_variable = match &provider.key {
        KeySource::Environment { variable, .. } => Some(format!("key from {variable}")),
        KeySource::Missing
        | KeySource::NotNeeded
        | KeySource::Keychain { .. }
        | KeySource::File { .. } => None,
    };
    from_variable.or_else(|| provider.discovered.then(|| "found on this computer".to_owned()))
}

/// Well-known providers that are not there yet, and any other server.
fn choose_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) -> Response {
    parts::section_ui(ui, "Add provider");
    let card = ui.scope(|ui| {
        parts::card_ui(ui, |ui| {
            for known in state.known {
                let id = ProviderId::from(known.id);
                if state.provider(&id).is_none() {
                    let form = ProviderForm::Provider(id);
                    choice_ui(ui, (known.name, known.blurb), form, out);
                }
            }
            let other = ("Other server", "Any address that speaks one of the three APIs");
            choice_ui(ui, other, ProviderForm::OtherServer, out);
            if widgets::ghost_button(ui, "Cancel").clicked() {
                out.push(UiCommand::EditProvider(ProviderForm::Closed));
            }
        });
    });
    card.response
}

fn choice_ui(
    ui: &mut Ui,
    (name, blurb): (&str, &str),
    form: ProviderForm,
    out: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui);
    let color = match &form {
        ProviderForm::Provider(id) => provider_color(palette, id),
        ProviderForm::Closed | ProviderForm::Choose | ProviderForm::OtherServer => palette.faint,
    };
    parts::row_ui(
        ui,
        theme::CONTROL_HEIGHT,
        |ui| {
            widgets::dot(ui, color);
            let text = RichText::new(name).font(theme::semibold(14.0)).color(palette.text);
            ui.label(text);
            widgets::truncated_label(ui, blurb, theme::body(), palette.dim);
        },
        |ui| {
            let add = widgets::small_button(ui, "Add…");
            add.widget_info(|| {
                let name = format!("Add {name}…");
                egui::WidgetInfo::labeled(egui::Role::Button, true, name)
            });
            if add.clicked() {
                out.push(UiCommand::EditProvider(form));
            }
        },
    );
}
