//! Frames that wait for a client. Who reads too slowly is dropped, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

use tokio::sync::{Notify, mpsc};

/// The most frames that wait.
pub const MOST_FRAMES: usize = 1_024;

/// The most bytes that wait before another frame goes in.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A frame of this length is long. One of them may wait beside all others: what is behind the echo
/// of a long message does not mean that its client is slow.
const LONG: usize = MOST_BYTES / 4;

/// The near end: frames go in and never wait.
#[derive(Clone, Debug)]
pub struct Outbox {
    frames: mpsc::Sender<Waiting>,
    shared: Arc<Shared>,
}

/// The far end, of the socket.
#[derive(Debug)]
pub struct OutboxReader {
    frames: mpsc::Receiver<Waiting>,
    shared: Arc<Shared>,
}

/// A frame that waits.
#[derive(Debug)]
struct Waiting {
    frame: Arc<str>,
    /// It is the long one that is not counted.
    is_beside: bool,
}

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    /// A long frame waits that is not counted.
    has_long: AtomicBool,
    overflowed: AtomicBool,
    overflow: Notify,
    /// The host was told that there is no room, and waits for some.
    awaited: AtomicBool,
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

impl Waiting {
    fn counts(&self) -> usize {
        if self.is_beside { 0 } else { self.frame.len() }
    }
}

impl Outbox {
    /// Puts a frame in. What counts is what waits before it: one that is longer than all that may
    /// wait goes to a client that is not behind.
    ///
    /// # Errors
    ///
    /// Where too much waits or the socket is gone: the session is over.
    pub fn push(&self, frame: Arc<str>) -> Result<(), Overflow> {
        let bytes = frame.len();
        let is_beside = bytes >= LONG && !self.shared.has_long.swap(true, Ordering::AcqRel);
        let waiting = Waiting { frame, is_beside };
        let before = self.shared.waiting.fetch_add(waiting.counts(), Ordering::AcqRel);
        if before >= MOST_BYTES || self.frames.try_send(waiting).is_err() {
            // The session is over: nothing goes in any more.
            self.shared.overflowed.store(true, Ordering::Release);
            self.shared.overflow.notify_one();
            return Err(Overflow);
        }
        Ok(())
    }

    /// Whether nobody takes frames out any more.
    pub fn is_closed(&self) -> bool {
        self.frames.is_closed()
    }

    /// Whether half of it is free: what is replayed waits for that, and is never dropped. Where
    /// there is no room, the host is told as soon as there is.
    pub fn has_room(&self) -> bool {
        // Said before it is looked at, so that whoever makes room in between sees it.
        self.shared.awaited.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let has_room = self.frames.capacity() > MOST_FRAMES / 2
            && self.shared.waiting.load(Ordering::Acquire) < MOST_BYTES / 2;
        if has_room {
            self.shared.awaited.store(false, Ordering::SeqCst);
        }
        has_room
    }
}

impl OutboxReader {
    /// The next frame; none when the host has let the client go.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        let waiting = self.frames.recv().await?;
        Some(self.taken(waiting))
    }

    /// The next frame, if one waits.
    pub fn try_next(&mut self) -> Option<Arc<str>> {
        let waiting = self.frames.try_recv().ok()?;
        Some(self.taken(waiting))
    }

    fn taken(&self, waiting: Waiting) -> Arc<str> {
        self.shared.waiting.fetch_sub(waiting.counts(), Ordering::AcqRel);
        if waiting.is_beside {
            self.shared.has_long.store(false, Ordering::Release);
        }
        waiting.frame
    }

    /// Waits until a frame found no room.
    pub async fn overflow(&self) {
        while !self.has_overflowed() {
            self.shared.overflow.notified().await;
        }
    }

    /// Whether a frame found no room.
    pub fn has_overflowed(&self) -> bool {
        self.shared.overflowed.load(Ordering::Acquire)
    }

    /// Whether the host waits for room, and there is some. Says so once.
    pub fn made_room(&self) -> bool {
        fence(Ordering::SeqCst);
        let has_room = self.frames.len() < MOST_FRAMES / 2
            && self.shared.waiting.load(Ordering::Acquire) < MOST_BYTES / 2;
        has_room && self.shared.awaited.swap(false, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Arc<str> {
        "x".repeat(bytes).into()
    }

    #[test]
    fn too_many_frames_and_too_many_bytes_overflow() {
        let (near, far) = outbox();
        for _ in 0..MOST_FRAMES {
            near.push(frame(10)).unwrap();
        }
        assert!(!far.has_overflowed());
        assert_eq!(near.push(frame(10)), Err(Overflow));
        assert!(far.has_overflowed());
        let (near, far) = outbox();
        let mut waiting = 0;
        while near.push(frame(LONG / 2)).is_ok() {
            waiting += LONG / 2;
        }
        assert_eq!(waiting, MOST_BYTES);
        assert!(far.has_overflowed());
    }

    #[tokio::test]
    async fn a_frame_longer_than_all_that_may_wait_goes_in_with_those_around_it() {
        let (near, mut far) = outbox();
        for _ in 0..3 {
            near.push(frame(100)).unwrap();
            near.push(frame(2 * MOST_BYTES)).unwrap();
            near.push(frame(100)).unwrap();
            assert!(near.has_room(), "what is replayed need not wait for it");
            for wanted in [100, 2 * MOST_BYTES, 100] {
                assert_eq!(far.next().await.unwrap().len(), wanted);
            }
        }
        assert!(!far.has_overflowed());
    }

    #[test]
    fn long_frames_do_not_pile_up() {
        let (near, far) = outbox();
        near.push(frame(2 * MOST_BYTES)).unwrap();
        near.push(frame(2 * MOST_BYTES)).unwrap();
        assert_eq!(near.push(frame(2 * MOST_BYTES)), Err(Overflow));
        assert!(far.has_overflowed());
    }

    #[test]
    fn whoever_waits_for_room_is_told_once() {
        let (near, mut far) = outbox();
        while near.has_room() {
            near.push(frame(1)).unwrap();
        }
        assert!(!far.made_room());
        assert!(far.try_next().is_some());
        assert!(far.made_room());
        assert!(!far.made_room(), "said once");
        assert!(near.has_room());
        assert!(far.try_next().is_some());
        assert!(!far.made_room(), "nobody waits");
    }
}
