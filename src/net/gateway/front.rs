//! What all connections of a gateway share.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::door::Passes;
use super::host::{Doorkeeper, HostInput, HostSender, SessionKey};
use super::pair::Pairs;
use super::pairing::Tries;
use super::streams::Streams;
use super::{GatewayConfig, Timing, brief};

/// How many sockets without a token are told so at once; more than that get a plain 401.
const MOST_REFUSED: usize = 64;

/// What all connections share.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) config: GatewayConfig,
    pub(super) door: Arc<dyn Doorkeeper>,
    host: HostSender,
    /// No longer let anybody in; those who are stay.
    pub(super) shut: CancellationToken,
    /// Tell those who are in, and let them go.
    pub(super) stop: CancellationToken,
    /// Everything ends at once.
    pub(super) end: CancellationToken,
    pub(super) tasks: TaskTracker,
    pub(super) passes: Passes,
    pub(super) pairs: Pairs,
    pub(super) streams: Streams,
    pub(super) tries: Tries,
    /// Room for clients.
    pub(super) clients: Arc<Semaphore>,
    /// Room for the second sockets of pairs.
    pub(super) seconds: Arc<Semaphore>,
    /// Room for sockets that are told that they may not come in.
    pub(super) refused: Arc<Semaphore>,
    pub(super) started: Instant,
    sessions: AtomicU64,
    ignored: AtomicU64,
}

/// The host is gone, and with it the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HostGone;

impl Front {
    pub(super) fn new(
        config: GatewayConfig,
        door: Arc<dyn Doorkeeper>,
        host: HostSender,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let most = config.max_clients.min(Semaphore::MAX_PERMITS);
        Arc::new(Self {
            config,
            door,
            host,
            shut: stop.child_token(),
            stop,
            end: CancellationToken::new(),
            tasks: TaskTracker::new(),
            passes: Passes::default(),
            pairs: Pairs::default(),
            streams: Streams::default(),
            tries: Tries::default(),
            clients: Arc::new(Semaphore::new(most)),
            seconds: Arc::new(Semaphore::new(most)),
            refused: Arc::new(Semaphore::new(MOST_REFUSED)),
            started: Instant::now(),
            sessions: AtomicU64::new(1),
            ignored: AtomicU64::new(0),
        })
    }

    pub(super) fn timing(&self) -> &Timing {
        &self.config.timing
    }

    /// A key that no other session has or had.
    pub(super) fn new_session(&self) -> SessionKey {
        SessionKey(self.sessions.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells the host; waits while it has too much to do, and with that the client waits too.
    pub(super) async fn tell(&self, input: HostInput) -> Result<(), HostGone> {
        self.host.send(input).await.map_err(|_input| HostGone)
    }

    /// Whether the gateway stops or is about to, or its host already has.
    pub(super) fn is_ending(&self) -> bool {
        self.shut.is_cancelled() || self.host.is_closed()
    }

    /// Counts a frame of a kind that is not known here.
    pub(super) fn ignore(&self, kind: &str) {
        let count = self.ignored.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::debug!(kind = %brief(kind), count, "a frame of an unknown type is ignored");
    }

    /// Runs a task of the gateway: it ends with it.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        self.tasks.spawn(async move {
            let _ended = end.run_until_cancelled(task).await;
        });
    }
}
