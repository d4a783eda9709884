//! The agent of one chat: takes its commands in order, has at most one run, or one per model
//! that is compared.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::begin::Start;
use super::bots::Bots;
use super::cast::{Known, Terms};
use super::clock::Clock;
use super::desk;
use super::group::{Group, Running};
use super::providers::Providers;
use super::remote::RemoteChats;
use super::stop::{ChatControl, StopWish};
use super::title;
use crate::protocol::{
    BackendCommand, BackendEvent, BotId, ChatId, EngineSettings, ErrorKind, IdSource,
    MOST_COMPARED, MessageId, Notice, NoticeCode, ProviderError, RegenerateRequest, RunEvent,
    RunStatus, SendRequest, Seq, StartChat, StreamEvent,
};
use crate::store::{ReadState, Resumable, StoreError, StoreHandle};

/// What all agents share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: StoreHandle,
    pub(super) providers: Arc<Providers>,
    pub(super) bots: Bots,
    /// Chats that live on servers.
    pub(super) remote_chats: RemoteChats,
    pub(super) events: mpsc::Sender<BackendEvent>,
    pub(super) clock: Clock,
    pub(super) ids: IdSource,
    pub(super) settings: RwLock<EngineSettings>,
    /// Whether the user sees answers end, as on the command line.
    pub(super) read: ReadState,
}

impl Shared {
    pub(super) async fn tell(&self, event: BackendEvent) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("nobody listens to events any more");
        }
    }

    pub(super) async fn notice(&self, code: NoticeCode, detail: impl ToString) {
        let detail = detail.to_string();
        self.tell(BackendEvent::Notice(Notice { code, detail })).await;
    }
}

/// What a chat's agent is asked.
#[derive(Debug)]
pub(super) enum AgentCommand {
    /// Begins the chat with a bot.
    Open(Box<StartChat>),
    Send(Box<SendRequest>),
    Regenerate(Box<RegenerateRequest>),
    EditQueued {
        message: MessageId,
        text: String,
    },
    RemoveQueued {
        message: MessageId,
    },
    SendQueuedNow {
        message: MessageId,
    },
    GoOn(Box<Resumable>),
    /// Changes what the chat shows: another branch, another kept answer.
    ChangePath(Box<BackendCommand>),
}

impl AgentCommand {
    /// The bot of the chat, where the command tells it.
    pub(super) fn bot(&self) -> Option<&BotId> {
        match self {
            Self::Open(start) => Some(&start.bot.id),
            Self::GoOn(left) => left.chat.bot.as_ref().map(|bot| &bot.id),
            Self::ChangePath(_)
            | Self::Send(_)
            | Self::Regenerate(_)
            | Self::EditQueued { .. }
            | Self::RemoveQueued { .. }
            | Self::SendQueuedNow { .. } => None,
        }
    }
}

/// How long the agent waits for its runs when the app ends.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Agent {
    pub(super) chat: ChatId,
    mailbox: mpsc::Receiver<AgentCommand>,
    pub(super) control: Arc<ChatControl>,
    pub(super) shared: Arc<Shared>,
    pub(super) group: Group,
    next: Option<MessageId>,
    /// Who takes part.
    pub(super) cast: Known,
    /// What holds for all answers of the present round, in a room.
    pub(super) terms: Option<Terms>,
    /// A title that is being made, or was.
    title: Option<AbortOnDropHandle<()>>,
}

