//! Where the keys of providers come from: the environment first, then the keychain or its file.

use secrecy::SecretString;

use super::{Environment, Providers};
use crate::net::known;
use crate::protocol::{
    BackendEvent, KeyChange, KeySource, Notice, NoticeCode, ProviderConfig, ProviderError,
    ProviderId,
};
use crate::store::secrets::{self, SecretError, Secrets};

/// A key with where it comes from; no key where none is there or needed.
pub type Found = (Option<SecretString>, KeySource);

/// A provider's key from the environment, else from where keys are kept. Blocks.
///
/// # Errors
///
/// When the file with the keys cannot be read.
pub fn find_key(
    config: &ProviderConfig,
    environment: &Environment,
    secrets: &Secrets,
) -> Result<Found, SecretError> {
    match from_environment(config, environment) {
        Some(found) => Ok(found),
        None => kept(config, secrets),
    }
}

fn from_environment(config: &ProviderConfig, environment: &Environment) -> Option<Found> {
    let usual = known::find(config.id.as_str()).map(|provider| provider.key_env);
    let variable = config.key_env.as_deref().or(usual)?;
    let key = SecretString::from(environment.get(variable)?.to_owned());
    let tail = secrets::tail(&key);
    Some((Some(key), KeySource::Environment { variable: variable.to_owned(), tail }))
}

fn kept(config: &ProviderConfig, secrets: &Secrets) -> Result<Found, SecretError> {
    match secrets.get(&config.id)? {
        Some(key) => Ok((Some(key), secrets.source(&config.id)?)),
        None => Ok((None, without_key(config))),
    }
}

/// How a provider stands without any key: hosted ones need one, others may not.
pub(super) fn without_key(config: &ProviderConfig) -> KeySource {
    let hosted = known::find(config.id.as_str()).is_some() || config.key_env.is_some();
    if hosted { KeySource::Missing } else { KeySource::NotNeeded }
}

/// Said when a provider is used that has no key.
pub fn missing_key(config: &ProviderConfig) -> ProviderError {
    ProviderError::missing_key(&config.name, config.key_env.as_deref())
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
        from_environment(config, &self.setup.environment)
    }

    /// A key from the environment, else from where keys are kept. May take seconds.
    pub(super) async fn look_up_key(&self, config: &ProviderConfig) -> Found {
        if let Some(found) = self.key_at_hand(config) {
            return found;
        }
        let (secrets, asked) = (self.setup.secrets.clone(), config.clone());
        let kept = tokio::task::spawn_blocking(move || kept(&asked, &secrets)).await;
        let error = match kept {
            Ok(Ok(found)) => return found,
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        self.tell_key_trouble(error).await;
        (None, without_key(config))
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

    /// Tells where new keys go.
    pub(super) async fn tell_key_place(&self) {
        let secrets = self.setup.secrets.clone();
        match tokio::task::spawn_blocking(move || secrets.where_kept()).await {
            Ok(place) => self.tell(BackendEvent::KeysKept(place)).await,
            Err(error) => tracing::error!(%error, "where keys are kept is not known"),
        }
    }

    async fn tell_key_trouble(&self, detail: String) {
        let notice = Notice { code: NoticeCode::KeyNotSaved, detail };
        self.tell(BackendEvent::Notice(notice)).await;
    }
}
