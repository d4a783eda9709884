//! Chats, messages and runs of servers as rows.
//!
//! A message whose parent is with its server only is *cut*: its `parent` is its own negative key,
//! which no message has, so that it has no siblings and its path ends there. When the page above
//! it comes, it is joined to that.

use rusqlite::{Connection, OptionalExtension, params};

use super::branch;
use super::chats::{self, Touch};
use super::columns::{from_json, integer, to_json, unsigned, uuid};
use super::error::{Result, StoreError};
use super::journal;
use super::lock::Others;
use super::message_rows;
use super::queue;
use super::remote::{BegunRemote, OpenRemoteRun, Outgoing, RemotePage, RemoteRun};
use super::remote_open;
use super::runs;
use super::search;
use crate::protocol::{
    AnswerStatus, ChatBot, ChatId, ChatSummary, Message, MessageId, ModelId, Place, QueuedMessage,
    RunId, SendRequest, Seq, ServerId, Timestamp,
};

/// Stands where a waiting message names the one that it follows, and means that it begins the chat.
const BEGINNING: MessageId = MessageId(uuid::Uuid::nil());

pub(super) fn chats(db: &Connection) -> Result<Vec<(ChatId, ServerId)>> {
    let mut statement =
        db.prepare_cached("SELECT id, server FROM chat WHERE server IS NOT NULL")?;
    let chats = statement
        .query_map([], |row| Ok((ChatId(uuid(row, 0)?), ServerId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(chats)
}

/// The key of a chat of a server that is not deleted. None where there is no chat of this id.
pub(super) fn own_chat(db: &Connection, server: &ServerId, chat: ChatId) -> Result<Option<i64>> {
    let found: Option<(i64, Option<String>, bool)> = db
        .prepare_cached("SELECT n, server, deleted_at IS NOT NULL FROM chat WHERE id = ?1")?
        .query_row([chat.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    match found {
        None => Ok(None),
        Some((n, Some(owner), false)) if owner == server.as_str() => Ok(Some(n)),
        Some(_) => Err(StoreError::NotFound),
    }
}

pub(super) fn create(
    db: &Connection,
    server: &ServerId,
    chat: ChatId,
    title: &str,
    created: Timestamp,
) -> Result<i64> {
    let n = chats::create(db, chat, title, None, created)?;
    db.prepare_cached("UPDATE chat SET server = ?2 WHERE n = ?1")?
        .execute(params![n, server.as_str()])?;
    Ok(n)
}

pub(super) fn merge_chats(
    db: &Connection,
    server: &ServerId,
    told: &[ChatSummary],
) -> Result<Vec<ChatSummary>> {
    let mut changed = Vec::new();
    for chat in told.iter().filter(|chat| !chat.test) {
        let n = match own_chat(db, server, chat.id) {
            Ok(Some(n)) => n,
            Ok(None) => create(db, server, chat.id, &chat.title, chat.created)?,
            Err(StoreError::NotFound) => match come_back(db, server, chat)? {
                Some(n) => n,
                // Deleted here, or not the server's.
                None => continue,
            },
            Err(error) => return Err(error),
        };
        let before = chats::summary_by_key(db, n)?;
        db.prepare_cached(
            "UPDATE chat SET title = CASE WHEN title_set_by_user THEN title ELSE ?2 END,
             model = ?3, last_model = coalesce(?4, last_model), updated = max(updated, ?5),
             messages = max(messages, ?6), bot = coalesce(?7, bot) WHERE n = ?1",
        )?
        .execute(params![
            n,
            chat.title,
            chat.model.as_ref().or(before.model.as_ref()).map(ModelId::to_string),
            chat.last_model.as_ref().map(ModelId::to_string),
            chat.updated.0,
            integer(chat.messages),
            chat.bot.as_ref().map(to_json).transpose()?,
        ])?;
        let after = chats::summary_by_key(db, n)?;
        if after != before || before.messages == 0 {
            changed.push(after);
        }
    }
    Ok(changed)
}

/// A chat that was deleted here is there again when something new has happened in it. Where nobody
/// answered yet, nothing has: it was given up before it began.
fn come_back(db: &Connection, server: &ServerId, told: &ChatSummary) -> Result<Option<i64>> {
    let n = db
        .prepare_cached(
            "UPDATE chat SET deleted_at = NULL
             WHERE id = ?1 AND server = ?2 AND deleted_at IS NOT NULL AND updated < ?3
                 AND ?4
             RETURNING n",
        )?
        .query_row(
            params![
                told.id.0.as_bytes(),
                server.as_str(),
                told.updated.0,
                told.last_model.is_some()
            ],
            |row| row.get(0),
        )
        .optional()?;
    Ok(n)
}

/// Adds a message of a server; cut where its parent is not here.
pub(super) fn insert(db: &Connection, chat: i64, message: &Message) -> Result<i64> {
    let parent = match message.parent {
        Some(id) => message_rows::place(db, id)?.filter(|at| at.chat == chat).map(|_| id),
        None => None,
    };
    let is_cut = message.parent.is_some() && parent.is_none();
    let n = message_rows::insert(db, chat, &Message { parent, ..message.clone() })?;
    if is_cut {
        db.prepare_cached("UPDATE message SET parent = -n WHERE n = ?1")?.execute([n])?;
    }
    // It may have waited in the outbox: it leaves there in the same moment.
    db.prepare_cached("DELETE FROM queued_message WHERE id = ?1")?
        .execute([message.id.0.as_bytes()])?;
    Ok(n)
}

/// Joins a cut message to its parent, where that is here.
fn join(db: &Connection, chat: i64, message: MessageId, parent: MessageId) -> Result<()> {
    db.prepare_cached(
        "UPDATE message SET parent = (SELECT n FROM message WHERE id = ?2)
         WHERE id = ?1 AND chat = ?3 AND parent < 0
             AND EXISTS (SELECT 1 FROM message WHERE id = ?2 AND chat = ?3)",
    )?
    .execute(params![message.0.as_bytes(), parent.0.as_bytes(), chat])?;
    Ok(())
}

pub(super) fn is_cut(db: &Connection, message: MessageId) -> Result<bool> {
    let at = message_rows::place(db, message)?;
    Ok(at.and_then(|at| at.parent).is_some_and(|parent| parent < 0))
}

pub(super) fn merge_page(
    db: &Connection,
    others: &Others,
    page: &RemotePage,
) -> Result<Option<OpenRemoteRun>> {
    let chat = own_chat(db, &page.server, page.chat)?.ok_or(StoreError::NotFound)?;
    let mut last = None;
    for message in page.messages.iter().filter(|message| message.chat == page.chat) {
        let n = match message_rows::place(db, message.id)? {
            Some(at) if at.chat == chat => {
                if let Some(parent) = message.parent {
                    join(db, chat, message.id, parent)?;
                }
                take_more(db, at.n, message)?;
                at.n
            }
            // The id of a message elsewhere: nothing of the server's.
            Some(_) => continue,
            None => insert_told(db, others, chat, (message, page.applied))?,
        };
        last = Some((n, message));
    }
    let Some((n, message)) = last else { return Ok(None) };
    match page.before {
        Some(below) => join(db, chat, below, message.id)?,
        None if !is_above_leaf(db, chat, n)? => {
            let last_model = message.answer.as_ref().map(|answer| &answer.model);
            let at = message.created;
            let touch = Touch { leaf: Some(n), added: 0, last_model, unread: None, at };
            chats::touch(db, chat, &touch)?;
        }
        None => {}
    }
    match page.applied {
        Some((run, _)) => open_run(db, others, &page.server, run),
        None => Ok(None),
    }
}

/// Adds a message of a page. An open answer goes on behind the last event that it holds.
fn insert_told(
    db: &Connection,
    others: &Others,
    chat: i64,
    (message, applied): (&Message, Option<(RunId, Seq)>),
) -> Result<i64> {
    let run = message.answer.as_ref().filter(|_| message.is_open()).map(|answer| answer.run);
    let open = applied.filter(|(applied, _)| run == Some(*applied));
    let n = insert(db, chat, message)?;
    match open {
        Some((run, seq)) => add_run(db, (chat, n), others.own_name(), (run, seq), message.created)?,
        None => {
            if run.is_some() {
                db.execute(
                    "UPDATE message SET status = ?2 WHERE n = ?1",
                    params![n, super::columns::status_name(AnswerStatus::Interrupted)],
                )?;
            }
            search::add(db, n)?;
        }
    }
    Ok(n)
}

fn add_run(
    db: &Connection,
    (chat, answer): (i64, i64),
    owner: &str,
    (run, base): (RunId, Seq),
    started: Timestamp,
) -> Result<()> {
    db.prepare_cached(
        "INSERT OR IGNORE INTO run (id, chat, question, answer, owner, started, last_seq)
         VALUES (?1, ?2, (SELECT parent FROM message WHERE n = ?3), ?3, ?4, ?5, ?6)",
    )?
    .execute(params![run.0.as_bytes(), chat, answer, owner, started.0, integer(base.0)])?;
    Ok(())
}

/// Takes over an answer that broke off here and of which the server has more.
fn take_more(db: &Connection, n: i64, theirs: &Message) -> Result<()> {
    let ours = message_rows::stored(db, n)?;
    let Some(answer) = theirs.answer.as_ref().filter(|_| !theirs.is_open()) else { return Ok(()) };
    let broke_off =
        ours.answer.as_ref().is_some_and(|ours| ours.status == AnswerStatus::Interrupted);
    if !broke_off || theirs.text().len() < ours.text().len() || theirs.parts == ours.parts {
        return Ok(());
    }
    db.prepare_cached("DELETE FROM message_fts WHERE rowid = ?1")?.execute([n])?;
    message_rows::remove_parts(db, n)?;
    message_rows::insert_parts(db, n, &theirs.parts)?;
    message_rows::update_answer(db, n, answer)?;
    search::add(db, n)
}

/// Whether a message stands on the visible path already, above its end or at it.
fn is_above_leaf(db: &Connection, chat: i64, n: i64) -> Result<bool> {
    const FAR: i64 = 1_000;
    let Some(leaf) = branch::leaf(db, chat)? else { return Ok(false) };
    let found: bool = db
        .prepare_cached(
            "WITH RECURSIVE up (n, parent) AS (
                SELECT n, parent FROM message WHERE n = ?1
                UNION ALL
                SELECT m.n, m.parent FROM up CROSS JOIN message m ON m.n = up.parent LIMIT ?3
            )
            SELECT EXISTS (SELECT 1 FROM up WHERE n = ?2)",
        )?
        .query_row([leaf, n, FAR], |row| row.get(0))?;
    Ok(found)
}

/// How many messages of a chat are here beyond its count: its server may have counted them before
/// they came.
fn uncounted(db: &Connection, chat: i64) -> Result<u64> {
    let more: i64 = db
        .prepare_cached(
            "SELECT max(0, (SELECT count(*) FROM message WHERE chat = ?1) - messages)
             FROM chat WHERE n = ?1",
        )?
        .query_row([chat], |row| row.get(0))?;
    Ok(unsigned(more))
}

pub(super) fn begin(db: &Connection, others: &Others, begin: &RemoteRun) -> Result<BegunRemote> {
    let RemoteRun { server, question, answer } = begin;
    let Some(run) = answer.answer.as_ref().map(|answer| answer.run) else {
        return Err(StoreError::Other("an answer must name its run".to_owned()));
    };
    if question.chat != answer.chat {
        return Err(StoreError::NotFound);
    }
    let chat = match own_chat(db, server, question.chat)? {
        Some(n) => n,
        None => {
            let title = chats::title_of(question);
            create(db, server, question.chat, &title, question.created)?
        }
    };
    match message_rows::place(db, question.id)? {
        Some(at) if at.chat == chat => {}
        Some(_) => return Err(StoreError::NotFound),
        None => {
            let n = insert(db, chat, question)?;
            search::add(db, n)?;
            chats::name_by(db, chat, question)?;
        }
    }
    let already = message_rows::place(db, answer.id)?;
    if already.is_some_and(|at| at.chat != chat) {
        return Err(StoreError::NotFound);
    }
    if already.is_none() {
        let open = Message { parts: Vec::new(), ..answer.clone() };
        let n = runs::insert_answer(db, chat, others.own_name(), question.id, &open)?;
        let last_model = answer.answer.as_ref().map(|answer| &answer.model);
        let at = answer.created;
        let added = uncounted(db, chat)?;
        let touch = Touch { leaf: Some(n), added, last_model, unread: None, at };
        chats::touch(db, chat, &touch)?;
    }
    let read = |id| message_rows::message(db, &[], id)?.ok_or(StoreError::NotFound);
    Ok(BegunRemote {
        question: read(question.id)?,
        answer: read(answer.id)?,
        chat: chats::summary_by_key(db, chat)?,
        open: open_run(db, others, server, run)?.map(|open| open.seq),
        already: already.is_some(),
    })
}

/// An open run that this process may follow: its own, or that of one that has ended.
fn open_run(
    db: &Connection,
    others: &Others,
    server: &ServerId,
    run: RunId,
) -> Result<Option<OpenRemoteRun>> {
    let found: Option<(i64, i64, String)> = db
        .prepare_cached(
            "SELECT run.n, run.answer, run.owner FROM run JOIN chat ON chat.n = run.chat
             WHERE run.id = ?1 AND run.ended IS NULL AND chat.server = ?2",
        )?
        .query_row(params![run.0.as_bytes(), server.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((n, answer, owner)) = found else { return Ok(None) };
    if owner != others.own_name() {
        if !others.is_dead(&owner) {
            return Ok(None);
        }
        db.prepare_cached("UPDATE run SET owner = ?2 WHERE n = ?1")?
            .execute(params![n, others.own_name()])?;
    }
    let mut answer = message_rows::stored(db, answer)?;
    let folded = journal::fold(db, &[], run, &mut answer)?;
    Ok(Some(OpenRemoteRun { server: server.clone(), run, answer, seq: folded.last }))
}

pub(super) fn take_runs(
    db: &Connection,
    others: &Others,
    of: Option<&ServerId>,
) -> Result<Vec<OpenRemoteRun>> {
    let open: Vec<(RunId, ServerId)> = db
        .prepare_cached(
            "SELECT run.id, chat.server FROM run JOIN chat ON chat.n = run.chat
             WHERE run.ended IS NULL AND chat.server = ifnull(?1, chat.server) ORDER BY run.n",
        )?
        .query_map([of.map(ServerId::as_str)], |row| {
            Ok((RunId(uuid(row, 0)?), ServerId(row.get(1)?)))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut taken = Vec::new();
    for (run, server) in open {
        taken.extend(open_run(db, others, &server, run)?);
    }
    Ok(taken)
}

pub(super) fn outbox_add(
    db: &Connection,
    server: &ServerId,
    request: &SendRequest,
) -> Result<ChatSummary> {
    let item = QueuedMessage::from(request.clone());
    let n = match own_chat(db, server, item.chat)? {
        Some(n) => n,
        None => {
            let parts = vec![crate::protocol::Part::Text { text: item.text.clone() }];
            let role = crate::protocol::Role::User;
            let title =
                chats::title_of(&Message::new(item.id, item.chat, role, item.created, parts));
            let n = create(db, server, item.chat, &title, item.created)?;
            let model = &request.chat_model;
            // Where nobody was chosen, the model has the server's own name.
            if model.provider.as_str() != server.as_str() {
                db.execute(
                    "UPDATE chat SET model = ?2 WHERE n = ?1",
                    params![n, model.to_string()],
                )?;
            }
            n
        }
    };
    // Sent twice: it is known, and has left the outbox.
    if message_rows::place(db, item.id)?.is_none() {
        queue::add(db, &item)?;
        let reply_to = match request.place {
            Place::Under(Some(parent)) => Some(parent),
            Place::Under(None) if begins_here(db, n)? => Some(BEGINNING),
            Place::Under(None) | Place::AtLeaf => None,
        };
        db.prepare_cached("UPDATE queued_message SET reply_to = ?2 WHERE id = ?1")?
            .execute(params![item.id.0.as_bytes(), reply_to.map(|id| *id.0.as_bytes())])?;
    }
    chats::summary_by_key(db, n)
}

/// Whether the first message of a chat is here, and not only with its server.
fn begins_here(db: &Connection, chat: i64) -> Result<bool> {
    let begins = db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM message WHERE chat = ?1 AND parent IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM message WHERE chat = ?1 AND parent < 0)",
        )?
        .query_row([chat], |row| row.get(0))?;
    Ok(begins)
}

pub(super) fn outbox_sent(db: &Connection, message: MessageId) -> Result<()> {
    let changed = db
        .prepare_cached("UPDATE queued_message SET sent = 1 WHERE id = ?1")?
        .execute([message.0.as_bytes()])?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

pub(super) fn outbox(db: &Connection, server: &ServerId) -> Result<Vec<Outgoing>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {}, q.reply_to, q.sent, c.bot, c.bot_answers,
             NOT EXISTS (SELECT 1 FROM message m WHERE m.chat = c.n AND m.role = 'user')
         FROM queued_message q JOIN chat c ON c.n = q.chat
         WHERE c.server = ?1 AND c.deleted_at IS NULL ORDER BY q.n",
        queue::COLUMNS
    ))?;
    let items = statement
        .query_map([server.as_str()], |row| {
            let bot: Option<String> = row.get(9)?;
            let bot: Option<ChatBot> = bot.and_then(|text| from_json(&text).ok());
            Ok(Outgoing {
                item: queue::item_of(row)?,
                reply_to: super::columns::optional_uuid(row, 7)?
                    .map(|id| Some(MessageId(id)).filter(|id| *id != BEGINNING)),
                sent: row.get(8)?,
                bot: bot.map(|bot| bot.id),
                answers: remote_open::answers(row, 10)?,
                is_first: row.get(11)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(items)
}
