//! Bots of the user's own, their versions, and marks.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::Connection;
use rusqlite_migration::Migrations;

use super::*;

fn bot(id: &str, instructions: &str) -> Bot {
    Bot { instructions: instructions.to_owned(), ..Bot::blank(id.into(), "Ada") }
}

fn save(bot: Bot) -> SaveBot {
    SaveBot { bot, base: None, granted: Vec::new() }
}

/// A store whose clock goes on by a second with each look.
fn ticking() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let time = AtomicI64::new(1_000);
    let clock: Clock = Arc::new(move || Timestamp(time.fetch_add(1_000, Ordering::Relaxed)));
    let opened = open(&dir.path().join("switchboard.db"), clock);
    Fixture { store: opened.handle, dir }
}

async fn own(store: &StoreHandle) -> Vec<OwnBot> {
    store.own_bots(HashMap::new()).await.unwrap().own
}

fn content(own: &OwnBot) -> &Bot {
    match &own.content {
        OwnContent::Read(bot) => bot,
        other @ (OwnContent::Known | OwnContent::Unreadable(_)) => panic!("{other:?}"),
    }
}

async fn version_names(store: &StoreHandle, id: &str) -> Vec<String> {
    let versions = store.bot_versions(id.into()).await.unwrap();
    versions.iter().map(|info| info.bot.version.to_string()).collect()
}

#[tokio::test]
async fn a_bot_saved_again_gets_the_next_version_and_the_one_before_is_kept() {
    let Fixture { store, dir } = ticking();
    let base = ("rust-mentor".into(), BotVersion::FIRST);
    let first = SaveBot {
        base: Some(base.clone()),
        granted: vec!["read_file".to_owned()],
        bot: bot("ada", "one"),
    };
    assert_eq!(store.save_bot(first).await.unwrap().version.to_string(), "1.0");
    assert_eq!(store.save_bot(save(bot("ada", "two"))).await.unwrap().version.to_string(), "1.1");
    let newer = Bot { version: "3.0".parse().unwrap(), ..bot("ada", "three") };
    assert_eq!(store.save_bot(save(newer)).await.unwrap().version.to_string(), "3.0");

    let versions = store.bot_versions("ada".into()).await.unwrap();
    let told: Vec<_> = versions
        .iter()
        .map(|info| (info.bot.version.to_string(), info.bot.instructions.as_str()))
        .collect();
    let expected = [("3.0", "three"), ("1.1", "two"), ("1.0", "one")];
    assert_eq!(told, expected.map(|(version, text)| (version.to_owned(), text)));
    assert!(versions.is_sorted_by(|newer, older| newer.saved > older.saved), "{versions:?}");
    let all = own(&store).await;
    assert_eq!(content(&all[0]), &versions[0].bot);
    assert_eq!(all[0].base, Some(base), "what it was made of is not forgotten");
    assert_eq!(all[0].granted, Vec::<String>::new(), "and what was granted is what was said last");

    store.close().await.unwrap();
    let again = open_at(&dir.path().join("switchboard.db")).handle;
    assert_eq!(own(&again).await, all);
}

#[tokio::test]
async fn a_bot_that_is_what_it_was_gets_no_new_version() {
    let Fixture { store, dir: _dir } = ticking();
    store.save_bot(save(bot("ada", "one"))).await.unwrap();
    store.save_bot(save(bot("ada", "two"))).await.unwrap();
    let before = own(&store).await;
    let same = Bot { version: "7.0".parse().unwrap(), ..bot("ada", "two") };
    let granted = SaveBot { granted: vec!["shell".to_owned()], ..save(same) };
    assert_eq!(store.save_bot(granted).await.unwrap().version.to_string(), "1.1");
    assert_eq!(version_names(&store, "ada").await, ["1.1", "1.0"]);
    let after = own(&store).await;
    assert_eq!(after[0].granted, ["shell"], "consent alone is kept all the same");
    assert_eq!(after[0].saved, before[0].saved);
}

