use serde_json::json;

use super::*;
use crate::protocol::{
    Abilities, Answer, AnswerStatus, ChatId, Message, MessageId, ModelId, ModelInfo, Params, Part,
    Role, RunId, Timestamp, ToolCallId,
};

fn message(role: Role, parts: Vec<Part>, model: Option<&str>) -> Message {
    Message {
        answer: model.map(|model| Answer {
            status: AnswerStatus::Complete,
            ..Answer::open(ModelId::new("openai", model), RunId(uuid::Uuid::nil()))
        }),
        ..Message::new(
            MessageId(uuid::Uuid::nil()),
            ChatId(uuid::Uuid::nil()),
            role,
            Timestamp(0),
            parts,
        )
    }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn thought(opaque: Value) -> Part {
    let at = Timestamp(0);
    Part::Thinking { text: "hm".to_owned(), started: at, ended: Some(at), opaque: Some(opaque) }
}

fn call(id: &str) -> Part {
    Part::ToolCall { id: ToolCallId(id.to_owned()), tool: "read".to_owned(), args: json!({"a": 1}) }
}

fn result(id: &str) -> Part {
    let id = ToolCallId(id.to_owned());
    Part::ToolResult { id, result: "done".to_owned(), success: true, elapsed_ms: 1 }
}

fn ask(model: &str, messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("openai", model)),
        messages,
        MessageId(uuid::Uuid::nil()),
        std::time::Duration::from_secs(1),
    )
}

fn hello(model: &str) -> ChatRequest {
    ask(model, vec![message(Role::User, vec![text("Hello")], None)])
}

fn sent(request: &ChatRequest) -> Value {
    serde_json::from_slice(&body(request, Keeping::Nowhere, Summaries::Asked).unwrap()).unwrap()
}

#[test]
fn a_plain_question_keeps_nothing_at_the_provider() {
    let expected = json!({
        "model": "gpt-4.1", "stream": true, "store": false,
        "input": [{"type": "message", "role": "user",
                   "content": [{"type": "input_text", "text": "Hello"}]}],
    });
    assert_eq!(sent(&hello("gpt-4.1")), expected);
}

#[test]
fn models_that_think_are_asked_for_it() {
    let body = sent(&hello("gpt-6-sol"));
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(body["reasoning"], json!({"summary": "auto"}));
}

#[test]
fn an_answer_in_the_background_is_kept_at_the_provider() {
    let body = body(&hello("gpt-5"), Keeping::AtProvider, Summaries::Asked).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["background"], &body["store"]), (&json!(true), &json!(true)));
}

#[test]
fn parameters_go_only_to_models_that_take_them() {
    let all = Params {
        temperature: Some(0.5),
        top_p: Some(0.25),
        max_tokens: Some(5),
        effort: Some(Effort::Max),
        stop: vec!["x".to_owned()],
        system: Some("Be brief".to_owned()),
    };
    let with = |model: &str, effort| {
        let params = Params { effort: Some(effort), ..all.clone() };
        let mut body = sent(&ChatRequest { params, ..hello(model) });
        let taken = |name: &str| body.get(name).is_some();
        assert!(!taken("stop") && !taken("metadata"));
        let sampled = (taken("temperature"), taken("top_p"));
        (sampled, body["reasoning"].take(), body["max_output_tokens"].take())
    };
    let high = json!({"effort": "high", "summary": "auto"});
    assert_eq!(with("gpt-5", Effort::Max), ((false, false), high, json!(16)));
    let none = json!({"effort": "none"});
    assert_eq!(with("gpt-5.4", Effort::None), ((true, true), none, json!(16)));
    assert_eq!(with("gpt-4.1", Effort::Low), ((true, true), json!(null), json!(16)));
    let body = sent(&ChatRequest { params: all.clone(), ..hello("gpt-5") });
    assert_eq!(body["instructions"], "Be brief");
}

