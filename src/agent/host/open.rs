//! Chats that begin with a bot, and following chats.

use std::collections::BTreeMap;

use super::Hub;
use super::refusal::Refusal;
use super::session::Session;
use crate::net::gateway::host::SessionKey;
use crate::protocol::{
    BotId, Cast, ChatId, ChatSummary, Message, Seq, ServerMessage, StartChat, WireRoom, WireSeed,
};

/// A bot with what was answered to its questions.
pub(super) type Answered<'a> = (&'a BotId, &'a BTreeMap<String, String>);

/// So many messages of a chat are looked at for those that it opened with.
const SEEDS: usize = 50;

impl Hub {
    /// Follows a chat, which begins with the bot where it does not exist.
    pub(super) async fn subscribe(
        &mut self,
        (key, id): (SessionKey, Option<String>),
        chat: ChatId,
        after: Option<Seq>,
        bot: Option<Answered<'_>>,
    ) -> Result<(), Refusal> {
        match (self.held(key, chat).await?, bot) {
            (Some(held), _) => {
                self.ack(key, id, Some(chat));
                if held.chat.bot.is_some() {
                    self.tell_ready(key, &held.chat).await?;
                }
            }
            (None, Some(bot)) => {
                self.refuse_at_end()?;
                self.open(key, chat, bot).await?;
                self.ack(key, id, Some(chat));
            }
            (None, None) => return Err(Refusal::not_found("There is no such chat")),
        }
        self.follow(key, chat, after);
        Ok(())
    }

    /// Makes a chat that begins with a bot, and tells that it can be written to.
    pub(super) async fn open(
        &mut self,
        key: SessionKey,
        chat: ChatId,
        bot: Answered<'_>,
    ) -> Result<ChatSummary, Refusal> {
        let start = self.start_chat(key, chat, bot)?;
        let owner = self.sessions.get(&key).and_then(Session::owner);
        let (cast, seeds) = (start.cast.clone(), start.seeds.clone());
        let summary = self.store.start_chat_for(start, owner).await?;
        self.say_ready(key, chat, &cast, &seeds);
        self.tell_chat(&summary).await;
        Ok(summary)
    }

    /// A chat with a bot, held to what the session may use.
    pub(super) fn start_chat(
        &self,
        key: SessionKey,
        chat: ChatId,
        (bot, answers): Answered<'_>,
    ) -> Result<StartChat, Refusal> {
        let library = self.library.as_ref();
        let found = library.and_then(|library| {
            library.bots.iter().find(|entry| entry.bot.id == *bot && !entry.archived)
        });
        let missing = || Refusal::not_found(format!("There is no bot {bot}"));
        let entry = found.ok_or_else(missing)?;
        let start = self.chooser.start_chat((entry, answers), &self.providers, self.now());
        let mut start = start.map_err(Refusal::bad_request)?;
        start.chat = chat;
        for seed in &mut start.seeds {
            seed.chat = chat;
        }
        if let Some(session) = self.sessions.get(&key) {
            self.rules.hold_start(&session.visitor, &mut start);
        }
        Ok(start)
    }

    /// Tells what a chat with a bot was begun with.
    async fn tell_ready(&mut self, key: SessionKey, chat: &ChatSummary) -> Result<(), Refusal> {
        let page = self.store.page(chat.id, None, SEEDS).await?;
        let Some(cast) = page.cast else { return Ok(()) };
        // In a longer chat they lie on pages that the client loads.
        let from_start = if page.has_older { Vec::new() } else { page.messages };
        let is_seed =
            |message: &Message| message.created == chat.created && message.answer.is_none();
        let seeds: Vec<Message> = from_start.into_iter().take_while(is_seed).collect();
        self.say_ready(key, chat.id, &cast, &seeds);
        Ok(())
    }

    fn say_ready(&mut self, key: SessionKey, chat: ChatId, cast: &Cast, seeds: &[Message]) {
        let seed = |message: &Message| WireSeed { role: message.role, content: message.text() };
        let ready = ServerMessage::AgentReady {
            session_id: self.number(cast.bot.as_str()),
            chat_id: Some(chat),
            bot_id: cast.bot.clone(),
            system: cast.instructions.clone(),
            seeds: seeds.iter().map(seed).collect(),
            room: cast.room.as_ref().map(WireRoom::from),
        };
        self.say(key, &ready);
    }
}
