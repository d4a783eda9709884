//! A desktop in small: a link, the places of its runs, and one question after the other.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use switchboard::net::link::{LinkClock, LinkConfig, LinkEvent, LinkInput, Pace, Positions, start};
use switchboard::protocol::{
    AnswerStatus, Carrier, ChatCommand, ChatId, ClientCommand, CommandFrame, Frame, FromServer,
    IdSource, LinkState, Message, MessageId, ResumeFrom, Role, RunId, RunStatus, Seq, ServerConfig,
    ServerMessage, StreamEvent, Welcome,
};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::program::TOKEN;
use crate::support::now;

/// The longest time without any progress.
const PATIENCE: Duration = Duration::from_secs(20);

/// A run of which nothing comes is asked for again after this.
const STALLED: Duration = Duration::from_millis(700);

/// How far each run is.
#[derive(Clone, Debug, Default)]
struct Places(Arc<Mutex<HashMap<RunId, Place>>>);

#[derive(Debug)]
struct Place {
    last: Seq,
    is_open: bool,
    message: Message,
    status: Option<RunStatus>,
}

impl Positions for Places {
    fn open_runs(&self) -> Vec<ResumeFrom> {
        let places = self.0.lock();
        let open = places.iter().filter(|(_, place)| place.is_open);
        open.map(|(run, place)| ResumeFrom { run_id: *run, after_seq: place.last }).collect()
    }
}

/// A question and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) message: MessageId,
    pub(super) question: String,
    pub(super) text: String,
    pub(super) status: RunStatus,
}

/// What a desk went through.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) said: Vec<Said>,
    /// The chat as the gateway has it in the end.
    pub(super) stored: Vec<Message>,
    /// Events that came again.
    pub(super) repeats: usize,
    /// Runs that had to be loaded.
    pub(super) gone: usize,
    ups: usize,
    carriers: BTreeMap<String, usize>,
}

impl Report {
    pub(super) fn count(&self, status: RunStatus) -> usize {
        self.said.iter().filter(|said| said.status == status).count()
    }

    pub(super) fn summary(&self) -> String {
        let Self { said, repeats, gone, ups, carriers, .. } = self;
        format!(
            "{} answers, {} whole; up {ups} times by {carriers:?}; {repeats} repeats, {gone} gone",
            said.len(),
            self.count(RunStatus::Complete)
        )
    }
}

pub(super) struct Desk {
    chat: ChatId,
    places: Places,
    config: LinkConfig,
    number: usize,
    report: Report,
}

/// The question that waits for its answer.
struct Open {
    message: MessageId,
    question: String,
}

type Inputs = mpsc::Sender<LinkInput>;

impl Desk {
    /// Even ones have one socket, odd ones a pair.
    pub(super) fn new(number: usize, address: SocketAddr) -> Self {
        let places = Places::default();
        let config = LinkConfig {
            server: ServerConfig {
                id: "home".into(),
                name: "Home".to_owned(),
                url: format!("ws://{address}"),
                token_query: false,
                dual: number % 2 == 1,
                ca_file: None,
            },
            token: Some(TOKEN.into()),
            client_id: format!("desk-{number}"),
            positions: Box::new(places.clone()),
        };
        let chat = IdSource.chat(now());
        Self { chat, places, config, number, report: Report::default() }
    }

