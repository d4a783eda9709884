//! What is shown of a provider's models: its own list, completed by the bundled table, corrected
//! by the user, with what each takes. No I/O here.

use std::collections::BTreeMap;

use crate::net::{Provider, catalogue};
use crate::protocol::{ModelEdit, ModelId, ModelInfo, ProviderConfig, Timestamp};

/// A list older than this is asked for again.
const FRESH_MS: u64 = 24 * 60 * 60 * 1_000;

/// What the user knows better, by model.
pub type Edits = BTreeMap<ModelId, ModelEdit>;

/// What the models of a provider are made of.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// Whose.
    pub config: &'a ProviderConfig,
    /// What the provider told; none where it was never asked with success.
    pub listed: Option<&'a [ModelInfo]>,
    /// What the user knows better.
    pub edits: &'a Edits,
    /// Says what each takes, where the provider could be made.
    pub provider: Option<&'a dyn Provider>,
    /// Bundled models that are gone by now are not shown.
    pub now: Timestamp,
}

/// The models that are shown.
pub fn merged(sources: Sources<'_>) -> Vec<ModelInfo> {
    let models = match sources.listed {
        Some(listed) => catalogue::complete(sources.config, listed.to_vec()),
        None => catalogue::bundled(sources.config, &day(sources.now)),
    };
    models.into_iter().map(|model| finished(model, sources)).collect()
}

/// What can be said of a model that is not in the list.
pub fn unlisted(id: &ModelId, sources: Sources<'_>) -> ModelInfo {
    let unknown = ModelInfo::unknown(id.clone());
    let model = catalogue::complete(sources.config, vec![unknown.clone()]).pop();
    finished(model.unwrap_or(unknown), sources)
}

fn finished(mut model: ModelInfo, sources: Sources<'_>) -> ModelInfo {
    if let Some(edit) = sources.edits.get(&model.id) {
        apply(edit, &mut model);
    }
    if let Some(provider) = sources.provider {
        model.takes = provider.takes(&model);
    }
    model
}

/// The user's word wins, but for what cannot be true.
fn apply(edit: &ModelEdit, model: &mut ModelInfo) {
    let price = |price: Option<f64>| price.filter(|price| price.is_finite() && *price >= 0.0);
    if let Some(alias) = edit.alias.as_deref().map(str::trim).filter(|alias| !alias.is_empty()) {
        alias.clone_into(&mut model.name);
    }
    model.hidden = edit.hidden;
    model.context = edit.context.filter(|tokens| *tokens > 0).or(model.context);
    model.price_out = price(edit.price_out).or(model.price_out);
    if let Some(price_in) = price(edit.price_in) {
        model.price_in = Some(price_in);
        // What is kept costs no more than what is new.
        model.price_cached = model.price_cached.map(|cached| cached.min(price_in));
    }
}

/// Whether a list has to be asked for again: never told, told long ago, or told in the future by
/// a clock that was wrong.
pub fn is_due(listed: Option<Timestamp>, now: Timestamp) -> bool {
    listed.is_none_or(|listed| listed > now || now.ms_since(listed) >= FRESH_MS)
}

/// `2026-11-21`, in universal time.
fn day(now: Timestamp) -> String {
    let date = jiff::Timestamp::from_millisecond(now.0).unwrap_or_default();
    date.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{HttpClient, build};
    use crate::protocol::{Effort, HelpHit, HelpSearch, ProviderKind, Takes};

    #[derive(Debug)]
    struct NoHelp;

    impl HelpSearch for NoHelp {
        fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
            Vec::new()
        }
    }

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn config() -> ProviderConfig {
        ProviderConfig::new("openai", "OpenAI", ProviderKind::Openai, "https://api.openai.com/v1")
    }

    fn model(name: &str) -> ModelInfo {
        ModelInfo::unknown(ModelId::new("openai", name))
    }

    fn shown(listed: Option<&[ModelInfo]>, edits: &Edits) -> Vec<ModelInfo> {
        let help = std::sync::Arc::new(NoHelp);
        let provider = build(config(), None, &HttpClient::new(), help).unwrap();
        let config = config();
        let provider = Some(&*provider);
        merged(Sources { config: &config, listed, edits, provider, now: NOW })
    }

    #[test]
    fn a_list_is_completed_then_corrected_and_knows_what_each_takes() {
        let listed = [model("gpt-5"), model("mine")];
        let edit = ModelEdit {
            alias: Some(" Five ".to_owned()),
            hidden: true,
            context: Some(1_000),
            price_in: Some(0.01),
            price_out: Some(f64::NAN),
        };
        let edits = Edits::from([
            (ModelId::new("openai", "gpt-5"), edit),
            (ModelId::new("other", "mine"), ModelEdit { hidden: true, ..ModelEdit::default() }),
        ]);
        let models = shown(Some(&listed), &edits);
        let five = &models[0];
        assert_eq!((five.name.as_str(), five.hidden, five.context), ("Five", true, Some(1_000)));
        assert_eq!(
            (five.price_in, five.price_out, five.price_cached),
            (Some(0.01), Some(10.0), Some(0.01)),
            "a price that cannot be true does not count"
        );
        assert_eq!(five.output, Some(128_000));
        let efforts = vec![Effort::Minimal, Effort::Low, Effort::Medium, Effort::High];
        assert_eq!((five.takes.efforts.clone(), five.takes.temperature), (efforts, false));
        let plain = ModelInfo { takes: Takes::default(), ..model("mine") };
        assert_eq!(models[1], plain);
        assert_eq!(shown(Some(&listed), &Edits::new())[0].name, "gpt-5", "edits can be undone");
    }

    #[test]
    fn a_provider_that_was_never_asked_shows_the_bundled_models_and_an_empty_list_stays_empty() {
        let bundled = shown(None, &Edits::new());
        assert!(bundled.iter().any(|model| model.id.model == "gpt-5"));
        assert_eq!(shown(Some(&[]), &Edits::new()), []);
    }

    #[test]
    fn lists_are_asked_for_daily_and_when_the_clock_was_wrong() {
        let table = [
            (None, true),
            (Some(NOW.0), false),
            (Some(NOW.0 - 23 * 3_600_000), false),
            (Some(NOW.0 - 24 * 3_600_000), true),
            (Some(NOW.0 + 1), true),
            (Some(i64::MAX), true),
            (Some(i64::MIN), true),
        ];
        for (listed, due) in table {
            assert_eq!(is_due(listed.map(Timestamp), NOW), due, "{listed:?}");
        }
        assert_eq!(day(NOW), "2026-11-18");
        assert_eq!(day(Timestamp(i64::MAX)), "1970-01-01", "a clock may be wrong");
    }
}
