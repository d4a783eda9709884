//! The table. Sources are the providers' API references as of November 2026.

use super::wire::ModelRule;
use super::{Cap, CostOption, EffortOption, Known, UsageOption, Wire};
use crate::protocol::Effort::{High, Low, Max, Medium, Minimal, None as NoEffort, Xhigh};
use crate::protocol::{KnownProvider, ProviderKind};

/// How many rows are providers on the internet. They come first.
pub(super) const HOSTED: usize = 9;
/// How many are local servers.
pub(super) const LOCAL: usize = TABLE.len() - HOSTED;

/// What hosted providers have in common with most.
const COMMON: Wire = Wire::COMMON;

pub(super) const TABLE: [Known; 13] = [
    Known {
        offer: KnownProvider {
            id: "openrouter",
            name: "OpenRouter",
            kind: ProviderKind::Openai,
            url: "https://openrouter.ai/api/v1",
            key_env: "OPENROUTER_API_KEY",
            key_page: "https://openrouter.ai/settings/keys",
            blurb: "Hundreds of models of many makers with one key",
        },
        domains: &["openrouter.ai"],
        port: None,
        wire: Wire {
            effort: EffortOption::Reasoning,
            efforts: &[NoEffort, Minimal, Low, Medium, High, Xhigh, Max],
            cost: CostOption::Asked,
            // It names the app in the user's own list of requests. There is no page of the app
            // that HTTP-Referer could name.
            headers: &[("X-Title", "Switchboard")],
            passes_on: true,
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "openai",
            name: "OpenAI",
            kind: ProviderKind::Responses,
            url: "https://api.openai.com/v1",
            key_env: "OPENAI_API_KEY",
            key_page: "https://platform.openai.com/api-keys",
            blurb: "The GPT models",
        },
        domains: &["openai.com"],
        port: None,
        wire: Wire {
            cap: Cap::MaxCompletionTokens,
            no_chat: &[
                "embedding",
                "moderation",
                "whisper",
                "tts",
                "dall-e",
                "gpt-image",
                "chatgpt-image",
                "sora",
                "babbage",
                "davinci",
                "realtime",
                "transcribe",
                "-instruct",
                "gpt-audio",
                "container",
            ],
            rules: &[
                // Those of the chat product do not think at will.
                ModelRule::begins("chat-latest"),
                ModelRule::begins("gpt-").and_holds("-chat"),
                // Their effort works in the Responses API alone; sampling is refused with any.
                ModelRule::begins("gpt-6").no_sampling().no_stop(),
                ModelRule::begins("gpt-5.1")
                    .efforts(&[NoEffort, Low, Medium, High])
                    .no_sampling()
                    .no_stop(),
                ModelRule::begins("gpt-5.")
                    .efforts(&[NoEffort, Low, Medium, High, Xhigh])
                    .no_sampling()
                    .no_stop(),
                ModelRule::begins("gpt-5")
                    .efforts(&[Minimal, Low, Medium, High])
                    .no_sampling()
                    .no_stop(),
                ModelRule::begins("o1").efforts(&[Low, Medium, High]).no_sampling().no_stop(),
                ModelRule::begins("o3").efforts(&[Low, Medium, High]).no_sampling().no_stop(),
                ModelRule::begins("o4").efforts(&[Low, Medium, High]).no_sampling().no_stop(),
            ],
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "anthropic",
            name: "Anthropic",
            kind: ProviderKind::Anthropic,
            url: "https://api.anthropic.com/v1",
            key_env: "ANTHROPIC_API_KEY",
            key_page: "https://platform.claude.com/settings/keys",
            blurb: "The Claude models",
        },
        domains: &["anthropic.com"],
        port: None,
        wire: COMMON,
    },
    Known {
        offer: KnownProvider {
            id: "groq",
            name: "Groq",
            kind: ProviderKind::Openai,
            url: "https://api.groq.com/openai/v1",
            key_env: "GROQ_API_KEY",
            key_page: "https://console.groq.com/keys",
            blurb: "Open models, answered very fast",
        },
        domains: &["groq.com"],
        port: None,
        wire: Wire {
            cap: Cap::MaxCompletionTokens,
            efforts: &[],
            no_chat: &["whisper", "tts", "guard", "orpheus"],
            rules: &[
                ModelRule::holds("gpt-oss").efforts(&[Low, Medium, High]),
                ModelRule::begins("qwen3").efforts(&[NoEffort]),
            ],
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "mistral",
            name: "Mistral",
            kind: ProviderKind::Openai,
            url: "https://api.mistral.ai/v1",
            key_env: "MISTRAL_API_KEY",
            key_page: "https://console.mistral.ai/api-keys",
            blurb: "The Mistral models, served from Europe",
        },
        domains: &["mistral.ai"],
        port: None,
        wire: Wire {
            usage: UsageOption::Untold,
            efforts: &[NoEffort, High],
            stop_words: 16,
            answer_after_results: true,
            no_chat: &["embed", "moderation", "-ocr", "transcribe", "-fim-"],
            // These always think.
            rules: &[ModelRule::begins("magistral")],
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "deepseek",
            name: "DeepSeek",
            kind: ProviderKind::Openai,
            url: "https://api.deepseek.com/v1",
            key_env: "DEEPSEEK_API_KEY",
            key_page: "https://platform.deepseek.com/api_keys",
            blurb: "The DeepSeek models",
        },
        domains: &["deepseek.com"],
        port: None,
        wire: Wire {
            effort: EffortOption::ThinkingSwitch,
            efforts: &[NoEffort, Low, High, Max],
            stop_words: 16,
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "together",
            name: "Together",
            kind: ProviderKind::Openai,
            url: "https://api.together.xyz/v1",
            key_env: "TOGETHER_API_KEY",
            key_page: "https://api.together.ai/settings/api-keys",
            blurb: "Open models in great number",
        },
        domains: &["together.xyz", "together.ai"],
        port: None,
        wire: Wire { efforts: &[], rules: OPEN_MODELS, ..COMMON },
    },
    Known {
        offer: KnownProvider {
            id: "xai",
            name: "xAI",
            kind: ProviderKind::Openai,
            url: "https://api.x.ai/v1",
            key_env: "XAI_API_KEY",
            key_page: "https://console.x.ai",
            blurb: "The Grok models",
        },
        domains: &["x.ai"],
        port: None,
        wire: Wire {
            cap: Cap::MaxCompletionTokens,
            no_chat: &["imagine", "-image", "-video", "embedding", "-tts"],
            rules: &[
                ModelRule::holds("non-reasoning"),
                ModelRule::begins("grok-3-mini").efforts(&[Low, High]).no_stop(),
                ModelRule::begins("grok-3"),
                // Here the name chooses whether it thinks, and the effort is refused.
                ModelRule::begins("grok-4.20").no_stop(),
                ModelRule::begins("grok-4.").efforts(&[NoEffort, Low, Medium, High]).no_stop(),
                ModelRule::begins("grok-").no_stop(),
            ],
            ..COMMON
        },
    },
    Known {
        offer: KnownProvider {
            id: "gemini",
            name: "Google Gemini",
            kind: ProviderKind::Openai,
            url: "https://generativelanguage.googleapis.com/v1beta/openai",
            key_env: "GEMINI_API_KEY",
            key_page: "https://aistudio.google.com/apikey",
            blurb: "The Gemini models",
        },
        domains: &["generativelanguage.googleapis.com"],
        port: None,
        wire: Wire {
            stop_words: 5,
            no_chat: &[
                "embedding",
                "imagen",
                "veo-",
                "aqa",
                "-tts",
                "lyria",
                "-audio",
                "-live",
                "-image",
                "deep-research",
                "computer-use",
                "streaming",
            ],
            rules: &[
                ModelRule::begins("gemini-2.5-flash").efforts(&[NoEffort, Low, Medium, High]),
                ModelRule::begins("gemini-").and_holds("-pro").efforts(&[Low, Medium, High]),
                ModelRule::begins("gemini-")
                    .and_holds("flash")
                    .efforts(&[Minimal, Low, Medium, High]),
                ModelRule::begins("gemma"),
            ],
            ..COMMON
        },
    },
    local_server("ollama", "Ollama", "http://127.0.0.1:11434/v1", 11434),
    local_server("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1", 1234),
    local_server("llamacpp", "llama.cpp", "http://127.0.0.1:8080/v1", 8080),
    local_server("vllm", "vLLM", "http://127.0.0.1:8000/v1", 8000),
];

