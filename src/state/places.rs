//! Where models stand in the lists of their providers: lists have thousands of them, and views ask
//! several times a frame.

use std::collections::HashMap;

use crate::protocol::{ModelId, ModelInfo, ProviderId, ProviderState};

/// The places, by provider, with the length of the list that they are of.
#[derive(Clone, Debug, Default)]
pub(super) struct ModelPlaces {
    known: HashMap<ProviderId, (usize, HashMap<ModelId, usize>)>,
}

impl ModelPlaces {
    /// Takes over the list of a provider. Of two models of one id the first counts.
    pub(super) fn note(&mut self, provider: &ProviderState) {
        let mut places = HashMap::with_capacity(provider.models.len());
        for (place, model) in provider.models.iter().enumerate() {
            places.entry(model.id.clone()).or_insert(place);
        }
        self.known.insert(provider.config.id.clone(), (provider.models.len(), places));
    }

    pub(super) fn forget(&mut self, provider: &ProviderId) {
        self.known.remove(provider);
    }

    /// A model of a provider. A list that is not known here is looked through.
    pub(super) fn find<'a>(
        &self,
        provider: &'a ProviderState,
        id: &ModelId,
    ) -> Option<&'a ModelInfo> {
        let by_hand = || provider.models.iter().find(|model| model.id == *id);
        match self.known.get(&provider.config.id) {
            Some((count, places)) if *count == provider.models.len() => {
                let found = provider.models.get(*places.get(id)?);
                found.filter(|model| model.id == *id).or_else(by_hand)
            }
            Some(_) | None => by_hand(),
        }
    }
}
