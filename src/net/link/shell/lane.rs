//! What the tasks of connections and the shell say to each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::super::address::Address;
use super::super::step::{Failure, LaneId, LaneKind};
use super::dial::Trust;
use crate::protocol::{CommandFrame, FromServer, read_from_server};

/// Commands that wait for one connection.
const MOST_COMMANDS: usize = 64;

/// What all connections of a link share.
#[derive(Debug)]
pub(super) struct Common {
    pub(super) address: Result<Address, String>,
    pub(super) client_id: String,
    pub(super) trust: Trust,
    /// Frames that could not be read.
    pub(super) bad: AtomicU64,
}

/// To a connection.
#[derive(Debug)]
pub(super) enum ToLane {
    /// A frame, as text; with the command that it is, where it is one of the engine's.
    Frame(String, Option<Box<CommandFrame>>),
    Ping,
}

/// From a connection.
#[derive(Debug)]
pub(super) enum FromLane {
    Opened { gateway: bool },
    Failed(Failure),
    Came(FromServer),
    Alive,
    NotSent(Box<CommandFrame>),
    Closed { code: Option<u16>, cause: String },
}

/// The near end of a connection. Dropping it ends the connection at once; with `leave` it says
/// goodbye first.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) kind: LaneKind,
    pub(super) sender: mpsc::Sender<ToLane>,
    pub(super) leave: CancellationToken,
    pub(super) task: AbortOnDropHandle<()>,
}

/// The far end.
#[derive(Debug)]
pub(super) struct Ends {
    pub(super) id: LaneId,
    pub(super) kind: LaneKind,
    pub(super) common: Arc<Common>,
    pub(super) told: mpsc::Receiver<ToLane>,
    pub(super) leave: CancellationToken,
    telling: mpsc::Sender<(LaneId, FromLane)>,
}

impl Ends {
    pub(super) fn new(
        id: LaneId,
        kind: LaneKind,
        common: Arc<Common>,
        telling: mpsc::Sender<(LaneId, FromLane)>,
    ) -> (mpsc::Sender<ToLane>, Self) {
        let (sender, told) = mpsc::channel(MOST_COMMANDS);
        (sender, Self { id, kind, common, told, leave: CancellationToken::new(), telling })
    }

    pub(super) fn voice(&self) -> Voice {
        Voice { id: self.id, common: Arc::clone(&self.common), telling: self.telling.clone() }
    }
}

/// Tells the shell of one connection. Waits while the shell has no room: then the server is read
/// more slowly.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    id: LaneId,
    common: Arc<Common>,
    telling: mpsc::Sender<(LaneId, FromLane)>,
}

impl Voice {
    pub(super) async fn tell(&self, what: FromLane) {
        if self.telling.send((self.id, what)).await.is_err() {
            tracing::debug!("a link ended before its connections");
        }
    }

    /// Hands on a frame, where it can be read. One that cannot is still a sign of life.
    pub(super) async fn read(&self, text: &str) {
        match read_from_server(text) {
            Ok(frame) => self.tell(FromLane::Came(frame)).await,
            Err(bad) => self.unreadable(&bad.0).await,
        }
    }

    pub(super) async fn unreadable(&self, why: &str) {
        let count = self.common.bad.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::debug!(count, why, "a server sent what cannot be read");
        }
        self.tell(FromLane::Alive).await;
    }
}
