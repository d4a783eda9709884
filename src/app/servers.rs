//! `switchboard servers`: remote agents.

use std::io::Read;

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::cli::JsonFlag;
use super::config::{self, Loaded, is_server_id};
use super::failure::{Failure, Outcome, note, say, say_exactly};
use crate::agent::{Clock, client_name, token_name, try_server};
use crate::net::{self, HttpClient};
use crate::protocol::{ErrorKind, KeySource, ProviderError, ServerConfig, ServerFound, ServerId};
use crate::state::Settings;
use crate::store::Paths;
use crate::store::secrets::{self, Secrets};

/// What can be done with servers.
#[derive(Debug, Subcommand)]
pub(super) enum ServersCommand {
    /// List them
    List(JsonFlag),
    /// Add one, or change it
    Add(AddArgs),
    /// Remove one and its token; its chats stay
    Remove {
        /// Its id, as `list` shows it
        name: String,
    },
    /// Connect to one and say what it has
    Test {
        /// Its id, as `list` shows it
        name: String,
    },
}

/// What `servers add` takes.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What it shall be called: lower case letters, digits and dashes
    name: String,
    /// Its address, as ws://HOST:PORT or wss://HOST
    #[arg(long)]
    url: Option<String>,
    /// Read the token from stdin and keep it
    #[arg(long, conflicts_with = "pair")]
    token_stdin: bool,
    /// Send the token in the address, for old servers that know no other way
    #[arg(long)]
    token_query: bool,
    /// Use two sockets, one for commands and one for events
    #[arg(long)]
    dual: bool,
    /// Get a token with the code that `switchboard serve --pair` shows
    #[arg(long, value_name = "CODE")]
    pair: Option<String>,
}

pub(super) async fn run(paths: &Paths, command: ServersCommand) -> Outcome {
    let desk = ServerDesk::open(paths)?;
    match command {
        ServersCommand::List(flag) => desk.list(flag),
        ServersCommand::Add(args) => desk.add(args).await,
        ServersCommand::Remove { name } => desk.remove(&name).await,
        ServersCommand::Test { name } => desk.test(&name).await,
    }
}

/// The configured servers with their tokens, for commands.
pub(super) struct ServerDesk {
    paths: Paths,
    pub(super) settings: Settings,
    secrets: Secrets,
}

impl ServerDesk {
    pub(super) fn open(paths: &Paths) -> Result<Self, Failure> {
        let Loaded { settings, notices, .. } = config::load_strictly(&paths.config_file())
            .map_err(|detail| {
                let hint = "Mend the line, or move the file away";
                Failure::usage(format!("config.toml: {detail}"), hint)
            })?;
        for notice in &notices {
            tracing::warn!("config.toml, {}", notice.detail);
        }
        let secrets = Secrets::from_environment(&paths.keys_file());
        Ok(Self { paths: paths.clone(), settings, secrets })
    }

    /// A server by its id, or by its name in any case.
    pub(super) fn find(&self, name: &str) -> Result<&ServerConfig, Failure> {
        let all = &self.settings.servers;
        let wanted = name.trim().to_lowercase();
        let by_id = all.iter().find(|server| server.id.as_str() == name);
        let found = by_id.or_else(|| all.iter().find(|one| one.name.to_lowercase() == wanted));
        let hint = "List them with `switchboard servers list`";
        found.ok_or_else(|| Failure::usage(format!("there is no server {name:?}"), hint))
    }

    /// Where the token of a server is kept, in words.
    pub(super) fn token_words(&self, server: &ServerConfig) -> String {
        match self.secrets.source(&token_name(&server.id)) {
            Ok(KeySource::Keychain { .. }) => "token in the system keychain".to_owned(),
            Ok(KeySource::File { .. }) => "token in a file only you can read".to_owned(),
            Ok(KeySource::Missing | KeySource::NotNeeded | KeySource::Environment { .. }) => {
                "no token".to_owned()
            }
            Err(error) => error.to_string(),
        }
    }

    /// Tries a server, now.
    pub(super) async fn try_one(
        &self,
        server: &ServerConfig,
    ) -> Result<ServerFound, ProviderError> {
        let token = self
            .secrets
            .get(&token_name(&server.id))
            .map_err(|error| ProviderError::new(ErrorKind::BadRequest, error.to_string()))?;
        try_server(server.clone(), token, Clock::system()).await
    }

    fn list(&self, flag: JsonFlag) -> Outcome {
        let all = &self.settings.servers;
        if flag.json {
            let rows: Vec<serde_json::Value> = all
                .iter()
                .map(|server| {
                    let ServerConfig { id, name, url, token_query, dual } = server;
                    let token = self.token_words(server);
                    serde_json::json!({"id": id, "name": name, "url": url, "token": token, "tokenQuery": token_query, "dual": dual})
                })
                .collect();
            return say_exactly(&serde_json::Value::from(rows).to_string());
        }
        if all.is_empty() {
            return say("There are no servers. Add one: switchboard servers add NAME --url ws://…");
        }
        for server in all {
            let token = self.token_words(server);
            say(&format!("{:<16} {}  ({token})", server.id.as_str(), server.url))?;
        }
        Ok(())
    }

