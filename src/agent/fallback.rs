//! Who answers when a model cannot: the next one of the chain, told to the user, never dearer
//! than the model that was chosen unless that is allowed.

use std::collections::VecDeque;

use super::run::Run;
use super::stop::StopWish;
use crate::net::{self, Provider};
use crate::protocol::{
    ErrorKind, Fallback, ModelId, ModelInfo, NotificationLevel, ProviderError, ProviderKind,
    StreamEvent,
};

/// The models that may still answer in the place of the chosen one.
#[derive(Debug, Default)]
pub(super) struct Chain {
    rest: VecDeque<ModelId>,
    allow_dearer: bool,
    /// The model that the user chose: its prices are the measure.
    chosen: Option<ModelId>,
}

impl Chain {
    /// The chain behind a chosen model. Every model stands in it once.
    pub(super) fn new(fallback: &Fallback, chosen: &ModelId) -> Self {
        let mut rest = VecDeque::new();
        for model in &fallback.models {
            if model != chosen && !rest.contains(model) {
                rest.push_back(model.clone());
            }
        }
        Self { rest, allow_dearer: fallback.allow_dearer, chosen: Some(chosen.clone()) }
    }
}

/// Who is next, and who was passed over on the way, each with the reason.
#[derive(Debug, Default)]
pub(super) struct Pick {
    next: Option<ModelId>,
    passed_over: Vec<String>,
}

impl Run {
    /// Whether another model would answer after such a failure: then it is not waited out.
    pub(super) async fn has_substitute(&self, kind: ErrorKind) -> bool {
        let control = self.control.clone();
        tokio::select! {
            biased;
            _ = control.wished(StopWish::Graceful) => false,
            pick = self.substitute(kind) => pick.is_some_and(|pick| pick.next.is_some()),
        }
    }

    /// Who would answer after such a failure, if the chain has anyone. Changes nothing.
    pub(super) async fn substitute(&self, kind: ErrorKind) -> Option<Pick> {
        if self.chain.rest.is_empty() || !self.may_pass_on(kind) {
            return None;
        }
        Some(self.pick().await)
    }

    /// Hands over to the next model, visibly. False where none may answer.
    pub(super) async fn hand_over(&mut self, error: &ProviderError, pick: Pick) -> bool {
        let Pick { next, passed_over } = pick;
        let Some(next) = next else {
            self.chain.rest.clear();
            let message = format!("No other model answered: {}", passed_over.join(", "));
            let level = NotificationLevel::Info;
            self.sink.emit(StreamEvent::notification(level, "no_fallback", message)).await;
            return false;
        };
        while self.chain.rest.pop_front().is_some_and(|passed| passed != next) {}
        let mut reason = why(error);
        if !passed_over.is_empty() {
            reason = format!("{reason}. Passed over: {}", passed_over.join(", "));
        }
        let old_model = std::mem::replace(&mut self.model, next.clone());
        tracing::info!(%old_model, new_model = %next, kind = ?error.kind, "another model goes on");
        self.sink.emit(StreamEvent::ModelFallback { old_model, new_model: next, reason }).await;
        true
    }

    /// Only before any content of the answer: nobody finishes another model's sentence.
    fn may_pass_on(&self, kind: ErrorKind) -> bool {
        let passes = match kind {
            ErrorKind::Overloaded | ErrorKind::RateLimited | ErrorKind::NotFound => true,
            ErrorKind::Auth
            | ErrorKind::ContextTooLong
            | ErrorKind::BadRequest
            | ErrorKind::Network
            | ErrorKind::Timeout
            | ErrorKind::Protocol
            | ErrorKind::Refused
            | ErrorKind::Cancelled
            | ErrorKind::OverBudget => false,
        };
        passes && self.aside.is_none() && !self.sink.has_content()
    }

