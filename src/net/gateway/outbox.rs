//! Frames that wait for a client. Who reads too slowly is dropped, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::mpsc;

/// The most frames that wait.
pub const MOST_FRAMES: usize = 1_024;

/// The most bytes that wait.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// The near end: frames go in and never wait.
#[derive(Clone, Debug)]
pub struct Outbox {
    frames: mpsc::Sender<Arc<str>>,
    shared: Arc<Shared>,
}

/// The far end, of the socket.
#[derive(Debug)]
pub struct OutboxReader {
    frames: mpsc::Receiver<Arc<str>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    overflowed: AtomicBool,
}

/// The client reads too slowly, or is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

/// A new outbox.
pub fn outbox() -> (Outbox, OutboxReader) {
    let (sender, receiver) = mpsc::channel(MOST_FRAMES);
    let shared = Arc::new(Shared::default());
    let near = Outbox { frames: sender, shared: shared.clone() };
    (near, OutboxReader { frames: receiver, shared })
}

impl Outbox {
    /// Puts a frame in.
    ///
    /// # Errors
    ///
    /// Where too much waits or the socket is gone: the session is over.
    pub fn push(&self, frame: Arc<str>) -> Result<(), Overflow> {
        let bytes = frame.len();
        let waiting = self.shared.waiting.fetch_add(bytes, Ordering::AcqRel) + bytes;
        if waiting > MOST_BYTES || self.frames.try_send(frame).is_err() {
            self.shared.waiting.fetch_sub(bytes, Ordering::AcqRel);
            self.shared.overflowed.store(true, Ordering::Release);
            return Err(Overflow);
        }
        Ok(())
    }

    /// Whether half of it is free: what is replayed waits for that, and is never dropped.
    pub fn has_room(&self) -> bool {
        self.frames.capacity() > MOST_FRAMES / 2
            && self.shared.waiting.load(Ordering::Acquire) < MOST_BYTES / 2
    }
}

impl OutboxReader {
    /// The next frame; none when the host has let the client go.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        let frame = self.frames.recv().await?;
        self.shared.waiting.fetch_sub(frame.len(), Ordering::AcqRel);
        Some(frame)
    }

    /// Whether a frame found no room.
    pub fn has_overflowed(&self) -> bool {
        self.shared.overflowed.load(Ordering::Acquire)
    }

    /// Whether half of it is free again.
    pub fn has_room(&self) -> bool {
        self.frames.len() < MOST_FRAMES / 2
            && self.shared.waiting.load(Ordering::Acquire) < MOST_BYTES / 2
    }
}
