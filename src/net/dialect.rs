//! Which API a server's answer is of, told by the shape of its JSON: a provider that is set to the
//! wrong kind gets a good answer that nobody here understands.

use serde_json::Value;

use crate::protocol::{ErrorKind, ProviderError};

/// An API that is told by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Chat completions, as OpenAI and many others serve them.
    Completions,
    /// OpenAI's Responses API.
    Responses,
    /// Anthropic's messages API.
    Messages,
}

impl Dialect {
    /// The API of an event, or of a whole answer. `None` where it could be any: an error, or
    /// something that nobody knows.
    pub(crate) fn of(data: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(data).ok()?;
        let kind = value["type"].as_str().unwrap_or_default();
        let object = value["object"].as_str().unwrap_or_default();
        if value.get("choices").is_some() || object.starts_with("chat.completion") {
            Some(Self::Completions)
        } else if kind.starts_with("response.") || object == "response" {
            Some(Self::Responses)
        } else if kind.starts_with("message")
            || kind.starts_with("content_block_")
            || kind == "ping"
        {
            Some(Self::Messages)
        } else {
            None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Completions => "OpenAI's chat completions",
            Self::Responses => "OpenAI's responses",
            Self::Messages => "Anthropic's messages",
        }
    }

    /// The error for a server that speaks `other` where this was asked for.
    pub(crate) fn mistaken_for(self, other: Self, host: &str) -> ProviderError {
        let (other, own) = (other.name(), self.name());
        let message = format!(
            "{host} answers in the words of {other}, not of {own}. Change the provider's kind"
        );
        ProviderError::new(ErrorKind::Protocol, message)
    }

    /// The error for a server whose answer held nothing of this API.
    pub(crate) fn unheard(self, host: &str) -> ProviderError {
        let own = self.name();
        let message =
            format!("{host} sent no event of {own}. Check the provider's address and kind");
        ProviderError::new(ErrorKind::Protocol, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_told_by_its_words() {
        use Dialect::{Completions, Messages, Responses};
        let table = [
            (r#"{"choices": null}"#, Some(Completions)),
            (r#"{"object": "chat.completion.chunk"}"#, Some(Completions)),
            (r#"{"type": "response.created", "response": {}}"#, Some(Responses)),
            (r#"{"object": "response", "output": []}"#, Some(Responses)),
            (r#"{"type": "message_start"}"#, Some(Messages)),
            (r#"{"type": "message", "content": []}"#, Some(Messages)),
            (r#"{"type": "ping"}"#, Some(Messages)),
            (r#"{"type": "error", "error": {}}"#, None),
            (r#"{"error": "no"}"#, None),
            ("[DONE]", None),
            ("{\"choi", None),
        ];
        for (data, expected) in table {
            assert_eq!(Dialect::of(data), expected, "{data}");
        }
    }
}
