//! Chat completions, as OpenAI and many others serve them.
//!
//! Source: <https://platform.openai.com/docs/api-reference/chat>. Where servers differ, the
//! mapper takes what comes; what they refuse is left out by [`Dialect`].

mod mapper;
mod models;
mod reasoning;
mod request;
mod template;
mod tools;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, Response, Url};
use secrecy::SecretString;
use serde_json::Value;

use super::body::{self, host_of};
use super::chunk::Outbox;
use super::failure::{self, Said};
use super::http::{self, Credentials, Document};
use super::sse;
use super::{ChatRequest, ChunkStream, HttpClient, Provider};
use crate::protocol::{Effort, ErrorKind, ModelInfo, ProviderConfig, ProviderError, Takes};
use mapper::CompletionMapper;

const ERROR_BODY_BYTES: usize = 1 << 20;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 64 << 20;
const MODELS_BYTES: usize = 64 << 20;
const MODELS_TIMEOUT: Duration = Duration::from_secs(15);

/// A server that speaks chat completions.
#[derive(Debug)]
pub(crate) struct OpenAi {
    config: ProviderConfig,
    base: Url,
    dialect: Dialect,
    credentials: Arc<Credentials>,
    http: HttpClient,
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
        let base = http::parse_base(&config.url)?;
        let credentials = Arc::new(Credentials::new(key)?);
        Ok(Self { dialect: Dialect::of(&base), config, base, credentials, http })
    }

    async fn ask_for_models(&self) -> Result<Vec<ModelInfo>, ProviderError> {
        let url = http::below(&self.base, &["models"]);
        let request = self.http.for_url(&url)?.get(url);
        let response = self.send(request, MODELS_TIMEOUT).await?;
        if http::document_of(&response) == Document::Html {
            return Err(self.web_page(response, None).await);
        }
        let host = host_of(&self.base);
        let body = body::read_all(response, MODELS_BYTES, MODELS_TIMEOUT).await?;
        models::parse(&body, &self.config.id, self.dialect).ok_or_else(|| {
            let message = format!(
                "{host} did not answer with a list of models. Check that the address ends where the API begins, usually with /v1"
            );
            ProviderError::new(ErrorKind::Protocol, message)
        })
    }

    async fn start(&self, request: ChatRequest) -> Result<ChunkStream, ProviderError> {
        let url = http::below(&self.base, &["chat", "completions"]);
        let body = request::body(&request, self.dialect)?;
        let post = self
            .http
            .for_url(&url)?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream")
            // Compression would make servers hold events back.
            .header(ACCEPT_ENCODING, "identity")
            .body(body);
        let idle_timeout = request.idle_timeout;
        let response = self.send(post, idle_timeout).await?;
        let mapper = CompletionMapper::new(&request, Arc::clone(&self.credentials));
        drop(request);
        match http::document_of(&response) {
            Document::Html => Err(self.web_page(response, None).await),
            Document::Json => self.whole_answer(response, mapper, idle_timeout).await,
            Document::Events => Ok(sse::read(response, mapper, idle_timeout)),
        }
    }

    /// Sends once and turns every status but success into an error.
    async fn send(
        &self,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, ProviderError> {
        let request = match self.credentials.header() {
            Some(header) => request.header(AUTHORIZATION, header),
            None => request,
        };
        let host = host_of(&self.base);
        let response = match tokio::time::timeout(patience, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(failure::transport(&error, &host)),
            Err(_elapsed) => return Err(body::silence(&host, patience)),
        };
        let status = response.status();
        if status.is_success() {
            Ok(response)
        } else if status.is_redirection() {
            Err(redirected(&response, &host))
        } else {
            Err(self.refusal(response).await)
        }
    }

    async fn refusal(&self, response: Response) -> ProviderError {
        let status = response.status().as_u16();
        let retry_after_ms = failure::retry_after_ms(response.headers(), jiff::Timestamp::now());
        let error = if http::document_of(&response) == Document::Html {
            self.web_page(response, Some(status)).await
        } else {
            let body = body::read_all(response, ERROR_BODY_BYTES, ERROR_BODY_TIMEOUT).await;
            let body = body.unwrap_or_default();
            let said = match serde_json::from_slice::<Value>(&body) {
                Ok(value) => Said::read(&value),
                Err(_not_json) => Said {
                    message: Some(String::from_utf8_lossy(&body).into_owned()),
                    ..Said::default()
                },
            };
            said.into_error(Some(status))
        };
        self.clean(ProviderError { retry_after_ms, ..error })
    }

    /// The error for a web page in place of an answer.
    async fn web_page(&self, response: Response, status: Option<u16>) -> ProviderError {
        let content_type = self.credentials.scrub(http::content_type(&response));
        let host = host_of(&self.base);
        let body = body::read_all(response, ERROR_BODY_BYTES, ERROR_BODY_TIMEOUT).await;
        let title = failure::page_title(&String::from_utf8_lossy(&body.unwrap_or_default()));
        let title = title.map(|title| format!(" titled \"{title}\"")).unwrap_or_default();
        let message = format!(
            "{host} sent a web page{title} ({content_type}) instead of an answer. Check the provider's address"
        );
        match status {
            Some(_) => Said { message: Some(message), ..Said::default() }.into_error(status),
            None => ProviderError::new(ErrorKind::Protocol, message),
        }
    }

    /// A server that ignored `stream: true`: the whole answer is one event.
    async fn whole_answer(
        &self,
        response: Response,
        mut mapper: CompletionMapper,
        idle_timeout: Duration,
    ) -> Result<ChunkStream, ProviderError> {
        let body = body::read_all(response, ANSWER_BYTES, idle_timeout).await?;
        let text = String::from_utf8_lossy(&body);
        let mut chunks = Outbox::default();
        let failure = match mapper.whole(&text, &mut chunks) {
            Ok(()) => None,
            Err(error) if chunks.is_empty() => return Err(error),
            Err(error) => Some(Err(error)),
        };
        Ok(stream::iter(std::iter::from_fn(move || chunks.pop()).map(Ok).chain(failure)).boxed())
    }

    fn clean(&self, mut error: ProviderError) -> ProviderError {
        error.message = self.credentials.scrub(&error.message);
        error
    }
}

fn redirected(response: &Response, host: &str) -> ProviderError {
    let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| response.url().join(target).ok());
    let target = target.map(|url| format!(" to {}", host_of(&url))).unwrap_or_default();
    let message = format!(
        "{host} redirects{target}. Nothing was sent there; change the provider's address if you trust it"
    );
    ProviderError {
        status: Some(response.status().as_u16()),
        ..ProviderError::new(ErrorKind::Protocol, message)
    }
}

impl Provider for OpenAi {
    fn config(&self) -> &ProviderConfig {
        &self.config
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>> {
        self.ask_for_models().boxed()
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
