//! Messages of clients: each starts one run, however often it comes.

use super::refusal::Refusal;
use super::session::Session;
use super::{Hub, Waiting};
use crate::net::gateway::brief;
use crate::net::gateway::host::SessionKey;
use crate::protocol::{
    BackendCommand, ChatCommand, ChatId, ChatOptions, ChatSummary, MessageId, ModelId, Params,
    Part, Place, SendRequest, ServerMessage,
};
use crate::store::NewChat;

/// A message with where it goes and who answers.
pub(super) struct Order {
    pub(super) chat: ChatId,
    pub(super) message: MessageId,
    pub(super) place: Place,
    pub(super) text: String,
    pub(super) attachments: Vec<Part>,
    /// Who shall answer.
    pub(super) model: ModelId,
    /// The chat's model.
    pub(super) usual: ModelId,
    pub(super) options: ChatOptions,
}

/// Who answers in a chat.
struct Chosen {
    model: ModelId,
    usual: ModelId,
}

impl Hub {
    pub(super) async fn chat(
        &mut self,
        key: SessionKey,
        id: Option<String>,
        command: ChatCommand,
    ) -> Result<(), Refusal> {
        self.refuse_at_end()?;
        check(&command)?;
        let now = self.now();
        let message = command.client_message_id.unwrap_or_else(|| self.ids.message(now));
        if self.is_known(key, id.as_deref(), message).await? {
            return Ok(());
        }
        let named = command.model.as_deref().map(|model| self.named(key, model)).transpose()?;
        let chat = command.chat_id.unwrap_or_else(|| self.ids.chat(now));
        let held = match command.chat_id {
            Some(chat) => self.held(key, chat).await?.map(|held| held.chat),
            None => None,
        };
        let place = match command.reply_to_id {
            Some(Some(parent)) => self.below(chat, parent).await?,
            Some(None) => Place::Under(None),
            None => Place::AtLeaf,
        };
        let (held, chosen) = match (held, &command.bot_id) {
            (Some(held), _) => {
                let chosen = self.choose(key, Some(&held), named)?;
                (Some(held), chosen)
            }
            (None, Some(bot)) => {
                let held = self.open(key, chat, (bot, &command.variables)).await?;
                let chosen = self.choose(key, Some(&held), named)?;
                (Some(held), chosen)
            }
            (None, None) => {
                let chosen = self.choose(key, None, named)?;
                (self.make_for_guest(key, chat, &chosen.model).await?, chosen)
            }
        };
        let own = held.as_ref().map(|held| held.options.clone()).unwrap_or_default();
        let params = Params { system: command.system_prompt, ..Params::default() };
        let options = self.options(key, &own, &params, &chosen.model);
        self.follow(key, chat, None);
        let owner = self.sessions.get(&key).and_then(Session::owner);
        self.waiting.insert(message, Waiting { chat, owner, acks: vec![(key, id)] });
        self.send(Order {
            chat,
            message,
            place,
            text: command.message,
            attachments: command.attachments,
            model: chosen.model,
            usual: chosen.usual,
            options,
        })
        .await;
        Ok(())
    }

    /// Hands a message to the engine.
    pub(super) async fn send(&mut self, order: Order) {
        let now = self.now();
        let request = SendRequest {
            chat: order.chat,
            message: order.message,
            place: order.place,
            text: order.text,
            one_off: order.model != order.usual,
            model: order.model,
            chat_model: order.usual,
            attachments: order.attachments,
            options: order.options,
            chat_options: ChatOptions::default(),
            also: Vec::new(),
            run: self.ids.run(now),
            answer: self.ids.message(now),
            created: now,
            server: None,
        };
        self.ask(BackendCommand::Send(Box::new(request))).await;
    }

