//! The gateway's bots as models of any program that speaks OpenAI's chat completions.

use reqwest::Client as Http;
use serde_json::{Value, json};
use std::time::Duration;
use switchboard::net::gateway::host::{Completion, HostInput, SessionKey};
use switchboard::net::gateway::outbox::Outbox;

use super::gate::{CHAT, GUEST, Gate, OWNER, config, event, placed, run, soon};

struct Asked {
    session: SessionKey,
    request: Completion,
    outbox: Outbox,
}

fn retry_after(response: &reqwest::Response) -> &str {
    response.headers()["retry-after"].to_str().unwrap()
}

async fn asked(gate: &mut Gate) -> Asked {
    match gate.input().await {
        HostInput::Completion { session, request, outbox, .. } => {
            Asked { session, request: *request, outbox }
        }
        other => panic!("a request and not {other:?}"),
    }
}

fn post(gate: &Gate, more: &Value) -> reqwest::RequestBuilder {
    let mut body =
        json!({ "model": "bot:cook", "messages": [{ "role": "user", "content": "hi" }] });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    Http::new().post(gate.http("/v1/chat/completions")).bearer_auth(OWNER).json(&body)
}

fn answer(outbox: &Outbox) {
    outbox.push(event(run(1), 1)).unwrap();
    outbox.push(placed("thinking", &json!({ "content": "hm", "offset": 0 }), run(1), 2)).unwrap();
    outbox.push(event(run(1), 3)).unwrap();
    let usage =
        json!({ "promptTokens": 11, "completionTokens": 4, "cachedTokens": 8, "totalCost": null });
    outbox.push(placed("usage", &usage, run(1), 4)).unwrap();
    done(outbox, "complete", 5);
}

fn done(outbox: &Outbox, status: &str, seq: u64) {
    let payload = json!({ "status": status, "messageId": CHAT, "replyToId": null });
    outbox.push(placed("done", &payload, run(1), seq)).unwrap();
}

fn failed(outbox: &Outbox, kind: &str, seq: u64) {
    let payload = json!({ "message": "Slow down", "code": "x1", "kind": kind, "retryable": false });
    outbox.push(placed("error", &payload, run(1), seq)).unwrap();
    done(outbox, "failed", seq + 1);
}

#[tokio::test]
async fn models_are_listed_for_the_token_that_asks() {
    let mut gate = Gate::open().await;
    let http = Http::new();
    for (token, path, status) in [
        (OWNER, "/v1/models", 200),
        (GUEST, "/v1/models/local/small", 200),
        (GUEST, "/v1/models/local/large", 404),
    ] {
        let answer = tokio::spawn(http.get(gate.http(path)).bearer_auth(token).send());
        let HostInput::Names { visitor, to } = gate.input().await else { panic!("a list") };
        assert_eq!(visitor.token, if token == OWNER { "1" } else { "2" });
        to.send(vec!["bot:cook".to_owned(), "local/small".to_owned()]).unwrap();
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), status);
        let said: Value = answer.json().await.unwrap();
        match path {
            "/v1/models" => {
                assert_eq!(
                    (&said["object"], &said["data"][0]["id"]),
                    (&json!("list"), &json!("bot:cook"))
                );
                assert_eq!(said["data"][1]["object"], "model");
            }
            _ if status == 200 => assert_eq!(said["id"], "local/small"),
            _ => assert_eq!(said["error"]["code"], "model_not_found"),
        }
    }
}

