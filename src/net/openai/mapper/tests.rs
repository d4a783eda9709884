use serde_json::json;

use super::*;
use crate::protocol::{
    Answer, ChatId, Message, MessageId, ModelId, ModelInfo, Part, Role, RunId, Timestamp,
    ToolCallId,
};

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("p", "m")),
        messages,
        answer_id(),
        std::time::Duration::from_secs(1),
    )
}

fn all(mut out: Outbox) -> Vec<Chunk> {
    std::iter::from_fn(|| out.pop()).collect()
}

fn answer_id() -> MessageId {
    MessageId(uuid::Uuid::from_u128(7))
}

/// All chunks of these events, and the error, if there is one.
fn map(events: &[Value]) -> (Vec<Chunk>, Option<ProviderError>) {
    let mut mapper = CompletionMapper::new(&request(Vec::new()), Arc::default());
    let mut out = Outbox::default();
    for event in events {
        if let Err(error) = mapper.event(&event.to_string(), &mut out) {
            return (all(out), Some(error));
        }
    }
    mapper.finish(&mut out);
    (all(out), None)
}

#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

fn text(content: &str, offset: u64) -> Chunk {
    let (role, message_id) = (Role::Assistant, answer_id());
    Chunk::Event(StreamEvent::Message { role, content: content.to_owned(), message_id, offset })
}

fn thinking(content: &str, offset: u64) -> Chunk {
    Chunk::Event(StreamEvent::Thinking { content: content.to_owned(), offset, opaque: None })
}

fn opaque(offset: u64, data: Value) -> Chunk {
    let content = String::new();
    Chunk::Event(StreamEvent::Thinking { content, offset, opaque: Some(data) })
}

fn call(id: &str, tool: &str, args: Value) -> Chunk {
    Chunk::Event(StreamEvent::ToolStart { id: ToolCallId(id.to_owned()), tool: tool.into(), args })
}

const STOP: Chunk = Chunk::Finish(FinishReason::Stop);

#[test]
fn offsets_count_bytes_in_each_part() {
    let (chunks, error) = map(&[
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"reasoning": "ü"})),
        delta(json!({"reasoning": "b"})),
        delta(json!({"content": "ä"})),
        delta(json!({"content": "d"})),
        delta(json!({"reasoning_content": "again"})),
        delta(json!({"content": "e"})),
        finish("stop"),
    ]);
    assert_eq!(error, None);
    assert_eq!(
        chunks,
        [thinking("üb", 0), text("äd", 0), thinking("again", 0), text("e", 0), STOP]
    );
}

#[test]
fn events_that_differ_only_in_their_text_are_mapped_like_any_other() {
    let (chunks, error) = map(&[
        delta(json!({"reasoning_content": "a"})),
        delta(json!({"reasoning_content": "b\n"})),
        delta(json!({"content": "c"})),
        delta(json!({"content": "\"d\" ü"})),
        delta(json!({"content": ""})),
        delta(json!({"content": null})),
        delta(json!({"content": "e"})),
        finish("stop"),
        delta(json!({"content": "late"})),
    ]);
    assert_eq!(error, None);
    assert_eq!(chunks, [thinking("ab\n", 0), text("c\"d\" üe", 0), STOP]);
}

#[test]
fn null_missing_and_unknown_fields_are_taken_as_nothing() {
    let (chunks, error) = map(&[
        json!({"id": "x", "choices": [], "prompt_filter_results": [{}]}),
        json!({}),
        json!({"choices": null, "usage": null, "error": null}),
        json!({"choices": [{}]}),
        json!({"choices": [{"delta": null}]}),
        delta(json!({"content": null, "reasoning": null, "tool_calls": null, "refusal": null,
                     "reasoning_details": null, "reasoning_content": null})),
        delta(json!({"content": {"odd": 1}})),
        json!({"choices": [{"delta": {"content": "a"}, "finish_reason": ""}]}),
        json!({"choices": [{"delta": {"content": "b"}}, {"delta": {"content": "other"}}]}),
        finish("stop"),
    ]);
    assert_eq!(error, None);
    assert_eq!(chunks, [text("ab", 0), STOP]);
}

