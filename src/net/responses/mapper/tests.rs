mod kinds;
mod places;

use serde_json::json;

use super::*;
use crate::protocol::{
    Answer, ChatId, ModelId, ModelInfo, ResumePoint, Role, RunId, Timestamp, ToolCallId,
};

fn answer_id() -> MessageId {
    MessageId(uuid::Uuid::from_u128(7))
}

fn request() -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("openai", "gpt-5")),
        Vec::new(),
        answer_id(),
        std::time::Duration::from_secs(1),
    )
}

fn fresh(keeping: Keeping) -> ResponseMapper {
    ResponseMapper::new(&request(), keeping, Arc::default())
}

fn answer(parts: Vec<Part>) -> Message {
    Message {
        answer: Some(Answer::open(ModelId::new("openai", "gpt-5"), RunId(uuid::Uuid::nil()))),
        ..Message::new(answer_id(), ChatId(uuid::Uuid::nil()), Role::Assistant, Timestamp(0), parts)
    }
}

fn resumed(answer: Message, point: ResumePoint) -> ResponseMapper {
    let idle_timeout = std::time::Duration::from_secs(1);
    let read = point::read(&point).unwrap();
    let request =
        ResumeRequest { model: ModelId::new("openai", "gpt-5"), point, answer, idle_timeout };
    ResponseMapper::resumed(&request, read, Arc::default())
}

fn all(mut out: Outbox) -> Vec<Chunk> {
    std::iter::from_fn(|| out.pop()).collect()
}

/// All chunks of these events, and the error, if there is one.
fn map(mapper: &mut ResponseMapper, events: &[Value]) -> (Vec<Chunk>, Option<ProviderError>) {
    let mut out = Outbox::default();
    for event in events {
        match mapper.event(&event.to_string(), &mut out) {
            Ok(Flow::More) => {}
            Ok(Flow::Done) => mapper.finish(&mut out),
            Err(error) => return (all(out), Some(error)),
        }
    }
    (all(out), None)
}

fn chunks(events: &[Value]) -> Vec<Chunk> {
    let (chunks, error) = map(&mut fresh(Keeping::Nowhere), events);
    assert_eq!(error, None);
    chunks
}

fn text(content: &str, offset: u64) -> Chunk {
    let (role, message_id) = (Role::Assistant, answer_id());
    Chunk::Event(StreamEvent::Message { role, content: content.to_owned(), message_id, offset })
}

fn thinking(content: &str, offset: u64) -> Chunk {
    Chunk::Event(StreamEvent::Thinking { content: content.to_owned(), offset, opaque: None })
}

fn thought(content: &str, offset: u64, opaque: Value) -> Chunk {
    let opaque = Some(opaque);
    Chunk::Event(StreamEvent::Thinking { content: content.to_owned(), offset, opaque })
}

fn call(id: &str, tool: &str, args: Value) -> Chunk {
    Chunk::Event(StreamEvent::ToolStart { id: ToolCallId(id.to_owned()), tool: tool.into(), args })
}

fn place(after: u64) -> ResumePoint {
    ResumePoint(json!({ "id": "resp_1", "after": after }))
}

const STOP: Chunk = Chunk::Finish(FinishReason::Stop);

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "background": true,
           "status": "queued", "output": []}})
}

fn added(kind: &str, id: &str) -> Value {
    json!({"type": "response.output_item.added", "output_index": 0,
           "item": {"type": kind, "id": id, "content": [], "summary": []}})
}

#[expect(clippy::needless_pass_by_value, reason = "reads better in the tables")]
fn done(item: Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": 0, "item": item})
}

fn block() -> Value {
    json!({"type": "response.content_part.added", "content_index": 0,
           "part": {"type": "output_text", "text": "", "annotations": []}})
}

fn delta(text: &str) -> Value {
    json!({"type": "response.output_text.delta", "delta": text, "logprobs": []})
}

fn summary(text: &str) -> Value {
    json!({"type": "response.reasoning_summary_text.delta", "summary_index": 0, "delta": text})
}

fn summary_block() -> Value {
    json!({"type": "response.reasoning_summary_part.added", "summary_index": 0,
           "part": {"type": "summary_text", "text": ""}})
}

