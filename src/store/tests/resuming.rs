//! Runs whose answers go on at their providers when the process that asked is gone.

use super::answers::copy_store;
use super::*;

fn point(after: u64) -> Option<ResumePoint> {
    Some(ResumePoint(serde_json::json!({ "id": "resp_1", "after": after })))
}

fn message(answer: &Message, content: &str, offset: u64) -> StreamEvent {
    StreamEvent::Message {
        role: Role::Assistant,
        content: content.to_owned(),
        message_id: answer.id,
        offset,
    }
}

fn state(to: AgentState) -> StreamEvent {
    StreamEvent::State { from: AgentState::Streaming, to, cause: StateCause::Backoff }
}

/// A run with these events and the places behind them, as a killed process leaves it; each event
/// is a row of its own.
async fn left(said: impl FnOnce(&Message) -> Vec<(StreamEvent, Option<ResumePoint>)>) -> Left {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let (events, places): (Vec<_>, Vec<_>) = said(&answer).into_iter().unzip();
    for (event, resume) in numbered(&answer, events).into_iter().zip(places) {
        fixture.store.append(RunEvent { resume, ..event }).unwrap();
        fixture.store.flush().await.unwrap();
    }
    let copy = fixture.dir.path().join("copy.db");
    copy_store(&fixture.path(), &copy);
    Left { question, answer, copy, _fixture: fixture }
}

struct Left {
    question: Message,
    answer: Message,
    copy: PathBuf,
    _fixture: Fixture,
}

#[tokio::test]
async fn a_run_is_taken_up_at_its_newest_place_and_only_once() {
    let left = left(|answer| {
        vec![
            (StreamEvent::usage(Usage::default()), point(0)),
            (message(answer, "one ", 0), point(5)),
            (state(AgentState::Retrying), None),
            (message(answer, "two ", 4), point(7)),
            // One event of the provider led to two, and only the first reached the disk.
            (message(answer, "half", 8), None),
            (state(AgentState::Thinking), None),
        ]
    })
    .await;
    let opened = open_at(&left.copy);
    assert_eq!(opened.notices, vec![]);
    let other = open_at(&left.copy);
    let mut taken = opened.handle.resumable_runs().await.unwrap();
    assert_eq!(other.handle.resumable_runs().await.unwrap(), vec![]);
    assert_eq!(opened.handle.resumable_runs().await.unwrap(), vec![]);
    let run = taken.pop().unwrap();
    assert_eq!(taken, vec![]);
    assert_eq!((run.run, run.seq), (run_of(&left.answer), Seq(4)));
    assert_eq!((Some(run.point), run.question), (point(7), left.question.clone()));
    assert_eq!((run.answer.text().as_str(), run.answer.is_open()), ("one two ", true));
    let place = opened.handle.run_place(run_of(&left.answer)).await.unwrap().unwrap();
    assert_eq!((place.last, place.cut, place.ended), (Seq(4), Some(Seq(4)), false));
    // It goes on behind its last event, and ends like any other.
    let rest = [message(&left.answer, "half and whole", 8), done(&left.answer)];
    let mut rest = (5..).zip(rest).map(|(seq, event)| RunEvent {
        resume: None,
        chat: left.answer.chat,
        run: run.run,
        seq: Seq(seq),
        at: START,
        event,
    });
    opened.handle.append(rest.next().unwrap()).unwrap();
    let ended = opened.handle.finish_run(rest.next().unwrap(), ReadState::Unread).await.unwrap().0;
    assert_eq!((ended.text().as_str(), ended.is_open()), ("one two half and whole", false));
    let seen = other.handle.message(left.answer.id).await.unwrap().unwrap();
    assert_eq!(seen.text(), "one two half and whole");
}

