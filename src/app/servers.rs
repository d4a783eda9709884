//! `switchboard servers`: remote agents.

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::SecretString;

use super::cli::JsonFlag;
use super::config::{self, Loaded};
use super::failure::{Failure, Outcome, note, say, say_exactly};
use crate::agent::{Clock, client_name, token_name, try_server};
use crate::net::{self, HttpClient};
use crate::protocol::{
    ErrorKind, KeySource, ProviderError, ServerConfig, ServerFound, ServerId, is_same_server,
    server_address,
};
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
        /// Its id or its name, as `list` shows them
        name: String,
    },
    /// Connect to one and say what it has
    Test {
        /// Its id or its name, as `list` shows them
        name: String,
    },
}

/// What `servers add` takes.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// What it shall be called; one that is there is changed
    name: String,
    /// Its address, as wss://HOST:PORT or ws://HOST:PORT
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
    /// Trust the certificates in this file (PEM) too, such as the server's own; an empty name
    /// takes it back
    #[arg(long, value_name = "FILE")]
    ca_file: Option<OsString>,
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
        let hint = "List them with `switchboard servers list`";
        self.known(name).ok_or_else(|| Failure::usage(format!("there is no server {name:?}"), hint))
    }

    fn known(&self, name: &str) -> Option<&ServerConfig> {
        let all = &self.settings.servers;
        let wanted = in_one_line(name).to_lowercase();
        let by_id = all.iter().find(|server| server.id.as_str() == name.trim());
        by_id.or_else(|| all.iter().find(|one| in_one_line(&one.name).to_lowercase() == wanted))
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
                    let ServerConfig { id, name, url, token_query, dual, ca_file } = server;
                    let token = self.token_words(server);
                    serde_json::json!({"id": id, "name": name, "url": url, "token": token, "tokenQuery": token_query, "dual": dual, "caFile": ca_file})
                })
                .collect();
            return say_exactly(&serde_json::Value::from(rows).to_string());
        }
        if all.is_empty() {
            return say("There are no servers. Add one: switchboard servers add NAME --url ws://…");
        }
        for server in all {
            let token = self.token_words(server);
            let ServerConfig { id, name, url, .. } = server;
            say(&format!("{:<16} {name:<20} {url}  ({token})", id.as_str()))?;
        }
        Ok(())
    }

    async fn add(&self, args: AddArgs) -> Outcome {
        let name = in_one_line(&args.name);
        if name.is_empty() {
            return Err(Failure::usage("the name is empty", "Write it behind `servers add`"));
        }
        let old = self.known(&name);
        let server = self.config(&args, name, old)?;
        let id = server.id.clone();
        let token = match args.pair {
            Some(code) => Some(paired(&server, code).await?),
            None if args.token_stdin => Some(read_token()?),
            None => None,
        };
        self.paths.create().map_err(|error| Failure::usage(error, ""))?;
        let what = if old.is_none() { "added" } else { "changed" };
        let brings_token = token.is_some();
        if !brings_token && old.is_some_and(|old| host_of(&old.url) != host_of(&server.url)) {
            self.forget_token(&id)?;
        }
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
        say(&format!("{id} is {what}. Try it: switchboard servers test {id}"))?;
        say("A window that is open sees it when it is started again.")
    }

    /// A token was given by one computer, and is not shown to another one.
    fn forget_token(&self, id: &ServerId) -> Outcome {
        if matches!(self.secrets.get(&token_name(id)), Ok(Some(_))) {
            let gone = self.secrets.remove(&token_name(id));
            gone.map_err(|error| Failure::usage(error, "Nothing was changed"))?;
            note(
                "its token was for another computer and is forgotten; give one by --token-stdin or --pair",
            );
        }
        Ok(())
    }

    /// What is configured, with what was given in its place.
    fn config(
        &self,
        args: &AddArgs,
        name: String,
        old: Option<&ServerConfig>,
    ) -> Result<ServerConfig, Failure> {
        let url = match (&args.url, old) {
            (Some(typed), _) => address(typed)?,
            (None, Some(old)) => old.url.clone(),
            (None, None) => {
                return Err(Failure::usage("the address is missing", "Add --url wss://HOST:PORT"));
            }
        };
        let all = &self.settings.servers;
        let mut others = all.iter().filter(|known| old.is_none_or(|old| old.id != known.id));
        if let Some(other) = others.find(|known| is_same_server(&known.url, &url)) {
            let message = format!("{} has this address already", other.name);
            let hint = format!("Change that one: switchboard servers add {} …", other.id);
            return Err(Failure::usage(message, &hint));
        }
        let ca_file = match &args.ca_file {
            Some(file) if file.is_empty() => None,
            Some(file) => Some(certificates(file.as_ref())?),
            None => old.and_then(|old| old.ca_file.clone()),
        };
        let is_taken = |id: &ServerId| all.iter().any(|known| known.id == *id);
        let (id, name) = match old {
            Some(old) => (old.id.clone(), old.name.clone()),
            None => (ServerId::for_name(&name, is_taken), name),
        };
        let (token_query, dual) = (args.token_query, args.dual);
        Ok(ServerConfig { id, name, url, token_query, dual, ca_file })
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

/// A name without what a line of a list has no place for.
fn in_one_line(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The address as it is kept. What was not typed is said.
fn address(typed: &str) -> Result<String, Failure> {
    let refuse = |problem: String| Failure::usage(problem, "Nothing was changed");
    let address = server_address(typed).map_err(|problem| refuse(problem.to_owned()))?;
    if let Some(problem) = net::server_problem(&address.url) {
        return Err(refuse(problem));
    }
    if address.is_assumed {
        note(&format!("the address is taken as {}", address.url));
    }
    Ok(address.url)
}

/// The file with its whole path: it is read from wherever the app is started.
fn certificates(file: &Path) -> Result<PathBuf, Failure> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    net::check_certificates(&file)
        .map_err(|error| Failure::usage(error.message, "Nothing was changed"))?;
    Ok(file)
}

/// The computer of an address, without scheme, port and path.
fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split_once('/').map_or(rest, |(authority, _)| authority);
    let host = match authority.rsplit_once(':') {
        // The colons of an IPv6 address stand in brackets.
        Some((host, port)) if !port.ends_with(']') => host,
        Some(_) | None => authority,
    };
    if matches!(host, "127.0.0.1" | "[::1]") { "localhost" } else { host }
}

