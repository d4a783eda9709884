//! Full-text search over what was said and what tools gave.

use rusqlite::{Connection, params};

use super::columns::{limit, time, uuid};
use super::error::Result;
use crate::protocol::{ChatId, MessageId, Timestamp};

/// A message that holds all the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchHit {
    /// The chat.
    pub chat: ChatId,
    /// Its title.
    pub title: String,
    /// The message.
    pub message: MessageId,
    /// When it was written.
    pub created: Timestamp,
    /// A few words around the first match. Matches stand between
    /// [`MATCH_START`](Self::MATCH_START) and [`MATCH_END`](Self::MATCH_END).
    pub snippet: String,
}

impl SearchHit {
    /// Opens a match in a snippet.
    pub const MATCH_START: char = '\u{2}';
    /// Closes a match in a snippet.
    pub const MATCH_END: char = '\u{3}';
}

/// More words than this are not looked for.
const MAX_TERMS: usize = 32;

/// Puts a message into the index. To be done once, when its parts are final.
pub(super) fn add(db: &Connection, message: i64) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO message_fts (rowid, body) SELECT n, body FROM message_body WHERE n = ?1",
    )?
    .execute([message])?;
    Ok(())
}

pub(super) const SEARCH: &str = "
    SELECT c.id, c.title, m.id, m.created, snippet(message_fts, 0, char(2), char(3), '…', 16)
    FROM message_fts CROSS JOIN message m ON m.n = message_fts.rowid
        CROSS JOIN chat c ON c.n = m.chat
    WHERE message_fts MATCH ?1 AND c.deleted_at IS NULL AND NOT c.test
    ORDER BY message_fts.rowid DESC LIMIT ?2";

/// The newest messages that hold all words of the query. Ordered by time and not by rank: the
/// index can then be read backwards and left as soon as there are enough.
pub(super) fn search(db: &Connection, query: &str, count: usize) -> Result<Vec<SearchHit>> {
    let Some(expression) = expression(query) else { return Ok(Vec::new()) };
    let mut statement = db.prepare_cached(SEARCH)?;
    let hits = statement
        .query_map(params![expression, limit(count)], |row| {
            Ok(SearchHit {
                chat: ChatId(uuid(row, 0)?),
                title: row.get(1)?,
                message: MessageId(uuid(row, 2)?),
                created: time(row, 3)?,
                snippet: row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(hits)
}

/// The query as FTS5 understands it: every word in quotes, so that none is taken for an operator;
/// what the user put in quotes is a phrase. The last word may be the beginning of one.
fn expression(query: &str) -> Option<String> {
    let clean: String = query.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut terms: Vec<String> = Vec::new();
    for (piece, is_phrase) in clean.split('"').zip([false, true].into_iter().cycle()) {
        if is_phrase {
            terms.push(piece.split_whitespace().collect::<Vec<_>>().join(" "));
        } else {
            terms.extend(piece.split_whitespace().map(str::to_owned));
        }
    }
    terms.retain(|term| is_searchable(term));
    terms.truncate(MAX_TERMS);
    let ends_in_word = clean.ends_with(|c: char| c != '"' && !c.is_whitespace());
    let last = terms.pop()?;
    // One letter begins too many words to be of use.
    let star = if ends_in_word && last.chars().count() > 1 { "*" } else { "" };
    let mut expression: String = terms.iter().map(|term| format!("\"{term}\" ")).collect();
    expression.push_str(&format!("\"{last}\"{star}"));
    Some(expression)
}

/// Whether the tokenizer finds a word in it.
fn is_searchable(term: &str) -> bool {
    term.chars().any(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_become_quoted_terms() {
        for (query, expected) in [
            ("", None),
            ("  ***  ", None),
            ("-- ; ' )", None),
            ("rust ", Some("\"rust\"")),
            ("rust", Some("\"rust\"*")),
            ("write ahead", Some("\"write\" \"ahead\"*")),
            ("NOT OR AND", Some("\"NOT\" \"OR\" \"AND\"*")),
            ("say \"two words\"", Some("\"say\" \"two words\"")),
            ("open \"two wo", Some("\"open\" \"two wo\"*")),
            ("\"a b\" c", Some("\"a b\" \"c\"")),
            ("body:x*", Some("\"body:x*\"*")),
        ] {
            assert_eq!(expression(query).as_deref(), expected, "{query:?}");
        }
    }
}
