//! What the picker lists: groups and models, filtered. No drawing here.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::protocol::{ModelId, ModelInfo, ProviderState};
use crate::state::AppState;
use crate::ui::settings::status::{self, Tone};

/// At most this many models used lately are listed.
const RECENT: usize = 5;

/// A row of the list.
#[derive(Debug, PartialEq)]
pub(in crate::ui) enum Row {
    Group {
        title: String,
        /// What is wrong with the provider.
        note: Option<(&'static str, Tone)>,
    },
    Model(ModelRow),
}

/// A model, by its place in the state.
#[derive(Debug, PartialEq)]
pub(in crate::ui) struct ModelRow {
    pub(in crate::ui) provider: usize,
    pub(in crate::ui) model: usize,
    pub(in crate::ui) favourite: bool,
    /// Characters of the name that match, ascending.
    pub(in crate::ui) matched: Vec<u32>,
}

impl ModelRow {
    pub(in crate::ui) fn info<'a>(&self, state: &'a AppState) -> Option<&'a ModelInfo> {
        state.providers.get(self.provider)?.models.get(self.model)
    }
}

/// The rows for a query, kept as long as neither the query nor the lists change.
#[derive(Default)]
pub(in crate::ui) struct List {
    pub(in crate::ui) rows: Vec<Row>,
    /// The row that Enter should choose after the query was changed.
    pub(in crate::ui) best: Option<usize>,
    made_of: Option<(String, u64)>,
    matcher: Option<Matcher>,
}

impl std::fmt::Debug for List {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("List").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

impl List {
    /// Brings the rows up to date; true where that was needed.
    pub(in crate::ui) fn update(&mut self, state: &AppState, query: &str) -> bool {
        let key = (query.trim().to_owned(), fingerprint(state));
        if self.made_of.as_ref() == Some(&key) {
            return false;
        }
        let matcher = self.matcher.get_or_insert_with(|| Matcher::new(Config::DEFAULT));
        let found = find(state, &key.0, matcher);
        self.rows.clear();
        self.best = None;
        Rows { state, found: &found, list: self, taken: HashSet::new(), best_score: 0 }.fill();
        self.made_of = Some(key);
        true
    }

    /// The row of a model.
    pub(in crate::ui) fn place(&self, state: &AppState, model: &ModelId) -> Option<usize> {
        self.rows.iter().position(|row| match row {
            Row::Group { .. } => false,
            Row::Model(row) => row.info(state).is_some_and(|info| info.id == *model),
        })
    }

    /// The nearest model row `steps` model rows away, at most at the first or last one.
    pub(in crate::ui) fn step(&self, from: Option<usize>, steps: isize) -> Option<usize> {
        let places: Vec<usize> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| matches!(row, Row::Model(_)))
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
fn fingerprint(state: &AppState) -> u64 {
    let mut hasher = DefaultHasher::new();
    for provider in &state.providers {
        provider.config.id.hash(&mut hasher);
        provider.config.name.hash(&mut hasher);
        provider.models.as_ptr().hash(&mut hasher);
        provider.models.len().hash(&mut hasher);
        provider.models.first().map(|model| &model.id).hash(&mut hasher);
        provider.models.last().map(|model| &model.id).hash(&mut hasher);
        status::short(&provider.status).0.hash(&mut hasher);
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

fn find(state: &AppState, query: &str, matcher: &mut Matcher) -> Vec<Found> {
    let pattern = Pattern::parse(query, CaseMatching::Ignore, Normalization::Smart);
    let mut found = Vec::new();
    let mut text = String::new();
    let (mut name_chars, mut chars) = (Vec::new(), Vec::new());
    for (provider, of) in state.providers.iter().enumerate() {
        for (model, info) in of.models.iter().enumerate() {
            if query.is_empty() {
                found.push(Found { provider, model, score: 0, matched: Vec::new() });
                continue;
            }
            let mut matched = Vec::new();
            let name = Utf32Str::new(&info.name, &mut name_chars);
            let in_name = pattern.indices(name, matcher, &mut matched);
            matched.sort_unstable();
            matched.dedup();
            text.clear();
            text.push_str(&of.config.name);
            text.push(' ');
            text.push_str(&info.name);
            text.push(' ');
            text.push_str(&info.id.model);
            let anywhere = pattern.score(Utf32Str::new(&text, &mut chars), matcher);
            if let Some(score) = in_name.map(|score| score + 8).max(anywhere) {
                found.push(Found { provider, model, score, matched });
            }
        }
    }
    // Letters found here and there in long names are noise where others fit well.
    let best = found.iter().map(|found| found.score).max().unwrap_or(0);
    found.retain(|found| found.score * 5 >= best * 3);
    found
}

struct Rows<'a> {
    state: &'a AppState,
    found: &'a [Found],
    list: &'a mut List,
    taken: HashSet<(usize, usize)>,
    best_score: u32,
}

impl Rows<'_> {
    fn fill(&mut self) {
        let state = self.state;
        self.chosen("Favourites", &mut state.settings.favourites.iter());
        self.chosen("Recent", &mut state.recents.iter().take(RECENT));
        for (place, provider) in state.providers.iter().enumerate() {
            let mut models: Vec<&Found> = self
                .found
                .iter()
                .filter(|found| found.provider == place)
                .filter(|found| !self.taken.contains(&(found.provider, found.model)))
                .collect();
            models.sort_by_key(|found| std::cmp::Reverse(found.score));
            let (words, tone) = status::short(&provider.status);
            let note = matches!(tone, Tone::Bad | Tone::Attention).then_some((words, tone));
            let silent = models.is_empty() && (note.is_none() || !self.found_all());
            if !silent {
                self.group(title(provider), note, &models);
            }
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
                let provider = self.state.providers.get(found.provider);
                let model = provider.and_then(|provider| provider.models.get(found.model));
                model.is_some_and(|model| model.id == *id)
            };
            if let Some(found) = found.iter().find(is)
                && !self.taken.contains(&(found.provider, found.model))
            {
                models.push(found);
            }
        }
        if !models.is_empty() {
            self.group(title.to_uppercase(), None, &models);
        }
    }

    fn group(&mut self, title: String, note: Option<(&'static str, Tone)>, models: &[&Found]) {
        self.list.rows.push(Row::Group { title, note });
        for found in models {
            self.taken.insert((found.provider, found.model));
            if self.list.best.is_none() || found.score > self.best_score {
                self.best_score = found.score;
                self.list.best = Some(self.list.rows.len());
            }
            let row = ModelRow {
                provider: found.provider,
                model: found.model,
                favourite: false,
                matched: found.matched.clone(),
            };
            let favourite = row
                .info(self.state)
                .is_some_and(|info| self.state.settings.favourites.contains(&info.id));
            self.list.rows.push(Row::Model(ModelRow { favourite, ..row }));
        }
    }
}

fn title(provider: &ProviderState) -> String {
    let name = provider.config.name.to_uppercase();
    if status::is_local(&provider.config.url) { format!("{name} · THIS COMPUTER") } else { name }
}
