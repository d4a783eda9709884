use serde_json::json;

use super::*;
use crate::protocol::{
    Abilities, Answer, AnswerStatus, ChatId, MessageId, ModelInfo, NotificationLevel, RunId, Takes,
    Timestamp, ToolCallId,
};

const PLAIN: Rules = Rules {
    images: |url| url.starts_with("data:"),
    answer_after_results: false,
    thinking_last: false,
};

fn message(number: u128, role: Role, parts: Vec<Part>) -> Message {
    Message::new(
        MessageId(uuid::Uuid::from_u128(number)),
        ChatId(uuid::Uuid::nil()),
        role,
        Timestamp(0),
        parts,
    )
}

fn user(number: u128, content: &str) -> Message {
    message(number, Role::User, vec![text(content)])
}

fn answer(number: u128, model: &str, parts: Vec<Part>) -> Message {
    let answer = Answer {
        status: AnswerStatus::Complete,
        ..Answer::open(ModelId::new("p", model), RunId(uuid::Uuid::nil()))
    };
    Message { answer: Some(answer), ..message(number, Role::Assistant, parts) }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn thinking(text: &str) -> Part {
    let opaque = Some(json!({ "sign": text }));
    Part::Thinking { text: text.to_owned(), started: Timestamp(0), ended: None, opaque }
}

fn call(id: &str, args: Value) -> Part {
    Part::ToolCall { id: ToolCallId(id.to_owned()), tool: "read_file".to_owned(), args }
}

fn result(id: &str, result: &str) -> Part {
    let (id, result) = (ToolCallId(id.to_owned()), result.to_owned());
    Part::ToolResult { id, result, success: true, elapsed_ms: 1 }
}

fn notice(covers: Option<Covers>) -> Part {
    let (code, message) = ("code".to_owned(), "told".to_owned());
    Part::Notice { level: NotificationLevel::Info, code, message, covers }
}

fn image(url: &str) -> Part {
    Part::Image { url: url.to_owned(), alt: String::new() }
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("p", "own")),
        messages,
        MessageId(uuid::Uuid::nil()),
        std::time::Duration::from_secs(1),
    )
}

/// The turns in short: `U:` and `A:`, results in brackets, calls as `id(arguments)`.
fn told(request: &ChatRequest, rules: Rules) -> Vec<String> {
    let block = |block: &Block<'_>| match block {
        Block::Text(text) => text.to_string(),
        Block::Image { url } => format!("<{url}>"),
    };
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Text(text) => text.to_string(),
        Piece::Thinking { text, .. } => format!("~{text}"),
        Piece::Call(call) => format!("{}({})", call.id, call.arguments),
    };
    let turns = project(request, rules).turns;
    let words = turns.iter().map(|turn| match turn {
        Turn::User { results, blocks } => {
            let results =
                results.iter().map(|result| format!("[{}: {}]", result.id, result.content));
            let said: Vec<String> = results.chain(blocks.iter().map(block)).collect();
            format!("U: {}", said.join(" | "))
        }
        Turn::Assistant { pieces } => {
            let said: Vec<String> = pieces.iter().map(piece).collect();
            format!("A: {}", said.join(" | "))
        }
    });
    words.collect()
}

#[test]
fn roles_alternate_whatever_the_chat_holds() {
    let go_on = format!("U: {GO_AHEAD}");
    let table: Vec<(&str, Vec<Message>, Vec<&str>)> = vec![
        ("nothing", vec![], vec![&go_on]),
        ("blank", vec![user(1, " \n ")], vec![&go_on]),
        (
            "a failed answer",
            vec![user(1, "a"), answer(2, "own", vec![]), user(3, "b")],
            vec!["U: a | b"],
        ),
        (
            "begins with an answer",
            vec![answer(1, "own", vec![text("hi")]), user(2, "a")],
            vec![&go_on, "A: hi", "U: a"],
        ),
        (
            "ends with an answer",
            vec![user(1, "a"), answer(2, "own", vec![text("b")])],
            vec!["U: a", "A: b", &go_on],
        ),
        (
            "two answers in a row",
            vec![
                user(1, "a"),
                answer(2, "x", vec![text("b")]),
                answer(3, "y", vec![text("c")]),
                user(4, "d"),
            ],
            vec!["U: a", "A: b | c", "U: d"],
        ),
        (
            "notices and foreign thinking",
            vec![user(1, "a"), answer(2, "x", vec![thinking("t"), notice(None)]), user(3, "b")],
            vec!["U: a | b"],
        ),
    ];
    for (name, messages, expected) in table {
        assert_eq!(told(&request(messages), PLAIN), expected, "{name}");
    }
}

