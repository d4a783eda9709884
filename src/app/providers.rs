//! `switchboard providers`: where answers come from.

mod add;

use std::sync::Arc;

use clap::Subcommand;
use secrecy::SecretString;

use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, say};
use super::{config, environment};
use crate::agent::catalogue::{self, Sources};
use crate::agent::{Clock, Environment, guide_config};
use crate::net::{self, HttpClient, Provider, known};
use crate::protocol::{ErrorKind, KeySource, ModelInfo, ProviderConfig, ProviderError, ProviderId};
use crate::state::{Settings, words};
use crate::store::Paths;
use crate::store::help::HelpIndex;
use crate::store::secrets::Secrets;

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
        let settings = config::load_strictly(&paths.config_file()).map_err(|detail| {
            Failure::usage(format!("config.toml: {detail}"), "Mend the line, or move the file away")
        })?;
        Ok(Self {
            paths: paths.clone(),
            settings,
            environment: environment::read(&paths.env_files()),
            secrets: Secrets::from_environment(&paths.keys_file()),
            http: HttpClient::new(),
        })
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
        let hint = "List them with `switchboard providers list`";
        let found = self.all().into_iter().find(|config| config.id.as_str() == name);
        found.ok_or_else(|| Failure::usage(format!("there is no provider {name:?}"), hint))
    }

    /// A provider's key and where it comes from.
    pub(super) fn key(&self, config: &ProviderConfig) -> (Option<SecretString>, KeySource) {
        crate::agent::find_key(config, &self.environment, &self.secrets)
            .unwrap_or((None, KeySource::Missing))
    }

    /// A provider that can be asked.
    pub(super) fn build(
        &self,
        config: &ProviderConfig,
    ) -> Result<Arc<dyn Provider>, ProviderError> {
        let (key, source) = self.key(config);
        if source == KeySource::Missing {
            let message = format!("{} has no key", config.name);
            return Err(ProviderError::new(ErrorKind::Auth, message));
        }
        net::build(config.clone(), key, &self.http, Arc::new(HelpIndex::new()))
    }

    fn list(&self, flag: JsonFlag) -> Outcome {
        if flag.json {
            let rows: Vec<serde_json::Value> = self
                .all()
                .iter()
                .map(|config| {
                    let key = describe(&self.key(config).1);
                    serde_json::json!({"id": config.id, "name": config.name, "kind": config.kind, "url": config.url, "key": key})
                })
                .collect();
            return say(&serde_json::Value::from(rows).to_string());
        }
        for config in self.all() {
            let address = if config.url.is_empty() { "built in" } else { &config.url };
            let (id, kind) = (config.id.as_str(), config.kind.as_str());
            let key = describe(&self.key(&config).1);
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
        self.save(&after)?;
        self.secrets
            .remove(&id)
            .map_err(|error| Failure::work(error, "The provider is removed"))?;
        say(&format!("{name} and its key are removed"))
    }

    async fn test(&self, name: &str) -> Outcome {
        let config = self.find(name)?;
        let models = self.models(&config).await?;
        let api = config.kind.as_str();
        say(&format!("{} is ready: {} models over the {api} API", config.name, models.len()))
    }

    /// The models of a provider, asked for now.
    pub(super) async fn models(&self, config: &ProviderConfig) -> Result<Vec<ModelInfo>, Failure> {
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

fn refused(config: &ProviderConfig, error: &ProviderError) -> Failure {
    let title = words::for_list(error).title;
    let id = &config.id;
    let anew = format!("Enter it anew: switchboard providers add {id} --key-stdin");
    let hint = match error.kind {
        ErrorKind::Auth => &anew,
        ErrorKind::NotFound => "Check the address: it usually ends with /v1",
        ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::BadRequest
        | ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::Protocol
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => words::hint(error.kind),
    };
    Failure::work(format!("{}: {title}: {}", config.name, error.message), hint)
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
