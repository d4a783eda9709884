//! Every way in which a server can answer oddly, with what the user must get.

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::net::FinishReason;
use switchboard::protocol::ErrorKind;

use super::script::{Script, Signal};
use super::sse::{completion, delta, failure, finish, sse, sse_without_done};

/// A server's behaviour and its right outcome.
pub(crate) struct Fault {
    /// As the tests name it.
    pub(crate) name: &'static str,
    /// What the server does.
    pub(crate) script: Script,
    /// The text that must be kept.
    pub(crate) text: String,
    /// How the stream must end.
    pub(crate) outcome: Result<FinishReason, ErrorKind>,
    /// Short where silence is the fault.
    pub(crate) idle_timeout: Duration,
}

/// The text of every answer that is complete.
const WHOLE: &str = "Hello wörld 👋 again";
/// The text that came before something failed.
const PART: &str = "Hello ";

/// The fault with this name.
pub(crate) fn fault(name: &str) -> Fault {
    let found = faults().into_iter().find(|fault| fault.name == name);
    found.unwrap_or_else(|| panic!("no fault is named {name:?}"))
}

/// All of them.
pub(crate) fn faults() -> Vec<Fault> {
    [odd_but_good(), broken_streams(), refusals()].into_iter().flatten().collect()
}

/// Streams that look unusual and say everything.
fn odd_but_good() -> Vec<Fault> {
    let whole = || sse(&completion(WHOLE));
    let with_line_ends =
        |end: &str| String::from_utf8_lossy(&whole()).replace('\n', end).into_bytes();
    let many: Vec<Value> = (0..20_000).map(|n| delta(&format!("{n} "))).collect();
    let many_text: String = (0..20_000).map(|n| format!("{n} ")).collect();
    let many = [many, vec![finish("stop")]].concat();
    let slowly = completion(WHOLE).into_iter().map(|event| sse_without_done(&[event]));
    vec![
        good("plain", Script::stream().bytes(whole())),
        good("every byte alone", Script::stream().each_byte(whole())),
        good("crlf", Script::stream().bytes(with_line_ends("\r\n"))),
        good("crlf, every byte alone", Script::stream().each_byte(with_line_ends("\r\n"))),
        good("cr", Script::stream().bytes(with_line_ends("\r"))),
        good(
            "byte order mark",
            Script::stream().bytes([b"\xEF\xBB\xBF".to_vec(), whole()].concat()),
        ),
        good("comments", Script::stream().bytes(commented())),
        good("several data lines", Script::stream().bytes(several_data_lines())),
        good("null fields", Script::events(&with_nulls())),
        good("empty choices", Script::events(&with_empty_choices())),
        good("missing done", Script::stream().bytes(sse_without_done(&completion(WHOLE)))),
        good("missing last blank line", Script::stream().bytes(without_last_line_end())),
        good(
            "cut off after the finish",
            Script::stream().bytes(sse_without_done(&completion(WHOLE))).cut(),
        ),
        good("json instead of a stream", Script::json(200, &whole_completion())),
        good("no content type", Script::status(200).bytes(whole())),
        good(
            "slow",
            Script::stream().every(Duration::from_millis(2), slowly.chain([sse(&[])]).collect()),
        ),
        Fault { text: many_text, ..good("20,000 events", Script::events(&many)) },
    ]
}

/// Streams that begin well.
fn broken_streams() -> Vec<Fault> {
    let begun = || Script::stream().bytes(sse_without_done(&[delta(PART)]));
    let then = |event: Value| begun().bytes(sse(&[event]));
    let idle = Duration::from_millis(150);
    let error_finish = json!({
        "error": {"code": 502, "message": "upstream failed"},
        "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
    });
    vec![
        bad("ended early", begun(), ErrorKind::Network),
        bad("cut off", begun().cut(), ErrorKind::Network),
        bad("cut off in an event", begun().bytes("data: {\"choi"), ErrorKind::Network),
        bad("reset", begun().reset(), ErrorKind::Network),
        Fault { idle_timeout: idle, ..bad("idle", begun().hang(), ErrorKind::Timeout) },
        bad("error object", then(failure(429, "slow down")), ErrorKind::RateLimited),
        bad("error object with a finish", then(error_finish), ErrorKind::Overloaded),
        bad("error text", then(json!({"error": "it broke"})), ErrorKind::BadRequest),
        bad("malformed event", begun().bytes("data: {\"choices\": oops}\n\n"), ErrorKind::Protocol),
        bad("not utf-8", begun().bytes(b"data: \xFF\xFE\n\n".to_vec()), ErrorKind::Protocol),
    ]
}

