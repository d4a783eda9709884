//! Requests of the OpenAI-compatible API: each has a chat of its own that nobody else sees, and
//! that goes with its answer.

use std::collections::BTreeMap;

use super::Hub;
use super::access::holder;
use super::chat::Order;
use super::refusal::Refusal;
use super::session::Session;
use crate::net::gateway::host::{Completion, SessionKey, Visitor};
use crate::net::gateway::outbox::Outbox;
use crate::net::gateway::{brief, spell};
use crate::protocol::{
    BackendCommand, BotId, ChatId, ChatOptions, Message, ModelId, Params, Part, Place, StopMode,
    WireSeed,
};
use crate::store::NewChat;

/// Begins the name of a bot where a model is named.
const BOT: &str = "bot:";

impl Hub {
    pub(super) async fn complete(
        &mut self,
        key: SessionKey,
        (visitor, outbox): (Visitor, Outbox),
        request: Completion,
    ) {
        let holder = holder(&visitor, &key.0.to_string());
        self.sessions.insert(key, Session::new(visitor, holder, outbox));
        if let Err(refusal) = self.begin_completion(key, request).await {
            let frame = spell(&refusal.said(None));
            self.push(key, &frame);
            self.let_go(key);
        }
    }

    async fn begin_completion(
        &mut self,
        key: SessionKey,
        request: Completion,
    ) -> Result<(), Refusal> {
        self.refuse_at_end()?;
        if request.message.trim().is_empty() {
            return Err(Refusal::bad_request("The last message is empty"));
        }
        let now = self.now();
        let chat = self.ids.chat(now);
        let (own, model) = match request.model.strip_prefix(BOT) {
            Some(bot) => self.begin_with_bot(key, chat, (bot, &request.before)).await?,
            None if request.model.parse::<ModelId>().is_err() => {
                let said = format!("There is no model {}", brief(&request.model));
                return Err(Refusal::not_found(said));
            }
            None => {
                let model = self.named(key, &request.model)?;
                self.begin_with_model(key, chat, (&model, &request.before)).await?;
                (ChatOptions::default(), model)
            }
        };
        let params = Params { system: request.system, ..request.params };
        let options = self.options(key, &own, &params, &model);
        if let Some(session) = self.sessions.get_mut(&key) {
            session.request = Some(chat);
        }
        self.follow(key, chat, None);
        self.send(Order {
            chat,
            message: self.ids.message(now),
            place: Place::AtLeaf,
            text: request.message,
            attachments: Vec::new(),
            usual: model.clone(),
            model,
            options,
        })
        .await;
        Ok(())
    }

    async fn begin_with_bot(
        &mut self,
        key: SessionKey,
        chat: ChatId,
        (bot, before): (&str, &[WireSeed]),
    ) -> Result<(ChatOptions, ModelId), Refusal> {
        let mut start = self.start_chat(key, chat, (&BotId::from(bot), &BTreeMap::new()))?;
        start.test = true;
        // The bot's own opening is for people who begin: here the request says what was said.
        start.seeds = self.seeds(chat, before);
        let wanted = start.bot.model.clone().unwrap_or_else(|| self.chooser.usual());
        let session = self.sessions.get(&key).ok_or_else(Refusal::stopping)?;
        let model = self.rules.nearest(&session.visitor, wanted)?;
        let (options, owner) = (start.options.clone(), session.owner());
        self.store.start_chat_for(start, owner).await?;
        Ok((options, model))
    }

    async fn begin_with_model(
        &mut self,
        key: SessionKey,
        chat: ChatId,
        (model, before): (&ModelId, &[WireSeed]),
    ) -> Result<(), Refusal> {
        let new = NewChat {
            chat,
            model: Some(model.clone()),
            options: ChatOptions::default(),
            seeds: self.seeds(chat, before),
            test: true,
            created: self.now(),
        };
        let owner = self.sessions.get(&key).and_then(Session::owner);
        self.store.new_chat(new, owner).await?;
        Ok(())
    }

    fn seeds(&self, chat: ChatId, before: &[WireSeed]) -> Vec<Message> {
        let (now, mut parent) = (self.now(), None);
        let mut seeds = Vec::with_capacity(before.len());
        for WireSeed { role, content } in before {
            let id = self.ids.message(now);
            let parts = vec![Part::Text { text: content.clone() }];
            seeds.push(Message { parent, ..Message::new(id, chat, *role, now, parts) });
            parent = Some(id);
        }
        seeds
    }

    /// Lets the chat of a request go. An answer that nobody reads any more is not paid for.
    pub(super) async fn abandon(&mut self, session: &Session) {
        let Some(chat) = session.request else { return };
        if self.runs.values().any(|live| live.chat == chat) {
            self.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
        }
        self.ask(BackendCommand::EndTest { chat }).await;
    }
}
