//! `personas.yaml`: bots as plain files. A mistake leaves what was good before in place, also
//! across a restart.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::shelf::Persona;
use crate::protocol::{Bot, BotEntry, BotId, BotOrigin, BotProblem};
use crate::store::StoreHandle;
use crate::store::bot_file::{self, PersonaRead};

/// The name in problems.
const NAME: &str = "personas.yaml";

/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 4 * 1_024 * 1_024;

/// Where the store keeps what is in place.
const KEPT: &str = "personas";

/// The file, and what is in place of it.
#[derive(Debug)]
pub(super) struct Personas {
    file: PathBuf,
    /// How the file looked from outside when it was read.
    stamp: Option<Stamp>,
    /// What it held then.
    content: Content,
    /// In the order of the file.
    in_place: Vec<Persona>,
    problems: Vec<BotProblem>,
    /// What the store keeps.
    kept: Option<String>,
}

/// Time and length of a file: another one for another content, but for malice.
type Stamp = (Option<SystemTime>, u64);

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Missing,
    Unreadable(BotProblem),
    Bytes(Vec<u8>),
}

/// A file that was read.
struct Reading {
    stamp: Option<Stamp>,
    content: Content,
    /// The entries, where there is a file, or what is wrong with all of it.
    entries: Option<Result<Vec<PersonaRead>, Vec<BotProblem>>>,
}

impl Personas {
    /// What was in place when the app ended. The file is not read yet.
    pub(super) async fn recall(store: &StoreHandle, file: PathBuf) -> Self {
        let kept = store.value(KEPT).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was in place of personas.yaml is not known");
            None
        });
        // What an older version kept and this one cannot read is only a spare.
        let bots: Option<Vec<Bot>> =
            kept.as_deref().and_then(|kept| serde_json::from_str(kept).ok());
        let in_place = bots.unwrap_or_default().into_iter().enumerate();
        Self {
            file,
            stamp: None,
            content: Content::Missing,
            in_place: in_place.map(|(at, bot)| persona(bot, at, None)).collect(),
            problems: Vec::new(),
            kept,
        }
    }

    /// The bots that count.
    pub(super) fn in_place(&self) -> &[Persona] {
        &self.in_place
    }

    /// What is wrong with the file.
    pub(super) fn problems(&self) -> &[BotProblem] {
        &self.problems
    }

    /// The folder of the file, for people.
    pub(super) fn folder(&self) -> String {
        self.file.parent().unwrap_or(&self.file).display().to_string()
    }

    /// Whether the file looks different from outside. Costs one look at the folder.
    pub(super) async fn may_have_changed(&self) -> bool {
        let file = self.file.clone();
        let stamp = tokio::task::spawn_blocking(move || stamp(&file)).await;
        !stamp.is_ok_and(|stamp| stamp == self.stamp)
    }

    /// Reads the file. `taken` says who has an id already. Gives whether it holds something else
    /// than before.
    pub(super) async fn read(&mut self, taken: impl Fn(&BotId) -> Option<&'static str>) -> bool {
        let file = self.file.clone();
        let reading = match tokio::task::spawn_blocking(move || read(&file)).await {
            Ok(reading) => reading,
            Err(error) => {
                let content = Content::Unreadable(problem(format!("not read: {error}")));
                Reading { stamp: None, content, entries: None }
            }
        };
        self.stamp = reading.stamp;
        let is_first = reading.content == Content::Missing && !self.in_place.is_empty();
        if reading.content == self.content && !is_first {
            return false;
        }
        self.content = reading.content;
        match (&self.content, reading.entries) {
            (Content::Missing, _) => {
                self.in_place.clear();
                self.problems.clear();
            }
            (Content::Unreadable(problem), _) => self.problems = vec![problem.clone()],
            (Content::Bytes(_), Some(Err(problems))) => self.problems = problems,
            (Content::Bytes(_), entries) => {
                self.put(entries.and_then(Result::ok).unwrap_or_default(), taken);
            }
        }
        true
    }

    /// Puts what could be read in place; of an entry with a mistake its version before stays.
    fn put(
        &mut self,
        mut entries: Vec<PersonaRead>,
        taken: impl Fn(&BotId) -> Option<&'static str>,
    ) {
        for entry in &mut entries {
            if let Ok(Some(by)) = entry.bot.as_ref().map(|bot| taken(&bot.id)) {
                entry.bot = Err(vec![id_problem(Some(entry.line), entry.id.as_ref(), by)]);
            }
        }
        let before = std::mem::take(&mut self.in_place);
        self.problems.clear();
        let named: HashSet<BotId> = entries.iter().filter_map(|entry| entry.id.clone()).collect();
        let good = entries.iter().filter_map(|entry| Some(entry.bot.as_ref().ok()?.id.clone()));
        let mut placed: HashSet<BotId> = good.collect();
        for (at, PersonaRead { line, id, bot }) in entries.into_iter().enumerate() {
            let problems = match bot {
                Ok(bot) => {
                    self.in_place.push(persona(bot, at, Some(line)));
                    continue;
                }
                Err(problems) => problems,
            };
            self.problems.extend(problems);
            let is_free = |old: &&Persona| !placed.contains(&old.entry.bot.id);
            let by_id = before.iter().find(|old| Some(&old.entry.bot.id) == id.as_ref());
            // Its id may be the mistake: then it is the one that stood in its place.
            let by_place =
                || before.iter().find(|old| old.at == at && !named.contains(&old.entry.bot.id));
            if let Some(old) = by_id.filter(is_free).or_else(by_place).filter(is_free) {
                placed.insert(old.entry.bot.id.clone());
                self.in_place.push(Persona { at, line: Some(line), ..old.clone() });
            }
        }
    }

    /// Lets the store keep what is in place, for a start with a file that cannot be read.
    pub(super) async fn keep(&mut self, store: &StoreHandle) {
        let bots: Vec<&Bot> = self.in_place.iter().map(|persona| &persona.entry.bot).collect();
        let kept = if bots.is_empty() { None } else { serde_json::to_string(&bots).ok() };
        if kept == self.kept {
            return;
        }
        match store.set_value(KEPT, kept.clone()).await {
            Ok(()) => self.kept = kept,
            Err(error) => tracing::warn!(%error, "what is in place of personas.yaml is not kept"),
        }
    }
}

