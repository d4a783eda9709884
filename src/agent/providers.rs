//! Where answers come from: configured, found by themselves, built in. Their keys and models.

pub mod catalogue;
mod keys;
mod refresh;

pub use keys::{Found, find_key};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::catalogue::{Edits, Sources};
use super::clock::Clock;
use crate::net::{self, HttpClient, Provider};
use crate::protocol::{
    BackendEvent, HelpSearch, KeyChange, KeySource, ModelId, ModelInfo, ProviderConfig,
    ProviderError, ProviderId, ProviderKind, ProviderState, ProviderStatus, Timestamp, Usage,
};
use crate::store::StoreHandle;
use crate::store::secrets::Secrets;

/// How long the end of the app waits for a key to be kept.
const CHANGE_PATIENCE: Duration = Duration::from_secs(3);

/// How long a provider may take to list its models.
const LIST_PATIENCE: Duration = Duration::from_secs(20);

/// The environment, `.env` files included. Read once, passed in.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// An environment with these variables.
    pub fn new(variables: HashMap<String, String>) -> Self {
        Self(variables)
    }

    /// A variable that is set and not empty.
    pub fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets.
        write!(f, "Environment({} variables)", self.0.len())
    }
}

/// What the providers are made of.
#[derive(Debug)]
pub struct ProviderSetup {
    /// From `config.toml`.
    pub configured: Vec<ProviderConfig>,
    /// For keys.
    pub environment: Environment,
    /// For keys.
    pub secrets: Arc<Secrets>,
    /// For requests.
    pub http: HttpClient,
    /// For Guide.
    pub help: Arc<dyn HelpSearch>,
    /// Whether local servers are looked for and model lists are asked for at start.
    pub ask_at_start: bool,
}

/// The configuration of the built-in provider.
pub fn guide_config() -> ProviderConfig {
    ProviderConfig::new("guide", "Guide", ProviderKind::Guide, "")
}

#[derive(Debug)]
struct Entry {
    provider: Result<Arc<dyn Provider>, ProviderError>,
    /// The provider where only its key is missing: it knows what its models take.
    keyless: Option<Arc<dyn Provider>>,
    state: ProviderState,
    /// What it told of its models; none where it never did.
    listed: Option<Arc<[ModelInfo]>>,
    /// Where each of its models stands in the state, by name: the way of a message may not
    /// depend on the length of a list.
    places: HashMap<String, usize>,
    /// Its key may still come from the keychain: whoever wants to use it waits for that.
    key_pending: bool,
}

impl Entry {
    /// Whether it still is this provider: what is edited is built anew.
    fn is(&self, provider: &Arc<dyn Provider>) -> bool {
        self.provider.as_ref().is_ok_and(|own| Arc::ptr_eq(own, provider))
    }

    fn sources<'a>(&'a self, edits: &'a Edits, now: Timestamp) -> Sources<'a> {
        let provider = self.provider.as_ref().ok().or(self.keyless.as_ref());
        Sources {
            config: &self.state.config,
            listed: self.listed.as_deref(),
            edits,
            provider: provider.map(|provider| &**provider),
            now,
        }
    }
}

/// All providers of this process.
#[derive(Debug)]
pub(super) struct Providers {
    setup: ProviderSetup,
    store: StoreHandle,
    events: mpsc::Sender<BackendEvent>,
    clock: Clock,
    entries: RwLock<BTreeMap<ProviderId, Entry>>,
    /// What the user knows better about models.
    edits: RwLock<Arc<Edits>>,
    /// Held while the models of a provider are put together, so that the last to change something
    /// is the last to show it. Never on the way of a message.
    showing: Mutex<()>,
    /// Whether all keys have been looked up.
    keys_known: watch::Sender<bool>,
    ending: CancellationToken,
    /// Changes of keys: the end of the app waits for them.
    changes: TaskTracker,
}

impl Providers {
    pub(super) fn new(
        setup: ProviderSetup,
        edits: Edits,
        clock: Clock,
        store: StoreHandle,
        events: mpsc::Sender<BackendEvent>,
    ) -> Self {
        let entries = RwLock::new(BTreeMap::new());
        let edits = RwLock::new(Arc::new(edits));
        let keys_known = watch::Sender::new(false);
        Self {
            setup,
            store,
            events,
            clock,
            entries,
            edits,
            showing: Mutex::new(()),
            keys_known,
            ending: CancellationToken::new(),
            changes: TaskTracker::new(),
        }
    }

