//! Files that cannot be used, and disks that are full.

use super::*;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

/// A closed store with something in it.
async fn filled(path: &Path) {
    let store = open_at(path).handle;
    let chat = new_chat();
    let mut parent = None;
    for _ in 0..30 {
        let (_, answer) = converse(&store, chat, parent, "Hello", &"word ".repeat(500)).await;
        parent = Some(answer.id);
    }
    store.close().await.unwrap();
}

/// Opens what cannot be used: the notice comes, the file stays, and the app works in memory.
async fn refused(path: &Path) -> NoticeCode {
    let before = std::fs::read(path).ok();
    let opened = open_at(path);
    assert_eq!(opened.notices.len(), 1, "{:?}", opened.notices);
    assert!(opened.notices[0].detail.contains("switchboard.db"));
    let (_, answer) = converse(&opened.handle, new_chat(), None, "Hello", "Hi").await;
    assert_eq!(opened.handle.message(answer.id).await.unwrap().unwrap().text(), "Hi");
    assert_eq!(opened.handle.search("hello", 1).await.unwrap().len(), 1);
    assert_eq!(opened.handle.stats().await.unwrap().file, None);
    opened.handle.close().await.unwrap();
    assert_eq!(std::fs::read(path).ok(), before, "the file is untouched");
    opened.notices[0].code.clone()
}

#[tokio::test]
async fn a_damaged_file_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    filled(&path).await;
    let whole = std::fs::read(&path).unwrap();
    let mut scribbled = whole.clone();
    scribbled[4096..40_960].fill(0x5a);
    let mut bad_schema = whole.clone();
    bad_schema[100..4096].fill(0x5a);
    for (what, bytes) in [
        ("text", b"this is no database, but a letter to my aunt".to_vec()),
        ("short", whole[..64].to_vec()),
        ("truncated", whole[..whole.len() / 2].to_vec()),
        ("scribbled", scribbled),
        ("schema", bad_schema),
    ] {
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(refused(&path).await, NoticeCode::StoreDamaged, "{what}");
    }
    std::fs::write(&path, whole).unwrap();
    assert_eq!(open_at(&path).notices, vec![]);
}

#[tokio::test]
async fn damage_further_in_is_an_error_and_not_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    filled(&path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let tail = bytes.len() / 2;
    bytes[tail..].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let opened = open_at(&path);
    if opened.notices.is_empty() {
        let chats = opened.handle.list_chats().await;
        let page = match &chats {
            Ok(chats) => opened.handle.page(chats[0].id, None, 100).await.map(|_| ()),
            Err(error) => Err(error.clone()),
        };
        assert!(matches!(page, Err(StoreError::Damaged(_))), "{page:?}");
        assert_ne!(opened.handle.check().await.unwrap(), Vec::<String>::new());
    } else {
        assert_eq!(opened.notices[0].code, NoticeCode::StoreDamaged);
    }
}

#[tokio::test]
async fn a_newer_file_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    filled(&path).await;
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(db);
    assert_eq!(refused(&path).await, NoticeCode::StoreNewer);
    // The version may stand in the write-ahead log only.
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA user_version = 1").unwrap();
    drop(db);
    let db = Connection::open(&path).unwrap();
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 99").unwrap();
    let copy = dir.path().join("copy-switchboard.db");
    for suffix in ["", "-wal"] {
        std::fs::copy(open::beside(&path, suffix), open::beside(&copy, suffix)).unwrap();
    }
    assert_eq!(refused(&copy).await, NoticeCode::StoreNewer);
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("switchboard.db");
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(refused(&folder).await, NoticeCode::StoreUnavailable);
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(refused(&file.join("switchboard.db")).await, NoticeCode::StoreUnavailable);
}

#[tokio::test]
async fn chats_in_a_file_that_cannot_be_written_can_still_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    filled(&path).await;
    let locks = dir.path().join("switchboard.db-locks");
    std::fs::remove_dir_all(&locks).unwrap();
    std::fs::write(&locks, b"in the way").unwrap();
    assert_eq!(refused(&path).await, NoticeCode::StoreUnavailable);
    let opened = open_at(&path);
    let chats = opened.handle.list_chats().await.unwrap();
    let page = opened.handle.page(chats[0].id, None, 5).await.unwrap();
    assert_eq!((chats.len(), page.messages.len()), (1, 5));
    opened.handle.close().await.unwrap();
}

#[tokio::test]
async fn the_database_of_another_program_is_left_untouched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE cookies (a)").unwrap();
    drop(db);
    assert_eq!(refused(&path).await, NoticeCode::StoreUnavailable);
}

#[tokio::test]
async fn a_migration_makes_a_copy_first() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    filled(&path).await;
    let (now, next) = (schema::LATEST, schema::LATEST + 1);
    let mut steps = schema::STEPS.to_vec();
    steps.push(M::up("ALTER TABLE chat ADD COLUMN x TEXT"));
    let migrations = Migrations::from_slice(&steps);
    let mut db = Connection::open(&path).unwrap();
    schema::migrate(&mut db, Some(&path), &migrations, next).unwrap();
    assert_eq!(schema::version(&db).unwrap(), next);
    schema::migrate(&mut db, Some(&path), &migrations, next).unwrap();
    let copy = open::beside(&path, &format!(".v{now}.bak"));
    let opened = open_at(&copy);
    assert_eq!(opened.notices, vec![]);
    assert_eq!(opened.handle.stats().await.unwrap().messages, 60);
    // A copy that is there already is never written over.
    db.execute_batch(&format!("PRAGMA user_version = {now}; ALTER TABLE chat DROP COLUMN x"))
        .unwrap();
    schema::migrate(&mut db, Some(&path), &migrations, next).unwrap();
    assert!(open::beside(&path, &format!(".v{now}-2.bak")).exists());
}

#[test]
fn a_new_file_needs_no_copy() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    let mut db = Connection::open(&path).unwrap();
    schema::migrate(&mut db, Some(&path), &schema::MIGRATIONS, schema::LATEST).unwrap();
    assert!(!open::beside(&path, ".v0.bak").exists());
}

/// Another process holds the file: as with a full disk, the commit fails and may work later.
#[tokio::test]
async fn what_cannot_be_written_is_kept_and_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    let opened = open_at(&path);
    let store = opened.handle;
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    store.begin_run(begin(&question, &answer)).await.unwrap();
    let pages = store.limit_pages_for_test(Some(1)).await.unwrap();
    assert!(pages > 0);

    let long = "long ".repeat(20_000);
    let events = events(&answer, &[&long, "end"]);
    store.append(events[0].clone()).unwrap();
    assert_eq!(store.flush().await, Err(StoreError::Full));
    assert_eq!(store.flush().await, Err(StoreError::Full));
    store.append(events[1].clone()).unwrap();
    let done = events[2].clone();
    assert_eq!(store.finish_run(done, ReadState::Seen).await.err(), Some(StoreError::Full));
    let codes: Vec<_> = opened.later_notices.drain().map(|notice| notice.code).collect();
    assert_eq!(codes, vec![NoticeCode::WriteFailed], "told once");
    let seen = store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(seen.text(), format!("{long}end"), "and still there to be read");

    store.limit_pages_for_test(None).await.unwrap();
    store.flush().await.unwrap();
    assert_eq!(store.stats().await.unwrap().open_runs, 0, "the end was made up for");
    let stored = store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(stored.text(), format!("{long}end"));
    assert!(opened.later_notices.is_empty());
}
