//! The messages API against a server that refuses what the real one refuses.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use switchboard::net::{
    ChatRequest, Chunk, FinishReason, HttpClient, Provider, ToolSpec, build, coalesce,
};
use switchboard::protocol::{
    Answer, ChatId, Effort, EngineSettings, ErrorKind, HelpHit, HelpSearch, Message, MessageId,
    ModelId, ModelInfo, Params, Part, ProviderConfig, ProviderError, ProviderKind, ProviderOptions,
    Role, RunId, RunStatus, StreamEvent, Timestamp, ToolCallId,
};
use uuid::Uuid;

use crate::support::anthropic::{
    AnthropicServer, CURRENT, OLD, Reply, check, error, model_page, opaque, refusal, stream,
};
use crate::support::{Desk, Script, Server, Signal};

const KEY: &str = "sk-ant-right";
const PATIENT: Duration = Duration::from_secs(20);

/// A model of each generation.
const MODELS: [&str; 12] = [
    "claude-3-5-haiku-latest",
    "claude-opus-4-1-20250805",
    "claude-haiku-4-5",
    "claude-sonnet-4-5-20250929",
    "claude-sonnet-4-6",
    "claude-opus-4-8",
    "claude-sonnet-5",
    "claude-opus-5",
    "claude-fable-5-2",
    "claude-haiku-5-5",
    "claude-sonnet-5-5",
    "claude-opus-5-5",
];

#[derive(Debug)]
struct NoHelp;

impl HelpSearch for NoHelp {
    fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
        Vec::new()
    }
}

fn config(url: &str, version: Option<&str>) -> ProviderConfig {
    ProviderConfig {
        key_env: Some("TEST_KEY".to_owned()),
        options: ProviderOptions {
            api_version: version.map(str::to_owned),
            ..ProviderOptions::default()
        },
        ..ProviderConfig::new("test", "Test", ProviderKind::Anthropic, url)
    }
}

fn provider_of(url: &str, version: Option<&str>, key: &str) -> Arc<dyn Provider> {
    let key = Some(key.into());
    build(config(url, version), key, &HttpClient::new(), Arc::new(NoHelp)).unwrap()
}

fn provider(server: &AnthropicServer) -> Arc<dyn Provider> {
    provider_of(&server.url(), None, KEY)
}

fn message(number: u128, role: Role, parts: Vec<Part>) -> Message {
    Message::new(
        MessageId(Uuid::from_u128(number)),
        ChatId(Uuid::from_u128(1)),
        role,
        Timestamp(0),
        parts,
    )
}

fn text(text: &str) -> Part {
    Part::Text { text: text.to_owned() }
}

fn user(content: &str) -> Message {
    message(2, Role::User, vec![text(content)])
}

fn answer(model: &str, parts: Vec<Part>) -> Message {
    let answer = Answer::open(ModelId::new("test", model), RunId(Uuid::nil()));
    Message { answer: Some(answer), ..message(3, Role::Assistant, parts) }
}

fn request(model: &str, messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("test", model)),
        messages,
        MessageId(Uuid::from_u128(3)),
        PATIENT,
    )
}

fn question(content: &str) -> ChatRequest {
    request("claude-opus-5-5", vec![user(content)])
}

/// What a question got.
#[derive(Debug, Default)]
struct Got {
    text: String,
    chunks: Vec<Chunk>,
    finish: Option<FinishReason>,
    error: Option<ProviderError>,
}

impl Got {
    fn outcome(&self) -> Result<FinishReason, ErrorKind> {
        match (self.finish, &self.error) {
            (Some(finish), None) => Ok(finish),
            (None, Some(error)) => Err(error.kind),
            both => panic!("{both:?}"),
        }
    }

    /// The events, which the engine would fold into the answer.
    fn fold(&self, mut message: Message) -> Message {
        for chunk in &self.chunks {
            if let Chunk::Event(event) = chunk {
                message.apply(event, Timestamp(1));
            }
        }
        message
    }
}

