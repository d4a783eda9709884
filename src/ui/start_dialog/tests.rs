use std::sync::Arc;

use egui::{Key, Modifiers, accesskit::Role, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::protocol::{BackendEvent, BotEntry, BotOrigin, Library};
use crate::state::{Page, apply};
use crate::ui::samples::{self, Driven};

type Dialog = Harness<'static, Driven<StartDialog>>;

fn bot() -> Bot {
    let ask = |name: &str, kind, default: Option<&str>| Variable {
        name: name.to_owned(),
        label: format!("Which {name}?"),
        kind,
        default: default.map(str::to_owned),
        choices: vec!["Short".to_owned(), "Long".to_owned()],
    };
    Bot {
        variables: vec![
            ask("topic", VariableKind::Text, None),
            ask("count", VariableKind::Number, Some("3")),
            ask("notes", VariableKind::LongText, Some("")),
            ask("length", VariableKind::Choice, Some("Short")),
        ],
        ..Bot::blank("quiz".into(), "Quiz master")
    }
}

fn dialog() -> Dialog {
    let mut state = samples::chat();
    let other = Bot { id: "other".into(), ..bot() };
    let bots = [bot(), other].map(|bot| Arc::new(BotEntry::new(bot, BotOrigin::BuiltIn))).into();
    let library = Library { bots, problems: Vec::new() };
    apply(&mut state, BackendEvent::Bots(Arc::new(library)), samples::NOW);
    let mut driven = Driven::new(state);
    driven.take(vec![UiCommand::Bots(BotCommand::Start("quiz".into()))]);
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 600.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<StartDialog>| {
                theme::apply(ui.ctx(), theme::Mode::Dark, 100);
                let mut out = Vec::new();
                driven.view.dialog_ui(ui.ctx(), &driven.state, &mut out);
                driven.take(out);
            },
            driven,
        );
    harness.run();
    harness
}

fn type_text(dialog: &mut Dialog, text: &str) {
    dialog.event(egui::Event::Text(text.to_owned()));
    dialog.run();
}

/// The field below a question.
fn field<'a>(dialog: &'a Dialog, question: &'a str) -> egui_kittest::Node<'a> {
    dialog.get_by(move |node| {
        let is_text = matches!(node.role(), Role::TextInput | Role::MultilineTextInput);
        is_text && node.label().as_deref() == Some(question)
    })
}

#[test]
fn the_first_field_has_the_keyboard_and_enter_starts_the_chat() {
    let mut dialog = dialog();
    type_text(&mut dialog, "Bees");
    dialog.get_by_label("Long").click();
    dialog.run();
    field(&dialog, "Which count?").focus();
    dialog.run();
    dialog.key_press(Key::Enter);
    dialog.run();
    let state = &dialog.state().state;
    assert!(matches!(state.page, Page::Chat(_)), "{:?}", dialog.state().asked());
    assert_eq!(state.overlay, Overlay::Nothing);
    let values = &state.cast().unwrap().values;
    let wanted = [("topic", "Bees"), ("count", "3"), ("notes", ""), ("length", "Long")];
    for (name, value) in wanted {
        assert_eq!(values[name], value, "{name}");
    }
}

#[test]
fn a_blank_chooses_and_enter_starts_from_a_choice() {
    let mut dialog = dialog();
    type_text(&mut dialog, "Bees");
    dialog.get_by_label("Long").focus();
    dialog.run();
    dialog.key_press(Key::Space);
    dialog.run();
    assert_eq!(dialog.state().state.overlay, Overlay::StartBot("quiz".into()));
    dialog.key_press(Key::Enter);
    dialog.run();
    assert_eq!(dialog.state().state.cast().unwrap().values["length"], "Long");
}

#[test]
fn what_is_wrong_stands_under_its_field_and_the_dialog_stays() {
    let mut dialog = dialog();
    dialog.get_by_label("Start chat").click();
    dialog.run();
    dialog.get_by_label("This must be answered");
    assert_eq!(dialog.state().state.overlay, Overlay::StartBot("quiz".into()));
    field(&dialog, "Which topic?").focus();
    dialog.run();
    type_text(&mut dialog, "Bees");
    dialog.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    dialog.run();
    assert_eq!(dialog.state().state.overlay, Overlay::Nothing);
}

#[test]
fn enter_in_several_lines_makes_a_line_and_escape_leaves() {
    let mut dialog = dialog();
    let page = dialog.state().state.page.clone();
    field(&dialog, "Which notes?").focus();
    dialog.run();
    dialog.key_press(Key::Enter);
    dialog.run();
    assert_eq!(dialog.state().state.overlay, Overlay::StartBot("quiz".into()));
    dialog.get_by_label("Cancel").click();
    dialog.run();
    assert_eq!(dialog.state().state.overlay, Overlay::Nothing);
    assert_eq!(dialog.state().state.page, page);
}

#[test]
fn what_was_suggested_is_selected_and_typing_replaces_it() {
    let mut dialog = dialog();
    type_text(&mut dialog, "Bees");
    dialog.key_press(Key::Tab);
    dialog.run();
    type_text(&mut dialog, "12");
    assert_eq!(field(&dialog, "Which count?").value().as_deref(), Some("12"));
    // What was typed is not replaced when one comes back to it.
    dialog.key_press_modifiers(Modifiers::SHIFT, Key::Tab);
    dialog.run();
    type_text(&mut dialog, "!");
    let topic = field(&dialog, "Which topic?").value().unwrap_or_default();
    assert!(topic.contains("Bees") && topic.contains('!'), "{topic}");
}

#[test]
fn the_caret_of_one_bots_dialog_is_none_of_anothers() {
    let mut dialog = dialog();
    type_text(&mut dialog, "A long answer");
    dialog.key_press(Key::ArrowLeft);
    dialog.run();
    for bot in ["other", "quiz"] {
        dialog.key_press(Key::Escape);
        dialog.run();
        let start = UiCommand::Bots(BotCommand::Start(bot.into()));
        dialog.state_mut().take(vec![start]);
        dialog.run();
        type_text(&mut dialog, "ab");
        type_text(&mut dialog, "c");
        assert_eq!(field(&dialog, "Which topic?").value().as_deref(), Some("abc"), "{bot}");
    }
}

#[test]
fn a_click_beside_it_keeps_what_was_typed() {
    let click = |dialog: &mut Dialog| {
        let pos = egui::pos2(20.0, 20.0);
        dialog.event(egui::Event::PointerMoved(pos));
        for pressed in [true, false] {
            let button = egui::PointerButton::Primary;
            let modifiers = Modifiers::NONE;
            dialog.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
            dialog.run();
        }
    };
    let mut typed = dialog();
    type_text(&mut typed, "Bees");
    click(&mut typed);
    assert_eq!(typed.state().state.overlay, Overlay::StartBot("quiz".into()));
    assert_eq!(field(&typed, "Which topic?").value().as_deref(), Some("Bees"));
    typed.key_press(Key::Escape);
    typed.run();
    assert_eq!(typed.state().state.overlay, Overlay::Nothing);
    let mut untouched = dialog();
    click(&mut untouched);
    assert_eq!(untouched.state().state.overlay, Overlay::Nothing);
}
