//! The thread that owns the only writing connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::bots::{self, BotWrite};
use super::casts::{self, CastWrite};
use super::chats::{self, ChatChange};
use super::edits::{self, EditWrite};
use super::error::{Result, StoreError};
use super::gateway::GatewayWrite;
use super::kept::KeptModels;
use super::lock::Owner;
use super::open::Journals;
use super::pending::{Entry, Pending};
use super::remote::RemoteWrite;
use super::resumable::{self, Resumable};
use super::runs::{self, Began, BeginRun, ReadState};
use super::usage::{self, Aside};
use super::{branch, covers, kept, message_rows, queue};
use crate::protocol::{
    ChatId, ChatSummary, Draft, Message, MessageId, Notice, NoticeCode, ProviderId, QueuedMessage,
    RunId, Timestamp,
};

/// Where an answer goes. Nobody may wait for it any more.
pub(super) type Reply<T> = oneshot::Sender<Result<T>>;

/// How long a failed commit of appended events waits before it is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum WriteCommand {
    /// Events were appended: there is a new deadline.
    Wake,
    Flush(Reply<()>),
    Close(Reply<()>),
    Casts(CastWrite),
    Bots(BotWrite),
    Remote(RemoteWrite),
    Edits(EditWrite),
    Gateway(GatewayWrite),
    Begin(Box<BeginRun>, Reply<Box<Began>>),
    Finish(RunId, ReadState, Reply<(Message, ChatSummary)>),
    TakeResumable(Option<ChatId>, Reply<Vec<Resumable>>),
    LeftOpen(ChatId, Reply<Vec<RunId>>),
    SelectBranch(ChatId, MessageId, i32, Reply<MessageId>),
    Keep(ChatId, MessageId, Reply<MessageId>),
    SetCovered(ChatId, MessageId, bool, Reply<()>),
    ChangeChat(ChatId, ChatChange, Reply<ChatSummary>),
    PurgeStep(Timestamp, Reply<bool>),
    SaveDraft(Option<ChatId>, Draft, Reply<()>),
    QueueAdd(Box<QueuedMessage>, Reply<()>),
    QueueEdit(MessageId, String, Reply<()>),
    QueueTake(ChatId, Option<MessageId>, Reply<Option<QueuedMessage>>),
    SaveModels(KeptModels, Reply<()>),
    ModelsListed(ProviderId, Timestamp, Reply<()>),
    ForgetModels(ProviderId, Reply<()>),
    SetValue(String, Option<String>, Reply<()>),
    Mark(String, String, Reply<bool>),
    InsertMessages(Vec<Message>, Reply<()>),
    AddUsage(Box<Aside>, Reply<()>),
    #[cfg(test)]
    LimitPages(Option<i64>, Reply<i64>),
}

/// Whether the thread goes on.
#[derive(Debug)]
enum Flow {
    On,
    /// The last commit, and who asked for the end.
    End(Result<()>, Option<Reply<()>>),
}

#[derive(Debug)]
pub(super) struct Writer {
    pub(super) db: Connection,
    pub(super) owner: Owner,
    pub(super) pending: Arc<Pending>,
    pub(super) notices: flume::Sender<Notice>,
    journals: Journals,
    /// Set while commits of appended events fail.
    retry_at: Option<Instant>,
    /// Runs whose end could not be committed; their last event is in `pending`.
    unfinished: Vec<(RunId, ReadState)>,
}

impl Writer {
    pub(super) fn new(
        db: Connection,
        owner: Owner,
        pending: Arc<Pending>,
        notices: flume::Sender<Notice>,
        journals: Journals,
    ) -> Self {
        Self { db, owner, pending, notices, journals, retry_at: None, unfinished: Vec::new() }
    }

    /// Serves until it is closed or nobody can ask any more.
    pub(super) fn run(mut self, commands: &flume::Receiver<WriteCommand>) {
        loop {
            if let Flow::End(result, reply) = self.next(commands) {
                // The file is closed when the answer comes.
                drop(self);
                if let Some(reply) = reply {
                    tell(reply, result);
                }
                return;
            }
        }
    }

    fn next(&mut self, commands: &flume::Receiver<WriteCommand>) -> Flow {
        let command = match self.due() {
            Some(due) => commands.recv_deadline(due),
            None => commands
                .recv()
                .map_err(|flume::RecvError::Disconnected| flume::RecvTimeoutError::Disconnected),
        };
        match command {
            Ok(command) => self.handle(command),
            Err(flume::RecvTimeoutError::Timeout) => {
                // When it fails, `write` has told of it and tries again.
                drop(self.flush());
                Flow::On
            }
            Err(flume::RecvTimeoutError::Disconnected) => Flow::End(self.last_flush(), None),
        }
    }

