//! What the window asks of the backend, and what it is told.

mod remote;

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use remote::{RemoteCommand, RemoteEvent};

use super::{
    Bot, BotFormat, BotId, BotProblem, BotRead, BotVersion, BotVersionInfo, Cast, ChatBot, ChatId,
    ChatOptions, ChatSummary, Draft, EditedBot, EngineSettings, KeptIn, Library, Message,
    MessageId, MessagePage, ModelId, Notice, Part, ProviderConfig, ProviderError, ProviderId,
    ProviderState, ProviderStatus, QueryId, QueuedMessage, RunEvent, RunId, ServerId, Spent,
    StartChat, Timestamp, UsageRange, UsageReport,
};

/// How urgent a command is. Ordered: `Critical` is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Titles, indexing, catalogue refresh, housekeeping.
    Low,
    /// Messages, edits, regenerations.
    Normal,
    /// Approval answers, link up, resume.
    High,
    /// Stop, shutdown, link lost.
    Critical,
}

/// How to stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopMode {
    /// At the end of the sentence or after the running tool, within 3 s.
    #[default]
    Graceful,
    /// Now.
    Now,
}

/// Where a message goes in the tree of its chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At the end of the visible path, wherever that is when the message is stored.
    AtLeaf,
    /// Under this message, beside what is there; at the root without one.
    Under(Option<MessageId>),
}

/// A message of the user, with the ids of all that follows from it.
#[derive(Clone, Debug, PartialEq)]
pub struct SendRequest {
    /// The chat; made by this request where it does not exist.
    pub chat: ChatId,
    /// The message; sending it twice starts one run.
    pub message: MessageId,
    /// Where it goes.
    pub place: Place,
    /// What the user wrote.
    pub text: String,
    /// Who shall answer.
    pub model: ModelId,
    /// Chosen for this message only.
    pub one_off: bool,
    /// The chat's model, for a chat that this request makes.
    pub chat_model: ModelId,
    /// Images and files that go with it.
    pub attachments: Vec<Part>,
    /// How it shall be answered.
    pub options: ChatOptions,
    /// The chat's own options, for a chat that this request makes.
    pub chat_options: ChatOptions,
    /// Who shall answer too, side by side with the first.
    pub also: Vec<Alternative>,
    /// The run to come.
    pub run: RunId,
    /// The answer to come.
    pub answer: MessageId,
    /// When it was written.
    pub created: Timestamp,
    /// The server that the chat lives on; this computer without.
    pub server: Option<ServerId>,
}

impl From<SendRequest> for Draft {
    /// What the message was before it was sent, with what it would have been answered with.
    fn from(request: SendRequest) -> Self {
        Self {
            text: request.text,
            model: Some(request.model),
            compare: request.also.into_iter().map(|other| other.model).collect(),
            params: request.options.params,
            attachments: request.attachments,
        }
    }
}

/// So many models can answer a message side by side.
pub const MOST_COMPARED: usize = 4;

/// Another model that answers the same message at the same time.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// Who shall answer.
    pub model: ModelId,
    /// The run to come.
    pub run: RunId,
    /// The answer to come.
    pub answer: MessageId,
}

/// How room is made for a chat that is too long for its model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MakeRoom {
    /// The oldest turns are left out.
    LeaveOut,
    /// The start is summarised by this model.
    Summarise(ModelId),
}

/// A new answer to a question that has one: the old one stays as its sibling.
#[derive(Clone, Debug, PartialEq)]
pub struct RegenerateRequest {
    /// The chat.
    pub chat: ChatId,
    /// The question.
    pub question: MessageId,
    /// Who shall answer.
    pub model: ModelId,
    /// Chosen for this answer only; in a room, for the rest of the round.
    pub one_off: bool,
    /// The chat's model: in a room, it answers for members that have none of their own.
    pub chat_model: ModelId,
    /// The answer to go on from, for *Continue*: its text is part of the request.
    pub continues: Option<MessageId>,
    /// How it shall be answered.
    pub options: ChatOptions,
    /// Whether and how room is made first.
    pub make_room: Option<MakeRoom>,
    /// The budget is used up, and the user wants this answer all the same.
    pub over_budget: bool,
    /// Its column, where it replaces an answer of several that were asked for at once.
    pub column: Option<u8>,
    /// Who speaks: in a room, the member that gave the answer before.
    pub bot: Option<BotId>,
    /// The run to come.
    pub run: RunId,
    /// The answer to come.
    pub answer: MessageId,
    /// When it was asked for.
    pub created: Timestamp,
}