async fn ask(provider: &dyn Provider, request: ChatRequest) -> Got {
    let mut got = Got::default();
    let mut stream = match provider.stream(request).await {
        Ok(stream) => stream,
        Err(error) => return Got { error: Some(error), ..got },
    };
    while let Some(item) = stream.next().await {
        assert!(got.finish.is_none() && got.error.is_none(), "something came after the end");
        match item {
            Err(error) => got.error = Some(error),
            Ok(chunk) => {
                match &chunk {
                    Chunk::Finish(reason) => got.finish = Some(*reason),
                    Chunk::Event(StreamEvent::Message { content, .. }) => {
                        got.text.push_str(content);
                    }
                    Chunk::Event(_) | Chunk::Mark(_) => {}
                }
                got.chunks.push(chunk);
            }
        }
    }
    got
}

#[tokio::test]
async fn one_question_is_one_post_in_the_words_of_the_version() {
    let server = AnthropicServer::start();
    let table = [
        (None, CURRENT, ("authorization", "Bearer sk-ant-right"), "x-api-key"),
        (Some(OLD), OLD, ("x-api-key", KEY), "authorization"),
    ];
    for (number, (configured, version, (name, value), absent)) in table.into_iter().enumerate() {
        let provider = provider_of(&server.url(), configured, KEY);
        let got = ask(&*provider, question("what is it?")).await;
        assert_eq!(got.text, "claude-opus-5-5: what is it?", "{:?}", got.error);
        assert_eq!(server.server().requests().len(), number + 1);
        let post = &server.posts()[number];
        assert_eq!(post.path, "/v1/messages");
        assert_eq!(post.header("anthropic-version"), Some(version));
        assert_eq!(post.header(name), Some(value));
        assert_eq!(post.header(absent), None);
        assert_eq!(post.header("anthropic-beta"), None);
        assert_eq!(post.header("content-type"), Some("application/json"));
    }
}

#[tokio::test]
async fn an_address_without_a_version_works_too() {
    let server = AnthropicServer::start();
    let bare = format!("http://127.0.0.1:{}", server.server().port());
    let got = ask(&*provider_of(&bare, None, KEY), question("hi")).await;
    assert_eq!(got.text, "claude-opus-5-5: hi", "{:?}", got.error);
}

/// An answer with every kind of event in it.
fn rich_reply() -> Reply {
    let searching = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search",
                           "input": {}});
    let query = json!({"type": "input_json_delta", "partial_json": "{\"query\": \"ü\"}"});
    let found = json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1",
                       "content": [{"type": "web_search_result", "url": "https://a"}]});
    let cited = vec![
        json!({"type": "text_delta", "text": "there "}),
        json!({"type": "citations_delta", "citation": {"type": "web_search_result_location"}}),
        json!({"type": "delta_of_the_future", "text": "?"}),
    ];
    Reply::of("claude-opus-5-5")
        .thinking("hmä 👋 so")
        .hidden()
        .thinking("again")
        .text("Héllo \"you\" ")
        .block(searching, vec![query])
        .block(found, Vec::new())
        .block(json!({"type": "text", "text": "", "citations": []}), cited)
        .block(json!({"type": "block_of_the_future"}), Vec::new())
        .text("and here")
        .tool("toolu_1", "read", &json!({"path": "ä/b", "deep": {"n": [1, 2]}}))
        .tool("toolu_2", "list", &json!({}))
}

