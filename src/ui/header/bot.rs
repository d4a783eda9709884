//! A chip with the chat's bot, which leads to its details in the gallery.

use egui::Ui;

use crate::protocol::{BotId, ChatBot, ChatSummary};
use crate::state::{AppState, BotCommand, UiCommand};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets::{self, Chip, Chosen};

/// What the chip needs besides its text.
const AROUND_TEXT: f32 = 22.0 + 8.0 + 6.0;
/// A title gets this much before its chip does.
const TITLE: f32 = 120.0;

/// The chip of a chat that began with a bot.
pub(super) struct BotChip<'a> {
    bot: &'a ChatBot,
    /// Its id in the gallery.
    id: BotId,
    name: &'a str,
    text: String,
    pub(super) width: f32,
}

impl<'a> BotChip<'a> {
    /// None where the chat has no bot, or where there is no room for it between here and `right`.
    pub(super) fn of(
        state: &'a AppState,
        chat: &'a ChatSummary,
        row: &Ui,
        right: f32,
    ) -> Option<Self> {
        let bot = chat.bot.as_ref()?;
        let listed = chat.server.as_ref().and_then(|server| state.bots.of_server(server, &bot.id));
        let id = listed.map_or_else(|| bot.id.clone(), |listed| listed.bot.id.clone());
        let name = state.bot_name(chat)?;
        // The title may have said the name.
        let text = match (chat.title.trim() == name, bot.room) {
            (false, _) => name.to_owned(),
            (true, true) => "Room".to_owned(),
            (true, false) => format!("v{}", bot.version),
        };
        let color = Palette::of(row).dim;
        let galley = row.painter().layout_no_wrap(text.clone(), theme::small(), color);
        let width = (galley.size().x + AROUND_TEXT).ceil();
        (right - row.cursor().left() >= TITLE + width).then_some(Self {
            bot,
            id,
            name,
            text,
            width,
        })
    }

    /// Draws it behind the title.
    pub(super) fn chip_ui(self, row: &mut Ui, out: &mut Vec<UiCommand>) {
        let bot = self.bot;
        let dot = Some(Palette::of(row).tile(bot.color).ink);
        let chip = Chip { text: &self.text, dot, icon: None, trailing: None, chosen: Chosen::No };
        let details = format!("{} v{}. Show details", self.name, bot.version);
        if widgets::chip_with(row, chip).on_hover_text(details).clicked() {
            out.push(UiCommand::Bots(BotCommand::OpenGallery));
            out.push(UiCommand::Bots(BotCommand::Select(Some(self.id))));
        }
    }
}