#[test]
fn every_call_is_followed_by_its_result() {
    let parts = vec![
        text("one"),
        call("a", json!({"x": 1})),
        call("b", json!({})),
        result("b", "B"),
        result("a", "A"),
        text("two"),
        call("c", json!("not json")),
        result("orphan", "?"),
    ];
    let chat = vec![user(1, "go"), answer(2, "own", parts), user(3, "and?")];
    let not_run = format!("U: [c: {NOT_RUN}] | and?");
    let expected = [
        "U: go",
        "A: one | a({\"x\":1}) | b({})",
        "U: [a: A] | [b: B]",
        "A: two | c({\"raw\":\"not json\"})",
        &not_run,
    ];
    assert_eq!(told(&request(chat.clone()), PLAIN), expected);
    let mistral = Rules { answer_after_results: true, ..PLAIN };
    let told = told(&request(chat), mistral);
    assert_eq!(told.get(5).map(String::as_str), Some("A: (The answer was stopped here.)"));
    assert_eq!(told.last().map(String::as_str), Some("U: and?"));
}

#[test]
fn ids_are_unique_and_those_of_others_are_replaced() {
    let long = "toolu_with_an_id_that_is_far_too_long_for_some_providers";
    let chat = vec![
        user(1, "go"),
        answer(2, "other", vec![call(long, json!({})), result(long, "A")]),
        answer(3, "own", vec![call("same", json!(null)), result("same", "B")]),
        answer(4, "own", vec![call("same", json!({})), result("same", "C")]),
        answer(5, "own", vec![call("a b", json!({})), result("a b", "D")]),
    ];
    let expected = [
        "U: go",
        "A: call00001({})",
        "U: [call00001: A]",
        "A: same({})",
        "U: [same: B]",
        "A: call00002({})",
        "U: [call00002: C]",
        "A: call00003({})",
        "U: [call00003: D]",
    ];
    assert_eq!(told(&request(chat), PLAIN), expected);
}

#[test]
fn thinking_goes_back_only_to_its_model_and_only_before_what_it_led_to() {
    let parts = || vec![thinking("t"), text("a"), thinking("cut")];
    let chat = vec![
        user(1, "q"),
        answer(2, "own", parts()),
        user(3, "r"),
        answer(4, "x", parts()),
        user(5, "s"),
    ];
    let expected = ["U: q", "A: ~t | a", "U: r", "A: a", "U: s"];
    assert_eq!(told(&request(chat.clone()), PLAIN), expected);
    let anywhere = Rules { thinking_last: true, ..PLAIN };
    let expected = ["U: q", "A: ~t | a | ~cut", "U: r", "A: a", "U: s"];
    assert_eq!(told(&request(chat), anywhere), expected);
    let stopped = vec![user(1, "q"), answer(2, "own", vec![thinking("t")]), user(3, "r")];
    assert_eq!(told(&request(stopped.clone()), PLAIN), ["U: q | r"]);
    assert_eq!(told(&request(stopped), anywhere), ["U: q | r"]);
}

#[test]
fn images_go_only_to_models_that_see_and_only_from_where_they_may() {
    let chat = || {
        vec![message(
            1,
            Role::User,
            vec![text("see"), image("data:x"), image("file:///etc/passwd")],
        )]
    };
    let unseen = UNSEEN_IMAGE;
    assert_eq!(told(&request(chat()), PLAIN), [format!("U: see | <data:x> | {unseen}")]);
    let mut blind = request(chat());
    blind.model.abilities = Abilities { vision: Some(false), ..Abilities::default() };
    assert_eq!(told(&blind, PLAIN), [format!("U: see | {unseen} | {unseen}")]);
}

