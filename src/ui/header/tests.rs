use egui::{Event, Key, accesskit};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::state::SettingsTab;
use crate::ui::shell::sample::{self, Stage, chat_id, stage};

fn header<'a>(state: AppState, sidebar: Sidebar) -> Harness<'a, Stage<HeaderView>> {
    stage(vec2(700.0, 400.0), state, HeaderView::default(), move |view, ui, state, out| {
        let panel = egui::Panel::top("header").exact_size(HEIGHT).frame(egui::Frame::new());
        panel.show(ui, |ui| view.header_ui(ui, state, sidebar, out));
    })
}

fn choose(harness: &mut Harness<'_, Stage<HeaderView>>, item: &str) {
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_role_and_label(accesskit::Role::MenuItem, item).click();
    harness.run();
}

#[test]
fn each_page_has_its_title() {
    let pages = [
        (Page::Welcome, "New chat"),
        (Page::Settings(SettingsTab::Data), "Settings"),
        (Page::Help("keys".to_owned()), "Keys for providers"),
        (Page::Help("gone".to_owned()), "Help"),
        (Page::Chat(chat_id(3)), "Weekly plan"),
        (Page::Chat(chat_id(77)), "New chat"),
    ];
    for (page, title) in pages {
        let mut state = sample::state();
        state.page = page;
        let mut harness = header(state, Sidebar::Shown);
        harness.run();
        harness.get_by_label(title);
        assert!(harness.query_by_label("Show the sidebar").is_none());
    }
}

#[test]
fn the_chip_tells_how_full_the_context_is() {
    let mut harness = header(sample::state(), Sidebar::Shown);
    harness.run();
    harness.get_by_label("12 % of 1M").hover();
    harness.run();
    harness.get_by_label_contains("120,456 of 1,000,000 tokens");

    let mut state = sample::state();
    state.providers.clear();
    let mut harness = header(state, Sidebar::Shown);
    harness.run();
    assert!(harness.query_by_label_contains("%").is_none());
}

#[test]
fn sizes_of_contexts_are_short() {
    let table = [
        (1_000_000, "1M"),
        (1_048_576, "1M"),
        (2_500_000, "2.5M"),
        (131_072, "128k"),
        (200_000, "200k"),
        (8_192, "8k"),
        (512, "512"),
    ];
    for (tokens, text) in table {
        assert_eq!(short(tokens), text);
    }
    assert_eq!(ContextUse { used: 1, context: 1_000_000 }.text(), "< 1 % of 1M");
    assert_eq!(ContextUse { used: 300, context: 200 }.text(), "150 % of 200");
    assert_eq!(
        ["7", "1,234", "123,456"],
        [7, 1_234, 123_456].map(grouped).each_ref().map(|t| t.as_str())
    );
}

#[test]
fn the_menu_does_what_it_says() {
    let mut harness = header(sample::state(), Sidebar::Shown);
    harness.run();
    choose(&mut harness, "Pin");
    choose(&mut harness, "Unpin");
    choose(&mut harness, "Copy the last answer");
    choose(&mut harness, "Regenerate the answer");
    choose(&mut harness, "Delete");
    let id = chat_id(2);
    let wanted = [
        format!("PinChat {{ chat: {id:?}, pinned: true }}"),
        format!("PinChat {{ chat: {id:?}, pinned: false }}"),
        "CopyLastAnswer".to_owned(),
        "Regenerate { answer: None, model: None }".to_owned(),
        format!("DeleteChat({id:?})"),
    ];
    assert_eq!(harness.state().asked(), wanted);
    harness.get_by_label("New chat");
}

#[test]
fn a_title_is_changed_in_place() {
    let mut harness = header(sample::state(), Sidebar::Shown);
    harness.run();
    choose(&mut harness, "Rename");
    harness.event(Event::Text("Back-off".to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Back-off");
    assert_eq!(harness.state().state.summary(chat_id(2)).unwrap().title, "Back-off");
}

#[test]
fn a_hidden_sidebar_can_be_shown() {
    let mut harness = header(sample::state(), Sidebar::Hidden);
    harness.run();
    harness.get_by_label("Show the sidebar").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["ToggleSidebar"]);
}
