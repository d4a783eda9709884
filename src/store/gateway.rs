//! What only a gateway asks of the store: whose chats are, what was asked already, what a run told.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, params};

use super::casts;
use super::chats::{self, ChatChange, SUMMARY, Touch};
use super::columns::{limit as row_limit, unsigned, uuid};
use super::epoch::{self, Identity, Moment};
use super::error::Result;
use super::handle::StoreHandle;
use super::message_rows;
use super::reader::{ReadCommand, Reader};
use super::replay;
use super::tokens::{self, Token};
use super::writer::{Reply, WriteCommand, Writer, tell};
use crate::protocol::{
    ChatId, ChatOptions, ChatSummary, Message, MessageId, ModelId, RunEvent, RunId, Seq, StartChat,
    Timestamp,
};

/// So many runs lose their journal in one transaction.
const PURGE_STEP: i64 = 50;

/// A chat that begins without a bot.
#[derive(Clone, Debug, PartialEq)]
pub struct NewChat {
    /// The chat to be made.
    pub chat: ChatId,
    /// Its model.
    pub model: Option<ModelId>,
    /// How its messages are answered.
    pub options: ChatOptions,
    /// The messages that it opens with, each below the one before.
    pub seeds: Vec<Message>,
    /// No list shows it.
    pub test: bool,
    /// When it began.
    pub created: Timestamp,
}

/// A chat with whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldChat {
    /// The chat.
    pub chat: ChatSummary,
    /// A guest; none: the owner.
    pub owner: Option<String>,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// A message that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its chat.
    pub chat: ChatId,
    /// Its first answer; none while it waits in the queue.
    pub answer: Option<(RunId, MessageId)>,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunPlace {
    /// Its chat.
    pub chat: ChatId,
    /// Its last event.
    pub last: Seq,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether its events can be told: it is open, or its journal is still kept.
    pub told: bool,
    /// The last event that stayed when it was taken up after a crash.
    pub cut: Option<Seq>,
}

#[derive(Debug)]
pub(super) enum GatewayWrite {
    AddToken(Box<(Token, [u8; 32])>, Reply<()>),
    RevokeToken(String, Timestamp, Reply<usize>),
    TokenUsed(String, Timestamp, Reply<()>),
    StartChat(Box<(StartChat, Option<String>)>, Reply<ChatSummary>),
    NewChat(Box<(NewChat, Option<String>)>, Reply<ChatSummary>),
    PurgeJournals(Timestamp, Reply<bool>),
    Mark(PathBuf, Moment, Reply<Identity>),
}

#[derive(Debug)]
pub(super) enum GatewayRead {
    Tokens(Reply<Vec<Token>>),
    TokenByHash([u8; 32], Reply<Option<Token>>),
    HeldChat(ChatId, Reply<Option<HeldChat>>),
    HeldChats(Option<String>, Option<Timestamp>, usize, Reply<Vec<ChatSummary>>),
    Asked(MessageId, Reply<Option<Asked>>),
    RunPlace(RunId, Reply<Option<RunPlace>>),
    EventsAfter(RunId, Seq, usize, Reply<Vec<RunEvent>>),
}

impl StoreHandle {
    /// Who this gateway is and which journal it has, as it starts. `database` is the file.
    pub async fn identity(&self, database: &Path) -> Result<Identity> {
        self.write_mark(database, Moment::Start).await
    }

    /// Counts on, so that a copy made before is known for one. To be called while the gateway works.
    pub async fn mark_journal(&self, database: &Path) -> Result<Identity> {
        self.write_mark(database, Moment::Later).await
    }

