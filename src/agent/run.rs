//! A run: turns of the model with tools in between, until one of four ends.

use std::sync::Arc;
use std::time::Duration;

use super::cast::Speaker;
use super::clock::Clock;
use super::fallback::Chain;
use super::machine::Machine;
use super::providers::Providers;
use super::resume::Resuming;
use super::sink::Sink;
use super::stop::{RunControl, StopWish};
use super::tally::Tally;
use super::tools;
use super::turn::TurnEnd;
use crate::net::{ChatRequest, FinishReason, Provider};
use crate::protocol::{
    AgentState, BackendEvent, BotId, Budget, EngineSettings, ErrorKind, MakeRoom, Message,
    MessageId, ModelId, Notice, NoticeCode, NotificationLevel, Params, Part, ProviderConfig,
    ProviderError, ProviderId, ProviderKind, RunStatus, StateCause, StreamEvent, Usage,
};
use crate::store::{ReadState, StoreHandle};

/// The code of the notice in an answer that holds nothing else.
pub(crate) const EMPTY_ANSWER: &str = "empty_answer";

/// No tools are offered. A model that calls one is told so, and ended when it does not listen:
/// every turn costs.
const UNOFFERED_TURNS: u32 = 2;

/// Bounds of a run, from the settings as they are when it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most model calls.
    pub(super) max_turns: u32,
    /// Silence after which an answer counts as broken.
    idle_timeout: Duration,
    /// What may be spent.
    pub(super) budget: Budget,
}

impl Limits {
    /// Silence after which an answer of this provider counts as broken.
    pub(super) fn idle_timeout(&self, provider: &ProviderConfig) -> Duration {
        let own = provider.options.idle_timeout_s.map(|s| Duration::from_secs(u64::from(s.max(1))));
        own.unwrap_or(self.idle_timeout)
    }
}

impl From<&EngineSettings> for Limits {
    fn from(settings: &EngineSettings) -> Self {
        let idle_timeout = Duration::from_secs(u64::from(settings.idle_timeout_s.max(1)));
        let max_turns = settings.max_turns.max(1);
        Self { max_turns, idle_timeout, budget: settings.budget }
    }
}

/// One run in progress.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) sink: Sink,
    pub(super) machine: Machine,
    pub(super) control: Arc<RunControl>,
    pub(super) clock: Clock,
    pub(super) providers: Arc<Providers>,
    pub(super) store: StoreHandle,
    pub(super) limits: Limits,
    pub(super) question: MessageId,
    pub(super) continues: bool,
    /// Whether and how room is made before the model is asked.
    pub(super) room: Option<MakeRoom>,
    pub(super) model: ModelId,
    pub(super) read: ReadState,
    pub(super) params: Params,
    /// Who speaks, in a chat with bots.
    pub(super) speaker: Option<Speaker>,
    /// What was said since the user spoke last, in a room.
    pub(super) round: Vec<Message>,
    /// The budget is used up, and the user wants this answer all the same.
    pub(super) over_budget: bool,
    /// Who answers when the model cannot.
    pub(super) chain: Chain,
    /// Who is asked in this turn: the model, or another that helps it.
    pub(super) asked: ModelId,
    /// The text of a model that helps; it is no part of the answer.
    pub(super) aside: Option<String>,
    /// Tokens and cost of the turns before this one.
    pub(super) usage: Usage,
    /// Tokens and cost of this turn, as last told.
    pub(super) turn_usage: Usage,
    /// What it counts besides.
    pub(super) tally: Tally,
    /// Whether anything of this turn has arrived.
    pub(super) turn_has_content: bool,
    /// Where the provider's stream stands, where it can be resumed.
    pub(super) resuming: Resuming,
}

/// What remains of a run.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) machine: Machine,
    pub(super) status: RunStatus,
    /// Who speaks next, in a room.
    pub(super) next: Option<BotId>,
}

/// How a run came to its end.
#[derive(Debug)]
pub(super) enum End {
    Complete(StateCause),
    Stopped(StopWish),
    Failed(ProviderError),
}

impl Run {
    /// Runs to one of the four ends. Whatever happens, `Done` is told and journalled; only an
    /// answer that goes on at its provider is left open when the app ends.
    pub(super) async fn execute(mut self) -> Ended {
        self.change(AgentState::Thinking, self.resuming.cause()).await;
        let end = self.answer().await;
        if self.is_left_open(&end) {
            self.change(AgentState::Idle, StateCause::Shutdown).await;
            let status = RunStatus::Interrupted;
            return Ended { machine: self.machine, status, next: None };
        }
        self.cancel_if_stopped(&end);
        let next = self.next_speaker(&end).await;
        let status = self.settle(end).await;
        self.finish(status).await;
        Ended { machine: self.machine, status, next }
    }

