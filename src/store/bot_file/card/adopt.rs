//! The fields that card and bot share, one way and the other.

use serde_json::{Value, json};

use super::super::check::{LONGEST_DESCRIPTION, LONGEST_NAME, html_tag};
use super::super::fault::{Fault, Result};
use super::super::{clip, id_of, kind};
use super::{Fields, prompt};
use crate::protocol::{Bot, BotVersion, Category, Role, Seed};

const MOST_TAGS: usize = 30;

/// The bot of a card's fields.
pub(super) fn adopt(data: &Fields, has_lead: bool) -> Result<Bot> {
    for field in prompt::fields().chain(["first_mes", "creator", "creator_notes"]) {
        text(data, field)?;
    }
    let name = clip(text(data, "name")?.trim(), LONGEST_NAME);
    if name.is_empty() {
        return Err(Fault::of("data.name", "is missing; a card must have a name"));
    }
    let mut bot = Bot::blank(id_of(&name, "character"), name);
    bot.category = Category::Fun;
    bot.version = version(data);
    bot.description = describe(&bot.name, text(data, "creator_notes")?);
    bot.instructions = prompt::compose(has_lead, |field| text(data, field).unwrap_or_default());
    bot.tags = tags(data)?;
    let greeting = text(data, "first_mes")?;
    if !greeting.trim().is_empty() {
        let content = greeting.to_owned();
        bot.seeds.push(Seed { role: Role::Assistant, content, member: None });
    }
    bot.author = text(data, "creator")?.to_owned();
    Ok(bot)
}

/// What a card says that holds nothing but the bot.
pub(super) fn derive(bot: &Bot) -> Fields {
    let mut data = Fields::new();
    let mut put = |name: &str, value: Value| data.insert(name.to_owned(), value);
    for field in prompt::fields() {
        put(field, json!(""));
    }
    for (field, text) in prompt::split(&bot.instructions) {
        put(field, json!(text));
    }
    let is_own = bot.description != stand_in(&bot.name);
    put("name", json!(bot.name));
    put("creator_notes", json!(if is_own { bot.description.as_str() } else { "" }));
    put("character_version", json!(bot.version.to_string()));
    put("creator", json!(bot.author));
    put("tags", json!(bot.tags));
    let greeting = bot.seeds.first().filter(|seed| seed.role == Role::Assistant);
    put("first_mes", json!(greeting.map_or("", |seed| &seed.content)));
    data
}

/// A text of the card; none is an empty one.
fn text<'a>(data: &'a Fields, name: &str) -> Result<&'a str> {
    match data.get(name) {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            let is = kind(other);
            Err(Fault::of(format!("data.{name}"), format!("must be text, but is {is}")))
        }
    }
}

fn tags(data: &Fields) -> Result<Vec<String>> {
    let list = match data.get("tags") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => {
            let message = format!("must be a list, but is {}", kind(other));
            return Err(Fault::of("data.tags", message));
        }
    };
    let tags = list.iter().filter_map(Value::as_str).map(str::trim);
    Ok(tags.filter(|tag| !tag.is_empty()).take(MOST_TAGS).map(str::to_owned).collect())
}

fn version(data: &Fields) -> BotVersion {
    let given = data.get("character_version").and_then(Value::as_str);
    given.and_then(|text| text.parse().ok()).unwrap_or(BotVersion::FIRST)
}

/// What stands in for a description where a card has none.
fn stand_in(name: &str) -> String {
    clip(&format!("Plays {name}, a character from a card."), LONGEST_DESCRIPTION)
}

/// What the maker's notes say first, in plain words.
fn describe(name: &str, notes: &str) -> String {
    let line = notes.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let is_whole = notes.trim() == line;
    if line.is_empty() || html_tag(line).is_some() {
        return stand_in(name);
    }
    if is_whole && notes.chars().count() <= LONGEST_DESCRIPTION {
        return notes.to_owned();
    }
    let sentence = line.split_inclusive(['.', '!', '?']).next().unwrap_or(line);
    clip(sentence.trim(), LONGEST_DESCRIPTION)
}
