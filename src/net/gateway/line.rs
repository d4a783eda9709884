//! One WebSocket: frames in both directions, signs of life, and the limits.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::{Sink, SinkExt, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, Sleep, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::close::Close;
use super::door::Pass;
use super::frames;
use super::front::Front;
use super::meter::{Meter, Pace};
use super::outbox::OutboxReader;
use super::pair::Confirmed;
use crate::protocol::{
    BadFrame, ClientCommand, CommandFrame, FRAME_LIMIT, FromClient, read_from_client,
};

/// What is read at once. Idle clients are many, and each has a buffer of this size.
const READ_BUFFER: usize = 4 * 1024;

/// What is written at once, when that much waits.
const WRITE_BUFFER: usize = 16 * 1024;

/// Frames that travel together, in bytes.
const BATCH: usize = 64 * 1024;

/// What a client may still send after it was told that it is over.
const LINGER: usize = 64 * 1024 * 1024;

/// The longest id of a client.
const LONGEST_CLIENT_ID: usize = 128;

/// A WebSocket over a connection that was HTTP.
pub(super) type Ws = WebSocketStream<TokioIo<Upgraded>>;

/// How a WebSocket is read and written.
pub(super) fn socket_config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT))
}

/// One WebSocket.
pub(super) struct Line {
    ws: Ws,
    front: Arc<Front>,
    pass: Arc<Pass>,
    outbox: Option<OutboxReader>,
    meter: Meter,
    timer: Pin<Box<Sleep>>,
    flushing: bool,
    held_until: Option<Instant>,
    hello_by: Option<Instant>,
    heard: Instant,
    ping_at: Instant,
    /// Pings that are not answered yet.
    asked: u32,
    confirm: Option<Confirm>,
}

/// What a client has read for certain: a ping behind a frame is answered after it.
struct Confirm {
    confirmed: Arc<Confirmed>,
    sent: u64,
    asked: u64,
    done: u64,
}

/// What came of a socket.
pub(super) enum Heard {
    /// A command.
    Command(Box<CommandFrame>),
    /// There is room in the outbox again.
    Room,
    /// Whoever fills the outbox has let it go.
    LetGo,
    /// It is over.
    Over(Close),
}

enum Moved {
    Came(Option<Result<Message, Error>>),
    Flushed(Result<(), Error>),
}

enum Fed {
    Frame(Arc<str>),
    Overflow,
    End,
}

enum Step {
    Over,
    Moved(Moved),
    Fed(Fed),
    Tick,
}

impl Line {
    /// A socket that has said nothing yet.
    pub(super) fn new(ws: Ws, front: Arc<Front>, pass: Arc<Pass>) -> Self {
        let (now, timing) = (Instant::now(), *front.timing());
        let hello_by = now + timing.hello;
        Self {
            ws,
            pass,
            outbox: None,
            meter: Meter::new(timing.window),
            timer: Box::pin(sleep_until(hello_by.min(now + timing.heartbeat))),
            flushing: false,
            held_until: None,
            hello_by: Some(hello_by),
            heard: now,
            ping_at: now + timing.heartbeat,
            asked: 0,
            confirm: None,
            front,
        }
    }

    /// From now on it sends what comes out of this outbox.
    pub(super) fn follow(&mut self, outbox: OutboxReader) {
        self.hello_by = None;
        self.outbox = Some(outbox);
    }

    /// From now on it says how many frames of its outbox were read.
    pub(super) fn confirm(&mut self, confirmed: Arc<Confirmed>) {
        self.confirm = Some(Confirm { confirmed, sent: 0, asked: 0, done: 0 });
    }

    /// Answers a command that has no place here.
    pub(super) fn refuse(&mut self, id: Option<String>, bad: &BadFrame) -> Result<(), Close> {
        if self.meter.bad(Instant::now()) {
            return Err(Close::Flood);
        }
        self.send(text(&frames::refusal(id, bad)))
    }

