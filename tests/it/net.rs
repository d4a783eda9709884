//! Providers against a real server, well-behaved and not.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};
use switchboard::net::{
    ChatRequest, Chunk, FinishReason, HttpClient, Provider, build, coalesce, fetch_image, local,
};
use switchboard::protocol::{
    ChatId, ErrorKind, HelpHit, HelpSearch, Message, MessageId, ModelId, ModelInfo, Part,
    ProviderConfig, ProviderError, ProviderKind, Role, StreamEvent, Timestamp,
};
use uuid::Uuid;

use crate::support::{
    Script, Server, Signal, delta, failure, faults, finish, sse, sse_without_done, thinking, usage,
};

#[derive(Debug)]
struct NoHelp;

impl HelpSearch for NoHelp {
    fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
        Vec::new()
    }
}

fn config(url: &str) -> ProviderConfig {
    ProviderConfig::new("test", "Test", ProviderKind::Openai, url)
}

fn provider(url: &str, key: Option<&str>) -> Arc<dyn Provider> {
    build(config(url), key.map(Into::into), &HttpClient::new(), Arc::new(NoHelp)).unwrap()
}

pub(crate) fn request(text: &str, idle_timeout: Duration) -> ChatRequest {
    let question = Message::new(
        MessageId(Uuid::from_u128(1)),
        ChatId(Uuid::from_u128(2)),
        Role::User,
        Timestamp(0),
        vec![Part::Text { text: text.to_owned() }],
    );
    ChatRequest::new(
        ModelInfo::unknown(ModelId::new("test", "alpha")),
        vec![question],
        MessageId(Uuid::from_u128(3)),
        idle_timeout,
    )
}

const PATIENT: Duration = Duration::from_secs(20);

/// What a question got.
#[derive(Debug, Default)]
struct Got {
    text: String,
    chunks: Vec<Chunk>,
    finish: Option<FinishReason>,
    error: Option<ProviderError>,
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
            Ok(chunk) => got.take(chunk),
            Err(error) => got.error = Some(error),
        }
    }
    got
}

impl Got {
    fn take(&mut self, chunk: Chunk) {
        match &chunk {
            Chunk::Finish(reason) => self.finish = Some(*reason),
            Chunk::Mark(_) => {}
            Chunk::Event(event) => {
                if let StreamEvent::Message { content, offset, .. } = event {
                    assert_eq!(*offset, self.text.len() as u64);
                    self.text.push_str(content);
                }
            }
        }
        self.chunks.push(chunk);
    }
}

#[tokio::test]
async fn every_fault_keeps_the_text_and_ends_in_the_right_kind() {
    let server = Server::start();
    let provider = provider(&server.url(), None);
    for (number, fault) in faults().into_iter().enumerate() {
        server.push(fault.script);
        let got = ask(&*provider, request("hi", fault.idle_timeout)).await;
        assert_eq!(got.text, fault.text, "{}: {:?}", fault.name, got.error);
        let outcome = match (got.finish, &got.error) {
            (Some(finish), None) => Ok(finish),
            (None, Some(error)) => Err(error.kind),
            both => panic!("{}: {both:?}", fault.name),
        };
        assert_eq!(outcome, fault.outcome, "{}: {:?}", fault.name, got.error);
        assert_eq!(server.posts().len(), number + 1, "{}: not one POST", fault.name);
    }
}

/// An answer with everything in it.
fn rich_answer() -> Vec<u8> {
    let tool = |delta: Value| json!({"choices": [{"index": 0, "delta": {"tool_calls": [delta]}}]});
    let events = [
        thinking("hmä"),
        thinking("👋"),
        delta("Héllo"),
        delta(" again"),
        tool(json!({"index": 0, "id": "a", "function": {"name": "read", "arguments": "{\"x\":"}})),
        tool(json!({"index": 0, "function": {"arguments": "1}"}})),
        finish("tool_calls"),
        usage(11, 3),
    ];
    let text = String::from_utf8(sse(&events)).unwrap();
    format!(": waiting\r\n\r\n{}", text.replace('\n', "\r\n")).into_bytes()
}

#[tokio::test]
async fn an_answer_split_anywhere_gives_the_same_chunks() {
    let server = Server::start();
    let provider = provider(&server.url(), None);
    let bytes = rich_answer();
    server.push(Script::stream().bytes(bytes.clone()));
    let whole = ask(&*provider, request("hi", PATIENT)).await;
    assert_eq!(whole.finish, Some(FinishReason::ToolCalls));
    let whole_chunks = coalesce(whole.chunks);
    assert_eq!(whole_chunks.len(), 5);
    server.push(Script::stream().each_byte(bytes.clone()));
    let bytewise = ask(&*provider, request("hi", PATIENT)).await;
    assert_eq!(coalesce(bytewise.chunks), whole_chunks);
    for place in 1..bytes.len() {
        let (first, second) = bytes.split_at(place);
        server.push(Script::stream().bytes(first).bytes(second));
        let split = ask(&*provider, request("hi", PATIENT)).await;
        assert_eq!(coalesce(split.chunks), whole_chunks, "split at {place}");
    }
}

