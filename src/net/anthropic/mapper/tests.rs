use serde_json::json;

use super::*;
use crate::protocol::{
    Answer, ChatId, Message, MessageId, ModelId, ModelInfo, Part, Role, RunId, Timestamp,
    ToolCallId,
};

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("p", "claude-opus-5-5")),
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
    let mut mapper = MessageMapper::new(&request(Vec::new()), Arc::default());
    let mut out = Outbox::default();
    for event in events {
        match mapper.event(&event.to_string(), &mut out) {
            Ok(Flow::More) => {}
            Ok(Flow::Done) => break,
            Err(error) => return (all(out), Some(error)),
        }
    }
    assert!(mapper.is_finished(), "the stream ended early");
    mapper.finish(&mut out);
    (all(out), None)
}

fn mapped(events: &[Value]) -> Vec<Chunk> {
    let (chunks, error) = map(events);
    assert_eq!(error, None);
    chunks
}

#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn begin(block: Value) -> Value {
    json!({"type": "content_block_start", "index": 0, "content_block": block})
}

#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn delta(delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": 0, "delta": delta})
}

fn end() -> Value {
    json!({"type": "content_block_stop", "index": 0})
}

fn say(text: &str) -> Value {
    delta(json!({"type": "text_delta", "text": text}))
}

fn think(thinking: &str) -> Value {
    delta(json!({"type": "thinking_delta", "thinking": thinking}))
}

fn sign(signature: &str) -> Value {
    delta(json!({"type": "signature_delta", "signature": signature}))
}

fn input(json: &str) -> Value {
    delta(json!({"type": "input_json_delta", "partial_json": json}))
}

fn text_block() -> Value {
    begin(json!({"type": "text", "text": "", "citations": null}))
}

fn thinking_block() -> Value {
    begin(json!({"type": "thinking", "thinking": "", "signature": ""}))
}

fn tool_block(id: &str, name: &str) -> Value {
    begin(json!({"type": "tool_use", "id": id, "name": name, "input": {},
                 "caller": {"type": "direct"}}))
}

fn stop(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null}})
}

fn last() -> Value {
    json!({"type": "message_stop"})
}

fn text(content: &str, offset: u64) -> Chunk {
    let (role, message_id) = (Role::Assistant, answer_id());
    Chunk::Event(StreamEvent::Message { role, content: content.to_owned(), message_id, offset })
}

fn thought(content: &str, offset: u64, opaque: Option<Value>) -> Chunk {
    Chunk::Event(StreamEvent::Thinking { content: content.to_owned(), offset, opaque })
}

fn call(id: &str, tool: &str, args: Value) -> Chunk {
    Chunk::Event(StreamEvent::ToolStart { id: ToolCallId(id.to_owned()), tool: tool.into(), args })
}

/// What is kept of a part: the model and these blocks.
#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn of_model(blocks: Value) -> Option<Value> {
    Some(json!({"model": "claude-opus-5-5", "blocks": blocks}))
}

fn kept(start: u64, end: u64, signature: &str) -> Value {
    json!({"type": "thinking", "start": start, "end": end, "signature": signature})
}

const STOP: Chunk = Chunk::Finish(FinishReason::Stop);

#[test]
fn offsets_count_bytes_and_neighbouring_text_blocks_are_one_part() {
    let events = [
        thinking_block(),
        think("ü"),
        think("b\n"),
        sign("s"),
        end(),
        text_block(),
        say("ä"),
        json!({"type": "ping"}),
        say("\"d\" 👋"),
        end(),
        begin(json!({"type": "text", "text": "e"})),
        say(""),
        say("f"),
        end(),
        stop("end_turn"),
        last(),
    ];
    let expected =
        [thought("üb\n", 0, of_model(json!([kept(0, 4, "s")]))), text("ä\"d\" 👋ef", 0), STOP];
    assert_eq!(mapped(&events), expected);
}

