//! The schema and its versions.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::error::{Result, StoreError};
use super::open::beside;

pub(super) const STEPS: &[M<'static>] = &[
    M::up(include_str!("schema/v1.sql")),
    M::up(include_str!("schema/v2.sql")),
    M::up(include_str!("schema/v3.sql")),
    M::up(include_str!("schema/v4.sql")),
    M::up(include_str!("schema/v5.sql")),
    M::up(include_str!("schema/v6.sql")),
];

/// All steps, from an empty file to the schema of this version of the app.
pub(super) const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// The version that this app writes.
pub(super) const LATEST: u32 = STEPS.len() as u32;

/// The version of a file; 0 when it is new.
pub(super) fn version(db: &Connection) -> Result<u32> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the schema up to `latest`. A file that holds something is copied first.
pub(super) fn migrate(
    db: &mut Connection,
    file: Option<&Path>,
    migrations: &Migrations<'_>,
    latest: u32,
) -> Result<()> {
    let before = version(db)?;
    if before >= latest {
        return Ok(());
    }
    if let Some(file) = file.filter(|_| before > 0) {
        copy(db, file, before)?;
    }
    match migrations.to_latest(db) {
        Ok(()) => Ok(()),
        // Another process may have been quicker; then all is well.
        Err(_) if version(db)? == latest => Ok(()),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => Err(err.into()),
        Err(error) => Err(StoreError::Other(error.to_string())),
    }
}

/// Copies the database as it is now, its write-ahead log included, to a file beside it.
fn copy(db: &Connection, file: &Path, version: u32) -> Result<()> {
    let target = free_name(file, version);
    let name = target.to_str().ok_or_else(|| {
        StoreError::Other(format!("no copy can be made beside {}", file.display()))
    })?;
    db.execute("VACUUM INTO ?1", [name])?;
    std::fs::File::open(&target)
        .and_then(|copy| copy.sync_all())
        .map_err(|error| StoreError::Other(error.to_string()))
}

fn free_name(file: &Path, version: u32) -> PathBuf {
    let first = beside(file, &format!(".v{version}.bak"));
    let more = (2..).map(|count: u32| beside(file, &format!(".v{version}-{count}.bak")));
    std::iter::once(first.clone()).chain(more).find(|path| !path.exists()).unwrap_or(first)
}
