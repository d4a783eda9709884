use serde_json::json;

use super::*;
use crate::protocol::{
    Answer, AnswerStatus, ChatId, Message, MessageId, ModelId, ModelInfo, Part, Role, RunId,
    Timestamp, ToolCallId,
};

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message::new(MessageId(uuid::Uuid::nil()), ChatId(uuid::Uuid::nil()), role, Timestamp(0), parts)
}

fn answer(model: &str, parts: Vec<Part>) -> Message {
    let answer = Answer {
        status: AnswerStatus::Complete,
        ..Answer::open(ModelId::new("p", model), RunId(uuid::Uuid::nil()))
    };
    Message { answer: Some(answer), ..message(Role::Assistant, parts) }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn thinking(opaque: Option<Value>) -> Part {
    Part::Thinking { text: "hm".to_owned(), started: Timestamp(0), ended: None, opaque }
}

fn call(id: &str, args: Value) -> Part {
    Part::ToolCall { id: ToolCallId(id.to_owned()), tool: "read".to_owned(), args }
}

fn result(id: &str, result: &str) -> Part {
    let (id, result) = (ToolCallId(id.to_owned()), result.to_owned());
    Part::ToolResult { id, result, success: true, elapsed_ms: 1 }
}

fn image(url: &str) -> Part {
    Part::Image { url: url.to_owned(), alt: String::new() }
}

fn user(content: &str) -> Message {
    message(Role::User, vec![text(content)])
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("p", "own")),
        messages,
        MessageId(uuid::Uuid::nil()),
        std::time::Duration::from_secs(1),
    )
}

fn sent(request: &ChatRequest, wire: &Wire) -> Value {
    serde_json::from_slice(&body(request, wire).unwrap()).unwrap()
}

fn sent_messages(messages: Vec<Message>) -> Value {
    sent(&request(messages), &Wire::COMMON)["messages"].take()
}

fn wire_call(id: &str, arguments: &str) -> Value {
    json!({"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}})
}

#[test]
fn the_plainest_request_holds_nothing_that_was_not_asked_for() {
    let expected = json!({
        "model": "own",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    assert_eq!(sent(&request(vec![user("hi")]), &Wire::COMMON), expected);
}

#[test]
fn users_send_text_files_and_images() {
    let file = Part::File { name: "a.rs".to_owned(), text: "fn a() {}".to_owned() };
    let seen = vec![
        message(Role::User, vec![text("look"), file]),
        message(Role::User, vec![image("data:image/png;base64,AA"), image("https://a/b.png")]),
    ];
    let text = "look\n\n<file name=\"a.rs\">\nfn a() {}\n</file>";
    let expected = json!([
        {"role": "user", "content": [
            {"type": "text", "text": text},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
            {"type": "image_url", "image_url": {"url": "https://a/b.png"}},
        ]},
    ]);
    assert_eq!(sent_messages(seen.clone()), expected);
    let expected = json!([{"role": "user", "content": text}]);
    assert_eq!(sent_messages(seen[..1].to_vec()), expected);
}

#[test]
fn images_are_sent_only_from_where_everyone_may_look() {
    let sent = sent_messages(vec![message(
        Role::User,
        vec![image("file:///etc/passwd"), image("http://a/b.png"), image("help:x")],
    )]);
    assert!(sent[0]["content"].is_string(), "{sent}");
    assert!(!sent.to_string().contains("passwd"), "{sent}");
}

#[test]
fn opaque_thinking_goes_back_only_to_the_model_that_made_it() {
    let opaque = json!([{"type": "reasoning.text", "signature": "s"}]);
    let parts = || vec![thinking(Some(opaque.clone())), text("a")];
    let messages = sent_messages(vec![
        user("1"),
        answer("own", parts()),
        user("2"),
        answer("other", parts()),
        user("3"),
    ]);
    let expected = json!([
        {"role": "user", "content": "1"},
        {"role": "assistant", "content": "a", "reasoning_details": opaque},
        {"role": "user", "content": "2"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "3"},
    ]);
    assert_eq!(messages, expected);
}

#[test]
fn results_stand_behind_the_calls_and_their_tools_are_named() {
    let request = request(vec![
        user("go"),
        answer("own", vec![text("one"), call("a", json!({"x": 1})), result("a", "A")]),
        user("on"),
    ]);
    let body = sent(&request, &Wire::COMMON);
    let expected = json!([
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": "one", "tool_calls": [wire_call("a", "{\"x\":1}")]},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "user", "content": "on"},
    ]);
    assert_eq!(body["messages"], expected);
    assert_eq!(body["tools"][0]["function"]["name"], "read");
    assert_eq!(body["tool_choice"], "none");
}

#[test]
fn a_message_of_a_megabyte_is_sent_whole() {
    let long = "ü".repeat(1 << 19);
    let messages = sent_messages(vec![user(&long)]);
    assert_eq!(messages[0]["content"].as_str().map(str::len), Some(1 << 20));
}
