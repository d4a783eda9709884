//! `switchboard serve`: the engine without a window, for clients elsewhere.

mod alone;
mod chooser;
mod options;
mod pairing;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use self::chooser::BySettings;
use super::backend::{self, BackendParts};
use super::failure::{Failure, Outcome, note, say};
use super::interrupt::Interrupts;
use super::log::LogFormat;
use super::providers::Desk;
use super::{config, environment};
use crate::agent::host::{self, Door, DoorRules, HostHandle, HostParts, HostRules};
use crate::agent::{Clock, EngineHandle};
use crate::net::gateway::{self, Gateway, GatewayConfig, ListenError, MOST_CLIENTS, TlsFiles};
use crate::protocol::{BackendCommand, ModelId};
use crate::state::Settings;
use crate::store::secrets::Secrets;
use crate::store::{Journals, Opened, Paths, ReadState, StoreHandle};

/// Inputs of the network that may wait for the host.
const INPUTS: usize = 1_024;
/// How long open runs may take to end by themselves.
const RUNS_PATIENCE: Duration = Duration::from_secs(4);
/// How long the engine may take to end.
const ENGINE_PATIENCE: Duration = Duration::from_secs(3);
/// A provider that failed longer ago is asked again when a client wants its models.
const ASK_AGAIN_MS: u64 = 10_000;
/// The most clients that may be asked for: each has a connection of the system.
const MOST_CLIENTS_EVER: u64 = 1_000_000;
/// How long clients may take to be told.
const FAREWELL: Duration = Duration::from_secs(1);

/// What `serve` takes.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen; beyond this machine only with a token, and TLS or --behind-proxy
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "127.0.0.1:8899",
        value_parser = options::address
    )]
    listen: SocketAddr,
    /// A file with tokens of the owner, one a line
    #[arg(long, value_name = "F")]
    token_file: Option<PathBuf>,
    /// The certificate, as PEM
    #[arg(long, value_name = "F", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its key, as PEM
    #[arg(long, value_name = "F", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// A proxy in front speaks TLS
    #[arg(long)]
    behind_proxy: bool,
    /// A web page's origin that may come in; may be given several times
    #[arg(long, value_name = "ORIGIN", value_parser = options::origin)]
    allow_origin: Vec<String>,
    /// Take tokens from ?token=, for old clients
    #[arg(long)]
    allow_query_token: bool,
    /// Let anybody in without a token, as a guest held to this model
    #[arg(long, value_name = "MODEL")]
    anonymous: Option<ModelId>,
    /// A model that guests may use; may be given several times
    #[arg(long, value_name = "MODEL")]
    guest_model: Vec<ModelId>,
    /// The most clients at once
    #[arg(
        long,
        value_name = "N",
        default_value_t = MOST_CLIENTS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_CLIENTS_EVER)
    )]
    max_clients: usize,
    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: LogFormat,
    /// Show a one-time code that gives a desktop a token of its own
    #[arg(long)]
    pair: bool,
}

/// All that runs while the gateway does.
struct Running {
    gateway: Gateway,
    host: HostHandle,
    engine: EngineHandle,
    commands: mpsc::Sender<BackendCommand>,
    /// Nothing new begins.
    host_stop: CancellationToken,
    /// Sockets end.
    gateway_stop: CancellationToken,
}

/// Serves until Ctrl-C or SIGTERM.
pub(super) async fn run(paths: &Paths, args: ServeArgs) -> Outcome {
    let mut interrupts = Interrupts::listen_with_terminate()
        .map_err(|error| Failure::work(format!("Ctrl-C cannot be heard: {error}"), ""))?;
    let loaded = config::load(&paths.config_file());
    for notice in &loaded.notices {
        tracing::warn!("config.toml, {}", notice.detail);
    }
    let tokens = options::tokens(args.token_file.as_deref())?;
    let desk = Desk::new(paths, loaded);
    options::check_models(&desk, &args)?;
    let _alone = alone::lock(paths)?;
    let Opened { handle: store, later_notices, .. } = backend::store_with(paths, Journals::Kept)?;
    tokio::spawn(async move {
        while let Ok(notice) = later_notices.recv_async().await {
            tracing::error!(code = ?notice.code, detail = %notice.detail, "the database");
        }
    });
    let has_token = !tokens.is_empty() || has_valid_token(&store).await?;
    refuse_open(&args, has_token)?;
    let code = if args.pair { Some(pairing::code()?) } else { None };
    let rules = DoorRules { tokens, anonymous: args.anonymous.is_some(), code: code.clone() };
    // A gateway serves its own chats, and those of no other.
    let settings = Settings { servers: Vec::new(), ..desk.settings };
    let running = start(paths, settings, &store, (&args, &rules)).await?;
    let scheme = if args.tls_cert.is_some() { "wss" } else { "ws" };
    let address = format!("{scheme}://{}", running.gateway.address());
    say(&format!("listening at {address}"))?;
    if let Some(code) = &code {
        let reached = pairing::reachable(running.gateway.address());
        pairing::show(code, &format!("{scheme}://{reached}"))?;
    } else if !has_token && args.anonymous.is_none() {
        note(
            "nobody can come in yet: make a token with `switchboard tokens add NAME`, or start with --pair",
        );
    }
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "the gateway listens");
    interrupts.next().await;
    tokio::select! {
        () = end(running) => {}
        () = interrupts.next() => tracing::warn!("the end was not waited for"),
    }
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the store did not close well");
    }
    tracing::info!("the gateway has ended");
    Ok(())
}

