//! Who may come in, and for how long: a token that is revoked ends what it opened.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri, header};
use parking_lot::Mutex;
use secrecy::SecretString;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::brief;
use super::close::Close;
use super::front::Front;
use super::host::Visitor;
use super::meter::Meter;
use super::scarce::Peer;

/// For how long somebody is remembered who has no connection.
const REMEMBERED: Duration = Duration::from_secs(120);

const PROTOCOL_PREFIX: &str = "bearer.";

/// Somebody who was let in. All connections with one token share it.
pub(super) struct Pass {
    pub(super) visitor: Visitor,
    token: Option<SecretString>,
    /// Cancelled when the gateway stops or the token no longer counts.
    pub(super) over: CancellationToken,
    /// Counts commands that come by POST.
    pub(super) posts: Mutex<Meter>,
    used: Mutex<Instant>,
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("visitor", &self.visitor).finish_non_exhaustive()
    }
}

/// Those who are in, by the id of their token.
#[derive(Debug, Default)]
pub(super) struct Passes(Mutex<HashMap<String, Arc<Pass>>>);

impl Passes {
    fn enter(&self, visitor: Visitor, token: Option<SecretString>, front: &Front) -> Arc<Pass> {
        let mut passes = self.0.lock();
        if let Some(known) = passes.get(&visitor.token)
            && known.visitor == visitor
            && !known.over.is_cancelled()
        {
            *known.used.lock() = Instant::now();
            return known.clone();
        }
        let pass = Arc::new(Pass {
            visitor,
            token,
            over: front.stop.child_token(),
            posts: Mutex::new(Meter::new(front.timing().window)),
            used: Mutex::new(Instant::now()),
        });
        passes.insert(pass.visitor.token.clone(), pass.clone());
        pass
    }

    /// All that are in use; others are forgotten.
    fn all(&self) -> Vec<Arc<Pass>> {
        let mut passes = self.0.lock();
        passes.retain(|_, pass| {
            Arc::strong_count(pass) > 1 || pass.used.lock().elapsed() < REMEMBERED
        });
        passes.values().cloned().collect()
    }
}

/// Lets somebody in by the token of a request, or without one where that is allowed.
pub(super) async fn admit(front: &Front, request: &Parts) -> Option<Arc<Pass>> {
    let token = token_of(&request.headers, &request.uri, front.config.query_token);
    let Some(visitor) = front.door.admit(token.clone()).await else {
        tell_refused(front, request, token.is_some());
        return None;
    };
    Some(front.passes.enter(visitor, token, front))
}

fn tell_refused(front: &Front, request: &Parts, has_token: bool) {
    let Some(line) = front.refusals.take(Instant::now()) else { return };
    let (from, path) = (Peer::of(&request.extensions), brief(request.uri.path()));
    let said = if has_token { "a token was refused" } else { "somebody came without a token" };
    tracing::info!(%from, %path, left_out = line.left_out, "{said}");
}

/// Why a host has let a client go that did not read too slowly.
pub(super) async fn why_let_go(front: &Front, pass: &Pass) -> Close {
    if front.is_ending() {
        return Close::Stopping;
    }
    if still_counts(front, pass).await { Close::Replaced } else { Close::NoEntry }
}

async fn still_counts(front: &Front, pass: &Pass) -> bool {
    front.door.admit(pass.token.clone()).await.as_ref() == Some(&pass.visitor)
}

/// A token that is taken back lets nobody go on for longer than this.
const PATROL: Duration = Duration::from_secs(2);

/// Looks again at every token that is in use, once for all of its connections.
pub(super) async fn patrol(front: Arc<Front>) {
    let every = front.timing().heartbeat.min(PATROL);
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while front.stop.run_until_cancelled(ticks.tick()).await.is_some() {
        for pass in front.passes.all() {
            if !still_counts(&front, &pass).await {
                tracing::info!(token = %pass.visitor.token, "a token no longer counts");
                pass.over.cancel();
            }
        }
    }
}

/// A header counts before a subprotocol, and that before the address.
fn token_of(headers: &HeaderMap, uri: &Uri, from_query: bool) -> Option<SecretString> {
    let text = bearer(headers)
        .or_else(|| {
            protocols(headers)
                .find_map(|name| name.strip_prefix(PROTOCOL_PREFIX).map(str::to_owned))
        })
        .or_else(|| if from_query { query(uri, "token") } else { None })?;
    Some(SecretString::from(text))
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// The subprotocols that a client offers.
pub(super) fn protocols(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// A field of an address.
pub(super) fn query(uri: &Uri, name: &str) -> Option<String> {
    let fields = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?.0;
    fields.into_iter().find(|(field, _)| field == name).map(|(_, value)| value)
}

/// A text that nobody else has: for clients that give no id of their own.
pub(super) fn nameless(front: &Front, kind: &str) -> String {
    let now = uuid::Uuid::now_v7();
    format!("{kind}-{now}-{}", front.new_session().0)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn token(
        headers: &[(header::HeaderName, &str)],
        uri: &str,
        from_query: bool,
    ) -> Option<String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value.parse().unwrap());
        }
        let token = token_of(&map, &uri.parse().unwrap(), from_query);
        token.map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn a_token_is_taken_from_header_subprotocol_and_only_if_allowed_the_address() {
        let (auth, offered) = (header::AUTHORIZATION, header::SEC_WEBSOCKET_PROTOCOL);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(token(&[(auth.clone(), "Bearer abc")], "/ws", false), some("abc"));
        assert_eq!(token(&[(auth.clone(), "bearer  abc")], "/ws", false), some("abc"));
        assert_eq!(token(&[(auth.clone(), "Basic abc")], "/ws", false), None);
        let both = "switchboard.v1, bearer.xyz";
        assert_eq!(token(&[(offered.clone(), both)], "/ws", false), some("xyz"));
        assert_eq!(
            token(&[(offered.clone(), "switchboard.v1"), (offered, "bearer.xyz")], "/ws", false),
            some("xyz")
        );
        assert_eq!(token(&[], "/ws?a=1&token=q%20q", true), some("q q"));
        assert_eq!(token(&[], "/ws?token=q", false), None);
        assert_eq!(token(&[(auth, "Bearer abc")], "/ws?token=q", true), some("abc"));
    }
}
