//! `ask --bot`.

use super::{add_provider, err, out, run};
use crate::support::{Script, Server};

const TUTOR: &str = r#"- id: tutor
  version: "1.0"
  name: Patient Tutor
  description: Teaches
  category: learning
  instructions: Teach {{topic}} with patience.
  seeds:
    - role: assistant
      content: Let us begin with {{topic}}.
  variables:
    - name: topic
      label: Which topic?
- id: table
  version: "1.0"
  name: Round table
  description: Talks
  category: rooms
  instructions: Be brief.
  room:
    order: in_turn
    members:
      - id: ada
        name: Ada
        instructions: You agree.
      - id: bo
        name: Bo
        instructions: You doubt.
"#;

fn folder(server: &Server) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("personas.yaml"), TUTOR).unwrap();
    add_provider(folder.path(), server);
    folder
}

fn told(server: &Server, post: usize) -> String {
    server.posts()[post].json()["messages"].to_string()
}

#[test]
fn a_chat_begins_with_a_bot_and_goes_on_with_it() {
    let server = Server::start();
    let folder = folder(&server);
    let ask = |args: &[&str]| {
        let answer = run(folder.path(), &[&["ask", "--model", "mock/alpha"], args].concat());
        assert!(answer.status.success(), "{}", err(&answer));
        out(&answer)
    };
    let answer = ask(&["--bot", "tutor", "--var", "topic=bees", "hello"]);
    assert_eq!(answer, "alpha: hello\n");
    assert!(told(&server, 0).contains("Teach bees with patience."));
    assert!(told(&server, 0).contains("Let us begin with bees."));
    let chats = run(folder.path(), &["chats", "list", "--json"]);
    let chats: serde_json::Value = serde_json::from_slice(&chats.stdout).unwrap();
    assert_eq!(chats[0]["title"], "hello", "it is named by its first question");
    assert_eq!(chats[0]["bot"]["name"], "Patient Tutor");

    // The bot changes; the chat does not.
    let changed = TUTOR.replace("with patience", "in haste").replace("\"1.0\"", "\"1.1\"");
    std::fs::write(folder.path().join("personas.yaml"), changed).unwrap();
    ask(&["--chat", chats[0]["id"].as_str().unwrap(), "and now?"]);
    assert!(told(&server, 1).contains("Teach bees with patience."));
    ask(&["--bot", "patient tutor", "--var", "topic=bees", "hello"]);
    assert!(told(&server, 2).contains("Teach bees in haste."));
}

#[test]
fn a_room_prints_each_speaker_until_the_round_ends() {
    let server = Server::start();
    let folder = folder(&server);
    server.push(Script::answer("Yes."));
    server.push(Script::answer("No.\n"));
    let answer = run(folder.path(), &["ask", "--model", "mock/alpha", "--bot", "table", "Tea?"]);
    assert_eq!(out(&answer), "Ada:\nYes.\n\nBo:\nNo.\n", "{}", err(&answer));
    let chats = run(folder.path(), &["chats", "list", "--json"]);
    let chats: serde_json::Value = serde_json::from_slice(&chats.stdout).unwrap();
    let id = chats[0]["id"].as_str().unwrap();

    server.push(Script::answer("Still no."));
    let one = run(folder.path(), &["ask", "--model", "mock/alpha", "--chat", id, "@bo and now?"]);
    assert_eq!(out(&one), "Bo:\nStill no.\n");
    let shown = out(&run(folder.path(), &["chats", "show", id]));
    for line in ["## Ada · mock/alpha", "## Bo · mock/alpha", "## You"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }

    server.push(Script::answer("Yes."));
    server.push(Script::json(400, &crate::support::failure("bad", "Not today")));
    let failed = run(folder.path(), &["ask", "--model", "mock/alpha", "--chat", id, "Again?"]);
    assert_eq!(failed.status.code(), Some(1));
    assert!(err(&failed).contains("Not today"), "{}", err(&failed));

    let json =
        run(folder.path(), &["ask", "--json", "--model", "mock/alpha", "--bot", "table", "x"]);
    let ends = out(&json).lines().filter(|line| line.contains(r#""type":"done""#)).count();
    assert_eq!(ends, 2, "{}", out(&json));
}

#[test]
fn a_bundled_bot_answers_too() {
    let server = Server::start();
    let folder = folder(&server);
    let answer =
        run(folder.path(), &["ask", "--model", "mock/alpha", "--bot", "code-reviewer", "hello"]);
    assert_eq!(out(&answer), "alpha: hello\n", "{}", err(&answer));
    assert!(told(&server, 0).contains("You review a change before it is merged."));
}

#[test]
fn what_is_asked_wrongly_is_named_with_the_nearest() {
    let server = Server::start();
    let folder = folder(&server);
    let table: &[(&[&str], &str)] = &[
        (&["--bot", "tuter", "x"], "The nearest are tutor"),
        (&["--bot", "tutor", "x"], "topic: This must be answered"),
        (&["--bot", "tutor", "--var", "topic", "x"], "--var name=value"),
        (&["--bot", "tutor", "--var", "tpoic=a", "x"], "tutor asks for topic"),
        (&["--bot", "tutor", "--chat", "1", "x"], "cannot be used with"),
    ];
    for (args, words) in table {
        let answer = run(folder.path(), &[&["ask"], *args].concat());
        assert_eq!(answer.status.code(), Some(2), "{args:?}");
        assert!(err(&answer).contains(words), "{args:?}: {}", err(&answer));
    }
    assert!(server.posts().is_empty());
    assert_eq!(out(&run(folder.path(), &["chats", "list"])), "");
}