#[test]
fn finish_reasons_have_one_meaning_each() {
    let table = [
        ("stop", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("tool_calls", FinishReason::Stop),
        ("something new", FinishReason::Stop),
    ];
    for (reason, expected) in table {
        assert_eq!(map(&[finish(reason)]).0, [Chunk::Finish(expected)], "{reason}");
    }
}

#[test]
fn usage_comes_after_the_finish_in_a_chunk_without_choices() {
    let (chunks, _) = map(&[
        delta(json!({"content": "a"})),
        finish("stop"),
        json!({"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 2, "cost": 0.25}}),
    ]);
    let usage = Chunk::Event(StreamEvent::Usage {
        cache_write_tokens: None,
        cached_tokens: None,
        prompt_tokens: Some(5),
        completion_tokens: Some(2),
        total_cost: Some(0.25),
        totals: Box::default(),
    });
    assert_eq!(chunks, [text("a", 0), usage, STOP]);
}

#[test]
fn text_after_the_finish_is_not_part_of_the_answer() {
    let (chunks, _) = map(&[finish("stop"), delta(json!({"content": "late"}))]);
    assert_eq!(chunks, [STOP]);
}

#[test]
fn text_of_reasoning_details_is_not_doubled() {
    let entry = |text: &str| json!([{"type": "reasoning.text", "text": text, "index": 0}]);
    let (both, _) = map(&[
        delta(json!({"reasoning": "a", "reasoning_details": entry("a")})),
        delta(json!({"reasoning": "b", "reasoning_details": entry("b")})),
        delta(json!({"content": "c"})),
        finish("stop"),
    ]);
    let (details_only, _) = map(&[
        delta(json!({"reasoning_details": entry("a")})),
        delta(json!({"reasoning_details": [{"type": "reasoning.summary", "summary": "b"}]})),
        delta(json!({"content": "c"})),
        finish("stop"),
    ]);
    let expected = [thinking("ab", 0), text("c", 0), STOP];
    assert_eq!(both, expected);
    assert_eq!(details_only, expected);
}

#[test]
fn signed_thinking_is_kept_whole_for_its_model() {
    let (chunks, _) = map(&[
        delta(json!({"reasoning_details": [
            {"type": "reasoning.text", "text": "a", "index": 0, "format": "anthropic-claude-v1"}]})),
        delta(json!({"reasoning_details": [{"type": "reasoning.text", "text": "b", "index": 0}]})),
        delta(json!({"reasoning_details": [
            {"type": "reasoning.text", "signature": "sig", "index": 0}]})),
        delta(json!({"content": "c"})),
        finish("stop"),
    ]);
    let data = json!([{"type": "reasoning.text", "text": "ab", "signature": "sig",
                       "format": "anthropic-claude-v1", "index": 0}]);
    let signed = Chunk::Event(StreamEvent::Thinking {
        content: "ab".to_owned(),
        offset: 0,
        opaque: Some(data),
    });
    assert_eq!(chunks, [signed, text("c", 0), STOP]);
}

#[test]
fn encrypted_thinking_that_comes_late_is_a_part_of_its_own() {
    let entry = json!({"type": "reasoning.encrypted", "data": "zzz", "id": "rs_1", "index": 0});
    let (chunks, _) = map(&[
        delta(json!({"content": "c"})),
        delta(json!({"reasoning_details": [entry]})),
        finish("stop"),
    ]);
    assert_eq!(chunks, [text("c", 0), opaque(0, json!([entry])), STOP]);
}

#[test]
fn blocks_of_content_are_thinking_and_text() {
    let (chunks, _) = map(&[
        delta(
            json!({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "a"}]}]}),
        ),
        delta(json!({"content": [{"type": "text", "text": "b"}]})),
        finish("stop"),
    ]);
    assert_eq!(chunks, [thinking("a", 0), text("b", 0), STOP]);
}

