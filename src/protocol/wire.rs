//! The wire between a desktop and a gateway: what stands in a frame besides events of runs.
//!
//! A frame is JSON with `type` and `payload`; events of runs are [`Frame`]s. An unknown type is
//! told from a wrong one, so that old and new peers work together.

mod decode;
mod fields;
mod lenient;
mod room;

pub use decode::{read_from_client, read_from_server};
pub use room::{WireMember, WireRoom};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BotId, ChatId, ChatSummary, ErrorKind, Frame, Message, MessageId, ModelInfo, Part, Role, RunId,
    Seq, SessionId, StopMode, StreamEvent, Timestamp, ToolCallId, Variable,
};

/// The longest frame, in bytes.
pub const FRAME_LIMIT: usize = 8 * 1024 * 1024;

/// The most messages in a page.
pub const PAGE_LIMIT: usize = 200;

/// What a desktop asks of a gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    content = "payload",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum ClientCommand {
    /// The first frame of every socket.
    Hello(Hello),
    /// A message of the user.
    Chat(Box<ChatCommand>),
    /// Stop a run.
    #[serde(alias = "stop")]
    Cancel {
        /// Which run.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_id: Option<RunId>,
        /// Or the run of which chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
        /// How.
        #[serde(default)]
        mode: StopMode,
    },
    /// The user's answer to `approval_needed`.
    Approval(ApprovalAnswer),
    /// Follow a chat. With a bot, the chat begins with it where it does not exist.
    Subscribe {
        /// Which.
        chat_id: ChatId,
        /// Of its open run, only what follows this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after_seq: Option<Seq>,
        /// The bot that it begins with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bot_id: Option<BotId>,
        /// What is answered to the bot's questions, by the names of its variables.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        variables: BTreeMap<String, String>,
    },
    /// No longer follow a chat.
    Unsubscribe {
        /// Which.
        chat_id: ChatId,
    },
    /// Which models there are.
    ListModels {},
    /// Which bots there are.
    ListBots {},
    /// Which chats there are, newest first.
    ListChats {
        /// Only chats that changed before this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Timestamp>,
        /// At most this many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    },
    /// A page of the visible path of a chat.
    LoadMessages {
        /// Which.
        chat_id: ChatId,
        /// Only what lies above this message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<MessageId>,
        /// At most this many, 200 at the most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<usize>,
    },
}

impl ClientCommand {
    /// Follow a chat that is there, and of its open run what comes after an event.
    pub fn follow(chat_id: ChatId, after_seq: Option<Seq>) -> Self {
        Self::Subscribe { chat_id, after_seq, bot_id: None, variables: BTreeMap::new() }
    }
}

/// Who comes, and what it has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The version of the wire it speaks.
    pub protocol: u32,
    /// Name and version of the program.
    pub client: String,
    /// The same for both sockets of a pair, and after every return.
    pub client_id: String,
    /// Runs that were open when it left.
    #[serde(default)]
    pub resume: Vec<ResumeFrom>,
}

/// How far a client has a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumeFrom {
    /// The run.
    pub run_id: RunId,
    /// Its last event that was applied; 0 without any.
    pub after_seq: Seq,
}

/// A message of the user on the wire.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatCommand {
    /// What the user wrote.
    pub message: String,
    /// The same id twice starts one run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<MessageId>,
    /// The chat; a new one without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_id: Option<ChatId>,
    /// The bot that a new chat begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bot_id: Option<BotId>,
    /// What is answered to that bot's questions, by the names of its variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Who shall answer, as `provider/model` of the gateway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What the model is told first, for this message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// The message it follows: the end of the visible path where it is not said, and where it is
    /// `null` the beginning of the chat, beside its first question.
    #[serde(
        default,
        deserialize_with = "lenient::present",
        skip_serializing_if = "Option::is_none"
    )]
    pub reply_to_id: Option<Option<MessageId>>,
    /// Images and files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Part>,
}

/// What the user said to a tool call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApprovalAnswer {
    /// The call.
    pub id: ToolCallId,
    /// Whether it may run.
    pub approved: bool,
    /// Of the arguments that were shown.
    pub args_hash: String,
    /// Other arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_args: Option<Value>,
    /// For how long it counts.
    #[serde(default)]
    pub scope: ApprovalScope,
}

/// For how long an approval counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalScope {
    /// For this call.
    #[default]
    Once,
    /// For this tool in this chat.
    Chat,
}

/// A command with its name: its `ack` or `error` repeats it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandFrame {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is asked.
    #[serde(flatten)]
    pub command: ClientCommand,
}

