//! The Responses API against a server that speaks it.

mod background;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use switchboard::net::{
    ChatRequest, Chunk, FinishReason, HttpClient, Provider, ResumeRequest, ToolSpec, build,
    coalesce,
};
use switchboard::protocol::{
    Answer, ChatId, Effort, ErrorKind, Message, MessageId, ModelId, ModelInfo, Params, Part,
    ProviderError, ResumePoint, Role, RunId, StreamEvent, Timestamp,
};
use switchboard::store::help::HelpIndex;
use uuid::Uuid;

use crate::support::responses::{
    Luck, Mode, Responses, check, events, function_call, message, reasoning,
};
use crate::support::{Script, sse_without_done};

const PATIENT: Duration = Duration::from_secs(20);

fn provider(api: &Responses, mode: Mode) -> Arc<dyn Provider> {
    let help = Arc::new(HelpIndex::new());
    build(api.provider(mode), Some("key".into()), &HttpClient::new(), help).unwrap()
}

fn said(role: Role, parts: Vec<Part>) -> Message {
    Message::new(
        MessageId(Uuid::from_u128(1)),
        ChatId(Uuid::from_u128(2)),
        role,
        Timestamp(0),
        parts,
    )
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn open_answer() -> Message {
    let answer = Answer::open(ModelId::new("mock", "gpt-5"), RunId(Uuid::from_u128(4)));
    Message { answer: Some(answer), ..said(Role::Assistant, Vec::new()) }
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        tools: vec![ToolSpec {
            name: "read".to_owned(),
            description: "Reads a file".to_owned(),
            schema: json!({"type": "object", "properties": {"path": {"type": "string"}}}),
        }],
        params: Params { effort: Some(Effort::High), ..Params::default() },
        ..ChatRequest::new(
            ModelInfo::unknown(ModelId::new("mock", "gpt-5")),
            messages,
            open_answer().id,
            PATIENT,
        )
    }
}

fn question() -> Message {
    said(Role::User, vec![text("What is in a.txt?")])
}

async fn ask(provider: &dyn Provider, request: ChatRequest) -> Vec<Result<Chunk, ProviderError>> {
    match provider.stream(request).await {
        Ok(stream) => stream.collect().await,
        Err(error) => vec![Err(error)],
    }
}

fn whole(chunks: Vec<Result<Chunk, ProviderError>>) -> Vec<Chunk> {
    coalesce(chunks.into_iter().map(Result::unwrap).collect())
}

fn thoughtful_items() -> [Value; 2] {
    [
        reasoning("rs_1", &["Let me look", "into it"]),
        function_call("call_a", "read", json!({"path": "a.txt"})),
    ]
}

#[tokio::test]
async fn thinking_and_tools_go_round_and_back_to_the_model() {
    let api = Responses::start();
    let provider = provider(&api, Mode::Plain);
    api.answer(&thoughtful_items());
    let mut answer = open_answer();
    let got = whole(ask(&*provider, request(vec![question()])).await);
    for chunk in &got {
        if let Chunk::Event(event) = chunk {
            answer.apply(event, Timestamp(1));
        }
    }
    assert_eq!(got.last(), Some(&Chunk::Finish(FinishReason::ToolCalls)));
    let usage = answer.answer.as_ref().unwrap().usage;
    assert_eq!((usage.prompt_tokens, usage.cached_tokens), (Some(40), Some(8)));
    let Some(Part::ToolCall { id, .. }) = answer.parts.last().cloned() else { panic!("no call") };
    let end = StreamEvent::ToolEnd { id, result: "hello".into(), success: true, elapsed_ms: 1 };
    answer.apply(&end, Timestamp(2));
    api.answer(&[message("It says hello.")]);
    let got = whole(ask(&*provider, request(vec![question(), answer.clone()])).await);
    assert_eq!(got.last(), Some(&Chunk::Finish(FinishReason::Stop)));
    let sent = api.server.posts()[1].json();
    assert_eq!(sent["input"][1], thoughtful_items()[0], "exactly as it came");
    assert_eq!(sent["input"][2]["id"], "fc_call_a");
    assert_eq!(sent["input"][3]["output"], "hello");
    let post = &api.server.posts()[0];
    assert_eq!(post.path, "/v1/responses");
    assert_eq!(post.header("authorization"), Some("Bearer key"));
    assert_eq!(post.json()["reasoning"], json!({"effort": "high", "summary": "auto"}));
    // Another model gets nothing of it but the words and the call.
    let mut other = request(vec![question(), answer]);
    other.model = ModelInfo::unknown(ModelId::new("mock", "gpt-6-sol"));
    whole(ask(&*provider, other).await);
    let sent = api.server.posts()[2].json().to_string();
    assert!(!sent.contains("encrypted rs_1") && sent.contains("hello"), "{sent}");
}

