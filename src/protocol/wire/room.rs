//! Who takes part in a room of a gateway, as far as clients need it to name who speaks.

use serde::{Deserialize, Serialize};

use crate::protocol::{BotColor, BotIcon, BotId, CastMember, CastRoom, Params, SpeakingOrder};

/// The room of a chat. What its members are told stays with the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireRoom {
    /// In which order they speak.
    pub order: SpeakingOrder,
    /// The moderator, or who concludes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leader: Option<BotId>,
    /// How often each speaks after a message of the user.
    pub rounds: u32,
    /// So many answers follow a message of the user at most.
    pub most_answers: u32,
    /// Who takes part.
    pub members: Vec<WireMember>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireMember {
    /// Its id in the room.
    pub id: BotId,
    /// For people.
    pub name: String,
    /// What stands in its tile.
    #[serde(default)]
    pub icon: BotIcon,
    /// The colour of its tile.
    #[serde(default)]
    pub color: BotColor,
}

impl From<&CastRoom> for WireRoom {
    fn from(room: &CastRoom) -> Self {
        let member = |member: &CastMember| WireMember {
            id: member.id.clone(),
            name: member.name.clone(),
            icon: member.icon,
            color: member.color,
        };
        Self {
            order: room.order,
            leader: room.leader.clone(),
            rounds: room.rounds,
            most_answers: room.most_answers,
            members: room.members.iter().map(member).collect(),
        }
    }
}

impl From<WireRoom> for CastRoom {
    fn from(room: WireRoom) -> Self {
        let member = |member: WireMember| CastMember {
            id: member.id,
            name: member.name,
            icon: member.icon,
            color: member.color,
            instructions: String::new(),
            model: None,
            params: Params::default(),
        };
        Self {
            order: room.order,
            leader: room.leader,
            rounds: room.rounds,
            most_answers: room.most_answers,
            members: room.members.into_iter().map(member).collect(),
        }
    }
}
