//! Pages of remote chats: what is here is shown, and what only the server has is fetched and kept.

use tokio::time::Instant;

use super::manager::Manager;
use super::server::{Asked, PAGE_PATIENCE, Stand, Wanted};
use crate::agent::desk;
use crate::protocol::{
    BackendEvent, ChatId, ClientCommand, Message, MessageId, MessagePage, PAGE_LIMIT, QueryId,
    RemoteEvent, RunId, Seq, ServerId,
};
use crate::store::{RemotePage, StoreError};

/// So many chats are followed that nothing runs in.
const WATCHED: usize = 8;
/// How many messages are asked for where nobody said.
const PAGE: usize = 60;
/// So long a page that was read is not read again.
const FRESH_MS: u64 = 2_000;

impl Manager {
    /// The window wants a page.
    pub(super) async fn load(
        &mut self,
        query: QueryId,
        chat: ChatId,
        before: Option<MessageId>,
        limit: usize,
    ) {
        let wanted = Wanted { query, limit, due: Instant::now() + PAGE_PATIENCE };
        if before.is_none() {
            self.watch(chat);
        }
        let asks = match before {
            None => !self.is_fresh(chat),
            Some(before) => self.is_only_there(chat, before).await,
        };
        let asked = asks && self.ask_page(chat, before, Some(wanted));
        if !asked {
            self.answer_page((chat, before), wanted).await;
        }
    }

    /// Whether nothing above a message is here, though its server has more.
    async fn is_only_there(&self, chat: ChatId, before: MessageId) -> bool {
        let above = self.shared.store.page(chat, Some(before), 1).await;
        above.is_ok_and(|page| page.messages.is_empty())
            && self.shared.store.is_cut(before).await.unwrap_or(false)
    }

    fn ask_page(
        &mut self,
        chat: ChatId,
        before: Option<MessageId>,
        wanted: Option<Wanted>,
    ) -> bool {
        let Some(server) = self.server_of(chat) else { return false };
        if server.stand != Stand::Numbered || server.unready.contains_key(&chat) {
            return false;
        }
        let limit = Some(wanted.map_or(PAGE, |wanted| wanted.limit).min(PAGE_LIMIT));
        let command = ClientCommand::LoadMessages { chat_id: chat, before, limit };
        server.ask(command, Asked::Page { chat, before, wanted })
    }

    fn is_fresh(&self, chat: ChatId) -> bool {
        self.fresh.get(&chat).is_some_and(|at| self.now().ms_since(*at) < FRESH_MS)
    }

    /// Reads the end of a chat from its server again.
    pub(super) fn refresh(&mut self, chat: ChatId) {
        if !self.is_fresh(chat) && self.ask_page(chat, None, None) {
            let now = self.now();
            self.fresh.insert(chat, now);
        }
    }

    /// The user looks at a chat: its runs are followed, whoever begins them.
    fn watch(&mut self, chat: ChatId) {
        self.watched.retain(|watched| *watched != chat);
        self.watched.push(chat);
        if self.watched.len() > WATCHED {
            let left = self.watched.remove(0);
            if let Some(server) = self.server_of(left)
                && server.run_of(left).is_none()
            {
                server.ask(ClientCommand::Unsubscribe { chat_id: left }, Asked::Nothing);
            }
        }
    }

    /// The user looks at a chat no more.
    fn leave(&mut self, id: &ServerId, chat: ChatId) {
        self.watched.retain(|watched| *watched != chat);
        self.fresh.remove(&chat);
        if let Some(server) = self.servers.get_mut(id) {
            server.ask(ClientCommand::Unsubscribe { chat_id: chat }, Asked::Nothing);
        }
    }

    /// Answers the window with what is here.
    pub(super) async fn answer_page(
        &mut self,
        (chat, before): (ChatId, Option<MessageId>),
        wanted: Wanted,
    ) {
        let Wanted { query, limit, .. } = wanted;
        match self.page(chat, before, limit).await {
            Ok(page) => {
                if let Err(error) = desk::tell_page(&self.shared, query, chat, page).await {
                    self.failed(error).await;
                }
            }
            Err(error) => {
                self.failed(error).await;
                self.shared.tell(BackendEvent::QueryFailed(query)).await;
            }
        }
    }

