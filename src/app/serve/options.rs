//! What `serve` is told on its command line, checked before it begins.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

use secrecy::SecretString;

use super::super::failure::{Failure, Outcome, note};
use super::super::providers::Desk;
use super::ServeArgs;
use crate::net::local;

/// The shortest token that is not found by trying.
const SHORTEST_TOKEN: usize = 16;

/// Where to listen: an address with a port, or a name with one.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let wanted = "write ADDRESS:PORT, for example 127.0.0.1:8899 or localhost:8899";
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let named = text.rsplit_once(':').filter(|(name, _)| !name.is_empty());
    let Some((name, port)) = named else { return Err(wanted.to_owned()) };
    let port: u16 = port.parse().map_err(|_not_a_port| wanted.to_owned())?;
    let found = (name, port).to_socket_addrs();
    let found = found.map_err(|error| format!("{name} cannot be found: {error}"))?;
    let addresses: Vec<SocketAddr> = found.collect();
    // A name of this machine has several, and most programs try this one.
    let usual = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    usual.copied().ok_or_else(|| format!("{name} has no address"))
}

/// An origin as browsers write it (RFC 6454, section 6.2), or `*` for any.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let wanted = "write SCHEME://HOST or SCHEME://HOST:PORT, for example https://chat.example.com";
    if text == "*" {
        return Ok(text.to_owned());
    }
    let refused = || wanted.to_owned();
    let (scheme, host) = text.split_once("://").ok_or_else(refused)?;
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    {
        return Err(refused());
    }
    if let Some((before, _path)) = host.split_once('/') {
        return Err(format!("an origin has no path: {scheme}://{before}"));
    }
    let (name, port) = match host.rsplit_once(':') {
        // The colons within the brackets of an IPv6 address are its own.
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        Some(_) | None => (host, None),
    };
    let is_bracketed = name.starts_with('[') && name.ends_with(']');
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_address = |c: char| c.is_ascii_hexdigit() || "[]:.".contains(c);
    let is_host =
        if is_bracketed { name.chars().all(is_address) } else { name.chars().all(is_name) };
    if name.is_empty() || !is_host || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(refused());
    }
    let (scheme, name) = (scheme.to_ascii_lowercase(), name.to_ascii_lowercase());
    // Browsers leave out the usual port.
    let port =
        port.filter(|port| !matches!((scheme.as_str(), *port), ("https", "443") | ("http", "80")));
    Ok(port
        .map_or_else(|| format!("{scheme}://{name}"), |port| format!("{scheme}://{name}:{port}")))
}

/// The tokens of a file: lines that are neither empty nor comments.
pub(super) fn tokens(file: Option<&Path>) -> Result<Vec<SecretString>, Failure> {
    let Some(file) = file else { return Ok(Vec::new()) };
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{name}: {error}"), "Name a file with a token"))?;
    let lines = text.lines().map(str::trim).zip(1..);
    let mut tokens = Vec::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
        if line.chars().count() < SHORTEST_TOKEN {
            return Err(Failure::usage(
                format!(
                    "{name}, line {number}: the token has fewer than {SHORTEST_TOKEN} characters"
                ),
                "Write a longer one that nobody can guess, for example from `openssl rand -hex 32`",
            ));
        }
        tokens.push(SecretString::from(line.to_owned()));
    }
    if tokens.is_empty() {
        let hint = "Write one into its first line";
        return Err(Failure::usage(format!("{name} holds no token"), hint));
    }
    if is_open_to_others(file) {
        note(&format!("others on this computer can read {name}: `chmod 600` shuts it to them"));
    }
    Ok(tokens)
}

#[cfg(unix)]
fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o044 != 0)
}

/// Elsewhere a folder's own rights decide.
#[cfg(not(unix))]
fn is_open_to_others(_file: &Path) -> bool {
    false
}

/// Refuses models for guests that no provider serves.
pub(super) fn check_models(desk: &Desk, args: &ServeArgs) -> Outcome {
    let providers = desk.all();
    for model in args.anonymous.iter().chain(&args.guest_model) {
        desk.refuse_left_out(model.provider.as_str())?;
        // One on this machine may be started later.
        let is_known = providers.iter().any(|known| known.id == model.provider)
            || local::find(model.provider.as_str()).is_some();
        if !is_known {
            return Err(Failure::usage(
                format!("{model}: there is no provider {}", model.provider),
                "List them with `switchboard providers list`",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_names_with_a_port_are_taken() {
        for (text, wanted) in [
            ("127.0.0.1:9220", "127.0.0.1:9220"),
            ("localhost:9220", "127.0.0.1:9220"),
            ("[::1]:7", "[::1]:7"),
            ("0.0.0.0:0", "0.0.0.0:0"),
        ] {
            assert_eq!(address(text).map(|address| address.to_string()), Ok(wanted.to_owned()));
        }
        for text in
            ["", "9220", ":9220", "localhost", "localhost:", "localhost:99999", "127.0.0.1:x"]
        {
            let said = address(text).unwrap_err();
            assert!(said.contains("127.0.0.1:8899"), "{text}: {said}");
        }
    }

    #[test]
    fn origins_are_scheme_and_host_without_a_path() {
        for (text, wanted) in [
            ("*", "*"),
            ("https://chat.example.com", "https://chat.example.com"),
            ("HTTPS://Chat.Example.com:443", "https://chat.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://[::1]", "http://[::1]"),
            ("app-x://bundle", "app-x://bundle"),
        ] {
            assert_eq!(origin(text), Ok(wanted.to_owned()), "{text}");
        }
        for text in [
            "",
            "example.com",
            "https://",
            "://x",
            "https://:80",
            "https://a b",
            "https://a?b",
            "https://a#b",
            "https://user@host",
            "https://a:99999",
            "null",
            "https://a:",
        ] {
            let said = origin(text).unwrap_err();
            assert!(said.contains("SCHEME://HOST"), "{text}: {said}");
        }
        let said = origin("https://example.com/chat").unwrap_err();
        assert_eq!(said, "an origin has no path: https://example.com");
        assert!(origin("https://example.com/").is_err());
    }
}
