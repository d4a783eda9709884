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
fn another_answer_is_kept_copied_or_made_again() {
    let mut harness = open(three());
    let kept = click(&mut harness, "Keep the answer of GPT-6.1 Terra");
    assert_eq!(kept, [format!("KeepAnswer({:?})", id(3))]);
    assert!(click(&mut harness, "Keep the answer of Claude Sonnet 5.5").is_empty(), "it is kept");
    let copied = click(&mut harness, "Copy the answer of GPT-6.1 Terra");
    assert!(copied[0].starts_with("CopyText(\"**Decorrelated"), "{copied:?}");
    let again = click(&mut harness, "Regenerate the answer of GPT-6.1 Terra");
    let wanted = format!("Regenerate {{ answer: Some({:?}), model: None }}", id(3));
    assert_eq!(again, [wanted]);
}

#[test]
fn keeping_swaps_the_mark_and_no_card_moves() {
    let mut harness = open(three());
    let words = ["Use full jitter", "Decorrelated jitter", "Keep the delay"];
    let before = words.map(|words| harness.get_by_label_contains(words).rect());
    let conversation = &mut harness.state_mut().conversation;
    let shown = conversation.messages.pop_back().unwrap();
    let comparison = conversation.compare.as_mut().unwrap();
    let kept = comparison.others.remove(0);
    comparison.others.insert(0, ended(shown));
    conversation.messages.push_back(kept.message);
    harness.run_steps(3);
    assert_eq!(words.map(|words| harness.get_by_label_contains(words).rect()), before);
    let keep = click(&mut harness, "Keep the answer of Claude Sonnet 5.5");
    assert_eq!(keep, [format!("KeepAnswer({:?})", id(2))]);
}

#[test]
fn tab_reaches_the_buttons_of_every_card() {
    let mut harness = open(three());
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..30 {
        harness.key_press(egui::Key::Tab);
        harness.step();
        let focused = harness.ctx.memory(|memory| memory.focused());
        for name in ["Copy", "Regenerate", "Keep"] {
            for model in ["Claude Sonnet 5.5", "GPT-6.1 Terra", "qwen3:8b"] {
                let label = format!("{name} the answer of {model}");
                if focused.is_some() && harness.get_by_label(&label).is_focused() {
                    reached.insert(label);
                }
            }
        }
    }
    assert_eq!(reached.len(), 9, "{reached:?}");
}

fn lines(count: usize) -> String {
    (0..count).map(|line| format!("Line {line}\n\n")).collect()
}

#[test]
fn a_short_answer_stays_beside_a_long_one_and_who_gave_that_at_the_edge() {
    let mut conversation = three();
    conversation.compare.as_mut().unwrap().others[1] = ended(column(4, "qwen3:8b", &lines(80)));
    let mut harness = open(conversation);
    harness.get_by_label("Line 79");
    for label in ["Keep the answer of GPT-6.1 Terra", "GPT-6.1 Terra", "qwen3:8b"] {
        let rect = harness.get_by_label(label).rect();
        assert!(rect.top() >= 0.0 && rect.bottom() <= 600.0, "{label}: {rect:?}");
    }
    scroll(&mut harness, 9_000.0);
    let [short, long] = ["Decorrelated jitter", "Line 0"]
        .map(|words| harness.get_by_label_contains(words).rect().top());
    assert_eq!(short, long);
}

#[test]
fn a_button_out_of_sight_comes_into_view_with_the_keyboard() {
    let mut conversation = three();
    conversation.compare.as_mut().unwrap().others[1] = ended(column(4, "qwen3:8b", &lines(80)));
    let mut harness = open(conversation);
    harness.key_press(egui::Key::Home);
    harness.run_steps(4);
    let keep = "Keep the answer of qwen3:8b";
    assert!(harness.get_by_label(keep).rect().top() > 600.0, "the beginning is in sight");
    for _ in 0..30 {
        harness.key_press(egui::Key::Tab);
        harness.run_steps(3);
        if harness.get_by_label(keep).is_focused() {
            break;
        }
    }
    let rect = harness.get_by_label(keep).rect();
    assert!(rect.top() >= 0.0 && rect.bottom() <= 600.0, "{rect:?}");
}

#[test]
fn one_card_fails_by_itself_and_can_be_tried_again() {
    let mut failed = column(3, "GPT-6.1 Terra", "");
    failed.parts.clear();
    let answer = failed.answer.as_mut().unwrap();
    answer.status = AnswerStatus::Failed;
    answer.error = Some(ErrorInfo::new(ErrorKind::Overloaded, "busy"));
    let waiting = open_column(4, "qwen3:8b", "");
    let retry = RetryWait {
        kind: ErrorKind::Overloaded,
        message: "busy".to_owned(),
        due: MORNING.plus_ms(3_600),
        attempt: 1,
    };
    let run = LiveRun { retry: Some(retry), ..run(4, AgentState::Retrying) };
    let mut harness = open(compared(vec![ended(failed), Column { run: Some(run), ..waiting }]));
    harness.get_by_label_contains("Trying again in 4 s · try 2");
    assert_eq!(click(&mut harness, "Now"), ["RetryNow"]);
    let again = click(&mut harness, "Retry");
    let wanted = format!("Regenerate {{ answer: Some({:?}), model: None }}", id(3));
    assert_eq!(again, [wanted]);
    // The buttons stand below each other rather than being squeezed.
    let [retry, other] = ["Retry", "Use another model"].map(|it| harness.get_by_label(it).rect());
    assert!(!retry.intersects(other) && other.right() < 660.0, "{retry:?} {other:?}");
}

#[test]
fn the_end_is_followed_while_any_column_grows() {
    let mut harness = open(three());
    for lines in [30, 60] {
        let long: String = (0..lines).map(|line| format!("word{line}\n\n")).collect();
        let others = &mut harness.state_mut().conversation.compare.as_mut().unwrap().others;
        others[1] = open_column(4, "qwen3:8b", &long);
        harness.run_steps(3);
        harness.get_by_label(&format!("word{}", lines - 1));
    }
    assert!(harness.query_by_label("word0").is_none(), "what is out of sight is not drawn");
    scroll(&mut harness, 4_000.0);
    harness.get_by_label("word0");
    assert!(harness.query_by_label("word59").is_none());
}

#[test]
fn a_message_that_follows_folds_the_columns_into_versions() {
    let mut harness = open(three());
    let messages = &mut harness.state_mut().conversation.messages;
    messages[1].siblings = Siblings { index: 0, count: 3 };
    let next = Message { parent: Some(id(2)), ..user(9, "And then?") };
    messages.push_back(next);
    harness.run_steps(3);
    harness.get_by_label("1 / 3");
    harness.get_by_label("And then?");
    assert!(harness.query_by_label_contains("Keep the answer").is_none());
    assert!(harness.query_by_label_contains("Decorrelated").is_none());
}

#[test]
fn a_frame_draws_what_is_on_screen_however_long_the_answers() {
    let drawn = |count: usize| {
        let columns = [(3, "a"), (4, "b"), (5, "c")];
        let mut conversation =
            compared(columns.map(|(id, name)| open_column(id, name, &lines(count))).into());
        conversation.messages[1].parts = vec![text(&lines(count))];
        let mut harness = open(conversation);
        let at_end = harness.state().view.drawn_blocks(CHAT);
        scroll(&mut harness, 400.0);
        (at_end, harness.state().view.drawn_blocks(CHAT))
    };
    let (few, many) = (drawn(100), drawn(5_000));
    assert!(few.0 < 120 && few.1 < 120, "{few:?}");
    assert_eq!(few, many);
}
