//! The supervisor's course: what each input leads to.

use super::lane::{Lane, LaneId, LaneKind, Overdue, Stage};
use super::{
    Action, CLOSE_DENIED, Failure, FailureKind, MOST_BLOCKED, Peer, Phase, Route, Supervisor, Turn,
    Word,
};
use crate::protocol::Welcome;

impl Supervisor {
    pub(super) fn start(&mut self, turn: &mut Turn) {
        match self.phase {
            Phase::Offline => self.connect(turn),
            Phase::Linking | Phase::Ready { .. } | Phase::Waiting { .. } | Phase::Denied { .. } => {
            }
        }
    }

    pub(super) fn stop(&mut self, turn: &mut Turn) {
        self.down(turn);
        self.close_all(turn);
        self.phase = Phase::Offline;
        self.tries = 0;
    }

    pub(super) fn now(&mut self, turn: &mut Turn) {
        match self.phase {
            Phase::Waiting { .. } => self.connect(turn),
            Phase::Denied { .. } => {
                self.tries = 0;
                self.connect(turn);
            }
            Phase::Ready { .. } => self.try_sockets(turn),
            Phase::Offline | Phase::Linking => {}
        }
    }

    pub(super) fn token_changed(&mut self, turn: &mut Turn) {
        if self.phase == Phase::Offline {
            return;
        }
        self.down(turn);
        self.close_all(turn);
        self.tries = 0;
        self.connect(turn);
    }

    /// The network is another one, or time was lost: what stands may be dead, and what failed may
    /// work.
    pub(super) fn shaken(&mut self, turn: &mut Turn) {
        match self.phase {
            Phase::Offline | Phase::Denied { .. } => {}
            Phase::Linking => {
                // An attempt over the old network may hang until its time is up.
                let stale = |lane: &&Lane| !lane.is_open();
                let stale: Vec<_> = self.lanes.iter().filter(stale).map(|lane| lane.id).collect();
                for id in stale {
                    self.close(id, turn);
                }
                self.doubt(turn);
                self.open_missing(turn);
            }
            Phase::Waiting { .. } => {
                self.doubt(turn);
                self.connect(turn);
            }
            Phase::Ready { .. } => match self.route {
                Route::Sockets => self.doubt(turn),
                Route::Http { .. } => {
                    // A stream cannot be asked whether it lives.
                    self.forget_failures(turn);
                    self.down(turn);
                    self.close_all(turn);
                    self.connect(turn);
                }
            },
        }
    }

    pub(super) fn opened(&mut self, id: LaneId, gateway: bool, turn: &mut Turn) {
        let (now, heartbeat_ms) = (turn.now.steady_ms, self.heartbeat_ms);
        let Some(lane) = self.lane_mut(id).filter(|lane| lane.is_opening()) else { return };
        let stage = match lane.kind {
            // Who the server is, it says by the other one.
            LaneKind::Commands => Stage::Open,
            LaneKind::Both | LaneKind::Events | LaneKind::Stream => {
                Stage::Greeting { by_ms: None, gateway }
            }
        };
        lane.opened(stage, now, heartbeat_ms);
        let kind = lane.kind;
        if kind != LaneKind::Stream {
            self.blocked = 0;
            if self.route != Route::Sockets {
                self.leave_http(turn);
            }
        }
        turn.actions.push(Action::Hello(id));
        if kind != LaneKind::Stream {
            turn.actions.push(Action::Ping(id));
        }
        self.expect_welcome(turn);
        self.check_ready(turn);
    }

    pub(super) fn failed(&mut self, id: LaneId, failure: Failure, turn: &mut Turn) {
        let Some(lane) = self.lane(id) else { return };
        let is_stream = lane.kind == LaneKind::Stream;
        let is_needed = self.needs(lane.kind);
        match failure.kind {
            FailureKind::Denied if is_needed => {
                self.lanes.retain(|lane| lane.id != id);
                return self.deny(failure.message, turn);
            }
            // Both of a pair count once.
            FailureKind::Blocked if !is_stream && self.phase == Phase::Linking => {
                self.blocked = self.blocked.saturating_add(1);
            }
            FailureKind::Down if is_needed && self.phase == Phase::Linking => self.blocked = 0,
            FailureKind::Blocked | FailureKind::Down | FailureKind::Denied => {}
        }
        if is_stream {
            // This way is shut as well: the next try is a socket, and one more failure of the
            // kind comes back here.
            self.route = Route::Sockets;
            self.blocked = MOST_BLOCKED - 1;
        } else if is_needed && self.blocked >= MOST_BLOCKED && self.peer != Peer::Plain {
            self.take_http(turn);
        }
        self.lose(id, failure.message, turn);
    }

    pub(super) fn closed(&mut self, id: LaneId, code: Option<u16>, cause: String, turn: &mut Turn) {
        if self.lane(id).is_none() {
            return;
        }
        if code == Some(CLOSE_DENIED) {
            self.lanes.retain(|lane| lane.id != id);
            return self.deny(cause, turn);
        }
        self.lose(id, cause, turn);
    }

