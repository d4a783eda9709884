//! What the picker lists: groups and models, filtered. No drawing here.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::age;
use super::source::{For, ModelRow, Pick, is_linked, models_of, server};
use crate::protocol::{
    ErrorKind, ModelId, ModelInfo, ProviderState, ProviderStatus, ServerId, Timestamp,
};
use crate::state::{AppState, Needs, nearest};
use crate::ui::settings::status::{self, Tone};

/// At most this many models used lately are listed.
const RECENT: usize = 5;
/// At most this many models are offered in the place of one that is gone.
const NEAREST: usize = 4;

/// A row of the list.
#[derive(Debug, PartialEq)]
pub(in crate::ui) enum Row {
    Group {
        title: String,
        /// What is wrong with the provider, or with its list.
        note: Option<(String, Tone)>,
    },
    Model(ModelRow),
}

/// What is listed, and what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(in crate::ui) struct Wanted<'a> {
    pub(in crate::ui) query: &'a str,
    /// The chat that it is for.
    pub(in crate::ui) chat: For<'a>,
    /// What the message asks of a model.
    pub(in crate::ui) needs: Needs,
    /// The model that is gone, whose nearest ones stand at the top.
    pub(in crate::ui) gone: Option<&'a ModelId>,
    /// The models that answer side by side, where they are chosen.
    pub(in crate::ui) compared: Option<&'a [ModelId]>,
    /// Whether the choice is about them.
    pub(in crate::ui) compares: bool,
    /// For the age of lists and for models that retire.
    pub(in crate::ui) now: Option<Timestamp>,
}

/// The rows for a query, kept as long as neither the query nor the lists change.
#[derive(Default)]
pub(in crate::ui) struct List {
    pub(in crate::ui) rows: Vec<Row>,
    /// The row that Enter should choose after the query was changed.
    pub(in crate::ui) best: Option<usize>,
    made_of: Option<(String, u64)>,
    /// The favourites as they were when the list was opened: a star that is set moves no rows.
    grouped: Option<Vec<ModelId>>,
    matcher: Option<Matcher>,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl List {
    /// Brings the rows for a query up to date; true where that was needed.
    pub(in crate::ui) fn update(&mut self, state: &AppState, query: &str) -> bool {
        self.update_for(state, &Wanted { query, ..Wanted::default() })
    }

    /// The same with more that is said of each model. Costs a comparison where nothing changed.
    pub(in crate::ui) fn update_for(&mut self, state: &AppState, wanted: &Wanted<'_>) -> bool {
        let query = wanted.query.trim();
        let key = (query.to_owned(), fingerprint(state, wanted));
        if self.made_of.as_ref() == Some(&key) {
            return false;
        }
        let grouped = self.grouped.get_or_insert_with(|| state.settings.favourites.clone()).clone();
        let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        let found = find(state, (query, &wanted.chat), matcher);
        self.rows.clear();
        self.best = None;
        let mut rows = Rows {
            state,
            wanted,
            favourites: state.settings.favourites.iter().collect(),
            grouped: &grouped,
            found: &found,
            list: self,
            taken: HashSet::new(),
            best_score: 0,
        };
        rows.fill();
        self.made_of = Some(key);
        true
    }

    /// It is opened anew: models are grouped as they are favourites now.
    pub(in crate::ui) fn regroup(&mut self) {
        self.grouped = None;
        self.made_of = None;
    }

    /// The row of a model.
    pub(in crate::ui) fn place(&self, state: &AppState, pick: &Pick) -> Option<usize> {
        self.rows.iter().position(|row| match row {
            Row::Group { .. } => false,
            Row::Model(row) => {
                row.info(state).is_some_and(|info| info.id == pick.model)
                    && row.server(state).map(|server| &server.config.id) == pick.server.as_ref()
            }
        })
    }

    /// The nearest model row `steps` model rows away, at most at the first or last one.
    pub(in crate::ui) fn step(&self, from: Option<usize>, steps: isize) -> Option<usize> {
        let places: Vec<usize> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| matches!(row, Row::Model(ModelRow { barred: None, .. })))
            .map(|(place, _)| place)
            .collect();
        let last = places.len().checked_sub(1)?;
        let at = from.and_then(|from| places.iter().position(|place| *place == from));
        let next = match at {
            Some(at) => at.saturating_add_signed(steps).min(last),
            None => 0,
        };
        places.get(next).copied()
    }

