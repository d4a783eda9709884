//! Remote servers and the links to them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ModelInfo, RemoteBot, Timestamp};

/// A remote server, by its name in the configuration: lower case letters, digits and dashes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ServerId(pub String);

impl ServerId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// An id after a name, with a number behind it where others have it.
    pub fn for_name(name: &str, is_taken: impl Fn(&Self) -> bool) -> Self {
        let base = slug(name);
        let mut id = Self(base.clone());
        let mut number = 2_u32;
        while is_taken(&id) {
            id = Self(format!("{base}-{number}"));
            number = number.saturating_add(1);
        }
        id
    }
}

impl From<&str> for ServerId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Display for ServerId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lower case letters and digits of a name, with dashes between its words.
pub fn slug(name: &str) -> String {
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

/// How a server is reached. Its token lives with the keys, under `server:<id>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Its identity here.
    pub id: ServerId,
    /// For people.
    pub name: String,
    /// `ws://…` or `wss://…`, without `/ws`.
    pub url: String,
    /// The token goes into the address, for old servers.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub token_query: bool,
    /// Commands and events on two sockets.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dual: bool,
    /// A file with certificates (PEM) that are trusted besides the system's. One that the server
    /// presents itself is enough, whatever it says of names and authorities.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
}

/// By which way frames go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// One WebSocket.
    #[default]
    Socket,
    /// One for commands, one for events.
    Pair,
    /// A stream of server-sent events, and one POST for each command.
    Http,
}

/// How a link stands.
#[derive(Clone, Debug, PartialEq)]
pub enum LinkState {
    /// Nobody asked for it.
    Offline,
    /// The connection is being made.
    Connecting {
        /// From 1.
        attempt: u32,
    },
    /// It is there; the server has not yet said who it is.
    Authenticating,
    /// Frames go both ways.
    Ready {
        /// Since when.
        since: Timestamp,
        /// The server numbers nothing: nothing can be resumed.
        plain: bool,
        /// By which way.
        carrier: Carrier,
    },
    /// The next try is planned.
    Waiting {
        /// For when.
        until: Timestamp,
        /// The number of that try.
        attempt: u32,
        /// Why the last one failed, in a line.
        cause: String,
        /// Handshakes fail as a proxy makes them fail: another way may get through.
        blocked: bool,
    },
    /// The server does not let us in; only the user can change that.
    Denied {
        /// What it said.
        message: String,
    },
}

/// A server as the window shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerState {
    /// How it is reached.
    pub config: ServerConfig,
    /// Whether a token is kept.
    pub has_token: bool,
    /// How the link stands.
    pub link: LinkState,
    /// Its models, as they were told last. Their ids are the server's own.
    pub models: Vec<ModelInfo>,
    /// Its bots, likewise.
    pub bots: Vec<RemoteBot>,
    /// Whether it has chats that are older than those that are known.
    pub has_older: bool,
}

/// What a try found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerFound {
    /// Whether it is one that numbers nothing.
    pub plain: bool,
    /// How long the way there and back took.
    pub round_trip_ms: u64,
    /// How many models it has.
    pub models: usize,
    /// How many bots.
    pub bots: usize,
}
