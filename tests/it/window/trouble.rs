//! What fails, and what then goes on.

use egui::Key;
use switchboard::protocol::AnswerStatus;

use crate::support::{FAILED, Place, Script, failure};

fn refusal() -> Script {
    Script::json(401, &failure("invalid_api_key", "no such key"))
}

#[test]
fn a_refused_key_shows_a_card_with_a_retry_that_works() {
    let place = Place::new();
    place.server.push(refusal());
    let mut window = place.open();
    window.ask("Hi");
    assert!(window.sees("The key was not accepted (401)"));
    assert!(window.sees("Your message is saved."));
    window.click("Details");
    assert!(window.sees("no such key"));
    window.click("Retry");
    window.until_sees("alpha: Hi");
    window.until_answered();
    assert_eq!(window.answer().answer.as_ref().unwrap().status, AnswerStatus::Complete);
}

#[test]
fn a_failed_question_can_go_to_another_model() {
    let place = Place::new();
    place.server.push(refusal());
    let mut window = place.open();
    window.refresh_models();
    window.ask("Hi");
    window.click("Use another model");
    window.type_text("beta");
    window.press(Key::Enter);
    window.until_sees("beta: Hi");
}

#[test]
fn a_planned_retry_counts_down_and_can_be_had_now() {
    let place = Place::new();
    let busy = Script::json(429, &failure("rate_limit", "slow down")).header("retry-after", "120");
    place.server.push(busy);
    let mut window = place.open();
    window.send("Hi");
    window.until_sees("Rate-limited. Trying again in 1");
    assert!(window.sees("try 2"));
    window.click("Now");
    window.until_sees("alpha: Hi");
    assert_eq!(place.server.posts().len(), 2);
}

#[test]
fn a_planned_retry_can_be_cancelled() {
    let place = Place::new();
    let busy = Script::json(429, &failure("rate_limit", "slow down")).header("retry-after", "120");
    place.server.push(busy);
    let mut window = place.open();
    window.send("Hi");
    window.until_sees("Trying again in 1");
    window.click("Stop");
    window.until_answered();
    assert!(window.sees("Stopped before anything arrived."));
    assert_eq!(place.server.posts().len(), 1);
}

#[test]
fn a_broken_answer_keeps_its_text() {
    let place = Place::new();
    place.server.push(super::half("Half a sen", &fired()).cut());
    let mut window = place.open();
    window.ask("Hi");
    assert!(window.sees("Half a sen"));
    assert!(window.sees("Interrupted."));
    assert!(window.has("Retry") && window.has("Continue"));
    drop(window);
    let mut window = place.open();
    window.click("Hi");
    window.until_sees("Half a sen");
    assert!(window.sees("Interrupted."));
}

fn fired() -> crate::support::Signal {
    let signal = crate::support::Signal::new();
    signal.fire();
    signal
}

#[test]
fn a_damaged_database_is_left_alone_and_the_window_works() {
    let place = Place::new();
    let file = place.path("switchboard.db");
    let damaged = b"this is no database, and it must not be touched".repeat(100);
    std::fs::write(&file, &damaged).unwrap();
    let mut window = place.open();
    window.until_sees("The database is damaged");
    window.ask("Hi");
    assert!(window.sees("alpha: Hi"));
    window.click("Dismiss: The database is damaged");
    assert!(!window.sees("The database is damaged"));
    drop(window);
    assert_eq!(std::fs::read(&file).unwrap(), damaged);
}

#[test]
fn an_unknown_key_of_the_config_is_named_with_its_line() {
    let place = Place::with_config("[appearance]\ntheme = \"dark\"\ntext_sise = 120\n");
    let mut window = place.open();
    window.until_sees("config.toml has a key that is not known");
    window.click("Details");
    assert!(window.sees("line 3: appearance.text_sise"));
    window.ask("Hi");
}

#[test]
fn a_panic_in_one_panel_leaves_the_rest_alive() {
    let place = Place::new();
    // No bundled font has this glyph, and here that panics.
    place.server.push(Script::answer("An owl: \u{13153}"));
    let mut window = place.open();
    window.may_fail = true;
    window.send("Hi");
    window.until_sees(FAILED);
    assert!(window.has("New chat"), "the sidebar lives on");
    window.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    window.click("Retry");
    window.until_gone(FAILED);
    window.until_sees("An owl");
    window.until_answered();
    window.ask("again");
    assert!(window.sees("alpha: again"));
}
