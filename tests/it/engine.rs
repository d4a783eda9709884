//! The engine against a real server and a real database.

mod casts;
mod compare;
mod context;
mod fallback;
mod questions;
mod room;
mod waiting;

use std::path::Path;

use switchboard::protocol::{
    AgentState, AnswerStatus, BackendCommand, BackendEvent, ChatId, ErrorKind, Part, Role, RunId,
    RunStatus, Seq, Siblings, StopMode, StreamEvent,
};

use crate::support::{
    Desk, Script, Server, Signal, delta, failure, fault, finish, model, sse, sse_without_done,
};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A stream that gives its first half, then waits.
fn half(text: &str, go: &Signal) -> Script {
    Script::stream().bytes(sse_without_done(&[delta(text)])).wait(go)
}

/// A new chat with the message `first`, of whose answer `one` has come.
async fn half_answered(folder: &Path, server: &Server, answer: Script) -> (Desk, ChatId, RunId) {
    server.push(answer);
    let mut desk = Desk::open(folder, server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "first", model("alpha")).await;
    desk.until_text(run, "one").await;
    (desk, chat, run)
}

#[tokio::test]
async fn an_answer_is_told_in_order_and_kept_as_told() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::answer("Hello **you**."));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete);
    assert_eq!(told.text(), "Hello **you**.");
    let seqs: Vec<Seq> = told.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).map(Seq).collect::<Vec<_>>());
    assert_eq!(told.states(), [AgentState::Thinking, AgentState::Streaming, AgentState::Idle]);
    desk.close().await;

    let desk = Desk::open(folder.path(), &server);
    let kept = desk.messages(chat).await;
    assert_eq!(kept.len(), 2);
    assert_eq!((kept[0].role, kept[0].text()), (Role::User, "Hi".to_owned()));
    let mut live = kept[1].clone();
    live.parts.clear();
    for event in &told.events {
        live.apply(&event.event, event.at);
    }
    assert_eq!(live, kept[1]);
    assert_eq!(server.posts().len(), 1);
}

#[tokio::test]
async fn every_message_keeps_its_own_model_across_a_restart() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    for name in ["alpha", "beta", "org/gamma"] {
        let run = desk.send(chat, "who?", model(name)).await;
        assert_eq!(desk.finish(run).await.text(), format!("{name}: who?"));
    }
    desk.close().await;
    let desk = Desk::open(folder.path(), &server);
    let answers: Vec<_> =
        desk.messages(chat).await.into_iter().filter_map(|message| message.answer).collect();
    let models: Vec<_> = answers.iter().map(|answer| answer.model.to_string()).collect();
    assert_eq!(models, ["mock/alpha", "mock/beta", "mock/org/gamma"]);
    let asked: Vec<_> = server.posts().iter().map(|post| post.model()).collect();
    assert_eq!(asked, ["alpha", "beta", "org/gamma"]);
}

#[tokio::test]
async fn stop_now_keeps_what_arrived_and_closes_the_connection() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    server.push(half("Half a sen", &go).hang());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.until_text(run, "Half").await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Stopped);
    assert_eq!(told.states(), [AgentState::Stopping, AgentState::Idle]);
    assert_eq!(desk.messages(chat).await[1].text(), "Half a sen");
    go.fire();
    server.wait_for_disconnects(1).await;
    let run = desk.send(chat, "again", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
}

#[tokio::test]
async fn a_graceful_stop_ends_with_the_sentence() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let rest = [delta(" sentence. And"), delta(" another one."), finish("stop")];
    server.push(half("Half a", &go).bytes(sse(&rest)));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.until_text(run, "Half a").await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Graceful }).await;
    desk.until(|event| match event {
        BackendEvent::Run(event) => {
            matches!(event.event, StreamEvent::State { to: AgentState::Stopping, .. }).then_some(())
        }
        _ => None,
    })
    .await;
    go.fire();
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    assert_eq!(desk.messages(chat).await[1].text(), "Half a sentence.");
}

#[tokio::test]
async fn a_busy_provider_is_asked_again_before_the_first_token() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::json(503, &failure("overloaded", "busy")));
    server.push(Script::json(429, &failure("rate_limit", "slow down")));
    server.push(Script::answer("There."));
    let mut desk = Desk::open(folder.path(), &server);
    let run = desk.send(Desk::new_chat(), "Hi", model("alpha")).await;
    let told = desk.finish(run).await;
    assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, "There."));
    let retries: Vec<_> = told
        .events
        .iter()
        .filter_map(|event| match &event.event {
            StreamEvent::Error { kind, retryable: true, .. } => Some(*kind),
            _ => None,
        })
        .collect();
    assert_eq!(retries, [ErrorKind::Overloaded, ErrorKind::RateLimited]);
    let states = told.states();
    assert_eq!(states.iter().filter(|state| **state == AgentState::Retrying).count(), 2);
    assert_eq!(server.posts().len(), 3);
}

