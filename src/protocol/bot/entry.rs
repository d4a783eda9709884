//! What the gallery holds: bots with where they come from and what the user did with them.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Bot, BotVersion};
use crate::protocol::{BotId, Timestamp};

/// All bots, in no order that means anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Library {
    /// The bots, archived ones too. An id stands there once.
    pub bots: Vec<Arc<BotEntry>>,
    /// What could not be read, of templates and of `personas.yaml`.
    pub problems: Vec<BotProblem>,
}

/// A bot of the gallery.
#[derive(Clone, Debug, PartialEq)]
pub struct BotEntry {
    /// What it is.
    pub bot: Bot,
    /// Where it comes from.
    pub origin: BotOrigin,
    /// The bot that it was made of, with the version it had then.
    pub base: Option<(BotId, BotVersion)>,
    /// Marked by the user.
    pub favourite: bool,
    /// When a chat was last begun with it.
    pub used: Option<Timestamp>,
    /// Put away by the user.
    pub archived: bool,
    /// The tools that the user confirmed; all it asks for where it ships with the app or was
    /// written here.
    pub granted: Vec<String>,
    /// When this version was saved; none for templates.
    pub saved: Option<Timestamp>,
    /// What a search looks at.
    pub haystack: Haystack,
}

/// Where a bot comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BotOrigin {
    /// It ships with the app.
    BuiltIn,
    /// The user made or imported it.
    Own,
    /// It stands in `personas.yaml`, and is changed there.
    Personas,
}

/// The texts of a bot in lower case, made once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Haystack {
    /// Its name.
    pub name: String,
    /// Its tags and its category, a blank between them.
    pub tags: String,
    /// Its description.
    pub description: String,
    /// Its instructions, those of its members too.
    pub instructions: String,
    /// The name of the server that it lives on; empty for this computer.
    pub server: String,
}

impl From<&Bot> for Haystack {
    fn from(bot: &Bot) -> Self {
        let mut tags = bot.tags.join(" ");
        tags.push(' ');
        tags.push_str(bot.category.as_str());
        let mut instructions = bot.instructions.clone();
        for member in bot.room.iter().flat_map(|room| &room.members) {
            for text in [&member.name, &member.instructions] {
                instructions.push('\n');
                instructions.push_str(text);
            }
        }
        Self {
            name: bot.name.to_lowercase(),
            tags: tags.to_lowercase(),
            description: bot.description.to_lowercase(),
            instructions: instructions.to_lowercase(),
            server: String::new(),
        }
    }
}

impl BotEntry {
    /// A bot that nothing was done with yet. All its tools are granted.
    pub fn new(bot: Bot, origin: BotOrigin) -> Self {
        Self {
            haystack: Haystack::from(&bot),
            granted: bot.tools.iter().map(|tool| tool.name.clone()).collect(),
            bot,
            origin,
            base: None,
            favourite: false,
            used: None,
            archived: false,
            saved: None,
        }
    }
}

/// A version of a bot that was saved.
#[derive(Clone, Debug, PartialEq)]
pub struct BotVersionInfo {
    /// The bot as it was.
    pub bot: Bot,
    /// When it was saved.
    pub saved: Timestamp,
}

/// Something that is wrong with a bot's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BotProblem {
    /// The file, or what stands for it: the clipboard, a bundled template.
    pub source: String,
    /// From 1, where it is known.
    pub line: Option<u32>,
    /// From 1, where it is known.
    pub column: Option<u32>,
    /// The field, with the path to it: `variables[0].name`.
    pub field: Option<String>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
}

impl fmt::Display for BotProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        if let Some(field) = &self.field {
            write!(f, ": {field}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// A bot that was read to be imported.
#[derive(Clone, Debug, PartialEq)]
pub struct BotRead {
    /// What it was read from.
    pub source: String,
    /// The bot. Nothing of it is kept yet, and no tool is granted.
    pub bot: Bot,
    /// What it held that is not kept, in sentences.
    pub remarks: Vec<String>,
}

/// As what a bot is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BotFormat {
    /// A file of the gallery's own kind.
    Yaml,
    /// A text block for the clipboard.
    Block,
    /// A character card, version 2, as JSON.
    CardV2,
    /// A character card, version 3, as JSON.
    CardV3,
    /// A character card, versions 2 and 3, in a picture.
    CardPng,
    /// An assistant as OpenAI's API spells it.
    Openai,
}

impl BotFormat {
    /// All, in the order shown.
    pub const ALL: [Self; 6] =
        [Self::Yaml, Self::Block, Self::CardV2, Self::CardV3, Self::CardPng, Self::Openai];

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yaml => "YAML file",
            Self::Block => "Text for the clipboard",
            Self::CardV2 => "Character card V2",
            Self::CardV3 => "Character card V3",
            Self::CardPng => "Character card as a picture",
            Self::Openai => "OpenAI assistant",
        }
    }

    /// The name of a file for a bot.
    pub fn file_name(self, bot: &BotId) -> PathBuf {
        let ending = match self {
            Self::Yaml => "yaml",
            Self::Block => "txt",
            Self::CardV2 | Self::CardV3 => "card.json",
            Self::CardPng => "png",
            Self::Openai => "json",
        };
        PathBuf::from(format!("{bot}.{ending}"))
    }
}
