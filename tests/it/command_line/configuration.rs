//! What `config.toml` says reaches requests, and what it says wrongly is told.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use switchboard::protocol::{ChatId, ChatOptions, Params, Timestamp};

use super::{add_provider, err, out, run};
use crate::support::Server;

/// Puts lines before what `config.toml` holds.
fn configure(folder: &Path, lines: &str) {
    let file = folder.join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    std::fs::write(&file, format!("{lines}\n{text}")).unwrap();
}

fn first_chat(folder: &Path) -> String {
    let chats = run(folder, &["chats", "list", "--json"]);
    let chats: Value = serde_json::from_slice(&chats.stdout).unwrap();
    chats[0]["id"].as_str().unwrap().to_owned()
}

fn set_options(folder: &Path, chat: &str, options: ChatOptions) {
    let chat: ChatId = chat.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let now = Arc::new(|| Timestamp(1_795_000_000_000));
        let store = switchboard::store::open(&folder.join("switchboard.db"), now).handle;
        store.set_chat_options(chat, options).await.unwrap();
        store.close().await.unwrap();
    });
}

#[test]
fn parameters_of_the_settings_and_of_the_chat_reach_the_request() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let params =
        "[chat.params]\ntemperature = 0.5\ntop_p = 0.25\neffort = \"high\"\nsystem = \"be brief\"";
    configure(folder.path(), params);
    assert_eq!(out(&run(folder.path(), &["ask", "--model", "mock/alpha", "one"])), "alpha: one\n");
    let chat = first_chat(folder.path());
    let own = Params { temperature: Some(1.5), ..Params::default() };
    set_options(folder.path(), &chat, ChatOptions { params: own, ..ChatOptions::default() });
    run(folder.path(), &["ask", "--chat", &chat, "two"]);
    let bodies: Vec<Value> = server.posts().iter().map(|post| post.json()).collect();
    for (body, temperature) in bodies.iter().zip([0.5, 1.5]) {
        assert_eq!(body["temperature"], json!(temperature), "{body}");
        assert_eq!(body["top_p"], json!(0.25), "{body}");
        assert_eq!(body["messages"][0], json!({"role": "system", "content": "be brief"}));
        assert!(body.get("reasoning_effort").is_none(), "not known to take one: {body}");
    }
    assert_eq!(bodies.len(), 2);
}

#[test]
fn one_bad_entry_leaves_the_rest_of_the_settings_and_is_told() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let lines = "[chat.params]\neffort = \"extreme\"\ntemperature = 0.5\n[budget]\nday_usd = \"five\"\nmonth_usd = -1.0";
    configure(folder.path(), lines);
    let broken = "\n[[providers]]\nid = \"odd\"\nname = \"Odd\"\nkind = \"grpc\"\nurl = \"http://127.0.0.1:1/v1\"\n";
    let file = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&file).unwrap() + broken;
    std::fs::write(&file, &text).unwrap();
    let asked = run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]);
    assert_eq!(out(&asked), "alpha: hi\n", "{}", err(&asked));
    assert_eq!(server.posts()[0].json()["temperature"], json!(0.5));
    for sentence in [
        "line 2: chat.params.effort must be one of none, minimal, low, medium, high, xhigh and max",
        "line 5: budget.day_usd must be an amount in US dollars, 0 or more",
        "line 6: budget.month_usd must be an amount in US dollars, 0 or more",
        "the provider odd is left out: kind must be openai, responses or anthropic",
    ] {
        assert!(err(&asked).contains(sentence), "{sentence} in {}", err(&asked));
    }
    let odd = run(folder.path(), &["ask", "--model", "odd/x", "hi"]);
    assert_eq!(odd.status.code(), Some(2), "{}", err(&odd));
    assert!(err(&odd).contains("error: config.toml, line "), "{}", err(&odd));
    assert!(err(&odd).contains("kind must be"), "{}", err(&odd));
    let doctor = run(folder.path(), &["doctor"]);
    assert!(out(&doctor).contains("the provider odd is left out"), "{}", out(&doctor));

    let added = run(folder.path(), &["providers", "add", "more", "--url", &server.url()]);
    assert!(added.status.success(), "{}", err(&added));
    let written = std::fs::read_to_string(&file).unwrap();
    for kept in ["effort = \"extreme\"", "day_usd = \"five\"", "kind = \"grpc\"", "id = \"more\""] {
        assert!(written.contains(kept), "{kept} in {written}");
    }
}

#[test]
fn an_unreadable_certificate_file_of_the_settings_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "[[providers]]\nid = \"corp\"\nname = \"Corp\"\nkind = \"openai\"\nurl = \"https://127.0.0.1:1/v1\"\n[providers.options]\nca_file = \"/nowhere/ca.pem\"\n";
    configure(folder.path(), lines);
    for args in [&["ask", "--model", "corp/x", "hi"][..], &["providers", "test", "corp"]] {
        let failed = run(folder.path(), args);
        assert_eq!(failed.status.code(), Some(2), "{args:?}: {}", err(&failed));
        assert!(err(&failed).contains("certificate file /nowhere/ca.pem"), "{}", err(&failed));
        assert!(err(&failed).contains("providers add corp --ca-file"), "{}", err(&failed));
        assert!(!err(&failed).contains("did not accept"), "{}", err(&failed));
    }
}

#[test]
fn bots_are_counted_and_a_mistake_in_their_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("personas.yaml");
    std::fs::write(&file, "- name: Ada\n  instructions: Be brief.\n").unwrap();
    let fine = run(folder.path(), &["doctor"]);
    let expected = format!("bots with Switchboard, 0 of your own, 1 in {}", file.display());
    assert!(out(&fine).contains(&expected), "{}", out(&fine));

    std::fs::write(&file, "- name: Ada\n  instructions: 3\n").unwrap();
    let doctor = run(folder.path(), &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(out(&doctor).contains("! bots"), "{}", out(&doctor));
    let named = "personas.yaml:2:17: [0].instructions: must be text";
    assert!(out(&doctor).contains(named), "{}", out(&doctor));
}
