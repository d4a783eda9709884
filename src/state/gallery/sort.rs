//! In which order bots are shown.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use super::picks::lead;
use super::search::{Hit, Rank};
use super::{GalleryFilter, GallerySort};
use crate::protocol::{BotEntry, BotId, Timestamp};
use crate::state::Bots;

/// What the order depends on besides the search, as it was when the gallery came on screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    known: HashMap<BotId, Mark>,
    /// By place.
    all: Vec<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    favourite: bool,
    used: Option<Timestamp>,
    category: u8,
    /// Those of this computer come before equal ones of servers.
    remote: bool,
    /// The place among those that lead.
    lead: usize,
    /// The place by name.
    name: usize,
}

/// Compared from left to right.
type Key = (u8, Rank, bool, bool, Reverse<Option<Timestamp>>, usize, usize);

impl Marks {
    pub(super) fn of(bots: &Bots) -> Self {
        let mut marks = Self::default();
        marks.add(bots);
        marks
    }

    /// Takes favourites and times as they are now.
    pub(super) fn settle(&mut self, bots: &[Arc<BotEntry>]) {
        for (mark, entry) in self.all.iter_mut().zip(bots) {
            let is_news = (mark.favourite, mark.used) != (entry.favourite, entry.used);
            (mark.favourite, mark.used) = (entry.favourite, entry.used);
            if is_news && let Some(known) = self.known.get_mut(&entry.bot.id) {
                *known = *mark;
            }
        }
    }

    /// Takes over a changed library. Bots that were there keep their place.
    pub(super) fn add(&mut self, bots: &Bots) {
        let is_remote = |entry: &BotEntry| bots.home(&entry.bot.id).is_some();
        let bots = bots.all();
        let mut by_name: Vec<(&str, bool, &BotId, usize)> = bots
            .iter()
            .zip(0..)
            .map(|(entry, place)| {
                (entry.haystack.name.as_str(), is_remote(entry), &entry.bot.id, place)
            })
            .collect();
        by_name.sort_unstable();
        let mut names = vec![0; bots.len()];
        for (name, (_, _, _, place)) in by_name.into_iter().enumerate() {
            if let Some(slot) = names.get_mut(place) {
                *slot = name;
            }
        }
        let marks = bots.iter().zip(names).map(|(entry, name)| {
            let category = entry.bot.category as u8;
            let (favourite, used) = match self.known.get(&entry.bot.id) {
                Some(mark) => (mark.favourite, mark.used),
                None => (entry.favourite, entry.used),
            };
            let (remote, lead) = (is_remote(entry), lead(&entry.bot.id));
            Mark { favourite, used, category, remote, lead, name }
        });
        self.all = marks.collect();
        let ids = bots.iter().map(|entry| entry.bot.id.clone());
        self.known = ids.zip(self.all.iter().copied()).collect();
    }

    /// The places of hits in order.
    pub(super) fn sort<'a>(
        &self,
        hits: impl Iterator<Item = &'a Hit>,
        (sort, filter, is_searched): (GallerySort, GalleryFilter, bool),
    ) -> Vec<usize> {
        // Who looks at what was used lately wants it in that order.
        let by_use = filter == GalleryFilter::Recent && !is_searched;
        let sort = if by_use && sort == GallerySort::Best { GallerySort::Recent } else { sort };
        let keyed = hits.filter_map(|hit| Some((self.all.get(hit.place)?.key(hit, sort), hit)));
        let mut keyed: Vec<(Key, usize)> = keyed.map(|(key, hit)| (key, hit.place)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, place)| place).collect()
    }
}

impl Mark {
    fn key(self, hit: &Hit, sort: GallerySort) -> Key {
        let rank = Rank::default();
        let unused = Reverse(None);
        match sort {
            GallerySort::Best => {
                let used = Reverse(self.used);
                (0, hit.rank, self.remote, !self.favourite, used, self.lead, self.name)
            }
            GallerySort::Name => (0, rank, false, false, unused, 0, self.name),
            GallerySort::Recent => (0, rank, self.remote, false, Reverse(self.used), 0, self.name),
            GallerySort::Category => (self.category, rank, false, false, unused, 0, self.name),
        }
    }
}
