//! Text of others, made harmless before a terminal shows it: answers, titles and names may hold
//! control characters that change the terminal, or turn the direction of what follows.

use std::borrow::Cow;

/// The text with nothing in it that a terminal obeys, but for line breaks and tabs.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        // The line break that follows says the same.
        if c == '\r' && rest.peek() == Some(&'\n') {
            continue;
        }
        plain.push(if is_obeyed(c) { shown(c) } else { c });
    }
    Cow::Owned(plain)
}

fn is_obeyed(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Unicode has a picture for each of the old control characters.
fn shown(c: char) -> char {
    match u32::from(c) {
        code @ 0..0x20 => char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let table = [
            ("plain\n\ttext · ü", "plain\n\ttext · ü"),
            ("a\u{1b}[2Jb", "a␛[2Jb"),
            ("\u{7}\u{8}\u{7f}\u{9b}2J", "␇␈␡\u{fffd}2J"),
            ("one\r\ntwo\rthree", "one\ntwo␍three"),
            ("\u{202e}abc\u{2069}", "\u{fffd}abc\u{fffd}"),
        ];
        for (text, expected) in table {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }
}