#[test]
fn files_are_text_with_their_name() {
    let file = Part::File { name: "a\".rs".to_owned(), text: "fn a() {}".to_owned() };
    let chat = vec![message(1, Role::User, vec![text("look"), file])];
    let expected = ["U: look | <file name=\"a .rs\">\nfn a() {}\n</file>"];
    assert_eq!(told(&request(chat), PLAIN), expected);
}

#[test]
fn instructions_stand_first_or_in_the_first_turn() {
    let chat = vec![message(1, Role::System, vec![text("be kind")]), user(2, "a")];
    let mut request = request(chat);
    request.params.system = Some("be brief".to_owned());
    let projection = project(&request, PLAIN);
    assert_eq!(projection.system.as_deref(), Some("be brief\n\nbe kind"));
    request.model.takes = Takes { system: false, ..Takes::default() };
    assert_eq!(project(&request, PLAIN).system, None);
    assert_eq!(told(&request, PLAIN), ["U: be brief\n\nbe kind | a"]);
}

fn covers(through: u128, summary: Option<&str>, undone: bool) -> Part {
    let through = MessageId(uuid::Uuid::from_u128(through));
    notice(Some(Covers { through, summary: summary.map(str::to_owned), undone }))
}

#[test]
fn what_a_notice_covers_is_left_out_or_summarised() {
    let chat = |part| {
        vec![
            user(1, "a"),
            answer(2, "own", vec![text("b")]),
            user(3, "c"),
            answer(4, "own", vec![part, text("d")]),
            user(5, "e"),
        ]
    };
    let all: &[&str] = &["U: a", "A: b", "U: c", "A: d", "U: e"];
    let summary = "U: Summary of the conversation up to here:\n\nshort | c";
    let table: [(&str, Part, &[&str]); 4] = [
        ("left out", covers(2, None, false), &["U: c", "A: d", "U: e"]),
        ("summarised", covers(2, Some("short"), false), &[summary, "A: d", "U: e"]),
        ("undone", covers(2, None, true), all),
        ("of another branch", covers(99, None, false), all),
    ];
    for (name, part, expected) in table {
        assert_eq!(told(&request(chat(part)), PLAIN), expected, "{name}");
    }
}

#[test]
fn an_answer_is_continued_only_where_there_is_one() {
    let chat = vec![user(1, "tell"), answer(2, "other", vec![text("Once upon")])];
    let request_of = |messages| ChatRequest { continues: true, ..request(messages) };
    let go_on = format!("U: {GO_ON}");
    assert_eq!(told(&request_of(chat), PLAIN), ["U: tell", "A: Once upon", &go_on]);
    let nothing = vec![user(1, "tell"), answer(2, "own", vec![])];
    assert_eq!(told(&request_of(nothing), PLAIN), ["U: tell"]);
}

#[test]
fn tools_of_the_history_are_named_but_not_offered() {
    let chat = vec![user(1, "go"), answer(2, "x", vec![call("a", json!({})), result("a", "A")])];
    let mut request = request(chat);
    let projection = project(&request, PLAIN);
    let names: Vec<&str> = projection.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!((names, projection.may_call), (vec!["read_file"], false));
    let own = ToolSpec {
        name: "read_file".to_owned(),
        description: "Reads".to_owned(),
        schema: json!({"type": "object"}),
    };
    request.tools = vec![own.clone()];
    let projection = project(&request, PLAIN);
    assert_eq!((projection.tools, projection.may_call), (vec![own], true));
}

#[test]
fn names_of_tools_are_made_plain() {
    let table =
        [("read_file", "read_file"), ("fs.read file", "fs_read_file"), ("", "tool"), ("ü", "_")];
    for (name, expected) in table {
        assert_eq!(names::of_tool(name), expected);
    }
    assert_eq!(names::of_tool(&"x".repeat(100)).len(), 64);
}
