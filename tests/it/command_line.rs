//! The built program, as a shell sees it.

mod ask_bots;
mod bots;
mod configuration;
mod keys;
mod listing;
mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{Script, Server, Signal, delta, failure, finish, sse_without_done};

/// The program on a folder of its own, seeing nothing of the machine's environment.
fn switchboard(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .env("SWITCHBOARD_GUIDE_PACE_MS", "0")
        .current_dir(folder);
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    switchboard(folder).args(args).stdin(Stdio::null()).output().unwrap()
}

fn run_with_input(folder: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child = switchboard(folder)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn add_provider(folder: &Path, server: &Server) {
    let added = run(folder, &["providers", "add", "mock", "--url", &server.url()]);
    assert!(added.status.success(), "{}", err(&added));
}

#[test]
fn guide_answers_without_key_and_network() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(folder.path(), &["ask", "Where are my files?"]);
    assert!(answer.status.success(), "{}", err(&answer));
    assert!(out(&answer).contains("switchboard.db"), "{}", out(&answer));
    let chats = run(folder.path(), &["chats", "list"]);
    assert!(out(&chats).contains("Where are my files?"), "{}", out(&chats));
}

#[test]
fn a_conversation_over_several_models_keeps_who_answered() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let first = run(folder.path(), &["ask", "--model", "mock/alpha", "hello"]);
    assert_eq!(out(&first), "alpha: hello\n");
    let chats = run(folder.path(), &["chats", "list", "--json"]);
    let chats: serde_json::Value = serde_json::from_slice(&chats.stdout).unwrap();
    let id = chats[0]["id"].as_str().unwrap().to_owned();
    let second = run(folder.path(), &["ask", "--model", "mock/beta", "--chat", &id, "and you?"]);
    assert_eq!(out(&second), "beta: and you?\n");
    let third = run_with_input(folder.path(), &["ask", "--chat", &id, "-"], b"from stdin");
    assert_eq!(out(&third), "alpha: from stdin\n");
    let shown = out(&run(folder.path(), &["chats", "show", &id]));
    for line in ["mock/alpha", "mock/beta", "this message only"] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let deleted = run(folder.path(), &["chats", "delete", &id]);
    assert!(deleted.status.success());
    assert_eq!(out(&run(folder.path(), &["chats", "list"])), "");
}

#[test]
fn json_frames_are_those_of_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let answer = run(folder.path(), &["ask", "--json", "hello"]);
    let frames: Vec<serde_json::Value> =
        out(&answer).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for (place, frame) in frames.iter().enumerate() {
        assert_eq!(frame["seq"], place as u64 + 1, "{frame}");
        assert!(frame["type"].is_string() && frame["payload"].is_object(), "{frame}");
        assert_eq!(frame["runId"], frames[0]["runId"]);
    }
    let last = frames.last().unwrap();
    assert_eq!(
        (last["type"].as_str(), last["payload"]["status"].as_str()),
        (Some("done"), Some("complete"))
    );
}

#[test]
fn wrong_use_exits_with_2_and_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let table: &[(&[&str], &str)] = &[
        (&["ask", ""], "the message is empty"),
        (&["ask", "   "], "the message is empty"),
        (&["ask", "--model", "nonsense", "hi"], "not a model id"),
        (&["ask", "--chat", "nonsense", "hi"], "not a chat id"),
        (&["ask", "--chat", "01a1fbfb-4b9d-752c-99c6-9ea94f4ecebb", "hi"], "there is no chat"),
        (&["chats", "show", "x"], "not a chat id"),
        (&["providers", "remove", "x"], "no provider"),
        (&["providers", "test", "x"], "no provider"),
        (&["providers", "add", "My Server", "--url", "http://localhost"], "cannot be a provider"),
        (&["providers", "add", "mine"], "the address is missing"),
        (&["providers", "add", "mine", "--url", "localhost:8000"], "http"),
        (&["nonsense"], "nonsense"),
    ];
    for (args, sentence) in table {
        let output = run(folder.path(), args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", err(&output));
        assert!(err(&output).contains(sentence), "{args:?}: {}", err(&output));
    }
    let text = run_with_input(folder.path(), &["ask"], b"caf\xe9");
    assert_eq!(text.status.code(), Some(2));
    assert!(err(&text).contains("not UTF-8"), "{}", err(&text));
}

