//! `/ws/backend-api` and `/ws/frontend-api`: one client over two sockets.
//!
//! A client's pair is one task with one session at the host. Answers to commands go out by the
//! socket that commands come by, all else by the other. A socket that drops leaves its [`lane`]
//! behind: what its client has not confirmed is sent again when it returns, and nothing else.

mod lane;
mod socket;

pub(super) use lane::Confirmed;
pub(super) use socket::serve;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::sync::{Notify, mpsc};

use super::close::Close;
use super::door::{self, Pass};
use super::frames::{self, Head};
use super::front::Front;
use super::host::{HostInput, SessionKey};
use super::outbox::{Outbox, OutboxReader, outbox};
use crate::protocol::{
    BadFrame, CommandFrame, Hello, ResumedFrom, RunId, Seq, ServerMessage, Welcome,
};
use lane::Lane;

/// Commands that wait for the other socket.
const MOST_EARLY: usize = 64;

/// Runs whose place is remembered.
const MOST_RUNS: usize = 1_024;

/// A client, by the id of its token and its own.
pub(super) type Who = (String, String);

/// Which socket of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Commands come, answers go.
    Commands,
    /// Events go.
    Events,
}

/// The pairs that are there.
#[derive(Debug, Default)]
pub(super) struct Pairs(Mutex<HashMap<Who, mpsc::Sender<Said>>>);

/// A socket of a pair.
#[derive(Debug)]
pub(super) struct Arrival {
    side: Side,
    /// Tells this socket from those before it.
    ticket: u64,
    hello: Hello,
    outbox: Outbox,
    confirmed: Arc<Confirmed>,
    verdict: Arc<OnceLock<Close>>,
}

/// What the sockets of a pair say to it.
#[derive(Debug)]
pub(super) enum Said {
    Arrived(Box<Arrival>),
    Command { ticket: u64, frame: Box<CommandFrame> },
    Left { side: Side, ticket: u64 },
}

impl Pairs {
    /// Brings a socket to its pair, which begins with its first.
    async fn join(
        &self,
        front: &Arc<Front>,
        pass: &Arc<Pass>,
        arrival: Arrival,
    ) -> mpsc::Sender<Said> {
        let who = (pass.visitor.token.clone(), arrival.hello.client_id.clone());
        let mut said = Said::Arrived(Box::new(arrival));
        loop {
            let pair = self
                .0
                .lock()
                .entry(who.clone())
                .or_insert_with(|| {
                    let (sender, receiver) = mpsc::channel(16);
                    let pair = Pair::new(front.clone(), pass.clone(), who.clone());
                    front.spawn(Box::pin(pair.live(receiver)));
                    sender
                })
                .clone();
            match pair.send(said).await {
                Ok(()) => return pair,
                // It ended in this moment, and took itself out of the list.
                Err(mpsc::error::SendError(back)) => said = back,
            }
        }
    }

    /// Takes a pair out of the list, unless somebody has come in the meantime.
    fn leave(&self, who: &Who, inbox: &mut mpsc::Receiver<Said>) -> Option<Said> {
        if inbox.is_closed() {
            return None;
        }
        let mut pairs = self.0.lock();
        let late = inbox.try_recv().ok();
        if late.is_none() {
            inbox.close();
            pairs.remove(who);
        }
        late
    }
}

struct Pair {
    front: Arc<Front>,
    pass: Arc<Pass>,
    who: Who,
    session: Option<Session>,
    commands: Lane,
    events: Lane,
    /// Said by the socket for events: how far the client has its runs.
    hello: Option<Hello>,
    early: Vec<CommandFrame>,
    confirmed: Arc<Notify>,
}

struct Session {
    key: SessionKey,
    reader: OutboxReader,
    welcome: Option<Box<Welcome>>,
    /// The last event of each run that was put into the lane.
    runs: HashMap<RunId, Seq>,
}

enum Step {
    Said(Option<Said>),
    Frame(Option<Arc<str>>),
    Confirmed,
}

impl Pair {
    fn new(front: Arc<Front>, pass: Arc<Pass>, who: Who) -> Self {
        Self {
            front,
            pass,
            who,
            session: None,
            commands: Lane::default(),
            events: Lane::default(),
            hello: None,
            early: Vec::new(),
            confirmed: Arc::new(Notify::new()),
        }
    }

    async fn live(mut self, mut inbox: mpsc::Receiver<Said>) {
        let close = loop {
            let has_room = self.has_room();
            let step = tokio::select! {
                said = inbox.recv() => Step::Said(said),
                frame = next(self.session.as_mut(), has_room) => Step::Frame(frame),
                () = self.confirmed.notified() => Step::Confirmed,
            };
            let done = match step {
                Step::Said(Some(said)) => self.said(said, &mut inbox).await,
                Step::Said(None) => Err(Close::Gone),
                Step::Frame(Some(frame)) => self.frame(&frame).await,
                Step::Frame(None) => Err(self.why_let_go().await),
                Step::Confirmed => Ok(()),
            };
            self.commands.settle();
            self.events.settle();
            if let Err(close) = done {
                break close;
            }
        };
        if let Some(session) = self.session.take() {
            super::socket::leave(&self.front, session.key).await;
        }
        // Whoever comes from now on begins anew.
        while let Some(late) = self.front.pairs.leave(&self.who, &mut inbox) {
            if let Said::Arrived(late) = late {
                late.refuse(close);
            }
        }
        self.commands.end(close);
        self.events.end(close);
    }

