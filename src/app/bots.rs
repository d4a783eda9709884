//! `switchboard bots`: templates, the user's own bots, and files of bots.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::backend;
use super::cli::JsonFlag;
use super::failure::{Failure, Outcome, note, say, say_exactly};
use crate::agent;
use crate::protocol::{BotEntry, BotOrigin, BotProblem, Category, Library};
use crate::store::{Paths, StoreHandle, bot_file};

mod export;
mod files;
mod import;
mod show;
mod validate;

/// What can be done with bots.
#[derive(Debug, Subcommand)]
pub(super) enum BotsCommand {
    /// List them, by category
    List(ListArgs),
    /// Print one with all that it is told and may do
    Show {
        /// The bot's id
        id: String,
        #[command(flatten)]
        flag: JsonFlag,
    },
    /// Say what is wrong with files of bots: file:line:column: field: what is wrong
    Validate(validate::ValidateArgs),
    /// Keep the bots of files as your own
    Import(import::ImportArgs),
    /// Print one as a file, or write it to one
    Export(export::ExportArgs),
}

/// What `bots list` takes.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Only of this category: coding, writing, rooms …
    #[arg(long, value_name = "C", value_parser = category)]
    category: Option<Category>,
    /// Archived ones too
    #[arg(long)]
    archived: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn category(text: &str) -> Result<Category, String> {
    let all = Category::ALL.iter();
    let found = all.clone().find(|known| known.as_str().eq_ignore_ascii_case(text));
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all.map(|known| known.as_str()).collect();
        format!("there is {}", names.join(", "))
    })
}

pub(super) async fn run(paths: &Paths, command: BotsCommand) -> Outcome {
    if let BotsCommand::Validate(args) = &command {
        return validate::run(args);
    }
    let store = backend::store_for_command(paths)?;
    let library = agent::read_library(&store, &paths.personas_file()).await;
    let done = match command {
        BotsCommand::List(args) => list(&library, &args),
        BotsCommand::Show { id, flag } => show(&library, &id, flag),
        BotsCommand::Validate(_) => Ok(()),
        BotsCommand::Import(args) => import::run(&store, &library, &args).await,
        BotsCommand::Export(args) => export::run(find(&library, &args.id)?, &args),
    };
    close(&store).await;
    done
}

async fn close(store: &StoreHandle) {
    if let Err(error) = store.close().await {
        tracing::warn!(%error, "the store did not close well");
    }
}

fn list(library: &Library, args: &ListArgs) -> Outcome {
    let mut bots: Vec<&BotEntry> = library.bots.iter().map(AsRef::as_ref).collect();
    bots.retain(|entry| args.archived || !entry.archived);
    bots.retain(|entry| args.category.is_none_or(|category| entry.bot.category == category));
    bots.sort_by_key(|entry| (entry.bot.category, entry.bot.name.to_lowercase()));
    for problem in &library.problems {
        note(&problem.to_string());
    }
    if args.json {
        let rows: Vec<Value> = bots.into_iter().map(row).collect();
        return say_exactly(&Value::from(rows).to_string());
    }
    bots.into_iter().try_for_each(|entry| say(&show::line(entry)))
}

/// What a list tells a program of a bot.
fn row(entry: &BotEntry) -> Value {
    let bot = &entry.bot;
    let tools = bot.tools.iter().map(|tool| {
        let granted = entry.granted.contains(&tool.name);
        json!({"name": tool.name, "reason": tool.reason, "granted": granted})
    });
    json!({
        "id": bot.id,
        "version": bot.version,
        "name": bot.name,
        "description": bot.description,
        "category": bot.category,
        "tags": bot.tags,
        "room": bot.room.is_some(),
        "tools": tools.collect::<Vec<_>>(),
        "origin": match entry.origin {
            BotOrigin::BuiltIn => "built-in",
            BotOrigin::Own => "own",
            BotOrigin::Personas => "personas",
        },
        "base": entry.base.as_ref().map(|(id, version)| json!({"id": id, "version": version})),
        "favourite": entry.favourite,
        "archived": entry.archived,
        "used": entry.used,
        "saved": entry.saved,
    })
}

fn find<'a>(library: &'a Library, id: &str) -> Result<&'a BotEntry, Failure> {
    let found = library.bots.iter().find(|entry| entry.bot.id.as_str() == id);
    found.map(AsRef::as_ref).ok_or_else(|| {
        let ids = library.bots.iter().map(|entry| entry.bot.id.as_str());
        let near = bot_file::nearest(id, ids);
        let near = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let hint = "List the bots with `switchboard bots list --archived`";
        Failure::usage(format!("there is no bot {id:?}{near}"), hint)
    })
}

fn show(library: &Library, id: &str, flag: JsonFlag) -> Outcome {
    let entry = find(library, id)?;
    if flag.json {
        let mut value = row(entry);
        value["bot"] =
            serde_json::to_value(&entry.bot).map_err(|error| Failure::work(error, ""))?;
        return say_exactly(&value.to_string());
    }
    show::all(entry)
}

/// `1 bot`, `2 bots`.
fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// What is wrong with a file, for a program.
fn problem_row(problem: &BotProblem) -> Value {
    json!({
        "source": problem.source,
        "line": problem.line,
        "column": problem.column,
        "field": problem.field,
        "message": problem.message,
    })
}