#[tokio::test]
async fn an_answer_cut_off_anywhere_keeps_whole_events_and_is_no_success() {
    let server = Server::start();
    let provider = provider(&server.url(), None);
    let bytes = sse_without_done(&[delta("one"), delta(" two")]);
    for place in 0..=bytes.len() {
        let (first, _) = bytes.split_at(place);
        server.push(Script::stream().bytes(first));
        let got = ask(&*provider, request("hi", PATIENT)).await;
        // Before any data, nothing says that this is the right API.
        let kind = if place > "data: ".len() { ErrorKind::Network } else { ErrorKind::Protocol };
        assert_eq!(got.error.map(|error| error.kind), Some(kind), "{place}");
        assert!("one two".starts_with(&got.text), "{place}: {}", got.text);
    }
}

/// An answer, whole or as a stream, in the words of each API.
fn answers_of(kind: ProviderKind) -> [Script; 2] {
    let (events, whole) = match kind {
        ProviderKind::Anthropic => (
            vec![
                json!({"type": "message_start", "message": {"type": "message", "usage": {}}}),
                json!({"type": "message_stop"}),
            ],
            json!({"type": "message", "content": [{"type": "text", "text": "x"}]}),
        ),
        ProviderKind::Responses => (
            vec![json!({"type": "response.created", "response": {"id": "resp_1"}})],
            json!({"object": "response", "status": "completed", "output": []}),
        ),
        ProviderKind::Openai | ProviderKind::Guide => (
            vec![delta("x"), finish("stop")],
            json!({"choices": [{"message": {"content": "x"}, "finish_reason": "stop"}]}),
        ),
    };
    [Script::events(&events), Script::json(200, &whole)]
}

#[tokio::test]
async fn an_answer_in_the_words_of_another_api_names_both() {
    let kinds = [
        (ProviderKind::Openai, "OpenAI's chat completions"),
        (ProviderKind::Responses, "OpenAI's responses"),
        (ProviderKind::Anthropic, "Anthropic's messages"),
    ];
    let server = Server::start();
    for (asked, own) in kinds {
        let config = ProviderConfig { kind: asked, ..config(&server.url()) };
        let provider = build(config, None, &HttpClient::new(), Arc::new(NoHelp)).unwrap();
        for (spoken, other) in kinds.into_iter().filter(|(spoken, _)| *spoken != asked) {
            for script in answers_of(spoken) {
                server.push(script);
                let error = ask(&*provider, request("hi", PATIENT)).await.error.unwrap();
                assert_eq!(error.kind, ErrorKind::Protocol, "{asked:?} {spoken:?}: {error}");
                let expected = format!(
                    "127.0.0.1:{} answers in the words of {other}, not of {own}. Change the provider's kind",
                    server.port()
                );
                assert_eq!(error.message, expected);
            }
        }
    }
}

#[tokio::test]
async fn a_stream_without_an_event_of_the_api_is_no_broken_connection() {
    let server = Server::start();
    for kind in [ProviderKind::Openai, ProviderKind::Responses, ProviderKind::Anthropic] {
        let config = ProviderConfig { kind, ..config(&server.url()) };
        let provider = build(config, None, &HttpClient::new(), Arc::new(NoHelp)).unwrap();
        let page = "<!doctype html>\n<html><title>data: x</title></html>\n";
        for script in [Script::stream(), Script::stream().bytes(page)] {
            server.push(script);
            let error = ask(&*provider, request("hi", PATIENT)).await.error.unwrap();
            assert_eq!(error.kind, ErrorKind::Protocol, "{kind:?}: {error}");
            assert!(error.message.contains("sent no event of"), "{error}");
            assert!(error.message.ends_with("Check the provider's address and kind"), "{error}");
        }
    }
}

#[tokio::test]
async fn one_question_is_one_post() {
    let server = Server::start();
    let provider = provider(&server.url(), Some("sk-secret-key"));
    let got = ask(&*provider, request("what is it?", PATIENT)).await;
    assert_eq!(got.text, "alpha: what is it?");
    let posts = server.posts();
    assert_eq!(posts.len(), 1);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(posts[0].path, "/v1/chat/completions");
    assert_eq!(posts[0].header("authorization"), Some("Bearer sk-secret-key"));
    assert_eq!(posts[0].header("content-type"), Some("application/json"));
    let agent = posts[0].header("user-agent").unwrap();
    assert!(agent.starts_with("switchboard/"), "{agent}");
}

