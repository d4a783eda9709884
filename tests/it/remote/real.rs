//! The built program at both ends: a gateway in a process of its own, and the desktop or the
//! command line linked to it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use switchboard::protocol::{
    AnswerStatus, BackendCommand, BackendEvent, BotId, ModelId, RemoteCommand, RemoteEvent,
    RunStatus, ServerConfig,
};

use super::{home, keep_token, last_text, request, until_ready};
use crate::support::serve::Serve;
use crate::support::{Desk, Script, Server, Signal, delta, finish, now, sse_without_done};

pub(super) fn switchboard(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub(super) fn run(folder: &Path, args: &[&str]) -> Output {
    switchboard(folder, args).output().unwrap()
}

pub(super) fn run_with_input(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = switchboard(folder, args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub(super) fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", err(output));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

pub(super) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A folder for a gateway with a provider at the server; with a token of the owner.
pub(super) fn prepared(folder: &Path, server: &Server) -> String {
    out(&run(folder, &["providers", "add", "mock", "--url", &server.url()]));
    out(&run(folder, &["tokens", "add", "laptop"]))
}

pub(super) fn config(gateway: &Serve) -> ServerConfig {
    super::wire::config(gateway.address.parse().unwrap())
}

/// An answer that stops in the middle until the signal.
pub(super) fn in_halves(first: &str, second: &str, go: &Signal) -> Script {
    Script::stream()
        .bytes(sse_without_done(&[delta(first)]))
        .wait(go)
        .bytes(sse_without_done(&[delta(second), finish("stop")]))
}

#[tokio::test]
async fn an_answer_of_a_gateway_survives_its_crash_and_comes_once() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, go) = (Server::start(), Signal::new());
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    let (address, config) = (gateway.address.clone(), config(&gateway));
    keep_token(near.path(), &token);
    let mut desk = Desk::linked(near.path(), vec![config]);
    let listed = desk
        .until(|event| match event {
            BackendEvent::Remote(RemoteEvent::Changed(state)) if !state.bots.is_empty() => {
                Some(state)
            }
            _ => None,
        })
        .await;
    assert!(listed.has_token && listed.bots.len() > 50, "{}", listed.bots.len());
    let chat = Desk::new_chat();
    let mut first = request(chat, "Hi");
    first.model = ModelId::new("mock", "alpha");
    first.one_off = true;
    desk.ask(BackendCommand::Send(Box::new(first.clone()))).await;
    let started = |event| match event {
        BackendEvent::RunStarted { run, question, .. } => Some((run, question.id)),
        _ => None,
    };
    let (told, question) = desk.until(started).await;
    assert_eq!(question, first.message);
    let told = desk.finish(told).await;
    assert_eq!((told.text().as_str(), told.status), ("alpha: Hi", RunStatus::Complete));

    server.push(in_halves("half of it", "never", &go));
    let mut second = request(chat, "Again");
    second.model = ModelId::new("mock", "alpha");
    desk.ask(BackendCommand::Send(Box::new(second))).await;
    let (run, _) = desk.until(started).await;
    desk.until_text(run, "half of it").await;
    gateway.kill();
    let gateway = Serve::at(far.path(), &address, &[]);
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Interrupted);
    assert_eq!(last_text(&desk, chat).await, "half of it");
    assert_eq!(server.posts().len(), 2, "each was asked once");
    let path = desk.messages(chat).await;
    assert_eq!(path.len(), 4);
    assert_eq!(path[3].answer.as_ref().unwrap().status, AnswerStatus::Interrupted);
    go.fire();
    desk.close().await;
    drop(gateway);
}

#[tokio::test]
async fn a_run_goes_on_at_the_gateway_while_the_desktop_is_away() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, go) = (Server::start(), Signal::new());
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    keep_token(near.path(), &token);
    let mut desk = Desk::linked(near.path(), vec![config(&gateway)]);
    until_ready(&mut desk).await;
    server.push(in_halves("Hello ", "you", &go));
    let chat = Desk::new_chat();
    let mut hi = request(chat, "Hi");
    hi.model = ModelId::new("mock", "alpha");
    hi.one_off = true;
    desk.ask(BackendCommand::Send(Box::new(hi))).await;
    let run = desk
        .until(|event| match event {
            BackendEvent::RunStarted { run, .. } => Some(run),
            _ => None,
        })
        .await;
    desk.until_text(run, "Hello ").await;
    desk.close().await;
    go.fire();
    let mut desk = Desk::linked(near.path(), vec![config(&gateway)]);
    let told = desk.finish(run).await;
    assert_eq!(told.status, RunStatus::Complete);
    assert_eq!(last_text(&desk, chat).await, "Hello you");

    // Another desktop of the same person sees the chat, and a bot opens one.
    let other = tempfile::tempdir().unwrap();
    keep_token(other.path(), &token);
    let mut second = Desk::linked(other.path(), vec![config(&gateway)]);
    let summary = second
        .until(|event| match event {
            BackendEvent::ChatChanged(summary) if summary.id == chat => Some(summary),
            _ => None,
        })
        .await;
    assert_eq!((summary.title.as_str(), summary.server), ("Hi", Some(home())));
    let opened = Desk::new_chat();
    let open = BackendCommand::Remote(RemoteCommand::OpenChat {
        chat: opened,
        server: home(),
        bot: BotId("code-reviewer".to_owned()),
        answers: BTreeMap::new(),
        created: now(),
    });
    second.ask(open).await;
    second
        .until(|event| match event {
            BackendEvent::Remote(RemoteEvent::AgentReady { chat }) if chat == opened => Some(()),
            BackendEvent::Notice(notice) => panic!("{notice:?}"),
            _ => None,
        })
        .await;
    assert!(second.store.cast(opened).await.unwrap().is_some());
    second.close().await;
    desk.close().await;
}

