//! The gallery over as many bots as ship with the app, and over 5,000.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ThreadTime;
use egui::Event;
use switchboard::protocol::*;
use switchboard::state::{self, AppState, BotCommand, HandleContext, Settings, UiCommand};

use crate::world::{NOW, Window};
use crate::{ms, report};

/// About as many words as a template's instructions have.
const WORDS: usize = 420;

pub(crate) fn run() {
    for count in [72, 5_000] {
        measure(count);
    }
}

/// Each figure is the work of a frame: the command, the search, and the drawing.
fn measure(count: usize) {
    let mut state = AppState::new(Settings::default(), &[], "/data".into());
    state.chats = Some(Vec::new());
    let bots = (0..count).map(|number| Arc::new(entry(number))).collect();
    let library = Library { bots, problems: Vec::new() };
    state::apply(&mut state, BackendEvent::Bots(Arc::new(library)), NOW);
    let mut window = Window::new();
    // The window has been there for a moment.
    for _ in 0..10 {
        window.frame(&state, Vec::new());
    }
    let open = UiCommand::Bots(BotCommand::OpenGallery);
    let opened = handled(&mut state, vec![open]) + window.frame(&state, Vec::new()).0;
    report(&format!("frame that opens the gallery of {count} bots, CPU"), &ms(opened), "≤ 8 ms");
    window.frame(&state, Vec::new());
    // Few bots have the first word, all have the next, none has the last.
    let slowest = "tokio code z".chars().map(|letter| {
        let (drawn, _, asked) = window.frame(&state, vec![Event::Text(letter.to_string())]);
        let searched = handled(&mut state, asked);
        let (next, _, asked) = window.frame(&state, Vec::new());
        let selected = handled(&mut state, asked);
        drawn.max(searched + next + selected)
    });
    let slowest = slowest.max().unwrap_or(Duration::ZERO);
    let what = format!("slowest frame while 12 letters are typed over {count} bots, CPU");
    report(&what, &ms(slowest), "≤ 8 ms");
}

fn handled(state: &mut AppState, commands: Vec<UiCommand>) -> Duration {
    let clock = ThreadTime::now();
    for command in commands {
        let context = HandleContext { now: NOW, ids: IdSource };
        drop(state::handle(state, command, context));
    }
    clock.elapsed()
}

fn entry(number: usize) -> BotEntry {
    let words = ["review", "code", "before", "the", "harm", "answer", "briefly", "with", "proof"];
    let told: Vec<&str> = (0..WORDS).map(|word| words[(word * 7 + number) % words.len()]).collect();
    let name = format!("{} helper {number}", words[number % words.len()]);
    let mut bot = Bot::blank(format!("bot-{number}").as_str().into(), name);
    bot.description = format!("Helps you to {} number {number}, step by step.", words[number % 5]);
    bot.category = Category::ALL[number % Category::ALL.len()];
    bot.color = BotColor::ALL[number % BotColor::ALL.len()];
    bot.tags = vec![words[(number + 3) % words.len()].to_owned(), format!("tag{}", number % 90)];
    bot.instructions = told.join(" ");
    if number.is_multiple_of(500) {
        bot.instructions.push_str(" You know tokio by heart.");
    }
    bot.starters = vec!["Help me with this".to_owned()];
    BotEntry::new(bot, BotOrigin::BuiltIn)
}
