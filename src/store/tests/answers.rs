//! Runs: from the question to the parts of the answer, and after a crash.

use super::*;

/// One of each event that says something about content, with things in between that do not.
fn eventful(answer: &Message) -> Vec<RunEvent> {
    let thinking = |content: &str, offset, opaque| StreamEvent::Thinking {
        content: content.to_owned(),
        offset,
        opaque,
    };
    let message = |content: &str, offset| StreamEvent::Message {
        role: Role::Assistant,
        content: content.to_owned(),
        message_id: answer.id,
        offset,
    };
    let call = ToolCallId::from("call-1");
    numbered(
        answer,
        vec![
            StreamEvent::State {
                from: AgentState::Idle,
                to: AgentState::Thinking,
                cause: StateCause::UserMessage,
            },
            thinking("Let me ", 0, None),
            thinking("see", 7, None),
            thinking("", 10, Some(serde_json::json!({ "signature": "x\"y" }))),
            message("Grüße, ", 0),
            message("🌍 wo", 9),
            message("rld", 16),
            StreamEvent::ToolStart {
                id: call.clone(),
                tool: "search".to_owned(),
                args: serde_json::json!({ "q": [1, 2, { "a": null }] }),
            },
            StreamEvent::ToolEnd {
                id: call,
                result: "found a pangolin".to_owned(),
                success: true,
                elapsed_ms: 12,
            },
            StreamEvent::Notification {
                covers: None,
                level: NotificationLevel::Warning,
                code: "turn_limit".to_owned(),
                message: "That was the last turn".to_owned(),
            },
            message("Second ", 0),
            message("block", 7),
            StreamEvent::ModelFallback {
                old_model: ModelId::new("test", "one"),
                new_model: ModelId::new("test", "two"),
                reason: "busy".to_owned(),
            },
            StreamEvent::Usage {
                cache_write_tokens: None,
                cached_tokens: None,
                prompt_tokens: Some(10),
                completion_tokens: Some(20),
                total_cost: Some(0.001),
                totals: Box::default(),
            },
            StreamEvent::Error {
                message: "gone".to_owned(),
                code: None,
                kind: ErrorKind::Network,
                status: None,
                retryable: false,
                retry_after_ms: None,
            },
            done(answer),
        ],
    )
}

fn live(answer: &Message, events: &[RunEvent]) -> Message {
    let mut live = answer.clone();
    for event in events {
        live.apply(&event.event, event.at);
    }
    live
}

#[tokio::test]
async fn a_stored_answer_equals_the_one_seen_live() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    let began = fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    assert_eq!((began.question, began.answer), (question.clone(), answer.clone()));
    assert!(!began.already);
    let events = eventful(&answer);
    for (count, event) in (1..).zip(&events) {
        if matches!(event.event, StreamEvent::Done { .. }) {
            break;
        }
        fixture.store.append(event.clone()).unwrap();
        if count % 3 == 0 {
            fixture.store.flush().await.unwrap();
        }
        let page = fixture.store.page(question.chat, None, 10).await.unwrap();
        assert_eq!(page.messages.last(), Some(&live(&answer, &events[..count])), "event {count}");
        assert_eq!(page.applied, Some((run_of(&answer), Seq(count as u64))));
    }
    let done = events.last().unwrap().clone();
    let (stored, chat) = fixture.store.finish_run(done, ReadState::Unread).await.unwrap();
    assert_eq!(stored, live(&answer, &events));
    assert_eq!((chat.unread, chat.messages), (true, 2));
    assert_eq!(chat.last_model, Some(ModelId::new("test", "two")));
    let page = fixture.store.page(question.chat, None, 10).await.unwrap();
    assert_eq!(page.messages, vec![question, stored]);
    assert_eq!(page.applied, None);
    assert_eq!(fixture.store.stats().await.unwrap().open_runs, 0);
}

#[tokio::test]
async fn doing_it_twice_changes_nothing() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let other_answer = answer_to(&question, "two");
    for again in [&answer, &other_answer] {
        let began = fixture.store.begin_run(begin(&question, again)).await.unwrap();
        assert!(began.already);
        assert_eq!((began.answer, began.chat.messages), (answer.clone(), 2));
    }
    let events = eventful(&answer);
    let (last, rest) = events.split_last().unwrap();
    for _ in 0..2 {
        for event in rest {
            fixture.store.append(event.clone()).unwrap();
        }
        fixture.store.flush().await.unwrap();
    }
    let first = fixture.store.finish_run(last.clone(), ReadState::Seen).await.unwrap();
    assert_eq!(first.0, live(&answer, &events));
    fixture.store.append(rest[4].clone()).unwrap();
    let second = fixture.store.finish_run(last.clone(), ReadState::Seen).await.unwrap();
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_question_can_be_answered_again() {
    let fixture = Fixture::new();
    let (question, first) = converse(&fixture.store, new_chat(), None, "Hello", "one").await;
    let again = answer_to(&question, "two");
    let request =
        BeginRun { question: Question::Existing(question.id), ..begin(&question, &again) };
    let began = fixture.store.begin_run(request.clone()).await.unwrap();
    assert_eq!(began.answer.siblings, Siblings { index: 1, count: 2 });
    assert_eq!(began.chat.messages, 3);
    assert!(fixture.store.begin_run(request).await.unwrap().already);
    let kept = fixture.store.message(first.id).await.unwrap().unwrap();
    assert_eq!(kept.text(), "one");
}

