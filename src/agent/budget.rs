//! What may be spent, and what is told of it.
//!
//! What was spent is read from the store before each run: other processes spend too.

use super::actor::Shared;
use super::run::{End, Run};
use crate::net;
use crate::protocol::{
    BackendEvent, Budget, ErrorKind, ModelId, ModelInfo, NEARLY_ALL, Notice, NoticeCode,
    ProviderConfig, ProviderError, ProviderKind, Spent, Timestamp, dollars,
};
use crate::store::{self, StoreHandle};

/// So many of the models used last are told.
const RECENTS: usize = 8;

/// A budget with what of it is spent.
struct Share {
    /// As people name it.
    period: &'static str,
    spent: f64,
    budget: f64,
}

impl Share {
    fn all(budget: Budget, spent: Spent) -> impl Iterator<Item = Self> {
        let day = ("today", spent.day_usd, budget.day_usd);
        let month = ("this month", spent.month_usd, budget.month_usd);
        [day, month].into_iter().filter_map(|(period, spent, budget)| {
            // A bound that is no number is none.
            let budget = budget.filter(|budget| !budget.is_nan())?;
            Some(Self { period, spent, budget })
        })
    }

    fn is_used_up(&self) -> bool {
        self.spent >= self.budget
    }

    fn code(&self) -> NoticeCode {
        if self.is_used_up() { NoticeCode::BudgetUsedUp } else { NoticeCode::BudgetNear }
    }

    fn is_near(&self) -> bool {
        self.spent >= self.budget * NEARLY_ALL
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { period, spent, budget } = self;
        write!(f, "{} of {} for {period} are spent", dollars(*spent), dollars(*budget))
    }
}

/// Whether an answer of a model may cost something. What has no price costs nothing on this
/// machine, and an unknown sum anywhere else.
pub(super) fn may_cost(model: &ModelInfo, provider: &ProviderConfig) -> bool {
    let prices = [model.price_in, model.price_out];
    if prices.iter().flatten().any(|price| *price > 0.0) {
        return true;
    }
    let is_free = prices.iter().all(Option::is_some);
    let is_here = provider.kind == ProviderKind::Guide || net::is_on_this_machine(&provider.url);
    !(is_free || is_here)
}

/// The budget that is used up, in words.
pub(super) async fn used_up(store: &StoreHandle, budget: Budget, now: Timestamp) -> Option<String> {
    if budget == Budget::default() {
        return None;
    }
    match store.spent(now).await {
        Ok(spent) => {
            Share::all(budget, spent).find(Share::is_used_up).map(|share| share.to_string())
        }
        Err(error) => {
            tracing::warn!(%error, "what was spent is not known");
            None
        }
    }
}

impl Run {
    /// Says where this provider must not be asked: the budget is used up, its answer may cost
    /// something, and the user has not asked for it all the same.
    pub(super) async fn check_budget(
        &self,
        model: &ModelId,
        provider: &ProviderConfig,
    ) -> Result<(), End> {
        let budget = self.limits.budget;
        if self.over_budget || budget == Budget::default() {
            return Ok(());
        }
        self.settled_or_stopped().await.map_err(End::Stopped)?;
        if !may_cost(&self.providers.model(model), provider) {
            return Ok(());
        }
        match used_up(&self.store, budget, (self.clock.now)()).await {
            Some(words) => Err(End::Failed(ProviderError::new(ErrorKind::OverBudget, words))),
            None => Ok(()),
        }
    }

    /// Says once for each model that its answers do not count to the budget, because nobody knows
    /// what they cost.
    pub(super) async fn tell_unknown_price(&mut self, provider: &ProviderConfig) {
        let model = self.providers.model(&self.model);
        let is_unknown = self.turn_usage.cost_usd.is_none()
            && (model.price_in.is_none() || model.price_out.is_none())
            && may_cost(&model, provider);
        if !is_unknown || self.limits.budget == Budget::default() {
            return;
        }
        let news = self.store.mark(&format!("price unknown: {}", self.model), "told").await;
        if news.unwrap_or(true) {
            let words = format!(
                "The price of {} is not known, so it does not count to your budget",
                self.model
            );
            self.notify("price_unknown", words).await;
        }
    }

