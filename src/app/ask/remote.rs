//! `ask --server`: the message goes to a gateway, and its answer comes from there.

use std::time::Duration;

use tokio::sync::mpsc;

use super::speakers::Speakers;
use super::{AskArgs, Printer, hand_over, message_text};
use crate::agent::{Clock, may_get_through};
use crate::app::backend::{self, BackendParts};
use crate::app::environment;
use crate::app::failure::{Failure, Outcome, note};
use crate::app::interrupt::Interrupts;
use crate::app::servers::ServerDesk;
use crate::protocol::{
    BackendCommand, BackendEvent, BotId, ChatOptions, IdSource, LinkState, Message, MessageId,
    ModelId, Place, RemoteCommand, RemoteEvent, SendRequest, ServerConfig, StopMode,
};
use crate::state::opening::Values;
use crate::store::secrets::Secrets;
use crate::store::{Paths, ReadState, StoreHandle};

/// So long the next one in a room may take to begin, before the round is taken for ended.
const NEXT_SPEAKER: Duration = Duration::from_secs(60);

/// Sends the message and streams the answer.
pub(super) async fn run(paths: &Paths, args: &AskArgs, name: &str) -> Outcome {
    let text = message_text(args.text.clone())?;
    let desk = ServerDesk::open(paths)?;
    let server = desk.find(name)?.clone();
    let store = backend::store_for_command(paths)?;
    let asked = request(&store, args, &server, text).await?;
    let mut settings = desk.settings;
    settings.servers = vec![server.clone()];
    let parts = BackendParts {
        environment: environment::read(&paths.env_files()),
        secrets: Secrets::from_environment(&paths.keys_file()),
        clock: Clock::system(),
        paths: paths.clone(),
        settings,
        read: ReadState::Seen,
        ask_at_start: false,
    };
    let ended = converse(parts, store.clone(), &server, asked, args.json).await;
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the answer may not be saved");
    }
    ended
}

/// What goes out.
struct Question {
    request: SendRequest,
    /// Its chat is made for it.
    is_new: bool,
    /// The bot that its chat begins with.
    bot: Option<BotId>,
    /// What is answered to its questions; the server knows which it asks.
    answers: Values,
}

async fn request(
    store: &StoreHandle,
    args: &AskArgs,
    server: &ServerConfig,
    text: String,
) -> Result<Question, Failure> {
    let (ids, now) = (IdSource, (Clock::system().now)());
    let chat = match &args.chat {
        Some(id) => {
            let summary = super::target::find_chat(store, id).await?;
            if summary.server.as_ref() != Some(&server.id) {
                let hint = "Leave --server out, or begin a new chat";
                let message = format!("the chat {id} is not on {}", server.id);
                return Err(Failure::usage(message, hint));
            }
            summary.id
        }
        None => ids.chat(now),
    };
    // Named by the server, it is no model of the server: that one chooses.
    let usual = ModelId::new(server.id.as_str(), "default");
    let model = match &args.model {
        Some(model) => {
            let hint = "A model of a server is written as provider/model";
            model.parse::<ModelId>().map_err(|error| Failure::usage(error, hint))?
        }
        None => usual,
    };
    let request = SendRequest {
        chat,
        message: ids.message(now),
        place: Place::AtLeaf,
        text,
        model: model.clone(),
        one_off: args.model.is_some(),
        chat_model: model,
        attachments: Vec::new(),
        options: ChatOptions::default(),
        chat_options: ChatOptions::default(),
        also: Vec::new(),
        run: ids.run(now),
        answer: ids.message(now),
        created: now,
        server: Some(server.id.clone()),
    };
    let (is_new, bot) = (args.chat.is_none(), args.bot.clone().map(BotId));
    let answers = super::opening::named_values(&args.values)?;
    Ok(Question { request, is_new, bot, answers })
}

