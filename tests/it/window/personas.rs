//! Bots of `personas.yaml` in the window.

use std::fs;

use switchboard::protocol::BotOrigin;

use crate::support::Place;

const GOOD: &str = "- name: Ada\n  instructions: Be brief.\n";

#[test]
fn a_mistake_in_the_file_is_told_with_its_line_and_mending_it_is_seen() {
    let place = Place::new();
    let file = place.path("personas.yaml");
    fs::write(&file, format!("{GOOD}  colour: red\n")).unwrap();
    let mut window = place.open();
    window.until_sees("personas.yaml has a mistake");
    assert!(window.sees("personas.yaml:3:3: [0].colour: there is no field \"colour\" here"));
    assert!(window.sees("Open folder"));
    assert!(window.state().bots.get(&"ada".into()).is_none());

    fs::write(&file, GOOD).unwrap();
    window.until("the bot of the mended file", |window| {
        let ada = window.state().bots.get(&"ada".into());
        ada.is_some_and(|entry| entry.origin == BotOrigin::Personas)
    });
    assert!(window.state().bots.problems().is_empty());
}