    async fn write_mark(&self, database: &Path, moment: Moment) -> Result<Identity> {
        let path = database.to_owned();
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::Mark(path, moment, reply))).await
    }

    /// Makes a chat that begins with a bot, for a guest or the owner. A second time changes nothing.
    pub async fn start_chat_for(
        &self,
        start: StartChat,
        owner: Option<String>,
    ) -> Result<ChatSummary> {
        let asked = Box::new((start, owner));
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::StartChat(asked, reply))).await
    }

    /// Makes a chat, for a guest or the owner. A second time changes nothing.
    pub async fn new_chat(&self, new: NewChat, owner: Option<String>) -> Result<ChatSummary> {
        let asked = Box::new((new, owner));
        self.write(|reply| WriteCommand::Gateway(GatewayWrite::NewChat(asked, reply))).await
    }

    /// Forgets the journals of runs that ended before this time, in many short transactions.
    pub async fn purge_journals(&self, before: Timestamp) -> Result<()> {
        while self
            .write(|reply| WriteCommand::Gateway(GatewayWrite::PurgeJournals(before, reply)))
            .await?
        {}
        Ok(())
    }

    /// A chat with whose it is, deleted ones too.
    pub async fn held_chat(&self, chat: ChatId) -> Result<Option<HeldChat>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::HeldChat(chat, reply))).await
    }

    /// The newest chats that changed before this time and live here: of one owner, or all.
    pub async fn held_chats(
        &self,
        owner: Option<String>,
        before: Option<Timestamp>,
        limit: usize,
    ) -> Result<Vec<ChatSummary>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::HeldChats(owner, before, limit, reply)))
            .await
    }

    /// Whether a message of the user came before.
    pub async fn asked(&self, message: MessageId) -> Result<Option<Asked>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::Asked(message, reply))).await
    }

    /// How a run stands.
    pub async fn run_place(&self, run: RunId) -> Result<Option<RunPlace>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::RunPlace(run, reply))).await
    }

    /// The events of a run that follow `after`, in order and without gaps. At least one where
    /// there are any, and about `limit`: what was journalled as one row comes as a whole, its
    /// content with the first of its events, each at its place.
    pub async fn events_after(
        &self,
        run: RunId,
        after: Seq,
        limit: usize,
    ) -> Result<Vec<RunEvent>> {
        self.read(|reply| ReadCommand::Gateway(GatewayRead::EventsAfter(run, after, limit, reply)))
            .await
    }
}

impl Writer {
    pub(super) fn write_gateway(&mut self, command: GatewayWrite) {
        match command {
            GatewayWrite::AddToken(token, reply) => {
                self.answer(reply, |db| tokens::add(db, &token.0, &token.1));
            }
            GatewayWrite::RevokeToken(wanted, now, reply) => {
                self.answer(reply, |db| tokens::revoke(db, &wanted, now));
            }
            GatewayWrite::TokenUsed(id, now, reply) => {
                self.answer(reply, |db| tokens::used(db, &id, now));
            }
            GatewayWrite::StartChat(asked, reply) => {
                let (start, owner) = *asked;
                self.answer(reply, |db| {
                    owned(db, start.chat, owner.as_deref(), |db| casts::start(db, &start))
                });
            }
            GatewayWrite::NewChat(asked, reply) => {
                let (new, owner) = *asked;
                self.answer(reply, |db| {
                    owned(db, new.chat, owner.as_deref(), |db| create(db, &new))
                });
            }
            GatewayWrite::PurgeJournals(before, reply) => {
                self.answer(reply, |db| purge_step(db, before));
            }
            GatewayWrite::Mark(database, moment, reply) => {
                // The database first: it may be ahead of its witness, never behind.
                let made = self.write(|db| epoch::mark(db, &database, moment));
                tell(reply, made.and_then(|made| epoch::witness(made, &database)));
            }
        }
    }
}

impl Reader {
    pub(super) fn read_gateway(&self, command: GatewayRead) {
        match command {
            GatewayRead::Tokens(reply) => self.answer(reply, |db, _| tokens::list(db)),
            GatewayRead::TokenByHash(hash, reply) => {
                self.answer(reply, |db, _| tokens::by_hash(db, &hash));
            }
            GatewayRead::HeldChat(chat, reply) => self.answer(reply, |db, _| held(db, chat)),
            GatewayRead::HeldChats(owner, before, limit, reply) => {
                self.answer(reply, |db, _| list(db, owner.as_deref(), before, limit));
            }
            GatewayRead::Asked(message, reply) => self.answer(reply, |db, _| asked(db, message)),
            GatewayRead::RunPlace(run, reply) => {
                self.answer(reply, |db, waiting| replay::place(db, waiting, run));
            }
            GatewayRead::EventsAfter(run, after, limit, reply) => {
                self.answer(reply, |db, waiting| {
                    replay::events_after(db, waiting, run, (after, limit))
                });
            }
        }
    }
}

