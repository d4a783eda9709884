//! How the links to remote servers stand, a line for each, at the foot of the sidebar.

use egui::{Align, Color32, Layout, Ui, vec2};
use unicode_segmentation::UnicodeSegmentation as _;

use super::WIDTH_OF_ROWS;
use crate::protocol::{LinkState, ServerState, Timestamp};
use crate::state::{AppState, ServerCommand, ServerForm, SettingsTab, UiCommand, words};
use crate::ui::settings::servers::{can_link, follow_link, tone};
use crate::ui::settings::status::Tone;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Height of a line.
pub(super) const LINE: f32 = 26.0;
/// No line has room for more letters of a name.
const MOST_LETTERS: usize = 64;
/// So many servers have a line; the settings have all.
const MOST: usize = 4;

/// How much is said of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Servers {
    /// A line for each.
    Each,
    /// A line for each that is in trouble.
    Troubled,
    /// One line for all.
    Together,
}

impl Servers {
    /// All, the most room first.
    pub(super) const ALL: [Self; 3] = [Self::Each, Self::Troubled, Self::Together];

    /// Those that have a line of their own.
    fn shown(self, state: &AppState) -> Vec<&ServerState> {
        let all = state.servers.all.iter();
        match self {
            Self::Each => all.take(MOST).collect(),
            Self::Troubled => all.filter(|server| is_away(&server.link)).take(MOST).collect(),
            // One server needs no line for all.
            Self::Together if state.servers.all.len() == 1 => all.collect(),
            Self::Together => Vec::new(),
        }
    }
}

/// How many lines there are.
pub(super) fn lines(state: &AppState, servers: Servers) -> usize {
    let shown = servers.shown(state).len();
    shown + usize::from(shown < state.servers.all.len())
}

/// How this computer stands: a colour, and words.
pub(super) fn here(state: &AppState, palette: &Palette) -> (Color32, String) {
    let awaited = state.servers_awaited();
    match (state.running_answers(), &awaited[..]) {
        (0, []) => (palette.ok, "This computer · ready".to_owned()),
        (0, [server]) => {
            (palette.warn, format!("1 answer waits for {}", state.server_name(server)))
        }
        (0, more) => (palette.warn, format!("{} answers wait for their servers", more.len())),
        (1, _) => (palette.ok, "1 answer on its way".to_owned()),
        (more, _) => (palette.ok, format!("{more} answers on their way")),
    }
}

/// Draws the lines.
pub(super) fn servers_ui(
    ui: &mut Ui,
    (state, now): (&AppState, Timestamp),
    servers: Servers,
    out: &mut Vec<UiCommand>,
) {
    let shown = servers.shown(state);
    for server in &shown {
        ui.push_id(&server.config.id, |ui| line_ui(ui, server, now, out));
    }
    let rest: Vec<&ServerState> =
        state.servers.all.iter().filter(|server| !shown.contains(server)).collect();
    if rest.is_empty() {
        return;
    }
    row_ui(ui, |ui| {
        let text = match shown.is_empty() {
            true => {
                let worst = rest.iter().map(|server| tone(&server.link)).max_by_key(badness);
                if let Some(worst) = worst {
                    let color = worst.color(Palette::of(ui));
                    widgets::dot(ui, color);
                }
                together(&rest)
            }
            false if rest.len() == 1 => "1 more server".to_owned(),
            false => format!("{} more servers", rest.len()),
        };
        if widgets::link_button(ui, &text).clicked() {
            out.push(UiCommand::OpenSettings(SettingsTab::Servers));
        }
    });
}

/// `6 servers · 1 needs you`
fn together(servers: &[&ServerState]) -> String {
    let count = |is: fn(&LinkState) -> bool| servers.iter().filter(|it| is(&it.link)).count();
    let denied = count(|link| matches!(link, LinkState::Denied { .. }));
    let away = count(is_away);
    let ready = count(|link| matches!(link, LinkState::Ready { .. }));
    let stand = match (denied, away) {
        (1, _) => "1 needs you".to_owned(),
        (2.., _) => format!("{denied} need you"),
        (0, 1..) => format!("{away} not reachable"),
        (0, 0) if ready == servers.len() => "ready".to_owned(),
        (0, 0) => "connecting…".to_owned(),
    };
    format!("{} servers · {stand}", servers.len())
}

/// Whether a server cannot be had, and is not just being asked.
fn is_away(link: &LinkState) -> bool {
    match link {
        LinkState::Offline | LinkState::Waiting { .. } | LinkState::Denied { .. } => true,
        LinkState::Connecting { .. } | LinkState::Authenticating | LinkState::Ready { .. } => false,
    }
}

fn badness(tone: &Tone) -> u8 {
    match tone {
        Tone::Good => 0,
        Tone::Neutral => 1,
        Tone::Attention => 2,
        Tone::Bad => 3,
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
            .with_size(vec2(170.0, 100.0))
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
