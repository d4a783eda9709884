//! What the backend tells about bots that are made, changed, read or written.

use super::super::super::apply::push_toast;
use super::super::super::editor::Handed;
use super::super::super::model::{Effect, Overlay, ToastLevel};
use super::super::super::{AppState, Editor, Read};
use super::{edit, keep};
use crate::protocol::{
    Bot, BotOrigin, BotProblem, BotRead, BotVersionInfo, EditedBot, NoticeCode, QueryId, Timestamp,
};

/// What a toast says of a bot that was kept, before the version.
const SAVED: &str = "Saved as version";

/// What was in the editor when the app ended is in it again. It is not shown: the gallery leads
/// there.
pub(in crate::state) fn edit_kept(
    state: &mut AppState,
    edited: EditedBot,
    now: Timestamp,
) -> Vec<Effect> {
    // It comes with the first library; nobody types as fast.
    if state.editor.as_ref().is_some_and(Editor::has_edits) {
        return Vec::new();
    }
    let own = state.bots.get(&edited.bot.id).filter(|entry| entry.origin == BotOrigin::Own);
    let editor = Editor::again(&edited, own.map(AsRef::as_ref));
    state.edit_kept.handed = Handed::Known(Some(Box::new(edited)));
    if !editor.has_edits() {
        // It was saved in the last moment.
        keep::note_change(state, now);
        return Vec::new();
    }
    let effects = edit::end_test(state);
    state.counter += 1;
    state.editor = Some(Editor { key: state.counter, ..editor });
    state.check_editor();
    effects
}

/// What was handed to be saved may be there now.
pub(in crate::state) fn library_changed(state: &mut AppState, now: Timestamp) {
    let awaited = state.awaited_bot.clone();
    if let Some(id) = state.awaited_bot.take_if(|id| state.bots.get(id).is_some()) {
        state.gallery.choose(Some(id));
    }
    let Some(editor) = &mut state.editor else { return };
    let id = editor.saved.as_ref().or(editor.saving.as_ref().map(|saving| &saving.0));
    let Some(id) = id.map(|bot| &bot.id) else { return };
    let Some(entry) = state.bots.get(id).filter(|entry| entry.origin == BotOrigin::Own) else {
        // It was deleted elsewhere: what stands here would be a new bot. One that is brought back
        // is on its way.
        if editor.saving.is_none() && awaited.as_ref() != Some(id) {
            editor.saved = None;
            editor.untouched = None;
        }
        return;
    };
    let kept = &entry.bot;
    let version = kept.version;
    let is_it = |saving: &(Bot, Vec<String>)| {
        Bot { version, ..saving.0.clone() } == *kept && saving.1 == entry.granted
    };
    if !editor.saving.as_deref().is_some_and(is_it) {
        return;
    }
    (editor.saving, editor.tried) = (None, false);
    state.edit_kept.dirty.get_or_insert(now);
    editor.saved = Some(kept.clone());
    editor.saved_granted.clone_from(&entry.granted);
    editor.bot.version = version;
    (editor.base, editor.untouched, editor.versions) = (None, None, None);
    if let Some(tested) = &mut editor.tested {
        tested.version = version;
    }
    let words = (ToastLevel::Info, format!("{SAVED} {version}"), kept.name.clone(), vec![]);
    push_toast(state, words, String::new(), now);
}

/// What could not be written is not on its way any more: Save asks again.
pub(in crate::state) fn notice(state: &mut AppState, code: &NoticeCode) {
    if matches!(code, NoticeCode::WriteFailed | NoticeCode::Busy) {
        state.edit_kept.handed = Handed::Unknown;
        if let Some(editor) = &mut state.editor {
            editor.saving = None;
        }
    }
}

/// The versions of the bot in the editor.
pub(in crate::state) fn versions_loaded(
    state: &mut AppState,
    query: QueryId,
    versions: Vec<BotVersionInfo>,
) {
    if let Some(editor) = &mut state.editor
        && editor.versions_query == query
    {
        editor.versions = Some(versions);
    }
}

/// A question about bots stays without an answer; a notice tells why. Nothing waits for it.
pub(in crate::state) fn query_failed(state: &mut AppState, query: QueryId) {
    let is_of_editor = |editor: &Editor| editor.versions_query == query;
    if state.overlay == Overlay::BotVersions && state.editor.as_ref().is_some_and(is_of_editor) {
        state.overlay = Overlay::Nothing;
    }
    if let Some(import) = &mut state.import
        && import.query == query
        && import.read == Read::Reading
    {
        import.read = Read::Nothing;
    }
}

/// Bots that were read for import; late ones, after the dialog was closed, are dropped.
pub(in crate::state) fn bots_read(
    state: &mut AppState,
    query: QueryId,
    read: Vec<Result<BotRead, BotProblem>>,
) {
    if let Some(import) = &mut state.import
        && import.query == query
        && state.overlay == Overlay::Import
    {
        import.read = Read::Done(read);
    }
}
