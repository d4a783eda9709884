//! Chats that begin with a bot.

use std::sync::Arc;

use super::super::apply::push_toast;
use super::super::bots::Home;
use super::super::model::{Effect, FocusTarget, HandleContext, Overlay, Page, ToastLevel};
use super::super::opening::{self, Values};
use super::super::{AppState, Begun, BotCommand, Conversation, ServerCommand, Starting};
use super::close_overlay;
use crate::protocol::{
    BackendCommand, BotEntry, BotId, ChatId, ChatSummary, Message, StartChat, Variable,
};
/// Begins a chat, or lets it go on with a newer version of its bot.
pub(super) fn handle(
    state: &mut AppState,
    command: BotCommand,
    context: HandleContext,
) -> Vec<Effect> {
    match command {
        BotCommand::Start(bot) => start(state, bot, context),
        BotCommand::StartWith { bot, values } => {
            start_with(state, &bot, &values.into_iter().collect(), context)
        }
        BotCommand::TakeNewer => take_newer(state),
        BotCommand::KeepOlder => keep_older(state),
        BotCommand::OpenGallery
        | BotCommand::Search(_)
        | BotCommand::Show(_)
        | BotCommand::Sort(_)
        | BotCommand::Select(_)
        | BotCommand::StartWithStarter { .. }
        | BotCommand::ToggleFavourite(_)
        | BotCommand::Customise(_)
        | BotCommand::Duplicate(_)
        | BotCommand::New
        | BotCommand::Archive { .. }
        | BotCommand::Delete(_)
        | BotCommand::Restore(_)
        | BotCommand::OpenPersonas
        | BotCommand::CompareWithMine(_)
        | BotCommand::PickImport
        | BotCommand::NoFileDialog
        | BotCommand::NoImportDialog
        | BotCommand::PasteImport
        | BotCommand::ImportFiles(_)
        | BotCommand::ImportText(_)
        | BotCommand::KeepImported(_)
        | BotCommand::Export { .. } => Vec::new(),
    }
}

fn start(state: &mut AppState, bot: BotId, context: HandleContext) -> Vec<Effect> {
    let Some(entry) = known(state, &bot, context) else { return Vec::new() };
    if !entry.bot.variables.is_empty() {
        state.starting = Starting::default();
        state.overlay = Overlay::StartBot(bot);
        return Vec::new();
    }
    begin(state, &entry, &Values::new(), context)
}

fn start_with(
    state: &mut AppState,
    bot: &BotId,
    given: &Values,
    context: HandleContext,
) -> Vec<Effect> {
    let Some(entry) = known(state, bot, context) else { return close_overlay(state) };
    let problems = opening::problems(&entry.bot, given);
    if !problems.is_empty() {
        let renews = state.starting.renews;
        state.starting = Starting { problems, known: given.clone(), renews };
        state.overlay = Overlay::StartBot(bot.clone());
        return Vec::new();
    }
    match std::mem::take(&mut state.starting).renews {
        Some(chat) => {
            let effects = renew(state, chat, &entry, given);
            close_overlay(state);
            effects
        }
        None => begin(state, &entry, given, context),
    }
}

fn known(state: &mut AppState, bot: &BotId, context: HandleContext) -> Option<Arc<BotEntry>> {
    let entry = state.bots.get(bot).cloned();
    if entry.is_none() {
        let title = "This bot is not there any more".to_owned();
        let words = (ToastLevel::Info, title, String::new(), Vec::new());
        push_toast(state, words, String::new(), context.now);
    }
    entry
}

/// Shows the chat at once, with all that it opens with.
fn begin(
    state: &mut AppState,
    entry: &BotEntry,
    given: &Values,
    context: HandleContext,
) -> Vec<Effect> {
    if let Some(home) = state.bots.home(&entry.bot.id).cloned() {
        let Home { server, bot, .. } = home;
        let start = ServerCommand::Start { server, bot, answers: given.clone() };
        return super::servers::handle(state, start, context);
    }
    let start = opening::start_chat(entry, given, state, context);
    let chat = start.chat;
    let is_answered = |variable: &Variable| {
        let answer = given.get(&variable.name).map(|answer| answer.trim());
        answer
            .is_some_and(|answer| !answer.is_empty() && Some(answer) != variable.default.as_deref())
    };
    // Answers were typed: they are not lost with a chat that is left.
    let may_go = !entry.bot.variables.iter().any(is_answered);
    if let Some(chats) = &mut state.chats {
        chats.insert(0, summary(&start));
    }
    let conversation = Conversation {
        messages: start.seeds.clone().into(),
        cast: Some(Arc::new(start.cast.clone())),
        loaded_at: context.now,
        ..Conversation::new(chat)
    };
    state.conversations.insert(chat, conversation);
    if may_go {
        state.begun.push(Begun { chat, seeds: start.seeds.len(), is_stored: false });
    }
    state.page = Page::Chat(chat);
    state.overlay = Overlay::Nothing;
    state.request_focus(FocusTarget::Composer);
    vec![Effect::Backend(BackendCommand::StartChat(Box::new(start)))]
}

