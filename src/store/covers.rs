//! Notices that keep the start of a chat from the model: taken back, and made to count again.

use rusqlite::{Connection, params};

use super::chats;
use super::error::{Result, StoreError};
use super::message_rows;
use crate::protocol::{ChatId, MessageId};

/// Makes what a message's notice covers count, or not. The notice itself stays.
pub(super) fn set(db: &Connection, chat: ChatId, message: MessageId, covered: bool) -> Result<()> {
    let chat = chats::row(db, chat)?.ok_or(StoreError::NotFound)?.n;
    let at = message_rows::place(db, message)?.filter(|at| at.chat == chat);
    let at = at.ok_or(StoreError::NotFound)?;
    let undone = if covered { "false" } else { "true" };
    let changed = db
        .prepare_cached(
            "UPDATE part SET data = json_set(data, '$.covers.undone', json(?2))
             WHERE message = ?1 AND kind = 'notice'
             AND json_type(data, '$.covers') = 'object'",
        )?
        .execute(params![at.n, undone])?;
    if changed > 0 {
        return Ok(());
    }
    // The parts of an open answer are still in its journal.
    Err(StoreError::Other("the answer still arrives, or keeps nothing from the model".to_owned()))
}
