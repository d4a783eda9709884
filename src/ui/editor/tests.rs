use std::sync::Arc;

use egui::{Event, Key, accesskit::Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::*;
use crate::protocol::{
    BackendEvent, BotEntry, BotId, BotOrigin, Library, Room, RoomMember, SpeakingOrder, ToolNeed,
    Variable, VariableKind,
};
use crate::state::{HandleContext, apply, handle};
use crate::ui::samples::{self, Driven, NOW};

type Stage = Harness<'static, Driven<EditorView>>;

/// A bot of the user's own with a bit of everything.
fn bot() -> Bot {
    Bot {
        description: "Reads changes".to_owned(),
        instructions: "You review {{language}}.".to_owned(),
        tools: vec![ToolNeed { name: "read_file".to_owned(), reason: "To read".to_owned() }],
        starters: vec!["Review this".to_owned()],
        variables: vec![Variable {
            name: "language".to_owned(),
            label: "Which language?".to_owned(),
            kind: VariableKind::Text,
            default: Some("Rust".to_owned()),
            choices: Vec::new(),
        }],
        ..Bot::blank(BotId::from("reviewer"), "Reviewer")
    }
}

fn state_with(entries: Vec<BotEntry>) -> AppState {
    let mut state = samples::configured();
    let bots = entries.into_iter().map(Arc::new).collect();
    let library = Arc::new(Library { bots, problems: Vec::new() });
    apply(&mut state, BackendEvent::Bots(library), NOW);
    state
}

fn edited(bot: Bot) -> AppState {
    let id = bot.id.clone();
    let mut state = state_with(vec![BotEntry::new(bot, BotOrigin::Own)]);
    let context = HandleContext { now: NOW, ids: crate::protocol::IdSource };
    handle(&mut state, UiCommand::Bots(BotCommand::Customise(id)), context);
    state
}

fn stage(width: f32, state: AppState) -> Stage {
    let mut harness = Harness::builder()
        .with_size(vec2(width, 4000.0))
        .with_context_setup(samples::install)
        .build_ui_state(
            |ui, driven: &mut Driven<EditorView>| {
                theme::apply(ui.ctx(), theme::Mode::Dark, 100);
                ui.reset_style();
                let mut out = Vec::new();
                ui.horizontal(|ui| head_ui(ui, &driven.state, &mut out));
                if let Some(editor) = &driven.state.editor {
                    let mut chat = |ui: &mut Ui, _: &mut Vec<UiCommand>| {
                        ui.label("The chat");
                    };
                    driven.view.editor_ui(ui, &driven.state, editor, &mut chat, &mut out);
                }
                if !out.is_empty() {
                    ui.ctx().request_repaint();
                }
                driven.take(out);
            },
            Driven::new(state),
        );
    harness.run();
    harness
}

fn type_into(harness: &mut Stage, label: &str, text: &str) {
    let is_field = |node: &egui_kittest::Node<'_>| {
        matches!(node.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
    };
    let field = harness.get_all_by_label(label).find(is_field);
    field.expect("there is such a field").focus();
    harness.run();
    harness.event(Event::Text(text.to_owned()));
    harness.run();
}

fn now(harness: &Stage) -> &Bot {
    &harness.state().state.editor.as_ref().unwrap().bot
}

#[test]
fn what_is_typed_is_in_the_bot_and_in_what_the_model_is_told() {
    let mut harness = stage(1200.0, edited(bot()));
    harness.get_by_label("You review Rust.");
    type_into(&mut harness, "Instructions", " Be kind.");
    assert!(now(&harness).instructions.contains(" Be kind."));
    harness.get_by_label_contains("Be kind.");
    type_into(&mut harness, "Which language?", "Zig");
    harness.get_by_label_contains("You review Zig.");
    type_into(&mut harness, "Tags", "rust, care");
    assert_eq!(now(&harness).tags, ["rust", "care"]);
    type_into(&mut harness, "Temperature", "0.5");
    assert_eq!(now(&harness).parameters.temperature, Some(0.5));
    harness.get_by_label("Version 1.0 · unsaved changes");
}

#[test]
fn a_number_out_of_bounds_is_told_below_its_field_and_not_taken() {
    let mut harness = stage(1200.0, edited(bot()));
    type_into(&mut harness, "Temperature", "5");
    harness.get_by_label("A number from 0 to 2");
    assert_eq!(now(&harness).parameters.temperature, None);
}

#[test]
fn lists_grow_move_and_shrink_by_their_buttons() {
    let mut harness = stage(1200.0, edited(bot()));
    harness.get_by_label("Add a starter").click();
    harness.run();
    type_into(&mut harness, "Starter 2", "And this");
    harness.get_by_label("Move Starter 2 up").click();
    harness.run();
    assert_eq!(now(&harness).starters, ["And this", "Review this"]);
    harness.get_by_label("Remove Starter 1").click();
    harness.run();
    assert_eq!(now(&harness).starters, ["Review this"]);
    harness.get_by_label("Add a question").click();
    harness.run();
    assert_eq!(now(&harness).variables.len(), 2);
}

#[test]
fn a_tool_that_is_checked_is_asked_for_and_allowed() {
    let mut harness = stage(1200.0, edited(bot()));
    harness.get_by_label(tools::NONE_RUN_YET);
    harness.get_by_label("Searches the web").click();
    harness.run();
    let editor = harness.state().state.editor.as_ref().unwrap();
    assert_eq!(editor.granted, ["read_file", "search_web"]);
    assert_eq!(editor.bot.tools.len(), 2);
    harness.get_by_label("Reads a file of a folder that you open to it").click();
    harness.run();
    assert_eq!(harness.state().state.editor.as_ref().unwrap().granted, ["search_web"]);
}

#[test]
fn a_bot_becomes_a_room_and_back_without_loss() {
    let mut harness = stage(1200.0, edited(bot()));
    let switch = "A room: several bots talk in one chat";
    harness.get_by_label(switch).click();
    harness.run();
    assert_eq!(now(&harness).room.as_ref().unwrap().members.len(), 2);
    harness.get_by_label("Moderated").click();
    harness.run();
    harness.get_by_label("What First is told");
    harness.get_by_label("Remove Second").click();
    harness.run();
    harness.get_by_label("Add a member").click();
    harness.run();
    let room = now(&harness).room.clone().unwrap();
    assert_eq!(room.order, SpeakingOrder::Moderated);
    let names: Vec<&str> = room.members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["First", "Member 2"]);
    harness.get_by_label(switch).click();
    harness.run();
    assert_eq!(now(&harness).room, None);
    harness.get_by_label(switch).click();
    harness.run();
    assert_eq!(now(&harness).room.as_ref(), Some(&room));
}

