//! OpenAI's Responses API.
//!
//! Source: <https://developers.openai.com/api/reference/resources/responses>. Nothing is kept at
//! the provider, unless answers shall run on there without a connection: then their streams tell
//! places, and go on from one with a GET.

mod efforts;
mod kept;
mod mapper;
mod point;
mod request;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::exchange::Exchange;
use super::http::{self, KeyHeader};
use super::known;
use super::openai::list_models;
use super::{ChatRequest, ChunkStream, HttpClient, Provider, ResumeRequest};
use crate::protocol::{ModelInfo, ProviderConfig, ProviderError, ResumePoint, Takes};
use mapper::ResponseMapper;
use request::{Keeping, Summaries};

/// A server that speaks the Responses API.
#[derive(Debug)]
pub(crate) struct Responses {
    config: ProviderConfig,
    exchange: Exchange,
    /// OpenAI gives summaries of reasoning only to organisations that it has verified, and
    /// refuses whole requests of others that ask for them. Known after the first such refusal.
    without_summaries: AtomicBool,
}

impl Responses {
    /// Checks the address and the key.
    pub(crate) fn new(
        config: ProviderConfig,
        key: Option<SecretString>,
        client: HttpClient,
    ) -> Result<Self, ProviderError> {
        let wire = known::wire_of(&config, &http::parse_base(&config.url)?);
        let client = client.titled(wire.headers);
        let exchange = Exchange::new(&config, key, KeyHeader::Bearer, client)?;
        Ok(Self { config, exchange, without_summaries: AtomicBool::new(false) })
    }

    fn keeping(&self, request: &ChatRequest) -> Keeping {
        let background = self.config.options.background && !request.aside;
        if background { Keeping::AtProvider } else { Keeping::Nowhere }
    }

    async fn start(&self, request: ChatRequest) -> Result<ChunkStream, ProviderError> {
        if self.without_summaries.load(Ordering::Relaxed) {
            return self.ask(&request, Summaries::Unasked).await;
        }
        match self.ask(&request, Summaries::Asked).await {
            // A refused request was not worked on: this is no second question.
            Err(error) if error.code.as_deref() == Some("unsupported_value") => {
                let answer = self.ask(&request, Summaries::Unasked).await?;
                self.without_summaries.store(true, Ordering::Relaxed);
                Ok(answer)
            }
            answer => answer,
        }
    }

    async fn ask(
        &self,
        request: &ChatRequest,
        summaries: Summaries,
    ) -> Result<ChunkStream, ProviderError> {
        let keeping = self.keeping(request);
        let body = request::body(request, keeping, summaries)?;
        let post = self.exchange.post(self.exchange.url(&["responses"]), body)?;
        let credentials = Arc::clone(self.exchange.credentials());
        let mapper = ResponseMapper::new(request, keeping, credentials);
        self.exchange.answer(post, mapper, request.idle_timeout).await
    }

    async fn go_on(&self, request: ResumeRequest) -> Result<ChunkStream, ProviderError> {
        let point = point::read(&request.point)?;
        let mut url = self.exchange.url(&["responses", &point.response]);
        url.query_pairs_mut()
            .append_pair("stream", "true")
            .append_pair("starting_after", &point.after.to_string());
        if efforts::traits(&ModelInfo::unknown(request.model.clone())).reasons {
            url.query_pairs_mut().append_pair("include[]", request::ENCRYPTED);
        }
        let get = self.exchange.get(url)?;
        let credentials = Arc::clone(self.exchange.credentials());
        let mapper = ResponseMapper::resumed(&request, point, credentials);
        self.exchange.answer(get, mapper, request.idle_timeout).await
    }

    async fn end(&self, point: ResumePoint) -> Result<(), ProviderError> {
        let point = point::read(&point)?;
        let url = self.exchange.url(&["responses", &point.response, "cancel"]);
        self.exchange.document(self.exchange.post(url, Vec::new())?).await?;
        Ok(())
    }
}

impl Provider for Responses {
    fn config(&self) -> &ProviderConfig {
        &self.config
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>> {
        list_models(&self.exchange, &self.config).boxed()
    }

    fn takes(&self, model: &ModelInfo) -> Takes {
        let traits = efforts::traits(model);
        Takes {
            efforts: traits.efforts.to_vec(),
            temperature: traits.samples,
            top_p: traits.samples,
            stop: false,
            ..Takes::default()
        }
    }

    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.start(request).boxed()
    }

    fn resume(&self, request: ResumeRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.go_on(request).boxed()
    }

    fn cancel(&self, point: ResumePoint) -> BoxFuture<'_, Result<(), ProviderError>> {
        self.end(point).boxed()
    }
}
