mod servers;

use egui::{Event, Key, Modifiers, Vec2, accesskit};
use egui_kittest::{
    Harness, Node,
    kittest::{NodeT as _, Queryable as _},
};

use super::*;
use crate::state::{Overlay, Page, handle};
use crate::ui::shell::sample::{self, NOW, Stage, chat, chat_id, stage};

const SIZE: Vec2 = vec2(280.0, 760.0);
const OPEN: &str = "Reconnect back-off in tokio";

fn sidebar<'a>(state: AppState) -> Harness<'a, Stage<SidebarView>> {
    stage(SIZE, state, SidebarView::default(), |view, ui, state, out| {
        view.sidebar_ui(ui, state, NOW, out);
    })
}

fn row<'a>(harness: &'a Harness<'_, Stage<SidebarView>>, title: &'a str) -> Node<'a> {
    harness.get_by_role_and_label(accesskit::Role::Button, title)
}

fn press(harness: &mut Harness<'_, Stage<SidebarView>>, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn type_text(harness: &mut Harness<'_, Stage<SidebarView>>, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

#[test]
fn chats_are_listed_in_groups_and_open_at_a_click() {
    let mut harness = sidebar(sample::state());
    harness.run();
    for heading in ["Pinned", "Today", "Yesterday", "Last 7 days", "Last 30 days"] {
        harness.get_by_label(heading);
    }
    let toggled = |title| row(&harness, title).accesskit_node().toggled();
    assert_eq!(toggled(OPEN), Some(accesskit::Toggled::True));
    assert_eq!(toggled("Weekly plan"), Some(accesskit::Toggled::False));
    row(&harness, "Weekly plan").click();
    harness.run();
    assert_eq!(harness.state().state.open_chat(), Some(chat_id(3)));
}

#[test]
fn marks_are_told_to_those_who_do_not_see_them() {
    let mut state = sample::state();
    state.running.insert(chat_id(5));
    let mut harness = sidebar(state);
    harness.run_ok();
    let told =
        |title| row(&harness, title).accesskit_node().data().description().map(str::to_owned);
    assert_eq!(told("Weekly plan").as_deref(), Some("unread"));
    assert_eq!(told("Translate the changelog").as_deref(), Some("an answer is on its way"));
    assert_eq!(told(OPEN), None);
    harness.get_by_label("1 answer on its way");
}

#[test]
fn nothing_moves_when_nothing_runs_and_ten_times_a_second_at_most_when_something_does() {
    for running in [false, true] {
        let mut state = sample::state();
        if running {
            state.running.insert(chat_id(5));
        }
        let mut harness = sidebar(state);
        harness.run_ok();
        let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        if running {
            assert_eq!(delay, SPIN);
        } else {
            assert_eq!(delay, Duration::MAX);
        }
    }
}

#[test]
fn search_filters_and_enter_opens_the_first_hit() {
    let mut state = sample::state();
    handle(&mut state, UiCommand::SearchChats, context());
    let mut harness = sidebar(state);
    harness.run();
    type_text(&mut harness, "TRIP bud");
    assert!(harness.query_by_label(OPEN).is_none());
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().state.open_chat(), Some(chat_id(6)));
}

#[test]
fn escape_empties_the_search_and_then_leaves_it() {
    let mut state = sample::state();
    handle(&mut state, UiCommand::SearchChats, context());
    let mut harness = sidebar(state);
    harness.run();
    type_text(&mut harness, "no such chat");
    harness.get_by_label("No chat matches");
    press(&mut harness, Key::Escape);
    row(&harness, OPEN);
    assert!(harness.state().asked.is_empty());
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().asked(), ["FocusComposer"]);

    harness.get_by_label("Search chats").focus();
    harness.run();
    type_text(&mut harness, "x");
    harness.get_by_label("Clear the search").click();
    harness.run();
    row(&harness, OPEN);
}

#[test]
fn arrows_walk_from_the_search_through_the_list() {
    let mut harness = sidebar(sample::state());
    harness.get_by_label("Search chats").focus();
    harness.run();
    press(&mut harness, Key::ArrowDown);
    assert!(row(&harness, "Release notes bot").is_focused());
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    assert!(row(&harness, OPEN).is_focused());
    press(&mut harness, Key::ArrowUp);
    assert!(row(&harness, "Rust mentor").is_focused());
    press(&mut harness, Key::End);
    assert!(row(&harness, "New year's resolutions").is_focused());
    press(&mut harness, Key::Home);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert_eq!(harness.state().state.open_chat(), Some(chat_id(1)));
}

