//! The bots of the design's pictures, and more of their kind, for tests.

use std::sync::Arc;

use crate::protocol::*;
use crate::state::{AppState, Page, apply};
use crate::ui::samples::{self, NOW};

/// Name, description, category, colour.
const CARDS: [(&str, &str, Category, BotColor); 9] = [
    (
        "Meeting Notes",
        "Turns a transcript into decisions, owners and dates.",
        Category::Productivity,
        BotColor::Green,
    ),
    (
        "Code Reviewer",
        "Reads a diff, ranks what could break, proposes the smallest fix.",
        Category::Coding,
        BotColor::Orange,
    ),
    (
        "SQL Expert",
        "Explains plans and writes queries for your schema.",
        Category::Data,
        BotColor::Blue,
    ),
    (
        "Bug Hunter",
        "Narrows a failure down to one cause, step by step.",
        Category::Coding,
        BotColor::Red,
    ),
    (
        "Research Assistant",
        "Collects sources, compares claims, cites each one.",
        Category::Research,
        BotColor::Indigo,
    ),
    (
        "Language Tutor",
        "Practises a language at your level and corrects gently.",
        Category::Learning,
        BotColor::Amber,
    ),
    (
        "API Designer",
        "Drafts resources, errors and versioning for an API.",
        Category::Coding,
        BotColor::Orange,
    ),
    (
        "Fact Checker",
        "Splits a text into claims and rates each with evidence.",
        Category::Research,
        BotColor::Indigo,
    ),
    (
        "Budget Planner",
        "Builds a monthly plan from income and habits.",
        Category::Finance,
        BotColor::Green,
    ),
];

pub(in crate::ui) fn library() -> Vec<BotEntry> {
    let mut entries: Vec<BotEntry> = CARDS
        .iter()
        .map(|(name, description, category, color)| {
            let id = name.to_lowercase().replace(' ', "-");
            let bot = Bot {
                description: (*description).to_owned(),
                category: *category,
                color: *color,
                starters: vec![format!("What can {name} do?")],
                instructions: format!("You are {name}."),
                ..Bot::blank(BotId::from(id.as_str()), *name)
            };
            BotEntry::new(bot, BotOrigin::BuiltIn)
        })
        .collect();
    entries[1] = BotEntry::new(code_reviewer(entries[1].bot.clone()), BotOrigin::BuiltIn);
    entries[5] = BotEntry::new(asking(entries[5].bot.clone()), BotOrigin::BuiltIn);
    entries.push(BotEntry::new(debate(), BotOrigin::BuiltIn));
    entries
}

fn code_reviewer(bot: Bot) -> Bot {
    let tool = |name: &str, reason: &str| ToolNeed { name: name.into(), reason: reason.into() };
    Bot {
        version: BotVersion { major: 1, minor: 2 },
        tags: vec!["diff".to_owned(), "quality".to_owned()],
        instructions: "You review code changes. Read the whole change before you comment. Order \
                       findings by the harm they could do, and give for each the line, the \
                       failure it leads to and the smallest fix. Say so when nothing is wrong."
            .to_owned(),
        model: ModelPreference {
            abilities: vec![Ability::Thinking],
            price: Some(PriceClass::Medium),
            ids: Vec::new(),
        },
        parameters: BotParameters { temperature: Some(0.2), ..BotParameters::default() },
        tools: vec![
            tool("read_file", "To read what stands around a change"),
            tool("run_command", "To run the tests"),
        ],
        seeds: vec![Seed {
            role: Role::Assistant,
            content: "Paste a diff, or name the files.".to_owned(),
            member: None,
        }],
        starters: vec![
            "Review this diff for data races".to_owned(),
            "Which test is missing here?".to_owned(),
        ],
        author: "Switchboard".to_owned(),
        license: "CC0-1.0".to_owned(),
        ..bot
    }
}

fn asking(bot: Bot) -> Bot {
    let language = Variable {
        name: "language".to_owned(),
        label: "Which language".to_owned(),
        kind: VariableKind::Choice,
        default: Some("Spanish".to_owned()),
        choices: vec!["Spanish".to_owned(), "French".to_owned()],
    };
    Bot { starters: vec!["Let us speak {{language}}".to_owned()], variables: vec![language], ..bot }
}

fn debate() -> Bot {
    let member = |id: &str, name: &str, color| RoomMember {
        id: id.into(),
        name: name.to_owned(),
        icon: BotIcon::Letter,
        color,
        instructions: format!("You are {name} of the debate."),
        model: ModelPreference::default(),
        parameters: BotParameters::default(),
    };
    let mut bot = Bot::blank("debate".into(), "Debate");
    bot.description = "Two sides and a judge.".to_owned();
    bot.category = Category::Rooms;
    bot.icon = BotIcon::Chat;
    bot.instructions = "Be brief and fair.".to_owned();
    bot.room = Some(Room {
        order: SpeakingOrder::Concluded,
        leader: Some("judge".into()),
        rounds: 2,
        most_answers: 5,
        members: vec![
            member("pro", "Pro", BotColor::Green),
            member("contra", "Contra", BotColor::Red),
            member("judge", "Judge", BotColor::Gray),
        ],
    });
    bot
}

pub(in crate::ui) fn tell(state: &mut AppState, entries: Vec<BotEntry>, problems: Vec<BotProblem>) {
    let library = Library { bots: entries.into_iter().map(Arc::new).collect(), problems };
    apply(state, BackendEvent::Bots(Arc::new(library)), NOW);
}

/// The gallery on screen, with some providers.
pub(in crate::ui) fn state() -> AppState {
    let mut state = samples::configured();
    state.chats = Some(Vec::new());
    tell(&mut state, library(), Vec::new());
    state.page = Page::Gallery;
    state
}
