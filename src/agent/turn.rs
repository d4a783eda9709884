//! One model call: its stream, its retries before the first token, its stop.

use std::time::Duration;

use futures_util::stream::ReadyChunks;
use futures_util::{FutureExt, StreamExt};
use tokio::time::Instant;

use super::run::Run;
use super::sentence;
use super::stop::StopWish;
use crate::net::{ChatRequest, Chunk, ChunkStream, FinishReason, Provider, coalesce, retry};
use crate::protocol::{AgentState, ProviderError, StateCause, StreamEvent, Usage};

/// Events taken together at most, when they are ready together.
const READY: usize = 512;

/// How long a graceful stop waits for the end of the sentence.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// How long a model is waited for at most where another one can answer.
const SHORT_WAIT: Duration = Duration::from_secs(2);

/// How a model call ended.
#[derive(Debug)]
pub(super) enum TurnEnd {
    /// By the model.
    Finished(FinishReason),
    /// By the user, or because the app ends.
    Stopped(StopWish),
    /// By a failure.
    Failed(ProviderError),
}

/// What reading a stream knows between two batches.
struct Reading {
    finish: Option<FinishReason>,
    stopping: Option<Instant>,
}

impl Run {
    /// Makes one model call, again and again while nothing has arrived and waiting may help.
    pub(super) async fn turn(&mut self, provider: &dyn Provider, request: ChatRequest) -> TurnEnd {
        let mut attempt = 0;
        self.resuming.begin_turn();
        self.asked = request.model.id.clone();
        if self.aside.is_none() {
            self.tally.call();
        }
        loop {
            if !self.resuming.is_possible() {
                self.turn_has_content = false;
                self.usage.add(&std::mem::take(&mut self.turn_usage));
                self.tally.settle();
            }
            let error = match self.attempt(provider, request.clone()).await {
                TurnEnd::Failed(error) => error,
                TurnEnd::Finished(reason) => {
                    self.resuming.end_turn();
                    return TurnEnd::Finished(reason);
                }
                TurnEnd::Stopped(wish) => return TurnEnd::Stopped(wish),
            };
            if self.resuming.is_possible() {
                match self.reconnect(error).await {
                    Some(end) => return end,
                    None => continue,
                }
            }
            attempt += 1;
            let wait = if error.kind.is_transient() && !self.turn_has_content {
                retry::delay(attempt, error.retry_after_ms, (self.clock.random)())
            } else {
                None
            };
            // Where another model can answer, this one is not waited for: one short retry.
            let wait = if wait.is_some() && self.has_substitute(error.kind).await {
                wait.filter(|wait| attempt == 1 && *wait <= SHORT_WAIT)
            } else {
                wait
            };
            let Some(wait) = wait else { return TurnEnd::Failed(error) };
            if let Some(wish) = self.wait_for_retry(error, wait).await {
                return TurnEnd::Stopped(wish);
            }
        }
    }

    /// Waits before the next attempt, visibly. Says so when a stop ended the wait.
    pub(super) async fn wait_for_retry(
        &mut self,
        error: ProviderError,
        wait: Duration,
    ) -> Option<StopWish> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let control = self.control.clone();
        let mut retries = control.retries();
        self.sink.emit(StreamEvent::planned_retry(error, wait_ms)).await;
        self.change(AgentState::Retrying, StateCause::Backoff).await;
        tokio::select! {
            biased;
            wish = control.wished(StopWish::Graceful) => return Some(wish),
            _ = retries.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
        self.change(AgentState::Thinking, StateCause::RetryDue).await;
        None
    }

    async fn attempt(&mut self, provider: &dyn Provider, request: ChatRequest) -> TurnEnd {
        let control = self.control.clone();
        self.resuming.set_in_stream(false);
        let opening = match self.resume_request(&request) {
            Some(resumed) => provider.resume(resumed),
            None => provider.stream(request),
        };
        let stream = tokio::select! {
            biased;
            wish = control.wished(StopWish::Graceful) => return TurnEnd::Stopped(wish),
            stream = opening => stream,
        };
        match stream {
            Ok(stream) => {
                self.resuming.set_in_stream(true);
                self.read(stream).await
            }
            Err(error) => TurnEnd::Failed(error),
        }
    }

