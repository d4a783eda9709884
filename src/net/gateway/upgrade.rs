//! From HTTP to a WebSocket (RFC 6455, 4.2).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::close::Close;
use super::door::{self, Pass};
use super::front::Front;
use super::line::{Ws, goodbye, socket_config};
use super::pair::{self, Side};
use super::{reply, socket};

/// The subprotocol, for clients that name one.
const SUBPROTOCOL: &str = "switchboard.v1";

/// What a socket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Whole,
    Half(Side),
}

/// `/ws`
pub(super) async fn whole(State(front): State<Arc<Front>>, request: Request) -> Response {
    upgrade(front, request, Kind::Whole).await
}

/// `/ws/backend-api`
pub(super) async fn commands(State(front): State<Arc<Front>>, request: Request) -> Response {
    upgrade(front, request, Kind::Half(Side::Commands)).await
}

/// `/ws/frontend-api`
pub(super) async fn events(State(front): State<Arc<Front>>, request: Request) -> Response {
    upgrade(front, request, Kind::Half(Side::Events)).await
}

async fn upgrade(front: Arc<Front>, mut request: Request, kind: Kind) -> Response {
    let Some(on_upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
        return no_websocket();
    };
    let (parts, _body) = request.into_parts();
    let Some(accept) = accept_key(&parts.headers) else {
        return no_websocket();
    };
    let offers_ours = door::protocols(&parts.headers).any(|name| name == SUBPROTOCOL);
    let admitted = door::admit(&front, &parts).await;
    let room = match &admitted {
        // A pair is one client.
        Some(_) if kind == Kind::Half(Side::Commands) => front.seconds.clone().try_acquire_owned(),
        Some(_) => front.clients.clone().try_acquire_owned(),
        None => front.refused.clone().try_acquire_owned(),
    };
    let Ok(permit) = room else {
        return if admitted.is_some() { reply::full() } else { reply::no_entry() };
    };
    let owner = front.clone();
    front.spawn(Box::pin(begin(owner, on_upgrade, kind, admitted, permit)));
    switching(&accept, offers_ours)
}

async fn begin(
    front: Arc<Front>,
    on_upgrade: OnUpgrade,
    kind: Kind,
    admitted: Option<Arc<Pass>>,
    permit: OwnedSemaphorePermit,
) {
    let stream = match timeout(front.timing().head, on_upgrade).await {
        Ok(Ok(stream)) => TokioIo::new(stream),
        Ok(Err(error)) => return tracing::debug!(%error, "a client left during its handshake"),
        Err(_late) => return,
    };
    let ws: Ws =
        WebSocketStream::from_raw_socket(stream, Role::Server, Some(socket_config())).await;
    let Some(pass) = admitted else {
        return goodbye(ws, Close::NoEntry, front.timing().farewell).await;
    };
    match kind {
        Kind::Whole => socket::serve(front, ws, pass, permit).await,
        Kind::Half(side) => pair::serve(front, (ws, side), pass, permit).await,
    }
}

/// The answer to a handshake; none where it is no handshake.
fn accept_key(headers: &HeaderMap) -> Option<String> {
    let has = |name: header::HeaderName, wanted: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|value| value.trim().eq_ignore_ascii_case(wanted))
    };
    let is_handshake = has(header::CONNECTION, "upgrade")
        && has(header::UPGRADE, "websocket")
        && has(header::SEC_WEBSOCKET_VERSION, "13");
    let key = headers.get(header::SEC_WEBSOCKET_KEY)?;
    is_handshake.then(|| derive_accept_key(key.as_bytes()))
}

fn switching(accept: &str, offers_ours: bool) -> Response {
    let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if offers_ours {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
    }
    response
}

fn no_websocket() -> Response {
    let mut response =
        (StatusCode::UPGRADE_REQUIRED, "This path speaks WebSocket, version 13\n").into_response();
    let headers = response.headers_mut();
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    response
}
