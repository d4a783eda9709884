//! Answers that run on at their provider while the window is closed.

use crate::support::Place;
use crate::support::responses::{Luck, Responses, message, reasoning};

#[test]
fn an_answer_goes_on_in_the_next_window() {
    let (place, api) = (Place::bare(), Responses::start());
    let url = api.server.url();
    let config = format!(
        "default_model = \"mock/gpt-5\"\n\n[[providers]]\nid = \"mock\"\nname = \"Mock\"\n\
         kind = \"responses\"\nurl = \"{url}\"\noptions = {{ background = true }}\n"
    );
    std::fs::write(place.path("config.toml"), config).unwrap();
    api.answer(&[reasoning("rs_1", &["Counting"]), message("one two three four")]);
    api.luck(&[Luck::Silence(13)]);
    let mut window = place.open();
    window.send("Count to four");
    window.until("the first words", |window| window.answer_text().contains("one two"));
    drop(window);

    let mut window = place.open();
    window.until("the whole answer", |window| {
        let text = |message: &switchboard::protocol::Message| message.text();
        let chats = window.state().conversations.values();
        chats.flat_map(|chat| &chat.messages).any(|message| text(message) == "one two three four")
    });
    window.click("Count to four");
    window.until_sees("one two three four");
    window.until_answered();
    assert_eq!(window.conversation().messages.len(), 2);
    assert!(!window.sees("interrupted"));
    assert_eq!(api.server.posts().len(), 1);
}
