//! HTML in texts. Nothing here is ever shown as HTML: where a line of it stands, a slip is likely.

use super::{Fault, short};
use crate::protocol::Bot;

/// The elements of HTML that are met in texts. Other words in angle brackets are placeholders,
/// types of a programming language, or the like.
const ELEMENTS: [&str; 62] = [
    "a",
    "abbr",
    "article",
    "audio",
    "b",
    "base",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "center",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "li",
    "link",
    "marquee",
    "meta",
    "object",
    "ol",
    "p",
    "pre",
    "s",
    "script",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "td",
    "tr",
    "u",
    "ul",
];

/// Fields that are one line, with what stands in them.
pub(super) fn check(bot: &Bot, faults: &mut Vec<Fault>) {
    check_line("name", &bot.name, faults);
    check_line("description", &bot.description, faults);
    for (list, words) in [("tags", &bot.tags), ("starters", &bot.starters)] {
        for (i, word) in words.iter().enumerate() {
            check_line(&format!("{list}[{i}]"), word, faults);
        }
    }
}

/// A field that is one line.
pub(super) fn check_line(field: &str, text: &str, faults: &mut Vec<Fault>) {
    if let Some(tag) = html_tag(text) {
        let message = format!(
            "holds HTML ({}), which would be shown as plain text; take the tags out",
            short(tag)
        );
        faults.push(Fault::of(field, message));
    }
}

/// The first tag of HTML in a text.
pub fn html_tag(text: &str) -> Option<&str> {
    text.match_indices('<').find_map(|(at, _)| {
        let tag = text.get(at..)?;
        let inner = tag.get(1..)?;
        let end = tag.find('>')?;
        let name: String = inner
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .flat_map(char::to_lowercase)
            .collect();
        let is_html = inner.starts_with("!--") || ELEMENTS.contains(&name.as_str());
        tag.get(..=end).filter(|tag| is_html && tag.matches('<').count() == 1)
    })
}

/// Which of the longer texts hold a script, in words. It is told to models like all else.
pub fn scripts(bot: &Bot) -> Vec<String> {
    let holds = |text: &str| text.to_ascii_lowercase().contains("<script");
    let mut places = Vec::new();
    if holds(&bot.instructions) {
        places.push("Its instructions hold".to_owned());
    }
    for member in bot.room.iter().flat_map(|room| &room.members) {
        if holds(&member.instructions) {
            places.push(format!("The instructions of {} hold", member.name));
        }
    }
    if bot.seeds.iter().any(|seed| holds(&seed.content)) {
        places.push("Its opening messages hold".to_owned());
    }
    let words = |place| format!("{place} a script tag, which is plain text here and is never run");
    places.into_iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_told_from_other_words_in_brackets() {
        for (text, tag) in [
            ("a <b>bold</b> word", Some("<b>")),
            ("x <IMG src=x onerror=y> y", Some("<IMG src=x onerror=y>")),
            ("</div>", Some("</div>")),
            ("<br/>", Some("<br/>")),
            ("<!-- note -->", Some("<!-- note -->")),
            ("<script>alert(1)</script>", Some("<script>")),
            ("Vec<String> and <date>", None),
            ("1 < 2 and b > a", None),
            ("a <- b", None),
            ("<b", None),
        ] {
            assert_eq!(html_tag(text), tag, "{text}");
        }
    }
}
