//! The bots of this app: those that ship with it, the user's own, those of `personas.yaml`.
//!
//! The librarian is a task of its own, so that nobody waits for it. It reads nothing before it is
//! asked for the first time: a command line that asks a question pays nothing for bots.

mod catalogue;
mod files;
mod personas;
mod shelf;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use self::catalogue::Catalogue;
use self::watch::Watch;
use super::actor::Shared;
use super::desk;
use crate::protocol::{BackendCommand, BackendEvent, BotProblem, Library, NoticeCode, SaveBot};
use crate::store::{KeptEdit, StoreError, StoreHandle};

/// How agents reach the librarian.
#[derive(Debug, Default)]
pub(super) struct Bots {
    used: Notify,
}

impl Bots {
    /// A chat began with a bot: what was used last is told again.
    pub(super) fn used(&self) {
        self.used.notify_one();
    }
}

/// All bots, read once: for commands without a window. Bots of the user's own are missing where
/// the store cannot tell them.
pub async fn read_library(store: &StoreHandle, personas_file: &Path) -> Arc<Library> {
    Catalogue::open(store, personas_file.to_owned()).await.library()
}

/// Takes the commands about bots until the channel closes.
pub(super) async fn work(
    shared: Arc<Shared>,
    personas_file: PathBuf,
    mut commands: mpsc::Receiver<BackendCommand>,
) {
    let mut librarian = Librarian {
        shared,
        personas_file,
        catalogue: None,
        watch: None,
        edit_told: false,
        jobs: JoinSet::new(),
    };
    loop {
        tokio::select! {
            biased;
            command = commands.recv() => match command {
                Some(command) => librarian.handle(command).await,
                None => break,
            },
            () = watch::changed(&mut librarian.watch) => librarian.personas_changed().await,
            () = librarian.shared.bots.used.notified() => librarian.tell_again().await,
            Some(_) = librarian.jobs.join_next(), if !librarian.jobs.is_empty() => {}
        }
    }
    // What is being written to a file is written to its end.
    while librarian.jobs.join_next().await.is_some() {}
}

struct Librarian {
    shared: Arc<Shared>,
    personas_file: PathBuf,
    /// None until it is asked for.
    catalogue: Option<Catalogue>,
    watch: Option<Watch>,
    /// Whether it was told what the editor held when the app ended.
    edit_told: bool,
    /// Files that are read and written.
    jobs: JoinSet<()>,
}

impl Librarian {
    /// Carries out a command, and tells what went wrong with it.
    async fn handle(&mut self, command: BackendCommand) {
        let query = command.query();
        if let Err(error) = self.serve(command).await {
            self.shared.notice(desk::notice_code(&error), error).await;
            if let Some(query) = query {
                self.shared.tell(BackendEvent::QueryFailed(query)).await;
            }
        }
    }

    async fn serve(&mut self, command: BackendCommand) -> Result<(), StoreError> {
        let store = self.shared.store.clone();
        match command {
            BackendCommand::LoadBots => return self.load().await,
            BackendCommand::SaveBot(save) => return self.save(*save).await,
            BackendCommand::MarkBot { bot, favourite } => store.mark_bot(bot, favourite).await?,
            BackendCommand::ArchiveBot { bot, archived } => {
                store.archive_bot(bot, archived).await?;
            }
            BackendCommand::DeleteBot { bot } => store.delete_bot(bot).await?,
            BackendCommand::RestoreBot(save) => store.restore_bot(*save).await?,
            BackendCommand::KeepEdit(edit) => return store.keep_edit(edit).await,
            BackendCommand::LoadBotVersions { query, bot } => {
                let versions = store.bot_versions(bot.clone()).await?;
                self.shared.tell(BackendEvent::BotVersions { query, bot, versions }).await;
                return Ok(());
            }
            BackendCommand::ReadBots { query, source } => {
                let shared = self.shared.clone();
                self.jobs.spawn(async move {
                    let read = files::read(source).await;
                    shared.tell(BackendEvent::BotsRead { query, read }).await;
                });
                return Ok(());
            }
            BackendCommand::ExportBot { bot, format, to } => {
                let shared = self.shared.clone();
                self.jobs.spawn(async move {
                    match files::export(*bot, format, to).await {
                        Ok(event) => shared.tell(event).await,
                        Err(detail) => shared.notice(NoticeCode::BotNotExported, detail).await,
                    }
                });
                return Ok(());
            }
            BackendCommand::Send(_)
            | BackendCommand::Regenerate(_)
            | BackendCommand::Stop { .. }
            | BackendCommand::RetryNow { .. }
            | BackendCommand::EditQueued { .. }
            | BackendCommand::RemoveQueued { .. }
            | BackendCommand::SendQueuedNow { .. }
            | BackendCommand::ListChats { .. }
            | BackendCommand::LoadMessages { .. }
            | BackendCommand::SelectBranch { .. }
            | BackendCommand::RenameChat { .. }
            | BackendCommand::PinChat { .. }
            | BackendCommand::DeleteChat { .. }
            | BackendCommand::RestoreChat { .. }
            | BackendCommand::SetChatModel { .. }
            | BackendCommand::MarkRead { .. }
            | BackendCommand::SaveDraft { .. }
            | BackendCommand::SaveProvider { .. }
            | BackendCommand::RemoveProvider { .. }
            | BackendCommand::RefreshModels { .. }
            | BackendCommand::LoadImage { .. }
            | BackendCommand::SetChatOptions { .. }
            | BackendCommand::KeepAnswer { .. }
            | BackendCommand::SetCovered { .. }
            | BackendCommand::LoadUsage { .. }
            | BackendCommand::StartChat(_)
            | BackendCommand::SetCast { .. }
            | BackendCommand::EndTest { .. }
            | BackendCommand::Configure(_)
            | BackendCommand::Remote(_)
            | BackendCommand::Shutdown => {
                tracing::error!(?command, "not a command for the librarian");
                return Ok(());
            }
        }
        self.retell().await
    }

