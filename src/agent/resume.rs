//! Answers that run on at their providers: after a broken connection the run goes on where the
//! stream broke, and after an end of the app where its journal ends.

use std::time::Duration;

use super::actor::{Agent, AgentCommand, Shared};
use super::begin::Start;
use super::manager::AgentManager;
use super::run::{End, Run};
use super::stop::StopWish;
use super::turn::TurnEnd;
use crate::net::{ChatRequest, Chunk, ResumeRequest, retry};
use crate::protocol::{ErrorKind, ProviderError, ResumePoint, Seq, StateCause};
use crate::store::Resumable;

/// What a run knows of its provider's stream.
#[derive(Debug, Default)]
pub(super) struct Resuming {
    /// From where to go on; none where the stream cannot be resumed.
    point: Option<ResumePoint>,
    /// The place behind the event that is emitted next.
    behind_event: Option<ResumePoint>,
    /// The journal holds a place of this turn.
    is_journalled: bool,
    /// A stream was opened, so that a failure is the stream's.
    in_stream: bool,
    /// Connections that broke since the last place was told.
    attempts: u32,
}

impl Resuming {
    /// For a run that begins, or one that was left open behind this event and at this place.
    pub(super) fn new(left_at: Option<(Seq, ResumePoint)>) -> (Seq, Self) {
        match left_at {
            Some((seq, point)) => (seq, Self { point: Some(point), ..Self::default() }),
            None => (Seq::default(), Self::default()),
        }
    }

    /// Why the run begins.
    pub(super) fn cause(&self) -> StateCause {
        if self.point.is_some() { StateCause::Resumed } else { StateCause::UserMessage }
    }

    /// Whether the stream can be resumed.
    pub(super) fn is_possible(&self) -> bool {
        self.point.is_some()
    }

    /// A model is asked. A run that was left open begins with its place.
    pub(super) fn begin_turn(&mut self) {
        let point = self.point.take();
        *self = Self { is_journalled: point.is_some(), point, ..Self::default() };
    }

    /// Nothing more is to come of the stream.
    pub(super) fn end_turn(&mut self) {
        *self = Self::default();
    }

    /// A request is sent, or its answer begins.
    pub(super) fn set_in_stream(&mut self, in_stream: bool) {
        self.in_stream = in_stream;
    }

    /// The place behind the event at hand, once.
    pub(super) fn take_behind_event(&mut self) -> Option<ResumePoint> {
        self.behind_event.take().inspect(|_| self.is_journalled = true)
    }

    /// The event at hand is not taken whole: its place does not count.
    pub(super) fn forget_behind_event(&mut self) {
        self.behind_event = None;
    }

    fn tell(&mut self, point: ResumePoint) {
        self.point = Some(point);
        self.attempts = 0;
    }

    /// How long to wait before the stream is resumed; `None`: give up.
    fn wait(&mut self, error: &ProviderError, random: f64) -> Option<Duration> {
        let may_pass = match error.kind {
            ErrorKind::Network | ErrorKind::Timeout => true,
            // In the stream it is the answer that failed, and for good.
            ErrorKind::RateLimited | ErrorKind::Overloaded => !self.in_stream,
            ErrorKind::Auth
            | ErrorKind::ContextTooLong
            | ErrorKind::BadRequest
            | ErrorKind::NotFound
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Cancelled
            | ErrorKind::OverBudget => false,
        };
        self.attempts += 1;
        let wait = retry::delay_to_resume(self.attempts, error.retry_after_ms, random);
        wait.filter(|_| may_pass)
    }
}

impl Run {
    /// What to ask for in the place of a new answer, where one goes on.
    pub(super) fn resume_request(&self, request: &ChatRequest) -> Option<ResumeRequest> {
        let point = self.resuming.point.clone()?;
        Some(ResumeRequest {
            model: self.model.clone(),
            point,
            answer: self.sink.answer().clone(),
            idle_timeout: request.idle_timeout,
        })
    }

    /// Notes the place behind the event that is taken next. That of a model that only helps is
    /// none of the answer.
    pub(super) fn expect_place(&mut self, mark: Option<Chunk>) {
        self.resuming.behind_event = None;
        if let Some(Chunk::Mark(point)) = mark
            && self.aside.is_none()
        {
            self.resuming.tell(point.clone());
            self.resuming.behind_event = Some(point);
        }
    }

    /// Notes a place that no event leads to. The first one of a turn is journalled, so that an
    /// answer can be resumed of which nothing has come yet.
    pub(super) async fn note_place(&mut self, point: ResumePoint) {
        if self.aside.is_some() {
            return;
        }
        self.resuming.tell(point.clone());
        if !self.resuming.is_journalled {
            self.resuming.is_journalled = true;
            let event = self.usage_so_far();
            self.sink.emit_at(event, Some(point)).await;
        }
    }

    /// Waits until a broken stream can be resumed, visibly. Says how the turn ends where it
    /// cannot be, or where the user does not want it any more.
    pub(super) async fn reconnect(&mut self, error: ProviderError) -> Option<TurnEnd> {
        if let Some(wish) = self.control.wish() {
            return Some(TurnEnd::Stopped(wish));
        }
        match self.resuming.wait(&error, (self.clock.random)()) {
            Some(wait) => self.wait_for_retry(error, wait).await.map(TurnEnd::Stopped),
            None => {
                self.resuming.end_turn();
                Some(TurnEnd::Failed(error))
            }
        }
    }

    /// Whether the app ends while the provider goes on: the next start takes the run up.
    pub(super) fn is_left_open(&self, end: &End) -> bool {
        matches!(end, End::Stopped(StopWish::Shutdown)) && self.resuming.is_possible()
    }

    /// Tells the provider that the user has stopped an answer that would run on.
    pub(super) fn cancel_if_stopped(&mut self, end: &End) {
        let End::Stopped(StopWish::Graceful | StopWish::Now) = end else { return };
        let Some(point) = self.resuming.point.take() else { return };
        let (providers, id) = (self.providers.clone(), self.model.provider.clone());
        self.providers.finish_in_background(async move {
            let Some(Ok(provider)) = providers.ready(&id).await else { return };
            if let Err(error) = provider.cancel(point).await {
                tracing::warn!(%error, "a stopped answer may run on at its provider");
            }
        });
    }
}

impl Agent {
    /// Goes on with an answer that was left open.
    pub(super) async fn go_on(&mut self, left: Resumable) {
        let Some(mut start) = Start::left(&left) else { return };
        if let Err(error) = self.spoken_as_before(&mut start, &left).await {
            // What it was told is with the provider already.
            tracing::warn!(%error, "it is not known who speaks");
        }
        tracing::info!(run = %left.run, seq = left.seq.0, "an answer goes on");
        self.shared.tell(crate::protocol::BackendEvent::ChatChanged(left.chat)).await;
        let control = self.control.add();
        self.start_run(&start, &left.question, left.answer, control).await;
    }
}

/// Gives the answers that were left open to the agents of their chats.
pub(super) async fn take_up(shared: &Shared, agents: &mut AgentManager) {
    let runs = match shared.store.resumable_runs().await {
        Ok(runs) => runs,
        Err(error) => return tracing::warn!(%error, "no answer of before goes on"),
    };
    go_on(runs, agents);
}

/// Gives answers that were left open to the agents of their chats.
pub(super) fn go_on(runs: Vec<Resumable>, agents: &mut AgentManager) {
    for left in runs {
        let chat = left.answer.chat;
        if agents.send(chat, AgentCommand::GoOn(Box::new(left))).is_err() {
            tracing::error!(%chat, "an answer of before has to wait for the next start");
        }
    }
}
