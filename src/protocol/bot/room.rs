//! Rooms: several bots in one chat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BotColor, BotIcon, BotParameters, ModelPreference};
use crate::protocol::BotId;

/// Who takes part in a room, in which order they speak, and when they stop.
///
/// They speak after each message of the user. A message that names one with `@` is answered by
/// that one alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// In which order they speak.
    pub order: SpeakingOrder,
    /// The moderator, or who concludes, by id: for `moderated` and `concluded`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<BotId>,
    /// How often each speaks after a message of the user: for `in_turn` and `concluded`.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10))]
    pub rounds: u32,
    /// So many answers follow a message of the user at most.
    #[serde(default = "most_answers")]
    #[schemars(range(min = 1, max = 50))]
    pub most_answers: u32,
    /// Two to eight.
    #[schemars(length(min = 2, max = 8))]
    pub members: Vec<RoomMember>,
}

fn one() -> u32 {
    1
}

fn most_answers() -> u32 {
    12
}

/// In which order the members of a room speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpeakingOrder {
    /// One after the other as they are listed, so many rounds.
    InTurn,
    /// Who is named with `@` in what was said last; the first member where nobody is. Ends when
    /// an answer names nobody.
    ByMention,
    /// The leader first, and again after each answer; it names with `@` who speaks next, and ends
    /// it by naming nobody.
    Moderated,
    /// All but the leader answer without seeing one another's answers of this round, then the
    /// leader sums up.
    Concluded,
}

/// A bot that takes part in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoomMember {
    /// Lower case letters, digits and dashes; unique in the room.
    pub id: BotId,
    /// For people; `@name` addresses it.
    pub name: String,
    /// What stands in its tile.
    #[serde(default)]
    pub icon: BotIcon,
    /// The colour of its tile.
    #[serde(default)]
    pub color: BotColor,
    /// What it is told besides what all are told.
    pub instructions: String,
    /// Which models suit it.
    #[serde(default, skip_serializing_if = "ModelPreference::is_any")]
    pub model: ModelPreference,
    /// How it answers.
    #[serde(default, skip_serializing_if = "BotParameters::is_default")]
    pub parameters: BotParameters,
}
