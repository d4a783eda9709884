//! Server-sent events of chat completions.

use serde_json::{Value, json};

/// Events in their usual form, `[DONE]` included.
pub(crate) fn sse(events: &[Value]) -> Vec<u8> {
    let mut bytes = sse_without_done(events);
    bytes.extend_from_slice(b"data: [DONE]\n\n");
    bytes
}

/// Events alone.
pub(crate) fn sse_without_done(events: &[Value]) -> Vec<u8> {
    events.iter().map(|event| format!("data: {event}\n\n")).collect::<String>().into_bytes()
}

/// A whole answer: role, words one by one, finish, usage.
pub(crate) fn completion(text: &str) -> Vec<Value> {
    let first = chunk(json!({"role": "assistant", "content": ""}), None);
    let words = text.split_inclusive(' ').map(delta);
    let last = [finish("stop"), usage(7, text.split_whitespace().count() as u64)];
    [first].into_iter().chain(words).chain(last).collect()
}

/// A piece of text.
pub(crate) fn delta(content: &str) -> Value {
    chunk(json!({"content": content}), None)
}

/// A piece of thinking.
pub(crate) fn thinking(content: &str) -> Value {
    chunk(json!({"reasoning": content}), None)
}

/// The end.
pub(crate) fn finish(reason: &str) -> Value {
    chunk(json!({}), Some(reason))
}

/// The chunk with empty `choices` that closes a stream.
pub(crate) fn usage(prompt: u64, completion: u64) -> Value {
    json!({
        "id": "x", "object": "chat.completion.chunk", "choices": [],
        "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                  "total_tokens": prompt + completion},
    })
}

/// An error object, as it stands in a body or in a stream.
pub(crate) fn failure(code: impl Into<Value>, message: &str) -> Value {
    json!({"error": {"code": code.into(), "message": message}})
}

#[expect(clippy::needless_pass_by_value, reason = "made for the call")]
fn chunk(delta: Value, finish_reason: Option<&str>) -> Value {
    json!({
        "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    })
}
