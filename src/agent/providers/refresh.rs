//! Asking providers for their models, in the background.

use std::sync::Arc;
use std::time::Duration;

use super::{LIST_PATIENCE, Origin, Providers, catalogue};
use crate::net::{Provider, fetch_image, local};
use crate::protocol::{
    BackendEvent, ErrorKind, KeyChange, KeySource, ModelInfo, ProviderConfig, ProviderError,
    ProviderId, ProviderKind, ProviderStatus, Timestamp,
};
use crate::store::KeptModels;

/// How often it is looked whether a list is a day old.
const LOOK: Duration = Duration::from_secs(60 * 60);

/// What a list of models brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum News {
    /// The provider was removed meanwhile, or is another one now.
    Gone,
    /// It is what was known.
    Same,
    /// It differs.
    Other,
}

/// A provider that is asked. It may be edited before it answers.
struct Asked {
    id: ProviderId,
    provider: Arc<dyn Provider>,
}

impl Providers {
    /// What follows the start: cached models, keys that need the keychain, lists, local servers.
    pub(super) async fn settle(self: &Arc<Self>) {
        self.load_cached().await;
        for config in self.waiting_for_keys() {
            let (key, source) = self.look_up_key(&config).await;
            self.enter(config, key, source, Origin::Configured);
        }
        let ids = self.ids();
        for id in &ids {
            self.trust_fresh_list(id);
            self.show(id);
        }
        // Runs wait for this: by now the prices are known that a budget asks for.
        self.keys_known.send_replace(true);
        self.tell_key_place().await;
        for id in &ids {
            self.tell_state(id).await;
        }
        self.ask(super::guide_config().id).await;
        if self.setup.ask_at_start {
            self.look_around().await;
            loop {
                self.ask_due().await;
                tokio::time::sleep(LOOK).await;
            }
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
        if self.entries.read().get(&id).is_some_and(|entry| entry.listed.is_none()) {
            // It is new, or another server now.
            self.forget_list(&id).await;
        }
        self.show(&id);
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

    /// Asks those whose lists are a day old.
    async fn ask_due(&self) {
        let now = (self.clock.now)();
        let due: Vec<ProviderId> = {
            let entries = self.entries.read();
            let due = entries.values().map(|entry| &entry.state).filter(|state| {
                state.config.kind != ProviderKind::Guide && catalogue::is_due(state.listed, now)
            });
            due.map(|state| state.config.id.clone()).collect()
        };
        futures_util::future::join_all(due.into_iter().map(|id| self.ask(id))).await;
    }

    /// Asks one provider and tells how it stands.
    pub(super) async fn ask(&self, id: ProviderId) {
        let Some(Ok(provider)) = self.ready(&id).await else { return self.tell_state(&id).await };
        let asked = Asked { id, provider };
        let (id, provider) = (&asked.id, &asked.provider);
        self.set_status(&asked, ProviderStatus::Checking).await;
        let listed = tokio::time::timeout(LIST_PATIENCE, provider.models()).await;
        let listed = listed.unwrap_or_else(|_| {
            let message = format!("No answer within {} s", LIST_PATIENCE.as_secs());
            Err(ProviderError::new(ErrorKind::Timeout, message))
        });
        match listed {
            Ok(models) => {
                let listed = Some((self.clock.now)());
                match self.set_list(id, Some(provider), models.clone(), listed) {
                    News::Gone => {}
                    // Nothing is put together or written again.
                    News::Same => {
                        self.set_status(&asked, ProviderStatus::Ready).await;
                        self.keep_time(id, listed).await;
                    }
                    News::Other => {
                        self.show(id);
                        if self.note_status(&asked, ProviderStatus::Ready).is_none() {
                            return;
                        }
                        self.tell_state(id).await;
                        self.keep(KeptModels { provider: asked.id, models, listed }).await;
                    }
                }
            }
            Err(error) => self.set_status(&asked, ProviderStatus::Failed(error)).await,
        }
    }

    /// Looks for servers on this machine that are not configured.
    async fn look_around(&self) {
        for config in local::discover(&self.setup.http).await {
            let known = self.entries.read().values().any(|entry| {
                entry.state.config.url == config.url || entry.state.config.id == config.id
            });
            if !known {
                let id = config.id.clone();
                self.enter(config, None, KeySource::NotNeeded, Origin::Discovered);
                self.show(&id);
                self.tell_state(&id).await;
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
                for kept in lists {
                    let _news = self.set_list(&kept.provider, None, kept.models, kept.listed);
                }
            }
            Err(error) => tracing::warn!(%error, "cached model lists not read"),
        }
    }

    async fn keep(&self, list: KeptModels) {
        // What is built in is there anyway.
        if list.provider == super::guide_config().id {
            return;
        }
        if let Err(error) = self.store.save_models(list).await {
            tracing::warn!(%error, "model list not cached");
        }
    }

    /// Forgets what a provider told, that is no longer there.
    pub(super) async fn forget_list(&self, id: &ProviderId) {
        if let Err(error) = self.store.forget_models(id.clone()).await {
            tracing::warn!(%error, "cached model list not removed");
        }
    }

    async fn keep_time(&self, id: &ProviderId, listed: Option<Timestamp>) {
        if let Some(listed) = listed
            && let Err(error) = self.store.models_listed(id.clone(), listed).await
        {
            tracing::warn!(%error, "the time of a model list is not kept");
        }
    }

    /// Takes a list over; one that was told, only from the provider that still stands there.
    fn set_list(
        &self,
        id: &ProviderId,
        told_by: Option<&Arc<dyn Provider>>,
        models: Vec<ModelInfo>,
        listed: Option<Timestamp>,
    ) -> News {
        let mut entries = self.entries.write();
        let entry = entries.get_mut(id);
        let entry = entry.filter(|entry| told_by.is_none_or(|asked| entry.is(asked)));
        let Some(entry) = entry else { return News::Gone };
        entry.state.listed = listed.filter(|_| entry.state.config.kind != ProviderKind::Guide);
        if entry.listed.as_deref() == Some(models.as_slice()) {
            return News::Same;
        }
        entry.listed = Some(models.into());
        News::Other
    }

    /// A provider that told its models today is ready without being asked again.
    fn trust_fresh_list(&self, id: &ProviderId) {
        let now = (self.clock.now)();
        if let Some(entry) = self.entries.write().get_mut(id)
            && entry.state.status == ProviderStatus::Unknown
            && !catalogue::is_due(entry.state.listed, now)
        {
            entry.state.status = ProviderStatus::Ready;
        }
    }

    /// Tells how a provider stands, unless another one stands in its place by now.
    async fn set_status(&self, asked: &Asked, status: ProviderStatus) {
        let Some(listed) = self.note_status(asked, status.clone()) else { return };
        let provider = asked.id.clone();
        self.tell(BackendEvent::ProviderStatus { provider, status, listed }).await;
    }

    /// Gives when the models were told last; nothing where another provider stands there by now.
    fn note_status(&self, asked: &Asked, status: ProviderStatus) -> Option<Option<Timestamp>> {
        let mut entries = self.entries.write();
        let entry = entries.get_mut(&asked.id).filter(|entry| entry.is(&asked.provider))?;
        entry.state.status = status;
        Some(entry.state.listed)
    }

    pub(super) async fn tell_state(&self, id: &ProviderId) {
        let state = self.entries.read().get(id).map(|entry| entry.state.clone());
        if let Some(state) = state {
            self.tell(BackendEvent::ProviderChanged(state)).await;
        }
    }
}
