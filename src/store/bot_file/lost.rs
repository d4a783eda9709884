//! What a format has no place for, in sentences, before a bot is written as it.

use serde_json::{Value, json};

use super::card::only_newer;
use crate::protocol::{Bot, BotFormat, BotVersion, Role};

/// What is lost of a bot, or is seen by this app alone, where it is written in this format.
pub fn losses(bot: &Bot, format: BotFormat) -> Vec<String> {
    match format {
        BotFormat::Yaml | BotFormat::Block => Vec::new(),
        BotFormat::CardV2 | BotFormat::CardV3 | BotFormat::CardPng => of_card(bot, format),
        BotFormat::Openai => of_assistant(bot),
    }
}

fn of_card(bot: &Bot, format: BotFormat) -> Vec<String> {
    let mut losses = Vec::new();
    let mut unseen = Vec::new();
    let mut unseen_if = |is_set: bool, what: &'static str| unseen.extend(is_set.then_some(what));
    let is_greeted = bot.seeds.first().is_some_and(|seed| seed.role == Role::Assistant);
    unseen_if(bot.seeds.len() > usize::from(is_greeted), "opening messages");
    unseen_if(!bot.variables.is_empty(), "variables");
    unseen.extend(both(bot));
    let mut unseen_if = |is_set: bool, what: &'static str| unseen.extend(is_set.then_some(what));
    unseen_if(!bot.tools.is_empty(), "tools");
    unseen_if(!bot.parameters.is_default(), "parameters");
    unseen_if(!bot.license.is_empty(), "license");
    if !unseen.is_empty() {
        losses.push(format!(
            "a character card keeps its {} for Switchboard only; other apps do not see them",
            list(&unseen)
        ));
    }
    let newer = if format == BotFormat::CardV2 { only_newer(bot) } else { Vec::new() };
    if !newer.is_empty() {
        losses.push(format!("cards of version 2 have no {}; they are left out", list(&newer)));
    }
    let from = |name: &str| bot.card.as_ref().and_then(|card| card.get(name));
    if bot.card.is_some() && from("spec").is_none() {
        losses.push("what its OpenAI assistant held besides is left out".to_owned());
    }
    losses
}

fn of_assistant(bot: &Bot) -> Vec<String> {
    let mut losses = Vec::new();
    let names = |is_filled: bool| -> Vec<&str> {
        let those = bot.variables.iter().filter(|it| it.default.is_some() == is_filled);
        those.map(|it| it.name.as_str()).collect()
    };
    let (filled, open) = (names(true), names(false));
    if !filled.is_empty() {
        losses.push(format!(
            "an assistant has no variables; the default is written in the place of {}",
            list(&filled)
        ));
    }
    if !open.is_empty() {
        let open: Vec<String> = open.iter().map(|name| format!("{{{{{name}}}}}")).collect();
        let open: Vec<&str> = open.iter().map(String::as_str).collect();
        losses.push(format!(
            "an assistant has no variables; {} stays in its text as it is",
            list(&open)
        ));
    }
    let mut left: Vec<&'static str> = both(bot);
    let mut left_if = |is_set: bool, what: &'static str| left.extend(is_set.then_some(what));
    left_if(!bot.seeds.is_empty(), "opening messages");
    left_if(bot.parameters.max_tokens.is_some(), "cap on answers");
    left_if(bot.parameters.effort.is_some(), "effort");
    left_if(!bot.parameters.stop.is_empty(), "stop words");
    left_if(!bot.author.is_empty(), "author");
    left_if(!bot.license.is_empty(), "license");
    left_if(bot.version != BotVersion::FIRST, "version");
    if !left.is_empty() {
        losses
            .push(format!("an assistant has no place for its {}; they are left out", list(&left)));
    }
    let is_kept = |card: &Value| card.get("object") == Some(&json!("assistant"));
    if bot.card.as_ref().is_some_and(|card| !is_kept(card)) {
        losses.push("what its character card held besides is left out".to_owned());
    }
    losses
}

/// What neither format has.
fn both(bot: &Bot) -> Vec<&'static str> {
    let plain = Bot::blank(bot.id.clone(), "");
    let is_dressed = (bot.icon, bot.color) != (plain.icon, plain.color);
    let all = [
        (!bot.starters.is_empty(), "starters"),
        (!bot.model.is_any(), "choice of models"),
        (is_dressed, "icon and colour"),
    ];
    all.into_iter().filter_map(|(is_set, what)| is_set.then_some(what)).collect()
}

/// `a`, `a and b`, `a, b and c`.
fn list(words: &[&str]) -> String {
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::bot;
    use super::*;

    #[test]
    fn what_a_format_cannot_hold_is_said_and_what_it_can_is_not() {
        assert_eq!(losses(&bot(), BotFormat::Yaml), Vec::<String>::new());
        assert_eq!(losses(&bot(), BotFormat::Block), Vec::<String>::new());
        let plain = Bot::blank("a".into(), "A");
        for format in BotFormat::ALL {
            assert_eq!(losses(&plain, format), Vec::<String>::new(), "{format:?}");
        }
        assert_eq!(
            losses(&bot(), BotFormat::Openai),
            [
                "an assistant has no variables; the default is written in the place of audience",
                "an assistant has no place for its starters, choice of models, icon and colour, opening messages, effort, author, license and version; they are left out",
            ]
        );
        assert_eq!(
            losses(&bot(), BotFormat::CardV3),
            [
                "a character card keeps its variables, starters, choice of models, icon and colour, tools, parameters and license for Switchboard only; other apps do not see them",
            ]
        );
        let mut open = bot();
        open.variables[0].default = None;
        let said = losses(&open, BotFormat::Openai);
        assert_eq!(
            said[0],
            "an assistant has no variables; {{audience}} stays in its text as it is"
        );
        let card = json!({"spec": "chara_card_v3", "data": {"nickname": "Ad", "assets": []}});
        let newer = Bot { card: Some(card), ..plain };
        let said = losses(&newer, BotFormat::CardV2);
        assert_eq!(said, ["cards of version 2 have no nickname; they are left out"]);
        assert_eq!(losses(&newer, BotFormat::CardV3), Vec::<String>::new());
        let said = losses(&newer, BotFormat::Openai);
        assert_eq!(said, ["what its character card held besides is left out"]);
    }
}
