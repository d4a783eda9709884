//! `switchboard bots import`: bots of files become the user's own. No tool without a yes.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::failure::{Failure, Outcome, note, say, say_exactly};
use super::super::terminal::harmless;
use super::{counted, files, problem_row};
use crate::protocol::{
    Bot, BotEntry, BotId, BotOrigin, BotProblem, BotRead, BotVersion, Conflict, Library, SaveBot,
    TOOLS, ToolNeed, known_tool,
};
use crate::store::{StoreError, StoreHandle};

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
    /// Where you have a bot of that id, make another one instead of the next version of yours
    #[arg(long)]
    copy: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn tool(name: &str) -> Result<String, String> {
    known_tool(name).map(|tool| tool.name.to_owned()).ok_or_else(|| {
        let names: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
        format!("there is {}", names.join(", "))
    })
}

/// Keeps the bots that can be read, and fails where one could not.
pub(super) async fn run(store: &StoreHandle, library: &Library, args: &ImportArgs) -> Outcome {
    let mut import =
        Import { store, library, args, seen: Vec::new(), rows: Vec::new(), problems: Vec::new() };
    for path in &args.files {
        for read in files::read(path).1 {
            match read {
                Ok(read) => import.take(read).await?,
                Err(problem) => {
                    import.say(&problem.to_string())?;
                    import.problems.push(problem);
                }
            }
        }
    }
    import.end()
}

/// The bots of a call, while they are kept one after the other.
struct Import<'a> {
    store: &'a StoreHandle,
    library: &'a Library,
    args: &'a ImportArgs,
    /// What was read so far, with its file.
    seen: Vec<(String, Bot)>,
    rows: Vec<Row>,
    problems: Vec<BotProblem>,
}

/// What became of a bot.
struct Row {
    source: String,
    name: String,
    /// Its id now.
    id: BotId,
    version: BotVersion,
    fate: Fate,
    granted: Vec<String>,
    remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// It is a new bot of the user's own.
    Imported,
    /// It is one under another id than this, which is taken.
    Copied(BotId),
    /// It took the place of the user's bot in this version.
    Updated(BotVersion),
    /// It was there.
    There,
    /// The very same bot stands in this file of the call.
    Repeated(String),
    /// Another bot in this file of the call has its id.
    Skipped(String),
}

impl Fate {
    /// For a program.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Copied(_) => "copied",
            Self::Updated(_) => "updated",
            Self::There => "there",
            Self::Repeated(_) => "repeated",
            Self::Skipped(_) => "skipped",
        }
    }

    /// Whether something was kept.
    fn is_kept(&self) -> bool {
        match self {
            Self::Imported | Self::Copied(_) | Self::Updated(_) => true,
            Self::There | Self::Repeated(_) | Self::Skipped(_) => false,
        }
    }
}

impl Row {
    fn json(&self) -> Value {
        let from = match &self.fate {
            Fate::Updated(from) => Some(from),
            Fate::Imported
            | Fate::Copied(_)
            | Fate::There
            | Fate::Repeated(_)
            | Fate::Skipped(_) => None,
        };
        json!({
            "source": self.source, "id": self.id, "version": self.version, "name": self.name,
            "result": self.fate.as_str(), "from_version": from, "granted": self.granted,
            "warnings": self.remarks,
        })
    }

    /// In a sentence.
    fn line(&self) -> String {
        let Self { source, name, id, version, .. } = self;
        match &self.fate {
            Fate::Imported | Fate::Copied(_) => {
                format!("{name} is imported as {id}, version {version}")
            }
            Fate::Updated(from) => format!("Updates your bot {id}: version {from} → {version}"),
            Fate::There => format!("{name} is there already as {id}"),
            Fate::Repeated(first) => {
                format!("{source}: {id} is skipped: it is the very same bot as in {first}")
            }
            Fate::Skipped(first) => {
                format!("{source}: {id} is skipped: a bot in {first} has this id")
            }
        }
    }
}

