//! The near end of the store.

use std::fmt;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::casts::CastWrite;
use super::chats::ChatChange;
use super::error::{Result, StoreError};
use super::kept::KeptModels;
use super::open::{Clock, Connections};
use super::pending::{Pending, Wake};
use super::reader::{ReadCommand, Reader};
use super::resumable::Resumable;
use super::runs::{Began, BeginRun, ReadState};
use super::search::SearchHit;
use super::stats::StoreStats;
use super::writer::{Reply, WriteCommand, Writer};
use crate::protocol::{
    Cast, ChatBot, ChatId, ChatOptions, ChatSummary, Draft, Message, MessageId, MessagePage,
    ModelId, Notice, ProviderId, QueuedMessage, RunEvent, RunId, StartChat, StreamEvent, Timestamp,
};

/// Requests that may wait for a thread; more wait with whoever asks.
const QUEUE: usize = 256;

/// Asks the store's threads. Cheap to clone. When the last clone is dropped, what was appended
/// is committed and the threads end.
///
/// Every method fails with [`StoreError::Closed`] once the store is closed, with
/// [`StoreError::Damaged`] where damage is met, and writing ones also with
/// [`StoreError::Full`], [`StoreError::ReadOnly`] and [`StoreError::Busy`].
#[derive(Clone)]
pub struct StoreHandle {
    inner: Arc<Inner>,
}

struct Inner {
    write: flume::Sender<WriteCommand>,
    read: flume::Sender<ReadCommand>,
    readers: usize,
    /// Cancelled when the writing thread has ended.
    writer_ended: CancellationToken,
    /// Cancelled when the last reading thread has ended.
    readers_ended: CancellationToken,
    pending: Arc<Pending>,
    clock: Clock,
}

impl fmt::Debug for StoreHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreHandle").finish_non_exhaustive()
    }
}

impl StoreHandle {
    /// Starts the threads. Without connections, or where a thread cannot be started, every
    /// request is answered with [`StoreError::Closed`].
    pub(super) fn start(
        connections: Option<Connections>,
        clock: Clock,
        notices: flume::Sender<Notice>,
    ) -> Self {
        let (write, write_commands) = flume::bounded(QUEUE);
        let (read, read_commands) = flume::bounded(QUEUE);
        let pending = Arc::new(Pending::default());
        let (writer_ended, readers_ended) = (CancellationToken::new(), CancellationToken::new());
        let mut readers = 0;
        if let Some(Connections { writer, readers: connections, owner, file, journals, scratch }) =
            connections
        {
            let ended = Arc::new(readers_ended.clone().drop_guard());
            for db in connections {
                let reader = Reader { db, pending: Arc::clone(&pending), file: file.clone() };
                let commands = read_commands.clone();
                readers += spawn("store-reader", Arc::clone(&ended), move || reader.run(&commands));
            }
            let writer = Writer::new(writer, owner, Arc::clone(&pending), notices, journals);
            let ended = Arc::new(writer_ended.clone().drop_guard());
            spawn("store-writer", ended, move || {
                writer.run(&write_commands);
                drop(scratch);
            });
        } else {
            writer_ended.cancel();
            readers_ended.cancel();
        }
        let inner = Inner { write, read, readers, writer_ended, readers_ended, pending, clock };
        Self { inner: Arc::new(inner) }
    }

    pub(super) async fn write<T>(
        &self,
        command: impl FnOnce(Reply<T>) -> WriteCommand,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.inner.write.send_async(command(reply)).await?;
        answered(answer, &self.inner.writer_ended).await
    }

    pub(super) async fn read<T>(&self, command: impl FnOnce(Reply<T>) -> ReadCommand) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.inner.read.send_async(command(reply)).await?;
        answered(answer, &self.inner.readers_ended).await
    }

    /// The time, by the clock that the store was opened with.
    pub(super) fn now(&self) -> Timestamp {
        (self.inner.clock)()
    }

    /// Commits what was appended and ends the threads. Later requests fail.
    pub async fn close(&self) -> Result<()> {
        for _ in 0..self.inner.readers {
            match self.read(ReadCommand::Close).await {
                Ok(()) | Err(StoreError::Closed) => {}
                Err(error) => return Err(error),
            }
        }
        self.write(WriteCommand::Close).await
    }

    /// Commits what was appended.
    pub async fn flush(&self) -> Result<()> {
        self.write(WriteCommand::Flush).await
    }
}

