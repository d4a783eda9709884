//! The built-in guide: answers about this app from its help pages, without key or network.

mod answer;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};

use super::{ChatRequest, Chunk, ChunkStream, FinishReason, Provider};
use crate::protocol::{
    Abilities, HelpSearch, Message, MessageId, ModelId, ModelInfo, ProviderConfig, ProviderError,
    Role, StreamEvent, Takes,
};

/// The words of an answer come in at most this many pieces, so that a long one takes no longer.
const MOST_PIECES: usize = 90;
const LEAST_WORDS: usize = 3;
const HITS: usize = 6;

/// Answers about Switchboard out of the bundled help.
#[derive(Debug)]
pub struct Guide {
    config: ProviderConfig,
    help: Arc<dyn HelpSearch>,
    pace: Duration,
}

impl Guide {
    /// A guide that pauses for `pace` after every few words, so that its answer can be seen to
    /// arrive; zero for none.
    pub fn new(config: ProviderConfig, help: Arc<dyn HelpSearch>, pace: Duration) -> Self {
        Self { config, help, pace }
    }

    /// 15 ms, or what `SWITCHBOARD_GUIDE_PACE_MS` says.
    pub(super) fn usual_pace() -> Duration {
        let asked = std::env::var("SWITCHBOARD_GUIDE_PACE_MS").ok();
        let asked = asked.and_then(|ms| ms.trim().parse::<u64>().ok());
        Duration::from_millis(asked.unwrap_or(15).min(1_000))
    }

    async fn answer(&self, request: ChatRequest) -> ChunkStream {
        let question = question(&request.messages);
        let hits =
            if answer::needs_search(&question) { self.search(&question).await } else { Vec::new() };
        let text = answer::compose(&question, &hits);
        let pace = self.pace;
        let pieces = stream::iter(pieces(&text, request.answer)).then(move |chunk| async move {
            if !pace.is_zero() {
                tokio::time::sleep(pace).await;
            }
            Ok(chunk)
        });
        pieces.chain(stream::iter([Ok(Chunk::Finish(FinishReason::Stop))])).boxed()
    }

    /// The search is blocking work on a database.
    async fn search(&self, question: &str) -> Vec<crate::protocol::HelpHit> {
        let (help, question) = (Arc::clone(&self.help), question.to_owned());
        let searched = tokio::task::spawn_blocking(move || help.search(&question, HITS));
        searched.await.unwrap_or_default()
    }
}

impl Provider for Guide {
    fn config(&self) -> &ProviderConfig {
        &self.config
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>> {
        let id = ModelId { provider: self.config.id.clone(), model: "guide".to_owned() };
        let no = Some(false);
        let model = ModelInfo {
            name: "Guide".to_owned(),
            price_in: Some(0.0),
            price_out: Some(0.0),
            abilities: Abilities { vision: no, tools: no, thinking: no, json: no },
            ..ModelInfo::unknown(id)
        };
        async move { Ok(vec![model]) }.boxed()
    }

    /// It looks things up: there is nothing to be tuned.
    fn takes(&self, _model: &ModelInfo) -> Takes {
        Takes {
            efforts: Vec::new(),
            temperature: false,
            top_p: false,
            max_tokens: false,
            stop: false,
            system: false,
        }
    }

    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.answer(request).map(Ok).boxed()
    }
}

/// The last message of the user; the guide has no memory of what came before.
fn question(messages: &[Message]) -> String {
    let asked = messages.iter().rev().find(|message| message.role == Role::User);
    asked.map(Message::text).unwrap_or_default()
}

fn pieces(text: &str, answer: MessageId) -> Vec<Chunk> {
    let words: Vec<&str> = text.split_inclusive([' ', '\n']).collect();
    let size = words.len().div_ceil(MOST_PIECES).max(LEAST_WORDS);
    let mut offset = 0;
    let pieces = words.chunks(size).map(|words| {
        let content = words.concat();
        let at = offset;
        offset += content.len() as u64;
        Chunk::Event(StreamEvent::Message {
            role: Role::Assistant,
            content,
            message_id: answer,
            offset: at,
        })
    });
    pieces.collect()
}

#[cfg(test)]
mod tests;
