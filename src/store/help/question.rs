//! From a question in plain words to an expression of FTS5.

/// Words that say nothing about what is asked. Sorted.
const STOP_WORDS: &[&str] = &[
    "a",
    "about",
    "after",
    "again",
    "all",
    "also",
    "am",
    "an",
    "and",
    "any",
    "are",
    "as",
    "at",
    "be",
    "been",
    "before",
    "but",
    "by",
    "can",
    "cannot",
    "could",
    "d",
    "did",
    "do",
    "does",
    "doing",
    "don",
    "done",
    "for",
    "from",
    "get",
    "give",
    "go",
    "got",
    "had",
    "has",
    "have",
    "he",
    "hello",
    "help",
    "her",
    "here",
    "hey",
    "hi",
    "how",
    "i",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "just",
    "know",
    "let",
    "like",
    "ll",
    "m",
    "make",
    "many",
    "may",
    "me",
    "mean",
    "might",
    "much",
    "must",
    "my",
    "need",
    "no",
    "not",
    "now",
    "of",
    "on",
    "one",
    "only",
    "or",
    "other",
    "our",
    "out",
    "please",
    "possible",
    "re",
    "s",
    "say",
    "see",
    "shall",
    "she",
    "should",
    "show",
    "so",
    "some",
    "something",
    "t",
    "tell",
    "thank",
    "thanks",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "thing",
    "things",
    "this",
    "those",
    "to",
    "today",
    "too",
    "try",
    "up",
    "us",
    "use",
    "used",
    "using",
    "ve",
    "very",
    "want",
    "was",
    "way",
    "we",
    "well",
    "were",
    "what",
    "when",
    "where",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "work",
    "works",
    "would",
    "you",
    "your",
];

/// Shorter words are taken as they are, longer ones as the beginning of one.
const PREFIX_FROM: usize = 5;
/// More words than this are not looked for.
const MAX_WORDS: usize = 24;

/// Any of the words that say something; none without such words.
pub(super) fn expression(question: &str) -> Option<String> {
    let lower = question.to_lowercase();
    let terms: Vec<String> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && STOP_WORDS.binary_search(word).is_err())
        .take(MAX_WORDS)
        .map(|word| {
            let star = if word.chars().count() >= PREFIX_FROM { "*" } else { "" };
            format!("\"{word}\"{star}")
        })
        .collect();
    if terms.is_empty() { None } else { Some(terms.join(" OR ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_are_sorted() {
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn only_telling_words_remain() {
        for (question, expected) in [
            ("How do I add an API key?", Some("\"add\" OR \"api\" OR \"key\"")),
            ("What's \"config.toml\"", Some("\"config\"* OR \"toml\"")),
            ("how do I?", None),
        ] {
            assert_eq!(expression(question).as_deref(), expected);
        }
    }
}
