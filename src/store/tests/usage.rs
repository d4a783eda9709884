//! What answers took, from the run to the report.

use super::*;

const USED: Usage = Usage {
    prompt_tokens: Some(100),
    completion_tokens: Some(20),
    cached_tokens: Some(40),
    cache_write_tokens: None,
    cost_usd: Some(0.5),
};

/// Begins a run and journals what it took.
async fn run_with(store: &StoreHandle, chat: ChatId, model: &str, usage: Usage) -> Vec<RunEvent> {
    let question = question(chat, None, "Hello");
    let answer = answer_to(&question, model);
    store.begin_run(begin(&question, &answer)).await.unwrap();
    let mut all = events(&answer, &["words"]);
    let done = all.pop().unwrap();
    let said: Vec<StreamEvent> = all.into_iter().map(|event| event.event).collect();
    let all = [said, vec![StreamEvent::usage(usage), done.event]].concat();
    let all = numbered(&answer, all);
    for event in all.iter().take(2) {
        store.append(event.clone()).unwrap();
    }
    store.flush().await.unwrap();
    all
}

async fn all_usage(store: &StoreHandle) -> UsageReport {
    store.usage(UsageRange::All, START).await.unwrap()
}

fn one_answer() -> UsageSum {
    UsageSum { answers: 1, unpriced: 0, usage: USED }
}

#[tokio::test]
async fn an_answer_is_counted_when_it_ends_and_only_once() {
    let fixture = Fixture::new();
    let chat = new_chat();
    let events = run_with(&fixture.store, chat, "one", USED).await;
    assert_eq!(all_usage(&fixture.store).await, UsageReport::default());
    for _ in 0..2 {
        let done = events.last().unwrap().clone();
        fixture.store.finish_run(done, ReadState::Seen).await.unwrap();
    }
    let report = all_usage(&fixture.store).await;
    assert_eq!(report.total, one_answer());
    assert_eq!(report.models, [(ModelId::new("test", "one"), one_answer())]);
    assert_eq!(report.chats, [(Some(chat), "Hello".to_owned(), one_answer())]);
    assert_eq!(report.days.len(), 1);
    let other = open_at(&fixture.path()).handle;
    let spent = other.spent(START).await.unwrap();
    assert_eq!((spent.day_usd, spent.month_usd), (0.5, 0.5), "seen by another process");
    assert_eq!(other.recent_models(8).await.unwrap(), [ModelId::new("test", "one")]);
}

