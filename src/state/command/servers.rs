//! What the user asks for about remote servers.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;

use super::super::{Consent, Key, ServerForm, Shortcut};
use crate::protocol::{BotId, KeyChange, ModelId, ServerConfig, ServerId, ToolCallId};

/// A command about remote servers.
#[derive(Clone, Debug)]
pub enum ServerCommand {
    /// Show a form of the servers page, or close it.
    Edit(ServerForm),
    /// Add or change a server.
    Save {
        /// How it is reached.
        config: ServerConfig,
        /// What happens to its token.
        token: KeyChange,
    },
    /// Try a server without keeping it.
    Test {
        /// How it is reached.
        config: ServerConfig,
        /// Its token.
        token: KeyChange,
    },
    /// Ask a server for a token with the code that it showed.
    Pair {
        /// How it is reached.
        config: ServerConfig,
        /// The code.
        code: SecretString,
    },
    /// Remove a server and its token.
    Remove(ServerId),
    /// Link now; to all servers without one.
    LinkNow(Option<ServerId>),
    /// Choose a server's model for the chat to come.
    ChooseModel {
        /// The server.
        server: ServerId,
        /// The model.
        model: ModelId,
    },
    /// Begin a chat with a bot of a server.
    Start {
        /// The server.
        server: ServerId,
        /// The bot, by its id there.
        bot: BotId,
        /// What was answered to its questions.
        answers: BTreeMap<String, String>,
    },
    /// No longer wait for the agent of the chat on screen: the chat goes.
    StopLoading,
    /// Load older chats of a server.
    LoadChats(ServerId),
    /// Answer a tool call of the chat on screen that waits for consent.
    Answer {
        /// Which; the first one that waits without.
        call: Option<ToolCallId>,
        /// Whether it may run.
        consent: Consent,
        /// Other arguments.
        args: Option<Value>,
    },
}

impl ServerCommand {
    /// Those that make sense from the palette.
    pub fn palette() -> Vec<Self> {
        let answer = |consent| Self::Answer { call: None, consent, args: None };
        vec![
            Self::Edit(ServerForm::New),
            Self::LinkNow(None),
            answer(Consent::Once),
            answer(Consent::Deny),
        ]
    }

    /// What it is called in menus and in the palette.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Edit(ServerForm::New) => "Add server…",
            Self::Edit(ServerForm::Server(_)) => "Edit server…",
            Self::Edit(ServerForm::Closed) => "Cancel",
            Self::Save { .. } => "Save",
            Self::Test { .. } => "Test",
            Self::Pair { .. } => "Pair",
            Self::Remove(_) => "Remove server",
            Self::LinkNow(None) => "Connect to all servers now",
            Self::LinkNow(Some(_)) => "Connect now",
            Self::ChooseModel { .. } => "Choose model",
            Self::Start { .. } => "Start chat",
            Self::StopLoading => "Cancel",
            Self::LoadChats(_) => "Load older chats",
            Self::Answer { consent: Consent::Once, .. } => "Allow the tool once",
            Self::Answer { consent: Consent::Chat, .. } => "Allow the tool in this chat",
            Self::Answer { consent: Consent::Deny, .. } => "Deny the tool",
        }
    }

    /// The shortcut, where there is one.
    pub fn shortcut(&self) -> Option<Shortcut> {
        match self {
            Self::Answer { call: None, consent: Consent::Once, .. } => {
                Some(Shortcut::command_shift(Key::Char('Y')))
            }
            Self::Answer { call: None, consent: Consent::Deny, .. } => {
                Some(Shortcut::command_shift(Key::Char('X')))
            }
            Self::Answer { .. }
            | Self::Edit(_)
            | Self::Save { .. }
            | Self::Test { .. }
            | Self::Pair { .. }
            | Self::Remove(_)
            | Self::LinkNow(_)
            | Self::ChooseModel { .. }
            | Self::Start { .. }
            | Self::StopLoading
            | Self::LoadChats(_) => None,
        }
    }
}
