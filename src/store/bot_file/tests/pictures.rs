//! Character cards in pictures.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::super::write;
use super::{bot, one, told};
use crate::protocol::{Bot, BotFormat};

const CARD: &str = r#"{"spec":"chara_card_v2","spec_version":"2.0","data":{"name":"Ada","description":"Flies 語"}}"#;

fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [kind.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [&length, named.as_slice(), &crc32fast::hash(&named).to_be_bytes()].concat()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A picture with these chunks; nothing in it need be a picture.
fn picture(chunks: &[Vec<u8>]) -> Vec<u8> {
    let header = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
    let all = [b"\x89PNG\r\n\x1a\n".to_vec(), header, chunks.concat(), chunk(b"IEND", b"")];
    all.concat()
}

fn text(key: &str, json: &str) -> Vec<u8> {
    chunk(b"tEXt", &[key.as_bytes(), b"\0", STANDARD.encode(json).as_bytes()].concat())
}

#[test]
fn cards_are_found_in_every_kind_of_text_chunk() {
    let letters = STANDARD.encode(CARD);
    let zipped = [b"chara\0\0".as_slice(), &packed(letters.as_bytes())].concat();
    let plain = [b"chara\0\0\0\0\0".as_slice(), letters.as_bytes()].concat();
    let inner = [b"ccv3\0\x01\0en\0card\0".as_slice(), &packed(letters.as_bytes())].concat();
    for (name, part) in [
        ("tEXt", text("chara", CARD)),
        ("tEXt in other letters", text("Chara", CARD)),
        ("zTXt", chunk(b"zTXt", &zipped)),
        ("iTXt", chunk(b"iTXt", &plain)),
        ("packed iTXt", chunk(b"iTXt", &inner)),
    ] {
        let bot = one(&picture(&[chunk(b"tEXt", b"Comment\0hi"), part])).bot;
        assert_eq!(bot.name, "Ada", "{name}");
        assert!(bot.instructions.contains("Flies 語"), "{name}");
    }
}

#[test]
fn the_newer_card_counts_where_there_are_two() {
    let newer = CARD.replace("chara_card_v2", "chara_card_v3").replace("Ada", "Ada III");
    let both = picture(&[text("chara", CARD), text("ccv3", &newer)]);
    assert_eq!(one(&both).bot.name, "Ada III");
}

#[test]
fn what_is_wrong_with_a_picture_is_named() {
    let whole = picture(&[text("chara", CARD)]);
    let mut changed = whole.clone();
    changed[60] ^= 1;
    let bomb = packed(&vec![b'A'; 5 * 1024 * 1024]);
    let no_card = picture(&[chunk(b"tEXt", b"Comment\0hi")]);
    let mut huge = no_card.clone();
    huge.resize(17 * 1024 * 1024, 0);
    let table: &[(&[u8], &str)] = &[
        (&no_card, "file: there is no character card in this picture; programs that send"),
        (&whole[..70], "file: the picture is cut off in its chunk tEXt at byte 33"),
        (&whole[..8], "file: the picture is cut off: its end is missing"),
        (&changed, "file: the tEXt chunk at byte 33 has a wrong checksum and was left out"),
        (
            &picture(&[chunk(b"tEXt", b"chara\0!!!")]),
            "file: the card in the chunk chara of this picture is no base64: Invalid",
        ),
        (
            &picture(&[text("chara", "{\"spec\":")]),
            "file: the card in the chunk chara of this picture is no JSON: EOF",
        ),
        (&picture(&[text("chara", "[]")]), "file: this JSON is no character card"),
        (
            &picture(&[chunk(b"zTXt", b"chara\0\0none")]),
            "file: the chunk chara of this picture cannot be unpacked",
        ),
        (
            &picture(&[chunk(b"zTXt", &[b"chara\0\0".as_slice(), &bomb].concat())]),
            "file: the chunk chara of this picture is longer than 4.0 MiB",
        ),
        (&huge, "file: the picture is 17.0 MiB long; 16.0 MiB are read at most"),
        (
            b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt",
            "file: the picture is cut off in its chunk tEXt at byte 8",
        ),
    ];
    for (bytes, expected) in table {
        let said = told(bytes);
        assert!(said.starts_with(expected), "said:     {said}\nexpected: {expected}");
    }
}

#[test]
fn a_card_that_is_whole_counts_and_what_is_broken_beside_it_is_named() {
    let broken = |mut chunk: Vec<u8>| {
        *chunk.last_mut().unwrap() ^= 1;
        chunk
    };
    let newer = || text("ccv3", &CARD.replace("chara_card_v2", "chara_card_v3"));
    let good = || text("chara", CARD);
    let whole = picture(&[good()]);
    let mut broken_end = whole.clone();
    *broken_end.last_mut().unwrap() ^= 1;
    let at = whole.len() - 12;
    let left_out = "The tEXt chunk at byte 33 has a wrong checksum and was left out".to_owned();
    let table: Vec<(Vec<u8>, String)> = vec![
        (picture(&[broken(newer()), good()]), left_out.clone()),
        (picture(&[broken(good()), newer()]), left_out.clone()),
        (picture(&[broken(chunk(b"tEXt", b"Comment\0hi")), good()]), left_out),
        (
            picture(&[broken(chunk(b"IDAT", b"x")), good()]),
            "The IDAT chunk at byte 33 has a wrong checksum and may not be shown right".to_owned(),
        ),
        (
            broken_end,
            format!("The IEND chunk at byte {at} has a wrong checksum and may not be shown right"),
        ),
        (
            [&whole[..at], &chunk(b"IDAT", b"picture")[..9]].concat(),
            format!("The picture is cut off in its chunk IDAT at byte {at}"),
        ),
        (
            picture(&[text("chara", "{\"spec\":"), newer()]),
            "The card in the chunk chara of this picture is no JSON: EOF while parsing a value at line 1 column 8".to_owned(),
        ),
        (
            picture(&[text("ccv3", &CARD.replace("\"Ada\"", "5")), good()]),
            "The card in the chunk ccv3 was left out: data.name must be text, but is a number".to_owned(),
        ),
        (
            picture(&[text("ccv3", "{\"spec\":"), good()]),
            "The card in the chunk ccv3 of this picture is no JSON: EOF while parsing a value at line 1 column 8".to_owned(),
        ),
    ];
    for (bytes, expected) in table {
        let read = one(&bytes);
        assert_eq!(read.bot.name, "Ada", "{expected}");
        assert_eq!(read.remarks, [expected]);
    }
    assert_eq!(one(&whole).remarks, Vec::<String>::new());
}

#[test]
fn no_picture_however_broken_ends_the_app() {
    let whole = write(&bot(), BotFormat::CardPng).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..500 {
        let mut bytes = whole.clone();
        bytes.truncate(random.usize(0..=4_000));
        for _ in 0..random.usize(0..6) {
            let at = random.usize(0..bytes.len().max(1)).min(bytes.len().saturating_sub(1));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.u8(..);
            }
        }
        assert!(!super::read("file", &bytes).is_empty());
    }
}

#[test]
fn a_bot_is_written_as_a_picture_that_others_can_show() {
    let written = write(&bot(), BotFormat::CardPng).unwrap();
    let shown = image::load_from_memory(&written).unwrap();
    assert_eq!((shown.width(), shown.height()), (400, 600));
    let back: Bot = one(&written).bot;
    assert_eq!(back, bot());
}
