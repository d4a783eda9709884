//! The backend: a runtime with the store and the engine on it, behind two bounded channels.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::failure::Failure;
use crate::agent::{self, Clock, EngineParts, Environment, ProviderSetup};
use crate::net::HttpClient;
use crate::net::link::Pace;
use crate::protocol::{BackendCommand, BackendEvent};
use crate::state::{Settings, words};
use crate::store::help::HelpIndex;
use crate::store::secrets::Secrets;
use crate::store::{self, Journals, Opened, Paths, ReadState, Resumable, StoreHandle};

/// Commands that may be on their way to the engine.
const COMMANDS: usize = 1_024;

/// Events that may be on their way to the window. A full channel slows the sender down.
const EVENTS: usize = 1_024;

/// How long the end may take: runs, journal, database.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// What a backend is made of.
#[derive(Debug)]
pub struct BackendParts {
    /// Where the files are.
    pub paths: Paths,
    /// What `config.toml` holds.
    pub settings: Settings,
    /// The environment, `.env` files included.
    pub environment: Environment,
    /// Where keys are kept.
    pub secrets: Secrets,
    /// Time and chance.
    pub clock: Clock,
    /// Whether the user sees answers end, as on the command line.
    pub read: ReadState,
    /// Whether local servers are looked for and model lists are asked for at start.
    pub ask_at_start: bool,
}

/// The near end of the backend.
#[derive(Debug)]
pub struct Backend {
    /// To the engine. Only `try_send` from the window.
    pub commands: mpsc::Sender<BackendCommand>,
    /// From the engine.
    pub events: mpsc::Receiver<BackendEvent>,
    /// Ends when store and engine have ended.
    done: tokio::task::JoinHandle<()>,
}

impl Backend {
    /// Starts store and engine on the current runtime, in the background: commands may be sent
    /// at once and are carried out as soon as the database is open.
    ///
    /// `woken` is called after events were put into the channel.
    pub fn start(parts: BackendParts, woken: impl Fn() + Send + 'static) -> Self {
        let (commands, engine_commands) = mpsc::channel(COMMANDS);
        let (engine_events, from_engine) = mpsc::channel(EVENTS);
        let (to_window, events) = mpsc::channel(EVENTS);
        tokio::spawn(forward(from_engine, to_window, woken));
        let done = tokio::spawn(work(parts, engine_commands, engine_events));
        Self { commands, events, done }
    }

    /// Ends the engine, saves what is left, and waits for it, but not for ever.
    pub async fn end(self) {
        drop(self.events);
        if self.commands.send(BackendCommand::Shutdown).await.is_err() {
            tracing::debug!("the engine had ended already");
        }
        if tokio::time::timeout(END_PATIENCE, self.done).await.is_err() {
            tracing::warn!("the backend did not end in time");
        }
    }
}

/// Passes events on and wakes the window once for all that are ready together.
async fn forward(
    mut from: mpsc::Receiver<BackendEvent>,
    to: mpsc::Sender<BackendEvent>,
    woken: impl Fn(),
) {
    let mut ready = Vec::with_capacity(64);
    while from.recv_many(&mut ready, 64).await > 0 {
        for event in ready.drain(..) {
            if to.send(event).await.is_err() {
                return;
            }
        }
        woken();
    }
}

async fn work(
    parts: BackendParts,
    commands: mpsc::Receiver<BackendCommand>,
    events: mpsc::Sender<BackendEvent>,
) {
    let (database, now) = (parts.paths.database(), parts.clock.now);
    let opened = tokio::task::spawn_blocking(move || store::open(&database, Arc::new(now))).await;
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => {
            tracing::error!(%error, "the store could not be opened");
            return;
        }
    };
    for notice in opened.notices {
        tell(&events, BackendEvent::Notice(notice)).await;
    }
    tokio::spawn(pass_notices(opened.later_notices, events.clone()));
    let engine = engine(parts, opened.handle.clone(), Vec::new(), (commands, events));
    engine.ended().await;
    if let Err(error) = opened.handle.close().await {
        tracing::error!(%error, "the store did not close well");
    }
}

/// Opens the database with the machine's clock.
pub(super) fn open_store(database: &Path) -> Opened {
    store::open(database, Arc::new(Clock::system().now))
}

/// The database for a command, which needs it: one that cannot be used is a failure.
pub(super) fn store_for_command(paths: &Paths) -> Result<StoreHandle, Failure> {
    store_with(paths, Journals::Cleared).map(|opened| opened.handle)
}

/// The same, with what becomes of journals.
pub(super) fn store_with(paths: &Paths, journals: Journals) -> Result<Opened, Failure> {
    paths.create().map_err(|error| Failure::usage(error, "Name a folder with --data-dir"))?;
    let clock = Arc::new(Clock::system().now);
    let opened = store::open_with(&paths.database(), clock, journals);
    for notice in &opened.notices {
        let (title, body) = words::notice(&notice.code);
        if notice.code.means_unsaved() {
            return Err(Failure::work(format!("{title}: {}", notice.detail), body));
        }
        tracing::info!("{title}");
    }
    Ok(opened)
}

/// Starts the engine over an open store. It begins with the answers that were left.
pub(super) fn engine(
    parts: BackendParts,
    store: StoreHandle,
    left: Vec<Resumable>,
    (commands, events): (mpsc::Receiver<BackendCommand>, mpsc::Sender<BackendEvent>),
) -> agent::EngineHandle {
    let settings = parts.settings.engine();
    agent::start(EngineParts {
        store,
        servers: parts.settings.servers,
        pace: Pace::default(),
        personas_file: parts.paths.personas_file(),
        providers: ProviderSetup {
            configured: parts.settings.providers,
            environment: parts.environment,
            secrets: Arc::new(parts.secrets),
            http: HttpClient::new(),
            help: Arc::new(HelpIndex::new()),
            ask_at_start: parts.ask_at_start,
        },
        clock: parts.clock,
        read: parts.read,
        left,
        settings,
        commands,
        events,
    })
}

async fn pass_notices(
    notices: flume::Receiver<crate::protocol::Notice>,
    events: mpsc::Sender<BackendEvent>,
) {
    while let Ok(notice) = notices.recv_async().await {
        tell(&events, BackendEvent::Notice(notice)).await;
    }
}

async fn tell(events: &mpsc::Sender<BackendEvent>, event: BackendEvent) {
    if events.send(event).await.is_err() {
        tracing::debug!("nobody listens to events any more");
    }
}
