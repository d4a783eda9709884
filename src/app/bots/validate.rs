//! `switchboard bots validate`: what is wrong with files of bots. Nothing of them is kept.

use std::collections::HashMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::failure::{Failure, Outcome, say, say_exactly};
use super::{counted, files, problem_row};
use crate::protocol::{Bot, BotId, BotProblem, BotRead};

/// What `bots validate` takes.
#[derive(Debug, Args)]
pub(in crate::app) struct ValidateArgs {
    /// YAML, text blocks, character cards as JSON or PNG, assistants as JSON; - reads stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was found in all files.
#[derive(Debug, Default)]
struct Findings {
    /// The first bot of each id, with its file.
    first: HashMap<BotId, (String, Bot)>,
    rows: Vec<Value>,
    problems: Vec<BotProblem>,
    /// How many of the problems are an id that stands twice.
    repeated: usize,
    /// How many files have a problem.
    wrong: usize,
}

/// Fails with 2 where a file is wrong, and with 1 where each is right but not beside the others.
pub(super) fn run(args: &ValidateArgs) -> Outcome {
    let mut findings = Findings::default();
    for path in &args.files {
        let (source, read) = files::read(path);
        let lines = findings.take(&source, read);
        if !args.json {
            lines.iter().try_for_each(|line| say(line))?;
        }
    }
    let Findings { rows, problems, repeated, wrong, .. } = findings;
    if args.json {
        let problems: Vec<Value> = problems.iter().map(problem_row).collect();
        say_exactly(&json!({"bots": rows, "problems": problems}).to_string())?;
    }
    if problems.is_empty() {
        return Ok(());
    }
    let (count, files) = (problems.len(), counted(args.files.len(), "file"));
    let message = format!("{} in {wrong} of {files}", counted(count, "problem"));
    if repeated == count {
        let hint = "Give one of the two another id; an import of both keeps the first only";
        return Err(Failure::work(message, hint));
    }
    let hint = "To compare with one that is right: switchboard bots export meeting-notes";
    Err(Failure::usage(message, hint))
}

impl Findings {
    /// Takes what was read of a file, and gives the lines about it.
    fn take(&mut self, source: &str, read: Vec<Result<BotRead, BotProblem>>) -> Vec<String> {
        let before = self.problems.len();
        let (mut bots, mut warnings) = (0_usize, Vec::new());
        for read in read {
            match read {
                Ok(BotRead { bot, remarks, .. }) => {
                    bots += 1;
                    self.rows.push(json!({
                        "source": source, "id": bot.id, "version": bot.version,
                        "name": bot.name, "warnings": remarks,
                    }));
                    let line = |remark| format!("{source}: warning: {}: {remark}", bot.id);
                    warnings.extend(remarks.into_iter().map(line));
                    self.note_twin(source, bot);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        let found = self.problems.get(before..).unwrap_or_default();
        self.wrong += usize::from(!found.is_empty());
        let mut lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        if found.is_empty() {
            lines.push(format!("{source}: {}, nothing wrong", counted(bots, "bot")));
        }
        lines.extend(warnings);
        lines
    }

    /// Notes a bot, or that its id stands further up.
    fn note_twin(&mut self, source: &str, bot: Bot) {
        let Some((file, first)) = self.first.get(&bot.id) else {
            self.first.insert(bot.id.clone(), (source.to_owned(), bot));
            return;
        };
        let place = if file == source { "this file".to_owned() } else { file.clone() };
        let same = if first.says_the_same_as(&bot) { "; it is the very same bot" } else { "" };
        self.problems.push(BotProblem {
            source: source.to_owned(),
            line: None,
            column: None,
            field: Some("id".to_owned()),
            message: format!("{:?} is the id of a bot in {place} too{same}", bot.id.as_str()),
        });
        self.repeated += 1;
    }
}
