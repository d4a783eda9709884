//! Messages as rows: writing them, and reading single ones and paths.

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::branch;
use super::casts;
use super::chats::{self, Touch};
use super::columns::{
    from_json, integer, limit, model, optional_uuid, role, role_name, status, status_name, time,
    to_json, unsigned, uuid,
};
use super::error::{Result, StoreError};
use super::journal;
use super::pending::Entry;
use super::search;
use crate::protocol::{
    Answer, AnswerStatus, BotId, ChatId, ContextUse, Message, MessageId, MessagePage, Params, Part,
    RunId, Seq, Siblings, Usage,
};

/// Where a message stands: its short key, its chat's and its depth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) n: i64,
    pub(super) chat: i64,
    pub(super) parent: Option<i64>,
    pub(super) depth: i64,
}

/// Finds a message.
pub(super) fn place(db: &Connection, id: MessageId) -> Result<Option<Place>> {
    let found = db
        .prepare_cached("SELECT n, chat, parent, depth FROM message WHERE id = ?1")?
        .query_row([id.0.as_bytes()], |row| {
            Ok(Place { n: row.get(0)?, chat: row.get(1)?, parent: row.get(2)?, depth: row.get(3)? })
        })
        .optional()?;
    Ok(found)
}

/// Adds a message with its parts below its parent, which must be in the same chat.
pub(super) fn insert(db: &Connection, chat: i64, message: &Message) -> Result<i64> {
    let parent = match message.parent {
        Some(id) => Some(place(db, id)?.filter(|at| at.chat == chat).ok_or(StoreError::NotFound)?),
        None => None,
    };
    db.prepare_cached(
        "INSERT INTO message (id, chat, parent, depth, role, created, bot)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        message.id.0.as_bytes(),
        chat,
        parent.map(|at| at.n),
        parent.map_or(0, |at| at.depth + 1),
        role_name(message.role),
        message.created.0,
        message.bot.as_ref().map(BotId::as_str),
    ])?;
    let n = db.last_insert_rowid();
    if let Some(answer) = &message.answer {
        update_answer(db, n, answer)?;
    }
    insert_parts(db, n, &message.parts)?;
    Ok(n)
}

/// Writes who answered and how it went.
pub(super) fn update_answer(db: &Connection, n: i64, answer: &Answer) -> Result<()> {
    let error = answer.error.as_ref().map(to_json).transpose()?;
    let params =
        if answer.params == Params::default() { None } else { Some(to_json(&answer.params)?) };
    db.prepare_cached(
        "UPDATE message SET model = ?2, run = ?3, status = ?4, one_off = ?5, params = ?6,
         prompt_tokens = ?7, completion_tokens = ?8, cost = ?9, first_token_ms = ?10,
         duration_ms = ?11, error = ?12, cached_tokens = ?13, cache_write_tokens = ?14,
         context_used = ?15, context_limit = ?16, context_estimated = ?17, compare_column = ?18
         WHERE n = ?1",
    )?
    .execute(params![
        n,
        answer.model.to_string(),
        answer.run.0.as_bytes(),
        status_name(answer.status),
        answer.one_off,
        params,
        answer.usage.prompt_tokens.map(integer),
        answer.usage.completion_tokens.map(integer),
        answer.usage.cost_usd,
        answer.first_token_ms.map(integer),
        answer.duration_ms.map(integer),
        error,
        answer.usage.cached_tokens.map(integer),
        answer.usage.cache_write_tokens.map(integer),
        answer.context.map(|context| integer(context.used)),
        answer.context.and_then(|context| context.limit).map(integer),
        answer.context.map(|context| context.estimated),
        answer.column,
    ])?;
    Ok(())
}

/// Writes the parts of a message that has none yet.
pub(super) fn insert_parts(db: &Connection, n: i64, parts: &[Part]) -> Result<()> {
    let mut statement = db.prepare_cached(
        "INSERT INTO part (message, idx, kind, text, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (part, index) in parts.iter().zip(0_i64..) {
        if let Part::Text { text } = part {
            statement.execute(params![n, index, "text", text, None::<String>])?;
            continue;
        }
        let (kind, text, data) = split(part)?;
        statement.execute(params![n, index, kind, text, data])?;
    }
    Ok(())
}

/// Adds finished messages, parents before children, and the chats they need.
pub(super) fn import(db: &Connection, messages: &[Message]) -> Result<()> {
    for message in messages {
        let chat = match chats::row(db, message.chat)? {
            Some(chat) => chat.n,
            None => {
                let title = chats::title_of(message);
                chats::create(db, message.chat, &title, None, message.created)?
            }
        };
        let n = insert(db, chat, message)?;
        if message.is_open() {
            db.execute(
                "UPDATE message SET status = ?2 WHERE n = ?1",
                params![n, status_name(AnswerStatus::Interrupted)],
            )?;
        }
        search::add(db, n)?;
        let last_model = message.answer.as_ref().map(|answer| &answer.model);
        let touch =
            Touch { leaf: Some(n), added: 1, last_model, unread: None, at: message.created };
        chats::touch(db, chat, &touch)?;
    }
    Ok(())
}

