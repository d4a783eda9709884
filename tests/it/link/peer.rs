//! A server whose every answer a test writes by hand.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role};

use super::PATIENCE;

pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A listener on loopback.
pub(super) struct Peer {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

/// A file of the tests' own authority.
pub(super) fn certificate(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates").join(name)
}

/// A welcome that resumes nothing.
pub(super) fn welcome(heartbeat_ms: u64) -> Value {
    json!({"type": "welcome", "v": 1, "payload": {
        "protocol": 1, "serverId": "home", "epoch": "one", "sessionId": "aria_1",
        "heartbeatMs": heartbeat_ms, "resumed": [], "gone": [],
    }})
}

impl Peer {
    pub(super) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), tls: None }
    }

    pub(super) async fn with_tls() -> Self {
        let chain = CertificateDer::pem_file_iter(certificate("server.pem")).unwrap();
        let chain = chain.map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(certificate("server.key")).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
        let tls = TlsAcceptor::from(Arc::new(config.unwrap()));
        Self { tls: Some(tls), ..Self::start().await }
    }

    pub(super) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.listener.local_addr().unwrap())
    }

    /// The next request.
    pub(super) async fn visit(&self) -> Visit {
        let (tcp, _) = timeout(PATIENCE, self.listener.accept()).await.expect("nobody").unwrap();
        let mut stream: Box<dyn Duplex> = match &self.tls {
            Some(tls) => Box::new(tls.accept(tcp).await.unwrap()),
            None => Box::new(tcp),
        };
        let mut read = Vec::new();
        let end = loop {
            let end = read.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(end) = end {
                break end;
            }
            assert!(stream.read_buf(&mut read).await.unwrap() > 0, "half a request");
        };
        let head = String::from_utf8(read[..end].to_vec()).unwrap();
        let mut visit = Visit { head, body: String::new(), stream };
        let length = visit.header("content-length").map_or(0, |text| text.parse().unwrap());
        while read.len() < end + 4 + length {
            assert!(visit.stream.read_buf(&mut read).await.unwrap() > 0, "half a body");
        }
        visit.body = String::from_utf8(read[end + 4..].to_vec()).unwrap();
        visit
    }

    /// Takes a connection by TLS that the other side may not want.
    pub(super) async fn refuse(&self) {
        let (tcp, _) = self.listener.accept().await.unwrap();
        if let Some(tls) = &self.tls {
            drop(tls.accept(tcp).await);
        }
    }
}

/// A request, and the connection it came by. Dropped, the connection ends.
pub(super) struct Visit {
    head: String,
    pub(super) body: String,
    stream: Box<dyn Duplex>,
}

impl Visit {
    pub(super) fn method(&self) -> &str {
        self.head.split(' ').next().unwrap()
    }

    pub(super) fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub(super) async fn answer(mut self, status: &str, kind: &str, body: &str) {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.write_all(answer.as_bytes()).await.unwrap();
        self.stream.shutdown().await.ok();
    }

    /// Makes it a stream of events.
    pub(super) async fn stream(mut self) -> Stream {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        self.stream.write_all(head.as_bytes()).await.unwrap();
        Stream { stream: self.stream }
    }

    /// Makes it a WebSocket that reads and says nothing, not even a pong.
    pub(super) async fn mute(mut self, named: bool) -> Box<dyn Duplex> {
        self.switch(named).await;
        self.stream
    }

    /// Makes it a WebSocket; `named` tells our subprotocol.
    pub(super) async fn upgrade(mut self, named: bool) -> Ws {
        self.switch(named).await;
        let socket = WebSocketStream::from_raw_socket(self.stream, Role::Server, None).await;
        let (say, mut to_say) = mpsc::channel::<Message>(8);
        let (telling, said) = mpsc::channel(1_024);
        let (hold, mut held) = mpsc::channel::<()>(1);
        let task = tokio::spawn(async move {
            let (mut sink, mut stream) = socket.split();
            let reading = async {
                while let Some(Ok(message)) = stream.next().await {
                    if let Message::Text(text) = message {
                        telling.send(serde_json::from_str(&text).unwrap()).await.ok();
                    }
                }
            };
            let writing = async {
                while let Some(message) = to_say.recv().await {
                    sink.send(message).await.ok();
                }
            };
            tokio::select! {
                () = reading => {}
                () = writing => {}
                _ = held.recv() => std::future::pending().await,
            }
        });
        Ws { say, said, hold, task }
    }

    async fn switch(&mut self, named: bool) {
        let accept = derive_accept_key(self.header("sec-websocket-key").unwrap().as_bytes());
        let name = if named { "sec-websocket-protocol: switchboard.v1\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: {accept}\r\n{name}\r\n"
        );
        // A client that waits for another answer may be gone.
        self.stream.write_all(answer.as_bytes()).await.ok();
    }
}

/// A WebSocket that answers pings by itself. Dropped, the connection ends.
pub(super) struct Ws {
    say: mpsc::Sender<Message>,
    said: mpsc::Receiver<Value>,
    hold: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Ws {
    /// The next text that came.
    pub(super) async fn said(&mut self) -> Value {
        timeout(PATIENCE, self.said.recv()).await.expect("it said nothing").expect("it is gone")
    }

    pub(super) async fn say(&mut self, frame: &Value) {
        let saying = self.say.send(Message::text(frame.to_string()));
        timeout(PATIENCE, saying).await.expect("it does not read").unwrap();
    }

    /// What nobody can read.
    pub(super) async fn garbage(&mut self) {
        for message in [
            Message::Binary(vec![0, 159, 146, 150].into()),
            Message::text("{"),
            Message::text("[]"),
            Message::text(r#"{"type":"message","seq":1,"runId":2}"#),
            Message::text("[".repeat(100_000)),
        ] {
            self.say.send(message).await.unwrap();
        }
    }

    pub(super) async fn close(&mut self, code: u16, reason: &'static str) {
        let frame = CloseFrame { code: code.into(), reason: reason.into() };
        self.say.send(Message::Close(Some(frame))).await.unwrap();
    }

    /// Nothing is read or written any more, and the connection stays.
    pub(super) fn fall_silent(self) -> Self {
        self.hold.try_send(()).unwrap();
        self
    }

    /// Waits until the other side is gone.
    pub(super) async fn ended(&mut self) {
        while timeout(PATIENCE, self.said.recv()).await.expect("it stays").is_some() {}
    }
}

impl Drop for Ws {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An open stream of events.
pub(super) struct Stream {
    stream: Box<dyn Duplex>,
}

impl Stream {
    pub(super) async fn say(&mut self, frame: &Value) {
        self.stream.write_all(format!("data: {frame}\n\n").as_bytes()).await.unwrap();
    }

    /// Sends comments until something has happened.
    pub(super) async fn beat_until<T>(
        &mut self,
        every: Duration,
        happens: impl Future<Output = T>,
    ) -> T {
        let mut ticks = tokio::time::interval(every);
        let mut happens = std::pin::pin!(happens);
        loop {
            tokio::select! {
                what = &mut happens => return what,
                _ = ticks.tick() => self.stream.write_all(b": \n\n").await.unwrap(),
            }
        }
    }
}
