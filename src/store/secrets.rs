//! Keys of providers: in the system's keychain, else in a file that only the user can read.
//!
//! Every method may wait for the keychain, so it belongs on a thread that may block.

use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use self::file::KeysFile;
use self::keychain::Keychain;
use crate::protocol::{KeptIn, KeySource, ProviderId};

mod file;
mod keychain;

/// Set to `1` to keep keys in the file even where there is a keychain: for servers and tests.
pub const NO_KEYCHAIN_VARIABLE: &str = "SWITCHBOARD_NO_KEYCHAIN";

/// A key cannot be kept or read. Never holds the key.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is nothing in it.
    #[error("the key is empty")]
    Empty,
    /// It holds a line break or another control character.
    #[error("the key holds a line break or another control character")]
    ControlCharacter,
    /// The file is there and cannot be read; it is left as it is.
    #[error("the keys in {} cannot be read: {detail}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// The file cannot be written; what it held is kept.
    #[error("the key cannot be kept in {}: {source}", path.display())]
    NotWritten {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Whether the keychain may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeychainUse {
    /// Where there is one.
    Allowed,
    /// Never.
    Never,
}

/// The keys of all providers.
#[derive(Debug)]
pub struct Secrets {
    keychain: Keychain,
    file: KeysFile,
}

impl Secrets {
    /// Keys with this file beside the keychain; nothing is opened yet.
    pub fn new(keys_file: &Path, keychain: KeychainUse) -> Self {
        Self { keychain: Keychain::new(keychain), file: KeysFile::new(keys_file) }
    }

    /// The same, asking the environment whether the keychain may be used.
    pub fn from_environment(keys_file: &Path) -> Self {
        let forbidden = std::env::var(NO_KEYCHAIN_VARIABLE).is_ok_and(|value| value == "1");
        Self::new(keys_file, if forbidden { KeychainUse::Never } else { KeychainUse::Allowed })
    }

    /// The key of a provider, where one is kept.
    pub fn get(&self, provider: &ProviderId) -> Result<Option<SecretString>, SecretError> {
        match self.keychain.get(provider) {
            Some(key) => Ok(Some(key)),
            None => self.file.get(provider),
        }
    }

    /// Keeps the key of a provider. White space around it is dropped.
    pub fn set(&self, provider: &ProviderId, key: &SecretString) -> Result<(), SecretError> {
        let key = checked(key)?;
        if self.keychain.set(provider, &key) {
            return self.file.remove(provider);
        }
        self.file.set(provider, &key)
    }

    /// Forgets the key of a provider.
    pub fn remove(&self, provider: &ProviderId) -> Result<(), SecretError> {
        self.keychain.remove(provider);
        self.file.remove(provider)
    }

    /// Where the key of a provider is kept, and how it ends.
    pub fn source(&self, provider: &ProviderId) -> Result<KeySource, SecretError> {
        if let Some(key) = self.keychain.get(provider) {
            return Ok(KeySource::Keychain { tail: tail(&key) });
        }
        let key = self.file.get(provider)?;
        Ok(key.map_or(KeySource::Missing, |key| KeySource::File { tail: tail(&key) }))
    }

    /// Where a new key would go, and for a file why not into the keychain. One sentence.
    pub fn describe_place(&self) -> String {
        match self.keychain.absence() {
            None => format!("in {}", keychain::NAME),
            Some(reason) => format!(
                "in {}, which only you can read (mode 0600), because {reason}",
                self.file.path().display()
            ),
        }
    }

    /// Where a new key would go.
    pub fn where_kept(&self) -> KeptIn {
        if self.keychain.is_there() {
            KeptIn::Keychain
        } else {
            KeptIn::File(self.file.path().to_owned())
        }
    }
}

/// The key without white space around it. A key goes into a header line: a line break within
/// would end it, and the rest would be sent as something else.
pub fn checked(key: &SecretString) -> Result<SecretString, SecretError> {
    let text = key.expose_secret().trim();
    if text.is_empty() {
        return Err(SecretError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(SecretError::ControlCharacter);
    }
    Ok(SecretString::from(text.to_owned()))
}

/// The last four characters of a key that is long enough to keep its secret without them.
pub fn tail(key: &SecretString) -> String {
    const SHORTEST: usize = 12;
    let text = key.expose_secret();
    let length = text.chars().count();
    if length < SHORTEST { String::new() } else { text.chars().skip(length - 4).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(dir: &Path) -> Secrets {
        Secrets::new(&dir.join("keys.json"), KeychainUse::Never)
    }

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn a_key_is_kept_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (ProviderId::from("one"), ProviderId::from("two"));
        open(dir.path()).set(&one, &secret("  sk-0123456789abcd\n")).unwrap();
        open(dir.path()).set(&two, &secret("short")).unwrap();
        let secrets = open(dir.path());
        assert_eq!(secrets.get(&one).unwrap().unwrap().expose_secret(), "sk-0123456789abcd");
        assert_eq!(secrets.source(&one).unwrap(), KeySource::File { tail: "abcd".to_owned() });
        assert_eq!(secrets.source(&two).unwrap(), KeySource::File { tail: String::new() });
        assert_eq!(secrets.where_kept(), KeptIn::File(dir.path().join("keys.json")));
        secrets.remove(&one).unwrap();
        assert!(secrets.get(&one).unwrap().is_none());
        assert_eq!(secrets.source(&one).unwrap(), KeySource::Missing);
        assert!(secrets.get(&two).unwrap().is_some());
    }

    #[test]
    fn the_place_is_told_with_its_reason() {
        let dir = tempfile::tempdir().unwrap();
        let place = open(dir.path()).describe_place();
        assert!(place.contains("keys.json, which only you can read"), "{place}");
        assert!(place.contains("SWITCHBOARD_NO_KEYCHAIN forbids"), "{place}");
    }

    #[test]
    fn a_key_that_would_break_a_header_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = open(dir.path());
        for key in ["sk-a\nb", "sk-a\r\nX-Other: 1", "a\tb", "a\0b", "a\u{7f}b"] {
            let error = secrets.set(&ProviderId::from("p"), &secret(key)).unwrap_err();
            assert!(matches!(error, SecretError::ControlCharacter), "{key:?}: {error}");
            assert!(!error.to_string().contains("sk-a"));
        }
        for key in ["", " \n"] {
            let error = secrets.set(&ProviderId::from("p"), &secret(key)).unwrap_err();
            assert!(matches!(error, SecretError::Empty), "{key:?}: {error}");
        }
        assert!(!dir.path().join("keys.json").exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_user_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("keys.json");
        std::fs::write(&file, "{}").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        open(dir.path()).set(&ProviderId::from("p"), &secret("k")).unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let names = std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(names, 2, "the keys and their lock, no temporary file");
    }

    #[test]
    fn a_file_that_cannot_be_read_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("keys.json"), "{ not json").unwrap();
        let error = open(dir.path()).set(&ProviderId::from("p"), &secret("k")).unwrap_err();
        assert!(matches!(error, SecretError::Unreadable { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(dir.path().join("keys.json")).unwrap(), "{ not json");
    }

    #[test]
    fn nothing_shows_a_key() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = open(dir.path());
        secrets.set(&ProviderId::from("p"), &secret("sk-0123456789abcd")).unwrap();
        assert!(!format!("{secrets:?}").contains("0123"));
    }
}