    /// When appended events must be committed; later while that fails.
    fn due(&self) -> Option<Instant> {
        let due = self.pending.due();
        self.retry_at.map_or(due, |retry| due.map(|due| due.max(retry)).or(Some(retry)))
    }

    fn handle(&mut self, command: WriteCommand) -> Flow {
        match command {
            WriteCommand::Wake => {}
            WriteCommand::Flush(reply) => tell(reply, self.flush()),
            WriteCommand::Close(reply) => return Flow::End(self.last_flush(), Some(reply)),
            WriteCommand::Begin(request, reply) => {
                let owner = self.owner.name.clone();
                self.answer(reply, |db| runs::begin(db, &owner, &request).map(Box::new));
            }
            WriteCommand::Casts(command) => self.write_casts(command),
            WriteCommand::Bots(command) => self.write_bots(command),
            WriteCommand::Remote(command) => self.write_remote(command),
            WriteCommand::Edits(command) => self.write_edits(command),
            WriteCommand::Gateway(command) => self.write_gateway(command),
            WriteCommand::Finish(run, read, reply) => self.finish(run, read, reply),
            WriteCommand::TakeResumable(chat, reply) => {
                let others = self.owner.others();
                let journals = self.journals;
                self.answer(reply, |db| resumable::take(db, &others, chat, journals));
            }
            WriteCommand::LeftOpen(chat, reply) => {
                let others = self.owner.others();
                self.answer(reply, |db| {
                    let left = resumable::left(db, &others, Some(chat))?;
                    Ok(left.into_iter().map(|(_, run)| run).collect())
                });
            }
            WriteCommand::SelectBranch(chat, message, step, reply) => {
                self.answer(reply, |db| branch::select(db, chat, message, step));
            }
            WriteCommand::Keep(chat, message, reply) => {
                self.answer(reply, |db| branch::keep(db, chat, message));
            }
            WriteCommand::SetCovered(chat, message, covered, reply) => {
                self.answer(reply, |db| covers::set(db, chat, message, covered));
            }
            WriteCommand::ChangeChat(chat, change, reply) => {
                self.answer(reply, |db| chats::change(db, chat, &change));
            }
            WriteCommand::PurgeStep(before, reply) => {
                self.answer(reply, |db| chats::purge_step(db, before));
            }
            WriteCommand::SaveDraft(chat, draft, reply) => {
                self.answer(reply, |db| kept::save_draft(db, chat, &draft));
            }
            WriteCommand::QueueAdd(item, reply) => self.answer(reply, |db| queue::add(db, &item)),
            WriteCommand::QueueEdit(id, text, reply) => {
                self.answer(reply, |db| queue::edit(db, id, &text));
            }
            WriteCommand::QueueTake(chat, id, reply) => {
                self.answer(reply, |db| queue::take(db, chat, id));
            }
            WriteCommand::SaveModels(kept, reply) => {
                self.answer(reply, |db| kept::save_models(db, &kept));
            }
            WriteCommand::ModelsListed(provider, at, reply) => {
                self.answer(reply, |db| kept::models_listed(db, &provider, at));
            }
            WriteCommand::ForgetModels(provider, reply) => {
                self.answer(reply, |db| kept::forget_models(db, &provider));
            }
            WriteCommand::SetValue(key, value, reply) => {
                self.answer(reply, |db| kept::set_value(db, &key, value.as_deref()));
            }
            WriteCommand::Mark(key, value, reply) => {
                self.answer(reply, |db| kept::mark(db, &key, &value));
            }
            WriteCommand::InsertMessages(messages, reply) => {
                self.answer(reply, |db| message_rows::import(db, &messages));
            }
            WriteCommand::AddUsage(aside, reply) => {
                self.answer(reply, |db| usage::add_aside(db, &aside, &TimeZone::system()));
            }
            #[cfg(test)]
            WriteCommand::LimitPages(more, reply) => tell(reply, limit_pages(&self.db, more)),
        }
        Flow::On
    }

    fn write_casts(&mut self, command: CastWrite) {
        match command {
            CastWrite::Start(start, reply) => self.answer(reply, |db| casts::start(db, &start)),
            CastWrite::Set(chat, change, reply) => {
                self.answer(reply, |db| casts::set(db, chat, &change.0, &change.1));
            }
            CastWrite::EndTest(chat, reply) => self.answer(reply, |db| casts::end_test(db, chat)),
        }
    }

    fn write_edits(&mut self, command: EditWrite) {
        match command {
            EditWrite::Keep(edit, reply) => {
                self.answer(reply, |db| edits::keep(db, edit.as_deref()));
            }
            EditWrite::PutAside(reply) => self.answer(reply, edits::put_aside),
        }
    }

