//! How far the budgets are spent.

use super::AppState;
use crate::protocol::NEARLY_ALL;

/// What a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// A month.
    Month,
}

/// A budget with what of it is spent, in US dollars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetShare {
    /// For how long.
    pub period: Period,
    /// What is spent.
    pub spent: f64,
    /// What may be spent.
    pub budget: f64,
}

impl BudgetShare {
    /// 1 is all of it.
    pub fn share(&self) -> f64 {
        if self.budget > 0.0 { self.spent / self.budget } else { 1.0 }
    }

    /// Whole percent, rounded down: 100 means that nothing is left.
    pub fn percent(&self) -> u64 {
        // A hair more: 4.1 of 5 are 82 %, whatever binary fractions say.
        (self.share() * 100.0 + 1e-9) as u64
    }

    /// Whether four fifths are spent.
    pub fn is_near(&self) -> bool {
        self.spent >= self.budget * NEARLY_ALL
    }
}

impl AppState {
    /// The budget of a period, where there is one.
    pub fn budget_share(&self, period: Period) -> Option<BudgetShare> {
        let (spent, budget) = match period {
            Period::Day => (self.spent.day_usd, self.settings.budget.day_usd),
            Period::Month => (self.spent.month_usd, self.settings.budget.month_usd),
        };
        budget.map(|budget| BudgetShare { period, spent, budget })
    }

    /// The budget that is nearest to its end, once four fifths of it are spent.
    pub fn budget_near(&self) -> Option<BudgetShare> {
        let shares = [Period::Day, Period::Month].map(|period| self.budget_share(period));
        let near = shares.into_iter().flatten().filter(BudgetShare::is_near);
        near.max_by(|a, b| a.share().total_cmp(&b.share()))
    }
}
