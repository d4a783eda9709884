//! What a client may not do, and that the others notice nothing of it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard::net::gateway::GatewayConfig;
use switchboard::net::gateway::host::HostInput;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use super::gate::{Client, Gate, OWNER, Seen, ack, config, handshake, soon, status};

/// A gateway with a client that does no harm, one that will, and the former's session.
struct Scene {
    gate: Gate,
    good: Client,
    seen: Seen,
    bad: Client,
    theirs: Seen,
}

impl Scene {
    async fn with(config: GatewayConfig) -> Self {
        let mut gate = Gate::with(config).await;
        let (good, seen) = gate.join("good").await;
        let (bad, theirs) = gate.join("bad").await;
        Self { gate, good, seen, bad, theirs }
    }

    async fn new() -> Self {
        Self::with(config()).await
    }

    /// The bad one is closed with this code; the host hears of its end and of nothing else, and the
    /// good one is still served in both directions.
    async fn ends(mut self, code: u16) {
        assert_eq!(self.bad.close_code().await, code);
        self.gate.until_closed(self.theirs.session).await;
        self.good.is_served(&mut self.gate, self.seen.session).await;
        self.seen.outbox.push(ack("good")).unwrap();
        assert_eq!(self.good.frame().await["payload"]["id"], "good");
    }
}

#[tokio::test]
async fn a_frame_over_eight_mebibytes_closes() {
    let mut scene = Scene::new().await;
    let frame = json!({ "type": "chat", "payload": { "message": "x".repeat(9 << 20) } });
    // The gateway may have closed before all of it is sent.
    let _broken = soon(scene.bad.0.send(Message::text(frame.to_string()))).await;
    scene.ends(1009).await;
}

#[tokio::test]
async fn a_frame_of_nearly_eight_mebibytes_is_taken() {
    let mut scene = Scene::new().await;
    let message = "x".repeat((8 << 20) - 1_000);
    scene.bad.say(&json!({ "type": "chat", "payload": { "message": message } })).await;
    assert_eq!(scene.gate.command().await.0, scene.theirs.session);
}

