mod bots;
mod mention;

use egui::{Event, Key, Rect, Shape, Vec2, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use jiff::tz::TimeZone;

use super::*;
use crate::protocol::{Answer, AnswerStatus, Message, MessageId, Part, Role, RunId, Siblings};
use crate::state::{ProviderForm, SettingsTab};
use crate::ui::samples::{self, Driven, NOW};

type Window = Harness<'static, Driven<Root>>;

fn window(state: AppState) -> Window {
    window_of(vec2(1100.0, 800.0), state)
}

fn window_of(size: Vec2, state: AppState) -> Window {
    let driven = Driven { state, view: Root::new(|| NOW, &TimeZone::UTC), sent: Vec::new() };
    let mut harness =
        Harness::builder().with_size(size).with_context_setup(samples::install).build_ui_state(
            |ui, driven: &mut Driven<Root>| {
                let mut out = Vec::new();
                driven.view.root_ui(ui, &driven.state, NOW, &mut out);
                driven.take(out);
            },
            driven,
        );
    harness.run();
    harness
}

fn form() -> AppState {
    let mut state = samples::fresh();
    state.page = Page::Settings(SettingsTab::Providers);
    state.provider_form = ProviderForm::OtherServer;
    state
}

/// Whether the window shows where the keyboard is.
fn ring_is_drawn(harness: &Window, around: Rect) -> bool {
    harness.output().shapes.iter().any(|shape| {
        let Shape::Rect(rect) = &shape.shape else { return false };
        let around_it = rect.rect.expand(1.0).contains_rect(around);
        around_it && rect.stroke.width == 2.0 && shape.clip_rect.contains_rect(around)
    })
}

#[test]
fn tab_stops_only_where_it_is_seen_and_comes_around() {
    for (name, state) in [("welcome", samples::fresh()), ("form", form()), ("chat", answered())] {
        let mut harness = window(state);
        let mut stops = Vec::new();
        for press in 0..60 {
            harness.key_press(Key::Tab);
            harness.run();
            let node = harness.get_by(|node| node.is_focused());
            let label = node.accesskit_node().label().unwrap_or_default();
            assert!(!label.is_empty(), "{name}: stop {press} has no name: {node:?}");
            // The cursor is what is seen in the composer.
            let seen = label == "Message" || ring_is_drawn(&harness, node.rect());
            assert!(seen, "{name}: stop {press}, {label}, has no ring");
            stops.push(label);
        }
        let first = stops.first();
        assert!(stops.iter().skip(1).any(|stop| Some(stop) == first), "{name}: {stops:?}");
    }
}

#[test]
fn what_tab_reaches_is_scrolled_into_sight() {
    let mut harness = window_of(vec2(1000.0, 420.0), samples::fresh());
    for press in 0..30 {
        harness.key_press(Key::Tab);
        harness.run();
        let node = harness.get_by(|node| node.is_focused());
        let label = node.accesskit_node().label().unwrap_or_default();
        let seen = label == "Message" || ring_is_drawn(&harness, node.rect());
        assert!(seen, "stop {press}, {label}, is out of sight");
    }
}

#[test]
fn one_tab_leads_from_field_to_field_of_the_provider_form() {
    let mut harness = window(form());
    let apis = ["Chat completions", "Responses", "Anthropic"];
    for label in ["Address", "API key"].into_iter().chain(apis).chain(["Advanced", "Save & test"]) {
        harness.key_press(Key::Tab);
        harness.run();
        let node = harness.get_by(|node| node.is_focused());
        assert_eq!(node.accesskit_node().label().as_deref(), Some(label));
    }
}

/// A chat with a question and two versions of its answer.
fn answered() -> AppState {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    let message = |number: u128, role, text: &str| Message {
        siblings: Siblings { index: 0, count: 2 },
        ..Message::new(
            MessageId(uuid::Uuid::from_u128(number)),
            chat,
            role,
            NOW,
            vec![Part::Text { text: text.to_owned() }],
        )
    };
    let answer = Answer {
        status: AnswerStatus::Complete,
        ..Answer::open(state.next_model().0, RunId(uuid::Uuid::from_u128(7)))
    };
    let conversation = state.conversations.get_mut(&chat).unwrap();
    conversation.messages.push_back(message(20, Role::User, "Why?"));
    let last = Message { answer: Some(answer), ..message(21, Role::Assistant, "Because.") };
    conversation.messages.push_back(last);
    state
}

fn type_text(harness: &mut Window, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

#[test]
fn after_a_click_on_a_button_the_cursor_is_back_in_the_composer() {
    for button in ["Copy answer", "Regenerate answer", "Next version"] {
        let mut harness = window(answered());
        harness.get_all_by_label(button).next().unwrap().click();
        harness.run();
        assert!(harness.get_by_label("Message").is_focused(), "{button}");
        type_text(&mut harness, "next");
        assert_eq!(harness.state().state.draft().text, "next", "{button}");
    }
}

#[test]
fn who_copies_by_keyboard_stays_on_the_button() {
    let mut harness = window(answered());
    harness.get_by_label("Copy answer").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert!(harness.state().asked().iter().any(|command| command.starts_with("CopyText")));
    // It says for a moment that it copied.
    let stays = |harness: &Window| {
        let named = |name| harness.query_by_label(name);
        named("Copied answer").or_else(|| named("Copy answer")).unwrap().is_focused()
    };
    assert!(stays(&harness));
    type_text(&mut harness, " ");
    assert!(stays(&harness), "a space presses the button");
    type_text(&mut harness, "a");
    assert_eq!(harness.state().state.draft().text, "a");
}

#[test]
fn a_key_that_edits_reaches_the_composer_when_nothing_has_the_keyboard() {
    let mut harness = window(answered());
    type_text(&mut harness, "ab");
    harness.ctx.memory_mut(|memory| memory.stop_text_input());
    harness.key_press(Key::Backspace);
    harness.run();
    assert_eq!(harness.state().state.draft().text, "a");
}

#[test]
fn text_typed_nowhere_goes_to_the_composer_and_to_no_other_page() {
    for state in [samples::fresh(), answered()] {
        let mut harness = window(state);
        harness.ctx.memory_mut(|memory| memory.stop_text_input());
        harness.run();
        type_text(&mut harness, "H");
        type_text(&mut harness, "i");
        assert_eq!(harness.state().state.draft().text, "Hi");
    }
    let mut harness = window(form());
    harness.ctx.memory_mut(|memory| memory.stop_text_input());
    harness.run();
    type_text(&mut harness, "Mine");
    assert_eq!(harness.state().state.new_draft.text, "");
}

#[test]
fn a_dialog_that_closes_leaves_the_cursor_in_the_composer() {
    for way in ["Escape", "Cancel"] {
        let mut state = answered();
        state.overlay = Overlay::Link("https://example.com".to_owned());
        let mut harness = window(state);
        if way == "Escape" {
            harness.key_press(Key::Escape);
        } else {
            harness.get_by_label("Cancel").click();
        }
        harness.run();
        assert_eq!(harness.state().state.overlay, Overlay::Nothing);
        assert!(harness.get_by_label("Message").is_focused(), "{way}");
    }
}

#[test]
fn f2_renames_the_open_chat_but_not_while_another_text_is_typed() {
    let mut harness = window(answered());
    harness.key_press(Key::F2);
    harness.run();
    type_text(&mut harness, "By key");
    harness.key_press(Key::Enter);
    harness.run();
    let chat = harness.state().state.open_chat().unwrap();
    assert_eq!(harness.state().state.summary(chat).unwrap().title, "By key");
    assert!(harness.get_by_label("Message").is_focused());

    harness.get_by_label("Search chats").focus();
    harness.run();
    harness.key_press(Key::F2);
    harness.run();
    assert!(harness.query_by_label("Title").is_none());
}
