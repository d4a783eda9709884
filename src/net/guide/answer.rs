//! What the guide says, out of the passages that the search found.

use crate::protocol::HelpHit;

/// Text of the help in one answer, in bytes.
const ANSWER_BYTES: usize = 1_200;
/// A second passage is shown when its score is at least this share of the first one's.
const CLOSE_ENOUGH: f64 = 0.7;
const MORE_PAGES: usize = 3;

const GREETING: &str = "\
I'm Guide. I am not a language model: I answer questions about Switchboard out of its help pages, \
without a key and without a network.

You can ask me, for example:

- How do I add a key?
- How do I choose a model for one message?
- How do I stop an answer?
- Where are my files?

To talk with a real model, add a provider in the settings (Ctrl+,), or start a local server such \
as Ollama: it is found by itself.

More: [Getting started](help:getting-started) · [Keys](help:keys)
";

const NOTHING_FOUND: &str = "\
I am not a language model, only a guide to Switchboard, and its help pages say nothing about this.

I can tell you about keys and providers, choosing models, stopping and continuing answers, \
branches, search, export, privacy, where files are, and what to do when something fails. Other \
words for the same thing may help.

For a question like this one you need a real model: add a provider in the settings (Ctrl+,), or \
start a local server such as Ollama, then choose one of its models for your message with Ctrl+M.

More: [Getting started](help:getting-started) · [Keys](help:keys)
";

const GREETINGS: [&str; 21] = [
    "hi",
    "hello",
    "hey",
    "hallo",
    "moin",
    "servus",
    "hola",
    "bonjour",
    "ciao",
    "test",
    "help",
    "good morning",
    "good evening",
    "hi there",
    "hello there",
    "who are you",
    "what are you",
    "what can you do",
    "how are you",
    "thanks",
    "thank you",
];

/// Whether the question asks for something: greetings do not.
pub(super) fn needs_search(question: &str) -> bool {
    let words: String = question
        .to_lowercase()
        .chars()
        .map(|character| if character.is_alphanumeric() { character } else { ' ' })
        .collect();
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.strip_suffix(" guide").unwrap_or(&words);
    !words.is_empty() && !GREETINGS.contains(&words)
}

/// The answer, in Markdown.
pub(super) fn compose(question: &str, hits: &[HelpHit]) -> String {
    if !needs_search(question) {
        return GREETING.to_owned();
    }
    let Some(best) = hits.iter().find(|hit| !hit.text.trim().is_empty()) else {
        return NOTHING_FOUND.to_owned();
    };
    let mut answer = passage(best, ANSWER_BYTES);
    let second = hits.iter().find(|hit| {
        let is_other = hit.heading != best.heading || hit.page.id != best.page.id;
        is_other
            && !hit.text.trim().is_empty()
            && hit.score.abs() >= best.score.abs() * CLOSE_ENOUGH
    });
    if let Some(second) = second {
        let room = ANSWER_BYTES.saturating_sub(answer.len());
        // Half a paragraph helps nobody.
        if room >= ANSWER_BYTES / 3 {
            answer.push_str("\n\n");
            answer.push_str(&passage(second, room));
        }
    }
    answer.push_str("\n\nMore: ");
    answer.push_str(&links(hits).join(" · "));
    answer.push('\n');
    answer
}

fn passage(hit: &HelpHit, room: usize) -> String {
    let heading = if hit.heading.trim().is_empty() { hit.page.title } else { hit.heading.trim() };
    format!("**{heading}**\n\n{}", trimmed(&hit.text, room))
}

fn links(hits: &[HelpHit]) -> Vec<String> {
    let mut pages: Vec<(&str, &str)> = Vec::new();
    for hit in hits {
        let page = (hit.page.title, hit.page.id);
        if !pages.contains(&page) && pages.len() < MORE_PAGES {
            pages.push(page);
        }
    }
    pages.into_iter().map(|(title, id)| format!("[{title}](help:{id})")).collect()
}

/// As many whole paragraphs as fit; always the first, so that something is said. A fenced block
/// counts as one paragraph.
fn trimmed(text: &str, room: usize) -> String {
    let mut kept = String::new();
    for paragraph in paragraphs(text.trim()) {
        if !kept.is_empty() && kept.len() + paragraph.len() + 2 > room {
            break;
        }
        if !kept.is_empty() {
            kept.push_str("\n\n");
        }
        kept.push_str(&paragraph);
    }
    kept
}

fn paragraphs(text: &str) -> Vec<String> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut is_fenced = false;
    for piece in text.split("\n\n") {
        match paragraphs.last_mut() {
            Some(open) if is_fenced => {
                open.push_str("\n\n");
                open.push_str(piece);
            }
            Some(_) | None => paragraphs.push(piece.trim_end().to_owned()),
        }
        let fences = piece.lines().filter(|line| line.trim_start().starts_with("```")).count();
        is_fenced ^= fences % 2 == 1;
    }
    paragraphs.retain(|paragraph| !paragraph.trim().is_empty());
    paragraphs
}
