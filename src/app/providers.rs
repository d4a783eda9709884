//! `switchboard providers`: where answers come from.

use std::io::Read;
use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, say};
use super::{config, environment};
use crate::agent::{Environment, guide_config};
use crate::net::{self, HttpClient, Provider, known};
use crate::protocol::{
    ErrorKind, KeySource, ModelInfo, ProviderConfig, ProviderError, ProviderId, ProviderKind,
    ProviderOptions,
};
use crate::state::{Settings, words};
use crate::store::Paths;
use crate::store::help::HelpIndex;
use crate::store::secrets::{self, Secrets};

/// What can be done with providers.
#[derive(Debug, Subcommand)]
pub(super) enum ProvidersCommand {
    /// List them
    List(JsonFlag),
    /// Add one, or change it
    Add(AddArgs),
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

/// What `providers add` takes.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// First part of its models' ids: lower case letters, digits and dashes
    name: String,
    /// Which API it speaks
    #[arg(long, value_enum, default_value = "openai")]
    kind: Kind,
    /// Its address, up to and including /v1; well-known providers need none
    #[arg(long)]
    url: Option<String>,
    /// Read the key from this environment variable
    #[arg(long, value_name = "VAR", conflicts_with = "key_stdin")]
    key_env: Option<String>,
    /// Read the key from stdin and keep it
    #[arg(long)]
    key_stdin: bool,
}

/// APIs that can be added.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Chat completions
    Openai,
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
        ProvidersCommand::Add(args) => desk.add(args),
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
            let key = describe(&self.key(&config).1);
            say(&format!("{:<14} {:<44} {key}", config.id.as_str(), address))?;
        }
        Ok(())
    }

    fn add(&self, args: AddArgs) -> Outcome {
        let id = check_id(&args.name)?;
        let Kind::Openai = args.kind;
        let template = known::find(id.as_str()).map(known::KnownProvider::config);
        let url = args.url.or_else(|| template.as_ref().map(|known| known.url.clone()));
        let Some(url) = url else {
            return Err(Failure::usage("the address is missing", "Add --url http://…/v1"));
        };
        let config = ProviderConfig {
            name: template.as_ref().map_or_else(|| args.name.clone(), |known| known.name.clone()),
            kind: ProviderKind::Openai,
            url,
            key_env: args.key_env.or_else(|| template.and_then(|known| known.key_env)),
            options: ProviderOptions::default(),
            id,
        };
        let key = if args.key_stdin { Some(read_key()?) } else { None };
        net::build(config.clone(), key.clone(), &self.http, Arc::new(HelpIndex::new()))
            .map_err(|error| Failure::usage(error, ""))?;
        self.paths.create().map_err(|error| Failure::usage(error, ""))?;
        if let Some(key) = key {
            let kept = self.secrets.set(&config.id, &key);
            kept.map_err(|error| Failure::usage(error, "Nothing was changed"))?;
        }
        let mut after = self.settings.clone();
        let known = after.providers.iter_mut().find(|known| known.id == config.id);
        let what = if known.is_some() { "changed" } else { "added" };
        match known {
            Some(known) => *known = config.clone(),
            None => after.providers.push(config.clone()),
        }
        self.save(&after)?;
        let (name, id) = (&config.name, &config.id);
        say(&format!("{name} is {what}. Try it: switchboard providers test {id}"))?;
        say("A window that is open sees it when it is started again.")
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
        say(&format!("{} is ready: {} models", config.name, models.len()))
    }

    /// The models of a provider, asked for now.
    pub(super) async fn models(&self, config: &ProviderConfig) -> Result<Vec<ModelInfo>, Failure> {
        let provider = self.build(config).map_err(|error| refused(config, &error))?;
        provider.models().await.map_err(|error| refused(config, &error))
    }

    fn save(&self, after: &Settings) -> Outcome {
        config::save(&self.paths.config_file(), &self.settings, after)
            .map_err(|error| Failure::work(error, "Nothing was changed"))
    }
}

fn refused(config: &ProviderConfig, error: &ProviderError) -> Failure {
    let title = words::for_error(error).title;
    Failure::work(format!("{}: {title}: {}", config.name, error.message), words::hint(error.kind))
}

fn check_id(name: &str) -> Result<ProviderId, Failure> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || !name.chars().all(fits) || name == "guide" {
        let hint = "Use lower case letters, digits and dashes; guide is taken";
        return Err(Failure::usage(format!("{name:?} cannot be a provider's name"), hint));
    }
    Ok(ProviderId::from(name))
}

fn read_key() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::work(format!("stdin could not be read: {error}"), ""))?;
    secrets::checked(&SecretString::from(text))
        .map_err(|error| Failure::usage(error, "Nothing was changed"))
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
