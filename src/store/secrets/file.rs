//! Keys in a file of mode 0600, for machines without a keychain.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::SecretError;
use crate::protocol::ProviderId;
use crate::store::lock;
use crate::store::open::beside;

/// How long a change waits for that of another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// The file. It is read anew each time: another process may have changed it.
#[derive(Debug)]
pub(super) struct KeysFile {
    path: PathBuf,
    changing: Mutex<()>,
}

type Keys = BTreeMap<String, String>;

impl KeysFile {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), changing: Mutex::new(()) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn get(&self, provider: &ProviderId) -> Result<Option<SecretString>, SecretError> {
        Ok(self.read()?.remove(provider.as_str()).map(SecretString::from))
    }

    pub(super) fn set(&self, provider: &ProviderId, key: &SecretString) -> Result<(), SecretError> {
        self.change(|keys| {
            keys.insert(provider.to_string(), key.expose_secret().to_owned());
        })
    }

    pub(super) fn remove(&self, provider: &ProviderId) -> Result<(), SecretError> {
        if !self.read()?.contains_key(provider.as_str()) {
            return Ok(());
        }
        self.change(|keys| {
            keys.remove(provider.as_str());
        })
    }

    fn change(&self, change: impl FnOnce(&mut Keys)) -> Result<(), SecretError> {
        let _changing = self.changing.lock();
        let _turn = lock::take_turn(&beside(&self.path, ".lock"), PATIENCE);
        let mut keys = self.read()?;
        change(&mut keys);
        self.replace(&keys)
            .map_err(|source| SecretError::NotWritten { path: self.path.clone(), source })
    }

    fn read(&self) -> Result<Keys, SecretError> {
        let unreadable =
            |detail: String| SecretError::Unreadable { path: self.path.clone(), detail };
        let text = match std::fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Keys::new()),
            Err(error) => return Err(unreadable(error.to_string())),
        };
        self.close_to_others();
        // The parser's own words may quote the file.
        serde_json::from_str(&text)
            .map_err(|error| unreadable(format!("line {} is not as expected", error.line())))
    }

    /// Takes away the rights that others have on the file, as after it was copied by hand.
    #[cfg(unix)]
    fn close_to_others(&self) {
        use std::os::unix::fs::PermissionsExt;
        let Ok(about) = std::fs::metadata(&self.path) else { return };
        if about.permissions().mode() & 0o077 == 0 {
            return;
        }
        let mended = std::fs::set_permissions(&self.path, PermissionsExt::from_mode(0o600));
        match mended {
            Ok(()) => tracing::info!("keys.json could be read by others; now only by you"),
            Err(error) => tracing::warn!(%error, "keys.json can be read by others"),
        }
    }

    #[cfg(not(unix))]
    fn close_to_others(&self) {}

    /// A reader sees the old file or the new one, and never one that others can read.
    fn replace(&self, keys: &Keys) -> std::io::Result<()> {
        let temporary = beside(&self.path, &format!(".{}.tmp", Uuid::now_v7()));
        let written = write_private(&temporary, &serde_json::to_vec_pretty(keys)?)
            .and_then(|()| std::fs::rename(&temporary, &self.path));
        if written.is_err() {
            // What matters is why it could not be written.
            drop(std::fs::remove_file(&temporary));
        }
        written
    }
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
