//! The bundled help: its pages, and a full-text search over their sections.

use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use parking_lot::Mutex;
use rusqlite::{Connection, params};

use super::error::Result;
use crate::protocol::{HelpHit, HelpPage, HelpSearch};

mod question;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/assets/help");

static PAGES: LazyLock<Vec<HelpPage>> = LazyLock::new(|| {
    let mut pages: Vec<HelpPage> = FILES.files().filter_map(page_of).collect();
    pages.sort_by_key(|page| page.id);
    pages
});

fn page_of(file: &'static include_dir::File<'static>) -> Option<HelpPage> {
    let is_page = file.path().extension().is_some_and(|extension| extension == "md");
    let id = file.path().file_stem()?.to_str().filter(|_| is_page)?;
    let text = file.contents_utf8()?;
    let title = text.lines().find_map(|line| line.strip_prefix("# ")).unwrap_or(id);
    Some(HelpPage { id, title: title.trim(), text })
}

/// All pages of the bundled help, by id.
pub fn pages() -> &'static [HelpPage] {
    &PAGES
}

/// The page that a link `help:<id>` names.
pub fn page(id: &str) -> Option<HelpPage> {
    pages().iter().find(|page| page.id == id).copied()
}

/// An index over the sections of the help, in memory. Building it takes a few milliseconds.
#[derive(Debug)]
pub struct HelpIndex {
    /// None where it could not be built; then nothing is found.
    db: Option<Mutex<Connection>>,
}

impl Default for HelpIndex {
    fn default() -> Self {
        Self::new()
    }
}

impl HelpIndex {
    /// Indexes the bundled help.
    pub fn new() -> Self {
        let db = build(pages())
            .inspect_err(|error| tracing::error!(%error, "the help cannot be searched"))
            .ok();
        Self { db: db.map(Mutex::new) }
    }
}

impl HelpSearch for HelpIndex {
    fn search(&self, question: &str, limit: usize) -> Vec<HelpHit> {
        let (Some(db), Some(expression)) = (&self.db, question::expression(question)) else {
            return Vec::new();
        };
        find(&db.lock(), &expression, limit)
            .inspect_err(|error| tracing::error!(%error, "the help cannot be searched"))
            .unwrap_or_default()
    }
}

fn build(pages: &[HelpPage]) -> Result<Connection> {
    let db = Connection::open_in_memory()?;
    db.execute_batch(
        "CREATE VIRTUAL TABLE section USING fts5 (
            page UNINDEXED, heading, title, body, tokenize = 'porter unicode61 remove_diacritics 2'
        )",
    )?;
    let mut insert =
        db.prepare("INSERT INTO section (page, heading, title, body) VALUES (?1, ?2, ?3, ?4)")?;
    for (index, page) in (0_i64..).zip(pages) {
        for (heading, body) in sections(page) {
            insert.execute(params![index, heading, page.title, body])?;
        }
    }
    drop(insert);
    Ok(db)
}

/// The page's sections: what stands below its title, then below each `## ` heading.
fn sections(page: &HelpPage) -> Vec<(String, String)> {
    let mut sections = vec![(page.title.to_owned(), String::new())];
    let mut is_code = false;
    for line in page.text.lines().skip_while(|line| line.is_empty()) {
        is_code ^= line.starts_with("```");
        match line.strip_prefix("## ").filter(|_| !is_code) {
            Some(heading) => sections.push((heading.trim().to_owned(), String::new())),
            None if line.starts_with("# ") && !is_code => {}
            None => {
                if let Some((_, body)) = sections.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    sections.retain_mut(|(_, body)| {
        *body = body.trim().to_owned();
        !body.is_empty()
    });
    sections
}

fn find(db: &Connection, expression: &str, limit: usize) -> Result<Vec<HelpHit>> {
    // The weights follow the order of the columns: page, heading, title, body.
    let mut statement = db.prepare_cached(
        "SELECT page, heading, body, bm25(section, 0.0, 6.0, 8.0, 1.0) AS score
         FROM section WHERE section MATCH ?1 ORDER BY score LIMIT ?2",
    )?;
    let mut rows = statement.query(params![expression, super::columns::limit(limit)])?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next()? {
        let index = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX);
        if let Some(page) = pages().get(index) {
            let (heading, text) = (row.get(1)?, row.get(2)?);
            hits.push(HelpHit { page: *page, heading, text, score: row.get(3)? });
        }
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_find_their_page() {
        let index = HelpIndex::new();
        for (question, page) in [
            ("How do I add an API key?", "keys"),
            ("where are my keys stored", "keys"),
            ("Can I use Ollama?", "local-servers"),
            ("how can I stop an answer", "stopping"),
            ("regenerate the answer with another model", "branching"),
            ("How do I search my chats?", "searching"),
            ("export a chat as markdown", "export"),
            ("is my data private? telemetry", "privacy"),
            ("dark mode", "appearance"),
            ("what are the keyboard shortcuts", "shortcuts"),
            ("where is the database file", "files"),
            ("choose another model for one message", "picking-models"),
            ("set up OpenRouter", "openrouter"),
            ("use switchboard from the terminal", "command-line"),
            ("is Guide an AI?", "guide"),
            ("my disk is full", "crash-recovery"),
            ("how do I set a budget", "usage"),
            ("what did I spend", "usage"),
        ] {
            let hits = index.search(question, 2);
            let found: Vec<_> =
                hits.iter().map(|hit| (hit.page.id, hit.heading.as_str(), hit.score)).collect();
            assert!(found.iter().any(|hit| hit.0 == page), "{question}: {found:?}");
        }
    }

    #[test]
    fn questions_about_something_else_find_nothing() {
        let index = HelpIndex::new();
        for question in
            ["", "???", "how do I", "xylophone zebra", "\" OR NEAR( *", "Wie spät ist es?"]
        {
            assert_eq!(index.search(question, 3), Vec::new(), "{question}");
        }
    }

    #[test]
    fn every_page_has_a_title_and_text() {
        assert!(pages().len() >= 15, "{}", pages().len());
        for page in pages() {
            assert!(page.text.starts_with(&format!("# {}", page.title)), "{}", page.id);
            assert!(!sections(page).is_empty(), "{}", page.id);
        }
    }

    #[test]
    fn sections_keep_code_that_looks_like_a_heading() {
        let text = "# T\n\nIntro\n\n## A\n```sh\n## no heading\n```\n\n## B\nb\n";
        let page = HelpPage { id: "t", title: "T", text };
        let expected = [("T", "Intro"), ("A", "```sh\n## no heading\n```"), ("B", "b")];
        let expected: Vec<_> =
            expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        assert_eq!(sections(&page), expected);
    }
}
