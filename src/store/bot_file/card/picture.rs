//! Cards in pictures: PNG files with the card in chunks of text.
//!
//! The chunks are read by hand, since a picture that cannot be decoded can still hold its card,
//! and since a broken chunk is to be named.

use std::io::{Cursor, Read};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::Value;

use super::super::check::size;
use super::super::fault::{Fault, Result};
use super::Version;
use crate::protocol::{Bot, BotColor};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The largest picture that is read, in bytes.
const LONGEST: usize = 16 * 1024 * 1024;
/// The longest card in it, in bytes of its chunk, unpacked.
const LONGEST_CARD: u64 = 4 * 1024 * 1024;
/// The keys of the chunks, the newer card first.
const KEYS: [&str; 2] = ["ccv3", "chara"];
/// So many broken chunks are named.
const MOST_DAMAGE: usize = 5;
const WIDTH: u32 = 400;
const HEIGHT: u32 = 600;

/// Whether these are the bytes of a PNG picture.
pub(in super::super) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(SIGNATURE)
}

/// The first card in a picture that is accepted, and what of the picture is damaged, in sentences:
/// a card that is whole counts, whatever is broken beside it.
pub(in super::super) fn read<T>(
    bytes: &[u8],
    accept: impl Fn(&Value) -> Result<T>,
) -> Result<(T, Vec<String>)> {
    if bytes.len() > LONGEST {
        let (is, most) = (size(bytes.len()), size(LONGEST));
        return Err(Fault::new(format!("the picture is {is} long; {most} are read at most")));
    }
    let Found { texts, mut damage } = texts(bytes);
    let (mut first, mut refused) = (None, None);
    for key in KEYS {
        for text in texts.iter().filter(|text| text.key == key) {
            let accepted = match text.card() {
                Ok(card) => accept(&card),
                Err(fault) => {
                    damage.push(fault);
                    continue;
                }
            };
            match accepted {
                Ok(card) => first = first.or(Some(card)),
                Err(fault) => {
                    let field = fault.field().unwrap_or("card");
                    let about =
                        format!("the card in the chunk {key} was left out: {field} {fault}");
                    damage.push(Fault::new(about));
                    refused = refused.or(Some(fault));
                }
            }
        }
    }
    if let Some(card) = first {
        return Ok((card, damage.iter().map(remark).collect()));
    }
    let none =
        "there is no character card in this picture; programs that send pictures often take it out";
    Err(refused.or_else(|| damage.into_iter().next()).unwrap_or_else(|| Fault::new(none)))
}

/// A fault that refuses nothing, as a sentence.
fn remark(fault: &Fault) -> String {
    let message = fault.to_string();
    let mut letters = message.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

/// A text of a picture.
struct Text<'a> {
    key: &'static str,
    body: Body<'a>,
}

enum Body<'a> {
    Plain(&'a [u8]),
    Packed(&'a [u8]),
}

impl Text<'_> {
    fn card(&self) -> Result<Value> {
        let key = self.key;
        let letters = self.content()?;
        let letters: Vec<u8> =
            letters.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let json = STANDARD.decode(&letters).map_err(|error| {
            Fault::new(format!("the card in the chunk {key} of this picture is no base64: {error}"))
        })?;
        serde_json::from_slice(&json).map_err(|error| {
            Fault::new(format!("the card in the chunk {key} of this picture is no JSON: {error}"))
        })
    }

    fn content(&self) -> Result<Vec<u8>> {
        let packed = match &self.body {
            Body::Plain(bytes) => return Ok(bytes.to_vec()),
            Body::Packed(packed) => *packed,
        };
        let mut bytes = Vec::new();
        let mut unpacked = ZlibDecoder::new(packed).take(LONGEST_CARD + 1);
        unpacked.read_to_end(&mut bytes).map_err(|error| {
            Fault::new(format!(
                "the chunk {} of this picture cannot be unpacked: {error}",
                self.key
            ))
        })?;
        if bytes.len() as u64 > LONGEST_CARD {
            let most = size(usize::try_from(LONGEST_CARD).unwrap_or(usize::MAX));
            let message = format!("the chunk {} of this picture is longer than {most}", self.key);
            return Err(Fault::new(message));
        }
        Ok(bytes)
    }
}

/// What a picture holds.
struct Found<'a> {
    /// The texts that may be cards.
    texts: Vec<Text<'a>>,
    /// What is broken, in the order of the file.
    damage: Vec<Fault>,
}

fn texts(bytes: &[u8]) -> Found<'_> {
    let (mut texts, mut damage) = (Vec::new(), Vec::new());
    let mut at = SIGNATURE.len();
    while at < bytes.len() {
        let Some(chunk) = Chunk::read(bytes, at) else {
            let name = Chunk::name(bytes, at);
            let message = format!("the picture is cut off in its chunk {name} at byte {at}");
            damage.push(Fault::new(message));
            return Found { texts, damage };
        };
        at += chunk.data.len() + 12;
        if chunk.is_whole {
            texts.extend(chunk.text());
        } else if damage.len() < MOST_DAMAGE {
            damage.push(chunk.damage());
        }
        if chunk.kind == "IEND" {
            return Found { texts, damage };
        }
    }
    damage.push(Fault::new("the picture is cut off: its end is missing"));
    Found { texts, damage }
}

