//! Agents on another computer: a window linked to the built program as a gateway, and to a server
//! that speaks the wire as a test says.

use std::path::Path;
use std::process::Command;

use egui::Key;
use serde_json::json;
use switchboard::protocol::{ApprovalScope, ClientCommand};
use switchboard::state::Page;
use tokio::runtime::Runtime;

use super::half;
use crate::remote::wire::Gateway;
use crate::support::serve::Serve;
use crate::support::{Place, Signal, Window, sse};

/// A folder for a gateway with a provider at the server.
fn prepare(folder: &Path, url: &str) {
    let added = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .env_clear()
        .env("SWITCHBOARD_DATA_DIR", folder)
        .env("SWITCHBOARD_NO_KEYCHAIN", "1")
        .args(["providers", "add", "mock", "--url", url])
        .output()
        .unwrap();
    assert!(added.status.success(), "{added:?}");
}

/// Adds the gateway as Home, by the code that it shows.
fn pair(window: &mut Window, gateway: &mut Serve) {
    let line = gateway.line();
    let code = line.split_whitespace().nth(2).unwrap().to_owned();
    window.run_command("servers");
    window.click("Add server");
    window.fill("Name", "Home");
    window.fill("Address", &format!("ws://{}", gateway.address));
    window.click("Let in by: Pairing code");
    window.fill("Code", &code);
    window.click("Pair");
    window.until_sees("Home · ready");
    window.until("its models", |window| {
        let models = &window.state().servers.all[0].models;
        models.iter().any(|model| model.id.to_string() == "mock/alpha")
    });
}

#[test]
fn a_paired_gateway_is_killed_in_an_answer_and_nothing_is_lost_or_doubled() {
    let far = tempfile::tempdir().unwrap();
    let (place, go) = (Place::bare(), Signal::new());
    prepare(far.path(), &place.server.url());
    let mut gateway = Serve::start(far.path(), &["--pair"]);
    let address = gateway.address.clone();
    let mut window = place.open();
    pair(&mut window, &mut gateway);

    window.ctrl(Key::N);
    window.ctrl(Key::M);
    window.type_text("alpha");
    window.press(Key::Enter);
    window.ask("Hi");
    assert_eq!(window.answer_text(), "alpha: Hi");

    place.server.push(half("half of it", &go).bytes(sse(&[])));
    window.send("Again");
    window.until_sees("half of it");
    gateway.kill();
    window.until_sees("Home is not reachable. What you send waits here and is sent once");
    window.send("And now?");
    window.until_sees("Waits for Home");
    let gateway = Serve::at(far.path(), &address, &[]);
    window.until_sees("Interrupted.");
    window.until("the answer to what waited", |window| {
        let conversation = window.conversation();
        !conversation.is_running()
            && conversation.queue.is_empty()
            && window.answer_text().ends_with("And now?")
    });
    let texts: Vec<String> =
        window.conversation().messages.iter().map(|message| message.text()).collect();
    let shown = ["Hi", "alpha: Hi", "Again", "half of it", "And now?"];
    assert_eq!((&texts[..5], texts.len()), (&shown.map(str::to_owned)[..], 6));
    assert_eq!(place.server.posts().len(), 3, "each was asked once");
    go.fire();
    drop((window, gateway));
}

#[test]
fn the_first_question_is_edited_and_asked_again_beside_the_others() {
    let far = tempfile::tempdir().unwrap();
    let place = Place::bare();
    prepare(far.path(), &place.server.url());
    let mut gateway = Serve::start(far.path(), &["--pair"]);
    let mut window = place.open();
    pair(&mut window, &mut gateway);
    window.ctrl(Key::N);
    window.ctrl(Key::M);
    window.type_text("alpha");
    window.press(Key::Enter);
    window.ask("one");
    window.activate("Edit message");
    window.fill("Edited message", "two");
    window.click("Save & send");
    window.until_sees("alpha: two");
    window.until_answered();
    assert!(window.sees("2 / 2") && !window.sees("alpha: one"));
    window.click("Regenerate answer");
    window.until_sees("3 / 3");
    window.until_answered();
    assert_eq!(window.conversation().messages.len(), 2);
    window.click("Previous version");
    window.until_sees("2 / 3");
    window.click("Previous version");
    window.until_sees("alpha: one");
    let posts = place.server.posts();
    assert_eq!(posts.len(), 3);
    let asked = posts[2].json();
    assert!(!asked.to_string().contains("one"), "no other branch is told: {asked}");
}

/// Starts a chat with a bot of the gateway, which has the same bots as this computer.
fn begin(window: &mut Window, name: &str, bot: &str) {
    window.until("its bots and ours", |window| {
        let state = window.state();
        state.bots.is_loaded() && state.bots.get(&bot.into()).is_some()
    });
    window.ctrl(Key::G);
    window.until("the gallery", |window| window.state().page == Page::Gallery);
    window.type_text(&format!("home {name}"));
    window.press(Key::ArrowDown);
    for _ in 0..4 {
        let selected = window.state().gallery.selected.as_ref();
        if selected.is_some_and(|selected| selected.as_str() == bot) {
            break;
        }
        window.press(Key::ArrowRight);
    }
    assert_eq!(window.state().gallery.selected, Some(bot.into()));
    window.click("Start chat");
}

