use super::*;
use crate::ui::shell::sample::{self, NOW, chat};

fn found(query: &str, state: &AppState) -> Vec<(&'static str, Vec<String>)> {
    let mut entries = Entries::default();
    entries.refresh(query, state);
    let texts = |group: &Group| group.entries.iter().map(|entry| entry.text.clone()).collect();
    entries.groups().iter().map(|group| (group.heading, texts(group))).collect()
}

#[test]
fn everything_is_offered_before_anything_is_typed() {
    let state = sample::state();
    let found = found("", &state);
    let headings: Vec<&str> = found.iter().map(|(heading, _)| *heading).collect();
    assert_eq!(headings, ["Commands", "Chats", "Help"]);
    assert_eq!(found[1].1.len(), 12);
    assert_eq!(found[2].1, ["Help: Getting started", "Help: Keys for providers"]);
}

#[test]
fn what_would_do_nothing_is_not_offered() {
    let mut state = sample::state();
    let commands = |state: &AppState| found("", state)[0].1.clone();
    let offered = commands(&state);
    assert!(offered.contains(&"Copy the last answer".to_owned()));
    assert!(!offered.contains(&"Stop the answer".to_owned()));
    assert!(!offered.contains(&"Command palette".to_owned()));
    state.page = crate::state::Page::Welcome;
    assert!(!commands(&state).contains(&"Copy the last answer".to_owned()));
}

#[test]
fn the_best_hit_comes_first_whatever_it_is() {
    let state = sample::state();
    assert_eq!(found("weekly plan", &state)[0], ("Chats", vec!["Weekly plan".to_owned()]));
    let mixed = found("rust", &state);
    assert_eq!(mixed[0], ("Chats", vec!["Rust mentor".to_owned()]));
    assert!(mixed.len() > 1, "commands fit too, but worse: {mixed:?}");
    assert_eq!(found("theme dark", &state)[0].1[0], "Theme: dark");
    assert_eq!(found("keys prov", &state)[0].1[0], "Help: Keys for providers");
    assert!(found("qqqqq", &state).is_empty());
}

#[test]
fn hits_are_places_of_characters() {
    let mut state = sample::state();
    // A letter of two code points, and two of one that fills two cells.
    state.chats = Some(vec![chat(1, "E\u{301}te\u{301} 日本 Rust", NOW.0)]);
    let mut entries = Entries::default();
    entries.refresh("rust", &state);
    let entry = entries.get(0).unwrap();
    let hit: String =
        entry.hits.iter().map(|at| entry.text.chars().nth(*at as usize).unwrap()).collect();
    assert_eq!(hit, "Rust");
}

#[test]
fn chats_are_cut_at_fifty_and_found_only_again_when_something_changed() {
    let mut state = sample::state();
    let chats = (0..200_u32).map(|n| chat(n.into(), &format!("Chat {n}"), NOW.0 - i64::from(n)));
    state.chats = Some(chats.collect());
    let mut entries = Entries::default();
    assert!(entries.refresh("chat", &state));
    let chats = entries.groups().iter().find(|group| group.heading == "Chats").unwrap();
    assert_eq!(chats.entries.len(), 50);
    assert!(!entries.refresh("chat", &state));
    state.chats.as_mut().unwrap().remove(0);
    assert!(entries.refresh("chat", &state));
}

#[test]
fn of_pages_that_fit_as_well_the_one_with_the_shorter_title_is_meant() {
    let mut state = sample::state();
    let page = |id, title| crate::protocol::HelpPage { id, title, text: "" };
    state.help =
        Box::leak(Box::new([page("local-servers", "Local servers"), page("server", "Server")]));
    for query in ["help: server", "help server", "Help: Server"] {
        let pages = found(query, &state);
        assert_eq!(pages[0].1, ["Help: Server", "Help: Local servers"], "{query}");
    }
}
