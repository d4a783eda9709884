//! Bots that are near to a search that found nothing.

use super::search::{DESCRIPTION, find_in_sight};
use crate::protocol::{BotEntry, Haystack, check::steps};
use crate::state::Bots;

/// So many are offered at most.
const MOST: usize = 6;
/// Of a long description only its first words are compared.
const WORDS: usize = 60;

/// The places of the bots nearest to these words, nearest first: those in which the fewest words
/// are missing, and of them those that are spelt most alike.
pub(super) fn nearest(words: &[String], bots: &Bots) -> Vec<usize> {
    let wanted: Vec<Wanted<'_>> = words.iter().filter_map(|word| Wanted::new(word)).collect();
    let mut ranked: Vec<(usize, usize, &str, usize)> = Vec::new();
    let is_offered = |entry: &BotEntry| {
        !entry.archived && bots.home(&entry.bot.id).is_none_or(|home| !home.is_copy)
    };
    for (place, entry) in bots.all().iter().enumerate().filter(|(_, entry)| is_offered(entry)) {
        let found: Vec<usize> =
            wanted.iter().filter_map(|word| word.cost(&entry.haystack)).collect();
        let missing = wanted.len() - found.len();
        if !found.is_empty() && missing <= found.len() {
            ranked.push((missing, found.iter().sum(), entry.haystack.name.as_str(), place));
        }
    }
    ranked.sort_unstable();
    // What is much less alike than the best is no more than chance.
    let best = ranked.first().map(|(missing, cost, ..)| (*missing, 2 * cost + 150));
    ranked.retain(|(missing, cost, ..)| {
        best.is_some_and(|(fewest, most)| *missing == fewest && *cost <= most)
    });
    ranked.into_iter().map(|(.., place)| place).take(MOST).collect()
}

/// A word that was searched for.
struct Wanted<'a> {
    word: &'a str,
    letters: Vec<char>,
    mask: u128,
    /// So many letters may differ.
    most: usize,
}

impl<'a> Wanted<'a> {
    /// None where a word is too short to tell anything.
    fn new(word: &'a str) -> Option<Self> {
        let letters: Vec<char> = word.chars().filter(|it| it.is_alphanumeric()).take(40).collect();
        let most = match letters.len() {
            0..=2 => return None,
            3..=5 => 1,
            6..=8 => 2,
            9.. => 3,
        };
        Some(Self { word, mask: mask(&letters), letters, most })
    }

    /// How far a bot is from having the word, by its spelling and by where it stands; none where
    /// it has nothing like it.
    fn cost(&self, haystack: &Haystack) -> Option<usize> {
        if let Some(place) = find_in_sight(self.word, haystack) {
            return Some(if place == DESCRIPTION { 150 } else { 0 });
        }
        let Haystack { name, tags, description, instructions: _, server: _ } = haystack;
        let fields = [(name, 0), (tags, 50), (description, 200)];
        let costs = fields.into_iter().flat_map(|(text, behind)| {
            let words = text.split(|letter: char| !letter.is_alphanumeric()).take(WORDS);
            words.filter_map(move |word| Some(self.unlike(word)? + behind))
        });
        costs.min()
    }

    /// How much another word differs, of 1,000; none where that is too much. A long word may have
    /// a longer end: who types `transalte` may mean the translator.
    fn unlike(&self, other: &str) -> Option<usize> {
        const ENDS: usize = 30;
        let count = self.letters.len();
        let letters = other.chars().take(40);
        // Most words go here, before anything is copied.
        let (length, has) = letters
            .clone()
            .fold((0, 0), |(length, has), letter| (length + 1, has | mask(&[letter])));
        if length + self.most < count || missing(self.mask, has) > self.most {
            return None;
        }
        let other: Vec<char> = letters.collect();
        let all = steps(&self.letters, &other);
        // Of three letters one is too many, but for two that changed places.
        if count == 3 && missing(mask(&other), self.mask) > 0 {
            return None;
        }
        // A short word begins too many others: it may have an ending at most.
        let is_begin = count > 4 || count == 4 && other.len() <= count + 2;
        let begins = if is_begin { count - 1..(count + 2).min(other.len()) } else { 0..0 };
        let begin = begins.map(|end| steps(&self.letters, other.get(..end).unwrap_or_default()));
        let cost = |steps: usize| (steps <= self.most).then(|| steps * 1_000 / count);
        let begin = begin.min().and_then(cost).map(|cost| cost + ENDS);
        cost(all).into_iter().chain(begin).min()
    }
}

/// Which letters a word has, roughly: most words are told apart by that.
fn mask(letters: &[char]) -> u128 {
    letters.iter().fold(0, |mask, letter| mask | 1 << (u32::from(*letter) % 128))
}

/// How many letters of one are not in another.
fn missing(of: u128, from: u128) -> usize {
    (of & !from).count_ones() as usize
}
