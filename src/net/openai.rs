//! Chat completions, as OpenAI and many others serve them.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>. Where servers differ, the
//! mapper takes what comes; what they refuse is left out by [`Wire`].

mod mapper;
mod models;
mod parameters;
mod reasoning;
mod request;
mod tools;
mod wire;

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::exchange::Exchange;
use super::http::KeyHeader;
use super::known::{self, Wire};
use super::{ChatRequest, ChunkStream, HttpClient, Provider};
use crate::protocol::{ErrorKind, ModelInfo, ProviderConfig, ProviderError, Takes};
use mapper::CompletionMapper;

/// A server that speaks chat completions.
#[derive(Debug)]
pub(crate) struct OpenAi {
    config: ProviderConfig,
    wire: Wire,
    exchange: Exchange,
}

impl OpenAi {
    /// Checks the address and the key.
    pub(crate) fn new(
        config: ProviderConfig,
        key: Option<SecretString>,
        http: HttpClient,
    ) -> Result<Self, ProviderError> {
        let exchange = Exchange::new(&config, key, KeyHeader::Bearer, http)?;
        let wire = known::wire_of(&config, exchange.base());
        Ok(Self { wire, config, exchange })
    }

    async fn start(&self, request: ChatRequest) -> Result<ChunkStream, ProviderError> {
        let body = request::body(&request, &self.wire)?;
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
    config: &ProviderConfig,
) -> Result<Vec<ModelInfo>, ProviderError> {
    let request = exchange.get(exchange.url(&["models"]))?;
    let body = exchange.list(request).await?;
    let (provider, wire) = (config.id.clone(), known::wire_of(config, exchange.base()));
    // Lists of thousands take milliseconds: those who send meanwhile must not wait for them.
    let parsed = tokio::task::spawn_blocking(move || models::parse(&body, &provider, &wire)).await;
    parsed.ok().flatten().ok_or_else(|| {
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
        list_models(&self.exchange, &self.config).boxed()
    }

    fn takes(&self, model: &ModelInfo) -> Takes {
        parameters::takes(model, &self.wire)
    }

    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.start(request).boxed()
    }
}
