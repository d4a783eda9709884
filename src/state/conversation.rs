//! One open chat: the loaded end of its visible path, its run, its queue, its draft.

use std::collections::VecDeque;

use crate::protocol::{
    AgentState, ChatId, Draft, ErrorKind, Message, MessageId, QueryId, QueuedMessage, Role, RunId,
    Seq, StopMode, Timestamp,
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
    /// What is being loaded.
    pub loading: Loading,
    /// When the end of the path was read last.
    pub loaded_at: Timestamp,
    /// The run in progress.
    pub run: Option<LiveRun>,
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

impl Conversation {
    /// A chat nothing of which is loaded.
    pub fn new(chat: ChatId) -> Self {
        Self {
            chat,
            messages: VecDeque::new(),
            has_older: false,
            loading: Loading::Nothing,
            loaded_at: Timestamp::default(),
            run: None,
            queue: Vec::new(),
            draft: Draft::default(),
            draft_dirty: None,
            generation: 0,
        }
    }

    /// A loaded message. The newest ones are looked at first: that is where events go.
    pub fn message(&self, id: MessageId) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.id == id)
    }

    /// The same, to be changed.
    pub fn message_mut(&mut self, id: MessageId) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|message| message.id == id)
    }

    /// The newest answer.
    pub fn last_answer(&self) -> Option<&Message> {
        self.messages.iter().rev().find(|message| message.role == Role::Assistant)
    }

    /// Whether the last answer is written by another process: nothing tells of its progress.
    pub fn runs_elsewhere(&self) -> bool {
        self.run.is_none() && self.messages.back().is_some_and(Message::is_open)
    }

    /// Whether an answer is on its way.
    pub fn is_running(&self) -> bool {
        self.run.is_some()
    }
}