    /// Whether a message came before. Then it is acknowledged again, or will be.
    async fn is_known(
        &mut self,
        key: SessionKey,
        id: Option<&str>,
        message: MessageId,
    ) -> Result<bool, Refusal> {
        let id = id.map(str::to_owned);
        if let Some(waiting) = self.waiting.get_mut(&message) {
            // The chat may not be there yet; whoever sent the message first makes it.
            let session = self.sessions.get(&key);
            if !session.is_some_and(|session| session.shares(waiting.owner.as_ref())) {
                return Err(Refusal::forbidden("This chat is not yours"));
            }
            waiting.acks.push((key, id));
            let chat = waiting.chat;
            self.follow(key, chat, None);
            return Ok(true);
        }
        let Some(asked) = self.store.asked(message).await? else { return Ok(false) };
        self.seen(key, asked.chat).await?;
        self.follow(key, asked.chat, None);
        let (run_id, message_id) = asked.answer.unzip();
        let chat_id = Some(asked.chat);
        self.say(key, &ServerMessage::Ack { id, run_id, message_id, chat_id });
        Ok(true)
    }

    /// A model that was asked for by name.
    pub(super) fn named(&self, key: SessionKey, model: &str) -> Result<ModelId, Refusal> {
        let id: ModelId = model.parse().map_err(|error: crate::protocol::ParseModelIdError| {
            Refusal::bad_request(error.to_string())
        })?;
        if !self.providers.iter().any(|provider| provider.config.id == id.provider) {
            return Err(Refusal::not_found(format!(
                "There is no provider {}",
                brief(id.provider.as_str())
            )));
        }
        let session = self.sessions.get(&key);
        if !session.is_some_and(|session| self.rules.allows(&session.visitor, &id)) {
            return Err(Refusal::forbidden("You may not use this model here"));
        }
        Ok(id)
    }

    /// The model that answers: the one that was asked for, else the chat's, its bot's, the usual.
    fn choose(
        &self,
        key: SessionKey,
        chat: Option<&ChatSummary>,
        named: Option<ModelId>,
    ) -> Result<Chosen, Refusal> {
        let of_chat = chat.and_then(|chat| chat.model.clone());
        let of_bot = || chat.and_then(|chat| chat.bot.as_ref()?.model.clone());
        let wanted = of_chat.or_else(of_bot).unwrap_or_else(|| self.chooser.usual());
        // A new chat's model is the one it begins with.
        if let (None, Some(model)) = (chat, &named) {
            return Ok(Chosen { model: model.clone(), usual: model.clone() });
        }
        let Some(session) = self.sessions.get(&key) else {
            return Err(Refusal::stopping());
        };
        let usual = match &named {
            Some(_) => wanted,
            None => self.rules.nearest(&session.visitor, wanted)?,
        };
        Ok(Chosen { model: named.unwrap_or_else(|| usual.clone()), usual })
    }

    /// How a message is answered.
    pub(super) fn options(
        &self,
        key: SessionKey,
        chat: &ChatOptions,
        message: &Params,
        model: &ModelId,
    ) -> ChatOptions {
        let mut options = self.chooser.options(chat, message, &self.info(model));
        if let Some(session) = self.sessions.get(&key) {
            self.rules.hold_options(&session.visitor, &mut options);
        }
        options
    }

    /// A guest's chat is known for its own before anything is in it. The owner's is made with its
    /// first message.
    async fn make_for_guest(
        &self,
        key: SessionKey,
        chat: ChatId,
        model: &ModelId,
    ) -> Result<Option<ChatSummary>, Refusal> {
        let owner = self.sessions.get(&key).and_then(Session::owner);
        if owner.is_none() {
            return Ok(None);
        }
        let new = NewChat {
            chat,
            model: Some(model.clone()),
            options: ChatOptions::default(),
            seeds: Vec::new(),
            test: false,
            created: self.now(),
        };
        Ok(Some(self.store.new_chat(new, owner).await?))
    }

    async fn below(&self, chat: ChatId, parent: MessageId) -> Result<Place, Refusal> {
        match self.store.message(parent).await? {
            Some(message) if message.chat == chat => Ok(Place::Under(Some(parent))),
            Some(_) | None => Err(Refusal::not_found("The message that is answered is not there")),
        }
    }
}

fn check(command: &ChatCommand) -> Result<(), Refusal> {
    if command.message.trim().is_empty() && command.attachments.is_empty() {
        return Err(Refusal::bad_request("The message is empty"));
    }
    let is_attachment = |part: &Part| match part {
        Part::Image { .. } | Part::File { .. } => true,
        Part::Text { .. }
        | Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Notice { .. } => false,
    };
    if command.attachments.iter().all(is_attachment) {
        return Ok(());
    }
    Err(Refusal::bad_request("Only images and files can be attached"))
}
