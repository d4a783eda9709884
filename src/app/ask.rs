//! `switchboard ask`: one message, streamed to stdout, stored like any other.

use std::collections::HashSet;
use std::io::{IsTerminal, Read, Write};

use clap::Args;
use tokio::sync::mpsc;

use super::backend::{self, BackendParts};
use super::failure::{Failure, Outcome, note, pipe_closed};
use super::interrupt::Interrupts;
use super::{config, environment};
use crate::agent::{Clock, EMPTY_ANSWER};
use crate::protocol::{
    BackendCommand, BackendEvent, Budget, ChatId, ChatOptions, ErrorInfo, Frame, IdSource, ModelId,
    Place, RunEvent, RunId, RunStatus, SendRequest, StopMode, StreamEvent,
};
use crate::state::{Settings, words};
use crate::store::secrets::Secrets;
use crate::store::{Paths, ReadState, StoreHandle};

/// What `ask` takes.
#[derive(Debug, Args)]
pub(super) struct AskArgs {
    /// Who shall answer, as provider/model; else the chat's model, else the default
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Go on with this chat; else a new one begins
    #[arg(long, value_name = "ID")]
    chat: Option<String>,
    /// Answer although the budget is used up
    #[arg(long)]
    over_budget: bool,
    /// Print one frame per line, as on the wire
    #[arg(long)]
    json: bool,
    /// The message; `-` or nothing reads it from stdin
    text: Option<String>,
}

/// Sends the message and streams the answer.
pub(super) async fn run(paths: &Paths, args: AskArgs) -> Outcome {
    let text = message_text(args.text)?;
    let loaded = config::load(&paths.config_file());
    for notice in &loaded.notices {
        tracing::warn!("config.toml: {}", notice.detail);
    }
    let store = backend::store_for_command(paths)?;
    let (chat, chat_model) = find_chat(&store, args.chat.as_deref()).await?;
    let default = loaded.settings.default_model.clone();
    let usual = chat_model.or(default).unwrap_or_else(|| ModelId::new("guide", "guide"));
    let model = match args.model {
        Some(model) => parse_model(&model)?,
        None => usual.clone(),
    };
    let request = request(text, chat, model, usual);
    let mut settings = loaded.settings;
    if args.over_budget {
        settings.budget = Budget::default();
    }
    let ended = converse(paths, settings, store.clone(), request, args.json).await;
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the answer may not be saved");
    }
    ended
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

fn parse_model(text: &str) -> Result<ModelId, Failure> {
    text.parse().map_err(|error| Failure::usage(error, "List the models with `switchboard models`"))
}

async fn find_chat(
    store: &StoreHandle,
    id: Option<&str>,
) -> Result<(Option<ChatId>, Option<ModelId>), Failure> {
    let Some(id) = id else { return Ok((None, None)) };
    let hint = "List the chats with `switchboard chats list`";
    let chat: ChatId =
        id.parse().map_err(|_bad| Failure::usage(format!("{id:?} is not a chat id"), hint))?;
    match store.chat(chat).await {
        Ok(Some(summary)) => Ok((Some(chat), summary.model)),
        Ok(None) => Err(Failure::usage(format!("there is no chat {id}"), hint)),
        Err(error) => Err(Failure::work(error, "See `switchboard doctor`")),
    }
}

fn request(text: String, chat: Option<ChatId>, model: ModelId, usual: ModelId) -> SendRequest {
    let (ids, now) = (IdSource, (Clock::system().now)());
    // A new chat's model is the one it begins with; in an old one a different model is one-off.
    let chat_model = if chat.is_some() { usual } else { model.clone() };
    SendRequest {
        chat: chat.unwrap_or_else(|| ids.chat(now)),
        message: ids.message(now),
        place: Place::AtLeaf,
        text,
        one_off: model != chat_model,
        model,
        chat_model,
        attachments: Vec::new(),
        options: ChatOptions::default(),
        chat_options: ChatOptions::default(),
        also: Vec::new(),
        run: ids.run(now),
        answer: ids.message(now),
        created: now,
    }
}

/// Runs the engine for one message.
async fn converse(
    paths: &Paths,
    settings: Settings,
    store: StoreHandle,
    request: SendRequest,
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
    let chat = request.chat;
    let left = store
        .resumable_runs_in(chat)
        .await
        .map_err(|error| Failure::work(error, "See `switchboard doctor`"))?;
    let mut earlier: HashSet<RunId> = left.iter().map(|left| left.run).collect();
    let mut printer = Printer::new(request.run, json);
    // What was left open comes first: the model must not be sent half an answer.
    let mut waiting = Some(BackendCommand::Send(Box::new(request)));
    let engine = backend::engine(parts, store, left, (engine_commands, events));
    if !earlier.is_empty() {
        note("the last answer of this chat was not finished; it goes on first");
    }
    let mut stops = 0;
    let ended = loop {
        if earlier.is_empty()
            && let Some(send) = waiting.take()
        {
            hand_over(&commands, send).await;
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
                if waiting.is_some() {
                    break Err(Failure::stopped());
                }
                stops += 1;
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
    error: Option<ErrorInfo>,
    /// The answer holds nothing.
    is_empty: bool,
    ends_with_newline: bool,
}

impl Printer {
    fn new(run: RunId, json: bool) -> Self {
        Self { run, json, error: None, is_empty: false, ends_with_newline: true }
    }

    /// Prints an event; gives the status at the end of the run.
    fn take(&mut self, event: BackendEvent) -> Result<Option<RunStatus>, Failure> {
        match event {
            BackendEvent::Run(event) => self.run_event(event),
            BackendEvent::NotSent { .. } => {
                Err(Failure::work("the message could not be saved", "See `switchboard doctor`"))
            }
            BackendEvent::Notice(notice) => {
                tracing::warn!(code = ?notice.code, "{}", notice.detail);
                Ok(None)
            }
            BackendEvent::Chats { .. }
            | BackendEvent::ChatChanged(_)
            | BackendEvent::Messages { .. }
            | BackendEvent::NewChatDraft(_)
            | BackendEvent::RunStarted { .. }
            | BackendEvent::Queue { .. }
            | BackendEvent::KeysKept(_)
            | BackendEvent::ImageLoaded { .. }
            | BackendEvent::QueryFailed(_)
            | BackendEvent::Usage { .. }
            | BackendEvent::Spent(_)
            | BackendEvent::Recents(_)
            | BackendEvent::ProviderChanged(_)
            | BackendEvent::ProviderStatus { .. }
            | BackendEvent::ProviderRemoved(_) => Ok(None),
        }
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
                self.ends_with_newline = content.ends_with('\n');
                print(content.as_bytes())?;
                None
            }
            StreamEvent::Message { .. }
            | StreamEvent::State { .. }
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
        Ok(status)
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
                    let title = words::for_error(error).title;
                    let message = format!("{title}: {}", error.message);
                    Err(Failure::work(message, words::hint(error.kind)))
                }
                None => Err(Failure::work("the answer broke off", "What arrived is kept")),
            },
        }
    }
}

fn print(bytes: &[u8]) -> Outcome {
    let mut out = std::io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| pipe_closed(&error))
}