pub(super) fn ask_in_the_background(folder: &Path, args: &[&str]) -> Child {
    switchboard(folder, args).spawn().unwrap()
}

#[test]
fn servers_are_added_tried_asked_and_removed_on_the_command_line() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::start();
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    let url = format!("ws://{}", gateway.address);
    let near = near.path();
    assert_eq!(run(near, &["servers", "add", "home"]).status.code(), Some(2));
    assert_eq!(
        run(near, &["servers", "add", "home", "--url", "ftp://home"]).status.code(),
        Some(2)
    );
    let add = ["servers", "add", "home", "--url", &url, "--token-stdin"];
    out(&run_with_input(near, &add, "wrong-token-0123456789\n"));
    let tried = run(near, &["servers", "test", "home"]);
    assert_eq!(tried.status.code(), Some(1), "{}", err(&tried));
    assert!(err(&tried).contains("--token-stdin"), "{}", err(&tried));
    let asked = run(near, &["ask", "--server", "home", "Hi"]);
    assert_eq!(asked.status.code(), Some(1), "{}", err(&asked));
    out(&run_with_input(near, &add, &format!("{token}\n")));
    let tried = out(&run(near, &["servers", "test", "home"]));
    assert!(tried.starts_with("home is ready: ") && tried.contains(" bots"), "{tried}");
    let listed = out(&run(near, &["servers", "list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&listed[0]["id"], &listed[0]["url"]), (&"home".into(), &url.as_str().into()));
    let everything = std::fs::read_to_string(near.join("config.toml")).unwrap();
    assert!(everything.contains("[[servers]]") && !everything.contains(&token), "{everything}");

    let asked = run(near, &["ask", "--server", "home", "--model", "mock/alpha", "Hi"]);
    assert_eq!(out(&asked), "alpha: Hi");
    let asked = run(near, &["ask", "--server", "Home", "--model", "mock/beta", "--json", "-"]);
    assert_eq!(asked.status.code(), Some(2), "an empty message: {}", err(&asked));
    let json = ["ask", "--server", "home", "--model", "mock/beta", "--json", "-"];
    let frames = out(&run_with_input(near, &json, "Ho"));
    let frames: Vec<serde_json::Value> =
        frames.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let seqs: Vec<u64> = frames.iter().map(|frame| frame["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    assert_eq!(frames.last().unwrap()["type"], "done");
    let chats = out(&run(near, &["chats", "list", "--json"]));
    assert!(chats.contains("\"home\""), "{chats}");
    let refused = run(near, &["ask", "--server", "home", "--model", "nobody/x", "Hi"]);
    assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
    let findings = String::from_utf8(run(near, &["doctor"]).stdout).unwrap();
    assert!(findings.contains("server       home"), "{findings}");
    drop(gateway);
    let gone = run(near, &["ask", "--server", "home", "Hi"]);
    assert_eq!(gone.status.code(), Some(1), "{}", err(&gone));
    assert!(err(&gone).contains("cannot be reached"), "{}", err(&gone));
    out(&run(near, &["servers", "remove", "home"]));
    assert_eq!(run(near, &["servers", "test", "home"]).status.code(), Some(2));
    assert_eq!(run(near, &["ask", "--server", "home", "Hi"]).status.code(), Some(2));
    let keys = std::fs::read_to_string(near.join("keys.json")).unwrap_or_default();
    assert!(!keys.contains(&token));
}

#[test]
fn what_is_added_is_named_checked_and_found_by_id_or_name() {
    let folder = tempfile::tempdir().unwrap();
    let near = folder.path();
    let refused = |args: &[&str], about: &str| {
        let refused = run(near, &[&["servers", "add"], args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", err(&refused));
        let said = err(&refused);
        assert!(said.contains(about) && !said.contains("hunter2"), "{args:?}: {said}");
    };
    let added = run(near, &["servers", "add", "My  Home", "--url", "home.example:8899"]);
    assert!(out(&added).starts_with("my-home is added"), "{}", out(&added));
    assert!(err(&added).contains("taken as wss://home.example:8899"), "{}", err(&added));
    let added = run(near, &["servers", "add", "Box", "--url", "http://192.168.1.20:8899/"]);
    assert_eq!(err(&added), "", "nothing was left out");
    let listed = out(&run(near, &["servers", "list"]));
    for part in ["my-home ", "My Home ", "wss://home.example:8899 ", "ws://192.168.1.20:8899 "] {
        assert!(listed.contains(part), "{part} in {listed}");
    }
    refused(&["Cellar", "--url", "192.168.1.20:8899"], "Box has this address already");
    refused(&["Cellar", "--url", "192.168.1.20:8899"], "servers add box");
    refused(&["Cellar", "--url", "wss://cellar#hunter2"], "a # and more");
    refused(&["Cellar", "--url", "wss://cellar?token=hunter2"], "a ? and more");
    refused(&["Cellar", "--url", "me:hunter2@cellar"], "user name");
    refused(&["Cellar", "--url", "wss://cellar", "--ca-file", "none.pem"], "none.pem cannot be");
    refused(&["  ", "--url", "wss://cellar"], "the name is empty");
    let add = ["servers", "add", "my home", "--token-stdin"];
    let empty = run_with_input(near, &add, "\n");
    assert_eq!(empty.status.code(), Some(2));
    assert!(err(&empty).contains("the token is empty"), "{}", err(&empty));
    let changed = out(&run_with_input(near, &add, "sb_0123456789\n"));
    assert!(changed.starts_with("my-home is changed"), "{changed}");
    out(&run(near, &["servers", "remove", "MY HOME"]));
    out(&run(near, &["servers", "remove", "box"]));
    assert!(out(&run(near, &["servers", "list"])).starts_with("There are no servers"));
}

#[test]
fn a_code_is_taken_as_people_write_it_and_trouble_on_the_way_asks_for_no_new_one() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut gateway = Serve::start(far.path(), &["--pair"]);
    let line = gateway.line();
    let code = line.strip_prefix("pairing code ").unwrap().split(' ').next().unwrap().to_owned();
    let pair = |url: &str, code: &str| {
        run(near.path(), &["servers", "add", "home", "--url", url, "--pair", code])
    };
    let nobody = pair("ws://127.0.0.1:1", &code);
    assert_eq!(nobody.status.code(), Some(1), "{}", err(&nobody));
    assert!(err(&nobody).contains("the server runs"), "{}", err(&nobody));
    assert!(!err(&nobody).contains("Show a new code"), "{}", err(&nobody));
    let wrong = pair(&gateway.address, "AAAA-AAAA");
    assert!(err(&wrong).contains("Show a new code"), "{}", err(&wrong));
    let written = code.to_lowercase().replace('-', " ");
    out(&pair(&gateway.address, &written));
}

#[test]
fn a_code_gives_a_token_once() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut gateway = Serve::start(far.path(), &["--pair"]);
    let line = gateway.line();
    let code = line.strip_prefix("pairing code ").unwrap().split(' ').next().unwrap().to_owned();
    let url = format!("ws://{}", gateway.address);
    let add = ["servers", "add", "home", "--url", &url, "--pair"];
    let wrong = run(near.path(), &[&add[..], &["AAAA-AAAA"]].concat());
    assert_eq!(wrong.status.code(), Some(1), "{}", err(&wrong));
    out(&run(near.path(), &[&add[..], &[&code]].concat()));
    let tried = out(&run(near.path(), &["servers", "test", "home"]));
    assert!(tried.starts_with("home is ready"), "{tried}");
    let again = run(near.path(), &[&add[..], &[&code]].concat());
    assert_eq!(again.status.code(), Some(1), "{}", err(&again));
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_the_answer_of_a_gateway() {
    let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (server, go) = (Server::start(), Signal::new());
    let token = prepared(far.path(), &server);
    let gateway = Serve::start(far.path(), &[]);
    let url = format!("ws://{}", gateway.address);
    let add = ["servers", "add", "home", "--url", &url, "--token-stdin"];
    out(&run_with_input(near.path(), &add, &token));
    server.push(in_halves("One two", " three", &go));
    let ask = ["ask", "--server", "home", "--model", "mock/alpha", "--json", "Count"];
    let mut child = ask_in_the_background(near.path(), &ask);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("One two")));
    for _ in 0..2 {
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        if lines.any(|line| line.contains("stopping") || line.contains("\"done\"")) {
            continue;
        }
        break;
    }
    let mut rest = String::new();
    child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest}");
    go.fire();
}
