//! Takes what the window asks and what the links tell, and hands each to its place.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::mpsc;

use super::RemoteParts;
use super::line::Told;
use super::server::{Asked, Server, Stand};
use super::trial::Pairing;
use crate::agent::actor::Shared;
use crate::agent::desk;
use crate::net::link::{LinkEvent, LinkInput};
use crate::protocol::{
    ApprovalAnswer, BackendCommand, BackendEvent, ChatId, ClientCommand, CommandFrame, FromServer,
    MessageId, NoticeCode, RemoteCommand, RemoteEvent, RunStatus, ServerId, ServerMessage,
    StreamEvent, Timestamp,
};
use crate::store::{ReadState, StoreError};

/// All links of this process.
pub(super) struct Manager {
    pub(super) shared: Arc<Shared>,
    pub(super) parts: Arc<RemoteParts>,
    pub(super) telling: mpsc::Sender<Told>,
    pub(super) pairings: mpsc::Sender<Pairing>,
    pub(super) servers: HashMap<ServerId, Server>,
    /// The chats looked at last, the newest behind: their runs are followed.
    pub(super) watched: Vec<ChatId>,
    /// When the end of a chat was read from its server.
    pub(super) fresh: HashMap<ChatId, Timestamp>,
    /// Chats whose outbox stands still until the user decides: their last answer was no whole one.
    pub(super) held: HashSet<ChatId>,
    /// Servers to which more may be sent now.
    pub(super) due: HashSet<ServerId>,
    /// Messages that were put into the outbox by this process.
    pub(super) own: HashSet<MessageId>,
    /// The message that goes before the others of its chat.
    pub(super) first: HashMap<ChatId, MessageId>,
    /// Chats that show another branch than their server: a message follows what is shown.
    pub(super) branched: HashSet<ChatId>,
}

