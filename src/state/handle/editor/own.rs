//! Bots of one's own: made, copied, put away, forgotten, exported.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::super::apply::push_toast;
use super::super::super::model::{Effect, HandleContext, Overlay, Page, ToastAction, ToastLevel};
use super::super::super::{AppState, BotCommand, Editor, UiCommand};
use super::edit;
use crate::protocol::{
    BackendCommand, Bot, BotEntry, BotFormat, BotId, BotOrigin, BotVersion, SaveBot, Timestamp,
};

/// The name of a bot that has none yet.
const NEW_NAME: &str = "New bot";

pub(super) fn make(state: &mut AppState, context: HandleContext) -> Vec<Effect> {
    let id = state.free_bot_id(NEW_NAME, &HashSet::new());
    open(state, Editor::new(Bot::blank(id, NEW_NAME), None, Vec::new()), context)
}

/// A bot of one's own is changed; of one that ships with the app a copy is made.
pub(super) fn customise(state: &mut AppState, id: &BotId, context: HandleContext) -> Vec<Effect> {
    let Some(entry) = state.bots.get(id).cloned() else { return Vec::new() };
    match entry.origin {
        BotOrigin::Own if state.editor.as_ref().is_some_and(|editor| is_of(editor, id)) => {
            super::show(state, context)
        }
        BotOrigin::Own => open(state, Editor::of(&entry), context),
        BotOrigin::BuiltIn => {
            let made = copy(state, &entry, &format!("my-{id}"));
            open(state, made, context)
        }
        BotOrigin::Personas => told_where_it_stands(state, &entry.bot, context.now),
    }
}

pub(super) fn duplicate(state: &mut AppState, id: &BotId, context: HandleContext) -> Vec<Effect> {
    let Some(entry) = state.bots.get(id).cloned() else { return Vec::new() };
    let mut made = copy(state, &entry, &format!("{id}-copy"));
    made.bot.name = format!("{} (copy)", entry.bot.name);
    made.untouched = Some(Box::new(made.bot.clone()));
    if entry.origin != BotOrigin::BuiltIn {
        made.base = None;
    }
    open(state, made, context)
}

fn copy(state: &AppState, entry: &BotEntry, id: &str) -> Editor {
    let id = state.free_bot_id(id, &HashSet::new());
    let base = (entry.bot.id.clone(), entry.bot.version);
    let bot = Bot { id, version: BotVersion::FIRST, ..entry.bot.clone() };
    // The files of the app are wrapped; in a form their texts would look torn.
    let bot = if entry.origin == BotOrigin::BuiltIn { bot.unwrapped() } else { bot };
    Editor::new(bot, Some(base), entry.granted.clone())
}

fn is_of(editor: &Editor, id: &BotId) -> bool {
    editor.saved.as_ref().is_some_and(|saved| saved.id == *id)
}

/// Shows a bot in the editor; asks first where what is there would be lost.
fn open(state: &mut AppState, next: Editor, context: HandleContext) -> Vec<Effect> {
    if let Some(editor) = state.editor.as_mut().filter(|editor| editor.has_edits()) {
        editor.next = Some(Box::new(next));
        state.overlay = Overlay::DiscardBot;
        return Vec::new();
    }
    edit::put_in(state, next, context)
}

fn told_where_it_stands(state: &mut AppState, bot: &Bot, now: Timestamp) -> Vec<Effect> {
    let duplicate = BotCommand::Duplicate(bot.id.clone());
    let actions = vec![
        ToastAction { label: "Open folder", command: UiCommand::Bots(BotCommand::OpenPersonas) },
        ToastAction { label: "Duplicate", command: UiCommand::Bots(duplicate) },
    ];
    let title = format!("{} is changed in personas.yaml", bot.name);
    let body = "Changes to that file show here at once. Duplicate the bot to change a copy of it \
                here."
        .to_owned();
    push_toast(state, (ToastLevel::Info, title, body, actions), String::new(), now);
    Vec::new()
}

pub(super) fn open_personas(state: &AppState) -> Vec<Effect> {
    vec![Effect::OpenFolder(state.config_dir.as_ref().clone())]
}

