//! `/healthz`: whether it lives, for whoever looks after it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::front::Front;

/// Version and uptime, to anybody.
pub(super) async fn healthz(State(front): State<Arc<Front>>) -> Response {
    let uptime = front.started.elapsed();
    Json(json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "uptimeMs": u64::try_from(uptime.as_millis()).unwrap_or(u64::MAX),
    }))
    .into_response()
}
