//! What the backend told, applied to the state.

use std::collections::VecDeque;

use super::approvals;
use super::bots;
use super::compare::column_of;
use super::handle::{editor_told, leave, load_usage};
use super::model::{Effect, ToastAction};
use super::servers;
use super::unsent::not_sent;
use super::words;
use super::{
    AppState, Column, Conversation, ImageState, LiveRun, Loading, Page, RetryWait, SettingsTab,
    Toast, ToastLevel,
};
use crate::protocol::{
    AgentState, BackendCommand, BackendEvent, ChatId, ChatSummary, Draft, Message, MessageId,
    MessagePage, Notice, NoticeCode, ProviderState, QueryId, QueuedMessage, Role, RunEvent, RunId,
    Spent, StreamEvent, Timestamp,
};

/// How long a question rests that could not be answered, in milliseconds.
const ASK_AGAIN_MS: u64 = 3_000;

/// How many messages a page holds.
pub(super) const PAGE: usize = 60;

/// Applies one event of the backend.
pub fn apply(state: &mut AppState, event: BackendEvent, now: Timestamp) -> Vec<Effect> {
    match event {
        BackendEvent::Chats { query, chats } => {
            if query == state.chats_query {
                state.chats = Some(chats);
            }
        }
        BackendEvent::ChatChanged(summary) => return chat_changed(state, summary),
        BackendEvent::Messages { query, chat, page, draft, queue } => {
            messages_loaded(state, (query, chat), page, draft, queue);
            let waiting = state.conversations.get(&chat).map_or(0, |open| open.queue.len());
            servers::note_queue(state, chat, waiting);
            servers::note_unready(state, chat, now);
            if let Some(conversation) = state.conversations.get_mut(&chat) {
                conversation.loaded_at = now;
            }
        }
        BackendEvent::NewChatDraft(draft) => new_draft_told(state, draft),
        BackendEvent::RunStarted { run, question, answer } => {
            return run_started(state, run, *question, *answer, now);
        }
        BackendEvent::Run(event) => return run_event(state, &event),
        BackendEvent::Queue { chat, items } => queue_told(state, chat, items),
        BackendEvent::ImageLoaded { url, result } => {
            state.images.insert(url, ImageState::from(result));
        }
        BackendEvent::KeysKept(place) => state.keys_kept = Some(place),
        BackendEvent::NotSent { chat, message, draft } => {
            not_sent(state, (chat, message), draft, now);
        }
        BackendEvent::QueryFailed(query) => {
            query_failed(state, query, now);
            editor_told::query_failed(state, query);
            servers::query_failed(state, query);
        }
        BackendEvent::Recents(models) => state.recents = models.into(),
        BackendEvent::Spent(spent) => return spent_changed(state, spent),
        BackendEvent::Usage { query, report } => {
            if query == state.usage_query {
                state.usage = Some(report);
            }
        }
        BackendEvent::ProviderChanged(provider) => provider_changed(state, provider),
        BackendEvent::ProviderStatus { provider, status, listed } => {
            let known = state.providers.iter_mut().find(|known| known.config.id == provider);
            if let Some(known) = known {
                (known.status, known.listed) = (status, listed);
            }
        }
        BackendEvent::ProviderRemoved(id) => {
            state.providers.retain(|provider| provider.config.id != id);
            state.note_shared_names();
            state.places.forget(&id);
        }
        BackendEvent::Bots(library) => {
            if state.bots.replace(library, &state.servers.all) {
                state.refresh_gallery();
                bots::forget_mended(state);
            }
            // Also where nothing is news: what was saved may have been there already.
            editor_told::library_changed(state, now);
            state.check_editor();
        }
        BackendEvent::EditKept(edit) => return editor_told::edit_kept(state, *edit, now),
        BackendEvent::BotVersions { query, versions, .. } => {
            editor_told::versions_loaded(state, query, versions);
        }
        BackendEvent::BotsRead { query, read } => editor_told::bots_read(state, query, read),
        BackendEvent::BotText { name, text } => return bots::copy(state, &name, text, now),
        BackendEvent::BotExported { name, to, losses } => {
            bots::exported(state, &name, (&to, &losses), now);
        }
        BackendEvent::Remote(event) => return servers::apply(state, event),
        BackendEvent::Notice(notice) => {
            editor_told::notice(state, &notice.code);
            push_notice(state, notice, now);
        }
    }
    Vec::new()
}

/// What was typed in the last session does not take the place of what is typed in this one.
fn new_draft_told(state: &mut AppState, draft: Draft) {
    if state.new_draft_dirty.is_none() && state.new_draft.text.is_empty() {
        state.new_draft = draft;
    }
}