    /// Sends and receives until something must be decided.
    pub(super) async fn next(&mut self) -> Heard {
        loop {
            let is_reading = self.held_until.is_none();
            let step = tokio::select! {
                () = self.pass.over.cancelled() => Step::Over,
                moved = moved(&mut self.ws, self.flushing, is_reading) => Step::Moved(moved),
                fed = fed(self.outbox.as_mut(), self.flushing) => Step::Fed(fed),
                () = self.timer.as_mut() => Step::Tick,
            };
            let heard = match step {
                Step::Over if self.front.stop.is_cancelled() => Err(Close::Stopping),
                Step::Over => Err(Close::NoEntry),
                Step::Moved(Moved::Came(came)) => self.came(came),
                Step::Moved(Moved::Flushed(flushed)) => self.flushed(&flushed),
                Step::Fed(Fed::Frame(frame)) => self.put(frame).map(|()| None),
                Step::Fed(Fed::Overflow) => Err(Close::Slow),
                Step::Fed(Fed::End) => {
                    self.outbox = None;
                    Ok(Some(Heard::LetGo))
                }
                Step::Tick => self.tick(Instant::now()).map(|()| None),
            };
            match heard {
                Ok(None) => {}
                Ok(Some(heard)) => return heard,
                Err(close) => return Heard::Over(close),
            }
        }
    }

    /// Says goodbye, and waits a little until the client has read it.
    pub(super) async fn close(mut self, close: Close) {
        let timing = self.front.timing();
        // Who reads too slowly reads this slowly as well. What waits for it is let go meanwhile.
        let patience = if close == Close::Slow { timing.slow } else { timing.farewell };
        self.outbox = None;
        if close == Close::Stopping && self.send(text(&frames::stopping())).is_err() {
            return;
        }
        goodbye(self.ws, close, patience).await;
    }

    fn came(&mut self, came: Option<Result<Message, Error>>) -> Result<Option<Heard>, Close> {
        let message = match came {
            None => return Err(Close::Gone),
            Some(Err(error)) => return Err(why(&error)),
            Some(Ok(message)) => message,
        };
        let now = Instant::now();
        self.heard = now;
        if let Message::Pong(payload) = &message
            && self.asked > 0
        {
            self.asked -= 1;
            return self.confirmed(payload).map(|()| None);
        }
        match self.meter.frame(now) {
            Pace::Fine => {}
            Pace::WaitUntil(at) => {
                self.held_until = Some(at);
                self.set_timer();
            }
            Pace::Flood => return Err(Close::Flood),
        }
        match message {
            Message::Text(text) => self.read(&text),
            Message::Binary(_) => {
                let bad = BadFrame("frames are text, and this one is binary".to_owned());
                self.bad(None, &bad).map(|()| None)
            }
            // What needs an answer gets it with the next read.
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(None),
        }
    }

    fn read(&mut self, text: &str) -> Result<Option<Heard>, Close> {
        match read_from_client(text).and_then(is_sound) {
            Ok(FromClient::Command(frame)) => Ok(Some(Heard::Command(frame))),
            Ok(FromClient::Unknown { kind, id: _ }) => {
                self.front.ignore(&kind);
                Ok(None)
            }
            Err(bad) => self.bad(Some(text), &bad).map(|()| None),
        }
    }

    fn bad(&mut self, text_of_it: Option<&str>, bad: &BadFrame) -> Result<(), Close> {
        if self.meter.bad(Instant::now()) {
            return Err(Close::Flood);
        }
        self.send(text(&frames::bad_frame(text_of_it, bad)))
    }

    fn put(&mut self, frame: Arc<str>) -> Result<(), Close> {
        let (mut next, mut bytes) = (Some(frame), 0);
        while let Some(frame) = next {
            bytes += frame.len();
            self.send(text(&frame))?;
            if let Some(confirm) = &mut self.confirm {
                confirm.sent += 1;
            }
            next = match &mut self.outbox {
                Some(outbox) if outbox.has_overflowed() => return Err(Close::Slow),
                Some(outbox) if bytes < BATCH => outbox.try_next(),
                Some(_) | None => None,
            };
        }
        Ok(())
    }

    fn flushed(&mut self, flushed: &Result<(), Error>) -> Result<Option<Heard>, Close> {
        if flushed.is_err() {
            return Err(Close::Gone);
        }
        self.flushing = false;
        self.ask()?;
        let made_room = self.outbox.as_ref().is_some_and(OutboxReader::made_room);
        Ok(made_room.then_some(Heard::Room))
    }

    /// Asks whether all was read that was sent, one question at a time.
    fn ask(&mut self) -> Result<(), Close> {
        let Some(confirm) = &mut self.confirm else { return Ok(()) };
        if confirm.sent == confirm.asked || confirm.asked != confirm.done {
            return Ok(());
        }
        confirm.asked = confirm.sent;
        let payload = confirm.sent.to_be_bytes().to_vec();
        self.ping(payload)
    }

