//! Answers side by side.

use super::*;
use crate::protocol::{ModelId, Params};
use crate::state::{Column, Comparison};

const WORDS: [&str; 3] = [
    "Use **full jitter**: sleep a random time between zero and the capped exponential. It spreads returning clients best and is one line of code.",
    "**Decorrelated jitter** grows from the last sleep instead of the attempt count. It recovers a little sooner after short outages.",
    "Keep the delay fixed at one second and add jitter only when the server asks for",
];

fn column(number: u128, model: &str, words: &str) -> Message {
    let mut message = answer(number, vec![text(words)]);
    message.parent = Some(id(1));
    let answer = message.answer.as_mut().unwrap();
    answer.model = ModelId::new("openrouter", model);
    answer.column = Some(u8::try_from(number - 2).unwrap());
    answer.params = Params::default();
    message
}

fn open_column(number: u128, model: &str, words: &str) -> Column {
    let mut message = column(number, model, words);
    let answer = message.answer.as_mut().unwrap();
    answer.status = AnswerStatus::Open;
    answer.first_token_ms = Some(0);
    message.created = crate::protocol::Timestamp(MORNING.0 - 1_000);
    Column { message, run: Some(run(number, AgentState::Streaming)) }
}

fn ended(message: Message) -> Column {
    Column { message, run: None }
}

/// The first answer is on the path.
fn compared(others: Vec<Column>) -> Conversation {
    let first = column(2, "Claude Sonnet 5.5", WORDS[0]);
    let mut conversation =
        conversation(vec![user(1, "Which jitter would you pick, and why?"), first]);
    conversation.compare = Some(Comparison { question: id(1), others });
    conversation
}

/// As in the design's picture: one kept, one finished, one on its way.
fn three() -> Conversation {
    compared(vec![
        ended(column(3, "GPT-6.1 Terra", WORDS[1])),
        open_column(4, "qwen3:8b", WORDS[2]),
    ])
}

#[test]
fn the_columns_stand_side_by_side_and_say_how_they_went() {
    let mut harness = open(three());
    let [left, middle, right] = ["Use full jitter", "Decorrelated jitter", "Keep the delay"]
        .map(|words| harness.get_by_label_contains(words).rect());
    assert!(left.right() < middle.left() && middle.right() < right.left());
    assert!(left.top() == middle.top() && middle.top() == right.top());
    assert_eq!(harness.get_all_by_label("2.1 s · 112 tok · $0.0004").count(), 2);
    harness.get_by_label("streaming · 19 tok/s");
    harness.get_by_label_contains("The others stay beside it as branches");
    assert!(harness.query_by_label("Regenerate answer").is_none(), "no footer of a single answer");
    // The question ends where the last card ends.
    let question = harness.get_by_label("Which jitter would you pick, and why?").rect();
    assert!(question.right() > right.right());
    harness.step();
}

#[test]
fn zz_dump() {
    for (name, size) in [("a", (1016.0, 750.0)), ("b", (636.0, 552.0)), ("c", (600.0, 350.0))] {
        let mut harness = open(three());
        harness.set_size(egui::vec2(size.0, size.1));
        harness.run_steps(4);
        harness.render().unwrap().save(format!("/tmp/cu_{name}.png")).unwrap();
    }
}
