//! One connection of a link.

/// The name of a connection. A later one has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneId(pub u32);

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LaneKind {
    /// A WebSocket for frames both ways.
    Both,
    /// A WebSocket for commands.
    Commands,
    /// A WebSocket for events.
    Events,
    /// A stream of server-sent events, with one POST for each command beside it.
    Stream,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) id: LaneId,
    pub(super) kind: LaneKind,
    pub(super) stage: Stage,
    /// The last sign of life.
    seen_ms: u64,
    /// Something came since it is open.
    pub(super) has_answered: bool,
    ping_at_ms: u64,
    probe_by_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Opening {
        by_ms: u64,
    },
    /// It carries frames; the server has not said who it is. Without a time where the other one
    /// of a pair is missing: the server says nothing before it has both.
    Greeting {
        by_ms: Option<u64>,
        /// The server is no plain one.
        gateway: bool,
    },
    Open,
}

/// Why a connection cannot be waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    Opening,
    Welcome,
    SignOfLife,
}

impl Lane {
    pub(super) fn new(id: LaneId, kind: LaneKind, now_ms: u64, connect_ms: u64) -> Self {
        Self {
            id,
            kind,
            stage: Stage::Opening { by_ms: now_ms.saturating_add(connect_ms) },
            seen_ms: now_ms,
            has_answered: false,
            ping_at_ms: 0,
            probe_by_ms: None,
        }
    }

    pub(super) fn is_opening(&self) -> bool {
        matches!(self.stage, Stage::Opening { .. })
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// Whether it has pings. The signs of life of a stream never get as far as here: its
    /// connection fails by itself when they do not come.
    pub(super) fn has_pings(&self) -> bool {
        match self.kind {
            LaneKind::Both | LaneKind::Commands | LaneKind::Events => !self.is_opening(),
            LaneKind::Stream => false,
        }
    }

    pub(super) fn opened(&mut self, stage: Stage, now_ms: u64, heartbeat_ms: u64) {
        self.stage = stage;
        self.seen_ms = now_ms;
        self.ping_at_ms = now_ms.saturating_add(heartbeat_ms);
    }

    pub(super) fn sign_of_life(&mut self, now_ms: u64) {
        self.seen_ms = now_ms;
        self.has_answered = !self.is_opening();
        self.probe_by_ms = None;
    }

    /// A sign of life is asked for and wanted by then.
    pub(super) fn probe(&mut self, by_ms: u64) {
        self.probe_by_ms = Some(self.probe_by_ms.unwrap_or(by_ms).min(by_ms));
    }

    /// Whether a ping is due; then the next one is planned.
    pub(super) fn takes_ping(&mut self, now_ms: u64, heartbeat_ms: u64) -> bool {
        let due = self.has_pings() && self.ping_at_ms <= now_ms;
        if due {
            self.ping_at_ms = now_ms.saturating_add(heartbeat_ms);
        }
        due
    }

    /// The heartbeat is another one: the next ping comes no later than it says.
    pub(super) fn beat(&mut self, now_ms: u64, heartbeat_ms: u64) {
        self.ping_at_ms = self.ping_at_ms.min(now_ms.saturating_add(heartbeat_ms));
    }

    pub(super) fn overdue(&self, now_ms: u64, heartbeat_ms: u64) -> Option<Overdue> {
        let reached = |by: Option<u64>| by.is_some_and(|by| by <= now_ms);
        match self.stage {
            Stage::Opening { by_ms } => reached(Some(by_ms)).then_some(Overdue::Opening),
            Stage::Greeting { by_ms, .. } if reached(by_ms) => Some(Overdue::Welcome),
            Stage::Greeting { .. } | Stage::Open => {
                reached(self.dead_ms(heartbeat_ms)).then_some(Overdue::SignOfLife)
            }
        }
    }

    pub(super) fn timer(&self, heartbeat_ms: u64) -> Option<u64> {
        let stage = match self.stage {
            Stage::Opening { by_ms } => Some(by_ms),
            Stage::Greeting { by_ms, .. } => by_ms,
            Stage::Open => None,
        };
        let ping = self.has_pings().then_some(self.ping_at_ms);
        [stage, ping, self.dead_ms(heartbeat_ms)].into_iter().flatten().min()
    }

    /// When it is dead without a sign of life.
    fn dead_ms(&self, heartbeat_ms: u64) -> Option<u64> {
        let silent = self.seen_ms.saturating_add(heartbeat_ms.saturating_mul(2));
        self.has_pings().then(|| self.probe_by_ms.unwrap_or(silent).min(silent))
    }
}