/// Whoever serves them: the open models whose effort can be chosen. Others answer an error when
/// one is sent.
const OPEN_MODELS: &[ModelRule] = &[ModelRule::holds("gpt-oss").efforts(&[Low, Medium, High])];

const fn local_server(id: &'static str, name: &'static str, url: &'static str, port: u16) -> Known {
    let kind = ProviderKind::Openai;
    let blurb = "A server on this computer";
    Known {
        offer: KnownProvider { id, name, kind, url, key_env: "", key_page: "", blurb },
        domains: &[],
        port: Some(port),
        wire: Wire {
            efforts: &[],
            stop_words: 16,
            no_chat: &["embed", "rerank"],
            rules: OPEN_MODELS,
            ..COMMON
        },
    }
}

/// The offers of the providers on the internet.
pub(super) const fn hosted() -> [KnownProvider; HOSTED] {
    let mut all = [TABLE[0].offer; HOSTED];
    let mut n = 0;
    while n < HOSTED {
        all[n] = TABLE[n].offer;
        n += 1;
    }
    all
}

/// Id, name and port of the local servers.
pub(super) const fn local() -> [(&'static str, &'static str, u16); LOCAL] {
    let mut all = [("", "", 0); LOCAL];
    let mut n = 0;
    while n < LOCAL {
        let known = TABLE[HOSTED + n];
        let port = match known.port {
            Some(port) => port,
            None => 0,
        };
        all[n] = (known.offer.id, known.offer.name, port);
        n += 1;
    }
    all
}
