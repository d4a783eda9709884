//! The system's keychain, asked with a deadline: a keychain service that hangs must not hang us.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use keyring::{Entry, Error};
use secrecy::{ExposeSecret, SecretString};

use super::KeychainUse;
use crate::protocol::ProviderId;

/// The name under which the keychain lists our keys.
const SERVICE: &str = "switchboard";
/// Longer than this the keychain is not waited for, and not asked again by this process.
const DEADLINE: Duration = Duration::from_secs(3);

/// What the system calls its keychain.
pub(super) const NAME: &str = if cfg!(target_os = "macos") {
    "the macOS keychain"
} else if cfg!(windows) {
    "the Windows Credential Manager"
} else {
    "the Secret Service (GNOME Keyring, KWallet or KeePassXC)"
};

/// The keychain, until it fails to answer in time.
#[derive(Debug)]
pub(super) struct Keychain {
    usable: AtomicBool,
    allowed: KeychainUse,
}

impl Keychain {
    pub(super) fn new(allowed: KeychainUse) -> Self {
        let usable = match allowed {
            KeychainUse::Allowed => true,
            KeychainUse::Never => false,
        };
        Self { usable: AtomicBool::new(usable), allowed }
    }

    /// Whether there is one that answers.
    pub(super) fn is_there(&self) -> bool {
        self.absence().is_none()
    }

    /// Why there is none, in words; none where there is one.
    pub(super) fn absence(&self) -> Option<String> {
        match self.allowed {
            KeychainUse::Never => {
                return Some(format!("{} forbids the keychain", super::NO_KEYCHAIN_VARIABLE));
            }
            KeychainUse::Allowed => {}
        }
        let status = self.ask(|| Entry::store_status().as_ref().map_err(ToString::to_string).err());
        match status {
            Some(None) => None,
            Some(Some(error)) => Some(format!("{NAME} cannot be used: {error}")),
            None => Some(format!("{NAME} does not answer")),
        }
    }

    pub(super) fn get(&self, provider: &ProviderId) -> Option<SecretString> {
        let name = provider.to_string();
        let key = self.ask(move || Entry::new(SERVICE, &name)?.get_password())?;
        report(key).map(SecretString::from)
    }

    /// Gives whether the key is kept now.
    pub(super) fn set(&self, provider: &ProviderId, key: &SecretString) -> bool {
        let (name, key) = (provider.to_string(), key.clone());
        let kept = self.ask(move || Entry::new(SERVICE, &name)?.set_password(key.expose_secret()));
        kept.and_then(report).is_some()
    }

    pub(super) fn remove(&self, provider: &ProviderId) {
        let name = provider.to_string();
        self.ask(move || Entry::new(SERVICE, &name)?.delete_credential()).and_then(report);
    }

    /// Asks in a thread of its own. One that does not come back is left behind.
    fn ask<T: Send + 'static>(&self, question: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        if !self.usable.load(Ordering::Relaxed) {
            return None;
        }
        let (sender, answer) = flume::bounded(1);
        let asked = std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
            // After the deadline nobody listens.
            drop(sender.send(question()));
        });
        let answer = asked.ok().and_then(|_| answer.recv_timeout(DEADLINE).ok());
        if answer.is_none() {
            tracing::warn!("the keychain does not answer; keys go to a file");
            self.usable.store(false, Ordering::Relaxed);
        }
        answer
    }
}

/// The value, or a line in the log for what is not simply a missing key.
fn report<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::NoEntry | Error::NoDefaultStore) => None,
        Err(Error::BadEncoding(_) | Error::BadDataFormat(..)) => {
            tracing::warn!("a key in the keychain is not text");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the keychain refuses");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keychain_that_may_not_be_asked_is_not() {
        let keychain = Keychain::new(KeychainUse::Never);
        assert_eq!(keychain.ask(|| 1), None);
        assert!(!keychain.is_there());
    }

    #[test]
    fn a_keychain_that_dies_is_not_asked_again() {
        let keychain = Keychain::new(KeychainUse::Allowed);
        let answer: Option<()> = keychain.ask(|| panic!("no answer"));
        assert_eq!(answer, None);
        assert_eq!(keychain.ask(|| 1), None);
    }
}
