//! A gateway without its sockets: host, engine and database, as clients see them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use switchboard::agent::host::{self, HostHandle, HostParts, HostRules};
use switchboard::agent::{self, Clock, EngineHandle, EngineParts, Environment, ProviderSetup};
use switchboard::app::BySettings;
use switchboard::net::HttpClient;
use switchboard::net::gateway::host::{HostInput, HostSender, SessionKey, Visitor};
use switchboard::net::gateway::outbox::{OutboxReader, outbox};
use switchboard::net::link::Pace;
use switchboard::protocol::{
    Access, BackendCommand, ChatCommand, ChatId, ClientCommand, CommandFrame, ErrorKind, Frame,
    FromServer, Hello, IdSource, Message, MessageId, ModelId, ResumeFrom, RunId, RunStatus, Seq,
    ServerMessage, StreamEvent, Welcome, read_from_server,
};
use switchboard::state::Settings;
use switchboard::store::help::HelpIndex;
use switchboard::store::secrets::{KeychainUse, Secrets};
use switchboard::store::{self, Identity, Journals, ReadState, StoreHandle};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Server, now, provider};

/// How long an answer may take to come. Far longer than any does.
const PATIENCE: Duration = Duration::from_secs(20);

static SESSIONS: AtomicU64 = AtomicU64::new(1);

/// A gateway with its near end.
pub(crate) struct Gate {
    pub(crate) store: StoreHandle,
    pub(crate) identity: Identity,
    pub(crate) inputs: HostSender,
    pub(crate) stop: CancellationToken,
    pub(crate) commands: mpsc::Sender<BackendCommand>,
    engine: EngineHandle,
    host: HostHandle,
}

/// A client of it.
pub(crate) struct Client {
    pub(crate) key: SessionKey,
    pub(crate) welcome: Welcome,
    inputs: HostSender,
    reader: OutboxReader,
}

/// What a command came to.
pub(crate) type Answer = Result<ServerMessage, (String, ErrorKind)>;

/// All of a run that a client was told.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) frames: Vec<Frame>,
    pub(crate) status: Option<RunStatus>,
}

impl Heard {
    /// The text, applied as every reader applies it.
    pub(crate) fn text(&self, answer: &Message) -> String {
        let mut message = Message { parts: Vec::new(), ..answer.clone() };
        for frame in &self.frames {
            message.apply(&frame.event, frame.ts);
        }
        message.text()
    }

    pub(crate) fn seqs(&self) -> Vec<u64> {
        self.frames.iter().map(|frame| frame.seq.0).collect()
    }
}

pub(crate) fn owner() -> Visitor {
    Visitor { token: "owner".to_owned(), access: Access::Owner }
}

pub(crate) fn guest(token: &str) -> Visitor {
    Visitor { token: token.to_owned(), access: Access::Guest }
}

impl Gate {
    /// Opens the folder's database and starts a gateway over it, with the provider `mock` at the
    /// server and `mock/alpha` as the usual model.
    pub(crate) async fn open(folder: &Path, server: &Server) -> Self {
        Self::with(folder, server, HostRules::default()).await
    }

    pub(crate) async fn with(folder: &Path, server: &Server, rules: HostRules) -> Self {
        let clock = Clock { now, random: || 0.0 };
        let database = folder.join("switchboard.db");
        let opened = store::open_with(&database, Arc::new(now), Journals::Kept);
        let store = opened.handle;
        let identity = store.identity(&database).await.unwrap();
        let (commands, engine_commands) = mpsc::channel(256);
        let (engine_events, events) = mpsc::channel(1_024);
        let (inputs, host_inputs) = mpsc::channel(256);
        let settings = Settings {
            default_model: Some(ModelId::new("mock", "alpha")),
            providers: vec![provider(server)],
            ..Settings::default()
        };
        let stop = CancellationToken::new();
        let host = host::start(HostParts {
            store: store.clone(),
            database,
            identity: identity.clone(),
            chooser: Arc::new(BySettings::new(settings.clone())),
            rules,
            clock,
            commands: commands.clone(),
            events,
            inputs: host_inputs,
            stop: stop.clone(),
        });
        let engine = agent::start(EngineParts {
            pace: Pace::default(),
            store: store.clone(),
            servers: Vec::new(),
            personas_file: folder.join("personas.yaml"),
            providers: ProviderSetup {
                configured: settings.providers.clone(),
                environment: Environment::new(HashMap::new()),
                secrets: Arc::new(Secrets::new(&folder.join("keys.json"), KeychainUse::Never)),
                http: HttpClient::new(),
                help: Arc::new(HelpIndex::new()),
                ask_at_start: false,
            },
            clock,
            settings: settings.engine(),
            read: ReadState::Unread,
            left: Vec::new(),
            commands: engine_commands,
            events: engine_events,
        });
        Self { store, identity, inputs, stop, commands, engine, host }
    }

    /// Ends it in good order.
    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.commands.send(BackendCommand::Shutdown).await.unwrap();
        drop(self.commands);
        self.engine.ended().await;
        self.host.ended().await;
        self.store.close().await.unwrap();
    }

    /// A client of the owner that comes for the first time.
    pub(crate) async fn client(&self, client_id: &str) -> Client {
        self.hello(owner(), client_id, &[]).await
    }

    pub(crate) async fn hello(
        &self,
        visitor: Visitor,
        client_id: &str,
        resume: &[(RunId, u64)],
    ) -> Client {
        let key = SessionKey(SESSIONS.fetch_add(1, Ordering::Relaxed));
        let (near, reader) = outbox();
        let resume =
            resume.iter().map(|(run, after)| ResumeFrom { run_id: *run, after_seq: Seq(*after) });
        let hello = Hello {
            protocol: 1,
            client: "test".to_owned(),
            client_id: client_id.to_owned(),
            resume: resume.collect(),
        };
        let opened = HostInput::Opened { session: key, visitor, hello, outbox: near };
        self.inputs.send(opened).await.unwrap();
        let mut reader = reader;
        let first = tokio::time::timeout(PATIENCE, reader.next()).await.unwrap().unwrap();
        let Ok(FromServer::Said(said)) = read_from_server(&first) else { panic!("{first}") };
        let ServerMessage::Welcome(welcome) = *said else { panic!("{first}") };
        Client { key, welcome, inputs: self.inputs.clone(), reader }
    }
}

