//! What the engine tells, and who hears it.

use std::sync::Arc;

use super::live::{LiveRun, frame_of};
use super::refusal::Refusal;
use super::session::{Position, Taken};
use super::{Hub, Waiting};
use crate::net::gateway::host::SessionKey;
use crate::net::gateway::spell;
use crate::protocol::{
    BackendCommand, BackendEvent, BotFormat, ChatId, Library, Message, MessageId, QueuedMessage,
    RemoteBot, RemoteEvent, RunEvent, RunId, RunStatus, Seq, ServerMessage, StreamEvent,
};
use crate::store::bot_file;

impl Hub {
    pub(super) async fn event(&mut self, event: BackendEvent) {
        match event {
            BackendEvent::Run(event) => self.run_event(event).await,
            BackendEvent::RunStarted { run, question, answer } => {
                self.run_started(run, question, answer);
            }
            BackendEvent::Queue { items, .. } => self.queued(&items),
            BackendEvent::NotSent { message, .. } => self.not_sent(message),
            BackendEvent::Bots(library) => self.set_library(library),
            BackendEvent::ProviderChanged(state) => self.set_provider(state),
            BackendEvent::ProviderStatus { provider, status, listed } => {
                let known = self.providers.iter_mut().find(|known| known.config.id == provider);
                if let Some(known) = known {
                    (known.status, known.listed) = (status.clone(), listed);
                }
                self.failing.note(&provider, &status, self.now());
            }
            BackendEvent::ProviderRemoved(provider) => {
                self.providers.retain(|known| known.config.id != provider);
                self.failing.forget(&provider);
            }
            BackendEvent::ChatChanged(chat) => self.tell_chat(&chat).await,
            BackendEvent::Notice(notice) => {
                tracing::warn!(code = ?notice.code, detail = %notice.detail, "a notice");
            }
            // Questions that nobody asks here, and what clients ask for when they want it.
            BackendEvent::Chats { .. }
            | BackendEvent::Messages { .. }
            | BackendEvent::NewChatDraft(_)
            | BackendEvent::ImageLoaded { .. }
            | BackendEvent::KeysKept(_)
            | BackendEvent::Usage { .. }
            | BackendEvent::QueryFailed(_)
            | BackendEvent::Spent(_)
            | BackendEvent::Recents(_)
            | BackendEvent::BotVersions { .. }
            | BackendEvent::BotsRead { .. }
            | BackendEvent::BotText { .. }
            | BackendEvent::BotExported { .. }
            | BackendEvent::Remote(RemoteEvent::Changed(_))
            | BackendEvent::Remote(RemoteEvent::Removed(_))
            | BackendEvent::Remote(RemoteEvent::LinkChanged { .. })
            | BackendEvent::Remote(RemoteEvent::Tested { .. })
            | BackendEvent::Remote(RemoteEvent::Paired { .. })
            | BackendEvent::EditKept(_)
            | BackendEvent::Remote(RemoteEvent::PathChanged { .. })
            | BackendEvent::Remote(RemoteEvent::AgentReady { .. }) => {}
        }
    }

    fn set_library(&mut self, library: Arc<Library>) {
        let remote = |entry: &Arc<crate::protocol::BotEntry>| {
            let template = bot_file::write(&entry.bot, BotFormat::Yaml).ok();
            RemoteBot {
                id: entry.bot.id.clone(),
                name: entry.bot.name.clone(),
                description: entry.bot.description.clone(),
                template: template.and_then(|bytes| String::from_utf8(bytes).ok()),
                variables: entry.bot.variables.clone(),
            }
        };
        let shown = library.bots.iter().filter(|entry| !entry.archived);
        self.bots = shown.map(remote).collect();
        self.bots.sort_by(|one, other| one.name.cmp(&other.name));
        self.library = Some(library);
    }

