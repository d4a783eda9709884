//! A bot for people who read a terminal.

use super::super::failure::{Outcome, say};
use crate::protocol::{
    Ability, Bot, BotEntry, BotOrigin, BotParameters, ModelPreference, PriceClass, Role, Room,
    SpeakingOrder, Variable,
};

/// A line of the list.
pub(super) fn line(entry: &BotEntry) -> String {
    let bot = &entry.bot;
    let mut marks = String::new();
    match entry.origin {
        BotOrigin::BuiltIn => {}
        BotOrigin::Own => marks.push_str(" (yours)"),
        BotOrigin::Personas => marks.push_str(" (personas.yaml)"),
    }
    if entry.favourite {
        marks.push_str(" (favourite)");
    }
    if entry.archived {
        marks.push_str(" (archived)");
    }
    let description = bot.description.lines().next().unwrap_or_default();
    let (id, shelf) = (bot.id.as_str(), bot.category.as_str());
    format!("{id:<26} {shelf:<13} {:<24} {description}{marks}", bot.name)
}

/// All of a bot.
pub(super) fn all(entry: &BotEntry) -> Outcome {
    let bot = &entry.bot;
    say(&format!("# {}\n\n{}\n", bot.name, bot.description))?;
    for (name, text) in facts(entry) {
        say(&format!("{name:<12} {text}"))?;
    }
    say(&format!("\n## What it is told\n\n{}", bot.instructions.trim_end()))?;
    if let Some(room) = &bot.room {
        show_room(room)?;
    }
    show_tools(entry)?;
    if !bot.seeds.is_empty() {
        say("\n## The chat opens with")?;
    }
    for seed in &bot.seeds {
        let who = match (&seed.member, seed.role) {
            (Some(member), _) => member.to_string(),
            (None, Role::User) => "You".to_owned(),
            (None, Role::Assistant | Role::System) => bot.name.clone(),
        };
        say(&format!("\n{who}: {}", seed.content.trim_end()))?;
    }
    list("To begin with", &bot.starters)?;
    list("It asks before a chat", &bot.variables.iter().map(question).collect::<Vec<_>>())
}

fn facts(entry: &BotEntry) -> Vec<(&'static str, String)> {
    let bot: &Bot = &entry.bot;
    let origin = match (entry.origin, &entry.base) {
        (BotOrigin::BuiltIn, _) => "ships with Switchboard".to_owned(),
        (BotOrigin::Personas, _) => "personas.yaml".to_owned(),
        (BotOrigin::Own, None) => "yours".to_owned(),
        (BotOrigin::Own, Some((base, version))) => format!("yours, made of {base} {version}"),
    };
    let mut facts = vec![
        ("Id", bot.id.to_string()),
        ("Version", bot.version.to_string()),
        ("Category", bot.category.label().to_owned()),
        ("From", origin),
        ("Tags", bot.tags.join(", ")),
        ("Model", model(&bot.model)),
        ("Parameters", parameters(&bot.parameters)),
        ("Author", bot.author.clone()),
        ("License", bot.license.clone()),
    ];
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn model(model: &ModelPreference) -> String {
    let mut wishes: Vec<String> = model.ids.iter().map(ToString::to_string).collect();
    wishes.extend(model.abilities.iter().map(|ability| {
        let ability = match ability {
            Ability::Vision => "sees pictures",
            Ability::Tools => "calls tools",
            Ability::Thinking => "thinks",
            Ability::Json => "answers in JSON",
        };
        ability.to_owned()
    }));
    wishes.extend(model.price.map(|price| {
        let price = match price {
            PriceClass::Low => "cheap",
            PriceClass::Medium => "of medium price",
            PriceClass::High => "of any price",
        };
        price.to_owned()
    }));
    if wishes.is_empty() { "any".to_owned() } else { wishes.join(", ") }
}

fn parameters(set: &BotParameters) -> String {
    let mut parts = Vec::new();
    let mut part = |name: &str, value: Option<String>| {
        parts.extend(value.map(|value| format!("{name} {value}")));
    };
    part("temperature", set.temperature.map(|value| value.to_string()));
    part("top p", set.top_p.map(|value| value.to_string()));
    part("at most", set.max_tokens.map(|value| format!("{value} tokens")));
    part("effort", set.effort.map(|effort| format!("{effort:?}").to_lowercase()));
    if !set.stop.is_empty() {
        part("stops at", Some(format!("{:?}", set.stop)));
    }
    parts.join(", ")
}

fn show_room(room: &Room) -> Outcome {
    let order = match room.order {
        SpeakingOrder::InTurn => "They speak in turn",
        SpeakingOrder::ByMention => "Who is named with @ speaks",
        SpeakingOrder::Moderated => "The leader says who speaks",
        SpeakingOrder::Concluded => "All answer, then the leader concludes",
    };
    let leader = room.leader.as_ref().map_or_else(String::new, |id| format!("; {id} leads"));
    let rounds =
        if room.rounds == 1 { "1 round".to_owned() } else { format!("{} rounds", room.rounds) };
    say(&format!(
        "\n## Who takes part\n\n{order}{leader}; {rounds}, {} answers at most",
        room.most_answers
    ))?;
    room.members.iter().try_for_each(|member| {
        say(&format!(
            "\n### {} (@{})\n\n{}",
            member.name,
            member.id,
            member.instructions.trim_end()
        ))
    })
}

fn show_tools(entry: &BotEntry) -> Outcome {
    let tools: Vec<String> = entry
        .bot
        .tools
        .iter()
        .map(|tool| {
            let granted = if entry.granted.contains(&tool.name) { "" } else { " (not allowed)" };
            format!("{}{granted}: {}", tool.name, tool.reason)
        })
        .collect();
    list("What it may use", &tools)
}

fn question(variable: &Variable) -> String {
    let mut text = format!("{} ({{{{{}}}}})", variable.label, variable.name);
    if !variable.choices.is_empty() {
        text.push_str(&format!(": {}", variable.choices.join(", ")));
    }
    if let Some(default) = &variable.default {
        text.push_str(&format!("; {default:?} without an answer"));
    }
    text
}

fn list(title: &str, lines: &[String]) -> Outcome {
    if lines.is_empty() {
        return Ok(());
    }
    say(&format!("\n## {title}\n"))?;
    lines.iter().try_for_each(|line| say(&format!("- {line}")))
}
