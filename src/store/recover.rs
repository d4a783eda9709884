//! Ending the runs that died with their process.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::columns::uuid;
use super::error::Result;
use super::lock::is_alive;
use super::open::Journals;
use super::resumable;
use super::runs::{self, ReadState};
use crate::protocol::{AnswerStatus, RunId, Timestamp};

/// Makes every open run of a dead process into an interrupted answer with what had arrived.
/// Gives how many. Runs of the living are left alone, and those that can be taken up: what a server
/// answers goes on there.
pub(super) fn recover(
    db: &mut Connection,
    locks: &Path,
    now: Timestamp,
    journals: Journals,
) -> Result<usize> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let open: Vec<(RunId, String)> = tx
        .prepare(
            "SELECT run.id, run.owner FROM run JOIN chat ON chat.n = run.chat
             WHERE run.ended IS NULL AND chat.server IS NULL ORDER BY run.n",
        )?
        .query_map([], |row| Ok((RunId(uuid(row, 0)?), row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut interrupted = 0;
    for (run, _) in open.iter().filter(|(_, owner)| !is_alive(locks, owner)) {
        if resumable::is_resumable(&tx, *run, now)? {
            continue;
        }
        let (message, _) = runs::finish(&tx, *run, ReadState::Unread, journals)?;
        let status = message.answer.map(|answer| answer.status);
        interrupted += usize::from(status == Some(AnswerStatus::Interrupted));
    }
    tx.commit()?;
    Ok(interrupted)
}
