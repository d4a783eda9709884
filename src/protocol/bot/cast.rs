//! Who takes part in a chat, as they were when it began.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BotColor, BotIcon, BotVersion, SpeakingOrder};
use crate::protocol::{BotId, ChatId, ChatOptions, Message, ModelId, Params, Timestamp};

/// A bot or a room as a chat keeps it: texts filled in, models chosen, tools confirmed. A newer
/// version of the bot changes nothing here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cast {
    /// Which bot it was made of.
    pub bot: BotId,
    /// Which version of it.
    pub version: BotVersion,
    /// For people.
    pub name: String,
    /// What stands in its tile.
    pub icon: BotIcon,
    /// The colour of its tile.
    pub color: BotColor,
    /// What a bot is told, or all members of a room; variables are filled in.
    pub instructions: String,
    /// What was answered to the bot's questions.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Messages to begin with, for the user to pick from.
    #[serde(default)]
    pub starters: Vec<String>,
    /// Tools that the user confirmed.
    #[serde(default)]
    pub tools: Vec<String>,
    /// Who takes part, where several do.
    #[serde(default)]
    pub room: Option<CastRoom>,
}

/// The room of a chat.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CastRoom {
    /// In which order they speak.
    pub order: SpeakingOrder,
    /// The moderator, or who concludes.
    pub leader: Option<BotId>,
    /// How often each speaks after a message of the user.
    pub rounds: u32,
    /// So many answers follow a message of the user at most.
    pub most_answers: u32,
    /// Who takes part.
    pub members: Vec<CastMember>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CastMember {
    /// Its id in the room.
    pub id: BotId,
    /// For people.
    pub name: String,
    /// What stands in its tile.
    pub icon: BotIcon,
    /// The colour of its tile.
    pub color: BotColor,
    /// What it is told besides what all are told; variables are filled in.
    pub instructions: String,
    /// The model that was chosen for it; the chat's without.
    pub model: Option<ModelId>,
    /// How it answers, where the chat does not say.
    pub params: Params,
}

impl Cast {
    /// A member of the room.
    pub fn member(&self, id: &BotId) -> Option<&CastMember> {
        self.room.as_ref()?.members.iter().find(|member| member.id == *id)
    }
}

/// What a list of chats tells of a chat's bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatBot {
    /// Which bot.
    pub id: BotId,
    /// Which version the chat keeps.
    pub version: BotVersion,
    /// For people.
    pub name: String,
    /// What stands in its tile.
    pub icon: BotIcon,
    /// The colour of its tile.
    pub color: BotColor,
    /// The model that suits it, where the user's default does not.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// Whether it is a room.
    #[serde(default)]
    pub room: bool,
}

/// A chat that begins with a bot.
#[derive(Clone, Debug, PartialEq)]
pub struct StartChat {
    /// The chat to be made.
    pub chat: ChatId,
    /// What the list of chats tells of it.
    pub bot: ChatBot,
    /// All of it.
    pub cast: Cast,
    /// How its messages are answered.
    pub options: ChatOptions,
    /// The messages that it opens with, each below the one before.
    pub seeds: Vec<Message>,
    /// A try in the editor: no list shows it, and it goes when the editor closes.
    pub test: bool,
    /// When it began.
    pub created: Timestamp,
}
