//! Writes YAML as a person would: text of several lines as a block, short lists in a line, quotes
//! only where they are needed. The same value gives the same bytes, and reads back as it was.

use super::scalar::is_surely_text;
use super::ser::Out;

/// Lists of short words stand in a line that ends here at the latest.
const WIDTH: usize = 100;
/// The longest word of such a list.
const SHORT: usize = 32;
/// A name of a field that is longer needs a sign of its own in YAML.
const LONGEST_KEY: usize = 500;

/// The text of a value.
pub(super) fn emit(out: &Out) -> String {
    let mut text = String::new();
    match out {
        Out::Map(fields) if !fields.is_empty() => map(&mut text, fields, 0),
        Out::Bare(_) | Out::Text(_) | Out::List(_) | Out::Map(_) => {
            value(&mut text, out, 0);
            text = text.trim_start_matches([' ', '\n']).to_owned();
        }
    }
    text
}

fn indent(text: &mut String, by: usize) {
    text.extend(std::iter::repeat_n(' ', by));
}

/// The fields of a map, each with its indentation but for the first.
fn map(text: &mut String, fields: &[(String, Out)], column: usize) {
    for (at, (name, out)) in fields.iter().enumerate() {
        if at > 0 {
            indent(text, column);
        }
        if name.len() > LONGEST_KEY {
            text.push_str("? ");
            quoted(text, name);
            text.push('\n');
            indent(text, column);
        } else {
            word(text, name);
        }
        text.push(':');
        value(text, out, column);
    }
}

/// What follows the colon of a field in this column, up to the end of the line.
fn value(text: &mut String, out: &Out, column: usize) {
    match out {
        Out::Map(fields) if !fields.is_empty() => {
            text.push('\n');
            indent(text, column + 2);
            map(text, fields, column + 2);
        }
        Out::List(items) if !items.is_empty() => {
            if let Some(line) = short_list(items, column) {
                text.push_str(&line);
                return;
            }
            text.push('\n');
            list(text, items, column + 2);
        }
        Out::Bare(_) | Out::Text(_) | Out::List(_) | Out::Map(_) => {
            text.push(' ');
            scalar(text, out, column);
        }
    }
}

fn list(text: &mut String, items: &[Out], column: usize) {
    for item in items {
        indent(text, column);
        text.push('-');
        match item {
            Out::Map(fields) if !fields.is_empty() => {
                text.push(' ');
                map(text, fields, column + 2);
            }
            Out::Bare(_) | Out::Text(_) | Out::List(_) | Out::Map(_) => value(text, item, column),
        }
    }
}

/// A list in brackets, where all of it is short.
fn short_list(items: &[Out], column: usize) -> Option<String> {
    let mut line = " [".to_owned();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            line.push_str(", ");
        }
        match item {
            Out::Bare(bare) => line.push_str(bare),
            Out::Text(item) if item.chars().count() <= SHORT && !item.contains(['\n', '\r']) => {
                word_in_brackets(&mut line, item);
            }
            Out::Text(_) | Out::List(_) | Out::Map(_) => return None,
        }
    }
    line.push_str("]\n");
    (line.chars().count() + column + SHORT <= WIDTH + 16).then_some(line)
}

fn scalar(text: &mut String, out: &Out, column: usize) {
    match out {
        Out::Bare(bare) => text.push_str(bare),
        Out::Text(lines) if is_block(lines) => return block(text, lines, column + 2),
        Out::Text(lines) if lines.contains('\n') => quoted_lines(text, lines, column + 2),
        Out::Text(line) => word(text, line),
        Out::List(_) => text.push_str("[]"),
        Out::Map(_) => text.push_str("{}"),
    }
    text.push('\n');
}

/// Text in one line, in quotes where it needs them.
fn word(text: &mut String, word: &str) {
    if is_plain(word) { text.push_str(word) } else { quoted(text, word) }
}

/// The same between brackets, where more signs mean something.
fn word_in_brackets(text: &mut String, item: &str) {
    if item.contains(['[', ']', '{', '}', ',']) { quoted(text, item) } else { word(text, item) }
}

/// Whether the text means itself without quotes.
fn is_plain(text: &str) -> bool {
    let begins = text.starts_with([
        '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@',
        '`',
    ]);
    let ends = text.trim() != text || text.ends_with(':');
    let inside = text.contains(": ") || text.contains(" #") || text.starts_with("...");
    !(begins || ends || inside || text.chars().any(is_escaped)) && is_surely_text(text)
}

/// Whether it can stand as lines below its field.
fn is_block(text: &str) -> bool {
    let last = text.trim_end_matches('\n').rsplit('\n').next().unwrap_or_default();
    text.contains('\n')
        && !last.trim().is_empty()
        && !text.chars().any(|c| is_escaped(c) && !matches!(c, '\n' | '\t'))
}

/// Whether a character is written as an escape: a reader or a screen might obey it.
fn is_escaped(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}'
                | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

fn block(text: &mut String, lines: &str, column: usize) {
    text.push('|');
    let first = lines.split('\n').find(|line| !line.is_empty()).unwrap_or_default();
    if first.starts_with([' ', '\t']) {
        text.push('2');
    }
    let body = lines.trim_end_matches('\n');
    match lines.len() - body.len() {
        0 => text.push('-'),
        1 => {}
        _ => text.push('+'),
    }
    text.push('\n');
    for line in body.split('\n') {
        if !line.is_empty() {
            indent(text, column);
            text.push_str(line);
        }
        text.push('\n');
    }
    text.extend(std::iter::repeat_n('\n', (lines.len() - body.len()).saturating_sub(1)));
}