    fn has_room(&self) -> bool {
        self.commands.has_room() && self.events.has_room()
    }

    async fn why_let_go(&self) -> Close {
        let overflowed = |session: &Session| session.reader.has_overflowed();
        if self.session.as_ref().is_some_and(overflowed) {
            return Close::Slow;
        }
        door::why_let_go(&self.front, &self.pass).await
    }

    async fn said(&mut self, said: Said, inbox: &mut mpsc::Receiver<Said>) -> Result<(), Close> {
        match said {
            Said::Arrived(arrival) => self.arrived(*arrival).await,
            Said::Command { ticket, frame } => self.command(ticket, *frame).await,
            Said::Left { side, ticket } => {
                self.lane(side).left(ticket);
                if self.commands.is_up() || self.events.is_up() {
                    return Ok(());
                }
                match self.front.pairs.leave(&self.who, inbox) {
                    Some(late) => Box::pin(self.said(late, inbox)).await,
                    None => Err(Close::Gone),
                }
            }
        }
    }

    fn lane(&mut self, side: Side) -> &mut Lane {
        match side {
            Side::Commands => &mut self.commands,
            Side::Events => &mut self.events,
        }
    }

    async fn arrived(&mut self, arrival: Arrival) -> Result<(), Close> {
        let Arrival { side, ticket, hello, outbox, confirmed, verdict } = arrival;
        confirmed.tell(self.confirmed.clone());
        if side == Side::Events {
            self.greet(&hello).await?;
            self.hello = Some(hello);
        }
        self.lane(side).arrived(ticket, outbox, confirmed, verdict)?;
        if self.session.is_none() && self.commands.is_up() && self.events.is_up() {
            self.open().await?;
        }
        Ok(())
    }

    /// The socket for events returns: it goes on where it stopped, where that is what its client
    /// has; else the host tells what is missing.
    async fn greet(&mut self, hello: &Hello) -> Result<(), Close> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let has_all = hello.resume.iter().all(|have| {
            let Some(last) = session.runs.get(&have.run_id) else { return false };
            let next = self.events.first_of(have.run_id).unwrap_or(last.next());
            have.after_seq.next() >= next && have.after_seq <= *last
        });
        if has_all && let Some(welcome) = &session.welcome {
            let resumed = hello
                .resume
                .iter()
                .map(|have| ResumedFrom { run_id: have.run_id, from_seq: have.after_seq.next() });
            let resumed = resumed.collect();
            let again = Welcome { resumed, gone: Vec::new(), ..(**welcome).clone() };
            self.events.greet(frames::spell(&ServerMessage::Welcome(again)));
            return Ok(());
        }
        let before = session.key;
        self.session = None;
        self.events.forget();
        self.tell(HostInput::Closed(before)).await
    }

    async fn open(&mut self) -> Result<(), Close> {
        let Some(hello) = self.hello.clone() else { return Ok(()) };
        let key = self.front.new_session();
        let (near, reader) = outbox();
        let runs = hello.resume.iter().map(|have| (have.run_id, have.after_seq)).collect();
        self.session = Some(Session { key, reader, welcome: None, runs });
        let visitor = self.pass.visitor.clone();
        self.tell(HostInput::Opened { session: key, visitor, hello, outbox: near }).await?;
        for frame in std::mem::take(&mut self.early) {
            self.tell(HostInput::Command { session: key, frame }).await?;
        }
        Ok(())
    }

    async fn command(&mut self, ticket: u64, frame: CommandFrame) -> Result<(), Close> {
        if !self.commands.is_of(ticket) {
            return Ok(());
        }
        if let Some(session) = &self.session {
            return self.tell(HostInput::Command { session: session.key, frame }).await;
        }
        if self.early.len() < MOST_EARLY {
            self.early.push(frame);
            return Ok(());
        }
        let bad = BadFrame("the socket for events is not there yet".to_owned());
        self.commands.put(frames::refusal(frame.id, &bad), None)
    }

    async fn frame(&mut self, frame: &Arc<str>) -> Result<(), Close> {
        let Some(session) = &mut self.session else { return Ok(()) };
        let has_room = session.reader.made_room();
        let key = session.key;
        let head = Head::of(frame);
        if head.is_welcome() {
            session.welcome = frames::welcome(frame);
            self.events.put_greeting(frame.clone())?;
            return if has_room { self.tell(HostInput::Drained(key)).await } else { Ok(()) };
        }
        let event = head.event();
        if let Some((run, seq)) = event {
            if session.runs.len() >= MOST_RUNS {
                session.runs.clear();
            }
            session.runs.insert(run, seq);
        }
        let side = if head.is_answer() { Side::Commands } else { Side::Events };
        self.lane(side).put(frame.clone(), event)?;
        if has_room { self.tell(HostInput::Drained(key)).await } else { Ok(()) }
    }

    async fn tell(&self, input: HostInput) -> Result<(), Close> {
        self.front.tell(input).await.map_err(|_gone| Close::NoHost)
    }
}

impl Arrival {
    fn refuse(&self, close: Close) {
        // It is told once; what was said first counts.
        let _kept = self.verdict.set(close);
    }
}

async fn next(session: Option<&mut Session>, has_room: bool) -> Option<Arc<str>> {
    match session {
        Some(session) if has_room => {
            let frame = session.reader.next().await;
            if session.reader.has_overflowed() { None } else { frame }
        }
        Some(session) => {
            session.reader.overflow().await;
            None
        }
        None => std::future::pending().await,
    }
}
