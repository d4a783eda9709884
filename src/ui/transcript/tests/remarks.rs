//! Remarks of the app, and what it keeps from the model.

use super::*;
use crate::protocol::{Covers, NotificationLevel};

fn notice(code: &str, message: &str, covers: Option<Covers>) -> Message {
    let level = NotificationLevel::Info;
    let (code, message) = (code.to_owned(), message.to_owned());
    answer(2, vec![Part::Notice { level, code, message, covers }, text("The answer.")])
}

fn summarised(undone: bool) -> Message {
    let summary = Some("They spoke of **back-off**.".to_owned());
    let covers = Covers { through: id(1), summary, undone };
    notice("start_summarised", "The start was summarised by Haiku", Some(covers))
}

#[test]
fn another_model_that_answered_is_named() {
    let sonnet = "openrouter/anthropic/claude-sonnet-5.5";
    let words = format!("{sonnet} answered instead of ollama/qwen3:8b: overloaded");
    let words = words.as_str();
    let mut harness = open(conversation(vec![user(1, "x"), notice("model_fallback", words, None)]));
    harness.get_by_label(words);
    harness.state_mut().state.providers = crate::ui::samples::configured().providers;
    harness.run_steps(2);
    harness.get_by_label("Claude Sonnet 5.5 answered instead of qwen3:8b: overloaded");
}

#[test]
fn a_summary_can_be_read_and_taken_back() {
    let mut harness = open(conversation(vec![user(1, "x"), summarised(false)]));
    harness.get_by_label("The start was summarised by Haiku.");
    assert!(harness.query_by_label_contains("They spoke of").is_none());
    click(&mut harness, "Summary");
    harness.get_by_label_contains("They spoke of back-off");
    let undone = click(&mut harness, "Undo");
    assert_eq!(undone, [format!("SetCovered {{ message: {:?}, covered: false }}", id(2))]);
    harness.state_mut().conversation.messages[1] = summarised(true);
    harness.run_steps(2);
    harness.get_by_label_contains("Taken back: the model sees all of it again.");
    let again = click(&mut harness, "Use the summary again");
    assert_eq!(again, [format!("SetCovered {{ message: {:?}, covered: true }}", id(2))]);
}

#[test]
fn what_is_left_out_can_be_seen_by_the_model_again() {
    let covers = |undone| Covers { through: id(1), summary: None, undone };
    let words = "The first 12 messages are left out";
    let message = |undone| notice("oldest_left_out", words, Some(covers(undone)));
    let mut harness = open(conversation(vec![user(1, "x"), message(false)]));
    harness.get_by_label("The first 12 messages are left out.");
    harness.get_by_label("Undo");
    assert!(harness.query_by_label("Summary").is_none());
    harness.state_mut().conversation.messages[1] = message(true);
    harness.run_steps(2);
    harness.get_by_label("Leave out again");
}

#[test]
fn nothing_is_taken_back_while_the_answer_arrives() {
    let mut message = summarised(false);
    message.answer.as_mut().unwrap().status = AnswerStatus::Open;
    let mut live = conversation(vec![user(1, "x"), message]);
    live.run = Some(run(2, AgentState::Streaming));
    let harness = open(live);
    harness.get_by_label("The start was summarised by Haiku.");
    assert!(harness.query_by_label("Undo").is_none());
}

#[test]
fn a_sent_picture_is_a_thumbnail_without_its_address() {
    let mut sent = user(1, "What is it?");
    let url = "data:image/png;base64,AAAA".to_owned();
    sent.parts.push(Part::Image { url, alt: "sketch.png".to_owned() });
    let harness = open(conversation(vec![sent]));
    let thumbnail = harness.get_by_label("sketch.png").rect();
    assert!(thumbnail.width() <= 240.0 && thumbnail.height() <= 160.0, "{thumbnail:?}");
    assert!(harness.query_by_label_contains("data:").is_none());
    assert!(harness.query_by_label_contains("base64").is_none());
}
