//! Runs of servers: followed from their first event to their last, each event once.

use super::manager::Manager;
use super::server::{Asked, OpenRun, Stand};
use crate::agent::budget;
use crate::protocol::{
    Answer, AnswerStatus, BackendEvent, ChatId, ChatSummary, ClientCommand, ErrorKind, Frame,
    Message, MessageId, Part, ProviderError, RemoteEvent, Role, RunEvent, RunId, RunStatus, Seq,
    ServerId, StopMode, StreamEvent,
};
use crate::store::{OpenRemoteRun, Outgoing, RemoteRun, StoreError};

/// So long a server has to fill a gap before it is asked again.
const ASK_AGAIN_MS: u64 = 3_000;

impl Manager {
    /// A run began on a server, for a message of ours or of another client.
    pub(super) async fn run_started(&mut self, id: &ServerId, question: Message, answer: Message) {
        let Some(run) = answer.answer.as_ref().map(|answer| answer.run) else { return };
        let (chat, asked) = (question.chat, question.id);
        let is_known = self.servers.get(id).is_some_and(|server| server.runs.contains_key(&run));
        if is_known {
            return;
        }
        let begin = RemoteRun { server: id.clone(), question, answer };
        let begun = match self.shared.store.begin_remote(begin).await {
            Ok(begun) => begun,
            // A chat that is not the server's, or was deleted here.
            Err(StoreError::NotFound) => return tracing::debug!(%run, "a run that is not followed"),
            Err(error) => return self.failed(error).await,
        };
        self.shared.remote_chats.add(chat, id);
        self.branched.remove(&chat);
        if self.first.get(&chat) == Some(&asked) {
            self.first.remove(&chat);
        }
        let Some(server) = self.servers.get_mut(id) else { return };
        if server.in_flight.get(&chat).is_some_and(|flight| flight.message == asked) {
            server.in_flight.remove(&chat);
        }
        let is_plain = server.stand == Stand::Plain;
        self.shared.tell(BackendEvent::ChatChanged(begun.chat)).await;
        if let Some(seq) = begun.open {
            let folded = is_plain.then(|| Box::new(begun.answer.clone()));
            self.follow(id, (run, seq), (begun.question, begun.answer), folded).await;
        }
        self.tell_queue(chat).await;
    }

