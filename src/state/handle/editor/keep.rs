//! What the editor holds and is not saved is kept on the disk, so that no end of the app loses it.

use super::super::super::AppState;
use super::super::super::editor::{Editor, Handed};
use super::super::super::model::Effect;
use crate::protocol::{BackendCommand, Timestamp};

/// What is in the editor may have changed.
pub(super) fn note_change(state: &mut AppState, now: Timestamp) {
    state.edit_kept.dirty.get_or_insert(now);
}

/// Hands over what would be lost, where it is not what was handed over last.
pub(in crate::state::handle) fn keep_edit(state: &mut AppState) -> Option<Effect> {
    let edited = state.editor.as_ref().and_then(Editor::edited).map(Box::new);
    let handed = Handed::Known(edited);
    if state.edit_kept.handed == handed {
        return None;
    }
    state.edit_kept.handed = handed.clone();
    let Handed::Known(edited) = handed else { return None };
    Some(Effect::Backend(BackendCommand::KeepEdit(edited)))
}
