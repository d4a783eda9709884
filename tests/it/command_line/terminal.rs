//! What a terminal is given to show.

use super::{add_provider, err, out, run};
use crate::support::{Script, Server, delta, finish, sse_without_done};

#[test]
fn control_characters_and_turned_text_do_nothing_to_the_terminal() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let evil = "a\u{1b}]0;owned\u{7}b\u{9b}2J\u{202e}c\u{2066}\td\u{7f}\u{8}";
    let events = [delta(evil), finish("stop")];
    server.push(Script::stream().bytes(sse_without_done(&events)));
    let model = "mock/al\u{1b}[2Jpha\u{202e}";
    let asked = out(&run(
        folder.path(),
        &["ask", "--model", model, &format!("title {}", "\u{1b}[31m\u{202e}x")],
    ));
    let list = serde_json::json!({"object": "list", "data": [{"id": "x\u{1b}[2J\u{202e}y", "object": "model"}]});
    server.push_get(Script::json(200, &list));
    let models = run(folder.path(), &["models", "--provider", "mock", "--refresh"]);
    let chats = out(&run(folder.path(), &["chats", "list"]));
    for text in [&asked, &out(&models), &err(&models), &chats] {
        let bad = |c: &char| {
            (c.is_control() && !matches!(c, '\n' | '\t'))
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        assert_eq!(text.chars().find(bad), None, "{text:?}");
    }
    assert!(asked.contains("]0;owned") && asked.contains("\td"), "{asked:?}");
    server.push(Script::stream().bytes(sse_without_done(&events)));
    let json = out(&run(folder.path(), &["ask", "--json", "--model", "mock/alpha", "hi"]));
    assert!(json.contains("\\u001b]0;owned"), "as it came: {json}");
}

#[test]
fn what_is_said_beside_an_answer_is_one_clean_line() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[budget]\nday = 1\n\n{text}")).unwrap();
    let asked = run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]);
    assert_eq!(err(&asked), "warning: config.toml, line 2: budget.day is not a setting\n");
}
