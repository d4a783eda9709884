//! A room as one of its members sees it: what the others say comes from outside, as text.

use crate::protocol::{BotId, Cast, CastRoom, Message, Part, Role, Round};

/// The path for a speaker. Messages of others are the user's turns for it, `Name: text`; its own
/// stay what they are, with all that only their model understands.
pub(super) fn seen(
    cast: &Cast,
    room: &CastRoom,
    speaker: &BotId,
    path: Vec<Message>,
) -> Vec<Message> {
    let hidden = hidden(room, speaker, &path);
    let shown =
        path.into_iter().enumerate().filter(|(at, _)| *at < hidden.start || *at >= hidden.end);
    shown.map(|(_, message)| as_seen(cast, speaker, message)).collect()
}

/// Which messages the speaker does not see: those of the present turn around the room, where all
/// answer for themselves and one concludes.
fn hidden(room: &CastRoom, speaker: &BotId, path: &[Message]) -> std::ops::Range<usize> {
    let nothing = path.len()..path.len();
    let (Some(round), false) = (Round::of(path.iter()), room.leader() == Some(speaker)) else {
        return nothing;
    };
    let mut unseen = room.unseen(&round);
    let mut start = path.len();
    // Answers that broke off count for none, and hide with the others.
    for message in path.iter().rev() {
        let is_own = message.bot.as_ref() == Some(speaker);
        if unseen == 0 || message.role != Role::Assistant || is_own {
            break;
        }
        start -= 1;
        unseen -= usize::from(Round::is_whole(message));
    }
    start..path.len()
}

fn as_seen(cast: &Cast, speaker: &BotId, message: Message) -> Message {
    if message.role != Role::Assistant || message.bot.as_ref() == Some(speaker) {
        return message;
    }
    let name = message.bot.as_ref().map_or(cast.name.as_str(), |bot| cast.name_of(bot));
    let text = message.text();
    let mut parts = Vec::new();
    if !text.trim().is_empty() {
        parts.push(Part::Text { text: format!("{name}: {text}") });
    }
    // A notice may keep the start of the chat from all of them.
    parts.extend(message.parts.into_iter().filter(|part| matches!(part, Part::Notice { .. })));
    Message { role: Role::User, answer: None, parts, ..message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{
        Answer, AnswerStatus, BotColor, BotIcon, BotVersion, CastMember, ChatId, MessageId,
        ModelId, Params, RunId, SpeakingOrder, Timestamp,
    };
    use uuid::Uuid;

    fn cast(order: SpeakingOrder) -> Cast {
        let member = |id: &str| CastMember {
            id: id.into(),
            name: id.to_uppercase(),
            icon: BotIcon::default(),
            color: BotColor::default(),
            instructions: String::new(),
            model: None,
            params: Params::default(),
        };
        let members = ["a", "b", "c"].map(member).to_vec();
        let leader = Some("c".into());
        Cast {
            bot: "room".into(),
            version: BotVersion::FIRST,
            name: "Room".to_owned(),
            icon: BotIcon::default(),
            color: BotColor::default(),
            instructions: String::new(),
            values: Default::default(),
            starters: Vec::new(),
            tools: Vec::new(),
            room: Some(CastRoom { order, leader, rounds: 2, most_answers: 12, members }),
        }
    }

    /// `u` is the user; a letter a member; a capital one broke off.
    fn path(speakers: &str) -> Vec<Message> {
        let message = |(at, letter): (usize, char)| {
            let id = MessageId(Uuid::from_u128(at as u128 + 1));
            let parts = vec![Part::Text { text: format!("{at}") }];
            let message = Message::new(id, ChatId(Uuid::nil()), Role::User, Timestamp(0), parts);
            if letter == 'u' {
                return message;
            }
            let status = match letter.is_lowercase() {
                true => AnswerStatus::Complete,
                false => AnswerStatus::Stopped,
            };
            let answer = Answer::open(ModelId::new("test", "one"), RunId(Uuid::nil()));
            Message {
                role: Role::Assistant,
                answer: Some(Answer { status, ..answer }),
                bot: Some(BotId(letter.to_lowercase().to_string())),
                ..message
            }
        };
        speakers.chars().enumerate().map(message).collect()
    }

    fn shown(order: SpeakingOrder, speaker: &str, speakers: &str) -> String {
        let cast = cast(order);
        let seen = seen(&cast, cast.room.as_ref().unwrap(), &speaker.into(), path(speakers));
        let words: Vec<String> = seen
            .iter()
            .map(|message| match message.role {
                Role::Assistant => format!("me {}", message.text()),
                Role::User | Role::System => message.text(),
            })
            .collect();
        words.join(" | ")
    }

    #[test]
    fn others_speak_from_outside_and_only_what_a_speaker_may_know() {
        use SpeakingOrder::{Concluded, InTurn};
        let table = [
            (InTurn, "a", "u", "0"),
            (InTurn, "b", "ua", "0 | A: 1"),
            (InTurn, "a", "uabc", "0 | me 1 | B: 2 | C: 3"),
            (InTurn, "b", "uaB", "0 | A: 1 | me 2"),
            (Concluded, "b", "ua", "0"),
            (Concluded, "b", "uAa", "0 | A: 1"),
            (Concluded, "c", "uab", "0 | A: 1 | B: 2"),
            (Concluded, "a", "uabc", "0 | me 1 | B: 2 | C: 3"),
            (Concluded, "b", "uabca", "0 | A: 1 | me 2 | C: 3"),
            (Concluded, "b", "uabcua", "0 | A: 1 | me 2 | C: 3 | 4"),
        ];
        for (order, speaker, speakers, expected) in table {
            let shown = shown(order, speaker, speakers);
            assert_eq!(shown, expected, "{order:?} {speaker} {speakers}");
        }
    }
}
