//! Answers side by side, by the real engine and store.

use crate::support::{Script, Signal, Window, delta, failure, finish, sse, sse_without_done};
use crate::window::pictures::scene::{CHAT, Scene};

const KEEP_SECOND: &str = "Keep the answer of GPT-6.1 Terra";

fn open(scene: &Scene) -> Window {
    let mut window = scene.place.open();
    window.click(CHAT);
    window.until_sees("Decorrelated jitter");
    window
}

/// Waits until the store has told what it keeps.
fn until_kept(window: &mut Window, words: &str) {
    window.until("the kept answer", |window| {
        let conversation = window.conversation();
        conversation.messages.back().is_some_and(|last| last.text().contains(words))
            && conversation.loading == switchboard::state::Loading::Nothing
    });
}

#[test]
fn the_kept_answer_is_still_kept_after_a_restart() {
    let scene = Scene::compared("dark");
    let mut window = open(&scene);
    window.click(KEEP_SECOND);
    until_kept(&mut window, "Decorrelated");
    drop(window);
    let mut window = open(&scene);
    until_kept(&mut window, "Decorrelated");
    assert_eq!(window.conversation().columns().len(), 3);
}

#[test]
fn the_chat_goes_on_from_the_kept_answer_and_the_rest_are_its_versions() {
    let scene = Scene::compared("dark");
    let mut window = open(&scene);
    window.click(KEEP_SECOND);
    scene.place.server.push(Script::answer("Then this."));
    window.ask("And then?");
    assert!(window.sees("2 / 3") && window.sees("Decorrelated jitter"));
    assert!(!window.has(KEEP_SECOND) && !window.sees("Use full jitter"));
    let posts = scene.place.server.posts();
    let asked = posts.last().unwrap().json().to_string();
    assert!(asked.contains("Decorrelated") && !asked.contains("full jitter"), "{asked}");
    // A version from which nothing goes on is compared again, and back.
    window.click("Previous version");
    window.until_sees("Use full jitter");
    window.until("the columns", |window| window.has(KEEP_SECOND));
    window.click(KEEP_SECOND);
    window.until_sees("Then this.");
    assert!(!window.has(KEEP_SECOND));
}

#[test]
fn a_column_is_answered_again_while_another_is_kept() {
    let scene = Scene::compared("dark");
    let mut window = open(&scene);
    let rest = Signal::new();
    let first = sse_without_done(&[delta("Another ")]);
    let script = Script::stream().bytes(first).wait(&rest);
    scene.place.server.push(script.bytes(sse(&[delta("idea."), finish("stop")])));
    window.click("Regenerate the answer of qwen3:8b");
    window.until_sees("Another");
    window.click(KEEP_SECOND);
    until_kept(&mut window, "Decorrelated");
    assert!(window.conversation().is_running());
    rest.fire();
    window.until_sees("Another idea.");
    window.until_answered();
    until_kept(&mut window, "Decorrelated");
    drop(window);
    let window = open(&scene);
    assert!(window.sees("Another idea."), "{}", window.words());
}

#[test]
fn a_card_that_fails_leaves_the_others_alone_and_can_be_tried_again() {
    let scene = Scene::compared("dark");
    let mut window = open(&scene);
    let refusal = failure("invalid_api_key", "No auth credentials found");
    scene.place.server.push(Script::json(401, &refusal));
    window.click("Regenerate the answer of qwen3:8b");
    window.until_sees("The key was not accepted");
    assert!(window.sees("Use full jitter") && window.sees("Decorrelated jitter"));
    scene.place.server.push(Script::answer("Now it works."));
    window.click("Retry");
    window.until_sees("Now it works.");
    window.until_answered();
    assert_eq!(window.conversation().columns().len(), 3);
}

#[test]
fn a_stop_ends_the_column_that_is_on_its_way() {
    let scene = Scene::compared("dark");
    let mut window = open(&scene);
    let script = Script::stream().bytes(sse_without_done(&[delta("Half of it")]));
    scene.place.server.push(script.wait(&Signal::new()));
    window.click("Regenerate the answer of qwen3:8b");
    window.until_sees("Half of it");
    window.click("Stop");
    window.press(egui::Key::Escape);
    window.until_answered();
    assert!(window.sees("Half of it") && window.sees("stopped"), "{}", window.words());
}
