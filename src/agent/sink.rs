//! Where the events of a run go: numbered, folded, journalled, told.

use tokio::sync::mpsc;

use super::clock::Clock;
use crate::protocol::{
    BackendEvent, Message, MessageId, Part, ResumePoint, RunEvent, RunId, Seq, StreamEvent,
};
use crate::store::StoreHandle;

/// The events of one run, in order.
#[derive(Debug)]
pub(super) struct Sink {
    answer: Message,
    run: RunId,
    seq: Seq,
    clock: Clock,
    store: StoreHandle,
    events: mpsc::Sender<BackendEvent>,
}

impl Sink {
    pub(super) fn new(
        answer: Message,
        run: RunId,
        clock: Clock,
        store: StoreHandle,
        events: mpsc::Sender<BackendEvent>,
    ) -> Self {
        Self { answer, run, seq: Seq::default(), clock, store, events }
    }

    /// The same for a run whose journal ends with this event.
    pub(super) fn after(self, seq: Seq) -> Self {
        Self { seq, ..self }
    }

    /// The answer as it stands.
    pub(super) fn answer(&self) -> &Message {
        &self.answer
    }

    /// The answer's id.
    pub(super) fn answer_id(&self) -> MessageId {
        self.answer.id
    }

    /// Whether any content has arrived.
    pub(super) fn has_content(&self) -> bool {
        self.answer.parts.iter().any(|part| match part {
            Part::Text { .. } | Part::Thinking { .. } | Part::ToolCall { .. } => true,
            Part::ToolResult { .. }
            | Part::Image { .. }
            | Part::File { .. }
            | Part::Notice { .. } => false,
        })
    }

    /// The text of the open part; empty where the answer does not end with text.
    pub(super) fn open_text(&self) -> &str {
        match self.answer.parts.last() {
            Some(Part::Text { text }) => text,
            Some(_) | None => "",
        }
    }

    /// Journals an event and tells it. The store first: what was shown is at least on its way
    /// to the disk.
    pub(super) async fn emit(&mut self, event: StreamEvent) {
        self.emit_at(event, None).await;
    }

    /// The same for an event behind which the provider's stream can be resumed.
    pub(super) async fn emit_at(&mut self, event: StreamEvent, place: Option<ResumePoint>) {
        let event = RunEvent { resume: place, ..self.number(event) };
        if let Err(error) = self.store.append(event.clone()) {
            tracing::error!(%error, "an event could not be journalled");
        }
        self.tell(BackendEvent::Run(event)).await;
    }

    /// Gives an event its place and applies it, without journalling or telling it.
    pub(super) fn number(&mut self, event: StreamEvent) -> RunEvent {
        self.seq = self.seq.next();
        let at = (self.clock.now)();
        self.answer.apply(&event, at);
        RunEvent { chat: self.answer.chat, run: self.run, seq: self.seq, at, event, resume: None }
    }

    /// Tells something. A window that is gone hears nothing; the run goes on.
    pub(super) async fn tell(&self, event: BackendEvent) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("nobody listens to events any more");
        }
    }
}