/// Runs.
impl StoreHandle {
    /// Stores a question and its open answers, and opens their runs, in one transaction. Doing it
    /// twice changes nothing and is told by [`Began::already`]. A waiting message of the same id leaves the queue.
    /// Fails with [`StoreError::NotFound`] for a deleted chat and for an unknown parent.
    pub async fn begin_run(&self, request: BeginRun) -> Result<Began> {
        let began = self.write(|reply| WriteCommand::Begin(Box::new(request), reply)).await?;
        Ok(*began)
    }

    /// Takes over the runs that a process left open when it ended and that their providers go on
    /// with. Of several that ask, only one gets a run. They must be ended like runs begun here.
    pub async fn resumable_runs(&self) -> Result<Vec<Resumable>> {
        self.write(|reply| WriteCommand::TakeResumable(None, reply)).await
    }

    /// The same for one chat: the runs of all others are left alone.
    pub async fn resumable_runs_in(&self, chat: ChatId) -> Result<Vec<Resumable>> {
        self.write(|reply| WriteCommand::TakeResumable(Some(chat), reply)).await
    }

    /// The runs of a chat that a process left open when it ended and that nobody goes on with.
    pub async fn left_open(&self, chat: ChatId) -> Result<Vec<RunId>> {
        self.write(|reply| WriteCommand::LeftOpen(chat, reply)).await
    }

    /// Adds an event to its run. Not acknowledged: committed within 250 ms, or after 16 KiB, or
    /// with the next write; kept and tried again while that fails. Readers see it at once. Never
    /// waits.
    pub fn append(&self, event: RunEvent) -> Result<()> {
        if self.inner.write.is_disconnected() {
            return Err(StoreError::Closed);
        }
        if self.inner.pending.push(event) == Wake::Now {
            // A full queue wakes the writer just as well.
            drop(self.inner.write.try_send(WriteCommand::Wake));
        }
        Ok(())
    }

    /// Ends a run with its last event, which must be [`StreamEvent::Done`]: its journal becomes
    /// the parts of the answer. When this fails, the event is kept like an appended one and the
    /// end is tried again by itself.
    pub async fn finish_run(
        &self,
        done: RunEvent,
        read: ReadState,
    ) -> Result<(Message, ChatSummary)> {
        if !matches!(done.event, StreamEvent::Done { .. }) {
            return Err(StoreError::Other("a run ends with `done`".to_owned()));
        }
        let run = done.run;
        self.append(done)?;
        self.write(|reply| WriteCommand::Finish(run, read, reply)).await
    }
}

/// Chats with bots.
impl StoreHandle {
    /// Makes a chat that begins with a bot, and notes that the bot was used. A second time changes
    /// nothing.
    pub async fn start_chat(&self, start: StartChat) -> Result<ChatSummary> {
        self.write(|reply| WriteCommand::Casts(CastWrite::Start(Box::new(start), reply))).await
    }

    /// Lets a chat go on with another version of its bot.
    pub async fn set_cast(&self, chat: ChatId, bot: ChatBot, cast: Cast) -> Result<ChatSummary> {
        self.write(|reply| WriteCommand::Casts(CastWrite::Set(chat, Box::new((bot, cast)), reply)))
            .await
    }

    /// Lets a chat go that was begun as a test.
    pub async fn end_test(&self, chat: ChatId) -> Result<()> {
        self.write(|reply| WriteCommand::Casts(CastWrite::EndTest(chat, reply))).await
    }

    /// Who takes part in a chat, where it began with a bot.
    pub async fn cast(&self, chat: ChatId) -> Result<Option<Arc<Cast>>> {
        self.read(|reply| ReadCommand::Cast(chat, reply)).await
    }
}

