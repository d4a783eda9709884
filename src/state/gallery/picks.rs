//! The bots that the welcome screen offers.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::protocol::{BotEntry, BotId};

/// So many are offered.
const COUNT: usize = 3;
/// Offered to who has used none yet.
const FIRST: [&str; COUNT] = ["rust-mentor", "meeting-notes", "language-tutor"];

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
