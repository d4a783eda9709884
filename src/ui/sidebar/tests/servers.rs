//! Servers at the foot, and their chats in the list.

use super::*;
use crate::protocol::{BackendEvent, LinkState, RemoteEvent, ServerState};
use crate::state::{SettingsTab, apply};
use crate::ui::samples;

/// So many servers, of which the second does not let us in and the third is away.
fn with_servers(count: usize) -> AppState {
    let mut state = sample::state();
    for (place, id) in ["home", "box", "work", "lab", "attic", "shed"].iter().enumerate() {
        if place >= count {
            break;
        }
        let link = match place {
            1 => LinkState::Denied { message: "revoked".to_owned() },
            2 => LinkState::Waiting {
                until: NOW.plus_ms(3_600),
                attempt: 3,
                cause: "connection refused".to_owned(),
                blocked: false,
            },
            _ => samples::linked(),
        };
        tell(&mut state, samples::server(id, link));
    }
    state
}

fn tell(state: &mut AppState, server: ServerState) {
    apply(state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
}

fn sized<'a>(state: AppState, height: f32) -> Harness<'a, Stage<SidebarView>> {
    let mut harness =
        stage(vec2(280.0, height), state, SidebarView::default(), |view, ui, state, out| {
            view.sidebar_ui(ui, state, NOW, out);
        });
    harness.run_ok();
    harness
}

/// The room between the search and the foot.
fn room_of_chats(harness: &Harness<'_, Stage<SidebarView>>) -> f32 {
    let search = harness.get_by_role_and_label(accesskit::Role::TextInput, "Search chats");
    row(harness, "Gallery").rect().top() - 8.0 - search.rect().bottom()
}

#[test]
fn the_lines_of_servers_give_way_to_the_chats() {
    let five_rows = groups::HEADING + 5.0 * groups::ROW;
    // 1280 × 800 as it is.
    let harness = sized(with_servers(6), 800.0);
    for line in ["Home · ready", "Box · not let in", "Work · reconnecting in 4 s · try 3"] {
        harness.get_by_label(line);
    }
    harness.get_by_label("2 more servers");
    assert!(room_of_chats(&harness) >= five_rows);
    // A little lower: what is in trouble stays.
    let harness = sized(with_servers(6), 580.0);
    harness.get_by_label("Box · not let in");
    harness.get_by_label("4 more servers");
    assert!(harness.query_by_label("Home · ready").is_none());
    assert!(room_of_chats(&harness) >= five_rows - 8.0);
    // 1280 × 800 and 900 × 600 at 150 %.
    for height in [533.0, 400.0] {
        let mut harness = sized(with_servers(6), height);
        let room = room_of_chats(&harness);
        let search = harness.get_by_role_and_label(accesskit::Role::TextInput, "Search chats");
        let half = (height - PADDING - search.rect().bottom()) / 2.0;
        assert!(room >= (five_rows - 8.0).min(half), "{room} of {height}");
        let first = row(&harness, "Rust mentor").rect();
        assert!(first.bottom() < row(&harness, "Gallery").rect().top());
        harness.get_by_label("6 servers · 1 needs you").click();
        harness.run_ok();
        assert_eq!(harness.state().state.page, Page::Settings(SettingsTab::Servers));
    }
}

#[test]
fn a_low_window_keeps_the_way_to_the_pages() {
    let mut harness = sized(with_servers(1), 400.0);
    harness.get_by_label("Home · ready");
    row(&harness, "Help").click();
    harness.run_ok();
    assert!(matches!(harness.state().state.page, Page::Help(_)));
    row(&harness, "Gallery").click();
    harness.run_ok();
    assert_eq!(harness.state().state.page, Page::Gallery);
}

#[test]
fn what_waits_for_a_server_is_marked_and_is_not_on_its_way() {
    let mut state = with_servers(3);
    let on = |state: &mut AppState, number: u128, server: &str| {
        let chats = state.chats.as_mut().unwrap();
        let chat = chats.iter_mut().find(|chat| chat.id == chat_id(number)).unwrap();
        chat.server = Some(server.into());
    };
    on(&mut state, 4, "work");
    on(&mut state, 5, "work");
    on(&mut state, 6, "home");
    state.running.insert(chat_id(5));
    let waits = |chat, count| BackendEvent::Queue {
        chat,
        items: (0..count).map(|_| samples::waiting_message(chat)).collect(),
    };
    // Neither was ever opened.
    apply(&mut state, waits(chat_id(4), 2), NOW);
    let mut harness = sidebar(state);
    harness.run_ok();
    let told = |harness: &Harness<'_, Stage<SidebarView>>, title: &str| {
        let row = harness.get_by_role_and_label(accesskit::Role::Button, title);
        row.accesskit_node().data().description().map(str::to_owned)
    };
    let waiting = told(&harness, "SQL: slow query on events");
    assert_eq!(waiting.as_deref(), Some("on Work, 2 messages wait"));
    let awaited = told(&harness, "Translate the changelog");
    assert_eq!(awaited.as_deref(), Some("on Work, an answer waits for the server"));
    harness.get_by_label("1 answer waits for Work");
    tell(&mut harness.state_mut().state, samples::server("work", samples::linked()));
    apply(&mut harness.state_mut().state, waits(chat_id(4), 0), NOW);
    harness.run_ok();
    assert_eq!(told(&harness, "SQL: slow query on events").as_deref(), Some("on Work"));
    harness.get_by_label("1 answer on its way");
}
