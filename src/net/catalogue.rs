//! The bundled table of models: what providers' lists leave unsaid, and what is shown while a
//! list has never been fetched. Facts of November 2026; `assets/README.md` says where from.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::known;
use crate::protocol::{Abilities, ModelId, ModelInfo, ProviderConfig, ProviderKind};

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("../../assets/models.json")));

/// One model of the table.
#[derive(Debug, Deserialize)]
struct Facts {
    provider: String,
    id: String,
    context: Option<u64>,
    output: Option<u64>,
    usd_per_m_in: Option<f64>,
    usd_per_m_out: Option<f64>,
    usd_per_m_cached: Option<f64>,
    vision: Option<bool>,
    tools: Option<bool>,
    thinking: Option<bool>,
    json: Option<bool>,
    /// The only APIs it has; any where it says nothing.
    apis: Option<Vec<String>>,
    retires: Option<String>,
}

#[derive(Debug, Default)]
struct Table {
    models: Vec<Facts>,
    /// By provider and id.
    own: HashMap<(String, String), usize>,
    /// By the last part of the id, as aggregators spell it.
    any: HashMap<String, Vec<usize>>,
}

#[derive(Deserialize)]
struct File {
    models: Vec<Facts>,
}

impl Table {
    fn read(text: &str) -> Self {
        let file: File = match serde_json::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                tracing::error!(%error, "the bundled models cannot be read");
                return Self::default();
            }
        };
        let mut table = Self::default();
        for facts in file.models {
            let key = (facts.provider.clone(), facts.id.clone());
            // Some are listed twice: the first counts.
            if table.own.contains_key(&key) {
                continue;
            }
            let place = table.models.len();
            table.own.insert(key, place);
            table.any.entry(plain_name(&facts.id)).or_default().push(place);
            table.models.push(facts);
        }
        table
    }

    /// A model of this provider; one with a date falls back to the one without.
    fn own(&self, provider: &str, id: &str) -> Option<&Facts> {
        let find = |id: &str| self.own.get(&(provider.to_owned(), id.to_owned()));
        let place = find(id).or_else(|| find(undated(id)?))?;
        self.models.get(*place)
    }

    /// A model of any provider, by what an aggregator calls it; its maker's own entry first.
    fn anyone(&self, id: &str) -> Option<&Facts> {
        let id = id.split(':').next().unwrap_or(id);
        let name = plain_name(id);
        let places = self.any.get(&name).or_else(|| self.any.get(undated(&name)?))?;
        let maker = id.split('/').next().map(maker);
        let facts = || places.iter().filter_map(|place| self.models.get(*place));
        facts().find(|facts| Some(facts.provider.as_str()) == maker).or_else(|| facts().next())
    }
}

/// The maker's name in the table for the one in an aggregator's ids.
fn maker(name: &str) -> &str {
    match name {
        "google" => "gemini",
        "x-ai" => "xai",
        "mistralai" => "mistral",
        "moonshotai" => "moonshot",
        "z-ai" => "zai",
        "qwen" => "dashscope",
        other => other,
    }
}

/// The last part of an id, as all spell it alike: some write versions with dots, some with dashes.
fn plain_name(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_ascii_lowercase().replace('.', "-")
}

/// The id without a date at its end (`-2025-08-07`, `-20250929`); none where it has none.
fn undated(id: &str) -> Option<&str> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (rest, last) = id.rsplit_once('-')?;
    if last.len() == 8 && digits(last) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-')?;
    let (rest, year) = rest.rsplit_once('-')?;
    let is_date = [(year, 4), (month, 2), (last, 2)]
        .into_iter()
        .all(|(text, length)| text.len() == length && digits(text));
    is_date.then_some(rest)
}

impl Facts {
    /// Whether it can be asked over this API.
    fn speaks(&self, kind: ProviderKind) -> bool {
        let name = match kind {
            ProviderKind::Guide => return false,
            ProviderKind::Openai => "completions",
            ProviderKind::Responses => "responses",
            ProviderKind::Anthropic => "messages",
        };
        self.apis.as_ref().is_none_or(|apis| apis.iter().any(|api| api == name))
    }

    fn is_gone(&self, today: &str) -> bool {
        self.retires.as_deref().is_some_and(|day| day < today)
    }

    /// Says what is not said yet.
    fn fill(&self, info: &mut ModelInfo) {
        self.fill_prices(info);
        self.fill_abilities(info);
    }

