//! The supervisor of a link: what to do next, as a pure function. It holds no socket, reads no
//! clock and waits for nothing, so that thousands of schedules can be tried in a second.
//!
//! Two things hold at every return: all that waits has a time at which the wait ends
//! ([`Supervisor::timer`]), but for `Offline` and `Denied`, which only people end; and no lane is
//! forgotten, each [`Action::Open`] is followed by an input about its end or an
//! [`Action::Close`].

mod course;
mod lane;
mod moves;
#[cfg(test)]
mod tests;

use self::lane::Lane;
pub use self::lane::{LaneId, LaneKind};
use super::Pace;
use crate::protocol::{
    Carrier, FromServer, LinkState, ServerMessage, StreamEvent, Timestamp, Welcome,
};

/// The close code of a server that does not know the token.
const CLOSE_DENIED: u16 = 4001;

/// Handshakes in a row that fail as a proxy makes them fail, before another way is taken.
const MOST_BLOCKED: u32 = 3;

/// A clock shows another time than planned when they differ by more than this.
const DRIFT_MS: u64 = 1_500;

/// A time on both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// A clock that never jumps, in milliseconds. Waits are measured by it.
    pub steady_ms: u64,
    /// The clock on the wall, which may jump either way. It only shows.
    pub wall: Timestamp,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The link is wanted.
    Start,
    /// The link is not wanted any more.
    Stop,
    /// A connection is there and can carry frames.
    Opened {
        /// Which.
        lane: LaneId,
        /// The server named our subprotocol: it is no plain one.
        gateway: bool,
    },
    /// A connection could not be made.
    Failed {
        /// Which.
        lane: LaneId,
        /// Why.
        failure: Failure,
    },
    /// A connection ended.
    Closed {
        /// Which.
        lane: LaneId,
        /// The code of a WebSocket's close, where one came.
        code: Option<u16>,
        /// Why, in a line.
        cause: String,
    },
    /// A frame came.
    Came {
        /// By which connection.
        lane: LaneId,
        /// What it is.
        word: Word,
    },
    /// A pong or any other sign of life.
    Alive(LaneId),
    /// Time passed.
    Timer,
    /// The user does not want to wait.
    Now,
    /// The machine has another address than before.
    NetworkChanged,
    /// The machine slept.
    Woke,
    /// The user changed the token.
    TokenChanged,
}

/// Why a connection could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What follows from it.
    pub kind: FailureKind,
    /// One line for people.
    pub message: String,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The server does not let us in.
    Denied,
    /// Something between us and the server does not let WebSockets through.
    Blocked,
    /// Anything else: the server or the network is down.
    Down,
}

/// What a frame is to the supervisor.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// The server says who it is.
    Welcome(Box<Welcome>),
    /// An event of a server that numbers nothing.
    Classic,
    /// An error of such a server.
    ClassicError,
    /// Anything else.
    Other,
}

impl Word {
    /// What a frame is.
    pub fn of(frame: &FromServer) -> Self {
        match frame {
            FromServer::Said(said) => match said.as_ref() {
                ServerMessage::Welcome(welcome) => Self::Welcome(Box::new(welcome.clone())),
                ServerMessage::Ack { .. }
                | ServerMessage::AgentReady { .. }
                | ServerMessage::Models { .. }
                | ServerMessage::Bots { .. }
                | ServerMessage::Chats { .. }
                | ServerMessage::Messages { .. }
                | ServerMessage::PlatformMessage { .. }
                | ServerMessage::RunStarted { .. }
                | ServerMessage::Error { .. } => Self::Other,
            },
            FromServer::Plain(plain) if matches!(plain.event, StreamEvent::Error { .. }) => {
                Self::ClassicError
            }
            FromServer::Plain(_) => Self::Classic,
            FromServer::Event(_) | FromServer::Unknown(_) => Self::Other,
        }
    }
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Make a connection.
    Open {
        /// Its name from now on.
        lane: LaneId,
        /// For what.
        kind: LaneKind,
    },
    /// Say hello by it.
    Hello(LaneId),
    /// Ask for a sign of life.
    Ping(LaneId),
    /// End it, or the attempt to make it. Nothing about it counts any more.
    Close(LaneId),
    /// Hand on the frame that came.
    Deliver,
    /// The link stands otherwise.
    Tell(LinkState),
    /// Frames go both ways. May come again without a `Down`: the server began anew.
    Up(Option<Box<Welcome>>),
    /// They do not any more.
    Down,
}

/// All that is known of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervisor {
    pace: Pace,
    dual: bool,
    seed: u64,
    phase: Phase,
    lanes: Vec<Lane>,
    last_lane: u32,
    /// Tries since the link was good.
    tries: u32,
    /// Handshakes in a row that failed as a proxy makes them fail.
    blocked: u32,
    route: Route,
    peer: Peer,
    heartbeat_ms: u64,
    welcome: Option<Box<Welcome>>,
    told: LinkState,
    steady_ms: u64,
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Offline,
    Linking,
    Ready { since_ms: u64, since: Timestamp },
    Waiting { until_ms: u64, until: Timestamp, cause: String },
    Denied { message: String },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
    Sockets,
    Http { sockets_again_ms: u64 },
}

