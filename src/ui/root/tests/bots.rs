//! Chats with bots and rooms, in the whole window.

use std::sync::Arc;

use super::*;
use crate::protocol::{
    BackendEvent, Bot, BotEntry, BotId, BotOrigin, IdSource, Library, ModelId, Room, RoomMember,
    RunEvent, Seed, Seq, SpeakingOrder, StreamEvent,
};
use crate::state::{BotCommand, HandleContext, UiCommand, apply, handle};

fn mentor() -> Bot {
    Bot {
        instructions: "You teach **Rust** by asking".to_owned(),
        seeds: vec![Seed {
            role: Role::Assistant,
            content: "What are you working on?".to_owned(),
            member: None,
        }],
        starters: vec!["Explain lifetimes".to_owned(), "Review my code".to_owned()],
        ..Bot::blank("rust-mentor".into(), "Rust mentor")
    }
}

fn panel() -> Bot {
    let member = |id: &str, name: &str| RoomMember {
        id: id.into(),
        name: name.to_owned(),
        icon: Default::default(),
        color: Default::default(),
        instructions: format!("You are {name}, and doubt"),
        model: Default::default(),
        parameters: Default::default(),
    };
    Bot {
        instructions: "Be brief, all of you".to_owned(),
        room: Some(Room {
            order: SpeakingOrder::InTurn,
            leader: None,
            rounds: 1,
            most_answers: 12,
            members: vec![member("ada", "Ada Byron"), member("bo", "Bo")],
        }),
        ..Bot::blank("panel".into(), "Review panel")
    }
}

fn context() -> HandleContext {
    HandleContext { now: NOW, ids: IdSource }
}

fn tell(state: &mut AppState, bot: Bot) {
    let bots = vec![Arc::new(BotEntry::new(bot, BotOrigin::Own))];
    apply(state, BackendEvent::Bots(Arc::new(Library { bots, problems: Vec::new() })), NOW);
}

/// A chat that was just begun with a bot.
fn begun(bot: Bot) -> AppState {
    let mut state = samples::chat();
    let id = bot.id.clone();
    tell(&mut state, bot);
    handle(&mut state, UiCommand::Bots(BotCommand::Start(id)), context());
    state
}

/// The same with a question and an answer of this bot that is on its way.
fn answering(bot: Bot, speaker: &str) -> AppState {
    let mut state = begun(bot);
    handle(&mut state, UiCommand::Send { text: "Hello".to_owned() }, context());
    let conversation = state.conversation().unwrap();
    let question = conversation.messages.back().unwrap().clone();
    let run = RunId(uuid::Uuid::from_u128(9));
    let model: ModelId = "openrouter/anthropic/claude-sonnet-5.5".parse().unwrap();
    let answer = Message {
        parent: Some(question.id),
        bot: Some(BotId::from(speaker)),
        answer: Some(Answer::open(model, run)),
        ..Message::new(
            MessageId(uuid::Uuid::from_u128(10)),
            question.chat,
            Role::Assistant,
            NOW,
            Vec::new(),
        )
    };
    let (question, answer) = (Box::new(question), Box::new(answer));
    apply(&mut state, BackendEvent::RunStarted { run, question, answer }, NOW);
    state
}

#[test]
fn a_chat_opens_with_folded_instructions_seeds_starters_and_its_bot_in_the_header() {
    let mut harness = window(begun(mentor()));
    harness.get_by_label("What are you working on?");
    assert!(harness.query_by_label_contains("by asking").is_none(), "folded");
    harness.get_by_label("Instructions · Rust mentor v1.0").click();
    harness.run();
    harness.get_by_label_contains("by asking");
    assert!(harness.query_by_label("Regenerate answer").is_none(), "a seed is no model's answer");
    harness.get_by_label("Explain lifetimes").click();
    harness.run();
    assert_eq!(harness.state().state.draft().text, "Explain lifetimes");
    assert!(harness.query_by_label("Review my code").is_none(), "something is typed");
    type_text(&mut harness, ", please");
    assert_eq!(harness.state().state.draft().text, "Explain lifetimes, please");
    // The title has said the name: it stands in the header once.
    let names = harness.get_all_by_label("Rust mentor");
    let in_header = |rect: egui::Rect| rect.top() < 48.0 && rect.left() > 264.0;
    assert_eq!(names.filter(|node| in_header(node.rect())).count(), 1);
    harness.get_by_label("v1.0").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Gallery);
    assert_eq!(harness.state().state.gallery.selected, Some("rust-mentor".into()));
}

#[test]
fn a_chat_without_seeds_shows_its_instructions_before_anything_is_said() {
    let mut harness = window(begun(panel()));
    harness.get_by_label("Instructions · Review panel v1.0").click();
    harness.run();
    for text in ["Be brief, all of you", "Ada Byron", "You are Bo, and doubt"] {
        harness.get_by_label(text);
    }
}

#[test]
fn the_instructions_stay_above_the_first_message_and_unfold_by_keyboard() {
    let mut harness = window(answering(panel(), "ada"));
    let row = harness.get_by_label("Instructions · Review panel v1.0");
    row.focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    let told = harness.get_by_label("You are Bo, and doubt").rect();
    let asked = harness.get_by_label("Hello").rect();
    assert!(told.bottom() < asked.top(), "{told:?} {asked:?}");
}