/// What a chunk is, in a word.
fn name(chunk: &Chunk) -> &'static str {
    match chunk {
        Chunk::Event(StreamEvent::Usage { .. }) => "usage",
        Chunk::Event(StreamEvent::Thinking { .. }) => "thinking",
        Chunk::Event(StreamEvent::Message { .. }) => "text",
        Chunk::Event(StreamEvent::ToolStart { .. }) => "call",
        Chunk::Finish(_) => "finish",
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_split_anywhere_gives_the_same_chunks() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let good = rich_reply().events();
    let mut failing = Reply::of("claude-opus-5-5").thinking("hm").text("Hello").unfinished();
    failing.push(error("overloaded_error", "busy"));
    let with_calls =
        ["usage", "thinking", "thinking", "thinking", "text", "call", "call", "usage", "finish"];
    type Outcome = Result<FinishReason, ErrorKind>;
    let table: [(Vec<Value>, &[&str], Outcome); 2] = [
        (good, &with_calls, Ok(FinishReason::ToolCalls)),
        (failing, &["usage", "thinking", "text"], Err(ErrorKind::Overloaded)),
    ];
    for (events, names, outcome) in table {
        let bytes = String::from_utf8(stream(&events)).unwrap();
        let bytes = bytes.replace('\n', "\r\n").into_bytes();
        server.push(Script::stream().bytes(bytes.clone()));
        let whole = ask(&*provider, question("hi")).await;
        assert_eq!(whole.outcome(), outcome);
        let chunks = coalesce(whole.chunks);
        assert_eq!(chunks.iter().map(name).collect::<Vec<_>>(), names);
        server.push(Script::stream().each_byte(bytes.clone()));
        let bytewise = ask(&*provider, question("hi")).await;
        assert_eq!(coalesce(bytewise.chunks), chunks);
        for place in 1..bytes.len() {
            let (first, second) = bytes.split_at(place);
            server.push(Script::stream().bytes(first).bytes(second));
            let split = ask(&*provider, question("hi")).await;
            assert_eq!(split.outcome(), outcome, "split at {place}");
            assert_eq!(coalesce(split.chunks), chunks, "split at {place}");
        }
    }
}

#[tokio::test]
async fn an_answer_cut_off_anywhere_keeps_whole_events_and_is_no_success() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let reply = || Reply::of("claude-opus-5-5").thinking("hm").text("one two");
    let bytes = stream(&reply().unfinished());
    for place in 0..=bytes.len() {
        let (first, _) = bytes.split_at(place);
        server.push(Script::stream().bytes(first));
        let got = ask(&*provider, question("hi")).await;
        // Before any data, nothing says that this is the right API.
        let has_data = String::from_utf8_lossy(first).contains("data: {");
        let kind = if has_data { ErrorKind::Network } else { ErrorKind::Protocol };
        assert_eq!(got.outcome(), Err(kind), "{place}");
        assert!("one two".starts_with(&got.text), "{place}: {}", got.text);
    }
    // Once the reason to stop is known, nothing that matters can be lost.
    let mut events = reply().events();
    events.pop();
    server.push(Script::stream().bytes(stream(&events)).cut());
    let got = ask(&*provider, question("hi")).await;
    assert_eq!((got.text.as_str(), got.outcome()), ("one two", Ok(FinishReason::Stop)));
}

