//! How running answers are reached from outside: stop, and go on now.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::protocol::StopMode;

/// What a run is asked to do. Ordered: a later wish never weakens an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum StopWish {
    /// End at the sentence, or after the tool.
    Graceful,
    /// End now, by the user.
    Now,
    /// End now, because the app ends.
    Shutdown,
}

impl From<StopMode> for StopWish {
    fn from(mode: StopMode) -> Self {
        match mode {
            StopMode::Graceful => Self::Graceful,
            StopMode::Now => Self::Now,
        }
    }
}

/// Reaches all runs of a chat. Held by the dispatcher: a stop does not queue behind other
/// commands of the chat.
#[derive(Debug, Default)]
pub(super) struct ChatControl(Mutex<Reached>);

#[derive(Debug, Default)]
struct Reached {
    runs: Vec<Arc<RunControl>>,
    /// The app ends: so does every run that begins now.
    ends: bool,
}

impl ChatControl {
    /// Asks all runs to end.
    pub(super) fn stop(&self, wish: StopWish) {
        let mut reached = self.0.lock();
        reached.ends |= wish == StopWish::Shutdown;
        for run in &reached.runs {
            run.stop(wish);
        }
    }

    /// Ends all waits before a retry.
    pub(super) fn retry_now(&self) {
        for run in &self.0.lock().runs {
            run.retry_now.send_modify(|count| *count += 1);
        }
    }

    /// A run more, to be reached until [`Self::remove`].
    pub(super) fn add(&self) -> Arc<RunControl> {
        let mut reached = self.0.lock();
        let run = Arc::new(RunControl::new());
        if reached.ends {
            run.stop(StopWish::Shutdown);
        }
        reached.runs.push(run.clone());
        run
    }

    /// The run has ended.
    pub(super) fn remove(&self, run: &Arc<RunControl>) {
        self.0.lock().runs.retain(|known| !Arc::ptr_eq(known, run));
    }
}

/// What one run is asked.
#[derive(Debug)]
pub(super) struct RunControl {
    wish: watch::Sender<Option<StopWish>>,
    /// How often the user asked to go on now.
    retry_now: watch::Sender<u64>,
}

impl RunControl {
    fn new() -> Self {
        Self { wish: watch::Sender::new(None), retry_now: watch::Sender::new(0) }
    }

    /// Asks the run to end.
    pub(super) fn stop(&self, wish: StopWish) {
        self.wish.send_modify(|known| *known = (*known).max(Some(wish)));
    }

    /// What is asked now.
    pub(super) fn wish(&self) -> Option<StopWish> {
        *self.wish.borrow()
    }

    /// Changes when the user asks to go on now. To be taken before the wait is told.
    pub(super) fn retries(&self) -> watch::Receiver<u64> {
        self.retry_now.subscribe()
    }

    /// Ends when at least this much is asked.
    pub(super) async fn wished(&self, least: StopWish) -> StopWish {
        let mut changes = self.wish.subscribe();
        loop {
            if let Some(wish) = *changes.borrow_and_update()
                && wish >= least
            {
                return wish;
            }
            if changes.changed().await.is_err() {
                return StopWish::Shutdown;
            }
        }
    }
}