/// A message in a chat.
pub(crate) fn message(chat: ChatId, text: &str) -> ChatCommand {
    ChatCommand {
        message: text.to_owned(),
        client_message_id: Some(IdSource.message(now())),
        chat_id: Some(chat),
        bot_id: None,
        variables: std::collections::BTreeMap::new(),
        model: None,
        system_prompt: None,
        reply_to_id: None,
        attachments: Vec::new(),
    }
}

impl Client {
    /// Sends a command under a name.
    pub(crate) async fn send(&self, id: &str, command: ClientCommand) {
        let frame = CommandFrame { id: Some(id.to_owned()), command };
        self.inputs.send(HostInput::Command { session: self.key, frame }).await.unwrap();
    }

    pub(crate) async fn chat(&self, id: &str, command: ChatCommand) {
        self.send(id, ClientCommand::Chat(Box::new(command))).await;
    }

    /// The next frame, as it stands on the wire; none when the gateway let the client go.
    pub(crate) async fn text(&mut self) -> Option<Arc<str>> {
        let frame = tokio::time::timeout(PATIENCE, self.reader.next()).await.expect("a frame");
        if self.reader.made_room() {
            self.inputs.send(HostInput::Drained(self.key)).await.unwrap();
        }
        frame
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> FromServer {
        let text = self.text().await.expect("the gateway holds the client");
        assert!(text.contains(r#""v":1"#), "{text}");
        read_from_server(&text).unwrap()
    }

    /// Whether the gateway has let it go, all that it was told before taken away.
    pub(crate) async fn is_let_go(&mut self) -> bool {
        while self.text().await.is_some() {}
        true
    }

    /// Whether a frame found no room.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.reader.has_overflowed()
    }

    /// Waits for a frame that fits.
    pub(crate) async fn until<T>(&mut self, mut fits: impl FnMut(FromServer) -> Option<T>) -> T {
        loop {
            let frame = self.next().await;
            if let Some(found) = fits(frame) {
                return found;
            }
        }
    }

    /// Waits for what is said to the command of this name.
    pub(crate) async fn answer(&mut self, wanted: &str) -> Answer {
        self.until(|frame| {
            let FromServer::Said(said) = frame else { return None };
            let id = match said.as_ref() {
                ServerMessage::Ack { id, .. }
                | ServerMessage::Models { id, .. }
                | ServerMessage::Bots { id, .. }
                | ServerMessage::Chats { id, .. }
                | ServerMessage::Messages { id, .. }
                | ServerMessage::Error { id, .. } => id.as_deref(),
                _ => None,
            };
            if id != Some(wanted) {
                return None;
            }
            Some(match *said {
                ServerMessage::Error { code, kind, .. } => Err((code, kind)),
                said => Ok(said),
            })
        })
        .await
    }

    /// Asks and waits for what is said to it.
    pub(crate) async fn ask(&mut self, command: ClientCommand) -> Answer {
        let id = format!("ask-{}", SESSIONS.fetch_add(1, Ordering::Relaxed));
        self.send(&id, command).await;
        self.answer(&id).await
    }

    /// Sends a message and waits for its acknowledgement: run and answer.
    pub(crate) async fn say(&mut self, command: ChatCommand) -> (RunId, MessageId) {
        let answer = self.ask(ClientCommand::Chat(Box::new(command))).await;
        match answer.unwrap() {
            ServerMessage::Ack { run_id: Some(run), message_id: Some(answer), .. } => (run, answer),
            other => panic!("{other:?}"),
        }
    }

    /// Waits for a run to begin: its question and its answer.
    pub(crate) async fn run_started(&mut self) -> (Message, Message) {
        self.until(|frame| match frame {
            FromServer::Said(said) => match *said {
                ServerMessage::RunStarted { question, answer } => Some((*question, *answer)),
                _ => None,
            },
            _ => None,
        })
        .await
    }

    /// Hears a run to its end, or to so many events.
    pub(crate) async fn hear(&mut self, run: RunId, most: usize) -> Heard {
        let mut heard = Heard::default();
        while heard.frames.len() < most && heard.status.is_none() {
            let frame = self
                .until(|frame| match frame {
                    FromServer::Event(frame) if frame.run_id == run => Some(*frame),
                    _ => None,
                })
                .await;
            if let StreamEvent::Done { status, .. } = frame.event {
                heard.status = Some(status);
            }
            heard.frames.push(frame);
        }
        heard
    }

    /// Hears a run until its text holds this.
    pub(crate) async fn hear_text(&mut self, run: RunId, wanted: &str) -> Heard {
        let (mut heard, mut text) = (Heard::default(), String::new());
        while !text.contains(wanted) {
            let more = self.hear(run, 1).await;
            if let Some(StreamEvent::Message { content, .. }) =
                more.frames.first().map(|frame| &frame.event)
            {
                text.push_str(content);
            }
            heard.frames.extend(more.frames);
        }
        heard
    }

    /// Goes away, as a socket that broke.
    pub(crate) async fn leave(self) {
        self.inputs.send(HostInput::Closed(self.key)).await.unwrap();
    }
}
