//! What all providers need of HTTP: clients, addresses, keys.

mod client;
mod proxy;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret, SecretString};

pub use client::HttpClient;
pub(crate) use proxy::proxy_for;

use super::failure;
use crate::protocol::{ErrorKind, ProviderError, address_problem};

/// Whether an address as the user typed it is one of this machine.
pub fn is_on_this_machine(text: &str) -> bool {
    parse_base(text).is_ok_and(|url| is_loopback(&url))
}

/// Whether an address is one of this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Reads a base address as the user typed it.
pub(crate) fn parse_base(text: &str) -> Result<Url, ProviderError> {
    let text = text.trim();
    // A key pasted into the wrong field must not be repeated.
    let shown = failure::without_tokens(text);
    let refuse = |reason: String| Err(ProviderError::new(ErrorKind::BadRequest, reason));
    if text.is_empty() {
        return refuse(
            "The provider has no address. Enter one, for example https://openrouter.ai/api/v1"
                .to_owned(),
        );
    }
    if let Some(problem) = address_problem(text) {
        return refuse(problem);
    }
    if !text.contains("://") {
        return refuse(format!(
            "The address {shown:?} does not say how to connect. Put https:// before it, or http:// for a server on this machine"
        ));
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => refuse(format!(
            "The address begins with {}://, but providers are reached by https:// or http://",
            url.scheme()
        )),
        Err(reason) => refuse(format!("The address {shown:?} cannot be used: {reason}")),
    }
}

/// The address of a resource below a base; a query of the base stays.
pub(crate) fn below(base: &Url, path: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// How a server wants the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyHeader {
    /// `Authorization: Bearer …`.
    Bearer,
    /// `x-api-key: …`.
    ApiKey,
}

/// A key, ready to be sent and to be kept out of messages.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    header: Option<(HeaderName, HeaderValue)>,
    secret: Option<SecretString>,
}

impl Credentials {
    /// Checks that a key can be sent.
    pub(crate) fn new(
        key: Option<SecretString>,
        key_header: KeyHeader,
    ) -> Result<Self, ProviderError> {
        let Some(key) = key else { return Ok(Self::default()) };
        let refuse = |reason: &str| Err(ProviderError::new(ErrorKind::Auth, reason));
        let text = key.expose_secret();
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        if text.contains(['\n', '\r']) {
            return refuse("The key contains a line break. Enter it again as one line");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse(
                "The key contains a space or a character that no key has. Enter it again",
            );
        }
        let (name, value) = match key_header {
            KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {text}"))),
            KeyHeader::ApiKey => {
                (HeaderName::from_static("x-api-key"), HeaderValue::from_str(text))
            }
        };
        let Ok(mut value) = value else {
            return refuse("The key contains a character that cannot be sent. Enter it again");
        };
        value.set_sensitive(true);
        Ok(Self { header: Some((name, value)), secret: Some(key) })
    }

    /// The header that carries the key.
    pub(crate) fn header(&self) -> Option<(&HeaderName, &HeaderValue)> {
        self.header.as_ref().map(|(name, value)| (name, value))
    }

    /// The text without the key, and without anything that looks like one.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let text = match &self.secret {
            Some(key) => text.replace(key.expose_secret(), "[key]"),
            None => text.to_owned(),
        };
        failure::without_tokens(&text)
    }
}

/// What kind of document an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// `application/json`.
    Json,
    /// A web page.
    Html,
    /// Server-sent events, or something that does not say what it is.
    Events,
}

pub(crate) fn document_of(response: &Response) -> Document {
    let kind = content_type(response);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/html") || kind.eq_ignore_ascii_case("application/xhtml+xml")
    {
        Document::Html
    } else if kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("application/problem+json")
    {
        Document::Json
    } else {
        Document::Events
    }
}

pub(crate) fn content_type(response: &Response) -> &str {
    response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_cannot_be_used_are_refused_with_a_reason() {
        let table = [
            ("", "no address"),
            ("   ", "no address"),
            ("api.openai.com/v1", "https://"),
            ("localhost:11434/v1", "https://"),
            ("sk-0123456789abcdef", "\"[key]\""),
            ("ftp://api.openai.com/v1", "ftp://"),
            ("file:///etc/passwd", "file://"),
            ("https://u:hunter2@h/v1", "a user name or a password"),
            ("https://", "cannot be used"),
            ("https://a b/v1", "cannot be used"),
        ];
        for (text, expected) in table {
            let error = parse_base(text).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadRequest, "{text:?}");
            assert!(error.message.contains(expected), "{text:?}: {}", error.message);
        }
    }

    #[test]
    fn resources_lie_below_the_base() {
        let table = [
            ("https://a/v1", "https://a/v1/chat/completions"),
            (" https://a/v1/ ", "https://a/v1/chat/completions"),
            ("http://a:1", "http://a:1/chat/completions"),
            ("https://a/v1?version=2", "https://a/v1/chat/completions?version=2"),
        ];
        for (base, expected) in table {
            let url = below(&parse_base(base).unwrap(), &["chat", "completions"]);
            assert_eq!(url.as_str(), expected);
        }
    }

    #[test]
    fn a_key_that_cannot_be_sent_is_refused_and_never_repeated() {
        for key in ["sk-first\nline", "sk-first\r\n", "sk-fi rst", "sk-fürst", "sk-\u{0}first"] {
            let error = Credentials::new(Some(key.into()), KeyHeader::Bearer).unwrap_err();
            assert_eq!(error.kind, ErrorKind::Auth, "{key:?}");
            assert!(!error.message.contains("sk-"), "{}", error.message);
        }
        let blank = Credentials::new(Some("  ".into()), KeyHeader::Bearer).unwrap();
        assert!(blank.header().is_none());
    }

    #[test]
    fn a_key_is_removed_from_messages() {
        let credentials =
            Credentials::new(Some("hunter2hunter2".into()), KeyHeader::Bearer).unwrap();
        assert_eq!(credentials.scrub("bad key hunter2hunter2!"), "bad key [key]!");
        assert!(!format!("{credentials:?}").contains("hunter2"));
    }

    #[test]
    fn only_addresses_of_this_machine_are_loopback() {
        let table = [
            ("http://127.0.0.1:8080/v1", true),
            ("http://localhost/v1", true),
            ("http://[::1]:1/v1", true),
            ("https://localhost/v1", true),
            ("http://192.168.0.2/v1", false),
            ("http://localhost.example.org/v1", false),
        ];
        for (url, expected) in table {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
