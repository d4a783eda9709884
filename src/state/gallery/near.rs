//! Names and tags that are near to a search that found nothing.

use std::collections::HashSet;
use std::sync::Arc;

use crate::protocol::BotEntry;

/// So many are offered at most.
const MOST: usize = 5;
/// Texts that share fewer of their letter pairs than this (of 1,000) have nothing in common.
const ALIKE: u32 = 400;

/// The names and tags nearest to these words, nearest first.
pub(super) fn nearest(words: &[String], bots: &[Arc<BotEntry>]) -> Vec<String> {
    let wanted = Wanted { whole: words.join(" "), words };
    let mut ranked: Vec<(u32, &str)> = Vec::new();
    let mut tags = HashSet::new();
    for entry in bots.iter().filter(|entry| !entry.archived) {
        ranked.push((wanted.likeness(&entry.haystack.name), entry.bot.name.as_str()));
        for tag in &entry.bot.tags {
            if tags.insert(tag.as_str()) {
                ranked.push((wanted.likeness(&tag.to_lowercase()), tag));
            }
        }
    }
    ranked.retain(|(likeness, _)| *likeness >= ALIKE);
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let mut seen = HashSet::new();
    ranked
        .into_iter()
        .filter(|(_, text)| seen.insert(text.to_lowercase()))
        .map(|(_, text)| text.to_owned())
        .take(MOST)
        .collect()
}

struct Wanted<'a> {
    whole: String,
    words: &'a [String],
}

impl Wanted<'_> {
    /// How much a text has of what was searched for, of 1,000. A word of it counts a little less
    /// than all of it.
    fn likeness(&self, text: &str) -> u32 {
        let whole = pairs_shared(self.whole.as_bytes(), text.as_bytes());
        let parts = text.split_whitespace().flat_map(|part| {
            let part = part.as_bytes();
            self.words.iter().map(move |word| pairs_shared(word.as_bytes(), part))
        });
        whole.max(parts.max().unwrap_or(0) * 9 / 10)
    }
}

/// Pairs of bytes that both have (Dice), of 1,000; equal beginnings count a little more.
fn pairs_shared(a: &[u8], b: &[u8]) -> u32 {
    /// Longer texts than this are compared by their beginnings.
    const MOST_PAIRS: usize = 64;
    let pairs = |text: &[u8]| text.len().saturating_sub(1).min(MOST_PAIRS);
    let (ours, theirs) = (pairs(a), pairs(b));
    // What can be shared at most is not enough: most texts end here.
    if 2_000 * ours.min(theirs) < ALIKE as usize * (ours + theirs) {
        return 0;
    }
    let mut taken = 0_u64;
    let mut shared = 0;
    for pair in a.windows(2).take(MOST_PAIRS) {
        let place = b.windows(2).take(MOST_PAIRS).enumerate();
        let free = |(at, other): &(usize, &[u8])| *other == pair && taken & (1 << at) == 0;
        if let Some((at, _)) = place.into_iter().find(free) {
            taken |= 1 << at;
            shared += 1;
        }
    }
    let begin = a.iter().zip(b).take(3).take_while(|(a, b)| a == b).count();
    let dice = (2_000_usize * shared).checked_div(ours + theirs).unwrap_or(0);
    if shared == 0 { 0 } else { u32::try_from(dice + 30 * begin).unwrap_or(u32::MAX) }
}
