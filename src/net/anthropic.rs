//! The messages API, as Anthropic and servers that imitate it serve it.
//!
//! Source: <https://platform.claude.com/docs/en/api/messages>, version 2026-10-21, and the types
//! of the `anthropic` package 2.x.

mod blocks;
mod family;
mod mapper;
mod models;
mod request;
mod stop;
mod thinking;
mod wire;

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderValue;
use reqwest::{RequestBuilder, Url};
use secrecy::SecretString;

use super::exchange::Exchange;
use super::http::KeyHeader;
use super::{ChatRequest, ChunkStream, HttpClient, Provider};
use crate::protocol::{ErrorKind, ModelInfo, ProviderConfig, ProviderError, Takes};
use family::Traits;
use mapper::MessageMapper;

const VERSION_HEADER: &str = "anthropic-version";
const CURRENT_VERSION: &str = "2026-10-21";
const BETA_HEADER: &str = "anthropic-beta";
/// Thinking that no longer fits the chat is dropped where the request says so, with this.
const BINDING_CONTROLS: &str = "thinking-binding-controls-2026-08-01";
/// Models per page: the most there can be.
const PAGE: &str = "1000";
/// A list that goes on for more pages than this is no list.
const PAGES: usize = 20;

/// A server that speaks the messages API.
#[derive(Debug)]
pub(crate) struct Anthropic {
    config: ProviderConfig,
    version: Version,
    exchange: Exchange,
}

/// The version of the API that is asked for.
#[derive(Debug)]
struct Version {
    header: HeaderValue,
    /// It is the one this is written for, or newer.
    current: bool,
}

impl Version {
    fn of(config: &ProviderConfig) -> Result<Self, ProviderError> {
        let text = config.options.api_version.as_deref().map(str::trim);
        let text = text.filter(|text| !text.is_empty()).unwrap_or(CURRENT_VERSION);
        let Ok(header) = HeaderValue::from_str(text) else {
            let message = format!(
                "The API version of {} cannot be sent. Write it as a date, for example {CURRENT_VERSION}",
                config.name
            );
            return Err(ProviderError::new(ErrorKind::BadRequest, message));
        };
        // Versions are days: the order of their letters is that of time.
        Ok(Self { header, current: text >= CURRENT_VERSION })
    }

    fn is_current(&self) -> bool {
        self.current
    }

    fn key_header(&self) -> KeyHeader {
        if self.current { KeyHeader::Bearer } else { KeyHeader::ApiKey }
    }
}

impl Anthropic {
    /// Checks the address, the key and the version.
    pub(crate) fn new(
        config: ProviderConfig,
        key: Option<SecretString>,
        http: HttpClient,
    ) -> Result<Self, ProviderError> {
        let version = Version::of(&config)?;
        let exchange = Exchange::new(&config, key, version.key_header(), http)?;
        Ok(Self { config, version, exchange })
    }

    /// The address of a resource. Other programs want the base without `/v1`: both will do.
    fn url(&self, resource: &str) -> Url {
        if names_version(self.exchange.base()) {
            self.exchange.url(&[resource])
        } else {
            self.exchange.url(&["v1", resource])
        }
    }

    fn versioned(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(VERSION_HEADER, self.version.header.clone())
    }

    /// What this asks for, and what the user asks for by a header of their own.
    fn betas(&self) -> String {
        let headers = self.config.options.headers.iter();
        let own = headers.filter(|(name, _)| name.eq_ignore_ascii_case(BETA_HEADER));
        let own = own.map(|(_, value)| value.as_str());
        own.chain([BINDING_CONTROLS]).collect::<Vec<_>>().join(",")
    }

