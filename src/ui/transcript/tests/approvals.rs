use super::*;
use crate::protocol::{RiskLevel, Timestamp};
use crate::state::{Approval, Consent, LoadingAgent, Outcome, ServerCommand};
use egui::{Event, Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

const RUN: RunId = RunId(uuid::Uuid::from_u128(2));

fn asking(expires: u64) -> Conversation {
    let mut messages = vec![user(1, "Mend it"), answer(2, vec![text("I would run this:")])];
    if let Some(answer) = messages.last_mut().and_then(|last| last.answer.as_mut()) {
        answer.status = AnswerStatus::Open;
    }
    let mut conversation = conversation(messages);
    conversation.run =
        Some(LiveRun { state: AgentState::AwaitingApproval, ..LiveRun::new(RUN, id(2), MORNING) });
    conversation.approvals.push(Approval {
        run: RUN,
        answer: id(2),
        id: "call".into(),
        tool: "shell".to_owned(),
        action: "Run a shell command?".to_owned(),
        args: json!({"command": "cargo fix --allow-dirty"}),
        args_hash: "h".to_owned(),
        risk: RiskLevel::High,
        reason: "It writes files".to_owned(),
        expires_at: MORNING.plus_ms(expires),
        outcome: Outcome::Open,
    });
    conversation
}

fn said(harness: &Harness<'_, World>) -> Vec<(Consent, Option<serde_json::Value>)> {
    let said = harness.state().out.iter().filter_map(|command| {
        let UiCommand::Servers(ServerCommand::Answer { consent, args, .. }) = command else {
            return None;
        };
        Some((*consent, args.clone()))
    });
    said.collect()
}

#[test]
fn a_tool_is_shown_with_all_that_it_would_do_and_answered() {
    let mut harness = open(asking(292_000));
    for shown in [
        "Run a shell command?",
        "high risk",
        "shell",
        "It writes files",
        "cargo fix --allow-dirty",
        "denied in 4:52",
    ] {
        harness.get_by_label(shown);
    }
    for (button, consent) in [
        ("Allow once", Consent::Once),
        ("Allow in this chat", Consent::Chat),
        ("Deny", Consent::Deny),
    ] {
        harness.state_mut().out.clear();
        harness.get_by_label(button).click();
        harness.run_steps(2);
        assert_eq!(said(&harness), [(consent, None)]);
    }
}

#[test]
fn arguments_are_changed_as_json_and_wrong_ones_are_not_sent() {
    let mut harness = open(asking(60_000));
    harness.get_by_label("Edit…").click();
    harness.run_steps(3);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.event(Event::Text("{\"command\": ".to_owned()));
    harness.run_steps(2);
    harness.get_by_label_contains("This is not JSON");
    harness.get_by_label("Allow once").click();
    harness.run_steps(2);
    assert!(said(&harness).is_empty());
    harness.get_by_label("Arguments").focus();
    harness.event(Event::Text("\"cargo check\"}".to_owned()));
    harness.run_steps(2);
    harness.get_by_label("Allow once").click();
    harness.run_steps(2);
    assert_eq!(said(&harness), [(Consent::Once, Some(json!({"command": "cargo check"})))]);
}

#[test]
fn what_became_of_a_tool_is_said() {
    for (outcome, words) in [
        (Outcome::Answered(Consent::Once), "Allowed once · Run a shell command?"),
        (Outcome::Elsewhere { approved: true }, "Allowed elsewhere · Run a shell command?"),
        (Outcome::Expired, "Nobody answered in time: denied · Run a shell command?"),
    ] {
        let mut conversation = asking(60_000);
        conversation.approvals[0].outcome = outcome;
        let harness = open(conversation);
        harness.get_by_label(words);
        assert!(harness.query_by_label("Deny").is_none());
    }
    open(asking(0)).get_by_label("Nobody answered in time: denied · Run a shell command?");
}

#[test]
fn an_agent_that_is_not_ready_is_said_to_load_and_can_be_left() {
    let mut harness = open(conversation(Vec::new()));
    harness.state_mut().state.servers.loading.push(LoadingAgent { chat: CHAT, since: MORNING });
    harness.run_steps(2);
    harness.get_by_label("Loading agent");
    harness.get_by_label("The server gets it ready");
    let since = Timestamp(MORNING.0 - 31_000);
    harness.state_mut().state.servers.loading[0].since = since;
    harness.run_steps(2);
    harness.get_by_label_contains("has not got it ready in 31 s");
    harness.get_by_label("Cancel").click();
    harness.run_steps(2);
    let left =
        |command: &UiCommand| matches!(command, UiCommand::Servers(ServerCommand::StopLoading));
    assert!(harness.state().out.iter().any(left));
}
