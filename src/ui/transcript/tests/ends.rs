//! How answers end, and what can be done then.

use super::*;

#[test]
fn a_failed_answer_says_what_to_do() {
    let mut failed = answer(2, Vec::new());
    if let Some(answer) = &mut failed.answer {
        answer.status = AnswerStatus::Failed;
        let error = ErrorInfo::new(ErrorKind::Auth, "raw words of the provider");
        answer.error = Some(ErrorInfo { status: Some(401), ..error });
    }
    let mut harness = open(conversation(vec![user(1, "x"), failed]));
    harness.get_by_label_contains("(401)");
    assert!(harness.query_by_label_contains("raw words").is_none());
    click(&mut harness, "Details");
    harness.get_by_label_contains("raw words");
    let retried = click(&mut harness, "Retry");
    assert!(retried[0].starts_with("Regenerate {"), "{retried:?}");
    let other = click(&mut harness, "Use another model");
    assert_eq!(other, [format!("RegenerateWith {{ answer: {:?} }}", id(2))]);
}

#[test]
fn an_interrupted_answer_goes_on() {
    let mut messages = picture();
    if let Some(answer) = &mut messages[3].answer {
        answer.status = AnswerStatus::Interrupted;
        answer.usage.completion_tokens = Some(188);
    }
    let mut harness = open(conversation(messages));
    harness.get_by_label_contains("Interrupted. What arrived is kept (188 tokens).");
    let command = click(&mut harness, "Continue");
    assert_eq!(command, [format!("Continue {{ answer: {:?} }}", id(4))]);
    let other = click(&mut harness, "Use another model");
    assert_eq!(other, [format!("RegenerateWith {{ answer: {:?} }}", id(4))]);
    let rest = Message { parent: Some(id(4)), ..answer(5, vec![text("the rest")]) };
    harness.state_mut().conversation.messages.push_back(rest);
    harness.run_steps(3);
    harness.get_by_label("Interrupted, continued below");
    assert!(harness.query_by_label("Continue").is_none());
}

#[test]
fn an_answer_that_reached_a_limit_can_go_on() {
    let notice = Part::Notice {
        covers: None,
        level: crate::protocol::NotificationLevel::Warning,
        code: "turn_limit".to_owned(),
        message: "Ended after 25 model calls".to_owned(),
    };
    let limited = answer(2, vec![text("so far"), notice]);
    let mut harness = open(conversation(vec![user(1, "x"), limited]));
    harness.get_by_label_contains("Not finished.");
    let command = click(&mut harness, "Continue");
    assert_eq!(command, [format!("Continue {{ answer: {:?} }}", id(2))]);
}

#[test]
fn a_stopped_answer_stays_recognisable() {
    let stopped = |parts: Vec<Part>| {
        let mut message = answer(2, parts);
        if let Some(answer) = &mut message.answer {
            answer.status = AnswerStatus::Stopped;
            answer.usage.completion_tokens = None;
        }
        open(conversation(vec![user(1, "x"), message]))
    };
    let mut harness = stopped(vec![text("half of")]);
    harness.get_by_label_contains("Stopped. What arrived is kept.");
    harness.get_by_label("Continue");
    harness.state_mut().conversation.messages.push_back(user(3, "next"));
    harness.run_steps(3);
    harness.get_by_label("Stopped");
    assert!(harness.query_by_label("Continue").is_none());
    let mut harness = stopped(Vec::new());
    harness.get_by_label("Stopped before anything arrived.");
    let retried = click(&mut harness, "Retry");
    assert!(retried[0].starts_with("Regenerate {"), "{retried:?}");
}

#[test]
fn a_retry_counts_down_and_can_be_hurried() {
    let mut waiting = conversation(vec![user(1, "x"), streaming(0)]);
    let retry = RetryWait {
        kind: ErrorKind::Overloaded,
        message: "busy".to_owned(),
        due: MORNING.plus_ms(3_600),
        attempt: 1,
    };
    waiting.run = Some(LiveRun { retry: Some(retry), ..run(500, AgentState::Retrying) });
    let mut harness = open(waiting);
    harness.get_by_label_contains("Overloaded. Trying again in 4 s · try 2");
    assert_eq!(click(&mut harness, "Now"), ["RetryNow"]);
    assert_eq!(click(&mut harness, "Stop"), ["Stop(Now)"]);
}

fn failed(kind: ErrorKind) -> Harness<'static, World> {
    ended(Vec::new(), AnswerStatus::Failed, kind)
}

fn ended(parts: Vec<Part>, status: AnswerStatus, kind: ErrorKind) -> Harness<'static, World> {
    let mut failed = answer(2, parts);
    if let Some(answer) = &mut failed.answer {
        answer.status = status;
        answer.error = Some(ErrorInfo::new(kind, "raw words"));
    }
    open(conversation(vec![user(1, "x"), failed]))
}

