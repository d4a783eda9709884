//! The gallery, the editor, and chats with bots.

use egui::Key;
use switchboard::state::Page;

use super::picture;
use super::scene::Scene;
use crate::support::{Script, Window, completion, sse};

/// Opens the gallery with a bot chosen.
fn choose(window: &mut Window, name: &str) {
    open_gallery(window);
    window.type_text(name);
    window.click(name);
    window.until("the details", |window| window.has("Customise"));
}

fn open_gallery(window: &mut Window) {
    window.until("the library", |window| window.state().bots.is_loaded());
    window.ctrl(Key::G);
    window.until_sees("Everything here works offline");
}

/// What the server answers next.
fn answers(scene: &Scene, text: &str) {
    scene.place.server.push(Script::stream().bytes(sse(&completion(text))));
}

#[test]
fn gallery() {
    picture("gallery", Scene::providers, |window, _| {
        open_gallery(window);
        window.click("Code Reviewer");
        window.until("the details", |window| window.has("Customise"));
    });
}

/// A bot that asks something at the start and may use tools.
#[test]
fn detail() {
    picture("gallery-detail", Scene::providers, |window, _| {
        open_gallery(window);
        window.type_text("shell");
        window.press(Key::ArrowDown);
        window.until("the details", |window| window.has("Customise"));
    });
}

#[test]
fn search() {
    picture("gallery-search", Scene::providers, |window, _| {
        open_gallery(window);
        window.type_text("budget");
    });
}

#[test]
fn nothing_found() {
    picture("gallery-empty", Scene::providers, |window, _| {
        open_gallery(window);
        window.type_text("spredsheat");
    });
}

#[test]
fn editor() {
    picture("editor", Scene::providers, |window, _| {
        choose(window, "Language Tutor");
        window.click("Customise");
        window.until("the editor", |window| window.state().page == Page::Editor);
    });
}

/// What a bot wants to know before its chat begins.
#[test]
fn start_dialog() {
    picture("start-bot", Scene::providers, |window, _| {
        choose(window, "Language Tutor");
        window.click("Start chat");
    });
}

#[test]
fn room() {
    picture("room", Scene::chats, |window, scene| {
        choose(window, "Philosophers' Table");
        answers(
            scene,
            "You ask whether envy tells the truth. First tell me what you lack that your friend \
             has: is it the post, or being praised for it? @Epictetus, would you even allow the \
             question?",
        );
        answers(
            scene,
            "Allowed, and answered. The post was never **up to you**; the work was. Tomorrow \
             morning, before you open the letters, say: *this may go to another, and my day is \
             whole*. What part of the work did you leave undone?",
        );
        window.click("Start chat");
        window.until("the chat", |window| !window.has("Customise"));
        window.send("I envy a friend's success. What do I do with it?");
        window.until_sees("What part of the work");
        window.until_answered();
    });
}
