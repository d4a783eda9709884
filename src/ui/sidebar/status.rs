//! How the links to remote servers stand, a line for each, at the foot of the sidebar.

use egui::{Align, Layout, Ui, vec2};
use unicode_segmentation::UnicodeSegmentation as _;

use super::WIDTH_OF_ROWS;
use crate::protocol::{LinkState, ServerState, Timestamp};
use crate::state::{AppState, ServerCommand, ServerForm, SettingsTab, UiCommand, words};
use crate::ui::settings::servers::{can_link, follow_link, tone};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Height of a line.
const LINE: f32 = 26.0;
/// No line has room for more letters of a name.
const MOST_LETTERS: usize = 64;
/// So many servers have a line; the settings have all.
const MOST: usize = 4;

/// Height of all lines.
pub(super) fn height(state: &AppState) -> f32 {
    let count = state.servers.all.len();
    let more = usize::from(count > MOST);
    (count.min(MOST) + more) as f32 * LINE
}

/// Draws the lines.
pub(super) fn servers_ui(ui: &mut Ui, state: &AppState, now: Timestamp, out: &mut Vec<UiCommand>) {
    for server in state.servers.all.iter().take(MOST) {
        ui.push_id(&server.config.id, |ui| line_ui(ui, server, now, out));
    }
    let more = state.servers.all.len().saturating_sub(MOST);
    if more > 0 {
        row_ui(ui, |ui| {
            if widgets::link_button(ui, &format!("{more} more servers")).clicked() {
                out.push(UiCommand::OpenSettings(SettingsTab::Servers));
            }
        });
    }
}

fn row_ui(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    let size = vec2(WIDTH_OF_ROWS, LINE);
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.add_space(8.0);
        add(ui);
    });
}

/// Dot, name and state, with the one button that helps.
fn line_ui(ui: &mut Ui, server: &ServerState, now: Timestamp, out: &mut Vec<UiCommand>) {
    follow_link(ui, &server.link, now);
    row_ui(ui, |ui| {
        let palette = Palette::of(ui);
        widgets::dot(ui, tone(&server.link).color(palette));
        let name = &server.config.name;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some((text, about, command)) = help(server) {
                let button = widgets::chip(ui, text, widgets::Chosen::No);
                button.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, about.clone())
                });
                if button.on_hover_text(&about).clicked() {
                    out.push(command);
                }
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let whole = format!("{name} · {}", words::link(&server.link, now));
                let short = words::link_short(&server.link, now);
                let shown = fitting(ui, &whole, name, &short);
                let color = match &server.link {
                    LinkState::Waiting { .. } | LinkState::Denied { .. } => palette.text,
                    LinkState::Offline
                    | LinkState::Connecting { .. }
                    | LinkState::Authenticating
                    | LinkState::Ready { .. } => palette.dim,
                };
                let label = widgets::truncated_label(ui, &shown, theme::small(), color);
                label.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Label, true, whole.clone())
                });
                label.on_hover_text(format!("{name}: {}", words::link_sentence(&server.link)));
            });
        });
    });
}

/// What there is room for: the name is cut before how its link stands is, and in its middle, as
/// names of one kind differ at their ends.
fn fitting(ui: &Ui, whole: &str, name: &str, short: &str) -> String {
    let room = ui.available_width();
    if width(ui, whole) <= room {
        return whole.to_owned();
    }
    let letters: Vec<&str> = name.graphemes(true).collect();
    let mut shown = format!("{name} · {short}");
    let mut kept = letters.len().min(MOST_LETTERS);
    while width(ui, &shown) > room && kept > 0 {
        kept -= 1;
        let (head, tail) = (kept.div_ceil(2), letters.len() - kept / 2);
        let [head, tail] = [letters.get(..head), letters.get(tail..)]
            .map(|part| part.unwrap_or_default().concat());
        shown = format!("{}…{} · {short}", head.trim_end(), tail.trim_start());
    }
    shown
}

fn width(ui: &Ui, text: &str) -> f32 {
    let color = egui::Color32::PLACEHOLDER;
    ui.painter().layout_no_wrap(text.to_owned(), theme::small(), color).size().x
}

/// What the button says, what it does, and the command.
fn help(server: &ServerState) -> Option<(&'static str, String, UiCommand)> {
    let (id, name) = (&server.config.id, &server.config.name);
    if can_link(&server.link) {
        let command = UiCommand::Servers(ServerCommand::LinkNow(Some(id.clone())));
        return Some(("Now", format!("Connect to {name} now"), command));
    }
    match &server.link {
        LinkState::Denied { .. } => {
            let form = ServerForm::Server(id.clone());
            let command = UiCommand::Servers(ServerCommand::Edit(form));
            Some(("Open settings", format!("Open settings of {name}"), command))
        }
        LinkState::Offline
        | LinkState::Connecting { .. }
        | LinkState::Authenticating
        | LinkState::Ready { .. }
        | LinkState::Waiting { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::Harness;

    use super::*;
    use crate::ui::samples;

    #[test]
    fn long_names_of_one_kind_stay_tellable_apart() {
        let mut harness = Harness::builder()
            .with_size(vec2(130.0, 100.0))
            .with_context_setup(samples::install)
            .build_ui_state(
                |ui, shown: &mut Vec<String>| {
                    theme::apply(ui.ctx(), theme::Mode::Dark, 100);
                    *shown = ["server-number-one", "server-number-two", "box"]
                        .map(|name| {
                            let whole = format!("{name} · reconnecting in 4 s · try 3");
                            fitting(ui, &whole, name, "in 4 s")
                        })
                        .to_vec();
                    for text in shown.iter() {
                        assert!(width(ui, text) <= ui.available_width(), "{text}");
                    }
                },
                Vec::new(),
            );
        harness.run();
        let shown = harness.state();
        assert_ne!(shown[0], shown[1]);
        assert!(shown[0].starts_with("serv") && shown[0].ends_with("one · in 4 s"), "{shown:?}");
        assert_eq!(shown[2], "box · in 4 s");
    }
}
