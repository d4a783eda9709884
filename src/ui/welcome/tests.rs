use egui::vec2;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::welcome_ui;
use crate::protocol::LinkState;
use crate::state::{AppState, Page, ProviderForm, SettingsTab};
use crate::ui::gallery::sample;
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

fn welcome(state: AppState) -> Harness<'static, Driven<()>> {
    let mut harness = Harness::builder()
        .with_size(vec2(800.0, 640.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<()>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                welcome_ui(ui, &driven.state, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

#[test]
fn where_only_guide_answers_a_question_goes_to_it_whatever_model_was_used_last() {
    let mut state = samples::configured();
    state.providers = vec![samples::guide()];
    sample::tell(&mut state, sample::library(), Vec::new());
    let mut harness = welcome(state);
    assert!(harness.query_by_label("All bots").is_none());
    harness.get_by_label("How do I add a key?").click();
    harness.run();
    let asked = harness.state().asked();
    assert!(asked[0].starts_with("ChooseModel") && asked[0].contains("guide"), "{asked:?}");
    assert_eq!(asked[1..], [r#"Send { text: "How do I add a key?" }"#]);
}

#[test]
fn sources_say_how_they_stand() {
    let harness = welcome(samples::configured());
    harness.get_by_label("Guide built in, works offline: answers about this app");
    harness.get_by_label("Ollama found on this computer, 2 models");
    harness.get_by_label("OpenRouter key found in OPENROUTER_API_KEY, 5 models");
    harness.get_by_label("key rejected");
    assert!(harness.query_by_label("Add key for OpenRouter…").is_none());
}

#[test]
fn a_remote_server_is_a_source_as_well() {
    let mut state = samples::configured();
    let denied = LinkState::Denied { message: "no".to_owned() };
    state.servers.all =
        vec![samples::server("home", samples::linked()), samples::server("studio", denied)];
    let mut harness = welcome(state);
    harness.get_by_label("Home remote agents, 2 models · 2 bots");
    harness.get_by_label("not let in");
    harness.get_by_label("Edit Studio…").click();
    harness.run();
    assert!(harness.state().asked()[0].contains("studio"), "{:?}", harness.state().asked());
}

#[test]
fn what_is_not_there_yet_can_be_added() {
    for (button, form) in [
        ("Add key for OpenRouter…", ProviderForm::Provider("openrouter".into())),
        ("Add another server…", ProviderForm::OtherServer),
    ] {
        let mut harness = welcome(samples::fresh());
        harness.get_by_label(button).click();
        harness.run();
        let state = &harness.state().state;
        assert_eq!(state.page, Page::Settings(SettingsTab::Providers));
        assert_eq!(state.provider_form, form);
    }
}

#[test]
fn a_bot_begins_a_chat_with_its_starter_in_the_composer() {
    let mut state = samples::configured();
    sample::tell(&mut state, sample::library(), Vec::new());
    let mut harness = welcome(state);
    harness.get_by_label("Meeting Notes: What can Meeting Notes do?").click();
    harness.run();
    let state = &harness.state().state;
    assert_eq!(state.cast().unwrap().bot.as_str(), "meeting-notes");
    assert_eq!(state.draft().text, "What can Meeting Notes do?");
}

#[test]
fn a_bot_whose_starters_have_gaps_is_told_by_its_description() {
    let mut state = samples::configured();
    sample::tell(&mut state, sample::library(), Vec::new());
    let harness = welcome(state);
    let text = "Practises a language at your level and corrects gently.";
    harness.get_by_label(&format!("Language Tutor: {text}"));
}

#[test]
fn all_bots_are_one_click_away() {
    let mut state = samples::configured();
    sample::tell(&mut state, sample::library(), Vec::new());
    let mut harness = welcome(state);
    harness.get_by_label("All bots").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Gallery);
}

#[test]
fn nothing_moves_when_the_bots_have_been_read() {
    let top = |harness: &Harness<'_, Driven<()>>| {
        harness.get_by_label("Where answers come from").rect().top()
    };
    let mut harness = welcome(samples::configured());
    let before = top(&harness);
    sample::tell(&mut harness.state_mut().state, sample::library(), Vec::new());
    harness.run();
    harness.get_by_label("Meeting Notes: What can Meeting Notes do?");
    assert!((top(&harness) - before).abs() < 0.5);
}