    async fn pick(&self) -> Pick {
        let mut pick = Pick::default();
        let Some(chosen) = &self.chain.chosen else { return pick };
        // Right after the start, prices are still being read.
        self.providers.settled().await;
        let provider = self.providers.ready(&chosen.provider).await.and_then(Result::ok);
        let chosen = self.priced(chosen, provider.as_deref());
        for id in &self.chain.rest {
            let provider = match self.providers.ready(&id.provider).await {
                Some(Ok(provider)) => provider,
                Some(Err(error)) => {
                    pick.passed_over.push(format!("{id} ({error})"));
                    continue;
                }
                None => {
                    pick.passed_over.push(format!("{id} (its provider is not there)"));
                    continue;
                }
            };
            let dearer = is_dearer(&self.priced(id, Some(provider.as_ref())), &chosen);
            if !dearer || self.chain.allow_dearer {
                pick.next = Some(id.clone());
                break;
            }
            pick.passed_over.push(format!("{id} (may cost more)"));
        }
        pick
    }

    /// A model with its prices. One without, on this machine, costs nothing.
    fn priced(&self, id: &ModelId, provider: Option<&dyn Provider>) -> ModelInfo {
        let mut model = self.providers.model(id);
        let is_here = provider.is_some_and(|provider| {
            let config = provider.config();
            config.kind == ProviderKind::Guide || net::is_on_this_machine(&config.url)
        });
        if is_here {
            model.price_in = model.price_in.or(Some(0.0));
            model.price_out = model.price_out.or(Some(0.0));
        }
        model
    }
}

/// In words, for behind a colon.
fn why(error: &ProviderError) -> String {
    match error.kind {
        ErrorKind::Overloaded => "it is overloaded".to_owned(),
        ErrorKind::RateLimited => "it takes no more requests now".to_owned(),
        ErrorKind::NotFound => format!("it is not there ({})", error.message),
        ErrorKind::Auth
        | ErrorKind::ContextTooLong
        | ErrorKind::BadRequest
        | ErrorKind::Network
        | ErrorKind::Timeout
        | ErrorKind::Protocol
        | ErrorKind::Refused
        | ErrorKind::Cancelled
        | ErrorKind::OverBudget => error.message.clone(),
    }
}

/// Whether a model may cost more than another. What is not known counts as more, unless it is
/// known of neither.
fn is_dearer(model: &ModelInfo, than: &ModelInfo) -> bool {
    let dearer = |price: Option<f64>, than: Option<f64>| match (price, than) {
        (Some(price), _) if price <= 0.0 => false,
        (Some(price), Some(than)) => price > than,
        (None, None) => false,
        (None, Some(_)) | (Some(_), None) => true,
    };
    dearer(model.price_in, than.price_in) || dearer(model.price_out, than.price_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_to_be_as_cheap_counts_as_dearer() {
        let priced = |price_in, price_out| ModelInfo {
            price_in,
            price_out,
            ..ModelInfo::unknown(ModelId::new("test", "model"))
        };
        let (some, none) = (priced(Some(1.0), Some(4.0)), priced(None, None));
        let table = [
            (priced(Some(1.0), Some(4.0)), &some, false),
            (priced(Some(0.5), Some(3.0)), &some, false),
            (priced(Some(0.5), Some(4.1)), &some, true),
            (priced(Some(1.1), Some(0.1)), &some, true),
            (priced(Some(0.0), Some(0.0)), &some, false),
            (priced(Some(0.0), Some(0.0)), &none, false),
            (priced(None, None), &some, true),
            (priced(None, Some(1.0)), &some, true),
            (priced(None, None), &none, false),
            (priced(Some(0.1), Some(0.1)), &none, true),
        ];
        for (model, than, expected) in table {
            let prices = (model.price_in, model.price_out, than.price_in);
            assert_eq!(is_dearer(&model, than), expected, "{prices:?}");
        }
    }

    #[test]
    fn a_chain_names_every_model_once_and_never_the_chosen_one() {
        let id = |name: &str| ModelId::new("test", name);
        let fallback =
            Fallback { models: ["a", "b", "a", "c", "b"].map(id).to_vec(), allow_dearer: false };
        let chain = Chain::new(&fallback, &id("c"));
        assert_eq!(chain.rest, ["a", "b"].map(id));
    }
}
