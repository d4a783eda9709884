//! `switchboard providers add`: a provider, checked and written into `config.toml`.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::Desk;
use crate::app::failure::{Failure, Outcome, note, say};
use crate::net::{self, known, local};
use crate::protocol::{
    ProviderConfig, ProviderId, ProviderKind, ProviderOptions, header_problem, variable_problem,
};
use crate::store::help::HelpIndex;
use crate::store::secrets;

/// What `providers add` takes.
#[derive(Debug, Args)]
pub(in crate::app) struct AddArgs {
    /// First part of its models' ids: lower case letters, digits and dashes
    name: String,
    /// Which API it speaks; well-known providers need none, others speak openai without
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Its address, up to and including /v1; well-known providers need none
    #[arg(long)]
    url: Option<String>,
    /// Read the key from this environment variable
    #[arg(long, value_name = "VAR", conflicts_with = "key_stdin")]
    key_env: Option<String>,
    /// Read the key from stdin and keep it
    #[arg(long)]
    key_stdin: bool,
    /// Send this header with every request; may be given several times, NAME: without a value
    /// takes one back
    #[arg(long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// Trust the certificates in this file (PEM) too
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Version of the API, for servers that know only an older one (anthropic)
    #[arg(long, value_name = "VERSION")]
    api_version: Option<String>,
    /// Let answers run on at the provider when the connection is gone (responses)
    #[arg(long)]
    background: bool,
}

/// APIs that can be added.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    /// Chat completions
    Openai,
    /// OpenAI's Responses
    Responses,
    /// Anthropic's messages
    Anthropic,
}

impl From<Kind> for ProviderKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Openai => Self::Openai,
            Kind::Responses => Self::Responses,
            Kind::Anthropic => Self::Anthropic,
        }
    }
}

pub(super) fn run(desk: &Desk, args: AddArgs) -> Outcome {
    let key = if args.key_stdin { Some(read_key()?) } else { None };
    let names_variable = args.key_env.is_some();
    let config = config(desk, args)?;
    net::build(config.clone(), key.clone(), &desk.http, Arc::new(HelpIndex::new()))
        .map_err(|error| Failure::usage(error.message, "Nothing was changed"))?;
    desk.paths.create().map_err(|error| Failure::usage(error, ""))?;
    if let Some(key) = key {
        let kept = desk.secrets.set(&config.id, &key);
        kept.map_err(|error| Failure::usage(error, "Nothing was changed"))?;
    }
    let mut after = desk.settings.clone();
    let known = after.providers.iter_mut().find(|known| known.id == config.id);
    let what = if known.is_some() { "changed" } else { "added" };
    match known {
        Some(known) => *known = config.clone(),
        None => after.providers.push(config.clone()),
    }
    desk.save(&after)?;
    if let Some(variable) = config.key_env.as_deref().filter(|_| names_variable)
        && !desk.has_variable(variable)
    {
        note(&format!("{variable} is not set; until it is, there is no key"));
    }
    let (name, id) = (&config.name, &config.id);
    say(&format!("{name} is {what}. Try it: switchboard providers test {id}"))?;
    say("A window that is open sees it when it is started again.")
}

/// What is configured or well-known, with what was given in its place.
fn config(desk: &Desk, args: AddArgs) -> Result<ProviderConfig, Failure> {
    let id = check_id(&args.name)?;
    let configured = desk.settings.providers.iter().find(|known| known.id == id).cloned();
    let well_known = || {
        let hosted = known::find(id.as_str()).map(known::KnownProvider::config);
        hosted.or_else(|| local::find(id.as_str()).map(local::LocalServer::config))
    };
    let template = configured.or_else(well_known);
    let (name, kind, url, key_env, options) = match template {
        Some(old) => (old.name, old.kind, Some(old.url), old.key_env, old.options),
        None => (args.name, ProviderKind::Openai, None, None, ProviderOptions::default()),
    };
    let Some(url) = args.url.or(url) else {
        let hint = format!("Add --url http://…/v1; only these need none: {}", well_known_names());
        return Err(Failure::usage("the address is missing", &hint));
    };
    let kind = args.kind.map_or(kind, ProviderKind::from);
    if args.background && kind != ProviderKind::Responses {
        let hint = "Add --kind responses, or leave it out";
        return Err(Failure::usage("--background is for the Responses API", hint));
    }
    if args.api_version.is_some() && kind != ProviderKind::Anthropic {
        let hint = "Add --kind anthropic, or leave it out";
        return Err(Failure::usage("--api-version is for Anthropic's API", hint));
    }
    if let Some(problem) = args.key_env.as_deref().and_then(variable_problem) {
        return Err(Failure::usage(problem, "Nothing was changed"));
    }
    let options = ProviderOptions {
        headers: headers(options.headers, &args.headers)?,
        ca_file: match args.ca_file {
            Some(file) => Some(certificates(file)?),
            None => options.ca_file,
        },
        // What only another API has is not taken along.
        api_version: args
            .api_version
            .or(options.api_version)
            .filter(|_| kind == ProviderKind::Anthropic),
        background: args.background || (options.background && kind == ProviderKind::Responses),
        ..options
    };
    Ok(ProviderConfig { id, name, kind, url, key_env: args.key_env.or(key_env), options })
}

fn well_known_names() -> String {
    let hosted = known::PROVIDERS.iter().map(|provider| provider.id);
    let all = hosted.chain(local::SERVERS.iter().map(|server| server.id));
    all.collect::<Vec<_>>().join(", ")
}

fn headers(
    mut headers: BTreeMap<String, String>,
    given: &[String],
) -> Result<BTreeMap<String, String>, Failure> {
    for header in given {
        let Some((name, value)) = header.split_once(':') else {
            // It may be a secret, so it is not repeated.
            let hint = "Write it as --header 'Name: value'";
            return Err(Failure::usage("a header has no colon behind its name", hint));
        };
        let (name, value) = (name.trim(), value.trim());
        if let Some(problem) = header_problem(name, value) {
            return Err(Failure::usage(problem, "Nothing was changed"));
        }
        headers.retain(|known, _| !known.eq_ignore_ascii_case(name));
        if !value.is_empty() {
            headers.insert(name.to_owned(), value.to_owned());
        }
    }
    Ok(headers)
}

/// The file with its whole path: it is read from wherever the app is started.
fn certificates(file: PathBuf) -> Result<PathBuf, Failure> {
    let file = std::path::absolute(&file).unwrap_or(file);
    net::check_certificates(&file)
        .map_err(|error| Failure::usage(error.message, "Nothing was changed"))?;
    Ok(file)
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
