use super::*;
use crate::net::{HttpClient, build};
use crate::protocol::{Effort, HelpHit, HelpSearch, ProviderKind};

#[derive(Debug)]
struct NoHelp;

impl HelpSearch for NoHelp {
    fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
        Vec::new()
    }
}

fn config(id: &str, url: &str) -> ProviderConfig {
    ProviderConfig::new(id, id, ProviderKind::Openai, url)
}

fn wire(id: &str, url: &str) -> Wire {
    wire_of(&config(id, url), &Url::parse(url).unwrap())
}

#[test]
fn every_known_provider_can_be_built_and_is_found_by_its_own_address() {
    for provider in PROVIDERS {
        let built = build(provider.config(), None, &HttpClient::new(), std::sync::Arc::new(NoHelp));
        assert!(built.is_ok(), "{}", provider.id);
        assert_eq!(find(provider.id), Some(&provider));
        assert_eq!(bundled_name(&provider.config()), Some(provider.id));
        assert!(!provider.key_env.is_empty() && provider.key_page.starts_with("https://"));
    }
}

#[test]
fn a_wire_is_chosen_by_host_then_by_id_or_port() {
    let table = [
        ("mine", "https://eu.api.openai.com/v1", Cap::MaxCompletionTokens, 4),
        ("mine", "https://notopenai.com/v1", Cap::MaxTokens, 4),
        ("openai", "https://gateway.example.com/v1", Cap::MaxCompletionTokens, 4),
        ("mine", "https://api.mistral.ai/v1", Cap::MaxTokens, 16),
        ("mine", "http://127.0.0.1:11434/v1", Cap::MaxTokens, 16),
        ("ollama", "https://box.example.com/v1", Cap::MaxTokens, 16),
        ("mine", "https://example.com:8080/v1", Cap::MaxTokens, 4),
    ];
    for (id, url, cap, stop_words) in table {
        let wire = wire(id, url);
        assert_eq!((wire.cap, wire.stop_words), (cap, stop_words), "{id} {url}");
    }
}

#[test]
fn the_bundled_table_is_asked_for_hosted_providers_only() {
    let table = [
        ("work", "https://api.openai.com/v1", Some("openai")),
        ("moonshot", "https://api.moonshot.ai/v1", Some("moonshot")),
        ("groq", "http://127.0.0.1:11434/v1", None),
        ("box", "http://10.0.0.2:9000/v1", Some("box")),
        ("openai", "http://gateway.corp/v1", Some("openai")),
        ("openai", "http://127.0.0.1:9000/v1", None),
        ("bad", "no address", None),
    ];
    for (id, url, expected) in table {
        assert_eq!(bundled_name(&config(id, url)), expected, "{id} {url}");
    }
}

#[test]
fn models_are_judged_by_their_names() {
    use Effort::{High, Low, Medium, Minimal, None, Xhigh};
    let openai = wire("openai", "https://api.openai.com/v1");
    /// Its efforts, and whether it takes a temperature.
    type Taken = Option<(&'static [Effort], bool)>;
    let table: [(&str, Taken); 8] = [
        ("gpt-5", Some((&[Minimal, Low, Medium, High], false))),
        ("gpt-5-chat-latest", Some((&[], true))),
        ("gpt-5.1", Some((&[None, Low, Medium, High], false))),
        ("gpt-5.6-terra", Some((&[None, Low, Medium, High, Xhigh], false))),
        ("gpt-6-sol", Some((&[], false))),
        ("o3-2025-04-16", Some((&[Low, Medium, High], false))),
        ("gpt-4o", Option::None),
        ("other", Option::None),
    ];
    for (model, expected) in table {
        let rule = openai.rule(model).map(|rule| (rule.efforts, rule.sampling));
        assert_eq!(rule, expected, "{model}");
    }
    assert!(openai.can_chat("gpt-5") && !openai.can_chat("text-embedding-3-large"));
    let ollama = wire("ollama", "http://127.0.0.1:11434/v1");
    assert_eq!(ollama.rule("gpt-oss:20b").map(|rule| rule.efforts), Some(&[Low, Medium, High][..]));
}