struct Chunk<'a> {
    at: usize,
    kind: String,
    data: &'a [u8],
    is_whole: bool,
}

impl<'a> Chunk<'a> {
    fn read(bytes: &'a [u8], at: usize) -> Option<Self> {
        let number = |at: usize| -> Option<u32> {
            bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
        };
        let length = usize::try_from(number(at)?).ok()?;
        let end = at.checked_add(8)?.checked_add(length)?;
        let data = bytes.get(at + 8..end)?;
        let checksum = number(end)?;
        let is_whole = crc32fast::hash(bytes.get(at + 4..end)?) == checksum;
        Some(Self { at, kind: Self::name(bytes, at), data, is_whole })
    }

    fn name(bytes: &[u8], at: usize) -> String {
        let name = bytes.get(at + 4..at + 8).unwrap_or_default();
        String::from_utf8_lossy(name).escape_debug().to_string()
    }

    /// That its checksum does not match, and what follows.
    fn damage(&self) -> Fault {
        let follows = match self.kind.as_str() {
            "tEXt" | "zTXt" | "iTXt" => "was left out",
            _ => "may not be shown right",
        };
        let (kind, at) = (&self.kind, self.at);
        Fault::new(format!("the {kind} chunk at byte {at} has a wrong checksum and {follows}"))
    }

    /// The card in it, if it is a text that may be one.
    fn text(&self) -> Option<Text<'a>> {
        let end = self.data.iter().position(|byte| *byte == 0)?;
        let (key, rest) = (self.data.get(..end)?, self.data.get(end + 1..)?);
        let key = KEYS.into_iter().find(|known| key.eq_ignore_ascii_case(known.as_bytes()))?;
        let body = match self.kind.as_str() {
            "tEXt" => Body::Plain(rest),
            // One byte says how it is packed; there is one way.
            "zTXt" => Body::Packed(rest.get(1..)?),
            "iTXt" => {
                let (flags, rest) = rest.split_at_checked(2)?;
                let mut parts = rest.splitn(3, |byte| *byte == 0);
                let text = parts.nth(2)?;
                if flags.first() == Some(&1) { Body::Packed(text) } else { Body::Plain(text) }
            }
            _ => return None,
        };
        Some(Text { key, body })
    }
}

/// A picture with the bot's card in it, as both versions.
pub(in super::super) fn write(bot: &Bot) -> Result<Vec<u8>> {
    let tile = RgbImage::from_fn(WIDTH, HEIGHT, |_, y| shade(bot.color, y));
    let mut picture = Vec::new();
    tile.write_to(&mut Cursor::new(&mut picture), ImageFormat::Png)
        .map_err(|error| Fault::new(format!("the picture could not be made: {error}")))?;
    let header = Chunk::read(&picture, SIGNATURE.len())
        .map(|chunk| SIGNATURE.len() + 12 + chunk.data.len())
        .ok_or_else(|| Fault::new("the picture could not be made"))?;
    let mut chunks = Vec::new();
    for (key, version) in [("chara", Version::V2), ("ccv3", Version::V3)] {
        let json = super::write(bot, version)?.to_string();
        let mut data = format!("{key}\0").into_bytes();
        data.extend(STANDARD.encode(json).into_bytes());
        chunks.extend(text_chunk(&data)?);
    }
    picture.splice(header..header, chunks);
    Ok(picture)
}

fn text_chunk(data: &[u8]) -> Result<Vec<u8>> {
    let length = u32::try_from(data.len())
        .map_err(|_long| Fault::new("the card is too long for a picture"))?;
    let mut named = b"tEXt".to_vec();
    named.extend(data);
    let checksum = crc32fast::hash(&named);
    let mut chunk = length.to_be_bytes().to_vec();
    chunk.extend(named);
    chunk.extend(checksum.to_be_bytes());
    Ok(chunk)
}

/// The bot's colour, darker towards the bottom.
fn shade(color: BotColor, y: u32) -> Rgb<u8> {
    let light = 255 - u16::try_from(y * 110 / HEIGHT).unwrap_or(0);
    let [red, green, blue] = rgb(color);
    let shaded = |part: u8| u8::try_from(u16::from(part) * light / 255).unwrap_or(u8::MAX);
    Rgb([shaded(red), shaded(green), shaded(blue)])
}

fn rgb(color: BotColor) -> [u8; 3] {
    match color {
        BotColor::Indigo => [99, 102, 241],
        BotColor::Blue => [59, 130, 246],
        BotColor::Teal => [20, 184, 166],
        BotColor::Green => [34, 197, 94],
        BotColor::Amber => [245, 158, 11],
        BotColor::Orange => [249, 115, 22],
        BotColor::Red => [239, 68, 68],
        BotColor::Pink => [236, 72, 153],
        BotColor::Purple => [168, 85, 247],
        BotColor::Gray => [107, 114, 128],
    }
}