    /// Asks the model, and where it cannot answer, the next ones of its chain.
    async fn answer(&mut self) -> End {
        let path = match self.store.path(self.question).await {
            Ok(path) => self.as_seen(path),
            Err(error) => {
                let message = format!("The chat could not be read: {error}");
                return End::Failed(ProviderError::new(ErrorKind::Protocol, message));
            }
        };
        if let Some(how) = self.room.take()
            && let Err(end) = self.make_room(&path, how).await
        {
            return end;
        }
        loop {
            let error = match self.turns(&path).await {
                End::Failed(error) => error,
                end @ (End::Complete(_) | End::Stopped(_)) => return end,
            };
            let control = self.control.clone();
            let pick = tokio::select! {
                biased;
                wish = control.wished(StopWish::Graceful) => return End::Stopped(wish),
                pick = self.substitute(error.kind) => pick,
            };
            let Some(pick) = pick else { return End::Failed(error) };
            if !self.hand_over(&error, pick).await {
                return End::Failed(error);
            }
        }
    }

    /// The provider with this id, once its key is known.
    pub(super) async fn provider(&self, id: &ProviderId) -> Result<Arc<dyn Provider>, End> {
        let control = self.control.clone();
        let provider = tokio::select! {
            biased;
            wish = control.wished(StopWish::Graceful) => return Err(End::Stopped(wish)),
            provider = self.providers.ready(id) => provider,
        };
        match provider {
            Some(Ok(provider)) => Ok(provider),
            Some(Err(error)) => Err(End::Failed(error)),
            None => {
                let message = format!("There is no provider named {:?}", id.as_str());
                Err(End::Failed(ProviderError::new(ErrorKind::NotFound, message)))
            }
        }
    }

    /// Waits until what was kept of the providers is known, or says that a stop ended the wait.
    pub(super) async fn settled_or_stopped(&self) -> Result<(), StopWish> {
        tokio::select! {
            biased;
            wish = self.control.wished(StopWish::Graceful) => Err(wish),
            () = self.providers.settled() => Ok(()),
        }
    }

    async fn turns(&mut self, path: &[Message]) -> End {
        let provider = match self.provider(&self.model.provider).await {
            Ok(provider) => provider,
            Err(end) => return end,
        };
        if let Err(end) = self.check_budget(&self.model, provider.config()).await {
            return end;
        }
        self.tell_unseen_images(path).await;
        let mut calling_turns = 0;
        for _turn in 0..self.limits.max_turns {
            let request = self.request(path, provider.config());
            let end = self.turn(provider.as_ref(), request).await;
            // Not in an answer that is left open: it goes on where its last part ends.
            let goes_on = matches!(end, TurnEnd::Stopped(StopWish::Shutdown));
            if !goes_on && provider.config().kind != ProviderKind::Guide {
                self.tell_context(path).await;
                if !matches!(end, TurnEnd::Finished(_)) {
                    self.estimate_usage(path).await;
                }
            }
            match end {
                TurnEnd::Finished(reason) => {
                    self.tell_unknown_price(provider.config()).await;
                    if let Some(end) = self.after_turn(reason).await {
                        return end;
                    }
                    calling_turns += 1;
                    if calling_turns == UNOFFERED_TURNS {
                        let text = "Ended because the model calls tools that it was not offered";
                        self.notify("tools_not_offered", text.to_owned()).await;
                        return End::Complete(StateCause::TurnLimit);
                    }
                }
                TurnEnd::Stopped(wish) => return End::Stopped(wish),
                TurnEnd::Failed(error) => return End::Failed(error),
            }
        }
        let turns = self.limits.max_turns;
        self.notify("turn_limit", format!("Ended after {turns} model calls, the limit of a run"))
            .await;
        End::Complete(StateCause::TurnLimit)
    }

    fn request(&self, path: &[Message], provider: &ProviderConfig) -> ChatRequest {
        let mut messages = path.to_vec();
        // With it go notices, one of which may keep the start of the chat from the model.
        if !self.sink.answer().parts.is_empty() {
            messages.push(self.sink.answer().clone());
        }
        ChatRequest {
            params: Params { system: self.system(), ..self.params.clone() },
            continues: self.continues && !self.sink.has_content(),
            ..ChatRequest::new(
                self.providers.model(&self.model),
                messages,
                self.sink.answer_id(),
                self.limits.idle_timeout(provider),
            )
        }
    }

    /// What follows a turn that the model ended: tools and another turn, or the end.
    async fn after_turn(&mut self, reason: FinishReason) -> Option<End> {
        let calls = self.open_calls();
        if !calls.is_empty() {
            if let Some(wish) = self.control.wish() {
                return Some(End::Stopped(wish));
            }
            return self.run_tools(calls).await;
        }
        match reason {
            FinishReason::Stop | FinishReason::ToolCalls => {
                if !self.sink.has_content() {
                    self.notify(EMPTY_ANSWER, "The model gave an empty answer".to_owned()).await;
                }
            }
            FinishReason::Length => {
                let text = "The answer reached the most the model writes at once".to_owned();
                self.notify("length", text).await;
            }
            FinishReason::ContentFilter => {
                let message = "The provider's content filter ended the answer";
                return Some(End::Failed(ProviderError::new(ErrorKind::Refused, message)));
            }
        }
        Some(End::Complete(StateCause::Finished))
    }

