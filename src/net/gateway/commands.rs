//! `/commands`: one command per POST, and its answer as the body.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep_until, timeout};

use super::body;
use super::door::{self, Pass};
use super::frames::{self, Head};
use super::front::{Front, HostGone};
use super::guard::Guard;
use super::host::HostInput;
use super::meter::Pace;
use super::outbox::outbox;
use super::reply;
use crate::protocol::{
    BadFrame, ClientCommand, CommandFrame, ErrorKind, FromClient, Hello, PROTOCOL_VERSION,
    ServerMessage, read_from_client,
};

/// `/commands`
pub(super) async fn take(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(pass) = door::admit(&front, &parts).await else {
        return reply::no_entry();
    };
    let pace = pass.posts.lock().frame(Instant::now());
    match pace {
        Pace::Fine => {}
        Pace::WaitUntil(at) => sleep_until(at).await,
        Pace::Flood => return too_many(),
    }
    let bytes = match body::read(&parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(refused) => return reply::plain(refused.status, refused.said),
    };
    let text = std::str::from_utf8(&bytes).map_err(|_bytes| BadFrame("this is no text".to_owned()));
    let frame = match text.and_then(read_from_client) {
        Ok(FromClient::Command(frame)) => *frame,
        Ok(FromClient::Unknown { kind, id: _ }) => {
            front.ignore(&kind);
            return StatusCode::NO_CONTENT.into_response();
        }
        Err(bad) => return refuse(&pass, text_of(&bytes), &bad),
    };
    if matches!(frame.command, ClientCommand::Hello(_)) {
        let bad = BadFrame("hello belongs to a stream or a socket".to_owned());
        return refuse(&pass, text_of(&bytes), &bad);
    }
    let id = frame.id.clone();
    let answer = match timeout(front.timing().answer, ask(&front, &pass, &parts, frame)).await {
        Ok(answer) => answer,
        Err(_late) => return late(id),
    };
    match answer {
        Ok(Some(frame)) => json(StatusCode::OK, &frame),
        Ok(None) => late(id),
        Err(HostGone) => reply::stopping(),
    }
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// By the client's stream, or by a session for this command alone.
async fn ask(
    front: &Arc<Front>,
    pass: &Arc<Pass>,
    parts: &Parts,
    mut frame: CommandFrame,
) -> Result<Option<Arc<str>>, HostGone> {
    let id = frame.id.get_or_insert_with(|| format!("post-{}", front.new_session().0)).clone();
    if let Some(open) =
        client_of(parts).and_then(|client| front.streams.of(&(pass.visitor.token.clone(), client)))
    {
        let answer = open.wait_for(&id);
        front.tell(HostInput::Command { session: open.session, frame }).await?;
        return Ok(answer.await.ok());
    }
    let (near, mut reader) = outbox();
    let guard = Guard::new(front);
    let session = guard.session();
    let client_id = door::nameless(front, "post");
    let (client, resume) = ("post".to_owned(), Vec::new());
    let hello = Hello { protocol: PROTOCOL_VERSION, client, client_id, resume };
    let visitor = pass.visitor.clone();
    front.tell(HostInput::Opened { session, visitor, hello, outbox: near }).await?;
    front.tell(HostInput::Command { session, frame }).await?;
    while let Some(frame) = reader.next().await {
        if Head::of(&frame).answers() == Some(id.as_str()) {
            return Ok(Some(frame));
        }
    }
    Ok(None)
}

fn client_of(parts: &Parts) -> Option<String> {
    let header = parts.headers.get("x-client-id").and_then(|id| id.to_str().ok());
    header.map(str::to_owned).or_else(|| door::query(&parts.uri, "clientId"))
}

fn refuse(pass: &Pass, text: Option<&str>, bad: &BadFrame) -> Response {
    if pass.posts.lock().bad(Instant::now()) {
        return too_many();
    }
    json(StatusCode::BAD_REQUEST, &frames::bad_frame(text, bad))
}

fn too_many() -> Response {
    let retry = [(header::RETRY_AFTER, "60")];
    (StatusCode::TOO_MANY_REQUESTS, retry, "Too many commands\n").into_response()
}

fn late(id: Option<String>) -> Response {
    let frame = frames::spell(&ServerMessage::Error {
        id,
        message: "The gateway did not answer in time".to_owned(),
        code: "timeout".to_owned(),
        kind: ErrorKind::Timeout,
        retryable: true,
    });
    json(StatusCode::GATEWAY_TIMEOUT, &frame)
}

fn json(status: StatusCode, frame: &str) -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, frame.to_owned()).into_response()
}