#[tokio::test]
async fn usage_and_finish_are_the_last_chunks() {
    let server = Server::start();
    let events = [delta("a"), finish("length"), usage(11, 3)];
    server.push(Script::events(&events));
    let got = ask(&*provider(&server.url(), None), request("hi", PATIENT)).await;
    let tail = got.chunks.iter().skip(1).cloned().collect::<Vec<_>>();
    let usage = StreamEvent::Usage {
        cache_write_tokens: None,
        cached_tokens: None,
        prompt_tokens: Some(11),
        completion_tokens: Some(3),
        total_cost: None,
        totals: Box::default(),
    };
    assert_eq!(tail, [Chunk::Event(usage), Chunk::Finish(FinishReason::Length)]);
}

#[tokio::test]
async fn text_is_there_before_the_answer_goes_on() {
    let server = Server::start();
    let go_on = Signal::new();
    let first = sse_without_done(&[delta("first")]);
    let rest = sse_without_done(&[delta(" second"), finish("stop")]);
    server.push(Script::stream().bytes(first).wait(&go_on).bytes(rest));
    let provider = provider(&server.url(), None);
    let mut stream = provider.stream(request("hi", PATIENT)).await.unwrap();
    let mut got = Got::default();
    got.take(stream.next().await.unwrap().unwrap());
    assert_eq!(got.text, "first");
    go_on.fire();
    while let Some(chunk) = stream.next().await {
        got.take(chunk.unwrap());
    }
    assert_eq!(got.text, "first second");
}

#[tokio::test]
async fn a_server_that_keeps_the_connection_open_after_the_end_is_not_waited_for() {
    let server = Server::start();
    server.push(Script::stream().bytes(sse_without_done(&[delta("a"), finish("stop")])).hang());
    let idle_timeout = Duration::from_millis(150);
    let got = ask(&*provider(&server.url(), None), request("hi", idle_timeout)).await;
    assert_eq!((got.text.as_str(), got.finish), ("a", Some(FinishReason::Stop)));
}

#[tokio::test]
async fn comments_are_signs_of_life() {
    let server = Server::start();
    let comments = vec![b": still here\n\n".to_vec(); 40];
    let end = sse_without_done(&[delta("a"), finish("stop")]);
    server.push(Script::stream().every(Duration::from_millis(20), comments).bytes(end));
    let idle_timeout = Duration::from_millis(500);
    let got = ask(&*provider(&server.url(), None), request("hi", idle_timeout)).await;
    assert_eq!((got.text.as_str(), got.finish), ("a", Some(FinishReason::Stop)));
}

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let server = Server::start();
    server.push(Script::stream().bytes(sse_without_done(&[delta("a")])).hang());
    let provider = provider(&server.url(), None);
    let mut stream = provider.stream(request("hi", PATIENT)).await.unwrap();
    assert!(stream.next().await.is_some());
    drop(stream);
    server.wait_for_disconnects(1).await;
    assert_eq!(server.posts().len(), 1);
}

#[tokio::test]
async fn dropping_the_request_closes_the_connection() {
    let server = Server::start();
    server.push(Script::stream().hang());
    let provider = provider(&server.url(), None);
    let head_or_post = async {
        tokio::select! {
            stream = provider.stream(request("hi", PATIENT)) => stream.map(drop).is_ok(),
            () = server.wait_for_posts(1) => true,
        }
    };
    assert!(head_or_post.await);
    server.wait_for_disconnects(1).await;
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let server = Server::start();
    let target = Server::start();
    let location = format!("{}/chat/completions?token=secret", target.url());
    server.push(Script::status(308).header("location", &location));
    let got = ask(&*provider(&server.url(), Some("sk-secret-key")), request("hi", PATIENT)).await;
    let error = got.error.unwrap();
    assert!(error.message.contains(&format!("127.0.0.1:{}", target.port())), "{error}");
    assert!(!error.message.contains("secret"), "{error}");
    assert_eq!(error.status, Some(308));
    assert!(target.requests().is_empty());
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    let server = Server::start();
    server.push(Script::json(429, &failure(429, "slow down")).header("retry-after", "7"));
    let got = ask(&*provider(&server.url(), None), request("hi", PATIENT)).await;
    let expected = ProviderError {
        kind: ErrorKind::RateLimited,
        status: Some(429),
        code: Some("429".to_owned()),
        message: "slow down".to_owned(),
        retry_after_ms: Some(7_000),
    };
    assert_eq!(got.error, Some(expected));
}