fn reasoning(id: &str) -> Value {
    json!({"type": "reasoning", "id": id, "encrypted_content": format!("secret of {id}"),
           "summary": [{"type": "summary_text", "text": "hm"}]})
}

fn completed() -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed"}})
}

/// The events with numbers from 0, as the API counts them.
fn numbered(events: Vec<Value>) -> Vec<Value> {
    let numbered = (0_u64..).zip(events).map(|(number, mut event)| {
        event["sequence_number"] = number.into();
        event
    });
    numbered.collect()
}

#[test]
fn offsets_count_bytes_and_messages_are_one_text_with_blank_lines() {
    let got = chunks(&[
        created(),
        added("message", "msg_1"),
        block(),
        delta("ä"),
        delta("b"),
        block(),
        delta("c"),
        added("message", "msg_2"),
        block(),
        delta("d"),
        completed(),
    ]);
    assert_eq!(got, [text("äb\n\nc\n\nd", 0), STOP]);
}

#[test]
fn parts_of_a_summary_and_further_reasoning_are_one_thought_with_blank_lines() {
    let got = chunks(&[
        added("reasoning", "rs_1"),
        summary_block(),
        summary("a"),
        summary_block(),
        summary("b"),
        done(reasoning("rs_1")),
        added("reasoning", "rs_2"),
        summary_block(),
        summary("c"),
        done(reasoning("rs_2")),
        added("message", "msg_1"),
        block(),
        delta("d"),
        completed(),
    ]);
    let kept = json!({"items": [reasoning("rs_1"), reasoning("rs_2")], "next": "msg_1"});
    assert_eq!(got, [thought("a\n\nb\n\nc", 0, kept), text("d", 0), STOP]);
}

