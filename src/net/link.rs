//! The desktop's side of the wire: one supervisor for each server.

mod address;
mod classic;
mod pace;
mod shell;
pub mod step;
mod watch;

pub use pace::{LinkClock, Pace};
pub use shell::{LinkTask, start};

use std::fmt;

use secrecy::SecretString;

use crate::protocol::{CommandFrame, FromServer, LinkState, ResumeFrom, ServerConfig, Welcome};

/// What a link is made of.
#[derive(Debug)]
pub struct LinkConfig {
    /// How the server is reached.
    pub server: ServerConfig,
    /// Lets us in.
    pub token: Option<SecretString>,
    /// Who we are to it, for ever.
    pub client_id: String,
    /// Runs that are open, asked for at every return.
    pub positions: Box<dyn Positions>,
}

/// How far the runs of a server were applied.
pub trait Positions: Send + Sync + fmt::Debug {
    /// All that are open.
    fn open_runs(&self) -> Vec<ResumeFrom>;
}

/// What is asked of a link.
#[derive(Debug)]
pub enum LinkInput {
    /// Send a command. While the link is not ready it is refused: what must not be lost waits in
    /// the caller's outbox and is sent again after `Up`.
    Send(CommandFrame),
    /// Try now.
    Now,
    /// The network is another one than before, or the machine woke up.
    NetworkChanged,
    /// The token was changed.
    Token(Option<SecretString>),
}

/// What a link tells.
#[derive(Debug)]
pub enum LinkEvent {
    /// It changed its state.
    State(LinkState),
    /// It is ready. Without a welcome the server is plain.
    Up(Option<Welcome>),
    /// It is not ready any more.
    Down,
    /// Something came.
    Came(FromServer),
    /// A command could not be sent, and was not.
    NotSent(CommandFrame),
}
