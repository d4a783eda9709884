//! One open chat: the loaded end of its visible path, its run, its queue, its draft.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{Approval, Comparison};
use crate::protocol::{
    AgentState, Cast, ChatId, Draft, ErrorKind, Message, MessageId, QueryId, QueuedMessage, Role,
    RunId, Seq, StopMode, Timestamp,
};

/// A chat that is or was open in this session.
///
/// `messages` is always a contiguous end of the visible path: older pages are put in front of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Conversation {
    /// Which chat.
    pub chat: ChatId,
    /// The loaded end of the visible path, oldest first.
    pub messages: VecDeque<Message>,
    /// Whether the path goes on above the first loaded message.
    pub has_older: bool,
    /// Who takes part, where it began with a bot.
    pub cast: Option<Arc<Cast>>,
    /// What is being loaded.
    pub loading: Loading,
    /// When the end of the path was read last.
    pub loaded_at: Timestamp,
    /// The run in progress on the visible path.
    pub run: Option<LiveRun>,
    /// The answers beside the last one of the path, where one question went to several models.
    pub compare: Option<Comparison>,
    /// Tool calls of this session that asked for consent, oldest first.
    pub approvals: Vec<Approval>,
    /// What waits until the run ends.
    pub queue: Vec<QueuedMessage>,
    /// Text typed but not sent, and the model chosen for it.
    pub draft: Draft,
    /// When the draft was last changed and not yet handed to the store.
    pub draft_dirty: Option<Timestamp>,
    /// Grows whenever the path is replaced instead of extended: views then forget their scroll.
    pub generation: u64,
}

/// What a conversation waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// Nothing.
    Nothing,
    /// The end of the path.
    End(QueryId),
    /// The page above the first loaded message.
    Older(QueryId),
    /// The end of the path could not be had: it is asked for again at this time.
    EndFailed(Timestamp),
    /// The page above could not be had: it may be asked for again from this time on.
    OlderFailed(Timestamp),
}

/// A run in progress.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveRun {
    /// Its id; events of any other run are late and dropped.
    pub id: RunId,
    /// The answer that its events append to.
    pub answer: MessageId,
    /// What the agent does.
    pub state: AgentState,
    /// Since when.
    pub since: Timestamp,
    /// The wait before a retry.
    pub retry: Option<RetryWait>,
    /// Retries so far.
    pub retries: u32,
    /// What the user asked for.
    pub stop: Option<StopMode>,
    /// The newest applied event.
    pub last_seq: Seq,
}

/// A retry that is planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryWait {
    /// Why.
    pub kind: ErrorKind,
    /// What the provider said.
    pub message: String,
    /// When it is due.
    pub due: Timestamp,
    /// From 1.
    pub attempt: u32,
}

impl LiveRun {
    /// A run that begins.
    pub fn new(id: RunId, answer: MessageId, now: Timestamp) -> Self {
        Self {
            id,
            answer,
            state: AgentState::Idle,
            since: now,
            retry: None,
            retries: 0,
            stop: None,
            last_seq: Seq(0),
        }
    }
}

impl Conversation {
    /// A chat nothing of which is loaded.
    pub fn new(chat: ChatId) -> Self {
        Self {
            chat,
            messages: VecDeque::new(),
            has_older: false,
            cast: None,
            loading: Loading::Nothing,
            loaded_at: Timestamp::default(),
            run: None,
            compare: None,
            approvals: Vec::new(),
            queue: Vec::new(),
            draft: Draft::default(),
            draft_dirty: None,
            generation: 0,
        }
    }

    /// A loaded message, also one in a column beside the path. The newest ones are looked at
    /// first: that is where events go.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        let columns = self.compare.iter().flat_map(|comparison| &comparison.others);
        let mut beside = columns.map(|column| &column.message);
        beside
            .find(|message| message.id == id)
            .or_else(|| self.messages.iter().rev().find(|message| message.id == id))
    }

    /// The same, to be changed.
    pub fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        let columns = self.compare.iter_mut().flat_map(|comparison| &mut comparison.others);
        let mut beside = columns.map(|column| &mut column.message);
        beside
            .find(|message| message.id == id)
            .or_else(|| self.messages.iter_mut().rev().find(|message| message.id == id))
    }

    /// The newest answer.
    pub fn last_answer(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.role == Role::Assistant)
    }

    /// Whether the last answer, or one beside it, is written by another process: nothing tells of
    /// its progress.
    pub fn runs_elsewhere(&self) -> bool {
        if self.is_running() {
            return false;
        }
        let beside = self.compared().into_iter().flat_map(|comparison| &comparison.others);
        let mut beside = beside.map(|column| &column.message);
        self.messages.back().is_some_and(Message::is_open) || beside.any(Message::is_open)
    }

    /// Whether an answer is on its way, in any column.
    pub fn is_running(&self) -> bool {
        self.runs().next().is_some()
    }
}
