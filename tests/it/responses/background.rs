//! Answers that run on at their provider: whole and once, whatever happens here.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use switchboard::protocol::{
    AgentState, AnswerStatus, BackendCommand, BackendEvent, ChatId, EngineSettings, ErrorKind,
    Fallback, Message, Part, RunId, RunStatus, Seq, StopMode, StreamEvent,
};

use crate::support::responses::{Luck, Mode, Responses, function_call, message, reasoning};
use crate::support::{Desk, model};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn desk(folder: &Path, api: &Responses) -> Desk {
    Desk::with(folder, api.provider(Mode::Background), EngineSettings::default())
}

const LONG: &str = "one two three four five six seven eight nine ten";

/// The items of a long answer with thinking before it.
fn long() -> [serde_json::Value; 2] {
    [reasoning("rs_1", &["Let me count", "in words"]), message(LONG)]
}

/// Asks for the long answer in a new chat, with this luck.
async fn count(folder: &Path, api: &Responses, luck: &[Luck]) -> (Desk, ChatId, RunId) {
    api.answer(&long());
    api.luck(luck);
    let mut desk = desk(folder, api);
    let chat = Desk::new_chat();
    let run = desk.send(chat, "Count", model("gpt-5")).await;
    (desk, chat, run)
}

/// Asks for the long answer and waits for its second word, after which nothing comes. What
/// becomes of it later is `luck`.
async fn count_to_two(folder: &Path, api: &Responses, luck: &[Luck]) -> (Desk, ChatId, RunId) {
    let (mut desk, chat, run) = count(folder, api, &[Luck::Silence(24)]).await;
    api.luck(luck);
    desk.until_text(run, "two").await;
    (desk, chat, run)
}

/// Waits until a place is told from which an answer can go on.
async fn until_marked(desk: &mut Desk) {
    desk.until(|event| match event {
        BackendEvent::Run(event) => event.resume.map(drop),
        _ => None,
    })
    .await;
}

/// The next run that begins, or goes on.
async fn begun(desk: &mut Desk) -> (RunId, Message) {
    desk.until(|event| match event {
        BackendEvent::RunStarted { run, answer, .. } => Some((run, *answer)),
        _ => None,
    })
    .await
}

fn assert_whole(answer: &Message) {
    assert_eq!(answer.text(), LONG);
    let thoughts: Vec<_> = answer
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Thinking { text, opaque, .. } => Some((text.as_str(), opaque.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(thoughts, [("Let me count\n\nin words", true)]);
    assert_eq!(answer.answer.as_ref().unwrap().status, AnswerStatus::Complete);
    let usage = answer.answer.as_ref().unwrap().usage;
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(40), Some(20)));
}

#[tokio::test]
async fn a_stream_cut_again_and_again_becomes_one_whole_answer() {
    let (folder, api) = (folder(), Responses::start());
    // In the queue, in the thinking, with a refused and a fruitless connection, in the text.
    let luck =
        [Luck::Cut(1), Luck::Cut(6), Luck::Status(503), Luck::Cut(0), Luck::Cut(12), Luck::Cut(5)];
    let (mut desk, chat, run) = count(folder.path(), &api, &luck).await;
    let told = desk.finish(run).await;
    assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, LONG));
    assert_whole(&desk.messages(chat).await[1]);
    let seqs: Vec<Seq> = told.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).map(Seq).collect::<Vec<_>>());
    let waits = told.states().iter().filter(|state| **state == AgentState::Retrying).count();
    assert_eq!(waits, 6);
    assert_eq!(api.server.posts().len(), 1, "one question, one POST");
    let places = api.resumed_at();
    assert!(places.is_sorted() && places.len() == 6, "{places:?}");
}

#[tokio::test]
async fn an_answer_that_is_gone_keeps_what_came() {
    let (folder, api) = (folder(), Responses::start());
    let luck = [Luck::Cut(24), Luck::Status(404)];
    let (mut desk, chat, run) = count(folder.path(), &api, &luck).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Interrupted);
    let kept = desk.messages(chat).await.remove(1);
    assert!(kept.text().starts_with("one two"), "{}", kept.text());
    assert_eq!(kept.answer.unwrap().error.unwrap().kind, ErrorKind::NotFound);
    assert_eq!(api.server.posts().len(), 1);
}