#[test]
fn blocks_of_thinking_that_follow_each_other_are_one_part_and_stay_whole() {
    let redacted = || begin(json!({"type": "redacted_thinking", "data": "zzz"}));
    let events = [
        thinking_block(),
        think("one"),
        sign("s1"),
        end(),
        redacted(),
        end(),
        thinking_block(),
        think("two"),
        sign("s2"),
        end(),
        text_block(),
        say("a"),
        end(),
        redacted(),
        end(),
        text_block(),
        say("b"),
        end(),
        stop("end_turn"),
        last(),
    ];
    let hidden = json!({"type": "redacted_thinking", "data": "zzz"});
    let expected = [
        thought("one", 0, of_model(json!([kept(0, 3, "s1")]))),
        thought("", 3, of_model(json!([kept(0, 3, "s1"), hidden]))),
        thought("\n\ntwo", 3, of_model(json!([kept(0, 3, "s1"), hidden, kept(5, 8, "s2")]))),
        text("a", 0),
        thought("", 0, of_model(json!([hidden]))),
        text("b", 0),
        STOP,
    ];
    assert_eq!(mapped(&events), expected);
}

#[test]
fn thinking_that_is_kept_from_the_user_still_goes_back() {
    let events =
        [thinking_block(), sign("s"), end(), text_block(), say("a"), end(), stop("end_turn")];
    let expected = [thought("", 0, of_model(json!([kept(0, 0, "s")]))), text("a", 0), STOP];
    assert_eq!(mapped(&events), expected);
    let nothing = [thinking_block(), end(), text_block(), say("a"), end(), stop("end_turn")];
    assert_eq!(mapped(&nothing), [text("a", 0), STOP]);
}

