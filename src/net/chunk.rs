//! What a provider's stream yields, and how adjacent deltas are joined.

use std::borrow::Cow;
use std::collections::VecDeque;

use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::protocol::{MessageId, ProviderError, ResumePoint, Role, StreamEvent};

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// `Message`, `Thinking`, `ToolStart` or `Usage`; deltas that were ready together are one. Offsets count from 0 in each part; a part
    /// ends where the kind of content changes.
    Event(StreamEvent),
    /// Where the provider's stream stands after the event before it, for streams that can be
    /// resumed. Joined deltas keep the last one.
    Mark(ResumePoint),
    /// The end. Comes once, as the last chunk of a stream that did not fail.
    Finish(FinishReason),
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// It has said all.
    Stop,
    /// A limit on tokens was reached.
    Length,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// A filter ended the answer.
    ContentFilter,
}

/// An answer as it arrives. After an error nothing follows; what came before it counts.
pub type ChunkStream = BoxStream<'static, Result<Chunk, ProviderError>>;

/// Joined deltas stay below this many bytes, unless a single delta is larger.
const COALESCED_BYTES: usize = 16 * 1024;

/// Joins adjacent deltas of the same part, so that what is ready together travels together.
pub fn coalesce(chunks: Vec<Chunk>) -> Vec<Chunk> {
    let mut joined = Outbox::default();
    for chunk in chunks {
        joined.push(chunk);
    }
    joined.0.into()
}

/// Chunks that wait to be taken; deltas that go on where the last chunk ends are joined to it.
#[derive(Debug, Default)]
pub(crate) struct Outbox(VecDeque<Chunk>);

impl Outbox {
    /// Whether the first chunk can grow no more, because another stands behind it. A mark may:
    /// what is joined to the chunk before it takes its place.
    pub(crate) fn is_settled(&self) -> bool {
        match self.0.back() {
            Some(Chunk::Mark(_)) => self.0.len() > 2,
            Some(Chunk::Event(_) | Chunk::Finish(_)) | None => self.0.len() > 1,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn pop(&mut self) -> Option<Chunk> {
        self.0.pop_front()
    }

    pub(crate) fn push(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Event(StreamEvent::Message { role, content, message_id, offset }) => {
                if !self.join_text(&content, message_id, offset) {
                    let event = StreamEvent::Message { role, content, message_id, offset };
                    self.0.push_back(Chunk::Event(event));
                }
            }
            Chunk::Event(StreamEvent::Thinking { content, offset, mut opaque }) => {
                if !self.join_thinking(&content, offset, &mut opaque) {
                    let event = StreamEvent::Thinking { content, offset, opaque };
                    self.0.push_back(Chunk::Event(event));
                }
            }
            Chunk::Mark(_) => {
                self.drop_mark();
                self.0.push_back(chunk);
            }
            Chunk::Event(_) | Chunk::Finish(_) => self.0.push_back(chunk),
        }
    }

    /// Only the newest place counts.
    fn drop_mark(&mut self) {
        if matches!(self.0.back(), Some(Chunk::Mark(_))) {
            self.0.pop_back();
        }
    }

    /// The last chunk that is no mark.
    fn last_event(&mut self) -> Option<&mut StreamEvent> {
        let last = match self.0.back() {
            Some(Chunk::Mark(_)) => self.0.iter_mut().nth_back(1),
            Some(Chunk::Event(_) | Chunk::Finish(_)) | None => self.0.back_mut(),
        };
        match last {
            Some(Chunk::Event(event)) => Some(event),
            Some(Chunk::Mark(_) | Chunk::Finish(_)) | None => None,
        }
    }

    /// Adds a piece of text; without an allocation where it can be joined.
    pub(crate) fn text(&mut self, content: Cow<'_, str>, message_id: MessageId, offset: u64) {
        if !self.join_text(&content, message_id, offset) {
            let (role, content) = (Role::Assistant, content.into_owned());
            let event = StreamEvent::Message { role, content, message_id, offset };
            self.0.push_back(Chunk::Event(event));
        }
    }

    /// Adds a piece of thinking, likewise.
    pub(crate) fn thinking(&mut self, content: Cow<'_, str>, offset: u64) {
        if !self.join_thinking(&content, offset, &mut None) {
            let event =
                StreamEvent::Thinking { content: content.into_owned(), offset, opaque: None };
            self.0.push_back(Chunk::Event(event));
        }
    }

    fn join_text(&mut self, more: &str, id: MessageId, at: u64) -> bool {
        if let Some(StreamEvent::Message { content, message_id, offset, .. }) = self.last_event()
            && *message_id == id
            && goes_on(content, *offset, more, at)
        {
            content.push_str(more);
            self.drop_mark();
            return true;
        }
        false
    }

    /// Takes the opaque data only when it joins.
    fn join_thinking(&mut self, more: &str, at: u64, data: &mut Option<Value>) -> bool {
        if let Some(StreamEvent::Thinking { content, offset, opaque }) = self.last_event()
            && opaque.is_none()
            && goes_on(content, *offset, more, at)
        {
            content.push_str(more);
            *opaque = data.take();
            self.drop_mark();
            return true;
        }
        false
    }
}

fn goes_on(content: &str, offset: u64, more: &str, at: u64) -> bool {
    offset + content.len() as u64 == at && content.len() + more.len() <= COALESCED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content: &str, offset: u64) -> Chunk {
        Chunk::Event(StreamEvent::Message {
            role: Role::Assistant,
            content: content.to_owned(),
            message_id: MessageId(uuid::Uuid::nil()),
            offset,
        })
    }

    fn thinking(content: &str, offset: u64) -> Chunk {
        Chunk::Event(StreamEvent::Thinking { content: content.to_owned(), offset, opaque: None })
    }

    #[test]
    fn adjacent_deltas_of_one_part_become_one() {
        let chunks = vec![
            thinking("a", 0),
            thinking("b", 1),
            text("c", 0),
            text("d", 1),
            text("new part", 0),
            Chunk::Finish(FinishReason::Stop),
        ];
        assert_eq!(
            coalesce(chunks),
            vec![
                thinking("ab", 0),
                text("cd", 0),
                text("new part", 0),
                Chunk::Finish(FinishReason::Stop)
            ]
        );
    }

    #[test]
    fn joined_deltas_stay_below_the_limit() {
        let piece = "x".repeat(10 * 1024);
        let chunks = vec![text(&piece, 0), text(&piece, piece.len() as u64)];
        assert_eq!(coalesce(chunks.clone()), chunks);
    }

    fn mark(after: u64) -> Chunk {
        Chunk::Mark(ResumePoint(serde_json::json!({ "after": after })))
    }

    #[test]
    fn deltas_are_joined_across_marks_and_the_newest_place_stays() {
        let chunks = vec![
            mark(0),
            mark(1),
            thinking("a", 0),
            mark(2),
            thinking("b", 1),
            mark(3),
            text("c", 0),
            mark(4),
            text("d", 1),
        ];
        let joined = [mark(1), thinking("ab", 0), mark(3), text("cd", 0)];
        assert_eq!(coalesce(chunks), joined, "the place of half a chunk is none");
    }

    #[test]
    fn opaque_data_joins_the_text_before_it() {
        let opaque = Some(serde_json::json!([1]));
        let end = Chunk::Event(StreamEvent::Thinking {
            content: String::new(),
            offset: 1,
            opaque: opaque.clone(),
        });
        let joined =
            Chunk::Event(StreamEvent::Thinking { content: "a".to_owned(), offset: 0, opaque });
        assert_eq!(coalesce(vec![thinking("a", 0), end]), vec![joined]);
    }
}