    /// Makes the providers ready. Guide and those whose key is in the environment can be used at
    /// once; what needs the keychain or the network follows in the background.
    pub(super) fn start(self: &Arc<Self>) {
        self.enter(guide_config(), None, KeySource::NotNeeded, Origin::Configured);
        for config in self.with_discovered_keys() {
            let origin = if self.setup.configured.iter().any(|known| known.id == config.id) {
                Origin::Configured
            } else {
                Origin::Discovered
            };
            match self.key_at_hand(&config) {
                Some((key, source)) => self.enter(config.clone(), key, source, origin),
                None => {
                    self.enter(config.clone(), None, keys::without_key(&config), origin);
                    self.expect_key(&config.id);
                }
            }
        }
        let providers = self.clone();
        self.spawn(async move { providers.settle().await });
    }

    /// Ends what runs in the background, but for changes of keys, which are waited for.
    pub(super) async fn stop(&self) {
        self.ending.cancel();
        self.changes.close();
        if tokio::time::timeout(CHANGE_PATIENCE, self.changes.wait()).await.is_err() {
            tracing::warn!("a key may not have been kept");
        }
    }

    /// A provider that can be used, once its key is known; an error where it cannot be used.
    pub(super) async fn ready(
        &self,
        id: &ProviderId,
    ) -> Option<Result<Arc<dyn Provider>, ProviderError>> {
        let pending = self.entries.read().get(id)?.key_pending;
        if pending {
            let mut known = self.keys_known.subscribe();
            // The sender lives as long as `self`.
            if known.wait_for(|known| *known).await.is_err() {
                return None;
            }
        }
        self.get(id)
    }

    /// Waits until what was kept of the providers is known: their keys and their lists of models.
    pub(super) async fn settled(&self) {
        let mut known = self.keys_known.subscribe();
        // The sender lives as long as `self`.
        drop(known.wait_for(|known| *known).await);
    }

    fn expect_key(&self, id: &ProviderId) {
        if let Some(entry) = self.entries.write().get_mut(id) {
            entry.key_pending = true;
        }
    }

    /// A provider by its id; an error where it is there but cannot be used.
    fn get(&self, id: &ProviderId) -> Option<Result<Arc<dyn Provider>, ProviderError>> {
        let entries = self.entries.read();
        entries.get(id).map(|entry| match &entry.provider {
            Ok(provider) => Ok(provider.clone()),
            Err(error) => Err(error.clone()),
        })
    }

    /// What is known of a model.
    pub(super) fn model(&self, id: &ModelId) -> ModelInfo {
        let entries = self.entries.read();
        let Some(entry) = entries.get(&id.provider) else { return ModelInfo::unknown(id.clone()) };
        let place = entry.places.get(&id.model);
        match place.and_then(|place| entry.state.models.get(*place)) {
            Some(info) => info.clone(),
            None => {
                let edits = self.edits.read().clone();
                catalogue::unlisted(id, entry.sources(&edits, (self.clock.now)()))
            }
        }
    }

    /// What tokens of a model cost, where its prices are known. US dollars.
    pub(super) fn cost(&self, model: &ModelId, usage: &Usage) -> Option<f64> {
        self.model(model).cost(usage)
    }

    /// Adds or changes a provider, keeps its key, asks it for its models.
    pub(super) fn save(self: Arc<Self>, config: ProviderConfig, key: KeyChange) {
        let providers = self.clone();
        self.changes.spawn(async move {
            let id = config.id.clone();
            if providers.save_with_key(config, key).await {
                providers.clone().refresh(Some(id));
            }
        });
    }

    /// Removes a provider and its key.
    pub(super) fn remove(self: Arc<Self>, id: ProviderId) {
        let providers = self.clone();
        self.changes.spawn(async move {
            providers.entries.write().remove(&id);
            providers.forget_key(&id).await;
            providers.forget_list(&id).await;
            providers.tell(BackendEvent::ProviderRemoved(id)).await;
        });
    }

