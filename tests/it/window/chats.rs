//! The sidebar.

use crate::support::{Place, Window};

/// A window with two chats, the second one open.
fn two(place: &Place) -> Window {
    let mut window = place.open();
    window.ask("apples");
    window.ctrl(egui::Key::N);
    window.ask("pears");
    window
}

fn more(window: &mut Window, title: &str) {
    window.get(title).hover();
    window.settle();
    window.activate(&format!("More about {title}"));
}

#[test]
fn a_deleted_chat_can_be_brought_back() {
    let place = Place::new();
    let mut window = two(&place);
    more(&mut window, "apples");
    window.click("Delete");
    window.until_sees("Chat deleted");
    window.click("Undo");
    window.until("the chat", |window| {
        window.state().chats.as_ref().is_some_and(|chats| chats.len() == 2)
    });
    assert!(!window.sees("Chat deleted"));
    window.click("apples");
    window.until_sees("alpha: apples");
}

#[test]
fn a_deleted_chat_stays_away_after_a_restart() {
    let place = Place::new();
    let mut window = two(&place);
    more(&mut window, "apples");
    window.click("Delete");
    drop(window);
    let window = place.open();
    assert!(window.sees("pears") && !window.sees("apples"), "{}", window.words());
}

#[test]
fn a_chat_can_be_renamed_and_pinned() {
    let place = Place::new();
    let mut window = two(&place);
    more(&mut window, "apples");
    window.click("Rename");
    window.fill("Title", "Fruit of the day");
    window.press(egui::Key::Enter);
    window.until_sees("Fruit of the day");
    more(&mut window, "Fruit of the day");
    window.click("Pin");
    window.until("the pin", |window| {
        let chats = window.state().chats.as_ref().unwrap();
        chats.iter().any(|chat| chat.pinned && chat.title == "Fruit of the day")
    });
    drop(window);
    let window = place.open();
    let chats = window.state().chats.clone().unwrap();
    let pinned: Vec<&str> =
        chats.iter().filter(|chat| chat.pinned).map(|chat| chat.title.as_str()).collect();
    assert_eq!(pinned, ["Fruit of the day"]);
    assert!(window.sees("Pinned") || window.sees("PINNED"), "{}", window.words());
}

#[test]
fn typing_into_the_search_filters_the_chats() {
    let place = Place::new();
    let mut window = two(&place);
    window.ctrl(egui::Key::F);
    window.type_text("appl");
    assert!(window.has("apples") && !window.has("More about pears"));
    window.press(egui::Key::Enter);
    window.until_sees("alpha: apples");
}
