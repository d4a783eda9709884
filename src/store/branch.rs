//! Switching between the alternatives of a message.

use rusqlite::{Connection, OptionalExtension, params};

use super::chats;
use super::error::{Result, StoreError};
use super::message_rows::{self, Place};
use crate::protocol::{ChatId, MessageId};

/// Steps from `message` to a sibling (by creation; the first and the last are the ends), goes
/// down to the newest message below it, and makes that the end of the chat's visible path.
pub(super) fn select(
    db: &Connection,
    chat: ChatId,
    message: MessageId,
    step: i32,
) -> Result<MessageId> {
    let chat = chats::row(db, chat)?.ok_or(StoreError::NotFound)?.n;
    let at = message_rows::place(db, message)?.filter(|at| at.chat == chat);
    let sibling = sibling(db, at.ok_or(StoreError::NotFound)?, step)?;
    let (leaf, id) = newest_below(db, chat, sibling)?;
    db.execute("UPDATE chat SET leaf = ?2 WHERE n = ?1", params![chat, leaf])?;
    Ok(id)
}

fn sibling(db: &Connection, at: Place, step: i32) -> Result<i64> {
    let siblings: Vec<i64> = db
        .prepare_cached(
            "SELECT n FROM message WHERE chat = ?1 AND parent IS ?2 ORDER BY created, n",
        )?
        .query_map(params![at.chat, at.parent], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let here = siblings.iter().position(|n| *n == at.n).unwrap_or(0);
    let step = isize::try_from(step).unwrap_or(0);
    let there = here.saturating_add_signed(step).min(siblings.len().saturating_sub(1));
    siblings.get(there).copied().ok_or(StoreError::NotFound)
}

fn newest_below(db: &Connection, chat: i64, top: i64) -> Result<(i64, MessageId)> {
    let leaf = db
        .prepare_cached(
            "WITH RECURSIVE down (n, level) AS (
                SELECT ?2, 0
                UNION ALL
                SELECT (SELECT m.n FROM message m WHERE m.chat = ?1 AND m.parent = down.n
                        ORDER BY m.created DESC, m.n DESC LIMIT 1), level + 1
                FROM down WHERE down.n IS NOT NULL
            )
            SELECT m.n, m.id FROM down CROSS JOIN message m ON m.n = down.n
            ORDER BY level DESC LIMIT 1",
        )?
        .query_row(params![chat, top], |row| {
            Ok((row.get(0)?, MessageId(super::columns::uuid(row, 1)?)))
        })
        .optional()?;
    leaf.ok_or(StoreError::NotFound)
}
