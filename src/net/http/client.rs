//! The HTTP clients: one for each set of options, made on first use, never sending anything twice.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Url};

use super::{is_loopback, proxy_for};
use crate::net::{failure, trust};
use crate::protocol::{ErrorKind, ProviderError, ProviderOptions, header_problem};

const CONNECT_TIMEOUT_S: u32 = 10;
const USER_AGENT: &str = concat!("switchboard/", env!("CARGO_PKG_VERSION"));

/// The app's HTTP client. Making one costs nothing: reading the system's certificates takes
/// long enough to be seen at the start, so it happens with the first request.
#[derive(Clone, Debug, Default)]
pub struct HttpClient {
    pool: Arc<Pool>,
    slot: Arc<Slot>,
    usual_headers: &'static [(&'static str, &'static str)],
}

/// All clients in use, so that providers with the same options share their connections.
#[derive(Debug, Default)]
struct Pool {
    slots: Mutex<HashMap<ClientOptions, Weak<Slot>>>,
}

/// The clients of one set of options.
#[derive(Debug, Default)]
struct Slot {
    options: ClientOptions,
    headers: HeaderMap,
    remote: OnceLock<Client>,
    /// For HTTPS to this machine: must not ask a proxy.
    near: OnceLock<Client>,
    /// For plain HTTP to this machine: needs no certificates and must not ask a proxy.
    loopback: OnceLock<Client>,
}

#[derive(Clone, Default, PartialEq, Eq, Hash)]
struct ClientOptions {
    headers: BTreeMap<String, String>,
    ca_file: Option<PathBuf>,
    connect_timeout_s: Option<u32>,
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The values of headers may be secrets.
        f.debug_struct("ClientOptions")
            .field("headers", &self.headers.keys().collect::<Vec<_>>())
            .field("ca_file", &self.ca_file)
            .field("connect_timeout_s", &self.connect_timeout_s)
            .finish()
    }
}

impl HttpClient {
    /// A client that has not connected to anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with headers that are sent unless the user sets them otherwise.
    pub(crate) fn titled(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { usual_headers: headers, ..self }
    }

    /// The client for a provider's options. Nothing is read or connected yet.
    ///
    /// # Errors
    ///
    /// `BadRequest` for a header that cannot be sent.
    pub(crate) fn with(&self, options: &ProviderOptions) -> Result<Self, ProviderError> {
        let usual = self.usual_headers.iter().filter(|(name, _)| {
            !options.headers.keys().any(|set| set.trim().eq_ignore_ascii_case(name))
        });
        let mut headers = options.headers.clone();
        headers.extend(usual.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let checked = header_map(&headers)?;
        let options = ClientOptions {
            headers,
            ca_file: options.ca_file.clone().filter(|path| !path.as_os_str().is_empty()),
            connect_timeout_s: options.connect_timeout_s,
        };
        let mut slots = self.pool.slots.lock();
        let slot = slots.get(&options).and_then(Weak::upgrade).unwrap_or_else(|| {
            slots.retain(|_, slot| slot.strong_count() > 0);
            let slot = Slot { options: options.clone(), headers: checked, ..Slot::default() };
            let slot = Arc::new(slot);
            slots.insert(options, Arc::downgrade(&slot));
            slot
        });
        drop(slots);
        Ok(Self { pool: Arc::clone(&self.pool), slot, usual_headers: self.usual_headers })
    }

    /// The client to use for this address.
    ///
    /// # Errors
    ///
    /// `BadRequest` where the file with certificates cannot be used, or the environment names a
    /// proxy that has no address; `Network` where the system's
    /// cannot. Both are tried again with the next request.
    pub(crate) fn for_url(&self, url: &Url) -> Result<&Client, ProviderError> {
        let slot = &self.slot;
        match (is_loopback(url), url.scheme()) {
            (true, "http") => made(&slot.loopback, || {
                finish(slot.builder().no_proxy().tls_built_in_root_certs(false))
            }),
            (true, _) => made(&slot.near, || slot.trusting(slot.builder().no_proxy())),
            (false, _) => {
                // The client would go past a proxy that it cannot read.
                proxy_for(url)?;
                made(&slot.remote, || slot.trusting(slot.builder()))
            }
        }
    }
}

/// What is in the place, made where it is empty. Two that come at once may both make one.
fn made(
    place: &OnceLock<Client>,
    make: impl FnOnce() -> Result<Client, ProviderError>,
) -> Result<&Client, ProviderError> {
    match place.get() {
        Some(client) => Ok(client),
        None => {
            let client = make()?;
            Ok(place.get_or_init(|| client))
        }
    }
}

impl Slot {
    fn builder(&self) -> reqwest::ClientBuilder {
        let seconds = self.options.connect_timeout_s.unwrap_or(CONNECT_TIMEOUT_S).max(1);
        Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(self.headers.clone())
            .connect_timeout(Duration::from_secs(seconds.into()))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .tcp_keepalive(Duration::from_secs(30))
    }

