//! Days, months and sums, with the time and the zone fixed.

use rusqlite::StatementStatus;

use super::*;
use crate::protocol::{IdSource, Role, RunId};
use crate::store::schema;

const DAY: u64 = 24 * 60 * 60 * 1_000;

fn database() -> Connection {
    let mut db = Connection::open_in_memory().unwrap();
    schema::migrate(&mut db, None, &schema::MIGRATIONS, schema::LATEST).unwrap();
    db
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// A time as people write it, with its offset.
fn at(text: &str) -> Timestamp {
    Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn answer(model: &str, cost: Option<f64>) -> Message {
    let now = Timestamp(0);
    Message {
        answer: Some(Answer {
            status: AnswerStatus::Complete,
            usage: Usage {
                prompt_tokens: Some(10),
                completion_tokens: Some(5),
                cost_usd: cost,
                ..Usage::default()
            },
            ..Answer::open(ModelId::new("test", model), RunId(uuid::Uuid::nil()))
        }),
        ..Message::new(IdSource.message(now), IdSource.chat(now), Role::Assistant, now, Vec::new())
    }
}

fn spend(db: &Connection, cost: f64, when: Timestamp, zone: &TimeZone) {
    let message = answer("one", Some(cost));
    add_answer(db, &message, message.answer.as_ref().unwrap(), when, zone).unwrap();
}

fn days(db: &Connection, range: UsageRange, now: Timestamp, zone: &TimeZone) -> Vec<String> {
    report(db, range, now, zone).unwrap().days.into_iter().map(|(day, _)| day).collect()
}

#[test]
fn a_day_is_that_of_the_local_calendar() {
    for (name, day) in
        [("Pacific/Auckland", "2026-03-01"), ("UTC", "2026-02-28"), ("America/Lima", "2026-02-28")]
    {
        let (db, zone) = (database(), zone(name));
        let late = at("2026-02-28T22:30:00Z");
        spend(&db, 1.0, late, &zone);
        assert_eq!(days(&db, UsageRange::Today, late, &zone), [day], "{name}");
    }
}

#[test]
fn days_of_23_and_25_hours_are_one_day_each() {
    let (db, zone) = (database(), zone("Europe/Berlin"));
    // The clock goes from 2 to 3 on 29 March, and from 3 to 2 on 25 October.
    for (hour, cost) in [
        ("2026-03-28T23:30:00+01:00", 1.0),
        ("2026-03-29T00:30:00+01:00", 2.0),
        ("2026-03-29T23:30:00+02:00", 4.0),
        ("2026-03-30T00:30:00+02:00", 8.0),
        ("2026-10-25T00:10:00+02:00", 16.0),
        ("2026-10-25T02:30:00+02:00", 32.0),
        ("2026-10-25T02:30:00+01:00", 64.0),
        ("2026-10-25T23:50:00+01:00", 128.0),
    ] {
        spend(&db, cost, at(hour), &zone);
    }
    let spent = |now: &str| super::spent(&db, at(now), &zone).unwrap();
    assert_eq!(
        spent("2026-03-29T12:00:00+02:00"),
        Spent { day_usd: 6.0, month_usd: 15.0, until: None }
    );
    assert_eq!(
        spent("2026-10-25T12:00:00+01:00"),
        Spent { day_usd: 240.0, month_usd: 240.0, until: None }
    );
    assert_eq!(spent("2026-11-01T00:00:00+01:00"), Spent::default());
}

#[test]
fn a_clock_that_jumps_back_loses_nothing_and_spends_nothing_of_today() {
    let (db, zone) = (database(), TimeZone::UTC);
    let (wrong, right) = (at("2031-05-05T12:00:00Z"), at("2026-11-21T12:00:00Z"));
    spend(&db, 4.0, wrong, &zone);
    spend(&db, 1.0, right, &zone);
    spend(&db, 2.0, right.plus_ms(DAY), &zone);
    spend(&db, 3.0, right, &zone);
    let spent = super::spent(&db, right, &zone).unwrap();
    assert_eq!(spent, Spent { day_usd: 4.0, month_usd: 6.0, until: None });
    assert_eq!(days(&db, UsageRange::Week, right, &zone), ["2026-11-21"]);
    let all = report(&db, UsageRange::All, right, &zone).unwrap();
    assert_eq!((all.total.answers, all.total.usage.cost_usd), (4, Some(10.0)));
    for beyond in [i64::MIN, i64::MAX] {
        spend(&db, 1.0, Timestamp(beyond), &zone);
    }
    assert_eq!(report(&db, UsageRange::All, right, &zone).unwrap().total.answers, 6);
}

#[test]
fn a_stretch_begins_so_many_days_ago() {
    let (db, zone) = (database(), TimeZone::UTC);
    let now = at("2026-11-21T00:00:00Z");
    for back in [0, 6, 7, 29, 30, 400] {
        spend(&db, 1.0, Timestamp(now.0 - back * DAY as i64), &zone);
    }
    let count = |range| report(&db, range, now, &zone).unwrap().total.answers;
    let ranges = [UsageRange::Today, UsageRange::Week, UsageRange::Month, UsageRange::All];
    assert_eq!(ranges.map(count), [1, 2, 4, 6]);
}

#[test]
fn what_has_no_price_is_said_and_not_taken_for_nothing() {
    let (db, zone) = (database(), TimeZone::UTC);
    let now = at("2026-11-21T00:00:00Z");
    for (model, cost) in [
        ("dear", Some(2.0)),
        ("dear", None),
        ("free", Some(0.0)),
        ("unknown", None),
        ("absurd", Some(f64::INFINITY)),
        ("negative", Some(-3.0)),
    ] {
        let message = answer(model, cost);
        add_answer(&db, &message, message.answer.as_ref().unwrap(), now, &zone).unwrap();
    }
    let report = report(&db, UsageRange::Today, now, &zone).unwrap();
    let models: Vec<_> = report
        .models
        .iter()
        .map(|(model, sum)| (model.model.as_str(), sum.answers, sum.unpriced, sum.usage.cost_usd))
        .collect();
    assert_eq!(
        models,
        [
            ("dear", 2, 1, Some(2.0)),
            ("absurd", 1, 1, None),
            ("free", 1, 0, Some(0.0)),
            ("negative", 1, 1, None),
            ("unknown", 1, 1, None),
        ]
    );
    assert_eq!((report.total.answers, report.total.unpriced), (6, 4));
    assert_eq!(report.total.usage.total_tokens(), Some(90));
}

/// The check before each run does the same work after ten years as after a month.
#[test]
fn what_is_spent_is_known_without_reading_what_came_before() {
    let (db, zone) = (database(), TimeZone::UTC);
    let now = at("2026-11-21T00:00:00Z");
    let steps = || {
        let mut statement = db.prepare(SPENT).unwrap();
        let today = day_of(now, &zone);
        let days = [today.first_of_month(), today.last_of_month(), today];
        let days = days.map(|day| day.to_string());
        let sum: f64 = statement.query_row(days, |row| row.get(1)).unwrap();
        (sum, statement.get_status(StatementStatus::VmStep))
    };
    for back in 0..15 {
        spend(&db, 1.0, Timestamp(now.0 - back * DAY as i64), &zone);
    }
    let young = steps();
    assert_eq!(young.0, 15.0);
    for back in 30..3_650 {
        spend(&db, 1.0, Timestamp(now.0 - back * DAY as i64), &zone);
    }
    assert_eq!(steps(), young);
}

#[test]
fn a_day_ends_at_midnight_of_its_zone() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = |text: &str| Timestamp(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    let table = [
        ("2026-11-21T00:00:00+01:00", "2026-11-22T00:00:00+01:00"),
        ("2026-11-21T23:59:59.999+01:00", "2026-11-22T00:00:00+01:00"),
        ("2026-03-29T01:00:00+01:00", "2026-03-30T00:00:00+02:00"),
        ("2026-10-25T12:00:00+01:00", "2026-10-26T00:00:00+01:00"),
    ];
    for (now, end) in table {
        assert_eq!(end_of_day(at(now), &zone), Some(at(end)), "{now}");
    }
}