#[tokio::test]
async fn the_oldest_of_too_many_versions_are_let_go() {
    // The clock stands still: the order is kept all the same.
    let fixture = Fixture::new();
    for number in 0..=MOST_VERSIONS + 3 {
        fixture.store.save_bot(save(bot("ada", &number.to_string()))).await.unwrap();
    }
    let names = version_names(&fixture.store, "ada").await;
    assert_eq!(names.len(), MOST_VERSIONS + 1);
    assert_eq!(names[0], format!("1.{}", MOST_VERSIONS + 3));
    assert_eq!(names[MOST_VERSIONS], "1.3");
}

#[tokio::test]
async fn what_is_known_is_not_read_again_until_it_changes() {
    let Fixture { store, dir: _dir } = ticking();
    store.save_bot(save(bot("ada", "one"))).await.unwrap();
    store.save_bot(save(bot("bob", "one"))).await.unwrap();
    let known: HashMap<_, _> =
        own(&store).await.into_iter().map(|own| (own.id, own.saved)).collect();
    store.save_bot(save(bot("bob", "two"))).await.unwrap();
    store.archive_bot("ada".into(), true).await.unwrap();
    let kept = store.own_bots(known).await.unwrap();
    assert_eq!((&kept.own[0].content, kept.own[0].archived), (&OwnContent::Known, true));
    assert_eq!(content(&kept.own[1]).instructions, "two");
}

#[tokio::test]
async fn a_deleted_bot_is_gone_with_its_versions_and_its_marks_stay_for_an_undo() {
    let Fixture { store, dir: _dir } = ticking();
    for text in ["one", "two"] {
        store.save_bot(save(bot("ada", text))).await.unwrap();
    }
    store.mark_bot("ada".into(), true).await.unwrap();
    store.mark_bot("template".into(), true).await.unwrap();
    store.mark_bot("template".into(), false).await.unwrap();
    store.delete_bot("ada".into()).await.unwrap();
    store.delete_bot("ada".into()).await.unwrap();
    store.archive_bot("ada".into(), true).await.unwrap();
    assert_eq!(version_names(&store, "ada").await, Vec::<String>::new());
    let kept = store.own_bots(HashMap::new()).await.unwrap();
    assert_eq!(kept.own, vec![]);
    let mark = |favourite| BotMark { favourite, used: None };
    let expected = [("ada", mark(true)), ("template", mark(false))];
    assert_eq!(kept.marks, expected.map(|(id, mark)| (id.into(), mark)).into());
    assert_eq!(store.save_bot(save(bot("ada", "new"))).await.unwrap().version.to_string(), "1.0");
}

