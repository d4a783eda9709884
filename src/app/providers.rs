//! `switchboard providers`: where answers come from.

mod add;

use std::sync::Arc;

use clap::Subcommand;
use secrecy::SecretString;

use super::cli::JsonFlag;
use super::config::{LeftOut, Loaded};
use super::failure::{Failure, Outcome, say, say_exactly};
use super::{config, environment};
use crate::agent::catalogue::{self, Sources};
use crate::agent::{Clock, Environment, guide_config, missing_key};
use crate::net::{self, HttpClient, Provider, known};
use crate::protocol::{ErrorKind, KeySource, ModelInfo, ProviderConfig, ProviderError, ProviderId};
use crate::state::{Settings, words};
use crate::store::Paths;
use crate::store::help::HelpIndex;
use crate::store::secrets::{SecretError, Secrets};

/// What can be done with providers.
#[derive(Debug, Subcommand)]
pub(super) enum ProvidersCommand {
    /// List them
    List(JsonFlag),
    /// Add one, or change it
    Add(add::AddArgs),
    /// Remove one and its key
    Remove {
        /// Its id, as `list` shows it
        name: String,
    },
    /// Ask one for its models
    Test {
        /// Its id, as `list` shows it
        name: String,
    },
}

/// The configured and discovered providers with their keys, for commands.
pub(super) struct Desk {
    pub(super) paths: Paths,
    pub(super) settings: Settings,
    left_out: Vec<LeftOut>,
    environment: Environment,
    secrets: Secrets,
    http: HttpClient,
}

pub(super) async fn run(paths: &Paths, command: ProvidersCommand) -> Outcome {
    let desk = Desk::open(paths)?;
    match command {
        ProvidersCommand::List(flag) => desk.list(flag),
        ProvidersCommand::Add(args) => add::run(&desk, args),
        ProvidersCommand::Remove { name } => desk.remove(&name),
        ProvidersCommand::Test { name } => desk.test(&name).await,
    }
}

impl Desk {
    pub(super) fn open(paths: &Paths) -> Result<Self, Failure> {
        let loaded = config::load_strictly(&paths.config_file()).map_err(|detail| {
            Failure::usage(format!("config.toml: {detail}"), "Mend the line, or move the file away")
        })?;
        for notice in &loaded.notices {
            tracing::warn!("config.toml, {}", notice.detail);
        }
        Ok(Self::new(paths, loaded))
    }

    /// With settings that are read already.
    pub(super) fn new(paths: &Paths, loaded: Loaded) -> Self {
        Self {
            paths: paths.clone(),
            settings: loaded.settings,
            left_out: loaded.left_out,
            environment: environment::read(&paths.env_files()),
            secrets: Secrets::from_environment(&paths.keys_file()),
            http: HttpClient::new(),
        }
    }

    /// Guide, what is configured, and what a key in the environment makes ready.
    pub(super) fn all(&self) -> Vec<ProviderConfig> {
        let mut all = vec![guide_config()];
        all.extend(self.settings.providers.iter().cloned());
        for provider in &known::PROVIDERS {
            let there = all.iter().any(|config| config.id.as_str() == provider.id);
            if !there && self.environment.get(provider.key_env).is_some() {
                all.push(provider.config());
            }
        }
        all
    }

    pub(super) fn find(&self, name: &str) -> Result<ProviderConfig, Failure> {
        self.refuse_left_out(name)?;
        let hint = "List them with `switchboard providers list`";
        let found = self.all().into_iter().find(|config| config.id.as_str() == name);
        found.ok_or_else(|| Failure::usage(format!("there is no provider {name:?}"), hint))
    }

    fn has_variable(&self, name: &str) -> bool {
        self.environment.get(name).is_some()
    }

    /// Refuses a provider that is configured in a way that cannot be read.
    pub(super) fn refuse_left_out(&self, name: &str) -> Outcome {
        let unreadable = self.left_out.iter().find(|left_out| left_out.id.as_str() == name);
        let configured = self.settings.providers.iter().any(|known| known.id.as_str() == name);
        match unreadable.filter(|_| !configured) {
            Some(left_out) => Err(Failure::usage(
                format!("config.toml, {}", left_out.detail),
                "Mend the line, or say it anew with `switchboard providers add`",
            )),
            None => Ok(()),
        }
    }

    /// A provider's key and where it comes from.
    pub(super) fn key(
        &self,
        config: &ProviderConfig,
    ) -> Result<(Option<SecretString>, KeySource), SecretError> {
        crate::agent::find_key(config, &self.environment, &self.secrets)
    }

    /// Where a provider's key comes from, in words, without the key; also why that is not known.
    pub(super) fn key_words(&self, config: &ProviderConfig) -> String {
        match self.key(config) {
            Ok((_, source)) => describe(&source),
            Err(error) => error.to_string(),
        }
    }