    fn write_bots(&mut self, command: BotWrite) {
        match command {
            BotWrite::Save(save, reply) => {
                self.answer(reply, |db| bots::save(db, &save.0, save.1));
            }
            BotWrite::Mark(bot, favourite, reply) => {
                self.answer(reply, |db| bots::mark(db, &bot, favourite));
            }
            BotWrite::Archive(bot, archived, reply) => {
                self.answer(reply, |db| bots::archive(db, &bot, archived));
            }
            BotWrite::Delete(bot, at, reply) => {
                self.answer(reply, |db| bots::delete(db, &bot, at));
            }
            BotWrite::Restore(save, reply) => {
                self.answer(reply, |db| bots::restore(db, &save.0, save.1));
            }
            BotWrite::Purge(before, reply) => self.answer(reply, |db| bots::purge(db, before)),
        }
    }

    pub(super) fn answer<T>(
        &mut self,
        reply: Reply<T>,
        work: impl FnOnce(&Connection) -> Result<T>,
    ) {
        let result = self.write(work);
        tell(reply, result);
        self.finish_rest();
    }

    fn finish(&mut self, run: RunId, read: ReadState, reply: Reply<(Message, ChatSummary)>) {
        let journals = self.journals;
        let result = self.write(|db| runs::finish(db, run, read, journals));
        if result.as_ref().is_err_and(StoreError::may_pass) {
            self.unfinished.push((run, read));
            self.retry_at.get_or_insert_with(|| Instant::now() + RETRY_AFTER);
        }
        tell(reply, result);
    }

    /// Ends the runs whose end failed before, now that writing works.
    fn finish_rest(&mut self) {
        if self.retry_at.is_some() {
            return;
        }
        for (run, read) in std::mem::take(&mut self.unfinished) {
            let journals = self.journals;
            if let Err(error) = self.write(|db| runs::finish(db, run, read, journals)) {
                tracing::warn!(%run, %error, "the end of a run could not be stored");
                if error.may_pass() {
                    self.unfinished.push((run, read));
                }
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() && self.unfinished.is_empty() {
            self.retry_at = None;
            return Ok(());
        }
        let result = self.write(|_| Ok(()));
        self.finish_rest();
        result
    }

    fn last_flush(&mut self) -> Result<()> {
        self.flush().inspect_err(|error| {
            tracing::error!(%error, "appended events could not be stored before the end");
        })
    }

    /// One short transaction: all that was appended before, then the work. When the work alone
    /// fails, what was appended is committed all the same.
    pub(super) fn write<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let entries = self.pending.freeze();
        match commit(&mut self.db, &entries, work) {
            Ok(worked) => {
                self.pending.committed();
                self.retry_at = None;
                worked
            }
            Err(error) => {
                self.pending.keep();
                if !entries.is_empty() {
                    self.note_failure(&error);
                }
                Err(error)
            }
        }
    }

    /// Tells once that appended events could not be committed.
    fn note_failure(&mut self, error: &StoreError) {
        if self.retry_at.is_none() {
            let notice = Notice { code: NoticeCode::WriteFailed, detail: error.to_string() };
            if self.notices.try_send(notice).is_err() {
                tracing::warn!(%error, "nobody hears that writing fails");
            }
        }
        self.retry_at = Some(Instant::now() + RETRY_AFTER);
    }
}

/// The outer result is that of the transaction, the inner one that of the work.
fn commit<T>(
    db: &mut Connection,
    entries: &[Entry],
    work: impl FnOnce(&Connection) -> Result<T>,
) -> Result<Result<T>> {
    let mut tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    super::journal::insert(&tx, entries)?;
    let mut savepoint = tx.savepoint()?;
    let worked = work(&savepoint);
    match &worked {
        Ok(_) => savepoint.commit()?,
        // A full disk makes SQLite roll back the whole transaction by itself.
        Err(error) if savepoint.is_autocommit() => return Err(error.clone()),
        Err(_) => {
            savepoint.rollback()?;
            savepoint.commit()?;
        }
    }
    tx.commit()?;
    Ok(worked)
}

#[cfg(test)]
fn limit_pages(db: &Connection, more: Option<i64>) -> Result<i64> {
    let used: i64 = db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    let limit = more.map_or(i64::from(i32::MAX), |more| used + more);
    Ok(db.query_row(&format!("PRAGMA max_page_count = {limit}"), [], |row| row.get(0))?)
}

/// Answers; whoever asked may have gone.
pub(super) fn tell<T>(reply: Reply<T>, result: Result<T>) {
    if reply.send(result).is_err() {
        tracing::trace!("an answer that nobody waits for");
    }
}
