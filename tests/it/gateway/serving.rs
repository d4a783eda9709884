//! The built program with real sockets: killed, ended, restored, and shut to those who may not.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use switchboard::protocol::{
    ChatCommand, ChatId, ClientCommand, Frame, FromServer, Message, MessageId, RunId, RunStatus,
    ServerMessage, StreamEvent,
};

use tokio::net::TcpStream;

use super::{folder, in_halves, new_chat};
use crate::support::gate::message;
use crate::support::serve::{Serve, Socket};
use crate::support::{Script, Server, Signal};

const PATIENCE: Duration = Duration::from_secs(20);

fn run(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .current_dir(folder)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap().trim().to_owned()
}

/// A folder whose gateway has a provider at the server; with a token of the owner.
fn prepared(folder: &Path, server: &Server) -> String {
    out(&run(folder, &["providers", "add", "mock", "--url", &server.url()]));
    out(&run(folder, &["tokens", "add", "laptop"]))
}

fn ask(chat: ChatId, text: &str) -> ChatCommand {
    ChatCommand { model: Some("mock/alpha".to_owned()), ..message(chat, text) }
}

async fn say(socket: &mut Socket, id: &str, command: &ChatCommand) -> (RunId, MessageId) {
    socket.send(id, ClientCommand::Chat(Box::new(command.clone()))).await;
    socket
        .until(|said| match said {
            FromServer::Said(said) => match *said {
                ServerMessage::Ack { id: Some(of), run_id, message_id, .. } if of == id => {
                    Some((run_id.unwrap(), message_id.unwrap()))
                }
                ServerMessage::Error { message, .. } => panic!("{message}"),
                _ => None,
            },
            _ => None,
        })
        .await
}

/// Applies the events of a run until the text is this, or the run has ended.
async fn follow(socket: &mut Socket, answer: &mut Message, frames: &mut Vec<Frame>, text: &str) {
    while answer.text() != text && answer.is_open() {
        let frame = socket
            .until(|said| match said {
                FromServer::Event(frame) => Some(*frame),
                _ => None,
            })
            .await;
        answer.apply(&frame.event, frame.ts);
        frames.push(frame);
    }
}

async fn begin(socket: &mut Socket, chat: ChatId, text: &str) -> (ChatCommand, Message) {
    let command = ask(chat, text);
    socket.send("begin", ClientCommand::Chat(Box::new(command.clone()))).await;
    let answer = socket
        .until(|said| match said {
            FromServer::Said(said) => match *said {
                ServerMessage::RunStarted { answer, .. } => Some(*answer),
                _ => None,
            },
            _ => None,
        })
        .await;
    (command, answer)
}

#[tokio::test]
async fn a_killed_gateway_comes_back_and_nothing_is_lost_or_doubled() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let token = prepared(folder.path(), &server);
    server.push(in_halves("half of it", "never", &go));
    let gateway = Serve::start(folder.path(), &[]);
    let mut socket = gateway.client(&token, "one", &[]).await;
    let epoch = socket.welcome().epoch.clone();
    let chat = new_chat();
    let (command, mut answer) = begin(&mut socket, chat, "Hi").await;
    let run = answer.answer.as_ref().unwrap().run;
    let mut frames = Vec::new();
    follow(&mut socket, &mut answer, &mut frames, "half of it").await;
    assert_eq!(answer.text(), "half of it");
    // What was told is journalled within a quarter of a second; a page tells that it is.
    journalled(folder.path(), run, frames.last().unwrap().seq.0);
    gateway.kill();
    assert!(socket.next().await.is_none());

    let gateway = Serve::start(folder.path(), &[]);
    let last = frames.last().unwrap().seq;
    let mut socket = gateway.client(&token, "one", &[(run, last.0)]).await;
    assert_eq!(socket.welcome().epoch, epoch, "it is the same journal");
    assert_eq!(socket.welcome().gone, []);
    follow(&mut socket, &mut answer, &mut frames, "").await;
    let seqs: Vec<u64> = frames.iter().map(|frame| frame.seq.0).collect();
    assert_eq!(seqs, (1..=frames.len() as u64).collect::<Vec<_>>());
    let StreamEvent::Done { status, .. } = frames.last().unwrap().event else { panic!() };
    assert_eq!((status, answer.text().as_str()), (RunStatus::Interrupted, "half of it"));
    let same = say(&mut socket, "again", &command).await;
    assert_eq!(same, (run, answer.id));
    assert_eq!(server.posts().len(), 1, "it was asked once");
    let (next, _) = say(&mut socket, "next", &ask(chat, "Go on")).await;
    assert_ne!(next, run);
    go.fire();
}