    fn run_started(&mut self, run: RunId, question: Box<Message>, mut answer: Box<Message>) {
        self.has_worked = true;
        // One that was taken up has parts; they come with its events.
        answer.parts.clear();
        let (chat, asked, answered) = (answer.chat, question.id, answer.id);
        if let Some(Waiting { acks, .. }) = self.waiting.remove(&asked) {
            for (key, id) in acks {
                let (run_id, message_id, chat_id) = (Some(run), Some(answered), Some(chat));
                self.say(key, &ServerMessage::Ack { id, run_id, message_id, chat_id });
            }
        }
        let started = spell(&ServerMessage::RunStarted { question, answer });
        let mut live = LiveRun::new(chat, started.clone());
        for key in self.followers_of(chat) {
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            live.told.extend(session.client.clone());
            // One that was left open when the gateway ended may be known already.
            if session.runs.contains_key(&run) {
                continue;
            }
            session.runs.insert(run, Position { chat, sent: Seq(0), is_live: true });
            self.push(key, &started);
        }
        self.runs.insert(run, live);
    }

    async fn run_event(&mut self, event: RunEvent) {
        let (run, chat, seq) = (event.run, event.chat, event.seq);
        let status = match &event.event {
            StreamEvent::Done { status, .. } => Some(*status),
            StreamEvent::State { .. }
            | StreamEvent::Thinking { .. }
            | StreamEvent::Message { .. }
            | StreamEvent::ToolStart { .. }
            | StreamEvent::ToolEnd { .. }
            | StreamEvent::ApprovalNeeded { .. }
            | StreamEvent::Usage { .. }
            | StreamEvent::Context { .. }
            | StreamEvent::Notification { .. }
            | StreamEvent::ModelFallback { .. }
            | StreamEvent::Error { .. } => None,
        };
        let frame = frame_of(event.clone());
        if let Some(live) = self.runs.get_mut(&run) {
            live.add(&event, &frame);
        }
        let mut behind = Vec::new();
        for key in self.followers_of(chat) {
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            match session.take((run, chat), seq, &frame) {
                Taken::Done => {}
                Taken::Behind => behind.push(key),
                Taken::Over => {
                    tracing::info!(session = key.0, "a client reads too slowly, or is gone");
                    self.closed(key).await;
                }
            }
        }
        for key in behind {
            self.pump(key).await;
        }
        if let Some(status) = status {
            self.run_ended((run, chat), status).await;
        }
    }

    async fn run_ended(&mut self, (run, chat): (RunId, ChatId), status: RunStatus) {
        self.runs.remove(&run);
        for key in self.followers_of(chat) {
            let Some(session) = self.sessions.get_mut(&key) else { continue };
            // Who is still behind reads the rest from the journal.
            if !session.replays.contains(&run) {
                session.forget_run(run);
            }
            if session.request == Some(chat) {
                self.closed(key).await;
            }
        }
        if status != RunStatus::Complete {
            self.send_waiting(chat).await;
        }
    }

    /// After an answer that was stopped or failed, the engine lets its queue stand until the user
    /// decides. Clients have no way to decide: what was sent is answered.
    async fn send_waiting(&mut self, chat: ChatId) {
        if self.stop.is_cancelled() {
            return;
        }
        let waits = self.store.queue_list(chat).await.unwrap_or_default();
        if let Some(first) = waits.first() {
            let message = first.id;
            self.ask(BackendCommand::SendQueuedNow { chat, message }).await;
        }
    }

    /// Messages that wait behind an answer were taken; their runs begin later.
    fn queued(&mut self, items: &[QueuedMessage]) {
        for item in items {
            let Some(Waiting { chat, acks, .. }) = self.waiting.remove(&item.id) else { continue };
            for (key, id) in acks {
                self.ack(key, id, Some(chat));
            }
        }
    }

    fn not_sent(&mut self, message: MessageId) {
        let Some(Waiting { acks, .. }) = self.waiting.remove(&message) else { return };
        for (key, id) in acks {
            self.say(key, &Refusal::busy().said(id));
        }
    }

    pub(super) fn followers_of(&self, chat: ChatId) -> Vec<SessionKey> {
        self.followers.get(&chat).into_iter().flatten().copied().collect()
    }
}