/// Why a server could not be tried, in words.
fn refused(server: &ServerConfig, error: &ProviderError) -> Failure {
    let id = &server.id;
    let message = format!("{id}: {}", error.message);
    if error.kind == ErrorKind::Auth {
        let hint = format!("Enter its token anew: switchboard servers add {id} --token-stdin");
        return Failure::work(message, &hint);
    }
    if error.kind == ErrorKind::BadRequest {
        return Failure::usage(message, "Mend the address");
    }
    // What is wrong with a certificate says itself what to do.
    let is_told = error.kind == ErrorKind::Network && error.is_about_certificates();
    Failure::work(message, if is_told { "" } else { on_the_way(error.kind) })
}

/// What helps where a server could not be asked.
fn on_the_way(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Protocol => {
            "Check that the server runs and its address is right"
        }
        ErrorKind::Auth
        | ErrorKind::BadRequest
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::ContextTooLong
        | ErrorKind::NotFound
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => "Nothing was changed",
    }
}

async fn paired(server: &ServerConfig, code: String) -> Result<SecretString, Failure> {
    let code = SecretString::from(code);
    let paired = net::pair(&HttpClient::new(), server, &code, &client_name()).await;
    paired.map_err(|error| {
        // A new code would be refused as well where the first one never arrived.
        let hint = if error.is_about_certificates() {
            "Nothing was changed"
        } else if error.kind == ErrorKind::Auth {
            "Show a new code: switchboard serve --pair"
        } else {
            on_the_way(error.kind)
        };
        Failure::work(error.message, hint)
    })
}

fn read_token() -> Result<SecretString, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .map_err(|error| Failure::work(format!("stdin could not be read: {error}"), ""))?;
    if text.trim().is_empty() {
        return Err(Failure::usage("the token is empty", "Nothing was changed"));
    }
    secrets::checked(&SecretString::from(text))
        .map_err(|error| Failure::usage(error, "Nothing was changed"))
}