/// Waits until the database's file holds so much of a run, as a reader of the file sees it.
fn journalled(folder: &Path, run: RunId, seq: u64) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let database = folder.join("switchboard.db");
    let db =
        rusqlite::Connection::open_with_flags(database, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    loop {
        let upto: Option<i64> = db
            .query_row(
                "SELECT max(upto) FROM event WHERE run = (SELECT n FROM run WHERE id = ?1)",
                [run.0.as_bytes()],
                |row| row.get(0),
            )
            .unwrap();
        if upto.is_some_and(|upto| upto.unsigned_abs() >= seq) {
            return;
        }
        assert!(std::time::Instant::now() < until, "the journal is written");
        std::thread::yield_now();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_gateway_that_is_asked_to_end_tells_its_clients_and_keeps_the_answer() {
    let (folder, server, go) = (folder(), Server::start(), Signal::new());
    let token = prepared(folder.path(), &server);
    server.push(in_halves("half of it", " and the rest", &go));
    let gateway = Serve::start(folder.path(), &["--log-format", "json"]);
    let mut socket = gateway.client(&token, "one", &[]).await;
    let (_, mut answer) = begin(&mut socket, new_chat(), "Hi").await;
    let mut frames = Vec::new();
    follow(&mut socket, &mut answer, &mut frames, "half of it").await;
    gateway.terminate();
    let told = socket.until(|said| match said {
        FromServer::Plain(plain) => Some(format!("{:?}", plain.event)),
        _ => None,
    });
    assert!(told.await.contains("stopping"));
    let refused = async { while TcpStream::connect(&gateway.address).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, refused).await.expect("nobody comes in any more");
    // What runs may come to its end.
    go.fire();
    follow(&mut socket, &mut answer, &mut frames, "").await;
    assert_eq!(answer.text(), "half of it and the rest");
    assert_eq!(socket.close_code().await, Some(1001));
    assert_eq!(gateway.code(), Some(0));
}

#[tokio::test]
async fn a_message_of_six_megabytes_is_answered_and_followed() {
    let (folder, server) = (folder(), Server::start());
    let token = prepared(folder.path(), &server);
    let gateway = Serve::start(folder.path(), &[]);
    let (chat, text) = (new_chat(), "long ".repeat(1_200_000));
    let mut follower = gateway.client(&token, "two", &[]).await;
    let mut socket = gateway.client(&token, "one", &[]).await;
    server.push(Script::answer("short"));
    server.push(Script::answer("that is long"));
    say(&mut socket, "first", &ask(chat, "Hi")).await;
    let subscribe = ClientCommand::follow(chat, None);
    follower.send("follow", subscribe).await;
    follower
        .until(|said| match said {
            FromServer::Said(said) => matches!(*said, ServerMessage::Ack { .. }).then_some(()),
            _ => None,
        })
        .await;
    let (run, _) = say(&mut socket, "long", &ask(chat, &text)).await;
    for reader in [&mut socket, &mut follower] {
        let is_echo = |said| match said {
            FromServer::Said(said) => match *said {
                ServerMessage::RunStarted { question, .. } if question.text() == text => Some(()),
                _ => None,
            },
            _ => None,
        };
        reader.until(is_echo).await;
        let is_end = |said| match said {
            FromServer::Event(frame) if frame.run_id == run => match frame.event {
                StreamEvent::Done { status, .. } => Some(status),
                _ => None,
            },
            _ => None,
        };
        assert_eq!(reader.until(is_end).await, RunStatus::Complete);
    }
}

#[tokio::test]
async fn a_gateway_restored_from_a_copy_says_so() {
    let (folder, server) = (folder(), Server::start());
    let token = prepared(folder.path(), &server);
    let gateway = Serve::start(folder.path(), &[]);
    let first = gateway.client(&token, "one", &[]).await.welcome().clone();
    gateway.kill();
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        if name.starts_with("switchboard.db") && file.file_type().unwrap().is_file() {
            std::fs::copy(file.path(), copy.path().join(name)).unwrap();
        }
    }
    let gateway = Serve::start(folder.path(), &[]);
    let mut socket = gateway.client(&token, "one", &[]).await;
    assert_eq!(socket.welcome().epoch, first.epoch, "a restart is none");
    say(&mut socket, "a", &ask(new_chat(), "after the copy")).await;
    gateway.kill();
    for name in ["switchboard.db-wal", "switchboard.db-shm"] {
        drop(std::fs::remove_file(folder.path().join(name)));
    }
    for file in std::fs::read_dir(copy.path()).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "switchboard.db-epoch" {
            std::fs::copy(file.path(), folder.path().join(file.file_name())).unwrap();
        }
    }
    let gateway = Serve::start(folder.path(), &[]);
    let restored = gateway.client(&token, "one", &[]).await.welcome().clone();
    assert_eq!(restored.server_id, first.server_id);
    assert_ne!(restored.epoch, first.epoch);
}

