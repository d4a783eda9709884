//! A chip with the chat's bot, which leads to its details in the gallery.

use egui::Ui;

use crate::protocol::ChatBot;
use crate::state::{BotCommand, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

/// What the chip needs besides its text.
const AROUND_TEXT: f32 = 22.0 + 8.0 + 6.0;
/// A title gets this much before its chip does.
const TITLE: f32 = 120.0;

/// How wide the chip is; 0 where there is no room for it between here and `right`.
pub(super) fn width(row: &Ui, bot: &ChatBot, right: f32) -> f32 {
    let color = Palette::of(row).dim;
    let text = row.painter().layout_no_wrap(bot.name.clone(), theme::small(), color);
    let wanted = (text.size().x + AROUND_TEXT).ceil();
    if right - row.cursor().left() < TITLE + wanted { 0.0 } else { wanted }
}

/// Draws the chip behind the title.
pub(super) fn chip_ui(row: &mut Ui, bot: &ChatBot, out: &mut Vec<UiCommand>) {
    let dot = Some(Palette::of(row).tile(bot.color).ink);
    let chip = Chip { text: &bot.name, dot, icon: None, trailing: None, chosen: Chosen::No };
    let details = format!("{} v{}. Show details", bot.name, bot.version);
    if widgets::chip_with(row, chip).on_hover_text(details).clicked() {
        out.push(UiCommand::Bots(BotCommand::OpenGallery));
        out.push(UiCommand::Bots(BotCommand::Select(Some(bot.id.clone()))));
    }
}
