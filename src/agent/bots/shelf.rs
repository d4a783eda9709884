//! Puts bots of all origins together. Pure: nothing is read here.
//!
//! Entries that did not change are the very ones of last time: thousands of them cost a pointer
//! each when one is marked.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::personas;
use crate::protocol::{BotEntry, BotId, BotOrigin, BotProblem, BotVersion, Library, Timestamp};
use crate::store::{BotMark, KeptBots, OwnBot, OwnContent};

/// A bot of `personas.yaml`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Persona {
    /// The bot, without marks.
    pub(super) entry: Arc<BotEntry>,
    /// Its place among those of the file.
    pub(super) at: usize,
    /// Where it begins in the file; none where the file was not read yet.
    pub(super) line: Option<u32>,
}

/// Bots of all origins, with marks.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    templates: Vec<Arc<BotEntry>>,
    template_ids: HashSet<BotId>,
    personas: Vec<Persona>,
    own: BTreeMap<BotId, Arc<BotEntry>>,
    marks: HashMap<BotId, BotMark>,
    /// What is wrong for as long as the app runs.
    lasting: Vec<BotProblem>,
    unreadable_personas: Vec<BotProblem>,
    unreadable_own: Vec<BotProblem>,
    /// Of `personas.yaml`, by the library that was made last.
    persona_problems: Vec<BotProblem>,
    last: Arc<Library>,
}

impl Shelf {
    /// With the templates of the app. Of two with the same id the first counts.
    pub(super) fn new(templates: Vec<Arc<BotEntry>>, problems: Vec<BotProblem>) -> Self {
        let mut shelf = Self { lasting: problems, ..Self::default() };
        for entry in templates {
            if shelf.template_ids.insert(entry.bot.id.clone()) {
                shelf.templates.push(entry);
            } else {
                let message = "another template has the same id".to_owned();
                shelf.lasting.push(id_problem(entry.bot.id.as_str().to_owned(), message));
            }
        }
        shelf
    }

    /// Adds something that is wrong for as long as the app runs.
    pub(super) fn note(&mut self, problem: BotProblem) {
        self.lasting.push(problem);
    }

    /// Takes the bots of `personas.yaml` in the place of those before.
    pub(super) fn put_personas(&mut self, personas: &[Persona], problems: &[BotProblem]) {
        let before: HashMap<BotId, Arc<BotEntry>> = std::mem::take(&mut self.personas)
            .into_iter()
            .map(|persona| (persona.entry.bot.id.clone(), persona.entry))
            .collect();
        let reused = personas.iter().map(|persona| {
            let known = before.get(&persona.entry.bot.id);
            let known = known.filter(|known| known.bot == persona.entry.bot);
            let entry = known.unwrap_or(&persona.entry).clone();
            Persona { entry, at: persona.at, line: persona.line }
        });
        self.personas = reused.collect();
        self.unreadable_personas = problems.to_vec();
        self.mark();
    }

    /// The bots of the user's own that need not be read again.
    pub(super) fn known(&self) -> HashMap<BotId, Timestamp> {
        let saved = |(id, entry): (&BotId, &Arc<BotEntry>)| Some((id.clone(), entry.saved?));
        self.own.iter().filter_map(saved).collect()
    }

    /// Takes the user's own bots and marks in the place of those before.
    pub(super) fn put_rows(&mut self, rows: KeptBots) {
        let mut before = std::mem::take(&mut self.own);
        self.unreadable_own.clear();
        for row in rows.own {
            let known = before.remove(&row.id);
            match entry_of(&row, known) {
                Ok(entry) => drop(self.own.insert(row.id, entry)),
                Err(problem) => self.unreadable_own.push(problem),
            }
        }
        self.marks = rows.marks;
        self.mark();
    }

    /// Gives every entry its marks.
    fn mark(&mut self) {
        let personas = self.personas.iter_mut().map(|persona| &mut persona.entry);
        for entry in self.templates.iter_mut().chain(personas).chain(self.own.values_mut()) {
            let BotMark { favourite, used } =
                self.marks.get(&entry.bot.id).copied().unwrap_or_default();
            if (entry.favourite, entry.used) != (favourite, used) {
                let entry = Arc::make_mut(entry);
                (entry.favourite, entry.used) = (favourite, used);
            }
        }
    }

