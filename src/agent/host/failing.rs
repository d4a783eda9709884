//! Providers that did not tell their models: they are asked again.

use std::collections::HashMap;

use super::Hub;
use crate::net::gateway::host::SessionKey;
use crate::protocol::{
    BackendCommand, ProviderId, ProviderState, ProviderStatus, ServerMessage, Timestamp,
};

/// The gateway asks again by itself after this, in milliseconds, and then after twice as long each
/// time.
const FIRST_MS: u64 = 60_000;
/// How often the wait doubles: half an hour at most.
const MOST_DOUBLINGS: u32 = 5;

/// Providers that failed.
#[derive(Debug, Default)]
pub(super) struct Failing(HashMap<ProviderId, Failed>);

#[derive(Clone, Copy, Debug)]
struct Failed {
    at: Timestamp,
    /// In a row.
    count: u32,
}

impl Failed {
    fn wait_ms(&self) -> u64 {
        FIRST_MS << self.count.saturating_sub(1).min(MOST_DOUBLINGS)
    }
}

impl Failing {
    /// Notes how a provider stands.
    pub(super) fn note(&mut self, provider: &ProviderId, status: &ProviderStatus, now: Timestamp) {
        match status {
            ProviderStatus::Failed(_) => {
                let first = Failed { at: now, count: 0 };
                let failed = self.0.entry(provider.clone()).or_insert(first);
                *failed = Failed { at: now, count: failed.count.saturating_add(1) };
            }
            ProviderStatus::Ready | ProviderStatus::NeedsKey => self.forget(provider),
            ProviderStatus::Unknown | ProviderStatus::Checking => {}
        }
    }

    pub(super) fn forget(&mut self, provider: &ProviderId) {
        self.0.remove(provider);
    }

    /// Those whose last failure is so long ago, by default as long as their own wait.
    fn due(&mut self, now: Timestamp, after_ms: Option<u64>) -> Vec<ProviderId> {
        let mut due = Vec::new();
        for (id, failed) in &mut self.0 {
            if now.ms_since(failed.at) >= after_ms.unwrap_or_else(|| failed.wait_ms()) {
                // Until it has answered, nobody asks it once more.
                failed.at = now;
                due.push(id.clone());
            }
        }
        due
    }
}

impl Hub {
    /// Asks those that failed a while ago, because a client wants their models.
    pub(super) async fn ask_failed_now(&mut self) {
        self.ask_failed(Some(self.rules.ask_again_ms)).await;
    }

    /// Asks those that failed so long ago that it is their turn.
    pub(super) async fn ask_failed_in_turn(&mut self) {
        self.ask_failed(None).await;
    }

    async fn ask_failed(&mut self, after_ms: Option<u64>) {
        for id in self.failing.due(self.now(), after_ms) {
            self.ask(BackendCommand::RefreshModels { provider: Some(id) }).await;
        }
    }

    /// Takes over how a provider stands, and tells who asked for models where they are others now.
    pub(super) fn set_provider(&mut self, state: ProviderState) {
        self.failing.note(&state.config.id, &state.status, self.now());
        let known = self.providers.iter_mut().find(|known| known.config.id == state.config.id);
        let is_news = match known {
            Some(known) => std::mem::replace(known, state.clone()).models != state.models,
            None => {
                let has_models = !state.models.is_empty();
                self.providers.push(state);
                has_models
            }
        };
        if is_news {
            self.tell_models();
        }
    }

    fn tell_models(&mut self) {
        let listed = self.sessions.iter().filter(|(_, session)| session.has_listed_models);
        let keys: Vec<SessionKey> = listed.map(|(key, _)| *key).collect();
        for key in keys {
            let Some(session) = self.sessions.get(&key) else { continue };
            let models = self.models(&session.visitor);
            self.say(key, &ServerMessage::Models { id: None, models });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ErrorKind, ProviderError};

    #[test]
    fn who_failed_is_asked_again_ever_more_rarely_and_at_once_where_it_is_wanted() {
        let id = ProviderId::from("p");
        let failed = ProviderStatus::Failed(ProviderError::new(ErrorKind::Network, "down"));
        let mut failing = Failing::default();
        let mut now = Timestamp(1_000_000);
        for minutes in [1, 2, 4, 8, 16, 32, 32] {
            failing.note(&id, &failed, now);
            assert!(failing.due(now.plus_ms(minutes * 60_000 - 1), None).is_empty(), "{minutes}");
            now = now.plus_ms(minutes * 60_000);
            assert_eq!(failing.due(now, None), std::slice::from_ref(&id));
            assert!(failing.due(now, None).is_empty(), "it is being asked");
        }
        failing.note(&id, &failed, now);
        assert!(failing.due(now.plus_ms(9_999), Some(10_000)).is_empty());
        assert_eq!(failing.due(now.plus_ms(10_000), Some(10_000)), std::slice::from_ref(&id));
        failing.note(&id, &ProviderStatus::Ready, now);
        assert!(failing.due(now.plus_ms(u64::MAX / 4), None).is_empty());
    }
}
