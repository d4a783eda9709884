//! Creates and finds the agents: one per chat, under a session id `<bot>_<number>`.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::actor::{Agent, AgentCommand, Shared};
use super::stop::{ChatControl, StopWish};
use crate::protocol::{BotId, ChatId, SessionId};

/// Commands that may wait at one agent.
const MAILBOX: usize = 256;

/// The bot of chats that name none, or of which it is not known yet.
const PLAIN_BOT: &str = "chat";

/// The near end of an agent.
#[derive(Debug)]
struct AgentHandle {
    session: SessionId,
    mailbox: mpsc::Sender<AgentCommand>,
    control: Arc<ChatControl>,
    task: JoinHandle<()>,
}

/// All agents of this process.
#[derive(Debug)]
pub(super) struct AgentManager {
    shared: Arc<Shared>,
    agents: HashMap<ChatId, AgentHandle>,
    numbers: HashMap<BotId, u64>,
    /// Agents that end by themselves.
    leaving: Vec<JoinHandle<()>>,
}

impl AgentManager {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, agents: HashMap::new(), numbers: HashMap::new(), leaving: Vec::new() }
    }

    /// Hands a command to a chat's agent, which is made where there is none. Never waits.
    ///
    /// # Errors
    ///
    /// The command itself, when too many wait already.
    pub(super) fn send(&mut self, chat: ChatId, command: AgentCommand) -> Result<(), AgentCommand> {
        let agent = self.find_or_create(chat, command.bot());
        agent.mailbox.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(command)
            | mpsc::error::TrySendError::Closed(command) => command,
        })
    }

    /// Reaches the runs of a chat past everything that waits at its agent.
    pub(super) fn stop(&self, chat: ChatId, wish: StopWish) {
        if let Some(agent) = self.agents.get(&chat) {
            agent.control.stop(wish);
        }
    }

    /// Ends the waits before a retry.
    pub(super) fn retry_now(&self, chat: ChatId) {
        if let Some(agent) = self.agents.get(&chat) {
            agent.control.retry_now();
        }
    }

    /// Lets the agent of a chat end that nobody comes back to, once it has done what it was asked.
    pub(super) fn let_go(&mut self, chat: ChatId) {
        self.leaving.retain(|task| !task.is_finished());
        self.leaving.extend(self.agents.remove(&chat).map(|agent| agent.task));
    }

    /// Ends all runs and agents, and waits until they are gone.
    pub(super) async fn shut_down(&mut self) {
        for agent in self.agents.values() {
            agent.control.stop(StopWish::Shutdown);
        }
        let agents: Vec<AgentHandle> = self.agents.drain().map(|(_, agent)| agent).collect();
        for AgentHandle { session, mailbox, control: _, task } in agents {
            drop(mailbox);
            if task.await.is_err() {
                tracing::error!(%session, "an agent did not end well");
            }
        }
        for task in self.leaving.drain(..) {
            if task.await.is_err() {
                tracing::error!("an agent did not end well");
            }
        }
    }

    fn find_or_create(&mut self, chat: ChatId, bot: Option<&BotId>) -> &AgentHandle {
        let Self { shared, agents, numbers, leaving: _ } = self;
        agents.entry(chat).or_insert_with(|| {
            let bot = bot.cloned().unwrap_or_else(|| BotId::from(PLAIN_BOT));
            let number = numbers.entry(bot.clone()).or_default();
            *number += 1;
            let session = SessionId(format!("{bot}_{number}"));
            let (mailbox, commands) = mpsc::channel(MAILBOX);
            let control = Arc::new(ChatControl::default());
            let agent = Agent::new(chat, commands, control.clone(), shared.clone());
            tracing::debug!(%session, %chat, "agent created");
            AgentHandle { session, mailbox, control, task: tokio::spawn(agent.live()) }
        })
    }
}