#[tokio::test]
async fn every_refusal_before_an_answer_has_its_kind() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let table = [
        (refusal(400, "invalid_request_error", "no"), ErrorKind::BadRequest),
        (refusal(401, "authentication_error", "no"), ErrorKind::Auth),
        (refusal(402, "billing_error", "no"), ErrorKind::Auth),
        (refusal(403, "permission_error", "no"), ErrorKind::Auth),
        (refusal(404, "not_found_error", "no"), ErrorKind::NotFound),
        (refusal(413, "request_too_large", "no"), ErrorKind::ContextTooLong),
        (refusal(429, "rate_limit_error", "no"), ErrorKind::RateLimited),
        (refusal(500, "api_error", "no"), ErrorKind::Overloaded),
        (refusal(504, "timeout_error", "no"), ErrorKind::Overloaded),
        (refusal(529, "overloaded_error", "no"), ErrorKind::Overloaded),
        (Script::json(200, &error("overloaded_error", "no")), ErrorKind::Overloaded),
        (Script::json(200, &json!({"choices": []})), ErrorKind::Protocol),
        (Script::html(200, "Welcome"), ErrorKind::Protocol),
        (Script::html(502, "Bad gateway"), ErrorKind::Overloaded),
        (Script::status(307).header("location", "/elsewhere"), ErrorKind::Protocol),
        (Script::stream(), ErrorKind::Protocol),
        (Script::stream().reset(), ErrorKind::Network),
    ];
    for (number, (script, kind)) in table.into_iter().enumerate() {
        let shown = format!("{script:?}");
        server.push(script);
        let got = ask(&*provider, question("hi")).await;
        assert_eq!((got.text.as_str(), got.outcome()), ("", Err(kind)), "{shown}");
        assert_eq!(server.posts().len(), number + 1, "{shown}: not one POST");
    }
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait_and_why() {
    let server = AnthropicServer::start();
    let limited = json!({"type": "error", "error": {"type": "rate_limit_error",
        "message": "slow down", "details": {"error_code": "ramp_limit_exceeded"}}});
    server.push(Script::json(429, &limited).header("retry-after", "7"));
    let got = ask(&*provider(&server), question("hi")).await;
    let expected = ProviderError {
        kind: ErrorKind::RateLimited,
        status: Some(429),
        code: Some("ramp_limit_exceeded".to_owned()),
        message: "slow down".to_owned(),
        retry_after_ms: Some(7_000),
    };
    assert_eq!(got.error, Some(expected));
}

#[tokio::test]
async fn a_failure_in_the_stream_keeps_the_text_before_it() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let begun = || {
        let events = Reply::of("claude-opus-5-5").text("Hello ").unfinished();
        Script::stream().bytes(stream(&events))
    };
    let then = |event: Value| begun().bytes(stream(&[event]));
    let refused = json!({"type": "message_delta", "delta": {"stop_reason": "refusal",
        "stop_details": {"type": "refusal", "category": "bio", "explanation": "No."}}});
    let idle = Duration::from_millis(150);
    let table = [
        (then(error("overloaded_error", "busy")), PATIENT, ErrorKind::Overloaded),
        (then(error("api_error", "broke")), PATIENT, ErrorKind::Overloaded),
        (then(error("invalid_request_error", "odd")), PATIENT, ErrorKind::BadRequest),
        (then(refused), PATIENT, ErrorKind::Refused),
        (begun(), PATIENT, ErrorKind::Network),
        (begun().cut(), PATIENT, ErrorKind::Network),
        (begun().reset(), PATIENT, ErrorKind::Network),
        (begun().bytes("data: {oops\n\n"), PATIENT, ErrorKind::Protocol),
        (begun().hang(), idle, ErrorKind::Timeout),
    ];
    for (script, idle_timeout, kind) in table {
        let shown = format!("{script:?}");
        server.push(script);
        let got = ask(&*provider, ChatRequest { idle_timeout, ..question("hi") }).await;
        assert_eq!((got.text.as_str(), got.outcome()), ("Hello ", Err(kind)), "{shown}");
    }
    let silent = Script::stream().head_after(&Signal::new());
    server.push(silent);
    let got = ask(&*provider, ChatRequest { idle_timeout: idle, ..question("hi") }).await;
    assert_eq!(got.outcome(), Err(ErrorKind::Timeout));
}

#[tokio::test]
async fn pings_are_signs_of_life() {
    let server = AnthropicServer::start();
    let pings = vec![stream(&[json!({"type": "ping"})]); 40];
    let end = stream(&Reply::of("claude-opus-5-5").text("a").events());
    server.push(Script::stream().every(Duration::from_millis(20), pings).bytes(end));
    let idle_timeout = Duration::from_millis(500);
    let got = ask(&*provider(&server), ChatRequest { idle_timeout, ..question("hi") }).await;
    assert_eq!((got.text.as_str(), got.outcome()), ("a", Ok(FinishReason::Stop)));
}

