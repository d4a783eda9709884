//! What a provider's stream yields, and how adjacent deltas are joined.

use futures_util::stream::BoxStream;

use crate::protocol::{ProviderError, StreamEvent};

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// `Message`, `Thinking`, `ToolStart` or `Usage`. Offsets count from 0 in each part; a part
    /// ends where the kind of content changes.
    Event(StreamEvent),
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
    let mut joined: Vec<Chunk> = Vec::with_capacity(chunks.len().min(16));
    for chunk in chunks {
        match joined.last_mut() {
            Some(last) => {
                if let Some(chunk) = absorb(last, chunk) {
                    joined.push(chunk);
                }
            }
            None => joined.push(chunk),
        }
    }
    joined
}

/// Appends `next` to `last` where it goes on exactly there; gives it back otherwise.
fn absorb(last: &mut Chunk, next: Chunk) -> Option<Chunk> {
    match (last, next) {
        (
            Chunk::Event(StreamEvent::Message { content, offset, message_id, .. }),
            Chunk::Event(StreamEvent::Message {
                role,
                content: more,
                message_id: next_id,
                offset: at,
            }),
        ) => {
            if *message_id == next_id && goes_on(content, *offset, &more, at) {
                content.push_str(&more);
                return None;
            }
            Some(Chunk::Event(StreamEvent::Message {
                role,
                content: more,
                message_id: next_id,
                offset: at,
            }))
        }
        (
            Chunk::Event(StreamEvent::Thinking { content, offset, opaque }),
            Chunk::Event(StreamEvent::Thinking { content: more, offset: at, opaque: next_opaque }),
        ) => {
            if opaque.is_none() && goes_on(content, *offset, &more, at) {
                content.push_str(&more);
                *opaque = next_opaque;
                return None;
            }
            Some(Chunk::Event(StreamEvent::Thinking {
                content: more,
                offset: at,
                opaque: next_opaque,
            }))
        }
        (_, next) => Some(next),
    }
}

fn goes_on(content: &str, offset: u64, more: &str, at: u64) -> bool {
    offset + content.len() as u64 == at && content.len() + more.len() <= COALESCED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{MessageId, Role};

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
