//! Whether a model can still be had.

use super::AppState;
use crate::protocol::{ModelId, ProviderStatus};

/// Why a model cannot be had any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Its provider is not configured any more.
    ProviderGone,
    /// Its provider answers, and does not list it.
    NotListed {
        /// The provider's name.
        provider: String,
    },
}

impl Missing {
    /// A sentence.
    pub fn sentence(&self, model: &ModelId) -> String {
        match self {
            Self::ProviderGone => format!("There is no provider “{}” any more", model.provider),
            Self::NotListed { provider } => {
                format!("{provider} no longer lists it: it was renamed or removed")
            }
        }
    }
}

impl AppState {
    /// Why a model no longer exists, as far as can be known: lists that are still being asked for,
    /// or could not be had, say nothing.
    pub fn missing(&self, model: &ModelId) -> Option<Missing> {
        if self.server_id_here().is_some() {
            // What a server has is its own affair.
            return None;
        }
        let Some(provider) = self.provider(&model.provider) else {
            return (!self.providers.is_empty()).then_some(Missing::ProviderGone);
        };
        let is_known = provider.status == ProviderStatus::Ready && !provider.models.is_empty();
        let missing = is_known && self.model(model).is_none();
        missing.then(|| Missing::NotListed { provider: provider.config.name.clone() })
    }
}