/// Reading messages.
impl StoreHandle {
    /// The last `limit` messages of the chat's visible path, or of what lies above `before`,
    /// oldest first. Costs what these messages cost, however long the chat is.
    pub async fn page(
        &self,
        chat: ChatId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<MessagePage> {
        self.read(|reply| ReadCommand::Page(chat, before, limit, reply)).await
    }

    /// The messages from the first to this one, for a request.
    pub async fn path(&self, message: MessageId) -> Result<Vec<Message>> {
        self.read(|reply| ReadCommand::Path(message, reply)).await
    }

    /// One message.
    pub async fn message(&self, message: MessageId) -> Result<Option<Message>> {
        self.read(|reply| ReadCommand::Message(message, reply)).await
    }

    /// The newest messages that hold all words of the query; the last word may be the beginning
    /// of one, and words in quotes are a phrase. Any text is a valid query.
    pub async fn search(&self, query: &str, limit: usize) -> Result<Vec<SearchHit>> {
        let query = query.to_owned();
        self.read(|reply| ReadCommand::Search(query, limit, reply)).await
    }

    /// Shows another branch: from `message` to the sibling `step` steps away (the first and the
    /// last are the ends), then down to the newest message. Gives the new end of the path.
    pub async fn select_branch(
        &self,
        chat: ChatId,
        message: MessageId,
        step: i32,
    ) -> Result<MessageId> {
        self.write(|reply| WriteCommand::SelectBranch(chat, message, step, reply)).await
    }

    /// Goes on from this message: the newest path through it becomes the visible one. Gives its
    /// end.
    pub async fn keep_answer(&self, chat: ChatId, message: MessageId) -> Result<MessageId> {
        self.write(|reply| WriteCommand::Keep(chat, message, reply)).await
    }

    /// Makes what a message's notice keeps from the model count, or not.
    pub async fn set_covered(&self, chat: ChatId, message: MessageId, covered: bool) -> Result<()> {
        self.write(|reply| WriteCommand::SetCovered(chat, message, covered, reply)).await
    }

    /// Adds many finished messages at once, parents before children; makes their chats where
    /// they do not exist. The last message of a chat becomes the end of its visible path.
    pub async fn insert_messages(&self, messages: Vec<Message>) -> Result<()> {
        self.write(|reply| WriteCommand::InsertMessages(messages, reply)).await
    }
}

/// Chats.
impl StoreHandle {
    /// All chats that are not deleted, newest first.
    pub async fn list_chats(&self) -> Result<Vec<ChatSummary>> {
        self.read(ReadCommand::Chats).await
    }

    /// One chat, where it exists and is not deleted.
    pub async fn chat(&self, chat: ChatId) -> Result<Option<ChatSummary>> {
        self.read(|reply| ReadCommand::Chat(chat, reply)).await
    }

    async fn change_chat(&self, chat: ChatId, change: ChatChange) -> Result<ChatSummary> {
        self.write(|reply| WriteCommand::ChangeChat(chat, change, reply)).await
    }

    /// Gives a chat the user's own title.
    pub async fn rename_chat(&self, chat: ChatId, title: &str) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Rename(title.to_owned())).await
    }

    /// Keeps a chat at the top, or no longer.
    pub async fn pin_chat(&self, chat: ChatId, pinned: bool) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Pin(pinned)).await
    }

    /// Chooses the chat's model, or none.
    pub async fn set_chat_model(
        &self,
        chat: ChatId,
        model: Option<ModelId>,
    ) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Model(model)).await
    }

    /// Sets how the chat's messages are answered.
    pub async fn set_chat_options(
        &self,
        chat: ChatId,
        options: ChatOptions,
    ) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Options(options)).await
    }

    /// Gives a chat a title that was made for it. One that the user gave stays.
    pub async fn set_made_title(&self, chat: ChatId, title: &str) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::MadeTitle(title.to_owned())).await
    }

    /// Whether a title may be made for a chat: the user has given it none, and so far one
    /// question of it was answered completely.
    pub async fn wants_title(&self, chat: ChatId) -> Result<bool> {
        self.read(|reply| ReadCommand::WantsTitle(chat, reply)).await
    }

    /// The chat was looked at.
    pub async fn mark_read(&self, chat: ChatId) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Read).await
    }

    /// Deletes a chat; it can be restored until it is purged.
    pub async fn delete_chat(&self, chat: ChatId) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Delete(self.now())).await
    }

    /// Undoes a deletion.
    pub async fn restore_chat(&self, chat: ChatId) -> Result<ChatSummary> {
        self.change_chat(chat, ChatChange::Restore).await
    }

    /// Removes for good what was deleted before this time, in many short transactions.
    pub async fn purge_deleted(&self, before: Timestamp) -> Result<()> {
        while self.write(|reply| WriteCommand::PurgeStep(before, reply)).await? {}
        Ok(())
    }
}

/// Drafts, queues, kept values, figures.
impl StoreHandle {
    /// Keeps what was typed; without a chat, for the new chat. An empty draft is forgotten.
    pub async fn save_draft(&self, chat: Option<ChatId>, draft: Draft) -> Result<()> {
        self.write(|reply| WriteCommand::SaveDraft(chat, draft, reply)).await
    }

    /// What was typed and not sent.
    pub async fn draft(&self, chat: Option<ChatId>) -> Result<Draft> {
        self.read(|reply| ReadCommand::Draft(chat, reply)).await
    }