    /// Tells what is spent after this run, and warns once in each period.
    pub(super) async fn tell_spent(&self) {
        let now = (self.clock.now)();
        let spent = match self.store.spent(now).await {
            Ok(spent) => spent,
            Err(error) => return tracing::warn!(%error, "what was spent is not known"),
        };
        self.sink.tell(BackendEvent::Spent(spent)).await;
        for share in Share::all(self.limits.budget, spent).filter(Share::is_near) {
            if is_news(&self.store, &share, now).await {
                let notice = Notice { code: share.code(), detail: share.to_string() };
                self.sink.tell(BackendEvent::Notice(notice)).await;
            }
        }
    }
}

/// Whether nobody was told yet in this period, by this or another process. A budget that was
/// changed since is a new one.
async fn is_news(store: &StoreHandle, share: &Share, now: Timestamp) -> bool {
    let day = store::local_day(now);
    let period = if share.period == "today" { day } else { day.first_of_month() };
    let share_of_it = if share.is_used_up() { "used up" } else { "near" };
    let key = format!("budget {share_of_it}: {}", share.period);
    let marked = store.mark(&key, &format!("{period} {}", share.budget)).await;
    marked.unwrap_or_else(|error| {
        tracing::warn!(%error, "it is not kept that the budget is nearly used up");
        true
    })
}

/// Tells what is spent by now.
pub(super) async fn tell_spent(shared: &Shared) {
    match shared.store.spent((shared.clock.now)()).await {
        Ok(spent) => shared.tell(BackendEvent::Spent(spent)).await,
        Err(error) => tracing::warn!(%error, "what was spent is not known"),
    }
}

/// What the window wants to know at the start.
pub(super) async fn tell_at_start(shared: &Shared) {
    tell_spent(shared).await;
    match shared.store.recent_models(RECENTS).await {
        Ok(models) => shared.tell(BackendEvent::Recents(models)).await,
        Err(error) => tracing::warn!(%error, "the models used last are not known"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ModelId;

    #[test]
    fn only_what_is_known_to_be_free_or_runs_here_goes_on() {
        let hosted = "https://api.example.com/v1";
        let table = [
            (hosted, Some(1.0), Some(2.0), true),
            (hosted, Some(0.0), Some(2.0), true),
            (hosted, Some(0.0), Some(0.0), false),
            (hosted, Some(0.0), None, true),
            (hosted, None, None, true),
            ("http://localhost:11434/v1", None, None, false),
            ("http://127.0.0.1:8080", None, Some(0.0), false),
            ("https://[::1]/v1", None, None, false),
            ("http://localhost:11434/v1", Some(1.0), None, true),
            ("http://localhost.example.com/v1", None, None, true),
            ("", None, None, true),
        ];
        for (url, price_in, price_out, expected) in table {
            let model = ModelInfo {
                price_in,
                price_out,
                ..ModelInfo::unknown(ModelId::new("test", "one"))
            };
            let provider = ProviderConfig::new("test", "Test", ProviderKind::Openai, url);
            assert_eq!(may_cost(&model, &provider), expected, "{url} {price_in:?} {price_out:?}");
        }
        let guide = crate::agent::guide_config();
        assert!(!may_cost(&ModelInfo::unknown(ModelId::new("guide", "guide")), &guide));
    }

    #[test]
    fn a_budget_is_near_at_four_fifths_and_used_up_at_its_end() {
        let near = |spent: f64, budget: f64| {
            let budget = Budget { day_usd: Some(budget), month_usd: None };
            let share =
                Share::all(budget, Spent { day_usd: spent, month_usd: 1e9, until: None }).next();
            share.map(|share| (share.is_near(), share.is_used_up()))
        };
        assert_eq!(near(3.99, 5.0), Some((false, false)));
        assert_eq!(near(4.0, 5.0), Some((true, false)));
        assert_eq!(near(5.0, 5.0), Some((true, true)));
        assert_eq!(near(0.0, 0.0), Some((true, true)), "nothing may be spent");
        assert_eq!(near(5.0, f64::NAN), None);
        assert_eq!(Share::all(Budget::default(), Spent::default()).count(), 0);
    }
}