    /// Asks a provider, or all, for the models.
    pub(super) fn refresh(self: Arc<Self>, id: Option<ProviderId>) {
        let providers = self.clone();
        self.spawn(async move {
            match id {
                Some(id) => providers.ask(id).await,
                None => providers.ask_all().await,
            }
        });
    }

    /// Puts a provider in place. What was known of its models stays, unless it is another server
    /// now. Its models are shown by [`Self::show`].
    fn enter(
        &self,
        config: ProviderConfig,
        key: Option<secrecy::SecretString>,
        source: KeySource,
        origin: Origin,
    ) {
        let missing = source == KeySource::Missing;
        let provider = net::build(config.clone(), key, &self.setup.http, self.setup.help.clone());
        let status = match &provider {
            Err(error) => ProviderStatus::Failed(error.clone()),
            Ok(_) if missing => ProviderStatus::NeedsKey,
            Ok(_) if config.kind == ProviderKind::Guide => ProviderStatus::Ready,
            Ok(_) => ProviderStatus::Unknown,
        };
        let (provider, keyless) = match provider {
            Ok(built) if missing => (Err(keys::missing_key(&config)), Some(built)),
            built => (built, None),
        };
        let id = config.id.clone();
        let discovered = origin == Origin::Discovered;
        let mut entries = self.entries.write();
        let old = entries.remove(&id);
        let same_server = |old: &Entry| {
            old.state.config.url == config.url && old.state.config.kind == config.kind
        };
        let (models, listed_at, listed, places) = match old.filter(same_server) {
            Some(old) => (old.state.models, old.state.listed, old.listed, old.places),
            None => (Vec::new(), None, None, HashMap::new()),
        };
        let state =
            ProviderState { config, key: source, status, models, listed: listed_at, discovered };
        let key_pending = false;
        entries.insert(id, Entry { provider, keyless, state, listed, places, key_pending });
    }

    /// Puts together what is shown of a provider's models.
    fn show(&self, id: &ProviderId) {
        let _turn = self.showing.lock();
        let edits = self.edits.read().clone();
        let (config, listed, provider) = {
            let entries = self.entries.read();
            let Some(entry) = entries.get(id) else { return };
            let provider = entry.provider.as_ref().ok().or(entry.keyless.as_ref()).cloned();
            (entry.state.config.clone(), entry.listed.clone(), provider)
        };
        let models = catalogue::merged(Sources {
            config: &config,
            listed: listed.as_deref(),
            edits: &edits,
            provider: provider.as_deref(),
            now: (self.clock.now)(),
        });
        let names = models.iter().map(|model| model.id.model.clone());
        let places = names.zip(0..).collect();
        if let Some(entry) = self.entries.write().get_mut(id) {
            entry.state.models = models;
            entry.places = places;
        }
    }

    /// Takes over what the user knows better about models. Holds at once.
    pub(super) fn edit(self: Arc<Self>, edits: &Edits) {
        let edits = Arc::new(edits.clone());
        let before = std::mem::replace(&mut *self.edits.write(), Arc::clone(&edits));
        let changed: BTreeSet<ProviderId> = before
            .iter()
            .filter(|(id, edit)| edits.get(*id) != Some(*edit))
            .chain(edits.iter().filter(|(id, edit)| before.get(*id) != Some(*edit)))
            .map(|(id, _)| id.provider.clone())
            .collect();
        if changed.is_empty() {
            return;
        }
        let providers = self.clone();
        self.spawn(async move {
            for id in changed {
                providers.show(&id);
                providers.tell_state(&id).await;
            }
        });
    }

    async fn tell(&self, event: BackendEvent) {
        if self.events.send(event).await.is_err() {
            tracing::debug!("nobody listens to events any more");
        }
    }

    /// Works on something that the end of the app waits for a little.
    pub(super) fn finish_in_background(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.changes.spawn(work);
    }

    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let ending = self.ending.clone();
        tokio::spawn(async move { ending.run_until_cancelled(work).await });
    }
}

/// How a provider came here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Origin {
    /// The user configured it, or it is built in.
    Configured,
    /// A key in the environment or a server on this machine.
    Discovered,
}
