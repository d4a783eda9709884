//! What waits for servers without going out by itself.

use rusqlite::{Connection, OptionalExtension, params};

use super::chats;
use super::columns::uuid;
use super::error::{Result, StoreError};
use crate::protocol::{ChatId, ChatSummary, ServerId};

/// Chats in which messages wait that were written before an answer was stopped or failed: they
/// stand still until the user sends them.
pub(super) fn standing(db: &Connection, server: &ServerId) -> Result<Vec<ChatId>> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT c.id FROM queued_message q
         JOIN chat c ON c.n = q.chat
         JOIN run r ON r.n = (SELECT max(n) FROM run WHERE chat = c.n AND ended IS NOT NULL)
         WHERE c.server = ?1 AND c.deleted_at IS NULL AND r.status IN ('stopped', 'failed')
             AND q.created <= r.ended",
    )?;
    let chats = statement
        .query_map([server.as_str()], |row| Ok(ChatId(uuid(row, 0)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(chats)
}

/// A chat of a server goes on without the bot that it was to begin with: the server does not have
/// it.
pub(super) fn without_agent(
    db: &Connection,
    server: &ServerId,
    chat: ChatId,
) -> Result<ChatSummary> {
    let n: Option<i64> = db
        .prepare_cached(
            "UPDATE chat SET bot = NULL WHERE id = ?1 AND server = ?2 AND deleted_at IS NULL
             RETURNING n",
        )?
        .query_row(params![chat.0.as_bytes(), server.as_str()], |row| row.get(0))
        .optional()?;
    chats::summary_by_key(db, n.ok_or(StoreError::NotFound)?)
}
