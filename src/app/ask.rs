//! `switchboard ask`: one message, streamed to stdout, stored like any other.

mod opening;
mod remote;
mod speakers;
mod target;

use std::collections::HashSet;
use std::io::{IsTerminal, Read, Write};

use clap::Args;
use tokio::sync::mpsc;

use self::speakers::Speakers;
use self::target::{Asked, Target};
use super::backend::{self, BackendParts};
use super::failure::{Failure, Outcome, note, pipe_closed};
use super::interrupt::Interrupts;
use super::terminal::harmless;
use super::{config, environment};
use crate::agent::{Clock, EMPTY_ANSWER};
use crate::protocol::{
    BackendCommand, BackendEvent, Budget, ErrorInfo, ErrorKind, Frame, Message, ModelId,
    NoticeCode, ProviderId, RemoteEvent, RunEvent, RunId, RunStatus, ServerId, StopMode,
    StreamEvent,
};
use crate::state::{Settings, words};
use crate::store::secrets::Secrets;
use crate::store::{Paths, ReadState, StoreHandle};

/// What `ask` takes.
#[derive(Clone, Debug, Args)]
pub(super) struct AskArgs {
    /// Who shall answer, as provider/model; else the chat's model, else the default
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Go on with this chat; else a new one begins
    #[arg(long, value_name = "ID")]
    chat: Option<String>,
    /// Begin a chat with this bot or room, by its id or name
    #[arg(long, value_name = "BOT", conflicts_with = "chat")]
    bot: Option<String>,
    /// An answer to what the bot asks for; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE", requires = "bot")]
    values: Vec<String>,
    /// Answer although the budget is used up
    #[arg(long)]
    over_budget: bool,
    /// Send it to this server; --model and --bot name what that server has
    #[arg(long, value_name = "NAME", conflicts_with_all = ["values", "over_budget"])]
    server: Option<String>,
    /// Print one frame per line, as on the wire
    #[arg(long)]
    json: bool,
    /// The message; `-` or nothing reads it from stdin
    text: Option<String>,
}

/// Sends the message and streams the answer.
pub(super) async fn run(paths: &Paths, args: AskArgs) -> Outcome {
    if let Some(server) = server_of(paths, &args).await? {
        return remote::run(paths, &args, &server).await;
    }
    let text = message_text(args.text)?;
    let loaded = config::load(&paths.config_file());
    for notice in &loaded.notices {
        tracing::warn!("config.toml, {}", notice.detail);
    }
    let store = backend::store_for_command(paths)?;
    let asked = Asked {
        chat: args.chat.as_deref(),
        model: args.model.as_deref(),
        bot: args.bot.as_deref(),
        values: &args.values,
    };
    let target = target::request(paths, &store, &loaded, asked, text).await?;
    let mut settings = loaded.settings;
    if args.over_budget {
        settings.budget = Budget::default();
    }
    let ended = converse(paths, settings, store.clone(), target, args.json).await;
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the answer may not be saved");
    }
    ended
}

/// The server that is asked: the one that is named, or that of the chat.
async fn server_of(paths: &Paths, args: &AskArgs) -> Result<Option<String>, Failure> {
    let (Some(chat), None) = (&args.chat, &args.server) else { return Ok(args.server.clone()) };
    let store = backend::store_for_command(paths)?;
    let summary = target::find_chat(&store, chat).await;
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the store did not close well");
    }
    Ok(summary?.server.map(|server| server.0))
}

fn message_text(given: Option<String>) -> Result<String, Failure> {
    let text = match given {
        Some(text) if text != "-" => text,
        Some(_) => read_stdin()?,
        None if std::io::stdin().is_terminal() => {
            let hint = "Write it behind the command, or pipe it in";
            return Err(Failure::usage("there is no message", hint));
        }
        None => read_stdin()?,
    };
    if text.trim().is_empty() {
        return Err(Failure::usage("the message is empty", "Write it behind the command"));
    }
    Ok(text)
}