#[test]
fn renaming_in_place_keeps_with_enter_and_forgets_with_escape() {
    let mut harness = sidebar(sample::state());
    row(&harness, "Weekly plan").focus();
    harness.run();
    press(&mut harness, Key::F2);
    type_text(&mut harness, "Plan of the week");
    press(&mut harness, Key::Enter);
    assert!(row(&harness, "Plan of the week").is_focused());

    press(&mut harness, Key::F2);
    type_text(&mut harness, "Something else");
    press(&mut harness, Key::Escape);
    assert!(row(&harness, "Plan of the week").is_focused());
    assert_eq!(harness.state().asked.len(), 1);
}

#[test]
fn the_menu_pins_renames_and_deletes() {
    let mut harness = sidebar(sample::state());
    row(&harness, "Weekly plan").hover();
    harness.run();
    harness.get_by_label("More about Weekly plan").click();
    harness.run();
    harness.get_by_label("Pin").click();
    harness.run();
    assert!(harness.state().state.summary(chat_id(3)).unwrap().pinned);

    row(&harness, "Weekly plan").click_secondary();
    harness.run();
    harness.get_by_label("Unpin").click();
    harness.run();
    assert!(!harness.state().state.summary(chat_id(3)).unwrap().pinned);

    row(&harness, "Weekly plan").click_secondary();
    harness.run();
    harness.get_by_label("Rename").click();
    harness.run();
    type_text(&mut harness, "By menu");
    press(&mut harness, Key::Enter);
    row(&harness, "By menu").click_secondary();
    harness.run();
    harness.get_by_label("Delete").click();
    harness.run();
    assert!(harness.state().state.summary(chat_id(3)).is_none());
    assert!(harness.query_by_label("By menu").is_none());
}

#[test]
fn the_keys_that_an_open_menu_names_act_on_its_row() {
    let mut harness = sidebar(sample::state());
    row(&harness, "Trip budget").focus();
    harness.run();
    row(&harness, "Weekly plan").click_secondary();
    harness.run();
    press(&mut harness, Key::F2);
    assert!(harness.query_by_label("Rename").is_none(), "the menu is closed");
    type_text(&mut harness, "By key");
    press(&mut harness, Key::Enter);
    row(&harness, "By key").click_secondary();
    harness.run();
    press(&mut harness, Key::Delete);
    assert!(harness.state().state.summary(chat_id(3)).is_none());
    assert!(harness.state().state.summary(chat_id(6)).is_some());
}

#[test]
fn the_menu_works_without_a_pointer() {
    let mut harness = sidebar(sample::state());
    row(&harness, "Weekly plan").focus();
    harness.run();
    press(&mut harness, Key::Tab);
    assert!(harness.get_by_label("More about Weekly plan").is_focused());
    press(&mut harness, Key::Enter);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert!(harness.state().state.summary(chat_id(3)).unwrap().pinned);
    assert!(harness.query_by_label("Unpin").is_none());
}

#[test]
fn delete_takes_the_focused_chat_and_the_next_one_has_the_keyboard() {
    let mut harness = sidebar(sample::state());
    row(&harness, "Weekly plan").focus();
    harness.run();
    press(&mut harness, Key::Delete);
    assert!(harness.state().state.summary(chat_id(3)).is_none());
    assert!(row(&harness, "SQL: slow query on events").is_focused());
}

#[test]
fn the_rest_of_the_sidebar_leads_to_its_pages() {
    let mut harness = sidebar(sample::state());
    for name in ["New chat", "Settings", "Help", "Command palette"] {
        row(&harness, name).click();
        harness.run();
    }
    let asked = harness.state().asked();
    assert_eq!(asked, ["NewChat", "OpenSettings(Providers)", "OpenHelp(None)", "OpenPalette"]);
    assert_eq!(harness.state().state.overlay, Overlay::Palette);
}

#[test]
fn an_empty_list_says_so_and_an_unknown_one_waits() {
    for (chats, words) in [(None, "Loading chats"), (Some(Vec::new()), "No chats yet")] {
        let mut state = sample::state();
        state.chats = chats;
        let mut harness = sidebar(state);
        harness.run();
        harness.get_by_label(words);
    }
}

#[test]
fn ten_thousand_chats_draw_as_many_rows_as_fit() {
    let rows = |count: u32| {
        let mut state = sample::state();
        let chats = (0..count).map(|n| chat(n.into(), &format!("Chat {n}"), NOW.0 - i64::from(n)));
        state.chats = Some(chats.collect());
        let mut harness = sidebar(state);
        harness.run();
        harness
            .get_all_by(|node| node.label().is_some_and(|label| label.starts_with("Chat ")))
            .count()
    };
    assert_eq!(rows(10_000), rows(100));
    assert!(rows(10_000) < 20);
}

