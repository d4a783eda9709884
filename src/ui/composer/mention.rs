//! `@` and letters behind it, which ask for a model.

/// More letters than this name no model.
const LONGEST: usize = 40;

/// A word that begins with `@` and ends at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// Place of the `@`, in characters.
    pub(super) start: usize,
    /// What stands behind it.
    pub(super) query: String,
}

impl Mention {
    /// The mention that ends at a cursor, counted in characters.
    pub(super) fn at(text: &str, cursor: usize) -> Option<Self> {
        let end = text.char_indices().nth(cursor).map_or(text.len(), |(byte, _)| byte);
        let before = text.get(..end)?;
        let mut query: Vec<char> = Vec::new();
        let mut chars = before.chars().rev();
        loop {
            match chars.next()? {
                '@' => break,
                char if char.is_whitespace() || query.len() >= LONGEST => return None,
                char => query.push(char),
            }
        }
        let starts_a_word = chars.next().is_none_or(char::is_whitespace);
        let start = cursor.min(before.chars().count()).checked_sub(query.len() + 1)?;
        starts_a_word.then(|| Self { start, query: query.into_iter().rev().collect() })
    }

    /// The text without it.
    pub(super) fn removed_from(&self, text: &str) -> String {
        self.replaced_in(text, "")
    }

    /// The text with another one in its place.
    pub(super) fn replaced_in(&self, text: &str, by: &str) -> String {
        let behind = self.start + 1 + self.query.chars().count();
        let (before, after) = (text.chars().take(self.start), text.chars().skip(behind));
        before.chain(by.chars()).chain(after).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_begins_a_word_and_ends_at_the_cursor() {
        let table = [
            ("@", 1, Some((0, ""))),
            ("@son", 4, Some((0, "son"))),
            ("@son", 2, Some((0, "s"))),
            ("äö @son rest", 7, Some((3, "son"))),
            ("line\n@x", 7, Some((5, "x"))),
            ("@anthropic/claude", 17, Some((0, "anthropic/claude"))),
            ("", 0, None),
            ("son", 3, None),
            ("ada@example.com", 15, None),
            ("@son of", 7, None),
            ("@son", 0, None),
            ("@@", 2, None),
        ];
        for (text, cursor, expected) in table {
            let found = Mention::at(text, cursor);
            let found = found.as_ref().map(|found| (found.start, found.query.as_str()));
            assert_eq!(found, expected, "{text:?} at {cursor}");
        }
        let long = format!("@{}", "x".repeat(LONGEST + 1));
        assert_eq!(Mention::at(&long, LONGEST + 2), None);
    }

    #[test]
    fn only_the_mention_is_removed() {
        let mention = Mention::at("für @son: ja", 8).unwrap();
        assert_eq!(mention.removed_from("für @son: ja"), "für : ja");
    }
}