fn persona(bot: Bot, at: usize, line: Option<u32>) -> Persona {
    Persona { entry: Arc::new(BotEntry::new(bot, BotOrigin::Personas)), at, line }
}

/// Another bot has the id of an entry.
pub(super) fn id_problem(line: Option<u32>, id: Option<&BotId>, by: &str) -> BotProblem {
    let id = id.map_or("", BotId::as_str);
    let message = format!("{id:?} is the id of {by}; choose another one");
    BotProblem { line, field: Some("id".to_owned()), ..problem(message) }
}

fn problem(message: String) -> BotProblem {
    let source = NAME.to_owned();
    BotProblem { source, line: None, column: None, field: None, message }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok(), about.len()))
}

fn read(file: &Path) -> Reading {
    // Before the text: what is written in between is read once more.
    let stamp = stamp(file);
    let content = match bytes(file) {
        Ok(Some(bytes)) => Content::Bytes(bytes),
        Ok(None) => Content::Missing,
        Err(problem) => Content::Unreadable(problem),
    };
    let entries = match &content {
        Content::Bytes(bytes) => Some(bot_file::read_personas(NAME, bytes)),
        Content::Missing | Content::Unreadable(_) => None,
    };
    Reading { stamp, content, entries }
}

/// What the file holds; none where there is no file.
fn bytes(file: &Path) -> Result<Option<Vec<u8>>, BotProblem> {
    let unreadable = |error: std::io::Error| problem(format!("it cannot be read: {error}"));
    let about = match fs::metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    // A pipe or a device might never end.
    if !about.is_file() {
        return Err(problem("it is no file".to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(file).map_err(unreadable)?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(problem("it is larger than 4 MB".to_owned()));
    }
    Ok(Some(bytes))
}
