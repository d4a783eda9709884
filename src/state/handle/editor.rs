//! Making and changing bots.

mod edit;
mod import;
mod keep;
mod own;
pub(in crate::state) mod told;

pub(super) use keep::keep_edit;

use super::super::model::{Effect, FocusTarget, HandleContext, Overlay, Page};
use super::super::{AppState, BotCommand, EditorCommand, FileDialog};

/// Applies a command of the gallery that makes, changes, imports or exports bots.
pub(super) fn handle_bots(
    state: &mut AppState,
    command: BotCommand,
    context: HandleContext,
) -> Vec<Effect> {
    keep::note_change(state, context.now);
    match command {
        BotCommand::New => own::make(state, context),
        BotCommand::Customise(bot) => own::customise(state, &bot, context),
        BotCommand::Duplicate(bot) => own::duplicate(state, &bot, context),
        BotCommand::Archive { bot, archived } => own::archive(state, bot, archived, context.now),
        BotCommand::Delete(bot) => own::delete(state, &bot, context.now),
        BotCommand::Restore(entry) => own::restore(state, &entry, context),
        BotCommand::OpenPersonas => own::open_personas(state),
        BotCommand::CompareWithMine(bot) => own::compare(state, bot),
        BotCommand::Export { bot, format } => own::export(state, &bot, format),
        BotCommand::PickImport => vec![Effect::PickBots],
        BotCommand::PasteImport => import::begin(state, FileDialog::Offered),
        BotCommand::NoImportDialog => import::begin(state, FileDialog::Missing),
        BotCommand::ImportFiles(files) => import::read_files(state, files),
        BotCommand::ImportText(text) => import::read_text(state, text),
        BotCommand::KeepImported(bots) => import::keep(state, bots, context.now),
        BotCommand::OpenGallery
        | BotCommand::Search(_)
        | BotCommand::Show(_)
        | BotCommand::Sort(_)
        | BotCommand::Select(_)
        | BotCommand::Start(_)
        | BotCommand::StartWith { .. }
        | BotCommand::StartWithStarter { .. }
        | BotCommand::TakeNewer
        | BotCommand::KeepOlder
        | BotCommand::NoFileDialog
        | BotCommand::ToggleFavourite(_) => Vec::new(),
    }
}

/// Applies a command of the editor.
pub(super) fn handle(
    state: &mut AppState,
    command: EditorCommand,
    context: HandleContext,
) -> Vec<Effect> {
    keep::note_change(state, context.now);
    let effects = match command {
        EditorCommand::Show => show(state, context),
        EditorCommand::Change(bot) => edit::change(state, *bot),
        EditorCommand::Grant(tools) => edit::grant(state, tools),
        EditorCommand::SetValue { name, value } => edit::set_value(state, name, value),
        EditorCommand::Save => edit::save(state, context.now),
        EditorCommand::Discard => edit::discard(state),
        EditorCommand::DiscardNow => edit::discard_now(state, context),
        EditorCommand::RestartTest => edit::restart_test(state, context),
        EditorCommand::LoadVersions => edit::load_versions(state),
        EditorCommand::Restore(version) => edit::restore(state, &version.bot),
    };
    state.check_editor();
    effects
}

/// Shows the editor with what is in it.
fn show(state: &mut AppState, context: HandleContext) -> Vec<Effect> {
    let Some(editor) = &mut state.editor else { return Vec::new() };
    editor.next = None;
    let has_test = editor.test.is_some();
    state.overlay = Overlay::Nothing;
    super::open_page(state, Page::Editor);
    state.request_focus(FocusTarget::FormTop);
    // What comes from an earlier session, or out of an undo, has none.
    if has_test { Vec::new() } else { edit::restart_test(state, context) }
}

/// What waits behind a dialog goes with it.
pub(super) fn overlay_closes(state: &mut AppState) {
    match state.overlay {
        Overlay::DiscardBot => {
            if let Some(editor) = &mut state.editor {
                editor.next = None;
            }
        }
        Overlay::Import => state.import = None,
        Overlay::Nothing
        | Overlay::Palette
        | Overlay::Picker(_)
        | Overlay::Params
        | Overlay::Link(_)
        | Overlay::StartBot(_)
        | Overlay::CompareBots(_)
        | Overlay::DeleteEdited(_)
        | Overlay::BotVersions => {}
    }
}