    async fn add(&self, args: AddArgs) -> Outcome {
        if !is_server_id(&args.name) {
            let hint = "Use lower case letters, digits and dashes";
            let message = format!("{:?} cannot be a server's name", args.name);
            return Err(Failure::usage(message, hint));
        }
        let id = ServerId(args.name.clone());
        let old = self.settings.servers.iter().find(|known| known.id == id);
        let Some(url) = args.url.or_else(|| old.map(|old| old.url.clone())) else {
            return Err(Failure::usage("the address is missing", "Add --url ws://HOST:PORT"));
        };
        let url = url.trim().trim_end_matches('/').to_owned();
        if let Some(problem) = net::server_problem(&url) {
            return Err(Failure::usage(problem, "Nothing was changed"));
        }
        let server = ServerConfig {
            id: id.clone(),
            name: old.map_or(args.name, |old| old.name.clone()),
            url,
            token_query: args.token_query,
            dual: args.dual,
        };
        let token = match args.pair {
            Some(code) => Some(paired(&server, code).await?),
            None if args.token_stdin => Some(read_token()?),
            None => None,
        };
        self.paths.create().map_err(|error| Failure::usage(error, ""))?;
        let is_new = old.is_none();
        let brings_token = token.is_some();
        if let Some(token) = token {
            let kept = self.secrets.set(&token_name(&id), &token);
            kept.map_err(|error| Failure::usage(error, "Nothing was changed"))?;
        }
        let mut after = self.settings.clone();
        match after.servers.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = server.clone(),
            None => after.servers.push(server.clone()),
        }
        self.save(&after)?;
        let has_token = brings_token || matches!(self.secrets.get(&token_name(&id)), Ok(Some(_)));
        if has_token && net::is_in_the_clear(&server.url) {
            note(
                "the token is sent without TLS, so others on the way can read it; use wss:// if the server can",
            );
        }
        let what = if is_new { "added" } else { "changed" };
        say(&format!("{id} is {what}. Try it: switchboard servers test {id}"))?;
        say("A window that is open sees it when it is started again.")
    }

    async fn remove(&self, name: &str) -> Outcome {
        let id = self.find(name)?.id.clone();
        let mut after = self.settings.clone();
        after.servers.retain(|known| known.id != id);
        self.save(&after)?;
        self.secrets
            .remove(&token_name(&id))
            .map_err(|error| Failure::work(error, "The server is removed"))?;
        say(&format!("{id} and its token are removed; its chats stay"))
    }

    async fn test(&self, name: &str) -> Outcome {
        let server = self.find(name)?;
        let found = self.try_one(server).await.map_err(|error| refused(server, &error))?;
        say(&format!("{} is ready: {}", server.id, describe(&found)))
    }

    fn save(&self, after: &Settings) -> Outcome {
        config::save(&self.paths.config_file(), &self.settings, after)
            .map_err(|error| Failure::work(error, "Nothing was changed"))
    }
}

/// What a try found, in words.
pub(super) fn describe(found: &ServerFound) -> String {
    let counted =
        |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    if found.plain {
        return "a plain server, whose answers cannot be resumed".to_owned();
    }
    let (models, bots) = (counted(found.models, "model"), counted(found.bots, "bot"));
    format!("{models}, {bots}, answers in {} ms", found.round_trip_ms)
}

/// Why a server could not be tried, in words.
fn refused(server: &ServerConfig, error: &ProviderError) -> Failure {
    let id = &server.id;
    let message = format!("{id}: {}", error.message);
    match error.kind {
        ErrorKind::Auth => Failure::work(
            message,
            &format!("Enter its token anew: switchboard servers add {id} --token-stdin"),
        ),
        ErrorKind::BadRequest => Failure::usage(message, "Mend the address"),
        ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::NotFound
        | ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::Protocol
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => {
            Failure::work(message, "Check that the server runs and its address is right")
        }
    }
}

async fn paired(server: &ServerConfig, code: String) -> Result<SecretString, Failure> {
    let code = SecretString::from(code);
    let paired = net::pair(&HttpClient::new(), &server.url, &code, &client_name()).await;
    paired
        .map_err(|error| Failure::work(error.message, "Show a new code: switchboard serve --pair"))
}

fn read_token() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::work(format!("stdin could not be read: {error}"), ""))?;
    secrets::checked(&SecretString::from(text))
        .map_err(|error| Failure::usage(error, "Nothing was changed"))
}
