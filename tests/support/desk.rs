//! The engine over a real database in a temporary folder and a scripted server.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use switchboard::agent::{self, Clock, EngineHandle, EngineParts, Environment, ProviderSetup};
use switchboard::net::HttpClient;
use switchboard::net::link::Pace;
use switchboard::protocol::{
    Alternative, BackendCommand, BackendEvent, ChatId, ChatOptions, EngineSettings, IdSource,
    Message, MessageId, ModelId, ModelInfo, Place, ProviderConfig, ProviderKind, ProviderState,
    QueuedMessage, RegenerateRequest, RunEvent, RunId, RunStatus, SendRequest, ServerConfig,
    StreamEvent, Timestamp,
};
use switchboard::store::help::HelpIndex;
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{self, KeptModels, ReadState, StoreHandle};
use tokio::sync::mpsc;

use super::Server;

/// How long an event may take to come. Far longer than any does; a test that waits it out fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// An engine with its near end.
pub(crate) struct Desk {
    pub(crate) store: StoreHandle,
    pub(crate) notices: Vec<switchboard::protocol::Notice>,
    commands: mpsc::Sender<BackendCommand>,
    events: mpsc::Receiver<BackendEvent>,
    engine: EngineHandle,
    /// How the providers stand, by all that was told of them.
    providers: Vec<ProviderState>,
}

/// What a run told, from its start to its end.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) events: Vec<RunEvent>,
    pub(crate) status: RunStatus,
}

