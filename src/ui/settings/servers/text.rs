//! What was typed into a server's form, and whether it can be used.

use std::borrow::Cow;

use super::super::provider_text::KeyText;
use crate::protocol::{ServerConfig, ServerId};
use crate::state::{AppState, ServerForm};

/// The fields of the form.
#[derive(Debug, Default)]
pub(super) struct ServerText {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) by: By,
    /// A token or a code, whichever was chosen.
    pub(super) secret: KeyText,
    pub(super) token_query: bool,
    pub(super) dual: bool,
}

/// How the server is to know us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    #[default]
    Token,
    Code,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FieldName {
    Name,
    Address,
    Secret,
}

/// Why the form cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: FieldName,
    pub(super) text: Cow<'static, str>,
}

/// What a form holds, checked.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) config: ServerConfig,
    /// A new token or a code, where one was typed.
    pub(super) secret: Option<String>,
}

impl ServerText {
    /// The text to begin a form with.
    pub(super) fn begin(state: &AppState, form: &ServerForm) -> Self {
        match known(state, form) {
            Some(config) => Self {
                name: config.name.clone(),
                url: config.url.clone(),
                token_query: config.token_query,
                dual: config.dual,
                ..Self::default()
            },
            None => Self::default(),
        }
    }

    /// Checks everything; the first problem counts.
    pub(super) fn check(&self, state: &AppState, form: &ServerForm) -> Result<Checked, Problem> {
        let problem = |field, text: &'static str| Err(Problem { field, text: text.into() });
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return problem(FieldName::Name, "Give it a name");
        }
        let url = address(&self.url)
            .map_err(|text| Problem { field: FieldName::Address, text: text.into() })?;
        let secret = self.secret.0.trim();
        if self.by == By::Code && secret.is_empty() {
            return problem(
                FieldName::Secret,
                "Enter the code that `switchboard serve --pair` shows",
            );
        }
        if secret.chars().any(|char| char.is_whitespace() || !char.is_ascii_graphic()) {
            return problem(
                FieldName::Secret,
                "It has a space or another character that does not belong. Copy it in one piece.",
            );
        }
        let id = match known(state, form) {
            Some(config) => config.id.clone(),
            None => new_id(state, &name),
        };
        let (token_query, dual) = (self.token_query, self.dual);
        let config = ServerConfig { id, name, url, token_query, dual };
        Ok(Checked { config, secret: (!secret.is_empty()).then(|| secret.to_owned()) })
    }
}

/// The configuration that a form changes.
fn known<'a>(state: &'a AppState, form: &ServerForm) -> Option<&'a ServerConfig> {
    let ServerForm::Server(id) = form else { return None };
    let live = state.servers.get(id).map(|server| &server.config);
    live.or_else(|| state.settings.servers.iter().find(|config| config.id == *id))
}

/// The address as it is kept: `ws://` or `wss://`, without `/ws`. What a browser would be given is
/// understood, too.
fn address(typed: &str) -> Result<String, &'static str> {
    let typed = typed.trim();
    let Some((scheme, rest)) = typed.split_once("://") else {
        return Err("The address has to begin with wss:// or ws://");
    };
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "http" => "ws",
        "wss" | "https" => "wss",
        _ => return Err("The address has to begin with wss:// or ws://"),
    };
    if rest.chars().any(char::is_whitespace) {
        return Err("The address has a space inside");
    }
    if rest.contains(['?', '#', '@']) {
        return Err("The address has more than server and port. The token has a field of its own.");
    }
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix("/ws").unwrap_or(rest).trim_end_matches('/');
    if rest.is_empty() || rest.starts_with([':', '/']) {
        return Err("The address names no server");
    }
    Ok(format!("{scheme}://{rest}"))
}

/// Whether what is sent to an address can be read on the way.
pub(super) fn is_open(url: &str) -> bool {
    address(url).is_ok_and(|url| url.starts_with("ws://") && !super::super::status::is_local(&url))
}

/// An id after the name that no server has.
fn new_id(state: &AppState, name: &str) -> ServerId {
    let base = super::super::provider_text::slug(name);
    let taken = |id: &ServerId| {
        state.servers.get(id).is_some()
            || state.settings.servers.iter().any(|config| config.id == *id)
    };
    let most = state.servers.all.len() + state.settings.servers.len() + 2;
    let numbered = (2..=most).map(|number| ServerId(format!("{base}-{number}")));
    let mut ids = std::iter::once(ServerId(base.clone())).chain(numbered);
    ids.find(|id| !taken(id)).unwrap_or(ServerId(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_without_its_path() {
        let table = [
            ("ws://home:7777", Ok("ws://home:7777")),
            (" wss://home.example/ws/ ", Ok("wss://home.example")),
            ("https://home.example/", Ok("wss://home.example")),
            ("HTTP://10.0.0.2:7777/agents/ws", Ok("ws://10.0.0.2:7777/agents")),
            ("home:7777", Err("The address has to begin with wss:// or ws://")),
            ("ftp://home", Err("The address has to begin with wss:// or ws://")),
            ("ws://", Err("The address names no server")),
            ("ws://ho me", Err("The address has a space inside")),
        ];
        for (typed, expected) in table {
            assert_eq!(address(typed), expected.map(str::to_owned), "{typed}");
        }
        assert!(address("ws://home?token=x").is_err());
        assert!(is_open("ws://home:1") && !is_open("wss://home:1") && !is_open("ws://127.0.0.1:1"));
    }
}