impl Import<'_> {
    async fn take(&mut self, read: BotRead) -> Outcome {
        let twin = self.seen.iter().find(|(_, bot)| bot.id == read.bot.id);
        if let Some((source, bot)) = twin {
            let first = if *source == read.source { "the same file" } else { source.as_str() };
            let first = first.to_owned();
            let is_same = bot.says_the_same_as(&read.bot);
            let fate = if is_same { Fate::Repeated(first) } else { Fate::Skipped(first) };
            return self.tell(row(read, fate), &[]);
        }
        self.seen.push((read.source.clone(), read.bot.clone()));
        let id = read.bot.id.clone();
        let fate = match self.conflict(&read.bot) {
            Conflict::Identical(id) => return self.is_there(id, read).await,
            Conflict::Own { now, .. } if !self.args.copy => Fate::Updated(now),
            Conflict::Own { .. } | Conflict::Foreign => Fate::Copied(id),
            Conflict::Nothing if self.is_taken(&id) => Fate::Copied(id),
            Conflict::Nothing => Fate::Imported,
        };
        self.keep(read, fate).await
    }

    fn conflict(&self, bot: &Bot) -> Conflict {
        let known = |id: &BotId| self.known(id);
        match Conflict::of(bot, known) {
            Conflict::Own { now, next } => Conflict::copy_of(bot, known)
                .filter(|_| self.args.copy)
                .map_or(Conflict::Own { now, next }, Conflict::Identical),
            other @ (Conflict::Nothing | Conflict::Identical(_) | Conflict::Foreign) => other,
        }
    }

    fn known(&self, id: &BotId) -> Option<&BotEntry> {
        self.library.bots.iter().find(|entry| entry.bot.id == *id).map(AsRef::as_ref)
    }

    /// Whether a bot of this call got this id.
    fn is_taken(&self, id: &BotId) -> bool {
        self.rows.iter().any(|row| row.id == *id)
    }

    /// A bot that is there gets what it may use besides, and comes back from the archive.
    async fn is_there(&mut self, id: BotId, read: BotRead) -> Outcome {
        let mut row = row(read.clone(), Fate::There);
        let mut notes = row.remarks.clone();
        if let Some(entry) = self.known(&id) {
            (row.version, row.granted) = (entry.bot.version, entry.granted.clone());
            let is_new = |name: &String| self.args.allows(name) && !entry.granted.contains(name);
            let tools = entry.bot.tools.iter().map(|need| need.name.clone());
            let added: Vec<String> = tools.filter(is_new).collect();
            if entry.origin == BotOrigin::Own && !added.is_empty() {
                notes.push(format!("it may use {} now", added.join(", ")));
                row.granted.extend(added);
                let (bot, granted) = (entry.bot.clone(), row.granted.clone());
                let saved = SaveBot { bot, base: None, granted };
                self.store.save_bot(saved).await.map_err(failed)?;
            }
            if entry.archived {
                self.store.archive_bot(id.clone(), false).await.map_err(failed)?;
                notes.push("it is back from the archive".to_owned());
            }
        }
        row.id = id;
        self.tell(row, &notes)
    }

    async fn keep(&mut self, read: BotRead, fate: Fate) -> Outcome {
        let mut row = row(read.clone(), fate);
        let mut bot = read.bot;
        let mut notes = row.remarks.clone();
        let mut base = None;
        if let Fate::Copied(given) = &row.fate {
            bot.id = self.free_id(given);
            notes.push(format!("another bot has the id {given}"));
            // What this one can be compared with.
            base = self.known(given).map(|entry| (given.clone(), entry.bot.version));
        }
        row.granted = self.grants(&bot)?;
        let refused: Vec<String> = { bot.tools.iter().map(|tool| tool.name.clone()) }
            .filter(|tool| !row.granted.contains(tool))
            .collect();
        let saved = SaveBot { bot, base, granted: row.granted.clone() };
        let saved = self.store.save_bot(saved).await.map_err(failed)?;
        if self.known(&saved.id).is_some_and(|entry| entry.archived) {
            self.store.archive_bot(saved.id.clone(), false).await.map_err(failed)?;
        }
        (row.id, row.version) = (saved.id, saved.version);
        if let Fate::Updated(from) = row.fate {
            notes.push(format!("version {from} is kept; --copy makes a bot of its own instead"));
        }
        if !refused.is_empty() {
            let (name, refused) = (&row.name, refused.join(", "));
            notes.push(format!("{name} may not use {refused}; --grant TOOL allows one"));
        }
        self.tell(row, &notes)
    }

    /// The next id made of this one that is free.
    fn free_id(&self, id: &BotId) -> BotId {
        let stem: String = id.as_str().chars().take(56).collect();
        let stem = stem.trim_end_matches('-');
        let mut numbered = (2..10_000).map(|number| BotId(format!("{stem}-{number}")));
        let is_free = |id: &BotId| self.known(id).is_none() && !self.is_taken(id);
        numbered.find(is_free).unwrap_or_else(|| id.clone())
    }

    /// Says what became of a bot.
    fn tell(&mut self, row: Row, notes: &[String]) -> Outcome {
        self.say(&row.line())?;
        if !self.args.json {
            notes.iter().for_each(|text| note(text));
        }
        self.rows.push(row);
        Ok(())
    }

    /// A line for people.
    fn say(&self, line: &str) -> Outcome {
        if self.args.json { Ok(()) } else { say(line) }
    }

    fn end(self) -> Outcome {
        let Self { args, rows, problems, .. } = self;
        if args.json {
            let bots: Vec<Value> = rows.iter().map(Row::json).collect();
            let problems: Vec<Value> = problems.iter().map(problem_row).collect();
            say_exactly(&json!({"bots": bots, "problems": problems}).to_string())?;
        }
        let kept = rows.iter().filter(|row| row.fate.is_kept()).count();
        let skipped = rows.iter().filter(|row| matches!(row.fate, Fate::Skipped(_))).count();
        let mut message = Vec::new();
        if !problems.is_empty() {
            message.push(counted(problems.len(), "problem"));
        }
        if skipped > 0 {
            message.push(format!("{} skipped", counted(skipped, "bot")));
        }
        let message = format!("{}; {} imported", message.join(", "), counted(kept, "bot"));
        match (problems.len(), skipped) {
            (0, 0) => Ok(()),
            (0, _) => {
                let hint = "Give it another id in its file, then import it again";
                Err(Failure::work(message, hint))
            }
            (_, _) => Err(Failure::usage(message, "Correct the file, then import it again")),
        }
    }

    /// The tools that the user allows: those named, all, or those that they say yes to.
    fn grants(&self, bot: &Bot) -> Result<Vec<String>, Failure> {
        let can_ask = !self.args.json && io::stdin().is_terminal() && io::stderr().is_terminal();
        let mut granted = Vec::new();
        for need in &bot.tools {
            let allowed = self.args.allows(&need.name);
            let action = known_tool(&need.name).map_or("", |tool| tool.action);
            let line = format!("{} asks for {} ({action}): {}", bot.name, need.name, need.reason);
            let allowed = if allowed || !can_ask {
                self.say(&line)?;
                allowed
            } else {
                let mut err = io::stderr().lock();
                ask(&line, need, (&mut io::stdin().lock(), &mut err))
                    .map_err(|error| Failure::work(format!("nobody could be asked: {error}"), ""))?
            };
            if allowed {
                granted.push(need.name.clone());
            }
        }
        Ok(granted)
    }
}

impl ImportArgs {
    /// Whether the call itself allows a tool.
    fn allows(&self, tool: &String) -> bool {
        self.yes_tools || self.grant.contains(tool)
    }
}

fn row(read: BotRead, fate: Fate) -> Row {
    let BotRead { source, bot, remarks } = read;
    let Bot { id, version, name, .. } = bot;
    Row { source, name, id, version, fate, granted: Vec::new(), remarks }
}

fn failed(error: StoreError) -> Failure {
    Failure::work(error, "See `switchboard doctor`")
}

/// Anything but a yes is a no.
fn ask(
    line: &str,
    need: &ToolNeed,
    (answers, questions): (&mut impl BufRead, &mut impl Write),
) -> io::Result<bool> {
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
