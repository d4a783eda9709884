//! What was typed into a provider's form, and whether it can be saved.

use std::fmt;

use crate::protocol::{ProviderConfig, ProviderId, ProviderKind, ProviderOptions};
use crate::state::{AppState, ProviderForm};

/// The fields of the form.
#[derive(Debug, Default)]
pub(super) struct ProviderText {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) key: KeyText,
}

/// A key that is being typed. It is never printed.
#[derive(Default)]
pub(super) struct KeyText(pub(super) String);

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(…)")
    }
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FieldName {
    Name,
    Address,
    Key,
}

/// Why the form cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: FieldName,
    pub(super) text: &'static str,
}

/// What a form can save.
#[derive(PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) url: String,
    /// A new key, where one was typed.
    pub(super) key: Option<String>,
}

impl ProviderText {
    /// The text to begin a form with.
    pub(super) fn begin(state: &AppState, form: &ProviderForm) -> Self {
        let ProviderForm::Provider(id) = form else { return Self::default() };
        match config(state, id) {
            Some(config) => Self { name: config.name, url: config.url, key: KeyText::default() },
            None => Self::default(),
        }
    }

    /// Checks everything; the first problem counts.
    pub(super) fn check(&self) -> Result<Checked, Problem> {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let url = self.url.trim().trim_end_matches('/').to_owned();
        let key = self.key.0.trim();
        let problem = |field, text| Err(Problem { field, text });
        if name.is_empty() {
            return problem(FieldName::Name, "Give it a name");
        }
        if let Some(text) = address_problem(&url) {
            return problem(FieldName::Address, text);
        }
        if key.chars().any(char::is_whitespace) {
            return problem(
                FieldName::Key,
                "The key has a space or a line break inside. Copy it again, in one piece.",
            );
        }
        if !key.chars().all(|char| char.is_ascii_graphic()) {
            return problem(FieldName::Key, "The key has a character that no key has");
        }
        let key = (!key.is_empty()).then(|| key.to_owned());
        Ok(Checked { name, url, key })
    }
}

fn address_problem(url: &str) -> Option<&'static str> {
    let lower = url.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"))
    else {
        return Some("The address has to begin with http:// or https://");
    };
    if rest.chars().any(char::is_whitespace) {
        return Some("The address has a space inside");
    }
    if rest.split(['/', '?', '#']).next().is_none_or(|host| host.is_empty() || host == ":") {
        return Some("The address names no server");
    }
    if rest.ends_with("/chat/completions") || rest.ends_with("/models") {
        return Some("Leave out what follows /v1: the app adds it by itself");
    }
    None
}

/// A provider's configuration: what is in force, what was saved, or what is well-known.
pub(super) fn config(state: &AppState, id: &ProviderId) -> Option<ProviderConfig> {
    let live = state.provider(id).map(|provider| provider.config.clone());
    let saved = || state.settings.providers.iter().find(|config| config.id == *id).cloned();
    let known = || {
        let known = state.known.iter().find(|known| known.id == id.as_str());
        known.map(|known| known.config())
    };
    live.or_else(saved).or_else(known)
}

/// The configuration that a checked form saves.
pub(super) fn to_config(
    state: &AppState,
    form: &ProviderForm,
    checked: &Checked,
) -> ProviderConfig {
    let old = match form {
        ProviderForm::Provider(id) => config(state, id),
        ProviderForm::Closed | ProviderForm::Choose | ProviderForm::OtherServer => None,
    };
    let (name, url) = (checked.name.clone(), checked.url.clone());
    match old {
        Some(old) => ProviderConfig { name, url, ..old },
        None => ProviderConfig {
            id: new_id(state, &checked.name),
            name,
            kind: ProviderKind::Openai,
            url,
            key_env: None,
            options: ProviderOptions::default(),
        },
    }
}

/// An id after the name that no provider has.
fn new_id(state: &AppState, name: &str) -> ProviderId {
    let taken = |id: &str| {
        id == "guide"
            || state.known.iter().any(|known| known.id == id)
            || state.provider(&id.into()).is_some()
            || state.settings.providers.iter().any(|config| config.id.as_str() == id)
    };
    let base = slug(name);
    if !taken(&base) {
        return base.as_str().into();
    }
    let mut number = 2_u64;
    loop {
        let id = format!("{base}-{number}");
        if !taken(&id) {
            return id.as_str().into();
        }
        number += 1;
    }
}

fn slug(name: &str) -> String {
    let mut slug = String::new();
    for char in name.chars() {
        if char.is_ascii_alphanumeric() {
            slug.push(char.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "server".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Settings;

    fn text(name: &str, url: &str, key: &str) -> ProviderText {
        ProviderText { name: name.to_owned(), url: url.to_owned(), key: KeyText(key.to_owned()) }
    }

    #[test]
    fn what_cannot_work_is_not_saved() {
        let url = "https://api.example.com/v1";
        let table = [
            (text(" ", url, ""), FieldName::Name),
            (text("A", "", ""), FieldName::Address),
            (text("A", "api.example.com/v1", ""), FieldName::Address),
            (text("A", "ftp://api.example.com", ""), FieldName::Address),
            (text("A", "https://", ""), FieldName::Address),
            (text("A", "https:///v1", ""), FieldName::Address),
            (text("A", "https://api example.com", ""), FieldName::Address),
            (text("A", "https://api.example.com/v1/chat/completions", ""), FieldName::Address),
            (text("A", url, "sk-1\nsk-2"), FieldName::Key),
            (text("A", url, "sk-1 sk-2"), FieldName::Key),
            (text("A", url, "sk-ä"), FieldName::Key),
        ];
        for (text, field) in table {
            assert_eq!(text.check().err().map(|problem| problem.field), Some(field), "{text:?}");
        }
    }

    #[test]
    fn what_is_saved_is_trimmed() {
        let checked = text(" My  server ", " https://api.example.com/v1/ ", " sk-1\n").check();
        let checked = checked.ok().unwrap();
        assert_eq!(checked.name, "My server");
        assert_eq!(checked.url, "https://api.example.com/v1");
        assert_eq!(checked.key.as_deref(), Some("sk-1"));
        let no_key = text("A", "http://localhost:8080", " ").check().ok().unwrap();
        assert_eq!(no_key.key, None);
    }

    #[test]
    fn ids_come_from_names_and_are_unique() {
        let state = AppState::new(Settings::default(), &[], "/tmp".into());
        assert_eq!(new_id(&state, "My Server (2)").as_str(), "my-server-2");
        assert_eq!(new_id(&state, "Guide").as_str(), "guide-2");
        assert_eq!(new_id(&state, "服务器").as_str(), "server");
    }

    #[test]
    fn a_key_is_never_printed() {
        assert!(!format!("{:?}", text("A", "b", "sk-secret")).contains("secret"));
    }
}