    async fn page(
        &mut self,
        chat: ChatId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<MessagePage, StoreError> {
        let mut page = self.shared.store.page(chat, before, limit).await?;
        let top = page.messages.first().map(|first| first.id).or(before);
        let is_cut = match top {
            Some(top) => self.shared.store.is_cut(top).await?,
            None => false,
        };
        if is_cut {
            page.has_older =
                self.server_of(chat).is_some_and(|server| server.stand == Stand::Numbered);
        }
        Ok(page)
    }

    /// A server told a page.
    pub(super) async fn page_told(
        &mut self,
        id: &ServerId,
        (chat, asked): (ChatId, Option<Asked>),
        messages: Vec<Message>,
        applied: Option<(RunId, Seq)>,
    ) {
        let Some(Asked::Page { chat: asked_chat, before, wanted }) = asked else { return };
        if asked_chat != chat {
            return self.page_failed(id, (asked_chat, before), wanted).await;
        }
        let theirs: Vec<(RunId, Message)> = messages
            .iter()
            .filter_map(|message| Some((message.answer.as_ref()?.run, message.clone())))
            .collect();
        let ids: Vec<MessageId> = messages.iter().map(|message| message.id).collect();
        let page = RemotePage { server: id.clone(), chat, before, messages, applied };
        let open = match self.shared.store.merge_page(page).await {
            Ok(open) => open,
            // It was deleted here since: nobody looks at it any more.
            Err(StoreError::NotFound) => {
                self.leave(id, chat);
                None
            }
            Err(error) => {
                self.failed(error).await;
                None
            }
        };
        if let Some(open) = open {
            self.go_on(open).await;
        }
        if before.is_none() {
            let now = self.now();
            self.fresh.insert(chat, now);
            self.note_arrived(id, chat, &ids).await;
            self.settle_lost(id, chat, &theirs).await;
            self.open_with_seeds(id, chat).await;
            self.subscribe(id, chat);
        }
        match wanted {
            Some(wanted) => self.answer_page((chat, before), wanted).await,
            None => self.shared.tell(BackendEvent::Remote(RemoteEvent::PathChanged { chat })).await,
        }
        self.due.insert(id.clone());
    }

    /// A message that was sent before is in the chat: it has left the outbox.
    async fn note_arrived(&mut self, id: &ServerId, chat: ChatId, ids: &[MessageId]) {
        let Some(server) = self.servers.get(id) else { return };
        let Some(flight) = server.in_flight.get(&chat).copied() else { return };
        let is_known = flight.again && flight.acked.is_some();
        if is_known || ids.contains(&flight.message) {
            self.has_left(id, chat, flight.message).await;
        }
    }

    /// Runs that the server does not have any more end with what it says of their answers.
    async fn settle_lost(&mut self, id: &ServerId, chat: ChatId, theirs: &[(RunId, Message)]) {
        let Some(server) = self.servers.get(id) else { return };
        let of_chat = |run: &&RunId| server.runs.get(*run).is_some_and(|open| open.chat == chat);
        let lost: Vec<RunId> = server.lost.iter().filter(of_chat).copied().collect();
        for run in lost {
            let answer = theirs.iter().find(|(told, _)| *told == run);
            self.settle(id, run, answer.map(|(_, message)| message.clone())).await;
        }
    }

    /// Follows a chat, from where its open run was applied.
    fn subscribe(&mut self, id: &ServerId, chat: ChatId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let run = server.run_of(chat).and_then(|run| server.runs.get(&run));
        let after_seq = run.map(|open| open.last);
        let follow = ClientCommand::follow(chat, after_seq);
        server.ask(follow, Asked::Nothing);
    }

    /// A page does not come: what is here is shown, and lost runs end with what is here.
    pub(super) async fn page_failed(
        &mut self,
        id: &ServerId,
        (chat, before): (ChatId, Option<MessageId>),
        wanted: Option<Wanted>,
    ) {
        if before.is_none() && self.servers.get(id).is_some_and(|one| one.stand == Stand::Numbered)
        {
            self.settle_lost(id, chat, &[]).await;
            self.open_with_seeds(id, chat).await;
            self.due.insert(id.clone());
        }
        if let Some(wanted) = wanted {
            self.answer_page((chat, before), wanted).await;
        }
    }

    /// When the window has waited long enough for a page.
    pub(super) async fn page_is_late(&self) {
        let asked = self.servers.values().flat_map(|server| server.asked.values());
        let due = asked.filter_map(|asked| match asked {
            Asked::Page { wanted: Some(wanted), .. } => Some(wanted.due),
            Asked::Page { wanted: None, .. }
            | Asked::Nothing
            | Asked::Chat { .. }
            | Asked::Agent { .. }
            | Asked::List
            | Asked::Chats => None,
        });
        match due.min() {
            Some(due) => tokio::time::sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Shows what is here in the place of pages that are late. They are kept when they come.
    pub(super) async fn answer_late_pages(&mut self) {
        let now = Instant::now();
        let mut late = Vec::new();
        for server in self.servers.values_mut() {
            for asked in server.asked.values_mut() {
                if let Asked::Page { chat, before, wanted } = asked
                    && let Some(waiting) = wanted.take_if(|wanted| wanted.due <= now)
                {
                    late.push(((*chat, *before), waiting));
                }
            }
        }
        for (page, wanted) in late {
            self.answer_page(page, wanted).await;
        }
    }
}
