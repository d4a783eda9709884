//! The command line: the same engine without a window.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::failure::{Failure, Outcome};
use super::{ask, bots, chats, doctor, launch, log, models, providers, serve, servers, tokens};
use crate::store::Paths;

/// A desktop chat in which every message can go to another model
///
/// Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(name = "switchboard", version)]
struct Cli {
    /// Keep all files under this folder
    #[arg(long, global = true, value_name = "DIR", env = "SWITCHBOARD_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// Say more on stderr; twice for still more
    #[arg(short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Send one message and stream the answer to stdout
    Ask(ask::AskArgs),
    /// Where answers come from
    #[command(subcommand)]
    Providers(providers::ProvidersCommand),
    /// List the models; a model's id is provider/model
    Models(models::ModelsArgs),
    /// Look at chats
    #[command(subcommand)]
    Chats(chats::ChatsCommand),
    /// Ready-made bots, your own, and files of them
    #[command(subcommand)]
    Bots(bots::BotsCommand),
    /// Remote agents
    #[command(subcommand)]
    Servers(servers::ServersCommand),
    /// Serve clients elsewhere: desktops, scripts, programs that speak OpenAI's API
    Serve(Box<serve::ServeArgs>),
    /// Who may come in through the gateway
    #[command(subcommand)]
    Tokens(tokens::TokensCommand),
    /// Say what is configured, where the files are, what works and what does not
    Doctor(JsonFlag),
}

/// `--json`, for commands that take nothing else.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match Paths::find(cli.data_dir) {
        Ok(paths) => run_in(&paths, cli.command, cli.verbose),
        Err(error) => Err(Failure::usage(error, "")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run_in(paths: &Paths, command: Option<Command>, verbose: u8) -> Outcome {
    let Some(command) = command else {
        return launch::open(paths, verbose);
    };
    match &command {
        Command::Serve(args) => log::of_server(verbose, args.log_format),
        Command::Ask(_)
        | Command::Providers(_)
        | Command::Models(_)
        | Command::Chats(_)
        | Command::Bots(_)
        | Command::Tokens(_)
        | Command::Servers(_)
        | Command::Doctor(_) => log::to_stderr(verbose),
    }
    match command {
        Command::Ask(args) => on_runtime(ask::run(paths, args)),
        Command::Providers(command) => on_runtime(providers::run(paths, command)),
        Command::Models(args) => on_runtime(models::run(paths, args)),
        Command::Chats(command) => on_runtime(chats::run(paths, command)),
        Command::Bots(command) => on_runtime(bots::run(paths, command)),
        Command::Servers(command) => on_runtime(servers::run(paths, command)),
        Command::Serve(args) => on_all_cores(serve::run(paths, *args)),
        Command::Tokens(command) => on_runtime(tokens::run(paths, command)),
        Command::Doctor(flag) => on_runtime(doctor::run(paths, flag)),
    }
}

/// A gateway's clients are many.
fn on_all_cores(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("switchboard-worker")
        .enable_all()
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(Failure::work(format!("no runtime: {error}"), "")),
    }
}

/// Commands need no second thread: everything they wait for is elsewhere.
fn on_runtime(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(Failure::work(format!("no runtime: {error}"), "")),
    }
}
