use egui::{Event, Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::{PickerPlace, PickerView};
use crate::protocol::{
    ErrorKind, MessageId, ModelEdit, ModelId, ModelInfo, Part, ProviderError, ProviderStatus,
    Timestamp,
};
use crate::state::{AppState, Overlay, PickerPurpose, ServerCommand, UiCommand};
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
fn the_default_is_a_scope_too() {
    let mut harness = picker(samples::chat(), OPEN);
    harness.get_by_label("Default").click();
    harness.run();
    type_text(&mut harness, "qwen");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("ollama/qwen3:8b", "Default"));
    let default = harness.state().state.settings.default_model.clone();
    assert_eq!(default, Some("ollama/qwen3:8b".parse().unwrap()));
}

#[test]
fn tab_goes_round_all_scopes_and_back() {
    let mut harness = picker(samples::chat(), OPEN);
    for scope in ["ThisChat", "Default", "NextMessage", "ThisChat"] {
        press(&mut harness, Modifiers::NONE, Key::Tab);
        let open = harness.state().view.open.as_ref().unwrap();
        assert_eq!(format!("{:?}", open.scope), scope);
    }
    press(&mut harness, Modifiers::SHIFT, Key::Tab);
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness).unwrap().1, "NextMessage");
}

/// The draft has a picture, which the models of Ollama do not take.
fn with_picture() -> AppState {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    let picture = Part::Image { url: "data:image/png;base64,AAAA".to_owned(), alt: "a".to_owned() };
    state.conversations.get_mut(&chat).unwrap().draft.attachments.push(picture);
    state
}

#[test]
fn a_model_that_lacks_an_ability_says_so_and_can_be_chosen_all_the_same() {
    let mut harness = picker(with_picture(), OPEN);
    harness.get_by_label("Claude Sonnet 5, OpenRouter");
    harness.get_by_label("qwen3:8b, Ollama, takes no images").click();
    harness.run();
    assert_eq!(chosen(&harness), choice("ollama/qwen3:8b", "NextMessage"));
}

#[test]
fn a_chat_that_is_too_long_for_a_model_says_how_long() {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    state.conversations.get_mut(&chat).unwrap().draft.text = "x".repeat(600_000);
    let harness = picker(state, OPEN);
    harness.get_by_label("Sonar Reasoning Pro, OpenRouter, too small: 150k of 128k");
    harness.get_by_label("GPT-6.1 Terra, OpenRouter");
}

#[test]
fn hidden_models_are_found_by_their_whole_name_only() {
    let mut state = samples::chat();
    state.providers[0].models[4].hidden = true;
    let mut harness = picker(state, OPEN);
    assert!(harness.query_by_label("GPT-6.1 Terra, OpenRouter").is_none());
    type_text(&mut harness, "terra");
    harness.get_by_label("GPT-6.1 Terra, OpenRouter");
    type_text(&mut harness, "x");
    assert!(harness.query_by_label("GPT-6.1 Terra, OpenRouter").is_none());
}

#[test]
fn ids_and_aliases_are_searched() {
    let mut state = samples::chat();
    let qwen: ModelId = "ollama/qwen3:8b".parse().unwrap();
    let alias = Some("Little helper".to_owned());
    state.settings.models.insert(qwen, ModelEdit { alias, ..ModelEdit::default() });
    let mut harness = picker(state, OPEN);
    type_text(&mut harness, "helper");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("ollama/qwen3:8b", "NextMessage"));
    let mut harness = picker(samples::chat(), OPEN);
    type_text(&mut harness, "openrouter/anthropic/haiku");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), choice("openrouter/anthropic/haiku", "NextMessage"));
}

#[test]
fn providers_of_one_name_are_told_apart_and_old_lists_say_so() {
    let mut state = samples::chat();
    let mut twin = state.providers[0].clone();
    twin.config.id = "work".into();
    for info in &mut twin.models {
        info.id.provider = "work".into();
    }
    let two_days = 2 * 24 * 3_600_000;
    twin.listed = Some(Timestamp(samples::NOW.0 - two_days));
    let unreachable = ProviderError::new(ErrorKind::Network, "");
    twin.status = ProviderStatus::Failed(unreachable);
    state.providers.insert(1, twin);
    let mut harness = picker(state, OPEN);
    type_text(&mut harness, "sonnet");
    harness.get_by_label("OPENROUTER (openrouter)");
    harness.get_by_label("OPENROUTER (work)");
    harness.get_by_label("· offline, list of 2 days ago");
}

#[test]
fn models_that_retire_say_when() {
    let mut state = samples::chat();
    state.providers[0].models[0].retires = Some("2020-01-01".to_owned());
    let harness = picker(state, OPEN);
    harness.get_by_label("Claude Sonnet 5.5, OpenRouter, retired 2020-01-01");
}

#[test]
fn the_nearest_models_stand_in_for_one_that_is_gone() {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    let gone: ModelId = "openrouter/anthropic/claude-sonnet-4".parse().unwrap();
    state.conversations.get_mut(&chat).unwrap().draft.model = Some(gone);
    let mut harness = picker(state, OPEN);
    harness.get_by_label("NEAREST TO ANTHROPIC/CLAUDE-SONNET-4");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let sonnet = "openrouter/anthropic/claude-sonnet-5";
    assert_eq!(chosen(&harness), choice(sonnet, "NextMessage"));
}

