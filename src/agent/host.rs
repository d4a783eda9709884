//! The gateway's host: the engine behind the sockets.
//!
//! One task takes what the network says ([`HostInput`]) and what the engine tells
//! ([`BackendEvent`]). Each event is spelled once, kept for a while, and pushed to every session
//! that follows its chat. Runs belong to the gateway: a client that goes away misses nothing, and
//! is told what it missed when it returns, from memory or from the journal, without gap or repeat.

mod access;
mod approval;
mod chat;
mod complete;
mod door;
mod events;
mod failing;
mod hello;
mod lists;
mod live;
mod open;
mod refusal;
mod replay;
mod session;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::clock::Clock;
use super::desk::KEPT_AFTER_DELETION_MS;
use crate::net::gateway::host::{HostInput, SessionKey};
use crate::net::gateway::{notification, spell};
use crate::protocol::{
    BackendCommand, BackendEvent, BotEntry, ChatId, ChatOptions, ClientCommand, CommandFrame,
    IdSource, Library, MessageId, ModelId, ModelInfo, NotificationLevel, Params, ProviderState,
    RemoteBot, RunId, ServerMessage, StartChat, Timestamp,
};
use crate::store::{Identity, StoreHandle};

pub use access::HostRules;
pub use door::{Door, DoorRules, PAIRING_MS};
use failing::Failing;
use live::LiveRun;
use refusal::Refusal;
use session::Session;

/// How long journals of ended runs are kept: 7 days.
const JOURNALS_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How long the start waits for the list of bots.
const BOTS_PATIENCE: Duration = Duration::from_secs(5);
/// How often the journal is marked while there is work.
const TICK: Duration = Duration::from_secs(60);
/// Ticks between two looks for old journals.
const PURGE_TICKS: u64 = 60;

/// What the desktop's window decides about a chat, decided for a client: the composition root
/// brings it along.
pub trait Chooser: Send + Sync + fmt::Debug {
    /// Who answers a chat that names no model.
    fn usual(&self) -> ModelId;
    /// A chat that begins with a bot, with what was answered to its questions and the defaults of
    /// the others. Fails with a sentence where an answer is missing or wrong.
    fn start_chat(
        &self,
        begun: (&BotEntry, &BTreeMap<String, String>),
        providers: &[ProviderState],
        now: Timestamp,
    ) -> Result<StartChat, String>;
    /// How a message is answered: the gateway's parameters, the chat's, the message's, and of them
    /// what the model takes.
    fn options(&self, chat: &ChatOptions, message: &Params, model: &ModelInfo) -> ChatOptions;
}

/// What a host is made of.
#[derive(Debug)]
pub struct HostParts {
    /// The database; it keeps journals.
    pub store: StoreHandle,
    /// Its file.
    pub database: PathBuf,
    /// Who this gateway is.
    pub identity: Identity,
    /// Decides what the window decides on a desktop.
    pub chooser: Arc<dyn Chooser>,
    /// What guests may do.
    pub rules: HostRules,
    /// Time.
    pub clock: Clock,
    /// To the engine.
    pub commands: mpsc::Sender<BackendCommand>,
    /// From the engine. The host ends when it has ended.
    pub events: mpsc::Receiver<BackendEvent>,
    /// From the network.
    pub inputs: mpsc::Receiver<HostInput>,
    /// Cancelled when the gateway is about to end: nothing new begins.
    pub stop: CancellationToken,
}

/// The near end of a host.
#[derive(Debug)]
pub struct HostHandle {
    task: JoinHandle<()>,
    quiet: CancellationToken,
    drained: CancellationToken,
    /// Dropped to let the clients go.
    release: DropGuard,
}

impl HostHandle {
    /// Waits until no run is open, once the host was stopped.
    pub async fn quiet(&self) {
        self.quiet.cancelled().await;
    }

    /// Waits until the engine has ended and its last events were pushed. The clients are still
    /// here, to be told by their sockets that the gateway ends.
    pub async fn drained(&self) {
        self.drained.cancelled().await;
    }

    /// Lets the clients go, once the engine has ended.
    pub async fn ended(self) {
        drop(self.release);
        if self.task.await.is_err() {
            tracing::error!("the host did not end well");
        }
    }
}

