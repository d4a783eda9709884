//! `switchboard bots import`: bots of files become the user's own. No tool without a yes.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use super::super::failure::{Failure, Outcome, note, say};
use super::super::terminal::harmless;
use super::{counted, files};
use crate::protocol::{
    Bot, BotId, BotOrigin, BotRead, Library, SaveBot, TOOLS, ToolNeed, known_tool,
};
use crate::store::StoreHandle;

/// What `bots import` takes.
#[derive(Debug, Args)]
pub(in crate::app) struct ImportArgs {
    /// YAML, text blocks, character cards as JSON or PNG, assistants as JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Allow all tools that the bots ask for
    #[arg(long)]
    yes_tools: bool,
    /// Allow this tool, where a bot asks for it; may be given several times
    #[arg(long, value_name = "TOOL", value_parser = tool)]
    grant: Vec<String>,
}

fn tool(name: &str) -> Result<String, String> {
    known_tool(name).map(|tool| tool.name.to_owned()).ok_or_else(|| {
        let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        format!("there is {}", names.join(", "))
    })
}

/// Keeps the bots that can be read, and fails where one could not.
pub(super) async fn run(store: &StoreHandle, library: &Library, args: &ImportArgs) -> Outcome {
    let mut taken: Vec<BotId> = Vec::new();
    let mut problems = 0;
    for path in &args.files {
        for read in files::read(path).1 {
            match read {
                Ok(read) => keep(store, (library, &mut taken), args, read).await?,
                Err(problem) => {
                    problems += 1;
                    say(&problem.to_string())?;
                }
            }
        }
    }
    match (problems, taken.len()) {
        (0, _) => Ok(()),
        (problems, kept) => Err(Failure::usage(
            format!("{}; {} imported", counted(problems, "problem"), counted(kept, "bot")),
            "What is wrong is mended in the file; then import it again",
        )),
    }
}

async fn keep(
    store: &StoreHandle,
    (library, taken): (&Library, &mut Vec<BotId>),
    args: &ImportArgs,
    read: BotRead,
) -> Outcome {
    let BotRead { mut bot, remarks, .. } = read;
    let given = bot.id.clone();
    bot.id = free_id(&given, library, taken);
    taken.push(bot.id.clone());
    let granted = grants(&bot, args)?;
    let (name, asked) = (bot.name.clone(), bot.tools.len());
    let known = |id: &BotId| library.bots.iter().find(|entry| entry.bot.id == *id);
    // A bot of the same id that is not the user's own is what this one can be compared with.
    let base = known(&given).filter(|_| bot.id != given);
    let base = base.map(|entry| (given.clone(), entry.bot.version));
    let failed = |error| Failure::work(error, "See `switchboard doctor`");
    let saved = SaveBot { bot, base, granted: granted.clone() };
    let saved = store.save_bot(saved).await.map_err(failed)?;
    if known(&saved.id).is_some_and(|entry| entry.archived) {
        store.archive_bot(saved.id.clone(), false).await.map_err(failed)?;
    }
    say(&format!("{name} is imported as {}, version {}", saved.id, saved.version))?;
    for remark in remarks {
        note(&remark);
    }
    if saved.id != given {
        note(&format!("another bot has the id {given}"));
    }
    if asked > granted.len() {
        let refused: Vec<&str> = saved
            .tools
            .iter()
            .map(|tool| tool.name.as_str())
            .filter(|tool| !granted.iter().any(|name| name == tool))
            .collect();
        note(&format!("{name} may not use {}; --grant TOOL allows one", refused.join(", ")));
    }
    Ok(())
}

/// The id itself, or where a bot has it that is not the user's own, the next one that is free. A
/// bot of the user's own gets a new version.
fn free_id(id: &BotId, library: &Library, taken: &[BotId]) -> BotId {
    let is_free = |id: &BotId| {
        let other = library.bots.iter().find(|entry| entry.bot.id == *id);
        !taken.contains(id) && other.is_none_or(|entry| entry.origin == BotOrigin::Own)
    };
    let is_new = |id: &BotId| library.bots.iter().all(|entry| entry.bot.id != *id);
    if is_free(id) {
        return id.clone();
    }
    let stem: String = id.as_str().chars().take(56).collect();
    let numbered =
        (2..10_000).map(|number| BotId(format!("{}-{number}", stem.trim_end_matches('-'))));
    numbered.filter(|id| is_new(id)).find(is_free).unwrap_or_else(|| id.clone())
}

/// The tools that the user allows: those named, all, or those that they say yes to.
fn grants(bot: &Bot, args: &ImportArgs) -> Result<Vec<String>, Failure> {
    let can_ask = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let mut granted = Vec::new();
    for need in &bot.tools {
        let allowed = args.yes_tools || args.grant.contains(&need.name);
        let action = known_tool(&need.name).map_or("", |tool| tool.action);
        let line = format!("{} asks for {} ({action}): {}", bot.name, need.name, need.reason);
        let allowed = if allowed || !can_ask {
            say(&line)?;
            allowed
        } else {
            let mut err = std::io::stderr().lock();
            ask(&line, need, (&mut std::io::stdin().lock(), &mut err))
                .map_err(|error| Failure::work(format!("nobody could be asked: {error}"), ""))?
        };
        if allowed {
            granted.push(need.name.clone());
        }
    }
    Ok(granted)
}

/// Anything but a yes is a no.
fn ask(
    line: &str,
    need: &ToolNeed,
    (answers, questions): (&mut impl BufRead, &mut impl Write),
) -> std::io::Result<bool> {
    write!(questions, "{}\nAllow {}? [y/N] ", harmless(line), need.name)?;
    questions.flush()?;
    let mut answer = String::new();
    answers.read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_allows_a_tool() {
        let need = ToolNeed { name: "run_command".to_owned(), reason: "To build".to_owned() };
        for (answer, allowed) in [
            ("y\n", true),
            ("Yes\n", true),
            ("\n", false),
            ("", false),
            ("n\n", false),
            ("why\n", false),
        ] {
            let mut asked = Vec::new();
            let said = ask("Ada asks\u{1b}[2J", &need, (&mut answer.as_bytes(), &mut asked));
            assert_eq!(said.unwrap(), allowed, "{answer:?}");
            assert_eq!(
                String::from_utf8(asked).unwrap(),
                "Ada asks␛[2J\nAllow run_command? [y/N] "
            );
        }
    }
}
