//! The engine over a real database in a temporary folder and a scripted server.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use switchboard::agent::{self, Clock, EngineHandle, EngineParts, Environment, ProviderSetup};
use switchboard::net::HttpClient;
use switchboard::protocol::{
    BackendCommand, BackendEvent, ChatId, ChatOptions, EngineSettings, IdSource, Message,
    MessageId, ModelId, Place, ProviderConfig, ProviderKind, RegenerateRequest, RunEvent, RunId,
    RunStatus, SendRequest, StreamEvent, Timestamp,
};
use switchboard::store::help::HelpIndex;
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{self, ReadState, StoreHandle};
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
    ProviderConfig {
        options: Default::default(),
        id: "mock".into(),
        name: "Mock".to_owned(),
        kind: ProviderKind::Openai,
        url: server.url(),
        key_env: None,
    }
}

/// A model of that provider.
pub(crate) fn model(name: &str) -> ModelId {
    ModelId::new("mock", name)
}

fn now() -> Timestamp {
    (Clock::system().now)()
}

impl Desk {
    /// Opens the folder's database and starts an engine over it. Retries wait as short as allowed.
    pub(crate) fn open(folder: &Path, server: &Server) -> Self {
        Self::with_turns(folder, server, 25)
    }

    pub(crate) fn with_turns(folder: &Path, server: &Server, max_turns: u32) -> Self {
        let clock = Clock { now, random: || 0.0 };
        let opened = store::open(&folder.join("switchboard.db"), Arc::new(now));
        let (commands, engine_commands) = mpsc::channel(256);
        let (engine_events, events) = mpsc::channel(4_096);
        let keys: PathBuf = folder.join("keys.json");
        let engine = agent::start(EngineParts {
            store: opened.handle.clone(),
            providers: ProviderSetup {
                configured: vec![provider(server)],
                environment: Environment::new(HashMap::new()),
                secrets: Arc::new(Secrets::new(&keys, KeychainUse::Never)),
                http: HttpClient::new(),
                help: Arc::new(HelpIndex::new()),
                ask_at_start: false,
            },
            clock,
            settings: EngineSettings { max_turns, idle_timeout_s: 30, ..EngineSettings::default() },
            read: ReadState::Unread,
            commands: engine_commands,
            events: engine_events,
        });
        Self { store: opened.handle, notices: opened.notices, commands, events, engine }
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
        let at = now();
        let run = IdSource.run(at);
        let request = RegenerateRequest {
            over_budget: false,
            column: None,
            make_room: None,
            options: Default::default(),
            chat,
            question,
            model: model("alpha"),
            one_off: false,
            continues,
            run,
            answer: IdSource.message(at),
            created: at,
        };
        self.ask(BackendCommand::Regenerate(Box::new(request))).await;
        run
    }

    /// The next event of the backend.
    pub(crate) async fn next(&mut self) -> BackendEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        event.expect("an event comes").expect("the engine lives")
    }

    /// Waits for an event that fits.
    pub(crate) async fn until<T>(&mut self, mut fits: impl FnMut(BackendEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await;
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