#[test]
fn a_cap_is_no_larger_than_what_the_model_writes_at_most() {
    for (output, expected) in [(Some(4_000), 4_000), (Some(10_000), 9_000), (None, 9_000)] {
        let mut request = hello("gpt-4.1");
        request.params.max_tokens = Some(9_000);
        request.model.output = output;
        assert_eq!(sent(&request)["max_output_tokens"], expected, "{output:?}");
    }
}

#[test]
fn tools_are_flat_and_not_strict() {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    let tool = ToolSpec {
        name: "read".to_owned(),
        description: "Reads".to_owned(),
        schema: schema.clone(),
    };
    let body = sent(&ChatRequest { tools: vec![tool], ..hello("gpt-5") });
    let expected = json!([{"type": "function", "name": "read", "description": "Reads",
                           "parameters": schema, "strict": false}]);
    assert_eq!(body["tools"], expected);
    assert!(body.get("tool_choice").is_none());
}

/// A turn with reasoning, a call and its result, and what the model said then.
fn history() -> Vec<Message> {
    let item =
        |id: &str| json!({"type": "reasoning", "id": id, "encrypted_content": "x", "summary": []});
    let parts = vec![
        thought(json!({"items": [item("rs_1")], "next": "fc_1"})),
        call("call_a"),
        result("call_a"),
        thought(json!({"items": [item("rs_2"), item("rs_3")], "next": "msg_1",
                       "phase": "final_answer"})),
        text("There."),
        thought(json!({"items": [item("rs_4")], "next": "msg_2"})),
    ];
    vec![
        message(Role::User, vec![text("Read it")], None),
        message(Role::Assistant, parts, Some("gpt-5")),
        message(Role::User, vec![text("Thanks")], None),
    ]
}

#[test]
fn reasoning_goes_back_unchanged_before_what_it_led_to() {
    let body = sent(&ask("gpt-5", history()));
    let item =
        |id: &str| json!({"type": "reasoning", "id": id, "encrypted_content": "x", "summary": []});
    let expected = json!([
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Read it"}]},
        item("rs_1"),
        {"type": "function_call", "id": "fc_1", "call_id": "call_a", "name": "read",
         "arguments": "{\"a\":1}"},
        {"type": "function_call_output", "call_id": "call_a", "output": "done"},
        item("rs_2"),
        item("rs_3"),
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
         "phase": "final_answer",
         "content": [{"type": "output_text", "text": "There.", "annotations": []}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Thanks"}]},
    ]);
    assert_eq!(body["input"], expected);
    assert_eq!(body["tool_choice"], "none", "the tool is named for the history alone");
    assert_eq!(body["tools"][0]["name"], "read");
}

#[test]
fn reasoning_of_another_model_or_api_stays_here() {
    let other = sent(&ask("gpt-6-sol", history())).to_string();
    assert!(!other.contains("rs_1") && !other.contains("fc_1"), "{other}");
    for opaque in [
        json!({"signature": "x"}),
        json!([{"type": "reasoning.encrypted", "data": "x"}]),
        json!({"items": [{"type": "reasoning", "id": "rs_1", "summary": []}]}),
        json!("x"),
    ] {
        let answer = message(Role::Assistant, vec![thought(opaque), text("a")], Some("gpt-5"));
        let mut messages = hello("gpt-5").messages;
        messages.insert(1, answer);
        let body = sent(&ask("gpt-5", messages));
        let kinds: Vec<&str> = body["input"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["type"].as_str().unwrap())
            .collect();
        assert!(kinds.iter().all(|kind| *kind == "message"), "{kinds:?}");
    }
}

#[test]
fn images_go_to_models_that_see() {
    let image = Part::Image { url: "data:image/png;base64,aGk=".to_owned(), alt: String::new() };
    let question = message(Role::User, vec![text("What is it?"), image], None);
    let mut request = ask("gpt-5", vec![question]);
    let body = sent(&request);
    let expected = json!({"type": "input_image", "image_url": "data:image/png;base64,aGk=",
                          "detail": "auto"});
    assert_eq!(body["input"][0]["content"][1], expected);
    request.model.abilities = Abilities { vision: Some(false), ..Abilities::default() };
    assert!(!sent(&request).to_string().contains("base64"));
}
