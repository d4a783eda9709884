//! A bot as a block of text that survives mails and chats: `switchboard:bot:`, the version of the
//! block, how many letters follow, a checksum of the YAML, then the YAML in base64, in lines, up
//! to `:end`.
//!
//! Blanks, line breaks and signs of quotation between the letters mean nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::fault::{Fault, Result};

/// What a block begins with.
const HEAD: &str = "switchboard:bot:";
/// What it ends with.
const END: &str = ":end";
/// The version that is written.
const VERSION: u32 = 1;
/// Letters in a line.
const WIDTH: usize = 64;

/// The block of a YAML text.
pub(super) fn write(yaml: &str) -> String {
    let letters = STANDARD.encode(yaml);
    let checksum = crc32fast::hash(yaml.as_bytes());
    let mut block = format!("{HEAD}{VERSION}:{}:{checksum:08x}:\n", letters.len());
    for (at, letter) in letters.chars().enumerate() {
        if at > 0 && at % WIDTH == 0 {
            block.push('\n');
        }
        block.push(letter);
    }
    block.push_str(END);
    block.push('\n');
    block
}

/// Whether a text holds a block.
pub(super) fn is_in(text: &str) -> bool {
    text.contains(HEAD)
}

/// The YAML of each block of a text.
pub(super) fn read(text: &str) -> Vec<Result<String>> {
    text.split(HEAD).skip(1).map(read_one).collect()
}

/// What stands behind the beginning of a block, up to the next one.
fn read_one(text: &str) -> Result<String> {
    let mut parts = text.splitn(4, ':');
    let mut part = || -> Option<String> {
        parts.next().map(|part| part.chars().filter(|c| !is_skipped(*c)).collect())
    };
    let (version, count, checksum) = (part(), part(), part());
    let version: u32 = number(version, 10)?;
    if version != VERSION {
        let message = format!(
            "the text block has version {version}, and this app reads version {VERSION}; a newer one may read it"
        );
        return Err(Fault::new(message));
    }
    let count = number(count, 10)? as usize;
    let checksum = number(checksum, 16)?;
    let rest = parts.next().unwrap_or_default();
    let (body, is_ended) = rest.split_once(END).map_or((rest, false), |(body, _)| (body, true));
    let letters: String = body.chars().filter(|c| !is_skipped(*c)).take(count + 1).collect();
    if letters.len() < count {
        let is = letters.len();
        let message = if is_ended {
            format!("the text block was changed on its way: {is} of its {count} letters are there")
        } else {
            format!("the text block is cut off: {is} of its {count} letters are there")
        };
        return Err(Fault::new(format!("{message}; copy it again as a whole")));
    }
    let changed = || {
        let message = "the text block was changed on its way: its checksum does not match";
        Fault::new(format!("{message}; copy it again as a whole"))
    };
    let exact = letters.get(..count).ok_or_else(changed)?;
    let bytes = STANDARD.decode(exact).map_err(|_bad| changed())?;
    if crc32fast::hash(&bytes) != checksum {
        return Err(changed());
    }
    String::from_utf8(bytes).map_err(|_bad| changed())
}

/// What mails and chats put between the letters.
fn is_skipped(c: char) -> bool {
    let unseen = matches!(c, '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}');
    c.is_whitespace() || c == '>' || unseen
}

fn number(part: Option<String>, radix: u32) -> Result<u32> {
    part.and_then(|part| u32::from_str_radix(&part, radix).ok()).ok_or_else(|| {
        Fault::new(format!(
            "the text block is cut off in its first line; copy it again from {HEAD}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const YAML: &str =
        "id: a\nname: \"Ünïcode 👩‍🚀\"\ninstructions: |\n  Some words in several lines\n  of text\n";

    fn fault(text: &str) -> String {
        read(text).remove(0).unwrap_err().to_string()
    }

    #[test]
    fn blocks_are_found_in_a_longer_text_whatever_a_mail_did_to_them() {
        let block = write(YAML);
        let quoted: String = block.lines().map(|line| format!("> > {line} \r\n")).collect();
        let in_one_line = block.replace('\n', " ");
        let wrapped: String = block
            .chars()
            .map(|c| if c == 'b' { "\n  b".to_owned() } else { c.to_string() })
            .collect();
        for (name, text) in [
            ("alone", block.clone()),
            ("in a letter", format!("Hi Bo,\nhere: {block}\nAll the best, switchboard")),
            ("quoted", quoted),
            ("in one line", in_one_line),
            ("wrapped again", wrapped.replace("switch\n  board:\n  bot", "switchboard:bot")),
            ("without its end", block.replace(":end", "")),
        ] {
            assert_eq!(read(&text), [Ok(YAML.to_owned())], "{name}");
        }
        let two = format!("{block}\nand\n{}", write("id: b\n"));
        assert_eq!(read(&two), [Ok(YAML.to_owned()), Ok("id: b\n".to_owned())]);
        assert_eq!(read("switchboard"), []);
    }

    #[test]
    fn a_block_that_is_cut_or_changed_says_so() {
        let block = write(YAML);
        let cut: String = block.chars().take(90).collect();
        assert_eq!(
            fault(&cut),
            "the text block is cut off: 58 of its 124 letters are there; copy it again as a whole"
        );
        let line_gone: Vec<&str> =
            block.lines().enumerate().filter(|(i, _)| *i != 1).map(|(_, l)| l).collect();
        assert!(fault(&line_gone.join("\n")).contains("60 of its 124 letters"));
        assert!(fault("switchboard:bot:1:1").contains("cut off in its first line"));
        assert!(fault("switchboard:bot:9:4:00000000:\nAAAA:end").contains("has version 9"));
        // One letter that is another one, anywhere.
        let body = block.find('\n').unwrap() + 1;
        for at in (body..block.len() - 6).filter(|at| block.is_char_boundary(*at)) {
            let mut bytes = block.clone().into_bytes();
            if bytes[at] == b'\n' || bytes[at] == b'=' {
                continue;
            }
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(fault(&changed).contains("its checksum does not match"), "{at}");
        }
    }
}
