//! Chats as rows.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::{from_json, integer, model, time, to_json, unsigned, uuid};
use super::error::{Result, StoreError};
use crate::protocol::{ChatId, ChatOptions, ChatSummary, Message, ModelId, ServerId, Timestamp};

/// Titles are cut to this many characters.
const TITLE_LENGTH: usize = 60;
/// So many messages of a purged chat go in one transaction.
const PURGE_STEP: i64 = 1_000;

/// A chat's short key and the end of its visible path.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChatRow {
    pub(super) n: i64,
    pub(super) deleted: bool,
}

/// Finds a chat, deleted ones too.
pub(super) fn row(db: &Connection, chat: ChatId) -> Result<Option<ChatRow>> {
    let found = db
        .prepare_cached("SELECT n, deleted_at IS NOT NULL FROM chat WHERE id = ?1")?
        .query_row([chat.0.as_bytes()], |row| Ok(ChatRow { n: row.get(0)?, deleted: row.get(1)? }))
        .optional()?;
    Ok(found)
}

/// Makes a chat.
pub(super) fn create(
    db: &Connection,
    chat: ChatId,
    title: &str,
    chat_model: Option<&ModelId>,
    created: Timestamp,
) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO chat (id, title, model, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)",
    )?
    .execute(params![
        chat.0.as_bytes(),
        title,
        chat_model.map(ModelId::to_string),
        created.0
    ])?;
    Ok(db.last_insert_rowid())
}

pub(super) const SUMMARY: &str =
    "SELECT id, title, pinned, unread, model, last_model, created, updated, messages, options,
     bot, test, server FROM chat";

/// All chats that are not deleted, newest first.
pub(super) fn list(db: &Connection) -> Result<Vec<ChatSummary>> {
    let mut statement = db.prepare_cached(&format!(
        "{SUMMARY} WHERE deleted_at IS NULL AND NOT test ORDER BY updated DESC, n DESC"
    ))?;
    let chats = statement.query_map([], summary_of)?.collect::<rusqlite::Result<_>>()?;
    Ok(chats)
}

/// One chat, where it exists and is not deleted.
pub(super) fn summary(db: &Connection, chat: ChatId) -> Result<Option<ChatSummary>> {
    let found = db
        .prepare_cached(&format!("{SUMMARY} WHERE id = ?1 AND deleted_at IS NULL"))?
        .query_row([chat.0.as_bytes()], summary_of)
        .optional()?;
    Ok(found)
}

/// One chat by its short key, deleted or not.
pub(super) fn summary_by_key(db: &Connection, n: i64) -> Result<ChatSummary> {
    Ok(db.prepare_cached(&format!("{SUMMARY} WHERE n = ?1"))?.query_row([n], summary_of)?)
}

pub(super) fn summary_of(row: &Row<'_>) -> rusqlite::Result<ChatSummary> {
    let chat_model: Option<String> = row.get(4)?;
    let last_model: Option<String> = row.get(5)?;
    let options: Option<String> = row.get(9)?;
    let bot: Option<String> = row.get(10)?;
    Ok(ChatSummary {
        id: ChatId(uuid(row, 0)?),
        title: row.get(1)?,
        pinned: row.get(2)?,
        unread: row.get(3)?,
        model: chat_model.as_deref().map(model),
        last_model: last_model.as_deref().map(model),
        created: time(row, 6)?,
        updated: time(row, 7)?,
        messages: unsigned(row.get(8)?),
        options: options.as_deref().and_then(|text| from_json(text).ok()).unwrap_or_default(),
        bot: bot.as_deref().and_then(|text| from_json(text).ok()),
        test: row.get(11)?,
        server: row.get::<_, Option<String>>(12)?.map(ServerId),
    })
}

/// A change of one chat that the user makes.
#[derive(Clone, Debug)]
pub(super) enum ChatChange {
    Rename(String),
    Pin(bool),
    Model(Option<ModelId>),
    Options(ChatOptions),
    /// A title that was made for it; the user's own stays.
    MadeTitle(String),
    Read,
    Delete(Timestamp),
    Restore,
}

/// Makes the change and gives the chat as it is then.
pub(super) fn change(db: &Connection, chat: ChatId, change: &ChatChange) -> Result<ChatSummary> {
    let n = row(db, chat)?.ok_or(StoreError::NotFound)?.n;
    match change {
        ChatChange::Rename(title) => db.execute(
            "UPDATE chat SET title = ?2, title_set_by_user = 1 WHERE n = ?1",
            params![n, one_line(title)],
        ),
        ChatChange::Pin(pinned) => {
            db.execute("UPDATE chat SET pinned = ?2 WHERE n = ?1", params![n, pinned])
        }
        ChatChange::Model(chat_model) => db.execute(
            "UPDATE chat SET model = ?2 WHERE n = ?1",
            params![n, chat_model.as_ref().map(ModelId::to_string)],
        ),
        ChatChange::Options(options) => {
            db.execute("UPDATE chat SET options = ?2 WHERE n = ?1", params![n, to_json(options)?])
        }
        ChatChange::MadeTitle(title) => db.execute(
            "UPDATE chat SET title = ?2 WHERE n = ?1 AND title_set_by_user = 0",
            params![n, cut(&one_line(title), TITLE_LENGTH)],
        ),
        ChatChange::Read => db.execute("UPDATE chat SET unread = 0 WHERE n = ?1", [n]),
        ChatChange::Delete(now) => {
            db.execute("UPDATE chat SET deleted_at = ?2 WHERE n = ?1", params![n, now.0])
        }
        ChatChange::Restore => db.execute("UPDATE chat SET deleted_at = NULL WHERE n = ?1", [n]),
    }?;
    summary_by_key(db, n)
}

