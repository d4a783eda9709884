//! Figures about the store, for `doctor`.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::columns::unsigned;
use super::error::Result;

/// What is in the store, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStats {
    /// The file; none while the database is in memory.
    pub file: Option<PathBuf>,
    /// Size of the file, in bytes.
    pub file_bytes: u64,
    /// Size of the write-ahead log beside it, in bytes.
    pub wal_bytes: u64,
    /// Chats that are not deleted.
    pub chats: u64,
    /// Chats that are deleted and can be restored.
    pub deleted_chats: u64,
    /// Messages in the chats that are not deleted, on all branches.
    pub messages: u64,
    /// Answers that arrive right now.
    pub open_runs: u64,
    /// Version of the schema.
    pub schema_version: u64,
    /// Version of SQLite.
    pub sqlite_version: String,
}

/// Counts.
pub(super) fn stats(db: &Connection, file: Option<&Path>) -> Result<StoreStats> {
    let count = |sql: &str| -> Result<u64> {
        Ok(unsigned(db.query_row(sql, [], |row| row.get::<_, i64>(0))?))
    };
    Ok(StoreStats {
        file: file.map(Path::to_owned),
        file_bytes: file.map_or(0, size),
        wal_bytes: file.map_or(0, |path| size(&super::open::beside(path, "-wal"))),
        chats: count("SELECT count(*) FROM chat WHERE deleted_at IS NULL")?,
        deleted_chats: count("SELECT count(*) FROM chat WHERE deleted_at IS NOT NULL")?,
        messages: count("SELECT coalesce(sum(messages), 0) FROM chat WHERE deleted_at IS NULL")?,
        open_runs: count("SELECT count(*) FROM run WHERE ended IS NULL")?,
        schema_version: count("PRAGMA user_version")?,
        sqlite_version: rusqlite::version().to_owned(),
    })
}

/// Reads the whole file and names what is wrong with it; empty where all is well.
pub(super) fn check(db: &Connection) -> Result<Vec<String>> {
    let mut statement = db.prepare("PRAGMA quick_check(20)")?;
    let lines: Vec<String> =
        statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |data| data.len())
}
