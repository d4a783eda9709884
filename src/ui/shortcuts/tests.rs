use std::collections::HashSet;

use egui::{Event, Key as EguiKey, Modifiers};
use egui_kittest::Harness;

use super::*;
use crate::state::{SettingsTab, Theme};

/// Presses a key and says which commands came of it.
fn press(modifiers: Modifiers, key: EguiKey) -> Vec<String> {
    let mut harness = Harness::new_ui_state(
        |ui, out: &mut Vec<UiCommand>| {
            dispatch(ui.ctx(), out);
            dispatch_escape(ui.ctx(), out);
        },
        Vec::new(),
    );
    harness.key_press_modifiers(modifiers, key);
    harness.run();
    harness.state().iter().map(|command| format!("{command:?}")).collect()
}

fn keys_of(shortcut: Shortcut) -> (Modifiers, EguiKey) {
    let key = match shortcut.key {
        Key::Char(char) => EguiKey::from_name(&char.to_string()).unwrap(),
        Key::Tab => EguiKey::Tab,
        Key::Escape => EguiKey::Escape,
        Key::F1 => EguiKey::F1,
        Key::ArrowUp => EguiKey::ArrowUp,
        Key::ArrowDown => EguiKey::ArrowDown,
    };
    let mut modifiers = Modifiers::NONE;
    if shortcut.command {
        modifiers |= if key == EguiKey::Tab { Modifiers::CTRL } else { Modifiers::COMMAND };
        modifiers.ctrl |= !cfg!(target_os = "macos");
        modifiers.command |= !cfg!(target_os = "macos");
    }
    modifiers.shift = shortcut.shift;
    (modifiers, key)
}

#[test]
fn every_shortcut_is_unique_and_dispatches_its_command() {
    let with_keys: Vec<(UiCommand, Shortcut)> = UiCommand::palette()
        .into_iter()
        .filter_map(|command| command.shortcut().map(|shortcut| (command, shortcut)))
        .collect();
    let unique: HashSet<Shortcut> = with_keys.iter().map(|(_, shortcut)| *shortcut).collect();
    assert_eq!(unique.len(), with_keys.len());
    assert!(with_keys.len() >= 17, "{}", with_keys.len());
    for (command, shortcut) in with_keys {
        let (modifiers, key) = keys_of(shortcut);
        assert_eq!(press(modifiers, key), [format!("{command:?}")], "{shortcut}");
    }
}

#[test]
fn the_key_of_the_plus_sign_needs_no_shift() {
    let (ctrl, _) = keys_of(Shortcut::command(Key::Char('N')));
    for modifiers in [ctrl, ctrl | Modifiers::SHIFT] {
        for key in [EguiKey::Equals, EguiKey::Plus] {
            assert_eq!(press(modifiers, key), ["TextLarger"], "{modifiers:?} {key:?}");
        }
    }
}

#[test]
fn what_alt_gr_types_is_not_a_command() {
    let (ctrl, _) = keys_of(Shortcut::command(Key::Char('Q')));
    assert_eq!(press(ctrl | Modifiers::ALT, EguiKey::Q), [""; 0]);
    assert_eq!(press(ctrl | Modifiers::SHIFT, EguiKey::N), [""; 0]);
    assert_eq!(press(Modifiers::NONE, EguiKey::N), [""; 0]);
}

#[test]
fn a_held_key_toggles_once_and_steps_on() {
    let held = |key: EguiKey| {
        let (modifiers, _) = keys_of(Shortcut::command(Key::Char('N')));
        let mut harness = Harness::new_ui_state(
            |ui, out: &mut Vec<UiCommand>| dispatch(ui.ctx(), out),
            Vec::new(),
        );
        for _ in 0..3 {
            harness.event_modifiers(
                Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers },
                modifiers,
            );
            harness.run();
        }
        harness.state().len()
    };
    assert_eq!(held(EguiKey::B), 1);
    assert_eq!(held(EguiKey::Plus), 3);
}

#[test]
fn a_text_field_does_not_eat_a_shortcut() {
    let mut harness =
        Harness::builder().with_context_setup(crate::ui::theme::install).build_ui_state(
            |ui, (text, out): &mut (String, Vec<UiCommand>)| {
                dispatch(ui.ctx(), out);
                ui.add(egui::TextEdit::singleline(text).hint_text("Field")).request_focus();
            },
            (String::new(), Vec::new()),
        );
    let (modifiers, _) = keys_of(Shortcut::command(Key::Char('K')));
    for key in [EguiKey::K, EguiKey::L, EguiKey::Comma] {
        harness.key_press_modifiers(modifiers, key);
        harness.run();
    }
    let names: Vec<&str> = harness.state().1.iter().map(UiCommand::label).collect();
    let settings = UiCommand::OpenSettings(SettingsTab::Providers).label();
    assert_eq!(names, ["Command palette", "Write a message", settings]);
    assert_eq!(harness.state().0, "");
    assert_eq!(UiCommand::SetTheme(Theme::Dark).shortcut(), None);
}
