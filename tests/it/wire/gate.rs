//! A gateway on loopback, its door, and clients that know only what the protocol says.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use switchboard::net::gateway::host::{Doorkeeper, HostInput, SessionKey, Visitor};
use switchboard::net::gateway::outbox::Outbox;
use switchboard::net::gateway::{Gateway, GatewayConfig, Timing, listen};
use switchboard::protocol::{Access, CommandFrame, Hello, RunId};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::sync::CancellationToken;

/// Nothing here may take longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const OWNER: &str = "sb_owner";
pub(crate) const GUEST: &str = "sb_guest";

/// Waits for something that must come.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("in time")
}

/// The tokens of a gateway.
#[derive(Debug)]
pub(crate) struct Keys {
    tokens: Mutex<Vec<(String, Visitor)>>,
    code: Mutex<Option<String>>,
}

impl Keys {
    fn new() -> Arc<Self> {
        let visitor = |token: &str, access| Visitor { token: token.to_owned(), access };
        Arc::new(Self {
            tokens: Mutex::new(vec![
                (OWNER.to_owned(), visitor("1", Access::Owner)),
                (GUEST.to_owned(), visitor("2", Access::Guest)),
            ]),
            code: Mutex::new(None),
        })
    }

    pub(crate) fn revoke(&self, token: &str) {
        self.tokens.lock().retain(|(known, _)| known != token);
    }

    pub(crate) fn show_code(&self, code: &str) {
        *self.code.lock() = Some(code.to_owned());
    }
}

impl Doorkeeper for Keys {
    fn admit(
        &self,
        token: Option<SecretString>,
    ) -> Pin<Box<dyn Future<Output = Option<Visitor>> + Send + '_>> {
        Box::pin(async move {
            let token = token?;
            let tokens = self.tokens.lock();
            let found = tokens.iter().find(|(known, _)| known == token.expose_secret());
            found.map(|(_, visitor)| visitor.clone())
        })
    }

    fn pair(
        &self,
        code: SecretString,
        _client: String,
    ) -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send + '_>> {
        Box::pin(async move {
            let shown = self.code.lock().take_if(|shown| shown == code.expose_secret());
            shown.map(|_code| SecretString::from(OWNER))
        })
    }
}

/// The answer to a command.
pub(crate) fn ack(id: &str) -> Arc<str> {
    json!({ "type": "ack", "payload": { "id": id }, "v": 1 }).to_string().into()
}

/// The chat of [`event`]s.
pub(crate) const CHAT: &str = "0190a000-0000-7000-8000-00000000000c";

/// A run.
pub(crate) fn run(number: u64) -> RunId {
    RunId(uuid::Uuid::from_u128(0x0190_a000_0000_7000_8000_0000_0000_0000 + u128::from(number)))
}

/// An event of a run: text that is its number.
pub(crate) fn event(run: RunId, seq: u64) -> Arc<str> {
    let payload = json!({ "role": "assistant", "content": format!("{seq} "), "messageId": CHAT,
        "offset": 0 });
    placed("message", &payload, run, seq)
}

/// An event of any kind.
pub(crate) fn placed(kind: &str, payload: &Value, run: RunId, seq: u64) -> Arc<str> {
    json!({ "type": kind, "payload": payload, "v": 1, "chatId": CHAT, "runId": run, "seq": seq,
        "ts": 1_795_220_283_123_i64 })
    .to_string()
    .into()
}

/// What a host answers to hello.
pub(crate) fn welcome() -> Arc<str> {
    json!({ "type": "welcome", "v": 1, "payload": { "protocol": 1, "serverId": "s", "epoch": "e",
        "sessionId": "guide_1", "heartbeatMs": 30_000 } })
    .to_string()
    .into()
}

/// A gateway, with the test behind it.
pub(crate) struct Gate {
    pub(crate) address: SocketAddr,
    pub(crate) keys: Arc<Keys>,
    pub(crate) stop: CancellationToken,
    pub(crate) inputs: mpsc::Receiver<HostInput>,
    pub(crate) gateway: Option<Gateway>,
}

/// A session as the host sees it.
pub(crate) struct Seen {
    pub(crate) session: SessionKey,
    pub(crate) visitor: Visitor,
    pub(crate) hello: Hello,
    pub(crate) outbox: Outbox,
}

