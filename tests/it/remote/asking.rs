//! `ask --server` where things go wrong: refusals, an end in the middle, a network that shuts
//! WebSockets out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;

use super::real::{ask_in_the_background, err, in_halves, out, prepared, run, run_with_input};
use crate::support::serve::Serve;
use crate::support::{Script, Server, Signal, failure};

/// A gateway, and a folder that links to it.
struct Pair {
    _far: tempfile::TempDir,
    near: tempfile::TempDir,
    server: Server,
    gateway: Serve,
    token: String,
}

impl Pair {
    fn start() -> Self {
        let (far, near) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let server = Server::start();
        let token = prepared(far.path(), &server);
        let gateway = Serve::start(far.path(), &[]);
        let pair = Self { _far: far, near, server, gateway, token };
        pair.add(&pair.gateway.address);
        pair
    }

    fn near(&self) -> &Path {
        self.near.path()
    }

    fn add(&self, address: &str) {
        let url = format!("ws://{address}");
        let add = ["servers", "add", "home", "--url", &url, "--token-stdin"];
        out(&run_with_input(self.near(), &add, &self.token));
    }
}

fn chats(folder: &Path) -> Vec<serde_json::Value> {
    serde_json::from_str(&out(&run(folder, &["chats", "list", "--json"]))).unwrap()
}

#[test]
fn a_refused_message_is_told_and_the_next_one_is_answered() {
    let pair = Pair::start();
    let ask = ["ask", "--server", "home", "--model", "mock/alpha"];
    for (refused, why) in [
        (&["--bot", "nobody"][..], "There is no bot nobody"),
        (&["--model", "nope/none"][..], "nope"),
    ] {
        let refused = [&["ask", "--server", "home"], refused, &["Hello"]].concat();
        let refused = run(pair.near(), &refused);
        assert_eq!(refused.status.code(), Some(1), "{}", err(&refused));
        assert!(err(&refused).contains(why), "{}", err(&refused));
        assert!(err(&refused).contains("Nothing was sent"), "{}", err(&refused));
        let next = run(pair.near(), &[&ask[..], &["Hi"]].concat());
        assert_eq!(out(&next), "alpha: Hi");
    }
    assert_eq!(chats(pair.near()).len(), 2, "what was refused leaves no chat behind");
    assert_eq!(pair.server.posts().len(), 2);
}

#[test]
fn a_chat_of_a_server_is_gone_on_with_there() {
    let pair = Pair::start();
    out(&run(pair.near(), &["ask", "--server", "home", "--model", "mock/alpha", "Hi"]));
    let chat = chats(pair.near())[0]["id"].as_str().unwrap().to_owned();
    let next = run(pair.near(), &["ask", "--chat", &chat, "--model", "mock/alpha", "Ho"]);
    assert_eq!(out(&next), "alpha: Ho");
    assert_eq!(pair.server.posts().len(), 2);
}

#[test]
fn an_answer_whose_ask_was_killed_is_completed_by_the_next_one() {
    let (pair, go) = (Pair::start(), Signal::new());
    pair.server.push(in_halves("One two", " three", &go));
    let ask = ["ask", "--server", "home", "--model", "mock/alpha"];
    let mut child = ask_in_the_background(pair.near(), &[&ask[..], &["--json", "Count"]].concat());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("One two")));
    child.kill().unwrap();
    child.wait().unwrap();
    let chat = chats(pair.near())[0]["id"].as_str().unwrap().to_owned();
    go.fire();
    let next = run(pair.near(), &["ask", "--chat", &chat, "--model", "mock/alpha", "And?"]);
    assert!(out(&next).ends_with("And?"));
    let shown = out(&run(pair.near(), &["chats", "show", &chat]));
    assert!(shown.contains("One two three"), "{shown}");
}

/// A network that answers whoever asks for a WebSocket with this, and lets all else through.
fn without_sockets(target: &str, refusal: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, target) = (listener.local_addr().unwrap().to_string(), target.to_owned());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (client, target) = (client.unwrap(), target.clone());
            std::thread::spawn(move || pass(client, &target, refusal));
        }
    });
    address
}

fn pass(mut client: TcpStream, target: &str, refusal: &str) -> Option<()> {
    let mut head = vec![0; 16 * 1_024];
    let length = client.read(&mut head).ok()?;
    head.truncate(length);
    if String::from_utf8_lossy(&head).to_lowercase().contains("upgrade: websocket") {
        client.write_all(refusal.as_bytes()).ok()?;
        return None;
    }
    let mut server = TcpStream::connect(target).ok()?;
    server.write_all(&head).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    std::thread::spawn(move || {
        let copied = std::io::copy(&mut from, &mut to);
        drop((copied, to.shutdown(Shutdown::Write)));
    });
    std::io::copy(&mut server, &mut client).ok()?;
    client.shutdown(Shutdown::Both).ok()
}

#[test]
fn where_sockets_are_blocked_the_command_line_goes_by_http() {
    let pair = Pair::start();
    for refusal in ["", "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"] {
        pair.add(&without_sockets(&pair.gateway.address, refusal));
        let tried = out(&run(pair.near(), &["servers", "test", "home"]));
        assert!(tried.starts_with("home is ready"), "{tried}");
        let asked = run(pair.near(), &["ask", "--server", "home", "--model", "mock/alpha", "Hi"]);
        assert_eq!(out(&asked), "alpha: Hi");
    }
}

#[test]
fn what_fails_on_the_server_is_mended_on_the_server() {
    let pair = Pair::start();
    pair.server.push(Script::json(401, &failure("invalid_api_key", "No auth credentials found")));
    let asked = run(pair.near(), &["ask", "--server", "home", "--model", "mock/alpha", "Hi"]);
    assert_eq!(asked.status.code(), Some(1));
    assert!(err(&asked).contains("The key is set on home"), "{}", err(&asked));
}

#[test]
fn a_token_is_not_shown_to_another_computer() {
    let pair = Pair::start();
    let add = |url: &str| err(&run(pair.near(), &["servers", "add", "home", "--url", url]));
    assert!(!add("ws://127.0.0.1:9").contains("forgotten"), "the same computer");
    assert!(add("ws://127.0.0.2:9").contains("is forgotten"));
    let keys = std::fs::read_to_string(pair.near().join("keys.json")).unwrap_or_default();
    assert!(!keys.contains(&pair.token));
}

#[test]
fn the_messages_of_a_chat_are_counted_once() {
    let pair = Pair::start();
    out(&run(pair.near(), &["ask", "--server", "home", "--model", "mock/alpha", "Hi"]));
    assert_eq!(chats(pair.near())[0]["messages"], 2);
}
