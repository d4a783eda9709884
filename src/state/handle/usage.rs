//! The usage page, and what may be spent.

use super::super::model::{Effect, FocusTarget, Page};
use super::super::{AppState, SettingsTab};
use super::open_page;
use super::settings::configure;
use crate::protocol::{BackendCommand, Budget, ModelId, UsageRange};

/// Shows the page and asks for its figures.
pub(super) fn open(state: &mut AppState) -> Vec<Effect> {
    let mut effects = open_page(state, Page::Settings(SettingsTab::Usage));
    let range = state.usage_range;
    effects.extend(load(state, range));
    effects
}

/// Asks for the figures of a stretch of days. The old ones stay until the new ones are there.
pub(in crate::state) fn load(state: &mut AppState, range: UsageRange) -> Vec<Effect> {
    state.usage_range = range;
    let query = state.next_query();
    state.usage_query = query;
    vec![Effect::Backend(BackendCommand::LoadUsage { query, range })]
}

/// The same, with the keyboard where the budget is set.
pub(super) fn change_budget(state: &mut AppState) -> Vec<Effect> {
    let effects = open(state);
    state.request_focus(FocusTarget::Budget);
    effects
}

pub(super) fn set_budget(state: &mut AppState, budget: Budget) -> Vec<Effect> {
    state.settings.budget = budget;
    configure(state)
}

pub(super) fn set_title_model(state: &mut AppState, model: Option<ModelId>) -> Vec<Effect> {
    state.settings.chat.title_model = model;
    configure(state)
}