#[test]
fn calls_are_told_when_they_are_whole() {
    let events = [
        text_block(),
        say("look"),
        end(),
        tool_block("a", "read"),
        input(""),
        input("{\"path\": \"ü"),
        input("\\n\"}"),
        end(),
        tool_block("b", "list"),
        end(),
        tool_block("c", "bad"),
        input("{\"a\":"),
        end(),
        begin(json!({"type": "tool_use", "id": "d", "name": "whole", "input": {"n": 1}})),
        end(),
        stop("tool_use"),
        last(),
    ];
    let expected = [
        text("look", 0),
        call("a", "read", json!({"path": "ü\n"})),
        call("b", "list", json!({})),
        call("c", "bad", json!("{\"a\":")),
        call("d", "whole", json!({"n": 1})),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(mapped(&events), expected);
}

#[test]
fn text_and_thinking_between_calls_stay_in_their_order() {
    let events = [
        text_block(),
        say("one"),
        end(),
        tool_block("a", "t"),
        end(),
        thinking_block(),
        think("hm"),
        sign("s"),
        end(),
        text_block(),
        say("two"),
        end(),
        tool_block("b", "t"),
        end(),
        stop("end_turn"),
    ];
    let expected = [
        text("one", 0),
        call("a", "t", json!({})),
        thought("hm", 0, of_model(json!([kept(0, 2, "s")]))),
        text("two", 0),
        call("b", "t", json!({})),
        // Calls wait for their results, whatever the reason says.
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(mapped(&events), expected);
}

#[test]
fn a_call_that_may_be_cut_off_is_not_made() {
    for json in ["", "{\"path\":\"/tmp", "{\"path\":\"/\"}"] {
        let events = [tool_block("a", "rm"), input(json), end(), stop("max_tokens"), last()];
        assert_eq!(mapped(&events), [Chunk::Finish(FinishReason::Length)], "{json}");
    }
    let two = [tool_block("a", "t"), end(), tool_block("b", "rm"), end(), stop("max_tokens")];
    let expected = [call("a", "t", json!({})), Chunk::Finish(FinishReason::Length)];
    assert_eq!(mapped(&two), expected);
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
    let mut mapper = MessageMapper::new(&request(vec![open]), Arc::default());
    let mut out = Outbox::default();
    for event in [tool_block("a", "t"), end(), tool_block("", "t"), end(), stop("tool_use")] {
        mapper.event(&event.to_string(), &mut out).unwrap();
    }
    mapper.finish(&mut out);
    let expected = [
        call("call_2", "t", json!({})),
        call("call_3", "t", json!({})),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(all(out), expected);
}

#[test]
fn what_is_unknown_or_says_nothing_to_the_user_does_no_harm() {
    let server_tool = |kind: &str| {
        begin(json!({"type": kind, "id": 7, "tool_use_id": "s", "name": "web_search",
                     "input": {}, "content": [{"type": "web_search_result", "url": "u"}]}))
    };
    let mut events = vec![
        json!({"type": "message_start", "message": {"content": [], "usage": {"input_tokens": "?"}}}),
        json!({"type": "something_new", "delta": 7, "message": "x", "content_block": []}),
        json!({"no": "type"}),
        text_block(),
        say("a"),
        delta(json!({"type": "citations_delta", "citation": {"type": "char_location"}})),
        delta(json!({"type": "something_new", "text": 7})),
        end(),
    ];
    for kind in [
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "container_upload",
        "compaction",
        "something_new",
    ] {
        events.extend([server_tool(kind), input("{\"q\":1}"), say("not this"), end()]);
    }
    events.extend([
        text_block(),
        say("b"),
        end(),
        json!({"type": "message_delta", "delta": {"stop_reason": null}, "usage": null}),
        json!({"type": "message_delta", "delta": {"stop_reason": "something_new",
               "container": {"id": "c"}}}),
        say("late"),
        text_block(),
        json!({"type": "ping"}),
        last(),
    ]);
    assert_eq!(mapped(&events), [text("ab", 0), STOP]);
}

#[test]
fn reasons_to_stop_have_one_meaning_each() {
    let table = [
        ("end_turn", Ok(FinishReason::Stop)),
        ("stop_sequence", Ok(FinishReason::Stop)),
        ("tool_use", Ok(FinishReason::Stop)),
        ("max_tokens", Ok(FinishReason::Length)),
        ("pause_turn", Ok(FinishReason::Length)),
        ("model_context_window_exceeded", Ok(FinishReason::Length)),
        ("refusal", Err(ErrorKind::Refused)),
        ("something new", Ok(FinishReason::Stop)),
    ];
    for (reason, expected) in table {
        let (chunks, error) = map(&[text_block(), say("a"), end(), stop(reason), last()]);
        assert_eq!(chunks.first(), Some(&text("a", 0)), "{reason}");
        let finish = chunks.last().cloned();
        let outcome = match (finish, error) {
            (_, Some(error)) => Err(error.kind),
            (Some(Chunk::Finish(reason)), None) => Ok(reason),
            (other, None) => panic!("{reason}: {other:?}"),
        };
        assert_eq!(outcome, expected, "{reason}");
    }
    let (_, error) = map(&[stop("model_context_window_exceeded")]);
    assert_eq!(error.map(|error| error.kind), Some(ErrorKind::ContextTooLong));
}

#[test]
fn a_refusal_says_why_and_what_it_took() {
    let refusal = |details: Value| {
        json!({"type": "message_delta", "delta": {"stop_reason": "refusal",
               "stop_details": details}, "usage": {"input_tokens": 5, "output_tokens": 1}})
    };
    let explained = json!({"type": "refusal", "category": "cyber", "explanation": "No exploits."});
    let table = [
        (explained, "cyber", "No exploits."),
        (
            json!({"category": "bio", "explanation": null}),
            "bio",
            "The model declined to answer, for a reason named \"bio\"",
        ),
        (Value::Null, "refusal", "The model declined to answer"),
        (json!("odd"), "refusal", "The model declined to answer"),
    ];
    for (details, code, message) in table {
        let (chunks, error) = map(&[refusal(details)]);
        let error = error.unwrap();
        assert_eq!(error.kind, ErrorKind::Refused);
        assert_eq!((error.code.as_deref(), error.message.as_str()), (Some(code), message));
        assert_eq!(chunks, [told(5, 1)]);
    }
}

fn told(prompt: u64, completion: u64) -> Chunk {
    Chunk::Event(StreamEvent::usage(Usage {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(completion),
        ..Usage::default()
    }))
}

#[test]
fn usage_counts_the_cache_in_and_is_told_early_and_late() {
    let start = json!({"type": "message_start", "message": {"usage": {
        "input_tokens": 10, "cache_read_input_tokens": 200, "cache_creation_input_tokens": 30,
        "output_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 30},
        "service_tier": "standard"}}});
    let done = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 7}}});
    let usage = |completion| {
        Chunk::Event(StreamEvent::usage(Usage {
            prompt_tokens: Some(240),
            completion_tokens: Some(completion),
            cached_tokens: Some(200),
            cache_write_tokens: Some(30),
            cost_usd: None,
        }))
    };
    let chunks = mapped(&[start.clone(), text_block(), say("a"), end(), done, last()]);
    assert_eq!(chunks, [usage(1), text("a", 0), usage(50), STOP]);
    let (chunks, error) = map(&[
        start,
        json!({"type": "error", "error": {
        "type": "overloaded_error", "message": "Overloaded"}}),
    ]);
    assert_eq!(chunks, [usage(1)]);
    assert_eq!(error.map(|error| error.kind), Some(ErrorKind::Overloaded));
    // Counts are what servers claim.
    let most = Some(u64::MAX);
    let told =
        WireUsage { input_tokens: most, cache_read_input_tokens: most, ..Default::default() };
    assert_eq!(super::usage(told).prompt_tokens, most);
}

