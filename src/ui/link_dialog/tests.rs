use egui::{Key, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::ui::shell::sample::{self, Stage, stage};

const URL: &str = "https://example.org/a?b=c#d";

fn dialog<'a>(url: &str) -> Harness<'a, Stage<()>> {
    let mut state = sample::state();
    state.overlay = Overlay::Link(url.to_owned());
    let mut harness = stage(vec2(800.0, 600.0), state, (), |(), ui, state, out| {
        if ui.button("Below").clicked() {
            out.push(UiCommand::NewChat);
        }
        link_ui(ui.ctx(), state, out);
    });
    harness.run();
    harness
}

#[test]
fn the_whole_address_is_shown_and_enter_opens_it() {
    let mut harness = dialog(URL);
    harness.get_by_label(URL);
    assert!(harness.get_by_label("Open in browser").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked(), [format!("OpenLink({URL:?})")]);
    assert!(harness.query_by_label("Open this link?").is_none());
}

#[test]
fn the_keyboard_stays_in_the_dialog_and_enter_does_what_has_it() {
    let mut harness = dialog(URL);
    for name in ["Copy address", "Cancel"] {
        harness.key_press(Key::Tab);
        harness.run();
        assert!(harness.get_by_label(name).is_focused(), "{name}");
    }
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked(), ["CloseOverlay"]);
}

#[test]
fn buttons_and_escape_close_it() {
    let mut harness = dialog(URL);
    harness.get_by_label("Copy address").click();
    harness.run();
    assert_eq!(harness.state().asked(), [format!("CopyText({URL:?})"), "CloseOverlay".to_owned()]);
    for by_key in [true, false] {
        let mut harness = dialog(URL);
        if by_key {
            harness.key_press(Key::Escape);
        } else {
            harness.get_by_label("Below").click();
        }
        harness.run();
        assert_eq!(harness.state().asked(), ["CloseOverlay"]);
    }
}

#[test]
fn the_host_is_found_where_browsers_find_it() {
    let table = [
        ("https://example.org/a", Some("example.org")),
        ("https://example.org", Some("example.org")),
        ("http://example.org:8080?x", Some("example.org")),
        ("https://bank.example@evil.example/", Some("evil.example")),
        ("https://a@bank.example@evil.example", Some("evil.example")),
        ("https://bank.example:443@evil.example:80#@x", Some("evil.example")),
        ("https://evil.example\\@bank.example/", Some("evil.example")),
        ("https://[2001:db8::1]:8080/x", Some("[2001:db8::1]")),
        ("mailto:someone@example.org", None),
        ("https:///x", None),
        ("", None),
    ];
    for (url, wanted) in table {
        assert_eq!(host(url).and_then(|range| url.get(range)), wanted, "{url}");
    }
}

#[test]
fn tricks_are_pointed_out() {
    let hint_of = |url: &str| {
        let shown = visible(url);
        hint(url, &shown, host(&shown)).unwrap_or_default().split(' ').next().unwrap().to_owned()
    };
    assert_eq!(hint_of("https://example.org/ü?q=日本"), "");
    assert_eq!(hint_of("https://exаmple.org/"), "The");
    assert_eq!(hint_of("https://www.xn--exmple-cua.com/"), "The");
    assert_eq!(hint_of("https://example.org@evil.example/"), "What");
    assert_eq!(hint_of("https://example.org/\u{202e}gpj.exe"), "It");
    assert_eq!(hint_of("mailto:someone@example.org"), "");
    assert_eq!(hint_of("HTTPS://example.org"), "");
    assert_eq!(hint_of("file:///etc/passwd"), "It");
    assert_eq!(visible("a\u{200b}b\nc"), "a\\u{200b}b\\u{a}c");
}
