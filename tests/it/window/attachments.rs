//! Files and pictures that go with a message.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::Key;

use crate::support::{Place, Window};

/// A file as the system drops it on the window.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

fn drop_files(window: &mut Window, files: &[PathBuf]) {
    for file in files {
        let dropped = Arc::new(Dropped(file.clone()));
        window.harness.input_mut().dropped_files.push(dropped);
    }
    window.settle();
}

fn png(place: &Place, name: &str) -> PathBuf {
    let path = place.path(name);
    image::RgbaImage::new(3, 2).save(&path).unwrap();
    path
}

#[test]
fn dropped_files_are_shown_kept_over_a_restart_and_sent() {
    let place = Place::new();
    let picture = png(&place, "photo.png");
    let notes = place.path("notes.md");
    std::fs::write(&notes, "Remember the milk").unwrap();
    let mut window = place.open();
    window.ask("first");
    drop_files(&mut window, &[picture, notes]);
    window.until_sees("Remove photo.png");
    window.until_sees("Remove notes.md");
    window.compose("What is in them?");
    drop(window);
    let mut window = place.open();
    window.click("first");
    window.until_sees("Remove notes.md");
    window.until("the text", |window| window.value("Message") == "What is in them?");
    window.press(Key::Enter);
    window.until("the answer", |window| window.conversation().messages.len() == 4);
    window.until_answered();
    assert!(!window.has("Remove notes.md"), "they are sent");
    assert!(window.sees("photo.png") && window.sees("notes.md"), "and shown with the message");
    let posts = place.server.posts();
    let body = posts.last().unwrap().json();
    let sent = body["messages"].as_array().unwrap().last().unwrap().to_string();
    for part in ["data:image/png;base64,", "Remember the milk", "What is in them?"] {
        assert!(sent.contains(part), "no {part:?} in {sent}");
    }
}

#[test]
fn what_is_no_text_and_no_picture_is_refused_and_the_rest_goes_along() {
    let place = Place::new();
    let (binary, notes) = (place.path("program.bin"), place.path("notes.md"));
    std::fs::write(&binary, b"\x7fELF\0\0").unwrap();
    std::fs::write(&notes, "Remember the milk").unwrap();
    let mut window = place.open();
    window.compose("Look");
    drop_files(&mut window, &[binary, notes]);
    window.until_sees("“program.bin” was not attached");
    window.until_sees("Remove notes.md");
    assert_eq!(window.value("Message"), "Look");
}

#[test]
fn a_picture_alone_is_sent_and_answered() {
    let place = Place::new();
    let mut window = place.open();
    let picture = png(&place, "photo.png");
    drop_files(&mut window, &[picture]);
    window.until_sees("Remove photo.png");
    window.click("Send");
    window.until("the answer", |window| {
        let conversation = window.state().conversation();
        conversation.is_some_and(|conversation| conversation.messages.len() == 2)
    });
    window.until_answered();
    let post = place.server.posts().last().unwrap().json().to_string();
    assert!(post.contains("data:image/png;base64,"), "{post}");
}
