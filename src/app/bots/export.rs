//! `switchboard bots export`: a bot as a file, with a word about what the format cannot hold.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::failure::{Failure, Outcome, note, pipe_closed, say};
use crate::protocol::{BotEntry, BotFormat};
use crate::store::bot_file;

/// What `bots export` takes.
#[derive(Debug, Args)]
pub(in crate::app) struct ExportArgs {
    /// The bot's id
    pub(super) id: String,
    /// As what
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
    /// Write it to this file instead of stdout
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over the file where it is there already
    #[arg(long, requires = "output")]
    force: bool,
}

/// As what a bot is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A file of Switchboard's own kind
    Yaml,
    /// A block of text for mails and chats
    Block,
    /// A character card, version 2, as JSON
    CardV2,
    /// A character card, version 3, as JSON
    CardV3,
    /// A character card in a picture
    CardPng,
    /// An assistant as OpenAI's API spells it
    Openai,
}

impl From<Format> for BotFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Yaml => Self::Yaml,
            Format::Block => Self::Block,
            Format::CardV2 => Self::CardV2,
            Format::CardV3 => Self::CardV3,
            Format::CardPng => Self::CardPng,
            Format::Openai => Self::Openai,
        }
    }
}

/// Writes the bot, and notes what is lost of it.
pub(super) fn run(entry: &BotEntry, args: &ExportArgs) -> Outcome {
    let to_terminal = args.output.is_none() && io::stdout().is_terminal();
    if args.format == Format::CardPng && to_terminal {
        let hint = format!("Name a file: --output {}.png", args.id);
        return Err(Failure::usage("a picture cannot be shown in a terminal", &hint));
    }
    let format = args.format.into();
    let bytes = bot_file::write(&entry.bot, format)
        .map_err(|problem| Failure::usage(problem, "Choose another --format"))?;
    match &args.output {
        Some(path) => {
            write_file(path, &bytes, args)?;
            say(&format!("{} is in {}", entry.bot.name, path.display()))?;
        }
        None => {
            let mut out = io::stdout().lock();
            out.write_all(&bytes)
                .and_then(|()| out.flush())
                .map_err(|error| pipe_closed(&error))?;
        }
    }
    for loss in bot_file::losses(&entry.bot, format) {
        note(&loss);
    }
    Ok(())
}

fn write_file(path: &Path, bytes: &[u8], args: &ExportArgs) -> Outcome {
    // What is there and no file, a pipe for example, loses nothing.
    let is_device = fs::metadata(path).is_ok_and(|about| !about.is_file());
    let written = if args.force || is_device {
        fs::write(path, bytes)
    } else {
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        file.and_then(|mut file| file.write_all(bytes))
    };
    written.map_err(|error| {
        let path = path.display();
        if error.kind() == io::ErrorKind::AlreadyExists {
            let hint = "Name another file, or write over this one with --force";
            return Failure::usage(format!("{path} is there already"), hint);
        }
        let message = format!("{path} could not be written: {error}");
        Failure::work(message, "Name another file with --output")
    })
}
