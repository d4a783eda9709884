//! All bots, as the backend told them.

mod far;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::apply::push_toast;
use super::model::Effect;
use super::{AppState, ToastLevel, words};
use crate::protocol::{
    BotEntry, BotId, BotOrigin, BotProblem, Library, NoticeCode, ServerId, ServerState, Timestamp,
};

/// Where a bot of a server lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The server's place in the list of all servers.
    pub place: usize,
    /// The server.
    pub server: ServerId,
    /// The bot's id there.
    pub bot: BotId,
    /// A bot of this computer is the same, as far as the server tells.
    pub is_copy: bool,
    /// Its category, icon and colour are known.
    pub has_looks: bool,
}

/// The bots that the window knows.
#[derive(Clone, Debug, Default)]
pub struct Bots {
    library: Option<Arc<Library>>,
    /// Those of servers, in their order.
    remote: Vec<(Home, Arc<BotEntry>)>,
    homes: HashMap<BotId, Home>,
    /// The library's and those of servers.
    all: Vec<Arc<BotEntry>>,
    places: HashMap<BotId, usize>,
}

impl Bots {
    /// Takes what the backend told. Gives whether it is news.
    pub(super) fn replace(&mut self, library: Arc<Library>, servers: &[ServerState]) -> bool {
        if self.library.as_ref().is_some_and(|known| Arc::ptr_eq(known, &library)) {
            return false;
        }
        self.library = Some(library);
        // What a server's bot looks like may be that of one here.
        self.remote = self.far(servers);
        self.put_together();
        true
    }

    /// Takes over the bots of all servers. Gives whether it is news.
    pub(super) fn replace_remote(&mut self, servers: &[ServerState]) -> bool {
        let remote = self.far(servers);
        if remote == self.remote {
            return false;
        }
        self.remote = remote;
        self.put_together();
        true
    }

    fn far(&self, servers: &[ServerState]) -> Vec<(Home, Arc<BotEntry>)> {
        let local = self.local().iter().map(|entry| (&entry.bot.id, entry.as_ref()));
        let local: HashMap<&BotId, &BotEntry> = local.collect();
        let mut remote = Vec::new();
        for (place, server) in servers.iter().enumerate() {
            for bot in &server.bots {
                remote.push(far::placed((place, &server.config), bot, &local));
            }
        }
        remote
    }

    fn put_together(&mut self) {
        let library = self.library.iter().flat_map(|library| &library.bots);
        self.all = library.chain(self.remote.iter().map(|(_, entry)| entry)).cloned().collect();
        let homes = self.remote.iter();
        self.homes = homes.map(|(home, entry)| (entry.bot.id.clone(), home.clone())).collect();
        let ids = self.all.iter().map(|entry| entry.bot.id.clone());
        self.places = ids.zip(0..).collect();
    }

    /// Where a bot of a server lives; `None` for bots of this computer.
    pub fn home(&self, bot: &BotId) -> Option<&Home> {
        self.homes.get(bot)
    }

    /// A server's bot, by its id there.
    pub fn of_server(&self, server: &ServerId, bot: &BotId) -> Option<&Arc<BotEntry>> {
        self.get(&far::id(server, bot))
    }

    /// The bots of this computer.
    pub(super) fn local(&self) -> &[Arc<BotEntry>] {
        self.library.as_ref().map_or(&[], |library| &library.bots)
    }

    /// Whether the backend has told them.
    pub fn is_loaded(&self) -> bool {
        self.library.is_some()
    }

    /// All bots, archived ones too.
    pub fn all(&self) -> &[Arc<BotEntry>] {
        &self.all
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

/// Takes the warning away about a file that is read without a fault by now.
pub(super) fn forget_mended(state: &mut AppState) {
    if state.bots.problems().is_empty() {
        let (title, _) = words::notice(&NoticeCode::PersonasUnreadable);
        state.toasts.retain(|toast| toast.title != title);
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
