//! Where WebSockets are blocked: a stream of events, and a POST for each command.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Client as Http, Response};
use serde_json::{Value, json};
use switchboard::net::gateway::host::HostInput;
use switchboard::protocol::{ClientCommand, ResumeFrom, Seq};

use super::gate::{CHAT, Gate, OWNER, ack, config, event, run, soon, welcome};

/// What comes of a stream, by blank lines.
struct Reading {
    response:
        std::pin::Pin<Box<dyn futures_util::Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    text: String,
}

impl Reading {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response: Box::pin(response.bytes_stream()), text: String::new() }
    }

    /// The next block; none at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let more = soon(self.response.next()).await?.unwrap();
            self.text.push_str(std::str::from_utf8(&more).unwrap());
        }
    }

    /// The next event: its id and its frame.
    async fn event(&mut self) -> (Option<String>, Value) {
        loop {
            let block = self.block().await.expect("an event");
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            if let Some(data) = field("data: ") {
                return (field("id: ").map(str::to_owned), serde_json::from_str(data).unwrap());
            }
        }
    }
}

async fn get(gate: &Gate, path: &str) -> Reading {
    Reading::of(Http::new().get(gate.http(path)).bearer_auth(OWNER).send().await.unwrap())
}

fn post(gate: &Gate, client: Option<&str>, body: &Value) -> reqwest::RequestBuilder {
    let request = Http::new().post(gate.http("/commands")).bearer_auth(OWNER).json(body);
    match client {
        Some(client) => request.header("x-client-id", client),
        None => request,
    }
}

#[tokio::test]
async fn events_bear_the_place_from_which_the_stream_resumes() {
    let mut gate = Gate::open().await;
    let mut reading = get(&gate, "/events?clientId=script").await;
    let seen = gate.opened().await;
    assert_eq!((seen.hello.client_id.as_str(), seen.hello.resume.len()), ("script", 0));
    seen.outbox.push(welcome()).unwrap();
    seen.outbox.push(event(run(1), 7)).unwrap();
    let (id, frame) = reading.event().await;
    assert_eq!((id, &frame["type"]), (None, &json!("welcome")));
    let (id, frame) = reading.event().await;
    let id = id.unwrap();
    assert_eq!((id.as_str(), &frame["seq"]), (format!("{}:7", run(1)).as_str(), &json!(7)));
    drop(reading);
    assert_eq!(gate.closed().await, seen.session);
    let path = format!("/events?clientId=script&resume={}:3,{}:4", run(1), run(2));
    let request = Http::new().get(gate.http(&path)).bearer_auth(OWNER).header("last-event-id", &id);
    let _again = request.send().await.unwrap();
    let resume = gate.opened().await.hello.resume;
    let place = |number, seq| ResumeFrom { run_id: run(number), after_seq: Seq(seq) };
    assert_eq!(resume, [place(2, 4), place(1, 7)]);
}

#[tokio::test]
async fn a_comment_is_the_sign_of_life() {
    let mut config = config();
    config.timing.heartbeat = Duration::from_millis(30);
    let gate = Gate::with(config).await;
    let mut reading = get(&gate, "/events?clientId=script").await;
    for _ in 0..4 {
        assert!(reading.block().await.unwrap().starts_with(": "));
    }
}

#[tokio::test]
async fn a_script_follows_a_chat() {
    let mut gate = Gate::open().await;
    let mut reading = get(&gate, &format!("/events?chatId={CHAT}")).await;
    let seen = gate.opened().await;
    let (session, frame) = gate.command().await;
    assert_eq!(session, seen.session);
    let ClientCommand::Subscribe { chat_id, .. } = frame.command else { panic!("{frame:?}") };
    assert_eq!(chat_id.to_string(), CHAT);
    seen.outbox.push(event(run(1), 1)).unwrap();
    assert_eq!(reading.event().await.1["seq"], 1);
}

#[tokio::test]
async fn a_stream_of_nobody_is_refused() {
    let gate = Gate::open().await;
    for path in ["/events", "/events?chatId=x", "/events?clientId=", "/events?clientId=a&resume=b"]
    {
        let answer = Http::new().get(gate.http(path)).bearer_auth(OWNER).send().await.unwrap();
        assert_eq!(answer.status(), 400, "{path}");
    }
}

#[tokio::test]
async fn a_command_by_post_belongs_to_the_stream_and_is_answered_there_and_then() {
    let mut gate = Gate::open().await;
    let mut reading = get(&gate, "/events?clientId=script").await;
    let seen = gate.opened().await;
    for (client, path) in [(Some("script"), ""), (None, "?clientId=script")] {
        let request = Http::new().post(gate.http(&format!("/commands{path}"))).bearer_auth(OWNER);
        let request = request.json(&json!({ "type": "list_bots", "id": "7" }));
        let request = match client {
            Some(client) => request.header("x-client-id", client),
            None => request,
        };
        let answer = tokio::spawn(request.send());
        let (session, frame) = gate.command().await;
        assert_eq!((session, frame.id.as_deref()), (seen.session, Some("7")));
        seen.outbox.push(event(run(1), 1)).unwrap();
        let list = json!({ "type": "bots", "v": 1, "payload": { "id": "7", "bots": [] } });
        seen.outbox.push(list.to_string().into()).unwrap();
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.json::<Value>().await.unwrap(), list);
    }
    seen.outbox.push(ack("7")).unwrap();
    for kind in ["message", "message", "ack"] {
        assert_eq!(
            reading.event().await.1["type"],
            kind,
            "a list that was answered is not told twice"
        );
    }
}

