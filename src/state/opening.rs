//! A bot, made into a chat that begins with it: texts filled in, models chosen. Pure, for the
//! window and the command line.

mod fill;
mod suits;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub use fill::fill;
pub use suits::{KnownModels, Suited, suited};

use super::HandleContext;
use crate::protocol::{
    Bot, BotEntry, BotId, Cast, CastMember, CastRoom, ChatBot, ChatId, ChatOptions, Fallback,
    Message, Params, Part, Role, Room, RoomMember, StartChat, Variable, VariableKind,
};

/// Names of a bot's variables and what was answered.
pub type Values = BTreeMap<String, String>;

/// What is wrong with the answers to a bot's questions, by the names of its variables: sentences.
pub fn problems(bot: &Bot, values: &Values) -> Values {
    let wrong = |variable: &Variable| {
        let value = values.get(&variable.name).map_or("", |value| value.trim());
        let sentence = problem(variable, value)?;
        Some((variable.name.clone(), sentence))
    };
    bot.variables.iter().filter_map(wrong).collect()
}

fn problem(variable: &Variable, value: &str) -> Option<String> {
    if value.is_empty() {
        return variable.default.is_none().then(|| "This must be answered".to_owned());
    }
    match variable.kind {
        VariableKind::Text | VariableKind::LongText => None,
        VariableKind::Number => {
            let number = value.replace(',', ".").parse::<f64>();
            let is_one = number.is_ok_and(f64::is_finite);
            (!is_one).then(|| "A number is needed".to_owned())
        }
        VariableKind::Choice => {
            let is_one = variable.choices.iter().any(|choice| choice == value);
            (!is_one).then(|| format!("One of these is needed: {}", variable.choices.join(", ")))
        }
    }
}

/// The answers that a chat is begun with: those given, and the defaults of those not given.
pub fn answers(bot: &Bot, given: &Values) -> Values {
    let answer = |variable: &Variable| {
        let given = given.get(&variable.name).map(|value| value.trim());
        let given = given.filter(|value| !value.is_empty()).map(ToOwned::to_owned);
        let value = given.or_else(|| variable.default.clone()).unwrap_or_default();
        (variable.name.clone(), value)
    };
    bot.variables.iter().map(answer).collect()
}

/// A chat that begins with a bot.
pub fn start_chat(
    entry: &BotEntry,
    given: &Values,
    models: &dyn KnownModels,
    context: HandleContext,
) -> StartChat {
    let bot = &entry.bot;
    let chat = context.ids.chat(context.now);
    let (kept, cast) = cast(entry, given, models);
    let fallback = suited(&bot.model, models).fallback;
    let options = ChatOptions {
        params: Params::from(&bot.parameters),
        fallback: (!fallback.is_empty())
            .then_some(Fallback { models: fallback, allow_dearer: false }),
    };
    StartChat {
        chat,
        seeds: seeds(bot, &cast, chat, context),
        bot: kept,
        cast,
        options,
        test: false,
        created: context.now,
    }
}

/// Who takes part in a chat with a bot as it is now, and what lists tell of it.
pub fn cast(entry: &BotEntry, given: &Values, models: &dyn KnownModels) -> (ChatBot, Cast) {
    let bot = &entry.bot;
    let values = answers(bot, given);
    let is_granted = |tool: &String| entry.granted.contains(tool);
    let tools = bot.tools.iter().map(|tool| tool.name.clone()).filter(is_granted).collect();
    let kept = ChatBot {
        id: bot.id.clone(),
        version: bot.version,
        name: bot.name.clone(),
        icon: bot.icon,
        color: bot.color,
        model: suited(&bot.model, models).model,
        room: bot.room.is_some(),
    };
    let cast = Cast {
        bot: bot.id.clone(),
        version: bot.version,
        name: bot.name.clone(),
        icon: bot.icon,
        color: bot.color,
        instructions: fill(&bot.instructions, &values, &bot.name, fill::TOLD),
        starters: bot
            .starters
            .iter()
            .map(|starter| fill(starter, &values, &bot.name, fill::SAID))
            .collect(),
        tools,
        room: bot.room.as_ref().map(|room| cast_room(room, &values, models)),
        values,
    };
    (kept, cast)
}

fn cast_room(room: &Room, values: &Values, models: &dyn KnownModels) -> CastRoom {
    let member = |member: &RoomMember| CastMember {
        id: member.id.clone(),
        name: member.name.clone(),
        icon: member.icon,
        color: member.color,
        instructions: fill(&member.instructions, values, &member.name, fill::TOLD),
        model: suited(&member.model, models).model,
        params: Params::from(&member.parameters),
    };
    CastRoom {
        order: room.order,
        leader: room.leader.clone(),
        rounds: room.rounds,
        most_answers: room.most_answers,
        members: room.members.iter().map(member).collect(),
    }
}

/// The messages that a chat opens with, each below the one before.
fn seeds(bot: &Bot, cast: &Cast, chat: ChatId, context: HandleContext) -> Vec<Message> {
    let mut parent = None;
    let mut seeds = Vec::with_capacity(bot.seeds.len());
    for seed in &bot.seeds {
        let speaker: Option<BotId> = match seed.role {
            Role::Assistant => Some(seed.member.clone().unwrap_or_else(|| bot.id.clone())),
            Role::User | Role::System => None,
        };
        let name = speaker.as_ref().map_or(bot.name.as_str(), |speaker| cast.name_of(speaker));
        let text = fill(&seed.content, &cast.values, name, fill::SAID);
        let id = context.ids.message(context.now);
        let seed = Message {
            parent,
            bot: speaker,
            ..Message::new(id, chat, seed.role, context.now, vec![Part::Text { text }])
        };
        parent = Some(seed.id);
        seeds.push(seed);
    }
    seeds
}
