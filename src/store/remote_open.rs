//! Chats that begin with a bot of a server: until it is ready, and as it is then.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::branch;
use super::casts;
use super::chats::{self, Touch};
use super::columns::{from_json, to_json, uuid};
use super::error::{Result, StoreError};
use super::remote::UnreadyChat;
use super::remote_rows::{create, insert, own_chat};
use super::search;
use crate::protocol::{Cast, ChatBot, ChatId, ChatSummary, Message, ServerId, Timestamp};

pub(super) fn open(
    db: &Connection,
    server: &ServerId,
    chat: ChatId,
    (bot, answers): &(ChatBot, BTreeMap<String, String>),
    created: Timestamp,
) -> Result<ChatSummary> {
    let n = match own_chat(db, server, chat)? {
        Some(n) => n,
        None => {
            let n = create(db, server, chat, &bot.name, created)?;
            let answers = (!answers.is_empty()).then(|| to_json(answers)).transpose()?;
            db.prepare_cached("UPDATE chat SET bot = ?2, bot_answers = ?3 WHERE n = ?1")?
                .execute(params![n, to_json(bot)?, answers])?;
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

pub(super) fn unready(db: &Connection, server: &ServerId) -> Result<Vec<UnreadyChat>> {
    let mut statement = db.prepare_cached(
        "SELECT id, bot, bot_answers FROM chat WHERE server = ?1 AND deleted_at IS NULL AND bot IS NOT NULL
             AND leaf IS NULL AND messages = 0
             AND NOT EXISTS (SELECT 1 FROM chat_cast WHERE chat_cast.chat = chat.n)",
    )?;
    let mut rows = statement.query([server.as_str()])?;
    let mut unready = Vec::new();
    while let Some(row) = rows.next()? {
        let bot: String = row.get(1)?;
        if let Ok(bot) = from_json::<ChatBot>(&bot) {
            unready.push((ChatId(uuid(row, 0)?), bot.id, answers(row, 2)?));
        }
    }
    Ok(unready)
}

/// What was answered to a bot's questions.
pub(super) fn answers(row: &Row<'_>, at: usize) -> rusqlite::Result<BTreeMap<String, String>> {
    let answers: Option<String> = row.get(at)?;
    Ok(answers.and_then(|text| from_json(&text).ok()).unwrap_or_default())
}
