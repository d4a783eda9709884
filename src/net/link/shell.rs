//! The thin shell: it does what the supervisor decides, and tells it what happened.

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::{LinkClock, LinkConfig, LinkEvent, LinkInput};
use crate::protocol::LinkState;

/// Inputs and events that wait.
const MOST_WAITING: usize = 256;

/// The task of a link: dropping it ends the link at once.
#[derive(Debug)]
pub struct LinkTask {
    _task: AbortOnDropHandle<()>,
}

/// Starts a link, which connects at once and for ever. Dropping the sender ends it as well. Needs
/// a tokio runtime around it.
pub fn start(
    config: LinkConfig,
    clock: LinkClock,
    seed: u64,
) -> (mpsc::Sender<LinkInput>, mpsc::Receiver<LinkEvent>, LinkTask) {
    let (inputs, asked) = mpsc::channel(MOST_WAITING);
    let (telling, events) = mpsc::channel(MOST_WAITING);
    let task = tokio::spawn(run(config, clock, seed, asked, telling));
    (inputs, events, LinkTask { _task: AbortOnDropHandle::new(task) })
}

async fn run(
    _config: LinkConfig,
    _clock: LinkClock,
    _seed: u64,
    mut asked: mpsc::Receiver<LinkInput>,
    telling: mpsc::Sender<LinkEvent>,
) {
    if telling.send(LinkEvent::State(LinkState::Offline)).await.is_err() {
        return;
    }
    while let Some(input) = asked.recv().await {
        if let LinkInput::Send(frame) = input
            && telling.send(LinkEvent::NotSent(frame)).await.is_err()
        {
            return;
        }
    }
}
