//! Events that were appended and are not in the file yet.
//!
//! Shared by three: whoever appends, the writer that commits, and readers, who add what lies
//! here to what they read. Adjacent deltas are joined as they come, so that a row of the journal
//! and its cost stand for many of them.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use crate::protocol::{RunEvent, RunId, Seq, StreamEvent};

/// The longest an event waits for its commit.
const MAX_WAIT: Duration = Duration::from_millis(250);
/// So much content is committed at once.
const MAX_BYTES: usize = 16 * 1024;

/// One event, or several adjacent deltas as one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// The first event, with the content of all.
    pub(super) event: RunEvent,
    /// The last event.
    pub(super) upto: Seq,
}

/// Whether the writer should be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wake {
    /// There is a new deadline, or enough to commit.
    Now,
    /// It knows already.
    No,
}

/// The events that wait.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Buffer>);

#[derive(Debug, Default)]
struct Buffer {
    entries: Vec<Entry>,
    /// So many of the first are being committed and must not change.
    frozen: usize,
    bytes: usize,
    since: Option<Instant>,
}

impl Pending {
    /// Adds an event.
    pub(super) fn push(&self, event: RunEvent) -> Wake {
        let mut buffer = self.0.lock();
        let bytes_before = buffer.bytes;
        buffer.bytes += weight(&event.event);
        let is_first = buffer.since.is_none();
        buffer.since.get_or_insert_with(Instant::now);
        let unfrozen = buffer.entries.len() > buffer.frozen;
        let joined = match buffer.entries.last_mut() {
            Some(last) if unfrozen => join(last, event),
            Some(_) | None => Some(event),
        };
        if let Some(event) = joined {
            buffer.entries.push(Entry { upto: event.seq, event });
        }
        let is_full = bytes_before < MAX_BYTES && buffer.bytes >= MAX_BYTES;
        if is_first || is_full { Wake::Now } else { Wake::No }
    }

    /// When the next commit is due.
    pub(super) fn due(&self) -> Option<Instant> {
        let buffer = self.0.lock();
        buffer.since.map(|since| if buffer.bytes >= MAX_BYTES { since } else { since + MAX_WAIT })
    }

    /// All that waits, to be committed. [`Self::committed`] or [`Self::keep`] must follow.
    pub(super) fn freeze(&self) -> Vec<Entry> {
        let mut buffer = self.0.lock();
        buffer.frozen = buffer.entries.len();
        buffer.bytes = 0;
        buffer.since = None;
        buffer.entries.clone()
    }

    /// What was frozen is in the file.
    pub(super) fn committed(&self) {
        let mut buffer = self.0.lock();
        let frozen = std::mem::take(&mut buffer.frozen);
        buffer.entries.drain(..frozen);
    }

    /// What was frozen could not be committed, and goes on waiting.
    pub(super) fn keep(&self) {
        let mut buffer = self.0.lock();
        if std::mem::take(&mut buffer.frozen) > 0 {
            buffer.since.get_or_insert_with(Instant::now);
        }
    }

    /// All that waits, for a reader. To be called before it reads the file: what is committed
    /// in between is then seen twice, which [`Entry::upto`] tells, and never missed.
    pub(super) fn snapshot(&self) -> Vec<Entry> {
        self.0.lock().entries.clone()
    }

    /// Whether events of a run wait.
    pub(super) fn is_empty(&self) -> bool {
        self.0.lock().entries.is_empty()
    }
}

/// The entries of one run that come after `seq`.
pub(super) fn after(entries: &[Entry], run: RunId, seq: Seq) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(move |entry| entry.event.run == run && entry.upto > seq)
}

/// Joins a delta to the one before it. Gives the event back where it cannot be joined.
fn join(last: &mut Entry, event: RunEvent) -> Option<RunEvent> {
    if last.event.run != event.run || last.upto.next() != event.seq {
        return Some(event);
    }
    let joined = match (&mut last.event.event, &event.event) {
        (
            StreamEvent::Message { content, offset, message_id, .. },
            StreamEvent::Message { content: more, offset: at, message_id: other, .. },
        ) => message_id == other && extend(content, *offset, more, *at),
        (
            StreamEvent::Thinking { content, offset, opaque: None },
            StreamEvent::Thinking { content: more, offset: at, opaque: None },
        ) => extend(content, *offset, more, *at),
        (_, _) => false,
    };
    if joined {
        last.upto = event.seq;
        last.event.resume = event.resume;
        return None;
    }
    Some(event)
}

fn extend(content: &mut String, offset: u64, more: &str, at: u64) -> bool {
    let fits = !content.is_empty() && offset + content.len() as u64 == at;
    if fits {
        content.push_str(more);
    }
    fits
}

/// The size of what an event carries.
fn weight(event: &StreamEvent) -> usize {
    match event {
        StreamEvent::Message { content, .. } | StreamEvent::Thinking { content, .. } => {
            content.len()
        }
        StreamEvent::ToolEnd { result, .. } => result.len(),
        StreamEvent::State { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. }
        | StreamEvent::Error { .. }
        | StreamEvent::Done { .. } => 256,
    }
}
