//! Locks of files: who lives, and who goes first.
//!
//! The system lets go of such a lock when its process ends, however it ends. So a run whose
//! owner's lock can be taken belongs to nobody any more.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use uuid::Uuid;

/// The sign of life of one open store, held until it is closed.
#[derive(Debug)]
pub(super) struct Owner {
    /// Names this store in the runs it makes.
    pub(super) name: String,
    path: PathBuf,
    file: Option<File>,
}

impl Owner {
    /// Takes a new lock under `dir`.
    pub(super) fn register(dir: &Path) -> std::io::Result<Self> {
        loop {
            let name = Uuid::now_v7().to_string();
            let path = lock_path(dir, &name);
            let file = File::create_new(&path)?;
            match file.try_lock() {
                // Someone who tidies up may have taken the file away before it was locked.
                Ok(()) if !path.exists() => {}
                Ok(()) => return Ok(Self { name, path, file: Some(file) }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
    }

    /// The owner of a database in memory: no one else can see its runs.
    pub(super) fn alone() -> Self {
        Self { name: Uuid::now_v7().to_string(), path: PathBuf::new(), file: None }
    }

    /// How it sees the others.
    pub(super) fn others(&self) -> Others {
        let dir = self.file.as_ref().and_then(|_| self.path.parent());
        Others { own_name: self.name.clone(), dir: dir.map(Path::to_path_buf) }
    }
}

/// The other open stores, as one of them sees them.
#[derive(Clone, Debug)]
pub(super) struct Others {
    own_name: String,
    /// None where no other store can see the same runs.
    dir: Option<PathBuf>,
}

impl Others {
    /// The name of the store that looks.
    pub(super) fn own_name(&self) -> &str {
        &self.own_name
    }

    /// Whether a store is closed, however that happened.
    pub(super) fn is_dead(&self, name: &str) -> bool {
        name != self.own_name && self.dir.as_ref().is_some_and(|dir| !is_alive(dir, name))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            remove_quietly(&self.path);
        }
    }
}

/// Whether the store of this name is open somewhere.
pub(super) fn is_alive(dir: &Path, name: &str) -> bool {
    match File::open(lock_path(dir, name)) {
        Ok(file) => matches!(file.try_lock(), Err(TryLockError::WouldBlock)),
        Err(_) => false,
    }
}

/// Takes away what dead stores left behind.
pub(super) fn remove_dead(dir: &Path) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_owner = path.extension().is_some_and(|extension| extension == "lock");
        if is_owner && File::open(&path).is_ok_and(|file| file.try_lock().is_ok()) {
            remove_quietly(&path);
        }
    }
}

/// A lock for a short piece of work, let go on drop.
#[derive(Debug)]
pub(super) struct Turn(#[expect(dead_code, reason = "held for its lock")] Option<File>);

/// Waits until it is this thread's turn; after `patience` it goes on without the lock, because
/// what it guards is safe without it, only less smooth.
pub(super) fn take_turn(path: &Path, patience: Duration) -> Turn {
    let Ok(file) = File::create(path) else { return Turn(None) };
    let deadline = Instant::now() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Turn(Some(file)),
            Err(TryLockError::Error(_)) => return Turn(None),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Turn(None),
            Err(TryLockError::WouldBlock) => std::thread::park_timeout(Duration::from_millis(5)),
        }
    }
}

fn lock_path(dir: &Path, name: &str) -> PathBuf {
    dir.join(format!("{name}.lock"))
}

/// An empty file too many does no harm.
fn remove_quietly(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(%error, "a lock file stays");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_lives_as_long_as_it_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let owner = Owner::register(dir.path()).unwrap();
        let name = owner.name.clone();
        assert!(is_alive(dir.path(), &name));
        remove_dead(dir.path());
        assert!(is_alive(dir.path(), &name), "tidying leaves the living alone");
        drop(owner);
        assert!(!is_alive(dir.path(), &name));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_the_dead_left_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("dead.lock"), "").unwrap();
        assert!(!is_alive(dir.path(), "dead"));
        remove_dead(dir.path());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