#[test]
fn the_open_chat_is_scrolled_into_view() {
    let mut state = sample::state();
    let chats = (0..500_u32).map(|n| chat(n.into(), &format!("Chat {n}"), NOW.0 - i64::from(n)));
    state.chats = Some(chats.collect());
    let mut harness = sidebar(state);
    harness.run();
    assert!(harness.query_by_label("Chat 400").is_none());
    let open = UiCommand::OpenChat(chat_id(400));
    handle(&mut harness.state_mut().state, open, context());
    harness.run();
    row(&harness, "Chat 400");
    harness.key_press_modifiers(Modifiers::NONE, Key::Tab);
    harness.run();
}

fn context() -> crate::state::HandleContext {
    crate::state::HandleContext { now: NOW, ids: crate::protocol::IdSource }
}

#[test]
fn the_status_says_when_nothing_is_saved() {
    let mut harness = sidebar(sample::state());
    harness.run();
    harness.get_by_label("This computer · ready");
    harness.state_mut().state.unsaved = true;
    harness.run();
    harness.get_by_label("Not saved: see the notice");
    assert!(harness.query_by_label("This computer · ready").is_none());
}

#[test]
fn all_answers_of_a_comparison_are_counted() {
    let mut state = crate::ui::samples::queued(&[]);
    let chat = state.open_chat().unwrap();
    let open = state.conversations.get_mut(&chat).unwrap();
    let run = open.run.clone().unwrap();
    let message = |number| {
        crate::protocol::Message::new(
            crate::protocol::MessageId(uuid::Uuid::from_u128(number)),
            chat,
            crate::protocol::Role::Assistant,
            crate::ui::samples::NOW,
            Vec::new(),
        )
    };
    let column = |number| crate::state::Column { message: message(number), run: Some(run.clone()) };
    open.compare = Some(crate::state::Comparison {
        question: message(1).id,
        others: vec![column(5), column(6)],
    });
    let mut harness = sidebar(state);
    harness.run_ok();
    harness.get_by_label("3 answers on their way");
}

#[test]
fn a_line_for_each_server_says_how_its_link_stands_and_helps() {
    use crate::protocol::{BackendEvent, LinkState, RemoteEvent};
    use crate::state::{SettingsTab, apply};
    use crate::ui::samples;

    let mut state = sample::state();
    let denied = LinkState::Denied { message: "revoked".to_owned() };
    let mut links = vec![("home", samples::waiting()), ("box", denied)];
    links.push(("work", samples::linked()));
    for (id, link) in links {
        let mut server = samples::server(id, link);
        server.has_older = id == "home";
        if let LinkState::Waiting { until, .. } = &mut server.link {
            *until = NOW.plus_ms(3_600);
        }
        apply(&mut state, BackendEvent::Remote(RemoteEvent::Changed(Box::new(server))), NOW);
    }
    if let Some(chats) = &mut state.chats {
        chats.truncate(4);
        chats.iter_mut().for_each(|chat| chat.server = Some("home".into()));
    }
    let mut harness = sidebar(state);
    harness.run_ok();
    harness.get_by_label("This computer · ready");
    harness.get_by_label("Home · reconnecting in 4 s · try 3");
    harness.get_by_label("Work · ready");
    let description = row(&harness, OPEN).accesskit_node().data().description().map(str::to_owned);
    assert_eq!(description.as_deref(), Some("on Home"));
    harness.get_by_label("Connect to Home now").click();
    harness.run_ok();
    harness.get_by_label("Load older chats of Home").click();
    harness.run_ok();
    harness.get_by_label("Open settings of Box").click();
    harness.run_ok();
    assert_eq!(harness.state().state.page, Page::Settings(SettingsTab::Servers));
}

#[test]
fn only_a_countdown_that_is_shown_asks_for_frames_and_once_a_second() {
    use crate::protocol::BackendEvent;
    use crate::state::apply;
    use crate::ui::samples;

    let shown = |link: crate::protocol::LinkState| {
        let mut state = sample::state();
        let server = samples::server("home", link);
        apply(
            &mut state,
            BackendEvent::Remote(crate::protocol::RemoteEvent::Changed(Box::new(server))),
            NOW,
        );
        let mut harness = sidebar(state);
        harness.run_ok();
        harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay
    };
    let counting = crate::protocol::LinkState::Waiting {
        until: NOW.plus_ms(3_600),
        attempt: 3,
        cause: String::new(),
        blocked: false,
    };
    assert_eq!(shown(counting), std::time::Duration::from_millis(600));
    assert_eq!(shown(samples::linked()), std::time::Duration::MAX);
}