#[test]
fn a_bot_joins_a_room_with_its_name_and_instructions() {
    let other = Bot {
        instructions: "You doubt.".to_owned(),
        ..Bot::blank(BotId::from("sceptic"), "Sceptic")
    };
    let member = |id: &str| RoomMember {
        id: id.into(),
        name: id.to_owned(),
        icon: Default::default(),
        color: Default::default(),
        instructions: String::new(),
        model: Default::default(),
        parameters: Default::default(),
    };
    let room = Room {
        order: SpeakingOrder::InTurn,
        leader: None,
        rounds: 1,
        most_answers: 12,
        members: vec![member("a"), member("sceptic")],
    };
    let mut state = edited(Bot { room: Some(room), ..bot() });
    let entries = vec![
        BotEntry::new(other, BotOrigin::BuiltIn),
        BotEntry::new(state.editor.as_ref().unwrap().bot.clone(), BotOrigin::Own),
    ];
    let bots = entries.into_iter().map(Arc::new).collect();
    let library = Arc::new(Library { bots, problems: Vec::new() });
    apply(&mut state, BackendEvent::Bots(library), NOW);
    let mut harness = stage(1200.0, state);
    harness.get_by_label("Add one of your bots…").click();
    harness.run();
    harness.get_by_label("Sceptic").click();
    harness.run();
    let members = &now(&harness).room.as_ref().unwrap().members;
    let added = members.last().unwrap();
    assert_eq!((added.id.as_str(), added.instructions.as_str()), ("sceptic-2", "You doubt."));
}

