use egui::{Event, Key, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use secrecy::ExposeSecret as _;

use super::SettingsView;
use crate::protocol::{KeyChange, KeySource, ProviderConfig, ProviderState, ProviderStatus};
use crate::state::{AppState, Page, ProviderForm, SettingsTab, Theme, UiCommand};
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

type Settings = Harness<'static, Driven<SettingsView>>;

fn settings(mut state: AppState, tab: SettingsTab) -> Settings {
    state.page = Page::Settings(tab);
    let mut harness = Harness::builder()
        .with_size(vec2(1000.0, 1000.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<SettingsView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                driven.view.settings_ui(ui, &driven.state, samples::NOW, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

/// The control of this name: headings and labels may have the same one.
fn control<'a>(harness: &'a Settings, label: &'a str) -> egui_kittest::Node<'a> {
    let is_control =
        |node: &egui_kittest::Node<'_>| node.accesskit_node().role() != egui::Role::Label;
    harness.query_all_by_label(label).find(is_control).unwrap()
}

fn click(harness: &mut Settings, label: &str) {
    control(harness, label).click();
    harness.run();
}

fn fill(harness: &mut Settings, field: &str, text: &str) {
    control(harness, field).focus();
    harness.run();
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn saved(harness: &Settings) -> Vec<(ProviderConfig, Option<String>)> {
    harness
        .state()
        .sent
        .iter()
        .filter_map(|command| {
            let UiCommand::SaveProvider { config, key } = command else { return None };
            let key = match key {
                KeyChange::Set(key) => Some(key.expose_secret().to_owned()),
                KeyChange::Keep | KeyChange::Remove => None,
            };
            Some((config.clone(), key))
        })
        .collect()
}

#[test]
fn another_server_is_checked_saved_and_tested() {
    let mut harness = settings(samples::configured(), SettingsTab::Providers);
    click(&mut harness, "Add provider");
    click(&mut harness, "Add Other server…");
    click(&mut harness, "Save & test");
    harness.get_by_label("Give it a name");
    fill(&mut harness, "Name", "My Box");
    fill(&mut harness, "Address", "box.local/v1");
    click(&mut harness, "Save & test");
    harness.get_by_label("The address has to begin with http:// or https://");
    assert!(saved(&harness).is_empty(), "nothing is saved before all is well");

    control(&harness, "Address").focus();
    harness.run();
    harness.key_press(Key::Home);
    harness.run();
    harness.event(Event::Text("http://".to_owned()));
    harness.run();
    fill(&mut harness, "API key", "sk-1 sk-2");
    click(&mut harness, "Save & test");
    harness.get_by_label_contains("The key has a space");
    assert!(saved(&harness).is_empty());
    for _ in 0..5 {
        harness.key_press(Key::Backspace);
    }
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let saved = saved(&harness);
    let (config, key) = saved.first().unwrap();
    assert_eq!(saved.len(), 1);
    assert_eq!((config.id.as_str(), config.name.as_str()), ("my-box", "My Box"));
    assert_eq!(config.url, "http://box.local/v1");
    assert_eq!(key.as_deref(), Some("sk-1"));
    harness.get_by_label("Asking for its models…");
    assert_eq!(control(&harness, "API key").value().as_deref(), Some(""), "the key is gone");

    let provider = ProviderState {
        listed: None,
        config: config.clone(),
        key: KeySource::Keychain { tail: "sk-1".to_owned() },
        status: ProviderStatus::Ready,
        models: samples::guide().models,
        discovered: false,
    };
    harness.state_mut().state.providers.push(provider);
    harness.run();
    harness.get_by_label("Ready, 1 model");
}

#[test]
fn a_key_is_kept_unless_another_one_is_typed() {
    let mut harness = settings(samples::configured(), SettingsTab::Providers);
    click(&mut harness, "More for Anthropic");
    click(&mut harness, "Edit…");
    harness.get_by_label("in the system keychain");
    harness.get_by_label("401: the key was rejected. Paste a new one.");
    click(&mut harness, "Save & test");
    let command = harness.state().sent.iter().find_map(|command| {
        let UiCommand::SaveProvider { key, .. } = command else { return None };
        Some(format!("{key:?}"))
    });
    assert_eq!(command.as_deref(), Some("Keep"));
    click(&mut harness, "Remove key");
    assert!(matches!(
        harness.state().sent.last(),
        Some(UiCommand::SaveProvider { key: KeyChange::Remove, .. })
    ));
    click(&mut harness, "Cancel");
    assert_eq!(harness.state().state.provider_form, ProviderForm::Closed);
}

#[test]
fn a_well_known_provider_needs_only_a_key() {
    let mut state = samples::fresh();
    state.provider_form = ProviderForm::Provider("openai".into());
    let mut harness = settings(state, SettingsTab::Providers);
    harness.event(Event::Text("sk-new".to_owned()));
    harness.run();
    click(&mut harness, "Get a key…");
    assert_eq!(harness.state().asked(), [r#"AskLink("https://example.com/keys")"#]);
    click(&mut harness, "Save & test");
    let saved = saved(&harness);
    let (config, key) = saved.first().unwrap();
    assert_eq!(config.id.as_str(), "openai");
    assert_eq!(config.url, "https://api.openai.com/v1");
    assert_eq!(key.as_deref(), Some("sk-new"));
}

#[test]
fn removing_asks_first() {
    let mut harness = settings(samples::configured(), SettingsTab::Providers);
    click(&mut harness, "More for Anthropic");
    click(&mut harness, "Remove…");
    harness.get_by_label("Remove Anthropic and its key? Chats are kept.");
    assert!(harness.state().sent.is_empty());
    click(&mut harness, "Remove");
    assert_eq!(harness.state().asked(), [r#"RemoveProvider(ProviderId("anthropic"))"#]);
    assert!(harness.query_by_label("More for Guide").is_none());
}

#[test]
fn the_default_model_is_found_by_typing() {
    let mut harness = settings(samples::configured(), SettingsTab::Models);
    click(&mut harness, "Change…");
    harness.event(Event::Text("qwen".to_owned()));
    harness.run();
    click(&mut harness, "qwen3:8b, Ollama");
    let default = harness.state().state.settings.default_model.clone().unwrap();
    assert_eq!(default.to_string(), "ollama/qwen3:8b");
    click(&mut harness, "Make default");
    click(&mut harness, "Remove Claude Sonnet 5.5 from favourites");
    assert!(harness.state().state.settings.favourites.is_empty());
    click(&mut harness, "Higher turn limit");
    assert_eq!(harness.state().state.settings.chat.max_turns, 30);
}

#[test]
fn theme_and_text_size_change() {
    let mut harness = settings(samples::configured(), SettingsTab::Appearance);
    click(&mut harness, "Light");
    assert_eq!(harness.state().state.settings.appearance.theme, Theme::Light);
    click(&mut harness, "Larger text");
    assert_eq!(harness.state().state.settings.appearance.text_size, 110);
    click(&mut harness, "Back to 100 %");
    assert_eq!(harness.state().state.settings.appearance.text_size, 100);
}

#[test]
fn every_page_is_drawn_wide_and_narrow() {
    for tab in SettingsTab::ALL {
        let mut harness = settings(samples::configured(), tab);
        click(&mut harness, "Data");
        harness.get_by_label("Open folder");
        harness.state_mut().state.page = Page::Settings(tab);
        harness.set_size(vec2(340.0, 400.0));
        harness.run();
        click(&mut harness, "About");
        harness.get_by_label("Open the help");
    }
}