    /// A provider that can be asked.
    pub(super) fn build(
        &self,
        config: &ProviderConfig,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        let found = self.key(config);
        let (key, source) =
            found.map_err(|error| ProviderError::new(ErrorKind::BadRequest, error.to_string()))?;
        if source == KeySource::Missing {
            return Err(missing_key(config));
        }
        net::build(config.clone(), key, &self.http, Arc::new(HelpIndex::new()))
    }

    fn list(&self, flag: JsonFlag) -> Outcome {
        if flag.json {
            let rows: Vec<serde_json::Value> = self
                .all()
                .iter()
                .map(|config| {
                    let key = self.key_words(config);
                    serde_json::json!({"id": config.id, "name": config.name, "kind": config.kind, "url": config.url, "key": key})
                })
                .collect();
            return say_exactly(&serde_json::Value::from(rows).to_string());
        }
        for config in self.all() {
            let address = if config.url.is_empty() { "built in" } else { &config.url };
            let (id, kind) = (config.id.as_str(), config.kind.as_str());
            let key = self.key_words(&config);
            say(&format!("{id:<14} {kind:<10} {address:<44} {key}"))?;
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> Outcome {
        let id = ProviderId::from(name);
        let mut after = self.settings.clone();
        after.providers.retain(|known| known.id != id);
        if after.providers.len() == self.settings.providers.len() {
            let hint = "List them with `switchboard providers list`";
            return Err(Failure::usage(format!("no provider {name:?} is configured"), hint));
        }
        let had_key = !matches!(self.secrets.source(&id), Ok(KeySource::Missing));
        self.save(&after)?;
        self.secrets
            .remove(&id)
            .map_err(|error| Failure::work(error, "The provider is removed"))?;
        let what = if had_key { "and its key are removed" } else { "is removed; no key was kept" };
        say(&format!("{name} {what}"))
    }

    async fn test(&self, name: &str) -> Outcome {
        let config = self.find(name)?;
        let models = self.models(&config).await?;
        let api = config.kind.as_str();
        say(&format!("{} is ready: {} models over the {api} API", config.name, models.len()))
    }

    /// The models of a provider, asked for now.
    pub(super) async fn models(&self, config: &ProviderConfig) -> Result<Vec<ModelInfo>, Failure> {
        if let Err(error) = self.key(config) {
            return Err(Failure::work(error, "Mend the file or move it away"));
        }
        let provider = self.build(config).map_err(|error| refused(config, &error))?;
        provider.models().await.map_err(|error| refused(config, &error))
    }

    /// The models of a provider as the window shows them: completed, and as the user wants them.
    pub(super) fn shown(
        &self,
        config: &ProviderConfig,
        listed: Option<&[ModelInfo]>,
    ) -> Vec<ModelInfo> {
        // Without its key it still knows what its models take.
        let help = Arc::new(HelpIndex::new());
        let provider = net::build(config.clone(), None, &self.http, help).ok();
        catalogue::merged(Sources {
            config,
            listed,
            edits: &self.settings.models,
            provider: provider.as_deref(),
            now: (Clock::system().now)(),
        })
    }

    fn save(&self, after: &Settings) -> Outcome {
        config::save(&self.paths.config_file(), &self.settings, after)
            .map_err(|error| Failure::work(error, "Nothing was changed"))
    }
}

/// Why the models of a provider could not be listed.
fn refused(config: &ProviderConfig, error: &ProviderError) -> Failure {
    let (id, sentence) = (&config.id, words::list_sentence(error));
    let named = sentence.starts_with(&config.name);
    let message = if named { sentence } else { format!("{}: {sentence}", config.name) };
    if error.is_certificate_file() {
        return Failure::usage(message, &words::hint(error, id));
    }
    let hint = if error.kind == ErrorKind::Auth && !error.is_missing_key() {
        format!("Enter it anew: switchboard providers add {id} --key-stdin")
    } else if error.kind == ErrorKind::NotFound {
        "Check the address: it usually ends with /v1".to_owned()
    } else if error.kind == ErrorKind::Timeout {
        // The patience that can be set is that with answers.
        "Try again, or check that the server runs and its address is right".to_owned()
    } else {
        words::hint(error, id)
    };
    Failure::work(message, &hint)
}

/// Where a key comes from, in words, without the key.
pub(super) fn describe(source: &KeySource) -> String {
    let ending = |tail: &str| {
        if tail.is_empty() { String::new() } else { format!(", ends in {tail}") }
    };
    match source {
        KeySource::Missing => "no key".to_owned(),
        KeySource::NotNeeded => "no key needed".to_owned(),
        KeySource::Environment { variable, tail } => {
            format!("key from {variable}{}", ending(tail))
        }
        KeySource::Keychain { tail } => format!("key in the system keychain{}", ending(tail)),
        KeySource::File { tail } => format!("key in a file only you can read{}", ending(tail)),
    }
}