#[tokio::test]
async fn a_long_wait_before_a_retry_can_be_skipped_or_stopped() {
    let (folder, server) = (folder(), Server::start());
    let busy = || Script::json(429, &failure("rate_limit", "wait")).header("retry-after", "200");
    server.push(busy());
    server.push(busy());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    let waits = |event| match event {
        BackendEvent::Run(event) => {
            matches!(event.event, StreamEvent::State { to: AgentState::Retrying, .. }).then_some(())
        }
        _ => None,
    };
    desk.until(waits).await;
    desk.ask(BackendCommand::RetryNow { chat }).await;
    desk.until(waits).await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Graceful }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    assert_eq!(server.posts().len(), 2);
}

#[tokio::test]
async fn nothing_is_sent_again_after_text_has_arrived() {
    let (folder, server) = (folder(), Server::start());
    server.push(fault("reset").script);
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Interrupted);
    let kept = desk.messages(chat).await.remove(1);
    let answer = kept.answer.clone().unwrap();
    assert_eq!(answer.status, AnswerStatus::Interrupted);
    assert_eq!(answer.error.unwrap().kind, ErrorKind::Network);
    assert!(!kept.text().is_empty());
    assert_eq!(server.posts().len(), 1);
}

#[tokio::test]
async fn a_refused_key_fails_the_answer_and_the_chat_goes_on() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::json(401, &failure("invalid_api_key", "wrong key")));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Failed);
    assert_eq!(*told.states().last().unwrap(), AgentState::Failed);
    let error = desk.messages(chat).await[1].answer.clone().unwrap().error.unwrap();
    assert_eq!((error.kind, error.status), (ErrorKind::Auth, Some(401)));
    let run = desk.send(chat, "again", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
}

#[tokio::test]
async fn an_unknown_provider_fails_with_its_name() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", "nowhere/x".parse().unwrap()).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Failed);
    let error = desk.messages(chat).await[1].answer.clone().unwrap().error.unwrap();
    assert_eq!(error.kind, ErrorKind::NotFound);
    assert!(error.message.contains("nowhere"), "{}", error.message);
}

#[tokio::test]
async fn regenerating_makes_a_sibling_and_branches_can_be_switched() {
    let (folder, server) = (folder(), Server::start());
    for text in ["first", "second"] {
        server.push(Script::answer(text));
    }
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.finish(run).await;
    let question = desk.messages(chat).await[0].id;
    let run = desk.regenerate(chat, question, None).await;
    desk.finish(run).await;
    let shown = desk.messages(chat).await;
    assert_eq!((shown.len(), shown[1].text()), (2, "second".to_owned()));
    assert_eq!(shown[1].siblings, Siblings { index: 1, count: 2 });
    let sent = server.posts().last().unwrap().json();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 1, "the old answer is not sent");
    desk.store.select_branch(chat, shown[1].id, -1).await.unwrap();
    assert_eq!(desk.messages(chat).await[1].text(), "first");
}

#[tokio::test]
async fn an_interrupted_answer_can_be_continued() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::stream().bytes(sse_without_done(&[delta("One, two")])).cut());
    server.push(Script::answer(", three."));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Count", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Interrupted);
    let broken = desk.messages(chat).await[1].id;
    let run = desk.regenerate(chat, broken, Some(broken)).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
    let texts: Vec<_> = desk.messages(chat).await.iter().map(|message| message.text()).collect();
    assert_eq!(texts, ["Count", "One, two", ", three."]);
    let sent = server.posts()[1].json().to_string();
    assert!(sent.contains("One, two"), "{sent}");
}

#[tokio::test]
async fn several_chats_run_at_once_and_one_stop_reaches_only_its_own() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let release = go.clone();
    server.set_default(move |request| {
        let text = format!("{} ", request.last_text());
        half(&text, &release).bytes(sse(&[delta("end."), finish("stop")]))
    });
    let mut desk = Desk::open(folder.path(), &server);
    let mut runs = Vec::new();
    for name in ["a", "b", "c"] {
        let chat = Desk::new_chat();
        let run = desk.send(chat, name, model("alpha")).await;
        desk.until_text(run, name).await;
        runs.push((chat, run, name));
    }
    let (chat, run, _) = runs[1];
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    go.fire();
    let mut open = 2;
    desk.until(|event| match event {
        BackendEvent::Run(event) if matches!(event.event, StreamEvent::Done { .. }) => {
            open -= 1;
            (open == 0).then_some(())
        }
        _ => None,
    })
    .await;
    for (chat, _, name) in runs {
        let expected = if name == "b" { "b ".to_owned() } else { format!("{name} end.") };
        assert_eq!(desk.messages(chat).await[1].text(), expected);
    }
}

fn tool_call(id: &str) -> serde_json::Value {
    serde_json::json!({"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": id,
        "type": "function", "function": {"name": "read_file", "arguments": "{\"path\":\"a\"}"}}]}}]})
}