fn read_stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::work(format!("stdin could not be read: {error}"), ""))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("the message is not UTF-8: byte {at} is not text"), "")
    })
}

/// Runs the engine for one message.
async fn converse(
    paths: &Paths,
    settings: Settings,
    store: StoreHandle,
    target: Target,
    json: bool,
) -> Outcome {
    let mut interrupts = Interrupts::listen()
        .map_err(|error| Failure::work(format!("Ctrl-C cannot be heard: {error}"), ""))?;
    let (commands, engine_commands) = mpsc::channel(64);
    let (events, mut from_engine) = mpsc::channel(1_024);
    let parts = BackendParts {
        environment: environment::read(&paths.env_files()),
        secrets: Secrets::from_environment(&paths.keys_file()),
        clock: Clock::system(),
        paths: paths.clone(),
        settings,
        read: ReadState::Seen,
        ask_at_start: false,
    };
    let Target { request, nearest, start, cast } = target;
    let (chat, provider) = (request.chat, request.model.provider.clone());
    let left = store
        .resumable_runs_in(chat)
        .await
        .map_err(|error| Failure::work(error, "See `switchboard doctor`"))?;
    let mut earlier: HashSet<RunId> = left.iter().map(|left| left.run).collect();
    let speakers = Speakers::new(cast, &request);
    let mut printer = Printer::new(request.run, json, provider, nearest);
    printer.speakers = speakers;
    // What was left open comes first: the model must not be sent half an answer.
    let start = start.map(|start| BackendCommand::StartChat(Box::new(start)));
    let mut waiting: Vec<BackendCommand> =
        start.into_iter().chain([BackendCommand::Send(Box::new(request))]).collect();
    let engine = backend::engine(parts, store, left, (engine_commands, events));
    if !earlier.is_empty() {
        note("the last answer of this chat was not finished; it goes on first");
    }
    let mut stops = 0;
    let ended = loop {
        if earlier.is_empty() {
            for command in waiting.drain(..) {
                hand_over(&commands, command).await;
            }
        }
        tokio::select! {
            event = from_engine.recv() => match event {
                Some(BackendEvent::Run(event)) if event.run != printer.run => {
                    if matches!(event.event, StreamEvent::Done { .. }) {
                        earlier.remove(&event.run);
                    }
                }
                Some(event) => match printer.take(event) {
                    Ok(None) => {}
                    Ok(Some(status)) => break printer.outcome(status),
                    Err(failure) => break Err(failure),
                },
                None => break Err(Failure::work("the engine ended early", "")),
            },
            () = interrupts.next() => {
                // The answer before runs on at its provider, and goes on another time.
                if !waiting.is_empty() {
                    break Err(Failure::stopped());
                }
                stops += 1;
                printer.speakers.stop();
                let mode = if stops == 1 { StopMode::Graceful } else { StopMode::Now };
                hand_over(&commands, BackendCommand::Stop { chat, mode }).await;
            }
        }
    };
    hand_over(&commands, BackendCommand::Shutdown).await;
    drop(from_engine);
    engine.ended().await;
    ended
}

async fn hand_over(commands: &mpsc::Sender<BackendCommand>, command: BackendCommand) {
    if commands.send(command).await.is_err() {
        tracing::debug!("the engine has ended");
    }
}

/// What goes to stdout, and what is remembered for the end.
struct Printer {
    /// The run that is printed.
    run: RunId,
    json: bool,
    /// Who takes part, where several bots do.
    speakers: Speakers,
    /// Who was asked.
    provider: ProviderId,
    /// Where that is, unless it is this computer.
    server: Option<ServerId>,
    /// Models that may have been meant, where the one asked is not listed.
    nearest: Vec<ModelId>,
    error: Option<ErrorInfo>,
    /// The answer holds nothing.
    is_empty: bool,
    ends_with_newline: bool,
    /// Nobody has been named yet.
    is_first: bool,
}

