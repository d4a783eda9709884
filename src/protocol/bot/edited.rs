//! A bot in the editor, with what is not saved of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Bot, BotVersion};
use crate::protocol::BotId;

/// What the editor holds and would be lost: kept while it is typed, until it is saved or discarded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditedBot {
    /// The bot as it stands in the form.
    pub bot: Bot,
    /// Whether it is a change of the user's own bot with that id; a new bot otherwise.
    pub is_change: bool,
    /// The bot that it is made of, where it is new.
    pub base: Option<(BotId, BotVersion)>,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
    /// What is answered to the bot's questions.
    pub values: BTreeMap<String, String>,
}
