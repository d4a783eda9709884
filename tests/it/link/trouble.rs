//! Servers that are silent, shut, slow or strange.

use std::time::Instant;

use super::*;

/// What only the certificates of the tests vouch for.
const TRUSTED: &str = "SSL_CERT_FILE";

#[tokio::test]
async fn a_socket_that_opens_and_is_silent_is_no_server() {
    let peer = Peer::start().await;
    let mut link = Link::start(config(&peer.url("ws")), quick());
    let _silent = peer.visit().await.mute(true).await;
    let waiting = link.state(|state| matches!(state, LinkState::Waiting { .. })).await;
    let LinkState::Waiting { cause, attempt, .. } = waiting else { panic!("{waiting:?}") };
    assert_eq!((cause.as_str(), attempt), ("The server did not say who it is", 2));
    // Nor is one that does not even answer a ping a plain one.
    let _silent = peer.visit().await.mute(true).await;
    link.state(|state| matches!(state, LinkState::Waiting { .. })).await;
}

#[tokio::test]
async fn a_gateway_that_goes_silent_is_noticed_within_two_heartbeats() {
    let peer = Peer::start().await;
    let mut link = Link::start(config(&peer.url("ws")), quick());
    let mut ws = peer.visit().await.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    link.up().await;
    let since = Instant::now();
    let _held = ws.fall_silent();
    link.down().await;
    let passed = since.elapsed();
    assert!(passed.as_millis() < 2_000, "{passed:?}");
    let mut ws = peer.visit().await.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    link.up().await;
}

/// Who refuses an upgrade is asked whether it is a gateway behind a proxy.
async fn no_gateway(peer: &Peer) {
    let visit = peer.visit().await;
    assert_eq!(visit.header("authorization"), None, "the token is no part of that");
    visit.answer("404 Not Found", "text/plain", "no").await;
}

#[tokio::test]
async fn a_wrong_token_is_not_tried_again_until_there_is_another() {
    let peer = Peer::start().await;
    let mut link = Link::start(config(&peer.url("ws")), quick());
    peer.visit().await.answer("401 Unauthorized", "text/plain", "no").await;
    no_gateway(&peer).await;
    let denied = |state: &LinkState| matches!(state, LinkState::Denied { .. });
    link.state(denied).await;
    link.inputs.send(LinkInput::NetworkChanged).await.unwrap();
    link.send(chat("hi")).await;
    let next = link.next().await;
    assert!(matches!(next, LinkEvent::NotSent(_)), "{next:?}");

    link.inputs.send(LinkInput::Token(Some("other".into()))).await.unwrap();
    let visit = peer.visit().await;
    assert_eq!(visit.header("authorization"), Some("Bearer other"));
    let mut ws = visit.upgrade(true).await;
    ws.said().await;
    ws.close(4001, "a valid token is needed").await;
    let LinkState::Denied { message } = link.state(denied).await else { unreachable!() };
    assert!(message.contains("a valid token is needed"), "{message}");

    link.inputs.send(LinkInput::Now).await.unwrap();
    peer.visit().await.answer("403 Forbidden", "text/plain", "no").await;
    no_gateway(&peer).await;
    link.state(denied).await;
}

#[tokio::test]
async fn an_address_or_a_token_that_cannot_be_used_is_for_the_user_to_mend() {
    for (url, token) in [("nonsense", "x"), ("ftp://a", "x"), ("ws://127.0.0.1:1", "a\nhunter2")] {
        let config = LinkConfig { token: Some(token.into()), ..config(url) };
        let mut link = Link::start(config, quick());
        link.state(|state| matches!(state, LinkState::Denied { .. })).await;
    }
}

/// The other side of a full channel goes on, and nothing is lost.
#[tokio::test]
async fn who_does_not_read_blocks_nobody_and_loses_nothing() {
    let peer = Peer::start().await;
    let mut link = Link::start(config(&peer.url("ws")), quick());
    let mut ws = peer.visit().await.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    link.up().await;
    let (frames, commands) = (4_000, 600);
    for number in 1..=frames {
        ws.say(&event(number)).await;
    }
    for _ in 0..commands {
        link.send(ClientCommand::ListBots {}).await;
    }
    let mut next = 1;
    let mut refused = 0;
    while next <= frames {
        match link.next().await {
            LinkEvent::Came(frame) => {
                assert_eq!(seq(&frame), next);
                next += 1;
            }
            LinkEvent::NotSent(_) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    for _ in refused..commands {
        assert_eq!(ws.said().await["type"], "list_bots");
    }
}

#[tokio::test]
async fn a_frame_over_the_limit_ends_the_connection_and_not_the_link() {
    let peer = Peer::start().await;
    let mut link = Link::start(config(&peer.url("ws")), quick());
    let mut ws = peer.visit().await.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    link.up().await;
    let long = "x".repeat(9 * 1024 * 1024);
    ws.say(&json!({"type": "news", "payload": long})).await;
    link.down().await;
    let mut ws = peer.visit().await.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    link.up().await;
    // Nor does ours go out.
    link.send(chat(&"x".repeat(9 * 1024 * 1024))).await;
    link.until(|event| matches!(event, LinkEvent::NotSent(_)).then_some(())).await;
}

/// The variable is read by this process, so that the test runs in one that has it.
#[tokio::test]
async fn a_server_with_its_own_authority_is_reached_by_tls_where_that_is_trusted() {
    let name =
        "link::trouble::a_server_with_its_own_authority_is_reached_by_tls_where_that_is_trusted";
    let authority = peer::certificate("ca.pem");
    if std::env::var_os(TRUSTED).is_none_or(|set| set != *authority.as_os_str()) {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture"])
            .env(TRUSTED, &authority)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.contains("1 passed"), "{output:?}");

        // Without it, the server is not trusted, and the link goes on trying.
        let peer = Peer::with_tls().await;
        let mut link = Link::start(config(&peer.url("wss")), quick());
        tokio::spawn(async move {
            loop {
                peer.refuse().await;
            }
        });
        let waiting = link.state(|state| matches!(state, LinkState::Waiting { .. })).await;
        assert!(format!("{waiting:?}").contains("certificate"), "{waiting:?}");
        return;
    }
    let peer = Peer::with_tls().await;
    let mut link = Link::start(config(&peer.url("wss")), quick());
    let mut ws = peer.visit().await.upgrade(true).await;
    assert_eq!(ws.said().await["type"], "hello");
    ws.say(&welcome(300)).await;
    link.up().await;
    link.send(chat("hi")).await;
    assert_eq!(ws.said().await["type"], "chat");
}