    fn fill_prices(&self, info: &mut ModelInfo) {
        // Both prices or none: one of the list beside one of the table would be no price at all.
        if info.price_in.is_none() && info.price_out.is_none() {
            (info.price_in, info.price_out) = (self.usd_per_m_in, self.usd_per_m_out);
            info.price_cached = info.price_cached.or(self.usd_per_m_cached);
        }
    }

    fn fill_abilities(&self, info: &mut ModelInfo) {
        info.context = info.context.or(self.context);
        info.output = info.output.or(self.output);
        info.retires = info.retires.take().or_else(|| self.retires.clone());
        let told = info.abilities;
        info.abilities = Abilities {
            vision: told.vision.or(self.vision),
            tools: told.tools.or(self.tools),
            thinking: told.thinking.or(self.thinking),
            json: told.json.or(self.json),
        };
    }
}

/// Who makes the models that speak an API.
fn maker_of(kind: ProviderKind) -> Option<&'static str> {
    match kind {
        ProviderKind::Anthropic => Some("anthropic"),
        ProviderKind::Responses => Some("openai"),
        ProviderKind::Openai | ProviderKind::Guide => None,
    }
}

/// Fills what a provider's list lacks, and leaves out what this provider's API does not have.
pub fn complete(config: &ProviderConfig, list: Vec<ModelInfo>) -> Vec<ModelInfo> {
    let name = known::bundled_name(config);
    let passes_on = known::passes_on(config);
    let fill = |mut info: ModelInfo| {
        let own = name.and_then(|name| TABLE.own(name, &info.id.model));
        if own.is_some_and(|facts| !facts.speaks(config.kind)) {
            return None;
        }
        let passed_on = || TABLE.anyone(&info.id.model).filter(|_| passes_on);
        // Behind a gateway a model is the same, and what it costs there is not known. Nor is it
        // on this machine, whatever the user calls the server.
        let by_gateway = || {
            let makers = [Some(config.id.as_str()), maker_of(config.kind)];
            makers.into_iter().flatten().find_map(|maker| TABLE.own(maker, &info.id.model))
        };
        if let Some(facts) = own.or_else(passed_on) {
            facts.fill(&mut info);
        } else if let Some(facts) = by_gateway() {
            facts.fill_abilities(&mut info);
        }
        Some(info)
    };
    list.into_iter().filter_map(fill).collect()
}

