//! Settings, and what of them is written down.

use egui::Key;
use switchboard::protocol::ProviderStatus;
use switchboard::state::Theme;

use crate::support::{Place, Script, Window, failure};

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