    /// Adds a message to the end of its chat's queue.
    pub async fn queue_add(&self, item: QueuedMessage) -> Result<()> {
        self.write(|reply| WriteCommand::QueueAdd(Box::new(item), reply)).await
    }

    /// Changes the text of a waiting message.
    pub async fn queue_edit(&self, id: MessageId, text: &str) -> Result<()> {
        let text = text.to_owned();
        self.write(|reply| WriteCommand::QueueEdit(id, text, reply)).await
    }

    /// Takes a waiting message back. Gives whether it was still there.
    pub async fn queue_remove(&self, chat: ChatId, id: MessageId) -> Result<bool> {
        Ok(self.queue_take(chat, Some(id)).await?.is_some())
    }

    /// Takes this message out of the queue, or the first. Of several askers only one gets it.
    /// To send one, [`Self::begin_run`] alone is safer: it takes the message in the same moment.
    pub async fn queue_take(
        &self,
        chat: ChatId,
        id: Option<MessageId>,
    ) -> Result<Option<QueuedMessage>> {
        self.write(|reply| WriteCommand::QueueTake(chat, id, reply)).await
    }

    /// What waits in a chat, in order.
    pub async fn queue_list(&self, chat: ChatId) -> Result<Vec<QueuedMessage>> {
        self.read(|reply| ReadCommand::Queue(chat, reply)).await
    }

    /// Keeps the models of a provider.
    pub async fn save_models(&self, kept: KeptModels) -> Result<()> {
        self.write(|reply| WriteCommand::SaveModels(kept, reply)).await
    }

    /// The models of a provider were told again, and are what is kept.
    pub async fn models_listed(&self, provider: ProviderId, at: Timestamp) -> Result<()> {
        self.write(|reply| WriteCommand::ModelsListed(provider, at, reply)).await
    }

    /// Forgets the models of a provider.
    pub async fn forget_models(&self, provider: ProviderId) -> Result<()> {
        self.write(|reply| WriteCommand::ForgetModels(provider, reply)).await
    }

    /// The last known models of all providers.
    pub async fn load_models(&self) -> Result<Vec<KeptModels>> {
        self.read(ReadCommand::Models).await
    }

    /// Keeps a value under a name, or forgets it.
    pub async fn set_value(&self, key: &str, value: Option<String>) -> Result<()> {
        let key = key.to_owned();
        self.write(|reply| WriteCommand::SetValue(key, value, reply)).await
    }

    /// Keeps a value under a name. Gives whether it is another one than before: of several
    /// askers with the same value, one process or many, only the first is told so.
    pub async fn mark(&self, key: &str, value: &str) -> Result<bool> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(|reply| WriteCommand::Mark(key, value, reply)).await
    }

    /// A kept value.
    pub async fn value(&self, key: &str) -> Result<Option<String>> {
        let key = key.to_owned();
        self.read(|reply| ReadCommand::Value(key, reply)).await
    }

    /// Figures about the store.
    pub async fn stats(&self) -> Result<StoreStats> {
        self.read(ReadCommand::Stats).await
    }

    /// Reads the whole file and names what is wrong with it; empty where all is well.
    pub async fn check(&self) -> Result<Vec<String>> {
        self.read(ReadCommand::Check).await
    }
}

/// For tests.
#[cfg(test)]
impl StoreHandle {
    /// Makes the disk full: the file may grow by this many pages, or freely again. Gives the
    /// new limit.
    pub(super) async fn limit_pages_for_test(&self, more: Option<i64>) -> Result<i64> {
        self.write(|reply| WriteCommand::LimitPages(more, reply)).await
    }
}

/// Waits for an answer. A request that reaches the queue of a thread that is just ending is
/// never answered; then the end of the thread is the answer.
async fn answered<T>(answer: oneshot::Receiver<Result<T>>, ended: &CancellationToken) -> Result<T> {
    tokio::select! {
        biased;
        answer = answer => answer?,
        () = ended.cancelled() => Err(StoreError::Closed),
    }
}

/// Starts a thread that drops `ended` as its last act. Gives how many were started.
fn spawn(name: &str, ended: Arc<DropGuard>, run: impl FnOnce() + Send + 'static) -> usize {
    let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        let _ended = ended;
        run();
    });
    match thread {
        Ok(_) => 1,
        Err(error) => {
            tracing::error!(%error, name, "a thread cannot be started");
            0
        }
    }
}