    pub(in crate::ui) fn is_empty(&self) -> bool {
        !self.rows.iter().any(|row| matches!(row, Row::Model(_)))
    }
}

/// Changes whenever the rows could. Lists are replaced as a whole, so their place tells them apart.
fn fingerprint(state: &AppState, wanted: &Wanted<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Ages of lists are told by the hour at most.
    let hour = wanted.now.map(|now| now.0 / 3_600_000);
    Wanted { query: "", now: None, ..wanted.clone() }.hash(&mut hasher);
    hour.hash(&mut hasher);
    for provider in &state.providers {
        provider.config.id.hash(&mut hasher);
        provider.config.name.hash(&mut hasher);
        provider.models.as_ptr().hash(&mut hasher);
        provider.models.len().hash(&mut hasher);
        provider.models.first().map(|model| &model.id).hash(&mut hasher);
        provider.models.last().map(|model| &model.id).hash(&mut hasher);
        provider.listed.hash(&mut hasher);
        status::short(&provider.status).0.hash(&mut hasher);
    }
    for server in &state.servers.all {
        server.config.id.hash(&mut hasher);
        server.config.name.hash(&mut hasher);
        server.models.as_ptr().hash(&mut hasher);
        server.models.len().hash(&mut hasher);
        is_linked(server).hash(&mut hasher);
    }
    state.settings.favourites.hash(&mut hasher);
    state.recents.hash(&mut hasher);
    hasher.finish()
}

/// A model that fits the query.
struct Found {
    provider: usize,
    model: usize,
    score: u32,
    matched: Vec<u32>,
}

fn find(state: &AppState, (query, chat): (&str, &For<'_>), matcher: &mut Matcher) -> Vec<Found> {
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut found = Vec::new();
    let mut text = String::new();
    let (mut name_chars, mut chars) = (Vec::new(), Vec::new());
    let here = state.providers.iter().map(|of| (of.config.name.as_str(), &of.models));
    let there = state.servers.all.iter().filter(|_| *chat != For::Local);
    let there = there.map(|of| (of.config.name.as_str(), &of.models));
    for (provider, (of, models)) in here.chain(there).enumerate() {
        for (model, info) in models.iter().enumerate() {
            if info.hidden && !is_named(info, query) {
                continue;
            }
            if query.is_empty() {
                found.push(Found { provider, model, score: 0, matched: Vec::new() });
                continue;
            }
            text.clear();
            searched(state, of, info, &mut text);
            // Who is not found in all of the text is not found in the name either.
            let Some(anywhere) = pattern.score(haystack(&text, &mut chars), matcher) else {
                continue;
            };
            let mut matched = Vec::new();
            let name = haystack(&info.name, &mut name_chars);
            let in_name = pattern.indices(name, matcher, &mut matched);
            matched.sort_unstable();
            matched.dedup();
            let score = in_name.map_or(anywhere, |score| (score + 8).max(anywhere));
            found.push(Found { provider, model, score, matched });
        }
    }
    // Letters found here and there in long names are noise where others fit well.
    let best = found.iter().map(|found| found.score).max().unwrap_or(0);
    found.retain(|found| found.score * 5 >= best * 3);
    found
}

/// Hidden models are found by who knows their name.
fn is_named(info: &ModelInfo, query: &str) -> bool {
    let query = query.to_lowercase();
    !query.is_empty()
        && [&info.name, &info.id.model, &info.id.to_string()]
            .iter()
            .any(|name| name.to_lowercase() == query)
}

/// Everything a model is found by: provider, name, the user's name for it, id.
fn searched(state: &AppState, of: &str, info: &ModelInfo, text: &mut String) {
    text.push_str(of);
    text.push(' ');
    text.push_str(&info.name);
    text.push(' ');
    let alias = state.settings.models.get(&info.id).and_then(|edit| edit.alias.as_ref());
    if let Some(alias) = alias.filter(|alias| **alias != info.name) {
        text.push_str(alias);
        text.push(' ');
    }
    text.push_str(info.id.provider.as_str());
    text.push('/');
    text.push_str(&info.id.model);
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

/// Where a group says whose models it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    InHeading,
    InRows,
}

struct Rows<'a> {
    state: &'a AppState,
    wanted: &'a Wanted<'a>,
    favourites: HashSet<&'a ModelId>,
    grouped: &'a [ModelId],
    found: &'a [Found],
    list: &'a mut List,
    taken: HashSet<(usize, usize)>,
    best_score: u32,
}