    async fn follow(
        &mut self,
        id: &ServerId,
        (run, last): (RunId, Seq),
        (question, answer): (Message, Message),
        folded: Option<Box<Message>>,
    ) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let open = OpenRun {
            chat: answer.chat,
            answer: answer.id,
            last,
            asked_again: None,
            stop: None,
            folded,
        };
        server.follow(run, open);
        let (question, answer) = (Box::new(question), Box::new(answer));
        self.shared.tell(BackendEvent::RunStarted { run, question, answer }).await;
    }

    /// Goes on with a run that was met in the middle, or left open by another process.
    pub(super) async fn go_on(&mut self, open: OpenRemoteRun) {
        let OpenRemoteRun { server: id, run, answer, seq } = open;
        let is_known = self.servers.get(&id).is_none_or(|server| server.runs.contains_key(&run));
        if is_known {
            return;
        }
        let question = match answer.parent {
            Some(question) => self.shared.store.message(question).await,
            None => Ok(None),
        };
        match question {
            Ok(Some(question)) => self.follow(&id, (run, seq), (question, answer), None).await,
            Ok(None) => {
                let Some(server) = self.servers.get_mut(&id) else { return };
                let (chat, answer) = (answer.chat, answer.id);
                let (asked_again, stop, folded) = (None, None, None);
                let last = seq;
                server.follow(run, OpenRun { chat, answer, last, asked_again, stop, folded });
            }
            Err(error) => self.failed(error).await,
        }
    }

    /// Begins the run of a message here: its server says nothing of questions and answers.
    pub(super) async fn begin_here(
        &mut self,
        id: &ServerId,
        outgoing: &Outgoing,
        (run, answer): (RunId, MessageId),
    ) {
        let item = &outgoing.item;
        let parent = match outgoing.reply_to {
            Some(parent) => parent,
            None => self.leaf(item.chat).await,
        };
        let mut parts = item.attachments.clone();
        parts.push(Part::Text { text: item.text.clone() });
        let question =
            Message { parent, ..Message::new(item.id, item.chat, Role::User, item.created, parts) };
        let now = self.now();
        let answer = Message {
            parent: Some(item.id),
            answer: Some(Answer { one_off: item.one_off, ..Answer::open(item.model.clone(), run) }),
            ..Message::new(answer, item.chat, Role::Assistant, now, Vec::new())
        };
        self.run_started(id, question, answer).await;
    }

    /// The end of the visible path.
    pub(super) async fn leaf(&self, chat: ChatId) -> Option<MessageId> {
        let page = self.shared.store.page(chat, None, 1).await.ok()?;
        page.messages.last().map(|message| message.id)
    }

    /// Takes an event that has its place: the next of its run, or nothing.
    pub(super) async fn event(&mut self, id: &ServerId, frame: Frame) {
        let now = self.now();
        let Some(server) = self.servers.get_mut(id) else { return };
        if !server.runs.contains_key(&frame.run_id) && !self.met(id, &frame).await {
            return;
        }
        let Some(server) = self.servers.get_mut(id) else { return };
        let Some(open) = server.runs.get_mut(&frame.run_id) else { return };
        if open.chat != frame.chat_id {
            return;
        }
        if frame.seq <= open.last {
            return self.known(frame).await;
        }
        if frame.seq != open.last.next() {
            let waits = open.asked_again.is_some_and(|at| now.ms_since(at) < ASK_AGAIN_MS);
            if !waits {
                open.asked_again = Some(now);
                let (chat_id, after_seq) = (open.chat, Some(open.last));
                tracing::info!(run = %frame.run_id, seq = frame.seq.0, "events are missing");
                let again = ClientCommand::follow(chat_id, after_seq);
                server.ask(again, Asked::Nothing);
            }
            return;
        }
        open.asked_again = None;
        let event = RunEvent {
            chat: frame.chat_id,
            run: frame.run_id,
            seq: frame.seq,
            at: frame.ts,
            event: frame.event,
            resume: None,
        };
        self.take(id, event).await;
    }

    /// An event that counted already changes nothing. But a question that waits is told again to
    /// who returns, and can be answered here as well.
    async fn known(&self, frame: Frame) {
        if matches!(frame.event, StreamEvent::ApprovalNeeded { .. }) {
            let Frame { chat_id: chat, run_id: run, seq, ts: at, event, .. } = frame;
            let event = RunEvent { chat, run, seq, at, event, resume: None };
            self.shared.tell(BackendEvent::Run(event)).await;
        }
    }

    /// Whether a run is followed now that was not before its event came.
    async fn met(&mut self, id: &ServerId, frame: &Frame) -> bool {
        let (chat, run) = (frame.chat_id, frame.run_id);
        if self.shared.remote_chats.server(chat).as_ref() != Some(id) {
            return false;
        }
        let flight = self.servers.get(id).and_then(|server| server.in_flight.get(&chat).copied());
        let acked = flight.and_then(|flight| Some((flight.message, flight.acked?)));
        if let Some((message, (acked, Some(answer)))) = acked
            && acked == run
        {
            let waiting = self.shared.store.outbox(id).await.unwrap_or_default();
            if let Some(outgoing) = waiting.iter().find(|waiting| waiting.item.id == message) {
                self.begin_here(id, outgoing, (run, answer)).await;
                return true;
            }
        }
        self.refresh(chat);
        false
    }

    /// Journals an event and tells it. The place stands in the row of its content.
    pub(super) async fn take(&mut self, id: &ServerId, event: RunEvent) {
        let Some(server) = self.servers.get_mut(id) else { return };
        let Some(open) = server.runs.get_mut(&event.run) else { return };
        open.last = event.seq;
        if let Some(folded) = &mut open.folded {
            folded.apply(&event.event, event.at);
        }
        server.places.set(event.run, event.seq);
        if matches!(event.event, StreamEvent::Done { .. }) {
            return self.ended(id, event).await;
        }
        if let Err(error) = self.shared.store.append(event.clone()) {
            tracing::error!(%error, "an event could not be journalled");
        }
        self.shared.tell(BackendEvent::Run(event)).await;
    }

    /// A run came to its end.
    async fn ended(&mut self, id: &ServerId, done: RunEvent) {
        let StreamEvent::Done { status, .. } = done.event else { return };
        let kept = self.shared.store.finish_run(done.clone(), self.read_state()).await;
        if let Some(server) = self.servers.get_mut(id) {
            server.forget(done.run);
        }
        let chat = done.chat;
        budget::tell_spent(&self.shared).await;
        self.shared.tell(BackendEvent::Run(done)).await;
        match kept {
            Ok((_, summary)) => self.tell_chat(summary).await,
            Err(error) => self.failed(error).await,
        }
        self.after_run(id, chat, status);
    }

    /// Tells how a chat is now. One that was deleted while its answer came is not listed again.
    async fn tell_chat(&self, summary: ChatSummary) {
        if let Ok(Some(chat)) = self.shared.store.chat(summary.id).await {
            self.shared.tell(BackendEvent::ChatChanged(chat)).await;
        }
    }

    /// What waits goes out after a whole answer and after one that was cut, for it was promised to
    /// go when the server is back. It stands still after one that was stopped or failed.
    fn after_run(&mut self, id: &ServerId, chat: ChatId, status: RunStatus) {
        match status {
            RunStatus::Complete | RunStatus::Interrupted => self.held.remove(&chat),
            RunStatus::Stopped | RunStatus::Failed => self.held.insert(chat),
        };
        self.due.insert(id.clone());
    }

    /// Ends a run that its server does not have any more, with what it says of the answer.
    pub(super) async fn settle(&mut self, id: &ServerId, run: RunId, theirs: Option<Message>) {
        let Some(open) = self.servers.get_mut(id).and_then(|server| server.forget(run)) else {
            return;
        };
        let settled = self.shared.store.settle_remote(run, theirs, self.read_state()).await;
        let (message, summary) = match settled {
            Ok(settled) => settled,
            Err(error) => return self.failed(error).await,
        };
        let status = match message.answer.map(|answer| answer.status) {
            Some(AnswerStatus::Complete) => RunStatus::Complete,
            Some(AnswerStatus::Stopped) => RunStatus::Stopped,
            Some(AnswerStatus::Failed) => RunStatus::Failed,
            Some(AnswerStatus::Open | AnswerStatus::Interrupted) | None => RunStatus::Interrupted,
        };
        let event = RunEvent {
            chat: open.chat,
            run,
            seq: open.last.next(),
            at: self.now(),
            event: Self::done(status, open.answer),
            resume: None,
        };
        self.shared.tell(BackendEvent::Run(event)).await;
        self.tell_chat(summary).await;
        self.shared.tell(BackendEvent::Remote(RemoteEvent::PathChanged { chat: open.chat })).await;
        self.after_run(id, open.chat, status);
    }

    /// Ends all open runs of a server that cannot be resumed: what came is kept, and nothing is
    /// sent again.
    pub(super) async fn break_off(&mut self, id: &ServerId, why: &str) {
        let runs: Vec<RunId> = match self.servers.get(id) {
            Some(server) => server.runs.keys().copied().collect(),
            None => return,
        };
        for run in runs {
            let error = StreamEvent::final_error(ProviderError::new(ErrorKind::Network, why));
            self.tell_end(id, run, Some(error), RunStatus::Interrupted).await;
        }
    }

    /// Ends a run here and now.
    pub(super) async fn tell_end(
        &mut self,
        id: &ServerId,
        run: RunId,
        error: Option<StreamEvent>,
        status: RunStatus,
    ) {
        let now = self.now();
        let open = |manager: &Self| manager.servers.get(id)?.runs.get(&run).cloned();
        for ends in [false, true] {
            let Some(open) = open(self) else { return };
            let event = match (&error, ends) {
                (Some(error), false) => error.clone(),
                (None, false) => continue,
                (_, true) => Self::done(status, open.answer),
            };
            let (chat, seq) = (open.chat, open.last.next());
            let event = RunEvent { chat, run, seq, at: now, event, resume: None };
            self.take(id, event).await;
        }
    }

    /// Stops the run of a chat. While the link is down the wish is kept.
    pub(super) async fn stop(&mut self, chat: ChatId, mode: StopMode) {
        let Some(id) = self.shared.remote_chats.server(chat) else { return };
        let Some(server) = self.servers.get_mut(&id) else { return };
        let Some(run) = server.run_of(chat) else { return };
        if let Some(open) = server.runs.get_mut(&run) {
            open.stop = open.stop.max(Some(mode));
        }
        let is_plain = server.stand == Stand::Plain;
        let run_id = Some(run).filter(|_| !is_plain);
        server.ask(ClientCommand::Cancel { run_id, chat_id: Some(chat), mode }, Asked::Nothing);
        // It may never say that it stopped.
        if is_plain && mode == StopMode::Now {
            self.tell_end(&id, run, None, RunStatus::Stopped).await;
        }
    }
}