impl Printer {
    fn new(run: RunId, json: bool, provider: ProviderId, nearest: Vec<ModelId>) -> Self {
        let (error, is_empty, ends_with_newline) = (None, false, true);
        let speakers = Speakers::default();
        Self {
            run,
            json,
            speakers,
            provider,
            server: None,
            nearest,
            error,
            is_empty,
            ends_with_newline,
            is_first: true,
        }
    }

    /// Prints an event; gives the status at the end of the run.
    fn take(&mut self, event: BackendEvent) -> Result<Option<RunStatus>, Failure> {
        match event {
            BackendEvent::Run(event) => self.run_event(event),
            BackendEvent::NotSent { .. } => {
                Err(Failure::work("the message could not be saved", "See `switchboard doctor`"))
            }
            BackendEvent::RunStarted { run, answer, .. } => {
                self.begins(run, &answer)?;
                Ok(None)
            }
            BackendEvent::Notice(notice) if self.speakers.waits() && is_fatal(&notice.code) => {
                Err(Failure::work("the round could not go on", &notice.detail))
            }
            BackendEvent::Notice(notice) => {
                let (title, _) = words::notice(&notice.code);
                tracing::warn!("{title}: {}", notice.detail);
                Ok(None)
            }
            BackendEvent::Chats { .. }
            | BackendEvent::ChatChanged(_)
            | BackendEvent::Messages { .. }
            | BackendEvent::NewChatDraft(_)
            | BackendEvent::Queue { .. }
            | BackendEvent::KeysKept(_)
            | BackendEvent::ImageLoaded { .. }
            | BackendEvent::QueryFailed(_)
            | BackendEvent::Usage { .. }
            | BackendEvent::Spent(_)
            | BackendEvent::Recents(_)
            | BackendEvent::ProviderChanged(_)
            | BackendEvent::ProviderStatus { .. }
            | BackendEvent::Remote(RemoteEvent::Changed(_))
            | BackendEvent::Remote(RemoteEvent::Removed(_))
            | BackendEvent::Remote(RemoteEvent::LinkChanged { .. })
            | BackendEvent::Remote(RemoteEvent::Tested { .. })
            | BackendEvent::Remote(RemoteEvent::Paired { .. })
            | BackendEvent::Remote(RemoteEvent::AgentReady { .. })
            | BackendEvent::Remote(RemoteEvent::PathChanged { .. })
            | BackendEvent::Bots(_)
            | BackendEvent::EditKept(_)
            | BackendEvent::BotVersions { .. }
            | BackendEvent::BotsRead { .. }
            | BackendEvent::BotText { .. }
            | BackendEvent::BotExported { .. }
            | BackendEvent::ProviderRemoved(_) => Ok(None),
        }
    }

    /// A run begins: in a room, the next one to speak is named.
    fn begins(&mut self, run: RunId, answer: &Message) -> Result<(), Failure> {
        if run != self.run && !self.speakers.waits() {
            return Ok(());
        }
        self.run = run;
        let Some(name) = self.speakers.begins(answer) else { return Ok(()) };
        if self.json {
            return Ok(());
        }
        let gap = match (self.is_first, self.ends_with_newline) {
            (true, _) => "",
            (false, true) => "\n",
            (false, false) => "\n\n",
        };
        self.is_first = false;
        self.ends_with_newline = true;
        print(format!("{gap}{}:\n", harmless(&name)).as_bytes())
    }

