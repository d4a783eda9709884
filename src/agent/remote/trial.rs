//! Trying a server, and asking one for a token of our own: beside the links, so that nothing waits.

use std::time::Duration;

use secrecy::SecretString;
use tokio::time::Instant;

use super::line::{Places, seed};
use super::manager::Manager;
use super::servers::kept_token;
use crate::agent::clock::Clock;
use crate::net;
use crate::net::link::{self, LinkClock, LinkConfig, LinkEvent, LinkInput};
use crate::protocol::{
    BackendEvent, ClientCommand, CommandFrame, ErrorKind, FromServer, IdSource, KeyChange,
    LinkState, ProviderError, QueryId, RemoteEvent, ServerConfig, ServerFound, ServerMessage,
};

/// How long a try may take. A server that numbers nothing is known by its silence.
const PATIENCE: Duration = Duration::from_secs(25);

/// What we are called on a server's list of tokens: as this computer is.
pub fn client_name() -> String {
    let host = gethostname::gethostname().to_string_lossy().trim().to_owned();
    if host.is_empty() { "switchboard".to_owned() } else { host }
}

/// Tries before another way is taken, with the first one of that.
const TRIES_OF_BOTH_WAYS: u32 = 4;

/// Whether a link that waits has another way to try: where sockets are blocked, it goes over plain
/// HTTP after some handshakes.
pub fn may_get_through(link: &LinkState) -> bool {
    match link {
        LinkState::Waiting { blocked, attempt, .. } => *blocked && *attempt <= TRIES_OF_BOTH_WAYS,
        LinkState::Offline | LinkState::Denied { .. } => false,
        LinkState::Connecting { .. } | LinkState::Authenticating | LinkState::Ready { .. } => true,
    }
}

/// What came of a pairing.
#[derive(Debug)]
pub(super) struct Pairing {
    query: QueryId,
    config: ServerConfig,
    result: Result<SecretString, ProviderError>,
}

impl Manager {
    pub(super) fn test(&self, query: QueryId, config: ServerConfig, token: KeyChange) {
        let (shared, secrets) = (self.shared.clone(), self.parts.secrets.clone());
        tokio::spawn(async move {
            let token = match token {
                KeyChange::Keep => match kept_token(secrets, config.id.clone()).await {
                    Ok(token) => Ok(token),
                    Err(error) => Err(ProviderError::new(ErrorKind::BadRequest, error.to_string())),
                },
                KeyChange::Set(token) => Ok(Some(token)),
                KeyChange::Remove => Ok(None),
            };
            let result = match token {
                Ok(token) => try_server(config, token, shared.clock).await,
                Err(error) => Err(error),
            };
            shared.tell(BackendEvent::Remote(RemoteEvent::Tested { query, result })).await;
        });
    }

    /// Asks for a token of our own. What comes of it is taken by [`Self::paired`].
    pub(super) fn pair(&self, query: QueryId, config: ServerConfig, code: SecretString) {
        let (http, pairings) = (self.parts.http.clone(), self.pairings.clone());
        tokio::spawn(async move {
            let result = net::pair(&http, &config, &code, &client_name()).await;
            if pairings.send(Pairing { query, config, result }).await.is_err() {
                tracing::debug!("nobody waits for a token any more");
            }
        });
    }

    /// Keeps the token that a server gave, and links to it.
    pub(super) async fn paired(&mut self, pairing: Pairing) {
        let Pairing { query, config, result } = pairing;
        let result = match result {
            Ok(token) => {
                let id = config.id.clone();
                self.save(config, KeyChange::Set(token)).await;
                Ok(id)
            }
            Err(error) => Err(error),
        };
        self.shared.tell(BackendEvent::Remote(RemoteEvent::Paired { query, result })).await;
    }
}

/// Links to a server once, asks for its lists, and leaves.
///
/// # Errors
///
/// `BadRequest` for an address that cannot be used, `Auth` where the token is refused, `Network`
/// where it cannot be reached, `Timeout` where it says nothing.
pub async fn try_server(
    config: ServerConfig,
    token: Option<SecretString>,
    clock: Clock,
) -> Result<ServerFound, ProviderError> {
    if let Some(problem) = net::server_problem(&config.url) {
        return Err(ProviderError::new(ErrorKind::BadRequest, problem));
    }
    let tried = tokio::time::timeout(PATIENCE, look(config, token, clock)).await;
    tried.unwrap_or_else(|_| {
        let message = format!("The server said nothing for {} s", PATIENCE.as_secs());
        Err(ProviderError::new(ErrorKind::Timeout, message))
    })
}

async fn look(
    server: ServerConfig,
    token: Option<SecretString>,
    clock: Clock,
) -> Result<ServerFound, ProviderError> {
    let client_id = IdSource.run((clock.now)()).to_string();
    let positions = Box::new(Places::default());
    let config = LinkConfig { server, token, client_id, positions };
    let (inputs, mut events, _link) = link::start(config, LinkClock::new(clock.now), seed(clock));
    let begun = Instant::now();
    let mut found = ServerFound { plain: false, round_trip_ms: 0, models: 0, bots: 0 };
    let mut asked = begun;
    let gone = || ProviderError::new(ErrorKind::Network, "The link ended");
    while let Some(event) = events.recv().await {
        match event {
            LinkEvent::State(LinkState::Denied { message }) => {
                return Err(ProviderError::new(ErrorKind::Auth, message));
            }
            LinkEvent::State(link @ LinkState::Waiting { .. }) if may_get_through(&link) => {}
            LinkEvent::State(LinkState::Waiting { cause, .. }) => {
                return Err(ProviderError::new(ErrorKind::Network, cause));
            }
            LinkEvent::State(LinkState::Authenticating) => {
                found.round_trip_ms = ms_since(begun);
            }
            LinkEvent::Up(None) => return Ok(ServerFound { plain: true, ..found }),
            LinkEvent::Up(Some(_)) => {
                asked = Instant::now();
                for command in [ClientCommand::ListModels {}, ClientCommand::ListBots {}] {
                    let frame = CommandFrame { id: None, command };
                    if inputs.send(LinkInput::Send(frame)).await.is_err() {
                        return Err(gone());
                    }
                }
            }
            LinkEvent::Came(FromServer::Said(said)) => match *said {
                ServerMessage::Models { models, .. } => {
                    found.models = models.len();
                    found.round_trip_ms = ms_since(asked);
                }
                ServerMessage::Bots { bots, .. } => {
                    return Ok(ServerFound { bots: bots.len(), ..found });
                }
                ServerMessage::Error { message, kind, .. } => {
                    return Err(ProviderError::new(kind, message));
                }
                ServerMessage::Welcome(_)
                | ServerMessage::Ack { .. }
                | ServerMessage::AgentReady { .. }
                | ServerMessage::Chats { .. }
                | ServerMessage::Messages { .. }
                | ServerMessage::PlatformMessage { .. }
                | ServerMessage::RunStarted { .. } => {}
            },
            LinkEvent::State(
                LinkState::Offline | LinkState::Connecting { .. } | LinkState::Ready { .. },
            )
            | LinkEvent::Down
            | LinkEvent::NotSent(_)
            | LinkEvent::Came(
                FromServer::Event(_) | FromServer::Plain(_) | FromServer::Unknown(_),
            ) => {}
        }
    }
    Err(gone())
}

fn ms_since(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}
