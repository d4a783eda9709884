//! What is asked before a chat begins, and the places that the answers go to.

use std::collections::HashSet;

use super::{Fault, check_line, suggestion, texts};
use crate::protocol::{Bot, Variable, VariableKind};

/// The bot's name and what the user is called: known in every bot, in any case.
const BUILT_IN: [&str; 2] = ["char", "user"];
const LONGEST_VARIABLE: usize = 40;
const LONGEST_LABEL: usize = 200;
const MOST_VARIABLES: usize = 20;

/// What is wrong with the variables of a bot.
pub(super) fn check(bot: &Bot, faults: &mut Vec<Fault>) {
    let count = bot.variables.len();
    if count > MOST_VARIABLES {
        let message = format!("holds {count} entries; {MOST_VARIABLES} are allowed");
        faults.push(Fault::of("variables", message));
    }
    let mut seen = HashSet::new();
    for (i, variable) in bot.variables.iter().enumerate() {
        let field = format!("variables[{i}]");
        check_name(&field, &variable.name, faults);
        check_line(&format!("{field}.label"), &variable.label, LONGEST_LABEL, faults);
        check_answer(&field, variable, faults);
        if !seen.insert(variable.name.as_str()) {
            let message = format!("{:?} is the name of another variable", variable.name);
            faults.push(Fault::of(format!("{field}.name"), message));
        }
    }
    // A card of another program may hold words in braces that mean something there.
    if bot.card.is_none() {
        check_places(bot, faults);
    }
}

fn check_name(field: &str, name: &str, faults: &mut Vec<Fault>) {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let fits = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let message = if !begins || !fits || name.len() > LONGEST_VARIABLE {
        format!(
            "{name:?} is no name of a variable; letters, digits and _ are, up to {LONGEST_VARIABLE}"
        )
    } else {
        return;
    };
    faults.push(Fault::of(format!("{field}.name"), message));
}

fn check_answer(field: &str, variable: &Variable, faults: &mut Vec<Fault>) {
    let choices = &variable.choices;
    if variable.kind != VariableKind::Choice {
        if !choices.is_empty() {
            let message = "is for variables of the kind choice";
            faults.push(Fault::of(format!("{field}.choices"), message));
        }
        let number = |text: &str| text.trim().parse::<f64>().is_ok_and(f64::is_finite);
        if let Some(default) = &variable.default
            && variable.kind == VariableKind::Number
            && !number(default)
        {
            let message = format!("{default:?} is no number, but the variable wants one");
            faults.push(Fault::of(format!("{field}.default"), message));
        }
        return;
    }
    if choices.len() < 2 {
        let message = format!("holds {}; two or more are needed to choose from", choices.len());
        faults.push(Fault::of(format!("{field}.choices"), message));
    }
    let mut seen = HashSet::new();
    for (i, choice) in choices.iter().enumerate() {
        let at = format!("{field}.choices[{i}]");
        if choice.trim().is_empty() {
            faults.push(Fault::of(at, "is empty"));
        } else if !seen.insert(choice) {
            faults.push(Fault::of(at, format!("{choice:?} stands there twice")));
        }
    }
    if let Some(default) = variable.default.as_ref().filter(|default| !choices.contains(default)) {
        let suggestion = suggestion(default, choices.iter().map(String::as_str));
        let message = format!("{default:?} is none of the choices; {suggestion}");
        faults.push(Fault::of(format!("{field}.default"), message));
    }
}

fn check_places(bot: &Bot, faults: &mut Vec<Fault>) {
    let known: Vec<&str> =
        bot.variables.iter().map(|variable| variable.name.as_str()).chain(BUILT_IN).collect();
    for (field, text) in texts(bot) {
        let mut told = HashSet::new();
        let is_known = |name: &str| {
            known.contains(&name) || BUILT_IN.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        for name in places(text).filter(|name| !is_known(name)) {
            if told.insert(name) {
                let suggestion = suggestion(name, known.iter().copied());
                let message = format!(
                    "holds {{{{{name}}}}}, but there is no variable of that name; {suggestion}"
                );
                faults.push(Fault::of(field.clone(), message));
            }
        }
    }
}

/// The names in double braces of a text.
pub fn places(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once("}}")?;
        let name = name.trim();
        let fits = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        (fits && !name.is_empty()).then_some(name)
    })
}