#[tokio::test]
async fn a_run_that_cannot_begin_leaves_nothing() {
    let fixture = Fixture::new();
    let (_, elsewhere) = converse(&fixture.store, new_chat(), None, "Hello", "one").await;
    for parent in [elsewhere.id, IdSource.message(START)] {
        let question = question(new_chat(), Some(parent), "Lost");
        let answer = answer_to(&question, "one");
        let result = fixture.store.begin_run(begin(&question, &answer)).await;
        assert_eq!(result, Err(StoreError::NotFound));
        assert_eq!(fixture.store.message(question.id).await.unwrap(), None);
        assert_eq!(fixture.store.chat(question.chat).await.unwrap(), None);
    }
}

pub(super) fn copy_store(from: &Path, to: &Path) {
    for suffix in ["", "-wal"] {
        std::fs::copy(open::beside(from, suffix), open::beside(to, suffix)).unwrap();
    }
}

#[tokio::test]
async fn after_a_crash_an_open_answer_is_interrupted_and_keeps_its_text() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let events = eventful(&answer);
    for event in &events[..7] {
        fixture.store.append(event.clone()).unwrap();
    }
    fixture.store.flush().await.unwrap();
    // What a killed process leaves: its files as they are, and nobody who holds its lock.
    let copy = fixture.dir.path().join("copy.db");
    copy_store(&fixture.path(), &copy);
    let opened = open_at(&copy);
    let codes: Vec<_> = opened.notices.iter().map(|notice| notice.code.clone()).collect();
    assert_eq!(codes, vec![NoticeCode::RunsInterrupted { count: 1 }]);
    let page = opened.handle.page(question.chat, None, 10).await.unwrap();
    let mut expected = live(&answer, &events[..7]);
    let details = expected.answer.as_mut().unwrap();
    details.status = AnswerStatus::Interrupted;
    // The time of the last row; its last delta came within the same 250 ms.
    details.duration_ms = Some(50);
    assert_eq!(page.messages.last(), Some(&expected));
    assert!(opened.handle.chat(question.chat).await.unwrap().unwrap().unread);
    assert_eq!(opened.handle.search("world", 5).await.unwrap().len(), 1);
    opened.handle.close().await.unwrap();
    assert_eq!(open_at(&copy).notices, vec![], "told once");
}

#[tokio::test]
async fn runs_of_a_living_process_are_left_alone() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let events = events(&answer, &["one ", "two"]);
    fixture.store.append(events[0].clone()).unwrap();
    fixture.store.flush().await.unwrap();
    let other = open_at(&fixture.path());
    assert_eq!(other.notices, vec![]);
    let seen = other.handle.message(answer.id).await.unwrap().unwrap();
    assert_eq!((seen.text().as_str(), seen.is_open()), ("one ", true));
    fixture.store.append(events[1].clone()).unwrap();
    fixture.store.finish_run(events[2].clone(), ReadState::Seen).await.unwrap();
    let seen = other.handle.message(answer.id).await.unwrap().unwrap();
    assert_eq!((seen.text().as_str(), seen.is_open()), ("one two", false));
}

#[tokio::test]
async fn two_processes_on_one_file_lose_nothing() {
    let fixture = Fixture::new();
    let other = open_at(&fixture.path()).handle;
    let chats: Vec<ChatId> = (0..2).map(|_| new_chat()).collect();
    let work = |store: StoreHandle, chat| async move {
        let mut parent = None;
        for round in 0..25 {
            let said = format!("question {round}");
            parent = Some(converse(&store, chat, parent, &said, "answer").await.1.id);
        }
    };
    tokio::join!(work(fixture.store.clone(), chats[0]), work(other.clone(), chats[1]));
    for chat in chats {
        let page = fixture.store.page(chat, None, 1_000).await.unwrap();
        assert_eq!(page.messages.len(), 50);
        assert!(page.messages.iter().all(|message| !message.is_open() && message.text() != ""));
        assert_eq!(other.page(chat, None, 1_000).await.unwrap(), page);
    }
}

#[tokio::test]
async fn dropping_the_last_handle_commits_what_was_appended() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    fixture.store.append(events(&answer, &["kept"])[0].clone()).unwrap();
    let path = fixture.path();
    let Fixture { dir, store } = fixture;
    let locks = open::beside(&path, "-locks");
    drop(store);
    // The writer lets go of its lock at its end.
    let is_held = |entry: &std::fs::DirEntry| entry.path().extension() == Some("lock".as_ref());
    while std::fs::read_dir(&locks).unwrap().flatten().any(|entry| is_held(&entry)) {
        tokio::task::yield_now().await;
    }
    let opened = open_at(&path);
    assert_eq!(opened.notices.len(), 1);
    let message = opened.handle.message(answer.id).await.unwrap().unwrap();
    assert_eq!(message.text(), "kept");
    drop(dir);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let fixture = Fixture::new();
    fixture.store.close().await.unwrap();
    assert_eq!(fixture.store.list_chats().await, Err(StoreError::Closed));
    assert_eq!(fixture.store.flush().await, Err(StoreError::Closed));
    let question = question(new_chat(), None, "Hello");
    let event = events(&answer_to(&question, "one"), &["late"]).remove(0);
    assert_eq!(fixture.store.append(event), Err(StoreError::Closed));
    assert_eq!(fixture.store.close().await, Err(StoreError::Closed));
}