#[test]
fn reasoning_goes_with_what_it_led_to() {
    let function = |id: &str, call: &str| {
        json!({"type": "function_call", "id": id, "call_id": call, "name": "read",
               "arguments": "{\"path\":\"x\"}", "status": "completed"})
    };
    let got = chunks(&[
        added("reasoning", "rs_1"),
        done(reasoning("rs_1")),
        added("function_call", "fc_1"),
        json!({"type": "response.function_call_arguments.delta", "delta": "{\"pa"}),
        json!({"type": "response.function_call_arguments.done", "arguments": "{\"path\":\"x\"}"}),
        done(function("fc_1", "call_a")),
        added("reasoning", "rs_2"),
        done(reasoning("rs_2")),
        added("function_call", "fc_2"),
        done(function("fc_2", "call_b")),
        completed(),
    ]);
    let args = || json!({"path": "x"});
    let expected = [
        thought("hm", 0, json!({"items": [reasoning("rs_1")], "next": "fc_1"})),
        call("call_a", "read", args()),
        thought("hm", 0, json!({"items": [reasoning("rs_2")], "next": "fc_2"})),
        call("call_b", "read", args()),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(got, expected);
}

#[test]
fn the_phase_of_a_message_is_kept_with_what_led_to_it() {
    let mut remark = added("message", "msg_1");
    remark["item"]["phase"] = "commentary".into();
    let events =
        [added("reasoning", "rs_1"), done(reasoning("rs_1")), remark, delta("a"), completed()];
    let kept = json!({"items": [reasoning("rs_1")], "next": "msg_1", "phase": "commentary"});
    assert_eq!(chunks(&events), [thought("hm", 0, kept), text("a", 0), STOP]);
}

#[test]
fn reasoning_that_cannot_go_back_is_not_kept() {
    let plain = json!({"type": "reasoning", "id": "rs_1", "summary": [],
                       "content": [{"type": "reasoning_text", "text": "hm"}]});
    let got = chunks(&[
        added("reasoning", "rs_1"),
        done(plain),
        added("message", "msg_1"),
        delta("a"),
        completed(),
    ]);
    assert_eq!(got, [thinking("hm", 0), text("a", 0), STOP]);
    let for_a_search = chunks(&[
        added("reasoning", "rs_1"),
        done(reasoning("rs_1")),
        added("web_search_call", "ws_1"),
        done(json!({"type": "web_search_call", "id": "ws_1", "status": "completed"})),
        added("message", "msg_1"),
        delta("a"),
        completed(),
    ]);
    assert_eq!(for_a_search, [thinking("hm", 0), text("a", 0), STOP]);
    let led_to_nothing =
        chunks(&[added("reasoning", "rs_1"), done(reasoning("rs_1")), completed()]);
    assert_eq!(led_to_nothing, [thinking("hm", 0), STOP]);
}

#[test]
fn thinking_is_told_raw_or_as_a_summary_and_never_both() {
    let raw = |text: &str| json!({"type": "response.reasoning_text.delta", "delta": text});
    let got = chunks(&[
        added("reasoning", "rs_1"),
        raw("a"),
        summary("short"),
        raw("b"),
        added("reasoning", "rs_2"),
        summary("c"),
        raw("long"),
        completed(),
    ]);
    assert_eq!(got, [thinking("ab\n\nc", 0), STOP]);
}

#[test]
fn a_refusal_is_shown_and_ends_as_one() {
    let refusal = |text: &str| json!({"type": "response.refusal.delta", "delta": text});
    let usage = json!({"type": "response.completed",
                       "response": {"usage": {"input_tokens": 3, "output_tokens": 2}}});
    let events = [added("message", "msg_1"), refusal("I will "), refusal("not."), usage.clone()];
    let (got, error) = map(&mut fresh(Keeping::Nowhere), &events);
    let told = Usage { prompt_tokens: Some(3), completion_tokens: Some(2), ..Usage::default() };
    let told = Chunk::Event(StreamEvent::usage(told));
    assert_eq!(got, [text("I will not.", 0), told]);
    assert_eq!(error.map(|error| error.kind), Some(ErrorKind::Refused));
    // Resumed behind the refusal, the response at the end still tells of it.
    let mut whole = completed();
    whole["response"]["output"] = json!([{"type": "message", "id": "msg_1",
        "content": [{"type": "refusal", "refusal": "I will not."}]}]);
    let said = answer(vec![Part::Text { text: "I will not.".to_owned() }]);
    let (got, error) = map(&mut resumed(said, place(9)), &[whole]);
    assert_eq!(got, []);
    assert_eq!(error.map(|error| error.kind), Some(ErrorKind::Refused));
}

#[test]
fn ends_have_one_meaning_each() {
    let incomplete = |reason: &str| {
        json!({"type": "response.incomplete",
               "response": {"incomplete_details": {"reason": reason}}})
    };
    let table = [
        (incomplete("max_output_tokens"), FinishReason::Length),
        (incomplete("max_messages"), FinishReason::Length),
        (incomplete("content_filter"), FinishReason::ContentFilter),
        (completed(), FinishReason::Stop),
    ];
    for (event, expected) in table {
        assert_eq!(chunks(std::slice::from_ref(&event)), [Chunk::Finish(expected)], "{event}");
    }
}

#[test]
fn failures_keep_the_text_before_them_and_have_the_right_kind() {
    let failed = |code: &str| {
        json!({"type": "response.failed", "response": {"status": "failed",
               "error": {"code": code, "message": "no"}}})
    };
    let table = [
        (failed("server_error"), ErrorKind::Overloaded),
        (failed("rate_limit_exceeded"), ErrorKind::RateLimited),
        (failed("invalid_prompt"), ErrorKind::BadRequest),
        (failed("bio_policy"), ErrorKind::Refused),
        (json!({"type": "response.failed"}), ErrorKind::BadRequest),
        (
            json!({"type": "error", "code": "context_length_exceeded", "message": "no"}),
            ErrorKind::ContextTooLong,
        ),
        (
            json!({"type": "error", "error": {"type": "server_error", "message": "no"}}),
            ErrorKind::Overloaded,
        ),
        (json!({"error": {"code": "invalid_api_key", "message": "no"}}), ErrorKind::Auth),
        (json!({"type": "response.cancelled"}), ErrorKind::Cancelled),
        (json!(["no"]), ErrorKind::BadRequest),
    ];
    for (event, kind) in table {
        let (got, error) = map(&mut fresh(Keeping::Nowhere), &[delta("a"), event.clone()]);
        assert_eq!(got, [text("a", 0)]);
        assert_eq!(error.map(|error| error.kind), Some(kind), "{event}");
    }
}

#[test]
fn usage_tells_what_was_cached() {
    let mut end = completed();
    end["response"]["usage"] = json!({"input_tokens": 100, "output_tokens": 20,
        "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
        "output_tokens_details": {"reasoning_tokens": 12}, "total_tokens": 120});
    let usage = StreamEvent::usage(Usage {
        prompt_tokens: Some(100),
        completion_tokens: Some(20),
        cached_tokens: Some(64),
        cache_write_tokens: Some(8),
        cost_usd: None,
    });
    assert_eq!(chunks(&[end]), [Chunk::Event(usage), STOP]);
}

#[test]
fn what_came_without_deltas_is_told_once_at_its_end() {
    let whole = json!({"type": "message", "id": "msg_1", "role": "assistant",
                       "content": [{"type": "output_text", "text": "a"},
                                   {"type": "output_text", "text": "b"}]});
    let text_done = |text: &str| json!({"type": "response.output_text.done", "text": text});
    let only_items = [added("message", "msg_1"), done(whole.clone()), completed()];
    assert_eq!(chunks(&only_items), [text("a\n\nb", 0), STOP]);
    let only_blocks = [
        added("message", "msg_1"),
        block(),
        text_done("a"),
        block(),
        text_done("b"),
        done(whole.clone()),
        completed(),
    ];
    assert_eq!(chunks(&only_blocks), [text("a\n\nb", 0), STOP]);
    let mut only_the_end = completed();
    only_the_end["response"]["output"] = json!([reasoning("rs_1"), whole]);
    let kept = json!({"items": [reasoning("rs_1")], "next": "msg_1"});
    assert_eq!(chunks(&[only_the_end]), [thought("hm", 0, kept), text("a\n\nb", 0), STOP]);
}

#[test]
fn calls_without_ids_or_with_known_ones_get_new_ones() {
    let function = |call: Value, arguments: Value| {
        done(json!({"type": "function_call", "call_id": call, "name": "t",
                    "arguments": arguments}))
    };
    let mut half = function(json!("c"), json!("{\"a\":"));
    half["item"]["status"] = "incomplete".into();
    let events = [
        function(json!("a"), json!("")),
        function(json!("a"), json!("{\"n\":1}")),
        function(json!(null), json!({"n": 2})),
        function(json!("b"), json!("{\"broken\":")),
        half,
        done(json!({"type": "function_call", "call_id": "d", "name": ""})),
        completed(),
    ];
    let expected = [
        call("a", "t", json!({})),
        call("call_2", "t", json!({"n": 1})),
        call("call_3", "t", json!({"n": 2})),
        call("b", "t", json!("{\"broken\":")),
        Chunk::Finish(FinishReason::ToolCalls),
    ];
    assert_eq!(chunks(&events), expected);
}

#[test]
fn a_whole_answer_is_taken_as_one() {
    let mut out = Outbox::default();
    let whole = json!({"object": "response", "id": "resp_1", "status": "completed", "error": null,
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "a"}]}]});
    fresh(Keeping::Nowhere).whole(&whole.to_string(), &mut out).unwrap();
    assert_eq!(all(out), [text("a", 0), STOP]);
    let table = [
        (json!({"ok": true}), ErrorKind::Protocol),
        (json!({"status": "queued", "output": []}), ErrorKind::Protocol),
        (json!({"error": {"code": "invalid_api_key"}}), ErrorKind::Auth),
        (
            json!({"status": "failed", "error": {"code": "server_error"}, "output": []}),
            ErrorKind::Overloaded,
        ),
        (json!([]), ErrorKind::Protocol),
    ];
    for (body, kind) in table {
        let error =
            fresh(Keeping::Nowhere).whole(&body.to_string(), &mut Outbox::default()).unwrap_err();
        assert_eq!(error.kind, kind, "{body}");
    }
}

#[test]
fn data_that_is_no_event_is_a_protocol_error() {
    for data in ["{", "nonsense", "7"] {
        let error = fresh(Keeping::Nowhere).event(data, &mut Outbox::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Protocol, "{data}");
    }
}
