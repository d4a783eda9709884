//! Open runs of dead processes whose answers go on at their providers.
//!
//! Every event that a provider's stream led to carries the place behind it, in one row of the
//! journal. So a run is taken up at its newest place, and what lies behind that comes again.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{from_json, integer, time, unsigned, uuid};
use super::error::{Result, StoreError};
use super::lock::Others;
use super::open::Journals;
use super::runs::{self, ReadState};
use super::{chats, journal, message_rows};
use crate::protocol::{
    AgentState, ChatId, ChatSummary, Message, ResumePoint, RunId, Seq, StreamEvent, Timestamp,
};

/// A run that this process may go on with.
#[derive(Clone, Debug, PartialEq)]
pub struct Resumable {
    /// The run.
    pub run: RunId,
    /// What is answered.
    pub question: Message,
    /// The answer as it stands at the place.
    pub answer: Message,
    /// The chat.
    pub chat: ChatSummary,
    /// The last event of its journal: the next one follows it.
    pub seq: Seq,
    /// From where its provider shall go on.
    pub point: ResumePoint,
}

/// A place in a journal.
#[derive(Debug)]
struct Place {
    /// Its row.
    row: i64,
    /// The last event in that row.
    seq: Seq,
    at: Timestamp,
    point: ResumePoint,
}

/// As long as OpenAI keeps a response: 30 days. Nobody goes on with an older one.
const KEPT_MS: u64 = 30 * 24 * 60 * 60 * 1_000;

/// Whether a run can be taken up. One that cannot be read cannot.
pub(super) fn is_resumable(db: &Connection, run: RunId, now: Timestamp) -> Result<bool> {
    match place(db, run) {
        Ok(place) => Ok(place.is_some_and(|place| now.ms_since(place.at) < KEPT_MS)),
        Err(StoreError::Damaged(reason)) => {
            tracing::warn!(%run, reason, "an open run cannot be read");
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Takes over the runs of the dead that can be taken up: whoever asks next gets none of them.
/// What their journals hold behind the newest place is forgotten, because it comes again.
pub(super) fn take(
    db: &Connection,
    others: &Others,
    chat: Option<ChatId>,
    journals: Journals,
) -> Result<Vec<Resumable>> {
    let mut taken = Vec::new();
    for (n, run) in left(db, others, chat)? {
        match take_one(db, n, run, others) {
            Ok(Some(run)) => taken.push(run),
            Ok(None) => {}
            // The others go on all the same.
            Err(error @ (StoreError::Damaged(_) | StoreError::NotFound)) => {
                tracing::warn!(%run, %error, "an open run cannot be gone on with");
                if let Err(error) = runs::finish(db, run, ReadState::Unread, journals) {
                    tracing::warn!(%run, %error, "nor can it be ended");
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}

/// The open runs of the dead, of one chat or of all, with their keys.
pub(super) fn left(
    db: &Connection,
    others: &Others,
    chat: Option<ChatId>,
) -> Result<Vec<(i64, RunId)>> {
    let chat = chat.map(|chat| chat.0.as_bytes().to_vec());
    let open: Vec<(i64, RunId, String)> = db
        .prepare_cached(
            "SELECT run.n, run.id, run.owner FROM run JOIN chat ON chat.n = run.chat
             WHERE run.ended IS NULL AND chat.server IS NULL AND (?1 IS NULL OR chat.id = ?1)
             ORDER BY run.n",
        )?
        .query_map([chat], |row| Ok((row.get(0)?, RunId(uuid(row, 1)?), row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let dead = open.into_iter().filter(|(_, _, owner)| others.is_dead(owner));
    Ok(dead.map(|(n, run, _)| (n, run)).collect())
}

fn take_one(db: &Connection, n: i64, run: RunId, others: &Others) -> Result<Option<Resumable>> {
    let Some(place) = place(db, run)? else { return Ok(None) };
    db.prepare_cached("DELETE FROM event WHERE run = ?1 AND seq > ?2")?.execute([n, place.row])?;
    db.prepare_cached("UPDATE run SET owner = ?2, cut = min(coalesce(cut, ?3), ?3) WHERE n = ?1")?
        .execute(params![n, others.own_name(), integer(place.seq.0)])?;
    resumable(db, run, place).map(Some)
}

fn resumable(db: &Connection, run: RunId, place: Place) -> Result<Resumable> {
    let (question, answer): (Option<i64>, i64) = db
        .prepare_cached("SELECT question, answer FROM run WHERE id = ?1")?
        .query_row([run.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut message = message_rows::stored(db, answer)?;
    if !journal::fold(db, &[], run, &mut message)?.whole {
        return Err(StoreError::Damaged("an event of the answer is missing".to_owned()));
    }
    let question = message_rows::by_key(db, &[], question.ok_or(StoreError::NotFound)?)?;
    let chat = chats::row(db, message.chat)?.ok_or(StoreError::NotFound)?;
    let chat = chats::summary_by_key(db, chat.n)?;
    Ok(Resumable { run, question, answer: message, chat, seq: place.seq, point: place.point })
}

/// The newest place of a run, unless something happened behind it that would not happen again
/// in the same way. Runs of deleted chats have none.
fn place(db: &Connection, run: RunId) -> Result<Option<Place>> {
    let found = db
        .prepare_cached(
            "SELECT event.seq, event.upto, event.at, event.resume FROM event
             JOIN run ON run.n = event.run JOIN chat ON chat.n = run.chat
             WHERE run.id = ?1 AND event.resume IS NOT NULL AND chat.deleted_at IS NULL
             ORDER BY event.seq DESC LIMIT 1",
        )?
        .query_row([run.0.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, time(row, 2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((row, upto, at, point)) = found else { return Ok(None) };
    let mut statement = db.prepare_cached(
        "SELECT payload FROM event
         WHERE run = (SELECT n FROM run WHERE id = ?1) AND seq > ?2",
    )?;
    let mut rows = statement.query(params![run.0.as_bytes(), row])?;
    while let Some(later) = rows.next()? {
        let event: StreamEvent =
            from_json(later.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        if !comes_again(&event) {
            return Ok(None);
        }
    }
    Ok(Some(Place { row, seq: Seq(unsigned(upto)), at, point: from_json(&point)? }))
}

/// Whether an event comes again when its run is taken up before it, or says nothing that lasts.
fn comes_again(event: &StreamEvent) -> bool {
    match event {
        StreamEvent::Message { .. }
        | StreamEvent::Thinking { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Error { retryable: true, .. } => true,
        StreamEvent::State { to, .. } => {
            !matches!(to, AgentState::RunningTool | AgentState::AwaitingApproval)
        }
        // Tools must not run twice, another model's turn is another stream, and ends are ends.
        StreamEvent::ToolEnd { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. }
        | StreamEvent::Error { retryable: false, .. }
        | StreamEvent::Done { .. } => false,
    }
}