#[tokio::test]
async fn what_would_not_happen_again_is_not_repeated() {
    let call = ToolCallId("call".to_owned());
    let end =
        StreamEvent::ToolEnd { id: call, result: "done".to_owned(), success: true, elapsed_ms: 1 };
    let fallback = StreamEvent::ModelFallback {
        old_model: ModelId::new("test", "one"),
        new_model: ModelId::new("test", "two"),
        reason: "busy".to_owned(),
    };
    let failed = StreamEvent::final_error(ProviderError::new(ErrorKind::Refused, "no"));
    let notice = StreamEvent::notification(NotificationLevel::Info, "length", "long");
    for later in [end, fallback, failed, notice, state(AgentState::RunningTool)] {
        let shown = format!("{later:?}");
        let left = left(|answer| vec![(message(answer, "one", 0), point(3)), (later, None)]).await;
        let opened = open_at(&left.copy);
        let codes: Vec<_> = opened.notices.iter().map(|notice| notice.code.clone()).collect();
        assert_eq!(codes, vec![NoticeCode::RunsInterrupted { count: 1 }], "{shown}");
        assert_eq!(opened.handle.resumable_runs().await.unwrap(), vec![], "{shown}");
        let kept = opened.handle.message(left.answer.id).await.unwrap().unwrap();
        assert_eq!(kept.answer.unwrap().status, AnswerStatus::Interrupted, "{shown}");
    }
}

#[tokio::test]
async fn nobody_goes_on_with_an_answer_that_its_provider_has_forgotten() {
    let left = left(|answer| vec![(message(answer, "one", 0), point(3))]).await;
    let day = 24 * 60 * 60 * 1_000;
    let in_days = |days: u64| open(&left.copy, Arc::new(move || START.plus_ms(days * day)));
    let opened = in_days(29);
    assert_eq!(opened.notices, vec![]);
    opened.handle.close().await.unwrap();
    let opened = in_days(31);
    assert_eq!(opened.notices.len(), 1);
    let kept = opened.handle.message(left.answer.id).await.unwrap().unwrap();
    assert_eq!(kept.answer.unwrap().status, AnswerStatus::Interrupted);
}

#[tokio::test]
async fn a_run_that_cannot_be_read_ends_and_the_others_go_on() {
    for (damage, kept) in [("resume = '{'", "one"), ("payload = '{'", "")] {
        let fixture = Fixture::new();
        let mut answers = Vec::new();
        for _run in 0..2 {
            let question = question(new_chat(), None, "Hello");
            let answer = answer_to(&question, "one");
            fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
            let event = numbered(&answer, vec![message(&answer, "one", 0)]).remove(0);
            fixture.store.append(RunEvent { resume: point(3), ..event }).unwrap();
            answers.push(answer);
        }
        fixture.store.flush().await.unwrap();
        let copy = fixture.dir.path().join("copy.db");
        copy_store(&fixture.path(), &copy);
        let db = rusqlite::Connection::open(&copy).unwrap();
        let first = "(SELECT min(n) FROM run)";
        db.execute_batch(&format!("UPDATE event SET {damage} WHERE run = {first}")).unwrap();
        drop(db);
        let opened = open_at(&copy);
        let taken = opened.handle.resumable_runs().await.unwrap();
        let runs: Vec<_> = taken.iter().map(|run| run.run).collect();
        assert_eq!(runs, [run_of(&answers[1])], "{damage}");
        let first = opened.handle.message(answers[0].id).await.unwrap().unwrap();
        assert_eq!(first.text(), kept, "{damage}");
        assert_eq!(first.answer.unwrap().status, AnswerStatus::Interrupted, "{damage}");
    }
}

#[tokio::test]
async fn the_answer_of_a_deleted_chat_does_not_go_on() {
    let left = left(|answer| vec![(message(answer, "one", 0), point(3))]).await;
    let opened = open_at(&left.copy);
    opened.handle.delete_chat(left.answer.chat).await.unwrap();
    assert_eq!(opened.handle.resumable_runs().await.unwrap(), vec![]);
}

#[tokio::test]
async fn the_run_of_a_living_process_is_left_to_it() {
    let fixture = Fixture::new();
    let question = question(new_chat(), None, "Hello");
    let answer = answer_to(&question, "one");
    fixture.store.begin_run(begin(&question, &answer)).await.unwrap();
    let event = numbered(&answer, vec![message(&answer, "one", 0)]).remove(0);
    fixture.store.append(RunEvent { resume: point(3), ..event }).unwrap();
    fixture.store.flush().await.unwrap();
    let other = open_at(&fixture.path());
    assert_eq!(other.handle.resumable_runs().await.unwrap(), vec![]);
    assert_eq!(fixture.store.resumable_runs().await.unwrap(), vec![], "it has it already");
}
