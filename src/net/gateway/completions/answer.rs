//! What the frames of a run mean for a completion.

use super::failure::Failure;
use crate::protocol::{
    Frame, FromServer, RunStatus, ServerMessage, StreamEvent, Timestamp, read_from_server,
};

/// How long a request is held while its provider is asked again and again, in milliseconds. Most
/// programs wait longer for an answer, and none likes to do so without a word.
const PATIENCE_MS: u64 = 20_000;

/// What an answer is known to be so far.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// When it began.
    pub(super) began: Option<Timestamp>,
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    pub(super) cached_tokens: Option<u64>,
    /// Another model went on.
    pub(super) model: Option<String>,
    has_text: bool,
    finish: Option<Finish>,
    failure: Option<Failure>,
}

/// Why an answer ended, in OpenAI's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finish {
    /// It came to its end, or was stopped.
    Stop,
    /// It met the cap on its length.
    Length,
    /// A filter ended it.
    ContentFilter,
}

impl Finish {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ContentFilter => "content_filter",
        }
    }
}

/// Something to tell.
#[derive(Debug)]
pub(super) enum News {
    /// More text.
    Text(String),
    /// The end.
    Ended(Finish),
    /// It failed.
    Failed(Failure),
}

impl Answer {
    /// Takes a frame; most say nothing that a completion tells.
    pub(super) fn take(&mut self, text: &str) -> Option<News> {
        match read_from_server(text) {
            Ok(FromServer::Event(frame)) => self.event(*frame),
            Ok(FromServer::Said(said)) => refused(*said),
            Ok(FromServer::Plain(_) | FromServer::Unknown(_)) => None,
            Err(error) => {
                tracing::error!(%error, "a frame of the host cannot be read");
                None
            }
        }
    }

    /// The host has let the run go.
    pub(super) fn cut(&mut self) -> News {
        News::Failed(self.failure.take().unwrap_or_else(Failure::cut))
    }

    fn event(&mut self, frame: Frame) -> Option<News> {
        let began = *self.began.get_or_insert(frame.ts);
        match frame.event {
            StreamEvent::Message { content, .. } => {
                self.has_text = true;
                return Some(News::Text(content));
            }
            StreamEvent::Usage { prompt_tokens, completion_tokens, cached_tokens, .. } => {
                self.prompt_tokens = prompt_tokens.or(self.prompt_tokens);
                self.completion_tokens = completion_tokens.or(self.completion_tokens);
                self.cached_tokens = cached_tokens.or(self.cached_tokens);
            }
            StreamEvent::Notification { code, .. } => match code.as_str() {
                "length" | "turn_limit" => self.finish = Some(Finish::Length),
                "content_filter" => self.finish = Some(Finish::ContentFilter),
                _ => {}
            },
            StreamEvent::ModelFallback { new_model, .. } => {
                self.model = Some(new_model.to_string())
            }
            StreamEvent::Error { message, code, kind, retryable, retry_after_ms, .. } => {
                let failure = Failure::of_kind(kind, code, message);
                let failure = match retry_after_ms {
                    Some(wait) => failure.retry_in(wait),
                    None => failure,
                };
                let until = frame.ts.ms_since(began).saturating_add(retry_after_ms.unwrap_or(0));
                // Whoever asks knows best whether to wait for so long.
                if retryable && !self.has_text && until > PATIENCE_MS {
                    return Some(News::Failed(failure));
                }
                if !retryable {
                    self.failure = Some(failure);
                }
            }
            StreamEvent::Done { status, .. } => return Some(self.done(status)),
            StreamEvent::State { .. }
            | StreamEvent::Thinking { .. }
            | StreamEvent::ToolStart { .. }
            | StreamEvent::ToolEnd { .. }
            | StreamEvent::ApprovalNeeded { .. }
            | StreamEvent::Context { .. } => {}
        }
        None
    }

    fn done(&mut self, status: RunStatus) -> News {
        match status {
            RunStatus::Complete | RunStatus::Stopped => {
                News::Ended(self.finish.unwrap_or(Finish::Stop))
            }
            RunStatus::Interrupted | RunStatus::Failed => self.cut(),
        }
    }
}

fn refused(said: ServerMessage) -> Option<News> {
    if let ServerMessage::Error { message, code, kind, .. } = said {
        return Some(News::Failed(Failure::of_kind(kind, Some(code), message)));
    }
    None
}