#[tokio::test]
async fn a_command_right_behind_the_head_of_a_stream_belongs_to_it() {
    let mut gate = Gate::open().await;
    for number in 0..20 {
        let client = format!("script-{number}");
        let reading = get(&gate, &format!("/events?clientId={client}")).await;
        let answer =
            tokio::spawn(post(&gate, Some(&client), &json!({ "type": "list_bots" })).send());
        let seen = gate.opened().await;
        let (session, frame) = gate.command().await;
        assert_eq!((session, &seen.hello.client_id), (seen.session, &client));
        seen.outbox.push(ack(&frame.id.unwrap())).unwrap();
        assert_eq!(answer.await.unwrap().unwrap().status(), 200);
        drop(reading);
        assert_eq!(gate.closed().await, session);
    }
}

#[tokio::test]
async fn a_command_without_a_stream_has_a_session_of_its_own() {
    let mut gate = Gate::open().await;
    let answer = tokio::spawn(post(&gate, None, &json!({ "type": "list_bots" })).send());
    let seen = gate.opened().await;
    let (session, frame) = gate.command().await;
    assert_eq!(session, seen.session);
    seen.outbox.push(welcome()).unwrap();
    seen.outbox.push(ack(&frame.id.unwrap())).unwrap();
    let answer = answer.await.unwrap().unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["type"], "ack");
    assert_eq!(gate.closed().await, seen.session);
}

#[tokio::test]
async fn a_command_that_is_not_answered_says_so() {
    let mut config = config();
    config.timing.answer = Duration::from_millis(100);
    let mut gate = Gate::with(config).await;
    let request = post(&gate, None, &json!({ "type": "list_bots", "id": "9" }));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 504);
    let said: Value = answer.json().await.unwrap();
    assert_eq!(
        (&said["payload"]["code"], &said["payload"]["id"]),
        (&json!("timeout"), &json!("9"))
    );
    let seen = gate.opened().await;
    gate.until_closed(seen.session).await;
}

#[tokio::test]
async fn what_is_no_command_is_refused() {
    let mut gate = Gate::open().await;
    let url = gate.http("/commands");
    let send = async |kind: &str, encoding: Option<&str>, body: Vec<u8>| {
        let mut request =
            Http::new().post(&url).bearer_auth(OWNER).header("content-type", kind).body(body);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let bots = br#"{"type":"list_bots"}"#.to_vec();
    assert_eq!(send("application/x-www-form-urlencoded", None, bots.clone()).await, 415);
    // A bomb is not even opened.
    assert_eq!(send("application/json", Some("gzip"), bots).await, 415);
    assert_eq!(send("application/json", None, vec![b'x'; 9 << 20]).await, 413);
    assert_eq!(send("application/json", None, vec![0xff, 0xfe]).await, 400);
    let hello = br#"{"type":"hello","payload":{"protocol":1,"client":"","clientId":"x"}}"#;
    assert_eq!(send("application/json", None, hello.to_vec()).await, 400);
    assert_eq!(send("application/json", None, br#"{"type":"dance"}"#.to_vec()).await, 204);
    let request = post(&gate, None, &json!({ "type": "chat", "id": "4", "payload": {} }));
    let said: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(
        (&said["payload"]["code"], &said["payload"]["id"]),
        (&json!("bad_frame"), &json!("4"))
    );
    let mut last = 0;
    for _ in 0..18 {
        last = send("application/json; charset=utf-8", None, b"{".to_vec()).await;
    }
    assert_eq!(last, 429);
    assert!(gate.inputs.try_recv().is_err(), "the host hears nothing of it");
}

#[tokio::test]
async fn a_stream_that_is_read_too_slowly_ends() {
    let mut gate = Gate::open().await;
    let response = Http::new().get(gate.http("/events?clientId=slow")).bearer_auth(OWNER);
    let _response = response.send().await.unwrap();
    let seen = gate.opened().await;
    let frame: std::sync::Arc<str> =
        json!({ "type": "notice", "payload": "x".repeat(64 * 1024), "v": 1 }).to_string().into();
    let mut pushed = 0;
    while seen.outbox.push(frame.clone()).is_ok() {
        pushed += 1;
        assert!(pushed < 10_000, "it never overflows");
        tokio::task::yield_now().await;
    }
    let closed = loop {
        match gate.input().await {
            HostInput::Closed(session) => break session,
            HostInput::Drained(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(closed, seen.session);
}

#[tokio::test]
async fn a_long_frame_between_others_reaches_a_stream() {
    let mut gate = Gate::open().await;
    let mut stream = get(&gate, "/events?clientId=long").await;
    let seen = gate.opened().await;
    let long: std::sync::Arc<str> =
        json!({ "type": "run_started", "payload": "x".repeat(7 << 20), "v": 1 }).to_string().into();
    for at in 1..3 {
        for frame in [welcome(), long.clone(), event(run(1), at)] {
            seen.outbox.push(frame).unwrap();
        }
        for kind in ["welcome", "run_started", "message"] {
            assert_eq!(stream.event().await.1["type"], kind);
        }
    }
}
