//! One question to several models.

use super::*;

/// Sends a message to three models and lets all of them begin.
fn three(state: &mut AppState) -> [SendRequest; 3] {
    let first = send(state, "Which?");
    let other = |name: &str| SendRequest {
        model: model(name),
        run: IdSource.run(NOW),
        answer: IdSource.message(NOW),
        ..first.clone()
    };
    let all = [first.clone(), other("b"), other("c")];
    for (column, request) in (0..).zip(&all) {
        begin(state, request, column);
    }
    all
}

fn begin(state: &mut AppState, request: &SendRequest, column: u8) {
    let question = state.conversations[&request.chat].message(request.message).unwrap().clone();
    let mut answer = answer_to(request);
    answer.answer.as_mut().unwrap().column = Some(column);
    let (index, count) = (u32::from(column), u32::from(column) + 1);
    answer.siblings = Siblings { index, count };
    let (question, answer) = (Box::new(question), Box::new(answer));
    apply(state, BackendEvent::RunStarted { run: request.run, question, answer }, NOW);
}

fn tell(state: &mut AppState, request: &SendRequest, seq: u64, told: StreamEvent) {
    apply(state, event(request, seq, told), NOW);
}

fn say(state: &mut AppState, request: &SendRequest, seq: u64, content: &str) {
    tell(state, request, seq, text(request, content, 0));
}

fn columns(state: &AppState) -> Vec<String> {
    let columns = state.conversation().unwrap().columns();
    columns.into_iter().map(Message::text).collect()
}

fn last(state: &AppState) -> MessageId {
    state.conversation().unwrap().messages.back().unwrap().id
}

fn page_of(state: &AppState) -> MessagePage {
    let conversation = state.conversation().unwrap();
    let others = conversation.compare.as_ref().map(|known| known.others.clone());
    MessagePage {
        messages: conversation.messages.iter().cloned().collect(),
        compared: others.into_iter().flatten().map(|column| column.message).collect(),
        ..MessagePage::default()
    }
}

/// Answers the question for the end of the path that is open.
fn load(state: &mut AppState, page: MessagePage) {
    let conversation = state.conversation().unwrap();
    let chat = conversation.chat;
    let Loading::End(query) = conversation.loading else { panic!("nothing is asked") };
    let (draft, queue) = (Draft::default(), Vec::new());
    apply(state, BackendEvent::Messages { query, chat, page, draft, queue }, NOW);
}

fn finish_all(state: &mut AppState, all: &[SendRequest; 3]) {
    for request in all {
        tell(state, request, 9, done(request));
    }
}

#[test]
fn each_column_takes_the_events_of_its_own_run() {
    let mut state = state();
    let all = three(&mut state);
    for (request, words) in all.iter().zip(["one", "two", "three"]) {
        say(&mut state, request, 1, words);
    }
    assert_eq!(columns(&state), ["one", "two", "three"]);
    assert_eq!(shown(&state), ["Which?", "one"], "the path has the first");
}

#[test]
fn a_chat_runs_until_its_last_column_ends() {
    let mut state = state();
    let all = three(&mut state);
    for (request, still) in all.iter().zip([true, true, false]) {
        tell(&mut state, request, 1, done(request));
        assert_eq!(state.conversation().unwrap().is_running(), still);
        assert_eq!(state.running.contains(&request.chat), still);
    }
}

#[test]
fn one_column_fails_and_the_others_go_on() {
    let mut state = state();
    let all = three(&mut state);
    let error = ProviderError::new(ErrorKind::Overloaded, "busy");
    tell(&mut state, &all[1], 1, StreamEvent::final_error(error));
    let failed = StreamEvent::Done {
        status: RunStatus::Failed,
        message_id: all[1].answer,
        reply_to_id: None,
    };
    tell(&mut state, &all[1], 2, failed);
    say(&mut state, &all[1], 3, "late");
    say(&mut state, &all[2], 1, "fine");
    assert_eq!(columns(&state), ["", "", "fine"]);
    let conversation = state.conversation().unwrap();
    let statuses: Vec<AnswerStatus> =
        conversation.columns().iter().map(|m| m.answer.as_ref().unwrap().status).collect();
    assert_eq!(statuses, [AnswerStatus::Open, AnswerStatus::Failed, AnswerStatus::Open]);
}

