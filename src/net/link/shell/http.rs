//! A connection over plain HTTP: a stream of server-sent events, and one POST for each command.

use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, RequestBuilder, Url};
use reqwest_eventsource::{Error, Event, EventSource, retry};
use tokio::sync::mpsc;
use tokio_rustls::rustls::ClientConfig;

use super::super::address::Address;
use super::super::step::Failure;
use super::dial::{Trust, denied, down, refused_with};
use super::lane::{Ends, FromLane, ToLane, Voice};
use crate::net::failure::root_cause;
use crate::net::http::is_loopback;
use crate::net::trust::over_http;
use crate::protocol::ResumeFrom;

/// The close code that means the same as a refused request.
const CLOSE_DENIED: u16 = 4001;

/// How long it may take to find out who refused an upgrade.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long one command may take.
const POST_TIMEOUT: Duration = Duration::from_secs(30);

/// Reads the stream and posts commands until it ends. Without any sign of life for `silence`, the
/// heartbeat's comments included, the stream is dead.
pub(super) async fn run(ends: Ends, resume: Vec<ResumeFrom>, silence: Duration) {
    let voice = ends.voice();
    let address = match &ends.common.address {
        Ok(address) => address.clone(),
        Err(problem) => return voice.tell(FromLane::Failed(denied(problem.clone()))).await,
    };
    let client = match client(&address.http("events", ""), &ends.common.trust, silence).await {
        Ok(client) => client,
        Err(failure) => return voice.tell(FromLane::Failed(failure)).await,
    };
    let id = &ends.common.client_id;
    let stream = asked(&client, address.http("events", id), &resume);
    let reading = read(authorised(stream, &address), (&address, &ends.common.trust), &voice);
    let posting = post(client, address.http("commands", id), &address, ends.told, &voice);
    let ended = tokio::select! {
        ended = reading => Some(ended),
        () = posting => None,
        () = ends.leave.cancelled() => None,
    };
    if let Some(ended) = ended {
        voice.tell(ended).await;
    }
}

/// Whether plain HTTP reaches a gateway at this address. It takes every upgrade and closes with
/// 4001 where it lets nobody in: who refuses an upgrade in front of it is a proxy.
pub(super) async fn reaches_gateway(address: &Address, trust: &Trust) -> bool {
    let url = address.http("healthz", "");
    let asked = async {
        let client = client(&url, trust, PROBE_TIMEOUT).await.ok()?;
        let answer = client.get(url.clone()).send().await.ok()?.error_for_status().ok()?;
        let health: serde_json::Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
        Some(health.get("status")? == "ok" && health.get("uptimeMs").is_some())
    };
    let found = tokio::time::timeout(PROBE_TIMEOUT, asked).await;
    found.is_ok_and(|found| found.unwrap_or(false))
}

/// The question for a stream, with where each run was left. The header of its own has room for
/// one.
fn asked(client: &Client, mut url: Url, resume: &[ResumeFrom]) -> RequestBuilder {
    let places = resume.iter().map(|place| format!("{}:{}", place.run_id, place.after_seq.0));
    let places: Vec<_> = places.collect();
    match places.as_slice() {
        [] => client.get(url),
        [place] => client.get(url).header("last-event-id", place),
        places => {
            url.query_pairs_mut().append_pair("resume", &places.join(","));
            client.get(url)
        }
    }
}

async fn client(url: &Url, trust: &Trust, silence: Duration) -> Result<Client, Failure> {
    let builder = Client::builder()
        .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .read_timeout(silence)
        .tcp_nodelay(true);
    let builder = if is_loopback(url) { builder.no_proxy() } else { builder };
    let needs_none = is_loopback(url) && url.scheme() == "http";
    let builder = match needs_none {
        true => builder.tls_built_in_root_certs(false),
        false => {
            let config = trust.config().await?;
            builder.use_preconfigured_tls(over_http(ClientConfig::clone(&config)))
        }
    };
    builder.build().map_err(|error| down(root_cause(&error)))
}

fn authorised(request: RequestBuilder, address: &Address) -> RequestBuilder {
    match address.bearer() {
        Ok(Some(bearer)) => request.header(AUTHORIZATION, bearer),
        Ok(None) | Err(_) => request,
    }
}

async fn read(
    request: RequestBuilder,
    (address, trust): (&Address, &Trust),
    voice: &Voice,
) -> FromLane {
    let Ok(mut source) = EventSource::new(request) else {
        return FromLane::Failed(down("The stream cannot be asked for".to_owned()));
    };
    // When to try again is the supervisor's to say.
    source.set_retry_policy(Box::new(retry::Never));
    let mut is_open = false;
    loop {
        match source.next().await {
            Some(Ok(Event::Open)) => {
                is_open = true;
                voice.tell(FromLane::Opened { gateway: true }).await;
            }
            Some(Ok(Event::Message(event))) => voice.read(&event.data).await,
            Some(Err(error)) if is_open => {
                let cause = format!("The stream broke: {}", cause(&error));
                return FromLane::Closed { code: None, cause: address.scrub(&cause) };
            }
            Some(Err(error)) => return FromLane::Failed(failure(&error, address, trust)),
            None => {
                let cause = "The server closed the stream".to_owned();
                return FromLane::Closed { code: None, cause };
            }
        }
    }
}

fn failure(error: &Error, address: &Address, trust: &Trust) -> Failure {
    match error {
        Error::InvalidStatusCode(status, _) => refused_with(address, status.as_u16()),
        Error::InvalidContentType(..) => down(format!("{address} has no stream of events")),
        Error::Utf8(_)
        | Error::Parser(_)
        | Error::Transport(_)
        | Error::InvalidLastEventId(_)
        | Error::StreamEnded => {
            let words = trust.words(error, address);
            let message =
                words.unwrap_or_else(|| format!("No stream from {address}: {}", cause(error)));
            down(address.scrub(&message))
        }
    }
}

/// What happened, without the address that a request error names.
fn cause(error: &Error) -> String {
    match error {
        Error::Transport(error) if error.is_timeout() => "nothing came for too long".to_owned(),
        Error::Transport(error) => root_cause(error),
        Error::Utf8(_)
        | Error::Parser(_)
        | Error::InvalidContentType(..)
        | Error::InvalidStatusCode(..)
        | Error::InvalidLastEventId(_)
        | Error::StreamEnded => error.to_string(),
    }
}

/// Posts commands one after the other, so that they arrive in their order.
async fn post(
    client: Client,
    url: Url,
    address: &Address,
    mut told: mpsc::Receiver<ToLane>,
    voice: &Voice,
) {
    while let Some(what) = told.recv().await {
        let ToLane::Frame(text, command) = what else { continue };
        let request = client
            .post(url.clone())
            .timeout(POST_TIMEOUT)
            .header("content-type", "application/json")
            .body(text);
        let answer = match authorised(request, address).send().await {
            Ok(response) => {
                let status = response.status().as_u16();
                if matches!(status, 401 | 403) {
                    let cause = refused_with(address, status).message;
                    return voice.tell(FromLane::Closed { code: Some(CLOSE_DENIED), cause }).await;
                }
                response.text().await.ok()
            }
            Err(_) => None,
        };
        // Its answer is a frame, also where the command is refused. Without one nobody knows
        // whether it arrived; it is sent again, which changes nothing where it did.
        match (answer.filter(|answer| answer.trim_start().starts_with('{')), command) {
            (Some(answer), _) => voice.read(&answer).await,
            (None, Some(command)) => voice.tell(FromLane::NotSent(command)).await,
            (None, None) => {}
        }
    }
}
