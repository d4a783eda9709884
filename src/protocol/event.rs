//! Events of a run, and the frame that carries them on a wire.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    AgentState, ChatId, Covers, ErrorKind, MessageId, ModelId, ProviderError, Role, RunId,
    RunTotals, Seq, StateCause, Timestamp, ToolCallId, Usage,
};

/// Version of the wire, field `v` of a frame.
pub const PROTOCOL_VERSION: u32 = 1;

/// What happens in a run, in order. Providers' own events are mapped to these and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    content = "payload",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum StreamEvent {
    /// The agent changed its state.
    State {
        /// Before.
        from: AgentState,
        /// After.
        to: AgentState,
        /// Why.
        cause: StateCause,
    },
    /// Thinking, as a delta.
    Thinking {
        /// The delta.
        content: String,
        /// Byte position of the delta in its part.
        offset: u64,
        /// Opaque data of the part, once it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        opaque: Option<Value>,
    },
    /// Text of the answer, as a delta.
    #[serde(alias = "token")]
    Message {
        /// Always the assistant here.
        role: Role,
        /// The delta.
        content: String,
        /// The answer it belongs to.
        message_id: MessageId,
        /// Byte position of the delta in its part.
        offset: u64,
    },
    /// A tool call of the model.
    ToolStart {
        /// Joins it to its end.
        id: ToolCallId,
        /// The tool's name.
        tool: String,
        /// Its arguments.
        args: Value,
    },
    /// A tool ended.
    ToolEnd {
        /// The call.
        id: ToolCallId,
        /// Output for the model.
        result: String,
        /// False when the tool failed or was denied.
        success: bool,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// A tool needs the user's consent.
    ApprovalNeeded {
        /// The call.
        id: ToolCallId,
        /// The tool's name.
        tool: String,
        /// What it would do, in words.
        action: String,
        /// Its arguments.
        args: Value,
        /// The answer must repeat it.
        args_hash: String,
        /// How dangerous it is.
        risk_level: RiskLevel,
        /// Why it is asked.
        reason: String,
        /// Then it counts as denied.
        expires_at: Timestamp,
    },
    /// What the run has taken so far.
    Usage {
        /// Tokens of the requests.
        prompt_tokens: Option<u64>,
        /// Tokens of the answers.
        completion_tokens: Option<u64>,
        /// Tokens of the requests that the provider had in its cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cached_tokens: Option<u64>,
        /// Tokens of the requests that the provider put into its cache.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cache_write_tokens: Option<u64>,
        /// US dollars.
        total_cost: Option<f64>,
        /// The rest; models do not tell it, and journals of old versions have none.
        #[serde(flatten)]
        totals: Box<RunTotals>,
    },
    /// How full the model's context is.
    Context {
        /// Tokens used.
        used_tokens: u64,
        /// Tokens there are, where known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit_tokens: Option<u64>,
        /// Counted here and not by the provider.
        #[serde(default)]
        estimated: bool,
    },
    /// A remark of the engine, kept with the answer.
    Notification {
        /// How serious.
        level: NotificationLevel,
        /// What callers match on.
        code: String,
        /// For people.
        message: String,
        /// What of the chat it keeps from the model, where it does.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        covers: Option<Covers>,
    },
    /// Another model goes on.
    ModelFallback {
        /// The one that failed.
        old_model: ModelId,
        /// The one that answers.
        new_model: ModelId,
        /// Why.
        reason: String,
    },
    /// A failure. With `retryable`, a retry is planned after `retry_after_ms`; otherwise `Done` follows.
    Error {
        /// One line for people.
        message: String,
        /// The provider's own code.
        code: Option<String>,
        /// What callers match on.
        kind: ErrorKind,
        /// HTTP status, where there was one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// Whether the engine will try again by itself.
        retryable: bool,
        /// In how many milliseconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// The end. Nothing follows.
    Done {
        /// How it ended.
        status: RunStatus,
        /// The answer.
        message_id: MessageId,
        /// The question.
        reply_to_id: Option<MessageId>,
    },
}

impl StreamEvent {
    /// What a model call has taken so far.
    pub fn usage(usage: Usage) -> Self {
        Self::usage_of_run(usage, RunTotals::default())
    }

    /// What a run has taken so far.
    pub fn usage_of_run(usage: Usage, totals: RunTotals) -> Self {
        let Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens,
            cache_write_tokens,
            cost_usd: total_cost,
        } = usage;
        Self::Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens,
            cache_write_tokens,
            total_cost,
            totals: Box::new(totals),
        }
    }

    /// A remark that keeps nothing from the model.
    pub fn notification(
        level: NotificationLevel,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self::Notification { level, code: code.into(), message: message.into(), covers: None }
    }

    /// A failure after which the engine tries again in so many milliseconds.
    pub fn planned_retry(error: ProviderError, wait_ms: u64) -> Self {
        Self::error(error, true, Some(wait_ms))
    }

    /// A failure that ends the run.
    pub fn final_error(error: ProviderError) -> Self {
        let asked = error.retry_after_ms;
        Self::error(error, false, asked)
    }

    fn error(error: ProviderError, retryable: bool, retry_after_ms: Option<u64>) -> Self {
        let ProviderError { kind, status, code, message, retry_after_ms: _ } = error;
        Self::Error { message, code, kind, status, retryable, retry_after_ms }
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// The model came to its end, or the turn limit did.
    Complete,
    /// The user stopped it.
    Stopped,
    /// It broke off after content had arrived.
    Interrupted,
    /// It failed before any content.
    Failed,
}

/// How serious a remark is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationLevel {
    /// Good to know.
    Info,
    /// Something is not as asked.
    Warning,
    /// Something failed.
    Error,
}

/// How dangerous a tool call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskLevel {
    /// Reads what the chat may see.
    Low,
    /// Reads elsewhere, or costs.
    Medium,
    /// Writes or runs something.
    High,
}

/// An event with its place: what the desktop's channel carries and the journal keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEvent {
    /// The chat of the run.
    pub chat: ChatId,
    /// The run.
    pub run: RunId,
    /// From 1, without gaps.
    pub seq: Seq,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub event: StreamEvent,
    /// Where the provider's stream stands with this event, where it can be resumed.
    pub resume: Option<ResumePoint>,
}

/// A place in a provider's stream to go on from, in that provider's own words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResumePoint(pub Value);

/// A frame as it stands on the wire, and as `ask --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// `type` and `payload`.
    #[serde(flatten)]
    pub event: StreamEvent,
    /// [`PROTOCOL_VERSION`].
    pub v: u32,
    /// The chat.
    pub chat_id: ChatId,
    /// The run.
    pub run_id: RunId,
    /// From 1, without gaps.
    pub seq: Seq,
    /// Unix milliseconds.
    pub ts: Timestamp,
}

impl From<RunEvent> for Frame {
    fn from(event: RunEvent) -> Self {
        Self {
            event: event.event,
            v: PROTOCOL_VERSION,
            chat_id: event.chat,
            run_id: event.run,
            seq: event.seq,
            ts: event.at,
        }
    }
}
