//! Which path leads where, and web pages that may not come in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use super::front::Front;
use super::{commands, completions, health, pairing, reply, streams, upgrade};

/// What a page may send besides what it always may.
const PAGE_HEADERS: &str = "authorization, content-type, last-event-id, x-client-id";

/// All paths.
pub(super) fn router(front: &Arc<Front>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/ws", get(upgrade::whole))
        .route("/ws/backend-api", get(upgrade::commands))
        .route("/ws/frontend-api", get(upgrade::events))
        .route("/events", get(streams::events))
        .route("/commands", post(commands::take))
        .route("/pair", post(pairing::pair))
        .route("/v1/models", get(completions::models))
        .route("/v1/models/{*id}", get(completions::model))
        .route("/v1/chat/completions", post(completions::complete))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(front.clone(), at_end))
        .layer(middleware::from_fn_with_state(front.clone(), origins))
        .with_state(front.clone())
}

async fn unknown() -> Response {
    (StatusCode::NOT_FOUND, "There is nothing at this path\n").into_response()
}

/// Refuses whoever comes over a connection that was there already, once the door is shut. What
/// clients who are in have to say is still heard.
async fn at_end(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let is_of_those_in = matches!(request.uri().path(), "/commands" | "/healthz");
    if is_of_those_in || !front.shut.is_cancelled() {
        return next.run(request).await;
    }
    if request.uri().path().starts_with("/v1/") {
        return completions::stopping();
    }
    reply::stopping()
}

/// Refuses pages of origins that are not listed; others are no pages and have no origin.
async fn origins(State(front): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    let listed =
        front.config.origins.iter().any(|listed| listed == "*" || origin == *listed.as_str());
    if !listed {
        tracing::info!(origin = ?origin, "a page of a foreign origin was refused");
        return (StatusCode::FORBIDDEN, "This origin is not listed\n").into_response();
    }
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    allow(response.headers_mut(), origin);
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::VARY, HeaderValue::from_static("origin"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(PAGE_HEADERS));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
}