#[tokio::test]
async fn a_stopped_answer_is_cancelled_at_its_provider() {
    let (folder, api) = (folder(), Responses::start());
    let (mut desk, chat, run) = count_to_two(folder.path(), &api, &[]).await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Now }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
    desk.close().await;
    assert_eq!(api.cancelled(), ["resp_1"]);
    let desk = self::desk(folder.path(), &api);
    assert_eq!(desk.store.resumable_runs().await.unwrap(), []);
}

#[tokio::test]
async fn a_wait_before_a_reconnection_can_be_stopped() {
    let (folder, api) = (folder(), Responses::start());
    api.answer(&long());
    let mut desk = desk(folder.path(), &api);
    let chat = Desk::new_chat();
    // Asked to wait, it waits.
    let busy = crate::support::Script::json(429, &serde_json::json!({"error": {"message": "no"}}));
    api.server.push_get(busy.header("retry-after", "200"));
    api.luck(&[Luck::Cut(24)]);
    let run = desk.send(chat, "Count", model("gpt-5")).await;
    let mut waits = 0;
    desk.until(|event| match event {
        BackendEvent::Run(event) if event.run == run => {
            let waiting =
                matches!(event.event, StreamEvent::State { to: AgentState::Retrying, .. });
            waits += usize::from(waiting);
            (waits == 2).then_some(())
        }
        _ => None,
    })
    .await;
    desk.ask(BackendCommand::Stop { chat, mode: StopMode::Graceful }).await;
    assert_eq!(desk.finish(run).await.status, RunStatus::Stopped);
}

#[tokio::test]
async fn an_answer_goes_on_after_the_app_was_closed_in_the_middle_of_it() {
    let (folder, api) = (folder(), Responses::start());
    // Closed in the queue, in the thinking, and in the text.
    let luck = [2, 6, 13].map(Luck::Silence);
    let (mut first, chat, run) = count(folder.path(), &api, &luck).await;
    until_marked(&mut first).await;
    first.close().await;
    for part in ["Let me", "one"] {
        let mut next = desk(folder.path(), &api);
        assert_eq!(next.notices, [], "nothing was interrupted");
        assert_eq!(begun(&mut next).await.0, run);
        next.until(|event| match event {
            BackendEvent::Run(event) => {
                let said = match &event.event {
                    StreamEvent::Thinking { content, .. }
                    | StreamEvent::Message { content, .. } => content.contains(part),
                    _ => false,
                };
                (said && event.resume.is_some()).then_some(())
            }
            _ => None,
        })
        .await;
        next.close().await;
    }
    let mut last = desk(folder.path(), &api);
    let (_, open) = begun(&mut last).await;
    assert!(open.text().starts_with("one"), "{}", open.text());
    let told = last.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete);
    assert_eq!(format!("{}{}", open.text(), told.text()), LONG);
    assert_whole(&last.messages(chat).await[1]);
    assert_eq!(api.server.posts().len(), 1);
}

#[tokio::test]
async fn killed_at_any_moment_it_goes_on_whole_and_once() {
    for events in 1..28 {
        let (folder, copy, api) = (folder(), self::folder(), Responses::start());
        let luck = [Luck::Silence(events)];
        let (mut killed, ..) = count(folder.path(), &api, &luck).await;
        until_marked(&mut killed).await;
        for _ in 0..20 * events {
            tokio::task::yield_now().await;
        }
        killed.store.flush().await.unwrap();
        // What is on the disk now is what a killed process leaves, and nobody holds its lock.
        for file in ["switchboard.db", "switchboard.db-wal"] {
            std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
        }
        let mut next = desk(copy.path(), &api);
        assert_eq!(next.notices, []);
        let (run, open) = begun(&mut next).await;
        assert_eq!(next.finish(run).await.status, RunStatus::Complete);
        assert_whole(&next.messages(open.chat).await[1]);
        assert_eq!(api.server.posts().len(), 1);
        next.close().await;
        killed.close().await;
    }
}

