//! How soon a link is back: after a cut, and after an outage that ends with a word of the network.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use switchboard::net::link::{
    LinkClock, LinkConfig, LinkEvent, LinkInput, LinkTask, Positions, start,
};
use switchboard::protocol::{LinkState, ResumeFrom, ServerConfig, Timestamp};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_util::sync::CancellationToken;

use crate::{percentile, report};

const LINKS: usize = 200;
/// Several tries fail in this time, and the wait for the next is long.
const OUTAGE: Duration = Duration::from_secs(6);

/// Nothing is open.
#[derive(Debug)]
struct Nothing;

impl Positions for Nothing {
    fn open_runs(&self) -> Vec<ResumeFrom> {
        Vec::new()
    }
}

/// Welcomes all that come, until they are cut.
async fn serve(listener: TcpListener, cut: CancellationToken) {
    loop {
        let accepted = cut.run_until_cancelled(listener.accept()).await;
        let Some(accepted) = accepted else { return };
        let (stream, _) = accepted.unwrap();
        tokio::spawn(cut.clone().run_until_cancelled_owned(welcome(stream)));
    }
}

#[expect(clippy::result_large_err, reason = "tungstenite names the error of its callback")]
async fn welcome(stream: TcpStream) -> Option<()> {
    let name = |_: &Request, mut response: Response| {
        let name = HeaderValue::from_static("switchboard.v1");
        response.headers_mut().insert("sec-websocket-protocol", name);
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, name).await.ok()?;
    socket.next().await?.ok()?;
    let welcome = json!({"type": "welcome", "v": 1, "payload": {
        "protocol": 1, "serverId": "s", "epoch": "e", "sessionId": "chat_1",
        "heartbeatMs": 30_000, "resumed": [], "gone": [], "access": "owner"
    }});
    socket.send(Message::text(welcome.to_string())).await.ok()?;
    while socket.next().await?.is_ok() {}
    None
}

struct Link {
    inputs: mpsc::Sender<LinkInput>,
    events: mpsc::Receiver<LinkEvent>,
    _task: LinkTask,
}

impl Link {
    fn start(address: SocketAddr, seed: u64) -> Self {
        let now = || Timestamp(i64::try_from(crate::server::wall_us() / 1_000).unwrap());
        let server = ServerConfig {
            id: "home".into(),
            name: "Home".to_owned(),
            url: format!("ws://{address}"),
            token_query: false,
            dual: false,
            ca_file: None,
        };
        let client_id = format!("c{seed}");
        let config = LinkConfig { server, token: None, client_id, positions: Box::new(Nothing) };
        let (inputs, events, task) = start(config, LinkClock::new(now), seed);
        Self { inputs, events, _task: task }
    }

    async fn until(&mut self, wanted: impl Fn(&LinkEvent) -> bool) {
        while !wanted(&self.events.recv().await.unwrap()) {}
    }

    async fn ready(&mut self) {
        self.until(|event| matches!(event, LinkEvent::State(LinkState::Ready { .. }))).await;
    }
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cut = measure(Duration::ZERO).await;
        told("from a cut to ready, first backoff and all", cut);
        let outage = measure(OUTAGE).await;
        told("from the word of a network's return after 6 s to ready", outage);
    });
}

fn told(what: &str, mut times: Vec<Duration>) {
    let (half, most) = (percentile(&mut times, 0.5), percentile(&mut times, 0.95));
    let what = format!("{LINKS} links {what}, p95 (p50 {})", crate::ms(half));
    report(&what, &crate::ms(most), "≤ 1 s");
}

/// How long each of many links takes back to ready when the network returns after an outage.
async fn measure(outage: Duration) -> Vec<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let cut = CancellationToken::new();
    let server = tokio::spawn(serve(listener, cut.clone()));
    let mut links: Vec<Link> = (0..LINKS).map(|seed| Link::start(address, seed as u64)).collect();
    for link in &mut links {
        link.ready().await;
    }
    let mut back = Instant::now();
    cut.cancel();
    server.await.unwrap();
    if !outage.is_zero() {
        tokio::time::sleep(outage).await;
        back = Instant::now();
    }
    let listener = TcpListener::bind(address).await.unwrap();
    let server = tokio::spawn(serve(listener, CancellationToken::new()));
    let returns = links.into_iter().map(|mut link| {
        tokio::spawn(async move {
            if !outage.is_zero() {
                link.inputs.send(LinkInput::NetworkChanged).await.unwrap();
            }
            link.ready().await;
            back.elapsed()
        })
    });
    let times = futures_util::future::join_all(returns).await;
    server.abort();
    times.into_iter().map(Result::unwrap).collect()
}
