//! Commands about bots.

use super::super::model::{Effect, HandleContext, Page};
use super::super::{AppState, BotCommand, GalleryFilter, GallerySort};
use crate::protocol::{BackendCommand, BotId};

/// Applies a command about bots.
pub(super) fn handle(
    state: &mut AppState,
    command: BotCommand,
    context: HandleContext,
) -> Vec<Effect> {
    match command {
        BotCommand::OpenGallery => open(state),
        BotCommand::Search(query) => search(state, query),
        BotCommand::Show(filter) => show(state, filter),
        BotCommand::Sort(sort) => set_order(state, sort),
        BotCommand::Select(bot) => select(state, bot),
        BotCommand::NoFileDialog => {
            crate::state::bots::no_file_dialog(state, context.now);
            Vec::new()
        }
        BotCommand::ToggleFavourite(bot) => toggle_favourite(state, bot),
        BotCommand::Start(_) => {
            state.gallery.starter = None;
            super::opening::handle(state, command, context)
        }
        BotCommand::StartWithStarter { bot, starter } => {
            state.gallery.starter = Some((bot.clone(), starter));
            start(state, BotCommand::Start(bot), context)
        }
        BotCommand::StartWith { .. } => start(state, command, context),
        BotCommand::TakeNewer | BotCommand::KeepOlder => {
            super::opening::handle(state, command, context)
        }
        BotCommand::Customise(_)
        | BotCommand::Duplicate(_)
        | BotCommand::New
        | BotCommand::Archive { .. }
        | BotCommand::Delete(_)
        | BotCommand::Restore(_)
        | BotCommand::OpenPersonas
        | BotCommand::CompareWithMine(_)
        | BotCommand::PickImport
        | BotCommand::NoImportDialog
        | BotCommand::PasteImport
        | BotCommand::ImportFiles(_)
        | BotCommand::ImportText(_)
        | BotCommand::KeepImported(_)
        | BotCommand::Export { .. } => super::editor::handle_bots(state, command, context),
    }
}

/// Who comes from a chat looks for another bot; who comes from the editor goes on looking.
fn open(state: &mut AppState) -> Vec<Effect> {
    match state.page {
        Page::Welcome | Page::Chat(_) | Page::Settings(_) | Page::Help(_) => {
            state.gallery.query.clear();
            state.settle_gallery();
        }
        Page::Editor => state.settle_gallery(),
        Page::Gallery => state.call_gallery(),
    }
    let mut effects = super::open_page(state, Page::Gallery);
    // Another process may have added some.
    effects.push(Effect::Backend(BackendCommand::LoadBots));
    effects
}

/// Begins a chat, now or once the bot's questions are answered, and then puts the starter that was
/// clicked into the composer.
fn start(state: &mut AppState, command: BotCommand, context: HandleContext) -> Vec<Effect> {
    let before = state.open_chat();
    let mut effects = super::opening::handle(state, command, context);
    if state.open_chat() == before {
        return effects;
    }
    let starter = state.gallery.starter.take();
    let text = starter.and_then(|(bot, starter)| {
        let cast = state.cast().filter(|cast| cast.bot == bot)?;
        cast.starters.get(starter).cloned()
    });
    if let Some(text) = text {
        effects.extend(super::draft::set_text(state, text, context.now));
    }
    effects
}

fn search(state: &mut AppState, query: String) -> Vec<Effect> {
    if state.gallery.query != query {
        // What fits best is chosen, until another one is chosen by hand.
        state.gallery.choose(None);
        state.gallery.query = query;
    }
    state.list_gallery();
    Vec::new()
}

fn show(state: &mut AppState, filter: GalleryFilter) -> Vec<Effect> {
    state.gallery.filter = filter;
    state.list_gallery();
    Vec::new()
}

fn set_order(state: &mut AppState, sort: GallerySort) -> Vec<Effect> {
    state.gallery.sort = sort;
    state.list_gallery();
    Vec::new()
}

fn select(state: &mut AppState, bot: Option<BotId>) -> Vec<Effect> {
    state.gallery.choose(bot);
    Vec::new()
}

fn toggle_favourite(state: &mut AppState, bot: BotId) -> Vec<Effect> {
    if state.bots.home(&bot).is_some() {
        // Marks are of this computer's bots.
        return Vec::new();
    }
    let Some(entry) = state.bots.get(&bot) else { return Vec::new() };
    let favourite = !entry.favourite;
    vec![Effect::Backend(BackendCommand::MarkBot { bot, favourite })]
}
