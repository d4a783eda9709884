//! Bots that are read from files or texts, and kept once the user has looked at them.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::super::apply::push_toast;
use super::super::super::model::{Effect, Overlay, Page, ToastLevel};
use super::super::super::{
    AppState, Conflict, FileDialog, GalleryFilter, Import, KeepAs, KeepBot, Read,
};
use crate::protocol::{BackendCommand, BotId, BotSource, SaveBot, Timestamp};

/// Shows where a bot can be pasted.
pub(super) fn begin(state: &mut AppState, dialog: FileDialog) -> Vec<Effect> {
    state.import = Some(Import { dialog, ..Import::default() });
    state.overlay = Overlay::Import;
    Vec::new()
}

pub(super) fn read_files(state: &mut AppState, files: Vec<PathBuf>) -> Vec<Effect> {
    if files.is_empty() { Vec::new() } else { read(state, BotSource::Files(files)) }
}

pub(super) fn read_text(state: &mut AppState, text: String) -> Vec<Effect> {
    if text.trim().is_empty() { Vec::new() } else { read(state, BotSource::Text(text)) }
}

fn read(state: &mut AppState, source: BotSource) -> Vec<Effect> {
    let query = state.next_query();
    state.import = Some(Import { query, read: Read::Reading, ..Import::default() });
    state.overlay = Overlay::Import;
    vec![Effect::Backend(BackendCommand::ReadBots { query, source })]
}

/// Keeps bots that were read, each under an id that is free, but for those that shall become the
/// next version of what is there.
pub(super) fn keep(state: &mut AppState, bots: Vec<KeepBot>, now: Timestamp) -> Vec<Effect> {
    let mut taken: HashSet<BotId> = HashSet::new();
    let mut effects = Vec::new();
    let mut names = Vec::new();
    let mut updates = 0;
    let mut last = None;
    for KeepBot { mut bot, mut granted, keep } in bots {
        let conflict = state.import_conflict(&bot);
        let replaces = match (conflict, keep) {
            (Conflict::Identical(_), _) => continue,
            (Conflict::Own { now, next }, KeepAs::NextVersion) => Some((now, next)),
            (Conflict::Own { .. }, KeepAs::Another)
            | (Conflict::Nothing | Conflict::Foreign, _) => None,
        };
        if replaces.is_none() {
            bot.id = state.free_bot_id(bot.id.as_str(), &taken);
        }
        taken.insert(bot.id.clone());
        granted.retain(|tool| bot.tools.iter().any(|need| need.name == *tool));
        names.push(match replaces {
            Some((now, next)) => format!("{}: version {now} → {next}", bot.name),
            None => bot.name.clone(),
        });
        updates += usize::from(replaces.is_some());
        last = Some(bot.id.clone());
        let save = SaveBot { bot, base: None, granted };
        effects.push(Effect::Backend(BackendCommand::SaveBot(Box::new(save))));
    }
    super::super::close_overlay(state);
    if let Some(last) = last {
        let title = match (names.len(), updates) {
            (1, 1) => "Bot updated".to_owned(),
            (1, _) => "Bot imported".to_owned(),
            (count, _) => format!("{count} bots imported"),
        };
        let words = (ToastLevel::Info, title, names.join(", "), Vec::new());
        push_toast(state, words, String::new(), now);
        state.gallery.query.clear();
        state.gallery.filter = GalleryFilter::Own;
        state.awaited_bot = Some(last);
        state.refresh_gallery();
        super::super::open_page(state, Page::Gallery);
    }
    effects
}
