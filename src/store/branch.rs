//! Switching between the alternatives of a message, answers of several models included.

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
    show(db, chat, sibling)
}

/// Goes down from `message` to the newest below it, and makes that the end of the chat's visible
/// path.
pub(super) fn keep(db: &Connection, chat: ChatId, message: MessageId) -> Result<MessageId> {
    let chat = chats::row(db, chat)?.ok_or(StoreError::NotFound)?.n;
    let at = message_rows::place(db, message)?.filter(|at| at.chat == chat);
    show(db, chat, at.ok_or(StoreError::NotFound)?.n)
}

fn show(db: &Connection, chat: i64, top: i64) -> Result<MessageId> {
    let (leaf, id) = newest_below(db, chat, top)?;
    db.execute("UPDATE chat SET leaf = ?2 WHERE n = ?1", params![chat, leaf])?;
    Ok(id)
}

/// The end of a chat's visible path.
pub(super) fn leaf(db: &Connection, chat: i64) -> Result<Option<i64>> {
    let leaf = db
        .prepare_cached("SELECT leaf FROM chat WHERE n = ?1")?
        .query_row([chat], |row| row.get(0))?;
    Ok(leaf)
}

/// Whether a new answer to `question` in this column is to be the visible one: it is where the
/// visible path ends with the question or goes through an answer of the same column. An answer
/// without a column always is.
pub(super) fn is_visible_column(
    db: &Connection,
    chat: i64,
    question: MessageId,
    column: Option<u8>,
) -> Result<bool> {
    let Some(column) = column else { return Ok(true) };
    let at = message_rows::place(db, question)?.ok_or(StoreError::NotFound)?;
    let leaf = leaf(db, chat)?;
    if leaf == Some(at.n) {
        return Ok(true);
    }
    let visible: Option<Option<u8>> = db
        .prepare_cached(
            "WITH RECURSIVE up (parent, place) AS (
                SELECT parent, compare_column FROM message WHERE n = ?1
                UNION ALL
                SELECT m.parent, m.compare_column FROM up CROSS JOIN message m
                    ON m.n = up.parent WHERE m.depth > ?3
            )
            SELECT place FROM up WHERE parent = ?2",
        )?
        .query_row(params![leaf, at.n, at.depth], |row| row.get(0))
        .optional()?;
    Ok(visible == Some(Some(column)))
}

/// The other columns beside an answer among several: the newest answer of each, by column.
pub(super) fn columns_beside(db: &Connection, answer: i64) -> Result<Vec<i64>> {
    let others = db
        .prepare_cached(
            "SELECT (SELECT n FROM message b WHERE b.chat = o.chat AND b.parent = o.parent
                AND b.compare_column = o.compare_column ORDER BY b.created DESC, b.n DESC LIMIT 1)
             FROM message a CROSS JOIN message o ON o.chat = a.chat AND o.parent = a.parent
             WHERE a.n = ?1 AND o.compare_column <> a.compare_column
             GROUP BY o.compare_column ORDER BY o.compare_column",
        )?
        .query_map([answer], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(others)
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

/// Of answers that were asked for at once, the one that the chat went on from comes first, then
/// the first column: the others are not newer, they only stand beside it.
fn newest_below(db: &Connection, chat: i64, top: i64) -> Result<(i64, MessageId)> {
    let leaf = db
        .prepare_cached(
            "WITH RECURSIVE down (n, level) AS (
                SELECT ?2, 0
                UNION ALL
                SELECT (SELECT m.n FROM message m WHERE m.chat = ?1 AND m.parent = down.n
                        ORDER BY m.compare_column IS NOT NULL AND EXISTS (
                            SELECT 1 FROM message c WHERE c.chat = ?1 AND c.parent = m.n
                        ) DESC, m.created DESC, m.compare_column, m.n DESC LIMIT 1), level + 1
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
