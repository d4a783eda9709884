//! The editor of bots: a bot that is being changed, and a chat to try it in.

use std::collections::{BTreeMap, HashSet};

use super::AppState;
use crate::protocol::{
    Bot, BotEntry, BotId, BotOrigin, BotProblem, BotVersion, BotVersionInfo, ChatId, EditedBot,
    QueryId, Timestamp, check,
};

/// A bot that is being changed. It stays until it is saved or discarded, whatever page is shown.
#[derive(Clone, Debug)]
pub struct Editor {
    /// The bot as it stands now, saved or not.
    pub bot: Bot,
    /// The bot as it was saved last; none where it is new.
    pub saved: Option<Bot>,
    /// The bot that it is made of, where it is new.
    pub base: Option<(BotId, BotVersion)>,
    /// The tools that the user confirmed.
    pub granted: Vec<String>,
    /// The same as they were saved last.
    pub saved_granted: Vec<String>,
    /// What is answered to the bot's questions, for the preview and for the test.
    pub values: BTreeMap<String, String>,
    /// Tells it from what was in the editor before.
    pub key: u64,
    /// The chat beside it.
    pub test: Option<ChatId>,
    /// The bot as the test began with it.
    pub tested: Option<Box<Bot>>,
    /// The versions that were saved, newest first, once they are known.
    pub versions: Option<Vec<BotVersionInfo>>,
    /// The question for them.
    pub(super) versions_query: QueryId,
    /// Whether it could not be saved: all that is wrong is told then, also where nothing is typed.
    pub tried: bool,
    /// Whether the user chose the id of a new bot: else it follows the name.
    pub(super) id_is_chosen: bool,
    /// What is wrong with the bot.
    pub(super) problems: Vec<BotProblem>,
    /// What was handed to be saved, until the library tells of it.
    pub(super) saving: Option<Box<(Bot, Vec<String>)>>,
    /// What was there when the bot began: nothing of the user's is lost while it stands so.
    pub(super) untouched: Option<Box<Bot>>,
    /// What shall be edited once the user has decided about this one.
    pub(super) next: Option<Box<Editor>>,
}

/// What of the editor is on the disk.
#[derive(Clone, Debug, Default)]
pub(super) struct EditKept {
    /// Since when something may differ.
    pub(super) dirty: Option<Timestamp>,
    /// What was handed over last; not known where that failed.
    pub(super) handed: Handed,
}

/// What was handed to be kept.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Handed {
    /// It may be there, or not.
    Unknown,
    /// This, or nothing.
    Known(Option<Box<EditedBot>>),
}

impl Default for Handed {
    fn default() -> Self {
        Self::Known(None)
    }
}

impl Editor {
    /// A bot that is not kept yet.
    pub(super) fn new(bot: Bot, base: Option<(BotId, BotVersion)>, granted: Vec<String>) -> Self {
        Self {
            untouched: Some(Box::new(bot.clone())),
            bot,
            saved: None,
            base,
            saved_granted: granted.clone(),
            granted,
            values: BTreeMap::new(),
            key: 0,
            test: None,
            tested: None,
            versions: None,
            tried: false,
            id_is_chosen: false,
            problems: Vec::new(),
            versions_query: QueryId::default(),
            saving: None,
            next: None,
        }
    }

    /// A bot of the user's own.
    pub(super) fn of(entry: &BotEntry) -> Self {
        let editor = Self::new(entry.bot.clone(), None, entry.granted.clone());
        Self { saved: Some(entry.bot.clone()), untouched: None, ..editor }
    }

    /// A bot that was in the editor when the app ended. `own` is the bot of the user's own with its
    /// id.
    pub(super) fn again(edited: &EditedBot, own: Option<&BotEntry>) -> Self {
        let base = edited.base.clone();
        let mut editor = Self::new(edited.bot.clone(), base, edited.granted.clone());
        editor.untouched = None;
        editor.values.clone_from(&edited.values);
        editor.id_is_chosen = !edited.bot.id.as_str().starts_with(&slug(&edited.bot.name));
        let Some(own) = own else { return editor };
        let version = own.bot.version;
        let is_saved = Bot { version, ..edited.bot.clone() } == own.bot;
        if edited.is_change || is_saved {
            editor.bot.version = version;
            editor.saved = Some(own.bot.clone());
            editor.saved_granted.clone_from(&own.granted);
            editor.base = None;
        }
        editor
    }

