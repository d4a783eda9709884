//! Bots without a network: in a namespace that has no interface, with nothing that tries for one.

use std::process::Command;

use egui::{Key, Modifiers};

use switchboard::state::Overlay;

use crate::support::Place;

/// The name of the test below.
const INSIDE: &str = "window::offline::a_bot_is_found_and_a_chat_begins_with_it";

#[test]
fn a_bot_is_found_and_a_chat_begins_with_it() {
    let place = Place::bare();
    let mut window = place.open();
    window.until("the library", |window| window.state().bots.is_loaded());
    window.press_with(Modifiers::COMMAND, Key::G);
    window.until_sees("Gallery");
    window.type_text("borrow checker");
    window.until_sees("Rust Mentor");
    window.press(Key::Enter);
    window.until("what the bot asks first", |window| {
        matches!(window.state().overlay, Overlay::StartBot(_))
    });
    window.settle();
    window.press(Key::Enter);
    window.until("the chat", |window| window.state().open_chat().is_some());
    window.until_sees("Show me the code");
    window.ask("What is a lifetime?");
    let answer = window.conversation().messages.back().unwrap();
    assert_eq!(answer.bot.as_ref().map(|bot| bot.as_str()), Some("rust-mentor"));
}

/// Every attempt to reach an address that has no route is counted by the kernel, per namespace.
#[test]
fn the_gallery_works_without_a_network_and_nothing_tries_to_connect() {
    let script = "\"$0\" --exact \"$1\" --nocapture && cat /proc/net/snmp";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .arg(INSIDE)
        .output();
    let Ok(output) = output else {
        println!("left out: no `unshare` here, so the network could not be cut off");
        return;
    };
    let (said, failed) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if !said.contains("running 1 test") && failed.contains("unshare") {
        println!("left out: no network namespace may be made here: {failed}");
        return;
    }
    assert!(output.status.success(), "{said}\n{failed}");
    assert!(said.contains("1 passed"), "{said}");
    for (protocol, counter) in [
        ("Ip:", "OutNoRoutes"),
        ("Ip:", "OutRequests"),
        ("Tcp:", "ActiveOpens"),
        ("Udp:", "OutDatagrams"),
    ] {
        assert_eq!(count(&said, protocol, counter), 0, "{protocol} {counter}\n{said}");
    }
}

/// A counter of `/proc/net/snmp`: a line of names, then one of figures.
fn count(text: &str, protocol: &str, counter: &str) -> u64 {
    let mut lines = text.lines().filter(|line| line.starts_with(protocol));
    let names = lines.next().expect("names").split_whitespace();
    let figures = lines.next().expect("figures").split_whitespace();
    let (_, figure) = names.zip(figures).find(|(name, _)| *name == counter).expect("the counter");
    figure.parse().unwrap()
}
