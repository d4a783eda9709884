use egui::{Event, Key, accesskit};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::protocol::{ContextUse, ModelId, ModelInfo};
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

/// The newest answer took this much of the context.
fn filled(used: u64, estimated: bool) -> AppState {
    let mut state = sample::state();
    let message = state.conversations.get_mut(&chat_id(2)).unwrap().messages.back_mut().unwrap();
    let limit = Some(1_000_000);
    message.answer.as_mut().unwrap().context = Some(ContextUse { used, limit, estimated });
    state.chats.as_mut().unwrap().iter_mut().for_each(|chat| chat.model = chat.last_model.clone());
    state.settings.default_model = Some(ModelId::new("anthropic", "sonnet"));
    choose_model(&mut state, "sonnet");
    state
}

fn choose_model(state: &mut AppState, model: &str) {
    let conversation = state.conversations.get_mut(&chat_id(2)).unwrap();
    conversation.draft.model = Some(ModelId::new("anthropic", model));
}

#[test]
fn the_meter_tells_how_full_the_context_is() {
    let mut harness = header(filled(120_456, false), Sidebar::Shown);
    harness.run();
    harness.get_by_label("Context: 12 % of 1M").hover();
    harness.run();
    harness.get_by_label_contains("120,456 of 1,000,000 tokens\nCounted by the provider");

    let mut harness = header(filled(120_456, true), Sidebar::Shown);
    harness.run();
    harness.get_by_label("Context: ≈ 12 % of 1M").hover();
    harness.run();
    harness.get_by_label_contains("Estimated here");

    let mut harness = header(sample::state(), Sidebar::Shown);
    harness.run();
    assert!(harness.query_by_label_contains("Context").is_none(), "no answer tells of it");
}

#[test]
fn the_meter_shows_what_another_model_would_mean() {
    let mut state = filled(120_456, false);
    let small = ModelInfo {
        context: Some(200_000),
        ..ModelInfo::unknown(ModelId::new("anthropic", "small"))
    };
    state.providers[0].models.push(small);
    choose_model(&mut state, "small");
    let mut harness = header(state, Sidebar::Shown);
    harness.run();
    harness.get_by_label("Context: 60 % of 200k");
    // Nobody knows how much that one takes.
    choose_model(&mut harness.state_mut().state, "unknown");
    harness.run();
    assert!(harness.query_by_label_contains("Context").is_none());
}

#[test]
fn the_meter_stays_after_an_answer_that_failed() {
    let mut state = filled(120_456, false);
    let conversation = state.conversations.get_mut(&chat_id(2)).unwrap();
    let mut failed = conversation.messages[0].clone();
    failed.id = crate::protocol::MessageId(uuid::Uuid::from_u128(200));
    let answer = failed.answer.as_mut().unwrap();
    (answer.status, answer.context) = (crate::protocol::AnswerStatus::Failed, None);
    conversation.messages.push_back(failed);
    let mut harness = header(state, Sidebar::Shown);
    harness.run();
    harness.get_by_label("Context: 12 % of 1M");
}

#[test]
fn the_meter_leads_to_more_room() {
    let mut harness = header(filled(850_000, false), Sidebar::Shown);
    harness.run();
    for (button, wanted) in [
        ("Leave out the oldest", "MakeRoom"),
        ("Summarise the start…", "Pick(Summary"),
        ("Use a model with more room…", "Pick(Message)"),
    ] {
        harness.get_by_label("Context: 85 % of 1M").click();
        harness.run();
        harness.get_by_label("850,000 of 1,000,000 tokens");
        harness.get_by_label(button).click();
        harness.run();
        let asked = harness.state().asked().pop().unwrap();
        assert!(asked.starts_with(wanted), "{asked}");
        assert!(harness.query_by_label(button).is_none(), "the popup is closed");
    }
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

#[test]
fn a_remote_chat_names_its_server_and_leads_to_it() {
    use crate::ui::samples;
    let mut state = samples::remote(samples::waiting());
    state.overlay = Overlay::Nothing;
    let mut harness = header(state, Sidebar::Shown);
    harness.run_ok();
    let chip = harness.get_by_role_and_label(accesskit::Role::Button, "on Home");
    chip.hover();
    harness.run_ok();
    harness.get_by_label("Home: Connection refused. It is tried again by itself.");
    harness.get_by_role_and_label(accesskit::Role::Button, "on Home").click();
    harness.run_ok();
    assert_eq!(harness.state().state.page, Page::Settings(SettingsTab::Servers));
    let mut harness = header(sample::state(), Sidebar::Shown);
    harness.run();
    assert!(harness.query_by_label_contains("on ").is_none(), "this computer is not named");
}
