use egui::vec2;
use egui_kittest::{Harness, kittest::Queryable as _};

use super::welcome_ui;
use crate::state::{AppState, Page, ProviderForm, SettingsTab};
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
fn a_starter_question_goes_to_guide_whatever_model_was_used_last() {
    let mut harness = welcome(samples::configured());
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
