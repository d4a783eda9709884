//! The line above the box in a chat on a server, while what is sent cannot go out.

use egui::Ui;

use super::lines::line_ui;
use crate::protocol::LinkState;
use crate::state::{AppState, Loading, ServerCommand, ServerForm, UiCommand};
use crate::ui::icon::Icon;
use crate::ui::settings::servers::can_link;
use crate::ui::widgets;

/// What stands in the empty box of a chat on a server: who gets the message, and where.
pub(super) fn hint(state: &AppState) -> String {
    let server = state.server_id_here().map_or("", |server| state.server_name(server));
    let summary = state.open_chat().and_then(|chat| state.summary(chat));
    let bot = summary.and_then(|summary| state.bot_name(summary));
    let (model, _) = state.next_model();
    match bot {
        Some(bot) => format!("Message {bot} on {server}"),
        // The chip below says the same of who answers.
        None if state.server_decides(&model) => {
            format!("Message {server} · {} who answers", state.full_model_name(&model))
        }
        None => format!("Message {} on {server}", state.model_name(&model)),
    }
}

/// Why nothing can be sent here.
pub(super) fn block(state: &AppState) -> Option<String> {
    let server = state.server_id_here()?;
    let name = state.server_name(server);
    if state.is_server_gone(server) {
        return Some(format!("{name} is not among your servers any more"));
    }
    is_loading(state).then(|| "The agent is still being loaded".to_owned())
}

fn is_loading(state: &AppState) -> bool {
    state.open_chat().is_some_and(|chat| state.servers.loading(chat).is_some())
}

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
    let stands = match link {
        LinkState::Ready { .. } => return,
        LinkState::Connecting { .. } | LinkState::Authenticating => format!("Connecting to {name}"),
        LinkState::Offline | LinkState::Waiting { .. } => format!("{name} is not reachable"),
        LinkState::Denied { .. } => format!("{name} does not let you in"),
    };
    let then = match is_loading(state) {
        true => "You can send as soon as the agent is loaded",
        false if is_blank(state) => NOTHING_KEPT,
        false => "What you send waits here and is sent once",
    };
    let words = format!("{stands}. {then}");
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