/// What the list of chats tells of a chat that begins.
pub(super) fn summary(start: &StartChat) -> ChatSummary {
    ChatSummary {
        id: start.chat,
        title: start.bot.name.clone(),
        pinned: false,
        unread: false,
        model: None,
        last_model: None,
        created: start.created,
        updated: start.created,
        messages: start.seeds.len() as u64,
        options: start.options.clone(),
        bot: Some(start.bot.clone()),
        test: start.test,
        server: None,
    }
}

fn take_newer(state: &mut AppState) -> Vec<Effect> {
    let Some((chat, entry)) = state.open_chat().zip(state.newer_bot().cloned()) else {
        return Vec::new();
    };
    let kept = state.conversation().and_then(|conversation| conversation.cast.as_ref());
    let values = kept.map(|cast| cast.values.clone()).unwrap_or_default();
    // What it asks for now and did not ask before wants an answer first.
    let asks = entry.bot.variables.iter().any(|variable| !values.contains_key(&variable.name));
    if asks || !opening::problems(&entry.bot, &values).is_empty() {
        state.starting = Starting { known: values, renews: Some(chat), ..Starting::default() };
        state.overlay = Overlay::StartBot(entry.bot.id.clone());
        return Vec::new();
    }
    renew(state, chat, &entry, &values)
}

fn renew(state: &mut AppState, chat: ChatId, entry: &BotEntry, given: &Values) -> Vec<Effect> {
    let (bot, cast) = opening::cast(entry, given, state);
    if let Some(summary) = super::chats::summary_mut(state, chat) {
        summary.bot = Some(bot.clone());
    }
    if let Some(conversation) = state.conversations.get_mut(&chat) {
        conversation.cast = Some(Arc::new(cast.clone()));
    }
    state.request_focus(FocusTarget::Composer);
    vec![Effect::Backend(BackendCommand::SetCast { chat, bot, cast: Box::new(cast) })]
}

fn keep_older(state: &mut AppState) -> Vec<Effect> {
    if let Some((chat, entry)) = state.open_chat().zip(state.newer_bot()) {
        let version = entry.bot.version;
        state.declined.insert(chat, version);
    }
    state.request_focus(FocusTarget::Composer);
    Vec::new()
}

/// Removes the chats that were begun and left again without a word.
pub(in crate::state) fn leave(state: &mut AppState) -> Vec<Effect> {
    if state.begun.is_empty() {
        return Vec::new();
    }
    // Who looks something up comes back.
    let place = match &state.page {
        Page::Settings(_) | Page::Help(_) | Page::Gallery | Page::Editor => &state.back,
        Page::Welcome | Page::Chat(_) => &state.page,
    };
    let here = match place {
        Page::Chat(chat) => Some(*chat),
        Page::Welcome | Page::Settings(_) | Page::Help(_) | Page::Gallery | Page::Editor => None,
    };
    let mut effects = Vec::new();
    for begun in std::mem::take(&mut state.begun) {
        let Some(open) = state.conversations.get(&begun.chat) else { continue };
        let is_new = |message: &Message| message.answer.is_some();
        let is_used = open.messages.len() > begun.seeds
            || open.messages.iter().any(is_new)
            || !open.queue.is_empty();
        if is_used {
            continue;
        }
        let has_draft = !open.draft.text.trim().is_empty() || !open.draft.attachments.is_empty();
        if here == Some(begun.chat) || has_draft || !begun.is_stored {
            state.begun.push(begun);
            continue;
        }
        state.conversations.remove(&begun.chat);
        if let Some(chats) = &mut state.chats {
            chats.retain(|summary| summary.id != begun.chat);
        }
        effects.push(Effect::Backend(BackendCommand::DeleteChat { chat: begun.chat }));
    }
    effects
}
