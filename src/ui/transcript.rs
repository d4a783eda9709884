//! The conversation, drawn from the first to the last block on screen and no further.

mod actions;
mod approval;
mod attached;
mod chat;
mod compare;
mod end;
mod folds;
mod format;
mod heights;
mod index;
mod loading;
mod message;
mod notice;
mod opening;
mod parts;
mod scroll;
mod user;
mod words;

use std::collections::HashMap;

use egui::Ui;
use jiff::tz::TimeZone;

use self::chat::ChatView;
use super::markdown::Shared;
use crate::protocol::{ChatId, Timestamp};
use crate::state::{AppState, Conversation, UiCommand};

/// What the transcript remembers of each chat: scroll, folding, parsed text, heights.
#[derive(Debug)]
pub struct TranscriptView {
    chats: HashMap<ChatId, ChatView>,
    shared: Shared,
    clock: fn() -> Timestamp,
    zone: TimeZone,
    frame: u64,
}

impl Default for TranscriptView {
    fn default() -> Self {
        let now = || Timestamp(jiff::Timestamp::now().as_millisecond());
        Self::new(now, TimeZone::system())
    }
}

/// What drawing reads and fills.
pub(super) struct Draw<'a> {
    pub(super) state: &'a AppState,
    pub(super) conversation: &'a Conversation,
    pub(super) now: Timestamp,
    pub(super) zone: &'a TimeZone,
    pub(super) shared: &'a mut Shared,
    pub(super) out: &'a mut Vec<UiCommand>,
}

impl TranscriptView {
    /// Chats whose view is kept.
    const CHATS: usize = 8;

    /// A view with a clock and a time zone of the caller's choice.
    pub fn new(clock: fn() -> Timestamp, zone: TimeZone) -> Self {
        Self { chats: HashMap::new(), shared: Shared::default(), clock, zone, frame: 0 }
    }

    /// Draws a conversation over the whole `Ui`.
    pub fn transcript_ui(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        conversation: &Conversation,
        out: &mut Vec<UiCommand>,
    ) {
        self.frame += 1;
        let now = (self.clock)();
        if !self.chats.contains_key(&conversation.chat) && self.chats.len() >= Self::CHATS {
            self.forget_oldest();
        }
        let chat = self.chats.entry(conversation.chat).or_default();
        let shared = &mut self.shared;
        shared.images.follow(ui.ctx(), state);
        let mut draw = Draw { state, conversation, now, zone: &self.zone, shared, out };
        chat.show(ui, &mut draw, self.frame);
    }

    /// Blocks drawn in the last frame of a chat: what the cost of a frame depends on.
    pub fn drawn_blocks(&self, chat: ChatId) -> usize {
        self.chats.get(&chat).map_or(0, |chat| chat.drawn)
    }

    fn forget_oldest(&mut self) {
        let oldest = self.chats.iter().min_by_key(|(_, chat)| chat.last_frame).map(|(id, _)| *id);
        if let Some(oldest) = oldest {
            self.chats.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
