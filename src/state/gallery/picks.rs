//! The bots that are offered to who has not chosen yet.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::protocol::{BotEntry, BotId};

/// So many are offered.
const COUNT: usize = 3;
/// Offered to who has used none yet.
const FIRST: [&str; COUNT] = ["rust-mentor", "meeting-notes", "language-tutor"];

/// What most people need first leads the gallery as long as nothing else decides.
const LEADERS: [&str; 10] = [
    "meeting-notes",
    "code-reviewer",
    "email-writer",
    "sql-expert",
    "bug-hunter",
    "research-assistant",
    "language-tutor",
    "api-designer",
    "fact-checker",
    "budget-planner",
];

/// The place of a bot among those that lead; all others share the last.
pub(super) fn lead(bot: &BotId) -> usize {
    LEADERS.iter().position(|id| *id == bot.as_str()).unwrap_or(LEADERS.len())
}

/// The places of the bots that are offered where a search leads nowhere.
pub(super) fn usual(bots: &[Arc<BotEntry>]) -> Vec<usize> {
    const MOST: usize = 6;
    let here = bots.iter().enumerate().filter(|(_, entry)| !entry.archived);
    let mut all: Vec<(usize, &str, usize)> = here
        .map(|(place, entry)| (lead(&entry.bot.id), entry.haystack.name.as_str(), place))
        .collect();
    all.sort_unstable();
    all.into_iter().map(|(.., place)| place).take(MOST).collect()
}

/// Those used lately and the favourites, then some that ship with the app.
pub(super) fn picks(bots: &[Arc<BotEntry>]) -> Vec<BotId> {
    let here = || bots.iter().filter(|entry| !entry.archived);
    let is_own_pick = |entry: &&Arc<BotEntry>| entry.used.is_some() || entry.favourite;
    let mut own: Vec<&BotEntry> = here().filter(is_own_pick).map(AsRef::as_ref).collect();
    own.sort_by_key(|entry| (Reverse(entry.used), !entry.favourite, &entry.haystack.name));
    let named = FIRST.iter().filter_map(|id| here().find(|entry| entry.bot.id.as_str() == *id));
    let all = own.into_iter().chain(named.map(AsRef::as_ref)).chain(here().map(AsRef::as_ref));
    let mut picks: Vec<BotId> = Vec::with_capacity(COUNT);
    for entry in all {
        if picks.len() == COUNT {
            break;
        }
        if !picks.contains(&entry.bot.id) {
            picks.push(entry.bot.id.clone());
        }
    }
    picks
}
