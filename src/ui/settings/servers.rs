//! Remote servers: how their links stand, and the form to add one.

mod form;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use egui::{Align, Label, Layout, Popup, PopupCloseBehavior, RichText, Role, Ui, WidgetInfo};

use self::form::FormView;
use super::parts;
use super::status::{self, Check, Tone};
use crate::protocol::{LinkState, ServerId, ServerState, Timestamp};
use crate::state::{AppState, ServerCommand, ServerForm, UiCommand, words};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Button};

/// Width of a menu's rows.
const MENU: f32 = 200.0;
/// Below this width the link stands below the name.
const NARROW: f32 = 480.0;

/// What the page remembers.
#[derive(Debug, Default)]
pub(super) struct ServersView {
    form: FormView,
    /// The server whose menu asks whether it shall be removed.
    confirming: Option<ServerId>,
    /// That was just asked: the safe answer gets the keyboard.
    has_asked: bool,
}

impl ServersView {
    pub(super) fn servers_ui(
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
            |ui| parts::heading_ui(ui, "Servers"),
            |ui| {
                if Button::new("Add server").icon(Icon::Plus).ui(ui).clicked() {
                    self.form.show_again();
                    push(out, ServerCommand::Edit(ServerForm::New));
                }
            },
        );
        if state.servers.all.is_empty() {
            parts::note_ui(
                ui,
                "Agents can run on another computer: start `switchboard serve --pair` there, and \
                 add it here with the address and the code that it shows. Chats on a server go on \
                 while this computer sleeps.",
            );
        }
        for server in &state.servers.all {
            ui.push_id(&server.config.id, |ui| self.card_ui(ui, server, now, out));
        }
        self.form.form_ui(ui, state, out);
    }

    fn card_ui(
        &mut self,
        ui: &mut Ui,
        server: &ServerState,
        now: Timestamp,
        out: &mut Vec<UiCommand>,
    ) {
        follow_link(ui, &server.link, now);
        parts::card_ui(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 12.0;
            let is_narrow = ui.available_width() < NARROW;
            parts::row_ui(
                ui,
                38.0,
                |ui| name_ui(ui, server),
                |ui| {
                    self.menu_ui(ui, server, out);
                    if !is_narrow {
                        link_ui(ui, server, now, out);
                    }
                },
            );
            if is_narrow {
                let height = theme::SMALL_CONTROL_HEIGHT;
                parts::row_ui(ui, height, |_| {}, |ui| link_ui(ui, server, now, out));
            }
            if is_trouble(&server.link) {
                let text = RichText::new(words::link_sentence(&server.link)).font(theme::small());
                let color = tone(&server.link).color(Palette::of(ui));
                ui.add(Label::new(text.color(color)).wrap());
            }
        });
    }

    fn menu_ui(&mut self, ui: &mut Ui, server: &ServerState, out: &mut Vec<UiCommand>) {
        let name = format!("More for {}", server.config.name);
        let button = widgets::icon_button(ui, Icon::Ellipsis, &name);
        if button.clicked() {
            self.confirming = None;
        }
        Popup::menu(&button).close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
            ui.set_width(MENU);
            ui.spacing_mut().item_spacing.y = 0.0;
            if self.confirming.as_ref() == Some(&server.config.id) {
                self.confirm_ui(ui, server, out);
                return;
            }
            let item = |ui: &mut Ui, text: &str, icon: Icon| {
                Button::new(text).ghost().icon(icon).width(MENU).ui(ui).clicked()
            };
            if item(ui, "Edit…", Icon::Pencil) {
                let form = ServerForm::Server(server.config.id.clone());
                push(out, ServerCommand::Edit(form));
                ui.close();
            }
            if item(ui, "Remove…", Icon::Trash2) {
                self.confirming = Some(server.config.id.clone());
                self.has_asked = true;
            }
        });
    }

    fn confirm_ui(&mut self, ui: &mut Ui, server: &ServerState, out: &mut Vec<UiCommand>) {
        let name = &server.config.name;
        let question = match server.has_token {
            true => format!("Remove {name} and its token? Its chats stay here, as they are."),
            false => format!("Remove {name}? Its chats stay here, as they are."),
        };
        // In a menu's own layout a text would be spread over the width.
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
            ui.label(RichText::new(question).color(Palette::of(ui).text));
        });
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            if Button::new("Remove").danger().small().ui(ui).clicked() {
                push(out, ServerCommand::Remove(server.config.id.clone()));
                self.confirming = None;
                ui.close();
            }
            let keep = Button::new("Keep").small().ui(ui);
            if std::mem::take(&mut self.has_asked) {
                keep.request_focus();
            }
            if keep.clicked() {
                self.confirming = None;
                ui.close();
            }
        });
    }
}

