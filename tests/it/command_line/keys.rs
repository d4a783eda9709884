//! Keys and other secrets, as the command line tells of them.

use super::{add_provider, err, out, run, run_with_input};
use crate::support::{Script, Server, failure};

#[test]
fn secrets_in_the_wrong_place_are_refused_and_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let table: &[&[&str]] = &[
        &["mine", "--url", "https://user:hunter2@example.org/v1"],
        &["mine", "--url", "https://hunter2@example.org/v1"],
        &["mine", "--url", "http://127.0.0.1:1/v1", "--key-env", "sk-hunter2-0123456789"],
        &["mine", "--url", "http://127.0.0.1:1/v1", "--key-env", "2hunter2"],
    ];
    for args in table {
        let refused = run(folder.path(), &[&["providers", "add"], *args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}: {}", err(&refused));
        let said = out(&refused) + &err(&refused);
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("password") || said.contains("environment variable"), "{said}");
    }
    let file = folder.path().join("config.toml");
    let text = "[[providers]]\nid = \"mine\"\nname = \"M\"\nkind = \"openai\"\nurl = \"https://u:hunter2@example.org/v1\"\n";
    std::fs::write(&file, text).unwrap();
    for args in [&["doctor"][..], &["providers", "list"], &["ask", "--model", "mine/x", "hi"]] {
        let told = run(folder.path(), args);
        let said = out(&told) + &err(&told);
        assert!(!said.contains("hunter2"), "{args:?}: {said}");
        assert!(said.contains("line 5") && said.contains("password"), "{args:?}: {said}");
    }
}

#[test]
fn a_missing_key_has_its_own_words_and_names_the_variable() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let url = server.url();
    let add = ["providers", "add", "mock", "--url", &url, "--key-env", "NOPE"];
    let added = run(folder.path(), &add);
    assert!(added.status.success(), "{}", err(&added));
    assert!(err(&added).contains("NOPE is not set"), "{}", err(&added));
    for args in [&["ask", "--model", "mock/alpha", "hi"][..], &["providers", "test", "mock"]] {
        let failed = run(folder.path(), args);
        let said = err(&failed);
        assert!(said.contains("mock has no key yet: NOPE is not set"), "{said}");
        assert!(!said.contains("not accepted") && !said.contains("NAME"), "{said}");
        assert!(said.contains("switchboard providers add mock --key-stdin"), "{said}");
    }
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    server.push(Script::json(401, &failure("invalid_api_key", "who?")));
    let refused = err(&run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]));
    assert!(refused.contains("switchboard providers test mock"), "{refused}");
}

#[test]
fn broken_keys_are_told_instead_of_no_key() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    std::fs::write(folder.path().join("keys.json"), "{ broken").unwrap();
    for args in [&["providers", "list"][..], &["doctor"], &["providers", "test", "mock"]] {
        let told = run(folder.path(), args);
        let said = out(&told) + &err(&told);
        assert!(said.contains("keys.json cannot be read: line 1"), "{args:?}: {said}");
        assert!(!said.contains("no key"), "{args:?}: {said}");
    }
    assert_eq!(run(folder.path(), &["doctor"]).status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn keys_that_others_can_read_are_closed_to_them_at_the_next_reading() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let url = server.url();
    let add = ["providers", "add", "mock", "--url", &url, "--key-stdin"];
    assert!(run_with_input(folder.path(), &add, b"sk-0123456789wxyz").status.success());
    let file = folder.path().join("keys.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(out(&run(folder.path(), &["providers", "list"])).contains("wxyz"));
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
