use egui::{Event, Key, Modifiers, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use crate::protocol::{Effort, Params, Takes};
use crate::state::{AppState, Overlay};
use crate::ui::composer::ComposerView;
use crate::ui::samples::{self, Driven, NOW};
use crate::ui::theme::{self, Mode};

type Composer = Harness<'static, Driven<ComposerView>>;

fn popup(mut state: AppState) -> Composer {
    state.overlay = Overlay::Params;
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 800.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<ComposerView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let mut out = Vec::new();
                // The composer is at the bottom, and the popup above it.
                ui.add_space(660.0);
                driven.view.composer_ui(ui, &driven.state, NOW, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

/// The model of the chat takes all of these.
fn thinking() -> AppState {
    let mut state = samples::chat();
    let takes = &mut state.providers[0].models[0].takes;
    takes.efforts = vec![Effort::Low, Effort::Medium, Effort::High];
    state
}

fn fill(harness: &mut Composer, field: &str, text: &str) {
    let fields = harness.get_all_by_label(field);
    fields.last().unwrap().focus();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    match text {
        "" => harness.key_press(Key::Delete),
        _ => harness.event(Event::Text(text.to_owned())),
    }
    harness.run();
}

fn click(harness: &mut Composer, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

fn of_chat(harness: &Composer) -> &Params {
    &harness.state().state.chat_options().params
}

#[test]
fn the_effort_is_on_its_chip_and_set_for_the_chat_or_the_message() {
    let mut harness = popup(thinking());
    harness.get_by_label("Effort: Default");
    click(&mut harness, "High");
    assert_eq!(of_chat(&harness).effort, Some(Effort::High));
    click(&mut harness, "Next message");
    harness.get_by_label("Default (High)");
    click(&mut harness, "Low");
    let state = &harness.state().state;
    assert_eq!(state.draft().params.effort, Some(Effort::Low));
    assert_eq!(of_chat(&harness).effort, Some(Effort::High), "the chat keeps its own");
    harness.get_by_label("Effort: Low");
    click(&mut harness, "Reset");
    harness.get_by_label("Effort: High");
}

#[test]
fn a_number_out_of_bounds_is_told_and_not_taken() {
    let mut harness = popup(samples::chat());
    fill(&mut harness, "Temperature", "0.5");
    assert_eq!(of_chat(&harness).temperature, Some(0.5));
    fill(&mut harness, "Temperature", "5");
    harness.get_by_label("A number from 0 to 2");
    assert_eq!(of_chat(&harness).temperature, Some(0.5));
    fill(&mut harness, "Temperature", "");
    assert_eq!(of_chat(&harness).temperature, None);
    harness.state_mut().state.providers[0].models[0].output = Some(64_000);
    fill(&mut harness, "Output cap, in tokens", "70000");
    let sentence = "The cap is a whole number from 1 to 64000, the most this model writes";
    harness.get_by_label(sentence);
    fill(&mut harness, "Output cap, in tokens", "8000");
    assert_eq!(of_chat(&harness).max_tokens, Some(8_000));
}

#[test]
fn only_what_the_model_takes_is_shown() {
    let mut state = samples::chat();
    state.providers[0].models[0].takes =
        Takes { temperature: false, stop: false, ..Takes::default() };
    let mut harness = popup(state);
    assert!(harness.query_by_label("Temperature").is_none());
    assert!(harness.query_by_label("Stop words").is_none());
    harness.get_by_label("Only what Claude Sonnet 5.5 takes is shown");
    fill(&mut harness, "Top-p", "0.9");
    assert_eq!(of_chat(&harness).top_p, Some(0.9));
}

#[test]
fn stop_words_and_system_prompt_have_lines() {
    let mut harness = popup(samples::chat());
    fill(&mut harness, "Stop words", "END\n\\n\\n\n");
    assert_eq!(of_chat(&harness).stop, ["END", "\n\n"]);
    fill(&mut harness, "System prompt", "Be brief.\nBe kind.");
    assert_eq!(of_chat(&harness).system.as_deref(), Some("Be brief.\nBe kind."));
}

#[test]
fn what_is_inherited_is_the_hint() {
    let mut state = samples::chat();
    state.settings.chat.params.system = Some("From the app".to_owned());
    state.settings.chat.params.effort = Some(Effort::High);
    state.providers[0].models[0].takes.efforts = vec![Effort::Low, Effort::High];
    let harness = popup(state);
    harness.get_by_label("Default (High)");
    assert_eq!(*of_chat(&harness), Params::default(), "showing it sets nothing");
}

#[test]
fn a_chain_of_models_is_made_ordered_and_given_up() {
    let mut harness = popup(samples::chat());
    click(&mut harness, "Other models answer");
    for query in ["haiku", "qwen"] {
        fill(&mut harness, "Add a model", query);
        harness.key_press(Key::Enter);
        harness.run();
    }
    let chain = |harness: &Composer| {
        let fallback = harness.state().state.chat_options().fallback.clone();
        fallback.map(|chain| chain.models.iter().map(|model| model.model.clone()).collect())
    };
    let names = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
    assert_eq!(chain(&harness), names(["anthropic/haiku", "qwen3:8b"]));
    click(&mut harness, "Move qwen3:8b up");
    assert_eq!(chain(&harness), names(["qwen3:8b", "anthropic/haiku"]));
    click(&mut harness, "Remove qwen3:8b");
    assert_eq!(chain(&harness), Some(vec!["anthropic/haiku".to_owned()]));
    click(&mut harness, "As in the settings");
    assert_eq!(chain(&harness), None::<Vec<String>>);
}

#[test]
fn a_comparison_offers_what_any_of_its_models_takes() {
    let mut state = thinking();
    let chat = state.open_chat().unwrap();
    let first = state.next_model().0;
    let thinks = state.providers[0].models[0].id.clone();
    assert_eq!(first, thinks);
    let other = state.providers[1].models[0].id.clone();
    let draft = &mut state.conversations.get_mut(&chat).unwrap().draft;
    draft.model = Some(other);
    draft.compare = vec![thinks];
    let mut harness = popup(state);
    harness.get_by_label("Effort: Default");
    click(&mut harness, "High");
    assert_eq!(of_chat(&harness).effort, Some(Effort::High));
    harness.get_by_label("Effort: High");
}