/// How the link stands, what the server offers, and the way to link at once.
fn link_ui(ui: &mut Ui, server: &ServerState, now: Timestamp, out: &mut Vec<UiCommand>) {
    if can_link(&server.link) {
        let connect = Button::new("Connect now").small().ui(ui);
        named(&connect, &format!("Connect to {} now", server.config.name));
        if connect.clicked() {
            push(out, ServerCommand::LinkNow(Some(server.config.id.clone())));
        }
    }
    let words = words::link(&server.link, now);
    let chip = status::tone_chip_ui(ui, &words, tone(&server.link), Check::Hidden);
    chip.on_hover_text(words::link_sentence(&server.link));
    if ui.available_width() > 320.0 {
        widgets::small_label(ui, &offers(server), Palette::of(ui).dim);
    }
}

fn push(out: &mut Vec<UiCommand>, command: ServerCommand) {
    out.push(UiCommand::Servers(command));
}

/// A control's own name, where several would have the same one.
fn named(response: &egui::Response, name: &str) {
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
}

fn name_ui(ui: &mut Ui, server: &ServerState) {
    let palette = Palette::of(ui);
    widgets::dot(ui, tone(&server.link).color(palette));
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let name = RichText::new(&server.config.name).font(theme::semibold(14.0));
        let name = name.line_height(Some(20.0)).color(palette.text);
        ui.add(Label::new(name).truncate().selectable(false));
        let address = RichText::new(&server.config.url).font(theme::mono());
        let address = address.line_height(Some(18.0)).color(palette.faint);
        ui.add(Label::new(address).truncate().selectable(false));
    });
}

/// `12 models · 3 bots`, as they were told last.
pub(in crate::ui) fn offers(server: &ServerState) -> String {
    let bots = match server.bots.len() {
        1 => "1 bot".to_owned(),
        count => format!("{count} bots"),
    };
    match (server.models.len(), server.bots.len()) {
        (0, 0) => "—".to_owned(),
        (models, 0) => status::models(models),
        (0, _) => bots,
        (models, _) => format!("{} · {bots}", status::models(models)),
    }
}

/// How good a link's state is.
pub(in crate::ui) fn tone(link: &LinkState) -> Tone {
    match link {
        LinkState::Ready { .. } => Tone::Good,
        LinkState::Connecting { .. } | LinkState::Authenticating | LinkState::Waiting { .. } => {
            Tone::Attention
        }
        LinkState::Offline => Tone::Neutral,
        LinkState::Denied { .. } => Tone::Bad,
    }
}

/// Whether trying at once would change anything.
pub(in crate::ui) fn can_link(link: &LinkState) -> bool {
    match link {
        LinkState::Offline | LinkState::Waiting { .. } => true,
        // Only another token helps where the server does not let us in.
        LinkState::Ready { .. }
        | LinkState::Connecting { .. }
        | LinkState::Authenticating
        | LinkState::Denied { .. } => false,
    }
}

fn is_trouble(link: &LinkState) -> bool {
    match link {
        LinkState::Waiting { .. } | LinkState::Denied { .. } => true,
        LinkState::Ready { plain, .. } => *plain,
        LinkState::Offline | LinkState::Connecting { .. } | LinkState::Authenticating => false,
    }
}

/// Asks for the frame in which the seconds that are shown change: once a second at most, and only
/// where they are shown.
pub(in crate::ui) fn follow_link(ui: &Ui, link: &LinkState, now: Timestamp) {
    if let LinkState::Waiting { until, .. } = link {
        let left = until.ms_since(now);
        if left > 0 {
            let next = (left - 1) % 1_000 + 1;
            ui.ctx().request_repaint_after(Duration::from_millis(next.max(20)));
        }
    }
}
