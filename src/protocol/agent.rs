//! What an agent can be doing, and why it changed.

use serde::{Deserialize, Serialize};

/// The states of an agent. Legal changes between them stand in `agent::machine`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentState {
    /// Nothing to do; the next message can start.
    #[default]
    Idle,
    /// A request is with the provider, nothing has arrived.
    Thinking,
    /// Content arrives.
    Streaming,
    /// A tool waits for the user's answer.
    AwaitingApproval,
    /// A tool runs.
    RunningTool,
    /// A failure before the first token is waited out.
    Retrying,
    /// The user asked to stop; the sentence or the tool is allowed to end.
    Stopping,
    /// The run ended with an error; the next message can start.
    Failed,
}

/// Why an agent changed its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateCause {
    /// The user sent, edited or regenerated a message.
    UserMessage,
    /// An answer that was left open goes on.
    Resumed,
    /// The first content of an answer arrived.
    FirstToken,
    /// The model asked for a tool.
    ToolCall,
    /// A tool needs the user's consent.
    ApprovalNeeded,
    /// The user consented.
    Approved,
    /// The user refused, or the time to answer ran out.
    Denied,
    /// A tool ended; its result goes back to the model.
    ToolResult,
    /// A failure that may pass; a retry is planned.
    Backoff,
    /// The wait before a retry is over, or the user asked to go on now.
    RetryDue,
    /// The user asked to stop.
    StopRequested,
    /// The answer is complete.
    Finished,
    /// The answer was stopped.
    Stopped,
    /// The answer broke off and cannot go on.
    Error,
    /// `max_turns` was reached.
    TurnLimit,
    /// The app is shutting down.
    Shutdown,
}