pub(crate) fn config() -> GatewayConfig {
    let mut config = GatewayConfig::at(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.timing = Timing { farewell: Duration::from_secs(2), ..Timing::default() };
    config
}

impl Gate {
    pub(crate) async fn open() -> Self {
        Self::with(config()).await
    }

    pub(crate) async fn with(config: GatewayConfig) -> Self {
        let (host, inputs) = mpsc::channel(64);
        let (keys, stop) = (Keys::new(), CancellationToken::new());
        let gateway = listen(config, keys.clone(), host, &stop).await.unwrap();
        Self { address: gateway.address(), keys, stop, inputs, gateway: Some(gateway) }
    }

    pub(crate) async fn input(&mut self) -> HostInput {
        soon(self.inputs.recv()).await.expect("the gateway lives")
    }

    pub(crate) async fn opened(&mut self) -> Seen {
        match self.input().await {
            HostInput::Opened { session, visitor, hello, outbox } => {
                Seen { session, visitor, hello, outbox }
            }
            other => panic!("a client and not {other:?}"),
        }
    }

    pub(crate) async fn command(&mut self) -> (SessionKey, CommandFrame) {
        match self.input().await {
            HostInput::Command { session, frame } => (session, frame),
            other => panic!("a command and not {other:?}"),
        }
    }

    pub(crate) async fn closed(&mut self) -> SessionKey {
        match self.input().await {
            HostInput::Closed(session) => session,
            other => panic!("the end of a client and not {other:?}"),
        }
    }

    /// Waits for the end of this session, whatever else is said.
    pub(crate) async fn until_closed(&mut self, session: SessionKey) {
        loop {
            if matches!(self.input().await, HostInput::Closed(closed) if closed == session) {
                return;
            }
        }
    }

    /// An address of HTTP.
    pub(crate) fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A client that has said hello, and how the host sees it.
    pub(crate) async fn join(&mut self, client_id: &str) -> (Client, Seen) {
        let mut client = Client::join(self.address, "/ws", OWNER).await;
        client.hello(client_id).await;
        (client, self.opened().await)
    }
}

/// A client over one WebSocket.
pub(crate) struct Client(pub(crate) WebSocketStream<TcpStream>);

/// A handshake with these headers.
pub(crate) async fn handshake(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<(WebSocketStream<TcpStream>, Vec<(String, String)>), Error> {
    let mut request = Request::builder()
        .uri(format!("ws://{address}{path}"))
        .header("host", address.to_string())
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let stream = TcpStream::connect(address).await.unwrap();
    let (socket, response) = soon(client_async(request.body(()).unwrap(), stream)).await?;
    let headers = response.headers().iter();
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    Ok((socket, headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()))
}

/// The status of a handshake that is refused.
pub(crate) fn status<T>(refused: Result<T, Error>) -> u16 {
    match refused {
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(other) => panic!("an answer and not {other}"),
        Ok(_) => 101,
    }
}

impl Client {
    pub(crate) async fn join(address: SocketAddr, path: &str, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        Self(handshake(address, path, &[("authorization", &bearer)]).await.unwrap().0)
    }

    pub(crate) async fn hello(&mut self, client_id: &str) {
        let payload = json!({ "protocol": 1, "client": "test", "clientId": client_id });
        self.say(&json!({ "type": "hello", "payload": payload, "v": 1 })).await;
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.send(Message::text(frame.to_string())).await;
    }

    pub(crate) async fn send(&mut self, message: Message) {
        soon(self.0.send(message)).await.unwrap();
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        loop {
            match soon(self.0.next()).await.expect("open").expect("sound") {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("a frame and not {other:?}"),
            }
        }
    }

    /// The code that it is closed with, whatever comes before.
    pub(crate) async fn close_code(&mut self) -> u16 {
        let closed = async {
            loop {
                match self.0.next().await.expect("a close") {
                    Ok(Message::Close(Some(close))) => return close.code.into(),
                    Ok(Message::Close(None)) => panic!("a close without its code"),
                    Ok(_) => {}
                    Err(error) => panic!("a close and not {error}"),
                }
            }
        };
        soon(closed).await
    }

    /// That it is still there and serves: a command reaches the host.
    pub(crate) async fn is_served(&mut self, gate: &mut Gate, session: SessionKey) {
        self.say(&json!({ "type": "list_bots", "id": "served" })).await;
        let (from, frame) = gate.command().await;
        assert_eq!((from, frame.id.as_deref()), (session, Some("served")));
    }
}

/// A door through which nobody comes.
#[derive(Debug)]
pub(crate) struct Nobody;

impl Doorkeeper for Nobody {
    fn admit(
        &self,
        _token: Option<SecretString>,
    ) -> Pin<Box<dyn Future<Output = Option<Visitor>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }

    fn pair(
        &self,
        _code: SecretString,
        _client: String,
    ) -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }
}
