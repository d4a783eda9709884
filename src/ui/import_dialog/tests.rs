use std::sync::Arc;

use egui::{Event, Key, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::protocol::{
    BackendCommand, BackendEvent, BotEntry, BotId, BotOrigin, BotProblem, BotRead, IdSource,
    Library, ToolNeed,
};
use crate::state::{Effect, HandleContext, apply, handle};
use crate::ui::shell::sample::{self, NOW, Stage, stage};

fn bot(id: &str) -> Bot {
    Bot {
        instructions: format!("You are {id}."),
        tools: vec![ToolNeed {
            name: "search_web".to_owned(),
            reason: "To look things up".to_owned(),
        }],
        ..Bot::blank(BotId::from(id), id.to_uppercase())
    }
}

fn read(bot: Bot, remarks: &[&str]) -> Result<BotRead, BotProblem> {
    let remarks = remarks.iter().map(|remark| (*remark).to_owned()).collect();
    Ok(BotRead { source: "card.png".to_owned(), bot, remarks })
}

/// The dialog after these were read, where the user has a bot `mine`.
fn dialog(found: Vec<Result<BotRead, BotProblem>>) -> Harness<'static, Stage<ImportView>> {
    let mut state = sample::state();
    let bots = vec![Arc::new(BotEntry::new(bot("mine"), BotOrigin::Own))];
    let library = Arc::new(Library { bots, problems: Vec::new() });
    apply(&mut state, BackendEvent::Bots(library), NOW);
    let text = UiCommand::Bots(BotCommand::ImportText("text".to_owned()));
    let effects = handle(&mut state, text, HandleContext { now: NOW, ids: IdSource });
    let query = effects.into_iter().find_map(|effect| {
        let Effect::Backend(BackendCommand::ReadBots { query, .. }) = effect else { return None };
        Some(query)
    });
    let event = BackendEvent::BotsRead { query: query.unwrap(), read: found };
    apply(&mut state, event, NOW);
    let mut harness = stage(
        vec2(900.0, 1400.0),
        state,
        ImportView::default(),
        |view: &mut ImportView, ui, state, out| view.import_ui(ui.ctx(), state, out),
    );
    harness.run();
    harness
}

fn kept(harness: &Harness<'static, Stage<ImportView>>) -> Vec<KeepBot> {
    let kept = harness.state().asked.iter().find_map(|command| {
        let UiCommand::Bots(BotCommand::KeepImported(bots)) = command else { return None };
        Some(bots.clone())
    });
    kept.unwrap_or_default()
}