#[tokio::test]
async fn the_tools_of_an_answer_that_went_on_are_run_once() {
    let (folder, api) = (folder(), Responses::start());
    let call = function_call("call_a", "read", serde_json::json!({"path": "a"}));
    api.answer(&[message("Let me look."), call]);
    api.answer(&[message("It is not there.")]);
    api.luck(&[Luck::Silence(9)]);
    let mut first = desk(folder.path(), &api);
    let chat = Desk::new_chat();
    let run = first.send(chat, "Read a", model("gpt-5")).await;
    first.until_text(run, "Let").await;
    first.close().await;
    let mut next = desk(folder.path(), &api);
    assert_eq!(next.finish(run).await.status, RunStatus::Complete);
    let parts = next.messages(chat).await.remove(1).parts;
    let kinds: Vec<_> = parts
        .iter()
        .map(|part| match part {
            Part::Text { text } => text.as_str(),
            Part::ToolCall { tool, .. } => tool.as_str(),
            Part::ToolResult { .. } => "result",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["Let me look.", "read", "result", "It is not there."]);
    assert_eq!(api.server.posts().len(), 2);
}

#[tokio::test]
async fn only_one_of_two_processes_goes_on_with_an_answer() {
    let (folder, api) = (folder(), Responses::start());
    let (first, _, run) = count_to_two(folder.path(), &api, &[Luck::Silence(2)]).await;
    first.close().await;
    let mut one = desk(folder.path(), &api);
    assert_eq!(begun(&mut one).await.0, run);
    one.until(|event| match event {
        BackendEvent::Run(event) => {
            matches!(event.event, StreamEvent::Message { .. }).then_some(())
        }
        _ => None,
    })
    .await;
    let other = desk(folder.path(), &api);
    assert_eq!(other.store.resumable_runs().await.unwrap(), []);
    other.close().await;
    one.close().await;
    assert_eq!(api.resumed_at().len(), 1);
}

#[tokio::test]
async fn an_answer_whose_provider_is_gone_becomes_interrupted() {
    let (folder, api) = (folder(), Responses::start());
    let (first, chat, run) = count_to_two(folder.path(), &api, &[]).await;
    first.close().await;
    let mut other = api.provider(Mode::Background);
    other.id = "other".into();
    let mut next = Desk::with(folder.path(), other, EngineSettings::default());
    assert_eq!(next.finish(run).await.status, RunStatus::Interrupted);
    let kept = next.messages(chat).await.remove(1);
    assert!(kept.text().starts_with("one two"), "{}", kept.text());
    assert_eq!(kept.answer.unwrap().error.unwrap().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn an_answer_that_went_on_and_failed_is_handed_down_its_chats_own_chain() {
    let (folder, api) = (folder(), Responses::start());
    api.answer(&long());
    api.answer(&[message("Here I am.")]);
    api.luck(&[Luck::Silence(2), Luck::Status(404)]);
    let mut first = desk(folder.path(), &api);
    let chat = Desk::new_chat();
    let models = vec![model("gpt-5-mini")];
    let mut request = Desk::request(chat, "Count", model("gpt-5"));
    request.chat_options.fallback = Some(Fallback { models, allow_dearer: true });
    request.options = request.chat_options.clone();
    let run = request.run;
    first.ask(BackendCommand::Send(Box::new(request))).await;
    first
        .until(|event| match event {
            BackendEvent::Run(event) => event.resume.map(drop),
            _ => None,
        })
        .await;
    first.close().await;
    let mut next = desk(folder.path(), &api);
    let told = next.finish(run).await;
    assert_eq!((told.status, told.text().as_str()), (RunStatus::Complete, "Here I am."));
    assert_eq!(api.server.posts()[1].model(), "gpt-5-mini");
}

#[tokio::test]
async fn what_waits_behind_an_answer_that_goes_on_is_sent_after_it() {
    let (folder, api) = (folder(), Responses::start());
    let (mut first, chat, run) = count_to_two(folder.path(), &api, &[]).await;
    first.send(chat, "And then?", model("gpt-5")).await;
    first.until_queue(|items| items.len() == 1).await;
    first.close().await;
    let mut next = desk(folder.path(), &api);
    assert_eq!(next.finish(run).await.status, RunStatus::Complete);
    let (second, _) = begun(&mut next).await;
    assert_eq!(next.finish(second).await.text(), "gpt-5: And then?");
    assert_eq!(next.messages(chat).await.len(), 4);
}

/// The program on this folder, asking the server in the background.
fn program(folder: &Path, api: &Responses) -> Command {
    let url = api.server.url();
    let config = format!(
        "[[providers]]\nid = \"mock\"\nname = \"Mock\"\nkind = \"responses\"\nurl = \"{url}\"\n\
         options = {{ background = true }}\n"
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .current_dir(folder)
        .args(["ask", "--json", "--model", "mock/gpt-5", "Count"])
        .stdout(Stdio::piped());
    command
}

/// Waits until the write-ahead log holds these words.
fn wait_for_journal(folder: &Path, words: &str) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    loop {
        let wal = std::fs::read(folder.join("switchboard.db-wal")).unwrap_or_default();
        if wal.windows(words.len()).any(|window| window == words.as_bytes()) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "the journal was never written");
        std::thread::yield_now();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_three_times_and_killed_once_an_answer_arrives_whole_and_once() {
    let (folder, api) = (folder(), Responses::start());
    api.answer(&long());
    // Two cuts, then silence, in which the program is killed; then a third cut.
    api.luck(&[Luck::Cut(8), Luck::Cut(12), Luck::Silence(4), Luck::Cut(2)]);
    let mut child = program(folder.path(), &api).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("three")));
    wait_for_journal(folder.path(), "three");
    child.kill().unwrap();
    child.wait().unwrap();
    // A command that only looks leaves the answer as it is.
    let listed = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder.path())
        .args(["chats", "list"])
        .output()
        .unwrap();
    assert!(listed.status.success());

    let mut desk = desk(folder.path(), &api);
    assert_eq!(desk.notices, []);
    let (run, open) = begun(&mut desk).await;
    assert!(open.text().contains("three"), "{}", open.text());
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete);
    assert_eq!(format!("{}{}", open.text(), told.text()), LONG);
    assert_whole(&desk.messages(open.chat).await[1]);
    assert_eq!(api.server.posts().len(), 1);
    assert_eq!(api.resumed_at().len(), 4);
    desk.close().await;
    let desk = self::desk(folder.path(), &api);
    assert_whole(&desk.messages(open.chat).await[1]);
    assert_eq!(desk.store.resumable_runs().await.unwrap(), [], "it has ended");
}

