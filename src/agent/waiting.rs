//! Messages that wait until the answers of their chat have ended.

use super::actor::Agent;
use super::group::Outcome;
use crate::protocol::{
    Alternative, BackendEvent, MessageId, NoticeCode, Place, QueuedMessage, RunStatus, SendRequest,
};
use crate::store::StoreError;

impl Agent {
    /// Puts a message at the end of the queue.
    pub(super) async fn enqueue(&mut self, request: SendRequest) {
        let back = request.clone();
        let item = QueuedMessage::from(request);
        let added = self.shared.store.queue_add(item).await;
        if added.is_err() {
            self.not_sent(back).await;
        }
        self.queue_changed(added).await;
    }

    /// Tells how the queue is now, and what went wrong with its change.
    pub(super) async fn queue_changed<T>(&self, change: Result<T, StoreError>) {
        if let Err(error) = change {
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
        if let Ok(items) = self.shared.store.queue_list(self.chat).await {
            self.shared.tell(BackendEvent::Queue { chat: self.chat, items }).await;
        }
    }

    /// Whether the next waiting message may go out: after a complete answer it does, after a stop
    /// or a failure the queue stands still until the user decides. Of several answers the one
    /// that is kept counts.
    pub(super) async fn may_go_on(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::One(status) => status == RunStatus::Complete,
            Outcome::Several(ended) => {
                // Whoever stops wants rest, also where the kept answer was whole by then.
                if ended.iter().any(|(_, status)| *status == RunStatus::Stopped) {
                    return false;
                }
                let leaf = self.leaf().await.ok().flatten();
                ended
                    .iter()
                    .any(|(answer, status)| leaf == Some(*answer) && *status == RunStatus::Complete)
            }
        }
    }

    /// Sends a waiting message, or the first. It leaves the queue in the transaction that begins
    /// its runs, so that a crash in between neither loses nor doubles it.
    pub(super) async fn send_queued(&mut self, message: Option<MessageId>) {
        let items = match self.shared.store.queue_list(self.chat).await {
            Ok(items) => items,
            Err(error) => return self.shared.notice(NoticeCode::WriteFailed, error).await,
        };
        let wanted = |item: &QueuedMessage| message.is_none_or(|id| item.id == id);
        let Some(item) = items.into_iter().find(wanted) else { return };
        let (ids, now) = (self.shared.ids, (self.shared.clock.now)());
        let also = item.also.into_iter().map(|model| Alternative {
            model,
            run: ids.run(now),
            answer: ids.message(now),
        });
        let request = SendRequest {
            chat: self.chat,
            message: item.id,
            place: Place::AtLeaf,
            text: item.text,
            chat_model: item.model.clone(),
            model: item.model,
            one_off: item.one_off,
            attachments: item.attachments,
            chat_options: item.options.clone(),
            options: item.options,
            also: also.collect(),
            run: ids.run(now),
            answer: ids.message(now),
            created: now,
            server: None,
        };
        if let Err(error) = self.try_send(request).await {
            self.shared.notice(NoticeCode::WriteFailed, error).await;
        }
        self.queue_changed(Ok(())).await;
    }
}
