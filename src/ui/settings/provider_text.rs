//! What was typed into a provider's form, and whether it can be saved.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::protocol::{
    ProviderConfig, ProviderId, ProviderKind, ProviderOptions, header_problem, slug,
};
use crate::state::{AppState, ProviderForm};

/// The longest time that a timeout may be, in seconds.
const LONGEST_S: u32 = 86_400;

/// The fields of the form.
#[derive(Debug)]
pub(super) struct ProviderText {
    pub(super) name: String,
    pub(super) url: String,
    pub(super) key: KeyText,
    pub(super) kind: ProviderKind,
    pub(super) more: AdvancedText,
}

/// The fields that most need not fill.
#[derive(Debug, Default)]
pub(super) struct AdvancedText {
    pub(super) headers: Vec<HeaderText>,
    pub(super) ca_file: String,
    pub(super) connect_timeout_s: String,
    pub(super) idle_timeout_s: String,
    pub(super) api_version: String,
    pub(super) background: bool,
}

/// A header as it is typed.
#[derive(Debug, Default)]
pub(super) struct HeaderText {
    pub(super) name: String,
    pub(super) value: String,
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
    HeaderName(usize),
    HeaderValue(usize),
    CaFile,
    ConnectTimeout,
    IdleTimeout,
    ApiVersion,
}

impl FieldName {
    /// Whether it is behind the fold.
    pub(super) fn is_advanced(self) -> bool {
        match self {
            Self::Name | Self::Address | Self::Key => false,
            Self::HeaderName(_)
            | Self::HeaderValue(_)
            | Self::CaFile
            | Self::ConnectTimeout
            | Self::IdleTimeout
            | Self::ApiVersion => true,
        }
    }
}

/// Why the form cannot be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) field: FieldName,
    pub(super) text: Cow<'static, str>,
}

/// What a form can save.
#[derive(PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) name: String,
    pub(super) url: String,
    /// A new key, where one was typed.
    pub(super) key: Option<String>,
    pub(super) kind: ProviderKind,
    pub(super) options: ProviderOptions,
}

impl Default for ProviderText {
    fn default() -> Self {
        Self {
            name: String::new(),
            url: String::new(),
            key: KeyText::default(),
            kind: ProviderKind::Openai,
            more: AdvancedText::default(),
        }
    }
}

impl ProviderText {
    /// The text to begin a form with.
    pub(super) fn begin(state: &AppState, form: &ProviderForm) -> Self {
        let ProviderForm::Provider(id) = form else { return Self::default() };
        match config(state, id) {
            Some(config) => Self {
                name: config.name,
                url: config.url,
                key: KeyText::default(),
                kind: config.kind,
                more: AdvancedText::of(config.options),
            },
            None => Self::default(),
        }
    }

    /// Checks everything; the first problem counts.
    pub(super) fn check(&self) -> Result<Checked, Problem> {
        let name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        let url = self.url.trim().trim_end_matches('/').to_owned();
        let key = self.key.0.trim();
        let problem = |field, text: &'static str| Err(Problem { field, text: text.into() });
        if name.is_empty() {
            return problem(FieldName::Name, "Give it a name");
        }
        if let Some(text) = crate::protocol::address_problem(&url) {
            return Err(Problem { field: FieldName::Address, text: text.into() });
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
        Ok(Checked { name, url, key, kind: self.kind, options: self.more.check(self.kind)? })
    }
}

impl AdvancedText {
    fn of(options: ProviderOptions) -> Self {
        let seconds = |seconds: Option<u32>| seconds.map_or_else(String::new, |s| s.to_string());
        let headers = options.headers.into_iter();
        Self {
            headers: headers.map(|(name, value)| HeaderText { name, value }).collect(),
            ca_file: options.ca_file.map_or_else(String::new, |file| file.display().to_string()),
            connect_timeout_s: seconds(options.connect_timeout_s),
            idle_timeout_s: seconds(options.idle_timeout_s),
            api_version: options.api_version.unwrap_or_default(),
            background: options.background,
        }
    }

    /// Whether anything stands in it.
    pub(super) fn is_used(&self) -> bool {
        let Self { headers, ca_file, connect_timeout_s, idle_timeout_s, api_version, background } =
            self;
        *background
            || !headers.is_empty()
            || [ca_file, connect_timeout_s, idle_timeout_s, api_version]
                .iter()
                .any(|text| !text.is_empty())
    }

    fn check(&self, kind: ProviderKind) -> Result<ProviderOptions, Problem> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let version = text(&self.api_version).filter(|_| kind == ProviderKind::Anthropic);
        if version.as_deref().is_some_and(|version| !is_version(version)) {
            let text = "A version is a day, such as 2023-06-01".into();
            return Err(Problem { field: FieldName::ApiVersion, text });
        }
        Ok(ProviderOptions {
            headers: self.check_headers()?,
            ca_file: text(&self.ca_file).map(Into::into),
            connect_timeout_s: seconds(&self.connect_timeout_s, FieldName::ConnectTimeout)?,
            idle_timeout_s: seconds(&self.idle_timeout_s, FieldName::IdleTimeout)?,
            api_version: version,
            background: self.background && kind == ProviderKind::Responses,
        })
    }

