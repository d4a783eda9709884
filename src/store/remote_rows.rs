//! Chats, messages and runs of servers as rows.
//!
//! A message whose parent is with its server only is *cut*: its `parent` is its own negative key,
//! which no message has, so that it has no siblings and its path ends there. When the page above
//! it comes, it is joined to that.

use rusqlite::{Connection, OptionalExtension, params};

use super::branch;
use super::casts;
use super::chats::{self, Touch};
use super::columns::{from_json, integer, to_json, uuid};
use super::error::{Result, StoreError};
use super::journal;
use super::lock::Others;
use super::message_rows;
use super::queue;
use super::remote::{BegunRemote, OpenRemoteRun, Outgoing, RemotePage, RemoteRun};
use super::runs;
use super::search;
use crate::protocol::{
    AnswerStatus, BotId, Cast, ChatBot, ChatId, ChatSummary, Message, MessageId, ModelId,
    QueuedMessage, RunId, SendRequest, Seq, ServerId, Timestamp,
};

pub(super) fn chats(db: &Connection) -> Result<Vec<(ChatId, ServerId)>> {
    let mut statement =
        db.prepare_cached("SELECT id, server FROM chat WHERE server IS NOT NULL")?;
    let chats = statement
        .query_map([], |row| Ok((ChatId(uuid(row, 0)?), ServerId(row.get(1)?))))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(chats)
}

/// The key of a chat of a server that is not deleted. None where there is no chat of this id.
fn own_chat(db: &Connection, server: &ServerId, chat: ChatId) -> Result<Option<i64>> {
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

fn create(
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
            // Deleted here, or not the server's.
            Err(StoreError::NotFound) => continue,
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

/// Adds a message of a server; cut where its parent is not here.
fn insert(db: &Connection, chat: i64, message: &Message) -> Result<i64> {
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
    let mut added = 0;
    match message_rows::place(db, question.id)? {
        Some(at) if at.chat == chat => {}
        Some(_) => return Err(StoreError::NotFound),
        None => {
            let n = insert(db, chat, question)?;
            search::add(db, n)?;
            chats::name_by(db, chat, question)?;
            added += 1;
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
        let touch = Touch { leaf: Some(n), added: added + 1, last_model, unread: None, at };
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
            crate::protocol::Place::Under(parent) => parent,
            crate::protocol::Place::AtLeaf => None,
        };
        db.prepare_cached("UPDATE queued_message SET reply_to = ?2 WHERE id = ?1")?
            .execute(params![item.id.0.as_bytes(), reply_to.map(|id| *id.0.as_bytes())])?;
    }
    chats::summary_by_key(db, n)
}

pub(super) fn outbox_sent(db: &Connection, message: MessageId) -> Result<()> {
    let changed = db
        .prepare_cached("UPDATE queued_message SET sent = 1 WHERE id = ?1")?
        .execute([message.0.as_bytes()])?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

pub(super) fn outbox(db: &Connection, server: &ServerId) -> Result<Vec<Outgoing>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {}, q.reply_to, q.sent, c.bot,
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
                reply_to: super::columns::optional_uuid(row, 7)?.map(MessageId),
                sent: row.get(8)?,
                bot: bot.map(|bot| bot.id),
                is_first: row.get(10)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(items)
}

pub(super) fn open(
    db: &Connection,
    server: &ServerId,
    chat: ChatId,
    bot: &ChatBot,
    created: Timestamp,
) -> Result<ChatSummary> {
    let n = match own_chat(db, server, chat)? {
        Some(n) => n,
        None => {
            let n = create(db, server, chat, &bot.name, created)?;
            db.prepare_cached("UPDATE chat SET bot = ?2 WHERE n = ?1")?
                .execute(params![n, to_json(bot)?])?;
            n
        }
    };
    chats::summary_by_key(db, n)
}

pub(super) fn ready(
    db: &Connection,
    server: &ServerId,
    chat: ChatId,
    (cast, seeds): (&Cast, &[Message]),
) -> Result<ChatSummary> {
    let n = own_chat(db, server, chat)?.ok_or(StoreError::NotFound)?;
    casts::keep(db, n, cast)?;
    // What a chat opens with stands before all else: where anything was said, it is there.
    if branch::leaf(db, n)?.is_none() {
        for seed in seeds {
            let message = insert(db, n, seed)?;
            search::add(db, message)?;
            let (leaf, at) = (Some(message), seed.created);
            let touch = Touch { leaf, added: 1, last_model: None, unread: None, at };
            chats::touch(db, n, &touch)?;
        }
    }
    chats::summary_by_key(db, n)
}

pub(super) fn unready(db: &Connection, server: &ServerId) -> Result<Vec<(ChatId, BotId)>> {
    let mut statement = db.prepare_cached(
        "SELECT id, bot FROM chat WHERE server = ?1 AND deleted_at IS NULL AND bot IS NOT NULL
             AND leaf IS NULL AND messages = 0
             AND NOT EXISTS (SELECT 1 FROM chat_cast WHERE chat_cast.chat = chat.n)",
    )?;
    let mut rows = statement.query([server.as_str()])?;
    let mut unready = Vec::new();
    while let Some(row) = rows.next()? {
        let bot: String = row.get(1)?;
        if let Ok(bot) = from_json::<ChatBot>(&bot) {
            unready.push((ChatId(uuid(row, 0)?), bot.id));
        }
    }
    Ok(unready)
}
