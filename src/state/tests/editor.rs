//! Bots made, changed, imported, forgotten and brought back.

use std::sync::Arc;

use super::*;

fn bot(id: &str) -> Bot {
    Bot {
        description: "Does something".to_owned(),
        instructions: "You help.".to_owned(),
        ..Bot::blank(BotId::from(id), format!("Bot {id}"))
    }
}

fn own(id: &str) -> BotEntry {
    BotEntry::new(bot(id), BotOrigin::Own)
}

fn with(entries: Vec<BotEntry>) -> AppState {
    let mut state = state();
    tell(&mut state, entries);
    state
}

fn tell(state: &mut AppState, entries: Vec<BotEntry>) {
    let bots = entries.into_iter().map(Arc::new).collect();
    let library = Arc::new(Library { bots, problems: Vec::new() });
    apply(state, BackendEvent::Bots(library), NOW);
}

fn ask(state: &mut AppState, command: BotCommand) -> Vec<Effect> {
    handle(state, UiCommand::Bots(command), at(0))
}

fn edit(state: &mut AppState, command: EditorCommand) -> Vec<Effect> {
    handle(state, UiCommand::Editor(command), at(0))
}

fn editor(state: &AppState) -> &Editor {
    state.editor.as_ref().expect("the editor is open")
}

fn saved(effects: Vec<Effect>) -> Vec<SaveBot> {
    let saves = commands(effects).into_iter().filter_map(|command| {
        let BackendCommand::SaveBot(save) = command else { return None };
        Some(*save)
    });
    saves.collect()
}

fn rename(state: &mut AppState, name: &str) {
    let bot = Bot { name: name.to_owned(), ..editor(state).bot.clone() };
    edit(state, EditorCommand::Change(Box::new(bot)));
}

fn titles(state: &AppState) -> Vec<&str> {
    state.toasts.iter().map(|toast| toast.title.as_str()).collect()
}

#[test]
fn a_copy_gets_a_free_id_and_knows_what_it_was_made_of() {
    let mut state = with(vec![
        BotEntry::new(bot("tutor"), BotOrigin::BuiltIn),
        own("my-tutor"),
        own("my-tutor-2"),
    ]);
    ask(&mut state, BotCommand::Customise("tutor".into()));
    assert_eq!(state.page, Page::Editor);
    let copy = editor(&state);
    assert_eq!(copy.bot.id.as_str(), "my-tutor-3");
    assert_eq!(copy.base, Some(("tutor".into(), BotVersion::FIRST)));
    assert!(copy.is_unsaved() && !copy.has_edits(), "nothing of the user's would be lost");

    ask(&mut state, BotCommand::Duplicate("my-tutor".into()));
    assert_eq!(editor(&state).bot.id.as_str(), "my-tutor-copy");
    assert_eq!(editor(&state).base, None);
    ask(&mut state, BotCommand::Customise("my-tutor".into()));
    assert_eq!(editor(&state).saved.as_ref(), Some(&editor(&state).bot));
}

#[test]
fn the_id_of_a_new_bot_follows_its_name_until_it_is_kept_or_chosen() {
    let mut state = with(vec![own("bug-hunter")]);
    ask(&mut state, BotCommand::New);
    rename(&mut state, "Bug hunter");
    assert_eq!(editor(&state).bot.id.as_str(), "bug-hunter-2");
    let bot = Bot { id: "mine".into(), ..editor(&state).bot.clone() };
    edit(&mut state, EditorCommand::Change(Box::new(bot)));
    rename(&mut state, "Another");
    assert_eq!(editor(&state).bot.id.as_str(), "mine");
}

#[test]
fn a_bot_is_saved_once_the_library_tells_of_it() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    rename(&mut state, "Ada");
    let saves = saved(edit(&mut state, EditorCommand::Save));
    assert_eq!(saves.len(), 1);
    assert_eq!(saves[0].bot.name, "Ada");
    assert!(editor(&state).is_saving() && editor(&state).is_unsaved());

    rename(&mut state, "Ada Lovelace");
    let version = BotVersion::FIRST.next();
    let kept = Bot { version, ..saves[0].bot.clone() };
    tell(&mut state, vec![BotEntry::new(kept, BotOrigin::Own)]);
    assert_eq!(titles(&state), ["Saved as version 1.1"]);
    assert!(editor(&state).is_unsaved(), "what was typed since is not saved");
    assert_eq!(editor(&state).bot.version, version);
    rename(&mut state, "Ada");
    assert!(!editor(&state).is_unsaved());
    assert_eq!(saved(edit(&mut state, EditorCommand::Save)), []);
}

