//! A server that speaks the wire, word by word as a test says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use switchboard::protocol::{
    Answer, AnswerStatus, ChatCommand, ChatId, ClientCommand, FromClient, Hello, IdSource, Message,
    MessageId, ModelId, Part, Role, RunId, ServerConfig, read_from_client,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Wire;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::now;

const PATIENCE: Duration = Duration::from_secs(20);

/// A server on loopback.
pub(crate) struct Gateway {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Gateway {
    pub(crate) async fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap()).await
    }

    /// At an address that was a server's before.
    pub(crate) async fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub(crate) fn config(&self) -> ServerConfig {
        config(self.address)
    }

    /// The next client, before it said anything.
    #[expect(clippy::result_large_err, reason = "tungstenite names the error of its callback")]
    pub(crate) async fn accept(&self) -> Peer {
        let name = |_: &Request, mut response: Response| {
            let name = HeaderValue::from_static("switchboard.v1");
            response.headers_mut().insert("sec-websocket-protocol", name);
            Ok(response)
        };
        let accepted = async {
            let (stream, _) = self.listener.accept().await.unwrap();
            tokio_tungstenite::accept_hdr_async(stream, name).await.unwrap()
        };
        let socket = tokio::time::timeout(PATIENCE, accepted).await.expect("a client comes");
        Peer { socket, heard: VecDeque::new() }
    }

    /// The next client, by a server that knows nothing of names of protocols.
    pub(crate) async fn accept_plain(&self) -> Peer {
        let accepted = async {
            // The first try offers one and ends when it is not taken.
            let (stream, _) = self.listener.accept().await.unwrap();
            drop(tokio_tungstenite::accept_async(stream).await);
            let (stream, _) = self.listener.accept().await.unwrap();
            tokio_tungstenite::accept_async(stream).await.unwrap()
        };
        let socket = tokio::time::timeout(PATIENCE, accepted).await.expect("a client comes");
        Peer { socket, heard: VecDeque::new() }
    }

    /// The next client, welcomed.
    pub(crate) async fn welcome(&self, epoch: &str) -> Peer {
        let mut peer = self.accept().await;
        peer.hello().await;
        peer.welcome(epoch, &[], &[]).await;
        peer
    }
}

/// The configuration of a server at an address.
pub(crate) fn config(address: SocketAddr) -> ServerConfig {
    ServerConfig {
        id: "home".into(),
        name: "Home".to_owned(),
        url: format!("ws://{address}"),
        token_query: false,
        dual: false,
        ca_file: None,
    }
}

/// One connection.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    heard: VecDeque<(Option<String>, ClientCommand)>,
}

impl Peer {
    pub(crate) async fn say(&mut self, frame: Value) {
        self.socket.send(Wire::text(frame.to_string())).await.unwrap();
    }