#[tokio::test]
async fn bad_frames_are_answered_by_name_and_the_twentieth_closes() {
    let mut scene = Scene::new().await;
    let deep =
        format!(r#"{{"type":"chat","payload":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let bad = [
        ("garbage", Message::text("\u{0}\u{1}garbage"), Value::Null),
        ("binary", Message::binary(vec![0, 159, 146, 150]), Value::Null),
        ("deep", Message::text(deep), Value::Null),
        ("no object", Message::text("[1,2]"), Value::Null),
        ("no type", Message::text(r#"{"id":"a"}"#), json!("a")),
        ("wrong type", Message::text(r#"{"type":7,"id":"b"}"#), json!("b")),
        (
            "wrong payload",
            Message::text(r#"{"type":"chat","id":"c","payload":{"message":{}}}"#),
            json!("c"),
        ),
        (
            "wrong id",
            Message::text(r#"{"type":"cancel","id":"d","payload":{"runId":"x"}}"#),
            json!("d"),
        ),
        (
            "nobody",
            Message::text(r#"{"type":"hello","payload":{"protocol":1,"client":"","clientId":""}}"#),
            Value::Null,
        ),
    ];
    let mut count = 0;
    for (about, message, id) in bad {
        scene.bad.send(message).await;
        count += 1;
        let said = scene.bad.frame().await;
        assert_eq!(
            (&said["type"], &said["payload"]["code"]),
            (&json!("error"), &json!("bad_frame")),
            "{about}"
        );
        assert_eq!((&said["payload"]["id"], &said["v"]), (&id, &json!(1)), "{about}");
    }
    scene.bad.is_served(&mut scene.gate, scene.theirs.session).await;
    for _ in count..19 {
        scene.bad.send(Message::text("{")).await;
        assert_eq!(scene.bad.frame().await["payload"]["code"], "bad_frame");
    }
    scene.bad.is_served(&mut scene.gate, scene.theirs.session).await;
    scene.bad.send(Message::text("{")).await;
    let reason = loop {
        if let Message::Close(Some(close)) = soon(scene.bad.0.next()).await.unwrap().unwrap() {
            break close.reason.to_string();
        }
    };
    assert_eq!(reason, "too many bad frames");
}

#[tokio::test]
async fn unknown_types_and_fields_are_ignored() {
    let mut scene = Scene::new().await;
    for _ in 0..30 {
        scene.bad.say(&json!({ "type": "dance", "payload": 7, "id": "x" })).await;
    }
    scene
        .bad
        .say(&json!({ "type": "list_bots", "id": "served", "more": [1], "payload": { "x": 1 } }))
        .await;
    assert_eq!(scene.gate.command().await.0, scene.theirs.session);
}

#[tokio::test]
async fn a_million_small_frames_are_a_flood() {
    let mut config = config();
    config.timing.window = Duration::from_millis(30);
    let scene = Scene::with(config).await;
    let Scene { gate, good, seen, bad, theirs } = scene;
    let (mut out, back) = bad.0.split();
    let flood = tokio::spawn(async move {
        let mut sent = 0;
        while sent < 1_000_000 && out.feed(Message::text(r#"{"type":"x"}"#)).await.is_ok() {
            sent += 1;
        }
        (out, sent)
    });
    let mut back = back;
    let code = loop {
        match soon(back.next()).await.expect("a close") {
            Ok(Message::Close(Some(close))) => break u16::from(close.code),
            Ok(_) => {}
            Err(error) => panic!("a close and not {error}"),
        }
    };
    assert_eq!(code, 4008);
    let (out, _sent) = soon(flood).await.unwrap();
    let bad = Client(back.reunite(out).unwrap());
    drop(bad);
    let mut gate = gate;
    gate.until_closed(theirs.session).await;
    let mut good = good;
    good.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn who_reads_too_slowly_is_closed_when_it_reads_again_and_others_get_all() {
    let mut scene = Scene::new().await;
    let big = "x".repeat(64 * 1024);
    let frame: std::sync::Arc<str> =
        json!({ "type": "notice", "payload": big, "v": 1 }).to_string().into();
    let mut pushed = 0;
    while scene.theirs.outbox.push(frame.clone()).is_ok() {
        pushed += 1;
        scene.seen.outbox.push(ack(&pushed.to_string())).unwrap();
        assert_eq!(scene.good.frame().await["payload"]["id"], pushed.to_string());
        assert!(pushed < 10_000, "it never overflows");
    }
    assert!(pushed >= 64, "4 MiB may wait, and not {pushed} frames");
    scene.ends(4009).await;
}

#[tokio::test]
async fn who_reads_again_late_is_still_told_why_it_was_closed() {
    let mut config = GatewayConfig { max_clients: 3, ..config() };
    config.timing.farewell = Duration::from_millis(50);
    let mut scene = Scene::with(config).await;
    let (mut third, other) = scene.gate.join("third").await;
    let frame: std::sync::Arc<str> =
        json!({ "type": "notice", "payload": "x".repeat(64 * 1024), "v": 1 }).to_string().into();
    while scene.theirs.outbox.push(frame.clone()).is_ok() {
        scene.seen.outbox.push(ack("pushed")).unwrap();
        scene.good.frame().await;
    }
    scene.gate.until_closed(scene.theirs.session).await;
    // One that is closed behind it, and does not read either, has had its time when another has
    // its place.
    third.0.get_mut().write_all(&raw(0x83, b"x")).await.unwrap();
    scene.gate.until_closed(other.session).await;
    let bearer = format!("Bearer {OWNER}");
    let headers = [("authorization", bearer.as_str())];
    soon(async {
        while handshake(scene.gate.address, "/ws", &headers).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    scene.good.is_served(&mut scene.gate, scene.seen.session).await;
    assert_eq!(scene.bad.close_code().await, 4009);
}

#[tokio::test]
async fn a_long_frame_between_others_goes_to_who_is_not_behind() {
    let mut gate = Gate::open().await;
    let (mut client, seen) = gate.join("whole").await;
    let long: std::sync::Arc<str> =
        json!({ "type": "run_started", "payload": "x".repeat(7 << 20), "v": 1 }).to_string().into();
    for _ in 0..2 {
        for frame in [ack("1"), long.clone(), ack("2")] {
            seen.outbox.push(frame).unwrap();
        }
        for kind in ["ack", "run_started", "ack"] {
            assert_eq!(client.frame().await["type"], kind);
        }
    }
    client.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn a_slow_client_is_replayed_to_when_there_is_room_again() {
    let mut scene = Scene::new().await;
    let frame: std::sync::Arc<str> =
        json!({ "type": "notice", "payload": "x".repeat(8_000), "v": 1 }).to_string().into();
    let mut pushed = 0;
    while scene.theirs.outbox.has_room() {
        scene.theirs.outbox.push(frame.clone()).unwrap();
        pushed += 1;
    }
    for _ in 0..pushed {
        scene.bad.frame().await;
    }
    let drained = scene.gate.input().await;
    assert!(matches!(drained, HostInput::Drained(session) if session == scene.theirs.session));
    assert!(scene.theirs.outbox.has_room());
}

#[tokio::test]
async fn more_clients_than_may_come_in_are_told_so() {
    let mut gate = Gate::with(GatewayConfig { max_clients: 2, ..config() }).await;
    let (mut first, seen) = gate.join("1").await;
    let (second, _theirs) = gate.join("2").await;
    let bearer = format!("Bearer {OWNER}");
    let headers = [("authorization", bearer.as_str())];
    assert_eq!(status(handshake(gate.address, "/ws", &headers).await), 503);
    let http = reqwest::Client::new();
    let events = http.get(gate.http("/events?clientId=3")).bearer_auth(OWNER).send().await.unwrap();
    assert_eq!(events.status(), 503);
    assert_eq!(reqwest::get(gate.http("/healthz")).await.unwrap().status(), 200);
    first.is_served(&mut gate, seen.session).await;
    drop(second);
    gate.closed().await;
    soon(async {
        while handshake(gate.address, "/ws", &headers).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_says_nothing_is_closed() {
    let mut config = config();
    config.timing.hello = Duration::from_millis(100);
    let mut gate = Gate::with(config).await;
    let (mut good, seen) = gate.join("good").await;
    let mut silent = Client::join(gate.address, "/ws", OWNER).await;
    assert_eq!(silent.close_code().await, 4002);
    let mut silent = Client::join(gate.address, "/ws/frontend-api", OWNER).await;
    assert_eq!(silent.close_code().await, 4002);
    good.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_and_who_does_stays() {
    let mut config = config();
    config.timing.heartbeat = Duration::from_millis(100);
    config.timing.silence = Duration::from_millis(400);
    let mut scene = Scene::with(config).await;
    // A client answers pings only while it reads: this one does, the other does not.
    let alive = async {
        for _ in 0..8 {
            loop {
                if let Message::Ping(_) = soon(scene.good.0.next()).await.unwrap().unwrap() {
                    break;
                }
            }
        }
    };
    alive.await;
    scene.ends(4002).await;
}

/// A frame as bytes, masked with zeros, with these first bits.
fn raw(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

#[tokio::test]
async fn compressed_frames_and_other_broken_rules_close() {
    let unmasked = [&[0x81, 2][..], b"{}"].concat();
    let not_text = raw(0x81, &[0xff, 0xfe]);
    for (frame, code) in [
        (raw(0xc1, b"\xaa\x56\x2a"), 1002),
        (raw(0x83, b"x"), 1002),
        (raw(0x80, b"x"), 1002),
        (unmasked, 1002),
        (not_text, 1007),
    ] {
        let mut scene = Scene::new().await;
        scene.bad.0.get_mut().write_all(&frame).await.unwrap();
        scene.ends(code).await;
    }
}

#[tokio::test]
async fn handshakes_that_never_end_are_dropped_and_stand_in_nobodys_way() {
    let mut config = config();
    config.timing.head = Duration::from_millis(200);
    config.max_clients = 4;
    let mut gate = Gate::with(config).await;
    let (mut good, seen) = gate.join("good").await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(gate.address).await.unwrap();
        stream.write_all(b"GET /ws HTTP/1.1\r\nhost: x\r\nx-slow: ").await.unwrap();
        slow.push(stream);
    }
    let (mut other, theirs) = gate.join("other").await;
    other.is_served(&mut gate, theirs.session).await;
    for mut stream in slow {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _reset = soon(stream.read_to_end(&mut rest)).await;
    }
    good.is_served(&mut gate, seen.session).await;
}

#[tokio::test]
async fn connections_that_pile_up_are_refused_and_clients_who_are_in_stay() {
    let mut gate = Gate::with(GatewayConfig { max_clients: 2, ..config() }).await;
    let (mut good, seen) = gate.join("good").await;
    let mut idle = Vec::new();
    let refusal = loop {
        let mut stream = TcpStream::connect(gate.address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        idle.push(stream);
        assert!(idle.len() < 2_000, "there is no end to them");
        if idle.len() < 770 {
            continue;
        }
        let mut last = String::new();
        let stream = idle.last_mut().unwrap();
        let heard = stream.read_to_string(&mut last);
        if let Ok(Ok(_)) = tokio::time::timeout(Duration::from_millis(500), heard).await {
            break last;
        }
    };
    assert!(refusal.starts_with("HTTP/1.1 503 "), "{refusal}");
    good.is_served(&mut gate, seen.session).await;
    drop(idle);
    let (mut other, theirs) = soon(gate.join("other")).await;
    other.is_served(&mut gate, theirs.session).await;
}

#[tokio::test]
async fn what_is_no_http_at_all_is_dropped() {
    let mut gate = Gate::open().await;
    let (mut good, seen) = gate.join("good").await;
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc"[..], b"\0\0\0\0\r\n\r\n", b"HELLO\r\n\r\n"]
    {
        let mut stream = TcpStream::connect(gate.address).await.unwrap();
        stream.write_all(garbage).await.unwrap();
        let mut rest = Vec::new();
        let _reset = soon(stream.read_to_end(&mut rest)).await;
    }
    let mut stream = TcpStream::connect(gate.address).await.unwrap();
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(1 << 20));
    let _reset = stream.write_all(long.as_bytes()).await;
    let mut rest = Vec::new();
    let _reset = soon(stream.read_to_end(&mut rest)).await;
    good.is_served(&mut gate, seen.session).await;
}
