//! The proxies of the environment, to name them where they fail. Requests themselves go through
//! the one that the HTTP client finds by the same rules; servers of this machine go through none.

use reqwest::Url;

use super::is_loopback;
use crate::net::failure;
use crate::protocol::{ErrorKind, ProviderError};

/// The variables for a scheme, in the order in which they count.
fn variables(scheme: &str) -> [&'static str; 4] {
    match scheme {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    }
}

/// A proxy, and the variable that sets it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Proxy {
    variable: &'static str,
    /// Host and port. Names and passwords in the address are left out.
    address: String,
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the proxy {} (from {})", self.address, self.variable)
    }
}

/// The proxy that requests to this address go through.
///
/// # Errors
///
/// `BadRequest` where the variable for it holds no address.
pub(crate) fn proxy_for(url: &Url) -> Result<Option<Proxy>, ProviderError> {
    proxy_in(url, |name| std::env::var(name).ok())
}

fn proxy_in(
    url: &Url,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, ProviderError> {
    let set = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
    let except = set("NO_PROXY").or_else(|| set("no_proxy")).unwrap_or_default();
    let host = url.host_str().unwrap_or_default();
    if is_loopback(url) || except.split(',').any(|entry| covers(entry.trim(), host)) {
        return Ok(None);
    }
    let found = variables(url.scheme()).into_iter().find_map(|name| Some((name, set(name)?)));
    let Some((name, text)) = found else { return Ok(None) };
    let text = text.trim();
    let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    match Url::parse(&whole) {
        Ok(proxy) if proxy.has_host() => {
            let address = crate::net::body::host_of(&proxy);
            Ok(Some(Proxy { variable: name, address }))
        }
        Ok(_) | Err(_) => {
            // It may hold a password.
            let shown = failure::cut(text.rsplit('@').next().unwrap_or_default());
            let message = format!(
                "{name} is set to {shown:?}, which is no address of a proxy. Mend it, or unset it to connect without one"
            );
            Err(ProviderError::new(ErrorKind::BadRequest, message))
        }
    }
}

/// Whether an entry of `NO_PROXY` means this host. Ranges of addresses are not looked into.
fn covers(entry: &str, host: &str) -> bool {
    let domain = entry.trim_start_matches('.');
    entry == "*"
        || (!domain.is_empty()
            && host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(url: &str, variables: &[(&str, &str)]) -> String {
        let get = |name: &str| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        match proxy_in(&Url::parse(url).unwrap(), get) {
            Ok(Some(proxy)) => proxy.to_string(),
            Ok(None) => "none".to_owned(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn a_proxy_is_named_by_its_variable_without_its_password() {
        let https = ("HTTPS_PROXY", "http://me:secret@127.0.0.1:9128");
        let shown = "the proxy 127.0.0.1:9128 (from HTTPS_PROXY)";
        assert_eq!(named("https://a.example.com/v1", &[https]), shown);
        assert_eq!(named("https://a.example.com", &[("HTTPS_PROXY", "127.0.0.1:9128")]), shown);
        assert_eq!(
            named("http://a.example.com", &[https, ("all_proxy", "http://p:1")]),
            "the proxy p:1 (from all_proxy)"
        );
        for url in ["https://127.0.0.1:1/v1", "https://localhost", "https://[::1]:1", "http://a"] {
            assert_eq!(named(url, &[https]), "none", "{url}");
        }
        for except in ["*", "example.com", ".example.com", "x, a.example.com"] {
            let found = named("https://a.example.com", &[https, ("NO_PROXY", except)]);
            assert_eq!(found, "none", "{except}");
        }
        let broken = named("https://a.example.com", &[("HTTPS_PROXY", "me:secret@not a proxy")]);
        assert!(broken.starts_with("HTTPS_PROXY is set to \"not a proxy\""), "{broken}");
    }
}