async fn has_valid_token(store: &StoreHandle) -> Result<bool, Failure> {
    let now = (Clock::system().now)();
    let tokens = store.tokens().await;
    let tokens = tokens.map_err(|error| Failure::work(error, "See `switchboard doctor`"))?;
    Ok(tokens.iter().any(|token| token.is_valid(now)))
}

/// Beyond this machine nobody may come in without a token, and nobody may read along.
fn refuse_open(args: &ServeArgs, has_token: bool) -> Outcome {
    if args.listen.ip().is_loopback() {
        return Ok(());
    }
    let listen = args.listen;
    if !has_token && !args.pair {
        return Err(Failure::usage(
            format!("the gateway does not listen at {listen} without a token"),
            "Make one with `switchboard tokens add NAME`, or start with --pair",
        ));
    }
    if args.tls_cert.is_none() && !args.behind_proxy {
        return Err(Failure::usage(
            format!("the gateway does not listen at {listen} without TLS"),
            "Give --tls-cert and --tls-key, or --behind-proxy where a proxy speaks TLS",
        ));
    }
    Ok(())
}

async fn start(
    paths: &Paths,
    settings: Settings,
    store: &StoreHandle,
    (args, door): (&ServeArgs, &DoorRules),
) -> Result<Running, Failure> {
    let failed = |error| Failure::work(error, "See `switchboard doctor`");
    let identity = store.identity(&paths.database()).await.map_err(failed)?;
    let (commands, engine_commands) = mpsc::channel(1_024);
    let (events, from_engine) = mpsc::channel(1_024);
    let (to_host, inputs) = mpsc::channel(INPUTS);
    let clock = Clock::system();
    let chooser = Arc::new(BySettings::new(settings.clone()));
    let parts = BackendParts {
        environment: environment::read(&paths.env_files()),
        secrets: Secrets::from_environment(&paths.keys_file()),
        clock,
        paths: paths.clone(),
        settings,
        read: ReadState::Unread,
        ask_at_start: true,
    };
    let (host_stop, gateway_stop) = (CancellationToken::new(), CancellationToken::new());
    let rules = HostRules {
        guest_models: args.guest_model.clone(),
        anonymous: args.anonymous.clone(),
        heartbeat_ms: u64::try_from(gateway::HEARTBEAT.as_millis()).unwrap_or(u64::MAX),
        ask_again_ms: ASK_AGAIN_MS,
    };
    let config = config_of(args);
    let door = Arc::new(Door::new(store.clone(), clock, door));
    // Before the engine begins anything: an address that cannot be had ends it all.
    let gateway = gateway::listen(config, door, to_host, &gateway_stop).await.map_err(refused)?;
    let engine = backend::engine(parts, store.clone(), Vec::new(), (engine_commands, events));
    let host = host::start(HostParts {
        store: store.clone(),
        database: paths.database(),
        identity,
        chooser,
        rules,
        clock,
        commands: commands.clone(),
        events: from_engine,
        inputs,
        stop: host_stop.clone(),
    });
    Ok(Running { gateway, host, engine, commands, host_stop, gateway_stop })
}

fn config_of(args: &ServeArgs) -> GatewayConfig {
    let files = args.tls_cert.clone().zip(args.tls_key.clone());
    let mut config = GatewayConfig::at(args.listen);
    config.tls = files.map(|(cert, key)| TlsFiles { cert, key });
    config.behind_proxy = args.behind_proxy;
    config.origins.clone_from(&args.allow_origin);
    config.query_token = args.allow_query_token;
    config.max_clients = args.max_clients;
    config.timing.farewell = FAREWELL;
    config
}

fn refused(error: ListenError) -> Failure {
    match &error {
        ListenError::Bind { .. } => Failure::work(error, "Name another address with --listen"),
        ListenError::Open(_) => Failure::usage(error, ""),
        ListenError::Certificate { .. } => {
            Failure::usage(error, "Give a certificate and its key as PEM files")
        }
    }
}

/// Tells clients, lets runs end or ends them, then lets the clients go. At most 10 s.
async fn end(running: Running) {
    let Running { gateway, host, engine, commands, host_stop, gateway_stop } = running;
    tracing::info!("the gateway is about to end");
    gateway.shut();
    host_stop.cancel();
    if tokio::time::timeout(RUNS_PATIENCE, host.quiet()).await.is_err() {
        tracing::info!("open answers are cut off");
    }
    if commands.send(BackendCommand::Shutdown).await.is_err() {
        tracing::debug!("the engine had ended already");
    }
    drop(commands);
    let ends = async {
        engine.ended().await;
        host.drained().await;
    };
    if tokio::time::timeout(ENGINE_PATIENCE, ends).await.is_err() {
        tracing::warn!("the engine did not end in time");
    }
    gateway_stop.cancel();
    gateway.ended().await;
    if tokio::time::timeout(FAREWELL, host.ended()).await.is_err() {
        tracing::warn!("the host did not end in time");
    }
}
