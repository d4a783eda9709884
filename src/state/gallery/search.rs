//! Which bots fit what was typed, and how well.

use std::sync::Arc;

use crate::protocol::{BotEntry, Haystack};

/// A bot that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hit {
    /// Its place among all bots.
    pub(super) place: usize,
    pub(super) rank: Rank,
}

/// How well a bot fits, the best first: by the word that fits worst, then by all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    worst: u8,
    sum: u16,
}

/// Where a word was found, the best first.
const NAME_BEGINS: u8 = 0;
const NAME_WORD: u8 = 1;
const NAME: u8 = 2;
const TAG: u8 = 3;
pub(super) const DESCRIPTION: u8 = 4;
const INSTRUCTIONS: u8 = 5;
const SERVER: u8 = TAG;

/// What was searched for last, and what was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Search {
    words: Vec<String>,
    /// None where the bots changed since.
    hits: Option<Vec<Hit>>,
}

impl Search {
    /// The bots changed.
    pub(super) fn forget(&mut self) {
        self.hits = None;
    }

    /// What is searched for, in lower case.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// What was found.
    pub(super) fn hits(&self) -> &[Hit] {
        self.hits.as_deref().unwrap_or_default()
    }

    /// Finds the bots that have all words of a query, archived ones too, in the order of `bots`.
    /// All have an empty query.
    pub(super) fn run(&mut self, query: &str, bots: &[Arc<BotEntry>]) {
        let query = query.to_lowercase();
        let words: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
        let hits = match self.hits.take() {
            Some(hits) if words == self.words => hits,
            Some(hits) if narrows(&self.words, &words) => {
                let places = hits.iter().map(|hit| hit.place);
                places.filter_map(|place| hit(place, bots.get(place)?, &words)).collect()
            }
            Some(_) | None => {
                let all = bots.iter().enumerate();
                all.filter_map(|(place, entry)| hit(place, entry, &words)).collect()
            }
        };
        self.words = words;
        self.hits = Some(hits);
    }
}

/// Whether who has all new words has all old ones, too: letters and words were only added.
fn narrows(old: &[String], new: &[String]) -> bool {
    let Some((last, first)) = old.split_last() else { return true };
    let Some((same, rest)) = new.split_at_checked(first.len()) else { return false };
    same == first && rest.first().is_some_and(|word| word.starts_with(last.as_str()))
}

fn hit(place: usize, entry: &BotEntry, words: &[String]) -> Option<Hit> {
    let mut rank = Rank::default();
    for word in words {
        let found = find(word, &entry.haystack)?;
        rank.worst = rank.worst.max(found);
        rank.sum = rank.sum.saturating_add(u16::from(found));
    }
    Some(Hit { place, rank })
}

/// Whether one of the words that are searched for is a whole word of a server's name, or the name.
pub(super) fn names_server(words: &[String], haystack: &Haystack) -> bool {
    words_of(&haystack.server).any(|known| words.iter().any(|word| word == known))
}

fn words_of(server: &str) -> impl Iterator<Item = &str> {
    server.split_whitespace()
}

/// The best place where a word stands.
fn find(word: &str, haystack: &Haystack) -> Option<u8> {
    let told = || haystack.instructions.contains(word).then_some(INSTRUCTIONS);
    find_in_sight(word, haystack).or_else(told)
}

/// The same of what a card shows, which is much less than a bot is told.
pub(super) fn find_in_sight(word: &str, haystack: &Haystack) -> Option<u8> {
    let Haystack { name, tags, description, instructions: _, server } = haystack;
    if let Some(first) = name.find(word) {
        if first == 0 {
            return Some(NAME_BEGINS);
        }
        let begins_word = |at: usize| {
            let before = name.get(..at).and_then(|before| before.chars().next_back());
            before.is_some_and(|before| !before.is_alphanumeric())
        };
        let mut places = name.match_indices(word);
        return Some(if places.any(|(at, _)| begins_word(at)) { NAME_WORD } else { NAME });
    }
    if tags.contains(word) {
        Some(TAG)
    } else if words_of(server).any(|known| known.starts_with(word)) {
        // Only from the beginning: two letters out of the middle would find all bots of a server.
        Some(SERVER)
    } else {
        description.contains(word).then_some(DESCRIPTION)
    }
}
