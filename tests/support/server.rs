//! The server: real TCP, HTTP written by hand, on a thread of its own.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::request::Request;
use super::script::{Script, Step};

type Handler = dyn Fn(&Request) -> Script + Send + Sync;
type GetHandler = dyn Fn(&Request) -> Option<Script> + Send + Sync;

/// A scripted server on 127.0.0.1. Works from tests with and without a runtime, and ends when
/// it is dropped.
///
/// A POST takes the next script of the queue, else the default handler answers. A GET takes the
/// next script for GETs, else the list of models.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    posts: Mutex<VecDeque<Script>>,
    gets: Mutex<VecDeque<Script>>,
    models: Mutex<Script>,
    otherwise_got: Mutex<Option<Arc<GetHandler>>>,
    otherwise: Mutex<Arc<Handler>>,
    requests: Mutex<Vec<Request>>,
    counts: watch::Sender<Counts>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    posts: usize,
    /// Clients that went away in the middle of an answer.
    disconnects: usize,
}

impl Server {
    /// A server that answers an unscripted question with `alpha: the question` after its model.
    pub(crate) fn start() -> Self {
        let (ready, started) = std::sync::mpsc::sync_channel(1);
        let shared = Arc::new(Shared {
            posts: Mutex::default(),
            gets: Mutex::default(),
            otherwise_got: Mutex::default(),
            models: Mutex::new(Script::models(&["alpha", "beta"])),
            otherwise: Mutex::new(Arc::new(|request| {
                Script::answer(&format!("{}: {}", request.model(), request.last_text()))
            })),
            requests: Mutex::default(),
            counts: watch::Sender::default(),
        });
        let stop = CancellationToken::new();
        let (for_thread, stopped) = (Arc::clone(&shared), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                ready.send(listener.local_addr().unwrap()).unwrap();
                tokio::select! {
                    () = accept(&listener, &for_thread) => {}
                    () = stopped.cancelled() => {}
                }
            });
        });
        Self { address: started.recv().unwrap(), shared, stop, thread: Some(thread) }
    }

    /// The base address of its API.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The port on 127.0.0.1.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Answers the next unanswered POST.
    pub(crate) fn push(&self, script: Script) {
        self.shared.posts.lock().push_back(script);
    }

    /// Answers the next unanswered GET.
    pub(crate) fn push_get(&self, script: Script) {
        self.shared.gets.lock().push_back(script);
    }

    /// Replaces the list of models.
    pub(crate) fn set_models(&self, ids: &[&str]) {
        *self.shared.models.lock() = Script::models(ids);
    }

    /// Answers every POST for which nothing is scripted.
    pub(crate) fn set_default(&self, handler: impl Fn(&Request) -> Script + Send + Sync + 'static) {
        *self.shared.otherwise.lock() = Arc::new(handler);
    }

    /// Answers every GET for which nothing is scripted, unless it gives none: then the list of
    /// models does.
    pub(crate) fn set_default_get(
        &self,
        handler: impl Fn(&Request) -> Option<Script> + Send + Sync + 'static,
    ) {
        *self.shared.otherwise_got.lock() = Some(Arc::new(handler));
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().clone()
    }

    /// The POSTs so far.
    pub(crate) fn posts(&self) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.method == "POST").collect()
    }

    /// Waits until this many POSTs have come.
    pub(crate) async fn wait_for_posts(&self, count: usize) {
        self.wait(|counts| counts.posts >= count).await;
    }

    /// Waits until this many clients have gone away in the middle of an answer.
    pub(crate) async fn wait_for_disconnects(&self, count: usize) {
        self.wait(|counts| counts.disconnects >= count).await;
    }

    async fn wait(&self, is_met: impl Fn(Counts) -> bool) {
        self.shared.counts.subscribe().wait_for(|counts| is_met(*counts)).await.unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            assert!(thread.join().is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

/// Runs until it is dropped; with it end all connections, which are tasks of the same runtime.
async fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(shared);
        tokio::spawn(async move { converse(stream, &shared).await });
    }
}

/// Answers request after request, as long as the client keeps the connection.
async fn converse(mut stream: TcpStream, shared: &Shared) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    while let Some(request) = Request::read(&mut stream).await {
        let script = shared.script(request);
        match play(script, &mut stream).await {
            Ok(Ending::Complete) => {}
            Ok(Ending::Closed) => return,
            Err(_gone) => {
                shared.counts.send_modify(|counts| counts.disconnects += 1);
                return;
            }
        }
    }
}

impl Shared {
    fn script(&self, request: Request) -> Script {
        let is_post = request.method == "POST";
        let queue = if is_post { &self.posts } else { &self.gets };
        let next = queue.lock().pop_front();
        let script = next.unwrap_or_else(|| {
            if is_post {
                let handler = Arc::clone(&self.otherwise.lock());
                handler(&request)
            } else {
                let handler = self.otherwise_got.lock().clone();
                let answer = handler.and_then(|handler| handler(&request));
                answer.unwrap_or_else(|| self.models.lock().clone())
            }
        });
        self.requests.lock().push(request);
        if is_post {
            self.counts.send_modify(|counts| counts.posts += 1);
        }
        script
    }
}

enum Ending {
    /// The connection can be used again.
    Complete,
    /// The script closed it.
    Closed,
}

/// Fails when the client goes away.
async fn play(script: Script, stream: &mut TcpStream) -> io::Result<Ending> {
    if let Some(signal) = &script.head_after {
        unless_gone(stream, signal.fired()).await?;
    }
    let mut head = format!("HTTP/1.1 {} Scripted\r\ntransfer-encoding: chunked\r\n", script.status);
    for (name, value) in &script.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await?;
    for step in script.steps {
        match step {
            Step::Bytes(bytes) => write_chunk(stream, &bytes).await?,
            Step::EachByte(bytes) => {
                for byte in bytes {
                    write_chunk(stream, &[byte]).await?;
                }
            }
            Step::Every(period, pieces) => {
                let mut rhythm = tokio::time::interval(period);
                rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for piece in pieces {
                    unless_gone(stream, rhythm.tick()).await?;
                    write_chunk(stream, &piece).await?;
                }
            }
            Step::Wait(signal) => unless_gone(stream, signal.fired()).await?,
            Step::Hang => unless_gone(stream, std::future::pending::<()>()).await?,
            Step::Cut => return Ok(Ending::Closed),
            Step::Reset => {
                stream.set_zero_linger()?;
                return Ok(Ending::Closed);
            }
        }
    }
    stream.write_all(b"0\r\n\r\n").await?;
    Ok(Ending::Complete)
}

async fn write_chunk(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    stream.write_all(&chunk).await
}

/// Waits for something, but no longer than the client stays.
async fn unless_gone<T>(stream: &mut TcpStream, wait: impl Future<Output = T>) -> io::Result<()> {
    let mut buffer = [0; 64];
    tokio::select! {
        _ = wait => Ok(()),
        read = stream.read(&mut buffer) => {
            let read = read?;
            Err(io::Error::other(format!("{read} bytes in the middle of an answer")))
        }
    }
}