/// Removes the parts of a message.
pub(super) fn remove_parts(db: &Connection, n: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM part WHERE message = ?1")?.execute([n])?;
    Ok(())
}

/// Which field of a kind of part is its text, in a column of its own.
fn text_field(kind: &str) -> &'static str {
    match kind {
        "tool_result" => "result",
        "notice" => "message",
        _ => "text",
    }
}

fn split(part: &Part) -> Result<(String, Option<String>, String)> {
    let value = serde_json::to_value(part).map_err(|error| StoreError::Other(error.to_string()))?;
    let Value::Object(mut fields) = value else {
        return Err(StoreError::Other("a part is not an object".to_owned()));
    };
    let mut take = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => Some(text),
        Some(_) | None => None,
    };
    let kind = take("kind").unwrap_or_default();
    let text = take(text_field(&kind));
    let data = to_json(&fields)?;
    Ok((kind, text, data))
}

fn unite(kind: String, text: Option<String>, data: Option<&str>) -> Result<Part> {
    if kind == "text" {
        return Ok(Part::Text { text: text.unwrap_or_default() });
    }
    let mut fields: Map<String, Value> = data.map(from_json).transpose()?.unwrap_or_default();
    if let Some(text) = text {
        fields.insert(text_field(&kind).to_owned(), Value::String(text));
    }
    fields.insert("kind".to_owned(), Value::String(kind));
    serde_json::from_value(Value::Object(fields))
        .map_err(|error| StoreError::Damaged(error.to_string()))
}

fn parts(db: &Connection, n: i64) -> Result<Vec<Part>> {
    let mut statement =
        db.prepare_cached("SELECT kind, text, data FROM part WHERE message = ?1 ORDER BY idx")?;
    let mut rows = statement.query([n])?;
    let mut parts = Vec::new();
    while let Some(row) = rows.next()? {
        let data: Option<String> = row.get(2)?;
        parts.push(unite(row.get(0)?, row.get(1)?, data.as_deref())?);
    }
    Ok(parts)
}

/// The last `?2` messages of the path that ends with message `?1`, oldest first. The walk goes
/// from the end upwards, so its cost is that of the rows it gives.
pub(super) const PATH: &str = "
    WITH RECURSIVE path (n, up, level) AS (
        SELECT n, parent, 0 FROM message WHERE n = ?1
        UNION ALL
        SELECT m.n, m.parent, path.level + 1 FROM path CROSS JOIN message m ON m.n = path.up
        LIMIT ?2
    )
    SELECT m.n, m.id, c.id, up.id, m.role, m.created, m.model, m.run, m.status, m.one_off, m.params,
        m.prompt_tokens, m.completion_tokens, m.cost, m.first_token_ms, m.duration_ms, m.error,
        (SELECT count(*) FROM message s WHERE s.chat = m.chat AND s.parent IS m.parent
            AND (s.created, s.n) < (m.created, m.n)),
        (SELECT count(*) FROM message s WHERE s.chat = m.chat AND s.parent IS m.parent),
        m.cached_tokens, m.cache_write_tokens, m.context_used, m.context_limit,
        m.context_estimated, m.compare_column, m.bot
    FROM path CROSS JOIN message m ON m.n = path.n CROSS JOIN chat c ON c.n = m.chat
        LEFT JOIN message up ON up.n = m.parent
    ORDER BY path.level DESC";

/// A stretch of a path, oldest first.
#[derive(Debug)]
pub(super) struct Stretch {
    pub(super) messages: Vec<Message>,
    /// The open run, and how far its events are part of its answer.
    pub(super) applied: Option<(RunId, Seq)>,
}

/// The last `count` messages of the path that ends with `end`. The answer of an open run is
/// folded from its journal and from what waits.
pub(super) fn path(db: &Connection, waiting: &[Entry], end: i64, count: usize) -> Result<Stretch> {
    let mut messages = stored_path(db, end, count)?;
    let mut applied = None;
    for message in messages.iter_mut().filter(|message| message.is_open()) {
        if let Some(run) = message.answer.as_ref().map(|answer| answer.run) {
            let folded = journal::fold(db, waiting, run, message)?;
            applied = Some((run, folded.last));
        }
    }
    Ok(Stretch { messages, applied })
}

fn stored_path(db: &Connection, end: i64, count: usize) -> Result<Vec<Message>> {
    let mut statement = db.prepare_cached(PATH)?;
    let mut rows = statement.query(params![end, limit(count)])?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        let mut message = message_of(row)?;
        message.parts = parts(db, row.get(0)?)?;
        messages.push(message);
    }
    Ok(messages)
}

/// One message by its short key, without what its journal holds.
pub(super) fn stored(db: &Connection, n: i64) -> Result<Message> {
    stored_path(db, n, 1)?.pop().ok_or(StoreError::NotFound)
}