fn queue_told(state: &mut AppState, chat: ChatId, items: Vec<QueuedMessage>) {
    servers::note_queue(state, chat, items.len());
    let Some(conversation) = state.conversations.get_mut(&chat) else { return };
    // What was shown as sent may have to wait: its server went away in that moment.
    let last = conversation.messages.back().map(|message| message.id);
    if items.iter().any(|item| Some(item.id) == last) {
        conversation.messages.pop_back();
        conversation.generation += 1;
    }
    conversation.queue = items;
}

/// An answer ended somewhere: figures that are looked at are read again.
fn spent_changed(state: &mut AppState, spent: Spent) -> Vec<Effect> {
    let is_news = std::mem::replace(&mut state.spent, spent) != spent;
    if !is_news || state.page != Page::Settings(SettingsTab::Usage) {
        return Vec::new();
    }
    let range = state.usage_range;
    load_usage(state, range)
}

fn chat_changed(state: &mut AppState, mut summary: ChatSummary) -> Vec<Effect> {
    if summary.test {
        let is_shown = state.editor.as_ref().is_some_and(|editor| editor.test == Some(summary.id));
        state.test = Some(summary).filter(|_| is_shown);
        return Vec::new();
    }
    let mut effects = Vec::new();
    if summary.unread && state.open_chat() == Some(summary.id) {
        summary.unread = false;
        effects.push(Effect::Backend(BackendCommand::MarkRead { chat: summary.id }));
    }
    if state.chats.is_none() {
        // The first list is still to come, and may have been read before this change.
        effects.push(super::handle::list_chats(state));
        return effects;
    }
    if state.options_dirty.contains_key(&summary.id)
        && let Some(known) = state.summary(summary.id)
    {
        // Changed here and not yet in the store: what it tells is older.
        summary.options = known.options.clone();
    }
    if let Some(begun) = state.begun.iter_mut().find(|begun| begun.chat == summary.id) {
        begun.is_stored = true;
    }
    let chats = state.chats.get_or_insert_with(Vec::new);
    chats.retain(|known| known.id != summary.id);
    let place = chats.partition_point(|known| known.updated > summary.updated);
    chats.insert(place, summary);
    effects.extend(leave(state));
    effects
}

fn messages_loaded(
    state: &mut AppState,
    (query, chat): (QueryId, ChatId),
    page: MessagePage,
    draft: Draft,
    queue: Vec<QueuedMessage>,
) {
    let Some(conversation) = state.conversations.get_mut(&chat) else { return };
    match conversation.loading {
        Loading::End(asked) if asked == query => {
            conversation.loading = Loading::Nothing;
            conversation.has_older = page.has_older;
            conversation.queue = queue;
            if page.cast.is_some() {
                conversation.cast.clone_from(&page.cast);
            }
            if conversation.draft_dirty.is_none() && conversation.draft == Draft::default() {
                conversation.draft = draft;
            }
            conversation.stand_as_in(&page);
            replace_end(conversation, page.messages);
            conversation.take_columns(page.compared);
        }
        Loading::Older(asked) if asked == query => {
            conversation.loading = Loading::Nothing;
            conversation.has_older = page.has_older;
            for message in page.messages.into_iter().rev() {
                conversation.messages.push_front(message);
            }
        }
        // The answer to a question that is no longer asked.
        Loading::Nothing
        | Loading::End(_)
        | Loading::Older(_)
        | Loading::EndFailed(_)
        | Loading::OlderFailed(_) => {}
    }
}

/// Nothing waits for an answer that does not come; what was asked for is asked again later.
fn query_failed(state: &mut AppState, query: QueryId, now: Timestamp) {
    let due = now.plus_ms(ASK_AGAIN_MS);
    for conversation in state.conversations.values_mut() {
        conversation.loading = match conversation.loading {
            Loading::End(asked) if asked == query => Loading::EndFailed(due),
            Loading::Older(asked) if asked == query => Loading::OlderFailed(due),
            other @ (Loading::Nothing
            | Loading::End(_)
            | Loading::Older(_)
            | Loading::EndFailed(_)
            | Loading::OlderFailed(_)) => other,
        };
    }
}

