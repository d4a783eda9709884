//! Answers of several models to one question.

use super::*;

fn column(question: &Message, name: &str, column: u8) -> Message {
    let mut answer = answer_to(question, name);
    answer.answer.as_mut().unwrap().column = Some(column);
    answer
}

/// A question with three answers, all open.
fn comparison(chat: ChatId) -> (BeginRun, Vec<Message>) {
    let question = question(chat, None, "who?");
    let answers: Vec<Message> =
        (0..).zip(["one", "two", "three"]).map(|(at, name)| column(&question, name, at)).collect();
    let request = BeginRun { also: answers[1..].to_vec(), ..begin(&question, &answers[0]) };
    (request, answers)
}

async fn end(store: &StoreHandle, answer: &Message, said: &str) {
    let mut all = events(answer, &[said]);
    let last = all.pop().unwrap();
    for event in all {
        store.append(event).unwrap();
    }
    store.finish_run(last, ReadState::Seen).await.unwrap();
}

#[tokio::test]
async fn a_comparison_that_cannot_begin_leaves_nothing() {
    let fixture = Fixture::new();
    let (mut request, answers) = comparison(new_chat());
    // The third answer cannot be stored: its id is taken by the second.
    request.also[1].id = answers[1].id;
    assert!(fixture.store.begin_run(request.clone()).await.is_err());
    assert_eq!(fixture.store.chat(request.chat).await.unwrap(), None);
    assert_eq!(fixture.store.message(answers[0].id).await.unwrap(), None);
    assert_eq!(fixture.store.stats().await.unwrap().open_runs, 0);
    let (request, _) = comparison(new_chat());
    let began = fixture.store.begin_run(request.clone()).await.unwrap();
    assert_eq!((began.also.len(), began.chat.messages, began.already), (2, 4, false));
    assert!(fixture.store.begin_run(request).await.unwrap().already);
}

#[tokio::test]
async fn a_page_shows_the_newest_answer_of_each_other_column() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let (request, answers) = comparison(new_chat());
    let chat = request.chat;
    let asked = request.question.clone();
    store.begin_run(request).await.unwrap();
    for (answer, said) in answers.iter().zip(["first", "second", "third"]) {
        end(store, answer, said).await;
    }
    let summary = store.chat(chat).await.unwrap().unwrap();
    assert_eq!(
        summary.last_model,
        Some(ModelId::new("test", "one")),
        "who is shown, not who is last"
    );
    let Question::New(asked) = asked else { panic!("the question is new") };
    let mut again = column(&asked, "four", 2);
    again.created = START.plus_ms(1_000);
    let request = BeginRun {
        question: Question::Existing(asked.id),
        also: Vec::new(),
        ..begin(&asked, &again)
    };
    let began = store.begin_run(request).await.unwrap();
    assert_eq!(began.chat.last_model, Some(ModelId::new("test", "one")), "that is still shown");
    let page = store.page(chat, None, 10).await.unwrap();
    let ids = |messages: &[Message]| messages.iter().map(|message| message.id).collect::<Vec<_>>();
    assert_eq!(ids(&page.messages), [asked.id, answers[0].id], "the kept column stays");
    assert_eq!(ids(&page.compared), [answers[1].id, again.id]);
    assert_eq!(page.compared_applied, [(run_of(&again), Seq(0))]);
    assert_eq!(store.page(chat, Some(answers[0].id), 10).await.unwrap().compared, []);

    assert_eq!(store.keep_answer(chat, again.id).await.unwrap(), again.id);
    let mut newest = column(&asked, "five", 2);
    newest.created = START.plus_ms(2_000);
    let request = BeginRun { question: Question::Existing(asked.id), ..begin(&asked, &newest) };
    store.begin_run(request).await.unwrap();
    let page = store.page(chat, None, 10).await.unwrap();
    assert_eq!(ids(&page.messages), [asked.id, newest.id], "the visible column moves on");
    assert_eq!(ids(&page.compared), [answers[0].id, answers[1].id]);
}

#[tokio::test]
async fn a_new_chat_keeps_how_it_is_answered() {
    let fixture = Fixture::new();
    let (mut request, _) = comparison(new_chat());
    request.chat_options_if_new.params.top_p = Some(0.5);
    let began = fixture.store.begin_run(request.clone()).await.unwrap();
    assert_eq!(began.chat.options, request.chat_options_if_new);
}

#[tokio::test]
async fn what_a_notice_covers_can_be_taken_back_and_made_to_count_again() {
    let fixture = Fixture::new();
    let store = &fixture.store;
    let asked = question(new_chat(), None, "Hello");
    let answer = answer_to(&asked, "one");
    store.begin_run(begin(&asked, &answer)).await.unwrap();
    let covers = Covers { through: asked.id, summary: Some("It \"began\".".into()), undone: false };
    let notice = StreamEvent::Notification {
        level: NotificationLevel::Info,
        code: "start_summarised".to_owned(),
        message: "Summarised".to_owned(),
        covers: Some(covers.clone()),
    };
    let all = numbered(&answer, vec![notice, done(&answer)]);
    store.append(all[0].clone()).unwrap();
    assert!(store.set_covered(asked.chat, answer.id, false).await.is_err(), "still open");
    store.finish_run(all[1].clone(), ReadState::Seen).await.unwrap();
    for covered in [false, true] {
        store.set_covered(asked.chat, answer.id, covered).await.unwrap();
        let kept = store.message(answer.id).await.unwrap().unwrap();
        let Part::Notice { covers: Some(kept), .. } = &kept.parts[0] else {
            panic!("the notice stays")
        };
        assert_eq!(*kept, Covers { undone: !covered, ..covers.clone() });
    }
    let missing = store.set_covered(new_chat(), answer.id, false).await;
    assert_eq!(missing, Err(StoreError::NotFound));
}
