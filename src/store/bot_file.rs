//! Bots as files: YAML of our own, text blocks, character cards, assistants.
//!
//! Reading is strict and says what is wrong where. What is read is a proposal: nothing is kept of
//! it, and no tool is granted.

use crate::protocol::{Bot, BotFormat, BotProblem, BotRead};

mod block;
mod check;
mod de;
mod emit;
mod fault;
mod nearest;
mod personas;
mod scalar;
mod ser;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

use fault::{Fault, Place};
pub use personas::{PersonaRead, read_personas};

/// The longest text that is read, in bytes. A bot is far smaller.
const LONGEST_TEXT: usize = 1024 * 1024;

/// All bots that can be read from a file or from what was pasted, whatever its kind. One that is
/// wrong leaves the others; each of its problems stands for itself.
pub fn read(source: &str, bytes: &[u8]) -> Vec<Result<BotRead, BotProblem>> {
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(fault) => return vec![Err(fault.problem(source))],
    };
    let read: Vec<_> = if block::is_in(text) && !yaml::is_meant(text) {
        block::read(text).into_iter().flat_map(|yaml| read_block(source, yaml)).collect()
    } else {
        yaml::read(text).into_iter().flat_map(|entry| told(source, entry)).collect()
    };
    if read.is_empty() {
        return vec![Err(Fault::new("there is no bot here; it is empty").problem(source))];
    }
    let whole = |bot| BotRead { source: source.to_owned(), bot, remarks: Vec::new() };
    read.into_iter().map(|bot| bot.map(whole)).collect()
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
        BotFormat::CardV2 | BotFormat::CardV3 | BotFormat::CardPng | BotFormat::Openai => {
            Err(Fault::new("wip"))
        }
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
