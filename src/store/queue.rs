//! Messages that wait until the running answer of their chat ends.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::chats;
use super::columns::{from_json, model, time, to_json, uuid};
use super::error::{Result, StoreError};
use crate::protocol::{ChatId, MessageId, QueuedMessage};

pub(super) const COLUMNS: &str = "q.id, c.id, q.text, q.model, q.one_off, q.created, q.more";

/// Adds a message at the end. Adding it twice changes nothing.
pub(super) fn add(db: &Connection, item: &QueuedMessage) -> Result<()> {
    let chat = chats::row(db, item.chat)?.ok_or(StoreError::NotFound)?;
    db.prepare_cached(
        "INSERT OR IGNORE INTO queued_message (id, chat, text, model, one_off, created, more)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        item.id.0.as_bytes(),
        chat.n,
        item.text,
        item.model.to_string(),
        item.one_off,
        item.created.0,
        to_json(&(&item.also, &item.options, &item.attachments))?,
    ])?;
    Ok(())
}

/// Changes the text of a waiting message.
pub(super) fn edit(db: &Connection, id: MessageId, text: &str) -> Result<()> {
    let changed = db.execute(
        "UPDATE queued_message SET text = ?2 WHERE id = ?1",
        params![id.0.as_bytes(), text],
    )?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// What waits in a chat, in order.
pub(super) fn list(db: &Connection, chat: ChatId) -> Result<Vec<QueuedMessage>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM queued_message q JOIN chat c ON c.n = q.chat
         WHERE c.id = ?1 ORDER BY q.n"
    ))?;
    let items =
        statement.query_map([chat.0.as_bytes()], item_of)?.collect::<rusqlite::Result<_>>()?;
    Ok(items)
}

/// Takes a message out: this one, or the first. Of several askers only one gets it.
pub(super) fn take(
    db: &Connection,
    chat: ChatId,
    id: Option<MessageId>,
) -> Result<Option<QueuedMessage>> {
    let wanted = id.map(|id| *id.0.as_bytes());
    let item = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM queued_message q JOIN chat c ON c.n = q.chat
             WHERE c.id = ?1 AND (?2 IS NULL OR q.id = ?2) ORDER BY q.n LIMIT 1"
        ))?
        .query_row(params![chat.0.as_bytes(), wanted], item_of)
        .optional()?;
    if let Some(item) = &item {
        db.execute("DELETE FROM queued_message WHERE id = ?1", [item.id.0.as_bytes()])?;
    }
    Ok(item)
}

pub(super) fn item_of(row: &Row<'_>) -> rusqlite::Result<QueuedMessage> {
    let model_id: String = row.get(3)?;
    let more: Option<String> = row.get(6)?;
    let (also, options, attachments) =
        more.as_deref().and_then(|text| from_json(text).ok()).unwrap_or_default();
    Ok(QueuedMessage {
        id: MessageId(uuid(row, 0)?),
        chat: ChatId(uuid(row, 1)?),
        text: row.get(2)?,
        model: model(&model_id),
        one_off: row.get(4)?,
        also,
        options,
        attachments,
        created: time(row, 5)?,
    })
}