#[tokio::test]
async fn an_answer_that_comes_whole_is_taken() {
    let server = AnthropicServer::start();
    let whole = json!({"type": "message", "role": "assistant", "stop_reason": "max_tokens",
        "content": [{"type": "text", "text": "Hello"}],
        "usage": {"input_tokens": 3, "output_tokens": 2}});
    server.push(Script::json(200, &whole));
    let got = ask(&*provider(&server), question("hi")).await;
    assert_eq!((got.text.as_str(), got.outcome()), ("Hello", Ok(FinishReason::Length)));
}

#[tokio::test]
async fn an_error_never_repeats_the_key() {
    let server = Server::start();
    let echo = || error("authentication_error", "wrong: hunter2hunter2, or Bearer abcdefghijkl");
    for version in [None, Some(OLD)] {
        let provider = provider_of(&server.url(), version, "hunter2hunter2");
        server.push(Script::json(401, &echo()));
        server.push(Script::stream().bytes(stream(&[echo()])));
        server.push(Script::json(200, &echo()));
        server.push(Script::html(401, "hunter2hunter2"));
        for _ in 0..4 {
            let error = ask(&*provider, question("hi")).await.error.unwrap();
            assert_eq!(error.kind, ErrorKind::Auth);
            let shown = format!("{error:?} {provider:?}");
            assert!(!shown.contains("hunter2") && !shown.contains("abcdefghijkl"), "{shown}");
        }
    }
}

#[tokio::test]
async fn a_version_that_cannot_be_sent_is_refused_at_once() {
    let config = config("https://api.anthropic.com", Some("2026\n10"));
    let built = build(config, None, &HttpClient::new(), Arc::new(NoHelp));
    let error = built.map(drop).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadRequest);
    assert!(error.message.contains("2026-10-21"), "{error}");
}

#[tokio::test]
async fn models_are_listed_page_by_page() {
    let server = AnthropicServer::start();
    server.server().push_get(model_page(&["claude-opus-5-5", "claude-haiku-4-5"], true));
    server.server().push_get(model_page(&["claude-haiku-4-5", "claude-fable-5-2"], false));
    let models = provider(&server).models().await.unwrap();
    let ids: Vec<String> = models.iter().map(|model| model.id.to_string()).collect();
    assert_eq!(ids, ["test/claude-opus-5-5", "test/claude-haiku-4-5", "test/claude-fable-5-2"]);
    assert_eq!(models[0].name, "The claude-opus-5-5");
    assert_eq!((models[0].context, models[0].output), (Some(1_000_000), Some(128_000)));
    assert!(!models[0].takes.temperature && !models[0].takes.efforts.contains(&Effort::None));
    assert!(models[1].takes.efforts.contains(&Effort::None));
    let requests = server.server().requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    let next = "/v1/models?limit=1000&after_id=claude-haiku-4-5";
    assert_eq!(paths, ["/v1/models?limit=1000", next]);
    assert!(requests.iter().all(|request| request.header("anthropic-version") == Some(CURRENT)));
}

#[tokio::test]
async fn a_list_that_repeats_itself_comes_to_an_end() {
    let server = AnthropicServer::start();
    for _ in 0..5 {
        server.server().push_get(model_page(&["claude-opus-5-5"], true));
    }
    let models = provider(&server).models().await.unwrap();
    assert_eq!(models.len(), 1);
    assert_eq!(server.server().requests().len(), 2);
}

#[tokio::test]
async fn what_is_no_list_of_models_is_an_error() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let table = [
        (Script::html(200, "Welcome"), ErrorKind::Protocol),
        (Script::json(200, &json!({"ok": true})), ErrorKind::Protocol),
        (refusal(401, "authentication_error", "no"), ErrorKind::Auth),
        (Script::status(404), ErrorKind::NotFound),
    ];
    for (script, kind) in table {
        let shown = format!("{script:?}");
        server.server().push_get(script);
        assert_eq!(provider.models().await.map_err(|error| error.kind), Err(kind), "{shown}");
    }
}