    /// What would be lost, where something would.
    pub(super) fn edited(&self) -> Option<EditedBot> {
        self.has_edits().then(|| EditedBot {
            bot: self.bot.clone(),
            is_change: self.saved.is_some(),
            base: self.base.clone(),
            granted: self.granted.clone(),
            values: self.values.clone(),
        })
    }

    /// Whether it differs from what is kept.
    pub fn is_unsaved(&self) -> bool {
        self.saved.as_ref() != Some(&self.bot) || self.granted != self.saved_granted
    }

    /// Whether something that the user did would be lost.
    pub fn has_edits(&self) -> bool {
        let began = self.saved.as_ref().or(self.untouched.as_deref());
        began != Some(&self.bot) || self.granted != self.saved_granted
    }

    /// Whether it was handed to be saved and is not there yet.
    pub fn is_saving(&self) -> bool {
        self.saving.is_some()
    }

    /// Whether the chat beside it runs with something else than what stands here.
    pub fn test_is_older(&self) -> bool {
        self.tested.as_deref().is_some_and(|tested| *tested != self.bot)
    }

    /// What is answered to a question: what was typed, else its default.
    pub fn value_of<'a>(&'a self, name: &str, default: Option<&'a str>) -> &'a str {
        self.values.get(name).map(String::as_str).or(default).unwrap_or_default()
    }
}

impl AppState {
    /// The id that a bot can have: the one that is wanted, with a number where it is taken.
    pub(super) fn free_bot_id(&self, wanted: &str, also: &HashSet<BotId>) -> BotId {
        let taken = |id: &BotId| self.bots.get(id).is_some() || also.contains(id);
        let mut stem = slug(wanted);
        if stem.is_empty() {
            "bot".clone_into(&mut stem);
        }
        let first = BotId(stem.clone());
        if !taken(&first) {
            return first;
        }
        // As many are taken at most as there are bots, so that one of these is free.
        let most = self.bots.all().len() + also.len() + 2;
        let mut numbered = (2..=most).map(|number| BotId(format!("{stem}-{number}")));
        numbered.find(|id| !taken(id)).unwrap_or(first)
    }

    /// Whether another bot than the one in the editor has its id.
    pub fn editor_id_is_taken(&self) -> bool {
        let Some(editor) = &self.editor else { return false };
        editor.saved.is_none() && self.bots.get(&editor.bot.id).is_some()
    }

    /// What is wrong with the bot in the editor, each with its field.
    pub fn editor_problems(&self) -> &[BotProblem] {
        self.editor.as_ref().map_or(&[], |editor| &editor.problems)
    }

    /// Looks anew at what is wrong with the bot in the editor: after each change of it or of the
    /// others.
    pub(super) fn check_editor(&mut self) {
        let id_is_taken = self.editor_id_is_taken();
        let Some(editor) = &mut self.editor else { return };
        editor.problems = check::check(&editor.bot);
        if id_is_taken {
            editor.problems.push(BotProblem {
                source: editor.bot.id.to_string(),
                line: None,
                column: None,
                field: Some("id".to_owned()),
                message: format!("{:?} is the id of another bot", editor.bot.id.as_str()),
            });
        }
    }

    /// The bot that the one in the editor is made of, where it has grown a newer version since.
    pub fn newer_base(&self) -> Option<&BotEntry> {
        let editor = self.editor.as_ref()?;
        let own = self.bots.get(&editor.bot.id).filter(|entry| entry.origin == BotOrigin::Own)?;
        let (id, version) = own.base.as_ref()?;
        let base = self.bots.get(id)?;
        (base.bot.version > *version).then_some(base)
    }

    /// A bot and the one that the user made of it, whichever of the two is asked about.
    pub fn bot_and_mine(&self, id: &BotId) -> Option<(&BotEntry, &BotEntry)> {
        let asked = self.bots.get(id)?;
        if let Some(mine) = self.bots.mine(id) {
            return Some((asked, mine));
        }
        let (base, _) = asked.base.as_ref()?;
        Some((self.bots.get(base)?, asked))
    }
}

/// An id made of a text: lower case letters, digits and dashes, 60 at most.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for char in text.chars() {
        let char = char.to_ascii_lowercase();
        if char.is_ascii_lowercase() || char.is_ascii_digit() {
            slug.push(char);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= 60 {
            break;
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}
