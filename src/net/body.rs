//! The bytes of an answer, watched for silence.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};
use reqwest::Response;
use tokio::time::{Instant, Sleep};

use super::failure;
use crate::protocol::{ErrorKind, ProviderError};

/// After the final event of an answer the end of the stream is awaited no longer than this.
const TAIL_TIMEOUT: Duration = Duration::from_secs(3);
/// Ends an event that the server left unfinished, so that a last line without a blank one counts.
const END_OF_EVENT: &[u8] = b"\n\n";

/// What the reader of events and the watcher of bytes tell each other.
#[derive(Debug, Default)]
pub(crate) struct BodyState {
    /// The final event was seen: only usage may still come.
    pub(crate) finished: AtomicBool,
    /// The server closed the stream in good order.
    pub(crate) ended: AtomicBool,
}

/// The body of a response. Fails when nothing, not even a comment, comes for `idle_timeout`.
pub(crate) struct WatchedBody {
    bytes: BoxStream<'static, reqwest::Result<Bytes>>,
    state: Arc<BodyState>,
    host: String,
    idle_timeout: Duration,
    alarm: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl WatchedBody {
    pub(crate) fn new(response: Response, state: Arc<BodyState>, idle_timeout: Duration) -> Self {
        let host = host_of(response.url());
        Self {
            bytes: response.bytes_stream().boxed(),
            state,
            host,
            idle_timeout,
            alarm: Box::pin(tokio::time::sleep(idle_timeout)),
            is_waiting: false,
        }
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>) -> Poll<ProviderError> {
        let finished = self.state.finished.load(Ordering::Relaxed);
        let patience =
            if finished { self.idle_timeout.min(TAIL_TIMEOUT) } else { self.idle_timeout };
        // The timer is touched only when the socket has run dry, not for each piece.
        if !self.is_waiting {
            self.is_waiting = true;
            self.alarm.as_mut().reset(Instant::now() + patience);
        }
        self.alarm.as_mut().poll(cx).map(|()| silence(&self.host, patience))
    }
}

impl Stream for WatchedBody {
    type Item = Result<Bytes, ProviderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.state.ended.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        match this.bytes.poll_next_unpin(cx) {
            Poll::Ready(item) => {
                this.is_waiting = false;
                Poll::Ready(Some(match item {
                    Some(Ok(bytes)) => Ok(bytes),
                    Some(Err(error)) => Err(failure::transport(&error, &this.host)),
                    None => {
                        this.state.ended.store(true, Ordering::Relaxed);
                        Ok(Bytes::from_static(END_OF_EVENT))
                    }
                }))
            }
            Poll::Pending => this.poll_alarm(cx).map(|error| Some(Err(error))),
        }
    }
}

/// Reads a whole body of at most `limit` bytes.
pub(crate) async fn read_all(
    mut response: Response,
    limit: usize,
    idle_timeout: Duration,
) -> Result<Vec<u8>, ProviderError> {
    let host = host_of(response.url());
    let mut body = Vec::new();
    loop {
        match tokio::time::timeout(idle_timeout, response.chunk()).await {
            Ok(Ok(Some(bytes))) if body.len() + bytes.len() <= limit => {
                body.extend_from_slice(&bytes);
            }
            Ok(Ok(Some(_))) => {
                let message = format!("{host} sent more than {} MB", limit >> 20);
                return Err(ProviderError::new(ErrorKind::Protocol, message));
            }
            Ok(Ok(None)) => return Ok(body),
            Ok(Err(error)) => return Err(failure::transport(&error, &host)),
            Err(_elapsed) => return Err(silence(&host, idle_timeout)),
        }
    }
}

/// The error for a server that says nothing.
pub(crate) fn silence(host: &str, waited: Duration) -> ProviderError {
    let message = format!("{host} was silent for {} s", waited.as_secs_f64());
    ProviderError::new(ErrorKind::Timeout, message)
}

/// Host and port, as people know the server.
pub(crate) fn host_of(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or("The server");
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}
