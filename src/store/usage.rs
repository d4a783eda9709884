//! What was used and spent, summed by day, model and chat as answers end.
//!
//! Days are those of the local calendar, whose time zone may change between two answers: a row
//! keeps the day that it was when it was written. No report reads messages.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};
use rusqlite::{Connection, Row, params};

use super::columns::{integer, limit, model, unsigned};
use super::error::Result;
use super::handle::StoreHandle;
use super::reader::ReadCommand;
use super::writer::WriteCommand;
use crate::protocol::{
    Answer, AnswerStatus, ChatId, Message, ModelId, Spent, Timestamp, Usage, UsageRange,
    UsageReport, UsageSum,
};

/// More than any answer takes. What a server claims beyond is not believed: sums must not overflow.
const MOST_TOKENS: u64 = 1_000_000_000_000;
/// More than any answer costs, in US dollars.
const MOST_COST: f64 = 1e6;
/// So many chats are listed, the dearest.
const CHATS: usize = 100;
/// So many rows are looked through for the models used last.
const RECENT_ROWS: usize = 2_000;
/// Stands where chats were that are gone for good.
const GONE: &str = "Chats that are gone";

/// What the store is told and asked about usage.
impl StoreHandle {
    /// Counts what was used beside an answer, such as for a title.
    pub async fn add_usage(
        &self,
        at: Timestamp,
        model: ModelId,
        chat: ChatId,
        usage: Usage,
    ) -> Result<()> {
        let aside = Aside { at, model, chat, usage };
        self.write(|reply| WriteCommand::AddUsage(Box::new(aside), reply)).await
    }

    /// What was spent today and this month. Costs what this month's rows cost, however much
    /// there was before.
    pub async fn spent(&self, now: Timestamp) -> Result<Spent> {
        let spent = self.read(|reply| ReadCommand::Spent(now, reply)).await?;
        Ok(Spent { until: end_of_day(now, &TimeZone::system()), ..spent })
    }

    /// What was used in a stretch of days that ends today.
    pub async fn usage(&self, range: UsageRange, now: Timestamp) -> Result<UsageReport> {
        self.read(|reply| ReadCommand::Usage(range, now, reply)).await
    }

    /// The models that answered last, newest first.
    pub async fn recent_models(&self, limit: usize) -> Result<Vec<ModelId>> {
        self.read(|reply| ReadCommand::RecentModels(limit, reply)).await
    }
}

/// What was used beside an answer.
#[derive(Clone, Debug)]
pub(super) struct Aside {
    at: Timestamp,
    model: ModelId,
    chat: ChatId,
    usage: Usage,
}

/// Counts an answer that has just ended. One that failed without taking anything is none.
pub(super) fn add_answer(
    db: &Connection,
    message: &Message,
    answer: &Answer,
    at: Timestamp,
    zone: &TimeZone,
) -> Result<()> {
    let usage = &answer.usage;
    let took = has_tokens(usage) || usage.cost_usd.is_some();
    let nothing_came = answer.status == AnswerStatus::Failed || message.parts.is_empty();
    if nothing_came && !took {
        return Ok(());
    }
    let day = day_of(at, zone);
    add(db, &Added { day, model: &answer.model, chat: message.chat, usage, answered: Some(at) })
}

/// Counts what was used beside an answer. The model is not one that was used last: nobody chose it.
pub(super) fn add_aside(db: &Connection, aside: &Aside, zone: &TimeZone) -> Result<()> {
    let Aside { at, model, chat, usage } = aside;
    add(db, &Added { day: day_of(*at, zone), model, chat: *chat, usage, answered: None })
}

struct Added<'a> {
    day: Date,
    model: &'a ModelId,
    chat: ChatId,
    usage: &'a Usage,
    answered: Option<Timestamp>,
}

fn add(db: &Connection, added: &Added<'_>) -> Result<()> {
    let usage = added.usage;
    let tokens = |count: Option<u64>| integer(count.unwrap_or(0).min(MOST_TOKENS));
    let cost = usage.cost_usd.filter(|cost| (0.0..=MOST_COST).contains(cost));
    db.prepare_cached(
        "INSERT INTO usage (day, model, chat, answers, unpriced, prompt_tokens,
                            completion_tokens, cached_tokens, cost, last)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (day, model, chat) DO UPDATE SET
             answers = answers + excluded.answers,
             unpriced = unpriced + excluded.unpriced,
             prompt_tokens = prompt_tokens + excluded.prompt_tokens,
             completion_tokens = completion_tokens + excluded.completion_tokens,
             cached_tokens = cached_tokens + excluded.cached_tokens,
             cost = cost + excluded.cost,
             last = max(last, excluded.last)",
    )?
    .execute(params![
        added.day.to_string(),
        added.model.to_string(),
        added.chat.0.as_bytes(),
        added.answered.is_some(),
        has_tokens(usage) && cost.is_none(),
        tokens(usage.prompt_tokens),
        tokens(usage.completion_tokens),
        tokens(usage.cached_tokens),
        cost.unwrap_or(0.0),
        added.answered.map_or(0, |at| at.0),
    ])?;
    Ok(())
}

fn has_tokens(usage: &Usage) -> bool {
    usage.prompt_tokens.is_some() || usage.completion_tokens.is_some()
}

/// The day of the local calendar.
pub fn local_day(at: Timestamp) -> Date {
    day_of(at, &TimeZone::system())
}

/// The day of the calendar of a zone. A time beyond all calendars is their first or last day.
fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    let beyond = if at.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
    let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or(beyond);
    at.to_zoned(zone.clone()).date()
}

