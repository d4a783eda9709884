use serde_json::json;

use super::*;
use crate::protocol::{
    Abilities, Answer, AnswerStatus, ChatId, Message, MessageId, ModelId, ModelInfo, Params, Part,
    ProviderConfig, ProviderKind, ProviderOptions, Role, RunId, Timestamp, ToolCallId,
};

fn version(text: Option<&str>) -> Version {
    let options =
        ProviderOptions { api_version: text.map(str::to_owned), ..ProviderOptions::default() };
    let config = ProviderConfig {
        options,
        ..ProviderConfig::new("p", "P", ProviderKind::Anthropic, "https://a")
    };
    Version::of(&config).unwrap()
}

fn current() -> Version {
    version(None)
}

fn old() -> Version {
    version(Some("2023-06-01"))
}

fn request(model: &str, messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("p", model)),
        messages,
        MessageId(uuid::Uuid::nil()),
        std::time::Duration::from_secs(1),
    )
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message::new(MessageId(uuid::Uuid::nil()), ChatId(uuid::Uuid::nil()), role, Timestamp(0), parts)
}

fn user(text: &str) -> Message {
    message(Role::User, vec![Part::Text { text: text.to_owned() }])
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

fn thinking(text: &str, opaque: Value) -> Part {
    let opaque = Some(opaque);
    Part::Thinking { text: text.to_owned(), started: Timestamp(0), ended: None, opaque }
}

fn signed(model: &str, text: &str) -> Part {
    let block = json!({"type": "thinking", "start": 0, "end": text.len(), "signature": "s"});
    thinking(text, json!({"model": model, "blocks": [block]}))
}

fn call(id: &str) -> Part {
    let id = ToolCallId(id.to_owned());
    Part::ToolCall { id, tool: "read".to_owned(), args: json!({"n": 1}) }
}

fn result(id: &str, result: &str, success: bool) -> Part {
    let (id, result) = (ToolCallId(id.to_owned()), result.to_owned());
    Part::ToolResult { id, result, success, elapsed_ms: 1 }
}

fn body(request: &ChatRequest, version: &Version) -> Value {
    serde_json::from_slice(&write(request, version).unwrap().body).unwrap()
}

#[test]
fn a_plain_question_is_a_small_request() {
    let body = body(&request("claude-opus-4-8", vec![user("hi")]), &current());
    let expected = json!({
        "model": "claude-opus-4-8",
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
        "cache_control": {"type": "ephemeral"},
        "stream": true,
    });
    assert_eq!(body, expected);
}

#[test]
fn the_older_version_marks_the_blocks_themselves() {
    let mut request = request("claude-opus-4-8", vec![user("hi")]);
    request.params.system = Some("be brief".to_owned());
    let mark = json!({"type": "ephemeral"});
    let written = body(&request, &old());
    assert_eq!(written.get("cache_control"), None);
    let system = json!([{"type": "text", "text": "be brief", "cache_control": mark}]);
    assert_eq!(written["system"], system);
    let content = json!([{"type": "text", "text": "hi", "cache_control": mark}]);
    assert_eq!(written["messages"][0]["content"], content);
    assert_eq!(body(&request, &current())["system"], "be brief");
}

#[test]
fn each_model_is_asked_to_think_in_the_way_it_takes() {
    use Effort::{High, Low, Max, Medium, None as Nothing, Xhigh};
    let adaptive = || json!({"type": "adaptive", "display": "summarized"});
    let budget = |tokens: u64| json!({"type": "enabled", "budget_tokens": tokens});
    let is = |kind: &str| json!({"type": kind});
    let table = [
        // model, effort, thinking, effort sent
        ("claude-3-5-haiku-latest", Some(High), Value::Null, Value::Null),
        ("claude-haiku-4-5", None, Value::Null, Value::Null),
        ("claude-haiku-4-5", Some(Nothing), Value::Null, Value::Null),
        ("claude-haiku-4-5", Some(Low), budget(4_096), Value::Null),
        ("claude-haiku-4-5", Some(Max), budget(24_576), Value::Null),
        ("claude-opus-4-6", None, Value::Null, Value::Null),
        ("claude-opus-4-6", Some(Xhigh), adaptive(), json!("high")),
        ("claude-opus-4-8", Some(Nothing), Value::Null, Value::Null),
        ("claude-opus-4-8", Some(Xhigh), adaptive(), json!("xhigh")),
        ("claude-opus-5", None, adaptive(), Value::Null),
        ("claude-opus-5", Some(Nothing), is("disabled"), Value::Null),
        ("claude-sonnet-5-5", Some(Nothing), is("between_tools"), Value::Null),
        ("claude-haiku-5-5", Some(Nothing), is("disabled"), Value::Null),
        ("claude-opus-5-5", None, adaptive(), Value::Null),
        ("claude-opus-5-5", Some(Nothing), adaptive(), json!("low")),
        ("claude-opus-5-5", Some(Max), adaptive(), json!("max")),
        ("glm-5", None, Value::Null, Value::Null),
        ("glm-5", Some(Medium), Value::Null, Value::Null),
    ];
    for (model, effort, thinking, sent) in table {
        let mut request = request(model, vec![user("hi")]);
        request.params.effort = effort;
        let written = body(&request, &current());
        assert_eq!(written["thinking"], thinking, "{model} {effort:?}");
        assert_eq!(written["output_config"]["effort"], sent, "{model} {effort:?}");
    }
    let mut imitator = request("glm-5", vec![user("hi")]);
    imitator.model.abilities = Abilities { thinking: Some(true), ..Abilities::default() };
    imitator.params.effort = Some(Medium);
    assert_eq!(body(&imitator, &old())["thinking"], budget(4_096));
}

#[test]
fn thinking_leaves_half_of_a_small_answer_to_the_answer() {
    let table =
        [(Some(4_000), json!(2_000)), (Some(2_048), json!(1_024)), (Some(2_047), json!(null))];
    for (max_tokens, expected) in table {
        let mut request = request("claude-haiku-4-5", vec![user("hi")]);
        request.params = Params { max_tokens, effort: Some(Effort::High), ..Params::default() };
        assert_eq!(body(&request, &current())["thinking"]["budget_tokens"], expected);
    }
}

#[test]
fn sampling_goes_only_where_it_is_not_refused() {
    let params = Params { temperature: Some(1.5), top_p: Some(0.5), ..Params::default() };
    let top_p = Params { temperature: None, ..params.clone() };
    let thinking = Params { effort: Some(Effort::Low), ..params.clone() };
    let table = [
        ("claude-sonnet-4-6", current(), params.clone(), json!([null, null])),
        ("claude-sonnet-4-6", old(), params.clone(), json!([1.0, null])),
        ("claude-sonnet-4-6", old(), top_p, json!([null, 0.5])),
        ("claude-sonnet-4-6", old(), thinking, json!([null, null])),
        ("claude-opus-4-7", old(), params.clone(), json!([null, null])),
        ("kimi-k3", old(), params, json!([1.0, null])),
    ];
    for (model, version, params, expected) in table {
        let shown = format!("{model} {version:?} {params:?}");
        let request = ChatRequest { params, ..request(model, vec![user("hi")]) };
        let written = body(&request, &version);
        assert_eq!(json!([written["temperature"], written["top_p"]]), expected, "{shown}");
    }
}

#[test]
fn the_answer_has_a_limit_that_the_model_can_keep() {
    let long = "x".repeat(300_000);
    let table = [
        // output, context, wanted, text, expected
        (None, None, None, "hi", 64_000),
        (Some(8_000), None, None, "hi", 8_000),
        (Some(0), None, None, "hi", 64_000),
        (Some(8_000), None, Some(99_999), "hi", 8_000),
        (Some(8_000), None, Some(0), "hi", 1),
        (Some(8_000), None, Some(500), "hi", 500),
        (None, Some(200_000), None, "hi", 64_000),
        (None, Some(120_000), None, long.as_str(), 20_000),
        (None, Some(100_000), None, long.as_str(), 4_096),
    ];
    for (output, context, max_tokens, text, expected) in table {
        let mut request = request("claude-haiku-4-5", vec![user(text)]);
        (request.model.output, request.model.context) = (output, context);
        request.params.max_tokens = max_tokens;
        let limit = &body(&request, &current())["max_tokens"];
        assert_eq!(limit, &json!(expected), "{output:?} {context:?} {max_tokens:?}");
    }
}

#[test]
fn blank_stop_words_are_left_out() {
    let mut request = request("claude-opus-4-8", vec![user("hi")]);
    request.params.stop = vec![String::new(), " \n".to_owned(), "END".to_owned()];
    assert_eq!(body(&request, &current())["stop_sequences"], json!(["END"]));
    request.params.stop.pop();
    assert_eq!(body(&request, &current()).get("stop_sequences"), None);
}

#[test]
fn thinking_goes_back_as_it_came_while_the_model_thinks() {
    let hidden = json!({"type": "redacted_thinking", "data": "zzz"});
    let kept = json!({"model": "claude-opus-5-5", "blocks": [
        {"type": "thinking", "start": 0, "end": 2, "signature": "s1"}, hidden,
        {"type": "thinking", "start": 4, "end": 6, "signature": "s2"}]});
    let parts = vec![thinking("ab\n\ncd", kept), text("so"), call("t"), result("t", "R", true)];
    let chat = vec![user("q"), answer("claude-opus-5-5", parts)];
    let mut request = request("claude-opus-5-5", chat);
    let written = write(&request, &current()).unwrap();
    assert!(written.drops_unbound);
    let sent: Value = serde_json::from_slice(&written.body).unwrap();
    let expected = json!([
        {"type": "thinking", "thinking": "ab", "signature": "s1"},
        hidden,
        {"type": "thinking", "thinking": "cd", "signature": "s2"},
        {"type": "text", "text": "so"},
        {"type": "tool_use", "id": "t", "name": "read", "input": {"n": 1}},
    ]);
    assert_eq!(sent["messages"][1]["content"], expected);
    let results = json!([{"type": "tool_result", "tool_use_id": "t", "content": "R"}]);
    assert_eq!(sent["messages"][2]["content"], results);
    assert_eq!(sent["tool_choice"], json!({"type": "none"}));
    let binding = json!({"prefix_mismatch_behavior": "drop_block"});
    assert_eq!(sent["thinking"]["block_binding"], binding);

    // An unbound model gets them without the binding, another model not at all.
    request.model.id.model = "claude-opus-5".to_owned();
    let written = write(&request, &current()).unwrap();
    assert!(!written.drops_unbound && !String::from_utf8_lossy(&written.body).contains("s1"));
}

#[test]
fn thinking_stays_away_where_the_model_shall_not_think() {
    let chat = vec![
        user("q"),
        answer("claude-opus-5", vec![signed("claude-opus-5", "hm"), text("a")]),
        user("r"),
    ];
    let mut request = request("claude-opus-5", chat);
    let content =
        |request: &ChatRequest| body(request, &current())["messages"][1]["content"].clone();
    assert_eq!(content(&request)[0]["type"], "thinking");
    assert_eq!(body(&request, &current())["thinking"].get("block_binding"), None);
    request.params.effort = Some(Effort::None);
    assert_eq!(content(&request), json!([{"type": "text", "text": "a"}]));
}

#[test]
fn a_turn_that_another_model_began_goes_on_without_a_budget() {
    let parts = |first: Part| vec![first, call("t"), result("t", "R", true)];
    let table = [
        ("claude-haiku-4-5", "claude-haiku-4-5", signed("claude-haiku-4-5", "hm"), json!(4_096)),
        (
            "claude-haiku-4-5",
            "claude-haiku-4-5",
            thinking("hm", json!({"of": "others"})),
            json!(null),
        ),
        ("claude-haiku-4-5", "claude-haiku-4-5", text("hm"), json!(null)),
        ("claude-opus-4-8", "claude-haiku-4-5", signed("claude-opus-4-8", "hm"), json!(null)),
        // It took over the answer of another one.
        ("claude-haiku-4-5", "claude-haiku-4-5", signed("claude-opus-4-8", "hm"), json!(null)),
    ];
    for (by, model, first, expected) in table {
        let shown = format!("{by} {first:?}");
        let mut request = request(model, vec![user("q"), answer(by, parts(first))]);
        request.params.effort = Some(Effort::Low);
        assert_eq!(body(&request, &current())["thinking"]["budget_tokens"], expected, "{shown}");
        request.messages.push(user("and?"));
        request.messages.push(answer("x", vec![text("b")]));
        request.messages.push(user("next"));
        assert_eq!(body(&request, &current())["thinking"]["budget_tokens"], 4_096, "{shown}");
    }
}

#[test]
fn results_say_whether_they_failed_and_never_fail_in_silence() {
    let parts =
        vec![call("a"), call("b"), call("c"), result("a", "", true), result("b", " ", false)];
    let mut request = request("m", vec![user("q"), answer("m", parts), user("go on")]);
    request.tools = vec![ToolSpec {
        name: "read".to_owned(),
        description: "Reads".to_owned(),
        schema: json!({"type": "object"}),
    }];
    let written = body(&request, &current());
    let expected = json!([
        {"type": "tool_result", "tool_use_id": "a"},
        {"type": "tool_result", "tool_use_id": "b", "content": NO_WORD_FOR_TESTS, "is_error": true},
        {"type": "tool_result", "tool_use_id": "c", "content": "This tool call was not run.",
         "is_error": true},
        {"type": "text", "text": "go on"},
    ]);
    assert_eq!(written["messages"][2]["content"], expected);
    let tools =
        json!([{"name": "read", "description": "Reads", "input_schema": {"type": "object"}}]);
    assert_eq!((&written["tools"], written.get("tool_choice")), (&tools, None));
}

const NO_WORD_FOR_TESTS: &str = "The tool failed and said nothing.";

#[test]
fn images_stand_in_the_words_of_the_api() {
    let image = |url: &str| Part::Image { url: url.to_owned(), alt: String::new() };
    let parts = vec![
        text("look"),
        image("data:image/png;base64,AAAA"),
        image("https://a/b.png"),
        image("data:image/tiff;base64,AAAA"),
    ];
    let written = body(&request("m", vec![message(Role::User, parts)]), &current());
    let content = &written["messages"][0]["content"];
    let data = json!({"type": "base64", "media_type": "image/png", "data": "AAAA"});
    assert_eq!(content[1], json!({"type": "image", "source": data}));
    let url = json!({"type": "url", "url": "https://a/b.png"});
    assert_eq!(content[2], json!({"type": "image", "source": url}));
    assert_eq!(content[3]["type"], "text");
}