/// Starts a host on the current runtime.
pub fn start(parts: HostParts) -> HostHandle {
    let quiet = CancellationToken::new();
    let HostParts {
        store,
        database,
        identity,
        chooser,
        rules,
        clock,
        commands,
        events,
        inputs,
        stop,
    } = parts;
    let hub = Hub {
        store,
        database,
        identity,
        chooser,
        rules,
        clock,
        ids: IdSource,
        commands,
        stop,
        quiet: quiet.clone(),
        sessions: BTreeMap::new(),
        clients: HashMap::new(),
        followers: HashMap::new(),
        runs: HashMap::new(),
        waiting: HashMap::new(),
        library: None,
        bots: Vec::new(),
        providers: Vec::new(),
        failing: Failing::default(),
        numbers: HashMap::new(),
        has_worked: false,
    };
    let (drained, release) = (CancellationToken::new(), CancellationToken::new());
    let (at_end, released) = (drained.clone(), release.clone());
    let task = tokio::spawn(async move {
        let hub = hub.live(events, inputs).await;
        at_end.cancel();
        released.cancelled().await;
        drop(hub);
    });
    HostHandle { task, quiet, drained, release: release.drop_guard() }
}

/// A message that was handed to the engine and not yet stored.
#[derive(Debug)]
struct Waiting {
    chat: ChatId,
    /// Whose it is; none: the owner's.
    owner: Option<String>,
    /// Who is told, with the names of their commands.
    acks: Vec<(SessionKey, Option<String>)>,
}

#[derive(Debug)]
struct Hub {
    store: StoreHandle,
    database: PathBuf,
    identity: Identity,
    chooser: Arc<dyn Chooser>,
    rules: HostRules,
    clock: Clock,
    ids: IdSource,
    commands: mpsc::Sender<BackendCommand>,
    stop: CancellationToken,
    quiet: CancellationToken,
    sessions: BTreeMap<SessionKey, Session>,
    /// The session of a client, by token and client id.
    clients: HashMap<(String, String), SessionKey>,
    followers: HashMap<ChatId, BTreeSet<SessionKey>>,
    /// Open runs.
    runs: HashMap<RunId, LiveRun>,
    waiting: HashMap<MessageId, Waiting>,
    /// None until it was read.
    library: Option<Arc<Library>>,
    /// The same for the wire, made once.
    bots: Vec<RemoteBot>,
    providers: Vec<ProviderState>,
    failing: Failing,
    numbers: HashMap<String, u64>,
    /// A run began since the journal was marked.
    has_worked: bool,
}