    async fn read(&mut self) -> (Option<String>, ClientCommand) {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next());
            let frame = next.await.expect("a frame comes").expect("the client stays").unwrap();
            let Wire::Text(text) = frame else { continue };
            let FromClient::Command(frame) = read_from_client(&text).unwrap() else { panic!() };
            return (frame.id, frame.command);
        }
    }

    pub(crate) async fn hello(&mut self) -> Hello {
        let (_, ClientCommand::Hello(hello)) = self.read().await else { panic!("no hello") };
        hello
    }

    pub(crate) async fn welcome(&mut self, epoch: &str, resumed: &[RunId], gone: &[RunId]) {
        let resumed: Vec<Value> =
            resumed.iter().map(|run| json!({"runId": run, "fromSeq": 1})).collect();
        self.say(json!({"type": "welcome", "v": 1, "payload": {
            "protocol": 1, "serverId": "s", "epoch": epoch, "sessionId": "chat_1",
            "heartbeatMs": 30_000, "resumed": resumed, "gone": gone, "access": "owner"
        }}))
        .await;
    }

    /// The next command that is no question for a list; those are answered with little.
    pub(crate) async fn command(&mut self) -> (String, ClientCommand) {
        if let Some((id, command)) = self.heard.pop_front() {
            return (id.unwrap_or_default(), command);
        }
        loop {
            let (id, command) = self.read().await;
            match &command {
                ClientCommand::ListModels {} => {
                    let models = json!([{"id": "far/model", "name": "Model"}]);
                    self.say(
                        json!({"type": "models", "v": 1, "payload": {"id": id, "models": models}}),
                    )
                    .await;
                }
                ClientCommand::ListBots {} => {
                    let bots = json!([{"id": "butler", "name": "Butler"}]);
                    self.say(json!({"type": "bots", "v": 1, "payload": {"id": id, "bots": bots}}))
                        .await;
                }
                ClientCommand::ListChats { .. } => {
                    self.say(json!({"type": "chats", "v": 1, "payload": {"id": id, "chats": []}}))
                        .await;
                }
                _ => return (id.unwrap_or_default(), command),
            }
        }
    }

    /// The next message of the user.
    pub(crate) async fn chat(&mut self) -> (String, ChatCommand) {
        loop {
            let (id, command) = self.command().await;
            if let ClientCommand::Chat(chat) = command {
                return (id, *chat);
            }
        }
    }

    /// Takes the next message and begins its run.
    pub(crate) async fn begin(&mut self) -> Run {
        let (id, chat) = self.chat().await;
        let run = Run::of(&chat, None);
        self.ack(&id, &run).await;
        self.say(run.started()).await;
        run
    }

    pub(crate) async fn ack(&mut self, id: &str, run: &Run) {
        self.say(json!({"type": "ack", "v": 1, "payload": {
            "id": id, "runId": run.run, "messageId": run.answer.id, "chatId": run.answer.chat
        }}))
        .await;
    }

    /// A page in answer to `load_messages`.
    pub(crate) async fn page(
        &mut self,
        id: &str,
        chat: ChatId,
        messages: &[Message],
        has_older: bool,
    ) {
        self.say(json!({"type": "messages", "v": 1, "payload": {
            "id": id, "chatId": chat, "messages": messages, "hasOlder": has_older
        }}))
        .await;
    }

    /// Says that a command was wrong.
    pub(crate) async fn refuse(&mut self, id: &str, code: &str) {
        self.say(json!({"type": "error", "v": 1, "payload": {
            "id": id, "message": "no", "code": code, "kind": "not_found", "retryable": false
        }}))
        .await;
    }

    /// The next frame of this type, as it stands on the wire.
    pub(crate) async fn raw(&mut self, kind: &str) -> String {
        loop {
            let next = tokio::time::timeout(PATIENCE, self.socket.next());
            let frame = next.await.expect("a frame comes").expect("the client stays").unwrap();
            let Wire::Text(text) = frame else { continue };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == kind {
                return text.to_string();
            }
        }
    }

    /// Breaks the connection off.
    pub(crate) fn cut(self) {
        drop(self);
    }

    /// Ends the connection with a code.
    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: code.into(), reason: "no".into() };
        self.socket.close(Some(frame)).await.unwrap();
        while self.socket.next().await.is_some_and(|frame| frame.is_ok()) {}
    }
}

/// A run as the server sees it.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) run: RunId,
    pub(crate) question: Message,
    pub(crate) answer: Message,
}

impl Run {
    /// The run of a message.
    pub(crate) fn of(chat: &ChatCommand, parent: Option<MessageId>) -> Self {
        let parts = vec![Part::Text { text: chat.message.clone() }];
        let id = chat.client_message_id.unwrap();
        let question = Message {
            parent: chat.reply_to_id.unwrap_or(parent),
            ..Message::new(id, chat.chat_id.unwrap(), Role::User, now(), parts)
        };
        Self::to(question)
    }

    /// The answer to a question.
    pub(crate) fn to(question: Message) -> Self {
        let run = IdSource.run(now());
        let model = ModelId::new("far", "model");
        let answer = Message {
            parent: Some(question.id),
            answer: Some(Answer::open(model, run)),
            ..Message::new(
                IdSource.message(now()),
                question.chat,
                Role::Assistant,
                now(),
                Vec::new(),
            )
        };
        Self { run, question, answer }
    }

    pub(crate) fn started(&self) -> Value {
        json!({"type": "run_started", "v": 1, "payload": {
            "question": self.question, "answer": self.answer
        }})
    }

    /// An event of the run.
    pub(crate) fn frame(&self, seq: u64, kind: &str, payload: &Value) -> Value {
        json!({"type": kind, "payload": payload, "v": 1, "chatId": self.answer.chat,
            "runId": self.run, "seq": seq, "ts": now()})
    }

    /// The word at this place of `one two three …`, as event `seq`.
    pub(crate) fn word(&self, seq: u64) -> Value {
        let words = ["", "one ", "two ", "three ", "four ", "five ", "six "];
        let at = usize::try_from(seq).unwrap();
        let offset: usize = words[..at].iter().map(|word| word.len()).sum();
        let payload = json!({"role": "assistant", "content": words[at],
            "messageId": self.answer.id, "offset": offset});
        self.frame(seq, "message", &payload)
    }

    pub(crate) fn done(&self, seq: u64) -> Value {
        self.done_as(seq, "complete")
    }

    /// The end of the run, with how it ended.
    pub(crate) fn done_as(&self, seq: u64, status: &str) -> Value {
        let payload = json!({"status": status, "messageId": self.answer.id,
            "replyToId": self.question.id});
        self.frame(seq, "done", &payload)
    }

    /// The answer as it is at its end, on a page.
    pub(crate) fn ended(&self, text: &str) -> Message {
        let mut answer = self.answer.clone();
        answer.parts = vec![Part::Text { text: text.to_owned() }];
        answer.answer.as_mut().unwrap().status = AnswerStatus::Complete;
        answer
    }
}
