//! The gateway's side of the wire: sockets, streams and HTTP, in front of a [`host`].
//!
//! [`listen`] takes connections and turns what comes over them into [`HostInput`](host::HostInput);
//! what the host has to say goes into an [`outbox`] for each client. Nothing here knows chats or
//! models, and nothing that a client does here reaches another client.

mod accept;
mod body;
mod close;
mod commands;
mod completions;
mod door;
mod frames;
mod front;
mod guard;
mod health;
pub mod host;
mod line;
mod meter;
pub mod outbox;
mod pair;
mod pairing;
mod reply;
mod router;
mod socket;
mod streams;
mod tls;
mod upgrade;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

pub use frames::{brief, notification, spell};
use front::Front;
use host::{Doorkeeper, HostSender};

/// How often a sign of life is sent.
pub const HEARTBEAT: Duration = Duration::from_secs(30);

/// The most clients, unless told otherwise.
pub const MOST_CLIENTS: usize = 256;

/// How a gateway listens, and to whom.
#[derive(Clone, Debug)]
pub struct GatewayConfig {
    /// The address; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// The certificate, where the gateway speaks TLS itself.
    pub tls: Option<TlsFiles>,
    /// Something before it speaks TLS: it may listen beyond this machine without a certificate.
    pub behind_proxy: bool,
    /// Origins of web pages that may come in, as browsers write them; `*` is any.
    pub origins: Vec<String>,
    /// Whether `?token=` counts.
    pub query_token: bool,
    /// The most clients at once.
    pub max_clients: usize,
    /// How long is waited for what.
    pub timing: Timing,
}

impl GatewayConfig {
    /// A gateway with the usual limits.
    pub fn at(listen: SocketAddr) -> Self {
        Self {
            listen,
            tls: None,
            behind_proxy: false,
            origins: Vec::new(),
            query_token: false,
            max_clients: MOST_CLIENTS,
            timing: Timing::default(),
        }
    }
}

/// Where a certificate and its key lie, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with those above it.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// How long is waited for what. Tests make it shorter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two signs of life of ours.
    pub heartbeat: Duration,
    /// Without one of the client: it is gone.
    pub silence: Duration,
    /// For the first frame of a socket.
    pub hello: Duration,
    /// For a handshake, and for the head of a request.
    pub head: Duration,
    /// For the answer to a command that came by POST.
    pub answer: Duration,
    /// For clients to be told of the end, once the gateway stops.
    pub farewell: Duration,
    /// For a client that reads too slowly to read so.
    pub slow: Duration,
    /// The span in which frames are counted: 50 of them in each of ten in a row are too many.
    pub window: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            heartbeat: HEARTBEAT,
            silence: Duration::from_secs(60),
            hello: Duration::from_secs(10),
            head: Duration::from_secs(10),
            answer: Duration::from_secs(10),
            farewell: Duration::from_secs(5),
            slow: Duration::from_secs(30),
            window: Duration::from_secs(1),
        }
    }
}

/// Why a gateway cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The address cannot be had.
    #[error("The gateway cannot listen at {address}: {source}")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Others could read along.
    #[error(
        "The gateway does not listen at {0} without TLS. Give --tls-cert and --tls-key, or \
         --behind-proxy where a proxy speaks TLS"
    )]
    Open(SocketAddr),
    /// The certificate or its key cannot be used.
    #[error("{path}: {said}")]
    Certificate {
        /// Which file.
        path: PathBuf,
        /// Why.
        said: String,
    },
}

/// A gateway that listens. It ends when it is dropped.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    shut: CancellationToken,
    serving: AbortOnDropHandle<()>,
    _end: DropGuard,
}

impl Gateway {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets nobody in any more: who comes is refused, and who is in stays until it is stopped.
    pub fn shut(&self) {
        self.shut.cancel();
    }

    /// Waits until it was stopped and its clients have been told, or the time for that is over.
    pub async fn ended(mut self) {
        if let Err(error) = (&mut self.serving).await {
            tracing::error!(%error, "the gateway's listener failed");
        }
    }
}

/// Begins to listen. Clients come in as soon as this returns, until [`Gateway::shut`] or until
/// `stop` is cancelled.
///
/// # Errors
///
/// Where the address cannot be had or may not be used, or the certificate is none.
pub async fn listen(
    config: GatewayConfig,
    door: Arc<dyn Doorkeeper>,
    host: HostSender,
    stop: &CancellationToken,
) -> Result<Gateway, ListenError> {
    let wanted = config.listen;
    if !wanted.ip().is_loopback() && config.tls.is_none() && !config.behind_proxy {
        return Err(ListenError::Open(wanted));
    }
    let tls = match &config.tls {
        Some(files) => Some(tls::acceptor(files).await?),
        None => None,
    };
    let bind = |source| ListenError::Bind { address: wanted, source };
    let listener = TcpListener::bind(wanted).await.map_err(bind)?;
    let address = listener.local_addr().map_err(bind)?;
    let front = Front::new(config, door, host, stop.child_token());
    let (end, shut) = (front.end.clone().drop_guard(), front.shut.clone());
    let serving = AbortOnDropHandle::new(tokio::spawn(accept::serve(listener, tls, front)));
    Ok(Gateway { address, shut, serving, _end: end })
}