/// What shall happen to a provider's key.
#[derive(Clone, Debug)]
pub enum KeyChange {
    /// Nothing.
    Keep,
    /// It is replaced.
    Set(SecretString),
    /// It is forgotten.
    Remove,
}

/// A bot to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct SaveBot {
    /// The bot. Where one of its id is kept, it becomes its next version, at least. Where a bot of
    /// another origin has its id, it gets one that is free, and is made of that one.
    pub bot: Bot,
    /// The bot that it was made of; none keeps what is known.
    pub base: Option<(BotId, BotVersion)>,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
}

/// Where bots to be imported stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BotSource {
    /// In files of any kind that can be read.
    Files(Vec<PathBuf>),
    /// In a text: of the clipboard, or typed.
    Text(String),
}

/// What the window asks of the backend.
#[derive(Clone, Debug)]
pub enum BackendCommand {
    /// Send a message, or queue it while an answer streams.
    Send(Box<SendRequest>),
    /// Answer a question again.
    Regenerate(Box<RegenerateRequest>),
    /// Stop the run of a chat.
    Stop {
        /// The chat.
        chat: ChatId,
        /// How.
        mode: StopMode,
    },
    /// Skip the wait before the planned retry.
    RetryNow {
        /// The chat.
        chat: ChatId,
    },
    /// Change a queued message.
    EditQueued {
        /// The chat.
        chat: ChatId,
        /// The queued message.
        message: MessageId,
        /// Its new text.
        text: String,
    },
    /// Take a queued message back.
    RemoveQueued {
        /// The chat.
        chat: ChatId,
        /// The queued message.
        message: MessageId,
    },
    /// Stop the running answer and send a queued message.
    SendQueuedNow {
        /// The chat.
        chat: ChatId,
        /// The queued message.
        message: MessageId,
    },
    /// List all chats, newest first.
    ListChats {
        /// The question.
        query: QueryId,
    },
    /// Load a page of the visible path.
    LoadMessages {
        /// The question.
        query: QueryId,
        /// The chat.
        chat: ChatId,
        /// Only what lies above this message; the end of the path without one.
        before: Option<MessageId>,
        /// At most this many.
        limit: usize,
    },
    /// Show another branch: the newest path through this message.
    SelectBranch {
        /// The question; answered like `LoadMessages`.
        query: QueryId,
        /// The chat.
        chat: ChatId,
        /// The message whose siblings are switched.
        message: MessageId,
        /// Steps among the siblings: -1 the one before, 1 the one after.
        step: i32,
        /// Length of the page to answer with.
        limit: usize,
    },
    /// Change a chat's title.
    RenameChat {
        /// The chat.
        chat: ChatId,
        /// The new title.
        title: String,
    },
    /// Keep a chat at the top, or no longer.
    PinChat {
        /// The chat.
        chat: ChatId,
        /// Whether.
        pinned: bool,
    },
    /// Delete a chat; it can be restored.
    DeleteChat {
        /// The chat.
        chat: ChatId,
    },
    /// Undo a deletion.
    RestoreChat {
        /// The chat.
        chat: ChatId,
    },
    /// Choose the chat's model.
    SetChatModel {
        /// The chat.
        chat: ChatId,
        /// The model.
        model: ModelId,
    },
    /// The chat was looked at.
    MarkRead {
        /// The chat.
        chat: ChatId,
    },
    /// Keep what was typed; without a chat, for the new chat.
    SaveDraft {
        /// The chat.
        chat: Option<ChatId>,
        /// What was typed; empty text and no model forget it.
        draft: Draft,
    },
    /// Add or change a provider, keep its key, and ask it for its models.
    SaveProvider {
        /// Its configuration.
        config: ProviderConfig,
        /// What happens to its key.
        key: KeyChange,
    },
    /// Remove a provider and its key.
    RemoveProvider {
        /// Which.
        provider: ProviderId,
    },
    /// Ask a provider for its models.
    RefreshModels {
        /// Which; all without one.
        provider: Option<ProviderId>,
    },
    /// Load a picture that a message names, because the user asked to see it.
    LoadImage {
        /// Its address.
        url: String,
    },
    /// Set how the messages of a chat are answered.
    SetChatOptions {
        /// The chat.
        chat: ChatId,
        /// How.
        options: ChatOptions,
    },
    /// Go on from this answer: the newest path through it becomes the visible one.
    KeepAnswer {
        /// The question; answered like `LoadMessages`.
        query: QueryId,
        /// The chat.
        chat: ChatId,
        /// The answer.
        message: MessageId,
        /// Length of the page to answer with.
        limit: usize,
    },
    /// Let the model see again what a notice keeps from it, or not.
    SetCovered {
        /// The question; answered like `LoadMessages`.
        query: QueryId,
        /// The chat.
        chat: ChatId,
        /// The message with the notice.
        message: MessageId,
        /// Whether the notice counts.
        covered: bool,
        /// Length of the page to answer with.
        limit: usize,
    },
    /// What was used in a stretch of days.
    LoadUsage {
        /// The question.
        query: QueryId,
        /// The stretch.
        range: UsageRange,
    },
    /// Change how runs to come are carried out.
    Configure(Box<EngineSettings>),
    /// Tell all bots: those that ship with the app, the user's own, those of `personas.yaml`.
    LoadBots,
    /// Begin a chat with a bot.
    StartChat(Box<StartChat>),
    /// Let a chat go on with another version of its bot.
    SetCast {
        /// The chat.
        chat: ChatId,
        /// What the list of chats tells of it.
        bot: ChatBot,
        /// All of it.
        cast: Box<Cast>,
    },
    /// Forget a chat that was begun as a test, with all that is in it.
    EndTest {
        /// The chat.
        chat: ChatId,
    },
    /// Keep a bot, or its next version.
    SaveBot(Box<SaveBot>),
    /// Make a bot a favourite, or no longer.
    MarkBot {
        /// Which.
        bot: BotId,
        /// Whether.
        favourite: bool,
    },
    /// Put a bot of the user's own away, or back.
    ArchiveBot {
        /// Which.
        bot: BotId,
        /// Whether.
        archived: bool,
    },
    /// Forget a bot of the user's own with all its versions.
    DeleteBot {
        /// Which.
        bot: BotId,
    },
    /// Undo the deletion of a bot.
    RestoreBot(Box<SaveBot>),
    /// Keep what is in the editor of bots and not saved; nothing forgets it.
    KeepEdit(Option<Box<EditedBot>>),
    /// Tell the versions of a bot of the user's own.
    LoadBotVersions {
        /// The question.
        query: QueryId,
        /// Which.
        bot: BotId,
    },
    /// Read bots to be imported. Nothing is kept.
    ReadBots {
        /// The question.
        query: QueryId,
        /// Where they stand.
        source: BotSource,
    },
    /// Write a bot to a file, or tell it as text for the clipboard.
    ExportBot {
        /// The bot.
        bot: Box<Bot>,
        /// As what.
        format: BotFormat,
        /// The file; a text that is told without.
        to: Option<PathBuf>,
    },
    /// Something about remote servers and the chats on them.
    Remote(RemoteCommand),
    /// End all runs and the engine.
    Shutdown,
}

