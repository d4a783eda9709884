//! What is written reads back as it was, byte for byte.

use fastrand::Rng;
use serde_json::Value;

use super::super::de::from_tree;
use super::super::tree::documents;
use super::super::{read_many, yaml};
use super::{BOT, bot, random, through, write};
use crate::protocol::{Bot, BotFormat, BotParameters};

/// Reads what a type allows, without asking whether a bot may hold it.
fn read(text: &str) -> Bot {
    let documents =
        documents(text).unwrap_or_else(|fault| panic!("{}\n{text}", fault.problem("test")));
    assert_eq!(documents.len(), 1, "{text}");
    from_tree(&documents[0], "").unwrap_or_else(|fault| panic!("{}\n{text}", fault.problem("test")))
}

#[test]
fn every_bot_reads_back_from_yaml_as_it_was_byte_for_byte() {
    for seed in 0..4_000 {
        let bot = random::bot(&mut Rng::with_seed(seed));
        let written = yaml::write(&bot).unwrap();
        let back = read(&written);
        assert_eq!(back, bot, "seed {seed}\n{written}");
        assert_eq!(yaml::write(&back).unwrap(), written, "seed {seed}");
    }
}

#[test]
fn yaml_looks_as_it_was_written_by_hand() {
    let written = write(&bot(), BotFormat::Yaml).unwrap();
    assert_eq!(String::from_utf8(written).unwrap(), BOT);
}

#[test]
fn every_format_gives_the_bot_back() {
    let bot = bot();
    for format in [
        BotFormat::Yaml,
        BotFormat::Block,
        BotFormat::CardV2,
        BotFormat::CardV3,
        BotFormat::CardPng,
    ] {
        assert_eq!(through(&bot, format), bot, "{format:?}");
        let written = write(&bot, format).unwrap();
        let again = write(&through(&bot, format), format).unwrap();
        assert_eq!(again, written, "{format:?}");
    }
}

#[test]
fn cards_and_blocks_of_any_bot_give_it_back() {
    for seed in 0..400 {
        let mut random = Rng::with_seed(seed);
        let mut bot = random::bot(&mut random);
        bot.id = "made-up".into();
        bot.name = format!("Bot {seed}");
        bot.card = None;
        bot.room = None;
        bot.tags = vec!["one".to_owned(), "two".to_owned()];
        // JSON has no infinite numbers.
        bot.parameters = BotParameters { temperature: Some(0.7), ..BotParameters::default() };
        for format in [BotFormat::CardV2, BotFormat::CardV3] {
            let json: Value = serde_json::from_slice(&write(&bot, format).unwrap()).unwrap();
            let back = super::super::card::read(&json).unwrap();
            assert_eq!(Bot { card: None, ..back }, bot, "seed {seed} {format:?}\n{json:#}");
        }
        let block = String::from_utf8(write(&bot, BotFormat::Block).unwrap()).unwrap();
        let yaml = super::super::block::read(&block).remove(0).unwrap();
        assert_eq!(read(&yaml), bot, "seed {seed}");
    }
}

#[test]
fn files_of_several_bots_are_read_whatever_their_shape() {
    let second = BOT.replace("id: notes", "id: other");
    let indented = |text: &str, by: &str| -> String {
        text.lines()
            .enumerate()
            .map(|(i, line)| match (i, line.is_empty()) {
                (0, _) => format!("{}- {line}\n", by.strip_prefix("  ").unwrap()),
                (_, true) => "\n".to_owned(),
                (_, false) => format!("{by}{line}\n"),
            })
            .collect()
    };
    let listed = format!("{}{}", indented(BOT, "  "), indented(&second, "  "));
    let personas = format!("personas:\n{}{}", indented(BOT, "    "), indented(&second, "    "));
    let json = serde_json::to_string(&bot()).unwrap();
    let ids = |text: &str| super::told(text.as_bytes());
    assert_eq!(ids(&format!("{BOT}---\n{second}")), "notes is fine\nother is fine");
    assert_eq!(ids(&listed), "notes is fine\nother is fine");
    assert_eq!(ids(&personas), "notes is fine\nother is fine");
    assert_eq!(ids(&personas.replace("personas", "bots")), "notes is fine\nother is fine");
    assert_eq!(ids(&json), "notes is fine");
    assert_eq!(ids(&format!("\u{feff}{}", BOT.replace('\n', "\r\n"))), "notes is fine");
    assert_eq!(read_many("personas.yaml", b"# nothing yet\n"), []);
    assert_eq!(read_many("personas.yaml", b"personas:\n"), []);
    assert_eq!(read_many("personas.yaml", personas.as_bytes()).len(), 2);
}

#[test]
fn a_bot_that_tells_of_text_blocks_is_no_text_block() {
    let mut bot = bot();
    bot.instructions = "Explain what switchboard:bot:1: means".to_owned();
    assert_eq!(through(&bot, BotFormat::Yaml), bot);
}
