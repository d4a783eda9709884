use egui::{Event, Key, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use secrecy::ExposeSecret as _;

use super::SettingsView;
use crate::protocol::{
    Effort, ErrorKind, KeptIn, KeyChange, KeySource, ModelEdit, ModelId, Params, ProviderConfig,
    ProviderError, ProviderKind, ProviderOptions, ProviderState, ProviderStatus, Timestamp,
};
use crate::state::{AppState, Page, ProviderForm, SettingsTab, Theme, UiCommand};
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

type Settings = Harness<'static, Driven<SettingsView>>;

fn settings(mut state: AppState, tab: SettingsTab) -> Settings {
    state.page = Page::Settings(tab);
    let mut harness = Harness::builder()
        .with_size(vec2(1000.0, 2600.0))
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

#[test]
fn what_stands_behind_the_fold_is_saved_with_the_api() {
    let mut state = samples::configured();
    state.provider_form = ProviderForm::OtherServer;
    let mut harness = settings(state, SettingsTab::Providers);
    fill(&mut harness, "Name", "Gateway");
    fill(&mut harness, "Address", "https://box.local/v1");
    assert!(harness.query_by_label("Add header").is_none(), "the fold is closed");
    click(&mut harness, "Advanced");
    assert!(harness.query_by_label("API version").is_none(), "that is for another API");
    click(&mut harness, "Anthropic");
    fill(&mut harness, "API version", "2023-06-01");
    click(&mut harness, "Add header");
    harness.event(Event::Text("Authorization".to_owned()));
    harness.run();
    click(&mut harness, "Save & test");
    harness.get_by_label_contains("The header Authorization is the key's own");
    assert!(saved(&harness).is_empty());
    click(&mut harness, "Remove header 1");
    click(&mut harness, "Add header");
    harness.event(Event::Text("X-Team".to_owned()));
    harness.run();
    fill(&mut harness, "Value of header 1", "blue");
    fill(&mut harness, "Certificate file", "/etc/ca.pem");
    fill(&mut harness, "Silence at most", "300");
    click(&mut harness, "Save & test");
    let saved = saved(&harness);
    let (config, _) = saved.first().unwrap();
    assert_eq!(config.kind, ProviderKind::Anthropic);
    let expected = ProviderOptions {
        headers: [("X-Team".to_owned(), "blue".to_owned())].into(),
        ca_file: Some("/etc/ca.pem".into()),
        idle_timeout_s: Some(300),
        api_version: Some("2023-06-01".to_owned()),
        ..ProviderOptions::default()
    };
    assert_eq!(config.options, expected);
}

#[test]
fn answers_in_the_background_are_a_choice_of_the_responses_api() {
    let mut state = samples::fresh();
    state.provider_form = ProviderForm::Provider("openai".into());
    let mut harness = settings(state, SettingsTab::Providers);
    click(&mut harness, "Advanced");
    click(&mut harness, "Responses");
    click(&mut harness, "Answers run on when the connection is gone");
    click(&mut harness, "Save & test");
    let saved = saved(&harness);
    assert!(saved[0].0.options.background && saved[0].0.kind == ProviderKind::Responses);
}

#[test]
fn a_new_key_says_where_it_will_be_kept() {
    let mut state = samples::fresh();
    state.keys_kept = Some(KeptIn::File("/home/ada/keys.json".into()));
    state.provider_form = ProviderForm::Provider("openai".into());
    let mut harness = settings(state, SettingsTab::Providers);
    harness.get_by_label("goes to a file only you can read");
    harness.state_mut().state.keys_kept = Some(KeptIn::Keychain);
    harness.run();
    harness.get_by_label("goes to the system keychain");
}

#[test]
fn old_lists_and_names_that_are_alike_are_told_apart() {
    let mut state = samples::configured();
    let three_days = 3 * 24 * 3_600_000;
    state.providers[0].listed = Some(Timestamp(samples::NOW.0 - three_days));
    state.providers[0].status =
        ProviderStatus::Failed(ProviderError::new(ErrorKind::Network, "refused"));
    state.providers[1].listed = Some(samples::NOW);
    state.providers[1].config.name = "Anthropic".to_owned();
    let mut harness = settings(state, SettingsTab::Providers);
    harness.get_by_label("5 models · list of 3 days ago");
    harness.get_by_label("2 models");
    harness.get_by_label("Anthropic (ollama)");
    harness.get_by_label("More for Anthropic (anthropic)");
    harness.state_mut().state.page = Page::Settings(SettingsTab::Models);
    harness.run();
    harness.get_by_label("list of 3 days ago");
}

#[test]
fn the_chain_of_stand_ins_is_ordered_by_hand() {
    let mut harness = settings(samples::configured(), SettingsTab::Models);
    let chain = |harness: &Settings| -> Vec<String> {
        let models = &harness.state().state.settings.fallback.models;
        models.iter().map(ToString::to_string).collect()
    };
    for typed in ["qwen", "haiku"] {
        click(&mut harness, "Add a model");
        harness.event(Event::Text(typed.to_owned()));
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
    }
    assert_eq!(chain(&harness), ["ollama/qwen3:8b", "openrouter/anthropic/haiku"]);
    click(&mut harness, "Earlier: Claude Haiku 5.5");
    assert_eq!(chain(&harness), ["openrouter/anthropic/haiku", "ollama/qwen3:8b"]);
    click(&mut harness, "Remove qwen3:8b from the chain");
    assert_eq!(chain(&harness), ["openrouter/anthropic/haiku"]);
    click(&mut harness, "A dearer model may answer too, or one whose price is not known");
    assert!(harness.state().state.settings.fallback.allow_dearer);
}

#[test]
fn default_parameters_are_set_when_their_field_is_left() {
    let mut harness = settings(samples::configured(), SettingsTab::Models);
    fill(&mut harness, "Default temperature", "hot");
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Enter a number from 0 to 2");
    assert_eq!(harness.state().state.settings.chat.params, Params::default());
    for _ in 0..3 {
        control(&harness, "Default temperature").focus();
        harness.run();
        harness.key_press(Key::Backspace);
        harness.run();
    }
    fill(&mut harness, "Default temperature", "0,7");
    harness.key_press(Key::Enter);
    harness.run();
    click(&mut harness, "High");
    fill(&mut harness, "Default stop words", "END\nSTOP");
    fill(&mut harness, "Default output cap", "8k");
    fill(&mut harness, "Default system prompt", "Be brief");
    click(&mut harness, "High");
    let expected = Params {
        temperature: Some(0.7),
        max_tokens: Some(8_000),
        effort: Some(Effort::High),
        stop: vec!["END".to_owned(), "STOP".to_owned()],
        system: Some("Be brief".to_owned()),
        ..Params::default()
    };
    assert_eq!(harness.state().state.settings.chat.params, expected);
    click(&mut harness, "Back to none");
    assert_eq!(harness.state().state.settings.chat.params, Params::default());
    assert_eq!(control(&harness, "Default stop words").value().as_deref(), Some(""));
}

#[test]
fn a_model_is_corrected_and_set_back() {
    let mut harness = settings(samples::configured(), SettingsTab::Models);
    fill(&mut harness, "Search all models", "ollama qwen");
    click(&mut harness, "Edit qwen3:8b, Ollama");
    fill(&mut harness, "Name of the model", "Local");
    fill(&mut harness, "Price in of the model", "much");
    click(&mut harness, "Save");
    harness.get_by_label_contains("Enter dollars per million tokens");
    for _ in 0..4 {
        harness.key_press(Key::Backspace);
    }
    harness.run();
    fill(&mut harness, "Context of the model", "40k");
    click(&mut harness, "Hidden in lists");
    control(&harness, "Context of the model").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let id: ModelId = "ollama/qwen3:8b".parse().unwrap();
    let expected = ModelEdit {
        alias: Some("Local".to_owned()),
        hidden: true,
        context: Some(40_000),
        ..ModelEdit::default()
    };
    assert_eq!(harness.state().state.settings.models.get(&id), Some(&expected));
    assert!(harness.query_by_label("Name of the model").is_none(), "the form is closed");
    click(&mut harness, "Edit qwen3:8b, Ollama");
    assert_eq!(control(&harness, "Context of the model").value().as_deref(), Some("40000"));
    click(&mut harness, "Back to what the provider says");
    assert!(harness.state().state.settings.models.is_empty());
}

#[test]
fn the_model_for_titles_is_chosen_and_given_up() {
    let mut harness = settings(samples::configured(), SettingsTab::Models);
    click(&mut harness, "Choose…");
    harness.event(Event::Text("haiku".to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let title = harness.state().state.settings.chat.title_model.clone();
    assert_eq!(title.map(|model| model.to_string()).as_deref(), Some("openrouter/anthropic/haiku"));
    click(&mut harness, "Use the first words");
    assert_eq!(harness.state().state.settings.chat.title_model, None);
}

#[test]
fn enter_opens_the_fold_of_a_form_and_saves_from_a_field_in_it() {
    let mut harness = settings(samples::configured(), SettingsTab::Providers);
    click(&mut harness, "Add provider");
    click(&mut harness, "Add Other server…");
    fill(&mut harness, "Name", "My Box");
    fill(&mut harness, "Address", "http://box.local/v1");
    for _ in 0..12 {
        if control(&harness, "Advanced").is_focused() {
            break;
        }
        harness.key_press(Key::Tab);
        harness.run();
    }
    assert!(control(&harness, "Advanced").is_focused());
    for shown in [true, false, true] {
        harness.key_press(Key::Enter);
        harness.run();
        assert_eq!(harness.query_all_by_label("Certificate file").next().is_some(), shown);
    }
    assert!(saved(&harness).is_empty());
    control(&harness, "Connect within").focus();
    harness.run();
    harness.event(Event::Text("5".to_owned()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(saved(&harness).len(), 1);
}

#[test]
fn whoever_opens_the_settings_is_in_the_page_with_the_keyboard() {
    for width in [1000.0, 480.0] {
        let mut harness = settings(samples::configured(), SettingsTab::Providers);
        harness.set_size(vec2(width, 900.0));
        harness.run();
        for tab in [SettingsTab::Servers, SettingsTab::Usage] {
            let context =
                crate::state::HandleContext { now: samples::NOW, ids: crate::protocol::IdSource };
            let command = UiCommand::OpenSettings(tab);
            crate::state::handle(&mut harness.state_mut().state, command, context);
            harness.run();
            assert!(control(&harness, tab.label()).is_focused(), "{}", tab.label());
        }
    }
}
