//! `/events`: the same frames as server-sent events, for where WebSockets are blocked, and for
//! scripts. Answers to commands that came by POST go to whoever waits for them.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::fmt::Write as _;
use std::str::FromStr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, interval_at, timeout};

use super::door::{self, Pass};
use super::frames::{self, Head};
use super::front::Front;
use super::host::{HostInput, SessionKey};
use super::outbox::{OutboxReader, outbox};
use super::pair::Who;
use super::{reply, socket};
use crate::protocol::{
    ChatId, ClientCommand, CommandFrame, Hello, PROTOCOL_VERSION, ResumeFrom, RunId, Seq,
};

/// Events that were written and not yet taken by the connection.
const MOST_WRITTEN: usize = 16;

/// What a client calls itself, in letters.
const LONGEST_NAME: usize = 100;

/// The streams that are there.
#[derive(Debug, Default)]
pub(super) struct Streams(Mutex<HashMap<Who, Arc<Open>>>);

/// A stream that is there.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) session: SessionKey,
    waiting: Mutex<HashMap<String, VecDeque<oneshot::Sender<Arc<str>>>>>,
}

impl Streams {
    /// The stream of a client.
    pub(super) fn of(&self, who: &Who) -> Option<Arc<Open>> {
        self.0.lock().get(who).cloned()
    }

    fn enter(&self, who: Who, open: Arc<Open>) {
        self.0.lock().insert(who, open);
    }

    fn leave(&self, who: &Who, session: SessionKey) {
        let mut streams = self.0.lock();
        if streams.get(who).is_some_and(|open| open.session == session) {
            streams.remove(who);
        }
    }
}

impl Open {
    /// The answer to the next command of this name.
    pub(super) fn wait_for(&self, id: &str) -> oneshot::Receiver<Arc<str>> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock();
        // Those who waited too long have gone.
        waiting.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        waiting.entry(id.to_owned()).or_default().push_back(sender);
        receiver
    }

    /// Hands a frame to whoever waits for it, or back.
    fn answer(&self, frame: Arc<str>) -> Option<Arc<str>> {
        let mut waiting = self.waiting.lock();
        if waiting.is_empty() {
            return Some(frame);
        }
        let head = Head::of(&frame);
        let Some(senders) = head.answers().and_then(|id| waiting.get_mut(id)) else {
            return Some(frame);
        };
        let sender = senders.pop_front();
        waiting.retain(|_, senders| !senders.is_empty());
        match sender {
            Some(sender) => sender.send(frame).err(),
            None => Some(frame),
        }
    }
}

/// `/events`
pub(super) async fn events(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, _body) = request.into_parts();
    let Some(pass) = door::admit(&front, &parts).await else {
        return reply::no_entry();
    };
    let asked = match Asked::read(&front, &parts) {
        Ok(asked) => asked,
        Err(said) => return reply::plain(StatusCode::BAD_REQUEST, said),
    };
    let Ok(permit) = front.clients.clone().try_acquire_owned() else {
        return reply::full();
    };
    let (near, reader) = outbox();
    let session = front.new_session();
    let who = (pass.visitor.token.clone(), asked.hello.client_id.clone());
    let open = Arc::new(Open { session, waiting: Mutex::default() });
    let (sender, receiver) = mpsc::channel(MOST_WRITTEN);
    let visitor = pass.visitor.clone();
    let opened = HostInput::Opened { session, visitor, hello: asked.hello, outbox: near };
    // Before the client knows of its stream: its commands must come after.
    if front.tell(opened).await.is_err() {
        return reply::stopping();
    }
    front.streams.enter(who.clone(), open.clone());
    let stream = Stream { front: front.clone(), pass, open, reader, sender };
    front.spawn(Box::pin(stream.live((who, asked.chat), permit)));
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Proxies that collect what is small would hold it back.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    (headers, body_of(receiver)).into_response()
}

/// A body of what comes out of a channel.
pub(super) fn body_of(receiver: mpsc::Receiver<Bytes>) -> Body {
    Body::from_stream(futures_util::stream::unfold(receiver, async |mut receiver| {
        let bytes = receiver.recv().await?;
        Some((Ok::<_, Infallible>(bytes), receiver))
    }))
}

struct Asked {
    hello: Hello,
    chat: Option<ChatId>,
}

