//! Bots as files: YAML of our own, text blocks, character cards, assistants.
//!
//! Reading is strict and says what is wrong where. What is read is a proposal: nothing is kept of
//! it, and no tool is granted.

use serde_json::Value;

use crate::protocol::{Bot, BotFormat, BotId, BotProblem, BotRead};

mod block;
mod card;
mod check;
mod de;
mod emit;
mod fault;
mod lost;
mod nearest;
mod openai;
mod personas;
mod scalar;
mod schema;
mod ser;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

use fault::{Fault, Place};
pub use lost::losses;
pub use nearest::nearest;
pub use personas::{PersonaRead, read_personas};
pub use schema::schema;

/// The longest text that is read, in bytes. A bot is far smaller.
const LONGEST_TEXT: usize = 1024 * 1024;

/// All bots that can be read from a file or from what was pasted, whatever its kind. One that is
/// wrong leaves the others; each of its problems stands for itself.
pub fn read(source: &str, bytes: &[u8]) -> Vec<Result<BotRead, BotProblem>> {
    if card::picture::is_png(bytes) {
        let card = card::picture::read(bytes, read_card).map(|((bot, remarks), mut damage)| {
            damage.extend(remarks);
            (bot, damage)
        });
        return accepted(source, card.map_err(|fault| fault.problem(source)));
    }
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(fault) => return vec![Err(fault.problem(source))],
    };
    let read: Vec<_> = match json_of(text) {
        Some(Err(fault)) => vec![Err(fault.problem(source))],
        Some(Ok(json)) => read_json(&json)
            .into_iter()
            .flat_map(|read| accepted(source, read.map_err(|fault| fault.problem(source))))
            .collect(),
        None => read_text(source, text),
    };
    if read.is_empty() {
        return vec![Err(Fault::new("there is no bot here; it is empty").problem(source))];
    }
    read
}

/// Text blocks and YAML.
fn read_text(source: &str, text: &str) -> Vec<Result<BotRead, BotProblem>> {
    let read: Vec<_> = if block::is_in(text) && !yaml::is_meant(text) {
        block::read(text).into_iter().flat_map(|yaml| read_block(source, yaml)).collect()
    } else {
        yaml::read(text).into_iter().flat_map(|entry| told(source, entry)).collect()
    };
    let whole = |bot| {
        let remarks = check::scripts(&bot);
        BotRead { source: source.to_owned(), bot, remarks }
    };
    read.into_iter().map(|bot| bot.map(whole)).collect()
}

/// The text as JSON, if it is a card or an assistant. A bot of our own as JSON is YAML too, and
/// read as such.
fn json_of(text: &str) -> Option<fault::Result<Value>> {
    let is_list = text.trim_start().starts_with('[');
    if !is_list && !text.trim_start().starts_with('{') {
        return None;
    }
    match serde_json::from_str::<Value>(text) {
        Ok(json) => (card::is_card(&json) || openai::is_assistant(&json)).then_some(Ok(json)),
        Err(error) if error.to_string().starts_with("recursion limit") => {
            let place = place_of(&error);
            Some(Err(Fault::new(tree::too_deep()).at(place)))
        }
        // YAML may begin like JSON; only what begins as a group is sure to mean it.
        Err(_) if is_list || yaml::is_meant(text) => None,
        Err(error) => {
            let place = place_of(&error);
            let error = error.to_string();
            let reason = error.split(" at line ").next().unwrap_or_default();
            Some(Err(Fault::new(format!("this is not JSON: {reason}")).at(place)))
        }
    }
}

fn place_of(error: &serde_json::Error) -> Place {
    Place::after(error.line().saturating_sub(1), error.column().saturating_sub(1))
}

fn read_json(json: &Value) -> Vec<fault::Result<(Bot, Vec<String>)>> {
    if card::is_card(json) { vec![read_card(json)] } else { openai::read(json) }
}

fn read_card(json: &Value) -> fault::Result<(Bot, Vec<String>)> {
    if !card::is_card(json) {
        return Err(Fault::new("this JSON is no character card"));
    }
    let bot = card::read(json)?;
    let remarks = card::remarks(&bot);
    Ok((bot, remarks))
}

