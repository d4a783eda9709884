//! The transcript as a reader and a keyboard find it.

mod approvals;
mod comparing;
mod copying;
mod ends;
mod following;
mod remarks;
mod switching;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use jiff::tz::TimeZone;
use serde_json::json;

use super::TranscriptView;
use super::fixture::{
    CHAT, MORNING, answer, conversation, id, many, picture, state, text, tool_call, tool_result,
    user,
};
use crate::protocol::{
    AgentState, AnswerStatus, ErrorInfo, ErrorKind, Message, Part, QueryId, RunId, Seq, Siblings,
};
use crate::state::{AppState, Conversation, LiveRun, Loading, RetryWait, UiCommand};
use crate::ui::theme::{self, Mode};

struct World {
    view: TranscriptView,
    state: AppState,
    conversation: Conversation,
    out: Vec<UiCommand>,
}

fn open(conversation: Conversation) -> Harness<'static, World> {
    let world = World {
        view: TranscriptView::new(|| MORNING, TimeZone::UTC),
        state: state(),
        conversation,
        out: Vec::new(),
    };
    let mut harness = Harness::builder()
        .with_size(egui::vec2(1_000.0, 600.0))
        .with_context_setup(theme::install)
        .build_ui_state(
            |ui, world: &mut World| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let World { view, state, conversation, out } = world;
                view.transcript_ui(ui, state, conversation, out);
            },
            world,
        );
    harness.run_steps(4);
    harness
}

fn scroll(harness: &mut Harness<'_, World>, points: f32) {
    harness.hover_at(egui::pos2(500.0, 300.0));
    harness.step();
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: egui::Modifiers::NONE,
    });
    harness.run_steps(30);
}

fn commands(harness: &mut Harness<'_, World>) -> Vec<String> {
    let out = std::mem::take(&mut harness.state_mut().out);
    out.iter().map(|command| format!("{command:?}")).collect()
}

fn click(harness: &mut Harness<'_, World>, label: &str) -> Vec<String> {
    harness.state_mut().out.clear();
    harness.get_by_label(label).click();
    harness.run_steps(4);
    commands(harness)
}

fn run(answer: u128, state: AgentState) -> LiveRun {
    LiveRun {
        id: RunId(uuid::Uuid::nil()),
        answer: id(answer),
        state,
        since: MORNING,
        retry: None,
        retries: 0,
        stop: None,
        last_seq: Seq(0),
    }
}

#[test]
fn code_and_answers_are_copied() {
    let mut harness = open(conversation(picture()));
    let copied = click(&mut harness, "Copy code");
    assert!(copied[0].starts_with("CopyText(\"pub fn delay"), "{copied:?}");
    harness.get_all_by_label("Copy answer").next().unwrap().click();
    harness.run_steps(4);
    let copied = commands(&mut harness);
    assert!(copied[0].starts_with("CopyText(\"Double the delay"), "{copied:?}");
}

#[test]
fn thinking_and_tools_unfold_and_fold() {
    let mut harness = open(conversation(picture()));
    harness.get_by_label_contains("09:42 · this message only");
    assert!(harness.query_by_label_contains("The cap is in").is_none());
    click(&mut harness, "Thought for 4 s");
    harness.get_by_label_contains("The cap is in");
    click(&mut harness, "Thought for 4 s");
    assert!(harness.query_by_label_contains("The cap is in").is_none());
    click(&mut harness, "read_file src/net/backoff.rs");
    harness.get_by_label_contains("const CAP");
}

#[test]
fn a_long_result_is_shown_in_full_only_when_asked() {
    let result: String = (0..5_000).map(|line| format!("line {line}\n")).collect();
    let parts = vec![tool_call("a", json!({ "path": "x" })), tool_result("a", &result)];
    let mut harness = open(conversation(vec![answer(2, parts)]));
    click(&mut harness, "read_file x");
    assert!(harness.state().view.drawn_blocks(CHAT) < 12);
    click(&mut harness, "Show all 5000 lines");
    assert!(harness.query_by_label("Show all 5000 lines").is_none());
    assert!(harness.state().view.drawn_blocks(CHAT) < 12);
}

