//! The agent of one chat: takes its commands in order, has at most one run.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::clock::Clock;
use super::machine::Machine;
use super::providers::Providers;
use super::run::{Ended, Limits, Run};
use super::sink::Sink;
use super::stop::{RunControl, StopWish};
use super::title;
use crate::protocol::{
    Answer, AnswerStatus, BackendEvent, ChatId, EngineSettings, ErrorKind, IdSource, Message,
    MessageId, ModelId, Notice, NoticeCode, Params, Part, Place, ProviderError, QueuedMessage,
    RegenerateRequest, Role, RunEvent, RunId, RunStatus, SendRequest, Seq, Siblings, StreamEvent,
    Timestamp, Usage,
};
use crate::store::{BeginRun, Question, ReadState, StoreError, StoreHandle};

/// What all agents share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) store: StoreHandle,
    pub(super) providers: Arc<Providers>,
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
    Send(Box<SendRequest>),
    Regenerate(Box<RegenerateRequest>),
    EditQueued { message: MessageId, text: String },
    RemoveQueued { message: MessageId },
    SendQueuedNow { message: MessageId },
}

/// A run to begin, whatever led to it.
struct Start {
    question: Question,
    chat_model: Option<ModelId>,
    model: ModelId,
    one_off: bool,
    params: Params,
    run: RunId,
    answer: MessageId,
    created: Timestamp,
    continues: bool,
    over_budget: bool,
}

/// How long the agent waits for its run when the app ends.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Agent {
    chat: ChatId,
    mailbox: mpsc::Receiver<AgentCommand>,
    control: Arc<RunControl>,
    shared: Arc<Shared>,
    machine: Machine,
    running: Option<Running>,
    next: Option<MessageId>,
    /// A title that is being made, or was.
    title: Option<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
struct Running {
    run: RunId,
    answer: MessageId,
    task: AbortOnDropHandle<Ended>,
}

impl Agent {
    pub(super) fn new(
        chat: ChatId,
        mailbox: mpsc::Receiver<AgentCommand>,
        control: Arc<RunControl>,
        shared: Arc<Shared>,
    ) -> Self {
        let machine = Machine::default();
        Self { chat, mailbox, control, shared, machine, running: None, next: None, title: None }
    }

    /// Lives until its mailbox is closed and its run has ended.
    pub(super) async fn live(mut self) {
        loop {
            tokio::select! {
                biased;
                ended = ended(&mut self.running) => self.run_ended(ended).await,
                command = self.mailbox.recv() => match command {
                    Some(command) => self.handle(command).await,
                    None => break,
                },
            }
        }
        self.control.stop(StopWish::Shutdown);
        if let Some(running) = &mut self.running
            && tokio::time::timeout(SHUTDOWN_PATIENCE, &mut running.task).await.is_err()
        {
            tracing::warn!(run = %running.run, "a run did not end in time");
        }
    }

    async fn handle(&mut self, command: AgentCommand) {
        match command {
            AgentCommand::Send(request) if self.running.is_some() => self.enqueue(*request).await,
            AgentCommand::Send(request) => self.send(*request).await,
            AgentCommand::Regenerate(request) => self.regenerate(*request).await,
            AgentCommand::EditQueued { message, text } => {
                let edited = self.shared.store.queue_edit(message, &text).await;
                self.queue_changed(edited).await;
            }
            AgentCommand::RemoveQueued { message } => {
                let removed = self.shared.store.queue_remove(self.chat, message).await;
                self.queue_changed(removed).await;
            }
            AgentCommand::SendQueuedNow { message } => {
                if self.running.is_some() {
                    self.next = Some(message);
                    self.control.stop(StopWish::Now);
                } else {
                    self.send_queued(Some(message)).await;
                }
            }
        }
    }

