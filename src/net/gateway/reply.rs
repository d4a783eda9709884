//! Answers over HTTP that are no frames.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// There is no room for another client.
pub(super) fn full() -> Response {
    let retry = [(header::RETRY_AFTER, "5")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "The gateway is full\n").into_response()
}

/// The gateway is about to end.
pub(super) fn stopping() -> Response {
    let retry = [(header::RETRY_AFTER, "5")];
    (StatusCode::SERVICE_UNAVAILABLE, retry, "The gateway stops\n").into_response()
}

/// Without a token that counts.
pub(super) fn no_entry() -> Response {
    let how = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, how, "A valid token is needed\n").into_response()
}

/// Something is wrong with a request, in one line.
pub(super) fn plain(status: StatusCode, said: &str) -> Response {
    (status, format!("{said}\n")).into_response()
}
