//! Open runs: what was told of them lately, so that whoever returns soon needs no database.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::protocol::{AgentState, ChatId, Frame, RunEvent, Seq, StreamEvent, ToolCallId};

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
    approvals: HashMap<ToolCallId, Asked>,
    frames: VecDeque<(Seq, Arc<str>)>,
    bytes: usize,
}

/// A question for consent, as it was told.
#[derive(Debug)]
struct Asked {
    seq: Seq,
    args_hash: String,
    frame: Arc<str>,
}

impl LiveRun {
    pub(super) fn new(chat: ChatId, started: Arc<str>) -> Self {
        Self {
            chat,
            started,
            last: Seq(0),
            cut: None,
            told: HashSet::new(),
            approvals: HashMap::new(),
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
            StreamEvent::ApprovalNeeded { id, args_hash, .. } => {
                let (seq, args_hash, frame) = (event.seq, args_hash.clone(), frame.clone());
                self.approvals.insert(id.clone(), Asked { seq, args_hash, frame });
            }
            StreamEvent::State { from: AgentState::AwaitingApproval, .. } => self.approvals.clear(),
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

    /// Whether a call waits for consent. Ids are the model's: those of two runs may be alike.
    pub(super) fn waits_for(&self, call: &ToolCallId) -> bool {
        self.approvals.contains_key(call)
    }

    /// Whether it was asked about with these arguments.
    pub(super) fn asked_about(&self, call: &ToolCallId, args_hash: &str) -> bool {
        self.approvals.get(call).is_some_and(|asked| asked.args_hash == args_hash)
    }

    /// The questions for consent that still wait, up to an event: whoever goes on behind them can
    /// answer as well.
    pub(super) fn questions_until(&self, seq: Seq) -> impl Iterator<Item = &Arc<str>> {
        self.approvals.values().filter(move |asked| asked.seq <= seq).map(|asked| &asked.frame)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{IdSource, Timestamp};

    fn event(seq: u64, content: &str) -> RunEvent {
        let (chat, run) = (IdSource.chat(Timestamp(1)), IdSource.run(Timestamp(1)));
        let content = content.to_owned();
        let event = StreamEvent::Thinking { content, offset: 0, opaque: None };
        RunEvent { chat, run, seq: Seq(seq), at: Timestamp(1), event, resume: None }
    }

    fn told(live: &mut LiveRun, seq: u64, content: &str) {
        let event = event(seq, content);
        let frame = frame_of(event.clone());
        live.add(&event, &frame);
    }

    fn run() -> LiveRun {
        LiveRun::new(IdSource.chat(Timestamp(1)), "started".into())
    }

    #[test]
    fn the_last_frames_are_kept_and_no_more_than_is_allowed() {
        let mut live = run();
        for seq in 1..=600 {
            told(&mut live, seq, "x");
        }
        assert!(live.after(Seq(0)).is_none(), "the first are in the journal alone");
        assert_eq!(live.after(Seq(590)).unwrap().count(), 10);
        assert_eq!(live.after(Seq(600)).unwrap().count(), 0);
        told(&mut live, 601, &"x".repeat(MOST_BYTES));
        assert!(live.after(Seq(600)).is_none());
    }

    #[test]
    fn a_question_for_consent_waits_until_it_is_answered() {
        let call = ToolCallId::from("call-1");
        let question = StreamEvent::ApprovalNeeded {
            id: call.clone(),
            tool: "shell".to_owned(),
            action: "Run a command".to_owned(),
            args: serde_json::json!({"command": "make"}),
            args_hash: "4f".to_owned(),
            risk_level: crate::protocol::RiskLevel::High,
            reason: String::new(),
            expires_at: Timestamp(9),
        };
        let mut live = run();
        told(&mut live, 1, "x");
        let asked = RunEvent { event: question, ..event(2, "") };
        live.add(&asked, &frame_of(asked.clone()));
        assert!(live.waits_for(&call) && live.asked_about(&call, "4f"));
        assert!(!live.asked_about(&call, "another"));
        assert_eq!(live.questions_until(Seq(1)).count(), 0, "the replay tells it");
        assert_eq!(live.questions_until(Seq(2)).count(), 1);
        let answered = StreamEvent::State {
            from: AgentState::AwaitingApproval,
            to: AgentState::Thinking,
            cause: crate::protocol::StateCause::Denied,
        };
        let answered = RunEvent { event: answered, ..event(3, "") };
        live.add(&answered, &frame_of(answered.clone()));
        assert!(!live.waits_for(&call));
        assert_eq!(live.questions_until(Seq(3)).count(), 0);
    }

    #[test]
    fn a_client_of_an_earlier_process_does_not_go_on_beyond_the_cut() {
        let client = |name: &str| ("token".to_owned(), name.to_owned());
        let mut live = run();
        told(&mut live, 16, "taken up");
        told(&mut live, 17, "goes on");
        live.told.insert(client("here"));
        let table = [
            (15, "stale", true),
            (16, "stale", false),
            (16, "here", true),
            (17, "here", true),
            (18, "here", false),
        ];
        for (seq, name, may) in table {
            assert_eq!(live.goes_on_after(Seq(seq), Some(&client(name))), may, "{seq} {name}");
        }
        let mut live = run();
        told(&mut live, 1, "new");
        assert!(live.goes_on_after(Seq(1), Some(&client("anybody"))));
    }
}
