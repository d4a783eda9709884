//! Chat completions, as OpenAI and many others serve them.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>. Where servers differ, the
//! mapper takes what comes; what they refuse is left out by [`Dialect`].

mod mapper;
mod models;
mod reasoning;
mod request;
mod tools;
mod wire;

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Url;
use secrecy::SecretString;

use super::exchange::Exchange;
use super::http::KeyHeader;
use super::{ChatRequest, ChunkStream, HttpClient, Provider};
use crate::protocol::{
    Effort, ErrorKind, ModelInfo, ProviderConfig, ProviderError, ProviderId, Takes,
};
use mapper::CompletionMapper;

/// A server that speaks chat completions.
#[derive(Debug)]
pub(crate) struct OpenAi {
    config: ProviderConfig,
    dialect: Dialect,
    exchange: Exchange,
}

/// What a server wants otherwise than most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Most of them.
    Common,
    /// Newer models refuse `max_tokens`.
    OpenAi,
    /// Tells the cost when asked.
    OpenRouter,
    /// Refuses `stream_options` and tells the usage anyway.
    Mistral,
}

impl Dialect {
    fn of(base: &Url) -> Self {
        let host = base.host_str().unwrap_or_default();
        let is = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if is("openai.com") {
            Self::OpenAi
        } else if is("openrouter.ai") {
            Self::OpenRouter
        } else if is("mistral.ai") {
            Self::Mistral
        } else {
            Self::Common
        }
    }
}

impl OpenAi {
    /// Checks the address and the key.
    pub(crate) fn new(
        config: ProviderConfig,
        key: Option<SecretString>,
        http: HttpClient,
    ) -> Result<Self, ProviderError> {
        let exchange = Exchange::new(&config, key, KeyHeader::Bearer, http)?;
        Ok(Self { dialect: Dialect::of(exchange.base()), config, exchange })
    }

    async fn start(&self, request: ChatRequest) -> Result<ChunkStream, ProviderError> {
        let body = request::body(&request, self.dialect)?;
        let post = self.exchange.post(self.exchange.url(&["chat", "completions"]), body)?;
        let mapper = CompletionMapper::new(&request, Arc::clone(self.exchange.credentials()));
        let idle_timeout = request.idle_timeout;
        drop(request);
        self.exchange.answer(post, mapper, idle_timeout).await
    }
}

/// Asks a server for its list of models, which all of OpenAI's APIs share.
pub(super) async fn list_models(
    exchange: &Exchange,
    provider: &ProviderId,
) -> Result<Vec<ModelInfo>, ProviderError> {
    let request = exchange.get(exchange.url(&["models"]))?;
    let body = exchange.document(request).await?;
    models::parse(&body, provider, Dialect::of(exchange.base())).ok_or_else(|| {
        let host = exchange.host();
        let message = format!(
            "{host} did not answer with a list of models. Check that the address ends where the API begins, usually with /v1"
        );
        ProviderError::new(ErrorKind::Protocol, message)
    })
}

impl Provider for OpenAi {
    fn config(&self) -> &ProviderConfig {
        &self.config
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>> {
        list_models(&self.exchange, &self.config.id).boxed()
    }

    fn takes(&self, model: &ModelInfo) -> Takes {
        let efforts = match model.abilities.thinking {
            Some(true) => vec![Effort::Low, Effort::Medium, Effort::High],
            Some(false) | None => Vec::new(),
        };
        Takes { efforts, ..Takes::default() }
    }

    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.start(request).boxed()
    }
}