#[test]
fn versions_are_switched_by_arrows() {
    let mut harness = open(conversation(picture()));
    harness.get_by_label("2 / 2");
    let switched = click(&mut harness, "Previous version");
    assert_eq!(switched, [format!("SelectBranch {{ message: {:?}, step: -1 }}", id(2))]);
    assert!(click(&mut harness, "Next version").is_empty());
}

#[test]
fn a_message_is_edited_in_place() {
    let mut harness = open(conversation(vec![user(1, "Old text")]));
    click(&mut harness, "Edit message");
    harness.get_by_label("Edited message").type_text(" and more");
    harness.run_steps(3);
    let sent = click(&mut harness, "Save & send");
    let expected = format!("EditMessage {{ message: {:?}, text: \"Old text and more\" }}", id(1));
    assert_eq!(sent, [expected]);
    assert!(harness.query_by_label("Edited message").is_none());
    click(&mut harness, "Edit message");
    assert!(click(&mut harness, "Cancel").is_empty());
    harness.get_by_label("Old text");
}

#[test]
fn a_long_text_of_the_user_is_folded() {
    let long: Vec<String> = (1..=60).map(|line| format!("row {line}")).collect();
    let mut harness = open(conversation(vec![user(1, &long.join("\n"))]));
    assert!(harness.query_by_label_contains("row 21").is_none());
    click(&mut harness, "Show all");
    assert!(harness.query_by_label_contains("row 60").is_some());
    click(&mut harness, "Show less");
    assert!(harness.query_by_label_contains("row 60").is_none());
}

#[test]
fn the_reader_leaves_the_end_and_comes_back() {
    let mut harness = open(conversation(many(2, 60)));
    let last = "Answer 61";
    harness.get_by_label(last);
    assert!(harness.query_by_label("Jump to latest").is_none());
    scroll(&mut harness, 900.0);
    assert!(harness.query_by_label(last).is_none());
    click(&mut harness, "Jump to latest");
    harness.get_by_label(last);
    assert!(harness.query_by_label("Jump to latest").is_none());
}

#[test]
fn keys_scroll_where_no_text_is_edited() {
    let mut harness = open(conversation(many(2, 60)));
    harness.key_press(egui::Key::Home);
    harness.run_steps(4);
    harness.get_by_label("Question 2");
    harness.key_press(egui::Key::PageDown);
    harness.run_steps(4);
    assert!(harness.query_by_label("Question 2").is_none());
    harness.key_press(egui::Key::PageUp);
    harness.run_steps(4);
    harness.get_by_label("Question 2");
    harness.key_press(egui::Key::End);
    harness.run_steps(4);
    harness.get_by_label("Answer 61");
}

#[test]
fn an_older_page_moves_nothing_on_screen() {
    let mut older = conversation(many(1_000, 40));
    older.has_older = true;
    let mut harness = open(older);
    assert!(commands(&mut harness).is_empty(), "the end needs no older page");
    harness.key_press(egui::Key::Home);
    harness.run_steps(4);
    assert_eq!(commands(&mut harness), ["LoadOlder"], "asked once");
    scroll(&mut harness, -300.0);
    commands(&mut harness);
    let label = "Answer 1003";
    let before = harness.get_by_label(label).rect();
    let conversation = &mut harness.state_mut().conversation;
    conversation.loading = Loading::Older(QueryId(1));
    for message in many(900, 100).into_iter().rev() {
        conversation.messages.push_front(message);
    }
    conversation.loading = Loading::Nothing;
    for _ in 0..6 {
        harness.step();
        assert_eq!(harness.get_by_label(label).rect(), before);
    }
    // Scrolling up into what was never measured moves by what was asked for, too.
    scroll(&mut harness, 150.0);
    let after = harness.get_by_label(label).rect();
    assert!((after.top() - before.top() - 150.0).abs() < 2.0, "{before:?} {after:?}");
}

fn streaming(words: usize) -> Message {
    let body: String = (0..words).map(|word| format!("word{word}\n\n")).collect();
    let mut message = answer(500, vec![text(&body)]);
    if let Some(answer) = &mut message.answer {
        answer.status = AnswerStatus::Open;
    }
    message
}