impl Asked {
    fn read(front: &Front, parts: &Parts) -> Result<Self, &'static str> {
        let field = |name| door::query(&parts.uri, name);
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let chat = match field("chatId").map(|id| id.parse::<ChatId>()) {
            None => None,
            Some(Ok(chat)) => Some(chat),
            Some(Err(_)) => return Err("chatId is no id of a chat"),
        };
        let client_id = match field("clientId") {
            Some(id) if id.is_empty() || id.len() > LONGEST_NAME => {
                return Err("clientId has 1 to 100 bytes");
            }
            Some(id) => id,
            None if chat.is_none() => return Err("clientId or chatId is missing"),
            None => door::nameless(front, "stream"),
        };
        let mut resume = Vec::new();
        for place in field("resume").iter().flat_map(|list| list.split(',')) {
            resume.push(place_of(place).ok_or("resume is a list of runId:seq")?);
        }
        // What the client read last is newer than what it knew when it made the address.
        if let Some(last) = header("last-event-id").and_then(place_of) {
            resume.retain(|place: &ResumeFrom| place.run_id != last.run_id);
            resume.push(last);
        }
        let client = header("user-agent").unwrap_or("stream").chars().take(LONGEST_NAME).collect();
        Ok(Self { hello: Hello { protocol: PROTOCOL_VERSION, client, client_id, resume }, chat })
    }
}

fn place_of(text: &str) -> Option<ResumeFrom> {
    let (run, seq) = text.trim().split_once(':')?;
    Some(ResumeFrom { run_id: RunId::from_str(run).ok()?, after_seq: Seq(seq.parse().ok()?) })
}

/// A frame as a server-sent event. It is one line, for it is JSON.
fn spell(frame: &str) -> Bytes {
    let mut text = String::with_capacity(frame.len() + 80);
    if let Some((run, seq)) = Head::of(frame).event() {
        // Writing into a text cannot fail.
        let _infallible = writeln!(text, "id: {run}:{}", seq.0);
    }
    text.push_str("data: ");
    text.push_str(frame);
    text.push_str("\n\n");
    text.into()
}

struct Stream {
    front: Arc<Front>,
    pass: Arc<Pass>,
    open: Arc<Open>,
    reader: OutboxReader,
    sender: mpsc::Sender<Bytes>,
}

/// The client or the host has gone.
struct Over;

impl Stream {
    async fn live(mut self, (who, chat): (Who, Option<ChatId>), permit: OwnedSemaphorePermit) {
        if self.begin(chat).await.is_ok() {
            self.carry().await;
        }
        self.front.streams.leave(&who, self.open.session);
        socket::leave(&self.front, self.open.session).await;
        drop(permit);
    }

    async fn begin(&mut self, chat: Option<ChatId>) -> Result<(), Over> {
        self.write(Bytes::from_static(b": switchboard\n\n")).await?;
        if let Some(chat_id) = chat {
            let command = ClientCommand::follow(chat_id, None);
            let frame = CommandFrame { id: None, command };
            let session = self.open.session;
            self.front.tell(HostInput::Command { session, frame }).await.map_err(|_gone| Over)?;
        }
        Ok(())
    }

    async fn carry(&mut self) {
        let every = self.front.timing().heartbeat;
        let mut beats = interval_at(Instant::now() + every, every);
        loop {
            let written = tokio::select! {
                () = self.pass.over.cancelled() => return self.farewell().await,
                () = self.sender.closed() => return,
                frame = self.reader.next() => match frame {
                    Some(frame) => self.frame(frame).await,
                    None => return self.farewell().await,
                },
                _ = beats.tick() => self.write(Bytes::from_static(b": still here\n\n")).await,
            };
            if written.is_err() {
                return;
            }
        }
    }

    async fn frame(&mut self, frame: Arc<str>) -> Result<(), Over> {
        if self.reader.has_overflowed() {
            return Err(Over);
        }
        if let Some(frame) = self.open.answer(frame) {
            self.write(spell(&frame)).await?;
        }
        if self.reader.made_room() {
            let drained = HostInput::Drained(self.open.session);
            self.front.tell(drained).await.map_err(|_gone| Over)?;
        }
        Ok(())
    }

    /// Writes, unless the client reads nothing for too long or too much waits behind it.
    async fn write(&self, bytes: Bytes) -> Result<(), Over> {
        tokio::select! {
            sent = timeout(self.front.timing().silence, self.sender.send(bytes)) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(Over),
            },
            () = self.reader.overflow() => Err(Over),
        }
    }

    async fn farewell(&self) {
        if self.front.is_ending() {
            let frame = frames::stopping();
            if self.write(spell(&frame)).await.is_err() {
                tracing::debug!("a stream ended before it was told");
            }
        }
    }
}