    pub(super) fn came(&mut self, id: LaneId, word: Word, turn: &mut Turn) {
        let now = turn.now.steady_ms;
        let known = self.peer;
        let Some(lane) = self.lane_mut(id).filter(|lane| !lane.is_opening()) else { return };
        lane.sign_of_life(now);
        let may_be_plain = known != Peer::Gateway
            && lane.kind == LaneKind::Both
            && matches!(lane.stage, Stage::Greeting { gateway: false, .. });
        match word {
            Word::Welcome(welcome) => return self.welcomed(welcome, turn),
            Word::Classic if may_be_plain => self.plain(id, turn),
            // It does not know `hello`, and nobody asked for anything else yet.
            Word::ClassicError if may_be_plain => return self.plain(id, turn),
            Word::Classic | Word::ClassicError | Word::Other => {}
        }
        turn.actions.push(Action::Deliver);
    }

    /// All whose time has come.
    pub(super) fn due(&mut self, turn: &mut Turn) {
        let now = turn.now.steady_ms;
        let ids: Vec<_> = self.lanes.iter().map(|lane| lane.id).collect();
        for id in ids {
            let heartbeat_ms = self.heartbeat_ms;
            let Some(lane) = self.lane_mut(id) else { continue };
            match lane.overdue(now, heartbeat_ms) {
                Some(Overdue::Opening) => {
                    turn.actions.push(Action::Close(id));
                    let message = format!(
                        "The server did not answer within {} s",
                        self.pace.connect_ms.div_ceil(1_000)
                    );
                    self.failed(id, Failure { kind: FailureKind::Down, message }, turn);
                }
                Some(Overdue::Welcome) => self.unnamed(id, turn),
                Some(Overdue::SignOfLife) => self.drop_lane(id, "The connection went silent", turn),
                None => {
                    if lane.takes_ping(now, heartbeat_ms) {
                        turn.actions.push(Action::Ping(id));
                    }
                }
            }
        }
        match (&self.phase, self.route) {
            (Phase::Waiting { until_ms, .. }, _) if *until_ms <= now => self.connect(turn),
            (Phase::Ready { .. }, Route::Http { sockets_again_ms }) if sockets_again_ms <= now => {
                self.try_sockets(turn);
            }
            (
                Phase::Waiting { .. }
                | Phase::Ready { .. }
                | Phase::Offline
                | Phase::Linking
                | Phase::Denied { .. },
                Route::Sockets | Route::Http { .. },
            ) => {}
        }
    }

    /// No welcome came in time.
    fn unnamed(&mut self, id: LaneId, turn: &mut Turn) {
        let known = self.peer;
        let is_plain = self.lane(id).is_some_and(|lane| {
            // What does not even answer a ping is no server at all.
            known != Peer::Gateway
                && lane.kind == LaneKind::Both
                && lane.has_answered
                && matches!(lane.stage, Stage::Greeting { gateway: false, .. })
        });
        if is_plain {
            self.plain(id, turn);
        } else {
            self.drop_lane(id, "The server did not say who it is", turn);
        }
    }

    fn plain(&mut self, id: LaneId, turn: &mut Turn) {
        self.peer = Peer::Plain;
        if let Some(lane) = self.lane_mut(id) {
            lane.stage = Stage::Open;
        }
        self.check_ready(turn);
    }

    fn welcomed(&mut self, welcome: Box<Welcome>, turn: &mut Turn) {
        self.peer = Peer::Gateway;
        // What a server says must not make us busy, nor deaf.
        let usual = self.pace.heartbeat_ms;
        let heartbeat_ms = welcome.heartbeat_ms.clamp((usual / 30).max(1), usual.saturating_mul(4));
        self.heartbeat_ms = heartbeat_ms;
        for lane in self.lanes.iter_mut().filter(|lane| !lane.is_opening()) {
            lane.stage = Stage::Open;
            lane.beat(turn.now.steady_ms, heartbeat_ms);
        }
        self.welcome = Some(welcome);
        match &self.phase {
            Phase::Ready { .. } => self.up(turn),
            Phase::Offline | Phase::Linking | Phase::Waiting { .. } | Phase::Denied { .. } => {
                self.check_ready(turn);
            }
        }
    }

    pub(super) fn check_ready(&mut self, turn: &mut Turn) {
        let open =
            |kind: &LaneKind| self.lanes.iter().any(|lane| lane.kind == *kind && lane.is_open());
        if self.phase == Phase::Linking && self.needed().iter().all(open) {
            self.phase = Phase::Ready { since_ms: turn.now.steady_ms, since: turn.now.wall };
            self.up(turn);
        }
    }

    fn up(&mut self, turn: &mut Turn) {
        self.tell(turn);
        let welcome = match self.peer {
            Peer::Plain => None,
            Peer::Unknown | Peer::Gateway => self.welcome.clone(),
        };
        // What it says of runs counts once: a socket of a pair that returns brings no new one.
        if let Some(kept) = &mut self.welcome {
            kept.resumed.clear();
            kept.gone.clear();
        }
        turn.actions.push(Action::Up(welcome));
    }

    pub(super) fn down(&mut self, turn: &mut Turn) {
        if self.is_ready() {
            self.phase = Phase::Linking;
            turn.actions.push(Action::Down);
        }
    }
}
