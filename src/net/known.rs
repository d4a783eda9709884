//! Well-known providers: what the user needs not type.

use crate::protocol::ProviderKind;

pub use crate::protocol::KnownProvider;

/// All of them, in the order in which they are offered.
pub const PROVIDERS: [KnownProvider; 7] = [
    KnownProvider {
        id: "openrouter",
        name: "OpenRouter",
        kind: ProviderKind::Openai,
        url: "https://openrouter.ai/api/v1",
        key_env: "OPENROUTER_API_KEY",
        key_page: "https://openrouter.ai/settings/keys",
        blurb: "Hundreds of models of many makers with one key",
    },
    KnownProvider {
        id: "openai",
        name: "OpenAI",
        kind: ProviderKind::Responses,
        url: "https://api.openai.com/v1",
        key_env: "OPENAI_API_KEY",
        key_page: "https://platform.openai.com/api-keys",
        blurb: "The GPT models",
    },
    KnownProvider {
        id: "anthropic",
        name: "Anthropic",
        kind: ProviderKind::Anthropic,
        url: "https://api.anthropic.com/v1",
        key_env: "ANTHROPIC_API_KEY",
        key_page: "https://platform.claude.com/settings/keys",
        blurb: "The Claude models",
    },
    KnownProvider {
        id: "groq",
        name: "Groq",
        kind: ProviderKind::Openai,
        url: "https://api.groq.com/openai/v1",
        key_env: "GROQ_API_KEY",
        key_page: "https://console.groq.com/keys",
        blurb: "Open models, answered very fast",
    },
    KnownProvider {
        id: "mistral",
        name: "Mistral",
        kind: ProviderKind::Openai,
        url: "https://api.mistral.ai/v1",
        key_env: "MISTRAL_API_KEY",
        key_page: "https://console.mistral.ai/api-keys",
        blurb: "The Mistral models, served from Europe",
    },
    KnownProvider {
        id: "deepseek",
        name: "DeepSeek",
        kind: ProviderKind::Openai,
        url: "https://api.deepseek.com/v1",
        key_env: "DEEPSEEK_API_KEY",
        key_page: "https://platform.deepseek.com/api_keys",
        blurb: "The DeepSeek models",
    },
    KnownProvider {
        id: "together",
        name: "Together",
        kind: ProviderKind::Openai,
        url: "https://api.together.xyz/v1",
        key_env: "TOGETHER_API_KEY",
        key_page: "https://api.together.ai/settings/api-keys",
        blurb: "Open models in great number",
    },
];

/// The known provider with this id.
pub fn find(id: &str) -> Option<&'static KnownProvider> {
    PROVIDERS.iter().find(|provider| provider.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{HttpClient, build};
    use crate::protocol::{HelpHit, HelpSearch};

    #[derive(Debug)]
    struct NoHelp;

    impl HelpSearch for NoHelp {
        fn search(&self, _question: &str, _limit: usize) -> Vec<HelpHit> {
            Vec::new()
        }
    }

    #[test]
    fn every_known_provider_can_be_built() {
        for provider in PROVIDERS {
            let built =
                build(provider.config(), None, &HttpClient::new(), std::sync::Arc::new(NoHelp));
            assert!(built.is_ok(), "{}", provider.id);
            assert_eq!(find(provider.id), Some(&provider));
        }
    }
}