#[tokio::test]
async fn an_error_never_repeats_the_key() {
    let server = Server::start();
    let provider = provider(&server.url(), Some("hunter2hunter2"));
    let echo = failure("invalid_api_key", "wrong key hunter2hunter2, or Bearer abcdefghijkl");
    server.push(Script::json(401, &echo));
    server.push(Script::events(std::slice::from_ref(&echo)));
    server.push(Script::json(200, &echo));
    server.push(Script::html(401, "hunter2hunter2"));
    for _ in 0..4 {
        let error = ask(&*provider, request("hi", PATIENT)).await.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Auth);
        let shown = format!("{error:?} {provider:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("abcdefghijkl"), "{shown}");
    }
}

#[tokio::test]
async fn a_web_page_is_named_by_its_title() {
    let server = Server::start();
    server.push(Script::html(200, "Sign in"));
    let error = ask(&*provider(&server.url(), None), request("hi", PATIENT)).await.error.unwrap();
    assert!(error.message.contains("\"Sign in\" (text/html)"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_network_error() {
    let url = Server::start().url();
    let error = ask(&*provider(&url, None), request("hi", PATIENT)).await.error.unwrap();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn a_message_of_a_megabyte_arrives_whole() {
    let server = Server::start();
    server.push(Script::answer("ok"));
    let long = "x".repeat(1 << 20);
    let got = ask(&*provider(&server.url(), None), request(&long, PATIENT)).await;
    assert_eq!(got.text, "ok");
    assert_eq!(server.posts()[0].last_text(), long);
}

#[tokio::test]
async fn models_are_listed() {
    let server = Server::start();
    let provider = provider(&server.url(), Some("sk-secret-key"));
    let models = provider.models().await.unwrap();
    let ids: Vec<String> = models.iter().map(|model| model.id.to_string()).collect();
    assert_eq!(ids, ["test/alpha", "test/beta"]);
    let requests = server.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("GET", "/v1/models"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer sk-secret-key"));
}

#[tokio::test]
async fn what_is_no_list_of_models_is_an_error() {
    let server = Server::start();
    let provider = provider(&server.url(), None);
    let table = [
        (Script::html(200, "Welcome"), ErrorKind::Protocol),
        (Script::json(200, &json!({"ok": true})), ErrorKind::Protocol),
        (Script::status(200).bytes("plain"), ErrorKind::Protocol),
        (Script::json(401, &failure("invalid_api_key", "no")), ErrorKind::Auth),
        (Script::status(404), ErrorKind::NotFound),
        (Script::status(301).header("location", "https://a/"), ErrorKind::Protocol),
        (Script::stream().reset(), ErrorKind::Network),
    ];
    for (script, kind) in table {
        let shown = format!("{script:?}");
        server.push_get(script);
        assert_eq!(provider.models().await.map_err(|error| error.kind), Err(kind), "{shown}");
    }
}

#[tokio::test]
async fn local_servers_are_found_and_other_programs_are_not() {
    let (ollama, other, silent) = (Server::start(), Server::start(), Server::start());
    let gone = Server::start().port();
    other.push_get(Script::html(200, "Router"));
    silent.push_get(Script::stream().hang());
    let at = |id, port| local::LocalServer { id, name: id, port };
    let servers =
        [at("ollama", ollama.port()), at("a", other.port()), at("b", silent.port()), at("c", gone)];
    let found = local::discover_among(&HttpClient::new(), &servers).await;
    let expected =
        ProviderConfig { id: "ollama".into(), name: "ollama".to_owned(), ..config(&ollama.url()) };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn a_picture_is_fetched_by_its_address_and_anything_else_is_refused() {
    let server = Server::start();
    let http = HttpClient::new();
    let url = format!("{}/picture.png", server.url());
    let png = || Script::status(200).header("content-type", "image/png").bytes(*b"\x89PNG");
    server.push_get(png());
    assert_eq!(fetch_image(&http, &url).await.unwrap().as_ref(), b"\x89PNG");
    server.push_get(Script::status(302).header("location", "/elsewhere.png"));
    server.push_get(png());
    assert!(fetch_image(&http, &url).await.is_ok());
    server.push_get(Script::html(200, "Not a picture"));
    server.push_get(Script::status(404));
    for (url, kind) in [
        (url.as_str(), ErrorKind::Protocol),
        (url.as_str(), ErrorKind::NotFound),
        ("file:///etc/passwd", ErrorKind::BadRequest),
    ] {
        assert_eq!(fetch_image(&http, url).await.unwrap_err().kind, kind, "{url}");
    }
    assert!(server.requests().iter().all(|request| request.header("authorization").is_none()));
}
