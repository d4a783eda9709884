//! Conversations for the tests of the transcript.

use std::path::PathBuf;

use serde_json::json;
use uuid::Uuid;

use crate::protocol::{
    Answer, AnswerStatus, ChatId, Message, MessageId, ModelId, Part, Role, RunId, Siblings,
    Timestamp, Usage,
};
use crate::state::{AppState, Conversation, Settings};

pub(super) const CHAT: ChatId = ChatId(Uuid::from_u128(1));
/// 23 July 2025, 09:41 UTC.
pub(super) const MORNING: Timestamp = Timestamp(1_753_263_660_000);

pub(super) fn id(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(number))
}

pub(super) fn state() -> AppState {
    AppState::new(Settings::default(), &[], PathBuf::new())
}

pub(super) fn user(number: u128, text: &str) -> Message {
    Message::new(id(number), CHAT, Role::User, MORNING, vec![Part::Text { text: text.to_owned() }])
}

pub(super) fn answer(number: u128, parts: Vec<Part>) -> Message {
    let answer = Answer {
        status: AnswerStatus::Complete,
        usage: Usage {
            cache_write_tokens: None,
            cached_tokens: None,
            prompt_tokens: Some(300),
            completion_tokens: Some(112),
            cost_usd: Some(0.0004),
        },
        first_token_ms: Some(610),
        duration_ms: Some(2_100),
        ..Answer::open(
            ModelId::new("openrouter", "Claude Haiku 5.5"),
            RunId(Uuid::from_u128(number)),
        )
    };
    Message { role: Role::Assistant, parts, answer: Some(answer), ..user(number, "") }
}

pub(super) fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

pub(super) fn conversation(messages: Vec<Message>) -> Conversation {
    Conversation { messages: messages.into(), ..Conversation::new(CHAT) }
}

/// Questions and answers, `count` messages with ids from `first`.
pub(super) fn many(first: u128, count: u128) -> Vec<Message> {
    (first..first + count)
        .map(|number| {
            if number % 2 == 0 {
                user(number, &format!("Question {number}"))
            } else {
                let paragraph = "Some words of an answer that takes more than a line. ".repeat(6);
                answer(number, vec![text(&format!("Answer {number}\n\n{paragraph}\n\n- a\n- b"))])
            }
        })
        .collect()
}

/// The conversation of the design's picture.
pub(super) fn picture() -> Vec<Message> {
    let code = "pub fn delay(attempt: u32, rng: &mut impl Rng) -> Duration {\n    // full jitter: uniform in [0, min(cap, base·2ⁿ))\n    let ceiling = CAP.min(BASE * 2u32.saturating_pow(attempt));\n    rng.random_range(Duration::ZERO..ceiling)\n}";
    let mut first = answer(
        2,
        vec![text(
            "Double the delay after each failure, cap it, and add **full jitter** so that many clients don't return at once. Reset only after the link has stayed up for a while.",
        )],
    );
    first.siblings = Siblings { index: 1, count: 2 };
    let mut second = answer(
        4,
        vec![
            Part::Thinking {
                text: "The cap is in *backoff.rs*.".to_owned(),
                started: MORNING,
                ended: Some(MORNING.plus_ms(4_200)),
                opaque: None,
            },
            tool_call("call", json!({ "path": "src/net/backoff.rs" })),
            tool_result("call", "const CAP: u32 = 30;"),
            text(&format!(
                "Your code already caps at 30 s, but it resets on connect. With jitter:\n\n```rust\n{code}\n```"
            )),
        ],
    );
    second.created = MORNING.plus_ms(60_000);
    if let Some(answer) = &mut second.answer {
        answer.model = ModelId::new("openrouter", "Claude Sonnet 5.5");
        answer.one_off = true;
        answer.usage = Usage::default();
    }
    vec![
        user(1, "How should a desktop client back off when its WebSocket drops?"),
        first,
        user(3, "Show it in Rust, and check our current code for the cap."),
        second,
    ]
}

pub(super) fn tool_call(id: &str, args: serde_json::Value) -> Part {
    Part::ToolCall { id: crate::protocol::ToolCallId::from(id), tool: "read_file".to_owned(), args }
}

pub(super) fn tool_result(id: &str, result: &str) -> Part {
    Part::ToolResult {
        id: crate::protocol::ToolCallId::from(id),
        result: result.to_owned(),
        success: true,
        elapsed_ms: 84,
    }
}
