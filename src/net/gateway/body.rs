//! Bodies of requests: JSON, of a bounded length, within a bounded time.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;
use tokio::time::timeout;

use crate::protocol::FRAME_LIMIT;

/// How long a body may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) said: &'static str,
}

/// Reads a body.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, Refused> {
    let refuse = |status, said| Err(Refused { status, said });
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim());
    // What is small when it comes and large when it is unpacked does not come in.
    if text(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Compressed bodies are not taken");
    }
    let kind = text(header::CONTENT_TYPE).and_then(|kind| kind.split(';').next());
    if !kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be application/json");
    }
    let announced = text(header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > FRAME_LIMIT) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is over 8 MiB");
    }
    match timeout(PATIENCE, to_bytes(body, FRAME_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a body could not be read");
            refuse(StatusCode::PAYLOAD_TOO_LARGE, "The body is over 8 MiB, or broke off")
        }
        Err(_late) => refuse(StatusCode::REQUEST_TIMEOUT, "The body took too long"),
    }
}