/// A bot of another program, if it may be one of ours.
fn accepted(
    source: &str,
    read: Result<(Bot, Vec<String>), BotProblem>,
) -> Vec<Result<BotRead, BotProblem>> {
    let (bot, mut remarks) = match read {
        Ok(read) => read,
        Err(problem) => return vec![Err(problem)],
    };
    let faults = check::faults(&bot);
    if faults.is_empty() {
        remarks.extend(check::scripts(&bot));
        return vec![Ok(BotRead { source: source.to_owned(), bot, remarks })];
    }
    faults.into_iter().map(|fault| Err(fault.problem(source))).collect()
}

/// A bot as a file of this format, or as text.
///
/// # Errors
///
/// Where the format has no place for what the bot is.
pub fn write(bot: &Bot, format: BotFormat) -> Result<Vec<u8>, BotProblem> {
    let written = match format {
        BotFormat::Yaml => yaml::write(bot).map(String::into_bytes),
        BotFormat::Block => yaml::write(bot).map(|yaml| block::write(&yaml).into_bytes()),
        BotFormat::CardV2 => card::write(bot, card::Version::V2).map(|card| pretty(&card)),
        BotFormat::CardV3 => card::write(bot, card::Version::V3).map(|card| pretty(&card)),
        BotFormat::CardPng => card::picture::write(bot),
        BotFormat::Openai => openai::write(bot).map(|assistant| pretty(&assistant)),
    };
    written.map_err(|fault| fault.problem(bot.id.as_str()))
}

/// All bots of a YAML file: a list of them, a map with the key `personas` or `bots`, or several
/// documents. An entry that is wrong leaves the others. A file with nothing in it holds none.
pub fn read_many(source: &str, yaml: &[u8]) -> Vec<Result<Bot, BotProblem>> {
    let text = match text_of(yaml) {
        Ok(text) => text,
        Err(fault) => return vec![Err(fault.problem(source))],
    };
    yaml::read(text).into_iter().flat_map(|entry| told(source, entry)).collect()
}

/// What is wrong with a bot, as far as its file would be refused for it. The source is its id.
pub fn check(bot: &Bot) -> Vec<BotProblem> {
    let source = bot.id.as_str();
    check::faults(bot).into_iter().map(|fault| fault.problem(source)).collect()
}

/// The bots of a text block. Its lines are nobody's, so problems name only the field.
fn read_block(source: &str, yaml: fault::Result<String>) -> Vec<Result<Bot, BotProblem>> {
    match yaml {
        Err(fault) => vec![Err(fault.problem(source))],
        Ok(yaml) => yaml::read(&yaml)
            .into_iter()
            .map(|entry| entry.map_err(|faults| faults.into_iter().map(Fault::placeless).collect()))
            .flat_map(|entry| told(source, entry))
            .collect(),
    }
}

/// A bot, or each of its problems.
fn told(source: &str, entry: yaml::Entry) -> Vec<Result<Bot, BotProblem>> {
    match entry {
        Ok(bot) => vec![Ok(bot)],
        Err(faults) => faults.into_iter().map(|fault| Err(fault.problem(source))).collect(),
    }
}

/// The bytes as text without a byte order mark.
fn text_of(bytes: &[u8]) -> fault::Result<&str> {
    if bytes.len() > LONGEST_TEXT {
        let (is, most) = (check::size(bytes.len()), check::size(LONGEST_TEXT));
        return Err(Fault::new(format!("the file is {is} long; {most} are read at most")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let lines = good.iter().filter(|byte| **byte == b'\n').count();
        let line = good.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let columns = std::str::from_utf8(line).map_or(0, |line| line.chars().count());
        Fault::new("the file is not UTF-8 text; save it as such").at(Place::after(lines, columns))
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn pretty(json: &Value) -> Vec<u8> {
    format!("{json:#}\n").into_bytes()
}

/// What a value of JSON is, in words.
fn kind(json: &Value) -> &'static str {
    match json {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a group of fields",
    }
}

/// So many letters of a text, in one line.
fn clip(text: &str, letters: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(letters).map(plain).collect();
    if text.chars().count() > letters {
        line.pop();
        line.push('…');
    }
    line
}

/// An id that tells of a name, and what stands in for it where the name has no letters that an id
/// may have.
pub fn id_of(name: &str, otherwise: &str) -> BotId {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let spelt: String = name.chars().map(letter).collect();
    let words: Vec<&str> = spelt.split('-').filter(|word| !word.is_empty()).collect();
    let id: String = words.join("-").chars().take(48).collect();
    let id = id.trim_end_matches('-');
    BotId(if id.is_empty() { otherwise } else { id }.to_owned())
}
