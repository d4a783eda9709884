//! Which model a bot is answered by, where it wants another one than the user's default.

use super::super::AppState;
use crate::protocol::{
    Ability, ModelId, ModelInfo, ModelPreference, PriceClass, ProviderState, ProviderStatus,
};

/// What is known of models, of the window or of the command line.
pub trait KnownModels {
    /// Who answers a chat that names no model.
    fn usual(&self) -> ModelId;
    /// What is known of a model, also where it cannot be had now.
    fn info(&self, id: &ModelId) -> Option<&ModelInfo>;
    /// Whether a model is listed by a provider that can be asked.
    fn can_be_had(&self, id: &ModelId) -> bool;
    /// Models that the user likes, best first: favourites, then those used lately.
    fn liked(&self) -> Vec<ModelId>;
    /// All models of all providers that can be asked.
    fn all(&self) -> Box<dyn Iterator<Item = &ModelInfo> + '_>;
}

/// What was decided about a bot's models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suited {
    /// The model; the user's default without.
    pub model: Option<ModelId>,
    /// Who answers when it cannot.
    pub fallback: Vec<ModelId>,
}

/// Decides by a preference.
pub fn suited(preference: &ModelPreference, models: &dyn KnownModels) -> Suited {
    let usual = models.usual();
    if preference.is_any() && !is_guide(&usual) {
        return Suited::default();
    }
    if !preference.ids.is_empty() {
        let mut had = preference.ids.iter().filter(|id| models.can_be_had(id)).cloned();
        if let Some(first) = had.next() {
            let mut fallback: Vec<ModelId> = Vec::new();
            for model in had {
                if model != first && !fallback.contains(&model) {
                    fallback.push(model);
                }
            }
            return Suited { model: Some(first).filter(|first| *first != usual), fallback };
        }
        if preference.abilities.is_empty() && preference.price.is_none() && !is_guide(&usual) {
            return Suited::default();
        }
    }
    let fits = |id: &ModelId| models.info(id).is_none_or(|info| satisfies(info, preference));
    if !is_guide(&usual) && fits(&usual) {
        return Suited::default();
    }
    let may = |id: &ModelId| {
        let is_shown = models.info(id).is_some_and(|info| !info.hidden);
        !is_guide(id) && is_shown && models.can_be_had(id)
    };
    let liked = models.liked().into_iter().find(|id| may(id) && fits(id));
    let model = liked.or_else(|| cheapest(preference, models));
    Suited { model: model.filter(|model| *model != usual), fallback: Vec::new() }
}

/// The cheapest that can do it: first of those of which that is known, then of the others.
fn cheapest(preference: &ModelPreference, models: &dyn KnownModels) -> Option<ModelId> {
    let may =
        |info: &&ModelInfo| !info.hidden && !is_guide(&info.id) && satisfies(info, preference);
    let doubts = |info: &ModelInfo| {
        let unsaid = |ability: &&Ability| known(info, **ability).is_none();
        preference.abilities.iter().filter(unsaid).count()
    };
    let price = |info: &ModelInfo| info.price_out.unwrap_or(f64::INFINITY);
    let best = models.all().filter(may).min_by(|one, other| {
        let by_doubt = doubts(one).cmp(&doubts(other));
        by_doubt.then(price(one).total_cmp(&price(other))).then_with(|| one.id.cmp(&other.id))
    });
    best.map(|info| info.id.clone())
}

/// Whether a model is known to do what is asked, or not known not to.
fn satisfies(info: &ModelInfo, preference: &ModelPreference) -> bool {
    let can = preference.abilities.iter().all(|ability| known(info, *ability) != Some(false));
    let most = preference.price.and_then(most_price);
    let is_cheap = most.zip(info.price_out).is_none_or(|(most, price)| price <= most);
    can && is_cheap
}

fn known(info: &ModelInfo, ability: Ability) -> Option<bool> {
    match ability {
        Ability::Vision => info.abilities.vision,
        Ability::Tools => info.abilities.tools,
        Ability::Thinking => info.abilities.thinking,
        Ability::Json => info.abilities.json,
    }
}

/// US dollars per million tokens written.
fn most_price(class: PriceClass) -> Option<f64> {
    match class {
        PriceClass::Low => Some(2.0),
        PriceClass::Medium => Some(10.0),
        PriceClass::High => None,
    }
}

/// Guide is no language model.
fn is_guide(id: &ModelId) -> bool {
    id.provider.as_str() == "guide"
}

impl KnownModels for AppState {
    fn usual(&self) -> ModelId {
        self.usual_model()
    }

    fn info(&self, id: &ModelId) -> Option<&ModelInfo> {
        self.model(id)
    }

    fn can_be_had(&self, id: &ModelId) -> bool {
        self.model(id).is_some() && self.provider(&id.provider).is_some_and(can_be_asked)
    }

    fn liked(&self) -> Vec<ModelId> {
        self.settings.favourites.iter().chain(&self.recents).cloned().collect()
    }

    fn all(&self) -> Box<dyn Iterator<Item = &ModelInfo> + '_> {
        let ready = self.providers.iter().filter(|provider| can_be_asked(provider));
        Box::new(ready.flat_map(|provider| &provider.models))
    }
}

/// Whether it is worth asking, as far as is known. Right after the start nobody has answered yet.
fn can_be_asked(provider: &ProviderState) -> bool {
    match provider.status {
        ProviderStatus::Unknown | ProviderStatus::Checking | ProviderStatus::Ready => true,
        ProviderStatus::NeedsKey | ProviderStatus::Failed(_) => false,
    }
}
