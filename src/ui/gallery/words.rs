//! What the gallery says of a bot, in words.

use crate::protocol::{
    Ability, Bot, BotEntry, BotOrigin, BotParameters, ModelPreference, PriceClass, RiskLevel, Room,
    SpeakingOrder, Variable, VariableKind,
};
use crate::state::{AppState, Home};

/// Where a bot comes from.
pub(super) fn origin(origin: BotOrigin) -> &'static str {
    match origin {
        BotOrigin::BuiltIn => "built in",
        BotOrigin::Own => "yours",
        BotOrigin::Personas => "personas.yaml",
    }
}

/// The line below a bot's name.
pub(super) fn about(entry: &BotEntry) -> String {
    let Bot { category, version, .. } = &entry.bot;
    let mut about = format!("{} · v{version} · {}", category.as_str(), origin(entry.origin));
    if entry.archived {
        about.push_str(" · archived");
    }
    about
}

/// The same of a bot that lives on a server.
pub(super) fn about_far(entry: &BotEntry, home: &Home, state: &AppState) -> String {
    let on = format!("on {}", state.server_name(&home.server));
    match home.has_looks {
        true => format!("{} · v{} · {on}", entry.bot.category.as_str(), entry.bot.version),
        false => on,
    }
}

/// The line at the foot of a bot's card: how many take part in a room, and where it comes from only
/// where that is not the app.
pub(super) fn foot(entry: &BotEntry) -> String {
    let mut foot = entry.bot.category.as_str().to_owned();
    if let Some(room) = &entry.bot.room {
        foot.push_str(&format!(" · {} take part", room.members.len()));
    }
    match entry.origin {
        BotOrigin::BuiltIn => foot,
        BotOrigin::Own | BotOrigin::Personas => format!("{foot} · {}", origin(entry.origin)),
    }
}

fn ability(ability: Ability) -> &'static str {
    match ability {
        Ability::Vision => "sees images",
        Ability::Tools => "calls tools",
        Ability::Thinking => "thinks before it answers",
        Ability::Json => "answers in JSON",
    }
}

fn price(price: PriceClass) -> &'static str {
    match price {
        PriceClass::Low => "costs up to $2 per million tokens written",
        PriceClass::Medium => "costs up to $10 per million tokens written",
        PriceClass::High => "may cost what it will",
    }
}

/// What a bot wants of its model; none where any will do.
pub(super) fn wants(preference: &ModelPreference) -> Option<String> {
    let abilities = preference.abilities.iter().map(|it| ability(*it));
    let all: Vec<&str> = abilities.chain(preference.price.map(price)).collect();
    (!all.is_empty()).then(|| format!("One that {}", listed(&all, "and")))
}

/// How a bot answers, where its file says so.
pub(super) fn parameters(set: &BotParameters) -> Vec<String> {
    let BotParameters { temperature, top_p, max_tokens, effort, stop } = set;
    let mut lines = Vec::new();
    lines.extend(temperature.map(|value| format!("Temperature {value}")));
    lines.extend(top_p.map(|value| format!("Top-p {value}")));
    lines.extend(max_tokens.map(|value| format!("At most {value} tokens an answer")));
    lines.extend(effort.map(|value| format!("Effort: {}", value.label())));
    let stops: Vec<String> = stop.iter().map(|word| format!("“{word}”")).collect();
    if !stops.is_empty() {
        lines.push(format!("Stops at {}", listed(&stops, "or")));
    }
    lines
}

/// How dangerous a tool is.
pub(super) fn risk(level: RiskLevel) -> &'static str {
    match level {
        RiskLevel::Low => "low risk",
        RiskLevel::Medium => "medium risk",
        RiskLevel::High => "high risk",
    }
}

/// What kind of answer a question wants, and what stands there at first.
pub(super) fn asked(variable: &Variable) -> String {
    let kind = match variable.kind {
        VariableKind::Text => "a line".to_owned(),
        VariableKind::LongText => "a text".to_owned(),
        VariableKind::Number => "a number".to_owned(),
        VariableKind::Choice => listed(&variable.choices, "or"),
    };
    match variable.default.as_deref().map(str::trim) {
        None => kind,
        Some("") => format!("{kind}, may be left empty"),
        Some(default) => format!("{kind}, at first “{default}”"),
    }
}

/// In which order the members of a room speak, and when they stop.
pub(super) fn order(room: &Room) -> Vec<String> {
    let leader = room.leader.as_ref();
    let leader = leader.and_then(|id| room.members.iter().find(|member| member.id == *id));
    let leader = leader.map_or("the first", |member| member.name.as_str());
    let first = room.members.first().map_or("the first", |member| member.name.as_str());
    let times = match room.rounds {
        0 | 1 => "once".to_owned(),
        2 => "twice".to_owned(),
        more => format!("{more} times"),
    };
    let speak = match room.order {
        SpeakingOrder::InTurn => {
            format!("After each of your messages they speak in turn, each {times}")
        }
        SpeakingOrder::ByMention => format!(
            "Who is named with @ speaks next, {first} where nobody is. They stop when an answer \
             names nobody."
        ),
        SpeakingOrder::Moderated => format!(
            "{leader} speaks first and names with @ who is next. They stop when {leader} names \
             nobody."
        ),
        SpeakingOrder::Concluded => format!(
            "All answer {times} without seeing one another’s answers of the round, then {leader} \
             sums up"
        ),
    };
    let last = room.members.last().map_or("", |member| member.name.as_str());
    let named = format!("A message with @{last} is answered by {last} alone");
    [Some(speak), limit(room), Some(named)].into_iter().flatten().collect()
}

