//! What the backend tells about bots that are made, changed, read or written.

use super::super::super::apply::push_toast;
use super::super::super::model::{Overlay, ToastLevel};
use super::super::super::{AppState, Editor, Read};
use crate::protocol::{
    Bot, BotOrigin, BotProblem, BotRead, BotVersionInfo, NoticeCode, QueryId, Timestamp,
};

/// What a toast says of a bot that was kept, before the version.
const SAVED: &str = "Saved as version";

/// What was handed to be saved may be there now.
pub(in crate::state) fn library_changed(state: &mut AppState, now: Timestamp) {
    if let Some(id) = state.awaited_bot.take_if(|id| state.bots.get(id).is_some()) {
        state.gallery.selected = Some(id);
    }
    let Some(editor) = &mut state.editor else { return };
    let id = editor.saved.as_ref().or(editor.saving.as_ref().map(|saving| &saving.0));
    let Some(id) = id.map(|bot| &bot.id) else { return };
    let Some(entry) = state.bots.get(id).filter(|entry| entry.origin == BotOrigin::Own) else {
        // It was deleted elsewhere: what stands here would be a new bot.
        if editor.saving.is_none() {
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
    editor.saving = None;
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
    if matches!(code, NoticeCode::WriteFailed | NoticeCode::Busy)
        && let Some(editor) = &mut state.editor
    {
        editor.saving = None;
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
