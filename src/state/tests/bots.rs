//! Bots as the backend tells them.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::protocol::{BotEntry, BotFormat, BotOrigin, Library};

fn library(ids: &[&str]) -> Arc<Library> {
    let entry = |id: &&str| Arc::new(BotEntry::new(Bot::blank((*id).into(), *id), BotOrigin::Own));
    Arc::new(Library { bots: ids.iter().map(entry).collect(), problems: Vec::new() })
}

#[test]
fn the_window_asks_for_bots_whenever_it_is_looked_at() {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    let asked = commands(start(&mut state));
    assert!(matches!(asked[..], [BackendCommand::ListChats { .. }, BackendCommand::LoadBots]));
}

#[test]
fn the_same_library_again_changes_nothing() {
    let mut state = state();
    let first = library(&["a", "b"]);
    apply(&mut state, BackendEvent::Bots(first.clone()), NOW);
    assert_eq!(state.bots.get(&"b".into()).unwrap().bot.id.as_str(), "b");
    assert!(!state.bots.replace(first, &[]));
    assert!(state.bots.replace(library(&["b"]), &[]));
    assert!(state.bots.get(&"a".into()).is_none());
}

#[test]
fn a_bot_as_text_goes_to_the_clipboard_and_is_told() {
    let mut state = state();
    let told = BackendEvent::BotText { name: "Ada".to_owned(), text: "block".to_owned() };
    let effects = apply(&mut state, told, NOW);
    assert!(matches!(&effects[..], [Effect::Copy(text)] if text == "block"), "{effects:?}");
    assert_eq!(state.toasts[0].title, "Copied Ada");
}

#[test]
fn an_exported_bot_is_told_with_its_file() {
    let mut state = state();
    let to = PathBuf::from("/home/me").join(BotFormat::Yaml.file_name(&"ada".into()));
    apply(
        &mut state,
        BackendEvent::BotExported { name: "Ada".to_owned(), to, losses: Vec::new() },
        NOW,
    );
    let toast = &state.toasts[0];
    assert_eq!((toast.title.as_str(), toast.level), ("Exported Ada", ToastLevel::Info));
    assert!(toast.body.ends_with("ada.yaml"), "{}", toast.body);

    let losses = vec!["an assistant has no variables".to_owned()];
    let to = PathBuf::from("/home/me/bob.json");
    apply(&mut state, BackendEvent::BotExported { name: "Bob".to_owned(), to, losses }, NOW);
    let toast = &state.toasts[1];
    assert!(toast.body.contains("has no place for all of it"), "{}", toast.body);
    assert_eq!(toast.detail, "an assistant has no variables");
}

#[test]
fn a_mistake_in_a_plain_file_leads_to_the_folder_it_is_in() {
    let mut state = state();
    state.config_dir = Arc::new("/config".into());
    for code in [NoticeCode::PersonasUnreadable, NoticeCode::ConfigUnknownKey] {
        state.toasts.clear();
        let notice = Notice { code, detail: "personas.yaml:3: wrong".to_owned() };
        apply(&mut state, BackendEvent::Notice(notice), NOW);
        let toast = &state.toasts[0];
        assert!(toast.body.starts_with("personas.yaml:3: wrong. "), "{}", toast.body);
        let command = toast.actions[0].command.clone();
        let effects = handle(&mut state, command, at(0));
        let folder = PathBuf::from("/config");
        assert!(matches!(&effects[..], [Effect::OpenFolder(to)] if *to == folder), "{effects:?}");
    }
}

#[test]
fn a_mistake_that_is_mended_takes_its_warning_along() {
    let mut state = state();
    let detail = "personas.yaml:3: wrong".to_owned();
    let notice = Notice { code: NoticeCode::PersonasUnreadable, detail };
    apply(&mut state, BackendEvent::Notice(notice), NOW);
    assert_eq!(state.toasts.len(), 1);
    apply(&mut state, BackendEvent::Bots(Arc::default()), NOW);
    assert!(state.toasts.is_empty());
}

#[test]
fn a_mistake_that_ends_as_a_question_has_no_full_stop_behind_it() {
    let mut state = state();
    let detail = "personas.yaml:2:3: nme: did you mean \"name\"?".to_owned();
    let notice = Notice { code: NoticeCode::PersonasUnreadable, detail };
    apply(&mut state, BackendEvent::Notice(notice), NOW);
    let body = &state.toasts[0].body;
    assert!(body.contains("did you mean \"name\"? What it held"), "{body}");
}

#[test]
fn without_a_file_dialog_the_clipboard_is_named() {
    let mut state = state();
    handle(&mut state, UiCommand::Bots(BotCommand::NoFileDialog), at(0));
    assert!(state.toasts[0].body.contains("clipboard"), "{}", state.toasts[0].body);
}