#[tokio::test]
async fn tokens_let_in_until_they_are_taken_back() {
    let (folder, server) = (folder(), Server::start());
    let token = prepared(folder.path(), &server);
    assert!(token.starts_with("sb_") && token.len() == 46, "{token}");
    let taken = run(folder.path(), &["tokens", "add", "laptop"]);
    assert_eq!(taken.status.code(), Some(2));
    let guest = run(folder.path(), &["tokens", "add", "friend", "--guest", "--json"]);
    let guest: serde_json::Value = serde_json::from_str(&out(&guest)).unwrap();
    assert_eq!((&guest["access"], &guest["state"]), (&"guest".into(), &"valid".into()));
    let list = out(&run(folder.path(), &["tokens", "list"]));
    assert!(list.contains("laptop") && list.contains("friend") && !list.contains("sb_"), "{list}");
    let gateway = Serve::start(folder.path(), &["--guest-model", "mock/beta"]);
    let socket = gateway.client(guest["token"].as_str().unwrap(), "two", &[]).await;
    assert_eq!(socket.welcome().access, switchboard::protocol::Access::Guest);
    gateway.client(&token, "one", &[]).await;
    out(&run(folder.path(), &["tokens", "revoke", "laptop"]));
    assert_eq!(gateway.connect(&token).await.close_code().await, Some(4001));
    let again = run(folder.path(), &["tokens", "revoke", "laptop"]);
    assert_eq!(again.status.code(), Some(2));
    let said = String::from_utf8(again.stderr).unwrap();
    assert!(said.contains("was taken back already"), "{said}");
    let unknown = run(folder.path(), &["tokens", "revoke", "nobody"]);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert!(said.contains("there is no token"), "{said}");
    let rows = out(&run(folder.path(), &["tokens", "list", "--json"]));
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows[0]["state"], "revoked");
    assert!(rows[1]["lastUsed"].is_i64(), "{rows}");
}

