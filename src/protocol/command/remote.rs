//! What the window asks about remote servers, and what it is told.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::super::{
    ApprovalAnswer, BotId, ChatId, LinkState, ProviderError, QueryId, ServerConfig, ServerFound,
    ServerId, ServerState, Timestamp,
};
use super::{KeyChange, Priority};

/// What the window asks.
#[derive(Clone, Debug)]
pub enum RemoteCommand {
    /// Add or change a remote server, keep its token, and link to it.
    Save {
        /// How it is reached.
        config: ServerConfig,
        /// What happens to its token.
        token: KeyChange,
    },
    /// Forget a remote server and its token. Its chats stay, as they are.
    Remove {
        /// Which.
        server: ServerId,
    },
    /// Try a server without keeping it.
    Test {
        /// The question.
        query: QueryId,
        /// How it is reached.
        config: ServerConfig,
        /// Its token; the kept one with `Keep`.
        token: KeyChange,
    },
    /// Ask a server for a token of its own, with the code that it showed once, and keep both.
    Pair {
        /// The question.
        query: QueryId,
        /// How it is reached.
        config: ServerConfig,
        /// The code.
        code: SecretString,
    },
    /// Link now: the next try is not waited for.
    LinkNow {
        /// To which; to all without one.
        server: Option<ServerId>,
    },
    /// Begin a chat with a bot of a server.
    OpenChat {
        /// The chat to come.
        chat: ChatId,
        /// The server.
        server: ServerId,
        /// The bot.
        bot: BotId,
        /// What was answered to the bot's questions.
        answers: BTreeMap<String, String>,
        /// When it was asked for.
        created: Timestamp,
    },
    /// Load more of a server's chats, older than those that are known.
    LoadChats {
        /// Which server.
        server: ServerId,
    },
    /// Answer a tool call that waits for consent.
    Approve {
        /// The chat.
        chat: ChatId,
        /// The answer.
        answer: ApprovalAnswer,
    },
}

impl RemoteCommand {
    /// The question that waits for an answer.
    pub fn query(&self) -> Option<QueryId> {
        let (Self::Test { query, .. } | Self::Pair { query, .. }) = self else { return None };
        Some(*query)
    }

    /// How urgent it is.
    pub fn priority(&self) -> Priority {
        match self {
            Self::LinkNow { .. } | Self::Approve { .. } => Priority::High,
            Self::Save { .. }
            | Self::Remove { .. }
            | Self::Test { .. }
            | Self::Pair { .. }
            | Self::OpenChat { .. } => Priority::Normal,
            Self::LoadChats { .. } => Priority::Low,
        }
    }
}

/// What the window is told.
#[derive(Clone, Debug, PartialEq)]
pub enum RemoteEvent {
    /// A remote server is new or changed.
    Changed(Box<ServerState>),
    /// A remote server is gone.
    Removed(ServerId),
    /// A link changed its state.
    LinkChanged {
        /// Whose.
        server: ServerId,
        /// How it stands.
        link: LinkState,
    },
    /// A server was tried.
    Tested {
        /// The question.
        query: QueryId,
        /// What was found.
        result: Result<ServerFound, ProviderError>,
    },
    /// A server gave a token, which is kept, or did not.
    Paired {
        /// The question.
        query: QueryId,
        /// The server.
        result: Result<ServerId, ProviderError>,
    },
    /// The visible path of a chat was changed elsewhere: who shows it reads it again.
    PathChanged {
        /// Which.
        chat: ChatId,
    },
    /// A chat on a server can be written to.
    AgentReady {
        /// Which.
        chat: ChatId,
    },
}
