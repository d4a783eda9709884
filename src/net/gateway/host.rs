//! What stands behind the gateway's sockets: the engine's side, seen from the network.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use secrecy::SecretString;
use tokio::sync::mpsc;

use super::outbox::Outbox;
use crate::protocol::{Access, CommandFrame, Hello, Params, WireSeed};

/// A session of a client: both sockets of a pair, or one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(pub u64);

/// Who was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The id of the token; `anonymous` without one.
    pub token: String,
    /// What it may do.
    pub access: Access,
}

/// Looks at tokens and pairing codes. The host implements it.
pub trait Doorkeeper: Send + Sync + fmt::Debug {
    /// Who a token is of; none where it is wrong, expired or revoked, or missing and nobody may
    /// come in without.
    fn admit(
        &self,
        token: Option<SecretString>,
    ) -> Pin<Box<dyn Future<Output = Option<Visitor>> + Send + '_>>;

    /// A token for a code that was shown once; none where it is wrong, used or too old.
    fn pair(
        &self,
        code: SecretString,
        client: String,
    ) -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send + '_>>;
}

/// What the network tells the host.
#[derive(Debug)]
pub enum HostInput {
    /// A client said hello: for the first time, or again. It has one session by its `clientId` and
    /// token; an older one with the same ends.
    Opened {
        /// The session.
        session: SessionKey,
        /// Who it is.
        visitor: Visitor,
        /// What it said.
        hello: Hello,
        /// Where frames to it go.
        outbox: Outbox,
    },
    /// A command of a client.
    Command {
        /// The session.
        session: SessionKey,
        /// The command; never `hello`.
        frame: CommandFrame,
    },
    /// There is room again in an outbox that had none.
    Drained(SessionKey),
    /// A client is gone. Its runs go on.
    Closed(SessionKey),
    /// A request of the OpenAI-compatible API: events of its run go to the outbox as frames, and
    /// end with `done`.
    Completion {
        /// The session, for this request only.
        session: SessionKey,
        /// Who asks.
        visitor: Visitor,
        /// What is asked.
        request: Box<Completion>,
        /// Where frames go.
        outbox: Outbox,
    },
    /// The list for `/v1/models`: the ids of bots (`bot:<id>`) and models that the visitor may use.
    Names {
        /// Who asks.
        visitor: Visitor,
        /// Where they go.
        to: tokio::sync::oneshot::Sender<Vec<String>>,
    },
}

/// A request of the OpenAI-compatible API.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// `bot:<id>`, or a model as `provider/model`.
    pub model: String,
    /// What the model is told first, where the request says so.
    pub system: Option<String>,
    /// What was said before, oldest first, without the last message.
    pub before: Vec<WireSeed>,
    /// The last message, of the user.
    pub message: String,
    /// Request parameters.
    pub params: Params,
}

/// Where the network's inputs go.
pub type HostSender = mpsc::Sender<HostInput>;
