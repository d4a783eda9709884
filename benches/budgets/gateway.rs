//! What a gateway costs: idle clients, and streams to many at once.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::http::Request;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::server::{Server, wall_us};
use crate::{percentile, report};

const IDLE: usize = 1_000;
/// More than one heartbeat.
const IDLE_TIME: Duration = Duration::from_secs(35);
const RUNS: usize = 200;
const EVENTS: usize = 500;
/// What is left out of each run: its beginning, when 200 chats are made at once.
const WARM_UP: usize = 100;

/// `switchboard serve` with a provider that streams; it ends when it is dropped.
struct Gateway {
    child: Child,
    address: String,
    token: String,
    _folder: tempfile::TempDir,
    _server: Server,
}

impl Gateway {
    fn start() -> Self {
        let (server, folder) = (Server::start(), tempfile::tempdir().unwrap());
        let command = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
            command
                .env_clear()
                .env("SWITCHBOARD_DATA_DIR", folder.path())
                .env("SWITCHBOARD_NO_KEYCHAIN", "1");
            command
        };
        let add = ["providers", "add", "mock", "--url", &server.url()];
        assert!(command().args(add).stdout(Stdio::null()).status().unwrap().success());
        let token = command().args(["tokens", "add", "bench"]).output().unwrap();
        let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
        let serve = ["serve", "--listen", "127.0.0.1:0", "--max-clients", "2000"];
        let mut child =
            command().args(serve).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit('/').next().unwrap().to_owned();
        Self { child, address, token, _folder: folder, _server: server }
    }

    async fn client(&self, number: usize) -> Client {
        let request = Request::builder()
            .uri(format!("ws://{}/ws", self.address))
            .header("host", &self.address)
            .header("connection", "Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("authorization", format!("Bearer {}", self.token));
        let stream = TcpStream::connect(&self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Client(client_async(request.body(()).unwrap(), stream).await.unwrap().0);
        let hello = json!({ "protocol": 1, "client": "bench", "clientId": format!("c{number}") });
        client.say(&json!({ "type": "hello", "payload": hello })).await;
        assert_eq!(client.frame().await["type"], "welcome");
        client
    }

    /// Memory in MB and CPU time. Linux only; elsewhere 0.
    fn cost(&self) -> (f64, Duration) {
        let read = |name| {
            std::fs::read_to_string(format!("/proc/{}/{name}", self.child.id())).unwrap_or_default()
        };
        let (status, stat) = (read("status"), read("stat"));
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kb = resident.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks = |at: usize| fields.get(at).and_then(|text| text.parse().ok()).unwrap_or(0_u64);
        // Fields 14 and 15 of proc(5), in hundredths of a second.
        (kb.unwrap_or(0.0) / 1_024.0, Duration::from_millis((ticks(11) + ticks(12)) * 10))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        self.child.wait().unwrap();
    }
}

struct Client(WebSocketStream<TcpStream>);

impl Client {
    async fn say(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn frame(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Asks, and measures how old each word is when it comes.
    async fn stream(mut self) -> Vec<Duration> {
        let chat = json!({ "message": "go", "model": format!("mock/paced-{EVENTS}") });
        self.say(&json!({ "type": "chat", "id": "go", "payload": chat })).await;
        let mut delays = Vec::with_capacity(EVENTS);
        loop {
            let frame = self.frame().await;
            let now = wall_us();
            match frame["type"].as_str().unwrap() {
                "message" => {
                    let words = frame["payload"]["content"].as_str().unwrap().split_whitespace();
                    delays.extend(words.filter_map(|word| {
                        let written: u64 = word.strip_prefix('@')?.parse().ok()?;
                        Some(Duration::from_micros(now.saturating_sub(written)))
                    }));
                }
                "done" => return delays,
                "error" => panic!("{frame}"),
                _ => {}
            }
        }
    }
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(idle());
    runtime.block_on(streams());
}

async fn idle() {
    let gateway = Gateway::start();
    let mut clients = Vec::new();
    for number in 0..IDLE {
        clients.push(gateway.client(number).await);
    }
    let (_, before) = gateway.cost();
    let start = Instant::now();
    // They answer pings while they wait for a frame that does not come.
    let waiting = futures_util::future::join_all(clients.iter_mut().map(Client::frame));
    assert!(tokio::time::timeout(IDLE_TIME, waiting).await.is_err(), "nothing is said");
    let (megabytes, after) = gateway.cost();
    let share = after.saturating_sub(before).as_secs_f64() / start.elapsed().as_secs_f64();
    report(
        &format!("CPU of a gateway with {IDLE} idle clients"),
        &format!("{:.2} %", share * 100.0),
        "≤ 1 %",
    );
    report(
        &format!("memory of a gateway with {IDLE} idle clients"),
        &format!("{megabytes:.0} MB"),
        "≤ 100 MB",
    );
}

async fn streams() {
    let gateway = Gateway::start();
    let mut streams = tokio::task::JoinSet::new();
    for number in 0..RUNS {
        streams.spawn(gateway.client(number).await.stream());
    }
    let (mut delays, mut events) = (Vec::new(), 0);
    while let Some(run) = streams.join_next().await {
        let run = run.unwrap();
        events += run.len();
        delays.extend(run.into_iter().skip(WARM_UP));
    }
    assert_eq!(events, RUNS * EVENTS, "every event came once");
    let (half, most) = (percentile(&mut delays, 0.5), percentile(&mut delays, 0.99));
    report(
        &format!(
            "{RUNS} runs of 100 events/s, from the provider's socket to the client's, p99 (p50 {})",
            crate::ms(half)
        ),
        &crate::ms(most),
        "≤ 20 ms",
    );
}
