//! Reading and writing bots.

mod assistants;
mod bad_input;
mod cards;
mod pictures;
mod random;
mod round_trip;

use super::{read, write};
use crate::protocol::{Bot, BotFormat, BotRead};

const BOT: &str = r#"id: notes
version: "1.2"
name: Notes
description: Turns a transcript into notes.
category: productivity
tags: [meetings, summary]
icon: pencil
color: green
instructions: |
  Write notes for {{audience}}.

  - Decisions first
model:
  abilities: [thinking]
  price: low
parameters:
  temperature: 0.2
  effort: high
tools:
  - name: read_file
    reason: To read a transcript that you point it to
seeds:
  - role: assistant
    content: Paste the transcript, {{user}}
starters:
  - Here is the transcript of this morning
variables:
  - name: audience
    label: Who reads it?
    kind: choice
    default: The team
    choices: [The team, A client]
author: Ada
license: CC0-1.0
"#;

pub(super) fn bot() -> Bot {
    one(BOT.as_bytes()).bot
}

fn one(bytes: &[u8]) -> BotRead {
    let mut all = read("file", bytes);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).unwrap()
}

/// What is said of a file, a line for each problem.
fn told(bytes: &[u8]) -> String {
    let lines = read("file", bytes).into_iter().map(|read| match read {
        Ok(read) => format!("{} is fine", read.bot.id),
        Err(problem) => problem.to_string(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The bot as it is after a way through a format.
fn through(bot: &Bot, format: BotFormat) -> Bot {
    one(&write(bot, format).unwrap()).bot
}
