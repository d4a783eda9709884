//! Taking connections: with a cap, with TLS where it is wanted, and never for longer than a head
//! may take.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::front::Front;
use super::{door, router};

/// Connections beyond those of clients: requests that come and go, and those that never say
/// anything and end with the time for a head.
const SPARE_CONNECTIONS: usize = 768;

/// The longest head of a request, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// How long accepting rests where the system has no more handles.
const REST: Duration = Duration::from_millis(100);

/// How long a connection too many is listened to, and how much of it.
const REFUSAL: Duration = Duration::from_secs(1);
const LONGEST_REFUSED: u64 = 64 * 1024;

const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\nretry-after: 5\r\n\r\n";

/// Takes connections until the door is shut, then waits until the gateway stops and all have been
/// told.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, front: Arc<Front>) {
    front.spawn(door::patrol(front.clone()));
    let router = router::router(&front);
    let room = Arc::new(Semaphore::new(front.config.max_clients.saturating_add(SPARE_CONNECTIONS)));
    while let Some(accepted) = front.shut.run_until_cancelled(listener.accept()).await {
        let stream = match accepted {
            Ok((stream, _from)) => stream,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        let Ok(permit) = room.clone().try_acquire_owned() else {
            front.spawn(refuse(stream));
            continue;
        };
        let (router, tls, owner) = (router.clone(), tls.clone(), front.clone());
        front.spawn(async move {
            connection(stream, tls, router, &owner).await;
            drop(permit);
        });
    }
    drop(listener);
    front.stop.cancelled().await;
    front.tasks.close();
    if timeout(front.timing().farewell, front.tasks.wait()).await.is_err() {
        tracing::info!("some clients did not say goodbye in time");
    }
    front.end.cancel();
}

async fn rest_after(error: &io::Error) {
    // A client that went away while it waited is no trouble of ours.
    let theirs = [io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset];
    if !theirs.contains(&error.kind()) {
        tracing::warn!(%error, "no connection can be taken for a moment");
        sleep(REST).await;
    }
}

/// Says why, without waiting for long.
async fn refuse(mut stream: TcpStream) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        // A connection that is closed with unread bytes is reset, and its answer may be lost.
        tokio::io::copy(&mut stream.take(LONGEST_REFUSED), &mut tokio::io::sink()).await
    };
    if let Ok(Err(error)) = timeout(REFUSAL, said).await {
        tracing::debug!(%error, "a connection too many was closed");
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    front: &Arc<Front>,
) {
    let from = stream.peer_addr().ok();
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "small frames may wait for each other");
    }
    let Some(tls) = tls else {
        return http(stream, router, from, front).await;
    };
    match timeout(front.timing().head, tls.accept(stream)).await {
        Ok(Ok(stream)) => http(stream, router, from, front).await,
        Ok(Err(error)) => tracing::debug!(%error, ?from, "a TLS handshake failed"),
        Err(_late) => tracing::debug!(?from, "a TLS handshake took too long"),
    }
}

async fn http<S>(mut stream: S, router: Router, from: Option<SocketAddr>, front: &Arc<Front>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if front.stop.is_cancelled() {
        if let Err(error) = stream.shutdown().await {
            tracing::debug!(%error, "a late connection was closed");
        }
        return;
    }
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(front.timing().head)
        .max_buf_size(LONGEST_HEAD);
    let served = builder
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades();
    let mut served = std::pin::pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = front.stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, ?from, "a connection ended early");
    }
}
