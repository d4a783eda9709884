use jiff::tz::{self, TimeZone};

use super::*;
use crate::ui::shell::sample::{NOW, chat, chat_id};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn refresh(groups: &mut Groups, chats: &[ChatSummary], filter: &str) -> bool {
    refresh_at(groups, chats, filter, NOW)
}

fn refresh_at(groups: &mut Groups, chats: &[ChatSummary], filter: &str, now: Timestamp) -> bool {
    groups.refresh(Source { chats, open: None, filter, now, zone: &TimeZone::UTC })
}

fn texts(groups: &Groups, chats: &[ChatSummary]) -> Vec<String> {
    let text = |line: &Line| match &line.what {
        What::Heading(text) => text.to_uppercase(),
        What::Chat(entry) => chats[entry.index].title.clone(),
    };
    groups.lines().iter().map(text).collect()
}

#[test]
fn chats_stand_in_groups_by_local_day() {
    // Noon in UTC is already the next day at the other end of the world.
    let east = TimeZone::fixed(tz::offset(13));
    let cases = [
        (TimeZone::UTC, -1, "Today"),
        (TimeZone::UTC, 0, "Today"),
        (TimeZone::UTC, 12 * HOUR, "Today"),
        (TimeZone::UTC, 12 * HOUR + 1, "Yesterday"),
        (east.clone(), HOUR + 1, "Yesterday"),
        (east, HOUR, "Today"),
        (TimeZone::UTC, 36 * HOUR, "Yesterday"),
        (TimeZone::UTC, 36 * HOUR + 1, "Last 7 days"),
        (TimeZone::UTC, 7 * DAY + 12 * HOUR, "Last 7 days"),
        (TimeZone::UTC, 7 * DAY + 12 * HOUR + 1, "Last 30 days"),
        (TimeZone::UTC, 30 * DAY + 12 * HOUR, "Last 30 days"),
        (TimeZone::UTC, 30 * DAY + 12 * HOUR + 1, "February"),
        (TimeZone::UTC, 80 * DAY, "December 2025"),
        (TimeZone::UTC, NOW.0, "January 1970"),
    ];
    for (zone, ago, label) in cases {
        let chats = [chat(1, "A chat", NOW.0 - ago)];
        let mut groups = Groups::default();
        groups.refresh(Source { chats: &chats, open: None, filter: "", now: NOW, zone: &zone });
        let heading = groups.lines()[0].what.clone();
        assert_eq!(heading, What::Heading(label.to_owned()), "{ago} ms ago");
    }
}

#[test]
fn pinned_chats_come_first_and_every_group_has_one_heading() {
    let mut chats = vec![
        chat(1, "One", NOW.0),
        chat(2, "Two", NOW.0 - 1),
        chat(3, "Three", NOW.0 - 80 * DAY),
        chat(4, "Four", NOW.0 - 81 * DAY),
        chat(5, "Five", NOW.0 - 400 * DAY),
    ];
    chats[3].pinned = true;
    let mut groups = Groups::default();
    assert!(refresh(&mut groups, &chats, ""));
    let wanted = [
        "PINNED",
        "Four",
        "TODAY",
        "One",
        "Two",
        "DECEMBER 2025",
        "Three",
        "FEBRUARY 2025",
        "Five",
    ];
    assert_eq!(texts(&groups, &chats), wanted);
    assert_eq!(groups.height(), 4.0 * HEADING + 5.0 * ROW);
}

#[test]
fn every_word_of_the_filter_must_occur() {
    let chats = [chat(1, "Über Rust and SQL", NOW.0), chat(2, "SQL", NOW.0 - 1)];
    for (filter, hits) in
        [("sql", 2), ("rust sql", 1), ("  SQL  über ", 1), ("ust", 1), ("sqlite", 0)]
    {
        let mut groups = Groups::default();
        refresh(&mut groups, &chats, filter);
        let found = groups.lines().iter().filter(|line| line.what.chat().is_some()).count();
        assert_eq!(found, hits, "{filter:?}");
    }
}

#[test]
fn groups_are_computed_again_only_when_something_changed() {
    let mut chats = vec![chat(1, "One", NOW.0), chat(2, "Two", NOW.0 - 1), chat(3, "X", 0)];
    let mut groups = Groups::default();
    assert!(refresh(&mut groups, &chats, ""));
    assert!(!refresh(&mut groups, &chats, ""));
    assert!(!refresh_at(&mut groups, &chats, "", Timestamp(NOW.0 + 11 * HOUR)));
    assert!(refresh_at(&mut groups, &chats, "", Timestamp(NOW.0 + 12 * HOUR)));
    assert!(refresh(&mut groups, &chats, "o"));
    assert!(refresh(&mut groups, &chats, ""));
    chats[0].updated = Timestamp(NOW.0 + 1);
    assert!(refresh(&mut groups, &chats, ""));
    chats.remove(1);
    assert!(refresh(&mut groups, &chats, ""));
    chats.insert(0, chat(4, "New", NOW.0 + 2));
    assert!(refresh(&mut groups, &chats, ""));
    assert!(!refresh(&mut groups, &chats, ""));
}

#[test]
fn a_change_in_the_middle_is_seen_where_it_is_drawn_or_open() {
    let mut chats: Vec<ChatSummary> =
        (0..100).map(|n: u32| chat(n.into(), "Chat", NOW.0 - i64::from(n))).collect();
    fn source(chats: &[ChatSummary], open: Option<ChatId>) -> Source<'_> {
        const ZONE: &TimeZone = &TimeZone::UTC;
        Source { chats, open, filter: "", now: NOW, zone: ZONE }
    }
    let fifty = Some(chat_id(50));
    let mut groups = Groups::default();
    groups.refresh(source(&chats, None));
    assert!(!groups.refresh_visible(40..60, source(&chats, None)));
    chats[50].pinned = true;
    assert!(!groups.refresh_visible(0..20, source(&chats, None)));
    assert!(groups.refresh_visible(40..60, source(&chats, None)));
    assert_eq!(groups.first(), Some(chat_id(50)));

    assert!(groups.refresh(source(&chats, fifty)));
    assert!(!groups.refresh(source(&chats, fifty)));
    chats[50].pinned = false;
    assert!(groups.refresh(source(&chats, fifty)));
}

#[test]
fn only_lines_in_view_are_named() {
    let chats: Vec<ChatSummary> =
        (0..10_000).map(|n: u32| chat(n.into(), "Chat", NOW.0 - i64::from(n))).collect();
    let mut groups = Groups::default();
    refresh(&mut groups, &chats, "");
    assert_eq!(groups.visible(0.0, HEADING + 3.0 * ROW), 0..4);
    assert_eq!(groups.visible(HEADING, HEADING + 3.0 * ROW + 1.0), 1..5);
    let end = groups.height();
    assert_eq!(groups.visible(end - ROW, end), 10_000..10_001);
    assert_eq!(groups.visible(end, end + 100.0), 10_001..10_001);
    assert_eq!(Groups::default().visible(0.0, 100.0), 0..0);
}
