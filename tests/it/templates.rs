//! The bots that ship with the app: complete, in order, honest, and no two alike.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use switchboard::protocol::{Bot, BotFormat, Category};
use switchboard::store::{bot_file, templates};

fn bots() -> Vec<Bot> {
    let (bots, problems) = templates::read();
    assert_eq!(problems, [], "{problems:#?}");
    bots
}

/// What its models are told.
fn instructions(bot: &Bot) -> String {
    let members = bot.room.iter().flat_map(|room| &room.members);
    let texts = members.map(|member| &member.instructions);
    std::iter::once(&bot.instructions).chain(texts).cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn the_schema_is_that_of_the_type() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/templates/schema.json");
    let schema = format!("{:#}\n", bot_file::schema());
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &schema).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == schema, "run this test with UPDATE_SCHEMA=1, and commit schema.json");
}

#[test]
fn every_template_is_valid_by_the_schema() {
    let validator = jsonschema::validator_for(&bot_file::schema()).unwrap();
    for bot in bots() {
        let json: Value = serde_json::to_value(&bot).unwrap();
        let wrong: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(wrong, Vec::<String>::new(), "{}", bot.id);
    }
    // It does refuse something.
    let mut wrong = serde_json::to_value(&bots()[0]).unwrap();
    for (field, value) in [("id", "My Bot"), ("version", "1"), ("icon", "unicorn"), ("mood", "x")] {
        let before = wrong.clone();
        wrong[field] = value.into();
        assert!(!validator.is_valid(&wrong), "{field}");
        wrong = before;
    }
}

#[test]
fn every_template_reads_back_from_every_file_of_ours() {
    for bot in bots() {
        let yaml = bot_file::write(&bot, BotFormat::Yaml).unwrap();
        let mut formats = vec![BotFormat::Yaml, BotFormat::Block];
        if bot.room.is_none() {
            formats.extend([BotFormat::CardV2, BotFormat::CardV3]);
        }
        for format in formats {
            let written = bot_file::write(&bot, format).unwrap();
            let read = bot_file::read("file", &written).remove(0).unwrap().bot;
            assert_eq!(read, bot, "{format:?}");
            assert_eq!(bot_file::write(&read, BotFormat::Yaml).unwrap(), yaml, "{format:?}");
        }
    }
}

#[test]
fn all_shelves_are_filled() {
    let mut shelves: BTreeMap<Category, usize> = BTreeMap::new();
    for bot in bots() {
        *shelves.entry(bot.category).or_default() += 1;
        assert_eq!(bot.room.is_some(), bot.category == Category::Rooms, "{}", bot.id);
    }
    let rooms = shelves.remove(&Category::Rooms).unwrap_or_default();
    assert!(rooms >= 12, "{rooms} rooms");
    assert_eq!(shelves.len(), 12, "{shelves:?}");
    assert!(shelves.values().all(|count| *count >= 4), "{shelves:?}");
    assert!(shelves.values().sum::<usize>() >= 72, "{shelves:?}");
}

#[test]
fn every_template_is_complete_and_not_too_long() {
    let mut names = BTreeSet::new();
    for bot in bots() {
        let id = &bot.id;
        let words = instructions(&bot).split_whitespace().count();
        let most = if bot.room.is_some() { 900 } else { 600 };
        assert!((120..=most).contains(&words), "{id}: {words} words");
        assert!(names.insert(bot.name.to_lowercase()), "{id}: another bot is called {}", bot.name);
        assert!(bot.description.ends_with('.') && bot.description.len() <= 90, "{id}");
        assert!((3..=6).contains(&bot.tags.len()), "{id}: tags");
        assert!((3..=5).contains(&bot.starters.len()), "{id}: starters");
        assert!(bot.model.ids.len() != 1, "{id}: a single model");
        assert!(!bot.author.is_empty() && !bot.license.is_empty(), "{id}: author and license");
        let texts = [&bot.seeds.iter().map(|seed| seed.content.clone()).collect(), &bot.starters];
        let texts: String = texts.into_iter().flatten().cloned().collect();
        for variable in &bot.variables {
            let place = format!("{{{{{}}}}}", variable.name);
            let is_used = instructions(&bot).contains(&place) || texts.contains(&place);
            assert!(is_used, "{id}: nothing asks for {}", variable.name);
        }
    }
}

#[test]
fn health_and_finance_say_what_they_are_not() {
    for bot in bots() {
        if !matches!(bot.category, Category::Health | Category::Finance) {
            continue;
        }
        let text = instructions(&bot).to_lowercase();
        let says_no = [" not ", "n't ", " no ", "never", "neither", "nor "];
        let people = [
            "doctor",
            "clinician",
            "physician",
            "physiotherapist",
            "dietitian",
            "dieteti",
            "nurse",
            "therapist",
            "midwife",
            "pharmacist",
            "advis",
            "advice",
            "counsel",
            "accountant",
            "lawyer",
            "broker",
            "diagnos",
            "medical",
        ];
        let sentences: Vec<&str> = text.split(['.', ';', ':']).collect();
        let says = sentences.iter().any(|sentence| {
            let sentence =
                format!(" {} ", sentence.split_whitespace().collect::<Vec<_>>().join(" "));
            says_no.iter().any(|no| sentence.contains(no))
                && people.iter().any(|person| sentence.contains(person))
        });
        assert!(says, "{} does not say what it is not", bot.id);
    }
}

/// What is compared: all that is written for one bot alone.
fn words(bot: &Bot) -> Vec<String> {
    let mut text = instructions(bot);
    for more in bot.starters.iter().chain(bot.seeds.iter().map(|seed| &seed.content)) {
        text.push(' ');
        text.push_str(more);
    }
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !(c.is_ascii_alphanumeric() || c == '\''));
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Runs of five words that stand in more than one text, with the names of the texts.
fn shared(texts: &[(String, Vec<String>)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut runs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, words) in texts {
        for run in words.windows(5) {
            runs.entry(run.join(" ")).or_default().insert(name.clone());
        }
    }
    runs.retain(|_, names| names.len() > 1);
    runs
}

#[test]
fn no_two_templates_read_alike() {
    let texts: Vec<_> = bots().iter().map(|bot| (bot.id.to_string(), words(bot))).collect();
    let shared = shared(&texts);
    assert!(shared.is_empty(), "{shared:#?}");
    let mut openings: BTreeMap<String, usize> = BTreeMap::new();
    for (_, words) in &texts {
        *openings
            .entry(words.iter().take(2).cloned().collect::<Vec<_>>().join(" "))
            .or_default() += 1;
    }
    let most = openings.values().max().copied().unwrap_or_default();
    assert!(most * 5 <= texts.len(), "{openings:?}");
    // A copy would be found.
    let mut copied = texts[..1].to_vec();
    copied.push(("copy".to_owned(), texts[0].1.clone()));
    assert!(self::shared(&copied).len() > 100);
}