async fn converse(
    parts: BackendParts,
    store: StoreHandle,
    server: &ServerConfig,
    asked: Question,
    json: bool,
) -> Outcome {
    let mut interrupts = Interrupts::listen()
        .map_err(|error| Failure::work(format!("Ctrl-C cannot be heard: {error}"), ""))?;
    let (commands, engine_commands) = mpsc::channel(64);
    let (events, mut from_engine) = mpsc::channel(1_024);
    let engine = backend::engine(parts, store.clone(), Vec::new(), (engine_commands, events));
    let Question { request, is_new, bot, answers } = asked;
    let (chat, message) = (request.chat, request.message);
    let provider = request.model.provider.clone();
    let mut printer = Printer::new(request.run, json, provider, Vec::new());
    printer.server = Some(server.id.clone());
    let question = request.clone();
    let mut talk = Talk::new(server.clone(), message, printer);
    if let Some(bot) = bot {
        let (server, created) = (server.id.clone(), request.created);
        let open = RemoteCommand::OpenChat { chat, server, bot, answers, created };
        let open = BackendCommand::Remote(open);
        hand_over(&commands, open).await;
    }
    hand_over(&commands, BackendCommand::Send(Box::new(request))).await;
    let mut stops = 0;
    let ended = loop {
        tokio::select! {
            event = from_engine.recv() => match event {
                Some(event) => {
                    if talk.begins_with(&event) {
                        // By now the server has told who takes part.
                        let cast = store.cast(chat).await.unwrap_or_default();
                        talk.printer.speakers = Speakers::new(cast, &question);
                    }
                    if let Some(ended) = talk.take(event) { break ended }
                }
                None => break Err(Failure::work("the engine ended early", "")),
            },
            () = interrupts.next() => {
                stops += 1;
                if !talk.begun || stops > 2 || talk.printer.speakers.waits() {
                    break Err(Failure::stopped());
                }
                let mode = if stops == 1 { StopMode::Graceful } else { StopMode::Now };
                talk.printer.speakers.stop();
                hand_over(&commands, BackendCommand::Stop { chat, mode }).await;
            }
            () = tokio::time::sleep(NEXT_SPEAKER), if talk.printer.speakers.waits() => {
                break Err(Failure::work("the round could not go on", "What was said is kept"));
            }
        }
    };
    if !talk.begun {
        // It must not go out later, when nobody waits for it any more.
        hand_over(&commands, BackendCommand::RemoveQueued { chat, message }).await;
        if is_new {
            hand_over(&commands, BackendCommand::DeleteChat { chat }).await;
        }
    }
    hand_over(&commands, BackendCommand::Shutdown).await;
    drop(from_engine);
    engine.ended().await;
    ended
}

/// One question and its answer.
struct Talk {
    server: ServerConfig,
    message: MessageId,
    printer: Printer,
    /// The server has the message.
    begun: bool,
    /// The message came back; why is told next.
    is_back: bool,
    /// It was said that the link is gone.
    is_told: bool,
    /// Why the first try failed.
    cause: Option<String>,
}

impl Talk {
    fn new(server: ServerConfig, message: MessageId, printer: Printer) -> Self {
        Self { server, message, printer, begun: false, is_back: false, is_told: false, cause: None }
    }

    /// Whether the server begins to answer the question with this.
    fn begins_with(&self, event: &BackendEvent) -> bool {
        let of_ours = |question: &Message| question.id == self.message;
        !self.begun
            && matches!(event, BackendEvent::RunStarted { question, .. } if of_ours(question))
    }

    /// Takes an event; gives the outcome at the end.
    fn take(&mut self, event: BackendEvent) -> Option<Outcome> {
        if self.begins_with(&event) {
            self.begun = true;
            if let BackendEvent::RunStarted { run, .. } = &event {
                self.printer.run = *run;
            }
        }
        if let BackendEvent::Remote(RemoteEvent::LinkChanged { link, .. }) = &event {
            return self.link(link);
        }
        if let BackendEvent::Remote(RemoteEvent::Changed(state)) = &event {
            return self.link(&state.link);
        }
        if let BackendEvent::NotSent { message, .. } = &event {
            self.is_back |= *message == self.message;
            return None;
        }
        if let BackendEvent::Notice(notice) = &event
            && self.is_back
        {
            let why = format!("{}: {}", self.server.id, notice.detail);
            return Some(Err(Failure::work(why, "Nothing was sent")));
        }
        if matches!(&event, BackendEvent::Run(event) if event.run != self.printer.run) {
            return None;
        }
        match self.printer.take(event) {
            Ok(None) => None,
            Ok(Some(status)) => Some(self.printer.outcome(status)),
            Err(failure) => Some(Err(failure)),
        }
    }

    fn link(&mut self, link: &LinkState) -> Option<Outcome> {
        let id = &self.server.id;
        match link {
            LinkState::Denied { message } => {
                let hint =
                    format!("Enter its token anew: switchboard servers add {id} --token-stdin");
                Some(Err(Failure::work(format!("{id} does not let us in: {message}"), &hint)))
            }
            LinkState::Waiting { cause, .. } if !self.begun => {
                // Why the usual way is shut says more than why the other one is.
                let cause = self.cause.get_or_insert_with(|| cause.clone());
                if may_get_through(link) {
                    return None;
                }
                let hint = "Nothing was sent. Check that the server runs";
                Some(Err(Failure::work(format!("{id} cannot be reached: {cause}"), hint)))
            }
            LinkState::Waiting { cause, .. } => {
                if !std::mem::replace(&mut self.is_told, true) {
                    note(&format!(
                        "the connection is gone ({cause}); the answer goes on when it is back"
                    ));
                }
                None
            }
            LinkState::Ready { .. } => {
                self.is_told = false;
                None
            }
            LinkState::Offline | LinkState::Connecting { .. } | LinkState::Authenticating => None,
        }
    }
}
