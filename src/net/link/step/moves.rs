//! What the supervisor's course is made of: tries, losses and waits.

use super::lane::{Lane, LaneId, LaneKind, Stage};
use super::{Action, MOST_BLOCKED, Peer, Phase, Route, Supervisor, Turn};

impl Supervisor {
    /// A try.
    pub(super) fn connect(&mut self, turn: &mut Turn) {
        self.phase = Phase::Linking;
        self.tries = self.tries.saturating_add(1);
        if let Route::Http { sockets_again_ms } = self.route
            && sockets_again_ms <= turn.now.steady_ms
        {
            self.route = Route::Sockets;
            self.blocked = MOST_BLOCKED - 1;
        }
        self.open_missing(turn);
    }

    pub(super) fn open_missing(&mut self, turn: &mut Turn) {
        for kind in self.needed() {
            if !self.lanes.iter().any(|lane| lane.kind == *kind) {
                self.open(*kind, turn);
            }
        }
        self.check_ready(turn);
    }

    pub(super) fn open(&mut self, kind: LaneKind, turn: &mut Turn) {
        self.last_lane = self.last_lane.wrapping_add(1);
        let id = LaneId(self.last_lane);
        self.lanes.push(Lane::new(id, kind, turn.now.steady_ms, self.pace.connect_ms));
        turn.actions.push(Action::Open { lane: id, kind });
    }

    /// While frames go by HTTP, tries a socket beside them.
    pub(super) fn try_sockets(&mut self, turn: &mut Turn) {
        if self.route != Route::Sockets && !self.is_probing() {
            let kind = if self.dual { LaneKind::Events } else { LaneKind::Both };
            self.open(kind, turn);
        }
    }

    pub(super) fn is_probing(&self) -> bool {
        self.lanes.iter().any(|lane| !self.needs(lane.kind))
    }

    pub(super) fn take_http(&mut self, turn: &mut Turn) {
        let again = turn.now.steady_ms.saturating_add(self.pace.sockets_again_ms);
        self.route = Route::Http { sockets_again_ms: again };
    }

    /// Sockets work again.
    pub(super) fn leave_http(&mut self, turn: &mut Turn) {
        self.route = Route::Sockets;
        self.forget_failures(turn);
        let streams = |lane: &&Lane| lane.kind == LaneKind::Stream;
        let ids: Vec<_> = self.lanes.iter().filter(streams).map(|lane| lane.id).collect();
        for id in ids {
            self.close(id, turn);
        }
        self.down(turn);
        if self.phase == Phase::Linking {
            self.open_missing(turn);
        }
    }

    /// A connection is gone.
    pub(super) fn lose(&mut self, id: LaneId, cause: String, turn: &mut Turn) {
        let Some(at) = self.lanes.iter().position(|lane| lane.id == id) else { return };
        let lost = self.lanes.remove(at);
        if self.is_ready() && !self.needs(lost.kind) {
            if let Route::Http { sockets_again_ms } = &mut self.route {
                *sockets_again_ms = turn.now.steady_ms.saturating_add(self.pace.sockets_again_ms);
            }
            return;
        }
        // The other one of a pair stays, and goes on to bring what it brings.
        let useless: Vec<_> =
            self.lanes.iter().filter(|lane| !self.needs(lane.kind)).map(|lane| lane.id).collect();
        for id in useless {
            self.close(id, turn);
        }
        for lane in &mut self.lanes {
            if let Stage::Greeting { by_ms, .. } = &mut lane.stage {
                *by_ms = None;
            }
        }
        self.wait(cause, turn);
    }

    pub(super) fn drop_lane(&mut self, id: LaneId, cause: &str, turn: &mut Turn) {
        turn.actions.push(Action::Close(id));
        self.lose(id, cause.to_owned(), turn);
    }

    /// The next try comes later: full jitter below a limit that doubles.
    pub(super) fn wait(&mut self, cause: String, turn: &mut Turn) {
        self.forget_failures(turn);
        self.down(turn);
        if self.phase != Phase::Linking {
            return;
        }
        let doublings = self.tries.saturating_sub(1).min(20);
        let limit = (self.pace.backoff_base_ms << doublings).min(self.pace.backoff_cap_ms);
        let mut random = fastrand::Rng::with_seed(self.seed);
        let wait_ms = random.u64(1..=limit.max(1));
        self.seed = random.get_seed();
        self.phase = Phase::Waiting {
            until_ms: turn.now.steady_ms.saturating_add(wait_ms),
            until: turn.now.wall.plus_ms(wait_ms),
            cause,
        };
    }

    /// After a good link the next failure is a first one.
    pub(super) fn forget_failures(&mut self, turn: &Turn) {
        if let Phase::Ready { since_ms, .. } = self.phase
            && turn.now.steady_ms.saturating_sub(since_ms) >= self.pace.good_ms
        {
            self.tries = 0;
        }
    }

    pub(super) fn deny(&mut self, message: String, turn: &mut Turn) {
        self.down(turn);
        self.close_all(turn);
        self.phase = Phase::Denied { message };
    }

    /// Asks all that stands whether it lives.
    pub(super) fn doubt(&mut self, turn: &mut Turn) {
        let by_ms = turn.now.steady_ms.saturating_add(self.pace.probe_ms);
        for lane in self.lanes.iter_mut().filter(|lane| lane.has_pings()) {
            lane.probe(by_ms);
            turn.actions.push(Action::Ping(lane.id));
        }
    }

    /// With all that is needed there, the server has to say who it is.
    pub(super) fn expect_welcome(&mut self, turn: &Turn) {
        let there = |kind: &LaneKind| {
            self.lanes.iter().any(|lane| lane.kind == *kind && !lane.is_opening())
        };
        if !self.needed().iter().all(there) {
            return;
        }
        // One that never did is not waited for as long.
        let share = if self.peer == Peer::Plain { 5 } else { 1 };
        let by = turn.now.steady_ms.saturating_add(self.pace.welcome_ms / share);
        for lane in &mut self.lanes {
            if let Stage::Greeting { by_ms, .. } = &mut lane.stage {
                by_ms.get_or_insert(by);
            }
        }
    }

    pub(super) fn needed(&self) -> &'static [LaneKind] {
        match (self.route, self.dual) {
            (Route::Http { .. }, _) => &[LaneKind::Stream],
            (Route::Sockets, true) => &[LaneKind::Commands, LaneKind::Events],
            (Route::Sockets, false) => &[LaneKind::Both],
        }
    }

    pub(super) fn needs(&self, kind: LaneKind) -> bool {
        self.needed().contains(&kind)
    }

    pub(super) fn lane(&self, id: LaneId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.id == id)
    }

    pub(super) fn lane_mut(&mut self, id: LaneId) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.id == id)
    }

    pub(super) fn close(&mut self, id: LaneId, turn: &mut Turn) {
        self.lanes.retain(|lane| lane.id != id);
        turn.actions.push(Action::Close(id));
    }

    pub(super) fn close_all(&mut self, turn: &mut Turn) {
        for lane in std::mem::take(&mut self.lanes) {
            turn.actions.push(Action::Close(lane.id));
        }
    }
}
