//! The states of an agent and the legal changes between them.

use std::collections::VecDeque;

use crate::protocol::{AgentState, StateCause, StreamEvent, Timestamp};

/// Changes kept in the history.
const HISTORY: usize = 256;

/// A change that is not legal. It is reported and never applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an agent that is {from:?} cannot become {to:?} because of {cause:?}")]
pub struct IllegalTransition {
    /// The state it is in.
    pub from: AgentState,
    /// The state that was asked for.
    pub to: AgentState,
    /// The cause that was given.
    pub cause: StateCause,
}

/// A change that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Timestamp,
    /// Before.
    pub from: AgentState,
    /// After.
    pub to: AgentState,
    /// Why.
    pub cause: StateCause,
}

/// The state of one agent, with its history.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    state: AgentState,
    history: VecDeque<Transition>,
}

impl Machine {
    /// The state now.
    pub fn state(&self) -> AgentState {
        self.state
    }

    /// The last changes, oldest first.
    pub fn history(&self) -> impl Iterator<Item = &Transition> {
        self.history.iter()
    }

    /// Changes the state and tells of it as an event.
    ///
    /// # Errors
    ///
    /// When the change is not legal; the state stays as it was.
    pub fn change(
        &mut self,
        to: AgentState,
        cause: StateCause,
        at: Timestamp,
    ) -> Result<StreamEvent, IllegalTransition> {
        let from = self.state;
        if !is_legal(from, to, cause) {
            return Err(IllegalTransition { from, to, cause });
        }
        self.state = to;
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(Transition { at, from, to, cause });
        Ok(StreamEvent::State { from, to, cause })
    }
}

/// Whether an agent in `from` may become `to` because of `cause`.
///
/// Every state can be left: by going on, by a stop, by an error, by the end of the app.
pub fn is_legal(from: AgentState, to: AgentState, cause: StateCause) -> bool {
    use AgentState as S;
    use StateCause as C;
    match cause {
        C::UserMessage | C::Resumed => matches!((from, to), (S::Idle | S::Failed, S::Thinking)),
        C::FirstToken => matches!((from, to), (S::Thinking, S::Streaming)),
        C::ToolCall => matches!((from, to), (S::Thinking | S::Streaming, S::RunningTool)),
        C::ApprovalNeeded => {
            matches!((from, to), (S::Thinking | S::Streaming | S::RunningTool, S::AwaitingApproval))
        }
        C::Approved => matches!((from, to), (S::AwaitingApproval, S::RunningTool)),
        C::Denied => matches!((from, to), (S::AwaitingApproval, S::RunningTool | S::Thinking)),
        C::ToolResult => matches!((from, to), (S::RunningTool, S::Thinking)),
        C::Backoff => matches!((from, to), (S::Thinking | S::Streaming, S::Retrying)),
        C::RetryDue => matches!((from, to), (S::Retrying, S::Thinking)),
        C::StopRequested => match from {
            S::Thinking | S::Streaming | S::AwaitingApproval | S::RunningTool | S::Retrying => {
                to == S::Stopping
            }
            S::Idle | S::Stopping | S::Failed => false,
        },
        C::Finished => {
            matches!((from, to), (S::Thinking | S::Streaming | S::Stopping, S::Idle))
        }
        C::TurnLimit => matches!((from, to), (S::Thinking | S::RunningTool, S::Idle)),
        C::Stopped => matches!((from, to), (S::Stopping, S::Idle)),
        C::Error => match from {
            S::Thinking
            | S::Streaming
            | S::AwaitingApproval
            | S::RunningTool
            | S::Retrying
            | S::Stopping => to == S::Failed,
            S::Idle | S::Failed => false,
        },
        C::Shutdown => match from {
            S::Idle | S::Failed => false,
            S::Thinking
            | S::Streaming
            | S::AwaitingApproval
            | S::RunningTool
            | S::Retrying
            | S::Stopping => to == S::Idle,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [AgentState; 8] = [
        AgentState::Idle,
        AgentState::Thinking,
        AgentState::Streaming,
        AgentState::AwaitingApproval,
        AgentState::RunningTool,
        AgentState::Retrying,
        AgentState::Stopping,
        AgentState::Failed,
    ];

    #[test]
    fn every_working_state_can_be_stopped_failed_and_shut_down() {
        for state in STATES {
            let rests = matches!(state, AgentState::Idle | AgentState::Failed);
            let stops = !rests && state != AgentState::Stopping;
            let legal = |to, cause| is_legal(state, to, cause);
            assert_eq!(legal(AgentState::Stopping, StateCause::StopRequested), stops, "{state:?}");
            assert_eq!(legal(AgentState::Failed, StateCause::Error), !rests, "{state:?}");
            assert_eq!(legal(AgentState::Idle, StateCause::Shutdown), !rests, "{state:?}");
        }
    }

    #[test]
    fn an_illegal_change_is_an_error_and_changes_nothing() {
        let mut machine = Machine::default();
        let at = Timestamp(5);
        let error = machine.change(AgentState::Streaming, StateCause::FirstToken, at).unwrap_err();
        assert_eq!(error.from, AgentState::Idle);
        assert_eq!(machine.state(), AgentState::Idle);
        assert_eq!(machine.history().count(), 0);
    }

    #[test]
    fn changes_are_told_and_kept_with_time_and_cause() {
        let mut machine = Machine::default();
        let event =
            machine.change(AgentState::Thinking, StateCause::UserMessage, Timestamp(1)).unwrap();
        let expected = StreamEvent::State {
            from: AgentState::Idle,
            to: AgentState::Thinking,
            cause: StateCause::UserMessage,
        };
        assert_eq!(event, expected);
        let history: Vec<_> = machine.history().copied().collect();
        let kept = Transition {
            at: Timestamp(1),
            from: AgentState::Idle,
            to: AgentState::Thinking,
            cause: StateCause::UserMessage,
        };
        assert_eq!(history, [kept]);
    }

    #[test]
    fn the_history_is_bounded() {
        let mut machine = Machine::default();
        for turn in 0..1_000 {
            let at = Timestamp(turn);
            machine.change(AgentState::Thinking, StateCause::UserMessage, at).unwrap();
            machine.change(AgentState::Idle, StateCause::Finished, at).unwrap();
        }
        assert_eq!(machine.history().count(), HISTORY);
    }
}
