//! Asking providers for their models, in the background.

use std::sync::Arc;

use super::{LIST_PATIENCE, Origin, Providers};
use crate::net::{fetch_image, local};
use crate::protocol::{
    BackendEvent, ErrorKind, KeyChange, KeySource, ModelInfo, ProviderConfig, ProviderError,
    ProviderId, ProviderStatus,
};

impl Providers {
    /// What follows the start: cached models, keys that need the keychain, lists, local servers.
    pub(super) async fn settle(self: &Arc<Self>) {
        for config in self.waiting_for_keys() {
            let (key, source) = self.look_up_key(&config).await;
            self.enter(config, key, source, Origin::Configured);
        }
        self.keys_known.send_replace(true);
        self.tell_key_place().await;
        self.load_cached().await;
        for id in self.ids() {
            self.tell_state(&id).await;
        }
        self.ask(super::guide_config().id).await;
        if self.setup.ask_at_start {
            self.look_around().await;
            self.ask_all().await;
        }
    }

    /// Adds or changes a provider and keeps its key; says whether that worked.
    pub(super) async fn save_with_key(&self, config: ProviderConfig, key: KeyChange) -> bool {
        let id = config.id.clone();
        if !self.change_key(&id, key).await {
            return false;
        }
        let (key, source) = self.look_up_key(&config).await;
        self.enter(config, key, source, Origin::Configured);
        self.tell_state(&id).await;
        true
    }

    /// Loads a picture that the user asked to see.
    pub(in crate::agent) fn load_image(self: Arc<Self>, url: String) {
        let providers = self.clone();
        self.spawn(async move {
            let result = fetch_image(&providers.setup.http, &url).await;
            providers.tell(BackendEvent::ImageLoaded { url, result }).await;
        });
    }

    /// Asks every provider that can be asked, all at once.
    pub(super) async fn ask_all(&self) {
        let asked = self.ids().into_iter().map(|id| self.ask(id));
        futures_util::future::join_all(asked).await;
    }

    /// Asks one provider and tells how it stands.
    pub(super) async fn ask(&self, id: ProviderId) {
        let Some(Ok(provider)) = self.get(&id) else { return self.tell_state(&id).await };
        self.set_status(&id, ProviderStatus::Checking).await;
        let listed = tokio::time::timeout(LIST_PATIENCE, provider.models()).await;
        let listed = listed.unwrap_or_else(|_| {
            let message = format!("No answer within {} s", LIST_PATIENCE.as_secs());
            Err(ProviderError::new(ErrorKind::Timeout, message))
        });
        match listed {
            Ok(models) => {
                if let Err(error) = self.store.save_models(id.clone(), models.clone()).await {
                    tracing::warn!(%error, "model list not cached");
                }
                self.set_models(&id, models);
                self.set_status(&id, ProviderStatus::Ready).await;
            }
            Err(error) => self.set_status(&id, ProviderStatus::Failed(error)).await,
        }
    }

    /// Looks for servers on this machine that are not configured.
    async fn look_around(&self) {
        for config in local::discover(&self.setup.http).await {
            let known = self.entries.read().values().any(|entry| {
                entry.state.config.url == config.url || entry.state.config.id == config.id
            });
            if !known {
                self.enter(config, None, KeySource::NotNeeded, Origin::Discovered);
            }
        }
    }

    fn ids(&self) -> Vec<ProviderId> {
        self.entries.read().keys().cloned().collect()
    }

    fn waiting_for_keys(&self) -> Vec<ProviderConfig> {
        let entries = self.entries.read();
        let keyless = entries.values().filter(|entry| entry.key_pending);
        keyless.map(|entry| entry.state.config.clone()).collect()
    }

    async fn load_cached(&self) {
        match self.store.load_models().await {
            Ok(lists) => {
                for (id, models) in lists {
                    self.set_models(&id, models);
                }
            }
            Err(error) => tracing::warn!(%error, "cached model lists not read"),
        }
    }

    fn set_models(&self, id: &ProviderId, models: Vec<ModelInfo>) {
        if let Some(entry) = self.entries.write().get_mut(id) {
            entry.state.models = models;
        }
    }

    async fn set_status(&self, id: &ProviderId, status: ProviderStatus) {
        if let Some(entry) = self.entries.write().get_mut(id) {
            entry.state.status = status;
        }
        self.tell_state(id).await;
    }

    async fn tell_state(&self, id: &ProviderId) {
        let state = self.entries.read().get(id).map(|entry| entry.state.clone());
        if let Some(state) = state {
            self.tell(BackendEvent::ProviderChanged(state)).await;
        }
    }
}
