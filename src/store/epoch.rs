//! Which journal this is: whether clients may go on with it where they were.
//!
//! A client asks for what follows an event it has. That is right only while the journal is the one
//! that the event stood in. Where the database was lost or restored from a copy, the same numbers
//! mean something else, and a new epoch says so: then nothing is resumed.
//!
//! How that is noticed: the database keeps an epoch, made by chance, and a count that only grows.
//! Both stand too in a small file beside it, together with the number of the database's file
//! (inode). The count grows at every start and while the gateway works; the database goes first,
//! so that after a crash it may be ahead by one. At a start they are compared:
//!
//! - A database from yesterday's copy has a smaller count than the file.
//! - A lost database has no epoch; a lost file leaves nothing to compare with.
//! - A whole folder that was copied agrees with itself, but its database is another file.
//!
//! In each case a new epoch is made. What this cannot see, a machine put back as a whole by its
//! disk image, is caught run by run: a client that has more of a run than there is is told that
//! the run is gone. A needless new epoch does no harm: clients load their chats again.

use std::io::Write;
use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::columns::to_json;
use super::error::{Result, StoreError};
use super::kept;
use super::open::beside;

/// Under this name the database keeps its mark.
const KEY: &str = "gateway.journal";

/// Who a gateway is, and which journal it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The gateway, for ever.
    pub server_id: String,
    /// Its journal.
    pub epoch: String,
}

/// What the database says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Mark {
    server_id: String,
    epoch: String,
    count: u64,
}

/// What the file beside it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Witness {
    epoch: String,
    count: u64,
    /// The number of the database's file; 0 where files have none.
    file: u64,
}

/// When a mark is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// The database is compared with its witness first.
    Start,
    /// The gateway works.
    Later,
}

/// The mark that was made; to be witnessed once it is committed.
#[derive(Debug)]
pub(super) struct Made {
    mark: Mark,
}

/// Counts on in the database, with a new epoch where the journal is another one.
pub(super) fn mark(db: &Connection, database: &Path, moment: Moment) -> Result<Made> {
    let kept = kept::value(db, KEY)?;
    // A mark that cannot be read is as good as none.
    let kept: Option<Mark> = kept.and_then(|text| serde_json::from_str(&text).ok());
    let is_same = |mark: &Mark| match moment {
        Moment::Start => {
            read(database).is_some_and(|witness| agrees(mark, &witness, file_number(database)))
        }
        Moment::Later => true,
    };
    let mark = match kept {
        Some(mark) if is_same(&mark) => Mark { count: mark.count.saturating_add(1), ..mark },
        Some(mark) => Mark { epoch: fresh(), count: mark.count.saturating_add(1), ..mark },
        None => Mark { server_id: fresh(), epoch: fresh(), count: 1 },
    };
    kept::set_value(db, KEY, Some(&to_json(&mark)?))?;
    Ok(Made { mark })
}

/// Writes the mark beside the database, in the place of the one before.
pub(super) fn witness(made: Made, database: &Path) -> Result<Identity> {
    let Mark { server_id, epoch, count } = made.mark;
    let witness = Witness { epoch: epoch.clone(), count, file: file_number(database) };
    write(database, &witness).map_err(|error| StoreError::Other(error.to_string()))?;
    Ok(Identity { server_id, epoch })
}

fn agrees(mark: &Mark, witness: &Witness, file: u64) -> bool {
    let ahead = mark.count.checked_sub(witness.count);
    mark.epoch == witness.epoch && matches!(ahead, Some(0 | 1)) && witness.file == file
}

fn fresh() -> String {
    Uuid::now_v7().to_string()
}

fn read(database: &Path) -> Option<Witness> {
    let text = std::fs::read_to_string(beside(database, "-epoch")).ok()?;
    serde_json::from_str(&text).ok()
}

fn write(database: &Path, witness: &Witness) -> std::io::Result<()> {
    let target = beside(database, "-epoch");
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".epoch-").tempfile_in(folder)?;
    serde_json::to_writer(&mut file, witness)?;
    file.flush()?;
    file.as_file().sync_all()?;
    file.persist(target)?;
    Ok(())
}

#[cfg(unix)]
fn file_number(database: &Path) -> u64 {
    std::fs::metadata(database).map_or(0, |file| std::os::unix::fs::MetadataExt::ino(&file))
}

#[cfg(not(unix))]
fn file_number(_database: &Path) -> u64 {
    0
}