impl BackendCommand {
    /// The question for a part of a chat, or about bots, that waits for an answer, even where there
    /// is none.
    pub fn query(&self) -> Option<QueryId> {
        if let Self::Remote(command) = self {
            return command.query();
        }
        let (Self::LoadMessages { query, .. }
        | Self::SelectBranch { query, .. }
        | Self::KeepAnswer { query, .. }
        | Self::SetCovered { query, .. }
        | Self::LoadBotVersions { query, .. }
        | Self::ReadBots { query, .. }) = self
        else {
            return None;
        };
        Some(*query)
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        match self {
            Self::Stop { .. } | Self::Shutdown => Priority::Critical,
            Self::RetryNow { .. } => Priority::High,
            Self::Remote(command) => command.priority(),
            Self::Send(_)
            | Self::StartChat(_)
            | Self::SetCast { .. }
            | Self::EndTest { .. }
            | Self::LoadBots
            | Self::SaveBot(_)
            | Self::MarkBot { .. }
            | Self::ArchiveBot { .. }
            | Self::DeleteBot { .. }
            | Self::RestoreBot(_)
            | Self::KeepEdit(_)
            | Self::LoadBotVersions { .. }
            | Self::ReadBots { .. }
            | Self::ExportBot { .. }
            | Self::Regenerate(_)
            | Self::EditQueued { .. }
            | Self::RemoveQueued { .. }
            | Self::SendQueuedNow { .. }
            | Self::ListChats { .. }
            | Self::LoadMessages { .. }
            | Self::SelectBranch { .. }
            | Self::RenameChat { .. }
            | Self::PinChat { .. }
            | Self::DeleteChat { .. }
            | Self::RestoreChat { .. }
            | Self::SetChatModel { .. }
            | Self::SetChatOptions { .. }
            | Self::KeepAnswer { .. }
            | Self::SetCovered { .. }
            | Self::LoadUsage { .. }
            | Self::Configure(_)
            | Self::LoadImage { .. }
            | Self::SaveProvider { .. }
            | Self::RemoveProvider { .. } => Priority::Normal,
            Self::MarkRead { .. } | Self::SaveDraft { .. } | Self::RefreshModels { .. } => {
                Priority::Low
            }
        }
    }
}