#[test]
fn a_stop_is_for_all_columns() {
    let mut state = state();
    let all = three(&mut state);
    tell(&mut state, &all[0], 1, done(&all[0]));
    let mut modes = Vec::new();
    for _ in 0..2 {
        for command in commands(handle(&mut state, UiCommand::Escape, at(0))) {
            let BackendCommand::Stop { mode, .. } = command else { panic!("{command:?}") };
            modes.push(mode);
        }
    }
    assert_eq!(modes, [StopMode::Graceful, StopMode::Now]);
    assert!(state.conversation().unwrap().runs().all(|run| run.stop == Some(StopMode::Now)));
}

#[test]
fn an_answer_is_kept_while_all_of_them_stream() {
    let mut state = state();
    let all = three(&mut state);
    say(&mut state, &all[0], 1, "one");
    let asked = commands(handle(&mut state, UiCommand::KeepAnswer(all[2].answer), at(0)));
    let [BackendCommand::KeepAnswer { message, .. }] = asked[..] else { panic!("{asked:?}") };
    assert_eq!(message, all[2].answer);
    assert_eq!(last(&state), all[2].answer);
    // The page was read before the next words came.
    let page = page_of(&state);
    say(&mut state, &all[2], 1, "three");
    tell(&mut state, &all[0], 2, text(&all[0], " more", 3));
    load(&mut state, page);
    assert_eq!(columns(&state), ["one more", "", "three"]);
    assert_eq!(shown(&state), ["Which?", "three"]);
    finish_all(&mut state, &all);
    assert!(!state.conversation().unwrap().is_running());
    assert_eq!(last(&state), all[2].answer);
}

#[test]
fn a_choice_that_was_not_kept_is_taken_back() {
    let mut state = state();
    let all = three(&mut state);
    say(&mut state, &all[2], 1, "three");
    let before = page_of(&state);
    handle(&mut state, UiCommand::KeepAnswer(all[2].answer), at(0));
    let Loading::End(query) = state.conversation().unwrap().loading else { panic!("asked") };
    apply(&mut state, BackendEvent::QueryFailed(query), NOW);
    let (nothing, again) = tick(&mut state, NOW);
    assert!(commands(nothing).is_empty());
    let asked = commands(tick(&mut state, again.unwrap()).0);
    assert!(matches!(asked[..], [BackendCommand::LoadMessages { .. }]), "{asked:?}");
    load(&mut state, before);
    assert_eq!(last(&state), all[0].answer);
    assert_eq!(columns(&state), ["", "", "three"]);
    finish_all(&mut state, &all);
    assert!(!state.conversation().unwrap().is_running());
}

#[test]
fn older_messages_that_could_not_be_read_are_asked_for_again_later() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    state.conversations.get_mut(&all[0].chat).unwrap().has_older = true;
    let older = |state: &mut AppState| commands(handle(state, UiCommand::LoadOlder, at(0)));
    let [BackendCommand::LoadMessages { query, .. }] = older(&mut state)[..] else {
        panic!("nothing is asked")
    };
    apply(&mut state, BackendEvent::QueryFailed(query), NOW);
    assert!(older(&mut state).is_empty(), "not at once");
    let again = tick(&mut state, NOW).1.unwrap();
    assert!(commands(tick(&mut state, again).0).is_empty());
    assert_eq!(older(&mut state).len(), 1);
}

