//! Palette, help and links.

use egui::Key;
use switchboard::state::{Overlay, Page, SettingsTab};

use crate::support::{Place, Script};

#[test]
fn the_palette_runs_a_command() {
    let place = Place::new();
    let mut window = place.open();
    window.run_command("settings: appearance");
    assert_eq!(window.state().page, Page::Settings(SettingsTab::Appearance));
    assert!(window.sees("Text size"));
    window.press(Key::Escape);
    assert_eq!(window.state().page, Page::Welcome);
}

#[test]
fn the_palette_opens_a_chat() {
    let place = Place::new();
    let mut window = place.open();
    window.ask("apples");
    window.ctrl(Key::N);
    window.run_command("apples");
    window.until_sees("alpha: apples");
}

#[test]
fn help_opens_by_key_and_by_link() {
    let place = Place::new();
    place.server.push(Script::answer("Read [about stopping](help:stopping)."));
    let mut window = place.open();
    window.press(Key::F1);
    assert_eq!(window.state().page, Page::Help("getting-started".to_owned()));
    window.press(Key::Escape);
    window.ask("Hi");
    window.click("help:stopping");
    assert_eq!(window.state().page, Page::Help("stopping".to_owned()));
    assert!(window.sees("Stopping"));
}

#[test]
fn a_link_shows_its_address_before_it_opens() {
    let place = Place::new();
    place.server.push(Script::answer("See [the docs](https://example.com/docs?q=1)."));
    let mut window = place.open();
    window.ask("Hi");
    window.click("https://example.com/docs?q=1");
    assert!(window.sees("Open this link?"));
    assert!(window.sees("example.com/docs?q=1"));
    assert!(window.has("Open in browser") && window.has("Copy address"));
    window.click("Cancel");
    assert_eq!(window.state().overlay, Overlay::Nothing);
    assert!(!window.sees("Open this link?"));
}