    fn open_calls(&self) -> Vec<Part> {
        let parts = &self.sink.answer().parts;
        let has_result = |call: &crate::protocol::ToolCallId| {
            parts.iter().any(|part| matches!(part, Part::ToolResult { id, .. } if id == call))
        };
        parts
            .iter()
            .filter(|part| matches!(part, Part::ToolCall { id, .. } if !has_result(id)))
            .cloned()
            .collect()
    }

    async fn run_tools(&mut self, calls: Vec<Part>) -> Option<End> {
        self.change(AgentState::RunningTool, StateCause::ToolCall).await;
        for call in calls {
            let Part::ToolCall { id, tool, args } = call else { continue };
            let started = (self.clock.now)();
            let output = tools::run(&tool, &args);
            let elapsed_ms = (self.clock.now)().ms_since(started);
            let event = StreamEvent::ToolEnd {
                id,
                result: output.result,
                success: output.success,
                elapsed_ms,
            };
            self.sink.emit(event).await;
        }
        if let Some(wish) = self.control.wish() {
            return Some(End::Stopped(wish));
        }
        self.change(AgentState::Thinking, StateCause::ToolResult).await;
        None
    }

    /// Brings the machine to rest and says how the run ended.
    async fn settle(&mut self, end: End) -> RunStatus {
        match end {
            End::Complete(cause) => {
                self.change(AgentState::Idle, cause).await;
                RunStatus::Complete
            }
            End::Stopped(StopWish::Shutdown) => {
                self.change(AgentState::Idle, StateCause::Shutdown).await;
                RunStatus::Interrupted
            }
            End::Stopped(StopWish::Graceful | StopWish::Now) => {
                if self.machine.state() != AgentState::Stopping {
                    self.change(AgentState::Stopping, StateCause::StopRequested).await;
                }
                self.change(AgentState::Idle, StateCause::Stopped).await;
                RunStatus::Stopped
            }
            End::Failed(error) => {
                tracing::info!(model = %self.model, kind = ?error.kind, status = ?error.status, "the answer failed");
                let status = if self.sink.has_content() {
                    RunStatus::Interrupted
                } else {
                    RunStatus::Failed
                };
                self.sink.emit(StreamEvent::final_error(error)).await;
                self.change(AgentState::Failed, StateCause::Error).await;
                status
            }
        }
    }

    /// Keeps the answer for good, then tells that it ended.
    async fn finish(&mut self, status: RunStatus) {
        let done = self.sink.number(StreamEvent::Done {
            status,
            message_id: self.sink.answer_id(),
            reply_to_id: Some(self.question),
        });
        tracing::info!(run = %done.run, model = %self.model, ?status, events = done.seq.0, "run ended");
        let kept = self.store.finish_run(done.clone(), self.read).await;
        self.tell_spent().await;
        self.sink.tell(BackendEvent::Run(done)).await;
        match kept {
            Ok((_, chat)) => self.sink.tell(BackendEvent::ChatChanged(chat)).await,
            Err(error) => {
                let notice = Notice { code: NoticeCode::WriteFailed, detail: error.to_string() };
                self.sink.tell(BackendEvent::Notice(notice)).await;
            }
        }
    }

    /// Changes the agent's state and tells it. An illegal change is reported and not applied.
    pub(super) async fn change(&mut self, to: AgentState, cause: StateCause) {
        match self.machine.change(to, cause, (self.clock.now)()) {
            Ok(event) => self.sink.emit(event).await,
            Err(error) => tracing::error!(%error, "illegal transition"),
        }
    }

    /// The provider tells sums of its turn; the run tells sums of all turns.
    pub(super) async fn usage_of_turn(&mut self, told: Usage) {
        let cost_usd = told.cost_usd.or_else(|| self.providers.cost(&self.asked, &told));
        self.turn_usage = Usage { cost_usd, ..told };
        // What a model took that helps is booked on that model, and not on the answer.
        if self.aside.is_some() {
            return;
        }
        self.tally.took(&self.asked, self.turn_usage);
        let event = self.usage_so_far();
        self.sink.emit(event).await;
    }

    /// What all calls have taken by now.
    pub(super) fn usage_so_far(&self) -> StreamEvent {
        let mut sum = self.usage;
        sum.add(&self.turn_usage);
        let totals = self.tally.totals(&sum, self.sink.answer(), (self.clock.now)());
        StreamEvent::usage_of_run(sum, totals)
    }

    pub(super) async fn notify(&mut self, code: &str, message: String) {
        let level = NotificationLevel::Warning;
        self.sink.emit(StreamEvent::notification(level, code, message)).await;
    }
}
