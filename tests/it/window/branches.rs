//! Versions of answers and of messages.

use crate::support::{Place, Script};

#[test]
fn a_regenerated_answer_stands_beside_the_old_one() {
    let place = Place::new();
    place.server.push(Script::answer("First try."));
    place.server.push(Script::answer("Second try."));
    let mut window = place.open();
    window.ask("Hi");
    window.click("Regenerate answer");
    window.until_sees("Second try.");
    window.until_answered();
    assert!(window.sees("2 / 2") && !window.sees("First try."));
    window.click("Previous version");
    window.until_sees("First try.");
    assert!(window.sees("1 / 2") && !window.sees("Second try."));
    window.click("Next version");
    window.until_sees("Second try.");
    drop(window);
    let mut window = place.open();
    window.click("Hi");
    window.until_sees("Second try.");
    assert!(window.sees("2 / 2"));
}

#[test]
fn an_edited_message_makes_a_branch() {
    let place = Place::new();
    let mut window = place.open();
    window.ask("one");
    window.activate("Edit message");
    window.fill("Edited message", "two");
    window.click("Save & send");
    window.until_sees("alpha: two");
    window.until_answered();
    assert!(window.sees("2 / 2") && !window.sees("alpha: one"));
    window.click("Previous version");
    window.until_sees("alpha: one");
    assert!(!window.sees("alpha: two"));
}

#[test]
fn another_model_can_answer_again() {
    let place = Place::new();
    let mut window = place.open();
    window.refresh_models();
    window.ask("who?");
    window.activate("Regenerate with another model");
    window.type_text("beta");
    window.press(egui::Key::Enter);
    window.until_sees("beta: who?");
    window.until_answered();
    assert!(window.sees("2 / 2") && window.sees("this message only"));
}