/// A stream with every kind of event in it, and this end.
fn every_kind(end: &Value) -> Vec<u8> {
    let kinds = include_str!("../../src/net/responses/mapper/tests/kinds.json");
    let kinds: Vec<String> = serde_json::from_str(kinds).unwrap();
    let ends = ["error", "response.completed", "response.failed", "response.incomplete"];
    let items = [
        reasoning("rs_1", &["hm\u{e4}", "\u{1f44b}"]),
        message("H\u{e9}llo \"you\""),
        function_call("call_a", "read", json!({"path": "x"})),
    ];
    let mut all = events("resp_1", false, &items);
    all.pop();
    for kind in kinds.iter().filter(|kind| !ends.contains(&kind.as_str())) {
        all.push(json!({"type": kind, "delta": "\u{e4}", "text": "x"}));
    }
    all.push(end.clone());
    let text = String::from_utf8(sse_without_done(&all)).unwrap();
    format!(": waiting\r\n\r\n{}", text.replace('\n', "\r\n")).into_bytes()
}

/// What came, as whole as it can be, and the error at the end.
async fn outcome(provider: &dyn Provider) -> (Vec<Chunk>, Option<ProviderError>) {
    let (mut chunks, mut error) = (Vec::new(), None);
    for item in ask(provider, request(vec![question()])).await {
        match item {
            Ok(chunk) => chunks.push(chunk),
            Err(reason) => error = Some(reason),
        }
    }
    (coalesce(chunks), error)
}

#[tokio::test]
async fn every_kind_of_event_split_at_every_byte_gives_the_same() {
    let api = Responses::start();
    let provider = provider(&api, Mode::Plain);
    let failure = json!({"code": "server_error", "message": "sorry"});
    let ends = [
        // A refusal is among the kinds: what ends well ends as one.
        (json!({"type": "response.completed"}), Some(ErrorKind::Refused)),
        (json!({"type": "response.incomplete"}), None),
        (
            json!({"type": "response.failed", "response": {"error": failure}}),
            Some(ErrorKind::Overloaded),
        ),
        (
            json!({"type": "error", "code": "server_error", "message": "sorry"}),
            Some(ErrorKind::Overloaded),
        ),
    ];
    for (number, (end, kind)) in ends.iter().enumerate() {
        let bytes = every_kind(end);
        api.server.push(Script::stream().bytes(bytes.clone()));
        let expected = outcome(&*provider).await;
        assert_eq!(expected.1.as_ref().map(|error| error.kind), *kind);
        assert!(expected.0.len() >= 5, "{expected:?}");
        api.server.push(Script::stream().each_byte(bytes.clone()));
        assert_eq!(outcome(&*provider).await, expected);
        // The ends differ in their last bytes only: together they are split everywhere.
        for place in (1..bytes.len()).skip(number).step_by(ends.len()) {
            let (first, second) = bytes.split_at(place);
            api.server.push(Script::stream().bytes(first).bytes(second));
            assert_eq!(outcome(&*provider).await, expected, "split at {place}");
        }
    }
}

