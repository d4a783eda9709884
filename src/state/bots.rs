//! All bots, as the backend told them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::apply::push_toast;
use super::model::Effect;
use super::{AppState, ToastLevel};
use crate::protocol::{BotEntry, BotId, BotOrigin, BotProblem, Library, Timestamp};

/// The bots that the window knows.
#[derive(Clone, Debug, Default)]
pub struct Bots {
    library: Option<Arc<Library>>,
    places: HashMap<BotId, usize>,
}

impl Bots {
    /// Takes what the backend told. Gives whether it is news.
    pub(super) fn replace(&mut self, library: Arc<Library>) -> bool {
        if self.library.as_ref().is_some_and(|known| Arc::ptr_eq(known, &library)) {
            return false;
        }
        let ids = library.bots.iter().map(|entry| entry.bot.id.clone());
        self.places = ids.zip(0..).collect();
        self.library = Some(library);
        true
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

/// Puts a bot on the clipboard.
pub(super) fn copy(state: &mut AppState, name: &str, text: String, now: Timestamp) -> Vec<Effect> {
    let body = "Whoever gets the text can paste it into Import bots";
    tell(state, (format!("Copied {name}"), body.to_owned()), now);
    vec![Effect::Copy(text)]
}

/// Says where a bot was written to, and what of it the format could not take.
pub(super) fn exported(
    state: &mut AppState,
    name: &str,
    (to, losses): (&Path, &[String]),
    now: Timestamp,
) {
    let to = to.display();
    let body = if losses.is_empty() {
        to.to_string()
    } else {
        format!("{to}. The format has no place for all of it: see the details")
    };
    let words = (ToastLevel::Info, format!("Exported {name}"), body, Vec::new());
    push_toast(state, words, losses.join("\n"), now);
}

/// Says that the system shows no file dialog, and how to do without.
pub(super) fn no_file_dialog(state: &mut AppState, now: Timestamp) {
    let body = "Bots can go through the clipboard: import them from text, and export them as text.";
    tell(state, ("The file dialog could not be opened".to_owned(), body.to_owned()), now);
}

fn tell(state: &mut AppState, (title, body): (String, String), now: Timestamp) {
    push_toast(state, (ToastLevel::Info, title, body, Vec::new()), String::new(), now);
}