#[tokio::test]
async fn temperature_is_taken_only_by_older_models_over_the_older_version() {
    let takes = |version, model: &str| {
        let provider = provider_of("https://a", version, KEY);
        provider.takes(&ModelInfo::unknown(ModelId::new("test", model))).temperature
    };
    let table = [
        (None, "claude-sonnet-4-6", false),
        (Some(OLD), "claude-sonnet-4-6", true),
        (Some(OLD), "claude-opus-5", false),
        (Some(OLD), "kimi-k3", true),
        (None, "kimi-k3", false),
    ];
    for (version, model, expected) in table {
        assert_eq!(takes(version, model), expected, "{version:?} {model}");
    }
}

/// Each model thinks, calls tools, gets their results, answers and is asked again: the server
/// sees that what it signed comes back as it was, at every effort.
#[tokio::test]
async fn thinking_comes_back_as_it_was_through_tools_and_further_questions() {
    let server = AnthropicServer::start();
    let provider = provider(&server);
    let efforts = [None, Some(Effort::None), Some(Effort::Low), Some(Effort::Max)];
    for model in MODELS {
        for effort in efforts {
            let params = Params { effort, max_tokens: Some(4_000), ..Params::default() };
            let ask_for = |messages| ChatRequest {
                params: params.clone(),
                tools: vec![tool("read")],
                ..request(model, messages)
            };
            let calls = || Reply::of(model).thinking("hm, so").hidden().thinking("and then");
            let first = calls().text("Let me see.").tool("toolu_1", "read", &json!({"n": 1}));
            server.push(first.script());
            let got = ask(&*provider, ask_for(vec![user("q")])).await;
            assert_eq!(got.outcome(), Ok(FinishReason::ToolCalls), "{model} {effort:?}");
            let mut answer = got.fold(answer(model, Vec::new()));
            answer.parts.push(result("toolu_1"));
            server.push(Reply::of(model).thinking("I see").text("Done.").script());
            let got = ask(&*provider, ask_for(vec![user("q"), answer.clone()])).await;
            assert_eq!(got.outcome(), Ok(FinishReason::Stop), "{model} {effort:?}: {got:?}");
            let answer = got.fold(answer);
            let got = ask(&*provider, ask_for(vec![user("q"), answer, user("next?")])).await;
            assert_eq!(got.text, format!("{model}: next?"), "{effort:?}: {:?}", got.error);
        }
    }
    let bound: Vec<bool> =
        server.posts().iter().map(|post| post.header("anthropic-beta").is_some()).collect();
    assert!(bound.contains(&true) && bound.contains(&false));
    let last = server.posts().pop().unwrap();
    assert_eq!(last.json()["messages"][1]["content"][0]["thinking"], "hm, so");
}

#[tokio::test]
async fn a_beta_that_the_user_asks_for_stays_asked_for() {
    let server = AnthropicServer::start();
    let mut config = config(&server.url(), None);
    config.options.headers.insert("Anthropic-Beta".to_owned(), "fast-mode-2026-02-01".to_owned());
    let provider = build(config, Some(KEY.into()), &HttpClient::new(), Arc::new(NoHelp)).unwrap();
    let model = "claude-opus-5-5";
    let thought = answer(model, vec![thinking(model, "hm"), text("a")]);
    let chats = [vec![user("q")], vec![user("q"), thought, user("r")]];
    for messages in chats {
        let got = ask(&*provider, request(model, messages)).await;
        assert_eq!(got.outcome(), Ok(FinishReason::Stop), "{got:?}");
    }
    let posts = server.posts();
    let betas: Vec<_> = posts.iter().map(|post| post.header("anthropic-beta")).collect();
    let both = "fast-mode-2026-02-01,thinking-binding-controls-2026-08-01";
    assert_eq!(betas, [Some("fast-mode-2026-02-01"), Some(both)]);
}

fn tool(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.to_owned(),
        description: "Reads".to_owned(),
        schema: json!({"type": "object", "properties": {}}),
    }
}