impl Told {
    /// All text deltas together.
    pub(crate) fn text(&self) -> String {
        let texts = self.events.iter().filter_map(|event| match &event.event {
            StreamEvent::Message { content, .. } => Some(content.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// The states gone through.
    pub(crate) fn states(&self) -> Vec<switchboard::protocol::AgentState> {
        let states = self.events.iter().filter_map(|event| match event.event {
            StreamEvent::State { to, .. } => Some(to),
            _ => None,
        });
        states.collect()
    }
}

/// A provider `mock` at the scripted server.
pub(crate) fn provider(server: &Server) -> ProviderConfig {
    provider_at(&server.url())
}

fn provider_at(url: &str) -> ProviderConfig {
    ProviderConfig::new("mock", "Mock", ProviderKind::Openai, url)
}

/// A model of that provider.
pub(crate) fn model(name: &str) -> ModelId {
    ModelId::new("mock", name)
}

pub(crate) fn now() -> Timestamp {
    (Clock::system().now)()
}

impl Desk {
    /// Opens the folder's database and starts an engine over it. Retries wait as short as allowed.
    pub(crate) fn open(folder: &Path, server: &Server) -> Self {
        Self::with_turns(folder, server, 25)
    }

    /// As [`Self::open`], with the server of another process.
    pub(crate) fn at(folder: &Path, url: &str) -> Self {
        Self::with(folder, provider_at(url), Self::settings(25))
    }

    pub(crate) fn with_turns(folder: &Path, server: &Server, max_turns: u32) -> Self {
        Self::with(folder, provider(server), Self::settings(max_turns))
    }

    fn settings(max_turns: u32) -> EngineSettings {
        EngineSettings { max_turns, idle_timeout_s: 30, ..EngineSettings::default() }
    }

    /// As [`Self::open`], with another provider and other settings.
    pub(crate) fn with(folder: &Path, provider: ProviderConfig, settings: EngineSettings) -> Self {
        Self::start(folder, vec![provider], settings, false)
    }

    /// As the window starts it: local servers are looked for and old lists are asked for.
    pub(crate) fn asking(folder: &Path, providers: Vec<ProviderConfig>) -> Self {
        Self::start(folder, providers, Self::settings(25), true)
    }

    fn start(
        folder: &Path,
        configured: Vec<ProviderConfig>,
        settings: EngineSettings,
        ask_at_start: bool,
    ) -> Self {
        Self::start_with(folder, (configured, Vec::new(), Pace::default()), settings, ask_at_start)
    }

    /// As [`Self::open`], with links to servers in the place of a provider.
    pub(crate) fn linked(folder: &Path, servers: Vec<ServerConfig>) -> Self {
        Self::linked_at(folder, servers, Pace::default())
    }

    /// The same with other waits.
    pub(crate) fn linked_at(folder: &Path, servers: Vec<ServerConfig>, pace: Pace) -> Self {
        Self::start_with(folder, (Vec::new(), servers, pace), Self::settings(25), false)
    }

    fn start_with(
        folder: &Path,
        (configured, servers, pace): (Vec<ProviderConfig>, Vec<ServerConfig>, Pace),
        settings: EngineSettings,
        ask_at_start: bool,
    ) -> Self {
        let clock = Clock { now, random: || 0.0 };
        let opened = store::open(&folder.join("switchboard.db"), Arc::new(now));
        let (commands, engine_commands) = mpsc::channel(256);
        let (engine_events, events) = mpsc::channel(4_096);
        let keys: PathBuf = folder.join("keys.json");
        let engine = agent::start(EngineParts {
            store: opened.handle.clone(),
            servers,
            pace,
            personas_file: folder.join("personas.yaml"),
            providers: ProviderSetup {
                configured,
                environment: Environment::new(HashMap::new()),
                secrets: Arc::new(Secrets::new(&keys, KeychainUse::Never)),
                http: HttpClient::new(),
                help: Arc::new(HelpIndex::new()),
                ask_at_start,
            },
            clock,
            settings,
            read: ReadState::Unread,
            left: Vec::new(),
            commands: engine_commands,
            events: engine_events,
        });
        Self {
            store: opened.handle,
            notices: opened.notices,
            commands,
            events,
            engine,
            providers: Vec::new(),
        }
    }

    /// Keeps what is known of models, as an earlier session left it.
    pub(crate) async fn know(folder: &Path, server: &Server, models: Vec<ModelInfo>) {
        let desk = Self::open(folder, server);
        let kept = KeptModels { provider: "mock".into(), models, listed: Some(now()) };
        desk.store.save_models(kept).await.unwrap();
        desk.close().await;
    }

    /// A message to be sent.
    pub(crate) fn request(chat: ChatId, text: &str, model: ModelId) -> SendRequest {
        let (ids, at) = (IdSource, now());
        SendRequest {
            chat,
            message: ids.message(at),
            place: Place::AtLeaf,
            text: text.to_owned(),
            one_off: false,
            chat_model: model.clone(),
            model,
            attachments: Vec::new(),
            options: ChatOptions::default(),
            chat_options: ChatOptions::default(),
            also: Vec::new(),
            run: ids.run(at),
            answer: ids.message(at),
            created: at,
            server: None,
        }
    }

    /// A message to be sent to several models at once.
    pub(crate) fn comparison(chat: ChatId, text: &str, models: &[&str]) -> SendRequest {
        let (ids, at) = (IdSource, now());
        let other = |name: &&str| Alternative {
            model: model(name),
            run: ids.run(at),
            answer: ids.message(at),
        };
        let also = models[1..].iter().map(other).collect();
        SendRequest { also, ..Self::request(chat, text, model(models[0])) }
    }

    /// The runs of a message, by column.
    pub(crate) fn runs(request: &SendRequest) -> Vec<RunId> {
        let others = request.also.iter().map(|other| other.run);
        std::iter::once(request.run).chain(others).collect()
    }

    /// Another answer to a question, in a column or not.
    pub(crate) fn again(chat: ChatId, question: MessageId, name: &str) -> RegenerateRequest {
        let at = now();
        RegenerateRequest {
            bot: None,
            over_budget: false,
            column: None,
            make_room: None,
            options: ChatOptions::default(),
            chat,
            question,
            model: model(name),
            chat_model: model(name),
            one_off: false,
            continues: None,
            run: IdSource.run(at),
            answer: IdSource.message(at),
            created: at,
        }
    }

    pub(crate) fn new_chat() -> ChatId {
        IdSource.chat(now())
    }

    pub(crate) async fn ask(&mut self, command: BackendCommand) {
        self.commands.send(command).await.unwrap();
    }

    /// Sends a message and gives its run.
    pub(crate) async fn send(&mut self, chat: ChatId, text: &str, model: ModelId) -> RunId {
        let request = Self::request(chat, text, model);
        let run = request.run;
        self.ask(BackendCommand::Send(Box::new(request))).await;
        run
    }

    /// Asks for another answer.
    pub(crate) async fn regenerate(
        &mut self,
        chat: ChatId,
        question: MessageId,
        continues: Option<MessageId>,
    ) -> RunId {
        let request = RegenerateRequest { continues, ..Self::again(chat, question, "alpha") };
        let run = request.run;
        self.ask(BackendCommand::Regenerate(Box::new(request))).await;
        run
    }

    /// The next event of the backend.
    pub(crate) async fn next(&mut self) -> BackendEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("an event comes").expect("the engine lives")
    }

    fn note(&mut self, event: &BackendEvent) {
        match event {
            BackendEvent::ProviderChanged(state) => {
                self.providers.retain(|known| known.config.id != state.config.id);
                self.providers.push(state.clone());
            }
            BackendEvent::ProviderStatus { provider, status, listed } => {
                for known in &mut self.providers {
                    if known.config.id == *provider {
                        (known.status, known.listed) = (status.clone(), *listed);
                    }
                }
            }
            _ => {}
        }
    }

    /// Waits until something is told of a provider after which it stands so.
    pub(crate) async fn until_provider(
        &mut self,
        stands: impl Fn(&ProviderState) -> bool,
    ) -> ProviderState {
        loop {
            let id = self
                .until(|event| match event {
                    BackendEvent::ProviderChanged(state) => Some(state.config.id),
                    BackendEvent::ProviderStatus { provider, .. } => Some(provider),
                    _ => None,
                })
                .await;
            let state = self.providers.iter().find(|known| known.config.id == id);
            if let Some(state) = state.filter(|state| stands(state)) {
                return state.clone();
            }
        }
    }

    /// Waits for an event that fits.
    pub(crate) async fn until<T>(&mut self, mut fits: impl FnMut(BackendEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await;
            self.note(&event);
            if let Some(found) = fits(event) {
                return found;
            }
        }
    }

    /// Waits until this much text of a run has come.
    pub(crate) async fn until_text(&mut self, run: RunId, wanted: &str) {
        let mut text = String::new();
        self.until(|event| match event {
            BackendEvent::Run(event) if event.run == run => {
                if let StreamEvent::Message { content, .. } = &event.event {
                    text.push_str(content);
                }
                text.contains(wanted).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Waits until the queue of a chat is as wanted.
    pub(crate) async fn until_queue(
        &mut self,
        fits: impl Fn(&[QueuedMessage]) -> bool,
    ) -> Vec<QueuedMessage> {
        self.until(|event| match event {
            BackendEvent::Queue { items, .. } => fits(&items).then_some(items),
            _ => None,
        })
        .await
    }

    /// Waits until so many runs have ended.
    pub(crate) async fn until_ended(&mut self, count: usize) {
        let mut ended = 0;
        self.until(|event| match event {
            BackendEvent::Run(event) if matches!(event.event, StreamEvent::Done { .. }) => {
                ended += 1;
                (ended == count).then_some(())
            }
            _ => None,
        })
        .await;
    }

    /// Collects the rest of a run, to its end.
    pub(crate) async fn finish(&mut self, run: RunId) -> Told {
        let mut events = Vec::new();
        let status = self
            .until(|event| match event {
                BackendEvent::Run(event) if event.run == run => {
                    let status = match event.event {
                        StreamEvent::Done { status, .. } => Some(status),
                        _ => None,
                    };
                    events.push(event);
                    status
                }
                _ => None,
            })
            .await;
        Told { events, status }
    }

    /// Collects the rest of several runs, in the order of asking.
    pub(crate) async fn finish_all(&mut self, runs: &[RunId]) -> Vec<Told> {
        let mut told: Vec<(Vec<RunEvent>, Option<RunStatus>)> =
            vec![Default::default(); runs.len()];
        self.until(|event| {
            if let BackendEvent::Run(event) = event
                && let Some(at) = runs.iter().position(|run| *run == event.run)
            {
                if let StreamEvent::Done { status, .. } = event.event {
                    told[at].1 = Some(status);
                }
                told[at].0.push(event);
            }
            told.iter().all(|(_, status)| status.is_some()).then_some(())
        })
        .await;
        told.into_iter().map(|(events, status)| Told { events, status: status.unwrap() }).collect()
    }

    /// The whole visible path as the store keeps it.
    pub(crate) async fn messages(&self, chat: ChatId) -> Vec<Message> {
        self.store.page(chat, None, 1_000).await.unwrap().messages
    }

    /// Ends the engine and the store, as closing the window does.
    pub(crate) async fn close(self) {
        self.commands.send(BackendCommand::Shutdown).await.unwrap();
        drop(self.events);
        self.engine.ended().await;
        self.store.close().await.unwrap();
    }
}