#[tokio::test]
async fn a_tool_that_is_not_there_is_answered_and_the_model_goes_on() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::events(&[delta("Let me look."), tool_call("c1"), finish("tool_calls")]));
    server.push(Script::answer("I cannot read it."));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Read a", model("alpha")).await;
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete);
    let parts = desk.messages(chat).await.remove(1).parts;
    let kinds: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => text.as_str(),
            Part::ToolCall { tool, .. } => tool.as_str(),
            Part::ToolResult { success: false, .. } => "failed",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["Let me look.", "read_file", "failed", "I cannot read it."]);
    let second = server.posts()[1].json();
    let roles: Vec<_> = second["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message["role"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(roles, ["user", "assistant", "tool"]);
}

#[tokio::test]
async fn a_run_ends_at_its_turn_limit_and_says_so() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|_| Script::events(&[tool_call("c1"), finish("tool_calls")]));
    let mut desk = Desk::with_turns(folder.path(), &server, 1);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Loop", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
    assert_eq!(server.posts().len(), 1);
    let parts = desk.messages(chat).await.remove(1).parts;
    let limit = |part: &Part| matches!(part, Part::Notice { code, .. } if code == "turn_limit");
    assert!(limit(parts.last().unwrap()), "{parts:?}");
}

/// The code of the notice that ends an answer.
fn last_notice(parts: &[Part]) -> Option<&str> {
    match parts.last() {
        Some(Part::Notice { code, .. }) => Some(code.as_str()),
        _ => None,
    }
}

#[tokio::test]
async fn a_model_that_only_calls_tools_ends_after_its_second_turn() {
    let (folder, server) = (folder(), Server::start());
    server.set_default(|_| Script::events(&[tool_call("c1"), finish("tool_calls")]));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Loop", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
    assert_eq!(server.posts().len(), 2);
    assert_eq!(last_notice(&desk.messages(chat).await[1].parts), Some("tools_not_offered"));
}

#[tokio::test]
async fn an_empty_answer_says_so() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::events(&[finish("stop")]));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
    assert_eq!(last_notice(&desk.messages(chat).await[1].parts), Some("empty_answer"));
}

#[tokio::test]
async fn the_same_message_sent_twice_starts_one_run() {
    let (folder, server) = (folder(), Server::start());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let request = Desk::request(chat, "once", model("alpha"));
    let run = request.run;
    desk.ask(BackendCommand::Send(Box::new(request.clone()))).await;
    desk.finish(run).await;
    desk.ask(BackendCommand::Send(Box::new(request))).await;
    let run = desk.send(chat, "twice", model("alpha")).await;
    desk.finish(run).await;
    assert_eq!(server.posts().len(), 2);
    assert_eq!(desk.messages(chat).await.len(), 4);
}

#[tokio::test]
async fn closing_in_the_middle_leaves_an_interrupted_answer() {
    let (folder, server) = (folder(), Server::start());
    server.push(half("So far", &Signal::new()).hang());
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Hi", model("alpha")).await;
    desk.until_text(run, "So far").await;
    desk.close().await;
    let desk = Desk::open(folder.path(), &server);
    let answer = desk.messages(chat).await.remove(1);
    assert_eq!(answer.text(), "So far");
    assert_eq!(answer.answer.unwrap().status, AnswerStatus::Interrupted);
}

#[tokio::test]
async fn a_megabyte_goes_out_whole() {
    let (folder, server) = (folder(), Server::start());
    server.push(Script::answer("Long."));
    let mut desk = Desk::open(folder.path(), &server);
    let chat = Desk::new_chat();
    let text = "words and ünïcode ".repeat(55_000);
    let run = desk.send(chat, &text, model("alpha")).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Complete);
    assert_eq!(server.posts()[0].last_text(), text);
    assert_eq!(desk.messages(chat).await[0].text(), text);
}

#[tokio::test]
async fn what_was_asked_right_before_the_end_is_done() {
    let (folder, server) = (folder(), Server::start());
    let (kept, gone, last) = (Desk::new_chat(), Desk::new_chat(), Desk::new_chat());
    let mut desk = Desk::open(folder.path(), &server);
    for chat in [kept, gone] {
        let run = desk.send(chat, "Hi", model("alpha")).await;
        desk.finish(run).await;
    }
    desk.ask(BackendCommand::RenameChat { chat: kept, title: "Kept".to_owned() }).await;
    desk.ask(BackendCommand::PinChat { chat: kept, pinned: true }).await;
    desk.ask(BackendCommand::DeleteChat { chat: gone }).await;
    desk.send(last, "Typed in a hurry", model("alpha")).await;
    desk.close().await;

    let desk = Desk::open(folder.path(), &server);
    let chats = desk.store.list_chats().await.unwrap();
    let mut titles: Vec<_> = chats.iter().map(|chat| (chat.title.as_str(), chat.pinned)).collect();
    titles.sort_unstable();
    assert_eq!(titles, [("Kept", true), ("Typed in a hurry", false)]);
    assert_eq!(desk.messages(last).await[0].text(), "Typed in a hurry");
}