    async fn send(&mut self, request: SendRequest) {
        let (chat, message, text) = (request.chat, request.message, request.text.clone());
        if let Err(error) = self.try_send(request).await {
            self.shared.tell(BackendEvent::NotSent { chat, message, text }).await;
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
    }

    async fn try_send(&mut self, request: SendRequest) -> Result<(), StoreError> {
        let parent = match request.place {
            Place::AtLeaf => self.leaf().await?,
            Place::Under(parent) => parent,
        };
        let question = Message {
            id: request.message,
            chat: request.chat,
            parent,
            role: Role::User,
            created: request.created,
            parts: vec![Part::Text { text: request.text }],
            answer: None,
            siblings: Siblings::default(),
        };
        self.begin(Start {
            question: Question::New(Box::new(question)),
            chat_model: Some(request.chat_model),
            model: request.model,
            one_off: request.one_off,
            params: request.options.params,
            run: request.run,
            answer: request.answer,
            created: request.created,
            continues: false,
            over_budget: false,
        })
        .await
    }

    async fn leaf(&self) -> Result<Option<MessageId>, StoreError> {
        let page = self.shared.store.page(self.chat, None, 1).await;
        match page {
            Ok(page) => Ok(page.messages.last().map(|message| message.id)),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn regenerate(&mut self, request: RegenerateRequest) {
        if self.running.is_some() {
            return;
        }
        let begun = self
            .begin(Start {
                question: Question::Existing(request.question),
                chat_model: None,
                model: request.model,
                one_off: request.one_off,
                params: request.options.params,
                run: request.run,
                answer: request.answer,
                created: request.created,
                continues: request.continues.is_some(),
                over_budget: request.over_budget,
            })
            .await;
        match begun {
            Ok(()) => {}
            Err(StoreError::NotFound) => {
                self.shared.notice(NoticeCode::ChatMissing, self.chat).await;
            }
            Err(error) => self.shared.notice(NoticeCode::WriteFailed, error).await,
        }
    }

    /// Stores question and answer, tells that the run began, and starts it.
    async fn begin(&mut self, start: Start) -> Result<(), StoreError> {
        let answer = open_answer(self.chat, &start);
        let began = self
            .shared
            .store
            .begin_run(BeginRun {
                chat: self.chat,
                title_if_new: None,
                chat_model_if_new: start.chat_model,
                question: start.question,
                answer,
            })
            .await?;
        if began.already {
            return Ok(());
        }
        let question = began.question.id;
        self.control.reset();
        self.shared.tell(BackendEvent::ChatChanged(began.chat)).await;
        self.shared
            .tell(BackendEvent::RunStarted {
                run: start.run,
                question: Box::new(began.question),
                answer: Box::new(began.answer.clone()),
            })
            .await;
        let shared = &self.shared;
        let run = Run {
            sink: Sink::new(
                began.answer,
                start.run,
                shared.clock,
                shared.store.clone(),
                shared.events.clone(),
            ),
            machine: std::mem::take(&mut self.machine),
            control: self.control.clone(),
            clock: shared.clock,
            providers: shared.providers.clone(),
            store: shared.store.clone(),
            limits: Limits::from(&*shared.settings.read()),
            question,
            continues: start.continues,
            model: start.model,
            read: shared.read,
            params: start.params,
            over_budget: start.over_budget,
            usage: Usage::default(),
            turn_usage: Usage::default(),
            turn_has_content: false,
        };
        let task = AbortOnDropHandle::new(tokio::spawn(run.execute()));
        self.running = Some(Running { run: start.run, answer: start.answer, task });
        Ok(())
    }

    async fn enqueue(&mut self, request: SendRequest) {
        let item = QueuedMessage {
            id: request.message,
            chat: request.chat,
            text: request.text,
            model: request.model,
            one_off: request.one_off,
            also: request.also.into_iter().map(|other| other.model).collect(),
            options: request.options,
            attachments: request.attachments,
            created: request.created,
        };
        let (chat, message, text) = (item.chat, item.id, item.text.clone());
        let added = self.shared.store.queue_add(item).await;
        if added.is_err() {
            self.shared.tell(BackendEvent::NotSent { chat, message, text }).await;
        }
        self.queue_changed(added).await;
    }

    async fn queue_changed<T>(&self, change: Result<T, StoreError>) {
        if let Err(error) = change {
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
        if let Ok(items) = self.shared.store.queue_list(self.chat).await {
            self.shared.tell(BackendEvent::Queue { chat: self.chat, items }).await;
        }
    }

    /// After a complete answer the next waiting message goes out; after a stop or a failure the
    /// queue stands still until the user decides.
    async fn run_ended(&mut self, ended: Option<Ended>) {
        let running = self.running.take();
        let status = match (ended, running) {
            (Some(ended), _) => {
                self.machine = ended.machine;
                ended.status
            }
            (None, Some(running)) => {
                self.run_lost(&running).await;
                RunStatus::Failed
            }
            (None, None) => RunStatus::Failed,
        };
        if status == RunStatus::Complete && self.title.is_none() {
            self.title = title::begin(&self.shared, self.chat);
        }
        let next = self.next.take();
        if next.is_some() || status == RunStatus::Complete {
            self.send_queued(next).await;
        }
    }

    /// Sends a waiting message, or the first. It leaves the queue in the transaction that begins
    /// its run, so that a crash in between neither loses nor doubles it.
    async fn send_queued(&mut self, message: Option<MessageId>) {
        let items = match self.shared.store.queue_list(self.chat).await {
            Ok(items) => items,
            Err(error) => return self.shared.notice(NoticeCode::WriteFailed, error).await,
        };
        let wanted = |item: &QueuedMessage| message.is_none_or(|id| item.id == id);
        let Some(item) = items.into_iter().find(wanted) else { return };
        let now = (self.shared.clock.now)();
        let request = SendRequest {
            chat: self.chat,
            message: item.id,
            place: Place::AtLeaf,
            text: item.text,
            chat_model: item.model.clone(),
            model: item.model,
            one_off: item.one_off,
            attachments: item.attachments,
            chat_options: item.options.clone(),
            options: item.options,
            also: Vec::new(),
            run: self.shared.ids.run(now),
            answer: self.shared.ids.message(now),
            created: now,
        };
        if let Err(error) = self.try_send(request).await {
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
        self.queue_changed(Ok(())).await;
    }

    /// The task of a run panicked: its text is in the journal, its end must still be told.
    async fn run_lost(&self, running: &Running) {
        let last = i64::MAX.unsigned_abs();
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
        let error = event(Seq(last - 1), error);
        let done = event(Seq(last), done);
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

async fn ended(running: &mut Option<Running>) -> Option<Ended> {
    match running {
        Some(running) => (&mut running.task).await.ok(),
        None => std::future::pending().await,
    }
}

fn open_answer(chat: ChatId, start: &Start) -> Message {
    Message {
        id: start.answer,
        chat,
        parent: None,
        role: Role::Assistant,
        created: start.created,
        parts: Vec::new(),
        answer: Some(Answer {
            model: start.model.clone(),
            run: start.run,
            status: AnswerStatus::Open,
            one_off: start.one_off,
            params: start.params.clone(),
            usage: Usage::default(),
            first_token_ms: None,
            duration_ms: None,
            error: None,
            context: None,
            column: None,
        }),
        siblings: Siblings::default(),
    }
}
