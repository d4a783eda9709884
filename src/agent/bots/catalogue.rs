//! What is read, from wherever it comes, and what became of it.

use std::path::PathBuf;
use std::sync::Arc;

use super::personas::Personas;
use super::shelf::Shelf;
use crate::protocol::{BotEntry, BotOrigin, BotProblem, BotVersion, Library, SaveBot};
use crate::store::{StoreError, StoreHandle, templates};

/// All bots, with where they come from.
#[derive(Debug)]
pub(super) struct Catalogue {
    shelf: Shelf,
    personas: Personas,
}

impl Catalogue {
    /// Reads all of it. Bots of the user's own are missing where the store cannot tell them.
    pub(super) async fn open(store: &StoreHandle, personas_file: PathBuf) -> Self {
        let read = || {
            let (bots, problems) = templates::read();
            let entries = bots.into_iter().map(|bot| BotEntry::new(bot, BotOrigin::BuiltIn));
            (entries.map(Arc::new).collect(), problems)
        };
        let (templates, problems) = match tokio::task::spawn_blocking(read).await {
            Ok(read) => read,
            Err(error) => (Vec::new(), vec![unread("the bundled templates", &error)]),
        };
        let personas = Personas::recall(store, personas_file).await;
        let mut catalogue = Self { shelf: Shelf::new(templates, problems), personas };
        // Before `personas.yaml`, whose ids must not be those of the user's own bots.
        if let Err(error) = catalogue.read_rows(store).await {
            tracing::warn!(%error, "the bots of the user's own were not read");
        }
        catalogue.read_personas(store).await;
        catalogue
    }

    /// Reads `personas.yaml` where it may have changed. Gives whether it did.
    pub(super) async fn look_at_personas(&mut self, store: &StoreHandle) -> bool {
        self.personas.may_have_changed().await && self.read_personas(store).await
    }

    /// Reads `personas.yaml`. Gives whether it changed.
    pub(super) async fn read_personas(&mut self, store: &StoreHandle) -> bool {
        let changed = self.personas.read(|id| self.shelf.taken(id)).await;
        if changed {
            self.shelf.put_personas(self.personas.in_place(), self.personas.problems());
            self.personas.keep(store).await;
        }
        changed
    }

    /// `personas.yaml` is read at start and with the window's focus only.
    pub(super) fn note_unwatched(&mut self, error: &notify::Error) {
        self.shelf.note(BotProblem {
            source: self.personas.folder(),
            line: None,
            column: None,
            field: None,
            message: format!(
                "the folder cannot be watched, so a change of personas.yaml counts when \
                 Switchboard starts or its window is looked at again: {error}"
            ),
        });
    }

    /// Reads the user's own bots and marks, where they changed.
    pub(super) async fn read_rows(&mut self, store: &StoreHandle) -> Result<(), StoreError> {
        let rows = store.own_bots(self.shelf.known()).await?;
        self.shelf.put_rows(rows);
        Ok(())
    }

    /// All of it. The same as last time where nothing changed.
    pub(super) fn library(&mut self) -> Arc<Library> {
        self.shelf.library()
    }

    /// What is wrong with `personas.yaml`, by the library that was told last.
    pub(super) fn persona_problems(&self) -> &[BotProblem] {
        self.shelf.persona_problems()
    }

    /// The id of a new bot of the user's own must not be one of another origin: it gets one that
    /// is free, and is made of the other.
    pub(super) fn with_free_id(&self, mut save: SaveBot) -> SaveBot {
        let Some(version) = self.shelf.version_of_another_origin(&save.bot.id) else { return save };
        let taken: (_, BotVersion) = (save.bot.id.clone(), version);
        save.bot.id = self.shelf.free_id(&taken.0);
        save.base.get_or_insert(taken);
        save
    }
}

fn unread(source: &str, error: &tokio::task::JoinError) -> BotProblem {
    BotProblem {
        source: source.to_owned(),
        line: None,
        column: None,
        field: None,
        message: format!("could not be read: {error}"),
    }
}