#[test]
fn a_narrow_window_shows_one_of_form_preview_and_test() {
    let mut harness = stage(700.0, edited(bot()));
    harness.get_by_label("Add a starter");
    assert!(harness.query_by_label("The chat").is_none());
    harness.get_by_label("Preview").click();
    harness.run();
    harness.get_by_label("You review Rust.");
    assert!(harness.query_by_label("Add a starter").is_none());
    harness.get_by_label("Test").click();
    harness.run();
    harness.get_by_label("The chat");
}

#[test]
fn save_and_close_are_there_by_name_and_save_by_key() {
    let mut harness = stage(1200.0, edited(bot()));
    harness.get_by_label("Close");
    type_into(&mut harness, "Name", "s");
    harness.get_by_label("Discard");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::S);
    harness.run();
    assert!(harness.state().asked().iter().any(|asked| asked == "Editor(Save)"));
}

#[test]
fn what_is_wrong_stands_below_its_field_and_keeps_it_from_being_saved() {
    let mut harness = stage(1200.0, edited(bot()));
    type_into(&mut harness, "Instructions", " {{nobody}}");
    let field = harness.get_all_by_label_contains("nobody").count();
    assert!(field > 1, "the form says what is wrong, too");
    harness.get_by_label("Save").click();
    harness.run();
    let state = &harness.state().state;
    assert!(!state.editor.as_ref().unwrap().is_saving());
    assert_eq!(state.toasts[0].title, "Not saved yet");
    assert!(state.toasts[0].body.starts_with("instructions: "), "{}", state.toasts[0].body);
}

fn fresh() -> AppState {
    let mut state = state_with(Vec::new());
    let context = HandleContext { now: NOW, ids: crate::protocol::IdSource };
    handle(&mut state, UiCommand::Bots(BotCommand::New), context);
    state
}

#[test]
fn another_name_of_a_question_stands_in_the_texts_too() {
    let mut harness = stage(1200.0, edited(bot()));
    type_into(&mut harness, "Name in the texts", "s");
    assert_eq!(now(&harness).variables[0].name, "languages");
    assert_eq!(now(&harness).instructions, "You review {{languages}}.");
    // What is no name leaves the texts alone until it is one again.
    type_into(&mut harness, "Name in the texts", " ");
    assert_eq!(now(&harness).instructions, "You review {{languages}}.");
    harness.key_press(Key::Backspace);
    harness.run();
    type_into(&mut harness, "Name in the texts", "2");
    assert_eq!(now(&harness).instructions, "You review {{languages2}}.");
}

#[test]
fn a_name_that_nobody_asks_for_becomes_a_question_by_a_click() {
    let mut harness = stage(1200.0, edited(bot()));
    type_into(&mut harness, "Instructions", " For {{user_group}}.");
    harness.get_by_label("Ask for {{user_group}} at start").click();
    harness.run();
    let added = now(&harness).variables.last().unwrap();
    assert_eq!((added.name.as_str(), added.label.as_str()), ("user_group", "User group"));
    assert!(harness.query_by_label("Ask for {{user_group}} at start").is_none());
    harness.get_by_label("You review Rust. For ‹user_group›.");
}

#[test]
fn a_new_bot_begins_with_its_name_which_typing_replaces() {
    let mut harness = stage(1200.0, fresh());
    harness.event(Event::Text("Ada".to_owned()));
    harness.run();
    assert_eq!((now(&harness).name.as_str(), now(&harness).id.as_str()), ("Ada", "ada"));
}

#[test]
fn what_is_empty_is_told_once_it_was_to_be_saved_and_the_first_field_gets_the_keyboard() {
    let mut harness = stage(1200.0, fresh());
    let told = |harness: &Stage| harness.query_all_by_label_contains("Is empty").count();
    assert_eq!(told(&harness), 0);
    harness.get_by_label("Save").click();
    harness.run();
    assert!(told(&harness) >= 2);
    harness.event(Event::Text("Counts".to_owned()));
    harness.run();
    assert_eq!(now(&harness).description, "Counts");
}