    /// A client that trusts the user's certificates as well.
    fn trusting(&self, builder: reqwest::ClientBuilder) -> Result<Client, ProviderError> {
        match &self.options.ca_file {
            Some(file) => finish(
                builder.use_preconfigured_tls(trust::over_http(trust::client_config(Some(file))?)),
            ),
            None => finish(builder),
        }
    }
}

fn finish(builder: reqwest::ClientBuilder) -> Result<Client, ProviderError> {
    builder.build().map_err(|error| {
        let reason = failure::root_cause(&error);
        let message = format!("The system's certificates could not be read: {reason}");
        ProviderError::new(ErrorKind::Network, message)
    })
}

/// Checks headers as the user wrote them.
fn header_map(headers: &BTreeMap<String, String>) -> Result<HeaderMap, ProviderError> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        match header(name, value) {
            Ok((name, value)) => {
                map.insert(name, value);
            }
            Err(reason) => return Err(ProviderError::new(ErrorKind::BadRequest, reason)),
        }
    }
    Ok(map)
}

/// A header that can be sent, or why it cannot.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    if let Some(problem) = header_problem(name, value) {
        return Err(problem);
    }
    match (HeaderName::from_bytes(name.trim().as_bytes()), HeaderValue::from_str(value.trim())) {
        (Ok(name), Ok(mut value)) => {
            value.set_sensitive(true);
            Ok((name, value))
        }
        (Err(_), _) | (_, Err(_)) => Err(format!("The header {name} cannot be sent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_header(name: &str, value: &str) -> ProviderOptions {
        let headers = BTreeMap::from([(name.to_owned(), value.to_owned())]);
        ProviderOptions { headers, ..ProviderOptions::default() }
    }

    #[test]
    fn the_same_options_share_a_client_and_others_do_not() {
        let http = HttpClient::new();
        let url = Url::parse("http://127.0.0.1:1/v1").unwrap();
        let client = |http: &HttpClient| std::ptr::from_ref(http.for_url(&url).unwrap());
        let one = http.with(&with_header("X-Team", "blue")).unwrap();
        let same = http.with(&with_header("X-Team", "blue")).unwrap();
        let other = http.with(&with_header("X-Team", "red")).unwrap();
        assert_eq!(client(&one), client(&same));
        assert_ne!(client(&one), client(&other));
        assert!(!format!("{one:?}").contains("blue"), "{one:?}");
    }

    #[test]
    fn a_certificate_file_that_cannot_be_used_is_named_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::parse("https://127.0.0.1:1/v1").unwrap();
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table = [
            ("missing.pem", None, "cannot be read"),
            ("folder.pem", Some(""), "holds no certificate"),
            ("text.pem", Some("hello"), "holds no certificate"),
        ];
        for (name, content, expected) in table {
            let file = folder.path().join(name);
            if let Some(content) = content {
                std::fs::write(&file, content).unwrap();
            }
            let options =
                ProviderOptions { ca_file: Some(file.clone()), ..ProviderOptions::default() };
            let http = HttpClient::new().with(&options).unwrap();
            let error = http.for_url(&url).unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadRequest, "{name}");
            assert!(error.message.contains(expected), "{name}: {}", error.message);
            assert!(error.message.contains(name), "{name}: {}", error.message);
        }
        let file = folder.path().join("later.pem");
        std::fs::write(&file, broken).unwrap();
        let options = ProviderOptions { ca_file: Some(file), ..ProviderOptions::default() };
        assert!(HttpClient::new().with(&options).unwrap().for_url(&url).is_err());
    }
}