/// What a gateway says besides events of runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    content = "payload",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum ServerMessage {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// A command was taken.
    Ack {
        /// Its name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The run that it started, or started before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run_id: Option<RunId>,
        /// The answer to come.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_id: Option<MessageId>,
        /// The chat, where the gateway made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
    },
    /// A chat can be written to.
    AgentReady {
        /// `<bot>_<number>`.
        session_id: SessionId,
        /// The chat.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        chat_id: Option<ChatId>,
        /// The bot.
        bot_id: BotId,
        /// What it is told.
        system: String,
        /// How the chat opens.
        #[serde(default)]
        seeds: Vec<WireSeed>,
        /// Who takes part, where several bots do.
        #[serde(
            default,
            deserialize_with = "lenient::readable",
            skip_serializing_if = "Option::is_none"
        )]
        room: Option<WireRoom>,
    },
    /// The answer to `list_models`.
    Models {
        /// The command's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// All that the client may use.
        models: Vec<ModelInfo>,
    },
    /// The answer to `list_bots`.
    Bots {
        /// The command's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// All that the client may use.
        bots: Vec<RemoteBot>,
    },
    /// The answer to `list_chats`; without a name, chats that were just made, named or changed.
    Chats {
        /// The command's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Newest first.
        chats: Vec<ChatSummary>,
        /// Whether there are older ones.
        #[serde(default)]
        has_older: bool,
    },
    /// The answer to `load_messages`.
    Messages {
        /// The command's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// The chat.
        chat_id: ChatId,
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether the path goes on above the first.
        #[serde(default)]
        has_older: bool,
        /// The open run of the last one, and its last event that is part of the page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        applied: Option<ResumeFrom>,
    },
    /// A message that came from elsewhere: another client, or a platform.
    PlatformMessage {
        /// The bot.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bot_id: Option<BotId>,
        /// The chat.
        chat_id: ChatId,
        /// Who speaks.
        role: Role,
        /// What is said.
        content: String,
        /// Its identity.
        message_id: MessageId,
        /// Where it came from.
        #[serde(default)]
        platform: String,
    },
    /// A run began: its question is stored and its answer is still empty.
    RunStarted {
        /// The question.
        question: Box<Message>,
        /// The answer.
        answer: Box<Message>,
    },
    /// A command failed, or a frame could not be read.
    Error {
        /// The command's name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// One line for people.
        message: String,
        /// What callers match on: `bad_frame`, `forbidden`, `not_found`, `busy`, …
        code: String,
        /// The field's own kind.
        kind: ErrorKind,
        /// Whether the same command may be sent again.
        #[serde(default)]
        retryable: bool,
    },
}

/// The gateway knows the client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Welcome {
    /// The version of the wire it speaks.
    pub protocol: u32,
    /// The gateway, for ever.
    pub server_id: String,
    /// Another one than before: its journal is not the one it had, and nothing is resumed.
    pub epoch: String,
    /// The session.
    pub session_id: SessionId,
    /// How often it sends a sign of life, in milliseconds.
    pub heartbeat_ms: u64,
    /// Runs that go on.
    #[serde(default)]
    pub resumed: Vec<ResumedFrom>,
    /// Runs that it no longer has: the client loads their chats instead.
    #[serde(default)]
    pub gone: Vec<RunId>,
    /// What the token may do.
    #[serde(default)]
    pub access: Access,
}

/// From where a run is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResumedFrom {
    /// The run.
    pub run_id: RunId,
    /// The first event that follows.
    pub from_seq: Seq,
}

/// What a token may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// All.
    Owner,
    /// Chats of its own, models that the configuration lists, no tools that write.
    #[default]
    Guest,
}

/// A bot of a gateway, as its lists tell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoteBot {
    /// Its identity there.
    pub id: BotId,
    /// Its name.
    pub name: String,
    /// One sentence.
    #[serde(default)]
    pub description: String,
    /// The whole template as YAML, where the client may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What it asks before a chat begins.
    #[serde(
        default,
        deserialize_with = "lenient::all_readable",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub variables: Vec<Variable>,
}

/// A message that a chat opens with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireSeed {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// What came from a gateway.
#[derive(Clone, Debug, PartialEq)]
pub enum FromServer {
    /// An event of a run, with its place.
    Event(Box<Frame>),
    /// Something else.
    Said(Box<ServerMessage>),
    /// An event of a server that numbers nothing.
    Plain(Box<PlainEvent>),
    /// Of a newer peer: counted and ignored.
    Unknown(String),
}

/// An event of a server that knows only `type` and `payload`.
#[derive(Clone, Debug, PartialEq)]
pub struct PlainEvent {
    /// The chat, where it says so.
    pub chat: Option<ChatId>,
    /// What happened. Offsets and ids that were not sent are zero.
    pub event: StreamEvent,
}

/// Why a frame cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadFrame(pub String);

/// What came from a desktop.
#[derive(Clone, Debug, PartialEq)]
pub enum FromClient {
    /// A command.
    Command(Box<CommandFrame>),
    /// Of a newer peer: counted and ignored. With the frame's name.
    Unknown {
        /// Its type.
        kind: String,
        /// Its name.
        id: Option<String>,
    },
}
