//! Who speaks in a room: the rule alone, for the engine that obeys it and the window that shows it.

use super::{Cast, CastMember, CastRoom, SpeakingOrder};
use crate::protocol::{AnswerStatus, BotId, Message, Role};

/// What was said since the user spoke last. Not what a chat opened with: that is no answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// What the user said.
    pub question: String,
    /// The whole answers in order: who gave them, and what they say. What broke off is none.
    pub answers: Vec<(BotId, String)>,
}

/// Who speaks next in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextSpeaker {
    /// This member.
    Speaks(BotId),
    /// Nobody: the user does.
    Over,
    /// Nobody, though somebody would: so many answers follow a message at most.
    TooMany,
}

impl Round {
    /// The round that a path of messages ends in; none where the user has not spoken.
    pub fn of<'a>(path: impl DoubleEndedIterator<Item = &'a Message>) -> Option<Self> {
        let mut answers: Vec<(BotId, String)> = Vec::new();
        for message in path.rev() {
            match message.role {
                Role::User => {
                    answers.reverse();
                    return Some(Self { question: message.text(), answers });
                }
                Role::System => {}
                Role::Assistant => {
                    let Some(bot) = message.bot.clone() else { continue };
                    if Self::is_whole(message) {
                        answers.push((bot, message.text()));
                    } else if let Some((_, text)) = answers.last_mut().filter(|(by, _)| *by == bot)
                    {
                        // It was gone on with: both together are one answer.
                        text.insert_str(0, &message.text());
                    }
                }
            }
        }
        None
    }

    /// Whether an answer came to its end.
    pub fn is_whole(message: &Message) -> bool {
        let status = message.answer.as_ref().map(|answer| answer.status);
        status == Some(AnswerStatus::Complete)
    }
}

impl CastRoom {
    /// Who speaks next.
    pub fn next_speaker(&self, round: &Round) -> NextSpeaker {
        let Some(next) = self.in_order(round) else { return NextSpeaker::Over };
        let most = usize::try_from(self.most_answers.max(1)).unwrap_or(usize::MAX);
        if round.answers.len() >= most {
            return NextSpeaker::TooMany;
        }
        NextSpeaker::Speaks(next)
    }

    /// The members that a text names with `@`, in the order named, each once: by name, by the
    /// first word of the name, or by id, in any case. The longest name that fits counts.
    pub fn named_in(&self, text: &str) -> Vec<BotId> {
        let lower = text.to_lowercase();
        let mut named: Vec<BotId> = Vec::new();
        for (at, _) in lower.match_indices('@') {
            let (before, behind) = lower.split_at_checked(at + 1).unwrap_or((&lower, ""));
            let before = before.strip_suffix('@').unwrap_or(before);
            // An address of mail is no call.
            if before.chars().next_back().is_some_and(char::is_alphanumeric) {
                continue;
            }
            let fits = |member: &CastMember| {
                let length = calls(member).filter(|call| begins_with(behind, call));
                length.map(|call| call.len()).max().map(|length| (length, member.id.clone()))
            };
            // Of two names that are alike the first member's counts.
            let best = self
                .members
                .iter()
                .filter_map(fits)
                .reduce(|best, other| if other.0 > best.0 { other } else { best });
            if let Some((_, id)) = best
                && !named.contains(&id)
            {
                named.push(id);
            }
        }
        named
    }

    /// The moderator, or who concludes: the last member where none is named.
    pub fn leader(&self) -> Option<&BotId> {
        let known = |id: &&BotId| self.members.iter().any(|member| member.id == **id);
        let last = || self.members.last().map(|member| &member.id);
        self.leader.as_ref().filter(known).or_else(last)
    }

    /// How many of the answers so far belong to the present turn around the room, where its
    /// members do not see one another's.
    pub fn unseen(&self, round: &Round) -> usize {
        let is_open = self.order == SpeakingOrder::Concluded
            && self.named_in(&round.question).is_empty()
            && !self.members.is_empty();
        if is_open { round.answers.len() % self.members.len() } else { 0 }
    }

    fn in_order(&self, round: &Round) -> Option<BotId> {
        let said = round.answers.len();
        let named = self.named_in(&round.question);
        if !named.is_empty() {
            return named.get(said).cloned();
        }
        let count = self.members.len();
        let all = count.checked_mul(usize::try_from(self.rounds.max(1)).ok()?)?;
        let last = round.answers.last();
        match self.order {
            SpeakingOrder::InTurn => {
                let at = (said < all).then(|| said % count)?;
                self.members.get(at).map(|member| member.id.clone())
            }
            SpeakingOrder::ByMention => match last {
                None => self.members.first().map(|member| member.id.clone()),
                Some((speaker, text)) => self.called_by(speaker, text),
            },
            SpeakingOrder::Moderated => {
                let leader = self.leader()?;
                match last {
                    Some((speaker, text)) if speaker == leader => self.called_by(leader, text),
                    Some(_) | None => Some(leader.clone()),
                }
            }
            SpeakingOrder::Concluded => {
                let leader = self.leader()?;
                let at = (said < all).then(|| said % count)?;
                let mut others = self.members.iter().filter(|member| member.id != *leader);
                Some(others.nth(at).map_or_else(|| leader.clone(), |member| member.id.clone()))
            }
        }
    }

    /// Whom a member names first; itself does not count.
    fn called_by(&self, speaker: &BotId, text: &str) -> Option<BotId> {
        self.named_in(text).into_iter().find(|named| named != speaker)
    }
}

impl Cast {
    /// The name of who speaks under an id: of a member, or of the bot itself.
    pub fn name_of(&self, id: &BotId) -> &str {
        self.member(id).map_or(self.name.as_str(), |member| member.name.as_str())
    }
}

