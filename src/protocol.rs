//! The one vocabulary of the house: ids, messages, stream events, commands, errors.
//!
//! The channels of the desktop and the frames of the gateway carry these same types.
//! Nothing here does I/O, knows a clock, or imports another module of ours.

mod address;
mod agent;
mod amount;
mod bot;
mod chat;
mod command;
mod error;
mod event;
mod fold;
mod header;
mod id;
mod message;
mod notice;
mod provider;
mod server;
mod tokens;
mod tool;
mod usage;
mod wire;

pub use address::{
    ServerAddress, address_problem, is_same_server, server_address, variable_problem,
};
pub use agent::{AgentState, StateCause};
pub use amount::{NEARLY_ALL, dollars, tokens};
pub use bot::check;
pub use bot::{
    Ability, Bot, BotColor, BotEntry, BotFormat, BotIcon, BotOrigin, BotParameters, BotProblem,
    BotRead, BotVersion, BotVersionInfo, Cast, CastMember, CastRoom, Category, ChatBot, Conflict,
    EditedBot, Haystack, Library, ModelPreference, NextSpeaker, ParseBotVersionError, PriceClass,
    Room, RoomMember, Round, Seed, SpeakingOrder, StartChat, ToolNeed, Variable, VariableKind,
    unwrapped,
};
pub use chat::{
    ChatOptions, ChatSummary, Draft, Fallback, HelpHit, HelpPage, HelpSearch, MessagePage,
    QueuedMessage,
};
pub use command::{
    Alternative, BackendCommand, BackendEvent, BotSource, KeyChange, MOST_COMPARED, MakeRoom,
    Place, Priority, RegenerateRequest, RemoteCommand, RemoteEvent, SaveBot, SendRequest, StopMode,
};
pub use error::{ErrorInfo, ErrorKind, ProviderError};
pub use event::{
    Frame, NotificationLevel, PROTOCOL_VERSION, ResumePoint, RiskLevel, RunEvent, RunStatus,
    StreamEvent,
};
pub use fold::Applied;
pub use header::header_problem;
pub use id::{
    BotId, ChatId, IdSource, MessageId, ModelId, ParseModelIdError, ProviderId, QueryId, RunId,
    Seq, SessionId, Timestamp, ToolCallId,
};
pub use message::{
    Answer, AnswerStatus, ContextUse, Covers, Effort, Message, Params, Part, Role, Siblings, Usage,
};
pub use notice::{Notice, NoticeCode};
pub use provider::{
    Abilities, KeptIn, KeySource, KnownProvider, ModelEdit, ModelInfo, ProviderConfig,
    ProviderKind, ProviderOptions, ProviderState, ProviderStatus, Takes,
};
pub use server::{Carrier, LinkState, ServerConfig, ServerFound, ServerId, ServerState, slug};
pub use tokens::tokens_in;
pub use tool::{KnownTool, TOOLS, known_tool};
pub use usage::{
    Budget, EngineSettings, ModelTotals, RunTotals, Spent, UsageRange, UsageReport, UsageSum,
};
pub use wire::{
    Access, ApprovalAnswer, ApprovalScope, BadFrame, ChatCommand, ClientCommand, CommandFrame,
    FRAME_LIMIT, FromClient, FromServer, Hello, PAGE_LIMIT, PlainEvent, RemoteBot, ResumeFrom,
    ResumedFrom, ServerMessage, Welcome, WireMember, WireRoom, WireSeed, read_from_client,
    read_from_server,
};
