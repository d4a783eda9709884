//! A client while it is here: what it follows, and how far it was told each run.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::net::gateway::host::Visitor;
use crate::net::gateway::outbox::{Outbox, Overflow};
use crate::protocol::{ChatId, RunId, Seq};

/// A client while it is here.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) visitor: Visitor,
    /// Whose chats it makes, where it is a guest.
    pub(super) holder: String,
    /// Token and client id; none for a request of the OpenAI-compatible API.
    pub(super) client: Option<(String, String)>,
    pub(super) outbox: Outbox,
    pub(super) follows: HashSet<ChatId>,
    /// How far it was told runs of the chats that it follows.
    pub(super) runs: HashMap<RunId, Position>,
    /// Runs of which it is told what it missed, one after the other.
    pub(super) replays: VecDeque<RunId>,
    /// Frames that wait for room.
    pub(super) backlog: VecDeque<Arc<str>>,
    /// It asked for models, and is told when there are others.
    pub(super) has_listed_models: bool,
    /// The run of a request of the OpenAI-compatible API, and its chat.
    pub(super) request: Option<ChatId>,
}

/// How far a session was told a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) chat: ChatId,
    /// The last event that was pushed, or waits for room.
    pub(super) sent: Seq,
    /// It has all there is: what happens next is pushed at once.
    pub(super) is_live: bool,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was pushed, or was known.
    Done,
    /// What lies before it must be told first.
    Behind,
    /// The session is over.
    Over,
}

/// How the room in an outbox stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// Nothing waits.
    Free,
    /// There is none.
    Full,
    /// The session is over.
    Over,
}

impl Session {
    pub(super) fn new(visitor: Visitor, holder: String, outbox: Outbox) -> Self {
        Self {
            visitor,
            holder,
            client: None,
            outbox,
            follows: HashSet::new(),
            runs: HashMap::new(),
            replays: VecDeque::new(),
            backlog: VecDeque::new(),
            has_listed_models: false,
            request: None,
        }
    }

    /// Tells a run from behind an event.
    pub(super) fn replay(&mut self, run: RunId, chat: ChatId, sent: Seq) {
        self.runs.insert(run, Position { chat, sent, is_live: false });
        if !self.replays.contains(&run) {
            self.replays.push_back(run);
        }
    }

    /// Takes an event as it happens.
    pub(super) fn take(
        &mut self,
        (run, chat): (RunId, ChatId),
        seq: Seq,
        frame: &Arc<str>,
    ) -> Taken {
        let first = Position { chat, sent: Seq(0), is_live: true };
        let position = self.runs.entry(run).or_insert(first);
        if seq <= position.sent {
            return Taken::Done;
        }
        if !position.is_live {
            return Taken::Behind;
        }
        if seq != position.sent.next() {
            position.is_live = false;
            self.replays.push_back(run);
            return Taken::Behind;
        }
        position.sent = seq;
        match self.outbox.push(frame.clone()) {
            Ok(()) => Taken::Done,
            Err(Overflow) => Taken::Over,
        }
    }

    /// Pushes what waits, while there is room.
    pub(super) fn push_backlog(&mut self) -> Room {
        loop {
            if !self.outbox.has_room() {
                return Room::Full;
            }
            let Some(frame) = self.backlog.pop_front() else { return Room::Free };
            if self.outbox.push(frame).is_err() {
                return Room::Over;
            }
        }
    }

    /// A run has ended, and all of it was told.
    pub(super) fn forget_run(&mut self, run: RunId) {
        self.runs.remove(&run);
        self.replays.retain(|other| *other != run);
    }
}