fn quoted(text: &mut String, line: &str) {
    text.push('"');
    escape(text, line);
    text.push('"');
}

/// Lines that hold what no block can, each still in a line of its own.
fn quoted_lines(text: &mut String, lines: &str, column: usize) {
    text.push('"');
    for (at, line) in lines.split('\n').enumerate() {
        if at > 0 {
            text.push_str("\\n\\\n");
            indent(text, column);
            // The blanks that a line begins with would be taken for its indentation.
            if line.starts_with(' ') {
                text.push('\\');
            }
        }
        escape(text, line);
    }
    text.push('"');
}

fn escape(text: &mut String, line: &str) {
    for c in line.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            c if is_escaped(c) => {
                let code = u32::from(c);
                let escape = match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                text.push_str(&escape);
            }
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::{Value, documents};
    use super::*;

    fn text(text: &str) -> Out {
        Out::Text(text.to_owned())
    }

    fn field(out: Out) -> String {
        emit(&Out::Map(vec![("a".to_owned(), out)]))
    }

    #[test]
    fn text_looks_as_a_person_would_write_it() {
        let table = [
            ("plain words", "a: plain words\n"),
            ("It's 5 o'clock – café ☕", "a: It's 5 o'clock – café ☕\n"),
            ("", "a: \"\"\n"),
            ("yes", "a: \"yes\"\n"),
            ("1.0", "a: \"1.0\"\n"),
            ("a: b", "a: \"a: b\"\n"),
            ("a #b", "a: \"a #b\"\n"),
            ("- item", "a: \"- item\"\n"),
            ("ends ", "a: \"ends \"\n"),
            ("tab\there", "a: \"tab\\there\"\n"),
            ("say \"hi\"", "a: say \"hi\"\n"),
            ("one\ntwo\n", "a: |\n  one\n  two\n"),
            ("one\n\ntwo", "a: |-\n  one\n\n  two\n"),
            ("one\ntwo\n\n", "a: |+\n  one\n  two\n\n"),
            ("  in\nout\n", "a: |2\n    in\n  out\n"),
            ("one\r\n two", "a: \"one\\r\\n\\\n  \\ two\"\n"),
            ("\u{202e}", "a: \"\\u202e\"\n"),
        ];
        for (value, expected) in table {
            assert_eq!(field(text(value)), expected, "{value:?}");
        }
    }

    #[test]
    fn lists_of_short_words_stand_in_a_line() {
        let short = Out::List(vec![text("a"), text("b, c"), text("yes")]);
        assert_eq!(field(short), "a: [a, \"b, c\", \"yes\"]\n");
        let long = Out::List(vec![text("a"), text("word ".repeat(9).trim())]);
        assert_eq!(field(long), format!("a:\n  - a\n  - {}\n", "word ".repeat(9).trim()));
        let nested = Out::List(vec![
            Out::Map(vec![("x".to_owned(), text("1\n2\n")), ("w".to_owned(), Out::List(vec![]))]),
            Out::List(vec![Out::Map(vec![("z".to_owned(), Out::Bare("1".to_owned()))])]),
        ]);
        let expected = "a:\n  - x: |\n      1\n      2\n    w: []\n  -\n    - z: 1\n";
        assert_eq!(field(nested), expected);
    }

    #[test]
    fn any_text_reads_back_as_it_was() {
        let mut random = fastrand::Rng::with_seed(4);
        let pieces = [
            " ",
            "  ",
            "\t",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "a",
            "word",
            "#",
            ": ",
            ":",
            "- ",
            "-",
            "?",
            "? ",
            "'",
            "\"",
            "\\",
            "{{x}}",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a",
            "*a",
            "!t",
            "|",
            ">",
            "%",
            "@",
            "`",
            "---",
            "...",
            "---\n",
            "yes",
            "1.0",
            "null",
            "~",
            "é",
            "👩‍🚀",
            "\u{0}",
            "\u{7f}",
            "\u{85}",
            "\u{a0}",
            "\u{2028}",
            "\u{feff}",
            "\u{fffd}",
            "\u{1b}",
            "\u{10ffff}",
            "<<",
            "=",
        ];
        for _ in 0..20_000 {
            let count = random.usize(0..9);
            let value: String = (0..count).map(|_| pieces[random.usize(0..pieces.len())]).collect();
            for out in [
                Out::Map(vec![("a".to_owned(), text(&value)), ("b".to_owned(), text("end"))]),
                Out::Map(vec![(value.clone(), Out::List(vec![text(&value), text("end")]))]),
            ] {
                let written = emit(&out);
                let read = documents(&written).unwrap_or_else(|fault| {
                    panic!("{value:?}: {}\n{written}", fault.problem("test"))
                });
                assert_eq!(out_of(&read[0]), out, "{written}");
            }
        }
    }

    fn out_of(node: &super::super::tree::Node<'_>) -> Out {
        match &node.value {
            Value::Plain(value) | Value::Text(value) => text(value),
            Value::List(items) => Out::List(items.iter().map(out_of).collect()),
            Value::Map(fields) => Out::Map(
                fields.iter().map(|(key, node)| (key.name.to_string(), out_of(node))).collect(),
            ),
        }
    }
}
