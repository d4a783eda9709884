//! What a speaker is told: the engine says it, the editor shows it.

use super::{Cast, CastMember, CastRoom, SpeakingOrder};
use crate::protocol::BotId;

impl Cast {
    /// What who speaks under an id is told: the bot's instructions; in a room those of all, the
    /// member's own, and what a room is.
    pub fn told(&self, id: &BotId) -> String {
        let mut texts = vec![self.instructions.clone()];
        if let Some((room, member)) = self.room.as_ref().zip(self.member(id)) {
            texts.push(member.instructions.clone());
            texts.push(frame(self, room, member));
        }
        texts.retain(|text| !text.trim().is_empty());
        texts.join("\n\n")
    }
}

/// How a room works, for one of its members.
fn frame(cast: &Cast, room: &CastRoom, member: &CastMember) -> String {
    let others = room.members.iter().filter(|other| other.id != member.id);
    let others: Vec<&str> = others.map(|other| other.name.as_str()).collect();
    let (name, others) = (&member.name, others.join(", "));
    let mut text = format!(
        "You take part in \"{}\", a conversation of several participants with the user. You are \
         {name}. The others are: {others}. What another participant said is shown to you as \
         \"Name: text\"; what has no name before it is said by the user, or by you. Speak only as \
         {name}: never write what another participant or the user says, and do not put your name \
         before your text.",
        cast.name
    );
    let leads = room.leader() == Some(&member.id);
    match room.order {
        SpeakingOrder::InTurn => {}
        SpeakingOrder::ByMention => text.push_str(
            " To let another participant speak next, write @ and the name. When nobody is named, \
             the user has the word.",
        ),
        SpeakingOrder::Moderated if leads => text.push_str(
            " You moderate: after each of your messages the participant speaks whom you name with \
             @ and the name, one at a time. Name nobody when the user shall have the word.",
        ),
        SpeakingOrder::Moderated => {
            text.push_str(" A moderator decides who speaks; you need not name anybody.");
        }
        SpeakingOrder::Concluded if leads => text.push_str(
            " The others answer without seeing one another's answers; you speak after them and \
             conclude.",
        ),
        SpeakingOrder::Concluded => text.push_str(
            " Each of you answers without seeing what the others answer now; one of you concludes \
             afterwards.",
        ),
    }
    text
}
