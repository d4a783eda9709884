//! What waits to be sent: in order, visible, and sent once.

use super::manager::Manager;
use super::server::{Asked, InFlight, Server, Stand};
use crate::protocol::{
    BackendEvent, ChatCommand, ChatId, ClientCommand, Draft, FRAME_LIMIT, MessageId, NoticeCode,
    Part, Place, QueuedMessage, RegenerateRequest, RunId, SendRequest, ServerId, StopMode,
};
use crate::store::{Outgoing, ReadState, StoreError};

/// What a frame holds besides its message.
const ENVELOPE: usize = 4 * 1024;

impl Manager {
    /// Takes a message of the user.
    pub(super) async fn send(&mut self, request: SendRequest) {
        let (chat, message) = (request.chat, request.message);
        let id = self.shared.remote_chats.server(chat).or_else(|| request.server.clone());
        let Some(id) = id.filter(|id| self.servers.contains_key(id)) else {
            return self.give_back(request, "Its server is not configured any more").await;
        };
        if !request.also.is_empty() {
            return self.give_back(request, "A server answers with one model at a time").await;
        }
        let back = request.clone();
        match self.shared.store.outbox_add(&id, request).await {
            Ok(summary) => self.shared.tell(BackendEvent::ChatChanged(summary)).await,
            Err(error) => {
                self.give_back(back, "The chat is not one of that server").await;
                return self.failed(error).await;
            }
        }
        self.own.insert(message);
        let is_at_rest = self.servers.get(&id).is_some_and(|server| {
            server.run_of(chat).is_none() && !server.in_flight.contains_key(&chat)
        });
        if is_at_rest && self.held.contains(&chat) {
            // What stands still goes on standing; this one was asked for now.
            self.first.insert(chat, message);
        }
        self.flush(&id).await;
        self.tell_queue(chat).await;
    }

    async fn give_back(&self, request: SendRequest, why: &str) {
        let (chat, message) = (request.chat, request.message);
        self.shared.tell(BackendEvent::NotSent { chat, message, draft: request.into() }).await;
        self.shared.notice(NoticeCode::ServerRefused, why).await;
    }

    /// Asks a question again: its server makes another answer beside it.
    pub(super) async fn regenerate(&mut self, request: RegenerateRequest) {
        let question = match self.shared.store.message(request.question).await {
            Ok(Some(question)) => question,
            Ok(None) => {
                return self.shared.notice(NoticeCode::ChatMissing, request.chat).await;
            }
            Err(error) => return self.failed(error).await,
        };
        let goes_on = request.continues.is_some();
        let is_text = |part: &Part| matches!(part, Part::Text { .. });
        let attachments = question.parts.iter().filter(|part| !is_text(part) && !goes_on);
        let place = match question.parent {
            Some(parent) if !goes_on => Place::Under(Some(parent)),
            Some(_) | None => Place::AtLeaf,
        };
        let again = SendRequest {
            chat: request.chat,
            message: self.shared.ids.message(self.now()),
            place,
            text: if goes_on { "Continue".to_owned() } else { question.text() },
            model: request.model,
            one_off: request.one_off,
            chat_model: request.chat_model,
            attachments: attachments.cloned().collect(),
            options: request.options.clone(),
            chat_options: request.options,
            also: Vec::new(),
            run: request.run,
            answer: request.answer,
            created: request.created,
            server: None,
        };
        self.send(again).await;
    }

    /// Sends what may go now, of all servers of which that may have changed.
    pub(super) async fn flush_due(&mut self) {
        while let Some(id) = self.due.iter().next().cloned() {
            self.due.remove(&id);
            self.flush(&id).await;
        }
    }

    /// Sends what may go now. Of each chat one message at a time, in order.
    async fn flush(&mut self, id: &ServerId) {
        if self.servers.get(id).is_none_or(|server| server.stand == Stand::Down) {
            return;
        }
        let mut waiting = match self.shared.store.outbox(id).await {
            Ok(waiting) => waiting,
            Err(error) => return self.failed(error).await,
        };
        let is_first = |manager: &Self, out: &Outgoing| {
            manager.first.get(&out.item.chat) == Some(&out.item.id)
        };
        waiting.sort_by_key(|out| !is_first(self, out));
        for outgoing in waiting {
            let chat = outgoing.item.chat;
            let stands_still = self.held.contains(&chat) && !is_first(self, &outgoing);
            // What another process put there is sent by the window.
            let is_others =
                self.read_state() == ReadState::Seen && !self.own.contains(&outgoing.item.id);
            if stands_still || is_others {
                continue;
            }
            let Some(server) = self.servers.get(id) else { return };
            let is_busy = server.run_of(chat).is_some()
                || server.in_flight.contains_key(&chat)
                || server.unready.contains_key(&chat);
            match server.stand {
                Stand::Down => return,
                Stand::Numbered if is_busy => {}
                Stand::Numbered => self.send_numbered(id, outgoing).await,
                Stand::Plain if !server.runs.is_empty() => return,
                Stand::Plain => self.send_plain(id, outgoing).await,
            }
        }
    }