    /// Asks until it is told to stop, ends what it has begun, and loads the chat.
    pub(super) async fn live(mut self, stopped: watch::Receiver<bool>) -> Report {
        let pace = Pace {
            heartbeat_ms: 100,
            connect_ms: 2_000,
            welcome_ms: 1_500,
            backoff_base_ms: 10,
            backoff_cap_ms: 50,
            sockets_again_ms: 1_000,
            ..Pace::default()
        };
        let empty = LinkConfig { positions: Box::new(self.places.clone()), ..self.config };
        let clock = LinkClock { now, pace };
        let (inputs, mut events, _task) = start(empty, clock, self.number as u64);
        let mut desk = Asking {
            chat: self.chat,
            places: self.places,
            report: std::mem::take(&mut self.report),
            inputs,
            is_up: false,
            open: None,
            loaded: None,
            loading: false,
            must_load: false,
            began: Instant::now(),
            recent: VecDeque::new(),
            pages: Vec::new(),
        };
        let mut progress = Instant::now();
        while desk.loaded.is_none() {
            let stuck = progress.elapsed() > PATIENCE;
            assert!(!stuck, "desk {}: no progress: {}", self.number, desk.recent());
            let event = match timeout_at(Instant::now() + STALLED, events.recv()).await {
                Ok(event) => event.expect("the link ended"),
                Err(_) => {
                    // Of a run that ended while its question's ack was lost nothing comes by
                    // itself: a return asks for it.
                    desk.tell(LinkInput::Token(Some(TOKEN.into()))).await;
                    continue;
                }
            };
            desk.remember(&event);
            let before = (desk.report.said.len(), desk.applied());
            desk.take(event).await;
            if before != (desk.report.said.len(), desk.applied()) {
                progress = Instant::now();
            }
            if desk.open.is_none() && desk.is_up {
                if *stopped.borrow() {
                    desk.load().await;
                } else {
                    desk.ask().await;
                }
            }
        }
        let mut report = desk.report;
        report.stored = desk.loaded.unwrap_or_default();
        report
    }
}

struct Asking {
    chat: ChatId,
    places: Places,
    report: Report,
    inputs: Inputs,
    is_up: bool,
    open: Option<Open>,
    loaded: Option<Vec<Message>>,
    loading: bool,
    /// A run cannot be told any more, and its chat was not loaded since.
    must_load: bool,
    began: Instant,
    recent: VecDeque<String>,
    /// The end of the chat, as far as it was loaded.
    pages: Vec<Message>,
}

impl Asking {
    fn remember(&mut self, event: &LinkEvent) {
        let line: String =
            format!("{:?} {event:?}", self.began.elapsed()).chars().take(300).collect();
        if self.recent.len() == 40 {
            self.recent.pop_front();
        }
        self.recent.push_back(line);
    }

    /// What was told last, for whoever looks for what went wrong.
    fn recent(&self) -> String {
        let Self { is_up, loading, open, .. } = self;
        let asked = open.as_ref().map(|open| (open.message, &open.question));
        let recent: Vec<_> = self.recent.iter().map(String::as_str).collect();
        format!("up {is_up}, loading {loading}, asked {asked:?}\n{}", recent.join("\n"))
    }

    fn applied(&self) -> u64 {
        self.places.0.lock().values().map(|place| place.last.0).sum()
    }

    async fn tell(&self, input: LinkInput) {
        self.inputs.send(input).await.expect("the link ended");
    }

    async fn command(&self, id: &str, command: ClientCommand) {
        self.tell(LinkInput::Send(CommandFrame { id: Some(id.to_owned()), command })).await;
    }

    async fn ask(&mut self) {
        let question = format!("question {}", self.report.said.len());
        self.open = Some(Open { message: IdSource.message(now()), question });
        self.send().await;
    }

    /// Sends the open question, or sends it again.
    async fn send(&self) {
        let Some(open) = &self.open else { return };
        let chat = ChatCommand {
            message: open.question.clone(),
            client_message_id: Some(open.message),
            chat_id: Some(self.chat),
            bot_id: None,
            variables: std::collections::BTreeMap::new(),
            model: Some("mock/alpha".to_owned()),
            system_prompt: None,
            reply_to_id: None,
            attachments: Vec::new(),
        };
        self.command("ask", ClientCommand::Chat(Box::new(chat))).await;
    }

    /// Loads the chat, from its end.
    async fn load(&mut self) {
        if !self.loading {
            self.loading = true;
            self.pages.clear();
            self.load_above(None).await;
        }
    }

    async fn load_above(&self, before: Option<MessageId>) {
        let load = ClientCommand::LoadMessages { chat_id: self.chat, before, limit: Some(200) };
        self.command("load", load).await;
    }

    async fn page(&mut self, mut messages: Vec<Message>, has_older: bool) {
        if !self.loading {
            return;
        }
        let first = messages.first().map(|message| message.id);
        messages.append(&mut self.pages);
        self.pages = messages;
        if has_older {
            self.load_above(first).await;
        } else {
            self.loaded = Some(std::mem::take(&mut self.pages));
        }
    }

