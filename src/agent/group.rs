//! The runs of one chat that are in progress: one, or one per model that is compared.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::task::{Id, JoinSet};

use super::machine::Machine;
use super::run::Ended;
use super::stop::RunControl;
use crate::protocol::{BotId, MessageId, RunId, RunStatus};

/// A run in progress.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) run: RunId,
    pub(super) question: MessageId,
    pub(super) answer: MessageId,
    /// Its column, where several models answer.
    pub(super) column: Option<u8>,
    pub(super) control: Arc<RunControl>,
    /// Who speaks next, in a room: known when it has ended.
    pub(super) next: Option<BotId>,
}

/// How the runs ended since the chat was at rest.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A single answer.
    One(RunStatus),
    /// Answers of several models.
    Several(Vec<(MessageId, RunStatus)>),
}

/// All runs of a chat. Dropping it ends them.
#[derive(Debug, Default)]
pub(super) struct Group {
    tasks: JoinSet<Ended>,
    running: HashMap<Id, Running>,
    /// The states of the agent: one machine per column, with its history.
    machines: HashMap<u8, Machine>,
    ended: Vec<(Running, RunStatus)>,
}

impl Group {
    /// Whether nothing runs.
    pub(super) fn is_at_rest(&self) -> bool {
        self.running.is_empty()
    }

    /// Whether an answer may begin now: at rest, or beside the other columns of its question.
    pub(super) fn takes(&self, question: MessageId, column: Option<u8>) -> bool {
        self.running.values().all(|other| {
            let is_beside = column.is_some() && other.column.is_some() && other.column != column;
            is_beside && other.question == question
        })
    }

    /// The machine for a run in this column.
    pub(super) fn machine(&mut self, column: Option<u8>) -> Machine {
        self.machines.remove(&column.unwrap_or(0)).unwrap_or_default()
    }

    /// Starts a run.
    pub(super) fn start(
        &mut self,
        running: Running,
        work: impl Future<Output = Ended> + Send + 'static,
    ) {
        let task = self.tasks.spawn(work);
        self.running.insert(task.id(), running);
    }

    /// The next run that ends, and how; without a status where its task panicked. Waits for ever
    /// where nothing runs. Cancelling the wait loses nothing.
    pub(super) async fn next(&mut self) -> (Running, Option<RunStatus>) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            let (id, ended) = match ended {
                Ok((id, ended)) => (id, Some(ended)),
                Err(error) => (error.id(), None),
            };
            let Some(mut running) = self.running.remove(&id) else { continue };
            let status = ended.map(|Ended { machine, status, next }| {
                running.next = next;
                self.machines.insert(running.column.unwrap_or(0), machine);
                status
            });
            return (running, status);
        }
        std::future::pending().await
    }

    /// Notes how a run ended. When it was the last one, says how all did.
    pub(super) fn note(&mut self, running: Running, status: RunStatus) -> Option<Outcome> {
        self.ended.push((running, status));
        if !self.is_at_rest() {
            return None;
        }
        let ended = std::mem::take(&mut self.ended);
        Some(match ended.as_slice() {
            [(only, status)] if only.column.is_none() => Outcome::One(*status),
            several => Outcome::Several(
                several.iter().map(|(running, status)| (running.answer, *status)).collect(),
            ),
        })
    }
}
