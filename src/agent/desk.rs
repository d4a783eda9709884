//! What needs no agent: lists and pages, names and pins, drafts. In the order of asking. Changes of
//! a chat's visible path are carried out here too, but asked by the chat's agent, so that a
//! message sent behind one goes where it leads.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::actor::Shared;
use super::budget;
use crate::protocol::{
    BackendCommand, BackendEvent, ChatId, MessagePage, NoticeCode, QueryId, Timestamp,
};
use crate::store::StoreError;

/// How long a deleted chat or bot can be restored: 30 days.
pub(super) const KEPT_AFTER_DELETION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Takes the commands until the channel closes.
pub(super) async fn work(shared: Arc<Shared>, mut commands: mpsc::Receiver<BackendCommand>) {
    budget::tell_at_start(&shared).await;
    purge(&shared).await;
    while let Some(command) = commands.recv().await {
        handle(&shared, command).await;
    }
}

/// Carries out a command, and tells what went wrong with it.
pub(super) async fn handle(shared: &Shared, command: BackendCommand) {
    let (query, shown) = (command.query(), shown_already(&command));
    if let Err(error) = serve(shared, command).await {
        shared.notice(notice_code(&error), error).await;
        let Some(query) = query else { return };
        if reread(shared, query, shown).await.is_err() {
            shared.tell(BackendEvent::QueryFailed(query)).await;
        }
    }
}

/// What a failure of the store is to the user.
pub(super) fn notice_code(error: &StoreError) -> NoticeCode {
    match error {
        StoreError::NotFound => NoticeCode::ChatMissing,
        StoreError::Full
        | StoreError::ReadOnly
        | StoreError::Busy
        | StoreError::Closed
        | StoreError::Other(_) => NoticeCode::WriteFailed,
        StoreError::Damaged(_) => NoticeCode::StoreDamaged,
    }
}

/// The chat whose path the window shows as if the command were carried out, and how many of its
/// messages.
fn shown_already(command: &BackendCommand) -> Option<(ChatId, usize)> {
    let (BackendCommand::SelectBranch { chat, limit, .. }
    | BackendCommand::KeepAnswer { chat, limit, .. }
    | BackendCommand::SetCovered { chat, limit, .. }) = command
    else {
        return None;
    };
    Some((*chat, *limit))
}

/// Answers with the path as it is: what was not carried out is no longer shown.
async fn reread(
    shared: &Shared,
    query: QueryId,
    shown: Option<(ChatId, usize)>,
) -> Result<(), StoreError> {
    let (chat, limit) = shown.ok_or(StoreError::NotFound)?;
    tell_end(shared, query, chat, limit).await
}

/// Forgets chats and bots that were deleted long ago.
async fn purge(shared: &Shared) {
    let now = (shared.clock.now)();
    let before = Timestamp(now.0.saturating_sub(KEPT_AFTER_DELETION_MS));
    if let Err(error) = shared.store.purge_deleted(before).await {
        tracing::warn!(%error, "deleted chats were not purged");
    }
    if let Err(error) = shared.store.purge_deleted_bots(before).await {
        tracing::warn!(%error, "deleted bots were not purged");
    }
}

async fn serve(shared: &Shared, command: BackendCommand) -> Result<(), StoreError> {
    let store = &shared.store;
    match command {
        BackendCommand::ListChats { query } => {
            let chats = store.list_chats().await?;
            shared.tell(BackendEvent::Chats { query, chats }).await;
            let draft = store.draft(None).await?;
            shared.tell(BackendEvent::NewChatDraft(draft)).await;
        }
        BackendCommand::LoadMessages { query, chat, before, limit } => {
            let page = store.page(chat, before, limit).await?;
            tell_page(shared, query, chat, page).await?;
        }
        BackendCommand::SelectBranch { query, chat, message, step, limit } => {
            store.select_branch(chat, message, step).await?;
            tell_end(shared, query, chat, limit).await?;
        }
        BackendCommand::KeepAnswer { query, chat, message, limit } => {
            store.keep_answer(chat, message).await?;
            tell_end(shared, query, chat, limit).await?;
        }
        BackendCommand::SetCovered { query, chat, message, covered, limit } => {
            store.set_covered(chat, message, covered).await?;
            tell_end(shared, query, chat, limit).await?;
        }
        BackendCommand::RenameChat { chat, title } => drop(store.rename_chat(chat, &title).await?),
        BackendCommand::PinChat { chat, pinned } => drop(store.pin_chat(chat, pinned).await?),
        BackendCommand::DeleteChat { chat } => drop(store.delete_chat(chat).await?),
        BackendCommand::RestoreChat { chat } => {
            let summary = store.restore_chat(chat).await?;
            shared.tell(BackendEvent::ChatChanged(summary)).await;
        }
        BackendCommand::SetChatModel { chat, model } => {
            drop(store.set_chat_model(chat, Some(model)).await?)
        }
        BackendCommand::SetCast { chat, bot, cast } => {
            let summary = store.set_cast(chat, bot, *cast).await?;
            shared.tell(BackendEvent::ChatChanged(summary)).await;
        }
        BackendCommand::EndTest { chat } => store.end_test(chat).await?,
        BackendCommand::SetChatOptions { chat, options } => {
            drop(store.set_chat_options(chat, options).await?)
        }
        BackendCommand::MarkRead { chat } => drop(store.mark_read(chat).await?),
        BackendCommand::SaveDraft { chat, draft } => store.save_draft(chat, draft).await?,
        BackendCommand::LoadUsage { query, range } => {
            let report = store.usage(range, (shared.clock.now)()).await?;
            shared.tell(BackendEvent::Usage { query, report }).await;
            budget::tell_spent(shared).await;
        }
        BackendCommand::Send(_)
        | BackendCommand::StartChat(_)
        | BackendCommand::Regenerate(_)
        | BackendCommand::Stop { .. }
        | BackendCommand::RetryNow { .. }
        | BackendCommand::EditQueued { .. }
        | BackendCommand::RemoveQueued { .. }
        | BackendCommand::SendQueuedNow { .. }
        | BackendCommand::SaveProvider { .. }
        | BackendCommand::RemoveProvider { .. }
        | BackendCommand::RefreshModels { .. }
        | BackendCommand::Configure(_)
        | BackendCommand::LoadImage { .. }
        | BackendCommand::LoadBots
        | BackendCommand::SaveBot(_)
        | BackendCommand::MarkBot { .. }
        | BackendCommand::ArchiveBot { .. }
        | BackendCommand::DeleteBot { .. }
        | BackendCommand::RestoreBot(_)
        | BackendCommand::KeepEdit(_)
        | BackendCommand::LoadBotVersions { .. }
        | BackendCommand::ReadBots { .. }
        | BackendCommand::ExportBot { .. }
        | BackendCommand::Remote(_)
        | BackendCommand::Shutdown => {
            tracing::error!(?command, "not a command for the desk");
        }
    }
    Ok(())
}

/// Answers with the end of a chat's path.
async fn tell_end(
    shared: &Shared,
    query: QueryId,
    chat: ChatId,
    limit: usize,
) -> Result<(), StoreError> {
    let page = shared.store.page(chat, None, limit).await?;
    tell_page(shared, query, chat, page).await
}

pub(super) async fn tell_page(
    shared: &Shared,
    query: QueryId,
    chat: ChatId,
    page: MessagePage,
) -> Result<(), StoreError> {
    let draft = shared.store.draft(Some(chat)).await?;
    let queue = shared.store.queue_list(chat).await?;
    shared.tell(BackendEvent::Messages { query, chat, page, draft, queue }).await;
    Ok(())
}
