//! What there is: models, bots, chats, messages.

use super::Hub;
use super::refusal::Refusal;
use super::session::Session;
use crate::net::gateway::host::{SessionKey, Visitor};
use crate::net::gateway::outbox::MOST_BYTES;
use crate::net::gateway::spell;
use crate::protocol::{
    Access, ChatId, ChatSummary, Message, MessageId, MessagePage, PAGE_LIMIT, RemoteBot,
    ResumeFrom, ServerMessage, Timestamp,
};

/// The length of a page where none was asked for.
const PAGE: usize = 50;

impl Hub {
    pub(super) async fn list_models(
        &mut self,
        key: SessionKey,
        id: Option<String>,
    ) -> Result<(), Refusal> {
        let visitor = self.visitor(key)?;
        let models = self.models(&visitor);
        self.say(key, &ServerMessage::Models { id, models });
        if let Some(session) = self.sessions.get_mut(&key) {
            session.has_listed_models = true;
        }
        self.ask_failed_now().await;
        Ok(())
    }

    pub(super) fn list_bots(&mut self, key: SessionKey, id: Option<String>) -> Result<(), Refusal> {
        let visitor = self.visitor(key)?;
        let bots = self.bots_for(&visitor);
        self.say(key, &ServerMessage::Bots { id, bots });
        Ok(())
    }

    /// How a bot is told stays with its owner.
    fn bots_for(&self, visitor: &Visitor) -> Vec<RemoteBot> {
        let template = |bot: &RemoteBot| match visitor.access {
            Access::Owner => bot.template.clone(),
            Access::Guest => None,
        };
        let shown = |bot: &RemoteBot| RemoteBot { template: template(bot), ..bot.clone() };
        self.bots.iter().map(shown).collect()
    }

    /// For `/v1/models`.
    pub(super) fn names(&self, visitor: &Visitor) -> Vec<String> {
        // One that must be answered something first cannot be asked that way.
        let is_ready = |bot: &&RemoteBot| bot.variables.iter().all(|one| one.default.is_some());
        let bots = self.bots.iter().filter(is_ready).map(|bot| format!("bot:{}", bot.id));
        let models = self.models(visitor).into_iter().map(|model| model.id.to_string());
        bots.chain(models).collect()
    }

    fn visitor(&self, key: SessionKey) -> Result<Visitor, Refusal> {
        let session = self.sessions.get(&key);
        session.map(|session| session.visitor.clone()).ok_or_else(Refusal::stopping)
    }

    pub(super) async fn list_chats(
        &mut self,
        key: SessionKey,
        id: Option<String>,
        (before, limit): (Option<Timestamp>, Option<usize>),
    ) -> Result<(), Refusal> {
        let limit = page_length(limit);
        let owner = self.sessions.get(&key).and_then(Session::owner);
        let mut chats = self.store.held_chats(owner, before, limit + 1).await?;
        let has_older = chats.len() > limit;
        chats.truncate(limit);
        self.say(key, &ServerMessage::Chats { id, chats, has_older });
        Ok(())
    }

    /// Tells all who may see a chat that it was made, named or changed.
    pub(super) async fn tell_chat(&mut self, chat: &ChatSummary) {
        if chat.test || chat.server.is_some() || self.sessions.is_empty() {
            return;
        }
        let Ok(Some(held)) = self.store.held_chat(chat.id).await else { return };
        if held.deleted {
            return;
        }
        let may_see = |(_, session): &(&SessionKey, &Session)| {
            session.request.is_none() && session.client.is_some() && session.may_see(&held)
        };
        let keys: Vec<SessionKey> =
            self.sessions.iter().filter(may_see).map(|(key, _)| *key).collect();
        let chats = vec![chat.clone()];
        let frame = spell(&ServerMessage::Chats { id: None, chats, has_older: false });
        for key in keys {
            self.push(key, &frame);
        }
    }

    pub(super) async fn load_messages(
        &mut self,
        (key, id): (SessionKey, Option<String>),
        chat: ChatId,
        before: Option<MessageId>,
        limit: Option<usize>,
    ) -> Result<(), Refusal> {
        self.seen(key, chat).await?;
        let page = self.store.page(chat, before, page_length(limit)).await?;
        let MessagePage { mut messages, mut has_older, applied, .. } = page;
        let applied = applied.map(|(run_id, after_seq)| ResumeFrom { run_id, after_seq });
        loop {
            let (id, kept) = (id.clone(), messages.clone());
            let page =
                ServerMessage::Messages { id, chat_id: chat, messages: kept, has_older, applied };
            let frame = spell(&page);
            // A page that is too long for the wire is told in part: the rest lies above it.
            if frame.len() < MOST_BYTES / 2 || messages.len() < 2 {
                self.push(key, &frame);
                return Ok(());
            }
            messages = newer_half(messages);
            has_older = true;
        }
    }
}

fn newer_half(mut messages: Vec<Message>) -> Vec<Message> {
    messages.split_off(messages.len() / 2)
}

fn page_length(limit: Option<usize>) -> usize {
    limit.unwrap_or(PAGE).clamp(1, PAGE_LIMIT)
}
