//! Making a connection: name, TCP, TLS and the handshake of the WebSocket.

use std::error::Error as StdError;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use reqwest::header::{AUTHORIZATION, HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{ProtocolError, SubProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::super::address::Address;
use super::super::step::{Failure, FailureKind, LaneKind};
use super::http::reaches_gateway;
use crate::net::http::proxy_for;
use crate::net::trust;
use crate::protocol::FRAME_LIMIT;

/// What a gateway answers to be known as one.
const SUBPROTOCOL: &str = "switchboard.v1";

/// How long one address of a name has for itself before the next one is tried beside it
/// (RFC 8305, 5).
const HEAD_START: Duration = Duration::from_millis(250);

/// A connection, whatever it is made of.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open WebSocket.
pub(super) type Socket = WebSocketStream<Box<dyn Duplex>>;

/// Whom a link trusts.
#[derive(Debug)]
pub(super) struct Trust {
    file: Option<PathBuf>,
    config: OnceCell<Arc<ClientConfig>>,
}

/// Opens a WebSocket; with it, whether the server named our subprotocol.
pub(super) async fn dial(
    address: &Address,
    kind: LaneKind,
    trust: &Trust,
) -> Result<(Socket, bool), Failure> {
    match shake(address, kind, trust).await {
        // The token is not to blame where a proxy refuses what a gateway takes.
        Err(failure)
            if failure.kind == FailureKind::Denied && reaches_gateway(address, trust).await =>
        {
            Err(Failure { kind: FailureKind::Blocked, ..failure })
        }
        other => other,
    }
}

async fn shake(
    address: &Address,
    kind: LaneKind,
    trust: &Trust,
) -> Result<(Socket, bool), Failure> {
    match upgrade(address, kind, trust, true).await? {
        Ok(socket) => Ok((socket, true)),
        // It need not know the name, and then says nothing of it, which the library takes for a
        // failure.
        Err(Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(
            SubProtocolError::NoSubProtocol,
        ))) => match upgrade(address, kind, trust, false).await? {
            Ok(socket) => Ok((socket, false)),
            Err(error) => Err(refused(address, &error)),
        },
        Err(error) => Err(refused(address, &error)),
    }
}

async fn upgrade(
    address: &Address,
    kind: LaneKind,
    trust: &Trust,
    named: bool,
) -> Result<Result<Socket, Error>, Failure> {
    let stream = connect(address, trust).await?;
    let unusable = |error: &dyn std::fmt::Display| {
        denied(address.scrub(&format!("The address cannot be used: {error}")))
    };
    let mut request =
        address.socket(kind).as_str().into_client_request().map_err(|error| unusable(&error))?;
    let headers = request.headers_mut();
    if let Some(bearer) = address.bearer().map_err(denied)? {
        headers.insert(AUTHORIZATION, bearer);
    }
    if named {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    let config = WebSocketConfig::default()
        .read_buffer_size(32 * 1024)
        .write_buffer_size(0)
        .max_message_size(Some(FRAME_LIMIT))
        .max_frame_size(Some(FRAME_LIMIT));
    let shaking = Box::pin(client_async_with_config(request, stream, Some(config)));
    Ok(shaking.await.map(|(socket, _)| socket))
}

async fn connect(address: &Address, trust: &Trust) -> Result<Box<dyn Duplex>, Failure> {
    let tcp = tcp(address).await?;
    if !address.is_tls() {
        return Ok(Box::new(tcp));
    }
    let failed = |error: &dyn std::fmt::Display| {
        down(address.scrub(&format!("No safe connection to {address}: {error}")))
    };
    let config = trust.config().await?;
    let name = ServerName::try_from(address.host().to_owned()).map_err(|error| failed(&error))?;
    match TlsConnector::from(config).connect(name, tcp).await {
        Ok(tls) => Ok(Box::new(tls)),
        Err(error) => Err(match trust.words(&error, address) {
            Some(words) => down(words),
            None => failed(&error),
        }),
    }
}

async fn tcp(address: &Address) -> Result<TcpStream, Failure> {
    let found = tokio::net::lookup_host((address.host(), address.port())).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(found) => found.collect(),
        Err(error) => {
            let message = format!("No address was found for {}: {error}", address.host());
            return Err(unreachable_by(address, message));
        }
    };
    match first(addresses).await {
        Ok(stream) => {
            stream.set_nodelay(true).map_err(|error| down(error.to_string()))?;
            Ok(stream)
        }
        Err(error) => {
            let message = format!("{address} cannot be reached: {error}");
            Err(unreachable_by(address, message))
        }
    }
}

/// The first of the addresses that takes the connection. Each has a little time for itself.
async fn first(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut left = addresses.into_iter();
    let mut tries = FuturesUnordered::new();
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    tries.extend(left.next().map(TcpStream::connect));
    loop {
        if tries.is_empty() {
            return Err(failed);
        }
        tokio::select! {
            done = tries.next() => match done {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(error)) => {
                    failed = error;
                    tries.extend(left.next().map(TcpStream::connect));
                }
                None => {}
            },
            () = tokio::time::sleep(HEAD_START), if left.len() > 0 => {
                tries.extend(left.next().map(TcpStream::connect));
            }
        }
    }
}