    async fn send_numbered(&mut self, id: &ServerId, outgoing: Outgoing) {
        let (chat, message) = (outgoing.item.chat, outgoing.item.id);
        let reply_to_id = match outgoing.reply_to {
            None if self.branched.contains(&chat) => self.leaf(chat).await,
            given => given,
        };
        let Some(server) = self.servers.get_mut(id) else { return };
        let model = named_model(server, &outgoing);
        let bot_id = outgoing.bot.clone().filter(|_| outgoing.is_first);
        let again = outgoing.sent;
        let command = chat_command(ChatCommand { bot_id, model, reply_to_id, ..plain(outgoing) });
        if is_too_long(&command) {
            let why = "The message with its attachments is over 8 MB";
            return self.not_taken(id, (chat, message), why, false).await;
        }
        // It was taken back in this moment.
        if self.shared.store.outbox_sent(message).await.is_err() {
            return;
        }
        let Some(server) = self.servers.get_mut(id) else { return };
        if server.ask(command, Asked::Chat { chat, message }) {
            server.in_flight.insert(chat, InFlight { message, again, acked: None });
        }
    }

    /// Its run begins here, in the transaction that takes it out of the outbox: whatever happens
    /// then, it is not sent a second time.
    async fn send_plain(&mut self, id: &ServerId, outgoing: Outgoing) {
        let (chat, message) = (outgoing.item.chat, outgoing.item.id);
        let Some(server) = self.servers.get(id) else { return };
        let model = named_model(server, &outgoing);
        let (bot_id, reply_to_id) = (outgoing.bot.clone(), outgoing.reply_to);
        let command =
            chat_command(ChatCommand { bot_id, model, reply_to_id, ..plain(outgoing.clone()) });
        if is_too_long(&command) {
            let why = "The message with its attachments is over 8 MB";
            return self.not_taken(id, (chat, message), why, false).await;
        }
        let (ids, now) = (self.shared.ids, self.now());
        self.begin_here(id, &outgoing, (ids.run(now), ids.message(now))).await;
        let Some(server) = self.servers.get_mut(id) else { return };
        if server.run_of(chat).is_some() && !server.ask(command, Asked::Chat { chat, message }) {
            self.plain_not_sent(id, chat).await;
        }
    }

