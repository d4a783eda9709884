//! One server and the key for it: each request is sent once, and whatever is not the answer that
//! was asked for becomes an error in words. What every provider over HTTP needs.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, LOCATION};
use reqwest::{RequestBuilder, Response, Url};
use secrecy::SecretString;
use serde_json::Value;

use super::body::{self, host_of};
use super::chunk::Outbox;
use super::dialect::Dialect;
use super::failure::{self, Said};
use super::http::{self, Credentials, Document, KeyHeader};
use super::known;
use super::sse::{self, Mapper};
use super::{ChunkStream, HttpClient};
use crate::protocol::{ErrorKind, ProviderConfig, ProviderError};

const ERROR_BODY_BYTES: usize = 1 << 20;
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 64 << 20;
const DOCUMENT_BYTES: usize = 64 << 20;
const DOCUMENT_TIMEOUT: Duration = Duration::from_secs(15);

/// The near end of a server.
#[derive(Debug)]
pub(crate) struct Exchange {
    base: Url,
    credentials: Arc<Credentials>,
    http: HttpClient,
}

impl Exchange {
    /// Checks the address, the key and the headers.
    pub(crate) fn new(
        config: &ProviderConfig,
        key: Option<SecretString>,
        key_header: KeyHeader,
        http: HttpClient,
    ) -> Result<Self, ProviderError> {
        let base = http::parse_base(&config.url)?;
        let credentials = Arc::new(Credentials::new(key, key_header)?);
        let http = http.titled(known::wire_of(config, &base).headers).with(&config.options)?;
        Ok(Self { base, credentials, http })
    }

    /// The configured address.
    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// The key, to keep it out of messages.
    pub(crate) fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// Host and port, as people know the server.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// The address of a resource below the base.
    pub(crate) fn url(&self, path: &[&str]) -> Url {
        http::below(&self.base, path)
    }

    /// A request without a body. Nothing is sent yet.
    pub(crate) fn get(&self, url: Url) -> Result<RequestBuilder, ProviderError> {
        Ok(self.http.for_url(&url)?.get(url))
    }

    /// A request with a body of JSON. Nothing is sent yet.
    pub(crate) fn post(&self, url: Url, body: Vec<u8>) -> Result<RequestBuilder, ProviderError> {
        let post = self.http.for_url(&url)?.post(url);
        Ok(post.header(CONTENT_TYPE, "application/json").body(body))
    }

    /// Sends a request whose answer is a stream of events, and reads it through the mapper.
    pub(crate) async fn answer<M: Mapper>(
        &self,
        request: RequestBuilder,
        mapper: M,
        idle_timeout: Duration,
    ) -> Result<ChunkStream, ProviderError> {
        // Compression would make servers hold events back.
        let request =
            request.header(ACCEPT, "text/event-stream").header(ACCEPT_ENCODING, "identity");
        let response = self.send(request, idle_timeout).await.map_err(model_or_address)?;
        match http::document_of(&response) {
            Document::Html => Err(self.web_page(response, None).await),
            Document::Json => self.whole_answer(response, mapper, idle_timeout).await,
            Document::Events => Ok(sse::read(response, mapper, idle_timeout)),
        }
    }

    /// Sends a request whose answer is a document, and reads it. What it holds is not checked,
    /// but a web page is refused.
    pub(crate) async fn document(&self, request: RequestBuilder) -> Result<Vec<u8>, ProviderError> {
        let response = self.send(request, DOCUMENT_TIMEOUT).await?;
        match http::document_of(&response) {
            Document::Html => Err(self.web_page(response, None).await),
            Document::Json | Document::Events => {
                body::read_all(response, DOCUMENT_BYTES, DOCUMENT_TIMEOUT).await
            }
        }
    }

    /// Sends a request for a list of models, and reads it like any document.
    pub(crate) async fn list(&self, request: RequestBuilder) -> Result<Vec<u8>, ProviderError> {
        self.document(request).await.map_err(|error| match error.status {
            Some(404) => {
                let (host, said) = (self.host(), error.message);
                let message = format!("{host} has no list of models at this address: {said}");
                ProviderError { message, ..error }
            }
            Some(_) | None => error,
        })
    }

    /// Sends once and turns every status but success into an error.
    async fn send(
        &self,
        request: RequestBuilder,
        patience: Duration,
    ) -> Result<Response, ProviderError> {
        let request = match self.credentials.header() {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let host = self.host();
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
        let message = self.credentials.scrub(&error.message);
        ProviderError { retry_after_ms, message, ..error }
    }

    /// The error for a web page in place of an answer.
    async fn web_page(&self, response: Response, status: Option<u16>) -> ProviderError {
        let content_type = self.credentials.scrub(http::content_type(&response));
        let host = self.host();
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
    async fn whole_answer<M: Mapper>(
        &self,
        response: Response,
        mut mapper: M,
        idle_timeout: Duration,
    ) -> Result<ChunkStream, ProviderError> {
        let body = body::read_all(response, ANSWER_BYTES, idle_timeout).await?;
        let text = String::from_utf8_lossy(&body);
        if let Some(own) = mapper.dialect()
            && let Some(other) = Dialect::of(&text)
            && other != own
        {
            return Err(own.mistaken_for(other, &self.host()));
        }
        let mut chunks = Outbox::default();
        let failure = match mapper.whole(&text, &mut chunks) {
            Ok(()) => None,
            Err(error) if chunks.is_empty() => return Err(error),
            Err(error) => Some(Err(error)),
        };
        Ok(stream::iter(std::iter::from_fn(move || chunks.pop()).map(Ok).chain(failure)).boxed())
    }
}

/// A question that found nothing, without a word of a model, may have gone to the wrong address.
fn model_or_address(error: ProviderError) -> ProviderError {
    let names_model = error.code.as_deref() == Some("model_not_found")
        // OpenRouter says so of a model.
        || ["model", "endpoints found"].iter().any(|word| error.message.contains(word));
    if error.status != Some(404) || names_model {
        return error;
    }
    let said = error.message.trim_end_matches('.');
    let message = format!("{said}. The address may be wrong as well as the model");
    ProviderError { message, ..error }
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
