//! Addresses as people write them, and secrets in places where none belong: addresses and names
//! of variables. None is repeated.

use std::net::{IpAddr, Ipv6Addr};

/// Why an address cannot be a provider's: it holds a user name or a password, which would be
/// written into `config.toml` and shown.
pub fn address_problem(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    authority.contains('@').then(|| {
        "The address holds a user name or a password. Leave them out, and enter the key as the provider's key"
            .to_owned()
    })
}

/// The address of a server, from what a person typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// `ws://…` or `wss://…`, without `/ws`.
    pub url: String,
    /// Whether nothing was said of how to connect, so that it was chosen here: `ws://` on this
    /// computer and in a private network, else `wss://`.
    pub is_assumed: bool,
}

/// Reads the address of a server. What a browser would be given is understood, too.
///
/// # Errors
///
/// A sentence for people that repeats nothing: a secret may be in the wrong place.
pub fn server_address(typed: &str) -> Result<ServerAddress, &'static str> {
    const SCHEMES: &str = "The address has to begin with wss:// or ws://";
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("The address is empty");
    }
    let (scheme, rest) = match typed.split_once("://") {
        None => (None, typed),
        Some((scheme, rest)) => match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => (Some("ws"), rest),
            "wss" | "https" => (Some("wss"), rest),
            _ => return Err(SCHEMES),
        },
    };
    if rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err("The address has a space inside");
    }
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(
            "The address holds a user name or a password. Leave them out, and enter the token by itself",
        );
    }
    if rest.contains('?') {
        return Err(
            "The address holds a ? and more. Leave that out, and enter the token by itself",
        );
    }
    if rest.contains('#') {
        return Err("The address holds a # and more. Leave that out");
    }
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix("/ws").unwrap_or(rest).trim_end_matches('/');
    let authority = rest.split('/').next().unwrap_or_default();
    let bare = authority.parse::<Ipv6Addr>().map(|address| format!("[{address}]")).ok();
    let (host, port) = host_and_port(bare.as_deref().unwrap_or(authority));
    if host.is_empty() {
        return Err("The address names no server");
    }
    if port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Err("What follows the colon has to be a port, as in wss://home.example:8899");
    }
    let rest = match &bare {
        Some(bare) => rest.replacen(authority, bare, 1),
        None => rest.to_owned(),
    };
    let near = if is_near(host) { "ws" } else { "wss" };
    let url = format!("{}://{rest}", scheme.unwrap_or(near));
    Ok(ServerAddress { url, is_assumed: scheme.is_none() })
}

/// Whether two addresses are of the same server: by host, port and path.
pub fn is_same_server(one: &str, other: &str) -> bool {
    let parts = |url: &str| {
        let url = server_address(url).ok()?.url;
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = host_and_port(authority);
        let port = port.unwrap_or(if scheme == "wss" { "443" } else { "80" });
        Some((host.to_ascii_lowercase(), port.to_owned(), path.to_owned()))
    };
    parts(one).is_some_and(|one| Some(one) == parts(other))
}

/// A host without brackets is split from its port at the colon.
fn host_and_port(authority: &str) -> (&str, Option<&str>) {
    let from = authority.rfind(']').unwrap_or(0);
    let colon = authority.get(from..).and_then(|text| text.find(':')).map(|at| at + from);
    match colon.and_then(|at| authority.split_at_checked(at)) {
        Some((host, port)) => (host, Some(port.trim_start_matches(':'))),
        None => (authority, None),
    }
}

/// Whether a host is this computer, or in a private network by its number.
fn is_near(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if host.eq_ignore_ascii_case("localhost") {
        return true;
    }
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => false,
    }
}

/// Why a text cannot name an environment variable; none where it can.
pub fn variable_problem(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (!begins || !name.chars().all(fits)).then(|| {
        "This cannot be the name of an environment variable: letters, digits and _ can. Name the variable that holds the key, not the key"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_server_is_read_as_people_write_it() {
        let table = [
            ("ws://home:7777", Ok("ws://home:7777")),
            (" wss://home.example/ws/ ", Ok("wss://home.example")),
            ("https://home.example/", Ok("wss://home.example")),
            ("HTTP://10.0.0.2:7777/agents/ws", Ok("ws://10.0.0.2:7777/agents")),
            ("home.example:8899", Ok("wss://home.example:8899")),
            ("localhost:8899", Ok("ws://localhost:8899")),
            ("192.168.1.20:8899", Ok("ws://192.168.1.20:8899")),
            ("8.8.8.8", Ok("wss://8.8.8.8")),
            ("[::1]:8899", Ok("ws://[::1]:8899")),
            ("fd00::1", Ok("ws://[fd00::1]")),
            ("", Err("empty")),
            ("ftp://home", Err("begin with wss:// or ws://")),
            ("ws://", Err("names no server")),
            ("wss://:8899", Err("names no server")),
            ("ws://ho me", Err("a space inside")),
            ("home:88990", Err("a port")),
            ("home:port", Err("a port")),
            ("wss://me:hunter2@home", Err("user name")),
            ("home?token=hunter2", Err("a ? and more")),
            ("wss://home/#hunter2", Err("a # and more")),
        ];
        for (typed, expected) in table {
            match (server_address(typed), expected) {
                (Ok(address), Ok(url)) => {
                    assert_eq!(address.url, url, "{typed}");
                    assert_eq!(address.is_assumed, !typed.contains("://"), "{typed}");
                }
                (Err(said), Err(about)) => {
                    assert!(said.contains(about) && !said.contains("hunter2"), "{typed}: {said}");
                }
                (read, expected) => panic!("{typed}: {read:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn a_server_is_known_by_its_host_port_and_path() {
        for (one, other, same) in [
            ("wss://home.example", "https://HOME.example:443/ws", true),
            ("ws://10.0.0.2:1", "10.0.0.2:1", true),
            ("ws://home:1", "wss://home:1", true),
            ("ws://home:1", "ws://home:2", false),
            ("ws://home:1", "ws://home:1/agents", false),
            ("", "", false),
        ] {
            assert_eq!(is_same_server(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn secrets_in_addresses_and_names_are_refused_and_not_repeated() {
        for url in ["https://u:hunter2@h/v1", "https://hunter2@h", "http://u:hunter2@h?x=/"] {
            let problem = address_problem(url).unwrap();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        for url in ["https://h/v1/@x", "https://h/v1?user=a@b", "h@x", "http://[::1]:1/v1#@"] {
            assert_eq!(address_problem(url), None, "{url}");
        }
        for name in ["sk-hunter2", "2A", "", "A B", "A=B", "$A"] {
            let problem = variable_problem(name).unwrap();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
        for name in ["OPENAI_API_KEY", "_a1"] {
            assert_eq!(variable_problem(name), None, "{name}");
        }
    }
}
