//! Who may come in: tokens of the database, those of a file, and a pairing code.

use std::future::Future;
use std::pin::Pin;

use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::access::ANONYMOUS;
use crate::agent::Clock;
use crate::net::gateway::host::{Doorkeeper, Visitor};
use crate::protocol::{Access, Timestamp};
use crate::store::{StoreHandle, is_unseen, token_hash};

/// How long a pairing code counts, in milliseconds: 10 minutes.
pub const PAIRING_MS: u64 = 10 * 60 * 1_000;

/// So many wrong codes end the pairing: nobody guesses one of 40 bits in that many.
const MOST_GUESSES: u32 = 10;
/// The use of a token is noted this often, in milliseconds.
const NOTED_MS: u64 = 60 * 1_000;
/// The longest name of a paired client.
const NAME_LENGTH: usize = 60;

/// What lets anybody in besides the tokens of the database.
#[derive(Debug, Default)]
pub struct DoorRules {
    /// Tokens from a file; each is an owner's.
    pub tokens: Vec<SecretString>,
    /// Whether anybody may come in without a token, as a guest.
    pub anonymous: bool,
    /// A code that gives a token, once.
    pub code: Option<SecretString>,
}

/// The doorkeeper of a gateway.
#[derive(Debug)]
pub struct Door {
    store: StoreHandle,
    clock: Clock,
    /// Hashes of the tokens of the file.
    of_file: Vec<[u8; 32]>,
    anonymous: bool,
    pairing: Mutex<Option<Pairing>>,
}

/// A code that was shown.
#[derive(Debug)]
struct Pairing {
    hash: [u8; 32],
    until: Timestamp,
    guesses: u32,
}

impl Door {
    /// A door with its rules. The code counts from now on.
    pub fn new(store: StoreHandle, clock: Clock, rules: &DoorRules) -> Self {
        let until = (clock.now)().plus_ms(PAIRING_MS);
        let of_file = rules.tokens.iter().map(|token| token_hash(token.expose_secret())).collect();
        let pairing = rules.code.as_ref().map(|code| Pairing {
            hash: token_hash(&spelled(code.expose_secret())),
            until,
            guesses: 0,
        });
        let anonymous = rules.anonymous;
        Self { store, clock, of_file, anonymous, pairing: Mutex::new(pairing) }
    }

    async fn visitor(&self, token: Option<SecretString>) -> Option<Visitor> {
        let Some(token) = token else {
            let guest = || Visitor { token: ANONYMOUS.to_owned(), access: Access::Guest };
            return self.anonymous.then(guest);
        };
        let hash = token_hash(token.expose_secret());
        // All are compared, so that the time tells nothing.
        let mut place = None;
        for (index, known) in self.of_file.iter().enumerate() {
            if bool::from(known.ct_eq(&hash)) {
                place = Some(index);
            }
        }
        if let Some(index) = place {
            return Some(Visitor { token: format!("file:{index}"), access: Access::Owner });
        }
        let now = (self.clock.now)();
        let found = match self.store.token_by_hash(hash).await {
            Ok(found) => found?,
            Err(error) => {
                tracing::error!(%error, "a token could not be looked up");
                return None;
            }
        };
        if !found.is_valid(now) {
            return None;
        }
        if found.last_used.is_none_or(|used| now.ms_since(used) > NOTED_MS)
            && let Err(error) = self.store.token_used(&found.id).await
        {
            tracing::warn!(%error, "the use of a token could not be noted");
        }
        Some(Visitor { token: found.id, access: found.access })
    }

    /// Whether the code is the right one. It counts once.
    fn takes(&self, code: &str) -> bool {
        let mut pairing = self.pairing.lock();
        let Some(open) = pairing.as_mut() else { return false };
        let is_right = bool::from(open.hash.ct_eq(&token_hash(&spelled(code))));
        let is_late = (self.clock.now)() >= open.until;
        open.guesses += 1;
        if is_right || is_late || open.guesses >= MOST_GUESSES {
            *pairing = None;
        }
        is_right && !is_late
    }

    /// A name, with a number behind it where a token that counts has it already: each can be taken
    /// back by itself.
    async fn free_name(&self, name: &str) -> String {
        let now = (self.clock.now)();
        let tokens = self.store.tokens().await.unwrap_or_default();
        let is_taken =
            |name: &str| tokens.iter().any(|token| token.name == name && token.is_valid(now));
        let numbered = |number| match number {
            1 => name.to_owned(),
            number => format!("{name}-{number}"),
        };
        (1..=tokens.len() + 1).map(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }

    async fn pair_with(&self, code: &SecretString, client: &str) -> Option<SecretString> {
        if !self.takes(code.expose_secret()) {
            return None;
        }
        let name: String = client.chars().filter(|c| !is_unseen(*c)).take(NAME_LENGTH).collect();
        let name = if name.trim().is_empty() { "paired" } else { name.trim() };
        let name = self.free_name(name).await;
        match self.store.add_token(&name, Access::Owner, None).await {
            Ok((token, secret)) => {
                tracing::info!(name = %token.name, "a client was paired");
                Some(secret)
            }
            Err(error) => {
                tracing::error!(%error, "a client could not be paired");
                None
            }
        }
    }
}

/// A code as it is compared: however it was typed.
fn spelled(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

impl Doorkeeper for Door {
    fn admit(
        &self,
        token: Option<SecretString>,
    ) -> Pin<Box<dyn Future<Output = Option<Visitor>> + Send + '_>> {
        Box::pin(self.visitor(token))
    }

    fn pair(
        &self,
        code: SecretString,
        client: String,
    ) -> Pin<Box<dyn Future<Output = Option<SecretString>> + Send + '_>> {
        Box::pin(async move { self.pair_with(&code, &client).await })
    }
}