fn result(id: &str) -> Part {
    let (id, result) = (ToolCallId(id.to_owned()), "read".to_owned());
    Part::ToolResult { id, result, success: true, elapsed_ms: 1 }
}

fn thinking(model: &str, text: &str) -> Part {
    let opaque = Some(opaque(model, text));
    Part::Thinking { text: text.to_owned(), started: Timestamp(0), ended: None, opaque }
}

fn call(id: &str) -> Part {
    let (id, tool) = (ToolCallId(id.to_owned()), "old.tool".to_owned());
    Part::ToolCall { id, tool, args: json!({"n": 1}) }
}

/// What one model began, every other can go on with: in a new question, in the middle of a turn
/// with tools, over both versions, with and without thinking.
#[tokio::test]
async fn switching_models_always_yields_a_request_that_is_taken() {
    let server = AnthropicServer::start();
    for version in [None, Some(OLD)] {
        let provider = provider_of(&server.url(), version, KEY);
        for by in MODELS.iter().chain(&["gpt-6"]) {
            let parts = vec![
                thinking(by, "hm"),
                text("look"),
                call("call_with_an_id_that_is_far_too_long_for_most"),
                result("call_with_an_id_that_is_far_too_long_for_most"),
            ];
            let open = vec![user("q"), answer(by, parts.clone())];
            let closed = [open.clone(), vec![user("next")]].concat();
            for to in MODELS {
                for effort in [None, Some(Effort::None), Some(Effort::High)] {
                    for messages in [open.clone(), closed.clone()] {
                        let mut request = request(to, messages);
                        request.params = Params {
                            effort,
                            temperature: Some(0.5),
                            top_p: Some(0.5),
                            stop: vec![" ".to_owned(), "END".to_owned()],
                            system: Some("Be brief.".to_owned()),
                            ..Params::default()
                        };
                        let got = ask(&*provider, request).await;
                        let shown = format!("{by} to {to} {effort:?} {version:?}");
                        assert_eq!(got.outcome(), Ok(FinishReason::Stop), "{shown}: {got:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_checking_server_refuses_what_the_api_refuses() {
    let good = json!({"model": "claude-opus-5", "max_tokens": 100, "stream": true,
    "tools": [{"name": "t", "description": "", "input_schema": {"type": "object"}}],
    "messages": [
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": [{"type": "text", "text": "a"},
            {"type": "tool_use", "id": "i", "name": "t", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "i"}]},
    ]});
    assert_eq!(check(&good, CURRENT), Ok(()));
    let doc = json!({"type": "document", "source": {}});
    let table: Vec<(&str, Value)> = vec![
        ("/max_tokens", json!(null)),
        ("/max_tokens", json!(0)),
        ("/max_tokens", json!(999_999)),
        ("/model", json!("")),
        ("/temperature", json!(1)),
        ("/something", json!(1)),
        ("/tools", json!([])),
        ("/tools/0/input_schema", json!({})),
        ("/tools/0/name", json!("a b")),
        ("/tool_choice", json!({"type": "any"})),
        ("/stop_sequences", json!([" "])),
        ("/system", json!("")),
        ("/system", json!([{"type": "text", "text": " "}])),
        ("/thinking", json!({"type": "enabled", "budget_tokens": 1_024})),
        ("/thinking", json!({"type": "between_tools"})),
        ("/thinking", json!({"type": "adaptive", "budget_tokens": 1_024})),
        ("/output_config", json!({"effort": "none"})),
        ("/messages", json!([])),
        ("/messages/0/role", json!("assistant")),
        ("/messages/0/content", json!(" ")),
        ("/messages/0/content", json!([])),
        ("/messages/0/content", json!([{"type": "text", "text": "a", "citations": [1]}])),
        (
            "/messages/0/content",
            json!([{"type": "image", "source": {"type": "url", "url": "http://a"}}]),
        ),
        ("/messages/1/role", json!("user")),
        ("/messages/1/content/0/text", json!("")),
        ("/messages/1/content/0", doc),
        ("/messages/1/content/0", json!({"type": "thinking", "thinking": "x", "signature": "s"})),
        ("/messages/1/content/0", json!({"type": "redacted_thinking", "data": "x"})),
        ("/messages/1/content/1/id", json!("a b")),
        ("/messages/1/content/1/input", json!("{}")),
        ("/messages/2/content/0/tool_use_id", json!("other")),
        ("/messages/2/content/0/is_error", json!(true)),
        ("/messages/2/content/0", json!({"type": "text", "text": "a"})),
        ("/messages/3", json!({"role": "assistant", "content": "prefill"})),
    ];
    for (place, value) in table {
        let mut body = good.clone();
        set(&mut body, place, value.clone());
        assert!(check(&body, CURRENT).is_err(), "{place} {value} is taken");
    }
    let with = |model: &str, field: &str, value: Value| {
        let mut body = good.clone();
        (body["model"], body[field]) = (json!(model), value);
        body["max_tokens"] = json!(4_000);
        body
    };
    let budget = || json!({"type": "enabled", "budget_tokens": 1_024});
    for body in [
        with("claude-opus-5-5", "thinking", json!({"type": "disabled"})),
        with("claude-haiku-4-5", "thinking", json!({"type": "adaptive"})),
        // It did not think before it called the tool.
        with("claude-haiku-4-5", "thinking", budget()),
        with("claude-haiku-4-5", "output_config", json!({"effort": "low"})),
    ] {
        assert!(check(&body, CURRENT).is_err(), "{body} is taken");
    }
    assert_eq!(check(&with("claude-haiku-4-5", "temperature", json!(0.5)), OLD), Ok(()));
}

/// Puts a value where a JSON pointer points to; its last step may be new.
fn set(body: &mut Value, place: &str, value: Value) {
    let (parent, last) = place.rsplit_once('/').unwrap();
    match body.pointer_mut(parent).unwrap() {
        Value::Array(items) if last.parse() == Ok(items.len()) => items.push(value),
        parent => match last.parse::<usize>() {
            Ok(index) => parent[index] = value,
            Err(_name) => parent[last] = value,
        },
    }
}

#[tokio::test]
async fn the_engine_keeps_what_the_model_thought_and_gives_it_back() {
    let server = AnthropicServer::without_key();
    let folder = tempfile::tempdir().unwrap();
    let model = ModelId::new("test", "claude-opus-5-5");
    let config = ProviderConfig { key_env: None, ..config(&server.url(), None) };
    let mut desk = Desk::with(folder.path(), config, EngineSettings::default());
    let chat = Desk::new_chat();
    let calls = Reply::of("claude-opus-5-5").thinking("hm").hidden().text("Let me see. ");
    server.push(calls.tool("toolu_1", "read", &json!({"path": "a"})).script());
    server.push(Reply::of("claude-opus-5-5").thinking("no tool").text("There is none.").script());
    let run = desk.send(chat, "read it", model.clone()).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete, "{told:?}");
    assert_eq!(told.text(), "Let me see. There is none.");
    assert_eq!(server.posts().len(), 2);
    let run = desk.send(chat, "and now?", model).await;
    let told = desk.finish(run).await;
    assert_eq!(told.text(), "claude-opus-5-5: and now?");
    assert_eq!(server.posts().len(), 3);
    let last = server.posts().pop().unwrap().json();
    let kinds = |message: usize| -> Vec<String> {
        let content = last["messages"][message]["content"].as_array().unwrap();
        content.iter().map(|block| block["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(1), ["thinking", "redacted_thinking", "text", "tool_use"]);
    assert_eq!(kinds(2), ["tool_result"]);
    assert_eq!(kinds(3), ["thinking", "text"]);
    let stored = desk.messages(chat).await;
    let usage = stored[1].answer.as_ref().map(|answer| answer.usage).unwrap();
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(254), Some(24)));
    assert_eq!((usage.cached_tokens, usage.cache_write_tokens), (Some(200), Some(40)));
    desk.close().await;
}
