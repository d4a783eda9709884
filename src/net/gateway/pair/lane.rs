//! One direction of a pair: what its client has not confirmed yet.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::net::gateway::close::Close;
use crate::net::gateway::outbox::{MOST_BYTES, MOST_FRAMES, Outbox, Overflow};
use crate::protocol::{RunId, Seq};

/// How many frames of a socket its client has confirmed, by the answers to pings.
#[derive(Debug, Default)]
pub(in crate::net::gateway) struct Confirmed {
    count: AtomicU64,
    pair: Mutex<Option<Arc<Notify>>>,
}

impl Confirmed {
    /// Who is told.
    pub(super) fn tell(&self, pair: Arc<Notify>) {
        *self.pair.lock() = Some(pair);
    }

    /// The client has read so many frames.
    pub(in crate::net::gateway) fn set(&self, count: u64) {
        self.count.fetch_max(count, Ordering::AcqRel);
        if let Some(pair) = &*self.pair.lock() {
            pair.notify_one();
        }
    }
}

/// One direction of a pair.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// What was sent or waits for a socket, oldest first, and is not confirmed.
    frames: VecDeque<Kept>,
    bytes: usize,
    socket: Option<Socket>,
}

#[derive(Debug)]
struct Kept {
    frame: Arc<str>,
    event: Option<(RunId, Seq)>,
    is_greeting: bool,
}

#[derive(Debug)]
struct Socket {
    ticket: u64,
    outbox: Outbox,
    confirmed: Arc<Confirmed>,
    /// How many of its frames are no longer kept.
    settled: u64,
    verdict: Arc<OnceLock<Close>>,
}

impl Socket {
    /// Sends a frame. A socket that is gone, and has not said so yet, takes nothing: the next one
    /// will.
    fn push(&self, frame: &Arc<str>) -> Result<(), Close> {
        match self.outbox.push(frame.clone()) {
            Ok(()) => Ok(()),
            Err(Overflow) if self.outbox.is_closed() => Ok(()),
            Err(Overflow) => Err(Close::Slow),
        }
    }
}

impl Lane {
    pub(super) fn is_up(&self) -> bool {
        self.socket.is_some()
    }

    pub(super) fn is_of(&self, ticket: u64) -> bool {
        self.socket.as_ref().is_some_and(|socket| socket.ticket == ticket)
    }

    /// Whether another frame may come. With half of an outbox, it always fits into a new one.
    pub(super) fn has_room(&self) -> bool {
        self.frames.len() < MOST_FRAMES / 2 && self.bytes < MOST_BYTES / 2
    }

    /// Keeps a frame, and sends it where there is a socket.
    pub(super) fn put(
        &mut self,
        frame: Arc<str>,
        event: Option<(RunId, Seq)>,
    ) -> Result<(), Close> {
        self.take(Kept { frame, event, is_greeting: false })
    }

    /// The same for a welcome: the next one takes its place.
    pub(super) fn put_greeting(&mut self, frame: Arc<str>) -> Result<(), Close> {
        self.take(Kept { frame, event: None, is_greeting: true })
    }

    fn take(&mut self, kept: Kept) -> Result<(), Close> {
        let sent = match &self.socket {
            Some(socket) => socket.push(&kept.frame),
            None => Ok(()),
        };
        self.bytes += kept.frame.len();
        self.frames.push_back(kept);
        sent
    }

    /// What the next socket is sent first.
    pub(super) fn greet(&mut self, frame: Arc<str>) {
        self.frames.retain(|kept| !kept.is_greeting);
        self.frames.push_front(Kept { frame, event: None, is_greeting: true });
        self.bytes = self.frames.iter().map(|kept| kept.frame.len()).sum();
        // What the old socket confirms from now on no longer fits.
        self.socket = None;
    }

    /// A socket comes: it is sent all that is not confirmed. One that was there before goes.
    pub(super) fn arrived(
        &mut self,
        ticket: u64,
        outbox: Outbox,
        confirmed: Arc<Confirmed>,
        verdict: Arc<OnceLock<Close>>,
    ) -> Result<(), Close> {
        self.settle();
        let socket = Socket { ticket, outbox, confirmed, settled: 0, verdict };
        for kept in &self.frames {
            socket.push(&kept.frame)?;
        }
        self.socket = Some(socket);
        Ok(())
    }

    /// A socket is gone.
    pub(super) fn left(&mut self, ticket: u64) {
        self.settle();
        if self.is_of(ticket) {
            self.socket = None;
        }
    }

    /// Forgets what was confirmed.
    pub(super) fn settle(&mut self) {
        let Some(socket) = &mut self.socket else { return };
        let confirmed = socket.confirmed.count.load(Ordering::Acquire);
        while socket.settled < confirmed
            && let Some(kept) = self.frames.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(kept.frame.len());
            socket.settled += 1;
        }
    }

    /// The first event of a run that is not confirmed.
    pub(super) fn first_of(&self, run: RunId) -> Option<Seq> {
        let events = self.frames.iter().filter_map(|kept| kept.event);
        events.filter(|(of, _)| *of == run).map(|(_, seq)| seq).min()
    }

    /// Forgets all: the host tells it anew.
    pub(super) fn forget(&mut self) {
        (self.frames, self.bytes, self.socket) = (VecDeque::new(), 0, None);
    }

    /// It is over.
    pub(super) fn end(&mut self, close: Close) {
        if let Some(socket) = self.socket.take() {
            // What was said first counts.
            let _kept = socket.verdict.set(close);
        }
    }
}
