//! What a chat with a bot opens with: the instructions, folded, above all messages.

use std::sync::Arc;

use egui::{Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::Draw;
use super::chat::{COLUMN, EDGE};
use super::parts::{card, fold_row_ui, indented};
use crate::protocol::{BotColor, BotId, Cast, Message};
use crate::state::AppState;
use crate::ui::icon::Icon;
use crate::ui::markdown::DocView;
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// Indent of the unfolded text.
const INDENT: f32 = 24.0;

/// `Instructions · Code Reviewer v1.2`
fn title(state: &AppState, cast: &Cast) -> String {
    format!("Instructions · {} v{}", state.cast_name(cast), cast.version)
}

/// All that is told: by the bot, or to all in a room and to each of its members.
pub(super) fn text(cast: &Cast) -> String {
    let mut text = cast.instructions.clone();
    let members = cast.room.iter().flat_map(|room| &room.members);
    // A server keeps to itself what the members of its rooms are told.
    for member in members.filter(|member| !member.instructions.trim().is_empty()) {
        text.push_str("\n\n### ");
        text.push_str(&member.name);
        text.push_str("\n\n");
        text.push_str(&member.instructions);
    }
    text
}

/// The row that unfolds the instructions.
pub(super) fn row_ui(ui: &mut Ui, (state, cast): (&AppState, &Cast), open: bool) -> bool {
    let title = title(state, cast);
    card(ui, |ui| {
        fold_row_ui(ui, (&title, open), Icon::FileText, |ui| {
            let color = Palette::of(ui).dim;
            widgets::inner_text(ui, &title, theme::small(), color);
        })
        .clicked()
    })
}

/// Name and colour of who speaks in a message.
pub(super) fn speaker<'a>(draw: &'a Draw<'_>, message: &'a Message) -> Option<(&'a str, BotColor)> {
    let bot: &BotId = message.bot.as_ref()?;
    let Some(cast) = &draw.conversation.cast else { return Some((bot.as_str(), BotColor::Gray)) };
    match cast.member(bot) {
        Some(member) => Some((&member.name, member.color)),
        None => Some((draw.state.cast_name(cast), cast.color)),
    }
}

/// The chat before anything is said in it.
#[derive(Debug, Default)]
pub(super) struct OpeningView {
    cast: Option<Arc<Cast>>,
    open: bool,
    text: DocView,
}

impl OpeningView {
    pub(super) fn opening_ui(&mut self, ui: &mut Ui, rect: Rect, draw: &mut Draw<'_>) {
        let Some(cast) = &draw.conversation.cast else { return };
        if !self.cast.as_ref().is_some_and(|known| Arc::ptr_eq(known, cast)) {
            self.cast = Some(cast.clone());
            self.text = DocView::default();
            self.text.update(&text(cast), true);
        }
        let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("opening"));
        let column = column(rect);
        ScrollArea::vertical().id_salt("opening").auto_shrink([false, false]).show(
            &mut child,
            |ui| {
                // The bar stands at the edge of the page, not of the column.
                let top = ui.cursor().top();
                let rect = Rect::from_x_y_ranges(column.x_range(), top..=f32::INFINITY);
                let mut ui = ui.new_child(UiBuilder::new().max_rect(rect));
                let ui = &mut ui;
                ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
                ui.add_space(EDGE);
                if row_ui(ui, (draw.state, cast), self.open) {
                    self.open = !self.open;
                }
                if !self.open {
                    return;
                }
                for item in 0..self.text.len() {
                    if item == 0 {
                        ui.add_space(8.0);
                    }
                    let text = &mut self.text;
                    indented(ui, INDENT, |ui| text.item_ui(ui, item, draw.shared, draw.out));
                }
                ui.add_space(EDGE);
            },
        );
    }
}

/// Where the messages of a chat stand in the space it has.
fn column(rect: Rect) -> Rect {
    let width = COLUMN.min((rect.width() - 48.0).max(120.0).round());
    let left = (rect.center().x - width / 2.0).round();
    Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()))
}
