//! Opening the database, or a stand-in for it.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;
use uuid::Uuid;

use super::error::{Result, StoreError};
use super::handle::StoreHandle;
use super::lock::{self, Owner};
use super::paths::create_private_dir;
use super::{recover, schema};
use crate::protocol::{Notice, NoticeCode, Timestamp};

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// How long a write waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers beside the writer: a long search does not hold up a page.
const READERS: usize = 2;
/// Largest file that is copied when it cannot be written, in bytes.
const LARGEST_COPY: u64 = 1024 * 1024 * 1024;
/// The write-ahead log is cut down to this, in bytes, once its content is in the file.
const WAL_LIMIT: i64 = 64 * 1024 * 1024;

/// Pages that a connection keeps, in KiB: enough for all that hundreds of streaming answers write
/// in one commit, which would otherwise be written twice and read again.
const CACHE_KB: u32 = 8_000;

/// The log is carried over after so many pages. The last page of a streaming answer is written with
/// each commit until it is full: carrying it over less often spares most of that.
const CHECKPOINT_PAGES: u32 = 4_000;

/// What becomes of the journals of runs that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Journals {
    /// They go: the answer holds all of it.
    #[default]
    Cleared,
    /// They stay until they are purged, so that clients of a gateway can be told what they missed.
    Kept,
}

/// An open store.
pub struct Opened {
    /// The near end.
    pub handle: StoreHandle,
    /// What the user should know of how it was opened.
    pub notices: Vec<Notice>,
    /// What the user should know later: once when writing fails, until it works again.
    pub later_notices: flume::Receiver<Notice>,
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opened").field("notices", &self.notices).finish_non_exhaustive()
    }
}

/// The connections of a store, ready for their threads.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) writer: Connection,
    pub(super) readers: Vec<Connection>,
    pub(super) owner: Owner,
    pub(super) file: Option<PathBuf>,
    pub(super) journals: Journals,
    /// A folder that goes when the store ends.
    pub(super) scratch: Option<TempDir>,
}

/// Opens the database at `path`, making it where there is none. Where that cannot be done the
/// file is left as it is, a database in memory takes its place, and a notice says so.
pub fn open(path: &Path, clock: Clock) -> Opened {
    open_with(path, clock, Journals::Cleared)
}

/// The same, with what becomes of journals.
pub fn open_with(path: &Path, clock: Clock, journals: Journals) -> Opened {
    let mut notices = Vec::new();
    let now = clock();
    let connections = match open_file(path, now, journals) {
        Ok((connections, 0)) => Some(connections),
        Ok((connections, count)) => {
            let detail = path.display().to_string();
            notices.push(Notice { code: NoticeCode::RunsInterrupted { count }, detail });
            Some(connections)
        }
        Err(refusal) => {
            tracing::warn!(path = %path.display(), code = ?refusal.code, detail = %refusal.detail,
                "the database is not used");
            let detail = format!("{}: {}", path.display(), refusal.detail);
            // What is in the file can still be looked at, in a copy.
            let copy = (refusal.code == NoticeCode::StoreUnavailable).then(|| in_a_copy(path, now));
            notices.push(Notice { code: refusal.code, detail });
            match copy {
                Some(Ok(connections)) => Some(connections),
                Some(Err(_)) | None => {
                    in_memory().inspect_err(|error| tracing::error!(%error, "no database")).ok()
                }
            }
        }
    };
    let (sender, later_notices) = flume::bounded(16);
    Opened { handle: StoreHandle::start(connections, clock, sender), notices, later_notices }
}

/// Why a file is not used.
#[derive(Debug)]
struct Refusal {
    code: NoticeCode,
    detail: String,
}

impl Refusal {
    fn unavailable(detail: impl fmt::Display) -> Self {
        Self { code: NoticeCode::StoreUnavailable, detail: detail.to_string() }
    }

    fn newer(version: u32) -> Self {
        let detail = format!("schema version {version}, this app knows {}", schema::LATEST);
        Self { code: NoticeCode::StoreNewer, detail }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::Damaged(_) => NoticeCode::StoreDamaged,
            StoreError::Full
            | StoreError::ReadOnly
            | StoreError::Busy
            | StoreError::NotFound
            | StoreError::Closed
            | StoreError::Other(_) => NoticeCode::StoreUnavailable,
        };
        Self { code, detail: error.to_string() }
    }
}

/// The connections, and how many answers of dead processes were ended.
fn open_file(
    path: &Path,
    now: Timestamp,
    journals: Journals,
) -> std::result::Result<(Connections, usize), Refusal> {
    look_at_header(path)?;
    let locks = beside(path, "-locks");
    create_private_dir(&locks).map_err(Refusal::unavailable)?;
    let _turn = lock::take_turn(&locks.join("open.turn"), BUSY_TIMEOUT);
    let mut writer = connect(path)?;
    // Until all is known to be well, closing must not write into the file.
    on_close(&writer, Closing::LeavesFile)?;
    if writer.is_readonly("main").map_err(StoreError::from)? {
        return Err(StoreError::ReadOnly.into());
    }
    look_at_schema(&writer)?;
    use_wal(&writer)?;
    schema::migrate(&mut writer, Some(path), &schema::MIGRATIONS, schema::LATEST)?;
    let owner = Owner::register(&locks).map_err(Refusal::unavailable)?;
    let interrupted = recover::recover(&mut writer, &locks, now, journals)?;
    lock::remove_dead(&locks);
    let readers = (0..READERS).map(|_| reader(path)).collect::<Result<_>>()?;
    on_close(&writer, Closing::TidiesUp)?;
    Ok((
        Connections {
            writer,
            readers,
            owner,
            file: Some(path.to_owned()),
            journals,
            scratch: None,
        },
        interrupted,
    ))
}

