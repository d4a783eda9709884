//! Errors in OpenAI's shape.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::net::gateway::body::Refused;
use crate::net::gateway::brief;
use crate::protocol::ErrorKind;

const INVALID: &str = "invalid_request_error";

/// When whoever found the gateway full or ending may come again.
const SOON_MS: u64 = 5_000;
/// When whoever asked too often may.
const FLOOD_MS: u64 = 60_000;

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    status: StatusCode,
    kind: &'static str,
    code: Option<String>,
    param: Option<&'static str>,
    message: String,
    /// In how many seconds the same may be asked again.
    retry_after: Option<u64>,
}

impl Failure {
    fn new(status: StatusCode, kind: &'static str, code: &str, message: impl Into<String>) -> Self {
        let (code, message) = (Some(code.to_owned()), message.into());
        Self { status, kind, code, param: None, message, retry_after: None }
    }

    /// The same may be asked again after this time.
    pub(super) fn retry_in(self, wait_ms: u64) -> Self {
        Self { retry_after: Some(wait_ms.div_ceil(1_000).max(1)), ..self }
    }

    pub(super) fn no_entry() -> Self {
        let message = "A valid token is needed, as Authorization: Bearer";
        Self::new(StatusCode::UNAUTHORIZED, INVALID, "invalid_api_key", message)
    }

    pub(super) fn no_model(id: &str) -> Self {
        let message =
            format!("The model {} does not exist, or this token may not use it", brief(id));
        let failure = Self::new(StatusCode::NOT_FOUND, INVALID, "model_not_found", message);
        Self { param: Some("model"), ..failure }
    }

    pub(super) fn stopping() -> Self {
        let message = "The gateway stops";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", "stopping", message)
            .retry_in(SOON_MS)
    }

    pub(super) fn full() -> Self {
        let message = "The gateway is full";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "server_error", "full", message)
            .retry_in(SOON_MS)
    }

    pub(super) fn late() -> Self {
        let message = "The gateway did not answer in time";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "server_error", "timeout", message)
    }

    pub(super) fn too_many() -> Self {
        let message = "Too many requests with this token";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "requests", "rate_limit_exceeded", message)
            .retry_in(FLOOD_MS)
    }

    pub(super) fn cut() -> Self {
        let message = "The answer broke off";
        Self::new(StatusCode::BAD_GATEWAY, "server_error", "interrupted", message)
    }

    /// Something in the request cannot be.
    pub(super) fn invalid(param: Option<&'static str>, message: impl Into<String>) -> Self {
        let failure = Self::new(StatusCode::BAD_REQUEST, INVALID, "invalid_value", message);
        Self { param, ..failure }
    }

    pub(super) fn of_body(refused: Refused) -> Self {
        Self::new(refused.status, INVALID, "invalid_body", refused.said)
    }

    /// What the host or a provider said.
    pub(super) fn of_kind(kind: ErrorKind, code: Option<String>, message: String) -> Self {
        // Of what a completion names, only the model can be missing.
        let (code, param) = match kind {
            ErrorKind::NotFound => (Some("model_not_found".to_owned()), Some("model")),
            ErrorKind::Auth
            | ErrorKind::RateLimited
            | ErrorKind::OverBudget
            | ErrorKind::Overloaded
            | ErrorKind::ContextTooLong
            | ErrorKind::BadRequest
            | ErrorKind::Refused
            | ErrorKind::Timeout
            | ErrorKind::Network
            | ErrorKind::Protocol
            | ErrorKind::Cancelled => (code, None),
        };
        let (status, name) = match (kind, code.as_deref()) {
            (ErrorKind::Auth, Some("forbidden")) => (StatusCode::FORBIDDEN, INVALID),
            (ErrorKind::NotFound, _) => (StatusCode::NOT_FOUND, INVALID),
            (ErrorKind::RateLimited, _) => (StatusCode::TOO_MANY_REQUESTS, "requests"),
            (ErrorKind::OverBudget, _) => (StatusCode::TOO_MANY_REQUESTS, "insufficient_quota"),
            (ErrorKind::Overloaded, _) => (StatusCode::SERVICE_UNAVAILABLE, "server_error"),
            (ErrorKind::ContextTooLong | ErrorKind::BadRequest | ErrorKind::Refused, _) => {
                (StatusCode::BAD_REQUEST, INVALID)
            }
            (ErrorKind::Timeout, _) => (StatusCode::GATEWAY_TIMEOUT, "server_error"),
            // The key of a provider is the gateway's affair and not this client's.
            (
                ErrorKind::Auth | ErrorKind::Network | ErrorKind::Protocol | ErrorKind::Cancelled,
                _,
            ) => (StatusCode::BAD_GATEWAY, "server_error"),
        };
        Self { status, kind: name, code, param, message, retry_after: None }
    }

    /// As it stands in an answer.
    pub(super) fn body(&self) -> Value {
        json!({ "error": {
            "message": self.message,
            "type": self.kind,
            "param": self.param,
            "code": self.code,
        } })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
