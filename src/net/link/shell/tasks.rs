//! The connections of a link, and what waits to be told of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::super::address::Address;
use super::super::step::{Action, Input, LaneId, LaneKind, Moment, Supervisor, Word, step};
use super::super::{LinkConfig, LinkEvent, Positions, classic};
use super::dial::Trust;
use super::lane::{Common, Ends, FromLane, Handle, ToLane};
use super::{http, socket};
use crate::protocol::{
    ClientCommand, CommandFrame, FRAME_LIMIT, FromServer, Hello, PROTOCOL_VERSION, ServerConfig,
};

/// What the server knows us as.
const CLIENT: &str = concat!("switchboard/", env!("CARGO_PKG_VERSION"));

/// Connections that say goodbye; more than that are cut.
const MOST_LEAVING: usize = 8;

pub(super) struct Tasks {
    state: Option<Supervisor>,
    server: ServerConfig,
    positions: Box<dyn Positions>,
    common: Arc<Common>,
    lanes: BTreeMap<LaneId, Handle>,
    leaving: VecDeque<AbortOnDropHandle<()>>,
    voices: mpsc::Sender<(LaneId, FromLane)>,
    waiting: VecDeque<LinkEvent>,
}

impl Tasks {
    pub(super) fn new(
        config: LinkConfig,
        state: Supervisor,
        voices: mpsc::Sender<(LaneId, FromLane)>,
    ) -> Self {
        let trust = Trust::new(config.server.ca_file.clone());
        let common = Common {
            address: Address::new(&config.server, config.token),
            client_id: config.client_id,
            trust,
            bad: AtomicU64::new(0),
        };
        Self {
            state: Some(state),
            server: config.server,
            positions: config.positions,
            common: Arc::new(common),
            lanes: BTreeMap::new(),
            leaving: VecDeque::new(),
            voices,
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn timer(&self) -> Option<u64> {
        self.state.as_ref().and_then(Supervisor::timer)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.state.as_ref().is_some_and(Supervisor::is_ready)
    }

    pub(super) fn waits(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(super) fn backlog(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn next_event(&mut self) -> Option<LinkEvent> {
        self.waiting.pop_front()
    }

    pub(super) fn lanes(&self) -> Vec<LaneId> {
        self.lanes.keys().copied().collect()
    }

    pub(super) fn set_token(&mut self, token: Option<SecretString>) {
        self.common = Arc::new(Common {
            address: Address::new(&self.server, token),
            client_id: self.common.client_id.clone(),
            trust: Trust::new(self.server.ca_file.clone()),
            bad: AtomicU64::new(0),
        });
    }

    /// What a connection told.
    pub(super) fn heard(&mut self, lane: LaneId, what: FromLane, now: Moment) {
        match what {
            FromLane::Opened { gateway } => self.take(Input::Opened { lane, gateway }, now),
            FromLane::Failed(failure) => {
                self.lanes.remove(&lane);
                self.take(Input::Failed { lane, failure }, now);
            }
            FromLane::Alive => self.take(Input::Alive(lane), now),
            FromLane::NotSent(frame) => self.waiting.push_back(LinkEvent::NotSent(*frame)),
            FromLane::Closed { code, cause } => {
                self.lanes.remove(&lane);
                self.take(Input::Closed { lane, code, cause }, now);
            }
            FromLane::Came(frame) => {
                let word = Word::of(&frame);
                self.step(Input::Came { lane, word }, now, Some(frame));
            }
        }
    }

    pub(super) fn take(&mut self, input: Input, now: Moment) {
        self.step(input, now, None);
    }

    fn step(&mut self, input: Input, now: Moment, mut frame: Option<FromServer>) {
        let Some(state) = self.state.take() else { return };
        let (state, actions) = step(state, input, now);
        let heartbeat_ms = state.heartbeat_ms();
        self.state = Some(state);
        for action in actions {
            match action {
                Action::Open { lane, kind } => self.open(lane, kind, heartbeat_ms),
                Action::Hello(lane) => self.hello(lane),
                Action::Ping(lane) => self.pass(lane, ToLane::Ping),
                Action::Close(lane) => self.close(lane),
                Action::Deliver => self.waiting.extend(frame.take().map(LinkEvent::Came)),
                Action::Tell(state) => self.waiting.push_back(LinkEvent::State(state)),
                Action::Up(welcome) => {
                    self.waiting.push_back(LinkEvent::Up(welcome.map(|welcome| *welcome)));
                }
                Action::Down => self.waiting.push_back(LinkEvent::Down),
            }
        }
    }

    fn open(&mut self, id: LaneId, kind: LaneKind, heartbeat_ms: u64) {
        let common = Arc::clone(&self.common);
        let (sender, ends) = Ends::new(id, kind, common, self.voices.clone());
        let leave = ends.leave.clone();
        let task = match kind {
            LaneKind::Both | LaneKind::Commands | LaneKind::Events => {
                tokio::spawn(socket::run(ends))
            }
            LaneKind::Stream => {
                let silence = Duration::from_millis(heartbeat_ms.saturating_mul(2));
                tokio::spawn(http::run(ends, self.positions.open_runs(), silence))
            }
        };
        self.lanes.insert(id, Handle { kind, sender, leave, task: AbortOnDropHandle::new(task) });
    }

    fn hello(&mut self, lane: LaneId) {
        // A stream says it with its address.
        if self.lanes.get(&lane).is_none_or(|handle| handle.kind == LaneKind::Stream) {
            return;
        }
        let hello = Hello {
            protocol: PROTOCOL_VERSION,
            client: CLIENT.to_owned(),
            client_id: self.common.client_id.clone(),
            resume: self.positions.open_runs(),
        };
        let frame = CommandFrame { id: None, command: ClientCommand::Hello(hello) };
        if let Ok(text) = serde_json::to_string(&frame) {
            self.pass(lane, ToLane::Frame(text, None));
        }
    }

    /// A ping that finds no room is as good as one that is not answered.
    fn pass(&mut self, lane: LaneId, what: ToLane) {
        if let Some(handle) = self.lanes.get(&lane)
            && handle.sender.try_send(what).is_err()
        {
            tracing::debug!("a connection takes nothing any more");
        }
    }

    fn close(&mut self, lane: LaneId) {
        let Some(handle) = self.lanes.remove(&lane) else { return };
        handle.leave.cancel();
        self.leaving.retain(|task| !task.is_finished());
        if self.leaving.len() == MOST_LEAVING {
            self.leaving.pop_front();
        }
        self.leaving.push_back(handle.task);
    }

    /// Sends a command, or says that it was not sent.
    pub(super) fn send(&mut self, frame: CommandFrame) {
        let text = match &self.state {
            Some(state) if state.is_ready() && state.is_plain() => classic::encode(&frame),
            Some(state) if state.is_ready() => serde_json::to_string(&frame).ok(),
            Some(_) | None => None,
        };
        let text = text.filter(|text| text.len() <= FRAME_LIMIT);
        let lane = self.lanes.values().find(|handle| match handle.kind {
            LaneKind::Both | LaneKind::Commands | LaneKind::Stream => true,
            LaneKind::Events => false,
        });
        let (Some(text), Some(lane)) = (text, lane) else {
            self.waiting.push_back(LinkEvent::NotSent(frame));
            return;
        };
        if lane.sender.try_send(ToLane::Frame(text, Some(Box::new(frame.clone())))).is_err() {
            self.waiting.push_back(LinkEvent::NotSent(frame));
        }
    }

    /// Waits until all connections have said goodbye.
    pub(super) async fn farewell(&mut self) {
        for task in self.leaving.drain(..) {
            if task.await.is_err() {
                tracing::debug!("a connection was cut");
            }
        }
    }
}