impl Manager {
    pub(super) fn new(
        shared: Arc<Shared>,
        parts: RemoteParts,
        telling: mpsc::Sender<Told>,
        pairings: mpsc::Sender<Pairing>,
    ) -> Self {
        Self {
            shared,
            parts: Arc::new(parts),
            telling,
            pairings,
            servers: HashMap::new(),
            watched: Vec::new(),
            fresh: HashMap::new(),
            held: HashSet::new(),
            due: HashSet::new(),
            own: HashSet::new(),
            first: HashMap::new(),
            branched: HashSet::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        (self.shared.clock.now)()
    }

    /// The server of a chat, where it is configured.
    pub(super) fn server_of(&mut self, chat: ChatId) -> Option<&mut Server> {
        let id = self.shared.remote_chats.server(chat)?;
        self.servers.get_mut(&id)
    }

    /// Carries out a command of the window.
    pub(super) async fn handle(&mut self, command: BackendCommand) {
        match command {
            BackendCommand::Send(request) => self.send(*request).await,
            BackendCommand::Regenerate(request) => self.regenerate(*request).await,
            BackendCommand::Stop { chat, mode } => self.stop(chat, mode).await,
            BackendCommand::RetryNow { chat } => {
                self.link_now(self.shared.remote_chats.server(chat).as_ref());
            }
            BackendCommand::Remote(command) => self.handle_remote(command).await,
            BackendCommand::EditQueued { chat, message, text } => {
                self.edit_queued(chat, message, &text).await;
            }
            BackendCommand::RemoveQueued { chat, message } => {
                self.remove_queued(chat, message).await;
            }
            BackendCommand::SendQueuedNow { chat, message } => {
                self.send_queued_now(chat, message).await;
            }
            BackendCommand::LoadMessages { query, chat, before, limit } => {
                self.load(query, chat, before, limit).await;
            }
            BackendCommand::SelectBranch { chat, .. }
            | BackendCommand::KeepAnswer { chat, .. }
            | BackendCommand::SetCast { chat, .. }
            | BackendCommand::SetCovered { chat, .. } => {
                self.branched.insert(chat);
                desk::handle(&self.shared, command).await;
            }
            BackendCommand::ListChats { .. }
            | BackendCommand::RenameChat { .. }
            | BackendCommand::PinChat { .. }
            | BackendCommand::DeleteChat { .. }
            | BackendCommand::RestoreChat { .. }
            | BackendCommand::SetChatModel { .. }
            | BackendCommand::SetChatOptions { .. }
            | BackendCommand::MarkRead { .. }
            | BackendCommand::SaveDraft { .. }
            | BackendCommand::LoadUsage { .. }
            | BackendCommand::StartChat(_)
            | BackendCommand::EndTest { .. }
            | BackendCommand::SaveProvider { .. }
            | BackendCommand::RemoveProvider { .. }
            | BackendCommand::RefreshModels { .. }
            | BackendCommand::Configure(_)
            | BackendCommand::LoadImage { .. }
            | BackendCommand::LoadBots
            | BackendCommand::SaveBot(_)
            | BackendCommand::RestoreBot(_)
            | BackendCommand::KeepEdit(_)
            | BackendCommand::MarkBot { .. }
            | BackendCommand::ArchiveBot { .. }
            | BackendCommand::DeleteBot { .. }
            | BackendCommand::LoadBotVersions { .. }
            | BackendCommand::ReadBots { .. }
            | BackendCommand::ExportBot { .. }
            | BackendCommand::Shutdown => {
                tracing::error!(?command, "not a command for the links");
            }
        }
    }

    async fn handle_remote(&mut self, command: RemoteCommand) {
        match command {
            RemoteCommand::LinkNow { server } => self.link_now(server.as_ref()),
            RemoteCommand::Save { config, token } => self.save(config, token).await,
            RemoteCommand::Remove { server } => self.remove(&server).await,
            RemoteCommand::Test { query, config, token } => {
                self.test(query, config, token);
            }
            RemoteCommand::Pair { query, config, code } => {
                self.pair(query, config, code);
            }
            RemoteCommand::OpenChat { chat, server, bot, created } => {
                self.open_chat(chat, &server, bot, created).await;
            }
            RemoteCommand::LoadChats { server } => self.load_chats(&server),
            RemoteCommand::Approve { chat, answer } => self.approve(chat, answer).await,
        }
    }

    /// Passes on what the user said to a tool call.
    async fn approve(&mut self, chat: ChatId, answer: ApprovalAnswer) {
        let Some(server) = self.server_of(chat) else { return };
        if !server.ask(ClientCommand::Approval(answer), Asked::Nothing) {
            let detail = "The server cannot be reached. Answer again when it can";
            self.shared.notice(NoticeCode::ServerRefused, detail).await;
        }
    }

    /// Tries at once instead of at the planned time.
    fn link_now(&self, server: Option<&ServerId>) {
        let wanted = |id: &ServerId| server.is_none_or(|server| server == id);
        let lines = self.servers.iter().filter(|(id, _)| wanted(id));
        for line in lines.filter_map(|(_, server)| server.line.as_ref()) {
            line.ask(LinkInput::Now);
        }
    }

    /// Takes what a link told.
    pub(super) async fn came(&mut self, told: Told) {
        if !self.is_of_now(&told) {
            return;
        }
        let Told { server: id, event, .. } = told;
        let Some(server) = self.servers.get_mut(&id) else { return };
        match event {
            LinkEvent::State(link) => {
                server.link = link.clone();
                self.shared
                    .tell(BackendEvent::Remote(RemoteEvent::LinkChanged { server: id, link }))
                    .await;
            }
            LinkEvent::Up(Some(welcome)) => self.welcomed(&id, welcome).await,
            LinkEvent::Up(None) => self.plain_up(&id).await,
            LinkEvent::Down => self.down(&id).await,
            LinkEvent::Came(FromServer::Event(frame)) => self.event(&id, *frame).await,
            LinkEvent::Came(FromServer::Said(said)) => self.said(&id, *said).await,
            LinkEvent::Came(FromServer::Plain(plain)) => self.plain_event(&id, *plain).await,
            LinkEvent::Came(FromServer::Unknown(kind)) => {
                server.ignored += 1;
                tracing::debug!(server = %id, kind, count = server.ignored, "a frame is not known");
            }
            LinkEvent::NotSent(frame) => self.not_sent(&id, frame).await,
        }
    }

    async fn said(&mut self, id: &ServerId, said: ServerMessage) {
        let asked = |manager: &mut Self, name: Option<String>| {
            let server = manager.servers.get_mut(id)?;
            server.asked.remove(&name?)
        };
        match said {
            // The link tells it as `Up`.
            ServerMessage::Welcome(_) => {}
            ServerMessage::Ack { id: name, run_id, message_id, chat_id: _ } => {
                let asked = asked(self, name);
                if let Some(Asked::Chat { chat, message }) = asked {
                    self.acked(id, (chat, message), run_id, message_id).await;
                }
            }
            ServerMessage::AgentReady { chat_id, bot_id, system, seeds, session_id: _ } => {
                self.agent_ready(id, chat_id, bot_id, (system, seeds)).await;
            }
            ServerMessage::Models { id: name, models } => {
                asked(self, name);
                self.listed(id, Some(models), None).await;
            }
            ServerMessage::Bots { id: name, bots } => {
                asked(self, name);
                self.listed(id, None, Some(bots)).await;
            }
            ServerMessage::Chats { id: name, chats, has_older } => {
                asked(self, name);
                self.chats_told(id, chats, has_older).await;
            }
            ServerMessage::Messages { id: name, chat_id, messages, has_older: _, applied } => {
                let asked = asked(self, name);
                let applied = applied.map(|applied| (applied.run_id, applied.after_seq));
                self.page_told(id, (chat_id, asked), messages, applied).await;
            }
            ServerMessage::PlatformMessage { chat_id, .. } => self.refresh(chat_id),
            ServerMessage::RunStarted { question, answer } => {
                self.run_started(id, *question, *answer).await;
            }
            ServerMessage::Error { id: name, message, code, kind: _, retryable } => {
                let asked = asked(self, name);
                self.refused(id, asked, &format!("{message} ({code})"), retryable).await;
            }
        }
    }

    /// Carries on without the answer to a command.
    pub(super) async fn refused(
        &mut self,
        id: &ServerId,
        asked: Option<Asked>,
        detail: &str,
        retryable: bool,
    ) {
        match asked {
            Some(Asked::Chat { chat, message }) => {
                self.not_taken(id, (chat, message), detail, retryable).await;
            }
            Some(Asked::Page { chat, before, wanted }) => {
                self.page_failed(id, (chat, before), wanted).await;
            }
            Some(Asked::Agent { chat }) => {
                if let Some(server) = self.servers.get_mut(id) {
                    server.unready.remove(&chat);
                    self.due.insert(id.clone());
                }
                if !retryable {
                    self.no_agent(id, chat).await;
                }
                self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await;
                self.shared.notice(NoticeCode::ServerRefused, detail).await;
            }
            Some(Asked::Nothing | Asked::List | Asked::Chats) | None => {
                tracing::warn!(server = %id, detail, "the server refused something");
            }
        }
    }

    async fn not_sent(&mut self, id: &ServerId, frame: CommandFrame) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let asked = frame.id.and_then(|name| server.asked.remove(&name));
        match asked {
            // It stays in the outbox.
            Some(Asked::Chat { chat, .. }) => {
                server.in_flight.remove(&chat);
                self.plain_not_sent(id, chat).await;
                self.tell_queue(chat).await;
            }
            Some(Asked::Page { chat, before, wanted }) => {
                self.page_failed(id, (chat, before), wanted).await;
            }
            // Asked again after the next `Up`.
            Some(Asked::Nothing | Asked::Agent { .. } | Asked::List | Asked::Chats) | None => {}
        }
    }

