//! Where the keys of providers come from: the environment first, then the keychain or its file.

use secrecy::SecretString;

use super::Providers;
use crate::net::known;
use crate::protocol::{
    BackendEvent, ErrorKind, KeyChange, KeySource, Notice, NoticeCode, ProviderConfig,
    ProviderError, ProviderId,
};

/// A key with where it comes from; no key where none is needed.
pub(super) type Found = (Option<SecretString>, KeySource);

/// How a provider stands without any key: hosted ones need one, others may not.
pub(super) fn without_key(config: &ProviderConfig) -> KeySource {
    let hosted = known::find(config.id.as_str()).is_some() || config.key_env.is_some();
    if hosted { KeySource::Missing } else { KeySource::NotNeeded }
}

/// Said when a provider is used that has no key.
pub(super) fn missing_key(config: &ProviderConfig) -> ProviderError {
    ProviderError::new(ErrorKind::Auth, format!("{} has no key yet", config.name))
}

impl Providers {
    /// The configured providers, and the well-known ones whose key is in the environment.
    pub(super) fn with_discovered_keys(&self) -> Vec<ProviderConfig> {
        let mut configs = self.setup.configured.clone();
        for provider in &known::PROVIDERS {
            let configured = configs.iter().any(|config| config.id.as_str() == provider.id);
            if !configured && self.setup.environment.get(provider.key_env).is_some() {
                configs.push(provider.config());
            }
        }
        configs
    }

    /// A key that needs no asking: from the environment.
    pub(super) fn key_at_hand(&self, config: &ProviderConfig) -> Option<Found> {
        let usual = known::find(config.id.as_str()).map(|provider| provider.key_env);
        let variable = config.key_env.as_deref().or(usual)?;
        let value = self.setup.environment.get(variable)?;
        let source =
            KeySource::Environment { variable: variable.to_owned(), tail: tail(value) };
        Some((Some(SecretString::from(value.to_owned())), source))
    }

    /// A key from the environment, else from where keys are kept. May take seconds.
    pub(super) async fn find_key(&self, config: &ProviderConfig) -> Found {
        if let Some(found) = self.key_at_hand(config) {
            return found;
        }
        let (secrets, id) = (self.setup.secrets.clone(), config.id.clone());
        let kept = tokio::task::spawn_blocking(move || secrets.find(&id)).await;
        match kept {
            Ok(Ok(Some(found))) => (Some(found.key), found.source),
            Ok(Ok(None)) => (None, without_key(config)),
            Ok(Err(error)) => {
                self.tell_key_trouble(error.to_string()).await;
                (None, without_key(config))
            }
            Err(error) => {
                self.tell_key_trouble(error.to_string()).await;
                (None, without_key(config))
            }
        }
    }

    /// Keeps or forgets a key; says whether that worked.
    pub(super) async fn change_key(&self, id: &ProviderId, change: KeyChange) -> bool {
        let (secrets, id) = (self.setup.secrets.clone(), id.clone());
        let done = tokio::task::spawn_blocking(move || match change {
            KeyChange::Keep => Ok(()),
            KeyChange::Set(key) => secrets.set(&id, &key),
            KeyChange::Remove => secrets.remove(&id),
        })
        .await;
        let error = match done {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.tell_key_trouble(error).await;
        false
    }

    pub(super) async fn forget_key(&self, id: &ProviderId) {
        self.change_key(id, KeyChange::Remove).await;
    }

    async fn tell_key_trouble(&self, detail: String) {
        let notice = Notice { code: NoticeCode::KeyNotSaved, detail };
        self.tell(BackendEvent::Notice(notice)).await;
    }
}

/// The last four characters: all that is ever shown. Nothing of a key that is hardly longer.
fn tail(key: &str) -> String {
    let characters: Vec<char> = key.chars().collect();
    match characters.len().checked_sub(4) {
        Some(start) if start >= 8 => characters.iter().skip(start).collect(),
        Some(_) | None => String::new(),
    }
}
