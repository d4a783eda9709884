//! Tool calls that wait for the user's consent, and what became of them.

use serde_json::Value;

use super::Conversation;
use crate::protocol::{
    AgentState, ApprovalAnswer, ApprovalScope, MessageId, RiskLevel, RunEvent, RunId, StateCause,
    StreamEvent, Timestamp, ToolCallId,
};

/// A tool call that asked for consent.
#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    /// The run that asked.
    pub run: RunId,
    /// The answer that it belongs to.
    pub answer: MessageId,
    /// The call.
    pub id: ToolCallId,
    /// The tool's name.
    pub tool: String,
    /// What it would do, in words.
    pub action: String,
    /// Its arguments.
    pub args: Value,
    /// The answer repeats it.
    pub args_hash: String,
    /// How dangerous it is.
    pub risk: RiskLevel,
    /// Why it is asked.
    pub reason: String,
    /// Then it counts as denied.
    pub expires_at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a tool call that asked for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It waits.
    Open,
    /// It was answered here.
    Answered(Consent),
    /// It was answered elsewhere.
    Elsewhere {
        /// Whether it may run.
        approved: bool,
    },
    /// Nobody answered in time.
    Expired,
    /// The answer that it belongs to ended before.
    Over,
}

/// What the user says to a tool call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// This call may run.
    Once,
    /// This tool may run in this chat.
    Chat,
    /// It may not run.
    Deny,
}

impl Consent {
    /// What the button says.
    pub fn label(self) -> &'static str {
        match self {
            Self::Once => "Allow once",
            Self::Chat => "Allow in this chat",
            Self::Deny => "Deny",
        }
    }
}

impl Approval {
    /// Whether it can be answered.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.outcome == Outcome::Open && now < self.expires_at
    }

    /// The answer that is sent.
    pub(super) fn answer(&self, consent: Consent, edited_args: Option<Value>) -> ApprovalAnswer {
        let (approved, scope) = match consent {
            Consent::Once => (true, ApprovalScope::Once),
            Consent::Chat => (true, ApprovalScope::Chat),
            Consent::Deny => (false, ApprovalScope::Once),
        };
        ApprovalAnswer {
            id: self.id.clone(),
            approved,
            args_hash: self.args_hash.clone(),
            edited_args: edited_args.filter(|args| approved && *args != self.args),
            scope,
        }
    }
}

/// Follows an event of a run whose answer is `answer`.
pub(super) fn note(conversation: &mut Conversation, answer: MessageId, event: &RunEvent) {
    let run = event.run;
    match &event.event {
        StreamEvent::ApprovalNeeded { .. } => begin(conversation, answer, event),
        StreamEvent::State { from: AgentState::AwaitingApproval, cause, .. } => {
            let outcome = match cause {
                StateCause::Approved => Outcome::Elsewhere { approved: true },
                StateCause::Denied => {
                    let waits =
                        |known: &&Approval| known.run == run && known.outcome == Outcome::Open;
                    let mut open = conversation.approvals.iter().filter(waits);
                    if open.any(|known| known.expires_at <= event.at) {
                        Outcome::Expired
                    } else {
                        Outcome::Elsewhere { approved: false }
                    }
                }
                StateCause::UserMessage
                | StateCause::Resumed
                | StateCause::FirstToken
                | StateCause::ToolCall
                | StateCause::ApprovalNeeded
                | StateCause::ToolResult
                | StateCause::Backoff
                | StateCause::RetryDue
                | StateCause::StopRequested
                | StateCause::Finished
                | StateCause::Stopped
                | StateCause::Error
                | StateCause::TurnLimit
                | StateCause::Shutdown => Outcome::Over,
            };
            close(conversation, (run, None), outcome);
        }
        StreamEvent::ToolEnd { id, success, .. } => {
            let outcome = Outcome::Elsewhere { approved: *success };
            close(conversation, (run, Some(id)), outcome);
        }
        StreamEvent::Done { .. } => close(conversation, (run, None), Outcome::Over),
        StreamEvent::State { .. }
        | StreamEvent::Thinking { .. }
        | StreamEvent::Message { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. }
        | StreamEvent::Error { .. } => {}
    }
}

/// What waits for an answer here, of a run or of one call, has had one.
fn close(
    conversation: &mut Conversation,
    (run, call): (RunId, Option<&ToolCallId>),
    outcome: Outcome,
) {
    for known in &mut conversation.approvals {
        let is_it = known.run == run && call.is_none_or(|call| known.id == *call);
        if is_it && known.outcome == Outcome::Open {
            known.outcome = outcome;
        }
    }
}

fn begin(conversation: &mut Conversation, answer: MessageId, event: &RunEvent) {
    let StreamEvent::ApprovalNeeded {
        id,
        tool,
        action,
        args,
        args_hash,
        risk_level,
        reason,
        expires_at,
    } = &event.event
    else {
        return;
    };
    let is_it = |known: &Approval| known.run == event.run && known.id == *id;
    if conversation.approvals.iter().any(is_it) {
        return;
    }
    conversation.approvals.push(Approval {
        run: event.run,
        answer,
        id: id.clone(),
        tool: tool.clone(),
        action: action.clone(),
        args: args.clone(),
        args_hash: args_hash.clone(),
        risk: *risk_level,
        reason: reason.clone(),
        expires_at: *expires_at,
        outcome: Outcome::Open,
    });
}