#[test]
fn the_stream_is_followed_until_the_reader_scrolls_up() {
    let mut messages = many(2, 10);
    messages.push(streaming(1));
    let mut live = conversation(messages);
    live.run = Some(run(500, AgentState::Streaming));
    let mut harness = open(live);
    for words in [30, 60] {
        *harness.state_mut().conversation.messages.back_mut().unwrap() = streaming(words);
        harness.run_steps(3);
        harness.get_by_label(&format!("word{}", words - 1));
    }
    scroll(&mut harness, 200.0);
    let before = harness.get_by_label("word50").rect();
    *harness.state_mut().conversation.messages.back_mut().unwrap() = streaming(200);
    harness.run_steps(3);
    assert_eq!(harness.get_by_label("word50").rect(), before);
    // What the user sends leads back to the end.
    harness.state_mut().conversation.messages.push_back(user(600, "New question"));
    harness.run_steps(3);
    harness.get_by_label("New question");
}

#[test]
fn links_ask_before_they_open() {
    let body = "[web](https://x.org) and [page](help:keys) and [bad](file:///x)";
    let mut harness = open(conversation(vec![answer(2, vec![text(body)])]));
    assert_eq!(click(&mut harness, "https://x.org"), ["AskLink(\"https://x.org\")"]);
    assert_eq!(click(&mut harness, "help:keys"), ["OpenHelp(Some(\"keys\"))"]);
    assert!(harness.query_by_label("file:///x").is_none());
}

#[test]
fn a_frame_draws_what_is_on_screen_however_long_the_chat() {
    let drawn = |messages: Vec<Message>| {
        let mut harness = open(conversation(messages));
        scroll(&mut harness, 5_000.0);
        harness.state().view.drawn_blocks(CHAT)
    };
    let (small, large) = (drawn(many(2, 100)), drawn(many(2, 20_000)));
    assert!(large as f32 <= small as f32 * 1.2 + 2.0, "{small} {large}");
    let long: String = (0..5_000).map(|line| format!("Line {line} of an answer.\n\n")).collect();
    let items: String = (0..20_000).map(|line| format!("- item {line}\n")).collect();
    let code = format!("```rust\n{}```\n", "let x = 1;\n".repeat(20_000));
    let unbroken = "x".repeat(80_000);
    for body in [long, items, code, unbroken] {
        let blocks = drawn(vec![answer(2, vec![text(&body)])]);
        assert!(blocks < 40, "{blocks}");
    }
}

#[test]
fn an_idle_transcript_asks_for_no_frame() {
    let mut harness = open(conversation(picture()));
    harness.run();
    assert_eq!(harness.run(), 1, "nothing moves when nothing runs");
}

#[test]
fn another_branch_keeps_the_place_where_it_can() {
    let mut harness = open(conversation(many(2, 60)));
    scroll(&mut harness, 3_000.0);
    let label = "Question 38";
    let seen = harness.query_by_label(label).map(|node| node.rect());
    let conversation = &mut harness.state_mut().conversation;
    conversation.generation += 1;
    conversation.messages.truncate(55);
    conversation.messages.back_mut().unwrap().siblings = Siblings { index: 1, count: 2 };
    harness.run_steps(4);
    assert_eq!(harness.query_by_label(label).map(|node| node.rect()), seen);
    let conversation = &mut harness.state_mut().conversation;
    conversation.generation += 1;
    conversation.messages = many(5_000, 20).into();
    harness.run_steps(4);
    harness.get_by_label("Answer 5019");
}

#[test]
fn parts_that_come_late_do_not_disturb() {
    let mut message = answer(500, vec![tool_call("a", json!({}))]);
    if let Some(answer) = &mut message.answer {
        answer.status = AnswerStatus::Open;
    }
    let mut live = conversation(vec![user(1, "x"), message]);
    live.run = Some(run(500, AgentState::RunningTool));
    let mut harness = open(live);
    harness.get_by_label("Running a tool…");
    let message = harness.state_mut().conversation.messages.back_mut().unwrap();
    message.parts.push(tool_result("a", "done"));
    message.parts.push(Part::Thinking {
        text: String::new(),
        started: crate::protocol::Timestamp(MORNING.0 - 3_200),
        ended: None,
        opaque: None,
    });
    harness.run_steps(2);
    harness.get_by_label("Thinking… 3 s");
}
