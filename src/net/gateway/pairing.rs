//! `/pair`: a code that was shown once, for a token.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::body;
use super::front::Front;
use super::scarce::Peer;

/// Tries in [`SPAN`], of all who try: codes are short, and nobody shall find one by trying.
const MOST_TRIES: usize = 5;

const SPAN: Duration = Duration::from_secs(60);

/// When codes were tried.
#[derive(Debug, Default)]
pub(super) struct Tries(Mutex<VecDeque<Instant>>);

impl Tries {
    /// Whether another try may be made.
    fn take(&self, now: Instant) -> bool {
        let mut tries = self.0.lock();
        while tries.front().is_some_and(|at| now.saturating_duration_since(*at) >= SPAN) {
            tries.pop_front();
        }
        if tries.len() >= MOST_TRIES {
            return false;
        }
        tries.push_back(now);
        true
    }
}

#[derive(Deserialize)]
struct Asked {
    code: String,
    #[serde(default)]
    client: String,
}

/// `/pair`
pub(super) async fn pair(State(front): State<Arc<Front>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = match body::read(&parts.headers, body).await {
        Ok(bytes) => bytes,
        Err(refused) => return failed(refused.status, "bad_request", refused.said),
    };
    let Ok(Asked { code, client }) = serde_json::from_slice(&bytes) else {
        let said = "A code is missing, as {\"code\": …, \"client\": …}";
        return failed(StatusCode::BAD_REQUEST, "bad_request", said);
    };
    if !front.tries.take(Instant::now()) {
        tell_refused(&front, &parts, "too many pairing codes were tried");
        let said = "Too many codes were tried. Try again in a minute";
        let mut response = failed(StatusCode::TOO_MANY_REQUESTS, "too_many_tries", said);
        response.headers_mut().insert(header::RETRY_AFTER, 60.into());
        return response;
    }
    match front.door.pair(SecretString::from(code), client).await {
        Some(token) => {
            let headers = [(header::CACHE_CONTROL, "no-store")];
            (headers, Json(json!({ "token": token.expose_secret() }))).into_response()
        }
        None => {
            tell_refused(&front, &parts, "a pairing code was refused");
            failed(StatusCode::FORBIDDEN, "wrong_code", "The code is wrong, used or too old")
        }
    }
}

fn tell_refused(front: &Front, request: &Parts, said: &str) {
    if let Some(line) = front.refusals.take(Instant::now()) {
        let from = Peer::of(&request.extensions);
        tracing::info!(%from, path = "/pair", left_out = line.left_out, "{said}");
    }
}

fn failed(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_codes_may_be_tried_in_a_minute() {
        let (start, tries) = (Instant::now(), Tries::default());
        let took: Vec<bool> = (0..7).map(|_| tries.take(start)).collect();
        assert_eq!(took, [true, true, true, true, true, false, false]);
        assert!(!tries.take(start + SPAN / 2));
        assert!(tries.take(start + SPAN));
    }
}