impl Rows<'_> {
    fn fill(&mut self) {
        let state = self.state;
        if let Some(gone) = self.wanted.gone.filter(|_| self.wanted.query.trim().is_empty()) {
            let models = state.providers.iter().flat_map(|provider| &provider.models);
            let near: Vec<ModelId> =
                nearest(models, gone, NEAREST).iter().map(|info| info.id.clone()).collect();
            self.chosen(&format!("Nearest to {}", gone.model), &mut near.iter());
        }
        if let For::ChatOn(server) = self.wanted.chat {
            // What can be chosen stands first.
            self.servers(|other| other == server);
        } else {
            self.chosen("Favourites", &mut self.grouped.iter());
            self.chosen("Recent", &mut state.recents.iter().take(RECENT));
        }
        for (place, provider) in state.providers.iter().enumerate() {
            let mut models: Vec<&Found> = self
                .found
                .iter()
                .filter(|found| found.provider == place)
                .filter(|found| !self.taken.contains(&(found.provider, found.model)))
                .collect();
            models.sort_by_key(|found| std::cmp::Reverse(found.score));
            let note = note(provider, self.wanted.now);
            let silent = models.is_empty() && (note.is_none() || !self.found_all());
            if !silent {
                self.group((title(state, provider), note), Provider::InHeading, &models);
            }
        }
        match self.wanted.chat {
            For::Local => {}
            For::NewChat | For::ChatHere => self.servers(|_| true),
            For::ChatOn(server) => self.servers(|other| other != server),
        }
    }

    /// The models of servers, each under its name.
    fn servers(&mut self, wanted: impl Fn(&ServerId) -> bool) {
        let (state, found) = (self.state, self.found);
        for (place, server) in (state.providers.len()..).zip(&state.servers.all) {
            if !wanted(&server.config.id) {
                continue;
            }
            let models = found.iter().filter(|found| found.provider == place);
            let mut models: Vec<&Found> = models.collect();
            models.sort_by_key(|found| std::cmp::Reverse(found.score));
            let away = || ("· not reachable now".to_owned(), Tone::Attention);
            let note = (!is_linked(server)).then(away);
            if !models.is_empty() {
                let title = format!("{} · SERVER", server.config.name.to_uppercase());
                self.group((title, note), Provider::InHeading, &models);
            }
        }
    }

    /// Why a model cannot be chosen here.
    fn barred(&self, source: usize) -> Option<String> {
        let server = server(self.state, source);
        match (&self.wanted.chat, server) {
            (For::Local | For::NewChat, _) | (For::ChatHere, None) => None,
            (For::ChatHere, Some(server)) => {
                Some(format!("only in chats on {}", server.config.name))
            }
            (For::ChatOn(id), Some(server)) if server.config.id == **id => None,
            (For::ChatOn(id), _) => Some(format!("not on {}", self.state.server_name(id))),
        }
    }

    /// Without a query, providers that do not work are listed too.
    fn found_all(&self) -> bool {
        self.found.iter().all(|found| found.score == 0) && !self.found.is_empty()
    }

    fn chosen(&mut self, title: &str, ids: &mut dyn Iterator<Item = &ModelId>) {
        let found = self.found;
        let mut models = Vec::new();
        for id in ids {
            let is = |found: &&Found| {
                let of = self.state.providers.get(found.provider);
                let model = of.and_then(|of| of.models.get(found.model));
                model.is_some_and(|model| model.id == *id)
            };
            if let Some(found) = found.iter().find(is)
                && !self.taken.contains(&(found.provider, found.model))
            {
                models.push(found);
            }
        }
        if !models.is_empty() {
            self.group((title.to_uppercase(), None), Provider::InRows, &models);
        }
    }

    fn group(
        &mut self,
        (title, note): (String, Option<(String, Tone)>),
        told: Provider,
        models: &[&Found],
    ) {
        self.list.rows.push(Row::Group { title, note });
        for found in models {
            self.taken.insert((found.provider, found.model));
            let barred = self.barred(found.provider);
            let better = self.list.best.is_none() || found.score > self.best_score;
            if barred.is_none() && better {
                self.best_score = found.score;
                self.list.best = Some(self.list.rows.len());
            }
            let list = models_of(self.state, found.provider);
            let Some(info) = list.and_then(|list| list.get(found.model)) else { continue };
            let retires = info.retires.as_ref().zip(self.wanted.now);
            self.list.rows.push(Row::Model(ModelRow {
                provider: found.provider,
                model: found.model,
                favourite: self.favourites.contains(&info.id),
                barred,
                matched: found.matched.clone(),
                lacks: self.wanted.needs.lacking(info),
                retires: retires.and_then(|(day, now)| age::retirement(day, now)),
                compared: self.wanted.compared.map(|models| models.contains(&info.id)),
                marks_compared: self.wanted.compares,
                is_apart: told == Provider::InRows,
            }));
        }
    }
}

