//! What every provider can do, and how one is made from its configuration.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use secrecy::SecretString;

use super::guide::Guide;
use super::openai::OpenAi;
use super::{ChunkStream, HttpClient};
use crate::protocol::{
    HelpSearch, Message, MessageId, ModelId, ModelInfo, Params, ProviderConfig, ProviderError,
    ProviderKind,
};

/// A source of answers.
pub trait Provider: Send + Sync + std::fmt::Debug {
    /// Its configuration.
    fn config(&self) -> &ProviderConfig;

    /// Asks for its models.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelInfo>, ProviderError>>;

    /// Sends one request. Resolves when the head of the answer is there and its status is good.
    ///
    /// Dropping the future or the stream closes the connection.
    fn stream(&self, request: ChatRequest) -> BoxFuture<'_, Result<ChunkStream, ProviderError>>;
}

/// One model call.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Who shall answer.
    pub model: ModelId,
    /// The visible path, oldest first. The last may be the open answer of this run, with tool
    /// calls and their results, or an interrupted answer to be continued.
    pub messages: Vec<Message>,
    /// Instructions that stand before all messages.
    pub system: Option<String>,
    /// Parameters.
    pub params: Params,
    /// The answer that the events belong to.
    pub answer: MessageId,
    /// The last message is an interrupted answer, and the model shall go on where it stopped.
    pub continues: bool,
    /// Silence longer than this is a `Timeout`; also the wait for the head of the answer.
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
        ProviderKind::Openai => Ok(Arc::new(OpenAi::new(config, key, http.clone())?)),
    }
}
