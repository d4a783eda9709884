//! The list of models.

use serde::Deserialize;
use serde_json::Value;

use super::family::{Off, Traits};
use crate::protocol::{Abilities, Effort, ModelId, ModelInfo, ProviderId};

/// A page of the list.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) models: Vec<ModelInfo>,
    /// Where the next page begins; none where this is the last.
    pub(super) after: Option<String>,
}

/// Reads a page. `None` when it is none.
pub(super) fn parse(body: &[u8], provider: &ProviderId) -> Option<Page> {
    let page: WirePage = serde_json::from_slice(body).ok()?;
    let models = page.data.into_iter();
    let models = models.filter_map(|entry| serde_json::from_value::<WireModel>(entry).ok());
    let models = models.filter(|model| !model.id.is_empty() && model.lifecycle != "retired");
    Some(Page {
        models: models.map(|model| model.info(provider)).collect(),
        after: page.last_id.filter(|id| page.has_more == Some(true) && !id.is_empty()),
    })
}

#[derive(Debug, Deserialize)]
struct WirePage {
    data: Vec<Value>,
    #[serde(default)]
    has_more: Option<bool>,
    #[serde(default)]
    last_id: Option<String>,
}

/// Fields that imitators leave out or fill otherwise stay values, so that none costs an entry.
#[derive(Debug, Deserialize)]
struct WireModel {
    id: String,
    #[serde(default)]
    display_name: Value,
    #[serde(default)]
    max_input_tokens: Value,
    #[serde(default)]
    max_tokens: Value,
    #[serde(default)]
    lifecycle: Value,
    #[serde(default)]
    retires_at: Value,
    #[serde(default)]
    capabilities: Value,
}

impl WireModel {
    fn info(self, provider: &ProviderId) -> ModelInfo {
        let name = self.display_name.as_str().filter(|name| !name.trim().is_empty());
        let abilities = Abilities {
            vision: self.can("image_input"),
            // Not told, and so not denied.
            tools: None,
            thinking: self.can("thinking"),
            json: self.can("structured_outputs"),
        };
        let positive = |value: &Value| value.as_u64().filter(|tokens| *tokens > 0);
        let efforts = self.efforts();
        let mut info = ModelInfo {
            name: name.unwrap_or(&self.id).to_owned(),
            context: positive(&self.max_input_tokens),
            output: positive(&self.max_tokens),
            abilities,
            // A time; the day is enough.
            retires: self.retires_at.as_str().and_then(|time| time.get(..10)).map(str::to_owned),
            ..ModelInfo::unknown(ModelId { provider: provider.clone(), model: self.id })
        };
        info.takes.efforts = efforts;
        info
    }

    fn can(&self, capability: &str) -> Option<bool> {
        self.capabilities[capability]["supported"].as_bool()
    }

    /// The efforts that the list tells; how to ask for none, the name tells.
    fn efforts(&self) -> Vec<Effort> {
        let told = &self.capabilities["effort"];
        if told["supported"].as_bool() != Some(true) {
            return Vec::new();
        }
        let can = |effort: &Effort| match effort {
            Effort::None => Traits::of(&self.id).off != Off::Impossible,
            Effort::Minimal
            | Effort::Low
            | Effort::Medium
            | Effort::High
            | Effort::Xhigh
            | Effort::Max => told[effort.as_str()]["supported"].as_bool() == Some(true),
        };
        Effort::ALL.into_iter().filter(can).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(body: &Value) -> Option<Page> {
        parse(body.to_string().as_bytes(), &"p".into())
    }

    fn yes() -> Value {
        json!({"supported": true})
    }

    #[test]
    fn a_model_tells_what_it_can() {
        let body = json!({"data": [{
            "type": "model", "id": "claude-opus-5-5", "display_name": "Claude Opus 5.5",
            "created_at": "2026-09-22T00:00:00Z", "lifecycle": "deprecated",
            "retires_at": "2027-09-22T00:00:00Z", "line": {"id": "opus"},
            "max_input_tokens": 1_000_000, "max_tokens": 128_000,
            "capabilities": {
                "image_input": yes(), "structured_outputs": {"supported": false},
                "thinking": {"supported": true, "types": {}},
                "effort": {"supported": true, "low": yes(), "high": yes(), "xhigh": null,
                           "medium": {"supported": false}, "max": yes()},
            },
        }], "has_more": false, "first_id": "claude-opus-5-5", "last_id": "claude-opus-5-5"});
        let mut expected = ModelInfo {
            name: "Claude Opus 5.5".to_owned(),
            context: Some(1_000_000),
            output: Some(128_000),
            abilities: Abilities {
                vision: Some(true),
                tools: None,
                thinking: Some(true),
                json: Some(false),
            },
            retires: Some("2027-09-22".to_owned()),
            ..ModelInfo::unknown(ModelId::new("p", "claude-opus-5-5"))
        };
        expected.takes.efforts = vec![Effort::Low, Effort::High, Effort::Max];
        assert_eq!(page(&body), Some(Page { models: vec![expected], after: None }));
    }

    #[test]
    fn odd_and_retired_entries_are_left_out_and_the_rest_stays() {
        let body = json!({"object": "list", "data": [
            {"id": "a"}, {"id": ""}, {"id": 7}, null, {"name": "no id"},
            {"id": "gone", "lifecycle": "retired"},
            {"id": "b", "display_name": null, "max_tokens": "many", "capabilities": null},
        ]});
        let plain = |id| ModelInfo::unknown(ModelId::new("p", id));
        let models = vec![plain("a"), plain("b")];
        assert_eq!(page(&body), Some(Page { models, after: None }));
        for body in [json!({}), json!([]), json!({"data": {}}), json!("x")] {
            assert_eq!(page(&body), None, "{body}");
        }
        assert_eq!(parse(b"<html>", &"p".into()), None);
    }

    #[test]
    fn more_pages_follow_only_where_the_list_says_where() {
        let table = [
            (json!({"data": [], "has_more": true, "last_id": "x"}), Some("x")),
            (json!({"data": [], "has_more": false, "last_id": "x"}), None),
            (json!({"data": [], "has_more": true, "last_id": null}), None),
            (json!({"data": [], "last_id": "x"}), None),
        ];
        for (body, after) in table {
            assert_eq!(page(&body).unwrap().after.as_deref(), after, "{body}");
        }
    }
}