#[tokio::test]
async fn a_whole_answer_has_text_reason_and_usage() {
    let mut gate = Gate::open().await;
    let response = tokio::spawn(post(&gate, &json!({ "max_tokens": 5 })).send());
    let Asked { session, request, outbox } = asked(&mut gate).await;
    assert_eq!((request.model.as_str(), request.message.as_str()), ("bot:cook", "hi"));
    assert_eq!(request.params.max_tokens, Some(5));
    answer(&outbox);
    let response = response.await.unwrap().unwrap();
    assert_eq!(response.status(), 200);
    let said: Value = response.json().await.unwrap();
    assert_eq!((&said["object"], &said["model"]), (&json!("chat.completion"), &json!("bot:cook")));
    assert_eq!(said["created"], 1_795_220_283);
    let choice = &said["choices"][0];
    assert_eq!(choice["message"]["content"], "1 3 ");
    assert_eq!(
        (&choice["message"]["role"], &choice["finish_reason"]),
        (&json!("assistant"), &json!("stop"))
    );
    assert_eq!(
        (&said["usage"]["prompt_tokens"], &said["usage"]["total_tokens"]),
        (&json!(11), &json!(15))
    );
    assert_eq!(gate.closed().await, session);
}

/// The pieces of a stream; the last is what ends it.
async fn pieces(response: reqwest::Response) -> Vec<Value> {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let mut data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert_eq!(data.pop(), Some("[DONE]"));
    data.iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn a_streamed_answer_comes_in_pieces_and_usage_where_it_is_asked_for() {
    let mut gate = Gate::open().await;
    for wants_usage in [true, false] {
        let options = json!({ "stream": true, "stream_options": { "include_usage": wants_usage } });
        let response = tokio::spawn(post(&gate, &options).send());
        let Asked { session, outbox, .. } = asked(&mut gate).await;
        answer(&outbox);
        let pieces = pieces(response.await.unwrap().unwrap()).await;
        assert_eq!(pieces[0]["choices"][0]["delta"]["role"], "assistant");
        let text: String = pieces
            .iter()
            .filter_map(|piece| piece["choices"][0]["delta"]["content"].as_str())
            .collect();
        assert_eq!(text, "1 3 ");
        let last = if wants_usage { pieces.len() - 2 } else { pieces.len() - 1 };
        assert_eq!(pieces[last]["choices"][0]["finish_reason"], "stop");
        if wants_usage {
            let usage = pieces.last().unwrap();
            assert_eq!(
                (&usage["choices"], &usage["usage"]["completion_tokens"]),
                (&json!([]), &json!(4))
            );
            assert!(pieces[0]["usage"].is_null());
        } else {
            assert!(pieces.iter().all(|piece| piece.get("usage").is_none()));
        }
        assert!(pieces.iter().all(|piece| piece["object"] == "chat.completion.chunk"));
        assert!(pieces.iter().all(|piece| piece["id"] == pieces[0]["id"]));
        assert_eq!(gate.closed().await, session);
    }
}

#[tokio::test]
async fn an_answer_that_met_its_cap_says_so() {
    let mut gate = Gate::open().await;
    let response = tokio::spawn(post(&gate, &json!({})).send());
    let Asked { outbox, .. } = asked(&mut gate).await;
    outbox.push(event(run(1), 1)).unwrap();
    let notice = json!({ "level": "warning", "code": "length", "message": "cut" });
    outbox.push(placed("notification", &notice, run(1), 2)).unwrap();
    done(&outbox, "complete", 3);
    let said: Value = response.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(said["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn failures_have_openais_shape_and_the_status_that_fits() {
    let mut gate = Gate::open().await;
    for stream in [false, true] {
        for (kind, status) in
            [("rate_limited", 429), ("auth", 502), ("context_too_long", 400), ("overloaded", 503)]
        {
            let response = tokio::spawn(post(&gate, &json!({ "stream": stream })).send());
            let Asked { session, outbox, .. } = asked(&mut gate).await;
            failed(&outbox, kind, 1);
            let response = response.await.unwrap().unwrap();
            assert_eq!(response.status(), status, "{kind}");
            let said: Value = response.json().await.unwrap();
            assert_eq!(
                (&said["error"]["message"], &said["error"]["code"]),
                (&json!("Slow down"), &json!("x1"))
            );
            assert_eq!(gate.closed().await, session);
        }
    }
    let response = tokio::spawn(post(&gate, &json!({})).send());
    let Asked { outbox, .. } = asked(&mut gate).await;
    let refusal = json!({ "type": "error", "v": 1, "payload":
        { "message": "No", "code": "forbidden", "kind": "auth" } });
    outbox.push(refusal.to_string().into()).unwrap();
    assert_eq!(response.await.unwrap().unwrap().status(), 403);
    let response = post(&gate, &json!({ "messages": [] })).send().await.unwrap();
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn what_fails_after_the_first_word_fails_within_the_stream() {
    let mut gate = Gate::open().await;
    let response = tokio::spawn(post(&gate, &json!({ "stream": true })).send());
    let Asked { outbox, .. } = asked(&mut gate).await;
    outbox.push(event(run(1), 1)).unwrap();
    failed(&outbox, "network", 2);
    let pieces = pieces(response.await.unwrap().unwrap()).await;
    assert_eq!(pieces[1]["choices"][0]["delta"]["content"], "1 ");
    assert_eq!(pieces.last().unwrap()["error"]["message"], "Slow down");
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_run() {
    let mut gate = Gate::open().await;
    for stream in [false, true] {
        let request = tokio::spawn(post(&gate, &json!({ "stream": stream })).send());
        let Asked { session, outbox, .. } = asked(&mut gate).await;
        outbox.push(event(run(1), 1)).unwrap();
        if stream {
            drop(request.await.unwrap().unwrap());
        } else {
            request.abort();
        }
        assert_eq!(gate.closed().await, session);
    }
}

#[tokio::test]
async fn what_cannot_be_answered_soon_is_answered_with_the_time_to_ask_again() {
    let mut gate = Gate::open().await;
    let error = |wait: u64, retryable: bool| {
        json!({ "message": "Slow down", "code": "x1", "kind":
        "rate_limited", "retryable": retryable, "retryAfterMs": wait })
    };
    for stream in [false, true] {
        for retryable in [false, true] {
            let response = tokio::spawn(post(&gate, &json!({ "stream": stream })).send());
            let Asked { session, outbox, .. } = asked(&mut gate).await;
            // This is waited for.
            outbox.push(placed("error", &error(19_000, true), run(1), 1)).unwrap();
            outbox.push(placed("error", &error(20_500, retryable), run(1), 2)).unwrap();
            if !retryable {
                done(&outbox, "failed", 3);
            }
            let response = soon(response).await.unwrap().unwrap();
            assert_eq!((response.status().as_u16(), retry_after(&response)), (429, "21"));
            assert_eq!(gate.closed().await, session, "the run ends with its request");
        }
    }
}

#[tokio::test]
async fn a_model_that_is_not_there_is_said_alike_everywhere() {
    let mut gate = Gate::open().await;
    let response = tokio::spawn(post(&gate, &json!({ "model": "nope" })).send());
    let Asked { outbox, .. } = asked(&mut gate).await;
    let refusal = json!({ "type": "error", "v": 1, "payload":
        { "message": "There is no model nope", "code": "not_found", "kind": "not_found" } });
    outbox.push(refusal.to_string().into()).unwrap();
    let response = response.await.unwrap().unwrap();
    assert_eq!(response.status(), 404);
    let said: Value = response.json().await.unwrap();
    assert_eq!(
        (&said["error"]["code"], &said["error"]["param"]),
        (&json!("model_not_found"), &json!("model"))
    );
}

#[tokio::test]
async fn all_requests_of_a_token_count_and_too_many_are_told_when_to_come_again() {
    let mut config = config();
    config.timing.window = Duration::from_millis(200);
    let mut gate = Gate::with(config).await;
    let (http, list) = (Http::new(), gate.http("/v1/models"));
    let names = tokio::spawn(async move {
        while let Some(input) = gate.inputs.recv().await {
            if let HostInput::Names { to, .. } = input {
                to.send(Vec::new()).unwrap();
            }
        }
    });
    let mut refused = None;
    for _ in 0..100_000 {
        let response = http.get(&list).bearer_auth(OWNER).send().await.unwrap();
        if response.status() != 200 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("a flood is refused");
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, "60"));
    let said: Value = refused.json().await.unwrap();
    assert_eq!(said["error"]["code"], "rate_limit_exceeded");
    names.abort();
}
