//! Lists of models, as the servers in use write them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::Dialect;
use crate::protocol::{Abilities, ModelId, ModelInfo, ProviderId};

/// Reads a list of models. `None` when it is none.
pub(super) fn parse(
    body: &[u8],
    provider: &ProviderId,
    dialect: Dialect,
) -> Option<Vec<ModelInfo>> {
    let entries = entries(serde_json::from_slice(body).ok()?)?;
    let mut seen = HashSet::with_capacity(entries.len());
    let models = entries
        .into_iter()
        .filter_map(|entry| serde_json::from_value::<WireModel>(entry).ok())
        .filter(|model| model.answers_in_text(dialect))
        .map(|model| model.info(provider))
        .filter(|model| !model.id.model.is_empty() && seen.insert(model.id.model.clone()))
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
    /// Together.
    #[serde(default, rename = "type")]
    class: Value,
}

impl WireModel {
    fn info(self, provider: &ProviderId) -> ModelInfo {
        let name = [&self.name, &self.display_name]
            .into_iter()
            .filter_map(Value::as_str)
            .find(|name| !name.trim().is_empty())
            .unwrap_or(&self.id)
            .to_owned();
        let (price_in, price_out) = self.prices();
        let abilities = self.abilities();
        ModelInfo {
            name,
            context: self.context(),
            price_in,
            price_out,
            abilities,
            ..ModelInfo::unknown(ModelId { provider: provider.clone(), model: self.id })
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
        places.into_iter().filter_map(Value::as_u64).find(|&tokens| tokens > 0)
    }

    fn prices(&self) -> (Option<f64>, Option<f64>) {
        let pricing = &self.pricing;
        if pricing.get("prompt").is_some() || pricing.get("completion").is_some() {
            // OpenRouter: strings, per token.
            let price = |name| amount(&pricing[name]).map(|price| rounded(price * 1e6));
            (price("prompt"), price("completion"))
        } else {
            // Together: numbers, per million tokens.
            (amount(&pricing["input"]), amount(&pricing["output"]))
        }
    }

    fn can(&self, capability: &str) -> Option<bool> {
        self.capabilities[capability].as_bool()
    }

    /// Lists hold models for pictures, speech and embeddings too, which cannot chat.
    fn answers_in_text(&self, dialect: Dialect) -> bool {
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
            && !(dialect == Dialect::OpenAi && is_no_chat_model_of_openai(&self.id))
    }
}

/// OpenAI's list says nothing but ids.
fn is_no_chat_model_of_openai(id: &str) -> bool {
    const STARTS: [&str; 10] = [
        "text-embedding",
        "text-moderation",
        "omni-moderation",
        "whisper",
        "tts-",
        "dall-e",
        "gpt-image",
        "sora",
        "babbage",
        "davinci",
    ];
    const PARTS: [&str; 4] = ["-realtime", "-transcribe", "-tts", "-instruct"];
    STARTS.iter().any(|start| id.starts_with(start)) || PARTS.iter().any(|part| id.contains(part))
}

fn holds(list: &Value, item: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|entry| entry.as_str() == Some(item)))
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

/// Without the noise of binary fractions: 3 and not 3.0000000000000004.
fn rounded(price: f64) -> f64 {
    (price * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(body: &str) -> Option<Vec<ModelInfo>> {
        parse(body.as_bytes(), &"p".into(), Dialect::Common)
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
    fn openai_models_that_cannot_chat_are_left_out() {
        let body =
            br#"{"data":[{"id":"gpt-5"},{"id":"text-embedding-3-large"},{"id":"whisper-1"}]}"#;
        let models = parse(body, &"p".into(), Dialect::OpenAi);
        assert_eq!(models, Some(vec![plain("gpt-5")]));
    }

    #[test]
    fn a_list_of_5000_models_is_read() {
        let entries: Vec<Value> =
            (0..5_000).map(|n| serde_json::json!({"id": format!("m{n}")})).collect();
        let models = list(&serde_json::json!({"data": entries}).to_string()).unwrap();
        assert_eq!(models.len(), 5_000);
    }
}