#[test]
fn an_error_in_the_stream_keeps_the_text_before_it() {
    let error = |class: &str| {
        json!({"type": "error", "error": {"type": class, "message": "slow down"},
               "request_id": "req_1"})
    };
    let table = [
        (error("overloaded_error"), ErrorKind::Overloaded),
        (error("api_error"), ErrorKind::Overloaded),
        (error("timeout_error"), ErrorKind::Overloaded),
        (error("rate_limit_error"), ErrorKind::RateLimited),
        (error("authentication_error"), ErrorKind::Auth),
        (error("permission_error"), ErrorKind::Auth),
        (error("billing_error"), ErrorKind::Auth),
        (error("not_found_error"), ErrorKind::NotFound),
        (error("invalid_request_error"), ErrorKind::BadRequest),
        (error("something_new"), ErrorKind::BadRequest),
        // Of servers that imitate the API.
        (json!({"error": {"code": 429, "message": "slow down"}}), ErrorKind::RateLimited),
    ];
    for (event, kind) in table {
        let (chunks, error) = map(&[text_block(), say("a"), event.clone()]);
        assert_eq!(chunks, [text("a", 0)]);
        let error = error.unwrap();
        assert_eq!((error.kind, error.message.as_str()), (kind, "slow down"), "{event}");
    }
}

#[test]
fn what_fails_after_the_end_is_no_failure_of_the_answer() {
    let late = json!({"type": "error", "error": {"type": "api_error", "message": "late"}});
    assert_eq!(
        mapped(&[text_block(), say("a"), end(), stop("end_turn"), late]),
        [text("a", 0), STOP]
    );
}

#[test]
fn data_that_is_no_event_is_a_protocol_error() {
    for data in [
        "{",
        "nonsense",
        "7",
        "{\"type\":7}",
        "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":7}}",
        "{\"type\":\"content_block_start\",\"content_block\":\"x\"}",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":7}}",
    ] {
        let mut mapper = MessageMapper::new(&request(Vec::new()), Arc::default());
        let error = mapper.event(data, &mut Outbox::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{data}");
    }
}

#[test]
fn servers_that_imitate_the_api_may_leave_things_out() {
    let events = [think("hm"), think("m"), say("a"), say("b"), last()];
    assert_eq!(mapped(&events), [thought("hmm", 0, None), text("ab", 0), STOP]);
    let open_end = [tool_block("a", "t"), input("{\"n\":1}"), stop("tool_use"), last()];
    let expected = [call("a", "t", json!({"n": 1})), Chunk::Finish(FinishReason::ToolCalls)];
    assert_eq!(mapped(&open_end), expected);
}

#[test]
fn a_whole_message_is_read_as_if_it_were_streamed() {
    let message = json!({"type": "message", "role": "assistant", "content": [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "redacted_thinking", "data": "zzz"},
        {"type": "text", "text": "one"},
        {"type": "server_tool_use", "id": "x", "name": "web_search", "input": {}},
        {"type": "text", "text": " two"},
        {"type": "tool_use", "id": "a", "name": "t", "input": {"n": 1}},
    ], "stop_reason": "tool_use", "usage": {"input_tokens": 5, "output_tokens": 1}});
    let mut mapper = MessageMapper::new(&request(Vec::new()), Arc::default());
    let mut out = Outbox::default();
    mapper.whole(&message.to_string(), &mut out).unwrap();
    let hidden = json!({"type": "redacted_thinking", "data": "zzz"});
    let expected = [
        thought("hm", 0, of_model(json!([kept(0, 2, "s")]))),
        thought("", 2, of_model(json!([kept(0, 2, "s"), hidden]))),
        text("one two", 0),
        call("a", "t", json!({"n": 1})),
        told(5, 1),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(all(out), expected);
    for (body, kind) in [
        (json!({"type": "error", "error": {"type": "api_error"}}), ErrorKind::Overloaded),
        (json!({"choices": []}), ErrorKind::Protocol),
    ] {
        let mut mapper = MessageMapper::new(&request(Vec::new()), Arc::default());
        let error = mapper.whole(&body.to_string(), &mut Outbox::default()).unwrap_err();
        assert_eq!(error.kind, kind, "{body}");
    }
}
