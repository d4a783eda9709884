//! The near end of a link, and the way of its events to the one task that takes them.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use crate::agent::clock::Clock;
use crate::net::link::{
    self, LinkClock, LinkConfig, LinkEvent, LinkInput, LinkTask, Pace, Positions,
};
use crate::protocol::{ResumeFrom, RunId, Seq, ServerConfig, ServerId};

/// How far the open runs of a server were applied.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(Arc<Mutex<HashMap<RunId, Seq>>>);

impl Places {
    /// Notes how far a run was applied.
    pub(super) fn set(&self, run: RunId, seq: Seq) {
        self.0.lock().insert(run, seq);
    }

    /// A run is no longer open.
    pub(super) fn remove(&self, run: RunId) {
        self.0.lock().remove(&run);
    }
}

impl Positions for Places {
    fn open_runs(&self) -> Vec<ResumeFrom> {
        let places = self.0.lock();
        places.iter().map(|(run, seq)| ResumeFrom { run_id: *run, after_seq: *seq }).collect()
    }
}

/// What a link told.
#[derive(Debug)]
pub(super) struct Told {
    /// Whose.
    pub(super) server: ServerId,
    /// Which link to it: the one before may still have something to tell.
    pub(super) generation: u64,
    /// What.
    pub(super) event: LinkEvent,
}

/// A link. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Line {
    inputs: mpsc::Sender<LinkInput>,
    _link: LinkTask,
    _forwarder: AbortOnDropHandle<()>,
}

/// Who we are to a server, and how far we are with its runs.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) client_id: String,
    pub(super) places: Places,
    pub(super) generation: u64,
    pub(super) pace: Pace,
}

impl Line {
    /// Links to a server.
    pub(super) fn start(
        server: &ServerConfig,
        token: Option<SecretString>,
        who: Identity,
        clock: Clock,
        told: mpsc::Sender<Told>,
    ) -> Self {
        let Identity { client_id, places, generation, pace } = who;
        let id = server.id.clone();
        let config =
            LinkConfig { server: server.clone(), token, client_id, positions: Box::new(places) };
        let (inputs, mut events, link) =
            link::start(config, LinkClock { now: clock.now, pace }, seed(clock));
        let forwarder = tokio::spawn(async move {
            while let Some(event) = events.recv().await {
                let told_one = Told { server: id.clone(), generation, event };
                if told.send(told_one).await.is_err() {
                    return;
                }
            }
        });
        Self { inputs, _link: link, _forwarder: AbortOnDropHandle::new(forwarder) }
    }

    /// Asks something of the link; false where it cannot take it now. Never waits, because the
    /// link waits for its events to be taken.
    pub(super) fn ask(&self, input: LinkInput) -> bool {
        self.inputs.try_send(input).is_ok()
    }
}

/// From the clock's chance, so that a test can fix it.
pub(super) fn seed(clock: Clock) -> u64 {
    (clock.random)().to_bits()
}
