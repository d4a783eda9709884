//! How old a list is, and when a model goes.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::protocol::Timestamp;

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Lists are asked for daily: younger ones need no word.
const FRESH_MS: u64 = 36 * HOUR_MS;
/// Models that go within this many days are told of.
const SOON_DAYS: i32 = 30;

/// `3 days ago`, for a list that is old. A clock that went backwards makes no list old.
pub(super) fn of_list(listed: Timestamp, now: Timestamp) -> Option<String> {
    let age = now.ms_since(listed);
    match age {
        0..FRESH_MS => None,
        _ => Some(format!("{} days ago", (age + DAY_MS / 2) / DAY_MS)),
    }
}

/// `retired 2026-07-23`, `retires 2026-12-01`; nothing where it is far off or no date.
pub(super) fn retirement(day: &str, now: Timestamp) -> Option<String> {
    let date: Date = day.parse().ok()?;
    let today = jiff::Timestamp::from_millisecond(now.0).ok()?.to_zoned(TimeZone::UTC).date();
    match date.since(today).ok()?.get_days() {
        ..0 => Some(format!("retired {date}")),
        0..=SOON_DAYS => Some(format!("retires {date}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21, 12:00 UTC.
    const NOW: Timestamp = Timestamp(1_795_262_400_000);

    #[test]
    fn only_old_lists_have_an_age() {
        let table = [(-60_000, None), (3_600_000, None), (172_800_000, Some("2 days ago"))];
        for (age, words) in table {
            assert_eq!(of_list(Timestamp(NOW.0 - age), NOW).as_deref(), words, "{age}");
        }
    }

    #[test]
    fn models_that_go_soon_say_when() {
        let table = [
            ("2026-07-23", Some("retired 2026-07-23")),
            ("2026-11-20", Some("retired 2026-11-20")),
            ("2026-11-21", Some("retires 2026-11-21")),
            ("2026-12-21", Some("retires 2026-12-21")),
            ("2026-12-22", None),
            ("2027-11-21", None),
            ("soon", None),
        ];
        for (day, words) in table {
            assert_eq!(retirement(day, NOW).as_deref(), words, "{day}");
        }
    }
}
