//! The gallery: what is searched for, what is shown, what is chosen.

mod counts;
mod near;
mod picks;
mod search;
mod sort;
#[cfg(test)]
mod tests;

pub use counts::{GalleryCounts, Shelf};

use self::search::{Hit, Search};
use self::sort::Marks;
use super::{AppState, Bots, Page};
use crate::protocol::{BotEntry, BotId, BotOrigin, Category};

/// What the gallery shows.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// What was typed.
    pub query: String,
    /// Which of them.
    pub filter: GalleryFilter,
    /// In which order.
    pub sort: GallerySort,
    /// The bot whose details are shown.
    pub selected: Option<BotId>,
    /// It was chosen by hand: else the first of those that are shown is.
    is_chosen: bool,
    /// The starter that goes into the composer of the chat that is being begun.
    pub(super) starter: Option<(BotId, usize)>,
    /// What is shown, as places in [`super::Bots::all`], in order.
    shown: Vec<usize>,
    found: Found,
    counts: GalleryCounts,
    fitting: GalleryCounts,
    elsewhere: usize,
    calls: u64,
    picks: Vec<BotId>,
    search: Search,
    marks: Marks,
}

/// What the bots that are shown are to what is searched for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Found {
    /// They fit it.
    #[default]
    Fitting,
    /// None fits; these are near to it.
    Near,
    /// None fits, and none is near; these are what most people need.
    Usual,
}

/// Which bots are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GalleryFilter {
    /// All that are not archived.
    #[default]
    All,
    /// Those that the user marked.
    Favourites,
    /// Those that a chat was begun with.
    Recent,
    /// Those that the user made or imported, and those of `personas.yaml`.
    Own,
    /// Those that the user put away.
    Archived,
    /// Those on a shelf.
    Category(Category),
    /// Those of a remote server, by its place.
    Server(usize),
}

impl GalleryFilter {
    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Favourites => "Favourites",
            Self::Recent => "Recent",
            Self::Own => "Mine",
            Self::Archived => "Archived",
            Self::Category(category) => category.label(),
            Self::Server(_) => "Server",
        }
    }

    /// Whether a bot, of a server where it is not of this computer, is shown.
    fn fits(self, entry: &BotEntry, server: Option<Far>) -> bool {
        if let Some(server) = server {
            return self == Self::All && server.in_all || self == Self::Server(server.place);
        }
        match self {
            Self::Archived => entry.archived,
            Self::All => !entry.archived,
            Self::Favourites => !entry.archived && entry.favourite,
            Self::Recent => !entry.archived && entry.used.is_some(),
            Self::Own => !entry.archived && is_own(entry),
            Self::Category(category) => !entry.archived && entry.bot.category == category,
            Self::Server(_) => false,
        }
    }
}

fn is_own(entry: &BotEntry) -> bool {
    match entry.origin {
        BotOrigin::BuiltIn => false,
        BotOrigin::Own | BotOrigin::Personas => true,
    }
}

/// In which order bots are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GallerySort {
    /// What fits the search best; without one favourites and those used lately first, then what most
    /// people need, then by name.
    #[default]
    Best,
    /// By name.
    Name,
    /// Those used lately first.
    Recent,
    /// By category, then by name.
    Category,
}

impl GallerySort {
    /// All, in the order shown.
    pub const ALL: [Self; 4] = [Self::Best, Self::Name, Self::Recent, Self::Category];

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Best => "Best first",
            Self::Name => "By name",
            Self::Recent => "Recently used",
            Self::Category => "By category",
        }
    }
}

impl Gallery {
    /// A bot is chosen by hand.
    pub(super) fn choose(&mut self, bot: Option<BotId>) {
        self.is_chosen = bot.is_some();
        self.selected = bot;
    }

    /// What is shown, as places in [`super::Bots::all`], in order.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }

    /// How many bots there are, whatever is searched for.
    pub fn counts(&self) -> &GalleryCounts {
        &self.counts
    }

    /// Where nothing is shown: how many bots fit the search, but not the filter.
    pub fn elsewhere(&self) -> usize {
        self.elsewhere
    }

