//! Reading settings leniently: what cannot be read is taken out and told, the rest counts.

use std::ops::Range;

use toml_edit::{DocumentMut, Item, Table, TableLike};

use super::words;
use crate::net;
use crate::protocol::{ModelId, ProviderId, address_problem, variable_problem};
use crate::state::Settings;

/// A step from a table to what is in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

/// A value that was taken out because it cannot be read.
#[derive(Debug)]
pub(super) struct Taken {
    /// Where in the text it begins.
    pub(super) at: usize,
    /// What is wrong with it.
    pub(super) problem: String,
    /// The provider that is left out with it.
    pub(super) provider: Option<ProviderId>,
}

/// What could be read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) settings: Settings,
    /// The tables without what was taken out.
    pub(super) root: Table,
    pub(super) taken: Vec<Taken>,
    /// Paths of keys that are not known.
    pub(super) unknown: Vec<String>,
}

/// Reads what can be read. Gives the parser's words where it cannot be told what is wrong.
pub(super) fn read(mut root: Table) -> Result<Reading, toml_edit::de::Error> {
    let mut taken = Vec::new();
    loop {
        let mut unknown = Vec::new();
        // The tables keep their places in the text.
        let deserializer = toml_edit::de::Deserializer::from(DocumentMut::from(root.clone()));
        let parsed: Result<Settings, _> =
            serde_ignored::deserialize(deserializer, |path| unknown.push(path.to_string()));
        let (path, problem) = match parsed {
            Ok(settings) => match first_problem(&settings) {
                Some((path, problem)) => (Some(path), Some(problem)),
                None => return Ok(Reading { settings, root, taken, unknown }),
            },
            Err(error) => {
                let item = Item::Table(root.clone());
                let path = error.span().and_then(|span| locate(&item, span.start));
                if path.is_none() {
                    return Err(error);
                }
                (path.map(|path| narrowed(&root, path)), None)
            }
        };
        // Each turn takes something out, so that this ends.
        match path.and_then(|path| take(&mut root, &path, problem)) {
            Some(gone) => taken.push(gone),
            None => return Err(serde::de::Error::custom("it holds a value that does not fit")),
        }
    }
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

/// The first value that can be read but not used.
fn first_problem(settings: &Settings) -> Option<(Vec<Step>, String)> {
    let amount = |amount: Option<f64>| amount.is_none_or(|usd| usd.is_finite() && usd >= 0.0);
    let within = |number: Option<f32>, most| number.is_none_or(|n| (0.0..=most).contains(&n));
    let (budget, params) = (&settings.budget, &settings.chat.params);
    let fixed: [(bool, &[&str]); 4] = [
        (amount(budget.day_usd), &["budget", "day_usd"]),
        (amount(budget.month_usd), &["budget", "month_usd"]),
        (within(params.temperature, 2.0), &["chat", "params", "temperature"]),
        (within(params.top_p, 1.0), &["chat", "params", "top_p"]),
    ];
    let fixed = fixed.into_iter().find(|(good, _)| !good).map(|(_, path)| keys(path));
    let edited = settings.models.iter().find_map(|(id, edit)| {
        let prices = [(edit.price_in, "price_in"), (edit.price_out, "price_out")];
        let (_, name) = prices.into_iter().find(|(price, _)| !amount(*price))?;
        Some(keys(&["models", &id.to_string(), name]))
    });
    if let Some(path) = fixed.or(edited) {
        let problem = words::must(&path);
        return Some((path, problem));
    }
    let server = settings.servers.iter().enumerate().find_map(|(index, server)| {
        let (name, problem) = match net::server_problem(&server.url) {
            Some(problem) => ("url", problem),
            None if !is_server_id(server.id.as_str()) => {
                ("id", "an id is made of lower case letters, digits and dashes".to_owned())
            }
            None => return None,
        };
        let [servers, name] = ["servers", name].map(|key| Step::Key(key.to_owned()));
        Some((vec![servers, Step::Index(index), name], problem))
    });
    server.or_else(|| first_provider_problem(settings))
}

/// Whether a text can be the id of a server.
fn is_server_id(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(fits)
}

fn first_provider_problem(settings: &Settings) -> Option<(Vec<Step>, String)> {
    settings.providers.iter().enumerate().find_map(|(index, provider)| {
        let variable = provider.key_env.as_deref().and_then(variable_problem);
        let (name, problem) = match address_problem(&provider.url) {
            Some(problem) => ("url", problem),
            None => ("key_env", format!("key_env: {}", variable?)),
        };
        let path = ["providers".to_owned(), name.to_owned()].map(Step::Key);
        let [providers, name] = path;
        Some((vec![providers, Step::Index(index), name], problem))
    })
}

/// Of a list, the first entry that cannot be read: the parser names only the list.
fn narrowed(root: &Table, mut path: Vec<Step>) -> Vec<Step> {
    let item = at_path(root, &path);
    let list = item.as_ref().and_then(Item::as_array);
    let are_words = matches!(path.last(), Some(Step::Key(key)) if key == "stop");
    let is_good = |text: &str| are_words || text.parse::<ModelId>().is_ok();
    let wrong =
        list.and_then(|list| list.iter().position(|value| !value.as_str().is_some_and(is_good)));
    path.extend(wrong.map(Step::Index));
    path
}

/// The path of the smallest thing that lies at this place in the text.
fn locate(item: &Item, at: usize) -> Option<Vec<Step>> {
    let covers = |span: Option<Range<usize>>| span.is_some_and(|span| span.contains(&at));
    let inside = |step: Step, item: &Item| {
        let rest = locate(item, at);
        let rest = rest.or_else(|| covers(item.span()).then(Vec::new))?;
        Some(std::iter::once(step).chain(rest).collect::<Vec<_>>())
    };
    if let Some(table) = item.as_table_like() {
        let by_value =
            table.iter().find_map(|(key, value)| inside(Step::Key(key.to_owned()), value));
        // Tables of one array share the key in their headers, so that values come first.
        return by_value.or_else(|| {
            let mut all = table.iter().filter_map(|(key, _)| table.get_key_value(key));
            let (key, _) = all.find(|(key, _)| covers(key.span()))?;
            Some(vec![Step::Key(key.get().to_owned())])
        });
    }
    if let Some(tables) = item.as_array_of_tables() {
        return tables
            .iter()
            .enumerate()
            .find_map(|(index, table)| inside(Step::Index(index), &Item::Table(table.clone())));
    }
    let list = item.as_array()?;
    list.iter()
        .enumerate()
        .find_map(|(index, value)| inside(Step::Index(index), &Item::Value(value.clone())))
}

/// Takes out what is at a path; of a provider or a server the whole, unless it is one of its
/// options.
fn take(root: &mut Table, path: &[Step], problem: Option<String>) -> Option<Taken> {
    let problem = problem.unwrap_or_else(|| words::must(path));
    let place = |root: &Table, path: &[Step]| begin_of(&Item::Table(root.clone()), path);
    let is = |n: usize, name: &str| matches!(path.get(n), Some(Step::Key(key)) if key == name);
    let of_server = is(0, "servers");
    let optional = ["options", "key_env", "token_query", "dual", "ca_file"];
    let whole = (is(0, "providers") || of_server)
        && path.len() > 1
        && !(path.len() > 2 && optional.iter().any(|name| is(2, name)));
    let at = place(root, path)?;
    if !whole {
        remove(root, path)?;
        return Some(Taken { at, problem, provider: None });
    }
    let path = path.get(..2)?;
    let item = at_path(root, path)?;
    let id = item.get("id").and_then(Item::as_str).map(ProviderId::from);
    let needed: &[&str] =
        if of_server { &["id", "name", "url"] } else { &["id", "name", "kind", "url"] };
    let missing = needed.iter().find(|key| item.get(**key).is_none());
    let problem = match missing {
        Some(missing) => format!("it has no {missing}"),
        None => problem,
    };
    let what = if of_server { "server" } else { "provider" };
    let who = match &id {
        Some(id) => format!("the {what} {id} is left out"),
        None => format!("a {what} is left out"),
    };
    remove(root, path)?;
    Some(Taken { at, problem: format!("{who}: {problem}"), provider: id.filter(|_| !of_server) })
}

/// Where what is at a path begins: its key, else itself.
fn begin_of(item: &Item, path: &[Step]) -> Option<usize> {
    let own = || item.span().map(|span| span.start);
    let Some((step, rest)) = path.split_first() else { return own() };
    match step {
        Step::Key(key) => {
            let (key, value) = item.as_table_like()?.get_key_value(key)?;
            let begin = || key.span().map(|span| span.start);
            if rest.is_empty() { begin() } else { begin_of(value, rest).or_else(begin) }
        }
        Step::Index(index) => {
            let inner = element(item, *index)?;
            begin_of(&inner, rest).or_else(own)
        }
    }
}

fn element(item: &Item, index: usize) -> Option<Item> {
    match item.as_array_of_tables() {
        Some(tables) => tables.get(index).cloned().map(Item::Table),
        None => item.as_array()?.get(index).cloned().map(Item::Value),
    }
}

fn at_path(root: &Table, path: &[Step]) -> Option<Item> {
    path.iter().try_fold(Item::Table(root.clone()), |item, step| match step {
        Step::Key(key) => item.get(key).cloned(),
        Step::Index(index) => element(&item, *index),
    })
}

fn remove(table: &mut dyn TableLike, path: &[Step]) -> Option<()> {
    match path {
        [Step::Key(key)] => table.remove(key).map(drop),
        [Step::Key(key), Step::Index(index)] => {
            let item = table.get_mut(key)?;
            if let Some(tables) = item.as_array_of_tables_mut() {
                return (*index < tables.len()).then(|| drop(tables.remove(*index)));
            }
            let list = item.as_array_mut()?;
            (*index < list.len()).then(|| drop(list.remove(*index)))
        }
        [Step::Key(key), Step::Index(index), rest @ ..] => {
            let item = table.get_mut(key)?;
            if let Some(tables) = item.as_array_of_tables_mut() {
                return remove(tables.get_mut(*index)?, rest);
            }
            remove(item.as_array_mut()?.get_mut(*index)?.as_inline_table_mut()?, rest)
        }
        [Step::Key(key), rest @ ..] => remove(table.get_mut(key)?.as_table_like_mut()?, rest),
        [] | [Step::Index(_), ..] => None,
    }
}