/// The bundled models of a provider, but for those that are gone by `today` (`2026-11-21`).
pub fn bundled(config: &ProviderConfig, today: &str) -> Vec<ModelInfo> {
    let Some(name) = known::bundled_name(config) else { return Vec::new() };
    let models = TABLE.models.iter().filter(|facts| facts.provider == name);
    models
        .filter(|facts| facts.speaks(config.kind) && !facts.is_gone(today))
        .filter(|facts| known::can_chat(config, &facts.id))
        .map(|facts| {
            let id = ModelId { provider: config.id.clone(), model: facts.id.clone() };
            let mut info = ModelInfo::unknown(id);
            facts.fill(&mut info);
            info
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(id: &str, kind: ProviderKind, url: &str) -> ProviderConfig {
        ProviderConfig::new(id, id, kind, url)
    }

    fn openai(kind: ProviderKind) -> ProviderConfig {
        config("openai", kind, "https://api.openai.com/v1")
    }

    fn openrouter() -> ProviderConfig {
        config("openrouter", ProviderKind::Openai, "https://openrouter.ai/api/v1")
    }

    fn plain(config: &ProviderConfig, model: &str) -> ModelInfo {
        ModelInfo::unknown(ModelId { provider: config.id.clone(), model: model.to_owned() })
    }

    fn complete(config: &ProviderConfig, info: ModelInfo) -> Option<ModelInfo> {
        super::complete(config, vec![info]).pop()
    }

    #[test]
    fn what_a_list_lacks_is_filled_and_what_it_says_stays() {
        let openai = openai(ProviderKind::Openai);
        let told = ModelInfo { context: Some(7), ..plain(&openai, "gpt-5") };
        let info = complete(&openai, told).unwrap();
        assert_eq!((info.context, info.output), (Some(7), Some(128_000)));
        assert_eq!((info.price_in, info.price_cached), (Some(1.25), Some(0.125)));
        assert_eq!(info.abilities.thinking, Some(true));
        let priced =
            ModelInfo { price_in: Some(9.0), price_out: Some(9.0), ..plain(&openai, "gpt-5") };
        let info = complete(&openai, priced).unwrap();
        assert_eq!(
            (info.price_in, info.price_out, info.price_cached),
            (Some(9.0), Some(9.0), None)
        );
    }

    #[test]
    fn a_dated_model_is_known_by_its_undated_name() {
        let openai = openai(ProviderKind::Openai);
        let dated = complete(&openai, plain(&openai, "gpt-5-mini-2031-01-02")).unwrap();
        assert_eq!(dated.context, Some(272_000));
        let table = [
            ("a-2025-08-07", Some("a")),
            ("a-20250929", Some("a")),
            ("a-b-2025-8-07", None),
            ("a-0613", None),
            ("gpt-5", None),
        ];
        for (id, expected) in table {
            assert_eq!(undated(id), expected, "{id}");
        }
    }

    #[test]
    fn an_aggregators_models_are_known_by_their_makers_entries() {
        let openrouter = openrouter();
        for id in ["anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4-5-20250929:beta"] {
            let info = complete(&openrouter, plain(&openrouter, id)).unwrap();
            assert_eq!(info.price_in, Some(3.0), "{id}");
            assert_eq!(info.abilities.vision, Some(true), "{id}");
        }
        let pro = complete(&openrouter, plain(&openrouter, "openai/gpt-5-pro"));
        assert!(pro.is_some(), "the aggregator has an API of its own for it");
        let other = config("box", ProviderKind::Openai, "https://box.example.com/v1");
        let unknown = plain(&other, "openai/gpt-5");
        assert_eq!(complete(&other, unknown.clone()), Some(unknown));
    }

    #[test]
    fn behind_a_gateway_a_model_is_known_but_not_what_it_costs() {
        let gateway = config("work", ProviderKind::Anthropic, "http://127.0.0.1:9/v1");
        let info = complete(&gateway, plain(&gateway, "claude-sonnet-4-5")).unwrap();
        assert_eq!((info.context, info.abilities.vision), (Some(200_000), Some(true)));
        assert_eq!((info.price_in, info.price_out), (None, None));
    }

    #[test]
    fn a_gateway_that_is_called_as_the_maker_has_its_prices_but_none_on_this_machine() {
        let table = [
            ("https://gateway.example.com/openai", Some(1.25)),
            ("http://gateway.corp:8080/v1", Some(1.25)),
            ("http://127.0.0.1:8080/v1", None),
            ("https://localhost:8443/v1", None),
        ];
        for (url, price) in table {
            let gateway = config("openai", ProviderKind::Openai, url);
            let info = complete(&gateway, plain(&gateway, "gpt-5")).unwrap();
            assert_eq!((info.output, info.price_in), (Some(128_000), price), "{url}");
            assert_eq!(info.abilities.thinking, Some(true), "{url}");
        }
        let gateway = config("anthropic", ProviderKind::Openai, "https://gateway.example.com/v1");
        let info = complete(&gateway, plain(&gateway, "claude-sonnet-4-5")).unwrap();
        assert_eq!((info.context, info.price_in), (Some(200_000), Some(3.0)));
        let local = config("ollama", ProviderKind::Openai, "http://127.0.0.1:11434/v1");
        let unknown = plain(&local, "gpt-5");
        assert_eq!(complete(&local, unknown.clone()), Some(unknown));
    }

    #[test]
    fn models_without_the_providers_api_are_not_offered() {
        let (completions, responses) =
            (openai(ProviderKind::Openai), openai(ProviderKind::Responses));
        assert_eq!(complete(&completions, plain(&completions, "gpt-5-pro")), None);
        assert!(complete(&responses, plain(&responses, "gpt-5-pro")).is_some());
        let names = |config| -> Vec<String> {
            bundled(config, "2026-11-21").into_iter().map(|info| info.id.model).collect()
        };
        assert!(!names(&completions).contains(&"o3-pro".to_owned()));
        assert!(names(&responses).contains(&"o3-pro".to_owned()));
    }

    #[test]
    fn bundled_models_are_each_there_once_and_not_gone() {
        for provider in known::PROVIDERS {
            let models = bundled(&provider.config(), "2026-11-21");
            let ids: std::collections::HashSet<_> = models.iter().map(|info| &info.id).collect();
            assert_eq!(ids.len(), models.len(), "{}", provider.id);
            assert!(provider.id == "openrouter" || !models.is_empty(), "{}", provider.id);
            let gone =
                |info: &&ModelInfo| info.retires.as_deref().is_some_and(|d| d < "2026-11-21");
            assert_eq!(models.iter().find(gone), None);
        }
        let local = config("ollama", ProviderKind::Openai, "http://127.0.0.1:11434/v1");
        assert_eq!(bundled(&local, "2026-11-21"), Vec::new());
    }
}