/// One message by its short key.
pub(super) fn by_key(db: &Connection, waiting: &[Entry], n: i64) -> Result<Message> {
    path(db, waiting, n, 1)?.messages.pop().ok_or(StoreError::NotFound)
}

/// One message, where it exists.
pub(super) fn message(
    db: &Connection,
    waiting: &[Entry],
    id: MessageId,
) -> Result<Option<Message>> {
    match place(db, id)? {
        Some(at) => by_key(db, waiting, at.n).map(Some),
        None => Ok(None),
    }
}

/// The messages from the first to this one.
pub(super) fn path_to(db: &Connection, waiting: &[Entry], id: MessageId) -> Result<Vec<Message>> {
    let at = place(db, id)?.ok_or(StoreError::NotFound)?;
    Ok(path(db, waiting, at.n, usize::MAX)?.messages)
}

/// A page of the visible path of a chat: its end, or what lies above `before`.
pub(super) fn page(
    db: &Connection,
    waiting: &[Entry],
    chat: ChatId,
    before: Option<MessageId>,
    count: usize,
) -> Result<MessagePage> {
    let cast = if before.is_none() { casts::cast(db, chat)? } else { None };
    let (chat, leaf): (i64, Option<i64>) = db
        .prepare_cached("SELECT n, leaf FROM chat WHERE id = ?1")?
        .query_row([chat.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let end = match before {
        Some(id) => place(db, id)?.filter(|at| at.chat == chat).ok_or(StoreError::NotFound)?.parent,
        None => leaf,
    };
    let Some(end) = end else { return Ok(MessagePage { cast, ..MessagePage::default() }) };
    let Stretch { messages, applied } = path(db, waiting, end, count)?;
    let is_compared = messages.last().and_then(|last| last.answer.as_ref()?.column).is_some();
    let (compared, compared_applied) = match before {
        None if is_compared => beside(db, waiting, end)?,
        None | Some(_) => Default::default(),
    };
    let has_older = match messages.first() {
        Some(first) => first.parent.is_some(),
        None => true,
    };
    Ok(MessagePage { messages, has_older, applied, compared, compared_applied, cast })
}

/// The columns beside an answer, and how far the open ones are folded.
type Columns = (Vec<Message>, Vec<(RunId, Seq)>);

/// The other columns beside an answer, and how far those of them that are open are folded.
fn beside(db: &Connection, waiting: &[Entry], answer: i64) -> Result<Columns> {
    let (mut compared, mut all_applied) = (Vec::new(), Vec::new());
    for other in branch::columns_beside(db, answer)? {
        let Stretch { messages, applied } = path(db, waiting, other, 1)?;
        compared.extend(messages);
        all_applied.extend(applied);
    }
    Ok((compared, all_applied))
}

fn message_of(row: &Row<'_>) -> Result<Message> {
    let role_name: String = row.get(4)?;
    Ok(Message {
        id: MessageId(uuid(row, 1)?),
        chat: ChatId(uuid(row, 2)?),
        parent: optional_uuid(row, 3)?.map(MessageId),
        role: role(&role_name)?,
        created: time(row, 5)?,
        parts: Vec::new(),
        answer: answer_of(row)?,
        siblings: Siblings { index: row.get(17)?, count: row.get(18)? },
        bot: row.get::<_, Option<String>>(25)?.map(BotId),
    })
}

fn answer_of(row: &Row<'_>) -> Result<Option<Answer>> {
    let (Some(model_id), Some(run)) = (row.get::<_, Option<String>>(6)?, optional_uuid(row, 7)?)
    else {
        return Ok(None);
    };
    let status_name: Option<String> = row.get(8)?;
    let params: Option<String> = row.get(10)?;
    let error: Option<String> = row.get(16)?;
    let count = |index: usize| row.get::<_, Option<i64>>(index).map(|count| count.map(unsigned));
    Ok(Some(Answer {
        model: model(&model_id),
        run: RunId(run),
        status: status_name.as_deref().map_or(Ok(AnswerStatus::Interrupted), status)?,
        one_off: row.get::<_, Option<bool>>(9)?.unwrap_or(false),
        params: params.as_deref().map(from_json).transpose()?.unwrap_or_default(),
        usage: Usage {
            prompt_tokens: count(11)?,
            completion_tokens: count(12)?,
            cached_tokens: count(19)?,
            cache_write_tokens: count(20)?,
            cost_usd: row.get(13)?,
        },
        first_token_ms: count(14)?,
        duration_ms: count(15)?,
        error: error.as_deref().map(from_json).transpose()?,
        context: context_of(row)?,
        column: row.get(24)?,
    }))
}

fn context_of(row: &Row<'_>) -> Result<Option<ContextUse>> {
    let Some(used) = row.get::<_, Option<i64>>(21)? else { return Ok(None) };
    Ok(Some(ContextUse {
        used: unsigned(used),
        limit: row.get::<_, Option<i64>>(22)?.map(unsigned),
        estimated: row.get::<_, Option<bool>>(23)?.unwrap_or(false),
    }))
}