    async fn take(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Up(welcome) => self.up(welcome.expect("it is no plain server")).await,
            LinkEvent::Down => {
                self.is_up = false;
                self.loading = false;
            }
            LinkEvent::State(LinkState::Ready { carrier, plain, .. }) => {
                assert!(!plain);
                let name = match carrier {
                    Carrier::Socket => "socket",
                    Carrier::Pair => "pair",
                    Carrier::Http => "http",
                };
                *self.report.carriers.entry(name.to_owned()).or_default() += 1;
            }
            LinkEvent::State(LinkState::Denied { message }) => panic!("{message}"),
            LinkEvent::State(_) => {}
            LinkEvent::NotSent(_) => self.loading = false,
            LinkEvent::Came(FromServer::Event(frame)) => self.apply(&frame),
            LinkEvent::Came(FromServer::Said(said)) => self.said(*said).await,
            LinkEvent::Came(other) => panic!("{other:?}"),
        }
    }

    async fn up(&mut self, welcome: Welcome) {
        self.report.ups += 1;
        self.is_up = true;
        self.loading = false;
        for run in welcome.gone {
            if let Some(place) = self.places.0.lock().get_mut(&run) {
                place.is_open = false;
            }
            self.report.gone += 1;
            self.must_load = true;
        }
        if self.must_load && self.open.is_some() {
            self.load().await;
        }
        self.send().await;
    }

    async fn said(&mut self, said: ServerMessage) {
        match said {
            ServerMessage::Ack { id, run_id: Some(run), message_id: Some(answer), .. } => {
                assert_eq!(id.as_deref(), Some("ask"));
                // It may have begun before this, and it may have been answered long ago.
                let new = Place::new(self.chat, answer);
                self.places.0.lock().entry(run).or_insert(new);
            }
            ServerMessage::Messages { messages, has_older, .. } => match self.open.take() {
                Some(open) => self.found(open, &messages),
                None => self.page(messages, has_older).await,
            },
            ServerMessage::Error { id, message, retryable, .. } => {
                assert!(retryable, "{id:?}: {message}");
                self.loading = false;
                self.send().await;
            }
            _ => {}
        }
    }

    /// What became of a run that cannot be told any more.
    fn found(&mut self, open: Open, messages: &[Message]) {
        self.loading = false;
        let answer = messages.iter().find(|message| message.parent == Some(open.message));
        let status = answer.and_then(ended);
        match (answer, status) {
            (Some(answer), Some(status)) => {
                self.must_load = false;
                let (text, Open { message, question }) = (answer.text(), open);
                self.report.said.push(Said { message, question, text, status });
            }
            _ => self.open = Some(open),
        }
    }

    /// Applies an event once, in its order.
    fn apply(&mut self, frame: &Frame) {
        let mut places = self.places.0.lock();
        let place = places
            .entry(frame.run_id)
            .or_insert_with(|| Place::new(self.chat, IdSource.message(now())));
        if frame.seq <= place.last {
            self.report.repeats += 1;
            return;
        }
        assert_eq!(frame.seq, place.last.next(), "events were lost");
        place.last = frame.seq;
        place.message.apply(&frame.event, frame.ts);
        let StreamEvent::Done { status, reply_to_id, .. } = &frame.event else { return };
        assert_eq!(place.status.replace(*status), None, "it ended twice");
        place.is_open = false;
        let text = place.message.text();
        drop(places);
        let open = self.open.take().expect("nothing was asked");
        assert_eq!(*reply_to_id, Some(open.message));
        let Open { message, question, .. } = open;
        self.report.said.push(Said { message, question, text, status: *status });
    }
}

/// How an answer ended; none while it has not.
fn ended(answer: &Message) -> Option<RunStatus> {
    match answer.answer.as_ref()?.status {
        AnswerStatus::Open => None,
        AnswerStatus::Complete => Some(RunStatus::Complete),
        AnswerStatus::Stopped => Some(RunStatus::Stopped),
        AnswerStatus::Interrupted => Some(RunStatus::Interrupted),
        AnswerStatus::Failed => Some(RunStatus::Failed),
    }
}

impl Place {
    fn new(chat: ChatId, answer: MessageId) -> Self {
        let message = Message::new(answer, chat, Role::Assistant, now(), Vec::new());
        Self { last: Seq(0), is_open: true, message, status: None }
    }
}
