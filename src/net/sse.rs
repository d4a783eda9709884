//! From the bytes of an answer to chunks: one reader for every provider that streams events.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::{Stream, StreamExt};
use reqwest::Response;
use sse_stream::SseByteStream;

use super::body::{BodyState, WatchedBody, host_of};
use super::chunk::Outbox;
use super::dialect::Dialect;
use super::{Chunk, ChunkStream};
use crate::protocol::{ErrorKind, ProviderError};

/// Turns a provider's wire events into chunks.
pub(crate) trait Mapper: Send + Unpin + 'static {
    /// The API that the answer must be of. `None` where it is known to be, because the answer was
    /// begun before.
    fn dialect(&self) -> Option<Dialect>;

    /// Takes the data of one event. Chunks pushed before an error count.
    fn event(&mut self, data: &str, out: &mut Outbox) -> Result<Flow, ProviderError>;

    /// Takes an answer that came whole, as one document in place of a stream, to its end.
    fn whole(&mut self, data: &str, out: &mut Outbox) -> Result<(), ProviderError>;

    /// Whether the final event was seen, so that a broken connection loses nothing.
    fn is_finished(&self) -> bool;

    /// Pushes what belongs at the end. Called once, only when finished.
    fn finish(&mut self, out: &mut Outbox);
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Read on.
    More,
    /// That was all.
    Done,
}

/// Reads the events of a response through a mapper.
pub(crate) fn read<M: Mapper>(
    response: Response,
    mapper: M,
    idle_timeout: Duration,
) -> ChunkStream {
    let state = Arc::new(BodyState::default());
    let (host, unheard) = (host_of(response.url()), mapper.dialect());
    let body = WatchedBody::new(response, Arc::clone(&state), idle_timeout);
    Reader {
        events: Some(SseByteStream::new(body)),
        mapper,
        state,
        host,
        unheard,
        ready: Outbox::default(),
        failure: None,
    }
    .boxed()
}

struct Reader<M> {
    /// None once nothing more is read; dropping it closes or frees the connection.
    events: Option<SseByteStream<WatchedBody>>,
    mapper: M,
    state: Arc<BodyState>,
    host: String,
    /// The API that is still to be heard: nothing so far was of it.
    unheard: Option<Dialect>,
    ready: Outbox,
    failure: Option<ProviderError>,
}

impl<M: Mapper> Reader<M> {
    fn take(&mut self, data: &str) {
        if let Some(own) = self.unheard {
            match Dialect::of(data) {
                Some(other) if other != own => {
                    return self.fail(own.mistaken_for(other, &self.host));
                }
                Some(_own) => self.unheard = None,
                None => {}
            }
        }
        match self.mapper.event(data, &mut self.ready) {
            Ok(Flow::More) => {
                if self.mapper.is_finished() {
                    self.state.finished.store(true, Ordering::Relaxed);
                }
            }
            Ok(Flow::Done) => self.end(None),
            // Half an event at the very end was not malformed but cut off.
            Err(error) if error.kind == ErrorKind::Protocol && self.has_ended() => {
                self.end(Some(ended_early()));
            }
            Err(error) => self.fail(error),
        }
    }

    fn has_ended(&self) -> bool {
        self.state.ended.load(Ordering::Relaxed)
    }

    /// The stream is over: in good order, or with the reason why not.
    fn end(&mut self, reason: Option<ProviderError>) {
        if self.mapper.is_finished() {
            self.mapper.finish(&mut self.ready);
            self.events = None;
        } else {
            self.fail(reason.unwrap_or_else(|| match self.unheard {
                // To ask again would get the same, and may cost the same.
                Some(own) => own.unheard(&self.host),
                None => ended_early(),
            }));
        }
    }

    fn fail(&mut self, error: ProviderError) {
        self.failure = Some(error);
        self.events = None;
    }
}

impl<M: Mapper> Stream for Reader<M> {
    type Item = Result<Chunk, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            // Behind another chunk, the first can grow no more.
            if this.ready.is_settled() {
                return Poll::Ready(this.ready.pop().map(Ok));
            }
            let Some(events) = &mut this.events else {
                let last = this.ready.pop().map(Ok);
                return Poll::Ready(last.or_else(|| this.failure.take().map(Err)));
            };
            match events.poll_next_unpin(cx) {
                Poll::Pending if this.ready.is_empty() => return Poll::Pending,
                Poll::Pending => return Poll::Ready(this.ready.pop().map(Ok)),
                Poll::Ready(Some(Ok(event))) => {
                    if let Some(data) = event.data.filter(|data| !data.is_empty()) {
                        this.take(&data);
                    }
                }
                Poll::Ready(Some(Err(error))) => this.end(Some(reading_failed(error))),
                Poll::Ready(None) => this.end(None),
            }
        }
    }
}

fn ended_early() -> ProviderError {
    ProviderError::new(ErrorKind::Network, "The answer ended before it was complete")
}

fn reading_failed(error: sse_stream::Error) -> ProviderError {
    if let sse_stream::Error::Body(error) = error {
        return match error.downcast::<ProviderError>() {
            Ok(error) => *error,
            Err(error) => ProviderError::new(ErrorKind::Network, error.to_string()),
        };
    }
    let message = format!("The provider's answer is not text in UTF-8: {error}");
    ProviderError::new(ErrorKind::Protocol, message)
}