#[test]
fn the_kept_answer_is_not_kept_twice_and_strangers_never() {
    let mut state = state();
    let all = three(&mut state);
    for message in [all[0].answer, IdSource.message(NOW)] {
        assert!(handle(&mut state, UiCommand::KeepAnswer(message), at(0)).is_empty());
    }
    assert_eq!(last(&state), all[0].answer);
}

#[test]
fn the_next_message_follows_the_kept_answer_and_folds_the_rest() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    handle(&mut state, UiCommand::KeepAnswer(all[1].answer), at(0));
    let next = send(&mut state, "And then?");
    assert_eq!(next.place, Place::Under(Some(all[1].answer)), "whatever the store knows by now");
    assert!(columns(&state).is_empty());
    start_run(&mut state, &next);
    let conversation = state.conversation().unwrap();
    assert_eq!(conversation.compare, None);
    let kept = conversation.message(all[1].answer).unwrap();
    assert_eq!(kept.siblings, Siblings { index: 1, count: 3 });
    assert_eq!(conversation.message(next.message).unwrap().parent, Some(all[1].answer));
}

#[test]
fn a_message_stays_in_sight_when_the_page_of_the_kept_answer_comes_after_it_was_sent() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    handle(&mut state, UiCommand::KeepAnswer(all[1].answer), at(0));
    let page = page_of(&state);
    let next = send(&mut state, "And then?");
    load(&mut state, page);
    assert_eq!(last(&state), next.message);
    assert!(columns(&state).is_empty());
    start_run(&mut state, &next);
    let conversation = state.conversation().unwrap();
    assert_eq!((conversation.messages.len(), &conversation.compare), (4, &None));
}

#[test]
fn going_back_to_a_compared_answer_shows_its_columns_again() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    let page = page_of(&state);
    let next = send(&mut state, "And then?");
    start_run(&mut state, &next);
    tell(&mut state, &next, 1, done(&next));
    assert!(columns(&state).is_empty());
    handle(&mut state, UiCommand::SelectBranch { message: all[0].answer, step: 1 }, at(0));
    load(&mut state, page);
    assert_eq!(columns(&state).len(), 3);
}

#[test]
fn a_reload_while_columns_stream_keeps_what_came_since() {
    let mut state = state();
    let all = three(&mut state);
    let chat = all[0].chat;
    // A page from before the runs began, and one from between the first and the others.
    let question = state.conversation().unwrap().messages[0].clone();
    let between = state.conversation().unwrap().messages.iter().cloned().collect();
    for (request, words) in all.iter().zip(["one", "two", "three"]) {
        say(&mut state, request, 1, words);
    }
    tell(&mut state, &all[1], 2, done(&all[1]));
    for messages in [vec![question], between] {
        crate::state::apply::load_end(&mut state, chat);
        load(&mut state, MessagePage { messages, ..MessagePage::default() });
        assert_eq!(columns(&state), ["one", "two", "three"]);
    }
    say(&mut state, &all[2], 2, "three!");
    assert_eq!(columns(&state), ["one", "two", "three!"]);
}

#[test]
fn after_a_restart_the_columns_come_from_the_store() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    let page = page_of(&state);
    let mut fresh = super::state();
    handle(&mut fresh, UiCommand::OpenChat(all[0].chat), at(0));
    load(&mut fresh, page);
    assert_eq!(columns(&fresh).len(), 3);
    assert!(!fresh.conversation().unwrap().is_running());
    // Another branch, where nothing is compared.
    handle(&mut fresh, UiCommand::SelectBranch { message: all[0].message, step: 1 }, at(0));
    load(&mut fresh, MessagePage::default());
    assert!(fresh.conversation().unwrap().compare.is_none());
}