/// How many answers there are at most, where the order does not say that already.
fn limit(room: &Room) -> Option<String> {
    let most = usize::try_from(room.most_answers).unwrap_or(usize::MAX);
    let rounds = usize::try_from(room.rounds.max(1)).unwrap_or(usize::MAX);
    let all = room.members.len().saturating_mul(rounds);
    let answers = match most {
        1 => "1 answer".to_owned(),
        more => format!("{more} answers"),
    };
    match room.order {
        SpeakingOrder::InTurn | SpeakingOrder::Concluded if most >= all => None,
        SpeakingOrder::InTurn | SpeakingOrder::Concluded => {
            Some(format!("They stop before that, after {answers} to each of your messages"))
        }
        SpeakingOrder::ByMention | SpeakingOrder::Moderated => {
            Some(format!("They stop after {answers} to each of your messages in any case"))
        }
    }
}

/// `a, b and c`.
fn listed<T: AsRef<str>>(all: &[T], last_word: &str) -> String {
    let Some((last, first)) = all.split_last() else { return String::new() };
    if first.is_empty() {
        return last.as_ref().to_owned();
    }
    let first: Vec<&str> = first.iter().map(AsRef::as_ref).collect();
    format!("{} {last_word} {}", first.join(", "), last.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{BotColor, BotIcon, BotId, RoomMember};

    fn room(order: SpeakingOrder, rounds: u32) -> Room {
        let member = |id: &str, name: &str| RoomMember {
            id: BotId::from(id),
            name: name.to_owned(),
            icon: BotIcon::Letter,
            color: BotColor::Indigo,
            instructions: String::new(),
            model: ModelPreference::default(),
            parameters: BotParameters::default(),
        };
        Room {
            order,
            leader: Some("chair".into()),
            rounds,
            most_answers: 12,
            members: vec![member("pro", "Pro"), member("chair", "Chair")],
        }
    }

    #[test]
    fn a_room_says_who_speaks_and_when_it_ends() {
        let table = [
            (
                SpeakingOrder::InTurn,
                3,
                "After each of your messages they speak in turn, each 3 times",
            ),
            (
                SpeakingOrder::ByMention,
                1,
                "Who is named with @ speaks next, Pro where nobody is. They stop when an answer \
                 names nobody.",
            ),
            (
                SpeakingOrder::Moderated,
                1,
                "Chair speaks first and names with @ who is next. They stop when Chair names \
                 nobody.",
            ),
            (
                SpeakingOrder::Concluded,
                1,
                "All answer once without seeing one another’s answers of the round, then Chair \
                 sums up",
            ),
        ];
        for (speaking, rounds, expected) in table {
            let lines = order(&room(speaking, rounds));
            assert_eq!(lines[0], expected);
            let limit = "They stop after 12 answers to each of your messages in any case";
            let is_open = matches!(speaking, SpeakingOrder::ByMention | SpeakingOrder::Moderated);
            assert_eq!(lines.contains(&limit.to_owned()), is_open, "{lines:?}");
            let alone = "A message with @Chair is answered by Chair alone";
            assert_eq!(lines.last().map(String::as_str), Some(alone));
        }
        let short = Room { most_answers: 5, ..room(SpeakingOrder::InTurn, 3) };
        let stop = "They stop before that, after 5 answers to each of your messages";
        assert_eq!(order(&short)[1], stop);
    }

    #[test]
    fn questions_say_what_they_want() {
        let variable = |kind, default: Option<&str>| Variable {
            name: "x".to_owned(),
            label: "Which".to_owned(),
            kind,
            default: default.map(ToOwned::to_owned),
            choices: ["A", "B", "C"].map(ToOwned::to_owned).into(),
        };
        let table = [
            (VariableKind::Text, None, "a line"),
            (VariableKind::LongText, Some(""), "a text, may be left empty"),
            (VariableKind::Number, Some("3"), "a number, at first “3”"),
            (VariableKind::Choice, Some("B"), "A, B or C, at first “B”"),
        ];
        for (kind, default, expected) in table {
            assert_eq!(asked(&variable(kind, default)), expected);
        }
    }

    #[test]
    fn what_a_bot_wants_of_its_model_is_one_sentence() {
        let preference = ModelPreference {
            abilities: vec![Ability::Vision, Ability::Tools],
            price: Some(PriceClass::Low),
            ids: Vec::new(),
        };
        let sentence = "One that sees images, calls tools and costs up to $2 per million tokens \
                        written";
        assert_eq!(wants(&preference).as_deref(), Some(sentence));
        assert_eq!(wants(&ModelPreference::default()), None);
    }
}
