//! Settings: each change is saved at once.

use super::super::model::Effect;
use super::super::{AppState, Appearance, ProviderForm, Theme};
use crate::protocol::{
    BackendCommand, Fallback, KeyChange, ModelEdit, ModelId, Params, ProviderConfig, ProviderId,
};

pub(super) fn toggle_sidebar(state: &mut AppState) -> Vec<Effect> {
    state.settings.appearance.sidebar = !state.settings.appearance.sidebar;
    vec![Effect::SaveSettings]
}

pub(super) fn toggle_favourite(state: &mut AppState, model: ModelId) -> Vec<Effect> {
    let favourites = &mut state.settings.favourites;
    match favourites.iter().position(|known| *known == model) {
        Some(place) => {
            favourites.remove(place);
        }
        None => favourites.push(model),
    }
    vec![Effect::SaveSettings]
}

pub(super) fn set_default_model(state: &mut AppState, model: ModelId) -> Vec<Effect> {
    state.settings.default_model = Some(model);
    vec![Effect::SaveSettings]
}

pub(super) fn save_provider(
    state: &mut AppState,
    config: ProviderConfig,
    key: KeyChange,
) -> Vec<Effect> {
    let providers = &mut state.settings.providers;
    match providers.iter_mut().find(|known| known.id == config.id) {
        Some(known) => *known = config.clone(),
        None => providers.push(config.clone()),
    }
    vec![Effect::SaveSettings, Effect::Backend(BackendCommand::SaveProvider { config, key })]
}

pub(super) fn remove_provider(state: &mut AppState, provider: &ProviderId) -> Vec<Effect> {
    state.settings.providers.retain(|known| known.id != *provider);
    if state.provider_form == ProviderForm::Provider(provider.clone()) {
        state.provider_form = ProviderForm::Closed;
    }
    let remove = BackendCommand::RemoveProvider { provider: provider.clone() };
    vec![Effect::SaveSettings, Effect::Backend(remove)]
}

pub(super) fn set_theme(state: &mut AppState, theme: Theme) -> Vec<Effect> {
    state.settings.appearance.theme = theme;
    vec![Effect::SaveSettings]
}

pub(super) fn set_text_size(state: &mut AppState, percent: u16) -> Vec<Effect> {
    state.settings.appearance.text_size =
        percent.clamp(Appearance::MIN_TEXT_SIZE, Appearance::MAX_TEXT_SIZE);
    vec![Effect::SaveSettings]
}

pub(super) fn step_text_size(state: &mut AppState, step: i16) -> Vec<Effect> {
    let size = state.settings.appearance.text_size_clamped().saturating_add_signed(step);
    set_text_size(state, size)
}

pub(super) fn set_max_turns(state: &mut AppState, turns: u32) -> Vec<Effect> {
    state.settings.chat.max_turns = turns.clamp(1, 500);
    configure(state)
}

pub(super) fn set_fallback(state: &mut AppState, fallback: Fallback) -> Vec<Effect> {
    state.settings.fallback = fallback;
    configure(state)
}

pub(super) fn set_default_params(state: &mut AppState, params: Params) -> Vec<Effect> {
    state.settings.chat.params = params;
    vec![Effect::SaveSettings]
}

pub(super) fn edit_model(state: &mut AppState, model: ModelId, edit: ModelEdit) -> Vec<Effect> {
    if edit == ModelEdit::default() {
        state.settings.models.remove(&model);
    } else {
        state.settings.models.insert(model, edit);
    }
    configure(state)
}

/// Saves the settings and tells the engine, for those that it obeys.
pub(super) fn configure(state: &AppState) -> Vec<Effect> {
    let settings = Box::new(state.settings.engine());
    vec![Effect::SaveSettings, Effect::Backend(BackendCommand::Configure(settings))]
}
