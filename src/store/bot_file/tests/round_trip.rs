//! What is written reads back as it was, byte for byte.

use fastrand::Rng;

use super::super::de::from_tree;
use super::super::tree::documents;
use super::super::yaml;
use super::random;
use crate::protocol::Bot;

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