/// A chat without a name, or that still bears the name of its bot, is named by its first question,
/// as others are.
pub(super) fn name_by(db: &Connection, n: i64, question: &Message) -> Result<()> {
    db.prepare_cached(
        "UPDATE chat SET title = ?2 WHERE n = ?1 AND NOT title_set_by_user AND ?2 <> ''
             AND (title = '' OR bot IS NOT NULL AND title = json_extract(bot, '$.name'))",
    )?
    .execute(params![n, title_of(question)])?;
    Ok(())
}

/// Whether a title may be made for a chat.
pub(super) fn wants_title(db: &Connection, chat: ChatId) -> Result<bool> {
    let wants = db
        .prepare_cached(
            "SELECT deleted_at IS NULL AND NOT test AND NOT title_set_by_user AND 1 = (
                 SELECT count(*) FROM (
                     SELECT DISTINCT parent FROM message
                     WHERE chat = c.n AND status = 'complete' LIMIT 2
                 )
             ) FROM chat AS c WHERE id = ?1",
        )?
        .query_row([chat.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(wants.unwrap_or(false))
}

/// What a new message or the end of an answer changes in its chat.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch<'a> {
    /// The new end of the visible path.
    pub(super) leaf: Option<i64>,
    /// New messages.
    pub(super) added: u64,
    /// Who answered last.
    pub(super) last_model: Option<&'a ModelId>,
    /// Whether there is something unseen now; `None` leaves it.
    pub(super) unread: Option<bool>,
    /// When.
    pub(super) at: Timestamp,
}

/// Notes the change in the chat's row.
pub(super) fn touch(db: &Connection, n: i64, touch: &Touch<'_>) -> Result<()> {
    db.prepare_cached(
        "UPDATE chat SET leaf = coalesce(?2, leaf), messages = messages + ?3,
         last_model = coalesce(?4, last_model), unread = coalesce(?5, unread),
         updated = max(updated, ?6) WHERE n = ?1",
    )?
    .execute(params![
        n,
        touch.leaf,
        integer(touch.added),
        touch.last_model.map(ModelId::to_string),
        touch.unread,
        touch.at.0,
    ])?;
    Ok(())
}

/// Removes some of what was deleted before `before` for good. Gives whether there is more.
pub(super) fn purge_step(db: &Connection, before: Timestamp) -> Result<bool> {
    let doomed: Option<i64> = db
        .prepare_cached(
            "SELECT n FROM chat WHERE (deleted_at < ?1 OR test AND updated < ?1)
             AND NOT EXISTS (SELECT 1 FROM run WHERE run.chat = chat.n AND run.ended IS NULL)
             ORDER BY deleted_at LIMIT 1",
        )?
        .query_row([before.0], |row| row.get(0))
        .optional()?;
    let Some(chat) = doomed else { return Ok(false) };
    let step = "SELECT n FROM message WHERE chat = ?1 ORDER BY parent, created, n LIMIT ?2";
    db.execute(
        &format!("DELETE FROM message_fts WHERE rowid IN ({step})"),
        params![chat, PURGE_STEP],
    )?;
    let removed =
        db.execute(&format!("DELETE FROM message WHERE n IN ({step})"), params![chat, PURGE_STEP])?;
    if removed == 0 {
        db.execute("DELETE FROM draft WHERE chat = (SELECT id FROM chat WHERE n = ?1)", [chat])?;
        db.execute("DELETE FROM chat WHERE n = ?1 AND server IS NULL", [chat])?;
        // Of a server's chat the row stays, so that the server's next list does not bring it back.
        db.execute("DELETE FROM chat_cast WHERE chat = ?1", [chat])?;
        db.execute(
            "UPDATE chat SET deleted_at = ?2, leaf = NULL, messages = 0 WHERE n = ?1",
            params![chat, i64::MAX],
        )?;
    }
    Ok(true)
}

/// The title of a chat that begins with this message: its first line, cut between words.
pub(super) fn title_of(message: &Message) -> String {
    let text = message.text();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    cut(&one_line(first), TITLE_LENGTH)
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.is_empty() { "New chat".to_owned() } else { line }
}

fn cut(line: &str, length: usize) -> String {
    if line.chars().count() <= length {
        return line.to_owned();
    }
    let head: String = line.chars().take(length).collect();
    let kept = head.rsplit_once(' ').map_or(head.as_str(), |(words, _)| words);
    format!("{}…", kept.trim_end_matches([',', ';', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_cut_between_words() {
        let long = "Explain how a write-ahead log keeps what was written, even when the power goes";
        for (text, title) in [
            ("Hello", "Hello".to_owned()),
            ("  a \t b ", "a b".to_owned()),
            (long, "Explain how a write-ahead log keeps what was written, even…".to_owned()),
            (&"ß".repeat(80), format!("{}…", "ß".repeat(60))),
            ("", "New chat".to_owned()),
        ] {
            assert_eq!(cut(&one_line(text), TITLE_LENGTH), title);
        }
    }
}