#[test]
fn models_to_compare_are_ticked_and_the_picker_stays_open() {
    let compare = Overlay::Picker(PickerPurpose::Compare);
    let mut harness = picker(samples::chat(), compare.clone());
    harness.get_by_label("Choose who answers side by side with it");
    type_text(&mut harness, "qwen");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    let compared = |harness: &Picker| harness.state().state.compared();
    assert_eq!(compared(&harness), ["ollama/qwen3:8b".parse().unwrap()]);
    assert_eq!(harness.state().state.overlay, compare);
    harness.get_by_label("2 of at most 4 models answer side by side");
    harness.get_by_label("Compare: qwen3:8b").click();
    harness.run();
    assert!(compared(&harness).is_empty());
    harness.get_by_label("Done").click();
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Nothing);
}

#[test]
fn ctrl_enter_compares_from_any_search() {
    let mut harness = picker(samples::chat(), OPEN);
    type_text(&mut harness, "terra");
    press(&mut harness, Modifiers::COMMAND, Key::Enter);
    let terra: ModelId = "openrouter/terra".parse().unwrap();
    assert_eq!(harness.state().state.compared(), [terra]);
    assert_eq!(chosen(&harness), None);
}

#[test]
fn another_model_for_an_answer_is_not_the_one_that_failed() {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    let failed = crate::ui::shell::sample::state();
    let mut message = failed.conversation().unwrap().messages[0].clone();
    message.answer.as_mut().unwrap().model = state.next_model().0;
    let id = message.id;
    state.conversations.get_mut(&chat).unwrap().messages.push_back(message);
    let harness = picker(state, Overlay::Picker(PickerPurpose::Answer(id)));
    let rows = selected(&harness);
    assert_eq!(rows.len(), 1);
    assert_ne!(rows, ["Claude Sonnet 5.5, OpenRouter"]);
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

#[test]
fn a_star_moves_no_row_until_the_picker_is_opened_again() {
    let mut harness = picker(samples::chat(), OPEN);
    let top = |harness: &Picker| harness.get_by_label("qwen3:8b, Ollama").rect().top();
    let before = top(&harness);
    harness.get_by_label("Favourite: qwen3:8b").click();
    harness.run();
    assert_eq!(top(&harness), before);
    harness.state_mut().state.overlay = Overlay::Nothing;
    harness.run();
    harness.state_mut().state.overlay = OPEN;
    harness.run();
    assert!(top(&harness) < before, "among the favourites");
}

#[test]
fn a_fifth_model_to_compare_is_refused_where_it_was_chosen() {
    let mut state = samples::chat();
    let chat = state.open_chat().unwrap();
    let first = state.next_model().0;
    let all = state.providers.iter().flat_map(|provider| &provider.models);
    let others: Vec<ModelId> = all.map(|info| info.id.clone()).filter(|id| *id != first).collect();
    state.conversations.get_mut(&chat).unwrap().draft.compare = others[..3].to_vec();
    let fifth = state.model_name(&others[3]).to_owned();
    let one_of_them = state.model_name(&others[0]).to_owned();
    let mut harness = picker(state, Overlay::Picker(PickerPurpose::Compare));
    harness.get_by_label(&format!("Compare: {fifth}")).click();
    harness.run();
    harness.get_by_label("At most 4 models: take one out first");
    assert!(harness.state().state.toasts.is_empty());
    harness.get_by_label(&format!("Compare: {one_of_them}")).click();
    harness.run();
    harness.get_by_label("3 of at most 4 models answer side by side");
}

fn remote_choice(harness: &Picker) -> Option<(String, String)> {
    harness.state().sent.iter().find_map(|command| {
        let UiCommand::Servers(ServerCommand::ChooseModel { server, model }) = command else {
            return None;
        };
        Some((server.to_string(), model.to_string()))
    })
}

#[test]
fn a_new_chat_can_begin_with_a_servers_model() {
    let mut state = samples::remote(samples::linked());
    state.page = crate::state::Page::Welcome;
    let mut harness = picker(state, OPEN);
    type_text(&mut harness, "llama");
    harness.get_by_label("Llama 4 Home, Home");
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(remote_choice(&harness), Some(("home".to_owned(), "local/llama".to_owned())));
    assert_eq!(chosen(&harness), None);
}

#[test]
fn a_chat_is_answered_by_models_of_where_it_lives() {
    let mut harness = picker(samples::remote(samples::linked()), OPEN);
    type_text(&mut harness, "sonnet 5");
    // The same model is listed twice: once by the server, once here.
    let here = harness.get_by_label("Claude Sonnet 5, OpenRouter, not on Home");
    assert!(here.accesskit_node().is_disabled());
    here.click();
    harness.run();
    assert_eq!(chosen(&harness), None, "what cannot be had is not chosen");
    harness.get_by_label("Claude Sonnet 5, Home").click();
    harness.run();
    let sonnet = "openrouter/anthropic/claude-sonnet-5";
    assert_eq!(chosen(&harness), choice(sonnet, "NextMessage"));

    let mut state = samples::remote(samples::waiting());
    state.chats.as_mut().unwrap()[0].server = None;
    let mut harness = picker(state, OPEN);
    type_text(&mut harness, "llama 4");
    harness.get_by_label("· not reachable now");
    let away = harness.get_by_label("Llama 4 Home, Home, only in chats on Home");
    assert!(away.accesskit_node().is_disabled());
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(chosen(&harness), None, "the keyboard does not reach it either");
    assert_eq!(remote_choice(&harness), None);
}