/// What the backend tells the window.
#[derive(Clone, Debug, PartialEq)]
pub enum BackendEvent {
    /// All chats, newest first.
    Chats {
        /// The question.
        query: QueryId,
        /// The chats.
        chats: Vec<ChatSummary>,
    },
    /// A chat is new or changed.
    ChatChanged(ChatSummary),
    /// A page of the visible path of a chat.
    Messages {
        /// The question.
        query: QueryId,
        /// The chat.
        chat: ChatId,
        /// The page.
        page: MessagePage,
        /// What was typed but not sent.
        draft: Draft,
        /// What waits.
        queue: Vec<QueuedMessage>,
    },
    /// The draft of the new chat, as kept.
    NewChatDraft(Draft),
    /// A run began: its question (already stored) and its answer, still empty.
    RunStarted {
        /// The run.
        run: RunId,
        /// The message that is answered.
        question: Box<Message>,
        /// The answer, open and empty.
        answer: Box<Message>,
    },
    /// An event of a run.
    Run(RunEvent),
    /// The queue of a chat changed.
    Queue {
        /// The chat.
        chat: ChatId,
        /// What waits, in order.
        items: Vec<QueuedMessage>,
    },
    /// A picture was loaded, or could not be.
    ImageLoaded {
        /// Its address.
        url: String,
        /// Its bytes, still encoded.
        result: Result<Arc<[u8]>, ProviderError>,
    },
    /// Where new keys go.
    KeysKept(KeptIn),
    /// A message could not be kept and was not sent: it goes back to the composer.
    NotSent {
        /// The chat.
        chat: ChatId,
        /// The message.
        message: MessageId,
        /// All of it. The model and the parameters are those it would have been answered with,
        /// also where the chat sets them.
        draft: Draft,
    },
    /// What was used.
    Usage {
        /// The question.
        query: QueryId,
        /// The figures.
        report: UsageReport,
    },
    /// A question for a part of a chat, or about bots, cannot be answered now; a notice tells why.
    QueryFailed(QueryId),
    /// What was spent today and this month.
    Spent(Spent),
    /// The models used last, newest first.
    Recents(Vec<ModelId>),
    /// A provider is new or changed.
    ProviderChanged(ProviderState),
    /// How a provider stands, while its models are what they were: lists can be long.
    ProviderStatus {
        /// Which.
        provider: ProviderId,
        /// How it stands.
        status: ProviderStatus,
        /// When its models were asked for last.
        listed: Option<Timestamp>,
    },
    /// A provider is gone.
    ProviderRemoved(ProviderId),
    /// All bots, whenever one of them changed.
    Bots(Arc<Library>),
    /// What was in the editor of bots and not saved when the app ended; told once, behind all bots.
    EditKept(Box<EditedBot>),
    /// The versions of a bot, newest first.
    BotVersions {
        /// The question.
        query: QueryId,
        /// Which bot.
        bot: BotId,
        /// All that were saved.
        versions: Vec<BotVersionInfo>,
    },
    /// What was read to be imported, in the order of the source.
    BotsRead {
        /// The question.
        query: QueryId,
        /// The bots, and what could not be read.
        read: Vec<Result<BotRead, BotProblem>>,
    },
    /// A bot as text for the clipboard.
    BotText {
        /// Its name.
        name: String,
        /// The text.
        text: String,
    },
    /// A bot was written to a file.
    BotExported {
        /// Its name.
        name: String,
        /// The file.
        to: PathBuf,
        /// What the format has no place for, in sentences.
        losses: Vec<String>,
    },
    /// Something about remote servers and the chats on them.
    Remote(RemoteEvent),
    /// Something to be told once.
    Notice(Notice),
}
