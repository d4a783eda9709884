//! Settings, and what of them is written down.

use egui::Key;
use serde_json::json;
use switchboard::protocol::ProviderStatus;
use switchboard::state::Theme;

use crate::support::{Place, Script, Window, delta, failure, finish};

fn open_form(window: &mut Window) {
    window.ctrl(Key::Comma);
    window.click("Add provider");
    window.click("Add Other server…");
    window.until("the form", |window| window.has("Save & test"));
}

#[test]
fn a_provider_is_added_by_the_form() {
    let place = Place::bare();
    place.server.set_models(&["alpha", "beta", "gamma"]);
    let mut window = place.open();
    open_form(&mut window);
    window.fill("Name", "My server");
    window.fill("Address", &place.server.url());
    window.fill("API key", "sk-test-0123456789abcdef");
    window.click("Save & test");
    window.until_sees("3 models");
    let provider = window.state().provider(&"my-server".into()).unwrap();
    assert_eq!(provider.status, ProviderStatus::Ready);
    let sent = place.server.requests()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent.as_deref(), Some("Bearer sk-test-0123456789abcdef"));
    assert!(!window.words().contains("0123456789"), "{}", window.words());
    drop(window);
    assert!(place.config().contains("id = \"my-server\""), "{}", place.config());
    assert!(!place.config().contains("0123456789"));
    let mut window = place.open();
    window.ctrl(Key::M);
    window.type_text("gamma");
    window.press(Key::Enter);
    window.ask("who?");
    assert!(window.sees("gamma: who?"));
}

#[test]
fn a_wrong_key_is_told_in_words() {
    let place = Place::bare();
    place.server.push_get(Script::json(401, &failure("invalid_api_key", "no such key")));
    let mut window = place.open();
    open_form(&mut window);
    window.fill("Name", "My server");
    window.fill("Address", &place.server.url());
    window.fill("API key", "sk-wrong-0123456789");
    window.click("Save & test");
    window.until_sees("401: the key was rejected. Paste a new one.");
}

#[test]
fn what_cannot_work_is_told_before_it_is_saved() {
    let place = Place::bare();
    let mut window = place.open();
    open_form(&mut window);
    window.fill("Name", "My server");
    window.fill("Address", "localhost:8080");
    window.click("Save & test");
    assert!(window.sees("The address has to begin with http:// or https://"));
    assert!(window.state().settings.providers.is_empty());
}

#[test]
fn theme_and_text_size_are_applied_and_written_down() {
    let place = Place::with_config("# mine\n[appearance]\ntheme = \"dark\"\n");
    let mut window = place.open();
    let is_dark = |window: &Window| window.harness.ctx.global_style().visuals.dark_mode;
    assert!(is_dark(&window));
    window.run_command("settings: appearance");
    window.click("Light");
    assert!(!is_dark(&window));
    window.click("Larger text");
    window.until("the zoom", |window| window.harness.ctx.zoom_factor() > 1.05);
    drop(window);
    let config = place.config();
    for line in ["# mine", "theme = \"light\"", "text_size = 110"] {
        assert!(config.contains(line), "{line}: {config}");
    }
    let window = place.open();
    assert_eq!(window.state().settings.appearance.theme, Theme::Light);
    assert!(!is_dark(&window));
    assert!((window.harness.ctx.zoom_factor() - 1.1).abs() < 0.001);
}

#[test]
fn a_budget_stops_an_answer_and_answer_anyway_gives_it() {
    let place = Place::with_config("default_model = \"mock/alpha\"\n[budget]\nday_usd = 0.05\n");
    let price = json!({"prompt": "0.000001", "completion": "0.000002"});
    let models = json!({"object": "list", "data": [{"id": "alpha", "pricing": price}]});
    place.server.push_get(Script::json(200, &models));
    let cost =
        json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.06}});
    let answer = move |text: &str| Script::events(&[delta(text), finish("stop"), cost.clone()]);
    let mut window = place.open();
    window.run_command("refresh model lists");
    window.until("the price", |window| {
        let model = window.state().model(&"mock/alpha".parse().unwrap());
        model.is_some_and(|model| model.price_out.is_some())
    });
    place.server.push(answer("Dear."));
    window.ask("Hi");
    window.until_sees("Your budget is used up");
    assert!(window.sees("120 % of today's budget"), "{}", window.words());
    window.ask("Again");
    window.until_sees("Your budget is used up");
    assert_eq!(place.server.posts().len(), 1);
    place.server.push(answer("Anyway."));
    window.click("Answer anyway");
    window.until_sees("Anyway.");
    window.click("240 % of today's budget");
    window.until_sees("$0.12 of $0.05 spent, 240 %");
    window.until_sees("alpha: $0.12, 2 answers");
    window.fill("Budget for each day, in dollars", " ");
    window.press(Key::Enter);
    drop(window);
    assert!(!place.config().contains("day_usd = 0.05"), "{}", place.config());
}