#[tokio::test]
async fn an_answer_cut_off_anywhere_is_no_success() {
    let api = Responses::start();
    let provider = provider(&api, Mode::Plain);
    let all = events("resp_1", false, &[message("one two")]);
    for count in 0..all.len() {
        api.luck(&[Luck::Cut(count)]);
        api.answer(&[message("one two")]);
        let got = ask(&*provider, request(vec![question()])).await;
        let error = got.last().unwrap().as_ref().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Network, "{count}");
    }
}

#[tokio::test]
async fn a_refused_request_says_why() {
    let api = Responses::start();
    let mut wrong = request(vec![question()]);
    wrong.model = ModelInfo::unknown(ModelId::new("mock", ""));
    let got = ask(&*provider(&api, Mode::Plain), wrong).await;
    let error = got[0].as_ref().unwrap_err();
    assert_eq!((error.kind, error.status), (ErrorKind::BadRequest, Some(400)));
    assert!(error.message.contains("'model'"), "{error}");
}

#[tokio::test]
async fn models_are_listed_and_what_they_take_is_known() {
    let api = Responses::start();
    let provider = provider(&api, Mode::Plain);
    api.server.set_models(&["gpt-6-sol", "gpt-4.1"]);
    let models = provider.models().await.unwrap();
    let takes: Vec<_> = models.iter().map(|model| provider.takes(model)).collect();
    assert!(takes[0].efforts.contains(&Effort::Max) && !takes[0].temperature && !takes[0].stop);
    assert!(takes[1].efforts.is_empty() && takes[1].temperature && takes[1].max_tokens);
}

fn last_place(chunks: &[Chunk]) -> ResumePoint {
    let last = chunks.iter().rev().find_map(|chunk| match chunk {
        Chunk::Mark(place) => Some(place.clone()),
        Chunk::Event(_) | Chunk::Finish(_) => None,
    });
    last.expect("a place is told")
}

#[tokio::test]
async fn a_background_answer_goes_on_from_its_place_and_can_be_cancelled() {
    let api = Responses::start();
    let provider = provider(&api, Mode::Background);
    api.answer(&[message("one two three")]);
    api.luck(&[Luck::Cut(7)]);
    let got = ask(&*provider, request(vec![question()])).await;
    let error = got.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    let chunks: Vec<Chunk> = got.into_iter().filter_map(Result::ok).collect();
    let mut answer = open_answer();
    for chunk in &chunks {
        if let Chunk::Event(event) = chunk {
            answer.apply(event, Timestamp(1));
        }
    }
    assert_eq!(answer.text(), "one two ");
    let point = last_place(&chunks);
    let resume = ResumeRequest {
        model: ModelId::new("mock", "gpt-5"),
        point: point.clone(),
        answer: answer.clone(),
        idle_timeout: PATIENT,
    };
    let rest: Vec<_> = provider.resume(resume.clone()).await.unwrap().collect().await;
    for chunk in whole(rest) {
        if let Chunk::Event(event) = chunk {
            answer.apply(&event, Timestamp(1));
        }
    }
    assert_eq!(answer.text(), "one two three");
    let posted = api.server.posts()[0].json();
    assert_eq!((&posted["background"], &posted["store"]), (&json!(true), &json!(true)));
    provider.cancel(point).await.unwrap();
    assert_eq!(api.cancelled(), ["resp_1"]);
    api.forget();
    let gone = provider.resume(resume.clone()).await.map(drop).unwrap_err();
    assert_eq!(gone.kind, ErrorKind::NotFound);
    let foreign = ResumeRequest { point: ResumePoint(json!("elsewhere")), ..resume };
    let error = provider.resume(foreign).await.map(drop).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadRequest);
}

