//! What happens to the bot in the editor.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::super::apply::push_toast;
use super::super::super::editor::slug;
use super::super::super::model::{Effect, FocusTarget, HandleContext, Overlay, Page, ToastLevel};
use super::super::super::opening;
use super::super::super::{AppState, Conversation, Editor};
use crate::protocol::{BackendCommand, Bot, BotEntry, BotOrigin, SaveBot, StartChat, Timestamp};

/// Puts a bot into the editor and shows it. What stood there before goes.
pub(super) fn put_in(state: &mut AppState, next: Editor, context: HandleContext) -> Vec<Effect> {
    let mut effects = end_test(state);
    state.counter += 1;
    state.editor = Some(Editor { key: state.counter, ..next });
    state.check_editor();
    super::super::open_page(state, Page::Editor);
    state.request_focus(FocusTarget::FormTop);
    effects.extend(restart_test(state, context));
    effects
}

pub(super) fn change(state: &mut AppState, bot: Bot) -> Vec<Effect> {
    let Some(editor) = &mut state.editor else { return Vec::new() };
    let before = std::mem::replace(&mut editor.bot, bot);
    if editor.saved.is_some() {
        // What is kept under an id stays there.
        editor.bot.id = before.id;
        return Vec::new();
    }
    editor.id_is_chosen |= before.id != editor.bot.id;
    let renamed = before.name != editor.bot.name;
    if editor.base.is_none() && renamed && !editor.id_is_chosen {
        let name = editor.bot.name.clone();
        if !slug(&name).is_empty() {
            let id = state.free_bot_id(&name, &HashSet::new());
            if let Some(editor) = &mut state.editor {
                editor.bot.id = id;
            }
        }
    }
    Vec::new()
}

pub(super) fn grant(state: &mut AppState, tools: Vec<String>) -> Vec<Effect> {
    if let Some(editor) = &mut state.editor {
        editor.granted = tools;
    }
    Vec::new()
}

pub(super) fn set_value(state: &mut AppState, name: String, value: String) -> Vec<Effect> {
    if let Some(editor) = &mut state.editor {
        editor.values.insert(name, value);
    }
    Vec::new()
}

/// Keeps the bot, where nothing is wrong with it. The editor stays open.
pub(super) fn save(state: &mut AppState, now: Timestamp) -> Vec<Effect> {
    let problems = state.editor_problems();
    if let Some(first) = problems.first() {
        let others = problems.len() - 1;
        let mut body = match &first.field {
            Some(field) => format!("{field}: {}.", first.message),
            None => format!("{}.", first.message),
        };
        if others > 0 {
            body.push_str(&format!(" And {others} more."));
        }
        let words = (ToastLevel::Warning, "Not saved yet".to_owned(), body, Vec::new());
        push_toast(state, words, String::new(), now);
        if let Some(editor) = &mut state.editor {
            editor.tried = true;
        }
        state.request_focus(FocusTarget::FormProblem);
        return Vec::new();
    }
    let Some(editor) = &mut state.editor else { return Vec::new() };
    if !editor.is_unsaved() {
        return Vec::new();
    }
    let asked: HashSet<&str> = editor.bot.tools.iter().map(|tool| tool.name.as_str()).collect();
    editor.granted.retain(|tool| asked.contains(tool.as_str()));
    let (bot, granted) = (editor.bot.clone(), editor.granted.clone());
    editor.saving = Some(Box::new((bot.clone(), granted.clone())));
    let save = SaveBot { bot, base: editor.base.clone(), granted };
    vec![Effect::Backend(BackendCommand::SaveBot(Box::new(save)))]
}

/// Leaves the editor; asks first where something would be lost.
pub(super) fn discard(state: &mut AppState) -> Vec<Effect> {
    if state.editor.as_ref().is_some_and(Editor::has_edits) {
        state.overlay = Overlay::DiscardBot;
        return Vec::new();
    }
    close(state)
}

pub(super) fn discard_now(state: &mut AppState, context: HandleContext) -> Vec<Effect> {
    state.overlay = Overlay::Nothing;
    match state.editor.as_mut().and_then(|editor| editor.next.take()) {
        Some(next) => put_in(state, *next, context),
        None => close(state),
    }
}

/// Closes the editor with the chat beside it.
pub(super) fn close(state: &mut AppState) -> Vec<Effect> {
    let effects = end_test(state);
    if let Some(saved) = state.editor.take().and_then(|editor| editor.saved) {
        state.gallery.choose(Some(saved.id));
        state.refresh_gallery();
    }
    if state.page == Page::Editor {
        state.page = Page::Gallery;
    }
    if state.back == Page::Editor {
        state.back = Page::Welcome;
    }
    effects
}

/// Forgets the chat beside the form.
pub(super) fn end_test(state: &mut AppState) -> Vec<Effect> {
    let Some(editor) = &mut state.editor else { return Vec::new() };
    editor.tested = None;
    let Some(chat) = editor.test.take() else { return Vec::new() };
    state.test = None;
    state.conversations.remove(&chat);
    state.options_dirty.remove(&chat);
    state.running.remove(&chat);
    vec![Effect::Backend(BackendCommand::EndTest { chat })]
}

/// Begins the chat beside the form anew, with the bot as it stands and the answers as they are.
pub(super) fn restart_test(state: &mut AppState, context: HandleContext) -> Vec<Effect> {
    let mut effects = end_test(state);
    let Some(editor) = &state.editor else { return effects };
    let entry = BotEntry {
        granted: editor.granted.clone(),
        ..BotEntry::new(editor.bot.clone(), BotOrigin::Own)
    };
    let start = opening::start_chat(&entry, &editor.values, state, context);
    let start = StartChat { test: true, ..start };
    let chat = start.chat;
    let conversation = Conversation {
        messages: start.seeds.clone().into(),
        cast: Some(Arc::new(start.cast.clone())),
        loaded_at: context.now,
        ..Conversation::new(chat)
    };
    state.conversations.insert(chat, conversation);
    state.test = Some(super::super::opening::summary(&start));
    if let Some(editor) = &mut state.editor {
        editor.test = Some(chat);
        editor.tested = Some(Box::new(entry.bot));
    }
    effects.push(Effect::Backend(BackendCommand::StartChat(Box::new(start))));
    effects
}

pub(super) fn load_versions(state: &mut AppState) -> Vec<Effect> {
    let query = state.next_query();
    let Some(editor) = &mut state.editor else { return Vec::new() };
    let Some(saved) = &editor.saved else { return Vec::new() };
    editor.versions_query = query;
    let bot = saved.id.clone();
    state.overlay = Overlay::BotVersions;
    vec![Effect::Backend(BackendCommand::LoadBotVersions { query, bot })]
}

/// Puts an older version back. Saved, it becomes the newest one.
pub(super) fn restore(state: &mut AppState, older: &Bot) -> Vec<Effect> {
    if let Some(editor) = &mut state.editor {
        let (id, version) = (editor.bot.id.clone(), editor.bot.version);
        editor.bot = Bot { id, version, ..older.clone() };
    }
    super::super::close_overlay(state)
}