    /// All bots. The same as last time where nothing changed.
    pub(super) fn library(&mut self) -> Arc<Library> {
        let mut problems = self.lasting.clone();
        let mut bots =
            Vec::with_capacity(self.templates.len() + self.personas.len() + self.own.len());
        for entry in &self.templates {
            if self.own.contains_key(&entry.bot.id) {
                problems.push(shadowed(entry));
            } else {
                bots.push(entry.clone());
            }
        }
        self.persona_problems = self.unreadable_personas.clone();
        for Persona { entry, line, .. } in &self.personas {
            let id = &entry.bot.id;
            match self.taken(id) {
                None => bots.push(entry.clone()),
                Some(by) => {
                    self.persona_problems.push(personas::id_problem(*line, Some(id), by));
                }
            }
        }
        bots.extend(self.own.values().cloned());
        problems.extend(self.persona_problems.iter().chain(&self.unreadable_own).cloned());
        let is_same = problems == self.last.problems
            && bots.len() == self.last.bots.len()
            && bots.iter().zip(&self.last.bots).all(|(now, then)| Arc::ptr_eq(now, then));
        if !is_same {
            self.last = Arc::new(Library { bots, problems });
        }
        self.last.clone()
    }

    /// What is wrong with `personas.yaml`, by the library that was made last.
    pub(super) fn persona_problems(&self) -> &[BotProblem] {
        &self.persona_problems
    }

    /// Who has an id that an entry of `personas.yaml` wants.
    pub(super) fn taken(&self, id: &BotId) -> Option<&'static str> {
        if self.template_ids.contains(id) {
            Some("a bot that ships with Switchboard")
        } else if self.own.contains_key(id) {
            Some("a bot of your own")
        } else {
            None
        }
    }

    /// The version of a bot that is not the user's own, where there is one of this id and none of
    /// the user's own has it.
    pub(super) fn version_of_another_origin(&self, id: &BotId) -> Option<BotVersion> {
        if self.own.contains_key(id) {
            return None;
        }
        let personas = self.personas.iter().map(|persona| &persona.entry);
        let found = self.templates.iter().chain(personas).find(|entry| entry.bot.id == *id);
        found.map(|entry| entry.bot.version)
    }

    /// An id that no bot has, made of one that is taken.
    pub(super) fn free_id(&self, taken: &BotId) -> BotId {
        let is_free =
            |id: &BotId| !self.own.contains_key(id) && self.version_of_another_origin(id).is_none();
        let mut numbered = (2..).map(|number: u32| BotId(format!("{taken}-{number}")));
        numbered.find(is_free).unwrap_or_else(|| taken.clone())
    }
}

/// The entry of a row: the one before where the row holds nothing else.
fn entry_of(row: &OwnBot, known: Option<Arc<BotEntry>>) -> Result<Arc<BotEntry>, BotProblem> {
    let mut entry = match (&row.content, known) {
        (OwnContent::Known, Some(known)) => known,
        (OwnContent::Read(bot), _) => {
            let mut bot = (**bot).clone();
            bot.id = row.id.clone();
            Arc::new(BotEntry::new(bot, BotOrigin::Own))
        }
        (OwnContent::Unreadable(error), _) => return Err(unreadable(row, error)),
        (OwnContent::Known, None) => return Err(unreadable(row, "it is gone")),
    };
    let is_same = entry.base == row.base
        && entry.granted == row.granted
        && entry.archived == row.archived
        && entry.saved == Some(row.saved);
    if !is_same {
        let changed = Arc::make_mut(&mut entry);
        changed.base.clone_from(&row.base);
        changed.granted.clone_from(&row.granted);
        (changed.archived, changed.saved) = (row.archived, Some(row.saved));
    }
    Ok(entry)
}

fn unreadable(row: &OwnBot, error: &str) -> BotProblem {
    BotProblem {
        source: format!("your bot {}", row.id),
        line: None,
        column: None,
        field: None,
        message: format!("it cannot be read: {error}"),
    }
}

fn shadowed(template: &BotEntry) -> BotProblem {
    let message = format!(
        "a bot of the same id, {}, ships with Switchboard now; yours is shown in its place",
        template.bot.name
    );
    id_problem(format!("your bot {}", template.bot.id), message)
}

fn id_problem(source: String, message: String) -> BotProblem {
    BotProblem { source, line: None, column: None, field: Some("id".to_owned()), message }
}

#[cfg(test)]
mod tests;