/// What the server has shown itself to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Peer {
    Unknown,
    Gateway,
    Plain,
}

/// What one input leads to.
struct Turn {
    now: Moment,
    actions: Vec<Action>,
}

/// Takes one input. Time that passed until `now` counts first as part of it.
pub fn step(mut state: Supervisor, input: Input, now: Moment) -> (Supervisor, Vec<Action>) {
    // A clock that goes backwards stands still.
    state.steady_ms = state.steady_ms.max(now.steady_ms);
    let now = Moment { steady_ms: state.steady_ms, ..now };
    let mut turn = Turn { now, actions: Vec::new() };
    state.take(input, &mut turn);
    state.due(&mut turn);
    state.tell(&mut turn);
    (state, turn.actions)
}

impl Supervisor {
    /// A link that nobody asked for yet.
    pub fn new(pace: Pace, dual: bool, seed: u64) -> Self {
        Self {
            pace,
            dual,
            seed,
            phase: Phase::Offline,
            lanes: Vec::new(),
            last_lane: 0,
            tries: 0,
            blocked: 0,
            route: Route::Sockets,
            peer: Peer::Unknown,
            heartbeat_ms: pace.heartbeat_ms,
            welcome: None,
            told: LinkState::Offline,
            steady_ms: 0,
        }
    }

    /// How the link stands.
    pub fn shown(&self) -> LinkState {
        match &self.phase {
            Phase::Offline => LinkState::Offline,
            Phase::Linking if self.lanes.iter().any(Lane::is_opening) => {
                LinkState::Connecting { attempt: self.tries.max(1) }
            }
            Phase::Linking => LinkState::Authenticating,
            Phase::Ready { since, .. } => LinkState::Ready {
                since: *since,
                plain: self.peer == Peer::Plain,
                carrier: self.carrier(),
            },
            Phase::Waiting { until, cause, .. } => LinkState::Waiting {
                until: *until,
                attempt: self.tries.saturating_add(1),
                cause: cause.clone(),
                blocked: self.blocked > 0,
            },
            Phase::Denied { message } => LinkState::Denied { message: message.clone() },
        }
    }

    /// When [`Input::Timer`] is due, on the steady clock.
    pub fn timer(&self) -> Option<u64> {
        let phase = match (&self.phase, self.route) {
            (Phase::Waiting { until_ms, .. }, _) => Some(*until_ms),
            (Phase::Ready { .. }, Route::Http { sockets_again_ms }) if !self.is_probing() => {
                Some(sockets_again_ms)
            }
            (Phase::Ready { .. }, Route::Sockets | Route::Http { .. })
            | (Phase::Offline | Phase::Linking | Phase::Denied { .. }, _) => None,
        };
        let lanes = self.lanes.iter().filter_map(|lane| lane.timer(self.heartbeat_ms));
        lanes.chain(phase).min()
    }

    /// Whether frames go both ways.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    /// Whether the server is one that numbers nothing.
    pub fn is_plain(&self) -> bool {
        self.peer == Peer::Plain
    }

    /// How long the server is silent between two signs of life, in milliseconds.
    pub fn heartbeat_ms(&self) -> u64 {
        self.heartbeat_ms
    }

    fn carrier(&self) -> Carrier {
        match (self.route, self.dual) {
            (Route::Http { .. }, _) => Carrier::Http,
            (Route::Sockets, true) => Carrier::Pair,
            (Route::Sockets, false) => Carrier::Socket,
        }
    }

    /// Says how the link stands where that is news.
    fn tell(&mut self, turn: &mut Turn) {
        if let Phase::Waiting { until_ms, until, .. } = &mut self.phase {
            // The wall clock may have been set; the countdown goes on by the other one.
            let planned = turn.now.wall.plus_ms(until_ms.saturating_sub(turn.now.steady_ms));
            if planned.0.abs_diff(until.0) > DRIFT_MS {
                *until = planned;
            }
        }
        let shown = self.shown();
        if shown != self.told {
            self.told = shown.clone();
            turn.actions.push(Action::Tell(shown));
        }
    }

    fn take(&mut self, input: Input, turn: &mut Turn) {
        match input {
            Input::Start => self.start(turn),
            Input::Stop => self.stop(turn),
            Input::Opened { lane, gateway } => self.opened(lane, gateway, turn),
            Input::Failed { lane, failure } => self.failed(lane, failure, turn),
            Input::Closed { lane, code, cause } => self.closed(lane, code, cause, turn),
            Input::Came { lane, word } => self.came(lane, word, turn),
            Input::Alive(lane) => {
                if let Some(lane) = self.lane_mut(lane) {
                    lane.sign_of_life(turn.now.steady_ms);
                }
            }
            // What is due is looked at after every input.
            Input::Timer => {}
            Input::Now => self.now(turn),
            Input::NetworkChanged | Input::Woke => self.shaken(turn),
            Input::TokenChanged => self.token_changed(turn),
        }
    }
}
