//! The gallery: what is searched for, what is shown, what is chosen.

use super::AppState;
use crate::protocol::{BotId, Category};

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
    /// What is shown, as places in [`super::Bots::all`], in order.
    pub(super) shown: Vec<usize>,
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
}

/// In which order bots are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GallerySort {
    /// What fits the search best; without one favourites and those used lately first, then by name.
    #[default]
    Best,
    /// By name.
    Name,
    /// Those used lately first.
    Recent,
    /// By category, then by name.
    Category,
}

impl Gallery {
    /// What is shown, as places in [`super::Bots::all`], in order.
    pub fn shown(&self) -> &[usize] {
        &self.shown
    }
}

impl AppState {
    /// Finds again what the gallery shows: after a change of the bots or of what is searched for.
    pub(super) fn refresh_gallery(&mut self) {
        self.gallery.shown = (0..self.bots.all().len()).collect();
    }
}
