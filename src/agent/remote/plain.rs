//! Servers that number nothing: their events get their places here, and nothing is ever resumed.

use super::manager::Manager;
use super::server::Stand;
use crate::protocol::{
    BackendEvent, ChatId, ErrorKind, Message, MessageId, Part, PlainEvent, ProviderError,
    RemoteEvent, Role, RunEvent, RunStatus, ServerId, StreamEvent,
};

impl Manager {
    /// A server that numbers nothing is there.
    pub(super) async fn plain_up(&mut self, id: &ServerId) {
        let Some(server) = self.servers.get_mut(id) else { return };
        server.stand = Stand::Plain;
        // It tells nothing of bots that are ready, unless it does so by itself.
        let ready: Vec<ChatId> = server.unready.drain().map(|(chat, _)| chat).collect();
        for chat in ready {
            self.shared.tell(BackendEvent::Remote(RemoteEvent::AgentReady { chat })).await;
        }
        self.break_off(id, "The server does not keep answers, so this one broke off").await;
        self.due.insert(id.clone());
    }

    /// Takes an event without a place.
    pub(super) async fn plain_event(&mut self, id: &ServerId, plain: PlainEvent) {
        let at = self.now();
        let Some(server) = self.servers.get_mut(id) else { return };
        let named = plain.chat.and_then(|chat| server.run_of(chat));
        // One answer at a time is asked of it, so that there is no doubt.
        let Some(run) = named.or_else(|| server.runs.keys().next().copied()) else {
            server.ignored += 1;
            return;
        };
        let Some(open) = server.runs.get(&run) else { return };
        let Some(folded) = &open.folded else { return };
        let has_content = !folded.parts.is_empty();
        let Some(event) = placed(plain.event, folded, open.answer) else { return };
        if let StreamEvent::Error { retryable: false, .. } = event {
            let status = if has_content { RunStatus::Interrupted } else { RunStatus::Failed };
            return self.tell_end(id, run, Some(event), status).await;
        }
        let (chat, seq) = (open.chat, open.last.next());
        self.take(id, RunEvent { chat, run, seq, at, event, resume: None }).await;
    }

    /// The message of a run that was begun here could not be sent.
    pub(super) async fn plain_not_sent(&mut self, id: &ServerId, chat: ChatId) {
        let Some(server) = self.servers.get(id) else { return };
        let open = server.runs.iter().find(|(_, open)| open.chat == chat && open.folded.is_some());
        let Some((run, _)) = open else { return };
        let run = *run;
        let error = ProviderError::new(ErrorKind::Network, "The message did not reach the server");
        let error = StreamEvent::final_error(error);
        self.tell_end(id, run, Some(error), RunStatus::Failed).await;
    }
}

/// The event with its place: a delta goes to the end of what is there. None for what is not said
/// by the assistant.
fn placed(event: StreamEvent, folded: &Message, answer: MessageId) -> Option<StreamEvent> {
    let end = |fits: fn(&Part) -> Option<&str>| {
        let text = folded.parts.last().and_then(fits);
        text.map_or(0, |text| text.len() as u64)
    };
    Some(match event {
        StreamEvent::Message { role: Role::Assistant, content, .. } => StreamEvent::Message {
            role: Role::Assistant,
            content,
            message_id: answer,
            offset: end(text_of),
        },
        StreamEvent::Message { .. } => return None,
        StreamEvent::Thinking { content, opaque, .. } => {
            StreamEvent::Thinking { content, offset: end(thought_of), opaque }
        }
        StreamEvent::Done { status, .. } => Manager::done(status, answer),
        other @ (StreamEvent::State { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::ToolEnd { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. }
        | StreamEvent::Error { .. }) => other,
    })
}

fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } => Some(text),
        Part::Thinking { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    }
}

fn thought_of(part: &Part) -> Option<&str> {
    match part {
        Part::Thinking { text, .. } => Some(text),
        Part::Text { .. }
        | Part::ToolCall { .. }
        | Part::ToolResult { .. }
        | Part::Image { .. }
        | Part::File { .. }
        | Part::Notice { .. } => None,
    }
}