#[tokio::test]
async fn a_bot_that_cannot_be_read_hides_no_other_and_can_be_replaced() {
    let Fixture { store, dir } = ticking();
    store.save_bot(save(bot("ada", "one"))).await.unwrap();
    store.save_bot(save(bot("bob", "one"))).await.unwrap();
    let db = Connection::open(dir.path().join("switchboard.db")).unwrap();
    db.execute("UPDATE bot SET data = '{\"id\":', granted = 'x' WHERE id = 'ada'", []).unwrap();
    let all = own(&store).await;
    assert!(matches!(all[0].content, OwnContent::Unreadable(_)), "{:?}", all[0]);
    assert_eq!(content(&all[1]).instructions, "one");
    store.save_bot(save(bot("ada", "two"))).await.unwrap();
    assert_eq!(version_names(&store, "ada").await, ["1.0"]);
    let put_away: String = db
        .query_row("SELECT data FROM bot_version WHERE bot = 'ada'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(put_away, "{\"id\":");
}

#[tokio::test]
async fn two_processes_on_one_file_lose_no_version() {
    let Fixture { store, dir } = ticking();
    let other = open_at(&dir.path().join("switchboard.db")).handle;
    let (first, second) = (0..20, 0..20);
    let here = async {
        for number in first {
            store.save_bot(save(bot("ada", &format!("here {number}")))).await.unwrap();
        }
    };
    let there = async {
        for number in second {
            other.save_bot(save(bot("ada", &format!("there {number}")))).await.unwrap();
        }
    };
    tokio::join!(here, there);
    let names = version_names(&other, "ada").await;
    let expected: Vec<String> = (0..40).rev().map(|minor| format!("1.{minor}")).collect();
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_file_of_the_version_before_bots_keeps_its_chats() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    let old = Migrations::from_slice(&schema::STEPS[..2]);
    let mut db = Connection::open(&path).unwrap();
    schema::migrate(&mut db, Some(&path), &old, 2).unwrap();
    let (chat, message) = (new_chat(), IdSource.message(START));
    db.execute(
        "INSERT INTO chat (n, id, title, created, updated) VALUES (1, ?1, 'Old', 1, 2)",
        [chat.0.as_bytes()],
    )
    .unwrap();
    db.execute(
        "INSERT INTO message (n, id, chat, depth, role, created) VALUES (1, ?1, 1, 1, 'user', 1)",
        [message.0.as_bytes()],
    )
    .unwrap();
    drop(db);

    let opened = open_at(&path);
    assert_eq!(opened.notices, vec![]);
    let chats = opened.handle.list_chats().await.unwrap();
    assert_eq!((chats[0].id, chats[0].title.as_str()), (chat, "Old"));
    assert_eq!((&chats[0].bot, chats[0].test), (&None, false));
    assert_eq!(opened.handle.message(message).await.unwrap().unwrap().bot, None);
    assert_eq!(opened.handle.stats().await.unwrap().schema_version, u64::from(schema::LATEST));
    assert!(open::beside(&path, ".v2.bak").exists(), "a copy was made first");
    opened.handle.save_bot(save(bot("ada", "one"))).await.unwrap();
    assert_eq!(own(&opened.handle).await.len(), 1);
}

#[tokio::test]
async fn an_undone_deletion_brings_the_versions_back_until_it_is_purged() {
    let Fixture { store, dir: _dir } = ticking();
    for text in ["one", "two"] {
        store.save_bot(save(bot("ada", text))).await.unwrap();
    }
    store.archive_bot("ada".into(), true).await.unwrap();
    let before = own(&store).await;
    store.delete_bot("ada".into()).await.unwrap();
    store.restore_bot(save(bot("ada", "two"))).await.unwrap();
    assert_eq!(own(&store).await, before);
    assert_eq!(version_names(&store, "ada").await, ["1.1", "1.0"]);

    store.delete_bot("ada".into()).await.unwrap();
    store.purge_deleted_bots(Timestamp(0)).await.unwrap();
    store.restore_bot(save(bot("ada", "two"))).await.unwrap();
    assert_eq!(version_names(&store, "ada").await, ["1.1", "1.0"], "it is not old yet");
    store.delete_bot("ada".into()).await.unwrap();
    store.purge_deleted_bots(Timestamp(i64::MAX)).await.unwrap();
    store.restore_bot(save(bot("ada", "two"))).await.unwrap();
    assert_eq!(version_names(&store, "ada").await, ["1.0"]);
}

#[tokio::test]
async fn what_the_editor_holds_is_kept_replaced_and_forgotten() {
    let Fixture { store, dir } = ticking();
    assert_eq!(store.kept_edit().await.unwrap(), KeptEdit::Nothing);
    let edited = |text: &str| {
        Box::new(EditedBot {
            bot: bot("ada", text),
            is_change: true,
            base: Some(("tutor".into(), BotVersion::FIRST)),
            granted: vec!["search_web".to_owned()],
            values: [("topic".to_owned(), "bees".to_owned())].into(),
        })
    };
    for text in ["one", "two"] {
        store.keep_edit(Some(edited(text))).await.unwrap();
        assert_eq!(store.kept_edit().await.unwrap(), KeptEdit::Read(edited(text)));
    }
    let db = Connection::open(dir.path().join("switchboard.db")).unwrap();
    db.execute("UPDATE bot_edit SET data = '{'", []).unwrap();
    assert!(matches!(store.kept_edit().await.unwrap(), KeptEdit::Unreadable(_)));
    for _ in 0..2 {
        store.put_edit_aside().await.unwrap();
        assert_eq!(store.kept_edit().await.unwrap(), KeptEdit::Nothing);
    }
    let aside: String =
        db.query_row("SELECT data FROM bot_edit WHERE n = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(aside, "{");
    store.keep_edit(Some(edited("three"))).await.unwrap();
    store.keep_edit(None).await.unwrap();
    assert_eq!(store.kept_edit().await.unwrap(), KeptEdit::Nothing);
}
