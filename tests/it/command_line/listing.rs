//! Lists of providers and models.

use super::{add_provider, err, out, run};
use crate::support::{Script, Server, Signal, failure};

#[test]
fn local_servers_need_no_address_and_a_missing_one_names_who_needs_none() {
    let folder = tempfile::tempdir().unwrap();
    for (id, port) in
        [("ollama", "11434"), ("vllm", "8000"), ("lmstudio", "1234"), ("llamacpp", "8080")]
    {
        let added = run(folder.path(), &["providers", "add", id]);
        assert!(added.status.success(), "{id}: {}", err(&added));
        let listed = out(&run(folder.path(), &["providers", "list"]));
        assert!(listed.contains(&format!(":{port}/v1")), "{id}: {listed}");
    }
    let missing = err(&run(folder.path(), &["providers", "add", "mine"]));
    for name in ["openrouter", "anthropic", "ollama", "llamacpp"] {
        assert!(missing.contains(name), "{name} in {missing}");
    }
}

#[test]
fn another_kind_takes_no_options_of_the_old_one_along() {
    let folder = tempfile::tempdir().unwrap();
    let url = "http://127.0.0.1:1/v1";
    let add = |more: &[&str]| {
        let added = run(folder.path(), &[&["providers", "add", "corp"], more].concat());
        assert!(added.status.success(), "{}", err(&added));
    };
    add(&["--url", url, "--kind", "anthropic", "--api-version", "2023-06-01"]);
    add(&["--kind", "responses", "--background"]);
    add(&["--kind", "openai"]);
    let config = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    assert!(!config.contains("api_version") && !config.contains("background"), "{config}");
}

#[test]
fn an_alias_names_a_model_and_is_listed() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let edits = "\n[models.\"mock/beta\"]\nalias = \"Fast one\"\n";
    std::fs::write(&config, format!("{text}{edits}")).unwrap();
    let listed = out(&run(folder.path(), &["models", "--provider", "mock"]));
    assert!(listed.contains("Fast one"), "{listed}");
    assert_eq!(out(&run(folder.path(), &["ask", "--model", "fast one", "hi"])), "beta: hi\n");
    let edits = format!("{edits}[models.\"mock/alpha\"]\nalias = \"Fast one\"\n");
    std::fs::write(&config, format!("{text}{edits}")).unwrap();
    let twice = run(folder.path(), &["ask", "--model", "Fast one", "hi"]);
    assert_eq!(twice.status.code(), Some(2));
    assert!(
        err(&twice).contains("mock/alpha") && err(&twice).contains("mock/beta"),
        "{}",
        err(&twice)
    );
}

#[test]
fn a_model_that_is_not_found_gets_the_nearest_names() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    assert!(run(folder.path(), &["models", "--provider", "mock"]).status.success());
    server.push(Script::json(404, &failure("model_not_found", "no such model")));
    let failed = err(&run(folder.path(), &["ask", "--model", "mock/alpha-2", "hi"]));
    assert!(failed.contains("hint: ") && failed.contains("mock/alpha"), "{failed}");
    assert!(failed.contains("nearest"), "{failed}");
}

#[test]
fn providers_are_asked_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (Server::start(), Server::start());
    let list = serde_json::json!({"object": "list", "data": [{"id": "m", "object": "model"}]});
    for (id, server) in [("one", &one), ("two", &two)] {
        assert!(
            run(folder.path(), &["providers", "add", id, "--url", &server.url()]).status.success()
        );
    }
    for args in [&["models", "--refresh"][..], &["doctor"]] {
        let go = Signal::new();
        let slow = || Script::json(200, &list).wait(&go);
        one.push_get(slow());
        two.push_get(slow());
        let before = (one.requests().len(), two.requests().len());
        let child = super::switchboard(folder.path())
            .args(args)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Neither is answered before both are asked.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let asked = || one.requests().len() > before.0 && two.requests().len() > before.1;
        while !asked() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        let both = asked();
        go.fire();
        let ended = child.wait_with_output().unwrap();
        assert!(both, "{args:?}: one waited for the other: {}", out(&ended));
    }
}

#[test]
fn a_failing_provider_does_not_fail_a_list_that_can_be_shown() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let closed = ["providers", "add", "closed", "--url", "http://127.0.0.1:1/v1"];
    assert!(run(folder.path(), &closed).status.success());
    let all = run(folder.path(), &["models"]);
    assert!(all.status.success(), "{}", err(&all));
    assert!(out(&all).contains("mock/alpha"), "{}", out(&all));
    assert!(err(&all).contains("note: closed"), "{}", err(&all));
    for args in [&["models", "--provider", "closed"][..], &["models", "--refresh"]] {
        assert_eq!(run(folder.path(), args).status.code(), Some(1), "{args:?}");
    }
    server.push_get(Script::html(200, "Sign in"));
    let stale = err(&run(folder.path(), &["models", "--provider", "mock", "--refresh"]));
    assert!(stale.contains("mock could not be asked; this list is from "), "{stale}");
}
