//! A model asked for by `@` in the composer.

use super::*;
use crate::state::{DraftCommand, UiCommand};

fn type_text(harness: &mut Window, text: &str) {
    // Letter by letter, as from a keyboard.
    for letter in text.chars() {
        harness.event(Event::Text(letter.to_string()));
        harness.run();
    }
}

fn press(harness: &mut Window, key: Key) {
    harness.key_press(key);
    harness.run();
}

fn chosen(harness: &Window) -> Vec<String> {
    let choices = harness.state().sent.iter().filter_map(|command| {
        let UiCommand::ChooseModel { model, .. } = command else { return None };
        Some(model.to_string())
    });
    choices.collect()
}

fn text(harness: &Window) -> &str {
    &harness.state().state.draft().text
}

#[test]
fn letters_behind_an_at_filter_and_enter_takes_them_out_of_the_text() {
    let mut harness = window(samples::chat());
    type_text(&mut harness, "Look at this, @son");
    harness.get_by_label("Claude Sonnet 5.5, OpenRouter");
    assert!(harness.query_by_label("qwen3:8b, Ollama").is_none());
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert_eq!(chosen(&harness), ["openrouter/anthropic/claude-sonnet-5"]);
    assert_eq!(text(&harness), "Look at this, ");
    type_text(&mut harness, "please");
    assert_eq!(text(&harness), "Look at this, please", "the cursor is where the mention was");
    press(&mut harness, Key::Enter);
    let sent = harness.state().sent.iter().any(
        |command| matches!(command, UiCommand::Send { text } if text == "Look at this, please"),
    );
    assert!(sent);
}

#[test]
fn escape_keeps_the_text_as_it_was_typed_and_enter_sends_it() {
    let mut harness = window(samples::chat());
    type_text(&mut harness, "@son");
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label("Claude Sonnet 5.5, OpenRouter").is_none());
    type_text(&mut harness, "n");
    assert!(harness.query_by_label("Claude Sonnet 5.5, OpenRouter").is_none(), "it stays closed");
    assert_eq!(text(&harness), "@sonn");
    press(&mut harness, Key::Enter);
    assert!(chosen(&harness).is_empty());
    assert_eq!(text(&harness), "");
}

#[test]
fn an_at_that_asks_for_no_model_is_text() {
    for typed in ["ada@son", "@ son", "@zzzz"] {
        let mut harness = window(samples::chat());
        type_text(&mut harness, typed);
        press(&mut harness, Key::Enter);
        assert!(chosen(&harness).is_empty(), "{typed}");
        assert_eq!(text(&harness), "", "{typed} is sent");
    }
}

#[test]
fn a_click_on_a_model_takes_the_mention_out_too() {
    let mut harness = window(samples::chat());
    type_text(&mut harness, "@qwen");
    harness.get_by_label("qwen3:8b, Ollama").click();
    harness.run();
    assert_eq!(chosen(&harness), ["ollama/qwen3:8b"]);
    assert_eq!(text(&harness), "");
    type_text(&mut harness, "on");
    assert_eq!(text(&harness), "on", "the composer has the keyboard again");
}

#[test]
fn a_restored_draft_with_an_at_opens_nothing() {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    state.conversations.get_mut(&chat).unwrap().draft.text = "@son".to_owned();
    let harness = window(state);
    assert!(harness.query_by_label("Claude Sonnet 5.5, OpenRouter").is_none());
}

#[test]
fn favourites_are_cycled_without_opening_anything() {
    let mut state = samples::chat();
    state.settings.favourites.push("ollama/qwen3:8b".parse().unwrap());
    let mut harness = window(state);
    let keys = egui::Modifiers::COMMAND | egui::Modifiers::SHIFT;
    harness.key_press_modifiers(keys, Key::ArrowDown);
    harness.run();
    harness.get_by_label("Model: qwen3:8b");
    harness.key_press_modifiers(keys, Key::ArrowUp);
    harness.run();
    harness.get_by_label("Model: Claude Sonnet 5.5");
    let commands = &harness.state().sent;
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, UiCommand::Draft(DraftCommand::PreviousFavourite)))
    );
}