    /// A server has a message.
    pub(super) async fn acked(
        &mut self,
        id: &ServerId,
        (chat, message): (ChatId, MessageId),
        run: Option<RunId>,
        answer: Option<MessageId>,
    ) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let flight = server.in_flight.get_mut(&chat).filter(|flight| flight.message == message);
        let Some(flight) = flight else { return };
        match run {
            Some(run) => {
                flight.acked = Some((run, answer));
                if flight.again {
                    // Its run may have begun, and even ended, while nobody listened.
                    self.fresh.remove(&chat);
                    self.refresh(chat);
                }
            }
            // It waits there now.
            None => self.has_left(id, chat, message).await,
        }
    }

    /// A message is with its server and no longer here.
    pub(super) async fn has_left(&mut self, id: &ServerId, chat: ChatId, message: MessageId) {
        if let Some(server) = self.servers.get_mut(id) {
            server.in_flight.remove(&chat);
        }
        if let Err(error) = self.shared.store.queue_remove(chat, message).await {
            self.failed(error).await;
        }
        self.tell_queue(chat).await;
    }

    /// A server did not take a message: it waits, or goes back to the composer.
    pub(super) async fn not_taken(
        &mut self,
        id: &ServerId,
        (chat, message): (ChatId, MessageId),
        detail: &str,
        retryable: bool,
    ) {
        if let Some(server) = self.servers.get_mut(id) {
            server.in_flight.remove(&chat);
        }
        self.first.remove(&chat);
        // Nobody sits at a command line to send it later.
        if retryable && self.read_state() == ReadState::Unread {
            self.held.insert(chat);
        } else {
            self.take_back(chat, message).await;
        }
        self.shared.notice(NoticeCode::ServerRefused, detail).await;
        self.tell_queue(chat).await;
        self.due.insert(id.clone());
    }

    /// A chat was to begin with a bot that its server does not have: it goes on without one, and
    /// what was written to the bot goes back to the composer.
    pub(super) async fn no_agent(&mut self, id: &ServerId, chat: ChatId) {
        match self.shared.store.without_agent(id, chat).await {
            Ok(summary) => self.shared.tell(BackendEvent::ChatChanged(summary)).await,
            // It was deleted meanwhile.
            Err(StoreError::NotFound) => {}
            Err(error) => self.failed(error).await,
        }
        for item in self.shared.store.queue_list(chat).await.unwrap_or_default() {
            self.take_back(chat, item.id).await;
        }
        self.tell_queue(chat).await;
    }

    /// Gives a waiting message back to who wrote it.
    async fn take_back(&self, chat: ChatId, message: MessageId) {
        match self.shared.store.queue_take(chat, Some(message)).await {
            Ok(Some(item)) => {
                let draft = draft_of(item);
                self.shared.tell(BackendEvent::NotSent { chat, message, draft }).await;
            }
            Ok(None) => {}
            Err(error) => self.failed(error).await,
        }
    }

    /// Tells what of a chat waits: all but what is on its way.
    pub(super) async fn tell_queue(&mut self, chat: ChatId) {
        let flying = self.server_of(chat).and_then(|server| server.in_flight.get(&chat).copied());
        if let Ok(mut items) = self.shared.store.queue_list(chat).await {
            items.retain(|item| flying.is_none_or(|flying| flying.message != item.id));
            self.shared.tell(BackendEvent::Queue { chat, items }).await;
        }
    }

    pub(super) async fn edit_queued(&mut self, chat: ChatId, message: MessageId, text: &str) {
        let id = self.shared.remote_chats.server(chat);
        let waiting = match &id {
            Some(id) => self.shared.store.outbox(id).await.unwrap_or_default(),
            None => Vec::new(),
        };
        if waiting.iter().any(|waiting| waiting.item.id == message && waiting.sent) {
            let why = "The message was sent already, and the server may have it";
            self.shared.notice(NoticeCode::ServerRefused, why).await;
        } else if let Err(error) = self.shared.store.queue_edit(message, text).await {
            self.failed(error).await;
        }
        self.tell_queue(chat).await;
    }

    pub(super) async fn remove_queued(&mut self, chat: ChatId, message: MessageId) {
        let flying = self.server_of(chat).and_then(|server| server.in_flight.get(&chat).copied());
        if flying.is_none_or(|flying| flying.message != message)
            && let Err(error) = self.shared.store.queue_remove(chat, message).await
        {
            self.failed(error).await;
        }
        self.tell_queue(chat).await;
    }

    pub(super) async fn send_queued_now(&mut self, chat: ChatId, message: MessageId) {
        self.held.insert(chat);
        self.first.insert(chat, message);
        let Some(id) = self.shared.remote_chats.server(chat) else { return };
        let runs = self.servers.get(&id).is_some_and(|server| server.run_of(chat).is_some());
        if runs {
            self.stop(chat, StopMode::Now).await;
        } else {
            self.flush(&id).await;
            self.tell_queue(chat).await;
        }
    }
}

/// The model to name, where one was chosen that the server may have: without one it chooses
/// itself. A choice for this message alone is always named, and refused where it cannot be had.
fn named_model(server: &Server, outgoing: &Outgoing) -> Option<String> {
    let item = &outgoing.item;
    let is_none = item.model.provider.as_str() == server.config.id.as_str();
    let may_be = server.models.is_empty() || server.models.iter().any(|one| one.id == item.model);
    (!is_none && (item.one_off || may_be)).then(|| item.model.to_string())
}

/// What all servers are told of a message.
fn plain(outgoing: Outgoing) -> ChatCommand {
    let item = outgoing.item;
    ChatCommand {
        message: item.text,
        client_message_id: Some(item.id),
        chat_id: Some(item.chat),
        bot_id: None,
        model: None,
        system_prompt: item.options.params.system,
        reply_to_id: None,
        attachments: item.attachments,
    }
}

fn chat_command(command: ChatCommand) -> ClientCommand {
    ClientCommand::Chat(Box::new(command))
}

fn is_too_long(command: &ClientCommand) -> bool {
    serde_json::to_vec(command).map_or(true, |text| text.len() + ENVELOPE > FRAME_LIMIT)
}

fn draft_of(item: QueuedMessage) -> Draft {
    Draft {
        text: item.text,
        model: Some(item.model),
        compare: item.also,
        params: item.options.params,
        attachments: item.attachments,
    }
}