#[test]
fn a_column_is_answered_again_in_its_place() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    let again = UiCommand::Regenerate { answer: Some(all[1].answer), model: None };
    let Some(BackendCommand::Regenerate(request)) =
        commands(handle(&mut state, again, at(5))).pop()
    else {
        panic!("an answer is asked for")
    };
    assert_eq!((request.column, request.model.clone()), (Some(1), model("b")));
    let new = SendRequest { run: request.run, answer: request.answer, ..all[1].clone() };
    begin(&mut state, &new, 1);
    say(&mut state, &new, 1, "again");
    say(&mut state, &all[1], 10, "late");
    assert_eq!(columns(&state), ["", "again", ""]);
    assert_eq!(last(&state), all[0].answer, "the path stays");
}

#[test]
fn a_column_that_ended_is_answered_again_while_others_stream() {
    let mut state = state();
    let all = three(&mut state);
    tell(&mut state, &all[1], 1, done(&all[1]));
    let mut asked = |request: &SendRequest| {
        let again = UiCommand::Regenerate { answer: Some(request.answer), model: None };
        commands(handle(&mut state, again, at(5))).len()
    };
    assert_eq!(all.each_ref().map(&mut asked), [0, 1, 0]);
}

#[test]
fn the_kept_column_is_answered_again_on_the_path() {
    let mut state = state();
    let all = three(&mut state);
    finish_all(&mut state, &all);
    let new =
        SendRequest { run: IdSource.run(NOW), answer: IdSource.message(NOW), ..all[0].clone() };
    begin(&mut state, &new, 0);
    say(&mut state, &new, 1, "again");
    assert_eq!(columns(&state), ["again", "", ""]);
    assert_eq!(last(&state), new.answer);
}

#[test]
fn what_a_notice_keeps_from_the_model_is_shown_to_it_again() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    start_run(&mut state, &request);
    let covers = Covers { through: request.message, summary: None, undone: false };
    let notice = StreamEvent::Notification {
        level: NotificationLevel::Info,
        code: "oldest_left_out".to_owned(),
        message: "The first message is left out".to_owned(),
        covers: Some(covers),
    };
    tell(&mut state, &request, 1, notice);
    for covered in [false, true] {
        let message = request.answer;
        let asked = handle(&mut state, UiCommand::SetCovered { message, covered }, at(0));
        let asked = commands(asked);
        let [BackendCommand::SetCovered { covered: told, .. }] = asked[..] else {
            panic!("{asked:?}")
        };
        let parts = &state.conversation().unwrap().message(message).unwrap().parts;
        let [Part::Notice { covers: Some(covers), .. }] = &parts[..] else { panic!("{parts:?}") };
        assert_eq!((told, covers.undone), (covered, !covered));
    }
}

#[test]
fn room_is_made_by_leaving_out_or_by_a_summary_of_the_model_picked() {
    let mut state = state();
    let request = send(&mut state, "Hi");
    start_run(&mut state, &request);
    tell(&mut state, &request, 1, done(&request));
    let answer = request.answer;
    let mut asked = |command: UiCommand| {
        let asked = commands(handle(&mut state, command, at(5))).pop();
        asked.map(|command| {
            let BackendCommand::Regenerate(request) = command else { panic!("{command:?}") };
            (request.model.clone(), request.make_room.clone(), request.over_budget)
        })
    };
    let guide = request.model.clone();
    let left_out = Some((guide.clone(), Some(MakeRoom::LeaveOut), false));
    assert_eq!(asked(UiCommand::MakeRoom { answer }), left_out);
    assert_eq!(asked(UiCommand::AnswerAnyway { answer }), Some((guide.clone(), None, true)));
    let choose = || UiCommand::ChooseModel { model: model("b"), scope: ModelScope::ThisChat };
    assert_eq!(asked(UiCommand::Pick(PickerPurpose::Summary(answer))), None);
    let summary = Some((guide, Some(MakeRoom::Summarise(model("b"))), false));
    assert_eq!(asked(choose()), summary);
    assert_eq!(asked(UiCommand::Pick(PickerPurpose::MoreRoom(answer))), None);
    assert_eq!(asked(choose()), Some((model("b"), None, false)));
}
