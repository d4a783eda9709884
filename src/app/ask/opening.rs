//! A chat of the command line that begins with a bot.

use std::collections::HashSet;

use super::target::Asked;
use crate::agent::{self, Clock};
use crate::app::failure::Failure;
use crate::app::providers::Desk;
use crate::protocol::{
    BotEntry, IdSource, KeySource, Library, ModelId, ModelInfo, ProviderId, StartChat,
};
use crate::state::HandleContext;
use crate::state::opening::{self, KnownModels, Values};
use crate::store::{Paths, StoreHandle};

/// How many bots are named where one was not found.
const NEAREST: usize = 3;
/// So many of the models used last count as liked.
const RECENTS: usize = 8;

/// Makes a chat with the bot that was asked for.
pub(super) async fn start(
    paths: &Paths,
    store: &StoreHandle,
    desk: &Desk,
    (bot, asked): (&str, &Asked<'_>),
) -> Result<StartChat, Failure> {
    let library = agent::read_library(store, &paths.personas_file()).await;
    let entry = find(&library, bot)?;
    let values = values(entry, asked.values)?;
    let models = Models::read(store, desk).await;
    let context = HandleContext { now: (Clock::system().now)(), ids: IdSource };
    Ok(opening::start_chat(entry, &values, &models, context))
}

/// By id, else by name in any case.
fn find<'a>(library: &'a Library, wanted: &str) -> Result<&'a BotEntry, Failure> {
    let by_id = library.bots.iter().find(|entry| entry.bot.id.as_str() == wanted);
    let lower = wanted.trim().to_lowercase();
    let by_name = || library.bots.iter().find(|entry| entry.haystack.name == lower);
    if let Some(entry) = by_id.or_else(by_name) {
        return Ok(entry);
    }
    let mut near: Vec<(usize, &str)> = library
        .bots
        .iter()
        .map(|entry| {
            let id = entry.bot.id.as_str();
            (likeness(&lower, id).max(likeness(&lower, &entry.haystack.name)), id)
        })
        .filter(|(likeness, _)| *likeness >= 400)
        .collect();
    near.sort_by_key(|(likeness, _)| std::cmp::Reverse(*likeness));
    let near: Vec<&str> = near.into_iter().map(|(_, id)| id).take(NEAREST).collect();
    let all = "list all with `switchboard bots list`";
    let hint = match near.is_empty() {
        true => format!("To see what there is, {all}"),
        false => format!("The nearest are {}; {all}", near.join(", ")),
    };
    Err(Failure::usage(format!("there is no bot {wanted:?}"), &hint))
}

/// Pairs of letters that both words have (Dice), of 1,000.
fn likeness(one: &str, other: &str) -> usize {
    let pairs = |word: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = word.chars().filter(|char| char.is_alphanumeric()).collect();
        letters.iter().copied().zip(letters.iter().copied().skip(1)).collect()
    };
    let (ours, mut theirs) = (pairs(one), pairs(other));
    let all = ours.len() + theirs.len();
    let mut shared = 0_usize;
    for pair in ours {
        if let Some(at) = theirs.iter().position(|other| *other == pair) {
            theirs.swap_remove(at);
            shared += 1;
        }
    }
    (2_000 * shared).checked_div(all).unwrap_or(0)
}

/// The answers to the bot's questions, checked.
fn values(entry: &BotEntry, given: &[String]) -> Result<Values, Failure> {
    let asks: Vec<&str> =
        entry.bot.variables.iter().map(|variable| variable.name.as_str()).collect();
    let known = match asks.is_empty() {
        true => format!("{} asks for nothing", entry.bot.id),
        false => format!("{} asks for {}", entry.bot.id, asks.join(", ")),
    };
    let values = named_values(given)?;
    if let Some(name) = values.keys().find(|name| !asks.contains(&name.as_str())) {
        return Err(Failure::usage(format!("the bot has no variable {name:?}"), &known));
    }
    match opening::problems(&entry.bot, &values).into_iter().next() {
        Some((name, problem)) => {
            let hint = format!("{known}; say it with --var {name}=…");
            Err(Failure::usage(format!("{name}: {problem}"), &hint))
        }
        None => Ok(values),
    }
}

/// What was given as `name=value`.
pub(super) fn named_values(given: &[String]) -> Result<Values, Failure> {
    let named = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => {
            let hint = "Write it as --var name=value";
            Err(Failure::usage(format!("{text:?} has no value"), hint))
        }
    };
    given.iter().map(named).collect()
}

/// What is known of models without asking anybody.
struct Models {
    usual: ModelId,
    liked: Vec<ModelId>,
    models: Vec<ModelInfo>,
    /// Providers that can be asked.
    ready: HashSet<ProviderId>,
}

impl Models {
    async fn read(store: &StoreHandle, desk: &Desk) -> Self {
        let kept = store.load_models().await.unwrap_or_default();
        let all = desk.all();
        let shown = |config| {
            let known = kept.iter().find(|kept| kept.provider == *provider_id(config));
            desk.shown(config, known.map(|kept| kept.models.as_slice()))
        };
        let is_ready = |config: &&_| {
            let key = desk.key(config).map(|(_, source)| source);
            key.is_ok_and(|source| source != KeySource::Missing)
        };
        let mut liked = desk.settings.favourites.clone();
        liked.extend(store.recent_models(RECENTS).await.unwrap_or_default());
        Self {
            usual: super::target::usual_model(desk),
            liked,
            models: all.iter().flat_map(shown).collect(),
            ready: all.iter().filter(is_ready).map(|config| provider_id(config).clone()).collect(),
        }
    }
}

fn provider_id(config: &crate::protocol::ProviderConfig) -> &ProviderId {
    &config.id
}

impl KnownModels for Models {
    fn usual(&self) -> ModelId {
        self.usual.clone()
    }

    fn info(&self, id: &ModelId) -> Option<&ModelInfo> {
        self.models.iter().find(|info| info.id == *id)
    }

    fn can_be_had(&self, id: &ModelId) -> bool {
        self.ready.contains(&id.provider) && self.info(id).is_some()
    }

    fn liked(&self) -> Vec<ModelId> {
        self.liked.clone()
    }

    fn all(&self) -> Box<dyn Iterator<Item = &ModelInfo> + '_> {
        Box::new(self.models.iter().filter(|info| self.ready.contains(&info.id.provider)))
    }
}