#[test]
fn tool_calls_are_collected_by_index() {
    let part = |index: u64, function: Value| {
        delta(json!({"tool_calls": [{"index": index, "function": function}]}))
    };
    let (chunks, _) = map(&[
        delta(json!({"tool_calls": [{"index": 0, "id": "a", "type": "function",
                     "function": {"name": "read", "arguments": ""}}]})),
        part(0, json!({"arguments": "{\"path\":"})),
        part(0, json!({"arguments": "\"x\"}"})),
        delta(json!({"tool_calls": [{"index": 1, "id": "b", "function": {"name": "list"}}]})),
        delta(json!({"tool_calls": [{"index": 2, "id": "c",
                     "function": {"name": "bad", "arguments": "{\"a\":"}}]})),
        finish("tool_calls"),
    ]);
    let expected = [
        call("a", "read", json!({"path": "x"})),
        call("b", "list", json!({})),
        call("c", "bad", json!("{\"a\":")),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(chunks, expected);
}

#[test]
fn tool_calls_without_index_or_id_are_told_apart() {
    let whole = |id: Value, name: &str| json!({"id": id, "function": {"name": name, "arguments": {"n": 1}}});
    let (chunks, _) = map(&[
        delta(json!({"tool_calls": [whole(json!("a"), "one"), whole(json!("b"), "two")]})),
        delta(json!({"tool_calls": [whole(json!("c"), "three")]})),
        finish("stop"),
    ]);
    let args = json!({"n": 1});
    let expected = [
        call("a", "one", args.clone()),
        call("b", "two", args.clone()),
        call("c", "three", args.clone()),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(chunks, expected);
    let (chunks, _) = map(&[
        delta(json!({"tool_calls": [whole(json!(null), "one"), whole(json!(""), "two")]})),
        finish("tool_calls"),
    ]);
    let expected = [
        call("call_1", "one", args.clone()),
        call("call_2", "two", args),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(chunks, expected);
}

#[test]
fn an_id_of_an_earlier_turn_is_not_used_again() {
    let earlier = Part::ToolCall { id: ToolCallId("a".into()), tool: "t".into(), args: json!({}) };
    let open = Message {
        answer: Some(Answer::open(ModelId::new("p", "m"), RunId(uuid::Uuid::nil()))),
        ..Message::new(
            answer_id(),
            ChatId(uuid::Uuid::nil()),
            Role::Assistant,
            Timestamp(0),
            vec![earlier],
        )
    };
    let mut mapper = CompletionMapper::new(&request(vec![open]), Arc::default());
    let mut out = Outbox::default();
    let again = delta(json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "t"}}]}));
    mapper.event(&again.to_string(), &mut out).unwrap();
    mapper.event(&finish("tool_calls").to_string(), &mut out).unwrap();
    mapper.finish(&mut out);
    let expected = [call("call_2", "t", json!({})), Chunk::Finish(FinishReason::ToolCalls)];
    assert_eq!(all(out), expected);
}

#[test]
fn calls_of_an_answer_that_was_cut_off_are_not_made() {
    let (chunks, _) = map(&[
        delta(json!({"tool_calls": [{"index": 0, "id": "a",
                     "function": {"name": "rm", "arguments": "{\"path\":\"/tmp"}}]})),
        finish("length"),
    ]);
    assert_eq!(chunks, [Chunk::Finish(FinishReason::Length)]);
}

#[test]
fn an_error_in_the_stream_keeps_the_text_before_it() {
    let table = [
        (json!({"error": {"code": 429, "message": "slow down"}}), ErrorKind::RateLimited),
        (json!({"error": {"code": "502", "message": "slow down"}}), ErrorKind::Overloaded),
        (json!({"error": "slow down"}), ErrorKind::BadRequest),
        (
            json!({"error": {"code": "server_error", "message": "slow down"},
                   "choices": [{"delta": {"content": ""}, "finish_reason": "error"}]}),
            ErrorKind::Overloaded,
        ),
        (
            json!({"choices": [{"error": {"code": 502, "message": "slow down"},
                                "finish_reason": "error"}]}),
            ErrorKind::Overloaded,
        ),
    ];
    for (event, kind) in table {
        let (chunks, error) = map(&[delta(json!({"content": "a"})), event.clone()]);
        assert_eq!(chunks, [text("a", 0)]);
        let error = error.unwrap();
        assert_eq!((error.kind, error.message.as_str()), (kind, "slow down"), "{event}");
    }
}

#[test]
fn a_finish_reason_of_error_alone_is_an_error() {
    let (_, error) = map(&[finish("error")]);
    assert_eq!(error.map(|error| error.kind), Some(ErrorKind::Overloaded));
}

#[test]
fn data_that_is_not_a_chunk_is_a_protocol_error() {
    for data in ["{", "nonsense", "{\"choices\":7}", "{\"choices\":[{\"delta\":\"x\"}]}", "7"] {
        let mut mapper = CompletionMapper::new(&request(Vec::new()), Arc::default());
        let error = mapper.event(data, &mut Outbox::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{data}");
    }
}