#[test]
fn a_bot_of_a_gateway_asks_first_and_a_room_names_who_speaks() {
    let far = tempfile::tempdir().unwrap();
    let place = Place::bare();
    prepare(far.path(), &place.server.url());
    let mut gateway = Serve::start(far.path(), &["--pair"]);
    let mut window = place.open();
    pair(&mut window, &mut gateway);
    begin(&mut window, "Tax Organiser", "home/tax-organiser");
    window.until_sees("Start a chat with Tax Organiser");
    window.fill("Which country's return is it?", "Norway");
    window.fill("Which tax year?", "2025");
    window.click("Start chat");
    window.until("its agent", |window| {
        window.conversation().cast.as_ref().is_some_and(|cast| cast.instructions.contains("Norway"))
    });
    begin(&mut window, "Philosophers' Table", "home/philosophers-table");
    window.until("the members", |window| {
        let cast = window.conversation().cast.as_ref();
        cast.is_some_and(|cast| cast.bot.as_str() == "philosophers-table" && cast.room.is_some())
    });
    window.ask("What is courage?");
    window.until_sees("Socrates");
}

/// An agent on a server asks for consent; the window is closed and opened again, and answers.
#[test]
fn a_question_for_consent_outlives_the_window_and_is_answered_there() {
    let runtime = Runtime::new().unwrap();
    let gateway = runtime.block_on(Gateway::start());
    let place = Place::bare();
    let config = format!(
        "[[servers]]\nid = \"home\"\nname = \"Home\"\nurl = \"ws://{}\"\n",
        gateway.address
    );
    std::fs::write(place.path("config.toml"), config).unwrap();
    let (answered, answers) = std::sync::mpsc::sync_channel(1);
    // It talks while the window is drawn, so it runs beside it.
    let far = runtime.spawn(async move {
        let mut peer = gateway.welcome("e").await;
        let run = peer.begin().await;
        peer.say(run.word(1)).await;
        let question = run.frame(
            2,
            "approval_needed",
            &json!({"id": "call-1", "tool": "shell", "action": "Run a shell command",
                "args": {"command": "make"}, "argsHash": "4f", "riskLevel": "high",
                "reason": "writes files", "expiresAt": 9_000_000_000_000_i64}),
        );
        peer.say(question.clone()).await;
        let mut peer = gateway.accept().await;
        assert_eq!(peer.hello().await.resume.len(), 1);
        peer.welcome("e", &[run.run], &[]).await;
        peer.say(question).await;
        loop {
            if let (_, ClientCommand::Approval(answer)) = peer.command().await {
                answered.send(answer).unwrap();
                break;
            }
        }
        let words = json!({"role": "assistant", "content": "made", "offset": 4,
            "messageId": run.answer.id});
        peer.say(run.frame(3, "message", &words)).await;
        peer.say(run.done(4)).await;
        // Until the window is closed.
        peer.raw("nothing").await;
    });
    let mut window = place.open();
    window.until_sees("Home · ready");
    window.until("its models", |window| !window.state().servers.all[0].models.is_empty());
    window.ctrl(Key::M);
    window.type_text("home");
    window.press(Key::Enter);
    window.send("Build it");
    window.until_sees("Run a shell command");
    drop(window);

    let mut window = place.open();
    window.click("Build it");
    window.until_sees("Run a shell command");
    window.click("Allow in this chat");
    window.until_answered();
    assert_eq!(window.answer_text(), "one made");
    let answer = answers.recv().unwrap();
    assert!(answer.approved);
    assert_eq!((answer.args_hash.as_str(), answer.scope), ("4f", ApprovalScope::Chat));
    far.abort();
}

/// As at home: the certificate is self-made, and its file is named once the window has said so.
#[test]
fn a_gateway_with_a_certificate_of_its_own_is_paired_once_its_file_is_named() {
    let far = tempfile::tempdir().unwrap();
    let place = Place::bare();
    prepare(far.path(), &place.server.url());
    let file = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/certificates");
        folder.join(name).display().to_string()
    };
    let (cert, key) = (file("self-made.pem"), file("self-made.key"));
    let tls = ["--pair", "--tls-cert", &cert, "--tls-key", &key];
    let mut gateway = Serve::start(far.path(), &tls);
    let code = gateway.line().split_whitespace().nth(2).unwrap().to_owned();
    let mut window = place.open();
    window.run_command("servers");
    window.click("Add server");
    window.fill("Name", "Home");
    window.fill("Address", &format!("https://{}", gateway.address));
    window.click("Let in by: Pairing code");
    window.fill("Code", &code.to_lowercase());
    window.click("Pair");
    window.until_sees("is not trusted here");
    assert!(window.state().settings.servers.is_empty());
    window.fill("Certificate file", &cert);
    window.click("Pair");
    window.until_sees("Home · ready");
    assert_eq!(window.state().settings.servers[0].ca_file, Some(cert.into()));
    drop((window, gateway));
}
