//! All bots, as the backend told them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::protocol::{BotEntry, BotId, BotOrigin, BotProblem, Library};

/// The bots that the window knows.
#[derive(Clone, Debug, Default)]
pub struct Bots {
    library: Option<Arc<Library>>,
    places: HashMap<BotId, usize>,
}

impl Bots {
    /// Takes what the backend told.
    pub(super) fn replace(&mut self, library: Arc<Library>) {
        let ids = library.bots.iter().map(|entry| entry.bot.id.clone());
        self.places = ids.zip(0..).collect();
        self.library = Some(library);
    }

    /// Whether the backend has told them.
    pub fn is_loaded(&self) -> bool {
        self.library.is_some()
    }

    /// All bots, archived ones too.
    pub fn all(&self) -> &[Arc<BotEntry>] {
        self.library.as_ref().map_or(&[], |library| &library.bots)
    }

    /// What could not be read.
    pub fn problems(&self) -> &[BotProblem] {
        self.library.as_ref().map_or(&[], |library| &library.problems)
    }

    /// A bot.
    pub fn get(&self, id: &BotId) -> Option<&Arc<BotEntry>> {
        self.all().get(*self.places.get(id)?)
    }

    /// The user's own bot that was made of another one, the newest of them.
    pub fn mine(&self, of: &BotId) -> Option<&Arc<BotEntry>> {
        let is_made_of = |entry: &&Arc<BotEntry>| {
            entry.origin == BotOrigin::Own && entry.base.as_ref().is_some_and(|(id, _)| id == of)
        };
        self.all().iter().filter(is_made_of).max_by_key(|entry| entry.saved)
    }
}
