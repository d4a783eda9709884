//! How many bots there are, by filter.

use std::cmp::Reverse;

use super::{Far, GalleryFilter, is_own};
use crate::protocol::{BotEntry, Category};

/// How many bots there are. Archived ones count only as such.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GalleryCounts {
    all: usize,
    favourites: usize,
    recent: usize,
    own: usize,
    archived: usize,
    /// In the order of [`Category::ALL`].
    categories: Vec<usize>,
    /// In the order of the servers.
    servers: Vec<usize>,
}

/// A filter with how many bots fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Which.
    pub filter: GalleryFilter,
    /// How many.
    pub count: usize,
}

impl GalleryCounts {
    /// Of bots, each with where it lives if that is a server, of so many servers.
    pub(super) fn of<'a>(
        bots: impl Iterator<Item = (&'a BotEntry, Option<Far>)>,
        servers: usize,
    ) -> Self {
        let (categories, servers) = (vec![0; Category::ALL.len()], vec![0; servers]);
        let mut counts = Self { categories, servers, ..Self::default() };
        for (entry, server) in bots {
            if let Some(server) = server {
                counts.all += usize::from(server.in_all);
                if let Some(count) = counts.servers.get_mut(server.place) {
                    *count += 1;
                }
                continue;
            }
            if entry.archived {
                counts.archived += 1;
                continue;
            }
            counts.all += 1;
            counts.favourites += usize::from(entry.favourite);
            counts.recent += usize::from(entry.used.is_some());
            counts.own += usize::from(is_own(entry));
            if let Some(count) = counts.categories.get_mut(entry.bot.category as usize) {
                *count += 1;
            }
        }
        counts
    }

    /// How many fit a filter.
    pub fn count(&self, filter: GalleryFilter) -> usize {
        match filter {
            GalleryFilter::All => self.all,
            GalleryFilter::Favourites => self.favourites,
            GalleryFilter::Recent => self.recent,
            GalleryFilter::Own => self.own,
            GalleryFilter::Archived => self.archived,
            GalleryFilter::Category(category) => {
                self.categories.get(category as usize).copied().unwrap_or(0)
            }
            GalleryFilter::Server(place) => self.servers.get(place).copied().unwrap_or(0),
        }
    }

    /// What can be chosen: all, the user's own shelves, the categories with the fullest first, and
    /// the archive. Empty ones are left out, but for all and for the one in force.
    pub fn shelves(&self, chosen: GalleryFilter) -> Vec<Shelf> {
        use GalleryFilter::{All, Archived, Favourites, Own, Recent};
        let shelf = |filter| Shelf { filter, count: self.count(filter) };
        let categories = Category::ALL.iter().map(|it| shelf(GalleryFilter::Category(*it)));
        let mut categories: Vec<Shelf> = categories.collect();
        categories.sort_by_key(|shelf| Reverse(shelf.count));
        let servers = (0..self.servers.len()).map(GalleryFilter::Server);
        [All, Favourites, Recent, Own]
            .into_iter()
            .chain(servers)
            .map(shelf)
            .chain(categories)
            .chain([shelf(Archived)])
            .filter(|it| it.count > 0 || it.filter == All || it.filter == chosen)
            .collect()
    }
}
