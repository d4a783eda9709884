//! Which model answers: what is chosen for a message, a chat, a bot, the app.

use super::servers::server_decides;
use super::{AppState, Conversation};
use crate::protocol::{ChatId, MessageId, ModelId};

impl AppState {
    /// The model of the chat on screen: the chat's own, else its bot's, else the app's default, else
    /// the newest chat's, else Guide. The one place where this is decided; see also
    /// [`Self::next_model`].
    pub fn chat_model(&self) -> ModelId {
        self.model_of(self.open_chat())
    }

    /// The model of a chat, or of the chat to come.
    pub(super) fn model_of(&self, chat: Option<ChatId>) -> ModelId {
        let chosen = match chat {
            Some(chat) => self.summary(chat).and_then(|summary| {
                let of_bot = || summary.bot.as_ref()?.model.clone();
                summary.model.clone().or_else(of_bot)
            }),
            None => self.new_chat_model.clone(),
        };
        let server = match chat {
            Some(chat) => self.summary(chat).and_then(|summary| summary.server.as_ref()),
            None => self.servers.new_chat.as_ref(),
        };
        chosen.unwrap_or_else(|| match server {
            Some(server) => server_decides(server),
            None => self.usual_model(),
        })
    }

    /// The model of chats that name none.
    pub(super) fn usual_model(&self) -> ModelId {
        let default = self.settings.default_model.clone();
        default.or_else(|| self.last_chat_model()).unwrap_or_else(guide_model)
    }

    /// The model of the newest chat that names one, if it can still be had.
    fn last_chat_model(&self) -> Option<ModelId> {
        let named = self
            .chats
            .as_ref()?
            .iter()
            .filter(|chat| chat.model.is_some() && chat.server.is_none());
        let newest = named.max_by_key(|chat| chat.updated)?;
        newest.model.clone().filter(|model| self.model(model).is_some())
    }

    /// The model of the next message, and whether it is chosen for that message only.
    pub fn next_model(&self) -> (ModelId, bool) {
        let chat = self.chat_model();
        match &self.draft().model {
            Some(model) if *model != chat => (model.clone(), true),
            Some(_) | None => (chat, false),
        }
    }

    /// The models that answer the next message side by side with the first: none, or up to three.
    /// In a room several bots answer as it is.
    pub fn compared(&self) -> Vec<ModelId> {
        let (first, _) = self.next_model();
        let mut models: Vec<ModelId> = Vec::new();
        if self.is_room() || self.server_id_here().is_some() {
            return models;
        }
        for model in &self.draft().compare {
            if *model != first && !models.contains(model) {
                models.push(model.clone());
            }
        }
        models.truncate(Self::MOST_COMPARED - 1);
        models
    }

    /// How many models answer side by side at most.
    pub const MOST_COMPARED: usize = crate::protocol::MOST_COMPARED;

    /// The model that answers a changed version of a message: the one chosen for the next message,
    /// else who answered the old version, else the chat's.
    pub fn edit_model(&self, conversation: &Conversation, message: MessageId) -> ModelId {
        let answered = || {
            let messages = &conversation.messages;
            let place = messages.iter().position(|known| known.id == message)?;
            Some(messages.get(place + 1)?.answer.as_ref()?.model.clone())
        };
        let chosen = self.draft().model.clone();
        // In a room each member's own model answers: who answered first says nothing of the others.
        chosen
            .or_else(|| if self.is_room() { None } else { answered() })
            .unwrap_or_else(|| self.chat_model())
    }
}

/// The built-in model.
pub(super) fn guide_model() -> ModelId {
    ModelId::new("guide", "guide")
}
