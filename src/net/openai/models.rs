//! Lists of models, as the servers in use write them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use crate::net::known::Wire;
use crate::protocol::{Abilities, Effort, ModelId, ModelInfo, ProviderId, Takes};

/// No model costs more, in dollars per million tokens: what is above is a mistake.
const HIGHEST_PRICE: f64 = 10_000.0;
/// No model reads or writes more tokens.
const MOST_TOKENS: u64 = 1_000_000_000;
/// No model's name is longer, in bytes.
const LONGEST_ID: usize = 256;

/// Reads a list of models. `None` when it is none.
pub(super) fn parse(body: &[u8], provider: &ProviderId, wire: &Wire) -> Option<Vec<ModelInfo>> {
    let entries = entries(serde_json::from_slice(body).ok()?)?;
    let mut seen = HashSet::with_capacity(entries.len());
    let models = entries
        .into_iter()
        .filter_map(|entry| serde_json::from_value::<WireModel>(entry).ok())
        .filter(|model| model.answers_in_text(wire))
        .map(|model| model.info(provider))
        .filter(|model| is_usable(&model.id.model) && seen.insert(model.id.model.clone()))
        .collect();
    Some(models)
}

/// `{"data": […]}` with nearly all, a bare list with Together; Ollama without models writes null.
fn entries(list: Value) -> Option<Vec<Value>> {
    match list {
        Value::Array(entries) => Some(entries),
        Value::Object(mut object) => match object.remove("data") {
            Some(Value::Array(entries)) => Some(entries),
            Some(Value::Null) => Some(Vec::new()),
            Some(_) | None => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Fields whose shape differs between servers stay values, so that one odd field costs no entry.
#[derive(Debug, Deserialize)]
struct WireModel {
    id: String,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    display_name: Value,
    /// OpenRouter, Together.
    #[serde(default)]
    context_length: Value,
    /// vLLM.
    #[serde(default)]
    max_model_len: Value,
    /// Groq.
    #[serde(default)]
    context_window: Value,
    /// Mistral.
    #[serde(default)]
    max_context_length: Value,
    /// llama.cpp: `n_ctx` of the running server, `n_ctx_train` of the model.
    #[serde(default)]
    meta: Value,
    #[serde(default)]
    pricing: Value,
    #[serde(default)]
    architecture: Value,
    #[serde(default)]
    supported_parameters: Value,
    #[serde(default)]
    capabilities: Value,
    /// OpenRouter.
    #[serde(default)]
    reasoning: Value,
    /// OpenRouter.
    #[serde(default)]
    top_provider: Value,
    /// Groq.
    #[serde(default)]
    max_completion_tokens: Value,
    #[serde(default)]
    max_output_tokens: Value,
    /// Mistral.
    #[serde(default)]
    deprecation: Value,
    /// OpenRouter.
    #[serde(default)]
    expiration_date: Value,
    /// Together.
    #[serde(default, rename = "type")]
    class: Value,
}

impl WireModel {
    fn info(self, provider: &ProviderId) -> ModelInfo {
        // Gemini's list names its models `models/…`, and answers to both.
        let id = self.id.strip_prefix("models/").unwrap_or(&self.id).to_owned();
        let name = [&self.name, &self.display_name]
            .into_iter()
            .filter_map(Value::as_str)
            .map(|name| name.split_whitespace().collect::<Vec<_>>().join(" "))
            .find(|name| !name.is_empty() && name.len() <= LONGEST_ID)
            .unwrap_or_else(|| id.clone());
        let (price_in, price_out) = self.prices();
        ModelInfo {
            name,
            context: self.context(),
            output: self.output(),
            price_in,
            price_out,
            price_cached: self.price_cached(),
            abilities: self.abilities(),
            takes: self.takes(),
            retires: self.retires(),
            ..ModelInfo::unknown(ModelId { provider: provider.clone(), model: id })
        }
    }

    /// The parameters it takes, where the list says so (OpenRouter).
    fn takes(&self) -> Takes {
        let named = self.reasoning["supported_efforts"].as_array().map_or(&[][..], Vec::as_slice);
        let is_named = |effort: &&Effort| named.iter().any(|name| name == effort.as_str());
        let efforts = Effort::ALL.iter().filter(is_named).copied().collect();
        if !self.supported_parameters.is_array() {
            return Takes { efforts, ..Takes::default() };
        }
        let takes = |name| holds(&self.supported_parameters, name);
        Takes {
            efforts,
            temperature: takes("temperature"),
            top_p: takes("top_p"),
            max_tokens: takes("max_tokens") || takes("max_completion_tokens"),
            stop: takes("stop"),
            system: true,
        }
    }

    /// What the list says; where it says nothing, neither do we.
    fn abilities(&self) -> Abilities {
        let parameters = self.supported_parameters.is_array();
        let offers = |name| Some(holds(&self.supported_parameters, name)).filter(|_| parameters);
        let modalities = &self.architecture["input_modalities"];
        let sees = Some(holds(modalities, "image")).filter(|_| modalities.is_array());
        let multimodal = Some(true).filter(|_| holds(&self.capabilities, "multimodal"));
        Abilities {
            vision: sees.or_else(|| self.can("vision")).or(multimodal),
            tools: offers("tools").or_else(|| self.can("function_calling")),
            thinking: offers("reasoning").or_else(|| self.can("reasoning")),
            json: offers("structured_outputs").or_else(|| self.can("structured_outputs")),
        }
    }

    fn context(&self) -> Option<u64> {
        let places = [
            &self.context_length,
            &self.max_model_len,
            &self.context_window,
            &self.max_context_length,
            &self.meta["n_ctx"],
            &self.meta["n_ctx_train"],
        ];
        places.into_iter().find_map(tokens)
    }

    fn output(&self) -> Option<u64> {
        let places = [
            &self.top_provider["max_completion_tokens"],
            &self.max_completion_tokens,
            &self.max_output_tokens,
        ];
        places.into_iter().find_map(tokens)
    }

    /// Mistral and OpenRouter tell the day from which on a model is gone.
    fn retires(&self) -> Option<String> {
        let told =
            [&self.deprecation, &self.expiration_date].into_iter().find_map(Value::as_str)?;
        let day = told.get(..10)?;
        day.parse::<jiff::civil::Date>().is_ok().then(|| day.to_owned())
    }

    fn price_cached(&self) -> Option<f64> {
        amount(&self.pricing["input_cache_read"]).and_then(|price| likely(price * 1e6))
    }

    fn prices(&self) -> (Option<f64>, Option<f64>) {
        let pricing = &self.pricing;
        if pricing.get("prompt").is_some() || pricing.get("completion").is_some() {
            // OpenRouter: strings, per token.
            let price = |name| amount(&pricing[name]).and_then(|price| likely(price * 1e6));
            (price("prompt"), price("completion"))
        } else {
            // Together: numbers, per million tokens.
            let price = |name| amount(&pricing[name]).and_then(likely);
            (price("input"), price("output"))
        }
    }

    fn can(&self, capability: &str) -> Option<bool> {
        self.capabilities[capability].as_bool()
    }

    /// Lists hold models for pictures, speech and embeddings too, which cannot chat.
    fn answers_in_text(&self, wire: &Wire) -> bool {
        let output = &self.architecture["output_modalities"];
        let chats = self.capabilities["completion_chat"].as_bool();
        let is_chat_class = self.class.as_str().is_none_or(|class| {
            !matches!(
                class,
                "embedding" | "image" | "audio" | "video" | "rerank" | "moderation" | "transcribe"
            )
        });
        (!output.is_array() || holds(output, "text"))
            && chats != Some(false)
            && is_chat_class
            && wire.can_chat(&self.id)
    }
}

/// Whether this can be the name of a model.
fn is_usable(id: &str) -> bool {
    !id.trim().is_empty() && id.len() <= LONGEST_ID && !id.chars().any(char::is_control)
}

fn holds(list: &Value, item: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|entry| entry.as_str() == Some(item)))
}

/// A number of tokens that can be true.
fn tokens(value: &Value) -> Option<u64> {
    value.as_u64().filter(|tokens| (1..=MOST_TOKENS).contains(tokens))
}

/// A price as string or number; negative ones mean that it varies.
fn amount(value: &Value) -> Option<f64> {
    let amount = match value {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.as_f64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    amount.filter(|amount: &f64| amount.is_finite() && *amount >= 0.0)
}

/// A price that can be true, in dollars per million tokens.
fn likely(price: f64) -> Option<f64> {
    Some(rounded(price)).filter(|price| *price <= HIGHEST_PRICE)
}

/// Without the noise of binary fractions: 3 and not 3.0000000000000004.
fn rounded(price: f64) -> f64 {
    (price * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(body: &str) -> Option<Vec<ModelInfo>> {
        parse(body.as_bytes(), &"p".into(), &Wire::COMMON)
    }

    fn plain(id: &str) -> ModelInfo {
        ModelInfo::unknown(ModelId::new("p", id))
    }

    #[test]
    fn openrouter_tells_everything() {
        let body = r#"{"data":[{"id":"a/b","name":"A: B","context_length":200000,
            "pricing":{"prompt":"0.000003","completion":"0.000015"},
            "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},
            "supported_parameters":["tools","reasoning"]}]}"#;
        let expected = ModelInfo {
            name: "A: B".to_owned(),
            context: Some(200_000),
            price_in: Some(3.0),
            price_out: Some(15.0),
            abilities: Abilities {
                vision: Some(true),
                tools: Some(true),
                thinking: Some(true),
                json: Some(false),
            },
            takes: Takes {
                temperature: false,
                top_p: false,
                max_tokens: false,
                stop: false,
                ..Takes::default()
            },
            ..plain("a/b")
        };
        assert_eq!(list(body), Some(vec![expected]));
    }

    #[test]
    fn each_server_has_its_own_field_for_the_context() {
        let table = [
            (r#"{"max_model_len":4096}"#, Some(4096)),
            (r#"{"context_window":131072}"#, Some(131_072)),
            (r#"{"max_context_length":32768}"#, Some(32_768)),
            (r#"{"meta":{"n_ctx_train":8192}}"#, Some(8192)),
            (r#"{"meta":null,"context_length":"many"}"#, None),
            (r#"{"context_length":0}"#, None),
        ];
        for (fields, context) in table {
            let mut entry: Value = serde_json::from_str(fields).unwrap();
            entry["id"] = "m".into();
            let models = list(&serde_json::json!({"data": [entry]}).to_string());
            assert_eq!(models, Some(vec![ModelInfo { context, ..plain("m") }]), "{fields}");
        }
    }

    #[test]
    fn odd_entries_are_left_out_and_the_rest_stays() {
        let body = r#"{"object":"list","data":[{"name":"no id"},{"id":""},{"id":7},null,
            {"id":"a"},{"id":"a"},{"id":"b","name":null,"pricing":{"prompt":"-1"}},
            {"id":"picture","architecture":{"output_modalities":["image"]}},
            {"id":"vector","type":"embedding"}]}"#;
        assert_eq!(list(body), Some(vec![plain("a"), plain("b")]));
    }

    #[test]
    fn lists_come_bare_or_empty_too() {
        assert_eq!(list(r#"[{"id":"a"}]"#), Some(vec![plain("a")]));
        assert_eq!(list(r#"{"object":"list","data":null}"#), Some(Vec::new()));
        for body in ["", "<html>", "{}", "7", r#"{"models":[]}"#, r#"{"data":{}}"#] {
            assert_eq!(list(body), None, "{body}");
        }
    }

    #[test]
    fn together_prices_are_per_million() {
        let models = list(r#"[{"id":"a","pricing":{"input":0.2,"output":0.6}}]"#).unwrap();
        assert_eq!(models[0].price_in.zip(models[0].price_out), Some((0.2, 0.6)));
    }

    #[test]
    fn models_that_cannot_chat_are_left_out_by_name() {
        let wire = Wire { no_chat: &["embedding", "whisper"], ..Wire::COMMON };
        let body =
            br#"{"data":[{"id":"gpt-5"},{"id":"text-embedding-3-large"},{"id":"whisper-1"}]}"#;
        assert_eq!(parse(body, &"p".into(), &wire), Some(vec![plain("gpt-5")]));
    }

    #[test]
    fn figures_that_cannot_be_true_are_dropped() {
        for pricing in [
            r#"{"prompt":"-1","completion":"-0.5"}"#,
            r#"{"prompt":"NaN","completion":"inf"}"#,
            r#"{"prompt":1e300,"completion":"1e300"}"#,
            r#"{"prompt":"free","completion":["0"]}"#,
            r#"{"input":1e300,"output":"much"}"#,
            "7",
        ] {
            let body = format!(r#"[{{"id":"a","pricing":{pricing},"context_length":-5}}]"#);
            assert_eq!(list(&body), Some(vec![plain("a")]), "{pricing}");
        }
        let body = r#"[{"id":"a","context_length":99999999999999,"name":"\t "},
            {"id":"a\u0000b"},{"id":"  "}]"#;
        assert_eq!(list(body), Some(vec![plain("a")]));
    }

    #[test]
    fn lists_tell_output_retirement_and_what_is_taken() {
        let body = r#"[{"id":"models/m","top_provider":{"max_completion_tokens":64000},
            "pricing":{"prompt":"0.000003","completion":"0.000015","input_cache_read":"3e-7"},
            "deprecation":"2026-12-01T00:00:00Z","supported_parameters":["max_tokens","reasoning"],
            "reasoning":{"supported_efforts":["high","low",null]}}]"#;
        let info = list(body).unwrap().remove(0);
        assert_eq!((info.id.model.as_str(), info.output), ("m", Some(64_000)));
        assert_eq!(info.price_cached, Some(0.3));
        assert_eq!(info.retires.as_deref(), Some("2026-12-01"));
        let expected = Takes {
            efforts: vec![Effort::Low, Effort::High],
            temperature: false,
            top_p: false,
            max_tokens: true,
            stop: false,
            system: true,
        };
        assert_eq!(info.takes, expected);
    }

    #[test]
    fn a_list_of_5000_models_is_read() {
        let entries: Vec<Value> =
            (0..5_000).map(|n| serde_json::json!({"id": format!("m{n}")})).collect();
        let models = list(&serde_json::json!({"data": entries}).to_string()).unwrap();
        assert_eq!(models.len(), 5_000);
    }
}
