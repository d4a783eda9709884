//! What was typed into a server's form, and whether it can be used.

use std::borrow::Cow;

use super::super::provider_text::KeyText;
use crate::protocol::{ServerConfig, ServerId, is_same_server, server_address};
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
    pub(super) ca_file: String,
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
    CaFile,
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
                ca_file: config
                    .ca_file
                    .as_ref()
                    .map_or_else(String::new, |file| file.display().to_string()),
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
        let url = server_address(&self.url)
            .map_err(|text| Problem { field: FieldName::Address, text: text.into() })?
            .url;
        if let Some(problem) = twice(state, form, &name, &url) {
            return Err(problem);
        }
        let secret = self.secret.0.trim();
        if self.by == By::Code && secret.is_empty() {
            return problem(
                FieldName::Secret,
                "Enter the code that `switchboard serve --pair` shows",
            );
        }
        // How a code is written, the server knows.
        let is_token = self.by == By::Token;
        if is_token && !secret.chars().all(|char| char.is_ascii_graphic()) {
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
        let ca_file = Some(self.ca_file.trim()).filter(|file| !file.is_empty()).map(Into::into);
        let config = ServerConfig { id, name, url, token_query, dual, ca_file };
        Ok(Checked { config, secret: (!secret.is_empty()).then(|| secret.to_owned()) })
    }
}

/// What another server has already: the form of that one is the place to change it.
fn twice(state: &AppState, form: &ServerForm, name: &str, url: &str) -> Option<Problem> {
    let own = known(state, form).map(|config| &config.id);
    let live = state.servers.all.iter().map(|server| &server.config);
    let all = live.chain(&state.settings.servers).filter(|config| Some(&config.id) != own);
    all.into_iter().find_map(|other| {
        if other.name.to_lowercase() == name.to_lowercase() {
            let text =
                format!("There is a server called {} already. Choose another name", other.name);
            return Some(Problem { field: FieldName::Name, text: text.into() });
        }
        is_same_server(&other.url, url).then(|| {
            let text = format!("{0} has this address already. Edit {0} instead", other.name);
            Problem { field: FieldName::Address, text: text.into() }
        })
    })
}

/// The configuration that a form changes.
fn known<'a>(state: &'a AppState, form: &ServerForm) -> Option<&'a ServerConfig> {
    let ServerForm::Server(id) = form else { return None };
    let live = state.servers.get(id).map(|server| &server.config);
    live.or_else(|| state.settings.servers.iter().find(|config| config.id == *id))
}

/// Whether what is sent to an address can be read on the way.
pub(super) fn is_open(url: &str) -> bool {
    server_address(url).is_ok_and(|address| {
        address.url.starts_with("ws://") && !super::super::status::is_local(&address.url)
    })
}

/// How an address is taken that does not say how to connect.
pub(super) fn assumed(url: &str) -> Option<String> {
    server_address(url).ok().filter(|address| address.is_assumed).map(|address| address.url)
}

/// An id after the name that no server has.
fn new_id(state: &AppState, name: &str) -> ServerId {
    ServerId::for_name(name, |id| {
        state.servers.get(id).is_some()
            || state.settings.servers.iter().any(|config| config.id == *id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_warned_of_and_completed_as_it_will_be_kept() {
        assert!(is_open("ws://home:1") && is_open("10.0.0.2:1"));
        assert!(!is_open("wss://home:1") && !is_open("ws://127.0.0.1:1") && !is_open("home:1"));
        assert_eq!(assumed("home:1").as_deref(), Some("wss://home:1"));
        assert_eq!(assumed("ws://home:1"), None);
    }
}