    /// Opens the library, or looks whether another process or an editor changed it.
    async fn load(&mut self) -> Result<(), StoreError> {
        let store = self.shared.store.clone();
        let is_news = match &mut self.catalogue {
            None => {
                self.open().await;
                true
            }
            Some(catalogue) => catalogue.look_at_personas(&store).await,
        };
        let told = self.retell().await;
        if is_news {
            self.complain().await;
        }
        if !std::mem::replace(&mut self.edit_told, true) {
            self.tell_edit().await?;
        }
        told
    }

    /// Tells what was in the editor when the app ended.
    async fn tell_edit(&self) -> Result<(), StoreError> {
        match self.shared.store.kept_edit().await? {
            KeptEdit::Nothing => {}
            KeptEdit::Read(edit) => self.shared.tell(BackendEvent::EditKept(edit)).await,
            KeptEdit::Unreadable(reason) => {
                self.shared.notice(NoticeCode::EditUnreadable, reason).await;
                self.shared.store.put_edit_aside().await?;
            }
        }
        Ok(())
    }

    async fn save(&mut self, save: SaveBot) -> Result<(), StoreError> {
        let store = self.shared.store.clone();
        if self.catalogue.is_none() {
            // Which ids are taken must be known.
            self.open().await;
        }
        let save = match &self.catalogue {
            Some(catalogue) => catalogue.with_free_id(save),
            None => save,
        };
        store.save_bot(save).await?;
        self.retell().await
    }

    async fn open(&mut self) {
        // Watched first: a change while it is read is not missed.
        let watched = Watch::start(&self.personas_file).await;
        let store = &self.shared.store;
        let mut catalogue = Catalogue::open(store, self.personas_file.clone()).await;
        match watched {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => {
                tracing::warn!(%error, "personas.yaml is not watched");
                catalogue.note_unwatched(&error);
            }
        }
        self.catalogue = Some(catalogue);
    }

    async fn personas_changed(&mut self) {
        let store = self.shared.store.clone();
        let Some(catalogue) = &mut self.catalogue else { return };
        if catalogue.read_personas(&store).await {
            self.tell_again().await;
            self.complain().await;
        }
    }

    async fn tell_again(&mut self) {
        if let Err(error) = self.retell().await {
            self.shared.notice(desk::notice_code(&error), error).await;
        }
    }

    /// Reads the rows again and tells all bots, also those that are known where the store fails.
    async fn retell(&mut self) -> Result<(), StoreError> {
        let Some(catalogue) = &mut self.catalogue else { return Ok(()) };
        let read = catalogue.read_rows(&self.shared.store).await;
        let library = catalogue.library();
        self.shared.tell(BackendEvent::Bots(library)).await;
        read
    }

    /// Says what is wrong with `personas.yaml`.
    async fn complain(&self) {
        let Some(catalogue) = &self.catalogue else { return };
        if let Some(detail) = sentence(catalogue.persona_problems()) {
            self.shared.notice(NoticeCode::PersonasUnreadable, detail).await;
        }
    }
}

/// The first problem, and how many more there are.
fn sentence(problems: &[BotProblem]) -> Option<String> {
    let (first, rest) = problems.split_first()?;
    Some(match rest.len() {
        0 => first.to_string(),
        1 => format!("{first} (and one more mistake)"),
        more => format!("{first} (and {more} more mistakes)"),
    })
}
