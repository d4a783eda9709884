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
    let cases: [(&str, Vec2, fn(&mut AppState)); 8] = [
        ("chat-dark", wide, |_| {}),
        ("chat-light", wide, |state| state.settings.appearance.theme = Theme::Light),
        ("small", vec2(900.0, 600.0), |_| {}),
        ("narrow", vec2(600.0, 600.0), |state| state.toasts = toasts()),
        ("palette-dark", wide, |state| state.overlay = Overlay::Palette),
        ("link-light", wide, |state| {
            state.settings.appearance.theme = Theme::Light;
            state.overlay =
                Overlay::Link("https://user@xn--exmple-cua.com:8443/a/very/long/path?with=a&query=that&goes=on&and=on&until=it#wraps".to_owned());
        }),
        ("toasts-dark", wide, |state| state.toasts = toasts()),
        ("toasts-light", wide, |state| {
            state.settings.appearance.theme = Theme::Light;
            state.toasts = toasts();
            state.running = [chat_id(2), chat_id(5)].into();
        }),
    ];
    for (name, size, change) in cases {
        let mut state = sample::state();
        change(&mut state);
        let mut harness = window(size, state);
        harness.run();
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
