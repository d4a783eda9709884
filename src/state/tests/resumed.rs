//! Answers side by side of which only some are resumed after a restart.

use super::*;

struct Left {
    request: SendRequest,
    question: Message,
    columns: [Message; 2],
}

/// A question as the store has it, and its two answers.
fn left(parent: Option<MessageId>) -> Left {
    let mut before = state();
    let request = send(&mut before, "Which?");
    let mut question = before.conversation().unwrap().messages[0].clone();
    question.parent = parent;
    let answer = |column: u8| {
        let mut answer = answer_to(&request);
        answer.id = IdSource.message(NOW);
        answer.answer.as_mut().unwrap().column = Some(column);
        answer.siblings = Siblings { index: column.into(), count: 2 };
        answer
    };
    Left { columns: [answer(0), answer(1)], question, request }
}

/// Tells a window that has just begun of a resumed answer; gives the command that follows.
fn resume(state: &mut AppState, left: &Left, column: usize) -> Vec<BackendCommand> {
    let run = left.request.run;
    let question = Box::new(left.question.clone());
    let answer = Box::new(left.columns[column].clone());
    commands(apply(state, BackendEvent::RunStarted { run, question, answer }, NOW))
}

/// Answers what the resumed run made the window ask: the end of the path.
fn load(state: &mut AppState, asked: &[BackendCommand], page: MessagePage) {
    let [BackendCommand::LoadMessages { query, chat, .. }] = *asked else {
        panic!("the end of the path is asked for, not {asked:?}")
    };
    let (draft, queue) = (Draft::default(), Vec::new());
    apply(state, BackendEvent::Messages { query, chat, page, draft, queue }, NOW);
    state.page = Page::Chat(chat);
}

fn shows(state: &AppState, path: &[&Message], columns: &[&Message]) {
    let ids = |messages: &[&Message]| messages.iter().map(|known| known.id).collect::<Vec<_>>();
    let open = state.conversation().unwrap();
    let shown: Vec<MessageId> = open.messages.iter().map(|known| known.id).collect();
    assert_eq!(shown, ids(path));
    assert_eq!(ids(&open.columns()), ids(columns));
}

fn resumed_beside_the_path(earlier: Option<&Message>, kept: usize, resumed: usize) {
    let left = left(earlier.map(|known| known.id));
    let mut state = state();
    let asked = resume(&mut state, &left, resumed);
    let words = |seq, content, offset| {
        let answer = left.columns[resumed].id;
        let request = SendRequest { answer, ..left.request.clone() };
        event(&request, seq, text(&request, content, offset))
    };
    apply(&mut state, words(1, "so", 0), NOW);
    let path: Vec<&Message> =
        earlier.into_iter().chain([&left.question, &left.columns[kept]]).collect();
    let page = MessagePage {
        messages: path.iter().copied().cloned().collect(),
        compared: vec![left.columns[resumed].clone()],
        ..MessagePage::default()
    };
    load(&mut state, &asked, page);
    shows(&state, &path, &[&left.columns[0], &left.columns[1]]);
    apply(&mut state, words(2, " on", 2), NOW);
    let open = state.conversation().unwrap();
    assert_eq!(open.columns()[resumed].text(), "so on");
    assert_eq!(open.run, None, "nothing runs on the path");
    assert!(open.run_of(left.columns[resumed].id).is_some());
}

#[test]
fn a_column_resumed_at_the_first_question_stands_beside_the_kept_one() {
    resumed_beside_the_path(None, 0, 1);
}

#[test]
fn a_column_resumed_further_down_stands_beside_the_kept_one() {
    let mut before = state();
    send(&mut before, "Hi");
    let earlier = before.conversation().unwrap().messages[0].clone();
    resumed_beside_the_path(Some(&earlier), 0, 1);
}

#[test]
fn the_first_column_is_resumed_and_another_one_was_kept() {
    resumed_beside_the_path(None, 1, 0);
}

#[test]
fn both_columns_are_resumed_and_the_second_one_was_kept() {
    let left = left(None);
    let mut state = state();
    let asked = resume(&mut state, &left, 0);
    let run = IdSource.run(NOW);
    let (question, answer) = (left.question.clone(), left.columns[1].clone());
    let second =
        BackendEvent::RunStarted { run, question: Box::new(question), answer: Box::new(answer) };
    apply(&mut state, second, NOW);
    let page = MessagePage {
        messages: vec![left.question.clone(), left.columns[1].clone()],
        compared: vec![left.columns[0].clone()],
        ..MessagePage::default()
    };
    load(&mut state, &asked, page);
    shows(&state, &[&left.question, &left.columns[1]], &[&left.columns[0], &left.columns[1]]);
    let open = state.conversation().unwrap();
    assert_eq!(open.run.as_ref().map(|run| run.id), Some(run));
    assert_eq!(open.runs().count(), 2);
}