    async fn ask_for_models(&self) -> Result<Vec<ModelInfo>, ProviderError> {
        let mut models: Vec<ModelInfo> = Vec::new();
        let mut after: Option<String> = None;
        for _page in 0..PAGES {
            let mut url = self.url("models");
            url.query_pairs_mut().append_pair("limit", PAGE);
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after_id", after);
            }
            let request = self.versioned(self.exchange.get(url)?);
            let body = self.exchange.list(request).await?;
            let page = models::parse(&body, &self.config.id).ok_or_else(|| self.no_list())?;
            let known = models.len();
            for mut model in page.models {
                if !models.iter().any(|other| other.id == model.id) {
                    model.takes = self.takes(&model);
                    models.push(model);
                }
            }
            after = page.after;
            // A page that tells nothing new would be followed by itself.
            if after.is_none() || models.len() == known {
                break;
            }
        }
        Ok(models)
    }

    fn no_list(&self) -> ProviderError {
        let host = self.exchange.host();
        let message = format!(
            "{host} did not answer with a list of models. Check the provider's address and that it is of Anthropic's kind"
        );
        ProviderError::new(ErrorKind::Protocol, message)
    }

    async fn start(&self, request: ChatRequest) -> Result<ChunkStream, ProviderError> {
        let written = request::write(&request, &self.version)?;
        let mut post = self.versioned(self.exchange.post(self.url("messages"), written.body)?);
        if written.drops_unbound {
            post = post.header(BETA_HEADER, self.betas());
        }
        let mapper = MessageMapper::new(&request, Arc::clone(self.exchange.credentials()));
        let (idle_timeout, context) = (request.idle_timeout, request.model.context);
        drop(request);
        let answer = self.exchange.answer(post, mapper, idle_timeout).await;
        answer.map_err(|error| told_apart(error, written.tokens, context))
    }
}

/// The API has one code for all that is wrong with a request, a chat that does not fit the model
/// included, and its words may change. So a refused request of nearly that size is taken for one
/// that is too long.
fn told_apart(error: ProviderError, tokens: u64, context: Option<u64>) -> ProviderError {
    let is_large = context.is_some_and(|context| tokens >= context / 4 * 3);
    let is_general = error.kind == ErrorKind::BadRequest
        && error.status == Some(400)
        && error.code.as_deref() == Some("invalid_request_error");
    if is_general && is_large {
        return ProviderError { kind: ErrorKind::ContextTooLong, ..error };
    }
    error
}

/// Whether an address ends with a version such as `v1`.
fn names_version(base: &Url) -> bool {
    let mut segments = base.path().rsplit('/').filter(|segment| !segment.is_empty());
    let number = segments.next().and_then(|segment| segment.strip_prefix('v'));
    number.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

impl Provider for Anthropic {
    fn config(&self) -> &ProviderConfig {
        &self.config
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>> {
        self.ask_for_models().boxed()
    }

    fn takes(&self, model: &ModelInfo) -> Takes {
        let traits = Traits::of(&model.id.model);
        let samples = traits.samples && !self.version.is_current();
        let efforts = match model.takes.efforts.as_slice() {
            [] => traits.efforts(model),
            told => told.to_vec(),
        };
        Takes { efforts, temperature: samples, top_p: samples, ..Takes::default() }
    }

    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        self.start(request).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::ProviderKind;

    #[test]
    fn the_base_may_end_with_a_version_or_not() {
        let table = [
            ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
            ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
            ("https://api.anthropic.com/v1/", "https://api.anthropic.com/v1/messages"),
            ("https://a/anthropic", "https://a/anthropic/v1/messages"),
            ("https://a/api/v2?x=1", "https://a/api/v2/messages?x=1"),
            ("https://a/vertex", "https://a/vertex/v1/messages"),
        ];
        for (base, expected) in table {
            let config = ProviderConfig::new("p", "P", ProviderKind::Anthropic, base);
            let provider = Anthropic::new(config, None, HttpClient::new()).unwrap();
            assert_eq!(provider.url("messages").as_str(), expected);
        }
    }

    #[test]
    fn a_refused_request_that_fills_the_model_was_too_long() {
        let refused = |status, code: &str| ProviderError {
            status: Some(status),
            code: Some(code.to_owned()),
            ..ProviderError::new(ErrorKind::BadRequest, "no")
        };
        let table = [
            (refused(400, "invalid_request_error"), 160, Some(200), ErrorKind::ContextTooLong),
            (refused(400, "invalid_request_error"), 100, Some(200), ErrorKind::BadRequest),
            (refused(400, "invalid_request_error"), 900, None, ErrorKind::BadRequest),
            (refused(400, "tool_name_conflict"), 900, Some(200), ErrorKind::BadRequest),
            (refused(422, "invalid_request_error"), 900, Some(200), ErrorKind::BadRequest),
        ];
        for (error, tokens, context, expected) in table {
            let shown = format!("{error:?} {tokens} {context:?}");
            assert_eq!(told_apart(error, tokens, context).kind, expected, "{shown}");
        }
    }
}