#[test]
fn no_tool_is_granted_before_the_user_says_so() {
    let mut harness = dialog(vec![read(bot("new"), &["Its picture is not kept"])]);
    harness.get_by_label("To look things up");
    harness.get_by_label("Its picture is not kept");
    harness.get_by_label(tools::NONE_RUN_YET);
    assert!(harness.get_by_label("Import 1 bot").is_focused());
    harness.key_press(Key::Enter);
    harness.run();
    let kept = kept(&harness);
    assert_eq!(kept.len(), 1);
    assert!(kept[0].granted.is_empty());

    let mut harness = dialog(vec![read(bot("new"), &[])]);
    harness.get_by_label("Let it use search_web").click();
    harness.run();
    harness.get_by_label("Import 1 bot").click();
    harness.run();
    assert_eq!(super::tests::kept(&harness)[0].granted, ["search_web"]);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_can_be_kept() {
    let problem = BotProblem {
        source: "wrong.yaml".to_owned(),
        line: Some(7),
        column: Some(3),
        field: Some("variables[0].kind".to_owned()),
        message: "There is no kind \"date\"".to_owned(),
    };
    let mut harness = dialog(vec![Err(problem), read(bot("one"), &[]), read(bot("two"), &[])]);
    harness.get_by_label("wrong.yaml");
    harness.get_by_label("Line 7, column 3, variables[0].kind");
    harness.get_by_label("There is no kind \"date\"");
    harness.get_by_label("Import TWO").click();
    harness.run();
    harness.get_by_label("Import 1 bot").click();
    harness.run();
    let ids: Vec<String> = kept(&harness).iter().map(|kept| kept.bot.id.to_string()).collect();
    assert_eq!(ids, ["one"]);
}

#[test]
fn instructions_are_folded_until_they_are_asked_for() {
    let mut harness = dialog(vec![read(bot("new"), &[])]);
    assert!(harness.query_by_label("You are new.").is_none());
    harness.get_by_label("Show what NEW is told").click();
    harness.run();
    harness.get_by_label("You are new.");
}

#[test]
fn a_bot_that_is_there_already_is_said_to_be_and_another_of_its_id_asks() {
    let harness = dialog(vec![read(bot("mine"), &[])]);
    harness.get_by_label("This very bot is there already");
    harness.get_by_label("Close");
    assert!(harness.query_by_label("Import 1 bot").is_none());

    let other = Bot { instructions: "Another".to_owned(), ..bot("mine") };
    let mut harness = dialog(vec![read(other, &[])]);
    harness.get_by_label("You have another bot mine, in version 1.0: keep both or update it?");
    harness.get_by_label("Yours stays as it is, and this one gets an id of its own");
    harness.get_by_label("Update my bot").click();
    harness.run();
    harness.get_by_label("Updates your bot mine: version 1.0 → 1.1. Version 1.0 is kept");
    harness.get_by_label("Import 1 bot").click();
    harness.run();
    assert_eq!(kept(&harness)[0].keep, KeepAs::NextVersion);
}

#[test]
fn two_bots_of_one_id_in_an_import_are_told_apart_and_twins_are_kept_once() {
    let other = Bot { instructions: "Another".to_owned(), ..bot("new") };
    let found = vec![read(bot("new"), &[]), read(bot("new"), &[]), read(other, &[])];
    let mut harness = dialog(found);
    harness.get_by_label("This very bot stands above");
    harness.get_by_label("A bot above has the same id, new: they are kept as two");
    harness.get_by_label("Import 2 bots").click();
    harness.run();
    let texts: Vec<String> = kept(&harness).into_iter().map(|kept| kept.bot.instructions).collect();
    assert_eq!(texts, ["You are new.", "Another"]);
}

#[test]
fn a_text_can_be_pasted_and_read() {
    let mut state = sample::state();
    let context = HandleContext { now: NOW, ids: IdSource };
    handle(&mut state, UiCommand::Bots(BotCommand::PasteImport), context);
    let mut harness = stage(
        vec2(900.0, 700.0),
        state,
        ImportView::default(),
        |view: &mut ImportView, ui, state, out| view.import_ui(ui.ctx(), state, out),
    );
    harness.run();
    assert!(harness.get_by_label("Text of a bot").is_focused());
    harness.event(Event::Paste("switchboard:bot:abc".to_owned()));
    harness.run();
    harness.get_by_label("Read it").click();
    harness.run();
    let asked = harness.state().asked();
    assert!(asked.contains(&"Bots(ImportText(\"switchboard:bot:abc\"))".to_owned()), "{asked:?}");
    harness.get_by_label("Reading…");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Nothing);
    assert_eq!(harness.state().state.import, None);
}

#[test]
fn without_a_file_dialog_a_text_is_pasted_read_by_key_and_not_lost_by_a_slip() {
    let mut state = sample::state();
    let context = HandleContext { now: NOW, ids: IdSource };
    handle(&mut state, UiCommand::Bots(BotCommand::NoImportDialog), context);
    assert!(state.toasts.is_empty());
    let mut harness = stage(
        vec2(900.0, 700.0),
        state,
        ImportView::default(),
        |view: &mut ImportView, ui, state, out| view.import_ui(ui.ctx(), state, out),
    );
    harness.run();
    harness.get_by_label_contains("No file dialog could be opened here");
    assert!(harness.query_by_label("Choose files…").is_none());
    harness.event(Event::Paste("switchboard:bot:abc".to_owned()));
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().state.overlay, Overlay::Import);
    harness.get_by_label_contains("not read yet");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, Key::Enter);
    harness.run();
    let asked = harness.state().asked();
    assert!(asked.contains(&"Bots(ImportText(\"switchboard:bot:abc\"))".to_owned()), "{asked:?}");
}

#[test]
fn files_dropped_and_texts_pasted_in_the_gallery_are_imported() {
    let mut harness = stage(vec2(900.0, 700.0), sample::state(), (), |(), ui, state, out| {
        take(ui, state, out);
    });
    harness.run();
    harness.event(Event::Paste("a bot: switchboard:bot:abc".to_owned()));
    harness.run();
    let asked = harness.state().asked();
    assert_eq!(asked, ["Bots(ImportText(\"a bot: switchboard:bot:abc\"))"]);
}