#[test]
fn failed_work_exits_with_1_and_says_what_to_do() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    server.push(Script::json(404, &failure("model_not_found", "no such model")));
    let output = run(folder.path(), &["ask", "--model", "mock/none", "hi"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("The model was not found (404)"), "{}", err(&output));
    assert!(err(&output).contains("switchboard models"), "{}", err(&output));
    server.push(Script::status(404).bytes("404 page not found"));
    let nowhere = run(folder.path(), &["ask", "--model", "mock/none", "hi"]);
    let words = "404 page not found. The address may be wrong as well as the model";
    assert!(err(&nowhere).contains(words), "{}", err(&nowhere));
    server
        .push(Script::json(500, &failure("server_error", "it broke")).header("retry-after", "999"));
    let broken = run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]);
    let words = "The provider is overloaded or failed (500): it broke";
    assert!(err(&broken).contains(words), "{}", err(&broken));
    server.push(Script::events(&[finish("stop")]));
    let empty = run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]);
    assert_eq!(empty.status.code(), Some(1));
    assert!(err(&empty).contains("The model gave an empty answer"), "{}", err(&empty));
    let unknown = run(folder.path(), &["ask", "--model", "other/none", "hi"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("no provider named \"other\""), "{}", err(&unknown));
}

#[test]
fn a_key_is_kept_privately_sent_and_never_shown() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let key = "sk-test-0123456789abcdef";
    let url = server.url();
    let add = ["providers", "add", "mock", "--url", &url, "--key-stdin"];
    let broken = run_with_input(folder.path(), &add, b"sk-line\nbreak");
    assert_eq!(broken.status.code(), Some(2), "{}", out(&broken));
    assert!(!err(&broken).contains("sk-line"), "{}", err(&broken));
    let added = run_with_input(folder.path(), &add, format!("{key}\n").as_bytes());
    assert!(added.status.success(), "{}", err(&added));
    let answer = run(folder.path(), &["-v", "-v", "ask", "--model", "mock/alpha", "hi"]);
    assert_eq!(out(&answer), "alpha: hi\n");
    let sent = server.posts()[0].header("authorization").map(str::to_owned);
    assert_eq!(sent, Some(format!("Bearer {key}")));
    server.push(Script::json(401, &failure("invalid_api_key", &format!("bad key {key}"))));
    let refused = run(folder.path(), &["ask", "--model", "mock/alpha", "hi"]);
    let mut shown = vec![out(&answer), err(&answer), err(&refused)];
    for args in [&["doctor"][..], &["doctor", "--json"], &["providers", "list"], &["chats", "list"]]
    {
        let output = run(folder.path(), args);
        shown.push(out(&output) + &err(&output));
    }
    for text in &shown {
        assert!(!text.contains(key), "{text}");
    }
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && path.file_name().unwrap() != "keys.json" {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(key.len()).any(|window| window == key.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("keys.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn a_key_in_a_dotenv_file_makes_its_provider_ready() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), "OPENROUTER_API_KEY=sk-or-0123456789\n").unwrap();
    let listed = out(&run(folder.path(), &["providers", "list"]));
    assert!(listed.contains("openrouter") && listed.contains("OPENROUTER_API_KEY"), "{listed}");
    assert!(!listed.contains("0123456789"), "{listed}");
}

#[test]
fn a_damaged_database_is_left_untouched_and_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("switchboard.db");
    std::fs::write(&file, b"this is no database, whatever its name says".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    for args in [&["chats", "list"][..], &["ask", "hello"], &["doctor"]] {
        let output = run(folder.path(), args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let said = out(&output) + &err(&output);
        assert!(said.contains("The database is damaged"), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let below = file.join("below").display().to_string();
    let output = run(folder.path(), &["--data-dir", &below, "ask", "hi"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("cannot be made"), "{}", err(&output));
}

#[test]
fn an_unknown_config_key_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "[chat]\nmax_turns = 3\nmax_turn = 4\n")
        .unwrap();
    let doctor = run(folder.path(), &["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(out(&doctor).contains("line 3: chat.max_turn"), "{}", out(&doctor));
    let answer = run(folder.path(), &["ask", "hello"]);
    assert!(answer.status.success());
    assert!(err(&answer).contains("line 3: chat.max_turn"), "{}", err(&answer));
}

#[test]
fn without_a_display_the_window_says_what_to_use_instead() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[]);
    if cfg!(target_os = "linux") {
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).contains("ask"), "{}", err(&output));
    }
}

#[test]
fn killed_in_the_middle_of_an_answer_it_keeps_the_text() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let events = [delta("What had "), delta("arrived")];
    server.push(Script::stream().bytes(sse_without_done(&events)).wait(&Signal::new()).hang());
    let mut child = switchboard(folder.path())
        .args(["ask", "--json", "--model", "mock/alpha", "hi"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let arrived = lines.map_while(Result::ok).any(|line| line.contains("arrived"));
    assert!(arrived);
    wait_for_journal(folder.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let chats = run(folder.path(), &["chats", "list", "--json"]);
    let chats: serde_json::Value = serde_json::from_slice(&chats.stdout).unwrap();
    let id = chats[0]["id"].as_str().unwrap();
    let shown = out(&run(folder.path(), &["chats", "show", id]));
    assert!(shown.contains("What had arrived") && shown.contains("interrupted"), "{shown}");
}

/// Sends Ctrl-C to a child once a frame with this text has been printed.
#[cfg(unix)]
fn interrupt_after(
    child: &std::process::Child,
    lines: &mut impl Iterator<Item = String>,
    text: &str,
) {
    assert!(lines.any(|line| line.contains(text)), "{text} is never printed");
    let sent =
        Command::new("sh").args(["-c", &format!("kill -INT {}", child.id())]).status().unwrap();
    assert!(sent.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_at_the_sentence_and_twice_at_once() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let go = Signal::new();
    let rest = [delta(" a sentence. And more"), delta(" of it.")];
    for rest in [sse_without_done(&rest), Vec::new()] {
        let begin = sse_without_done(&[delta("Half")]);
        server.push(Script::stream().bytes(begin).wait(&go).bytes(rest).hang());
    }
    let ask = || {
        let mut child = switchboard(folder.path())
            .args(["ask", "--json", "--model", "mock/alpha", "hi"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        (child, lines)
    };
    let (mut child, mut lines) = ask();
    interrupt_after(&child, &mut lines, "Half");
    assert!(lines.any(|line| line.contains("stopping")));
    go.fire();
    let told: String = lines.collect();
    assert!(told.contains("a sentence.") && !told.contains("And more"), "{told}");
    assert_eq!(child.wait().unwrap().code(), Some(130));

    let (mut child, mut lines) = ask();
    interrupt_after(&child, &mut lines, "Half");
    interrupt_after(&child, &mut lines, "stopping");
    assert!(lines.any(|line| line.contains("\"stopped\"")));
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

/// Waits until the journal holds the text: it is committed within 250 ms.
fn wait_for_journal(folder: &Path) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while std::time::Instant::now() < deadline {
        let wal = std::fs::read(folder.join("switchboard.db-wal")).unwrap_or_default();
        if wal.windows(7).any(|window| window == b"arrived") {
            return;
        }
        std::thread::yield_now();
    }
    panic!("the journal was never written");
}

#[test]
fn a_budget_holds_on_the_command_line_until_one_says_otherwise() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[budget]\nday_usd = 0.001\n\n{text}")).unwrap();
    // The server is on this machine: without a price it would count as free.
    let price = serde_json::json!({"prompt": "0.001", "completion": "0.001"});
    let models = serde_json::json!({"object": "list", "data": [
        {"id": "alpha", "object": "model", "pricing": price},
    ]});
    server.push_get(Script::json(200, &models));
    let listed = run(folder.path(), &["models", "--refresh"]);
    assert!(listed.status.success(), "{}", err(&listed));
    let cost = serde_json::json!({"choices": [],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.002}});
    let dear =
        || Script::stream().bytes(sse_without_done(&[delta("Dear"), finish("stop"), cost.clone()]));
    let ask = |more: &[&str]| {
        let args = [&["ask", "--model", "mock/alpha"], more, &["hello"]].concat();
        server.push(dear());
        run(folder.path(), &args)
    };
    assert_eq!(out(&ask(&[])), "Dear\n");
    let refused = ask(&[]);
    assert_eq!((refused.status.code(), out(&refused).as_str()), (Some(1), ""));
    let said = err(&refused);
    assert!(
        said.contains("Your budget is used up: $0.002 of $0.001 for today are spent"),
        "{said}"
    );
    assert!(said.contains("--over-budget"), "{said}");
    assert_eq!(server.posts().len(), 1);
    assert_eq!(out(&ask(&["--over-budget"])), "Dear\n");
}

#[test]
fn models_are_listed_with_all_that_is_known_and_how_old_that_is() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let list = serde_json::json!({"data": [
        {"id": "alpha", "context_length": 8192, "pricing": {"prompt": "0.000001", "completion": "2e-6"},
         "top_provider": {"max_completion_tokens": 1024},
         "architecture": {"input_modalities": ["text", "image"]}, "supported_parameters": ["tools"]},
        {"id": "beta", "pricing": {"prompt": "-1", "completion": 1e300}},
    ]});
    server.push_get(Script::json(200, &list));
    add_provider(folder.path(), &server);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let edit = "\n[models.\"mock/beta\"]\nalias = \"B\"\nprice_in = 3.0\nhidden = true\n";
    std::fs::write(&config, text + edit).unwrap();

    let listed = run(folder.path(), &["models", "--provider", "mock"]);
    let lines = out(&listed);
    let words: Vec<Vec<&str>> =
        lines.lines().map(|line| line.split_whitespace().collect()).collect();
    let alpha = "mock/alpha 8192 tokens 1024 out $1 / $2 vision tools";
    assert_eq!(words[0].join(" "), alpha);
    assert_eq!(words[1].join(" "), "mock/beta (hidden) (alias B)");
    let json = run(folder.path(), &["models", "--provider", "mock", "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((rows[1]["name"].as_str(), rows[1]["priceIn"].as_f64()), (Some("B"), Some(3.0)));
    assert_eq!((rows[0]["stale"].as_bool(), rows[0]["listed"].is_i64()), (Some(false), true));
    assert_eq!(server.requests().len(), 1, "the second time nobody was asked");

    server.push_get(Script::html(200, "Sign in"));
    let refreshed = run(folder.path(), &["models", "--provider", "mock", "--refresh"]);
    assert_eq!(refreshed.status.code(), Some(1));
    assert_eq!(out(&refreshed), lines, "the old list is shown all the same");
    assert!(err(&refreshed).contains("mock could not be asked; this list is from "));
    assert!(err(&refreshed).contains("sent a web page titled \"Sign in\""), "{}", err(&refreshed));
}

#[test]
fn a_well_known_provider_without_a_key_lists_what_is_bundled() {
    let folder = tempfile::tempdir().unwrap();
    assert!(run(folder.path(), &["providers", "add", "groq"]).status.success());
    let listed = run(folder.path(), &["models", "--provider", "groq"]);
    assert!(listed.status.success(), "{}", err(&listed));
    assert!(out(&listed).contains("groq/openai/gpt-oss-120b"), "{}", out(&listed));
    assert!(err(&listed).contains("no key") && err(&listed).contains("bundled list"));
}

#[test]
fn providers_of_every_kind_are_added_with_their_options_and_changed_alone() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("ca.pem");
    let pem = include_str!("../support/certificates/ca.pem");
    std::fs::write(&authority, pem).unwrap();
    let file = authority.to_str().unwrap();
    let url = "http://127.0.0.1:1/v1";
    let table: &[&[&str]] = &[
        &["corp", "--kind", "anthropic", "--url", url, "--api-version", "2023-06-01"],
        &["corp", "--header", "X-Team: blue", "--header", "X-Other: 1", "--ca-file", file],
        &["corp", "--header", "x-other:"],
        &["back", "--kind", "responses", "--url", url, "--background"],
    ];
    for args in table {
        let added = run(folder.path(), &[&["providers", "add"], *args].concat());
        assert!(added.status.success(), "{args:?}: {}", err(&added));
    }
    let config = std::fs::read_to_string(folder.path().join("config.toml")).unwrap();
    for line in [
        "kind = \"anthropic\"",
        "api_version = \"2023-06-01\"",
        "X-Team = \"blue\"",
        "ca.pem\"",
        "kind = \"responses\"",
        "background = true",
    ] {
        assert!(config.contains(line), "{line} in {config}");
    }
    assert!(!config.contains("X-Other"), "{config}");
    let listed = out(&run(folder.path(), &["providers", "list"]));
    assert!(listed.contains("corp           anthropic"), "{listed}");

    let wrong: &[(&[&str], &str)] = &[
        (&["new", "--url", url, "--header", "Authorization: x"], "the key's own"),
        (&["new", "--url", url, "--header", "no colon"], "no colon"),
        (&["new", "--url", url, "--ca-file", "missing.pem"], "missing.pem cannot be read"),
        (&["new", "--url", url, "--background"], "--background is for the Responses API"),
        (&["new", "--url", url, "--api-version", "1"], "--api-version is for Anthropic"),
    ];
    for (args, sentence) in wrong {
        let refused = run(folder.path(), &[&["providers", "add"], *args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(err(&refused).contains(sentence), "{args:?}: {}", err(&refused));
    }
    assert_eq!(config, std::fs::read_to_string(folder.path().join("config.toml")).unwrap());
}

#[test]
fn a_test_of_each_kind_says_in_a_sentence_what_is_wrong() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for kind in ["openai", "responses", "anthropic"] {
        let url = server.url();
        let name = format!("my-{kind}");
        let add = ["providers", "add", &name, "--kind", kind, "--url", &url];
        assert!(run(folder.path(), &add).status.success());
        let test = || run(folder.path(), &["providers", "test", &name]);
        let good =
            serde_json::json!({"data": [{"id": "alpha", "type": "model"}], "has_more": false});
        server.push_get(Script::json(200, &good));
        let ready = test();
        assert!(ready.status.success(), "{kind}: {}", err(&ready));
        assert!(out(&ready).contains(&format!("1 models over the {kind} API")), "{}", out(&ready));
        let refusal =
            serde_json::json!({"error": {"type": "authentication_error", "message": "who?"}});
        let table = [
            (Script::json(401, &refusal), "The key was not accepted (401): who?"),
            (Script::html(200, "Portal"), "sent a web page titled \"Portal\""),
            (Script::json(200, &serde_json::json!({"hello": 1})), "did not answer with a list"),
            (Script::status(404), "No list of models at this address"),
        ];
        for (script, sentence) in table {
            server.push_get(script);
            let failed = test();
            assert_eq!(failed.status.code(), Some(1), "{kind}: {sentence}");
            assert!(err(&failed).contains(sentence), "{kind}: {}", err(&failed));
        }
    }
}

#[test]
fn doctor_tells_where_keys_go_and_what_each_provider_is() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    let key = b"sk-0123456789wxyz\n";
    let url = server.url();
    let add = ["providers", "add", "mock", "--url", &url, "--key-stdin"];
    assert!(run_with_input(folder.path(), &add, key).status.success());
    let before = out(&run(folder.path(), &["doctor"]));
    assert!(before.contains("keys.json, which only you can read (mode 0600)"), "{before}");
    assert!(before.contains("because SWITCHBOARD_NO_KEYCHAIN forbids"), "{before}");
    let line = "mock (openai): ready, 2 models, key in a file only you can read, ends in wxyz";
    assert!(before.contains(&format!("{line}, never listed")), "{before}");
    assert!(run(folder.path(), &["models", "--provider", "mock"]).status.success());
    let after = out(&run(folder.path(), &["doctor"]));
    assert!(after.contains(&format!("{line}, list of this hour")), "{after}");
    assert!(!after.contains("0123"), "{after}");
}

#[test]
fn two_providers_with_one_id_are_told_and_the_first_counts() {
    let folder = tempfile::tempdir().unwrap();
    let provider = |port: u16| {
        format!(
            "[[providers]]\nid = \"twin\"\nname = \"Twin\"\nkind = \"openai\"\nurl = \"http://127.0.0.1:{port}/v1\"\n"
        )
    };
    std::fs::write(folder.path().join("config.toml"), provider(1) + &provider(2)).unwrap();
    let doctor = out(&run(folder.path(), &["doctor"]));
    assert!(doctor.contains("line 7: twin is the name of the provider in line 2"), "{doctor}");
    let listed = out(&run(folder.path(), &["providers", "list"]));
    assert!(listed.contains("127.0.0.1:1/v1") && !listed.contains("127.0.0.1:2/v1"), "{listed}");
}

#[test]
fn another_model_answers_on_the_command_line_and_says_so() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    add_provider(folder.path(), &server);
    let config = folder.path().join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[fallback]\nmodels = [\"mock/beta\"]\n\n{text}")).unwrap();
    server.push(Script::json(404, &failure("model_not_found", "no such model")));
    let answered = run(folder.path(), &["ask", "--model", "mock/gone", "hello"]);
    assert_eq!(out(&answered), "beta: hello\n");
    let said = err(&answered);
    assert!(said.contains("mock/beta answers instead of mock/gone"), "{said}");
}