#[test]
fn a_gateway_does_not_listen_to_all_without_token_and_tls() {
    let folder = folder();
    let refused = |args: &[&str], wanted: &str| {
        let output = run(folder.path(), &[&["serve", "--listen", "0.0.0.0:0"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    refused(&[], "without a token");
    refused(&["--behind-proxy"], "without a token");
    out(&run(folder.path(), &["tokens", "add", "laptop"]));
    refused(&[], "without TLS");
    refused(&["--token-file", "missing"], "missing");
    let pem = folder.path().join("none.pem");
    std::fs::write(&pem, "nothing").unwrap();
    let pem = pem.to_str().unwrap();
    refused(&["--tls-cert", pem, "--tls-key", pem], "none.pem");
    refused(&["--tls-cert", pem], "--tls-key");
}

#[test]
fn names_of_tokens_are_one_line_and_an_empty_list_says_how_to_make_one() {
    let folder = folder();
    let list = run(folder.path(), &["tokens", "list"]);
    let said = String::from_utf8_lossy(&list.stderr).into_owned();
    assert!(list.stdout.is_empty() && said.contains("switchboard tokens add"), "{said}");
    assert_eq!(out(&run(folder.path(), &["tokens", "list", "--json"])), "[]");
    for name in ["a\nb", "a\u{7}", "a\u{202e}b", "a\u{200b}", "a\u{2028}b"] {
        let refused = run(folder.path(), &["tokens", "add", name]);
        assert_eq!(refused.status.code(), Some(2), "{name:?}");
    }
    assert_eq!(out(&run(folder.path(), &["tokens", "list", "--json"])), "[]");
}

#[test]
fn options_that_cannot_be_are_refused_before_it_listens() {
    let folder = folder();
    let short = folder.path().join("short");
    std::fs::write(&short, "# mine\n\nfifteen-letters\n").unwrap();
    let short = short.to_str().unwrap();
    let table: [(&[&str], &str); 7] = [
        (&["--max-clients", "0"], "--max-clients"),
        (&["--allow-origin", "https://example.com/"], "an origin has no path"),
        (&["--allow-origin", "example.com"], "SCHEME://HOST"),
        (&["--anonymous", "nobody/x"], "switchboard providers list"),
        (&["--guest-model", "guide/guide", "--guest-model", "nobody/x"], "there is no provider"),
        (&["--token-file", short], "line 3"),
        (&["--listen", "9220"], "127.0.0.1:8899"),
    ];
    for (args, wanted) in table {
        let output = run(folder.path(), &[&["serve"], args].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(wanted), "{args:?}: {said}");
        assert!(!said.contains("fifteen-letters"), "a token is never said");
    }
    Serve::at(folder.path(), "localhost:0", &["--guest-model", "guide/guide"]);
}

#[tokio::test]
async fn a_file_can_hold_the_token_and_a_code_is_shown_for_pairing() {
    let folder = folder();
    let file = folder.path().join("token");
    std::fs::write(&file, "# mine\nsecret-of-the-file\n").unwrap();
    let mut gateway =
        Serve::start(folder.path(), &["--token-file", file.to_str().unwrap(), "--pair"]);
    let line = gateway.line();
    let code = line.strip_prefix("pairing code ").unwrap().split(" ").next().unwrap().to_owned();
    assert_eq!((code.len(), line.contains(&gateway.address)), (9, true), "{line}");
    let welcome = gateway.client("secret-of-the-file", "one", &[]).await.welcome().clone();
    assert_eq!(welcome.access, switchboard::protocol::Access::Owner);
    let pair = || async {
        let body = serde_json::json!({ "code": code.to_lowercase(), "client": "desk" });
        let url = format!("http://{}/pair", gateway.address);
        let client = reqwest::Client::new();
        client.post(url).json(&body).send().await.unwrap()
    };
    let paired: serde_json::Value = pair().await.json().await.unwrap();
    assert_eq!(pair().await.status(), 403, "once");
    gateway.client(paired["token"].as_str().unwrap(), "two", &[]).await;
    assert!(out(&run(folder.path(), &["tokens", "list"])).contains("desk"));
    let picture: Vec<String> = (0..8).map(|_| gateway.line()).collect();
    assert!(picture.iter().any(|line| line.contains('█')), "{picture:?}");
}

#[tokio::test]
async fn other_programs_use_models_and_bots_over_the_api_of_openai() {
    let (folder, server) = (folder(), Server::start());
    let token = prepared(folder.path(), &server);
    let gateway = Serve::start(folder.path(), &[]);
    let http = reqwest::Client::new();
    let url = |path: &str| format!("http://{}/v1/{path}", gateway.address);
    let listed = http.get(url("models")).bearer_auth(&token).send().await.unwrap();
    let listed: serde_json::Value = listed.json().await.unwrap();
    let ids: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"guide/guide"), "{ids:?}");
    let bot = ids.iter().find(|id| id.starts_with("bot:")).unwrap();
    let ask = |model: &str, stream: bool| {
        let body = serde_json::json!({
            "model": model,
            "stream": stream,
            "messages": [
                { "role": "user", "content": "Earlier" },
                { "role": "assistant", "content": "Yes?" },
                { "role": "user", "content": "And now" },
            ],
        });
        http.post(url("chat/completions")).bearer_auth(&token).json(&body).send()
    };
    let answer: serde_json::Value = ask("mock/beta", false).await.unwrap().json().await.unwrap();
    assert_eq!(answer["choices"][0]["message"]["content"], "beta: And now", "{answer}");
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    let streamed = ask("mock/beta", true).await.unwrap().text().await.unwrap();
    assert!(streamed.contains("And now") && streamed.ends_with("data: [DONE]\n\n"), "{streamed}");
    let answer = ask(bot, false).await.unwrap();
    assert_eq!(answer.status(), 200);
    for model in ["nobody/x", "nope", "bot:nobody"] {
        let missing = ask(model, false).await.unwrap();
        assert_eq!(missing.status(), 404, "{model}");
        let missing: serde_json::Value = missing.json().await.unwrap();
        assert_eq!(missing["error"]["code"], "model_not_found", "{missing}");
    }
    let nobody = http.get(url("models")).bearer_auth("sb_wrong").send().await.unwrap();
    assert_eq!(nobody.status(), 401);
    let chats = out(&run(folder.path(), &["chats", "list"]));
    assert_eq!(chats, "", "no chat is left behind");
}

#[tokio::test]
async fn where_sockets_are_blocked_a_stream_and_posts_do_the_same() {
    let (folder, server) = (folder(), Server::start());
    let token = prepared(folder.path(), &server);
    let gateway = Serve::start(folder.path(), &[]);
    let http = reqwest::Client::new();
    let url = |path: &str| format!("http://{}/{path}?clientId=curl", gateway.address);
    let mut stream = http.get(url("events")).bearer_auth(&token).send().await.unwrap();
    let frame = switchboard::protocol::CommandFrame {
        id: Some("7".to_owned()),
        command: ClientCommand::Chat(Box::new(ask(new_chat(), "Hi"))),
    };
    let mut heard = String::new();
    while !heard.contains("welcome") {
        heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    let ack = http.post(url("commands")).bearer_auth(&token).json(&frame).send().await.unwrap();
    let ack: serde_json::Value = ack.json().await.unwrap();
    assert_eq!((&ack["type"], &ack["payload"]["id"]), (&"ack".into(), &"7".into()), "{ack}");
    while !heard.contains(r#""status":"complete""#) {
        heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    let run = ack["payload"]["runId"].as_str().unwrap();
    assert!(heard.contains(&format!("id: {run}:1")) || heard.contains(&format!("id:{run}:1")));
}

#[test]
fn two_gateways_do_not_serve_from_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let first = Serve::start(folder.path(), &[]);
    let second = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(1));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains("another gateway serves from"), "{said}");
    // However the first ended, its folder can be served again.
    first.kill();
    Serve::start(folder.path(), &[]);
}

#[cfg(unix)]
#[tokio::test]
async fn who_may_not_come_in_is_logged_with_its_address_and_a_flood_is_not() {
    let folder = folder();
    let mut gateway = Serve::start(folder.path(), &["--pair"]);
    assert_eq!(gateway.connect("sb_wrong").await.close_code().await, Some(4001));
    let at = gateway.logged("/ws").pop().unwrap();
    assert!(at.starts_with("info: a token was refused") && at.contains("from: 127.0.0.1:"), "{at}");
    assert!(!at.contains("sb_wrong"), "{at}");
    let http = reqwest::Client::new();
    let url = |path: &str| format!("http://{}{path}", gateway.address);
    let pair = serde_json::json!({ "code": "AAAA-AAAA", "client": "desk" });
    let refused = http.post(url("/pair")).json(&pair).send().await.unwrap();
    assert_eq!(refused.status(), 403);
    let page = http.get(url("/v1/models")).header("origin", "https://evil.example");
    assert_eq!(page.send().await.unwrap().status(), 403);
    for _ in 0..100 {
        let refused = http.get(url("/v1/models?token=sb_secret")).send().await.unwrap();
        assert_eq!(refused.status(), 401);
    }
    gateway.terminate();
    let lines = gateway.logged("the gateway has ended");
    let count = |wanted: &str| lines.iter().filter(|line| line.contains(wanted)).count();
    assert_eq!(count("a pairing code was refused"), 1, "{lines:?}");
    assert_eq!(count("origin: https://evil.example)"), 1, "{lines:?}");
    assert!((5..=20).contains(&count("path: /v1/models)")), "{lines:?}");
    assert_eq!(count("sb_secret") + count("Some("), 0, "{lines:?}");
}
