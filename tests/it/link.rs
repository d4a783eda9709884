//! The link against servers that are written by hand, on loopback.

mod peer;
mod trouble;

use std::time::Duration;

use serde_json::{Value, json};
use switchboard::net::link::{
    LinkClock, LinkConfig, LinkEvent, LinkInput, LinkTask, Pace, Positions, start,
};
use switchboard::protocol::{
    Carrier, ChatCommand, ClientCommand, CommandFrame, FromServer, LinkState, ResumeFrom,
    ServerConfig, StreamEvent, Welcome,
};
use tokio::sync::mpsc;
use tokio::time::timeout;

use self::peer::{Peer, welcome};
use crate::support::now;

const PATIENCE: Duration = Duration::from_secs(20);

/// Runs that are open, as the engine would say.
#[derive(Debug, Default)]
struct Open(Vec<ResumeFrom>);

impl Positions for Open {
    fn open_runs(&self) -> Vec<ResumeFrom> {
        self.0.clone()
    }
}

/// A link and what it tells.
struct Link {
    inputs: mpsc::Sender<LinkInput>,
    events: mpsc::Receiver<LinkEvent>,
    _task: LinkTask,
}

fn quick() -> Pace {
    Pace {
        heartbeat_ms: 300,
        connect_ms: 5_000,
        welcome_ms: 400,
        backoff_base_ms: 10,
        backoff_cap_ms: 40,
        ..Pace::default()
    }
}

fn config(url: &str) -> LinkConfig {
    LinkConfig {
        server: ServerConfig {
            id: "home".into(),
            name: "Home".to_owned(),
            url: url.to_owned(),
            token_query: false,
            dual: false,
            ca_file: None,
        },
        token: Some("hunter2hunter2".into()),
        client_id: "desk".to_owned(),
        positions: Box::new(Open::default()),
    }
}

impl Link {
    fn start(config: LinkConfig, pace: Pace) -> Self {
        let clock = LinkClock { now, pace };
        let (inputs, events, task) = start(config, clock, 7);
        Self { inputs, events, _task: task }
    }

    async fn next(&mut self) -> LinkEvent {
        timeout(PATIENCE, self.events.recv()).await.expect("nothing is told").unwrap()
    }