pub(super) fn archive(
    state: &mut AppState,
    bot: BotId,
    archived: bool,
    now: Timestamp,
) -> Vec<Effect> {
    let entry = state.bots.get(&bot).filter(|entry| entry.origin == BotOrigin::Own).cloned();
    let Some(entry) = entry else { return Vec::new() };
    if archived {
        let undo = BotCommand::Archive { bot: bot.clone(), archived: false };
        let actions = vec![ToastAction { label: "Undo", command: UiCommand::Bots(undo) }];
        let body = format!("{} stands under Archived", entry.bot.name);
        let words = (ToastLevel::Info, "Bot archived".to_owned(), body, actions);
        push_toast(state, words, String::new(), now);
    }
    vec![Effect::Backend(BackendCommand::ArchiveBot { bot, archived })]
}

pub(super) fn delete(state: &mut AppState, id: &BotId, now: Timestamp) -> Vec<Effect> {
    let Some(entry) = state.bots.get(id).cloned() else { return Vec::new() };
    if entry.origin != BotOrigin::Own {
        return Vec::new();
    }
    let edited = state.editor.as_ref().filter(|editor| is_of(editor, id) && editor.has_edits());
    let asked = Overlay::DeleteEdited(id.clone());
    if edited.is_some() && state.overlay != asked {
        state.overlay = asked;
        return Vec::new();
    }
    if let Some(edited) = edited.cloned() {
        state.put_away = Some(Box::new(Editor { test: None, ..edited }));
    }
    if state.overlay == asked {
        super::super::close_overlay(state);
    }
    let mut effects = vec![Effect::Backend(BackendCommand::DeleteBot { bot: id.clone() })];
    if state.gallery.selected.as_ref() == Some(id) {
        state.gallery.selected = None;
    }
    if state.editor.as_ref().is_some_and(|editor| is_of(editor, id)) {
        effects.extend(edit::close(state));
    }
    let undo = UiCommand::Bots(BotCommand::Restore(Arc::clone(&entry)));
    let actions = vec![ToastAction { label: "Undo", command: undo }];
    let words = (ToastLevel::Info, "Bot deleted".to_owned(), entry.bot.name.clone(), actions);
    push_toast(state, words, String::new(), now);
    effects
}

/// Brings a deleted bot back, and what was not saved of it into the editor.
pub(super) fn restore(
    state: &mut AppState,
    entry: &BotEntry,
    context: HandleContext,
) -> Vec<Effect> {
    let id = &entry.bot.id;
    let is_undo = |action: &ToastAction| matches!(&action.command, UiCommand::Bots(BotCommand::Restore(known)) if known.bot.id == *id);
    state.toasts.retain(|toast| !toast.actions.iter().any(is_undo));
    let save = SaveBot {
        bot: entry.bot.clone(),
        base: entry.base.clone(),
        granted: entry.granted.clone(),
    };
    state.awaited_bot = Some(id.clone());
    let mut effects = vec![Effect::Backend(BackendCommand::RestoreBot(Box::new(save)))];
    if let Some(put_away) = state.put_away.take_if(|editor| is_of(editor, id)) {
        let (page, back) = (state.page.clone(), state.back.clone());
        effects.extend(open(state, *put_away, context));
        // Who undoes stays where they are; the gallery leads to the editor.
        (state.page, state.back) = (page, back);
    }
    effects
}

pub(super) fn compare(state: &mut AppState, bot: BotId) -> Vec<Effect> {
    if state.bot_and_mine(&bot).is_some() {
        state.overlay = Overlay::CompareBots(bot);
    }
    Vec::new()
}

/// Who exports from the editor gets what stands there, saved or not.
pub(super) fn export(state: &AppState, id: &BotId, format: BotFormat) -> Vec<Effect> {
    let edited = state.editor.as_ref().filter(|_| state.page == Page::Editor);
    let edited = edited.map(|editor| &editor.bot).filter(|bot| bot.id == *id);
    let known = || state.bots.get(id).map(|entry| &entry.bot);
    let Some(bot) = edited.or_else(known) else { return Vec::new() };
    let bot = Box::new(bot.clone());
    match format {
        BotFormat::Block => {
            vec![Effect::Backend(BackendCommand::ExportBot { bot, format, to: None })]
        }
        BotFormat::Yaml
        | BotFormat::CardV2
        | BotFormat::CardV3
        | BotFormat::CardPng
        | BotFormat::Openai => vec![Effect::ExportBot(bot, format)],
    }
}
