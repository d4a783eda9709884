//! Files of bots, as the command line names them.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::protocol::{BotProblem, BotRead};
use crate::store::bot_file;

/// More than any file of bots may have; what is beyond is not read.
const MOST_BYTES: u64 = 32 * 1_024 * 1_024;

/// Bots as a plain file, by its name.
const PERSONAS: &str = "personas.yaml";

/// All bots of a file, and how the file is called. `-` is stdin.
pub(super) fn read(path: &Path) -> (String, Vec<Result<BotRead, BotProblem>>) {
    let is_stdin = path.as_os_str() == "-";
    let source = if is_stdin { "stdin".to_owned() } else { path.display().to_string() };
    let bytes = if is_stdin { all(std::io::stdin().lock()) } else { open(path) };
    let read = match bytes {
        Ok(bytes) if path.file_name().is_some_and(|name| name == PERSONAS) => {
            personas(&source, &bytes)
        }
        Ok(bytes) => bot_file::read(&source, &bytes),
        Err(message) => vec![Err(BotProblem {
            source: source.clone(),
            line: None,
            column: None,
            field: None,
            message,
        })],
    };
    (source, read)
}

/// As the app reads the file: some fields go without saying in it.
fn personas(source: &str, bytes: &[u8]) -> Vec<Result<BotRead, BotProblem>> {
    let entries = match bot_file::read_personas(source, bytes) {
        Ok(entries) => entries,
        Err(problems) => return problems.into_iter().map(Err).collect(),
    };
    let read = |bot| BotRead { source: source.to_owned(), bot, remarks: Vec::new() };
    let each = entries.into_iter().flat_map(|entry| match entry.bot {
        Ok(bot) => vec![Ok(read(bot))],
        Err(problems) => problems.into_iter().map(Err).collect(),
    });
    each.collect()
}

fn open(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the file could not be read: {error}");
    if fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Err("this is a folder; name the files in it".to_owned());
    }
    all(File::open(path).map_err(unreadable)?)
}

fn all(from: impl Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("the file could not be read: {error}"))?;
    Ok(bytes)
}
