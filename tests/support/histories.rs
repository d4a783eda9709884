//! Random chats: trees of messages by many models, with everything that can go wrong in them.
//!
//! From a seed, so that a failure can be looked at again.

use fastrand::Rng;
use serde_json::{Value, json};
use switchboard::protocol::{
    Answer, AnswerStatus, ChatId, Covers, Message, MessageId, ModelId, NotificationLevel, Params,
    Part, Role, RunId, Siblings, Timestamp, ToolCallId, Usage,
};
use uuid::Uuid;

/// Who may have spoken.
pub(crate) struct Maker {
    pub(crate) model: ModelId,
    /// The opaque data that a model of this name keeps beside a thought.
    pub(crate) opaque: fn(&str, &str) -> Value,
}

/// A random path through a random tree, oldest first.
pub(crate) fn path(rng: &mut Rng, makers: &[Maker]) -> Vec<Message> {
    let mut tree: Vec<Message> = Vec::new();
    for number in 0..rng.usize(0..14) {
        let parent = match rng.usize(0..4) {
            0 if !tree.is_empty() => tree.get(rng.usize(0..tree.len())),
            _ => tree.last(),
        };
        let parent = parent.map(|parent| (parent.id, parent.role));
        let made = message(rng, number, parent, makers);
        tree.push(made);
    }
    let covers = covers(rng, &tree);
    let mut path = Vec::new();
    let mut at = tree.last().map(|message| message.id);
    while let Some(id) = at {
        let Some(message) = tree.iter().find(|message| message.id == id) else { break };
        at = message.parent;
        path.push(message.clone());
    }
    path.reverse();
    if let (Some(covers), Some(answer)) =
        (covers, path.iter_mut().rev().find(|message| message.role == Role::Assistant))
    {
        answer.parts.insert(0, notice(Some(covers)));
    }
    path
}

fn covers(rng: &mut Rng, tree: &[Message]) -> Option<Covers> {
    if tree.is_empty() || rng.usize(0..5) > 0 {
        return None;
    }
    let through = tree.get(rng.usize(0..tree.len()))?.id;
    let summary = rng.bool().then(|| "What was said before".to_owned());
    Some(Covers { through, summary, undone: rng.usize(0..3) == 0 })
}

fn message(
    rng: &mut Rng,
    number: usize,
    parent: Option<(MessageId, Role)>,
    makers: &[Maker],
) -> Message {
    let role = match parent.map(|(_, role)| role) {
        // Now and then the sides do not alternate: an imported chat, an answer that is gone.
        _ if rng.usize(0..12) == 0 => Role::System,
        Some(Role::User) if rng.usize(0..8) > 0 => Role::Assistant,
        Some(Role::Assistant) if rng.usize(0..10) == 0 => Role::Assistant,
        Some(Role::User | Role::Assistant | Role::System) | None => Role::User,
    };
    let maker = &makers[rng.usize(0..makers.len())];
    let parts = match role {
        Role::System => vec![text(rng)],
        Role::User => (0..rng.usize(0..4)).map(|_| said(rng)).collect(),
        Role::Assistant => answered(rng, number, maker),
    };
    Message {
        parent: parent.map(|(id, _)| id),
        answer: (role == Role::Assistant).then(|| answer(rng, maker)),
        ..Message::new(
            MessageId(Uuid::from_u128(number as u128 + 1)),
            ChatId(Uuid::nil()),
            role,
            Timestamp(number as i64),
            parts,
        )
    }
}

fn answer(rng: &mut Rng, maker: &Maker) -> Answer {
    let status = match rng.usize(0..5) {
        0 => AnswerStatus::Stopped,
        1 => AnswerStatus::Interrupted,
        2 => AnswerStatus::Failed,
        _ => AnswerStatus::Complete,
    };
    Answer { status, ..Answer::open(maker.model.clone(), RunId(Uuid::nil())) }
}

/// An answer in turns, cut off anywhere.
fn answered(rng: &mut Rng, number: usize, maker: &Maker) -> Vec<Part> {
    let mut parts = Vec::new();
    for turn in 0..rng.usize(0..4) {
        if rng.bool() {
            parts.push(thinking(rng, maker));
        }
        if rng.usize(0..3) > 0 {
            parts.push(text(rng));
        }
        let calls: Vec<String> =
            (0..rng.usize(0..3)).map(|call| call_id(rng, number, turn, call)).collect();
        parts.extend(calls.iter().map(|id| call(rng, id)));
        for id in calls {
            if rng.usize(0..4) > 0 {
                parts.push(result(rng, &id));
            }
        }
        if rng.usize(0..6) == 0 {
            parts.push(notice(None));
        }
        if rng.usize(0..9) == 0 {
            parts.push(result(rng, "orphan"));
        }
    }
    let kept = rng.usize(0..parts.len() + 3);
    parts.truncate(kept);
    parts
}

/// Ids as servers make them: unique, repeated in each turn, too long, or with odd characters.
fn call_id(rng: &mut Rng, number: usize, turn: usize, call: usize) -> String {
    match rng.usize(0..5) {
        0 => format!("call_{call}"),
        1 => format!("toolu_{number}_{turn}_{call}_{}", "x".repeat(50)),
        2 => format!("functions.read:{number}:{turn}:{call}"),
        _ => format!("c{number}x{turn}x{call}"),
    }
}

fn text(rng: &mut Rng) -> Part {
    let texts = ["Hello", "  ", "", "ü 🦀 \u{0} \"quoted\"", "Line\n\nline", "{\"json\": true}"];
    Part::Text { text: texts[rng.usize(0..texts.len())].to_owned() }
}

fn thinking(rng: &mut Rng, maker: &Maker) -> Part {
    let text = if rng.usize(0..4) == 0 { "" } else { "Let me see" };
    let opaque = (rng.usize(0..4) > 0).then(|| (maker.opaque)(&maker.model.model, text));
    let ended = rng.bool().then_some(Timestamp(1));
    Part::Thinking { text: text.to_owned(), started: Timestamp(0), ended, opaque }
}

fn call(rng: &mut Rng, id: &str) -> Part {
    let tools = ["read_file", "fs.read file", "web-search"];
    let args = match rng.usize(0..5) {
        0 => Value::Null,
        1 => json!("not an object"),
        2 => json!([1, 2]),
        _ => json!({"path": "src/main.rs"}),
    };
    let tool = tools[rng.usize(0..tools.len())].to_owned();
    Part::ToolCall { id: ToolCallId(id.to_owned()), tool, args }
}

fn result(rng: &mut Rng, id: &str) -> Part {
    let result = if rng.usize(0..4) == 0 { "" } else { "fn main() {}" };
    Part::ToolResult {
        id: ToolCallId(id.to_owned()),
        result: result.to_owned(),
        success: rng.bool(),
        elapsed_ms: 1,
    }
}

fn said(rng: &mut Rng) -> Part {
    match rng.usize(0..6) {
        0 => Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: String::new() },
        1 => Part::Image { url: "https://example.org/a.png".to_owned(), alt: String::new() },
        2 => Part::Image { url: "file:///etc/passwd".to_owned(), alt: String::new() },
        3 => Part::File { name: "a \"b\".rs".to_owned(), text: "fn a() {}".to_owned() },
        _ => text(rng),
    }
}

fn notice(covers: Option<Covers>) -> Part {
    let level = NotificationLevel::Info;
    Part::Notice { level, code: "note".to_owned(), message: "For people only".to_owned(), covers }
}