/// Answers that never begin.
fn refusals() -> Vec<Fault> {
    let error = |status: u16| Script::json(status, &failure("some_code", "no"));
    let too_long = failure("context_length_exceeded", "too long");
    let idle = Duration::from_millis(150);
    vec![
        refused("html", Script::html(200, "Welcome"), ErrorKind::Protocol),
        refused("html error", Script::html(502, "Bad gateway"), ErrorKind::Overloaded),
        refused("json error with 200", Script::json(200, &failure(402, "pay")), ErrorKind::Auth),
        refused("json without an answer", Script::json(200, &json!({})), ErrorKind::Protocol),
        refused("empty stream", Script::stream(), ErrorKind::Protocol),
        refused(
            "redirect",
            Script::status(307).header("location", "/elsewhere"),
            ErrorKind::Protocol,
        ),
        refused("400", error(400), ErrorKind::BadRequest),
        refused("401", error(401), ErrorKind::Auth),
        refused("402", error(402), ErrorKind::Auth),
        refused("403", error(403), ErrorKind::Auth),
        refused("404", error(404), ErrorKind::NotFound),
        refused("413", error(413), ErrorKind::ContextTooLong),
        refused("context too long", Script::json(400, &too_long), ErrorKind::ContextTooLong),
        refused("429", error(429).header("retry-after", "1"), ErrorKind::RateLimited),
        refused("500", error(500), ErrorKind::Overloaded),
        refused("503", error(503), ErrorKind::Overloaded),
        refused("reset at once", Script::stream().reset(), ErrorKind::Network),
        Fault {
            idle_timeout: idle,
            ..refused("silent", Script::stream().head_after(&Signal::new()), ErrorKind::Timeout)
        },
    ]
}

fn good(name: &'static str, script: Script) -> Fault {
    let idle_timeout = Duration::from_secs(20);
    Fault { name, script, text: WHOLE.to_owned(), outcome: Ok(FinishReason::Stop), idle_timeout }
}

fn bad(name: &'static str, script: Script, kind: ErrorKind) -> Fault {
    Fault { text: PART.to_owned(), outcome: Err(kind), ..good(name, script) }
}

fn refused(name: &'static str, script: Script, kind: ErrorKind) -> Fault {
    Fault { text: String::new(), outcome: Err(kind), ..good(name, script) }
}

fn commented() -> Vec<u8> {
    let waiting = b": OPENROUTER PROCESSING\n\n:\n".to_vec();
    let mut bytes = waiting.clone();
    for event in completion(WHOLE) {
        bytes.extend(sse_without_done(&[event]));
        bytes.extend(&waiting);
    }
    bytes.extend(sse(&[]));
    bytes
}

/// Each event as JSON over many lines, among fields that say nothing.
fn several_data_lines() -> Vec<u8> {
    let mut text = String::from("retry: 100\n\nevent: ping\n\n");
    for (number, event) in completion(WHOLE).iter().enumerate() {
        text.push_str(&format!("id: {number}\nevent: message\nunknown: x\n"));
        for line in serde_json::to_string_pretty(event).unwrap_or_default().lines() {
            text.push_str(&format!("data:{line}\n"));
        }
        text.push('\n');
    }
    text.push_str("data: [DONE]\n\n");
    text.into_bytes()
}

fn with_nulls() -> Vec<Value> {
    let mut events = completion(WHOLE);
    for event in &mut events {
        for field in ["usage", "error", "service_tier", "system_fingerprint"] {
            if event[field].is_null() {
                event[field] = Value::Null;
            }
        }
        if event["choices"][0]["delta"].is_object() {
            for field in ["role", "tool_calls", "function_call", "reasoning", "refusal"] {
                event["choices"][0]["delta"][field] = Value::Null;
            }
        }
    }
    events.insert(1, json!({"choices": [{"delta": null, "logprobs": null}]}));
    events.insert(1, json!({"choices": null}));
    events
}

fn with_empty_choices() -> Vec<Value> {
    let mut events = completion(WHOLE);
    events.insert(0, json!({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}));
    events.insert(3, json!({"choices": []}));
    events
}

fn without_last_line_end() -> Vec<u8> {
    let mut bytes = sse_without_done(&[delta(WHOLE), finish("stop")]);
    bytes.truncate(bytes.len() - 2);
    bytes
}

fn whole_completion() -> Value {
    json!({
        "id": "x", "object": "chat.completion", "model": "scripted",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": WHOLE}}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 4},
    })
}
