//! Where a server is, and what opens it.

use std::fmt;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::step::LaneKind;
use crate::net::failure;
use crate::protocol::{ServerConfig, address_problem};

/// A server's address, checked. It may hold a token: nothing of it is ever shown but host and
/// port.
#[derive(Clone)]
pub(super) struct Address {
    base: Url,
    host: String,
    port: u16,
    is_tls: bool,
    token: Option<SecretString>,
    token_query: bool,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").field("host", &self.host).field("port", &self.port).finish()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl Address {
    /// Reads a configured address.
    ///
    /// # Errors
    ///
    /// A sentence for people, without any secret.
    pub(super) fn new(config: &ServerConfig, token: Option<SecretString>) -> Result<Self, String> {
        let text = config.url.trim();
        let shown = failure::without_tokens(text);
        if let Some(problem) = address_problem(text) {
            return Err(problem);
        }
        let mut base = Url::parse(text)
            .map_err(|error| format!("The address {shown:?} cannot be used: {error}"))?;
        let is_tls = match base.scheme() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            other => {
                return Err(format!(
                    "The address begins with {other}://, but servers are reached by wss:// or ws://"
                ));
            }
        };
        base.set_query(None);
        base.set_fragment(None);
        let host = base.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = base.port_or_known_default().unwrap_or(if is_tls { 443 } else { 80 });
        let token = token.filter(|token| !token.expose_secret().trim().is_empty());
        let address = Self { base, host, port, is_tls, token, token_query: config.token_query };
        address.bearer()?;
        Ok(address)
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Where a WebSocket is opened.
    pub(super) fn socket(&self, kind: LaneKind) -> Url {
        let path: &[&str] = match kind {
            LaneKind::Both | LaneKind::Stream => &["ws"],
            LaneKind::Commands => &["ws", "backend-api"],
            LaneKind::Events => &["ws", "frontend-api"],
        };
        let mut url = self.below(path, if self.is_tls { "wss" } else { "ws" });
        if let (true, Some(token)) = (self.token_query, &self.token) {
            url.query_pairs_mut().append_pair("token", token.expose_secret().trim());
        }
        url
    }

    /// A path of the HTTP carrier.
    pub(super) fn http(&self, path: &str, client_id: &str) -> Url {
        let mut url = self.below(&[path], if self.is_tls { "https" } else { "http" });
        url.query_pairs_mut().append_pair("clientId", client_id);
        if let (true, Some(token)) = (self.token_query, &self.token) {
            url.query_pairs_mut().append_pair("token", token.expose_secret().trim());
        }
        url
    }

    /// The header that carries the token.
    ///
    /// # Errors
    ///
    /// Where the token cannot be sent. It is not repeated.
    pub(super) fn bearer(&self) -> Result<Option<HeaderValue>, String> {
        let Some(token) = &self.token else { return Ok(None) };
        let token = token.expose_secret().trim();
        let refuse = || "The token contains a character that no token has. Enter it again";
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refuse().to_owned());
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_invalid| refuse().to_owned())?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What the server is said to have said, without the token.
    pub(super) fn scrub(&self, text: &str) -> String {
        let text = match &self.token {
            Some(token) => text.replace(token.expose_secret().trim(), "[token]"),
            None => text.to_owned(),
        };
        failure::cut(&failure::without_tokens(&text))
    }

    fn below(&self, path: &[&str], scheme: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        // Among ws, wss, http and https any change is allowed.
        url.set_scheme(scheme).unwrap_or_default();
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, token: Option<&str>, token_query: bool) -> Result<Address, String> {
        let config = ServerConfig {
            id: "home".into(),
            name: "Home".to_owned(),
            url: url.to_owned(),
            token_query,
            dual: false,
            ca_file: None,
        };
        Address::new(&config, token.map(SecretString::from))
    }

    #[test]
    fn paths_lie_below_the_address() {
        let table = [
            ("ws://a:1", "ws://a:1/ws", "http://a:1/events?clientId=me"),
            ("wss://a/", "wss://a/ws", "https://a/events?clientId=me"),
            ("https://a/x/?y=1#z", "wss://a/x/ws", "https://a/x/events?clientId=me"),
            ("http://[::1]:9", "ws://[::1]:9/ws", "http://[::1]:9/events?clientId=me"),
        ];
        for (url, socket, http) in table {
            let address = address(url, Some("secret"), false).unwrap();
            assert_eq!(address.socket(LaneKind::Both).as_str(), socket);
            assert_eq!(address.http("events", "me").as_str(), http);
        }
        let address = address("wss://a", Some("s&cret"), true).unwrap();
        let url = address.socket(LaneKind::Events);
        assert_eq!(url.as_str(), "wss://a/ws/frontend-api?token=s%26cret");
        assert_eq!((address.host(), address.port(), address.is_tls()), ("a", 443, true));
    }

    #[test]
    fn what_cannot_be_used_is_refused_and_no_secret_is_repeated() {
        for (url, token) in [
            ("", "t"),
            ("a:1", "t"),
            ("ftp://a", "t"),
            ("wss://me:hunter2@a", "t"),
            ("wss://a", "hunter2\nx"),
            ("wss://a", "hünter2"),
        ] {
            let said = address(url, Some(token), true).unwrap_err();
            assert!(!said.contains("hunter2") && !said.contains("hünter2"), "{said}");
        }
        let address = address("wss://a", Some("hunter2"), true).unwrap();
        assert!(!format!("{address:?} {address}").contains("hunter2"));
        assert_eq!(address.scrub("no hunter2 here"), "no [token] here");
    }
}
