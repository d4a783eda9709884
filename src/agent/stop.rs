//! How a running answer is reached from outside: stop, and go on now.

use tokio::sync::{Notify, watch};

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

/// The near end, held by the dispatcher: a stop does not queue behind other commands of the chat.
#[derive(Debug)]
pub(super) struct RunControl {
    wish: watch::Sender<Option<StopWish>>,
    /// The wait before a retry ends at once.
    pub(super) retry_now: Notify,
}

impl RunControl {
    pub(super) fn new() -> Self {
        Self { wish: watch::Sender::new(None), retry_now: Notify::new() }
    }

    /// Asks the run to end.
    pub(super) fn stop(&self, wish: StopWish) {
        self.wish.send_modify(|known| *known = (*known).max(Some(wish)));
    }

    /// Forgets what was asked of the last run. An app that ends stays ending.
    pub(super) fn reset(&self) {
        self.wish.send_modify(|known| *known = known.filter(|wish| *wish == StopWish::Shutdown));
    }

    /// What is asked now.
    pub(super) fn wish(&self) -> Option<StopWish> {
        *self.wish.borrow()
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