impl Hub {
    async fn live(
        mut self,
        mut events: mpsc::Receiver<BackendEvent>,
        mut inputs: mpsc::Receiver<HostInput>,
    ) -> Self {
        self.ask(BackendCommand::LoadBots).await;
        let patience = tokio::time::sleep(BOTS_PATIENCE);
        let mut patience = std::pin::pin!(patience);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut is_ready, mut is_open, mut count) = (false, true, 0_u64);
        let (stop, mut is_stopping) = (self.stop.clone(), false);
        loop {
            tokio::select! {
                event = events.recv() => match event {
                    Some(event) => self.event(event).await,
                    None => break,
                },
                input = inputs.recv(), if is_ready && is_open => match input {
                    Some(input) => self.input(input).await,
                    None => is_open = false,
                },
                () = &mut patience, if !is_ready => is_ready = true,
                _ = ticks.tick() => {
                    count += 1;
                    self.tick(count).await;
                }
                () = stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    self.tell_the_end();
                }
            }
            is_ready |= self.library.is_some();
            if is_stopping && self.runs.is_empty() && self.waiting.is_empty() {
                self.quiet.cancel();
            }
        }
        self.quiet.cancel();
        self
    }

    /// Hands something to the engine. Its dispatcher never waits, so neither does this for long.
    async fn ask(&self, command: BackendCommand) {
        if self.commands.send(command).await.is_err() {
            tracing::debug!("the engine has ended");
        }
    }

    fn now(&self) -> Timestamp {
        (self.clock.now)()
    }

    async fn input(&mut self, input: HostInput) {
        match input {
            HostInput::Opened { session, visitor, hello, outbox } => {
                self.hello(session, (visitor, outbox), hello).await;
            }
            HostInput::Command { session, frame } => self.command(session, frame).await,
            HostInput::Drained(session) => self.pump(session).await,
            HostInput::Closed(session) => self.closed(session).await,
            HostInput::Completion { session, visitor, request, outbox } => {
                self.complete(session, (visitor, outbox), *request).await;
            }
            HostInput::Names { visitor, to } => {
                if to.send(self.names(&visitor)).is_err() {
                    tracing::debug!("nobody waits for the names any more");
                }
                self.ask_failed_now().await;
            }
        }
    }

    async fn command(&mut self, key: SessionKey, frame: CommandFrame) {
        if !self.sessions.contains_key(&key) {
            return;
        }
        let CommandFrame { id, command } = frame;
        let name = id.clone();
        let done = match command {
            // The network's affair.
            ClientCommand::Hello(_) => Ok(()),
            ClientCommand::Chat(command) => self.chat(key, name, *command).await,
            ClientCommand::Cancel { run_id, chat_id, mode } => {
                self.cancel((key, name), run_id, chat_id, mode).await
            }
            ClientCommand::Approval(answer) => self.approval(key, name, answer).await,
            ClientCommand::Subscribe { chat_id, after_seq, bot_id, variables } => {
                let bot = bot_id.as_ref().map(|bot| (bot, &variables));
                self.subscribe((key, name), chat_id, after_seq, bot).await
            }
            ClientCommand::Unsubscribe { chat_id } => {
                self.unfollow(key, chat_id);
                self.ack(key, name, Some(chat_id));
                Ok(())
            }
            ClientCommand::ListModels {} => self.list_models(key, name).await,
            ClientCommand::ListBots {} => self.list_bots(key, name),
            ClientCommand::ListChats { before, limit } => {
                self.list_chats(key, name, (before, limit)).await
            }
            ClientCommand::LoadMessages { chat_id, before, limit } => {
                self.load_messages((key, name), chat_id, before, limit).await
            }
        };
        if let Err(refusal) = done {
            self.say(key, &refusal.said(id));
        }
        self.pump(key).await;
    }

    /// Says that a command was taken.
    fn ack(&mut self, key: SessionKey, id: Option<String>, chat: Option<ChatId>) {
        let ack = ServerMessage::Ack { id, run_id: None, message_id: None, chat_id: chat };
        self.say(key, &ack);
    }

    fn say(&mut self, key: SessionKey, message: &ServerMessage) {
        self.push(key, &spell(message));
    }

    /// Puts a frame into a session's outbox. Who reads too slowly is let go.
    fn push(&mut self, key: SessionKey, frame: &Arc<str>) {
        let Some(session) = self.sessions.get(&key) else { return };
        if session.outbox.push(frame.clone()).is_err() {
            tracing::info!(session = key.0, "a client reads too slowly, or is gone");
            self.let_go(key);
        }
    }

    /// Forgets a session; its outbox ends, and with it its sockets. Its runs go on.
    fn let_go(&mut self, key: SessionKey) -> Option<Session> {
        let session = self.sessions.remove(&key)?;
        if let Some(client) = &session.client
            && self.clients.get(client) == Some(&key)
        {
            self.clients.remove(client);
        }
        for chat in &session.follows {
            if let Some(followers) = self.followers.get_mut(chat) {
                followers.remove(&key);
                if followers.is_empty() {
                    self.followers.remove(chat);
                }
            }
        }
        Some(session)
    }

    async fn closed(&mut self, key: SessionKey) {
        let Some(session) = self.let_go(key) else { return };
        self.abandon(&session).await;
    }

    /// Marks the journal, purges old ones, and asks providers that failed.
    async fn tick(&mut self, count: u64) {
        self.ask_failed_in_turn().await;
        if std::mem::take(&mut self.has_worked)
            && let Err(error) = self.store.mark_journal(&self.database).await
        {
            tracing::warn!(%error, "the journal could not be marked");
        }
        if count % PURGE_TICKS == 1 {
            let (now, store) = (self.now().0, self.store.clone());
            tokio::spawn(async move {
                let before = Timestamp(now.saturating_sub(JOURNALS_KEPT_MS));
                if let Err(error) = store.purge_journals(before).await {
                    tracing::warn!(%error, "old journals were not purged");
                }
                // The engine does so at its start; a gateway may run for months.
                let before = Timestamp(now.saturating_sub(KEPT_AFTER_DELETION_MS));
                if let Err(error) = store.purge_deleted(before).await {
                    tracing::warn!(%error, "deleted chats were not purged");
                }
            });
        }
    }

    /// Tells all clients that the gateway is about to end.
    fn tell_the_end(&mut self) {
        let frame = notification(
            NotificationLevel::Warning,
            "server_stopping",
            "The gateway is about to stop",
        );
        let keys: Vec<SessionKey> = self.sessions.keys().copied().collect();
        for key in keys {
            self.push(key, &frame);
        }
    }

    /// Nothing new begins while the gateway is about to end.
    fn refuse_at_end(&self) -> Result<(), Refusal> {
        if self.stop.is_cancelled() { Err(Refusal::stopping()) } else { Ok(()) }
    }
}
