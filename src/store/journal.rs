//! The journal: the events of open runs, as rows that are only ever added.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{from_json, integer, time, to_json, unsigned};
use super::error::Result;
use super::pending::{self, Entry};
use crate::protocol::{Message, RunId, RunStatus, Seq, StreamEvent, Timestamp};

/// An open run.
#[derive(Clone, Copy, Debug)]
struct OpenRun {
    n: i64,
    last: Seq,
}

/// Adds entries to the journals of their runs. What is there already, and what comes for a run
/// that has ended, changes nothing.
pub(super) fn insert(db: &Connection, entries: &[Entry]) -> Result<()> {
    let mut known: Vec<(RunId, Option<OpenRun>)> = Vec::new();
    let mut statement = db.prepare_cached(
        "INSERT OR IGNORE INTO event (run, seq, upto, at, payload, resume)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for entry in entries {
        let run = entry.event.run;
        let open = match known.iter().find(|(id, _)| *id == run) {
            Some((_, open)) => *open,
            None => {
                let open = open_run(db, run)?;
                known.push((run, open));
                open
            }
        };
        let Some(open) = open.filter(|open| entry.upto > open.last) else { continue };
        statement.execute(params![
            open.n,
            integer(entry.event.seq.0),
            integer(entry.upto.0),
            entry.event.at.0,
            to_json(&entry.event.event)?,
            entry.event.resume.as_ref().map(to_json).transpose()?,
        ])?;
    }
    Ok(())
}

fn open_run(db: &Connection, run: RunId) -> Result<Option<OpenRun>> {
    let found = db
        .prepare_cached("SELECT n, last_seq FROM run WHERE id = ?1 AND ended IS NULL")?
        .query_row([run.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    match found {
        Some((n, base)) => Ok(Some(OpenRun { n, last: last_seq(db, n)?.max(Seq(unsigned(base))) })),
        None => Ok(None),
    }
}

/// The last event that is part of an open answer's own row: the journal begins behind it. Only
/// answers of servers that were met in the middle have one.
fn base_seq(db: &Connection, run: RunId) -> Result<Seq> {
    let base = db
        .prepare_cached("SELECT last_seq FROM run WHERE id = ?1 AND ended IS NULL")?
        .query_row([run.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(Seq(unsigned(base.unwrap_or(0))))
}

fn last_seq(db: &Connection, run: i64) -> Result<Seq> {
    let upto = db
        .prepare_cached("SELECT upto FROM event WHERE run = ?1 ORDER BY seq DESC LIMIT 1")?
        .query_row([run], |row| row.get(0))
        .optional()?;
    Ok(Seq(unsigned(upto.unwrap_or(0))))
}

/// How far a fold came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Folded {
    /// The last event applied; 0 without any.
    pub(super) last: Seq,
    /// When it happened.
    pub(super) at: Option<Timestamp>,
    /// Whether all could be read.
    pub(super) whole: bool,
}

/// Applies the journal of a run to its answer, then what waits for its commit. What cannot be
/// read is left out: the rest is worth keeping.
pub(super) fn fold(
    db: &Connection,
    waiting: &[Entry],
    run: RunId,
    message: &mut Message,
) -> Result<Folded> {
    let mut folded = Folded { last: base_seq(db, run)?, at: None, whole: true };
    let mut statement = db.prepare_cached(
        "SELECT upto, at, payload FROM event
         WHERE run = (SELECT n FROM run WHERE id = ?1) ORDER BY seq",
    )?;
    let mut rows = statement.query([run.0.as_bytes()])?;
    while let Some(row) = rows.next()? {
        let at = time(row, 1)?;
        match from_json::<StreamEvent>(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?) {
            Ok(event) => {
                message.apply(&event, at);
            }
            Err(error) => {
                tracing::warn!(%run, %error, "an event in the journal cannot be read");
                folded.whole = false;
            }
        }
        folded = Folded { last: Seq(unsigned(row.get(0)?)), at: Some(at), ..folded };
    }
    for entry in pending::after(waiting, run, folded.last) {
        message.apply(&entry.event.event, entry.event.at);
        folded = Folded { last: entry.upto, at: Some(entry.event.at), ..folded };
    }
    Ok(folded)
}

/// Adds the end of a run that was cut off.
pub(super) fn end(
    db: &Connection,
    run: i64,
    (seq, at): (Seq, Timestamp),
    answer: &Message,
) -> Result<()> {
    let done = StreamEvent::Done {
        status: RunStatus::Interrupted,
        message_id: answer.id,
        reply_to_id: answer.parent,
    };
    db.prepare_cached(
        "INSERT INTO event (run, seq, upto, at, payload) VALUES (?1, ?2, ?2, ?3, ?4)",
    )?
    .execute(params![run, integer(seq.0), at.0, to_json(&done)?])?;
    Ok(())
}

/// Removes the journal of a run whose content has become parts.
pub(super) fn clear(db: &Connection, run: i64) -> Result<()> {
    db.prepare_cached("DELETE FROM event WHERE run = ?1")?.execute([run])?;
    Ok(())
}
