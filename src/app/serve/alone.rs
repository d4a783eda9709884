//! One gateway for one folder: two would number the events of the same chats.

use std::fs::{File, TryLockError};

use super::super::failure::Failure;
use crate::store::Paths;

/// Held for as long as the gateway runs. The system lets go of it however the process ends.
#[derive(Debug)]
pub(super) struct Alone {
    _file: File,
}

/// Refuses where another gateway serves from the same folder.
pub(super) fn lock(paths: &Paths) -> Result<Option<Alone>, Failure> {
    let refused = |error| Failure::usage(error, "Name a folder with --data-dir");
    paths.create().map_err(refused)?;
    let path = paths.gateway_lock();
    let file = match File::options().create(true).append(true).open(&path) {
        Ok(file) => file,
        Err(error) => return unlocked(&error),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(Alone { _file: file })),
        Err(TryLockError::WouldBlock) => Err(Failure::work(
            format!("another gateway serves from {}", paths.data_dir.display()),
            "End it first, or give this one a folder of its own with --data-dir",
        )),
        Err(TryLockError::Error(error)) => unlocked(&error),
    }
}

/// Some file systems know no locks; a gateway that stands alone works there as well.
fn unlocked(error: &std::io::Error) -> Result<Option<Alone>, Failure> {
    tracing::warn!(%error, "whether another gateway serves from this folder cannot be told");
    Ok(None)
}