    fn run_event(&mut self, event: RunEvent) -> Result<Option<RunStatus>, Failure> {
        let status = match &event.event {
            StreamEvent::Done { status, .. } => Some(*status),
            StreamEvent::Error {
                retryable: false,
                message,
                code,
                kind,
                status,
                retry_after_ms,
            } => {
                self.error = Some(ErrorInfo {
                    kind: *kind,
                    status: *status,
                    code: code.clone(),
                    message: message.clone(),
                    retry_after_ms: *retry_after_ms,
                });
                None
            }
            StreamEvent::Error { retryable: true, message, retry_after_ms, .. } => {
                let wait = retry_after_ms.unwrap_or(0).div_ceil(1_000);
                tracing::warn!("{message}; trying again in {wait} s");
                None
            }
            StreamEvent::Notification { message, code, .. } => {
                self.is_empty |= code == EMPTY_ANSWER;
                tracing::warn!("{message}");
                None
            }
            StreamEvent::ModelFallback { old_model, new_model, reason } => {
                tracing::warn!("{new_model} answers instead of {old_model}: {reason}");
                None
            }
            StreamEvent::Message { content, .. } if !self.json => {
                self.speakers.says(content);
                self.ends_with_newline = content.ends_with('\n');
                print(harmless(content).as_bytes())?;
                None
            }
            StreamEvent::Message { content, .. } => {
                self.speakers.says(content);
                None
            }
            StreamEvent::State { .. }
            | StreamEvent::Thinking { .. }
            | StreamEvent::ToolStart { .. }
            | StreamEvent::ToolEnd { .. }
            | StreamEvent::ApprovalNeeded { .. }
            | StreamEvent::Usage { .. }
            | StreamEvent::Context { .. } => None,
        };
        if self.json {
            let mut line = serde_json::to_vec(&Frame::from(event))
                .map_err(|error| Failure::work(error, ""))?;
            line.push(b'\n');
            print(&line)?;
        }
        // In a room the round ends, not the answer.
        Ok(status.filter(|status| !self.speakers.go_on(*status)))
    }

    fn outcome(&self, status: RunStatus) -> Outcome {
        if !self.json && !self.ends_with_newline {
            print(b"\n")?;
        }
        match status {
            RunStatus::Complete if self.is_empty => Err(Failure::work(
                "The model gave an empty answer",
                "Try again, or another --model",
            )),
            RunStatus::Complete => Ok(()),
            RunStatus::Stopped => Err(Failure::stopped()),
            RunStatus::Interrupted | RunStatus::Failed => match &self.error {
                Some(error) => {
                    let (sentence, hint) = (words::sentence(error), self.hint(error));
                    let wrong_setting = error.is_certificate_file();
                    let failure = if wrong_setting { Failure::usage } else { Failure::work };
                    Err(failure(sentence, &hint))
                }
                None => Err(Failure::work("the answer broke off", "What arrived is kept")),
            },
        }
    }
}

impl Printer {
    fn hint(&self, error: &ErrorInfo) -> String {
        if let Some(server) = &self.server {
            return match error.kind {
                ErrorKind::Auth => format!("The key is set on {server}, and can be mended there"),
                ErrorKind::RateLimited
                | ErrorKind::Overloaded
                | ErrorKind::ContextTooLong
                | ErrorKind::BadRequest
                | ErrorKind::NotFound
                | ErrorKind::Network
                | ErrorKind::Timeout
                | ErrorKind::Protocol
                | ErrorKind::Refused
                | ErrorKind::Cancelled
                | ErrorKind::OverBudget => format!("It happened on {server}; its log says more"),
            };
        }
        if error.kind != ErrorKind::NotFound || self.nearest.is_empty() {
            return words::hint(error, &self.provider);
        }
        let names: Vec<String> = self.nearest.iter().map(ToString::to_string).collect();
        let names = names.join(", ");
        format!("The nearest names are {names}; list all with `switchboard models`")
    }
}

/// Whether nothing more comes after this.
fn is_fatal(code: &NoticeCode) -> bool {
    matches!(code, NoticeCode::WriteFailed | NoticeCode::ChatMissing | NoticeCode::StoreDamaged)
}

fn print(bytes: &[u8]) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| pipe_closed(&error))
}
