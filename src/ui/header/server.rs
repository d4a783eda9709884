//! A chip with the server that a chat lives on, which leads to the servers' settings.

use egui::{CursorIcon, Ui};

use crate::protocol::{LinkState, ServerId};
use crate::state::{AppState, SettingsTab, UiCommand, words};
use crate::ui::icon::Icon;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

/// What the chip needs besides its text.
const AROUND_TEXT: f32 = 22.0 + 16.0 + 6.0;
/// A longer name is cut; the tooltip has it whole.
const NAME_CHARS: usize = 24;

/// The chip of a chat that lives on a server.
pub(super) struct ServerChip<'a> {
    name: &'a str,
    about: String,
    text: String,
    pub(super) width: f32,
}

impl<'a> ServerChip<'a> {
    /// None where the chat lives on this computer.
    pub(super) fn of(state: &'a AppState, server: Option<&'a ServerId>, row: &Ui) -> Option<Self> {
        let server = server?;
        let name = state.server_name(server);
        let about = match state.servers.get(server) {
            Some(known) => words::link_sentence(&known.link),
            None if state.is_server_gone(server) => "It is not among your servers any more".into(),
            None => words::link_sentence(&LinkState::Offline),
        };
        let cut = name.chars().count() > NAME_CHARS;
        let kept: String = name.chars().take(NAME_CHARS - 1).collect();
        let text = if cut { format!("on {}…", kept.trim_end()) } else { format!("on {name}") };
        let color = Palette::of(row).dim;
        let galley = row.painter().layout_no_wrap(text.clone(), theme::small(), color);
        let width = (galley.size().x + AROUND_TEXT).ceil();
        Some(Self { name, about, text, width })
    }

    /// Draws it behind the title.
    pub(super) fn chip_ui(self, row: &mut Ui, out: &mut Vec<UiCommand>) {
        let icon = Some(Icon::Server);
        let chip = Chip { text: &self.text, dot: None, icon, trailing: None, chosen: Chosen::No };
        let chip = widgets::chip_with(row, chip).on_hover_cursor(CursorIcon::PointingHand);
        if chip.on_hover_text(format!("{}: {}", self.name, self.about)).clicked() {
            out.push(UiCommand::OpenSettings(SettingsTab::Servers));
        }
    }
}