/// What a member listens to, in lower case.
fn calls(member: &CastMember) -> impl Iterator<Item = String> {
    let name = member.name.trim().to_lowercase();
    let first = name.split_whitespace().next().unwrap_or_default().to_owned();
    [name, first, member.id.as_str().to_lowercase()].into_iter().filter(|call| !call.is_empty())
}

/// Whether a text begins with a name, and not with a longer word.
fn begins_with(text: &str, name: &str) -> bool {
    let Some(rest) = text.strip_prefix(name) else { return false };
    !rest.chars().next().is_some_and(|next| next.is_alphanumeric() || next == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BotColor, BotIcon, Params};

    fn room(order: SpeakingOrder, rounds: u32, most_answers: u32) -> CastRoom {
        let member = |id: &str, name: &str| CastMember {
            id: id.into(),
            name: name.to_owned(),
            icon: BotIcon::default(),
            color: BotColor::default(),
            instructions: String::new(),
            model: None,
            params: Params::default(),
        };
        let leader = Some(BotId::from("c"));
        let members = vec![member("a", "Ada"), member("b", "Ada Byron"), member("c", "The Chair")];
        CastRoom { order, leader, rounds, most_answers, members }
    }

    /// Plays a round: what each says in turn, until nobody speaks any more.
    fn play(room: &CastRoom, question: &str, says: &[&str]) -> (String, NextSpeaker) {
        let mut round = Round { question: question.to_owned(), answers: Vec::new() };
        let mut said = says.iter();
        let mut order = String::new();
        loop {
            match room.next_speaker(&round) {
                NextSpeaker::Speaks(id) => {
                    order.push_str(id.as_str());
                    let text = said.next().copied().unwrap_or_default().to_owned();
                    round.answers.push((id, text));
                }
                end @ (NextSpeaker::Over | NextSpeaker::TooMany) => return (order, end),
            }
        }
    }

    #[test]
    fn each_order_says_who_speaks_and_when_it_ends() {
        use NextSpeaker::{Over, TooMany};
        use SpeakingOrder::{ByMention, Concluded, InTurn, Moderated};
        type Case<'a> = (SpeakingOrder, u32, u32, &'a str, &'a [&'a str], &'a str, NextSpeaker);
        let table: &[Case<'_>] = &[
            (InTurn, 1, 12, "Hello", &[], "abc", Over),
            (InTurn, 2, 12, "Hello", &[], "abcabc", Over),
            (InTurn, 2, 4, "Hello", &[], "abca", TooMany),
            (InTurn, 1, 3, "Hello", &[], "abc", Over),
            (InTurn, 1, 12, "@the what do you think?", &[], "c", Over),
            (InTurn, 3, 12, "@C and then @ada byron", &[], "cb", Over),
            (ByMention, 1, 12, "Hello", &["Nothing more"], "a", Over),
            (ByMention, 1, 12, "Hello", &["@c, you?", "Ask @b", "Done"], "acb", Over),
            (ByMention, 1, 12, "Hello", &["I am @Ada"], "a", Over),
            (ByMention, 1, 3, "Hello", &["@c", "@a", "@c", "@a"], "aca", TooMany),
            (ByMention, 1, 12, "@b only", &["@c?"], "b", Over),
            (Moderated, 1, 12, "Hello", &["Nobody"], "c", Over),
            (
                Moderated,
                1,
                12,
                "Hello",
                &["@a please", "yes @b", "@b now", "no", "End"],
                "cacbc",
                Over,
            ),
            (Moderated, 1, 2, "Hello", &["@a please", "yes"], "ca", TooMany),
            (Concluded, 1, 12, "Hello", &[], "abc", Over),
            (Concluded, 2, 12, "Hello", &[], "abcabc", Over),
            (Concluded, 1, 12, "@a alone", &[], "a", Over),
        ];
        for (order, rounds, most, question, says, expected, end) in table {
            let played = play(&room(*order, *rounds, *most), question, says);
            assert_eq!(played, ((*expected).to_owned(), end.clone()), "{order:?} {question:?}");
        }
    }

    #[test]
    fn a_call_is_a_name_its_first_word_or_an_id_and_the_longest_counts() {
        let table: &[(&str, &[&str])] = &[
            ("@Ada", &["a"]),
            ("@ADA BYRON, and @a", &["b", "a"]),
            ("@ada byrons", &["a"]),
            ("ask @the chair.", &["c"]),
            ("(@b)", &["b"]),
            ("ada@a.example", &[]),
            ("@adam @", &[]),
            ("@a @a @A", &["a"]),
            ("Grüße an @ada", &["a"]),
            ("@@c", &["c"]),
        ];
        for (text, expected) in table {
            let named = room(SpeakingOrder::InTurn, 1, 12).named_in(text);
            let named: Vec<&str> = named.iter().map(BotId::as_str).collect();
            assert_eq!(named, *expected, "{text:?}");
        }
    }

    #[test]
    fn answers_of_the_present_turn_are_unseen_where_one_concludes() {
        let room = room(SpeakingOrder::Concluded, 2, 12);
        let said = |count: usize| Round {
            question: "Hello".to_owned(),
            answers: vec![(BotId::from("a"), String::new()); count],
        };
        let unseen: Vec<usize> = (0..6).map(|count| room.unseen(&said(count))).collect();
        assert_eq!(unseen, [0, 1, 2, 0, 1, 2]);
        let called = Round { question: "@a".to_owned(), ..said(1) };
        assert_eq!(room.unseen(&called), 0);
    }
}
