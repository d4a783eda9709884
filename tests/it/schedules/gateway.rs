//! A gateway in small: it keeps the contract of the wire, and a seed says what becomes of each
//! connection.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use serde_json::{Value, json};
use switchboard::protocol::{
    AgentState, ChatCommand, ChatId, ClientCommand, CommandFrame, Frame, FromClient, Hello,
    Message, MessageId, Role, RunEvent, RunId, RunStatus, Seq, ServerConfig, StateCause,
    StreamEvent, ToolCallId, read_from_client,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::remote::wire::{Run, config};
use crate::support::now;

/// What becomes of a connection, and of frames on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Fault {
    /// It ends before the handshake.
    Refuse,
    /// It ends after the handshake, before the welcome.
    Silent,
    /// It ends in the middle of frames.
    Cut,
    /// It ends with a code.
    Close,
    /// Nobody hears anything any more.
    HalfOpen,
    /// An event comes again.
    Repeat,
    /// An event is left out.
    Gap,
    /// A frame of a kind that is not known, or of none.
    Noise,
}

/// How often each was dealt.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(BTreeMap<Fault, usize>);

impl Faults {
    pub(super) fn add(&mut self, other: &Self) {
        for (fault, count) in &other.0 {
            *self.0.entry(*fault).or_default() += count;
        }
    }

    pub(super) fn least(&self) -> usize {
        if self.0.len() < 8 { 0 } else { self.0.values().copied().min().unwrap_or(0) }
    }
}

/// A run with all its events; some of them have happened.
struct Told {
    run: Run,
    message: MessageId,
    events: Vec<RunEvent>,
    happened: usize,
}

impl Told {
    fn is_open(&self) -> bool {
        self.happened < self.events.len()
    }

    /// The answer as far as it has come.
    fn answer(&self) -> Message {
        let mut answer = self.run.answer.clone();
        for event in &self.events[..self.happened] {
            answer.apply(&event.event, event.at);
        }
        answer
    }
}

#[derive(Default)]
struct State {
    runs: HashMap<RunId, Told>,
    by_message: HashMap<MessageId, Vec<RunId>>,
    by_chat: HashMap<ChatId, RunId>,
    faults: Faults,
}

impl State {
    fn of_message(&self, message: MessageId) -> Option<&Told> {
        self.runs.get(self.by_message.get(&message)?.first()?)
    }

    fn of_chat(&self, chat: ChatId) -> Option<&Told> {
        self.runs.get(self.by_chat.get(&chat)?)
    }
}