#[test]
fn the_server_refuses_what_the_real_one_refuses() {
    let good = || {
        json!({"model": "gpt-5", "stream": true, "store": false,
               "input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]}]})
    };
    assert_eq!(check(&good(), true), Ok(()));
    let call = json!({"type": "function_call", "call_id": "c", "name": "t", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "x"});
    let thought =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"});
    let image = json!({"role": "user", "content": [{"type": "input_image",
        "image_url": "http://a/b.png"}]});
    let tool = json!({"type": "function", "name": "t", "strict": false,
        "parameters": {"type": "object"}});
    let table = [
        ("stop", json!(["x"]), "Unknown parameter: 'stop'"),
        ("max_tokens", json!(5), "Unknown parameter"),
        ("temperature", json!(0.5), "Unsupported parameter"),
        ("reasoning", json!({"effort": "most"}), "effort"),
        ("background", json!(true), "store"),
        ("max_output_tokens", json!(4), ">= 16"),
        ("model", json!(""), "model"),
        ("input", json!([]), "input"),
        ("input", json!([{"role": "user", "content": [{"type": "text", "text": "a"}]}]), "type"),
        ("input", json!([{"role": "user", "content": " "}]), "blank"),
        (
            "input",
            json!([{"role": "assistant", "content": [{"type": "input_text", "text": "a"}]}]),
            "content type",
        ),
        ("input", json!([image]), "image_url"),
        ("input", json!([call, output]), "not among the tools"),
        ("input", json!([output]), "No tool call found"),
        ("input", json!([thought]), "without its required following item"),
        ("input", json!([thought, {"role": "user", "content": "a"}]), "following item"),
        (
            "input",
            json!([{"type": "reasoning", "id": "rs_1", "summary": []},
                         {"role": "assistant", "content": "a"}]),
            "not found",
        ),
        ("tools", json!([tool, tool]), "twice"),
        ("tools", json!([{"type": "function", "function": {"name": "t"}}]), "Unknown parameter"),
        ("tool_choice", json!("required"), "tool_choice"),
    ];
    for (field, value, reason) in table {
        let mut bad = good();
        bad[field] = value;
        let refusal = check(&bad, true).unwrap_err();
        assert!(refusal.contains(reason), "{bad}: {refusal}");
    }
    let mut unanswered = good();
    unanswered["input"] = json!([call]);
    unanswered["tools"] = json!([tool]);
    assert!(check(&unanswered, true).unwrap_err().contains("No tool output found"));
}

#[tokio::test]
async fn a_key_that_gets_no_summaries_gets_answers_all_the_same() {
    let server = crate::support::Server::start();
    server.set_default(|request| {
        if request.json()["reasoning"].get("summary").is_some() {
            let error = json!({"message": "Your organization must be verified to generate reasoning summaries.",
                "type": "invalid_request_error", "param": "reasoning.summary", "code": "unsupported_value"});
            return Script::json(400, &json!({ "error": error }));
        }
        Script::stream().bytes(crate::support::sse(&events("resp_1", false, &[message("fine")])))
    });
    let mut config = Responses::start().provider(Mode::Plain);
    config.url = server.url();
    let help = Arc::new(HelpIndex::new());
    let provider = build(config, Some("key".into()), &HttpClient::new(), help).unwrap();
    for _ in 0..2 {
        let stream = provider.stream(request(vec![said(Role::User, vec![text("hi")])])).await;
        let chunks: Vec<_> = stream.unwrap().collect().await;
        assert!(chunks.iter().all(Result::is_ok), "{chunks:?}");
    }
    assert_eq!(server.posts().len(), 3, "what was refused once is not asked for again");
}

#[tokio::test]
async fn what_is_asked_on_the_side_never_runs_in_the_background() {
    let api = Responses::start();
    for (aside, expected) in [(true, json!(null)), (false, json!(true))] {
        let question = vec![said(Role::User, vec![text("hi")])];
        let request = ChatRequest { aside, ..request(question) };
        let stream = provider(&api, Mode::Background).stream(request).await.unwrap();
        let chunks: Vec<_> = stream.collect().await;
        assert!(chunks.iter().all(Result::is_ok), "{chunks:?}");
        assert_eq!(api.server.posts().last().unwrap().json()["background"], expected);
    }
}