/// Makes a chat that is not there yet, and says whose it is in the same transaction.
fn owned(
    db: &Connection,
    chat: ChatId,
    owner: Option<&str>,
    make: impl FnOnce(&Connection) -> Result<ChatSummary>,
) -> Result<ChatSummary> {
    if let Some(chat) = chats::row(db, chat)? {
        return chats::summary_by_key(db, chat.n);
    }
    let summary = make(db)?;
    db.prepare_cached("UPDATE chat SET owner = ?2 WHERE id = ?1")?
        .execute(params![chat.0.as_bytes(), owner])?;
    Ok(summary)
}

fn create(db: &Connection, new: &NewChat) -> Result<ChatSummary> {
    // Without a name, until its first question gives it one.
    let n = chats::create(db, new.chat, "", new.model.as_ref(), new.created)?;
    db.prepare_cached("UPDATE chat SET test = ?2 WHERE n = ?1")?.execute(params![n, new.test])?;
    if new.options != ChatOptions::default() {
        chats::change(db, new.chat, &ChatChange::Options(new.options.clone()))?;
    }
    for seed in &new.seeds {
        let leaf = Some(message_rows::insert(db, n, seed)?);
        let touch = Touch { leaf, added: 1, last_model: None, unread: None, at: seed.created };
        chats::touch(db, n, &touch)?;
    }
    chats::summary_by_key(db, n)
}

fn held(db: &Connection, chat: ChatId) -> Result<Option<HeldChat>> {
    let row = db
        .prepare_cached("SELECT n, owner, deleted_at IS NOT NULL FROM chat WHERE id = ?1")?
        .query_row([chat.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((n, owner, deleted)) = row else { return Ok(None) };
    Ok(Some(HeldChat { chat: chats::summary_by_key(db, n)?, owner, deleted }))
}

fn list(
    db: &Connection,
    owner: Option<&str>,
    before: Option<Timestamp>,
    limit: usize,
) -> Result<Vec<ChatSummary>> {
    let mut statement = db.prepare_cached(&format!(
        "{SUMMARY} WHERE deleted_at IS NULL AND NOT test AND server IS NULL
         AND (?1 IS NULL OR owner = ?1) AND (?2 IS NULL OR updated < ?2)
         ORDER BY updated DESC, n DESC LIMIT ?3"
    ))?;
    let before = before.map(|before| before.0);
    let rows = statement.query_map(params![owner, before, row_limit(limit)], chats::summary_of)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn asked(db: &Connection, message: MessageId) -> Result<Option<Asked>> {
    let stored = db
        .prepare_cached(
            "SELECT c.id, a.run, a.id FROM message q JOIN chat c ON c.n = q.chat
             LEFT JOIN message a ON a.chat = q.chat AND a.parent = q.n AND a.run IS NOT NULL
             WHERE q.id = ?1 ORDER BY a.created, a.n LIMIT 1",
        )?
        .query_row([message.0.as_bytes()], |row| {
            let run = super::columns::optional_uuid(row, 1)?;
            let answer = super::columns::optional_uuid(row, 2)?;
            let answer = run.zip(answer).map(|(run, answer)| (RunId(run), MessageId(answer)));
            Ok(Asked { chat: ChatId(uuid(row, 0)?), answer })
        })
        .optional()?;
    if stored.is_some() {
        return Ok(stored);
    }
    let waits = db
        .prepare_cached(
            "SELECT c.id FROM queued_message q JOIN chat c ON c.n = q.chat WHERE q.id = ?1",
        )?
        .query_row([message.0.as_bytes()], |row| {
            Ok(Asked { chat: ChatId(uuid(row, 0)?), answer: None })
        })
        .optional()?;
    Ok(waits)
}

/// Forgets the journals of some runs. Gives whether there are more.
fn purge_step(db: &Connection, before: Timestamp) -> Result<bool> {
    let runs: Vec<i64> = db
        .prepare_cached("SELECT n FROM run WHERE kept = 1 AND ended < ?1 ORDER BY ended LIMIT ?2")?
        .query_map(params![before.0, PURGE_STEP], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for run in &runs {
        super::journal::clear(db, *run)?;
        db.prepare_cached("UPDATE run SET kept = 0 WHERE n = ?1")?.execute([run])?;
    }
    Ok(!runs.is_empty())
}

/// A sequence number as SQLite kept it.
pub(super) fn seq(value: i64) -> Seq {
    Seq(unsigned(value))
}