#[tokio::test]
async fn an_answer_that_a_crash_cut_off_is_counted_at_the_next_start() {
    let fixture = Fixture::new();
    run_with(&fixture.store, new_chat(), "one", USED).await;
    // What a killed process leaves: its files as they are, and nobody who holds its lock.
    let copy = fixture.dir.path().join("copy.db");
    for suffix in ["", "-wal"] {
        let from = open::beside(&fixture.path(), suffix);
        std::fs::copy(from, open::beside(&copy, suffix)).unwrap();
    }
    for _ in 0..2 {
        let store = open_at(&copy).handle;
        assert_eq!(all_usage(&store).await.total, one_answer());
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_failed_without_taking_anything_is_not_counted() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let done = StreamEvent::Done {
        status: RunStatus::Failed,
        message_id: answer.id,
        reply_to_id: answer.parent,
    };
    let done = numbered(&answer, vec![done]).remove(0);
    fixture.store.finish_run(done, ReadState::Seen).await.unwrap();
    assert_eq!(all_usage(&fixture.store).await, UsageReport::default());
    assert_eq!(fixture.store.recent_models(8).await.unwrap(), []);
}

#[tokio::test]
async fn absurd_figures_do_not_keep_an_answer_from_being_stored() {
    let fixture = Fixture::new();
    let chat = new_chat();
    for _ in 0..3 {
        let absurd = Usage {
            prompt_tokens: Some(u64::MAX),
            completion_tokens: Some(u64::MAX),
            cached_tokens: Some(u64::MAX),
            cache_write_tokens: Some(u64::MAX),
            cost_usd: Some(1e300),
        };
        let events = run_with(&fixture.store, chat, "one", absurd).await;
        let done = events.last().unwrap().clone();
        let (answer, _) = fixture.store.finish_run(done, ReadState::Seen).await.unwrap();
        assert_eq!(answer.text(), "words");
    }
    let report = all_usage(&fixture.store).await;
    assert_eq!((report.total.answers, report.total.unpriced), (3, 3));
    assert_eq!(report.total.usage.cost_usd, None);
}

#[tokio::test]
async fn a_title_costs_but_is_no_answer_and_no_choice_of_a_model() {
    let fixture = Fixture::new();
    let chat = new_chat();
    converse(&fixture.store, chat, None, "Hello", "Hi").await;
    assert!(fixture.store.wants_title(chat).await.unwrap());
    fixture.store.add_usage(START, ModelId::new("test", "cheap"), chat, USED).await.unwrap();
    let report = all_usage(&fixture.store).await;
    assert_eq!((report.total.answers, report.total.usage.cost_usd), (1, Some(0.5)));
    assert_eq!(fixture.store.recent_models(8).await.unwrap(), [ModelId::new("test", "one")]);
}

#[tokio::test]
async fn a_title_is_wanted_after_the_first_question_only() {
    let fixture = Fixture::new();
    let (asked, renamed, deleted) = (new_chat(), new_chat(), new_chat());
    assert!(!fixture.store.wants_title(asked).await.unwrap(), "there is no such chat");
    let mut last = None;
    for chat in [renamed, deleted, asked] {
        last = Some(converse(&fixture.store, chat, None, "Hello", "Hi").await.1);
        assert!(fixture.store.wants_title(chat).await.unwrap());
    }
    fixture.store.rename_chat(renamed, "Mine").await.unwrap();
    fixture.store.delete_chat(deleted).await.unwrap();
    let parent = last.map(|answer| answer.id);
    converse(&fixture.store, asked, parent, "And then?", "Then").await;
    for chat in [renamed, deleted, asked] {
        assert!(!fixture.store.wants_title(chat).await.unwrap());
    }
}

#[tokio::test]
async fn chats_that_are_gone_stay_in_the_sums() {
    let fixture = Fixture::new();
    let (kept, deleted, gone) = (new_chat(), new_chat(), new_chat());
    let model = ModelId::new("test", "one");
    for chat in [kept, deleted, gone] {
        converse(&fixture.store, chat, None, "Hello", "Hi").await;
        fixture.store.add_usage(START, model.clone(), chat, USED).await.unwrap();
    }
    fixture.store.delete_chat(gone).await.unwrap();
    fixture.store.purge_deleted(Timestamp(i64::MAX)).await.unwrap();
    fixture.store.delete_chat(deleted).await.unwrap();
    let report = all_usage(&fixture.store).await;
    assert_eq!(report.total.usage.cost_usd, Some(1.5));
    let mut chats: Vec<_> = report.chats.iter().map(|(id, title, _)| (*id, &**title)).collect();
    chats.sort_unstable();
    assert_eq!(chats, [(None, "Chats that are gone"), (None, "Hello"), (Some(kept), "Hello")]);
}

#[tokio::test]
async fn what_was_used_before_this_version_is_part_of_the_sums() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("switchboard.db");
    let mut db = rusqlite::Connection::open(&path).unwrap();
    schema::MIGRATIONS.to_version(&mut db, 1).unwrap();
    db.execute_batch(
        "INSERT INTO chat (n, id, title, created, updated)
         VALUES (1, x'0190000000007000800000000000000a', 'Old', 0, 0);
         INSERT INTO message (id, chat, depth, role, created, model, status, prompt_tokens,
                              completion_tokens, cost)
         VALUES (x'01', 1, 0, 'user', 1700000000000, NULL, NULL, NULL, NULL, NULL),
                (x'02', 1, 1, 'assistant', 1700000000000, 'a/x', 'complete', 10, 5, 0.25),
                (x'03', 1, 1, 'assistant', 1700000001000, 'a/x', 'stopped', 10, NULL, NULL),
                (x'04', 1, 1, 'assistant', 1700000002000, 'a/x', 'failed', NULL, NULL, NULL),
                (x'05', 1, 1, 'assistant', 1700900000000, 'b/y', 'complete', -7, 1, 1e300),
                (x'06', 1, 1, 'assistant', 1700900000000, 'b/y', 'complete',
                 9223372036854775807, 9223372036854775807, 1.0);",
    )
    .unwrap();
    drop(db);
    for _ in 0..2 {
        let opened = open_at(&path);
        assert_eq!(opened.notices, vec![]);
        let report = all_usage(&opened.handle).await;
        assert_eq!((report.total.answers, report.total.unpriced), (4, 1));
        assert_eq!(report.total.usage.cost_usd, Some(1.25));
        assert_eq!(report.days.len(), 2);
        assert_eq!(report.chats[0].1, "Old");
        let recent = opened.handle.recent_models(1).await.unwrap();
        assert_eq!(recent, [ModelId::new("b", "y")]);
        opened.handle.close().await.unwrap();
    }
}