/// Puts a loaded end in place. What a run appends to in memory is newer than the store's copy.
fn replace_end(conversation: &mut Conversation, loaded: Vec<Message>) {
    let live = conversation.run.as_ref().map(|run| run.answer);
    let old = std::mem::take(&mut conversation.messages);
    let same_path = old.is_empty()
        || loaded.last().map(|message| message.id) == old.back().map(|message| message.id);
    if !same_path {
        conversation.generation += 1;
    }
    conversation.messages.extend(loaded);
    let Some(answer) = live else {
        keep_sent(conversation, old);
        return;
    };
    let Some(at) = old.iter().position(|message| message.id == answer) else { return };
    match conversation.messages.iter().position(|message| message.id == answer) {
        Some(place) => {
            if let (Some(slot), Some(kept)) =
                (conversation.messages.get_mut(place), old.into_iter().nth(at))
            {
                *slot = kept;
            }
        }
        // The page was read before the run began: its question and answer follow.
        None => {
            let last = conversation.messages.back().map(|message| message.id);
            let from = old.iter().position(|message| message.parent == last).unwrap_or(at);
            for message in old.into_iter().skip(from) {
                place_after_parent(conversation, message);
            }
        }
    }
}

/// A message that was just sent stays at the end, though the page was read before it was stored.
fn keep_sent(conversation: &mut Conversation, mut old: VecDeque<Message>) {
    let end = conversation.messages.back().map(|message| message.id);
    if let Some(sent) = old.pop_back()
        && sent.role == Role::User
        && sent.parent == end
    {
        conversation.messages.push_back(sent);
    }
}

fn run_started(
    state: &mut AppState,
    run: RunId,
    question: Message,
    answer: Message,
    now: Timestamp,
) -> Vec<Effect> {
    let chat = answer.chat;
    state.running.insert(chat);
    let is_remote = state.summary(chat).is_some_and(|summary| summary.server.is_some());
    let model = answer.answer.as_ref().map(|answer| answer.model.clone());
    if let Some(model) = model.filter(|_| !is_remote) {
        state.recents.retain(|known| *known != model);
        state.recents.push_front(model);
        state.recents.truncate(8);
    }
    let conversation = state.conversations.entry(chat).or_insert_with(|| Conversation::new(chat));
    let run = LiveRun::new(run, answer.id, now);
    conversation.queue.retain(|queued| queued.id != question.id);
    // What stands above, or beside it, is in the store.
    let stands_alone = question.parent.is_none() && column_of(&answer).is_none();
    let unknown = conversation.messages.is_empty() && !stands_alone;
    let (parent, siblings) = (answer.parent, answer.siblings.count);
    if conversation.begins_beside(&question, &answer) {
        conversation.put_beside(question.id, Column { message: answer, run: Some(run) });
    } else {
        conversation.run = Some(run);
        if conversation.compare.as_ref().is_some_and(|known| known.question != question.id) {
            // Another message follows: what stood side by side are versions now.
            conversation.compare = None;
        }
        place_after_parent(conversation, question);
        place_after_parent(conversation, answer);
    }
    conversation.note_siblings(parent, siblings);
    if unknown && conversation.loading == Loading::Nothing {
        return vec![load_end(state, chat)];
    }
    Vec::new()
}

/// Puts a message behind its parent. What stood there is another branch now.
fn place_after_parent(conversation: &mut Conversation, message: Message) {
    let messages = &mut conversation.messages;
    if let Some(known) = messages.iter_mut().rev().find(|known| known.id == message.id) {
        *known = message;
        return;
    }
    let place = match message.parent {
        Some(parent) => messages.iter().rposition(|known| known.id == parent).map(|at| at + 1),
        None => Some(0),
    };
    if let Some(place) = place
        && place < messages.len()
    {
        messages.truncate(place);
        conversation.generation += 1;
    }
    messages.push_back(message);
}

fn run_event(state: &mut AppState, event: &RunEvent) -> Vec<Effect> {
    let Some(conversation) = state.conversations.get_mut(&event.chat) else { return Vec::new() };
    let Some(run) = conversation.runs_mut().find(|run| run.id == event.run) else {
        return Vec::new();
    };
    let answer = run.answer;
    if event.seq <= run.last_seq {
        // A question that waits is told again where it may not have been seen.
        if matches!(event.event, StreamEvent::ApprovalNeeded { .. }) {
            approvals::note(conversation, answer, event);
        }
        return Vec::new();
    }
    run.last_seq = event.seq;
    if note_run(run, event) {
        match conversation.other_column(answer) {
            Some(column) => column.run = None,
            None => conversation.run = None,
        }
        if !conversation.is_running() {
            state.running.remove(&event.chat);
        }
    }
    approvals::note(conversation, answer, event);
    if let Some(message) = conversation.message_mut(answer) {
        message.apply(&event.event, event.at);
    }
    Vec::new()
}