    fn check_headers(&self) -> Result<BTreeMap<String, String>, Problem> {
        let mut headers = BTreeMap::new();
        for (place, header) in self.headers.iter().enumerate() {
            let (name, value) = (header.name.trim(), header.value.trim());
            if name.is_empty() && value.is_empty() {
                continue;
            }
            if let Some(text) = header_problem(name, value) {
                return Err(Problem { field: FieldName::HeaderName(place), text: text.into() });
            }
            let twice = headers.keys().any(|known: &String| known.eq_ignore_ascii_case(name));
            if twice {
                let text = "This header is there already".into();
                return Err(Problem { field: FieldName::HeaderName(place), text });
            }
            headers.insert(name.to_owned(), value.to_owned());
        }
        Ok(headers)
    }
}

fn is_version(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn seconds(text: &str, field: FieldName) -> Result<Option<u32>, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match text.parse() {
        Ok(seconds @ 1..=LONGEST_S) => Ok(Some(seconds)),
        Ok(_) | Err(_) => {
            Err(Problem { field, text: "Enter whole seconds, from 1 to 86400".into() })
        }
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
    let ends = ["/chat/completions", "/models", "/responses", "/messages"];
    if ends.iter().any(|end| rest.ends_with(end)) {
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
    ProviderConfig {
        id: old.as_ref().map_or_else(|| new_id(state, &checked.name), |old| old.id.clone()),
        name: checked.name.clone(),
        kind: checked.kind,
        url: checked.url.clone(),
        key_env: old.and_then(|old| old.key_env),
        options: checked.options.clone(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Settings;

    fn text(name: &str, url: &str, key: &str) -> ProviderText {
        ProviderText {
            name: name.to_owned(),
            url: url.to_owned(),
            key: KeyText(key.to_owned()),
            ..ProviderText::default()
        }
    }

    fn advanced(kind: ProviderKind, more: AdvancedText) -> ProviderText {
        ProviderText { kind, more, ..text("A", "https://api.example.com/v1", "") }
    }

    fn headers(pairs: &[(&str, &str)]) -> AdvancedText {
        let header = |(name, value): &(&str, &str)| HeaderText {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        AdvancedText { headers: pairs.iter().map(header).collect(), ..AdvancedText::default() }
    }

    #[test]
    fn what_cannot_work_is_not_saved() {
        let url = "https://api.example.com/v1";
        let openai = ProviderKind::Openai;
        let table = [
            (text(" ", url, ""), FieldName::Name),
            (text("A", "", ""), FieldName::Address),
            (text("A", "api.example.com/v1", ""), FieldName::Address),
            (text("A", "ftp://api.example.com", ""), FieldName::Address),
            (text("A", "https://u:pass@api.example.com", ""), FieldName::Address),
            (text("A", "https://", ""), FieldName::Address),
            (text("A", "https:///v1", ""), FieldName::Address),
            (text("A", "https://api example.com", ""), FieldName::Address),
            (text("A", "https://api.example.com/v1/chat/completions", ""), FieldName::Address),
            (text("A", "https://api.example.com/v1/messages", ""), FieldName::Address),
            (text("A", url, "sk-1\nsk-2"), FieldName::Key),
            (text("A", url, "sk-1 sk-2"), FieldName::Key),
            (text("A", url, "sk-ä"), FieldName::Key),
            (advanced(openai, headers(&[("Authorization", "x")])), FieldName::HeaderName(0)),
            (
                advanced(openai, headers(&[("X-A", "1"), ("", ""), ("x-a", "2")])),
                FieldName::HeaderName(2),
            ),
            (
                advanced(openai, AdvancedText { idle_timeout_s: "0".to_owned(), ..headers(&[]) }),
                FieldName::IdleTimeout,
            ),
            (
                advanced(
                    openai,
                    AdvancedText { connect_timeout_s: "soon".to_owned(), ..headers(&[]) },
                ),
                FieldName::ConnectTimeout,
            ),
            (
                advanced(
                    ProviderKind::Anthropic,
                    AdvancedText { api_version: "newest".to_owned(), ..headers(&[]) },
                ),
                FieldName::ApiVersion,
            ),
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
        assert_eq!(no_key.options, ProviderOptions::default());
    }

    #[test]
    fn options_of_another_api_are_not_saved() {
        let more = || AdvancedText {
            ca_file: " /etc/ca.pem ".to_owned(),
            idle_timeout_s: "300".to_owned(),
            api_version: "2023-06-01".to_owned(),
            background: true,
            ..headers(&[(" X-Team ", " blue ")])
        };
        for kind in [ProviderKind::Openai, ProviderKind::Responses, ProviderKind::Anthropic] {
            let options = advanced(kind, more()).check().ok().unwrap().options;
            assert_eq!(options.background, kind == ProviderKind::Responses);
            assert_eq!(options.api_version.is_some(), kind == ProviderKind::Anthropic);
            assert_eq!(options.headers.get("X-Team").map(String::as_str), Some("blue"));
            assert_eq!(options.ca_file, Some("/etc/ca.pem".into()));
            let again = AdvancedText::of(options.clone()).check(kind).ok().unwrap();
            assert_eq!(again, options, "what is shown is what is saved");
        }
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
