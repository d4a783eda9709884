//! Frames that wait for a client. Who reads too slowly is dropped, and nobody else notices.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

use tokio::sync::{Notify, mpsc};

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

impl Outbox {
    /// Puts a frame in. One that is longer than all that may wait goes in alone.
    ///
    /// # Errors
    ///
    /// Where too much waits or the socket is gone: the session is over.
    pub fn push(&self, frame: Arc<str>) -> Result<(), Overflow> {
        let bytes = frame.len();
        let waiting = self.shared.waiting.fetch_add(bytes, Ordering::AcqRel) + bytes;
        let too_much = waiting > MOST_BYTES && waiting > bytes;
        if too_much || self.frames.try_send(frame).is_err() {
            self.shared.waiting.fetch_sub(bytes, Ordering::AcqRel);
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
        let frame = self.frames.recv().await?;
        self.shared.waiting.fetch_sub(frame.len(), Ordering::AcqRel);
        Some(frame)
    }

    /// The next frame, if one waits.
    pub fn try_next(&mut self) -> Option<Arc<str>> {
        let frame = self.frames.try_recv().ok()?;
        self.shared.waiting.fetch_sub(frame.len(), Ordering::AcqRel);
        Some(frame)
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
        near.push(frame(MOST_BYTES)).unwrap();
        assert_eq!(near.push(frame(1)), Err(Overflow));
        assert!(far.has_overflowed());
    }

    #[tokio::test]
    async fn a_frame_longer_than_all_that_may_wait_goes_alone() {
        let (near, mut far) = outbox();
        near.push(frame(MOST_BYTES + 1)).unwrap();
        assert_eq!(far.next().await.unwrap().len(), MOST_BYTES + 1);
        near.push(frame(1)).unwrap();
        assert!(!far.has_overflowed());
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