    async fn read(&mut self, stream: ChunkStream) -> TurnEnd {
        let control = self.control.clone();
        let mut batches = stream.ready_chunks(READY);
        let mut reading = Reading { finish: None, stopping: None };
        loop {
            let patience = reading.stopping.map(|since| since + STOP_PATIENCE);
            let least = if reading.stopping.is_some() { StopWish::Now } else { StopWish::Graceful };
            let batch = tokio::select! {
                biased;
                wish = control.wished(least) => {
                    if wish > StopWish::Graceful || self.is_at_sentence_end() {
                        return TurnEnd::Stopped(wish);
                    }
                    reading.stopping = Some(Instant::now());
                    self.change(AgentState::Stopping, StateCause::StopRequested).await;
                    continue;
                }
                () = sleep_until(patience), if patience.is_some() => {
                    return TurnEnd::Stopped(StopWish::Graceful);
                }
                batch = batches.next() => batch,
            };
            let Some(mut batch) = batch else { return end_of_stream(reading.finish) };
            gather(&mut batches, &mut batch).await;
            if let Some(end) = self.take(batch, &mut reading).await {
                return end;
            }
        }
    }

    /// Takes what is ready; says how the call ended, if it did.
    async fn take(
        &mut self,
        batch: Vec<Result<Chunk, ProviderError>>,
        reading: &mut Reading,
    ) -> Option<TurnEnd> {
        let mut failure = None;
        let mut chunks = Vec::with_capacity(batch.len());
        for item in batch {
            match item {
                Ok(chunk) => chunks.push(chunk),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        let mut chunks = coalesce(chunks).into_iter().peekable();
        while let Some(chunk) = chunks.next() {
            match chunk {
                Chunk::Finish(reason) => reading.finish = Some(reason),
                Chunk::Mark(point) => self.note_place(point).await,
                Chunk::Event(event) => {
                    let mark = chunks.next_if(|next| matches!(next, Chunk::Mark(_)));
                    self.expect_place(mark);
                    if self.take_event(event, reading.stopping.is_some()).await {
                        return Some(TurnEnd::Stopped(StopWish::Graceful));
                    }
                }
            }
        }
        failure.map(TurnEnd::Failed)
    }

    /// Passes an event on. True when a graceful stop has found the end of its sentence.
    async fn take_event(&mut self, mut event: StreamEvent, stopping: bool) -> bool {
        match &mut event {
            StreamEvent::Usage {
                prompt_tokens,
                completion_tokens,
                cached_tokens,
                cache_write_tokens,
                total_cost,
                totals: _,
            } => {
                let told = Usage {
                    prompt_tokens: *prompt_tokens,
                    completion_tokens: *completion_tokens,
                    cached_tokens: *cached_tokens,
                    cache_write_tokens: *cache_write_tokens,
                    cost_usd: *total_cost,
                };
                self.usage_of_turn(told).await;
                return false;
            }
            StreamEvent::Message { content, .. } if stopping => {
                if let Some(end) = sentence::end_in(content) {
                    content.truncate(end);
                    self.resuming.forget_behind_event();
                    self.content(event).await;
                    return true;
                }
            }
            StreamEvent::Message { .. }
            | StreamEvent::Thinking { .. }
            | StreamEvent::ToolStart { .. }
            | StreamEvent::State { .. }
            | StreamEvent::ToolEnd { .. }
            | StreamEvent::ApprovalNeeded { .. }
            | StreamEvent::Context { .. }
            | StreamEvent::Notification { .. }
            | StreamEvent::ModelFallback { .. }
            | StreamEvent::Error { .. }
            | StreamEvent::Done { .. } => {}
        }
        self.content(event).await;
        false
    }

    async fn content(&mut self, event: StreamEvent) {
        if let Some(aside) = &mut self.aside {
            if let StreamEvent::Message { content, .. } = &event {
                aside.push_str(content);
            }
            self.turn_has_content = true;
            return;
        }
        if self.machine.state() == AgentState::Thinking {
            self.change(AgentState::Streaming, StateCause::FirstToken).await;
        }
        self.turn_has_content = true;
        let place = self.resuming.take_behind_event();
        self.sink.emit_at(event, place).await;
    }

    fn is_at_sentence_end(&self) -> bool {
        sentence::is_whole(self.sink.open_text())
    }
}

/// Adds what is as good as ready. The connection hands over one piece at a time: letting it run
/// once shows whether another one waits already, so that a flood travels in large events.
async fn gather(
    batches: &mut ReadyChunks<ChunkStream>,
    batch: &mut Vec<Result<Chunk, ProviderError>>,
) {
    while batch.len() < READY && batch.last().is_some_and(Result::is_ok) {
        tokio::task::yield_now().await;
        match batches.next().now_or_never() {
            Some(Some(more)) => batch.extend(more),
            // The end is met again with the next read.
            Some(None) | None => break,
        }
    }
}

fn end_of_stream(finish: Option<FinishReason>) -> TurnEnd {
    match finish {
        Some(reason) => TurnEnd::Finished(reason),
        None => TurnEnd::Failed(ProviderError::new(
            crate::protocol::ErrorKind::Network,
            "The answer ended before it was complete",
        )),
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