    fn confirmed(&mut self, payload: &[u8]) -> Result<(), Close> {
        let Some(confirm) = &mut self.confirm else { return Ok(()) };
        let Ok(count) = <[u8; 8]>::try_from(payload).map(u64::from_be_bytes) else { return Ok(()) };
        if count == confirm.asked {
            confirm.done = count;
            confirm.confirmed.set(count);
        }
        self.ask()
    }

    fn ping(&mut self, payload: Vec<u8>) -> Result<(), Close> {
        self.asked = self.asked.saturating_add(1);
        self.send(Message::Ping(payload.into()))
    }

    fn send(&mut self, message: Message) -> Result<(), Close> {
        self.flushing = true;
        self.ws.start_send_unpin(message).map_err(|error| why(&error))
    }

    fn tick(&mut self, now: Instant) -> Result<(), Close> {
        let timing = *self.front.timing();
        if self.held_until.is_some_and(|at| at <= now) {
            self.held_until = None;
        }
        let is_late = self.hello_by.is_some_and(|at| at <= now);
        if is_late || self.heard + timing.silence <= now {
            return Err(Close::Silent);
        }
        if self.ping_at <= now {
            self.ping_at = now + timing.heartbeat;
            self.ping(Vec::new())?;
        }
        self.set_timer();
        Ok(())
    }

    fn set_timer(&mut self) {
        let silent_at = self.heard + self.front.timing().silence;
        let next = [self.held_until, self.hello_by, Some(silent_at)]
            .into_iter()
            .flatten()
            .fold(self.ping_at, Instant::min);
        self.timer.as_mut().reset(next);
    }
}

/// Says goodbye on a socket, then reads what still comes until the client has closed: a connection
/// that is closed with unread bytes is reset, and the client would never see why.
pub(super) async fn goodbye(mut ws: Ws, close: Close, patience: Duration) {
    let Some(frame) = close.frame() else { return };
    tracing::debug!(code = u16::from(frame.code), reason = %frame.reason, "a socket is closed");
    let farewell = async {
        ws.send(Message::Close(Some(frame))).await.ok()?;
        let stream = ws.get_mut();
        stream.shutdown().await.ok()?;
        let (mut left, mut buffer) = (LINGER, [0; READ_BUFFER]);
        while left > 0 {
            let read = stream.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
            left = left.saturating_sub(read);
        }
        Some(())
    };
    if timeout(patience, Box::pin(farewell)).await.is_err() {
        tracing::debug!("a client did not say goodbye");
    }
}

fn text(frame: &Arc<str>) -> Message {
    Message::text(&**frame)
}

/// What is right as JSON and still cannot be.
fn is_sound(read: FromClient) -> Result<FromClient, BadFrame> {
    if let FromClient::Command(frame) = &read
        && let ClientCommand::Hello(hello) = &frame.command
        && (hello.client_id.is_empty() || hello.client_id.len() > LONGEST_CLIENT_ID)
    {
        return Err(BadFrame(format!("hello: clientId has 1 to {LONGEST_CLIENT_ID} bytes")));
    }
    Ok(read)
}

/// The next message, or the end of writing.
async fn moved(ws: &mut Ws, is_flushing: bool, is_reading: bool) -> Moved {
    std::future::poll_fn(|context| {
        if is_flushing && let Poll::Ready(flushed) = Pin::new(&mut *ws).poll_flush(context) {
            return Poll::Ready(Moved::Flushed(flushed));
        }
        if is_reading {
            return Pin::new(&mut *ws).poll_next(context).map(Moved::Came);
        }
        Poll::Pending
    })
    .await
}

/// The next frame to send; while others are being written, only whether too many wait.
async fn fed(outbox: Option<&mut OutboxReader>, is_flushing: bool) -> Fed {
    let Some(outbox) = outbox else {
        return std::future::pending().await;
    };
    if is_flushing {
        outbox.overflow().await;
        return Fed::Overflow;
    }
    let next = outbox.next().await;
    if outbox.has_overflowed() {
        return Fed::Overflow;
    }
    next.map_or(Fed::End, Fed::Frame)
}

fn why(error: &Error) -> Close {
    let is_reset = |error| matches!(error, &ProtocolError::ResetWithoutClosingHandshake);
    if matches!(error, Error::Capacity(_)) {
        Close::TooLong
    } else if matches!(error, Error::Utf8(_)) {
        Close::NotText
    } else if matches!(error, Error::Protocol(error) if !is_reset(error)) {
        Close::Broken
    } else {
        Close::Gone
    }
}
