use egui::{Event, Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::{PickerPlace, PickerView};
use crate::protocol::{MessageId, ModelId, ModelInfo};
use crate::state::{AppState, Overlay, PickerPurpose, UiCommand};
use crate::ui::samples::{self, Driven};
use crate::ui::theme::{self, Mode};

type Picker = Harness<'static, Driven<PickerView>>;

const OPEN: Overlay = Overlay::Picker(PickerPurpose::Message);

fn picker(mut state: AppState, overlay: Overlay) -> Picker {
    state.overlay = overlay;
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 600.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<PickerView>| {
                theme::apply(ui.ctx(), Mode::Dark, 100);
                let anchor = Rect::from_min_size(pos2(300.0, 540.0), vec2(120.0, 24.0));
                let (ctx, mut out) = (ui.ctx().clone(), Vec::new());
                let place = PickerPlace { anchor, now: samples::NOW, mention: None };
                driven.view.picker_ui(&ctx, &driven.state, place, &mut out);
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

fn type_text(harness: &mut Picker, text: &str) {
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn press(harness: &mut Picker, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

fn chosen(harness: &Picker) -> Option<(String, String)> {
    harness.state().sent.iter().find_map(|command| {
        let UiCommand::ChooseModel { model, scope } = command else { return None };
        Some((model.to_string(), format!("{scope:?}")))
    })
}

fn choice(model: &str, scope: &str) -> Option<(String, String)> {
    Some((model.to_owned(), scope.to_owned()))
}

#[test]
fn typing_arrows_and_enter_choose_a_model() {
    let mut harness = picker(samples::chat(), OPEN);
    type_text(&mut harness, "son");
    assert!(harness.query_by_label("qwen3:8b, Ollama").is_none());
    press(&mut harness, Modifiers::NONE, Key::ArrowDown);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sonnet = "openrouter/anthropic/claude-sonnet-5";
    assert_eq!(chosen(&harness), choice(sonnet, "NextMessage"));
    assert_eq!(harness.state().state.overlay, Overlay::Nothing);
}

#[test]
fn the_best_match_is_selected_while_typing() {
    let mut harness = picker(samples::chat(), OPEN);
    type_text(&mut harness, "qwen");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("ollama/qwen3:8b", "NextMessage"));
}

#[test]
fn tab_switches_what_the_choice_applies_to() {
    let mut harness = picker(samples::chat(), OPEN);
    press(&mut harness, Modifiers::NONE, Key::Tab);
    press(&mut harness, Modifiers::NONE, Key::End);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("guide/guide", "ThisChat"));
    let mut harness = picker(samples::chat(), OPEN);
    press(&mut harness, Modifiers::ALT, Key::ArrowRight);
    press(&mut harness, Modifiers::ALT, Key::ArrowLeft);
    press(&mut harness, Modifiers::NONE, Key::Home);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sonnet = "openrouter/anthropic/claude-sonnet-5.5";
    assert_eq!(chosen(&harness), choice(sonnet, "NextMessage"));
}

#[test]
fn on_the_welcome_screen_the_choice_is_for_the_chat() {
    let mut harness = picker(samples::configured(), OPEN);
    harness.get_by_label("GPT-6.1 Terra, OpenRouter").click();
    harness.run();
    assert_eq!(chosen(&harness), choice("openrouter/terra", "ThisChat"));
}

#[test]
fn favourites_are_toggled_by_star_and_key() {
    let mut harness = picker(samples::chat(), OPEN);
    harness.get_by_label("Favourite: qwen3:8b").click();
    harness.run();
    let qwen: ModelId = "ollama/qwen3:8b".parse().unwrap();
    assert!(harness.state().state.settings.favourites.contains(&qwen));
    type_text(&mut harness, "sonnet 5.5");
    press(&mut harness, Modifiers::COMMAND, Key::D);
    assert_eq!(harness.state().state.settings.favourites, [qwen]);
    assert_eq!(harness.state().state.overlay, OPEN, "it stays open");
}

#[test]
fn escape_and_a_click_elsewhere_close_it() {
    let mut harness = picker(samples::chat(), OPEN);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(harness.state().asked(), ["CloseOverlay"]);
    let mut harness = picker(samples::chat(), OPEN);
    harness.drag_at(pos2(20.0, 20.0));
    harness.drop_at(pos2(20.0, 20.0));
    harness.run();
    assert_eq!(harness.state().asked(), ["CloseOverlay"]);
}

#[test]
fn nothing_found_is_said_and_helped() {
    let mut harness = picker(samples::chat(), OPEN);
    type_text(&mut harness, "zzzz");
    harness.get_by_label("No model fits");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), None);
    harness.get_by_label("Refresh model lists").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["RefreshModels(None)"]);
    harness.get_by_label("Providers…").click();
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Nothing);
}

#[test]
fn a_regeneration_asks_for_no_scope() {
    let answer = MessageId(uuid::Uuid::from_u128(3));
    let mut harness = picker(samples::chat(), Overlay::Picker(PickerPurpose::Answer(answer)));
    assert!(harness.query_by_label("Next message").is_none());
    harness.get_by_label("Regenerates the answer with the chosen model");
    type_text(&mut harness, "haiku");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert!(chosen(&harness).is_some());
}

#[test]
fn with_guide_alone_a_provider_is_offered() {
    let mut state = samples::fresh();
    state.providers = vec![samples::guide()];
    let mut harness = picker(state, OPEN);
    harness.get_by_label("Add a provider to get more models").click();
    harness.run();
    assert_eq!(harness.state().asked(), ["EditProvider(Choose)"]);
}

#[test]
fn of_thousands_of_models_only_those_in_view_are_drawn() {
    let mut state = samples::chat();
    let models: Vec<ModelInfo> = (0..2_000)
        .map(|number| {
            let mut info = state.providers[0].models[0].clone();
            info.id.model = format!("maker/model-{number}");
            info.name = format!("Model {number}");
            info
        })
        .collect();
    state.providers[0].models = models;
    let mut harness = picker(state, OPEN);
    let drawn = harness.query_all_by_label_contains(", OpenRouter").count();
    assert!(drawn < 30, "{drawn}");
    type_text(&mut harness, "1999");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("openrouter/maker/model-1999", "NextMessage"));
}

/// The rows that look selected.
fn selected(harness: &Picker) -> Vec<String> {
    harness
        .query_all_by(|node| {
            node.role() == egui::accesskit::Role::ListBoxOption
                && node.toggled() == Some(egui::accesskit::Toggled::True)
        })
        .filter_map(|node| node.accesskit_node().label())
        .collect()
}

#[test]
fn the_pointer_and_the_keys_move_one_selection() {
    let mut harness = picker(samples::chat(), OPEN);
    harness.get_by_label("GPT-6.1 Terra, OpenRouter").hover();
    harness.run();
    // The pointer has come into the window: from here on it moves.
    let place = harness.get_by_label("GPT-6.1 Terra, OpenRouter").rect().center();
    harness.hover_at(place + vec2(3.0, 0.0));
    harness.run();
    assert_eq!(selected(&harness), ["GPT-6.1 Terra, OpenRouter"]);
    press(&mut harness, Modifiers::NONE, Key::Home);
    assert_eq!(selected(&harness), ["Claude Sonnet 5.5, OpenRouter"], "the pointer rests");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sonnet = "openrouter/anthropic/claude-sonnet-5.5";
    assert_eq!(chosen(&harness), choice(sonnet, "NextMessage"));
}
