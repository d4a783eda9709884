//! What of a card stays without effect, in sentences.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::check::places;
use crate::protocol::Bot;

/// What a card holds that is kept for its way back and has no effect here.
pub(in super::super) fn remarks(bot: &Bot) -> Vec<String> {
    let mut remarks = Vec::new();
    let data = bot.card.as_ref().and_then(|card| card.get("data"));
    let field = |name: &str| data.and_then(|data| data.get(name));
    let count = |value: Option<&Value>| value.and_then(Value::as_array).map_or(0, Vec::len);
    let entries = count(field("character_book").and_then(|book| book.get("entries")));
    if entries > 0 {
        let entries = plural(entries, "entry", "entries");
        remarks.push(format!("Its lorebook of {entries} is kept for export; chats do not use it"));
    }
    let greetings = count(field("alternate_greetings")) + count(field("group_only_greetings"));
    if greetings > 0 {
        let greetings = plural(greetings, "more greeting", "more greetings");
        remarks.push(format!("It has {greetings}, kept for export; chats open with the first one"));
    }
    let assets = count(field("assets"));
    if assets > 0 {
        let assets = plural(assets, "picture or file", "pictures or files");
        remarks.push(format!("Its {assets} are kept as they are named, and are not shown"));
    }
    let known = |name: &&str| !["char", "user"].iter().any(|it| it.eq_ignore_ascii_case(name));
    let declared = |name: &&str| !bot.variables.iter().any(|variable| variable.name == *name);
    let texts = [&bot.instructions].into_iter().chain(bot.seeds.iter().map(|seed| &seed.content));
    let unknown: BTreeSet<&str> =
        texts.flat_map(|text| places(text)).filter(known).filter(declared).collect();
    if !unknown.is_empty() {
        let names: Vec<String> = unknown.iter().map(|name| format!("{{{{{name}}}}}")).collect();
        let names = names.join(", ");
        remarks.push(format!("{names} has no meaning here and stays in its texts as it is"));
    }
    remarks
}

fn plural(count: usize, one: &str, more: &str) -> String {
    let word = if count == 1 { one } else { more };
    format!("{count} {word}")
}
