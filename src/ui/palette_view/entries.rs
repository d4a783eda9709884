//! What the palette offers, and what of it fits what was typed.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::protocol::{ChatId, Timestamp};
use crate::state::{AppState, Outcome, ServerCommand, UiCommand};

/// How many chats are offered.
const MOST_CHATS: usize = 50;

/// Something that can be run.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) text: String,
    /// Characters that were typed, by their place.
    pub(super) hits: Vec<u32>,
    pub(super) command: UiCommand,
    /// The keys that do the same.
    pub(super) keys: Option<String>,
}

/// Entries under a heading.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) heading: &'static str,
    pub(super) entries: Vec<Entry>,
    best: u32,
}

/// The entries for what was typed; computed again only when that or the chats change.
#[derive(Debug, Default)]
pub(super) struct Entries {
    groups: Vec<Group>,
    key: Option<Key>,
}

#[derive(Debug, PartialEq)]
struct Key {
    query: String,
    chats: usize,
    newest: Option<(ChatId, Timestamp)>,
    context: Context,
}

/// What decides on the commands that make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Context {
    running: bool,
    answered: bool,
    /// A tool waits for consent.
    asked: bool,
    /// There are remote servers.
    servers: bool,
}

impl Entries {
    pub(super) fn groups(&self) -> &[Group] {
        &self.groups
    }

    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(|group| group.entries.len()).sum()
    }

    /// An entry by its place in the whole list.
    pub(super) fn get(&self, at: usize) -> Option<&Entry> {
        self.groups.iter().flat_map(|group| &group.entries).nth(at)
    }

    /// Computes the entries where they no longer hold; true where it had to.
    pub(super) fn refresh(&mut self, query: &str, state: &AppState) -> bool {
        let chats = state.chats.as_deref().unwrap_or_default();
        let conversation = state.conversation();
        let context = Context {
            running: conversation.is_some_and(|chat| chat.is_running()),
            answered: conversation.is_some_and(|chat| chat.last_answer().is_some()),
            asked: conversation.is_some_and(|chat| {
                chat.approvals.iter().any(|known| known.outcome == Outcome::Open)
            }),
            servers: !state.servers.all.is_empty(),
        };
        let key = Key {
            query: query.to_owned(),
            chats: chats.len(),
            newest: chats.first().map(|chat| (chat.id, chat.updated)),
            context,
        };
        if self.key.as_ref() == Some(&key) {
            return false;
        }
        let mut search = Search::new(query);
        self.groups = vec![
            search.group("Commands", commands(context), usize::MAX),
            search.group("Chats", chats_of(state), MOST_CHATS),
            search.group("Help", help_of(state), usize::MAX),
        ];
        self.groups.retain(|group| !group.entries.is_empty());
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.best));
        self.key = Some(key);
        true
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn commands(context: Context) -> impl Iterator<Item = (String, UiCommand)> {
    UiCommand::palette()
        .into_iter()
        .filter(move |command| makes_sense(command, context))
        .map(|command| (command.label().to_owned(), command))
}

/// Whether a command does something when it is run from the palette.
fn makes_sense(command: &UiCommand, context: Context) -> bool {
    let needs_answer = matches!(command, UiCommand::CopyLastAnswer | UiCommand::Regenerate { .. });
    // These two are about the palette itself.
    let own = matches!(command, UiCommand::OpenPalette | UiCommand::Escape);
    let stops = matches!(command, UiCommand::Stop(_));
    let answers = matches!(command, UiCommand::Servers(ServerCommand::Answer { .. }));
    let links = matches!(command, UiCommand::Servers(ServerCommand::LinkNow(_)));
    !own && (!stops || context.running)
        && (!needs_answer || context.answered)
        && (!answers || context.asked)
        && (!links || context.servers)
}

fn chats_of(state: &AppState) -> impl Iterator<Item = (String, UiCommand)> {
    let chats = state.chats.as_deref().unwrap_or_default();
    chats.iter().map(|chat| (chat.title.clone(), UiCommand::OpenChat(chat.id)))
}

fn help_of(state: &AppState) -> impl Iterator<Item = (String, UiCommand)> {
    state.help.iter().map(|page| {
        (format!("Help: {}", page.title), UiCommand::OpenHelp(Some(page.id.to_owned())))
    })
}

/// What was typed, ready to be matched.
struct Search {
    pattern: Pattern,
    matcher: Matcher,
    chars: Vec<char>,
}

impl Search {
    fn new(query: &str) -> Self {
        Self {
            pattern: Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
            chars: Vec::new(),
        }
    }

    fn group(
        &mut self,
        heading: &'static str,
        offered: impl Iterator<Item = (String, UiCommand)>,
        most: usize,
    ) -> Group {
        let mut fits: Vec<(u32, String, UiCommand)> = if self.pattern.atoms.is_empty() {
            offered.take(most).map(|(text, command)| (0, text, command)).collect()
        } else {
            offered
                .filter_map(|(text, command)| Some((self.score(&text)?, text, command)))
                .collect()
        };
        // Of two that fit as well the one that is said with less is meant.
        let is_typed = !self.pattern.atoms.is_empty();
        fits.sort_by_key(|(score, text, command)| {
            // Of chats the newest is meant.
            let counts = is_typed && !matches!(command, UiCommand::OpenChat(_));
            (std::cmp::Reverse(*score), if counts { text.chars().count() } else { 0 })
        });
        fits.truncate(most);
        let best = fits.first().map_or(0, |(score, _, _)| *score);
        let entries = fits
            .into_iter()
            .map(|(_, text, command)| {
                let hits = self.hits(&text);
                let keys = command.shortcut().map(|keys| keys.to_string());
                // A page of the help is not what F1 opens.
                let keys = keys.filter(|_| !matches!(command, UiCommand::OpenHelp(Some(_))));
                Entry { text, hits, command, keys }
            })
            .collect();
        Group { heading, entries, best }
    }

    fn score(&mut self, text: &str) -> Option<u32> {
        let text = haystack(text, &mut self.chars);
        self.pattern.score(text, &mut self.matcher)
    }

    fn hits(&mut self, text: &str) -> Vec<u32> {
        let mut hits = Vec::new();
        let text = haystack(text, &mut self.chars);
        self.pattern.indices(text, &mut self.matcher, &mut hits);
        hits.sort_unstable();
        hits.dedup();
        hits
    }
}

/// Characters, where nucleo's own conversion would give graphemes, whose places are not those of
/// characters.
fn haystack<'a>(text: &'a str, chars: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    chars.clear();
    chars.extend(text.chars());
    Utf32Str::Unicode(chars)
}

#[cfg(test)]
mod tests;
