//! Servers before there is a link to them: whether an address can be one, and pairing.

use std::time::Duration;

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::http::{below, is_loopback};
use super::{HttpClient, failure, trust};
use crate::protocol::{ErrorKind, ProviderError, ProviderOptions, ServerConfig, address_problem};

/// How long a server may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// The longest answer that is read, in bytes.
const MOST_BYTES: usize = 64 * 1024;

/// Why an address cannot be a server's; none where it can.
pub fn server_problem(url: &str) -> Option<String> {
    if let Some(problem) = address_problem(url) {
        return Some(
            problem.replace("provider's key", "server's token").replace("the key", "the token"),
        );
    }
    parse(url).err().map(|error| error.message)
}

/// Whether a token for this address could be read by others on its way: it is sent to another
/// machine without TLS.
pub fn is_in_the_clear(url: &str) -> bool {
    parse(url).is_ok_and(|url| url.scheme() == "http" && !is_loopback(&url))
}

/// Asks a server for a token of our own, with the code that it showed.
///
/// # Errors
///
/// `BadRequest` for an address that cannot be used, `Auth` for a code that is wrong, used or too
/// old, else what went wrong on the way.
pub async fn pair(
    http: &HttpClient,
    server: &ServerConfig,
    code: &SecretString,
    client: &str,
) -> Result<SecretString, ProviderError> {
    let asked = tokio::time::timeout(PATIENCE, ask(http, server, code, client)).await;
    asked.unwrap_or_else(|_| {
        let message = format!("The server did not answer within {} s", PATIENCE.as_secs());
        Err(ProviderError::new(ErrorKind::Timeout, message))
    })
}

#[derive(Deserialize)]
struct Paired {
    token: String,
}

async fn ask(
    http: &HttpClient,
    server: &ServerConfig,
    code: &SecretString,
    client: &str,
) -> Result<SecretString, ProviderError> {
    let url = below(&parse(&server.url)?, &["pair"]);
    let host = url.host_str().unwrap_or_default().to_owned();
    let has_file = server.ca_file.is_some();
    let options = ProviderOptions { ca_file: server.ca_file.clone(), ..ProviderOptions::default() };
    let http = http.with(&options)?;
    let body = serde_json::json!({"code": code.expose_secret().trim(), "client": client});
    let request = http.for_url(&url)?.post(url.clone());
    let sent = request.header(CONTENT_TYPE, "application/json").body(body.to_string()).send();
    let mut response = sent.await.map_err(|error| on_the_way(&error, &host, has_file))?;
    let status = response.status().as_u16();
    let refuse = |kind, message: &str| {
        Err(ProviderError { status: Some(status), ..ProviderError::new(kind, message) })
    };
    match status {
        200..=299 => {}
        400 | 401 | 403 | 410 => {
            return refuse(ErrorKind::Auth, "The code is wrong, was used, or is too old");
        }
        404 | 405 => {
            return refuse(ErrorKind::NotFound, "The server does not pair. Enter a token instead");
        }
        429 => return refuse(ErrorKind::RateLimited, "Too many codes were tried. Wait a minute"),
        _ => return refuse(ErrorKind::Protocol, &format!("{host} answered {status}")),
    }
    let mut bytes = Vec::new();
    loop {
        let chunk = response.chunk().await.map_err(|error| on_the_way(&error, &host, has_file))?;
        let Some(chunk) = chunk else { break };
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST_BYTES {
            return refuse(ErrorKind::Protocol, "The server's answer is too long");
        }
    }
    match serde_json::from_slice::<Paired>(&bytes) {
        Ok(paired) => Ok(SecretString::from(paired.token)),
        Err(_) => refuse(ErrorKind::Protocol, "The server's answer holds no token"),
    }
}

/// The failure of a request, in the words of servers.
fn on_the_way(error: &reqwest::Error, host: &str, has_file: bool) -> ProviderError {
    let advice = if has_file { trust::ADVICE_SERVER_WITH_FILE } else { trust::ADVICE_SERVER };
    match trust::tls_error(error).and_then(|error| trust::words(error, host, advice)) {
        Some(words) => ProviderError::new(ErrorKind::Network, words),
        None => {
            let error = failure::transport(error, host);
            let message = error.message.replace("https://", "wss://").replace("http://", "ws://");
            ProviderError { message, ..error }
        }
    }
}

/// The address over HTTP.
fn parse(text: &str) -> Result<Url, ProviderError> {
    let text = text.trim();
    let refuse = |reason: String| Err(ProviderError::new(ErrorKind::BadRequest, reason));
    let over_http = match text.split_once("://") {
        Some(("ws" | "http", rest)) => format!("http://{rest}"),
        Some(("wss" | "https", rest)) => format!("https://{rest}"),
        Some(_) | None => {
            return refuse("The address of a server begins with ws:// or wss://".to_owned());
        }
    };
    match Url::parse(&over_http) {
        Ok(url) if url.query().is_some() => refuse(
            "The address holds a ? and more. Leave that out, and enter the token by itself"
                .to_owned(),
        ),
        Ok(url) if url.fragment().is_some() => {
            refuse("The address holds a # and more. Leave that out".to_owned())
        }
        Ok(url) => Ok(url),
        Err(reason) => refuse(format!("The address cannot be used: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_are_checked() {
        for good in ["ws://127.0.0.1:8840", "wss://home.example/agents", "ws://[::1]:1"] {
            assert_eq!(server_problem(good), None, "{good}");
        }
        for (bad, about) in [
            ("", "ws://"),
            ("home.example", "ws://"),
            ("ftp://home", "ws://"),
            ("ws://", "cannot be used"),
            ("ws://user:hunter2@home", "user name"),
            ("ws://home?token=hunter2", "Leave that out"),
            ("ws://home#hunter2", "Leave that out"),
        ] {
            let said = server_problem(bad).unwrap();
            assert!(said.contains(about) && !said.contains("hunter2"), "{bad}: {said}");
        }
    }

    #[test]
    fn only_plain_ways_to_other_machines_are_in_the_clear() {
        for (url, clear) in [
            ("ws://127.0.0.1:1", false),
            ("ws://localhost:1", false),
            ("ws://home.example", true),
            ("wss://home.example", false),
        ] {
            assert_eq!(is_in_the_clear(url), clear, "{url}");
        }
    }
}
