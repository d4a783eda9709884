//! Who answers the next message, and how.

use egui::{Key, Modifiers};

use crate::support::Place;

fn with_models() -> Place {
    let place = Place::with_config(
        "default_model = \"mock/alpha\"\nfavourites = [\"mock/beta\", \"mock/gamma\"]\n",
    );
    place.server.set_models(&["alpha", "beta", "gamma"]);
    place
}

fn asked(place: &Place) -> Vec<String> {
    place.server.posts().iter().map(|post| post.model()).collect()
}

#[test]
fn an_at_chooses_the_model_of_one_message() {
    let place = with_models();
    let mut window = place.open();
    window.refresh_models();
    window.ask("first");
    window.compose("second @gam");
    window.press(Key::Enter);
    assert_eq!(window.value("Message"), "second ");
    window.press(Key::Enter);
    window.until_sees("gamma: second");
    window.until_answered();
    window.ask("third");
    assert_eq!(asked(&place), ["alpha", "gamma", "alpha"]);
}

#[test]
fn favourites_are_cycled_and_the_choice_survives_a_restart() {
    let place = with_models();
    let mut window = place.open();
    window.refresh_models();
    window.ask("first");
    let keys = Modifiers::COMMAND | Modifiers::SHIFT;
    window.press_with(keys, Key::ArrowDown);
    assert!(window.has("Model: beta"));
    window.press_with(keys, Key::ArrowDown);
    assert!(window.has("Model: gamma"));
    drop(window);
    let mut window = place.open();
    window.click("first");
    window.until("the choice", |window| window.has("Model: gamma"));
}

#[test]
fn parameters_of_the_chat_and_of_one_message_are_sent() {
    let place = with_models();
    let mut window = place.open();
    window.refresh_models();
    window.ask("first");
    window.click("Parameters…");
    window.fill("Temperature", "0.5");
    window.fill("System prompt", "Be brief");
    window.click("Next message");
    window.fill("Temperature", "1.5");
    window.press(Key::Escape);
    window.until_gone("Stop words");
    assert!(window.has("System prompt"), "what the model is told is shown");
    window.ask("second");
    window.ask("third");
    let bodies: Vec<_> = place.server.posts().iter().map(|post| post.json()).collect();
    let temperatures: Vec<_> = bodies.iter().map(|body| body["temperature"].as_f64()).collect();
    assert_eq!(temperatures, [None, Some(1.5), Some(0.5)]);
    let firsts: Vec<_> =
        bodies.iter().map(|body| body["messages"][0]["content"].as_str()).collect();
    assert_eq!(firsts, [Some("first"), Some("Be brief"), Some("Be brief")]);
    drop(window);
    let mut window = place.open();
    window.click("first");
    window.until("the system prompt", |window| window.has("System prompt"));
}

#[test]
fn a_model_that_is_gone_is_said_to_be_and_the_nearest_are_offered() {
    let place = with_models();
    let mut window = place.open();
    window.refresh_models();
    window.ask("first");
    window.ctrl(Key::M);
    window.press(Key::Tab);
    window.type_text("gamma");
    window.press(Key::Enter);
    place.server.set_models(&["alpha", "gamma-2"]);
    window.run_command("Refresh model lists");
    window.until("the chip", |window| window.has("Model: gamma (missing)"));
    window.ctrl(Key::M);
    window.until_sees("NEAREST TO GAMMA");
    window.press(Key::Enter);
    assert!(window.has("Model: gamma-2"));
}

#[test]
fn one_message_goes_to_several_models_until_the_comparison_is_ended() {
    let place = with_models();
    let mut window = place.open();
    window.refresh_models();
    window.click("Compare");
    for name in ["beta", "gamma"] {
        window.fill("Search models", name);
        window.press(Key::Enter);
    }
    window.press(Key::Escape);
    window.send("which?");
    for words in ["alpha: which?", "beta: which?", "gamma: which?"] {
        window.until_sees(words);
    }
    window.until("all to end", |window| {
        window.state().conversation().is_some_and(|conversation| !conversation.is_running())
    });
    let mut models = asked(&place);
    models.sort();
    assert_eq!(models, ["alpha", "beta", "gamma"]);
    assert!(window.has("Take beta out of the comparison"), "the next message goes to them too");
    for name in ["beta", "gamma"] {
        window.click(&format!("Take {name} out of the comparison"));
    }
    window.send("and now?");
    window.until_sees("alpha: and now?");
    window.until_answered();
    assert_eq!(asked(&place).len(), 4);
}