/// Follows the run itself; true at its end.
fn note_run(run: &mut LiveRun, event: &RunEvent) -> bool {
    match &event.event {
        StreamEvent::State { to, .. } => {
            run.state = *to;
            run.since = event.at;
            if *to != AgentState::Retrying {
                run.retry = None;
            }
        }
        StreamEvent::Error { retryable: true, kind, message, retry_after_ms, .. } => {
            run.retries += 1;
            run.retry = Some(RetryWait {
                kind: *kind,
                message: message.clone(),
                due: event.at.plus_ms(retry_after_ms.unwrap_or(0)),
                attempt: run.retries,
            });
        }
        StreamEvent::Done { .. } => return true,
        StreamEvent::Error { .. }
        | StreamEvent::Thinking { .. }
        | StreamEvent::Message { .. }
        | StreamEvent::ToolStart { .. }
        | StreamEvent::ToolEnd { .. }
        | StreamEvent::ApprovalNeeded { .. }
        | StreamEvent::Usage { .. }
        | StreamEvent::Context { .. }
        | StreamEvent::Notification { .. }
        | StreamEvent::ModelFallback { .. } => {}
    }
    false
}

fn provider_changed(state: &mut AppState, provider: ProviderState) {
    state.places.note(&provider);
    match state.providers.iter_mut().find(|known| known.config.id == provider.config.id) {
        Some(known) => *known = provider,
        None => {
            state.providers.push(provider);
            let configured = &state.settings.providers;
            state.providers.sort_by_key(|known| {
                let id = &known.config.id;
                let place = configured.iter().position(|config| config.id == *id);
                (id.as_str() == "guide", place.unwrap_or(usize::MAX))
            });
        }
    }
    state.note_shared_names();
}

/// Asks for the end of a chat's path.
pub(super) fn load_end(state: &mut AppState, chat: ChatId) -> Effect {
    let query = state.next_query();
    if let Some(conversation) = state.conversations.get_mut(&chat) {
        conversation.loading = Loading::End(query);
    }
    Effect::Backend(BackendCommand::LoadMessages { query, chat, before: None, limit: PAGE })
}

/// Asks for the page above a chat's first loaded message.
pub(super) fn load_older(state: &mut AppState, chat: ChatId, before: MessageId) -> Effect {
    let query = state.next_query();
    if let Some(conversation) = state.conversations.get_mut(&chat) {
        conversation.loading = Loading::Older(query);
    }
    Effect::Backend(BackendCommand::LoadMessages { query, chat, before: Some(before), limit: PAGE })
}

/// What happened, and what follows it. What ends as a question gets no full stop.
fn two_sentences(first: &str, second: &str) -> String {
    let stop = if first.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{stop} {second}")
}

fn push_notice(state: &mut AppState, notice: Notice, now: Timestamp) {
    state.unsaved |= notice.code.means_unsaved();
    let words = words::for_notice(&notice.code);
    let actions =
        words.action.map(|(label, command)| ToastAction { label, command }).into_iter().collect();
    let body = match notice.code {
        // The line is what helps: it need not be unfolded.
        NoticeCode::ConfigUnknownKey
        | NoticeCode::ConfigValue
        | NoticeCode::ConfigUnreadable
        | NoticeCode::ConfigDuplicateProvider
        | NoticeCode::PersonasUnreadable
        | NoticeCode::BotNotExported
        | NoticeCode::ServerRefused
        | NoticeCode::ServerRestored
        | NoticeCode::TokenInTheClear
        | NoticeCode::EditUnreadable
        | NoticeCode::BudgetNear
        | NoticeCode::BudgetUsedUp => two_sentences(&notice.detail, words.body),
        NoticeCode::StoreUnavailable
        | NoticeCode::StoreDamaged
        | NoticeCode::StoreNewer
        | NoticeCode::WriteFailed
        | NoticeCode::RunsInterrupted { .. }
        | NoticeCode::ConfigNotSaved
        | NoticeCode::KeyNotSaved
        | NoticeCode::Busy
        | NoticeCode::TooManyModels
        | NoticeCode::ChatMissing => words.body.to_owned(),
    };
    let toast = (words.level, words.title.to_owned(), body, actions);
    push_toast(state, toast, notice.detail, now);
}

/// Shows a toast. Errors stay until they are dismissed, the rest goes after 8 s, or 20 s where
/// something can be undone.
pub(super) fn push_toast(
    state: &mut AppState,
    (level, title, body, actions): (ToastLevel, String, String, Vec<ToastAction>),
    detail: String,
    now: Timestamp,
) {
    state.counter += 1;
    let until = match level {
        // Who wants something back has to find the button first.
        ToastLevel::Info | ToastLevel::Warning => {
            let can_undo = actions.iter().any(|action| action.label == "Undo");
            Some(now.plus_ms(if can_undo { 20_000 } else { 8_000 }))
        }
        ToastLevel::Error => None,
    };
    if state.toasts.iter().any(|toast| toast.title == title && toast.detail == detail) {
        return;
    }
    let id = state.counter;
    state.toasts.push(Toast { id, level, title, body, actions, detail, until });
}