    /// How many bots fit the search, by filter; all do where nothing is searched for.
    pub fn fitting(&self) -> &GalleryCounts {
        &self.fitting
    }

    /// What those that are shown are to the search.
    pub fn found(&self) -> Found {
        self.found
    }

    /// How often the gallery was asked for while it was on screen: its search has the keyboard
    /// after each.
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// The bots that the welcome screen offers: at most three.
    pub fn picks(&self) -> &[BotId] {
        &self.picks
    }
}

/// Where a bot of a server stands.
#[derive(Clone, Copy, Debug)]
struct Far {
    /// The place of its server.
    place: usize,
    /// Not on the server's shelf only: a copy of a bot of this computer is looked for on the
    /// shelf, or by the server's name.
    in_all: bool,
}

/// A bot, and where it stands if it does not live on this computer.
fn placed<'a>(bots: &Bots, entry: &'a BotEntry, words: &[String]) -> (&'a BotEntry, Option<Far>) {
    let far = bots.home(&entry.bot.id).map(|home| {
        let in_all = !home.is_copy || search::names_server(words, &entry.haystack);
        Far { place: home.place, in_all }
    });
    (entry, far)
}

impl AppState {
    /// Finds again what the gallery shows after a change of the bots. A star that is set while the
    /// gallery is on screen moves no card.
    pub(super) fn refresh_gallery(&mut self) {
        if self.page == Page::Gallery {
            self.gallery.marks.add(&self.bots);
        } else {
            self.gallery.marks = Marks::of(&self.bots);
        }
        let placed = self.bots.all().iter().map(|entry| placed(&self.bots, entry, &[]));
        self.gallery.counts = GalleryCounts::of(placed, self.servers.all.len());
        self.gallery.picks = picks::picks(self.bots.local());
        self.gallery.search.forget();
        self.list_gallery();
    }

    /// The gallery comes on screen: favourites and what was used lately stand where they belong.
    pub(super) fn settle_gallery(&mut self) {
        self.gallery.marks.settle(self.bots.all());
        self.list_gallery();
    }

    /// It was asked for while it is on screen.
    pub(super) fn call_gallery(&mut self) {
        self.gallery.calls += 1;
    }

    /// Finds again what the gallery shows after a change of what is searched for.
    pub(super) fn list_gallery(&mut self) {
        let (gallery, known) = (&mut self.gallery, &self.bots);
        let bots = known.all();
        gallery.search.run(&gallery.query, bots);
        let hits = gallery.search.hits();
        let is_searched = !gallery.search.words().is_empty();
        let fits = |hit: &&Hit| {
            bots.get(hit.place).is_some_and(|it| {
                let (entry, server) = placed(known, it, gallery.search.words());
                gallery.filter.fits(entry, server)
            })
        };
        let fitting = hits.iter().filter(fits);
        gallery.shown = gallery.marks.sort(fitting, (gallery.sort, gallery.filter, is_searched));
        let found = hits.iter().filter_map(|hit| bots.get(hit.place));
        let placed = found.map(|entry| placed(known, entry, gallery.search.words()));
        gallery.fitting = GalleryCounts::of(placed, self.servers.all.len());
        gallery.elsewhere = 0;
        gallery.found = Found::Fitting;
        if gallery.shown.is_empty() && is_searched {
            gallery.elsewhere = gallery.fitting.count(GalleryFilter::All);
            if gallery.elsewhere == 0 {
                gallery.shown = near::nearest(gallery.search.words(), known);
                gallery.found = Found::Near;
            }
            if gallery.elsewhere == 0 && gallery.shown.is_empty() {
                gallery.shown = picks::usual(known.local());
                gallery.found = Found::Usual;
            }
        }
        let id = |place: &usize| bots.get(*place).map(|entry| &entry.bot.id);
        let selected = gallery.selected.as_ref();
        if !gallery.is_chosen || !gallery.shown.iter().any(|place| id(place) == selected) {
            gallery.is_chosen = false;
            gallery.selected = gallery.shown.first().and_then(id).cloned();
        }
    }
}