#[test]
fn a_chat_that_is_too_long_can_be_made_to_fit() {
    let mut harness = failed(ErrorKind::ContextTooLong);
    let answer = format!("{:?}", id(2));
    for (label, command) in [
        ("Leave out the oldest", format!("MakeRoom {{ answer: {answer} }}")),
        ("Summarise the start…", format!("Pick(Summary({answer}))")),
        ("Use a model with more room…", format!("Pick(MoreRoom({answer}))")),
    ] {
        assert_eq!(click(&mut harness, label), [command]);
    }
    click(&mut harness, "Details");
    harness.get_by_label_contains("raw words");
}

#[test]
fn a_budget_can_be_overridden_or_changed() {
    let mut harness = failed(ErrorKind::OverBudget);
    let anyway = click(&mut harness, "Answer anyway");
    assert_eq!(anyway, [format!("AnswerAnyway {{ answer: {:?} }}", id(2))]);
    assert!(click(&mut harness, "Change the budget")[0].starts_with("ChangeBudget"));
}

#[test]
fn an_answer_that_broke_off_for_want_of_room_or_money_has_the_same_ways_out() {
    for (kind, label) in [
        (ErrorKind::ContextTooLong, "Leave out the oldest"),
        (ErrorKind::OverBudget, "Answer anyway"),
    ] {
        let broken = || ended(vec![text("So far")], AnswerStatus::Interrupted, kind);
        let expected = click(&mut failed(kind), label);
        assert_eq!(click(&mut broken(), label), expected);
        // Without money, another try can only fail again.
        let retries = broken().query_by_label("Retry").is_some();
        assert_eq!(retries, kind != ErrorKind::OverBudget);
    }
}

#[test]
fn a_model_that_is_gone_is_replaced_first_of_all() {
    let harness = failed(ErrorKind::NotFound);
    let [other, retry] = ["Use another model", "Retry"].map(|it| harness.get_by_label(it).rect());
    assert!(other.right() < retry.left());
}

#[test]
fn buttons_stand_below_the_words_where_there_is_no_room_beside_them() {
    let mut messages = picture();
    if let Some(answer) = &mut messages[3].answer {
        answer.status = AnswerStatus::Interrupted;
        answer.error = Some(ErrorInfo::new(ErrorKind::Network, "reset"));
    }
    let mut harness = open(conversation(messages));
    let rects = |harness: &Harness<'static, World>| {
        let words = harness.get_by_label_contains("Interrupted. ").rect();
        let buttons = ["Continue", "Retry", "Use another model", "Details"];
        (words, buttons.map(|label| harness.get_by_label(label).rect()))
    };
    for width in [1_000.0, 640.0, 360.0] {
        harness.set_size(egui::vec2(width, 600.0));
        harness.run_steps(4);
        let (words, buttons) = rects(&harness);
        for (place, button) in buttons.iter().enumerate() {
            assert!(button.right() <= width - 24.0, "{width}: {button:?}");
            assert!(!button.intersects(words), "{width}: {words:?} {button:?}");
            assert!(buttons.iter().skip(place + 1).all(|next| !next.intersects(*button)));
        }
        assert!(words.width() > 200.0, "{width}: the words have room, too: {words:?}");
    }
}

fn failed_by(model: &str, kind: ErrorKind) -> Conversation {
    let mut failed = answer(2, Vec::new());
    if let Some(answer) = &mut failed.answer {
        answer.model = model.parse().unwrap();
        answer.status = AnswerStatus::Failed;
        answer.error = Some(ErrorInfo::new(kind, "raw words"));
    }
    conversation(vec![user(1, "x"), failed])
}

#[test]
fn the_model_nearest_to_one_that_is_gone_can_answer_at_once() {
    let gone = "old/anthropic/claude-sonnet-5.5";
    let mut harness = open(failed_by(gone, ErrorKind::NotFound));
    harness.state_mut().state.providers = crate::ui::samples::configured().providers;
    harness.run_steps(2);
    assert!(harness.query_by_label("Retry").is_none(), "there is no such provider");
    let asked = click(&mut harness, "Use Claude Sonnet 5.5");
    assert!(asked[0].contains("openrouter") && asked[0].starts_with("Regenerate"), "{asked:?}");
}

#[test]
fn nothing_is_retried_that_can_only_fail_again() {
    let mut harness = open(failed_by("openrouter/x", ErrorKind::OverBudget));
    assert!(harness.query_by_label("Retry").is_none());
    assert_eq!(click(&mut harness, "Change the budget"), ["ChangeBudget"]);
}

#[test]
fn a_key_that_a_server_has_is_set_there() {
    use crate::ui::samples;
    let mut failed = answer(2, Vec::new());
    if let Some(answer) = &mut failed.answer {
        answer.status = AnswerStatus::Failed;
        answer.error = Some(ErrorInfo::new(ErrorKind::Auth, "raw words of the provider"));
    }
    let mut harness = open(conversation(vec![user(1, "x"), failed]));
    harness.get_by_label_contains("key and credit in Settings");
    harness.state_mut().state = samples::remote(samples::linked());
    harness.run_steps(3);
    harness.get_by_label_contains("The key is set on Home: check it");
    assert!(harness.query_by_label_contains("Settings").is_none());
}
