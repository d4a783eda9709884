//! Whether a bot that was read is there already. Window and command line ask the same.

use super::{Bot, BotEntry, BotOrigin, BotVersion};
use crate::protocol::BotId;

/// Whether there is a bot already where one would be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// There is none.
    Nothing,
    /// The very same bot is there, under this id.
    Identical(BotId),
    /// Another bot of the user's own has its id.
    Own {
        /// Its version.
        now: BotVersion,
        /// The version that it would have after an update.
        next: BotVersion,
    },
    /// A bot that is not the user's has its id.
    Foreign,
}

impl Conflict {
    /// What stands in the way of a bot, among those that are known by their ids.
    pub fn of<'a>(bot: &Bot, known: impl Fn(&BotId) -> Option<&'a BotEntry>) -> Self {
        let Some(other) = known(&bot.id) else { return Self::Nothing };
        if bot.says_the_same_as(&other.bot) {
            return Self::Identical(other.bot.id.clone());
        }
        match other.origin {
            BotOrigin::Own => {
                let now = other.bot.version;
                Self::Own { now, next: bot.version.after(now) }
            }
            BotOrigin::BuiltIn | BotOrigin::Personas => {
                Self::copy_of(bot, known).map_or(Self::Foreign, Self::Identical)
            }
        }
    }

    /// The copy that an earlier import made of a bot whose id was taken.
    pub fn copy_of<'a>(bot: &Bot, known: impl Fn(&BotId) -> Option<&'a BotEntry>) -> Option<BotId> {
        let numbered = (2_u32..).map(|number| BotId(format!("{}-{number}", bot.id)));
        let mut copies = numbered.map_while(|id| known(&id));
        copies.find(|copy| bot.says_the_same_as(&copy.bot)).map(|copy| copy.bot.id.clone())
    }
}

impl Bot {
    /// Whether both are one bot, whatever ids and versions they have.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        // What mostly differs first: a whole bot is copied for the rest.
        self.instructions == other.instructions
            && Self { id: other.id.clone(), version: other.version, ..self.clone() } == *other
    }
}

impl BotVersion {
    /// The version of a bot that takes the place of one in another version: its own, where that
    /// is newer.
    #[must_use]
    pub fn after(self, before: Self) -> Self {
        self.max(before.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bot(id: &str, text: &str, version: &str) -> Bot {
        Bot {
            instructions: text.to_owned(),
            version: version.parse().unwrap(),
            ..Bot::blank(id.into(), "Ada")
        }
    }

    #[test]
    fn a_bot_is_there_whatever_its_version_and_the_id_of_its_copy() {
        let shelf = [
            BotEntry::new(bot("own", "one", "1.4"), BotOrigin::Own),
            BotEntry::new(bot("shipped", "one", "1.0"), BotOrigin::BuiltIn),
            BotEntry::new(bot("shipped-2", "two", "1.0"), BotOrigin::Own),
        ];
        let known = |id: &BotId| shelf.iter().find(|entry| entry.bot.id == *id);
        let own = |next: &str| {
            let (now, next) = ("1.4".parse().unwrap(), next.parse().unwrap());
            Conflict::Own { now, next }
        };
        for (read, expected) in [
            (bot("new", "one", "1.0"), Conflict::Nothing),
            (bot("own", "one", "1.0"), Conflict::Identical("own".into())),
            (bot("own", "two", "1.0"), own("1.5")),
            (bot("own", "two", "2.0"), own("2.0")),
            (bot("shipped", "one", "3.0"), Conflict::Identical("shipped".into())),
            (bot("shipped", "two", "1.0"), Conflict::Identical("shipped-2".into())),
            (bot("shipped", "three", "1.0"), Conflict::Foreign),
        ] {
            assert_eq!(Conflict::of(&read, known), expected, "{read:?}");
        }
    }
}