impl Trust {
    /// For a server with or without a file of certificates.
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        let file = file.filter(|file| !file.as_os_str().is_empty());
        Self { file, config: OnceCell::new() }
    }

    /// Read once for a link. What could not be read is tried again with the next connection.
    pub(super) async fn config(&self) -> Result<Arc<ClientConfig>, Failure> {
        let read = || async {
            let file = self.file.clone();
            let reading =
                tokio::task::spawn_blocking(move || trust::client_config(file.as_deref()));
            match reading.await {
                Ok(config) => config.map(Arc::new).map_err(|error| down(error.message)),
                Err(error) => Err(down(error.to_string())),
            }
        };
        self.config.get_or_try_init(read).await.cloned()
    }

    /// Why TLS failed, for people.
    pub(super) fn words(
        &self,
        error: &(dyn StdError + 'static),
        address: &Address,
    ) -> Option<String> {
        let error = trust::tls_error(error)?;
        if trust::is_plain(error) {
            return Some(format!("{address} does not speak TLS. Begin its address with ws://"));
        }
        let advice = match &self.file {
            Some(_) => trust::ADVICE_SERVER_WITH_FILE,
            None => trust::ADVICE_SERVER,
        };
        trust::words(error, &address.to_string(), advice)
    }
}

/// Why a handshake failed.
fn refused(address: &Address, error: &Error) -> Failure {
    match error {
        Error::Http(response) => refused_with(address, response.status().as_u16()),
        // What answered was no HTTP, as where TLS is spoken.
        Error::Protocol(ProtocolError::HttparseError(_)) if !address.is_tls() => Failure {
            kind: FailureKind::Blocked,
            message: format!(
                "{address} does not speak plain WebSocket. Begin its address with wss://"
            ),
        },
        // The way ended in the middle of the handshake.
        Error::Io(_)
        | Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(_)
        | Error::Tls(_) => {
            let message = format!("{address} broke off the handshake: {error}");
            Failure { kind: FailureKind::Blocked, message: address.scrub(&message) }
        }
        Error::Capacity(_)
        | Error::WriteBufferFull(_)
        | Error::Utf8(_)
        | Error::AttackAttempt
        | Error::Url(_)
        | Error::HttpFormat(_) => {
            down(address.scrub(&format!("The handshake with {address} failed: {error}")))
        }
    }
}

/// What a status other than the wanted one means.
pub(super) fn refused_with(address: &Address, status: u16) -> Failure {
    let (kind, message) = match status {
        401 => (FailureKind::Denied, format!("{address} does not know the token")),
        403 => (FailureKind::Denied, format!("{address} does not let this token in")),
        429 => (FailureKind::Down, format!("{address} is asked too often")),
        503 => (FailureKind::Down, format!("{address} is full or not ready")),
        other => (FailureKind::Blocked, format!("{address} answered with status {other}")),
    };
    Failure { kind, message }
}

/// Where a proxy is set, the direct way may be shut on purpose, and HTTP goes through the proxy.
fn unreachable_by(address: &Address, message: String) -> Failure {
    let behind_proxy = matches!(proxy_for(&address.http("events", "")), Ok(Some(_)));
    let kind = if behind_proxy { FailureKind::Blocked } else { FailureKind::Down };
    Failure { kind, message }
}

pub(super) fn down(message: String) -> Failure {
    Failure { kind: FailureKind::Down, message }
}

pub(super) fn denied(message: String) -> Failure {
    Failure { kind: FailureKind::Denied, message }
}
