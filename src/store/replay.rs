//! The events of a run again, as they were told: from the journal, and from what waits for its
//! commit.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{from_json, integer, limit as row_limit, optional_uuid, time, uuid};
use super::error::Result;
use super::gateway::{RunPlace, seq};
use super::pending::{self, Entry};
use crate::protocol::{ChatId, RunEvent, RunId, Seq, StreamEvent};

/// How a run stands.
pub(super) fn place(db: &Connection, waiting: &[Entry], run: RunId) -> Result<Option<RunPlace>> {
    let found = db
        .prepare_cached(
            "SELECT chat.id, run.ended IS NOT NULL, run.last_seq, run.kept, run.cut,
                 (SELECT max(upto) FROM event WHERE event.run = run.n)
             FROM run JOIN chat ON chat.n = run.chat
             WHERE run.id = ?1 AND chat.deleted_at IS NULL",
        )?
        .query_row([run.0.as_bytes()], |row| {
            let ended: bool = row.get(1)?;
            let journalled = row.get::<_, Option<i64>>(5)?.unwrap_or(0);
            let last = if ended { row.get(2)? } else { journalled };
            let kept: bool = row.get(3)?;
            Ok(RunPlace {
                chat: ChatId(uuid(row, 0)?),
                last: seq(last),
                ended,
                told: !ended || kept,
                cut: row.get::<_, Option<i64>>(4)?.map(seq),
            })
        })
        .optional()?;
    Ok(found.map(|place| {
        let newest = pending::after(waiting, run, place.last).map(|entry| entry.upto).max();
        RunPlace { last: newest.unwrap_or(place.last), ..place }
    }))
}

/// The events after one, about `limit` of them.
pub(super) fn events_after(
    db: &Connection,
    waiting: &[Entry],
    run: RunId,
    (after, limit): (Seq, usize),
) -> Result<Vec<RunEvent>> {
    let mut events = Vec::new();
    let Some(chat) = chat_of(db, run)? else { return Ok(events) };
    let mut last = after;
    let mut statement = db.prepare_cached(
        "SELECT seq, upto, at, payload FROM event
         WHERE run = (SELECT n FROM run WHERE id = ?1) AND upto > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let mut rows =
        statement.query(params![run.0.as_bytes(), integer(after.0), row_limit(limit)])?;
    while let Some(row) = rows.next()? {
        let payload = row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?;
        let event = from_json::<StreamEvent>(payload).unwrap_or_else(|error| {
            tracing::warn!(%run, %error, "an event in the journal cannot be read");
            nothing()
        });
        let (first, upto) = (seq(row.get(0)?), seq(row.get(1)?));
        let event = RunEvent { chat, run, seq: first, at: time(row, 2)?, event, resume: None };
        unfold(event, upto, last, &mut events);
        last = upto;
        if events.len() >= limit {
            return Ok(events);
        }
    }
    for entry in pending::after(waiting, run, last) {
        // What was appended after a row that is not among these must not overtake it.
        if events.len() >= limit || entry.event.seq.0 > last.0.saturating_add(1) {
            break;
        }
        unfold(entry.event.clone(), entry.upto, last, &mut events);
        last = entry.upto;
    }
    Ok(events)
}

fn chat_of(db: &Connection, run: RunId) -> Result<Option<ChatId>> {
    let chat = db
        .prepare_cached("SELECT chat.id FROM run JOIN chat ON chat.n = run.chat WHERE run.id = ?1")?
        .query_row([run.0.as_bytes()], |row| optional_uuid(row, 0))
        .optional()?;
    Ok(chat.flatten().map(ChatId))
}

/// Several deltas that were joined, as many events again: the first that is missing bears the
/// content of all, at the place where it began, so that who has a part of it takes the rest; the
/// others are empty, at its end.
fn unfold(event: RunEvent, upto: Seq, after: Seq, events: &mut Vec<RunEvent>) {
    let first = event.seq.max(after.next());
    let empty = behind(&event.event);
    let (chat, run, at) = (event.chat, event.run, event.at);
    events.push(RunEvent { seq: first, resume: None, ..event });
    let mut next = first.next();
    while next <= upto {
        let event = empty.clone();
        events.push(RunEvent { chat, run, seq: next, at, event, resume: None });
        next = next.next();
    }
}

/// An empty delta at the end of this one.
fn behind(event: &StreamEvent) -> StreamEvent {
    let end = |content: &str, offset: u64| offset.saturating_add(content.len() as u64);
    match event {
        StreamEvent::Message { role, content, message_id, offset } => StreamEvent::Message {
            role: *role,
            content: String::new(),
            message_id: *message_id,
            offset: end(content, *offset),
        },
        StreamEvent::Thinking { content, offset, .. } => StreamEvent::Thinking {
            content: String::new(),
            offset: end(content, *offset),
            opaque: None,
        },
        StreamEvent::State { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::ToolEnd { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. }
        | StreamEvent::Error { .. }
        | StreamEvent::Done { .. } => nothing(),
    }
}

/// An event that changes nothing: thinking that lies beyond all there is.
fn nothing() -> StreamEvent {
    StreamEvent::Thinking { content: String::new(), offset: u64::from(u32::MAX), opaque: None }
}
