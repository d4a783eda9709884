//! Bots of one's own: made of a template, tried, saved, imported, and taken back.

use egui::Key;
use switchboard::state::{Overlay, Page};

use crate::support::{Place, Window};

const FRIENDS: &str = "id: helper\nversion: \"1.0\"\nname: Helper of a friend\n\
    description: Looks things up.\ncategory: research\ninstructions: You look things up.\n\
    tools:\n  - name: search_web\n    reason: To look things up\n";

/// The editor with a new bot that has all it needs.
fn new_bot(window: &mut Window, name: &str, instructions: &str) {
    window.until("the library", |window| window.state().bots.is_loaded());
    window.run_command("new bot");
    window.until("the editor", |window| window.state().page == Page::Editor);
    window.settle();
    window.fill("Name", name);
    window.fill("Description", "Says what it is told");
    window.fill("Instructions", instructions);
    window.settle();
}

#[test]
fn a_bot_is_tried_before_it_is_saved_and_the_test_leaves_no_trace() {
    let place = Place::new();
    let mut window = place.open();
    new_bot(&mut window, "Parrot", "Repeat after me.");
    window.click("Restart");
    window.until("the new test", |window| {
        window.conversation().cast.as_ref().is_some_and(|cast| cast.name == "Parrot")
    });
    window.ask("Polly?");
    let told = |text: &str| {
        let posts = place.server.posts();
        posts.iter().any(|post| String::from_utf8_lossy(&post.body).contains(text))
    };
    assert!(told("Repeat after me."));
    assert_eq!(window.state().chats.as_ref().map(Vec::len), Some(0), "no list shows the test");

    window.click("Save");
    window.until_sees("Saved as version 1.0");
    window.fill("Name", "Parrot the second");
    window.settle();
    window.click("Save");
    window.until_sees("Saved as version 1.1");
    window.click("Close");
    window.until("the gallery", |window| window.state().page == Page::Gallery);
    drop(window);

    let mut window = place.open();
    window.until("the bot that was kept", |window| {
        let kept = window.state().bots.get(&"parrot".into());
        kept.is_some_and(|entry| entry.bot.name == "Parrot the second")
    });
    assert_eq!(window.state().chats.as_ref().map(Vec::len), Some(0));
}

#[test]
fn what_is_typed_into_the_editor_waits_there() {
    let place = Place::new();
    let mut window = place.open();
    new_bot(&mut window, "Parrot", "Repeat after me.");
    window.ctrl(Key::N);
    window.ctrl(Key::G);
    window.until_sees("Parrot has changes that are not saved");
    window.click("Keep editing");
    assert_eq!(window.value("Instructions"), "Repeat after me.");
    window.click("Discard");
    assert_eq!(window.state().overlay, Overlay::DiscardBot);
    window.press(Key::Escape);
    assert!(window.state().editor.is_some());
}

#[test]
fn an_imported_bot_gets_no_tool_that_was_not_confirmed() {
    let place = Place::new();
    let mut window = place.open();
    window.until("the library", |window| window.state().bots.is_loaded());
    window.run_command("import a bot from text");
    window.settle();
    window.fill("Text of a bot", FRIENDS);
    window.settle();
    window.click("Read it");
    window.until_sees("To look things up");
    window.click("Import 1 bot");
    window.until("the bot", |window| window.state().bots.get(&"helper".into()).is_some());
    let entry = window.state().bots.get(&"helper".into()).unwrap();
    assert!(entry.granted.is_empty() && entry.bot.tools.len() == 1);
    assert_eq!(window.state().gallery.selected, Some("helper".into()));

    window.run_command("import a bot from text");
    window.settle();
    window.fill("Text of a bot", FRIENDS);
    window.settle();
    window.click("Read it");
    window.until_sees("This very bot is there already");
}