/// A command on a folder, with what it said and noted.
fn said(folder: &Path, args: &[&str]) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

/// A chat whose only answer a killed process has left half done.
fn half_done(folder: &Path, api: &Responses) -> String {
    api.answer(&long());
    api.luck(&[Luck::Silence(24)]);
    let mut child = program(folder, api).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("two")));
    wait_for_journal(folder, "two");
    child.kill().unwrap();
    child.wait().unwrap();
    let listed = said(folder, &["chats", "list"]).0;
    listed.split_whitespace().next().unwrap().to_owned()
}

#[test]
fn a_message_to_a_chat_with_a_half_answer_is_sent_behind_the_whole_one() {
    let (folder, api) = (folder(), Responses::start());
    let chat = half_done(folder.path(), &api);
    let shown = said(folder.path(), &["chats", "show", &chat]).0;
    assert!(shown.contains("not finished; it goes on when Switchboard is open"), "{shown}");
    // A message elsewhere leaves it alone.
    api.answer(&[message("Elsewhere.")]);
    said(folder.path(), &["ask", "--model", "mock/gpt-5", "Other"]);
    assert_eq!(api.resumed_at().len(), 0);

    api.answer(&[message("Eleven.")]);
    let (out, noted) = said(folder.path(), &["ask", "--chat", &chat, "Go on"]);
    assert_eq!(out, "Eleven.\n", "{noted}");
    assert!(noted.contains("it goes on first"), "{noted}");
    let sent = api.server.posts().pop().unwrap().json().to_string();
    assert!(sent.contains(LONG), "{sent}");
    let shown = said(folder.path(), &["chats", "show", &chat]).0;
    assert!(shown.contains(LONG) && !shown.contains("not finished"), "{shown}");
}

#[test]
fn a_half_answer_that_is_gone_is_interrupted_before_the_next_message() {
    let (folder, api) = (folder(), Responses::start());
    let chat = half_done(folder.path(), &api);
    api.luck(&[Luck::Status(404)]);
    api.answer(&[message("Eleven.")]);
    assert_eq!(said(folder.path(), &["ask", "--chat", &chat, "Go on"]).0, "Eleven.\n");
    let shown = said(folder.path(), &["chats", "show", &chat]).0;
    assert!(shown.contains("interrupted"), "{shown}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_at_the_provider_too() {
    let (folder, api) = (folder(), Responses::start());
    api.answer(&long());
    api.luck(&[Luck::Silence(24)]);
    let mut child = program(folder.path(), &api).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    for word in ["two", "stopping"] {
        assert!(lines.any(|line| line.contains(word)), "{word}");
        let interrupt = format!("kill -INT {}", child.id());
        assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    }
    assert!(lines.any(|line| line.contains("\"stopped\"")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(api.cancelled(), ["resp_1"]);
}
