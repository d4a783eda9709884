//! Bots that nobody would write, from a seed.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::protocol::{
    Ability, Bot, BotColor, BotIcon, BotId, BotParameters, BotVersion, Category, Effort, ModelId,
    ModelPreference, PriceClass, Role, Room, RoomMember, Seed, SpeakingOrder, ToolNeed, Variable,
    VariableKind,
};

const PIECES: &[&str] = &[
    " ",
    "  ",
    "\t",
    "\n",
    "\n\n",
    "\n   \n",
    "\r\n",
    "\r",
    "a",
    "word",
    "Words of text",
    "#",
    ": ",
    ":",
    "- ",
    "-",
    "?",
    "? ",
    "'",
    "\"",
    "\\",
    "\\n",
    "{{x}}",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a",
    "*a",
    "!t",
    "|",
    ">",
    "%",
    "@",
    "`",
    "---",
    "...",
    "\n---\n",
    "yes",
    "No",
    "1.0",
    "null",
    "~",
    "0x1f",
    "1e5",
    "2026-11-21",
    "é",
    "👩‍🚀",
    "語",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{fffd}",
    "\u{1b}[2J",
    "\u{10ffff}",
    "<<",
    "=",
    "<script>",
    "switchboard:bot:",
    "## Personality",
];

pub(super) fn text(random: &mut Rng) -> String {
    let count = if random.u8(0..8) == 0 { 60 } else { random.usize(0..7) };
    (0..count).map(|_| *one(random, PIECES)).collect()
}

fn one<'a, T>(random: &mut Rng, all: &'a [T]) -> &'a T {
    &all[random.usize(0..all.len())]
}

fn some<T>(random: &mut Rng, make: impl FnOnce(&mut Rng) -> T) -> Option<T> {
    random.bool().then(|| make(random))
}

fn several<T>(random: &mut Rng, mut make: impl FnMut(&mut Rng) -> T) -> Vec<T> {
    (0..random.usize(0..4)).map(|_| make(random)).collect()
}

fn json_value(random: &mut Rng, depth: u8) -> Value {
    match random.u8(0..if depth > 3 { 6 } else { 8 }) {
        0 => Value::Null,
        1 => json!(random.bool()),
        2 => json!(random.u64(..)),
        3 => json!(random.i64(..)),
        4 => json!(f64::from_bits(random.u64(..))),
        5 => json!(text(random)),
        6 => Value::Array(several(random, |random| json_value(random, depth + 1))),
        _ => Value::Object(
            several(random, |random| (text(random), json_value(random, depth + 1)))
                .into_iter()
                .collect(),
        ),
    }
}

fn number(random: &mut Rng) -> f32 {
    if random.bool() {
        return f32::from(random.u8(..)) / 100.0;
    }
    let any = f32::from_bits(random.u32(..));
    if any.is_nan() { -0.0 } else { any }
}

fn model(random: &mut Rng) -> ModelPreference {
    let abilities = [Ability::Vision, Ability::Tools, Ability::Thinking, Ability::Json];
    let prices = [PriceClass::Low, PriceClass::Medium, PriceClass::High];
    let ids = ["openai/gpt-6", "openrouter/anthropic/claude: sonnet #5", "a/1.0", "x/ yes"];
    ModelPreference {
        abilities: several(random, |random| *one(random, &abilities)),
        price: some(random, |random| *one(random, &prices)),
        ids: several(random, |random| one(random, &ids).parse::<ModelId>().unwrap()),
    }
}

fn parameters(random: &mut Rng) -> BotParameters {
    BotParameters {
        temperature: some(random, number),
        top_p: some(random, number),
        max_tokens: some(random, |random| random.u32(..)),
        effort: some(random, |random| *one(random, &Effort::ALL)),
        stop: several(random, text),
    }
}

fn id(random: &mut Rng) -> BotId {
    BotId(text(random))
}

fn member(random: &mut Rng) -> RoomMember {
    RoomMember {
        id: id(random),
        name: text(random),
        icon: *one(random, BotIcon::ALL),
        color: *one(random, BotColor::ALL),
        instructions: text(random),
        model: model(random),
        parameters: parameters(random),
    }
}

fn room(random: &mut Rng) -> Room {
    let orders = [
        SpeakingOrder::InTurn,
        SpeakingOrder::ByMention,
        SpeakingOrder::Moderated,
        SpeakingOrder::Concluded,
    ];
    Room {
        order: *one(random, &orders),
        leader: some(random, id),
        rounds: random.u32(..),
        most_answers: random.u32(..),
        members: several(random, member),
    }
}

fn variable(random: &mut Rng) -> Variable {
    let kinds =
        [VariableKind::Text, VariableKind::LongText, VariableKind::Number, VariableKind::Choice];
    Variable {
        name: text(random),
        label: text(random),
        kind: *one(random, &kinds),
        default: some(random, text),
        choices: several(random, text),
    }
}

/// A bot that its type allows, however wrong it is.
pub(super) fn bot(random: &mut Rng) -> Bot {
    let roles = [Role::System, Role::User, Role::Assistant];
    Bot {
        id: id(random),
        version: BotVersion { major: random.u32(..), minor: random.u32(0..3) },
        name: text(random),
        description: text(random),
        category: *one(random, Category::ALL),
        tags: several(random, text),
        icon: *one(random, BotIcon::ALL),
        color: *one(random, BotColor::ALL),
        instructions: text(random),
        model: model(random),
        parameters: parameters(random),
        tools: several(random, |random| ToolNeed { name: text(random), reason: text(random) }),
        seeds: several(random, |random| Seed {
            role: *one(random, &roles),
            content: text(random),
            member: some(random, id),
        }),
        starters: several(random, text),
        variables: several(random, variable),
        room: some(random, room),
        author: text(random),
        license: text(random),
        // A card that is null is none.
        card: some(random, |random| json_value(random, 0)).filter(|card| !card.is_null()),
    }
}
