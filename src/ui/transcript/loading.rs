//! A chat on a server whose agent is not ready yet.

use egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use super::Draw;
use super::end::spinner_ui;
use crate::protocol::LinkState;
use crate::state::{LoadingAgent, ServerCommand, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Draws it into the place of the messages.
pub(super) fn loading_ui(ui: &mut Ui, rect: Rect, waiting: LoadingAgent, draw: &mut Draw<'_>) {
    let state = draw.state;
    let server = state.summary(waiting.chat).and_then(|summary| summary.server.as_ref());
    let server = server.map_or("The server", |server| state.server_name(server));
    let palette = Palette::of(ui);
    let place = Rect::from_center_size(rect.center(), vec2(rect.width().min(420.0), 120.0));
    let layout = Layout::top_down(Align::Center);
    let builder = UiBuilder::new().max_rect(place).layout(layout).id_salt("loading");
    let ui = &mut ui.new_child(builder);
    ui.spacing_mut().item_spacing.y = 8.0;
    let linked = state.is_linked();
    if linked {
        spinner_ui(ui);
    }
    let title = RichText::new("Loading agent").font(theme::semibold(14.0)).color(palette.text);
    ui.add(egui::Label::new(title).selectable(false));
    let is_denied =
        state.server_here().is_some_and(|it| matches!(it.link, LinkState::Denied { .. }));
    let words = match (linked, waiting.is_long(draw.now)) {
        (false, _) if is_denied => {
            format!("{server} does not let you in. The agent is loaded once it does")
        }
        (false, _) => {
            format!("{server} is not reachable. The agent is loaded once the link is back")
        }
        (true, false) => format!("{server} gets it ready"),
        (true, true) => {
            let seconds = draw.now.ms_since(waiting.since) / 1_000;
            format!(
                "{server} has not got it ready in {seconds} s. It may still come; else cancel and \
                 try again, or look at the log of the server."
            )
        }
    };
    let text = RichText::new(words).color(palette.dim);
    ui.add(egui::Label::new(text).wrap().selectable(false));
    if widgets::small_button(ui, "Cancel").clicked() {
        draw.out.push(UiCommand::Servers(ServerCommand::StopLoading));
    }
}