#[test]
fn a_save_that_failed_can_be_asked_for_again() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    rename(&mut state, "Ada");
    edit(&mut state, EditorCommand::Save);
    let notice = Notice { code: NoticeCode::WriteFailed, detail: "disk full".to_owned() };
    apply(&mut state, BackendEvent::Notice(notice), NOW);
    assert!(!editor(&state).is_saving());
    assert_eq!(saved(edit(&mut state, EditorCommand::Save)).len(), 1);
}

#[test]
fn a_bot_with_something_wrong_is_not_saved_and_it_is_said_what() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::New);
    let wrong = Bot { id: "a".into(), ..bot("a") };
    edit(&mut state, EditorCommand::Change(Box::new(wrong)));
    assert_eq!(saved(edit(&mut state, EditorCommand::Save)), []);
    assert_eq!(titles(&state), ["Not saved yet"]);
    assert_eq!(state.toasts[0].body, "id: \"a\" is the id of another bot.");
}

#[test]
fn what_was_typed_outlives_other_pages_and_is_discarded_only_when_asked_twice() {
    let mut state = with(vec![own("a"), own("b")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    rename(&mut state, "Typed");
    handle(&mut state, UiCommand::NewChat, at(0));
    ask(&mut state, BotCommand::OpenGallery);
    ask(&mut state, BotCommand::Customise("a".into()));
    assert_eq!((editor(&state).bot.name.as_str(), &state.page), ("Typed", &Page::Editor));

    ask(&mut state, BotCommand::Customise("b".into()));
    assert_eq!(state.overlay, Overlay::DiscardBot);
    assert_eq!(editor(&state).bot.name, "Typed");
    edit(&mut state, EditorCommand::Show);
    edit(&mut state, EditorCommand::Discard);
    assert_eq!(state.overlay, Overlay::DiscardBot);
    edit(&mut state, EditorCommand::DiscardNow);
    assert!(state.editor.is_none(), "nothing waited to be edited");
    assert_eq!(state.page, Page::Gallery);

    ask(&mut state, BotCommand::Customise("a".into()));
    edit(&mut state, EditorCommand::Discard);
    assert!(state.editor.is_none(), "there was nothing to lose");
}

#[test]
fn who_discards_one_bot_for_another_gets_the_other() {
    let mut state = with(vec![own("a"), own("b")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    rename(&mut state, "Typed");
    ask(&mut state, BotCommand::Customise("b".into()));
    edit(&mut state, EditorCommand::DiscardNow);
    assert_eq!(editor(&state).bot.id.as_str(), "b");
    assert_eq!(state.overlay, Overlay::Nothing);
}

#[test]
fn the_test_is_a_chat_of_its_own_that_ends_with_the_editor() {
    let mut state = with(vec![own("a")]);
    let effects = commands(ask(&mut state, BotCommand::Customise("a".into())));
    let [BackendCommand::StartChat(start)] = effects.as_slice() else { panic!("{effects:?}") };
    assert!(start.test);
    let first = start.chat;
    assert_eq!(state.open_chat(), Some(first));
    assert_eq!(state.chats.as_ref().map(Vec::len), Some(0), "no list shows it");

    rename(&mut state, "Ada");
    assert!(editor(&state).test_is_older());
    let effects = commands(edit(&mut state, EditorCommand::RestartTest));
    let [BackendCommand::EndTest { chat }, BackendCommand::StartChat(start)] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(*chat, first);
    assert_eq!(start.cast.name, "Ada");
    let second = start.chat;
    let effects = commands(edit(&mut state, EditorCommand::DiscardNow));
    assert!(
        matches!(effects.as_slice(), [BackendCommand::EndTest { chat }] if *chat == second),
        "{effects:?}"
    );
    assert!(state.test.is_none() && !state.conversations.contains_key(&second));
}

#[test]
fn a_deleted_bot_comes_back_with_its_tools_and_marks() {
    let mut entry = own("a");
    entry.bot.tools =
        vec![ToolNeed { name: "search_web".to_owned(), reason: "To look".to_owned() }];
    entry.granted = vec!["search_web".to_owned()];
    entry.favourite = true;
    entry.base = Some(("tutor".into(), BotVersion::FIRST));
    let mut state = with(vec![entry.clone()]);
    let effects = commands(ask(&mut state, BotCommand::Delete("a".into())));
    assert!(
        matches!(effects.as_slice(), [BackendCommand::DeleteBot { bot }] if *bot == entry.bot.id)
    );
    tell(&mut state, Vec::new());
    let undo = state.toasts[0].actions[0].command.clone();
    let effects = commands(handle(&mut state, undo, at(0)));
    let save = SaveBot { bot: entry.bot, base: entry.base, granted: entry.granted };
    assert!(
        matches!(effects.as_slice(), [BackendCommand::RestoreBot(back)] if **back == save),
        "{effects:?}"
    );
    assert!(state.toasts.is_empty());
}

#[test]
fn a_bot_with_unsaved_changes_is_deleted_only_when_asked_twice_and_undo_brings_them_back() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    rename(&mut state, "Typed");
    ask(&mut state, BotCommand::OpenGallery);
    assert!(commands(ask(&mut state, BotCommand::Delete("a".into()))).is_empty());
    assert_eq!(state.overlay, Overlay::DeleteEdited("a".into()));
    handle(&mut state, UiCommand::CloseOverlay, at(0));
    assert_eq!(editor(&state).bot.name, "Typed");

    ask(&mut state, BotCommand::Delete("a".into()));
    ask(&mut state, BotCommand::Delete("a".into()));
    assert_eq!((&state.overlay, state.editor.is_none()), (&Overlay::Nothing, true));
    tell(&mut state, Vec::new());
    let undo = state.toasts[0].actions[0].command.clone();
    handle(&mut state, undo, at(0));
    // What is told before the bot is back changes nothing.
    tell(&mut state, Vec::new());
    tell(&mut state, vec![own("a")]);
    let back = editor(&state);
    assert_eq!((back.bot.name.as_str(), back.saved.as_ref()), ("Typed", Some(&bot("a"))));
    assert_eq!(state.page, Page::Gallery, "who undoes stays where they are");
}

/// What the editor hands over to be kept until so many milliseconds have passed.
fn kept(state: &mut AppState, ms: i64) -> Vec<Option<Box<EditedBot>>> {
    let kept = commands(tick(state, Timestamp(NOW.0 + ms)).0).into_iter();
    let kept = kept.filter_map(|command| {
        let BackendCommand::KeepEdit(edited) = command else { return None };
        Some(edited)
    });
    kept.collect()
}

#[test]
fn what_is_typed_is_kept_soon_and_forgotten_when_it_is_discarded() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    assert_eq!(kept(&mut state, 10_000), [], "nothing is unsaved");
    rename(&mut state, "Typed");
    assert_eq!(kept(&mut state, 0), []);
    let found = kept(&mut state, 2_000);
    let [Some(edited)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((edited.bot.name.as_str(), edited.is_change), ("Typed", true));
    edit(&mut state, EditorCommand::Show);
    assert_eq!(kept(&mut state, 10_000), [], "it is there already");
    edit(&mut state, EditorCommand::DiscardNow);
    assert_eq!(kept(&mut state, 10_000), [None]);
}

#[test]
fn what_was_not_saved_when_the_app_ended_is_in_the_editor_again() {
    let mut entry = BotEntry::new(bot("a"), BotOrigin::Own);
    entry.granted = vec!["read_file".to_owned()];
    let typed = Bot { instructions: "Typed".to_owned(), ..bot("a") };
    let base = Some(("tutor".into(), BotVersion::FIRST));
    let edited = |bot: Bot, is_change| EditedBot {
        bot,
        is_change,
        base: base.clone(),
        granted: vec!["search_web".to_owned()],
        values: [("topic".to_owned(), "bees".to_owned())].into(),
    };
    let again = |edited| {
        let mut state = with(vec![entry.clone()]);
        apply(&mut state, BackendEvent::EditKept(Box::new(edited)), NOW);
        state
    };

    let mut state = again(edited(typed.clone(), true));
    let found = editor(&state);
    assert_eq!((&found.bot, found.saved.as_ref()), (&typed, Some(&bot("a"))));
    assert_eq!(
        (found.granted.as_slice(), found.values["topic"].as_str()),
        (["search_web".to_owned()].as_slice(), "bees")
    );
    assert!(found.has_edits() && state.page != Page::Editor);
    assert_eq!(kept(&mut state, 10_000), [], "it is on the disk");
    let effects = commands(edit(&mut state, EditorCommand::Show));
    assert!(matches!(effects.as_slice(), [BackendCommand::StartChat(_)]), "{effects:?}");

    let state = again(edited(bot("new"), false));
    assert_eq!((&editor(&state).saved, &editor(&state).base), (&None, &base));

    let saved = EditedBot { granted: entry.granted.clone(), ..edited(bot("a"), false) };
    let mut state = again(saved);
    assert!(state.editor.is_none(), "it was saved in the last moment");
    assert_eq!(kept(&mut state, 10_000), [None]);
}

#[test]
fn a_copy_of_what_ships_with_the_app_has_no_torn_lines() {
    let wrapped =
        Bot { instructions: "You help\nwith it.\n\n- One\n  entry".to_owned(), ..bot("a") };
    let mut state = with(vec![BotEntry::new(wrapped, BotOrigin::BuiltIn)]);
    ask(&mut state, BotCommand::Customise("a".into()));
    assert_eq!(editor(&state).bot.instructions, "You help with it.\n\n- One entry");
    assert!(!editor(&state).has_edits());
}

#[test]
fn bots_of_the_app_and_of_personas_are_neither_deleted_nor_archived() {
    for origin in [BotOrigin::BuiltIn, BotOrigin::Personas] {
        let mut state = with(vec![BotEntry::new(bot("a"), origin)]);
        assert!(ask(&mut state, BotCommand::Delete("a".into())).is_empty());
        let archive = BotCommand::Archive { bot: "a".into(), archived: true };
        assert!(ask(&mut state, archive).is_empty());
    }
}

#[test]
fn a_persona_is_changed_in_its_file() {
    let mut state = with(vec![BotEntry::new(bot("a"), BotOrigin::Personas)]);
    ask(&mut state, BotCommand::Customise("a".into()));
    assert!(state.editor.is_none());
    assert_eq!(titles(&state), ["Bot a is changed in personas.yaml"]);
    let open = state.toasts[0].actions[0].command.clone();
    let effects = handle(&mut state, open, at(0));
    assert!(matches!(effects.as_slice(), [Effect::OpenFolder(folder)] if folder.ends_with("data")));
    let duplicate = state.toasts[0].actions[1].command.clone();
    handle(&mut state, duplicate, at(0));
    assert_eq!(editor(&state).bot.id.as_str(), "a-copy");
}

/// What was read is kept under an id that is free, as the next version, or not at all.
#[test]
fn imported_bots_find_their_place() {
    let changed = |id: &str| Bot { instructions: "Changed".to_owned(), ..bot(id) };
    let keep = |bot: Bot, keep: KeepAs| KeepBot { bot, granted: Vec::new(), keep };
    let table = [
        (keep(bot("new"), KeepAs::Another), Some("new")),
        (keep(changed("own"), KeepAs::Another), Some("own-2")),
        (keep(changed("own"), KeepAs::NextVersion), Some("own")),
        (keep(bot("own"), KeepAs::NextVersion), None),
        (keep(bot("own"), KeepAs::Another), None),
        (keep(changed("shipped"), KeepAs::NextVersion), Some("shipped-2")),
    ];
    for (keep, expected) in table {
        let mut state = with(vec![own("own"), BotEntry::new(bot("shipped"), BotOrigin::BuiltIn)]);
        let words = format!("{keep:?}");
        let effects = ask(&mut state, BotCommand::KeepImported(vec![keep]));
        let ids: Vec<String> =
            saved(effects).into_iter().map(|save| save.bot.id.to_string()).collect();
        let expected: Vec<String> = expected.map(str::to_owned).into_iter().collect();
        assert_eq!(ids, expected, "{words}");
    }
}

#[test]
fn two_bots_of_one_id_are_both_kept_and_no_tool_is_granted_that_none_asks_for() {
    let mut state = with(Vec::new());
    let keep = |text: &str| KeepBot {
        bot: Bot { instructions: text.to_owned(), ..bot("twin") },
        granted: vec!["run_command".to_owned()],
        keep: KeepAs::Another,
    };
    let effects = ask(&mut state, BotCommand::KeepImported(vec![keep("one"), keep("two")]));
    let saves = saved(effects);
    let ids: Vec<&str> = saves.iter().map(|save| save.bot.id.as_str()).collect();
    assert_eq!(ids, ["twin", "twin-2"]);
    assert!(saves.iter().all(|save| save.granted.is_empty()));
    assert_eq!(titles(&state), ["2 bots imported"]);
}

#[test]
fn what_is_read_after_the_dialog_was_closed_is_dropped() {
    let mut state = with(Vec::new());
    let effects = commands(ask(&mut state, BotCommand::ImportText("text".to_owned())));
    let [BackendCommand::ReadBots { query, .. }] = effects.as_slice() else { panic!() };
    handle(&mut state, UiCommand::CloseOverlay, at(0));
    apply(&mut state, BackendEvent::BotsRead { query: *query, read: Vec::new() }, NOW);
    assert_eq!((state.import.as_ref(), &state.overlay), (None, &Overlay::Nothing));
}

#[test]
fn an_older_version_comes_back_as_a_change() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    let effects = commands(edit(&mut state, EditorCommand::LoadVersions));
    let [BackendCommand::LoadBotVersions { query, bot }] = effects.as_slice() else { panic!() };
    let old = Bot { instructions: "Old".to_owned(), ..super::editor::bot("a") };
    let versions = vec![BotVersionInfo { bot: old.clone(), saved: NOW }];
    let event =
        BackendEvent::BotVersions { query: *query, bot: bot.clone(), versions: versions.clone() };
    apply(&mut state, event, NOW);
    assert_eq!(editor(&state).versions.as_ref(), Some(&versions));
    edit(&mut state, EditorCommand::Restore(Box::new(versions[0].clone())));
    assert_eq!(editor(&state).bot.instructions, "Old");
    assert!(editor(&state).is_unsaved());
    assert_eq!(state.overlay, Overlay::Nothing);
}

#[test]
fn a_block_goes_to_the_clipboard_and_a_file_where_the_user_says() {
    let mut state = with(vec![own("a")]);
    let export = |format| BotCommand::Export { bot: "a".into(), format };
    let effects = ask(&mut state, export(BotFormat::Block));
    assert!(matches!(
        effects.as_slice(),
        [Effect::Backend(BackendCommand::ExportBot { to: None, .. })]
    ));
    let effects = ask(&mut state, export(BotFormat::CardPng));
    assert!(matches!(effects.as_slice(), [Effect::ExportBot(_, BotFormat::CardPng)]));
    let told = BackendEvent::BotText { name: "Bot a".to_owned(), text: "block".to_owned() };
    let effects = apply(&mut state, told, NOW);
    assert!(matches!(effects.as_slice(), [Effect::Copy(text)] if text == "block"));
}

#[test]
fn a_bot_is_compared_with_the_one_made_of_it_from_either_side() {
    let mut mine = own("my-tutor");
    mine.base = Some(("tutor".into(), BotVersion::FIRST));
    let mut state = with(vec![BotEntry::new(bot("tutor"), BotOrigin::BuiltIn), mine]);
    for id in ["tutor", "my-tutor"] {
        let (theirs, ours) = state.bot_and_mine(&id.into()).unwrap();
        assert_eq!((theirs.bot.id.as_str(), ours.bot.id.as_str()), ("tutor", "my-tutor"));
    }
    ask(&mut state, BotCommand::CompareWithMine("tutor".into()));
    assert_eq!(state.overlay, Overlay::CompareBots("tutor".into()));
}

#[test]
fn a_question_that_stays_without_an_answer_keeps_nobody_waiting() {
    let mut state = with(vec![own("a")]);
    ask(&mut state, BotCommand::Customise("a".into()));
    let effects = commands(edit(&mut state, EditorCommand::LoadVersions));
    let [BackendCommand::LoadBotVersions { query, .. }] = effects.as_slice() else { panic!() };
    assert_eq!(state.overlay, Overlay::BotVersions);
    apply(&mut state, BackendEvent::QueryFailed(*query), NOW);
    assert_eq!(state.overlay, Overlay::Nothing);

    let effects = commands(ask(&mut state, BotCommand::ImportText("text".to_owned())));
    let [BackendCommand::ReadBots { query, .. }] = effects.as_slice() else { panic!() };
    apply(&mut state, BackendEvent::QueryFailed(*query), NOW);
    assert_eq!(state.import.as_ref().map(|import| &import.read), Some(&Read::Nothing));
}
