//! Chats that begin with a bot: who takes part, and what they open with.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, params};

use super::chats::{self, ChatChange, Touch};
use super::columns::{from_json, to_json};
use super::error::{Result, StoreError};
use super::message_rows;
use super::search;
use super::writer::Reply;
use crate::protocol::{Cast, ChatBot, ChatId, ChatOptions, ChatSummary, StartChat};

/// What is asked of the writer.
#[derive(Debug)]
pub(super) enum CastWrite {
    Start(Box<StartChat>, Reply<ChatSummary>),
    Set(ChatId, Box<(ChatBot, Cast)>, Reply<ChatSummary>),
    EndTest(ChatId, Reply<()>),
}

/// Makes the chat. A second time changes nothing.
pub(super) fn start(db: &Connection, start: &StartChat) -> Result<ChatSummary> {
    if let Some(chat) = chats::row(db, start.chat)? {
        return chats::summary_by_key(db, chat.n);
    }
    let n = chats::create(db, start.chat, &start.bot.name, None, start.created)?;
    db.prepare_cached("UPDATE chat SET test = ?2 WHERE n = ?1")?.execute(params![n, start.test])?;
    if start.options != ChatOptions::default() {
        chats::change(db, start.chat, &ChatChange::Options(start.options.clone()))?;
    }
    write(db, n, &start.bot, &start.cast)?;
    for seed in &start.seeds {
        let message = message_rows::insert(db, n, seed)?;
        search::add(db, message)?;
        let touch = Touch {
            leaf: Some(message),
            added: 1,
            last_model: None,
            unread: None,
            at: seed.created,
        };
        chats::touch(db, n, &touch)?;
    }
    if !start.test {
        db.prepare_cached(
            "INSERT INTO bot_mark (bot, used) VALUES (?1, ?2)
             ON CONFLICT (bot) DO UPDATE SET used = max(coalesce(used, 0), ?2)",
        )?
        .execute(params![start.bot.id.as_str(), start.created.0])?;
    }
    chats::summary_by_key(db, n)
}

/// Lets a chat go on with another version of its bot.
pub(super) fn set(
    db: &Connection,
    chat: ChatId,
    bot: &ChatBot,
    cast: &Cast,
) -> Result<ChatSummary> {
    let n = chats::row(db, chat)?.ok_or(StoreError::NotFound)?.n;
    write(db, n, bot, cast)?;
    chats::summary_by_key(db, n)
}

fn write(db: &Connection, n: i64, bot: &ChatBot, cast: &Cast) -> Result<()> {
    db.prepare_cached("UPDATE chat SET bot = ?2 WHERE n = ?1")?
        .execute(params![n, to_json(bot)?])?;
    keep(db, n, cast)
}

/// Keeps what a bot of a server is told.
pub(super) fn keep(db: &Connection, n: i64, cast: &Cast) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO chat_cast (chat, data) VALUES (?1, ?2)")?
        .execute(params![n, to_json(cast)?])?;
    Ok(())
}

/// Who takes part in a chat, where it began with a bot.
pub(super) fn cast(db: &Connection, chat: ChatId) -> Result<Option<Arc<Cast>>> {
    let data: Option<String> = db
        .prepare_cached(
            "SELECT data FROM chat_cast WHERE chat = (SELECT n FROM chat WHERE id = ?1)",
        )?
        .query_row([chat.0.as_bytes()], |row| row.get(0))
        .optional()?;
    data.map(|data| from_json(&data).map(Arc::new)).transpose()
}

/// Lets a test go: it is purged with what was deleted.
pub(super) fn end_test(db: &Connection, chat: ChatId) -> Result<()> {
    db.prepare_cached("UPDATE chat SET deleted_at = 0 WHERE id = ?1 AND test = 1")?
        .execute([chat.0.as_bytes()])?;
    Ok(())
}
