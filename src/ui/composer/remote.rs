//! The line above the box in a chat on a server, while what is sent cannot go out.

use egui::Ui;

use super::lines::line_ui;
use crate::protocol::LinkState;
use crate::state::{AppState, Loading, ServerCommand, ServerForm, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::settings::servers::can_link;
use crate::ui::widgets;

/// Of a chat that was never opened while its server was there.
const NOTHING_KEPT: &str = "Nothing of this chat is kept here yet";

/// Whether the chat on screen has been said something in, and nothing of it is here.
fn is_blank(state: &AppState) -> bool {
    let summary = state.open_chat().and_then(|chat| state.summary(chat));
    let has_messages = summary.is_some_and(|summary| summary.messages > 0);
    has_messages
        && state.conversation().is_some_and(|open| {
            open.messages.is_empty() && open.queue.is_empty() && open.loading == Loading::Nothing
        })
}

/// Says why nothing goes out, and that what is sent waits.
pub(super) fn remote_ui(ui: &mut Ui, state: &AppState, out: &mut Vec<UiCommand>) {
    let Some(id) = state.server_id_here() else { return };
    let name = state.server_name(id);
    if state.is_server_gone(id) {
        let words = match is_blank(state) {
            true => format!("{NOTHING_KEPT}. {name} is not among your servers any more"),
            false => format!(
                "{name} is not among your servers any more: this chat can be read, and not gone \
                 on with"
            ),
        };
        line_ui(ui, Icon::WifiOff, &words, |ui| {
            if widgets::small_button(ui, "Add server…").clicked() {
                out.push(UiCommand::Servers(ServerCommand::Edit(ServerForm::New)));
            }
        });
        return;
    }
    let link = state.server_here().map_or(&LinkState::Offline, |server| &server.link);
    let words = match link {
        LinkState::Ready { .. } => return,
        LinkState::Connecting { .. } | LinkState::Authenticating => {
            format!("Connecting to {name}. What you send waits here and is sent once")
        }
        LinkState::Offline | LinkState::Waiting { .. } if is_blank(state) => {
            format!("{NOTHING_KEPT}, and {name} is not reachable")
        }
        LinkState::Offline | LinkState::Waiting { .. } => {
            format!("{name} is not reachable. What you send waits here and is sent once")
        }
        LinkState::Denied { .. } => {
            format!("{name} does not let you in. What you send waits here and is sent once")
        }
    };
    line_ui(ui, Icon::WifiOff, &words, |ui| {
        if can_link(link) && widgets::small_button(ui, "Connect now").clicked() {
            out.push(UiCommand::Servers(ServerCommand::LinkNow(Some(id.clone()))));
        }
        if matches!(link, LinkState::Denied { .. })
            && widgets::small_button(ui, "Open settings").clicked()
        {
            let form = ServerForm::Server(id.clone());
            out.push(UiCommand::Servers(ServerCommand::Edit(form)));
        }
    });
}