/// What is wrong with a provider, or with its list.
fn note(provider: &ProviderState, now: Option<Timestamp>) -> Option<(String, Tone)> {
    let (words, tone) = status::short(&provider.status);
    let age = now.zip(provider.listed).and_then(|(now, listed)| age::of_list(listed, now));
    let is_offline = match &provider.status {
        ProviderStatus::Failed(error) => {
            matches!(error.kind, ErrorKind::Network | ErrorKind::Timeout)
        }
        ProviderStatus::Unknown
        | ProviderStatus::Checking
        | ProviderStatus::Ready
        | ProviderStatus::NeedsKey => false,
    };
    if is_offline && !provider.models.is_empty() {
        let age = age.map(|age| format!(", list of {age}")).unwrap_or_default();
        return Some((format!("· offline{age}"), Tone::Attention));
    }
    match tone {
        Tone::Bad | Tone::Attention => Some((format!("· {words}"), tone)),
        Tone::Good | Tone::Neutral if status::is_local(&provider.config.url) => None,
        Tone::Good | Tone::Neutral => age.map(|age| (format!("· list of {age}"), Tone::Neutral)),
    }
}

/// The provider's name, with its id where another one has the same name.
fn title(state: &AppState, provider: &ProviderState) -> String {
    let config = &provider.config;
    let name = config.name.to_uppercase();
    let is_twin = |other: &&ProviderState| {
        other.config.id != config.id && other.config.name.to_uppercase() == name
    };
    let twins = state.providers.iter().any(|other| is_twin(&other));
    let name = if twins { format!("{name} ({})", config.id) } else { name };
    if status::is_local(&config.url) { format!("{name} · THIS COMPUTER") } else { name }
}
