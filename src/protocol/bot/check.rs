//! What no type can say: which texts, names and numbers a bot may hold.

use std::collections::HashSet;

mod html;
mod nearest;
mod room;
mod variables;

pub use html::{html_tag, scripts};
pub use nearest::{nearest, steps, suggestion};
pub use variables::places;

use super::{Bot, BotParameters, BotProblem, ModelPreference};
use crate::protocol::{BotId, TOOLS, known_tool};

/// The longest id, in letters.
pub const LONGEST_ID: usize = 64;
/// The longest name, in letters.
pub const LONGEST_NAME: usize = 80;
/// The longest description, in letters.
pub const LONGEST_DESCRIPTION: usize = 300;
/// All texts of a bot together, in bytes.
const MOST_TEXT: usize = 256 * 1024;
/// What a card leaves over, as JSON, in bytes.
const MOST_CARD: usize = 512 * 1024;
/// More than these no provider takes.
pub const MOST_STOPS: usize = 4;
const MOST_TAGS: usize = 30;
const MOST_STARTERS: usize = 30;
const MOST_SEEDS: usize = 200;

/// A field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The path to it: `variables[0].name`.
    pub field: String,
    /// What is wrong, in one sentence that the field is the subject of.
    pub message: String,
}

impl Fault {
    fn of(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What is wrong with a bot, as far as its file would be refused for it. The source is its id.
pub fn check(bot: &Bot) -> Vec<BotProblem> {
    let problem = |fault: Fault| BotProblem {
        source: bot.id.as_str().to_owned(),
        line: None,
        column: None,
        field: Some(fault.field),
        message: fault.message,
    };
    faults(bot).into_iter().map(problem).collect()
}

/// The beginning of a text, enough to find it by.
pub fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// All that is wrong with a bot.
pub fn faults(bot: &Bot) -> Vec<Fault> {
    let mut faults = Vec::new();
    check_size(bot, &mut faults);
    if !faults.is_empty() {
        return faults;
    }
    check_id("id", &bot.id, &mut faults);
    check_line("name", &bot.name, LONGEST_NAME, &mut faults);
    check_text("description", &bot.description, LONGEST_DESCRIPTION, &mut faults);
    html::check(bot, &mut faults);
    check_words(bot, &mut faults);
    if bot.instructions.trim().is_empty() {
        faults.push(Fault::of("instructions", "is empty; say what the bot is to do"));
    }
    check_model("model", &bot.model, &mut faults);
    check_parameters("parameters", &bot.parameters, &mut faults);
    check_tools(bot, &mut faults);
    room::check(bot, &mut faults);
    variables::check(bot, &mut faults);
    faults
}

/// Every text of a bot, with the path to it.
fn texts(bot: &Bot) -> Vec<(String, &str)> {
    let mut texts: Vec<(String, &str)> = vec![
        ("name".to_owned(), &bot.name),
        ("description".to_owned(), &bot.description),
        ("instructions".to_owned(), &bot.instructions),
        ("author".to_owned(), &bot.author),
        ("license".to_owned(), &bot.license),
    ];
    let at = |list: &str, index: usize| format!("{list}[{index}]");
    texts.extend(bot.tags.iter().enumerate().map(|(i, tag)| (at("tags", i), tag.as_str())));
    for (i, tool) in bot.tools.iter().enumerate() {
        texts.push((format!("tools[{i}].reason"), &tool.reason));
    }
    for (i, seed) in bot.seeds.iter().enumerate() {
        texts.push((format!("seeds[{i}].content"), &seed.content));
    }
    texts.extend(
        bot.starters.iter().enumerate().map(|(i, text)| (at("starters", i), text.as_str())),
    );
    for (i, variable) in bot.variables.iter().enumerate() {
        texts.push((format!("variables[{i}].label"), &variable.label));
        texts.push((
            format!("variables[{i}].default"),
            variable.default.as_deref().unwrap_or_default(),
        ));
        for (j, choice) in variable.choices.iter().enumerate() {
            texts.push((format!("variables[{i}].choices[{j}]"), choice));
        }
    }
    for (i, member) in bot.room.iter().flat_map(|room| &room.members).enumerate() {
        texts.push((format!("room.members[{i}].name"), &member.name));
        texts.push((format!("room.members[{i}].instructions"), &member.instructions));
    }
    texts
}

fn check_size(bot: &Bot, faults: &mut Vec<Fault>) {
    let texts = texts(bot);
    let all: usize = texts.iter().map(|(_, text)| text.len()).sum();
    let longest = texts.into_iter().max_by_key(|(_, text)| text.len());
    if let Some((field, text)) = longest.filter(|_| all > MOST_TEXT) {
        let (is, most) = (size(text.len()), size(MOST_TEXT));
        let message = format!("is {is} long; all texts of a bot together may be {most}");
        faults.push(Fault::of(field, message));
    }
    let card = bot.card.as_ref().map_or(0, |card| card.to_string().len());
    if card > MOST_CARD {
        let (is, most) = (size(card), size(MOST_CARD));
        faults.push(Fault::of("card", format!("is {is} long; it may be {most}")));
    }
}

/// A size for people.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KiB", bytes / 1_024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

fn check_id(field: &str, id: &BotId, faults: &mut Vec<Fault>) {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let id = id.as_str();
    if !id.split('-').all(|word| !word.is_empty() && word.chars().all(fits)) {
        let message = format!(
            "{:?} is no id; lower case letters and digits are, with dashes between words",
            short(id)
        );
        faults.push(Fault::of(field, message));
    } else if id.len() > LONGEST_ID {
        let message = format!("is {} letters long; {LONGEST_ID} are allowed", id.len());
        faults.push(Fault::of(field, message));
    }
}

/// A text that must stand there, in one line.
fn check_line(field: &str, line: &str, longest: usize, faults: &mut Vec<Fault>) {
    if line.chars().any(char::is_control) {
        let message = "holds a line break or another control character; one line is allowed";
        faults.push(Fault::of(field, message));
    }
    check_text(field, line, longest, faults);
}

/// A text that must stand there.
fn check_text(field: &str, text: &str, longest: usize, faults: &mut Vec<Fault>) {
    let letters = text.chars().count();
    if text.trim().is_empty() {
        faults.push(Fault::of(field, "is empty"));
    } else if letters > longest {
        let message = format!("is {letters} letters long; {longest} are allowed");
        faults.push(Fault::of(field, message));
    }
}

/// Tags, starters and opening messages: how many, and that none is empty.
fn check_words(bot: &Bot, faults: &mut Vec<Fault>) {
    let counts = [
        ("tags", bot.tags.len(), MOST_TAGS),
        ("starters", bot.starters.len(), MOST_STARTERS),
        ("seeds", bot.seeds.len(), MOST_SEEDS),
        ("parameters.stop", bot.parameters.stop.len(), MOST_STOPS),
    ];
    for (field, count, most) in counts {
        if count > most {
            faults.push(Fault::of(field, format!("holds {count} entries; {most} are allowed")));
        }
    }
    let empty = |text: &str| text.trim().is_empty();
    for (list, words) in [("tags", &bot.tags), ("starters", &bot.starters)] {
        for (i, _) in words.iter().enumerate().filter(|(_, word)| empty(word)) {
            faults.push(Fault::of(format!("{list}[{i}]"), "is empty"));
        }
    }
    for (i, _) in bot.seeds.iter().enumerate().filter(|(_, seed)| empty(&seed.content)) {
        faults.push(Fault::of(format!("seeds[{i}].content"), "is empty"));
    }
}

fn check_model(field: &str, model: &ModelPreference, faults: &mut Vec<Fault>) {
    if !model.ids.is_empty() && (model.price.is_some() || !model.abilities.is_empty()) {
        let message = "names models by id and by ability or price; one of the two is allowed";
        faults.push(Fault::of(field, message));
    }
    let mut seen = HashSet::new();
    for (i, id) in model.ids.iter().enumerate().filter(|(_, id)| !seen.insert(*id)) {
        faults.push(Fault::of(format!("{field}.ids[{i}]"), format!("{id} stands there twice")));
    }
}

fn check_parameters(field: &str, parameters: &BotParameters, faults: &mut Vec<Fault>) {
    let numbers =
        [("temperature", parameters.temperature, 2.0_f32), ("top_p", parameters.top_p, 1.0)];
    for (name, value, most) in numbers {
        let Some(value) = value else { continue };
        if !(0.0..=most).contains(&value) {
            let message = format!("is {value}; 0 to {most} are allowed");
            faults.push(Fault::of(format!("{field}.{name}"), message));
        }
    }
    if parameters.max_tokens == Some(0) {
        faults.push(Fault::of(format!("{field}.max_tokens"), "is 0; 1 or more are allowed"));
    }
    for (i, _) in parameters.stop.iter().enumerate().filter(|(_, stop)| stop.is_empty()) {
        faults.push(Fault::of(format!("{field}.stop[{i}]"), "is empty"));
    }
}

fn check_tools(bot: &Bot, faults: &mut Vec<Fault>) {
    let mut seen = HashSet::new();
    for (i, tool) in bot.tools.iter().enumerate() {
        let name = format!("tools[{i}].name");
        if known_tool(&tool.name).is_none() {
            let suggestion = suggestion(&tool.name, TOOLS.iter().map(|tool| tool.name));
            let message = format!("there is no tool {:?}; {suggestion}", short(&tool.name));
            faults.push(Fault::of(name, message));
        } else if !seen.insert(&tool.name) {
            faults.push(Fault::of(name, format!("{} stands there twice", tool.name)));
        }
        if tool.reason.trim().is_empty() {
            let message = "is empty; say what the tool is for";
            faults.push(Fault::of(format!("tools[{i}].reason"), message));
        }
    }
}
