//! What a run counts besides the sums of its tokens.

use std::collections::BTreeMap;

use crate::protocol::{Answer, Message, ModelId, ModelTotals, RunTotals, Timestamp, Usage};

/// What a run counts.
#[derive(Debug)]
pub(super) struct Tally {
    /// Model calls; none where an earlier process made some.
    calls: Option<u32>,
    /// What models took before this call.
    before: BTreeMap<ModelId, Usage>,
    /// What this call took, as last told.
    now: Option<(ModelId, Usage)>,
}

impl Tally {
    /// Of a run as it begins or is taken up again.
    pub(super) fn of(answer: &Answer, is_taken_up: bool) -> Self {
        let before = if answer.usage == Usage::default() {
            BTreeMap::new()
        } else {
            BTreeMap::from([(answer.model.clone(), answer.usage)])
        };
        Self { calls: (!is_taken_up).then_some(0), before, now: None }
    }

    /// A model is asked.
    pub(super) fn call(&mut self) {
        self.settle();
        self.calls = self.calls.map(|calls| calls.saturating_add(1));
    }

    /// What was told of the call counts for good: the next is another.
    pub(super) fn settle(&mut self) {
        if let Some((model, usage)) = self.now.take() {
            self.before.entry(model).or_default().add(&usage);
        }
    }

    /// A call has taken so much by now.
    pub(super) fn took(&mut self, model: &ModelId, usage: Usage) {
        self.now = Some((model.clone(), usage));
    }

    /// What is told with the sum of all calls.
    pub(super) fn totals(&self, sum: &Usage, answer: &Message, now: Timestamp) -> RunTotals {
        let mut per_model = self.before.clone();
        if let Some((model, usage)) = &self.now {
            per_model.entry(model.clone()).or_default().add(usage);
        }
        let elapsed_ms = now.ms_since(answer.created);
        let first = answer.answer.as_ref().and_then(|answer| answer.first_token_ms);
        let writing_ms = elapsed_ms.saturating_sub(first.unwrap_or(0));
        RunTotals {
            total_tokens: sum.total_tokens(),
            iterations: self.calls,
            elapsed_ms: Some(elapsed_ms),
            tokens_per_second: sum.completion_tokens.and_then(|tokens| speed(tokens, writing_ms)),
            per_model: per_model
                .iter()
                .map(|(model, usage)| (model.to_string(), ModelTotals::from(usage)))
                .collect(),
        }
    }
}

/// Tokens in a second, to a tenth. None where no time has passed.
fn speed(tokens: u64, ms: u64) -> Option<f64> {
    let tenths = tokens.saturating_mul(10_000).checked_div(ms)?;
    u32::try_from(tenths).ok().map(|tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{IdSource, Role};

    fn used(prompt: u64, completion: u64, cost: f64) -> Usage {
        Usage {
            prompt_tokens: Some(prompt),
            completion_tokens: Some(completion),
            cost_usd: Some(cost),
            ..Usage::default()
        }
    }

    #[test]
    fn calls_time_speed_and_models_are_told_with_the_sum() {
        let (start, ids) = (Timestamp(1_000), IdSource);
        let (one, other) = (ModelId::new("p", "one"), ModelId::new("p", "other"));
        let mut answer =
            Message::new(ids.message(start), ids.chat(start), Role::Assistant, start, vec![]);
        let mut details = Answer::open(one.clone(), ids.run(start));
        details.first_token_ms = Some(500);
        let mut tally = Tally::of(&details, false);
        answer.answer = Some(details);
        tally.call();
        tally.took(&one, used(10, 0, 0.0));
        tally.took(&one, used(10, 5, 0.5));
        tally.call();
        tally.took(&other, used(20, 15, 1.0));
        let totals = tally.totals(&used(30, 20, 1.5), &answer, Timestamp(3_500));
        let of = |prompt, completion, cost| ModelTotals::from(&used(prompt, completion, cost));
        let wanted = RunTotals {
            total_tokens: Some(50),
            iterations: Some(2),
            elapsed_ms: Some(2_500),
            tokens_per_second: Some(10.0),
            per_model: BTreeMap::from([
                ("p/one".to_owned(), of(10, 5, 0.5)),
                ("p/other".to_owned(), of(20, 15, 1.0)),
            ]),
        };
        assert_eq!(totals, wanted);
    }

    #[test]
    fn what_an_earlier_process_took_counts_and_its_calls_are_not_known() {
        let start = Timestamp(1_000);
        let mut details = Answer::open(ModelId::new("p", "one"), IdSource.run(start));
        details.usage = used(7, 3, 0.1);
        let tally = Tally::of(&details, true);
        let answer = Message::new(
            IdSource.message(start),
            IdSource.chat(start),
            Role::Assistant,
            start,
            vec![],
        );
        let totals = tally.totals(&used(7, 3, 0.1), &answer, start);
        assert_eq!((totals.iterations, totals.tokens_per_second), (None, None));
        assert_eq!(totals.per_model["p/one"].total_tokens, Some(10));
    }
}
