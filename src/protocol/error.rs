//! Error kinds: callers match on them, never on text.

use serde::{Deserialize, Serialize};

/// What kind of failure it was. The words and buttons for each stand in `state::words`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The key is missing, wrong or may not do this; also no credit left.
    Auth,
    /// Too many requests.
    RateLimited,
    /// The provider is too busy.
    Overloaded,
    /// The conversation does not fit the model.
    ContextTooLong,
    /// The provider refuses the request as malformed.
    BadRequest,
    /// No such model or address.
    NotFound,
    /// The connection could not be made, or broke.
    Network,
    /// Silence for longer than the idle timeout.
    Timeout,
    /// The answer is not what the API promises.
    Protocol,
    /// The model or its filter declines to answer.
    Refused,
    /// Cancelled by the user.
    Cancelled,
    /// The user's own budget is used up; nothing was asked.
    OverBudget,
}

impl ErrorKind {
    /// Whether waiting may help, so that a retry before the first token makes sense.
    pub fn is_transient(self) -> bool {
        match self {
            Self::RateLimited | Self::Overloaded | Self::Network => true,
            Self::Auth
            | Self::ContextTooLong
            | Self::BadRequest
            | Self::NotFound
            | Self::Timeout
            | Self::Protocol
            | Self::Refused
            | Self::Cancelled
            | Self::OverBudget => false,
        }
    }
}

/// A failure of a provider. `message` is the provider's own text with secrets removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
#[serde(rename_all = "camelCase")]
pub struct ProviderError {
    /// What callers match on.
    pub kind: ErrorKind,
    /// HTTP status, where there was one.
    pub status: Option<u16>,
    /// The provider's own code, where it gave one.
    pub code: Option<String>,
    /// One line for people.
    pub message: String,
    /// How long the provider asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl ProviderError {
    /// An error of this kind with a message and nothing else.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, status: None, code: None, message: message.into(), retry_after_ms: None }
    }
}

impl ProviderError {
    /// Code of ours: no key is there.
    const MISSING_KEY: &'static str = "missing_key";
    /// Code of ours: the file with certificates cannot be used.
    const CERTIFICATE_FILE: &'static str = "certificate_file";

    /// A provider has no key; `variable` is the one that was to hold it.
    pub fn missing_key(provider: &str, variable: Option<&str>) -> Self {
        let message = match variable {
            Some(variable) => format!("{provider} has no key yet: {variable} is not set"),
            None => format!("{provider} has no key yet"),
        };
        Self { code: Some(Self::MISSING_KEY.to_owned()), ..Self::new(ErrorKind::Auth, message) }
    }

    /// The file with a provider's certificates cannot be used.
    pub fn certificate_file(message: String) -> Self {
        let code = Some(Self::CERTIFICATE_FILE.to_owned());
        Self { code, ..Self::new(ErrorKind::BadRequest, message) }
    }

    /// Whether no key was there to be sent.
    pub fn is_missing_key(&self) -> bool {
        self.is_own(Self::MISSING_KEY)
    }

    /// Whether a file with certificates is what is wrong.
    pub fn is_certificate_file(&self) -> bool {
        self.is_own(Self::CERTIFICATE_FILE)
    }

    /// Whether the message is about certificates, by whatever way it came: what it advises itself
    /// is the right thing then.
    pub fn is_about_certificates(&self) -> bool {
        self.is_certificate_file() || self.message.starts_with("The certificate ")
    }

    /// What a provider answers has a status.
    fn is_own(&self, code: &str) -> bool {
        self.status.is_none() && self.code.as_deref() == Some(code)
    }
}

/// An error as a message keeps it and the user reads it under *Details*.
pub type ErrorInfo = ProviderError;