impl Agent {
    pub(super) fn new(
        chat: ChatId,
        mailbox: mpsc::Receiver<AgentCommand>,
        control: Arc<ChatControl>,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            chat,
            mailbox,
            control,
            shared,
            group: Group::default(),
            next: None,
            cast: Known::Unknown,
            terms: None,
            title: None,
        }
    }

    /// Lives until its mailbox is closed and its runs have ended.
    pub(super) async fn live(mut self) {
        loop {
            tokio::select! {
                biased;
                (running, status) = self.group.next() => self.run_ended(running, status).await,
                command = self.mailbox.recv() => match command {
                    Some(command) => self.handle(command).await,
                    None => break,
                },
            }
        }
        self.control.stop(StopWish::Shutdown);
        let ends = async {
            while !self.group.is_at_rest() {
                drop(self.group.next().await);
            }
        };
        if tokio::time::timeout(SHUTDOWN_PATIENCE, ends).await.is_err() {
            tracing::warn!(chat = %self.chat, "a run did not end in time");
        }
    }

    async fn handle(&mut self, command: AgentCommand) {
        match command {
            AgentCommand::Open(start) => self.open(*start).await,
            AgentCommand::Send(request) => self.send(*request).await,
            AgentCommand::Regenerate(request) => self.regenerate(*request).await,
            AgentCommand::GoOn(left) => self.go_on(*left).await,
            AgentCommand::ChangePath(command) => {
                // It may change the cast.
                self.cast = Known::Unknown;
                desk::handle(&self.shared, *command).await;
            }
            AgentCommand::EditQueued { message, text } => {
                let edited = self.shared.store.queue_edit(message, &text).await;
                self.queue_changed(edited).await;
            }
            AgentCommand::RemoveQueued { message } => {
                let removed = self.shared.store.queue_remove(self.chat, message).await;
                self.queue_changed(removed).await;
            }
            AgentCommand::SendQueuedNow { message } if self.group.is_at_rest() => {
                self.send_queued(Some(message)).await;
            }
            AgentCommand::SendQueuedNow { message } => {
                self.next = Some(message);
                self.control.stop(StopWish::Now);
            }
        }
    }

    /// Makes the chat with all that it opens with.
    async fn open(&mut self, start: StartChat) {
        self.cast = Known::Unknown;
        match self.shared.store.start_chat(start).await {
            Ok(chat) => {
                let is_test = chat.test;
                self.shared.tell(BackendEvent::ChatChanged(chat)).await;
                if !is_test {
                    self.shared.bots.used();
                }
            }
            Err(error) => self.shared.notice(NoticeCode::WriteFailed, error).await,
        }
    }

    async fn send(&mut self, request: SendRequest) {
        if request.also.len() >= MOST_COMPARED {
            let asked = format!("{} models", request.also.len() + 1);
            self.not_sent(request).await;
            return self.shared.notice(NoticeCode::TooManyModels, asked).await;
        }
        if !self.group.is_at_rest() {
            return self.enqueue(request).await;
        }
        if let Err(error) = self.try_send(request.clone()).await {
            self.not_sent(request).await;
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
    }

    /// Gives a message back that could not be kept.
    pub(super) async fn not_sent(&self, request: SendRequest) {
        let (chat, message) = (request.chat, request.message);
        self.shared.tell(BackendEvent::NotSent { chat, message, draft: request.into() }).await;
    }

    /// The end of the visible path.
    pub(super) async fn leaf(&mut self) -> Result<Option<MessageId>, StoreError> {
        let page = self.shared.store.page(self.chat, None, 1).await;
        match page {
            Ok(page) => {
                // Another process may have changed it.
                self.cast = Known::Told(page.cast);
                Ok(page.messages.last().map(|message| message.id))
            }
            Err(StoreError::NotFound) => {
                self.cast = Known::Told(None);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn regenerate(&mut self, request: RegenerateRequest) {
        if !self.group.takes(request.question, request.column) {
            return self.shared.notice(NoticeCode::Busy, "an answer still arrives").await;
        }
        match self.begin(Start::regenerate(request)).await {
            Ok(()) => {}
            Err(StoreError::NotFound) => {
                self.shared.notice(NoticeCode::ChatMissing, self.chat).await;
            }
            Err(error) => self.shared.notice(NoticeCode::WriteFailed, error).await,
        }
    }

    async fn run_ended(&mut self, running: Running, status: Option<RunStatus>) {
        if status.is_none() {
            self.run_lost(&running).await;
        }
        if status == Some(RunStatus::Complete) && self.title.is_none() {
            self.title = title::begin(&self.shared, self.chat);
        }
        let (control, answer) = (running.control.clone(), running.answer);
        let speaks = running.next.clone().filter(|_| self.next.is_none());
        let outcome = self.group.note(running, status.unwrap_or(RunStatus::Failed));
        // A stop still reaches the run that has ended until the next one of the round can be.
        let goes_on = self.next_speaks(speaks, answer, &control).await;
        self.control.remove(&control);
        let Some(outcome) = outcome.filter(|_| !goes_on) else { return };
        let next = self.next.take();
        if next.is_some() || self.may_go_on(outcome).await {
            self.send_queued(next).await;
        }
    }

    /// The task of a run panicked: its text is in the journal, its end must still be told.
    async fn run_lost(&self, running: &Running) {
        let place = self.shared.store.run_place(running.run).await.ok().flatten();
        let error_seq = place.map_or(Seq(1), |place| place.last.next());
        let at = (self.shared.clock.now)();
        let event = |seq, event| RunEvent {
            chat: self.chat,
            run: running.run,
            seq,
            at,
            event,
            resume: None,
        };
        let error = StreamEvent::final_error(ProviderError::new(
            ErrorKind::Protocol,
            "Switchboard failed inside this answer",
        ));
        let done = StreamEvent::Done {
            status: RunStatus::Interrupted,
            message_id: running.answer,
            reply_to_id: None,
        };
        let error = event(error_seq, error);
        let done = event(error_seq.next(), done);
        if let Err(failure) = self.shared.store.append(error.clone()) {
            tracing::error!(%failure, "the end of a lost run could not be journalled");
        }
        self.shared.tell(BackendEvent::Run(error)).await;
        if let Err(failure) = self.shared.store.finish_run(done.clone(), ReadState::Unread).await {
            tracing::error!(%failure, "the end of a lost run could not be kept");
        }
        self.shared.tell(BackendEvent::Run(done)).await;
    }
}
