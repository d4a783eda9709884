//! What every provider can do, and how one is made from its configuration.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use serde_json::Value;

use super::anthropic::Anthropic;
use super::guide::Guide;
use super::openai::OpenAi;
use super::responses::Responses;
use super::{ChunkStream, HttpClient};
use crate::protocol::{
    ErrorKind, HelpSearch, Message, MessageId, ModelId, ModelInfo, Params, ProviderConfig,
    ProviderError, ProviderKind, ResumePoint, Takes,
};

/// A source of answers.
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// Its configuration.
    fn config(&self) -> &ProviderConfig;

    /// Asks for its models.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>>;

    /// The parameters that a model takes. Asked for each model of the catalogue; does no I/O.
    fn takes(&self, model: &ModelInfo) -> Takes;

    /// Sends one request. Resolves when the head of the answer is there and its status is good.
    ///
    /// Dropping the future or the stream closes the connection.
    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>>;

    /// Goes on with a stream that broke, from a place that it told with [`super::Chunk::Mark`].
    /// What came before that place does not come again. Only for providers that tell places.
    fn resume(&self, request: ResumeRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>> {
        let error = ProviderError::new(
            ErrorKind::BadRequest,
            format!("{} cannot go on with an answer that broke", request.model),
        );
        std::future::ready(Err(error)).boxed()
    }

    /// Tells the provider that nobody waits for an answer any more. Only for providers whose
    /// answers run on without a connection.
    fn cancel(&self, point: ResumePoint) -> BoxFuture<'_, Result<(), ProviderError>> {
        drop(point);
        std::future::ready(Ok(())).boxed()
    }
}

/// One model call.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Who shall answer, with what is known of it.
    pub model: ModelInfo,
    /// The visible path, oldest first. The last may be the open answer of this run, with tool
    /// calls and their results, or an interrupted answer to be continued.
    pub messages: Vec<Message>,
    /// Parameters, instructions included. Those that the model does not take are left out.
    pub params: Params,
    /// The tools that are offered.
    pub tools: Vec<ToolSpec>,
    /// The answer that the events belong to.
    pub answer: MessageId,
    /// The last message is an interrupted answer, and the model shall go on where it stopped.
    pub continues: bool,
    /// Silence longer than this is a `Timeout`; also the wait for the head of the answer.
    pub idle_timeout: Duration,
    /// A summary or a title: nobody goes on with it later, so it never runs in the background.
    pub aside: bool,
}

impl ChatRequest {
    /// A call without parameters and tools, for an answer that begins.
    pub fn new(
        model: ModelInfo,
        messages: Vec<Message>,
        answer: MessageId,
        idle_timeout: Duration,
    ) -> Self {
        let params = Params::default();
        let (tools, continues, aside) = (Vec::new(), false, false);
        Self { model, messages, params, tools, answer, continues, idle_timeout, aside }
    }

    /// The user's cap on the answer, which servers refuse where it is more than the model writes.
    pub(crate) fn cap(&self) -> Option<u32> {
        let most = self.model.output.filter(|most| *most > 0);
        let most = most.map_or(u32::MAX, |most| u32::try_from(most).unwrap_or(u32::MAX));
        self.params.max_tokens.map(|cap| cap.min(most))
    }
}

/// A tool that a model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// For the model.
    pub description: String,
    /// Its arguments as a JSON schema of an object.
    pub schema: Value,
}

/// What is asked to go on with an answer.
#[derive(Clone, Debug)]
pub struct ResumeRequest {
    /// Who answers.
    pub model: ModelId,
    /// From where.
    pub point: ResumePoint,
    /// The answer as it stands: deltas go on where its last part ends.
    pub answer: Message,
    /// As in [`ChatRequest`].
    pub idle_timeout: Duration,
}

/// Makes the provider that a configuration describes. No network is touched.
///
/// # Errors
///
/// `BadRequest` for an address that cannot be used, `Auth` for a key that cannot be sent.
pub fn build(
    config: ProviderConfig,
    key: Option<SecretString>,
    http: &HttpClient,
    help: Arc<dyn HelpSearch>,
) -> Result<Arc<dyn Provider>, ProviderError> {
    match config.kind {
        ProviderKind::Guide => Ok(Arc::new(Guide::new(config, help, Guide::usual_pace()))),
        ProviderKind::Anthropic => Ok(Arc::new(Anthropic::new(config, key, http.clone())?)),
        ProviderKind::Responses => Ok(Arc::new(Responses::new(config, key, http.clone())?)),
        ProviderKind::Openai => Ok(Arc::new(OpenAi::new(config, key, http.clone())?)),
    }
}
