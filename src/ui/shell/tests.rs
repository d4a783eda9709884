use egui::{Key, Modifiers, Vec2, accesskit::Role, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::sample::{self, NOW, Stage, chat_id, stage};
use super::*;
use crate::state::{Overlay, Theme, ToastLevel};

fn window<'a>(size: Vec2, state: AppState) -> Harness<'a, Stage<Shell>> {
    stage(size, state, Shell::default(), |shell, ui, state, out| {
        shell.shell_ui(ui, state, NOW, |ui, _| drop(ui.label("The page")), out);
    })
}

/// Draws the window to files, to be looked at beside the design. Where no folder is named it draws
/// nothing, and only sees that the window settles.
#[test]
fn pictures() {
    let folder = std::env::var_os("SWITCHBOARD_PICTURES");
    let wide = vec2(1280.0, 800.0);
    type Case = (&'static str, Vec2, fn(&mut AppState), Option<&'static str>);
    let cases: [Case; 9] = [
        ("chat-dark", wide, |_| {}, None),
        ("menu-dark", wide, |_| {}, Some("More")),
        ("chat-light", wide, |state| state.settings.appearance.theme = Theme::Light, None),
        ("small", vec2(900.0, 600.0), |_| {}, None),
        ("narrow", vec2(600.0, 600.0), |state| state.toasts = toasts(), None),
        ("palette-dark", wide, |state| state.overlay = Overlay::Palette, None),
        (
            "link-light",
            wide,
            |state| {
                state.settings.appearance.theme = Theme::Light;
                state.overlay =
                Overlay::Link("https://user@xn--exmple-cua.com:8443/a/very/long/path?with=a&query=that&goes=on&and=on&until=it#wraps".to_owned());
            },
            None,
        ),
        ("toasts-dark", wide, |state| state.toasts = toasts(), None),
        (
            "toasts-light",
            wide,
            |state| {
                state.settings.appearance.theme = Theme::Light;
                state.toasts = toasts();
                state.running = [chat_id(2), chat_id(5)].into();
            },
            None,
        ),
    ];
    for (name, size, change, click) in cases {
        let mut state = sample::state();
        change(&mut state);
        let mut harness = window(size, state);
        harness.run();
        if let Some(label) = click {
            harness.get_by_label(label).click();
            harness.run();
        }
        if let Some(folder) = &folder {
            let image = harness.render().unwrap();
            image.save(std::path::Path::new(folder).join(format!("{name}.png"))).unwrap();
        }
    }
}

fn toasts() -> Vec<crate::state::Toast> {
    let mut toasts = vec![
        sample::toast(1, ToastLevel::Info, "Answer copied"),
        sample::toast(2, ToastLevel::Warning, "Switchboard is busy"),
        sample::toast(3, ToastLevel::Error, "OpenRouter is rate-limiting"),
    ];
    toasts[0].body.clear();
    toasts[0].actions.clear();
    toasts[0].detail.clear();
    toasts
}

#[test]
fn the_parts_stand_where_the_design_has_them() {
    let harness = window(vec2(1296.0, 816.0), sample::state());
    // The harness leaves 8 pixels around.
    assert_eq!(harness.get_by_label("The page").rect().left(), 8.0 + sidebar::WIDTH);
    assert_eq!(harness.get_by_label("The page").rect().top(), 8.0 + header::HEIGHT);
    harness.get_by_role_and_label(Role::Button, "Reconnect back-off in tokio");
    harness.get_by_role_and_label(Role::Label, "Reconnect back-off in tokio");
}

#[test]
fn shortcuts_reach_the_state() {
    let mut harness = window(vec2(1000.0, 700.0), sample::state());
    press(&mut harness, Modifiers::COMMAND, Key::K);
    harness.get_by_label("Search commands and chats");
    press(&mut harness, Modifiers::COMMAND, Key::K);
    assert!(harness.query_by_label("Search commands and chats").is_none());
    press(&mut harness, Modifiers::COMMAND, Key::B);
    assert!(harness.query_by_label("New chat").is_none());
    harness.get_by_label("Show the sidebar").click();
    harness.run();
    harness.get_by_label("New chat");
    press(&mut harness, Modifiers::COMMAND, Key::F);
    assert!(harness.get_by_label("Search chats").is_focused());
}

#[test]
fn escape_belongs_to_what_is_on_top() {
    let mut harness = window(vec2(1000.0, 700.0), sample::state());
    let asked = |harness: &Harness<'_, Stage<Shell>>| harness.state().asked();
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(asked(&harness), ["Escape"]);

    harness.state_mut().asked.clear();
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("Pin");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.query_by_label("Pin").is_none());
    assert!(asked(&harness).is_empty(), "{:?}", asked(&harness));

    harness.get_by_role_and_label(Role::Button, "Weekly plan").focus();
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::F2);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(asked(&harness).is_empty(), "{:?}", asked(&harness));

    press(&mut harness, Modifiers::COMMAND, Key::K);
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert_eq!(asked(&harness), ["OpenPalette", "CloseOverlay"]);
}

#[test]
fn a_narrow_window_shows_the_sidebar_on_top() {
    let mut harness = window(vec2(600.0, 500.0), sample::state());
    harness.run();
    assert!(harness.query_by_label("New chat").is_none());
    harness.get_by_label("Show the sidebar").click();
    harness.run();
    harness.get_by_label("New chat");
    assert!(harness.state().asked.is_empty(), "the setting is left alone");
    press(&mut harness, Modifiers::NONE, Key::Escape);
    assert!(harness.query_by_label("New chat").is_none());
    assert!(harness.state().asked.is_empty());

    press(&mut harness, Modifiers::COMMAND, Key::F);
    assert!(harness.get_by_label("Search chats").is_focused());
    harness.get_by_role_and_label(Role::Button, "Weekly plan").click();
    harness.run();
    assert_eq!(harness.state().state.open_chat(), Some(chat_id(3)));
    assert!(harness.query_by_label("New chat").is_none());
}

#[test]
fn a_page_that_panics_leaves_the_window_usable() {
    let mut state = sample::state();
    state.toasts = toasts();
    let mut harness =
        stage(vec2(1000.0, 700.0), state, Shell::default(), |shell, ui, state, out| {
            let broken = state.open_chat() == Some(chat_id(2));
            let center = |ui: &mut Ui, _: &mut Vec<UiCommand>| {
                ui.label("The page");
                assert!(!broken, "the page is broken");
            };
            shell.shell_ui(ui, state, NOW, center, out);
        });
    harness.run();
    harness.get_by_label("This part of the window failed");
    harness.get_by_role_and_label(Role::Alert, "OpenRouter is rate-limiting");
    harness.get_by_role_and_label(Role::Button, "Weekly plan").click();
    harness.run();
    harness.get_by_label("The page");
    assert!(harness.query_by_label("Retry").is_none());
}

#[test]
fn an_idle_window_does_not_ask_to_be_drawn() {
    let mut state = sample::state();
    state.toasts = toasts();
    let mut harness = window(vec2(1000.0, 700.0), state);
    harness.run();
    let output = &harness.output().viewport_output[&egui::ViewportId::ROOT];
    assert_eq!(
        output.repaint_delay,
        std::time::Duration::MAX,
        "{:?}",
        harness.ctx.repaint_causes()
    );
}

fn press(harness: &mut Harness<'_, Stage<Shell>>, modifiers: Modifiers, key: Key) {
    let modifiers = Modifiers { ctrl: modifiers.command, ..modifiers };
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}
