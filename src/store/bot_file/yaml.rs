//! Bots as YAML: one, several documents, or a list.

use std::collections::HashMap;

use super::check;
use super::de::{from_tree, short};
use super::emit::emit;
use super::fault::{Fault, Result};
use super::nearest::suggestion;
use super::ser::to_out;
use super::tree::{Node, Value, documents};
use crate::protocol::Bot;

/// Names under which a file lists bots.
const LISTS: [&str; 2] = ["personas", "bots"];

/// What one bot of a file came to: the bot, or all that is wrong with it.
pub(super) type Entry = std::result::Result<Bot, Vec<Fault>>;

/// The bot as YAML.
pub(super) fn write(bot: &Bot) -> Result<String> {
    Ok(emit(&to_out(bot)?))
}

/// All bots of a text. One that is wrong leaves the others; YAML that cannot be read leaves none.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let documents = match documents(text) {
        Ok(documents) => documents,
        Err(fault) => return vec![Err(vec![fault])],
    };
    let mut lines: HashMap<String, u32> = HashMap::new();
    let mut bots = Vec::new();
    for document in &documents {
        match entries(document) {
            Err(fault) => bots.push(Err(vec![fault])),
            Ok(entries) => bots.extend(entries.into_iter().map(|(prefix, node)| {
                let bot = read_bot(&prefix, node)?;
                unique(&bot, node, &prefix, &mut lines)?;
                Ok(bot)
            })),
        }
    }
    bots
}

/// Whether a text means to be a file of bots, whatever is wrong with them.
pub(super) fn is_meant(text: &str) -> bool {
    let is_bot = |node: &Node<'_>| {
        let has = |name| node.get(name).is_some();
        has("instructions") || has("id") && has("name") || LISTS.iter().any(|list| has(list))
    };
    documents(text).is_ok_and(|documents| {
        documents.iter().any(|document| match &document.value {
            Value::List(items) => items.iter().any(is_bot),
            Value::Map(_) => is_bot(document),
            Value::Plain(_) | Value::Text(_) => false,
        })
    })
}

/// The bots of a document, each with the path to it.
pub(super) fn entries<'a, 'b>(document: &'b Node<'a>) -> Result<Vec<(String, &'b Node<'a>)>> {
    let listed = |name: &str, list: &'b [Node<'a>]| -> Vec<(String, &'b Node<'a>)> {
        list.iter().enumerate().map(|(i, node)| (format!("{name}[{i}]"), node)).collect()
    };
    let fields = match &document.value {
        Value::List(items) => return Ok(listed("", items)),
        Value::Map(fields) => fields,
        Value::Plain(text) | Value::Text(text) => {
            let message = format!("there is no bot here, but the text {:?}", short(text));
            return Err(Fault::new(message).at(document.place));
        }
    };
    let Some((list, node)) = fields.iter().find(|(key, _)| LISTS.contains(&&*key.name)) else {
        return Ok(vec![(String::new(), document)]);
    };
    if let Some((other, _)) = fields.iter().find(|(key, _)| key.name != list.name) {
        let suggestion = suggestion(&other.name, [&*list.name]);
        let message =
            format!("there is no field {:?} beside {}; {suggestion}", other.name, list.name);
        return Err(Fault::of(&*other.name, message).at(other.place));
    }
    match &node.value {
        Value::List(items) => Ok(listed(&list.name, items)),
        Value::Plain(_) if node.is_null() => Ok(Vec::new()),
        Value::Plain(_) | Value::Text(_) | Value::Map(_) => {
            Err(Fault::of(&*list.name, "must be a list of bots").at(node.place))
        }
    }
}

pub(super) fn read_bot(prefix: &str, node: &Node<'_>) -> Entry {
    let bot: Bot = from_tree(node, prefix).map_err(|fault| vec![fault])?;
    let faults = check::faults(&bot);
    if faults.is_empty() {
        return Ok(bot);
    }
    let place = |fault: Fault| {
        let at = node.place_of(fault.field().unwrap_or_default());
        fault.at(at).under(prefix)
    };
    Err(faults.into_iter().map(place).collect())
}

/// An id stands once in a file.
pub(super) fn unique(
    bot: &Bot,
    node: &Node<'_>,
    prefix: &str,
    lines: &mut HashMap<String, u32>,
) -> std::result::Result<(), Vec<Fault>> {
    let place = node.place_of("id");
    match lines.insert(bot.id.as_str().to_owned(), place.line) {
        None => Ok(()),
        Some(line) => {
            let message = format!("{:?} is the id of the bot in line {line}", bot.id.as_str());
            Err(vec![Fault::of("id", message).at(place).under(prefix)])
        }
    }
}
