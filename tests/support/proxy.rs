//! A network that fails: it stands between a client and a server and, by a seed, cuts, resets,
//! delays, half-opens, throttles, splits and duplicates connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

/// What is done to a connection, from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It ends as if the other side had closed it.
    Cut,
    /// It is reset.
    Reset,
    /// It is taken and ends at once, or in the middle of the first answer.
    Refuse,
    /// From then on both sides hear nothing, and nobody is told.
    HalfOpen,
    /// All comes late; then it is cut.
    Delay,
    /// Little comes at a time; then it is cut.
    Throttle,
    /// All comes in pieces of a few bytes; then it is cut.
    Split,
    /// The server hears it twice; then it is cut.
    Duplicate,
}

const FAULTS: [Fault; 8] = [
    Fault::Cut,
    Fault::Reset,
    Fault::Refuse,
    Fault::HalfOpen,
    Fault::Delay,
    Fault::Throttle,
    Fault::Split,
    Fault::Duplicate,
];

/// How often each fault was dealt.
pub(crate) type Counts = std::collections::BTreeMap<Fault, usize>;

/// The proxy. Ends when it is dropped, and all connections with it.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    target: Mutex<SocketAddr>,
    random: Mutex<fastrand::Rng>,
    counts: Mutex<Counts>,
    /// Connections that ended by a fault.
    cuts: watch::Sender<usize>,
    is_calm: watch::Sender<bool>,
    longest: Duration,
}

impl Proxy {
    /// A proxy in front of a server; connections last `longest` at the most.
    pub(crate) async fn start(target: SocketAddr, seed: u64, longest: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            target: Mutex::new(target),
            random: Mutex::new(fastrand::Rng::with_seed(seed)),
            counts: Mutex::default(),
            cuts: watch::Sender::new(0),
            is_calm: watch::Sender::new(false),
            longest,
        });
        let task = tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { address, shared, task }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// New connections go there.
    pub(crate) fn set_target(&self, target: SocketAddr) {
        *self.shared.target.lock() = target;
    }

    /// From now on nothing fails; what is not whole is cut first.
    pub(crate) fn calm(&self) {
        self.shared.is_calm.send_replace(true);
    }

    /// Waits for so many cuts in all.
    pub(crate) async fn cuts(&self, wanted: usize) {
        let mut cuts = self.shared.cuts.subscribe();
        cuts.wait_for(|cuts| *cuts >= wanted).await.unwrap();
    }

    pub(crate) fn cut(&self) -> usize {
        *self.shared.cuts.borrow()
    }

    pub(crate) fn counts(&self) -> Counts {
        self.shared.counts.lock().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    async fn calmed(&self) {
        let mut is_calm = self.is_calm.subscribe();
        while !*is_calm.borrow_and_update() {
            is_calm.changed().await.unwrap();
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        connections.spawn(connection(client, Arc::clone(&shared)));
    }
}

async fn connection(client: TcpStream, shared: Arc<Shared>) {
    let target = *shared.target.lock();
    // A server that is being started again takes nobody, and neither does the proxy then.
    let Ok(server) = TcpStream::connect(target).await else { return };
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).ok();
    if *shared.is_calm.borrow() {
        let (mut client, mut server) = (client, server);
        tokio::io::copy_bidirectional(&mut client, &mut server).await.ok();
        return;
    }
    let (fault, lasts) = {
        let mut random = shared.random.lock();
        let fault = FAULTS[random.usize(0..FAULTS.len())];
        let most = u64::try_from(shared.longest.as_millis()).unwrap();
        (fault, Duration::from_millis(random.u64(0..most)))
    };
    *shared.counts.lock().entry(fault).or_default() += 1;
    suffer(client, server, fault, lasts, &shared).await;
    shared.cuts.send_modify(|cuts| *cuts += 1);
}

async fn suffer(
    client: TcpStream,
    server: TcpStream,
    fault: Fault,
    lasts: Duration,
    shared: &Shared,
) {
    if fault == Fault::Reset {
        client.set_zero_linger().unwrap();
        server.set_zero_linger().unwrap();
    }
    let target = *shared.target.lock();
    let mirror = match fault {
        Fault::Duplicate => TcpStream::connect(target).await.ok(),
        _ => None,
    };
    let (mirror_in, mirror_out) = mirror.map(TcpStream::into_split).unzip();
    let lasts = if fault == Fault::Refuse { lasts / 50 } else { lasts };
    let manner = Manner::of(fault);
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let mut ends = Ends::default();
    let carry = async {
        tokio::join!(
            carry(client_in, server_out, mirror_out, manner),
            carry(server_in, client_out, None, manner),
            swallow(mirror_in),
        )
    };
    let mut carry = Box::pin(carry);
    tokio::select! {
        // Both sides have ended it themselves.
        done = &mut carry => ends.keep(done),
        () = sleep(lasts) => {
            if fault == Fault::HalfOpen {
                // The halves are held, and not polled any more.
                let give_up = Duration::from_secs(3);
                timeout(give_up, shared.calmed()).await.ok();
            }
        }
        () = shared.calmed() => {}
    }
    // Dropped here: the sockets close, with a reset where that was wanted.
}

/// What is left of two directions that ended by themselves.
#[derive(Default)]
struct Ends(Vec<Box<dyn std::any::Any + Send>>);

impl Ends {
    fn keep<T: Send + 'static>(&mut self, what: T) {
        self.0.push(Box::new(what));
    }
}

#[derive(Clone, Copy)]
struct Manner {
    piece: usize,
    pause: Option<Duration>,
}

impl Manner {
    fn of(fault: Fault) -> Self {
        match fault {
            Fault::Delay => Self { piece: 16 * 1024, pause: Some(Duration::from_millis(12)) },
            Fault::Throttle => Self { piece: 256, pause: Some(Duration::from_millis(2)) },
            Fault::Split => Self { piece: 3, pause: None },
            _ => Self { piece: 16 * 1024, pause: None },
        }
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mirror: Option<OwnedWriteHalf>,
    manner: Manner,
) -> (OwnedReadHalf, OwnedWriteHalf) {
    let mut buffer = vec![0; manner.piece];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 {
            break;
        }
        if let Some(pause) = manner.pause {
            sleep(pause).await;
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        if let Some(mirror) = &mut mirror {
            mirror.write_all(&buffer[..read]).await.ok();
        }
    }
    to.shutdown().await.ok();
    (from, to)
}

async fn swallow(from: Option<OwnedReadHalf>) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; 4 * 1024];
    while from.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
}