/// When the next day of the calendar of a zone begins.
fn end_of_day(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let next = day_of(at, zone).tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(Timestamp(next.timestamp().as_millisecond()))
}

const SPENT: &str = "SELECT coalesce(sum(cost) FILTER (WHERE day = ?3), 0.0),
                            coalesce(sum(cost), 0.0)
                     FROM usage WHERE day BETWEEN ?1 AND ?2";

/// What was spent on the day of `now` and in its month.
pub(super) fn spent(db: &Connection, now: Timestamp, zone: &TimeZone) -> Result<Spent> {
    let today = day_of(now, zone);
    let (first, last) = (today.first_of_month(), today.last_of_month());
    let bounds = [first, last, today].map(|day| day.to_string());
    let spent = db.prepare_cached(SPENT)?.query_row(bounds, |row| {
        Ok(Spent { day_usd: row.get(0)?, month_usd: row.get(1)?, until: None })
    })?;
    Ok(spent)
}

/// The first and the last day of a stretch, as they stand in the table.
fn bounds(range: UsageRange, now: Timestamp, zone: &TimeZone) -> [String; 2] {
    let today = day_of(now, zone);
    let back = |days: Span| [today.saturating_sub(days), today].map(|day| day.to_string());
    match range {
        UsageRange::Today => back(0.days()),
        UsageRange::Week => back(6.days()),
        UsageRange::Month => back(29.days()),
        // Days that a wrong clock wrote are part of all, too.
        UsageRange::All => [String::new(), "~".to_owned()],
    }
}

const SUMS: &str = "sum(answers), sum(unpriced), sum(prompt_tokens), sum(completion_tokens),
                    sum(cached_tokens), sum(cost)";
const DEAREST: &str = "sum(cost) DESC, sum(prompt_tokens + completion_tokens) DESC,
                       sum(answers) DESC";

/// What was used in a stretch of days.
pub(super) fn report(
    db: &Connection,
    range: UsageRange,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<UsageReport> {
    let bounds = bounds(range, now, zone);
    let bounds = [bounds[0].as_str(), bounds[1].as_str()];
    let within = "FROM usage WHERE day BETWEEN ?1 AND ?2";
    let total = db
        .prepare_cached(&format!("SELECT '', {SUMS} {within}"))?
        .query_row(bounds, |row| sum_of(row, 1))?;
    let days = db
        .prepare_cached(&format!("SELECT day, {SUMS} {within} GROUP BY day ORDER BY day"))?
        .query_map(bounds, |row| Ok((row.get(0)?, sum_of(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let models = db
        .prepare_cached(&format!(
            "SELECT model, {SUMS} {within} GROUP BY model ORDER BY {DEAREST}, model"
        ))?
        .query_map(bounds, |row| Ok((model(&row.get::<_, String>(0)?), sum_of(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(UsageReport { total, days, models, chats: chats(db, bounds)? })
}

/// The dearest chats. Those that are deleted have no id: they cannot be opened.
fn chats(
    db: &Connection,
    [first, last]: [&str; 2],
) -> Result<Vec<(Option<ChatId>, String, UsageSum)>> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT CASE WHEN known.deleted_at IS NULL THEN known.id END,
                coalesce(known.title, ?3), {SUMS}
         FROM usage LEFT JOIN chat AS known ON known.id = usage.chat
         WHERE day BETWEEN ?1 AND ?2
         GROUP BY known.n ORDER BY {DEAREST}, known.n DESC LIMIT ?4"
    ))?;
    let chats = statement
        .query_map(params![first, last, GONE, limit(CHATS)], |row| {
            let id: Option<[u8; 16]> = row.get(0)?;
            let id = id.map(|id| ChatId(uuid::Uuid::from_bytes(id)));
            Ok((id, row.get(1)?, sum_of(row, 2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(chats)
}

/// Sums, from this column on. What nobody told is no figure rather than a zero.
fn sum_of(row: &Row<'_>, at: usize) -> rusqlite::Result<UsageSum> {
    let count = |index: usize| -> rusqlite::Result<u64> {
        Ok(unsigned(row.get::<_, Option<i64>>(at + index)?.unwrap_or(0)))
    };
    let tokens = |index| count(index).map(|sum| Some(sum).filter(|sum| *sum > 0));
    let (answers, unpriced) = (count(0)?, count(1)?);
    let (prompt_tokens, completion_tokens) = (tokens(2)?, tokens(3)?);
    let cost: f64 = row.get::<_, Option<f64>>(at + 5)?.unwrap_or(0.0);
    let told = prompt_tokens.is_some() || completion_tokens.is_some();
    let is_known = cost > 0.0 || told && unpriced == 0;
    Ok(UsageSum {
        answers,
        unpriced,
        usage: Usage {
            prompt_tokens,
            completion_tokens,
            cached_tokens: tokens(4)?,
            cache_write_tokens: None,
            cost_usd: is_known.then_some(cost),
        },
    })
}

/// The models that answered last, newest first.
pub(super) fn recent_models(db: &Connection, most: usize) -> Result<Vec<ModelId>> {
    let mut statement = db.prepare_cached(
        "SELECT model FROM usage WHERE answers > 0 ORDER BY last DESC, model LIMIT ?1",
    )?;
    let mut rows = statement.query([limit(RECENT_ROWS)])?;
    let mut models: Vec<ModelId> = Vec::new();
    while models.len() < most
        && let Some(row) = rows.next()?
    {
        let used = model(&row.get::<_, String>(0)?);
        if !models.contains(&used) {
            models.push(used);
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests;
