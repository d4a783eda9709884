//! Who takes part in the room of a chat, and whose round it is.

use std::sync::Arc;

use egui::{Galley, Role, Ui, WidgetInfo};

use super::GAP;
use crate::protocol::{Cast, CastRoom, ChatId, MessageId, Round, SpeakingOrder};
use crate::state::{AppState, Conversation};
use crate::ui::bot_diff::order_words;
use crate::ui::bot_tile::{BotTile, TileSize};
use crate::ui::theme::{self, Palette};
use crate::ui::widgets;

/// So many have a tile; the others are counted.
const TILES: usize = 5;
const TILE_GAP: f32 = 4.0;
/// A title gets this much before the room does.
const TITLE: f32 = 100.0;

/// What is known of the round that runs: found out once for each answer.
#[derive(Debug, Default)]
pub(super) struct RoundView {
    known: Option<(ChatId, MessageId, Option<u32>)>,
}

/// A room as there is place for it.
pub(super) struct RoomLine {
    cast: Arc<Cast>,
    words: Option<Arc<Galley>>,
    text: String,
    /// With the gap in front.
    pub(super) width: f32,
}

impl RoundView {
    /// The room of the chat on screen: with its words where there is place, else its members
    /// alone, else nothing.
    pub(super) fn line(&mut self, row: &Ui, state: &AppState, room: f32) -> Option<RoomLine> {
        let conversation = state.conversation()?;
        let cast = conversation.cast.clone()?;
        let of = cast.room.as_ref()?;
        let text = match self.round(conversation, of) {
            Some(round) => format!("{} · round {round} of {}", order_words(of.order), of.rounds),
            None => order_words(of.order).to_owned(),
        };
        let color = Palette::of(row).dim;
        let words = row.painter().layout_no_wrap(text.clone(), theme::small(), color);
        let tiles = tiles_width(row, of);
        let all = tiles + 8.0 + words.size().x.ceil() + GAP;
        if TITLE + all <= room {
            return Some(RoomLine { words: Some(words), text, width: all, cast });
        }
        let width = tiles + GAP;
        (TITLE + width <= room).then_some(RoomLine { words: None, text, width, cast })
    }

    /// Which round an answer belongs to, while it runs and where there are several.
    fn round(&mut self, conversation: &Conversation, room: &CastRoom) -> Option<u32> {
        let answer = conversation.run.as_ref()?.answer;
        let chat = conversation.chat;
        match &self.known {
            Some((of, known, round)) if (*of, *known) == (chat, answer) => *round,
            Some(_) | None => {
                let round = round(conversation, room, answer);
                self.known = Some((chat, answer, round));
                round
            }
        }
    }
}

fn round(conversation: &Conversation, room: &CastRoom, answer: MessageId) -> Option<u32> {
    match room.order {
        SpeakingOrder::InTurn | SpeakingOrder::Concluded => {}
        SpeakingOrder::ByMention | SpeakingOrder::Moderated => return None,
    }
    let said = Round::of(conversation.messages.iter().filter(|message| message.id != answer))?;
    // Whom the user addressed answers alone, in no round.
    if room.rounds < 2 || !room.named_in(&said.question).is_empty() {
        return None;
    }
    let over = said.answers.len().checked_div(room.members.len())?;
    Some(u32::try_from(over + 1).ok()?.min(room.rounds))
}

fn more(room: &CastRoom) -> usize {
    room.members.len().saturating_sub(TILES)
}

fn tiles_width(row: &Ui, room: &CastRoom) -> f32 {
    let count = room.members.len().min(TILES) as f32;
    let tiles = count * (TileSize::Small.points() + TILE_GAP) - TILE_GAP;
    match more(room) {
        0 => tiles,
        more => {
            let color = Palette::of(row).dim;
            let text = row.painter().layout_no_wrap(format!("+{more}"), theme::small(), color);
            tiles + TILE_GAP + text.size().x.ceil()
        }
    }
}

impl RoomLine {
    /// Draws a tile for each member, and the order in which they speak.
    pub(super) fn room_ui(self, row: &mut Ui) {
        let Some(room) = &self.cast.room else { return };
        let color = Palette::of(row).dim;
        row.scope(|ui| {
            ui.spacing_mut().item_spacing.x = TILE_GAP;
            for member in room.members.iter().take(TILES) {
                let tile = BotTile::from(member).tile_ui(ui, TileSize::Small);
                let name = format!("Member: {}", member.name);
                tile.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
                // Where there is no place for the words they stand here.
                tile.on_hover_text(match self.words {
                    Some(_) => member.name.clone(),
                    None => format!("{}\n{}", member.name, self.text),
                });
            }
            if more(room) > 0 {
                let others = room.members.iter().skip(TILES).map(|member| member.name.as_str());
                let others: Vec<&str> = others.collect();
                let count = widgets::small_label(ui, &format!("+{}", others.len()), color);
                count.on_hover_text(others.join("\n"));
            }
            if self.words.is_some() {
                ui.add_space(4.0);
                widgets::small_label(ui, &self.text, color);
            }
        });
    }
}
