use serde_json::{Value, json};

use super::*;
use crate::net::known::{self, find};
use crate::protocol::{Abilities, MessageId, ModelId, Params, ProviderConfig};

fn wire(id: &str) -> Wire {
    let config: ProviderConfig = find(id).unwrap().config();
    known::wire_of(&config, &reqwest::Url::parse(&config.url).unwrap())
}

fn thinking(id: &str) -> ModelInfo {
    let abilities = Abilities { thinking: Some(true), ..Abilities::default() };
    ModelInfo { abilities, ..ModelInfo::unknown(ModelId::new("p", id)) }
}

/// The parameters as they go to a model of this wire.
fn sent(model: ModelInfo, wire: &Wire, params: &Params) -> Value {
    let takes = takes(&model, wire);
    let request = ChatRequest {
        params: params.clone(),
        ..ChatRequest::new(
            ModelInfo { takes, ..model },
            Vec::new(),
            MessageId(uuid::Uuid::nil()),
            std::time::Duration::from_secs(1),
        )
    };
    serde_json::to_value(Parameters::of(&request, wire)).unwrap()
}

fn all() -> Params {
    Params {
        temperature: Some(0.5),
        top_p: Some(0.25),
        max_tokens: Some(9),
        effort: Some(Effort::High),
        stop: (0..6).map(|n| format!("stop{n}")).collect(),
        system: None,
    }
}

#[test]
fn each_wire_gets_what_it_takes() {
    let stop = ["stop0", "stop1", "stop2", "stop3"];
    let six = ["stop0", "stop1", "stop2", "stop3", "stop4", "stop5"];
    let asked = json!({"include_usage": true});
    let table = [
        (
            "openrouter",
            "anthropic/claude",
            json!({"stream_options": asked, "usage": {"include": true}, "temperature": 0.5,
                "top_p": 0.25, "max_tokens": 9, "stop": stop, "reasoning": {"effort": "high"}}),
        ),
        (
            "openai",
            "gpt-5",
            json!({"stream_options": asked, "max_completion_tokens": 9,
                "reasoning_effort": "high"}),
        ),
        (
            "mistral",
            "mistral-small-latest",
            json!({"temperature": 0.5, "top_p": 0.25, "max_tokens": 9, "stop": six,
                "reasoning_effort": "high"}),
        ),
        (
            "deepseek",
            "deepseek-v4-pro",
            json!({"stream_options": asked, "temperature": 0.5, "top_p": 0.25, "max_tokens": 9,
                "stop": six, "thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        ),
        (
            "together",
            "Qwen/QwQ-32B",
            json!({"stream_options": asked, "temperature": 0.5, "top_p": 0.25, "max_tokens": 9,
                "stop": stop}),
        ),
        (
            "xai",
            "grok-4.5",
            json!({"stream_options": asked, "temperature": 0.5, "top_p": 0.25,
                "max_completion_tokens": 9, "reasoning_effort": "high"}),
        ),
    ];
    for (provider, model, expected) in table {
        assert_eq!(sent(thinking(model), &wire(provider), &all()), expected, "{provider}");
    }
}

#[test]
fn nothing_is_sent_that_was_not_chosen() {
    let sent = sent(thinking("any"), &wire("mistral"), &Params::default());
    assert_eq!(sent, json!({}));
}

#[test]
fn no_thinking_is_a_switch_where_the_server_has_one() {
    let params = Params { effort: Some(Effort::None), ..Params::default() };
    let sent = sent(thinking("deepseek-v4-flash"), &wire("deepseek"), &params);
    assert_eq!(sent["thinking"], json!({"type": "disabled"}));
    assert!(sent.get("reasoning_effort").is_none());
}

#[test]
fn a_model_that_is_to_think_a_little_is_not_kept_from_thinking() {
    let effort = |wanted, known: &[Effort]| {
        let mut model = thinking("any");
        model.takes.efforts = known.to_vec();
        let params = Params { effort: Some(wanted), ..Params::default() };
        sent(model, &wire("openrouter"), &params)["reasoning"]["effort"].take()
    };
    assert_eq!(effort(Effort::Low, &[Effort::None, Effort::High]), "high");
    assert_eq!(effort(Effort::Low, &[Effort::None]), Value::Null);
    assert_eq!(effort(Effort::None, &[Effort::None]), "none");
}

#[test]
fn a_cap_is_no_larger_than_what_the_model_writes_at_most() {
    let capped = |output| {
        let model = ModelInfo { output, ..thinking("any") };
        let params = Params { max_tokens: Some(9_000), ..Params::default() };
        sent(model, &wire("openrouter"), &params)["max_tokens"].take()
    };
    assert_eq!(capped(Some(4_000)), 4_000);
    assert_eq!(capped(Some(10_000)), 9_000);
    assert_eq!(capped(None), 9_000);
}

#[test]
fn a_model_that_does_not_think_takes_no_effort_whatever_its_list_says() {
    let mut model = ModelInfo::unknown(ModelId::new("p", "plain"));
    model.takes.efforts = vec![Effort::Low];
    assert_eq!(takes(&model, &wire("openrouter")).efforts, []);
    let mut model = thinking("listed");
    model.takes.efforts = vec![Effort::Low];
    model.takes.temperature = false;
    let takes = takes(&model, &wire("openrouter"));
    assert_eq!((takes.efforts.as_slice(), takes.temperature), (&[Effort::Low][..], false));
}