/// What closing the last connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    /// Nothing.
    LeavesFile,
    /// Moves the write-ahead log into the file.
    TidiesUp,
}

fn on_close(db: &Connection, closing: Closing) -> Result<()> {
    let leave = closing == Closing::LeavesFile;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave)?;
    Ok(())
}

/// Refuses what is no database or a newer one before SQLite touches anything.
fn look_at_header(path: &Path) -> std::result::Result<(), Refusal> {
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Refusal::unavailable(error)),
    };
    let mut header = Vec::with_capacity(100);
    file.by_ref().take(100).read_to_end(&mut header).map_err(Refusal::unavailable)?;
    if header.is_empty() {
        return Ok(());
    }
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(StoreError::Damaged("not an SQLite file".to_owned()).into());
    }
    // https://sqlite.org/fileformat2.html#the_database_header
    let version =
        header.get(60..64).and_then(|bytes| bytes.try_into().ok()).map(u32::from_be_bytes);
    match version {
        Some(version) if version > schema::LATEST => Err(Refusal::newer(version)),
        Some(_) => Ok(()),
        None => Err(StoreError::Damaged("the file is cut off".to_owned()).into()),
    }
}

/// Refuses a file whose schema is newer, foreign or unreadable. Reads the first page of every
/// table and no more: damage further in is met where it is read, as [`StoreError::Damaged`].
fn look_at_schema(db: &Connection) -> std::result::Result<(), Refusal> {
    let version = schema::version(db)?;
    if version > schema::LATEST {
        return Err(Refusal::newer(version));
    }
    let tables = tables(db)?;
    if version == 0 && !tables.is_empty() {
        return Err(Refusal::unavailable("the database of another program"));
    }
    for table in tables {
        let mut statement =
            db.prepare(&format!("SELECT 1 FROM \"{table}\" LIMIT 1")).map_err(StoreError::from)?;
        statement.exists([]).map_err(StoreError::from)?;
    }
    Ok(())
}

fn tables(db: &Connection) -> Result<Vec<String>> {
    let tables = db
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(tables)
}

fn use_wal(db: &Connection) -> Result<()> {
    let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        tracing::warn!(mode, "no write-ahead log here; readers and writer take turns");
    }
    Ok(())
}

fn connect(path: impl AsRef<Path>) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY_TIMEOUT)?;
    db.set_prepared_statement_cache_capacity(64);
    db.execute_batch(&format!(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;
         PRAGMA journal_size_limit = {WAL_LIMIT}; PRAGMA cache_size = -{CACHE_KB};
         PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES};"
    ))?;
    Ok(db)
}

fn reader(path: impl AsRef<Path>) -> Result<Connection> {
    let db = connect(path)?;
    db.execute_batch("PRAGMA query_only = ON")?;
    Ok(db)
}

/// A copy of a file that may be read and not be written, in a folder of its own.
fn in_a_copy(path: &Path, now: Timestamp) -> std::result::Result<Connections, Refusal> {
    let size = std::fs::metadata(path).map_err(Refusal::unavailable)?.len();
    if size == 0 || size > LARGEST_COPY {
        return Err(Refusal::unavailable("nothing to copy, or too much"));
    }
    let scratch = TempDir::new().map_err(Refusal::unavailable)?;
    let copy = scratch.path().join("switchboard.db");
    std::fs::copy(path, &copy).map_err(Refusal::unavailable)?;
    let log = beside(path, "-wal");
    if log.exists() {
        std::fs::copy(log, beside(&copy, "-wal")).map_err(Refusal::unavailable)?;
    }
    for copied in [copy.clone(), beside(&copy, "-wal")] {
        make_writable(&copied);
    }
    let (connections, _) = open_file(&copy, now, Journals::Cleared)?;
    Ok(Connections { file: None, scratch: Some(scratch), ..connections })
}

/// A copy takes over that its original may not be written.
fn make_writable(path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let mut permissions = metadata.permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o600);
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    if let Err(error) = std::fs::set_permissions(path, permissions) {
        tracing::debug!(%error, "the copy stays as it is");
    }
}

/// A database that several connections of this process share and that ends with them.
fn in_memory() -> Result<Connections> {
    let name = format!("file:/{}?vfs=memdb", Uuid::now_v7());
    let mut writer = connect(&name)?;
    schema::migrate(&mut writer, None, &schema::MIGRATIONS, schema::LATEST)?;
    let readers = (0..READERS).map(|_| reader(&name)).collect::<Result<_>>()?;
    let (owner, journals) = (Owner::alone(), Journals::Cleared);
    Ok(Connections { writer, readers, owner, file: None, journals, scratch: None })
}

/// A file that lies beside another and is named after it.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