/// The gateway; it ends when it is dropped.
pub(super) struct Gateway {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    told: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Gateway {
    pub(super) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (telling, told) = watch::channel(0);
        let mut server = Server {
            state: Arc::clone(&state),
            random: fastrand::Rng::with_seed(seed),
            telling,
            follows: HashMap::new(),
            started: HashSet::new(),
            outgoing: VecDeque::new(),
        };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Whatever ends a connection, the next one comes.
                let _whatever: Option<()> = server.connection(stream).await;
            }
        });
        Self { address, state, told, task }
    }

    pub(super) fn config(&self) -> ServerConfig {
        config(self.address)
    }

    /// Waits until some of the answer to a message was told.
    pub(super) async fn half_told(&self, message: MessageId) {
        let half = |state: &State| {
            state.of_message(message).is_some_and(|told| told.happened * 2 >= told.events.len())
        };
        let mut told = self.told.clone();
        told.wait_for(|_| half(&self.state.lock())).await.unwrap();
    }

    /// The answer to a message, with its id.
    pub(super) fn answer(&self, message: MessageId) -> (MessageId, Message) {
        let state = self.state.lock();
        let told = state.of_message(message).unwrap();
        (told.run.answer.id, told.answer())
    }

    /// How many runs a message began.
    pub(super) fn runs_of(&self, message: MessageId) -> usize {
        self.state.lock().by_message.get(&message).map_or(0, Vec::len)
    }

    pub(super) fn faults(&self) -> Faults {
        self.state.lock().faults.clone()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Socket = WebSocketStream<TcpStream>;

struct Server {
    state: Arc<Mutex<State>>,
    random: fastrand::Rng,
    telling: watch::Sender<usize>,
    /// How far each run was told on this connection.
    follows: HashMap<RunId, usize>,
    /// Runs whose beginning was told on it.
    started: HashSet<RunId>,
    outgoing: VecDeque<Value>,
}

impl Server {
    fn deal(&mut self, fault: Fault, percent: u32) -> bool {
        let dealt = self.random.u32(0..100) < percent;
        if dealt {
            *self.state.lock().faults.0.entry(fault).or_default() += 1;
        }
        dealt
    }

    /// One connection, from its beginning to whatever end. None where it broke.
    async fn connection(&mut self, stream: TcpStream) -> Option<()> {
        self.follows.clear();
        self.started.clear();
        self.outgoing.clear();
        if self.deal(Fault::Refuse, 8) {
            return None;
        }
        let mut socket = shake(stream).await?;
        let hello = hello(&mut socket).await?;
        if self.deal(Fault::Silent, 6) {
            return None;
        }
        self.welcome(&hello);
        // A few connections live long, so that each schedule comes to its end.
        let frames = if self.random.u32(0..5) == 0 { 60 } else { self.random.u32(1..10) };
        for _ in 0..frames {
            let Some(frame) = self.next() else {
                self.hear(&mut socket).await?;
                continue;
            };
            socket.send(Wire::text(frame.to_string())).await.ok()?;
            // What the client says meanwhile is heard between frames.
            while let Some(Some(heard)) = futures_util::FutureExt::now_or_never(socket.next()) {
                self.heard(&heard.ok()?);
            }
        }
        if self.deal(Fault::HalfOpen, 5) {
            // Until the client has had enough of the silence.
            let mut stream = socket.into_inner();
            let mut sink = tokio::io::sink();
            tokio::io::copy(&mut stream, &mut sink).await.ok()?;
        } else if self.deal(Fault::Close, 30) {
            let code = [1001_u16, 1011, 4009, 4002][self.random.usize(0..4)];
            let frame = CloseFrame { code: code.into(), reason: "so it is".into() };
            socket.close(Some(frame)).await.ok()?;
            while socket.next().await.is_some_and(|frame| frame.is_ok()) {}
        } else {
            self.deal(Fault::Cut, 100);
        }
        Some(())
    }

    fn welcome(&mut self, hello: &Hello) {
        let mut resumed = Vec::new();
        for from in &hello.resume {
            let after = usize::try_from(from.after_seq.0).unwrap();
            let state = self.state.lock();
            let told = state.runs.get(&from.run_id).expect("a run of ours");
            assert!(after <= told.happened, "the client has what never happened");
            resumed.push(json!({"runId": from.run_id, "fromSeq": after + 1}));
            drop(state);
            self.follows.insert(from.run_id, after);
            self.started.insert(from.run_id);
        }
        self.outgoing.push_back(json!({"type": "welcome", "v": 1, "payload": {
            "protocol": 1, "serverId": "s", "epoch": "e", "sessionId": "chat_1",
            "heartbeatMs": 60, "resumed": resumed, "gone": [], "access": "owner"
        }}));
    }

    /// The next frame, where there is one: what was asked for first, then what happens.
    fn next(&mut self) -> Option<Value> {
        if let Some(frame) = self.outgoing.pop_front() {
            return Some(frame);
        }
        let runs: Vec<RunId> = self.follows.keys().copied().collect();
        for run in runs {
            let Some(sent) = self.follows.get(&run).copied() else { continue };
            let mut state = self.state.lock();
            let told = state.runs.get_mut(&run)?;
            if sent == told.events.len() {
                continue;
            }
            if sent == told.happened {
                told.happened += 1;
                self.telling.send_modify(|count| *count += 1);
            }
            let (event, earlier) = (told.events[sent].clone(), told.events[..sent].to_vec());
            let is_last = sent + 1 == told.events.len();
            drop(state);
            self.follows.insert(run, sent + 1);
            if !is_last && self.deal(Fault::Gap, 3) {
                return self.next();
            }
            self.outgoing.push_back(spelled(event));
            if !earlier.is_empty() && self.deal(Fault::Repeat, 10) {
                let again = earlier[self.random.usize(0..earlier.len())].clone();
                self.outgoing.push_back(spelled(again));
            }
            if self.deal(Fault::Noise, 4) {
                let noise = [json!({"type": "weather", "payload": {"is": "fine"}}), json!([1, 2])];
                self.outgoing.push_back(noise[self.random.usize(0..2)].clone());
            }
            return self.outgoing.pop_front();
        }
        None
    }

    /// Waits for what the client says.
    async fn hear(&mut self, socket: &mut Socket) -> Option<()> {
        let heard = socket.next().await?.ok()?;
        self.heard(&heard);
        Some(())
    }

    fn heard(&mut self, heard: &Wire) {
        let Wire::Text(text) = heard else { return };
        let FromClient::Command(frame) = read_from_client(text).unwrap() else { panic!("{text}") };
        let CommandFrame { id, command } = *frame;
        match command {
            ClientCommand::Chat(chat) => self.chat(&id, &chat),
            ClientCommand::Subscribe { chat_id, after_seq, .. } => {
                self.ack(&id, None);
                self.follow(chat_id, after_seq);
            }
            ClientCommand::LoadMessages { chat_id, .. } => self.page(&id, chat_id),
            ClientCommand::ListModels {} => {
                let models = json!([{"id": "far/model", "name": "Model"}]);
                self.say("models", &json!({"id": id, "models": models}));
            }
            ClientCommand::ListBots {} => self.say("bots", &json!({"id": id, "bots": []})),
            ClientCommand::ListChats { .. } => self.say("chats", &json!({"id": id, "chats": []})),
            ClientCommand::Hello(_)
            | ClientCommand::Cancel { .. }
            | ClientCommand::Approval(_)
            | ClientCommand::Unsubscribe { .. } => self.ack(&id, None),
        }
    }

    fn say(&mut self, kind: &str, payload: &Value) {
        self.outgoing.push_back(json!({"type": kind, "v": 1, "payload": payload}));
    }

    fn ack(&mut self, id: &Option<String>, told: Option<(RunId, MessageId)>) {
        let mut payload = json!({"id": id});
        if let Some((run, answer)) = told {
            payload["runId"] = json!(run);
            payload["messageId"] = json!(answer);
        }
        self.say("ack", &payload);
    }

    /// The same message again begins nothing again.
    fn chat(&mut self, id: &Option<String>, chat: &ChatCommand) {
        let message = chat.client_message_id.unwrap();
        let mut state = self.state.lock();
        if state.of_message(message).is_none() {
            let run = Run::of(chat, None);
            let events = events(&run, &mut self.random);
            let (id, of_chat) = (run.run, run.answer.chat);
            state.by_message.entry(message).or_default().push(id);
            state.by_chat.insert(of_chat, id);
            state.runs.insert(id, Told { run, message, events, happened: 0 });
        }
        let told = state.of_message(message).unwrap();
        assert_eq!(told.message, message);
        let (run, answer, of_chat) = (told.run.run, told.run.answer.id, told.run.answer.chat);
        let is_open = told.is_open();
        drop(state);
        self.ack(id, Some((run, answer)));
        if is_open {
            self.follow(of_chat, None);
        }
    }

    /// Tells the run of a chat from its beginning, or from behind an event.
    fn follow(&mut self, chat: ChatId, after: Option<Seq>) {
        let state = self.state.lock();
        let Some(told) = state.of_chat(chat) else { return };
        let (run, is_open) = (told.run.run, told.is_open());
        let started = told.run.started();
        drop(state);
        if after.is_none() && (self.started.contains(&run) || !is_open) {
            return;
        }
        if self.started.insert(run) {
            self.outgoing.push_back(started);
        }
        let after = after.map_or(0, |after| usize::try_from(after.0).unwrap());
        self.follows.insert(run, after);
    }

    fn page(&mut self, id: &Option<String>, chat: ChatId) {
        let state = self.state.lock();
        let mut payload = json!({"id": id, "chatId": chat, "messages": [], "hasOlder": false});
        if let Some(told) = state.of_chat(chat) {
            payload["messages"] = json!([told.run.question, told.answer()]);
            if told.is_open() {
                payload["applied"] = json!({"runId": told.run.run, "afterSeq": told.happened});
            }
        }
        drop(state);
        self.say("messages", &payload);
    }
}

async fn shake(stream: TcpStream) -> Option<Socket> {
    #[expect(clippy::result_large_err, reason = "tungstenite names the error of its callback")]
    let name = |_: &Request, mut response: Response| {
        let name = HeaderValue::from_static("switchboard.v1");
        response.headers_mut().insert("sec-websocket-protocol", name);
        Ok(response)
    };
    tokio_tungstenite::accept_hdr_async(stream, name).await.ok()
}

async fn hello(socket: &mut Socket) -> Option<Hello> {
    loop {
        let Wire::Text(text) = socket.next().await?.ok()? else { continue };
        let FromClient::Command(frame) = read_from_client(&text).unwrap() else { panic!() };
        let ClientCommand::Hello(hello) = frame.command else { panic!("no hello") };
        return Some(hello);
    }
}

fn spelled(event: RunEvent) -> Value {
    let mut frame = serde_json::to_value(Frame::from(event)).unwrap();
    frame["v"] = json!(1);
    frame
}

/// All that happens in a run: thinking, words of several bytes, a tool, what it took, the end.
fn events(run: &Run, random: &mut fastrand::Rng) -> Vec<RunEvent> {
    let (mut offset, mut thought) = (0, 0);
    let mut all = vec![StreamEvent::State {
        from: AgentState::Thinking,
        to: AgentState::Streaming,
        cause: StateCause::FirstToken,
    }];
    for number in 0..random.u32(0..3) {
        let content = format!("gedacht {number} ✓ ");
        let length = content.len() as u64;
        all.push(StreamEvent::Thinking { content, offset: thought, opaque: None });
        thought += length;
    }
    for number in 0..random.u32(1..16) {
        let content = format!("{number} wörd 👋 ");
        let length = content.len() as u64;
        all.push(StreamEvent::Message {
            role: Role::Assistant,
            content,
            message_id: run.answer.id,
            offset,
        });
        offset += length;
        if number == 5 {
            let id = ToolCallId::from("call-1");
            let args = json!({"path": "notes.md"});
            all.push(StreamEvent::ToolStart { id: id.clone(), tool: "read_file".into(), args });
            let result = "nichts".to_owned();
            all.push(StreamEvent::ToolEnd { id, result, success: true, elapsed_ms: 4 });
            offset = 0;
        }
    }
    all.push(StreamEvent::Done {
        status: RunStatus::Complete,
        message_id: run.answer.id,
        reply_to_id: None,
    });
    let at = now();
    let seqs = (1..).map(Seq);
    let event = |(event, seq)| RunEvent {
        chat: run.answer.chat,
        run: run.run,
        seq,
        at,
        event,
        resume: None,
    };
    all.into_iter().zip(seqs).map(event).collect()
}