    /// The link is gone. What was asked is answered as well as it can be.
    async fn down(&mut self, id: &ServerId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let was_plain = server.stand == Stand::Plain;
        server.stand = Stand::Down;
        let waiting: Vec<ChatId> = server.in_flight.drain().map(|(chat, _)| chat).collect();
        let asked: Vec<Asked> = server.asked.drain().map(|(_, asked)| asked).collect();
        server.openings.clear();
        if was_plain {
            self.break_off(id, "The connection to the server broke off").await;
        }
        for asked in asked {
            if let Asked::Page { chat, before, wanted: Some(wanted) } = asked {
                self.answer_page((chat, before), wanted).await;
            }
        }
        for chat in waiting {
            self.tell_queue(chat).await;
        }
    }

    /// Ends the links. Runs of servers that number their events go on there.
    pub(super) async fn end(&mut self) {
        let plain: Vec<ServerId> = self
            .servers
            .iter()
            .filter(|(_, server)| server.stand == Stand::Plain)
            .map(|(id, _)| id.clone())
            .collect();
        for id in plain {
            self.break_off(&id, "Switchboard ended").await;
        }
        self.servers.clear();
    }

    /// Tells that something could not be written or read.
    pub(super) async fn failed(&self, error: StoreError) {
        self.shared.notice(desk::notice_code(&error), error).await;
    }

    /// Whether the user sees answers end.
    pub(super) fn read_state(&self) -> ReadState {
        self.shared.read
    }

    /// `Done` with this status.
    pub(super) fn done(status: RunStatus, answer: MessageId) -> StreamEvent {
        StreamEvent::Done { status, message_id: answer, reply_to_id: None }
    }
}
