//! Questions and answers.

use egui::Key;

use crate::support::{Place, Script};

#[test]
fn guide_answers_the_first_question_without_a_key() {
    let place = Place::bare();
    let mut window = place.open();
    assert!(window.sees("Guide"));
    window.ask("How do I add a key?");
    let answer = window.answer().clone();
    assert_eq!(answer.answer.unwrap().model.to_string(), "guide/guide");
    assert!(window.answer_text().contains("key"), "{}", window.answer_text());
    assert!(window.sees("Guide"));
    assert!(place.server.requests().is_empty());
}

#[test]
fn each_answer_shows_who_gave_it_also_after_a_restart() {
    let place = Place::new();
    place.server.set_models(&["alpha", "beta", "gamma"]);
    let mut window = place.open();
    window.refresh_models();
    window.ask("first");
    window.ctrl(Key::M);
    window.type_text("bet");
    window.press(Key::Enter);
    window.ask("second");
    window.ask("third");
    let check = |window: &crate::support::Window| {
        for words in ["alpha: first", "beta: second", "alpha: third"] {
            assert!(window.sees(words), "{words}:\n{}", window.words());
        }
        let only = window.words().matches("this message only").count();
        assert_eq!(only, 1, "{}", window.words());
    };
    check(&window);
    let asked: Vec<String> = place.server.posts().iter().map(|post| post.model()).collect();
    assert_eq!(asked, ["alpha", "beta", "alpha"]);
    drop(window);
    let mut window = place.open();
    window.click("first");
    window.until_sees("alpha: third");
    check(&window);
}

#[test]
fn a_draft_survives_a_restart() {
    let place = Place::new();
    let mut window = place.open();
    window.ask("first");
    window.compose("half a thought");
    drop(window);
    let mut window = place.open();
    window.click("first");
    window.until("the draft", |window| window.value("Message") == "half a thought");
    place.server.push(Script::answer("Whole."));
    window.press(Key::Enter);
    window.until_sees("Whole.");
    assert_eq!(window.state().draft().text, "");
}