    /// Leaves out all that is not wanted.
    async fn until<T>(&mut self, wanted: impl Fn(&LinkEvent) -> Option<T>) -> T {
        loop {
            let event = self.next().await;
            assert!(!format!("{event:?}").contains("hunter2"), "{event:?}");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    async fn state(&mut self, wanted: impl Fn(&LinkState) -> bool) -> LinkState {
        self.until(|event| match event {
            LinkEvent::State(state) if wanted(state) => Some(state.clone()),
            _ => None,
        })
        .await
    }

    async fn up(&mut self) -> Option<Welcome> {
        self.until(|event| match event {
            LinkEvent::Up(welcome) => Some(welcome.clone()),
            _ => None,
        })
        .await
    }

    async fn down(&mut self) {
        self.until(|event| matches!(event, LinkEvent::Down).then_some(())).await;
    }

    async fn came(&mut self) -> FromServer {
        self.until(|event| match event {
            LinkEvent::Came(frame) => Some(frame.clone()),
            _ => None,
        })
        .await
    }

    async fn send(&self, command: ClientCommand) {
        let frame = CommandFrame { id: Some("1".to_owned()), command };
        let sending = self.inputs.send(LinkInput::Send(frame));
        timeout(PATIENCE, sending).await.expect("the link takes no inputs").unwrap();
    }
}

fn chat(message: &str) -> ClientCommand {
    ClientCommand::Chat(Box::new(ChatCommand {
        message: message.to_owned(),
        client_message_id: None,
        chat_id: None,
        bot_id: None,
        variables: std::collections::BTreeMap::new(),
        model: Some("a/b".to_owned()),
        system_prompt: None,
        reply_to_id: None,
        attachments: Vec::new(),
    }))
}

fn event(seq: u64) -> Value {
    let id = uuid::Uuid::from_u128(9);
    json!({"type": "message", "v": 1, "chatId": id, "runId": id, "seq": seq, "ts": 1, "payload": {
        "role": "assistant", "content": "x", "messageId": id, "offset": seq - 1,
    }})
}

fn seq(frame: &FromServer) -> u64 {
    match frame {
        FromServer::Event(frame) => frame.seq.0,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_gateway_is_greeted_and_asked_for_what_is_missing() {
    let peer = Peer::start().await;
    let run = switchboard::protocol::RunId(uuid::Uuid::from_u128(9));
    let after = ResumeFrom { run_id: run, after_seq: switchboard::protocol::Seq(3) };
    let mut config = config(&peer.url("ws"));
    config.positions = Box::new(Open(vec![after]));
    let mut link = Link::start(config, quick());
    let visit = peer.visit().await;
    assert_eq!(visit.path(), "/ws");
    assert_eq!(visit.header("authorization"), Some("Bearer hunter2hunter2"));
    assert_eq!(visit.header("sec-websocket-protocol"), Some("switchboard.v1"));
    let mut ws = visit.upgrade(true).await;
    let hello = ws.said().await;
    assert_eq!(hello["type"], "hello");
    assert_eq!(hello["payload"]["clientId"], "desk");
    assert_eq!(hello["payload"]["resume"], json!([{"runId": run, "afterSeq": 3}]));
    ws.say(&welcome(300)).await;
    assert_eq!(link.up().await.unwrap().server_id, "home");
    for number in 4..10 {
        ws.say(&event(number)).await;
        assert_eq!(seq(&link.came().await), number);
    }
    link.send(ClientCommand::ListBots {}).await;
    let said = ws.said().await;
    assert_eq!((&said["type"], &said["id"]), (&json!("list_bots"), &json!("1")));

    // What cannot be read is left out, and what is new handed on as unknown.
    ws.garbage().await;
    ws.say(&json!({"type": "news", "payload": {}})).await;
    assert_eq!(link.came().await, FromServer::Unknown("news".to_owned()));

    // When nobody wants it any more, it says goodbye.
    drop(link.inputs);
    ws.ended().await;
    let mut last = None;
    while let Some(event) = timeout(PATIENCE, link.events.recv()).await.unwrap() {
        last = Some(event);
    }
    assert!(matches!(last, Some(LinkEvent::State(LinkState::Offline))), "{last:?}");
}

#[tokio::test]
async fn a_plain_server_is_spoken_to_as_it_understands() {
    let peer = Peer::start().await;
    let mut config = config(&peer.url("ws"));
    config.server.token_query = true;
    let mut link = Link::start(config, quick());
    let refused = peer.visit().await;
    assert_eq!(refused.path(), "/ws?token=hunter2hunter2");
    drop(refused.upgrade(false).await);
    // It does not name our subprotocol; the next try does not ask for it.
    let mut ws = peer.visit().await.upgrade(false).await;
    assert_eq!(ws.said().await["type"], "hello");
    assert_eq!(link.up().await, None);
    link.send(chat("hi")).await;
    let said = ws.said().await;
    let expected = json!({"message": "hi", "model": "a/b", "models": {"default": "a/b"}});
    assert_eq!(said, json!({"type": "chat", "payload": expected}));
    for text in ["wor", "ld"] {
        ws.say(&json!({"type": "message", "payload": {"content": text}})).await;
        let FromServer::Plain(plain) = link.came().await else { panic!("it is plain") };
        assert!(matches!(plain.event, StreamEvent::Message { content, .. } if content == text));
    }
    link.send(ClientCommand::ListBots {}).await;
    let refused = |event: &LinkEvent| matches!(event, LinkEvent::NotSent(_)).then_some(());
    link.until(refused).await;
    drop(ws);
    link.down().await;
    drop(peer.visit().await.upgrade(false).await);
    let _again = peer.visit().await.upgrade(false).await;
    assert_eq!(link.up().await, None);
}

#[tokio::test]
async fn either_socket_of_a_pair_may_drop_and_return_by_itself() {
    let peer = Peer::start().await;
    let mut config = config(&peer.url("ws"));
    config.server.dual = true;
    let mut link = Link::start(config, quick());
    let (mut commands, mut events) = (None, None);
    for _ in 0..2 {
        let visit = peer.visit().await;
        let is_commands = visit.path() == "/ws/backend-api";
        assert!(is_commands || visit.path() == "/ws/frontend-api");
        let mut ws = visit.upgrade(true).await;
        assert_eq!(ws.said().await["payload"]["clientId"], "desk");
        *if is_commands { &mut commands } else { &mut events } = Some(ws);
    }
    let (mut commands, mut events) = (commands.unwrap(), events.unwrap());
    events.say(&welcome(300)).await;
    let state = link.state(|state| matches!(state, LinkState::Ready { .. })).await;
    assert!(matches!(state, LinkState::Ready { carrier: Carrier::Pair, plain: false, .. }));
    link.up().await;
    link.send(chat("hi")).await;
    assert_eq!(commands.said().await["type"], "chat");

    drop(commands);
    link.down().await;
    events.say(&event(1)).await;
    assert_eq!(seq(&link.came().await), 1, "events go on");
    let visit = peer.visit().await;
    assert_eq!(visit.path(), "/ws/backend-api");
    let mut commands = visit.upgrade(true).await;
    commands.said().await;
    link.up().await;

    drop(events);
    link.down().await;
    let visit = peer.visit().await;
    assert_eq!(visit.path(), "/ws/frontend-api");
    let mut events = visit.upgrade(true).await;
    assert_eq!(events.said().await["type"], "hello");
    events.say(&welcome(300)).await;
    link.up().await;
    link.send(chat("again")).await;
    assert_eq!(commands.said().await["payload"]["message"], "again");
}

#[tokio::test]
async fn where_no_socket_gets_through_frames_go_by_http_and_back_when_one_does() {
    let peer = Peer::start().await;
    let run = switchboard::protocol::RunId(uuid::Uuid::from_u128(9));
    let after = ResumeFrom { run_id: run, after_seq: switchboard::protocol::Seq(3) };
    let mut config = config(&peer.url("ws"));
    config.positions = Box::new(Open(vec![after]));
    let pace = Pace { sockets_again_ms: 3_000, ..quick() };
    let mut link = Link::start(config, pace);
    for status in ["400 Bad Request", "502 Bad Gateway"] {
        peer.visit().await.answer(status, "text/html", "<h1>no</h1>").await;
    }
    drop(peer.visit().await);
    let visit = peer.visit().await;
    assert_eq!(visit.path(), "/events?clientId=desk");
    assert_eq!(visit.header("authorization"), Some("Bearer hunter2hunter2"));
    let left = format!("{run}:3");
    assert_eq!(visit.header("last-event-id"), Some(left.as_str()));
    let mut stream = visit.stream().await;
    stream.say(&welcome(300)).await;
    let state = link.state(|state| matches!(state, LinkState::Ready { .. })).await;
    assert!(matches!(state, LinkState::Ready { carrier: Carrier::Http, .. }), "{state:?}");
    stream.say(&event(4)).await;
    assert_eq!(seq(&link.came().await), 4);

    link.send(ClientCommand::ListBots {}).await;
    let visit = peer.visit().await;
    assert_eq!((visit.method(), visit.path()), ("POST", "/commands?clientId=desk"));
    assert_eq!(visit.header("authorization"), Some("Bearer hunter2hunter2"));
    let command: Value = serde_json::from_str(&visit.body).unwrap();
    assert_eq!(command["type"], "list_bots");
    let bots = json!({"type": "bots", "v": 1, "payload": {"id": "1", "bots": []}});
    visit.answer("200 OK", "application/json", &bots.to_string()).await;
    assert!(matches!(link.came().await, FromServer::Said(_)));
    // One that does not arrive is given back.
    link.send(ClientCommand::ListModels {}).await;
    drop(peer.visit().await);
    link.until(|event| matches!(event, LinkEvent::NotSent(_)).then_some(())).await;

    // The heartbeat is a comment. Without it the stream is dead; with it, it lasts until a
    // socket gets through.
    let visit = stream.beat_until(Duration::from_millis(100), peer.visit()).await;
    assert_eq!(visit.path(), "/ws");
    let mut ws = visit.upgrade(true).await;
    ws.said().await;
    ws.say(&welcome(300)).await;
    let is_socket =
        |state: &LinkState| matches!(state, LinkState::Ready { carrier: Carrier::Socket, .. });
    link.state(is_socket).await;
}