#[test]
fn an_answer_in_a_room_shows_who_speaks_with_which_model_and_who_is_next() {
    let mut harness = window(answering(panel(), "ada"));
    harness.get_by_label("Ada Byron");
    harness.get_by_label_contains("Claude Sonnet 5.5 · ");
    harness.get_by_label("Bo speaks next");
    finish(&mut harness);
    assert!(harness.query_by_label("Bo speaks next").is_none());
}

#[test]
fn the_header_of_a_room_shows_its_members_order_and_round() {
    let rounds = |order, rounds| {
        let mut bot = panel();
        let room = bot.room.as_mut().unwrap();
        (room.order, room.rounds) = (order, rounds);
        bot
    };
    let mut harness = window(begun(rounds(SpeakingOrder::InTurn, 3)));
    for label in ["Room", "Member: Ada Byron", "Member: Bo", "In turn"] {
        let rect = harness.get_by_label(label).rect();
        assert!(rect.bottom() < 48.0 && rect.left() > 264.0, "{label} {rect:?}");
    }
    harness.get_by_label("Member: Bo").hover();
    harness.run();
    harness.get_by_label("Bo");
    let harness = window(answering(rounds(SpeakingOrder::InTurn, 3), "ada"));
    harness.get_by_label("In turn · round 1 of 3");
    let harness = window(answering(rounds(SpeakingOrder::ByMention, 3), "ada"));
    harness.get_by_label("By mention");
}

#[test]
fn a_round_that_ended_because_nobody_was_named_says_so_and_offers_who_can_be() {
    let mut bot = panel();
    bot.room.as_mut().unwrap().order = SpeakingOrder::ByMention;
    let mut harness = window(answering(bot, "ada"));
    let words = "Ada Byron named nobody, so the round is over. Address somebody with @";
    assert!(harness.query_by_label(words).is_none(), "it still runs");
    finish(&mut harness);
    harness.get_by_label(words);
    type_text(&mut harness, "Well,");
    harness.get_by_label("@Bo").click();
    harness.run();
    assert_eq!(harness.state().state.draft().text, "Well, @Bo ");

    // Where the order ends the round by itself there is nothing to say.
    let mut harness = window(answering(panel(), "bo"));
    finish(&mut harness);
    assert!(harness.query_by_label_contains("named nobody").is_none());
}

/// The answer that runs comes to its end.
fn finish(harness: &mut Window) {
    let state = &mut harness.state_mut().state;
    let run = state.conversation().unwrap().run.clone().unwrap();
    let chat = state.open_chat().unwrap();
    let done = StreamEvent::Done {
        status: crate::protocol::RunStatus::Complete,
        message_id: run.answer,
        reply_to_id: None,
    };
    let event = RunEvent { chat, run: run.id, seq: Seq(1), at: NOW, event: done, resume: None };
    apply(state, BackendEvent::Run(event), NOW);
    harness.run();
}

fn type_text(harness: &mut Window, text: &str) {
    for letter in text.chars() {
        harness.event(Event::Text(letter.to_string()));
        harness.run();
    }
}

#[test]
fn members_come_first_behind_an_at_and_models_where_no_member_fits() {
    let mut harness = window(begun(panel()));
    type_text(&mut harness, "Well, @");
    harness.get_by_label("@Ada Byron");
    harness.get_by_label("@Bo");
    type_text(&mut harness, "by");
    assert!(harness.query_by_label("@Bo").is_none());
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().state.draft().text, "Well, @Ada Byron ");
    type_text(&mut harness, "and @");
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Tab);
    harness.run();
    assert_eq!(harness.state().state.draft().text, "Well, @Ada Byron and @Bo ");
    type_text(&mut harness, "@qwen");
    harness.get_by_label("qwen3:8b, Ollama");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("qwen3:8b, Ollama").is_none());
}

#[test]
fn escape_and_a_click_end_the_list_of_members() {
    let mut harness = window(begun(panel()));
    type_text(&mut harness, "@");
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.query_by_label("@Bo").is_none());
    type_text(&mut harness, " @");
    harness.get_by_label("@Bo").click();
    harness.run();
    assert_eq!(harness.state().state.draft().text, "@ @Bo ");
    type_text(&mut harness, "x");
    assert_eq!(harness.state().state.draft().text, "@ @Bo x", "the keyboard is in the text");
}

#[test]
fn a_newer_version_is_offered_above_the_box() {
    let mut state = begun(mentor());
    let newer = Bot { version: "1.3".parse().unwrap(), ..mentor() };
    tell(&mut state, newer);
    let mut harness = window(state);
    let line = harness.get_by_label("Version 1.3 of Rust mentor is there").rect();
    let text = harness.get_by_label("Message").rect();
    assert!(text.top() - line.bottom() < 120.0 && text.bottom() < 800.0, "{line:?} {text:?}");
    harness.get_by_label("Keep 1.0").click();
    harness.run();
    assert!(harness.query_by_label("Use it").is_none());
}

#[test]
fn a_bot_that_guide_would_answer_for_says_so() {
    let mut state = begun(mentor());
    let chat = state.open_chat().unwrap();
    let summary = state.chats.as_mut().unwrap().iter_mut().find(|known| known.id == chat).unwrap();
    summary.model = Some(ModelId::new("guide", "guide"));
    let mut harness = window(state);
    harness.get_by_label_contains("Guide is no language model");
    harness.get_by_label("Add a provider…").click();
    harness.run();
    assert_eq!(harness.state().state.page, Page::Settings(SettingsTab::Providers));
}
