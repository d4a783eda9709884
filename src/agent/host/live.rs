//! Open runs: what was told of them lately, so that whoever returns soon needs no database.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::protocol::{ChatId, Frame, RunEvent, Seq, StreamEvent, ToolCallId};

/// The most frames that are kept of a run.
const MOST_FRAMES: usize = 512;
/// The most bytes.
const MOST_BYTES: usize = 256 * 1024;

/// An event of a run as it stands on the wire.
pub(super) fn frame_of(event: RunEvent) -> Arc<str> {
    serde_json::to_string(&Frame::from(event))
        .unwrap_or_else(|error| {
            // Only maps with keys that are no text cannot be spelled, and there are none.
            tracing::error!(%error, "an event could not be spelled");
            r#"{"type":"nothing","v":1}"#.to_owned()
        })
        .into()
}

/// An open run.
#[derive(Debug)]
pub(super) struct LiveRun {
    pub(super) chat: ChatId,
    /// The frame that tells of its beginning.
    pub(super) started: Arc<str>,
    /// The last event.
    pub(super) last: Seq,
    /// The last event of an earlier process, where it was taken up: a client of that time may have
    /// later ones, which are told again in other pieces.
    pub(super) cut: Option<Seq>,
    /// Clients that have it from this process.
    pub(super) told: HashSet<(String, String)>,
    /// Calls that wait for consent.
    pub(super) approvals: HashSet<ToolCallId>,
    frames: VecDeque<(Seq, Arc<str>)>,
    bytes: usize,
}

impl LiveRun {
    pub(super) fn new(chat: ChatId, started: Arc<str>) -> Self {
        Self {
            chat,
            started,
            last: Seq(0),
            cut: None,
            told: HashSet::new(),
            approvals: HashSet::new(),
            frames: VecDeque::new(),
            bytes: 0,
        }
    }

    /// Keeps an event with its frame.
    pub(super) fn add(&mut self, event: &RunEvent, frame: &Arc<str>) {
        if self.last == Seq(0) && event.seq > Seq(1) {
            self.cut = Some(Seq(event.seq.0.saturating_sub(1)));
        }
        match &event.event {
            StreamEvent::ApprovalNeeded { id, .. } => {
                self.approvals.insert(id.clone());
            }
            StreamEvent::ToolStart { id, .. } | StreamEvent::ToolEnd { id, .. } => {
                self.approvals.remove(id);
            }
            StreamEvent::State { .. }
            | StreamEvent::Thinking { .. }
            | StreamEvent::Message { .. }
            | StreamEvent::Usage { .. }
            | StreamEvent::Context { .. }
            | StreamEvent::Notification { .. }
            | StreamEvent::ModelFallback { .. }
            | StreamEvent::Error { .. }
            | StreamEvent::Done { .. } => {}
        }
        self.last = event.seq;
        self.bytes += frame.len();
        self.frames.push_back((event.seq, frame.clone()));
        while self.frames.len() > MOST_FRAMES || self.bytes > MOST_BYTES {
            let Some((_, old)) = self.frames.pop_front() else { break };
            self.bytes -= old.len();
        }
    }

    /// The frames after an event; none where some of them are no longer here.
    pub(super) fn after(&self, seq: Seq) -> Option<impl Iterator<Item = &Arc<str>>> {
        let (first, _) = self.frames.front()?;
        if *first > seq.next() {
            return None;
        }
        let later = self.frames.iter().filter(move |(at, _)| *at > seq);
        Some(later.map(|(_, frame)| frame))
    }

    /// Whether a client that has a run to this event can go on with it.
    pub(super) fn goes_on_after(&self, seq: Seq, client: Option<&(String, String)>) -> bool {
        let is_ours = client.is_some_and(|client| self.told.contains(client));
        seq <= self.last && (is_ours || self.cut.is_none_or(|cut| seq <= cut))
    }
}
